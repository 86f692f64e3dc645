"""Who put which documents in force.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No change is known of earlier days."""
    op.create_table(
        "revisions",
        sa.Column("change", sa.Integer(), nullable=False, comment="in the order in which they happened"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False, comment="empty for a set with mistakes"),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change", name="pk_revisions"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("revisions")
