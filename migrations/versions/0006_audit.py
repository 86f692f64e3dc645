"""Who looked at what personal data, and who imported which list.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has looked yet."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False, comment="in the order in which they were written"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False, comment="name of a token, or cli: and a user of the machine"),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False, comment="the contact, or the file"),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
    op.create_index("ix_audit_subject", "audit", ["subject"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_index("ix_audit_at_ms", table_name="audit")
    op.drop_table("audit")
