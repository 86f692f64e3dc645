"""The tables: what happened (`journal`, `boots`), what follows from it, and what people decided.

`journal` is the truth. `contacts`, `offers` and `transfers` are projections of it: they could be computed again at any
time, so they have no foreign keys (a fact about something unknown is still a fact) and hardly a column that must be
set. `agents` and `directory` are imported from CSV files; only an agent's presence is written by the journal.

Times are milliseconds since the Unix epoch in UTC, as everywhere in the engine. In a projection NULL means *not known
yet* and an empty text means *known to be none*; `epoch` is the life of the engine that wrote the row last.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
    true,
)

VERSION_TABLE = "ivr_alembic_version"
"""Asterisk ships alembic trees of its own, whose version table may live in the same database."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

journal = Table(
    "journal",
    metadata,
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("event_kind", String, nullable=False),
    Column("contact", String),
    Column("payload", Text, nullable=False, comment="JSON: epoch, seq, at_ms, event, commands, notices"),
    PrimaryKeyConstraint("epoch", "seq"),
    Index(None, "contact"),
    Index(None, "at_ms"),
)

boots = Table(
    "boots",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("version", String, nullable=False),
    Column("machine", String, comment="the boot of the machine"),
    Column("clock_offset_ms", BigInteger, comment="wall clock − the machine's own"),
)

agents = Table(
    "agents",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("contractor", String, nullable=False, server_default=text("''")),
    Column("skills", JSON, nullable=False, comment="skill → proficiency 1 to 5"),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("presence", String, nullable=False, server_default=text("'logged_out'")),
    Column("reason", String, nullable=False, server_default=text("''")),
    Column("changed_at_ms", BigInteger, nullable=False, server_default=text("0"), comment="of the presence"),
    Column("wrap_up_since_ms", BigInteger, nullable=False, server_default=text("0"), comment="0: in no after-work"),
    Column("team", String, nullable=False, server_default=text("''")),
    Column("languages", String, nullable=False, server_default=text("''"), comment="parted by spaces"),
    Column("capacity", String, nullable=False, server_default=text("''"), comment="chat:3 voice:0"),
    Column("wrap_up_mode", String, nullable=False, server_default=text("''"), comment="empty: the queue's"),
    Column("wrap_up_ms", BigInteger, comment="NULL: the queue's"),
    Column("wrap_up_until_ms", BigInteger, nullable=False, server_default=text("0"), comment="0: in no after-work"),
    Column("intends", String, nullable=False, server_default=text("''"), comment="after the contact"),
    Column("intends_reason", String, nullable=False, server_default=text("''")),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("number", String, comment="the number that was dialled"),
    Column("caller", String),
    Column("agency", String),
    Column("queue", String, comment="empty if it never queued"),
    Column("requirement", String, comment="skills, sorted, parted by spaces"),
    Column("language", String),
    Column("priority", Integer),
    Column("adopted", Boolean, comment="found on the switch after a start"),
    Column("arrived_at_ms", BigInteger),
    Column("queued_at_ms", BigInteger),
    Column("answered_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("agent", String, comment="who has or had the contact last; empty for nobody"),
    Column("disposition", String),
    Column("wait_ms", BigInteger),
    Column("talk_ms", BigInteger),
    Column("within_promise", Boolean),
    Column("short_abandon", Boolean),
    Column("offers", Integer),
    Index(None, "arrived_at_ms"),
    # What a start must find among the contacts of years: the handful still open.
    Index(
        "ix_contacts_open",
        "arrived_at_ms",
        sqlite_where=text("ended_at_ms IS NULL"),
        postgresql_where=text("ended_at_ms IS NULL"),
    ),
)

offers = Table(
    "offers",
    metadata,
    Column("id", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("contact", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("made_at_ms", BigInteger),
    Column("waited_ms", BigInteger),
    Column("ring_ms", BigInteger),
    Column("candidates", Integer),
    Column("reason", String, comment="which key of the routing won"),
    Column("ended_at_ms", BigInteger),
    Column("result", String),
    Column("cause", String),
    Column("rang_ms", BigInteger),
    Index(None, "contact"),
    Index(None, "made_at_ms"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("contact", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("entry", String, nullable=False),
    Column("began_at_ms", BigInteger),
    Column("state", String),
    Column("since_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("result", String),
    Column("cause", String),
    Column("lasted_ms", BigInteger),
    Index(None, "contact"),
    Index(None, "began_at_ms"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("origin", String, comment="the contact that asked for it"),
    Column("number", String, comment="who is called"),
    Column("line", String, comment="the number of ours that was dialled"),
    Column("queue", String),
    Column("requirement", String, comment="skills, sorted, parted by spaces"),
    Column("agency", String),
    Column("language", String),
    Column("priority", Integer),
    Column("asked_at_ms", BigInteger),
    Column("place_ms", BigInteger, comment="since when the citizen counts as waiting"),
    Column("state", String),
    Column("dials", Integer),
    Column("contact", String, comment="the dial that waits, rings or is on the line"),
    Column("next_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("outcome", String),
    Index(
        "ix_callbacks_open",
        "asked_at_ms",
        sqlite_where=text("ended_at_ms IS NULL"),
        postgresql_where=text("ended_at_ms IS NULL"),
    ),
)

revisions = Table(
    "revisions",
    metadata,
    Column("change", Integer, primary_key=True, comment="in the order in which they happened"),
    Column("at_ms", BigInteger, nullable=False),
    Column("revision", String, nullable=False, comment="empty for a set with mistakes"),
    Column("was", String, nullable=False),
    Column("who", String, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("why", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, comment="in the order in which they were written"),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String, nullable=False, comment="name of a token, or cli: and a user of the machine"),
    Column("what", String, nullable=False),
    Column("subject", String, nullable=False, comment="the contact, or the file"),
    Column("detail", String, nullable=False),
    Index(None, "at_ms"),
    Index(None, "subject"),
)

directory = Table(
    "directory",
    metadata,
    Column("entry", String, primary_key=True, comment="3 to 6 digits"),
    Column("department", String, nullable=False),
    Column("official", String, nullable=False),
    Column("duties", String, nullable=False),
    Column("number", String, nullable=False),
)
