"""A stretch of the journal in the order of time: what a recording is made of. Pages, since a day is half a gigabyte."""

from collections.abc import AsyncIterator

from sqlalchemy import func, select, tuple_

from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.rows import entry_of

PAGE = 1_000


async def stretch(database: Database, from_ms: int, to_ms: int, page: int = PAGE) -> AsyncIterator[JournalEntry]:
    """The configuration in force at `from_ms`, then every decision from there until before `to_ms`.

    Raises ValueError for a decision that was written by another version and cannot be understood.
    """
    table = tables.journal
    before = (
        select(table.c.payload)
        .where(table.c.at_ms < from_ms, table.c.event_kind == "Configured")
        .order_by(table.c.epoch.desc(), table.c.seq.desc())
        .limit(1)
    )
    async with database.reading() as connection:
        known = await connection.scalar(before)
    if known is not None:
        yield entry_of(known.encode())
    last = (-1, -1)
    while True:
        wanted = (
            select(table.c.epoch, table.c.seq, table.c.payload)
            .where(table.c.at_ms >= from_ms, table.c.at_ms < to_ms, tuple_(table.c.epoch, table.c.seq) > last)
            .order_by(table.c.epoch, table.c.seq)
            .limit(page)
        )
        async with database.reading() as connection:
            rows = (await connection.execute(wanted)).all()
        for row in rows:
            yield entry_of(row.payload.encode())
        if len(rows) < page:
            return
        last = (rows[-1].epoch, rows[-1].seq)


async def epochs(database: Database) -> list[int]:
    """Every life of which the journal has something."""
    async with database.reading() as connection:
        found = await connection.scalars(select(tables.journal.c.epoch).distinct().order_by(tables.journal.c.epoch))
        return list(found.all())


async def span_of(database: Database, contact: str) -> tuple[int, int] | None:
    """From when to when the journal tells of a contact; None when there is none of that identifier."""
    contacts = tables.contacts
    wanted = select(contacts.c.arrived_at_ms, func.coalesce(contacts.c.ended_at_ms, contacts.c.arrived_at_ms))
    async with database.reading() as connection:
        row = (await connection.execute(wanted.where(contacts.c.id == contact))).one_or_none()
    return None if row is None or row[0] is None else (row[0], row[1])
