"""Promises to call citizens back that a new life of the engine must keep.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is promised anything yet."""
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(), nullable=True, comment="the contact that asked for it"),
        sa.Column("number", sa.String(), nullable=True, comment="who is called"),
        sa.Column("line", sa.String(), nullable=True, comment="the number of ours that was dialled"),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("requirement", sa.String(), nullable=True, comment="skills, sorted, parted by spaces"),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("asked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("place_ms", sa.BigInteger(), nullable=True, comment="since when the citizen counts as waiting"),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("dials", sa.Integer(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True, comment="the dial that waits, rings or is on the line"),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(
        "ix_callbacks_open",
        "callbacks",
        ["asked_at_ms"],
        sqlite_where=sa.text("ended_at_ms IS NULL"),
        postgresql_where=sa.text("ended_at_ms IS NULL"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_callbacks_open", table_name="callbacks")
    op.drop_table("callbacks")
