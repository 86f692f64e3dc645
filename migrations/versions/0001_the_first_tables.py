"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forwards."""
    op.create_table(
        "agents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contractor", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False, comment="skill → proficiency 1 to 5"),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("presence", sa.String(), server_default=sa.text("'logged_out'"), nullable=False),
        sa.Column("reason", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "changed_at_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="of the presence"
        ),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_table(
        "boots",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_boots"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=True, comment="the number that was dialled"),
        sa.Column("caller", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("queue", sa.String(), nullable=True, comment="empty if it never queued"),
        sa.Column("requirement", sa.String(), nullable=True, comment="skills, sorted, parted by spaces"),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("adopted", sa.Boolean(), nullable=True, comment="found on the switch after a start"),
        sa.Column("arrived_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("queued_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("answered_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True, comment="who has or had the contact last; empty for nobody"),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("wait_ms", sa.BigInteger(), nullable=True),
        sa.Column("talk_ms", sa.BigInteger(), nullable=True),
        sa.Column("within_promise", sa.Boolean(), nullable=True),
        sa.Column("short_abandon", sa.Boolean(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_arrived_at_ms", "contacts", ["arrived_at_ms"])
    op.create_index(
        "ix_contacts_open",
        "contacts",
        ["arrived_at_ms"],
        sqlite_where=sa.text("ended_at_ms IS NULL"),
        postgresql_where=sa.text("ended_at_ms IS NULL"),
    )

    op.create_table(
        "directory",
        sa.Column("entry", sa.String(), nullable=False, comment="3 to 6 digits"),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("official", sa.String(), nullable=False),
        sa.Column("duties", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_directory"),
    )
    op.create_table(
        "journal",
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("event_kind", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON: epoch, seq, at_ms, event, commands, notices"),
        sa.PrimaryKeyConstraint("epoch", "seq", name="pk_journal"),
    )
    op.create_index("ix_journal_at_ms", "journal", ["at_ms"])
    op.create_index("ix_journal_contact", "journal", ["contact"])

    op.create_table(
        "offers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("waited_ms", sa.BigInteger(), nullable=True),
        sa.Column("ring_ms", sa.BigInteger(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True, comment="which key of the routing won"),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("rang_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_contact", "offers", ["contact"])
    op.create_index("ix_offers_made_at_ms", "offers", ["made_at_ms"])

    op.create_table(
        "transfers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("began_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("since_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("lasted_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_began_at_ms", "transfers", ["began_at_ms"])
    op.create_index("ix_transfers_contact", "transfers", ["contact"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_transfers_contact", "transfers")
    op.drop_index("ix_transfers_began_at_ms", "transfers")

    op.drop_table("transfers")
    op.drop_index("ix_offers_made_at_ms", "offers")
    op.drop_index("ix_offers_contact", "offers")

    op.drop_table("offers")
    op.drop_index("ix_journal_contact", "journal")
    op.drop_index("ix_journal_at_ms", "journal")

    op.drop_table("journal")
    op.drop_table("directory")
    op.drop_index("ix_contacts_open", "contacts")
    op.drop_index("ix_contacts_arrived_at_ms", "contacts")

    op.drop_table("contacts")
    op.drop_table("boots")
    op.drop_table("agents")
