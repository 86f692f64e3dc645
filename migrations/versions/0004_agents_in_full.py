"""What the staff list says besides skills, and what an engine that was killed must be told of an agent's plans.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EMPTY = sa.text("''")
_LISTED = ("team", "languages", "capacity", "wrap_up_mode", "wrap_up_ms")
_PLANNED = ("wrap_up_until_ms", "intends", "intends_reason")


def upgrade() -> None:
    """Nobody has a team, a capacity, a wrap-up of their own, or a plan."""
    with op.batch_alter_table("agents") as agents:
        agents.add_column(sa.Column("team", sa.String(), server_default=_EMPTY, nullable=False))
        agents.add_column(
            sa.Column("languages", sa.String(), server_default=_EMPTY, nullable=False, comment="parted by spaces")
        )
        agents.add_column(
            sa.Column("capacity", sa.String(), server_default=_EMPTY, nullable=False, comment="chat:3 voice:0")
        )
        agents.add_column(
            sa.Column("wrap_up_mode", sa.String(), server_default=_EMPTY, nullable=False, comment="empty: the queue's")
        )
        agents.add_column(sa.Column("wrap_up_ms", sa.BigInteger(), nullable=True, comment="NULL: the queue's"))
        agents.add_column(
            sa.Column(
                "wrap_up_until_ms",
                sa.BigInteger(),
                server_default=sa.text("0"),
                nullable=False,
                comment="0: in no after-work",
            )
        )
        agents.add_column(
            sa.Column("intends", sa.String(), server_default=_EMPTY, nullable=False, comment="after the contact")
        )
        agents.add_column(sa.Column("intends_reason", sa.String(), server_default=_EMPTY, nullable=False))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("agents") as agents:
        for column in reversed((*_LISTED, *_PLANNED)):
            agents.drop_column(column)
