"""What a new life of the engine must know of the earlier ones, and what it may hand to a replay.

Called at the start, after `WrittenJournal.start`: what happened last may only just have come from the spool.
"""

from typing import Any

from sqlalchemy import bindparam, func, select, text

from ivr_engine.core.configuration import AgentSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import ContactRestored, PresenceRestored
from ivr_engine.core.vocabulary import AgentId, ContactId, Presence, QueueId, Skill
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.rows import entry_of

OPEN_CONTACTS = 10_000
"""More than any switch of ours holds at once; what is older than the newest of these has left long ago."""

_ONE_AT_A_TIME = 0x49_56_52_45  # "IVRE": for PostgreSQL's lock, any number of our own


async def next_epoch(database: Database, version: str, now_ms: int) -> int:
    """Begin a new life: a number above every one that a boot or a fact of the journal ever bore.

    Durable when it returns, even against a power cut: identifiers on the switch are made of it.
    """
    async with database.writing() as connection:
        if database.engine.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        # The journal too: a spool may have outlived the database that its epoch came from.
        used = [await connection.scalar(select(func.max(table.c.epoch))) for table in (tables.boots, tables.journal)]
        epoch = 1 + max(number or 0 for number in used)
        await connection.execute(tables.boots.insert(), {"epoch": epoch, "started_at_ms": now_ms, "version": version})
    if database.engine.dialect.name == "sqlite":
        async with database.engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql(
                "PRAGMA wal_checkpoint(FULL)"
            )
    return epoch


async def presence(database: Database) -> list[PresenceRestored]:
    """What each active agent who is not logged out had chosen, in the order of their identifiers."""
    table = tables.agents
    wanted = (
        select(table.c.id, table.c.presence, table.c.reason)
        .where(table.c.active, table.c.presence != Presence.LOGGED_OUT.value)
        .order_by(table.c.id)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return [PresenceRestored(AgentId(row.id), Presence(row.presence), row.reason) for row in rows]


async def open_contacts(database: Database) -> list[ContactRestored]:
    """The contacts that the journal left open, oldest first; at most the newest `OPEN_CONTACTS`."""
    table = tables.contacts
    wanted = (
        select(table).where(table.c.ended_at_ms.is_(None)).order_by(table.c.arrived_at_ms.desc()).limit(OPEN_CONTACTS)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return [_restored(row) for row in reversed(rows)]


async def agents(database: Database) -> tuple[AgentSettings, ...]:
    """The active counsellors, in the order of their identifiers."""
    table = tables.agents
    async with database.reading() as connection:
        rows = (await connection.execute(select(table).where(table.c.active).order_by(table.c.id))).all()
    return tuple(
        AgentSettings(
            id=AgentId(row.id),
            name=row.name,
            skills={Skill(skill): level for skill, level in row.skills.items()},
            contractor=row.contractor,
        )
        for row in rows
    )


async def entries(database: Database, epoch: int, after_seq: int = -1, limit: int = 1_000) -> list[JournalEntry]:
    """The journal of one life, in order, a page at a time: what a replay is made of.

    Raises ValueError for an entry that was written by another version and cannot be understood.
    """
    table = tables.journal
    wanted = (
        select(table.c.payload)
        .where(table.c.epoch == bindparam("epoch"), table.c.seq > bindparam("after"))
        .order_by(table.c.seq)
        .limit(limit)
    )
    async with database.reading() as connection:
        payloads = (await connection.scalars(wanted, {"epoch": epoch, "after": after_seq})).all()
    return [entry_of(payload.encode()) for payload in payloads]


def _restored(row: Any) -> ContactRestored:
    request = None
    if row.queue:
        request = ToQueue(
            queue=QueueId(row.queue),
            requirement=frozenset(Skill(skill) for skill in (row.requirement or "").split()),
            agency=row.agency or "",
            language=row.language or "ko",
            priority=row.priority or 0,
        )
    return ContactRestored(
        contact=ContactId(row.id),
        number=row.number or "",
        caller=row.caller or "",
        arrived_at_ms=row.arrived_at_ms or row.queued_at_ms or 0,
        request=request,
        queued_at_ms=row.queued_at_ms,
        # Back in the queue after a talk: nobody has it, and it is not answered.
        answered_at_ms=row.answered_at_ms if row.agent else None,
        agent=AgentId(row.agent) if row.agent else None,
    )
