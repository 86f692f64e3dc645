"""What an engine that was killed must be told of the work after contacts, and of the clock it went by.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is in the work after a contact, and no clock is known."""
    with op.batch_alter_table("agents") as agents:
        agents.add_column(
            sa.Column(
                "wrap_up_since_ms",
                sa.BigInteger(),
                server_default=sa.text("0"),
                nullable=False,
                comment="0: in no after-work",
            )
        )
    with op.batch_alter_table("boots") as boots:
        boots.add_column(sa.Column("machine", sa.String(), nullable=True, comment="the boot of the machine"))
        boots.add_column(
            sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True, comment="wall clock − the machine's own")
        )


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("boots") as boots:
        boots.drop_column("clock_offset_ms")
        boots.drop_column("machine")
    with op.batch_alter_table("agents") as agents:
        agents.drop_column("wrap_up_since_ms")
