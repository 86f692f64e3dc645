"""What a new life of the engine must know of the earlier ones, and what it may hand to a replay.

Called at the start, after `WrittenJournal.start`: what happened last may only just have come from the spool.
"""

from typing import Any

from sqlalchemy import bindparam, case, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr_engine.core.configuration import AgentSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import CallbackRestored, ContactRestored, OfferRestored, PresenceRestored
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.vocabulary import AgentId, CallbackId, ContactId, OfferId, OfferResult, Presence, QueueId, Skill
from ivr_engine.runtime.clock import ClockBase
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.projection import NO_WRAP_UP
from ivr_engine.storage.rows import entry_of

OPEN_CALLBACKS = 5_000
"""As many as the core keeps (`core.promises.CALLBACKS`)."""

OPEN_CONTACTS = 10_000
"""More than any switch of ours holds at once; what is older than the newest of these has left long ago."""

LONGEST_TALK_MS = 4 * 3_600_000
"""Before an agent's after-work: within so long its offer was made, whose queue says how long the work may take."""

_ONE_AT_A_TIME = 0x49_56_52_45  # "IVRE": for PostgreSQL's lock, any number of our own


async def next_epoch(database: Database, version: str, now_ms: int, base: ClockBase | None = None) -> int:
    """Begin a new life: a number above every one that a boot or a fact of the journal ever bore.

    Durable when it returns, even against a power cut: identifiers on the switch are made of it. Where the wall clock
    was set since the last life on this machine, the times of what is still open are set with it, so that nobody's wait
    is longer or shorter for it.
    """
    async with database.writing() as connection:
        if database.engine.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        # The journal too: a spool may have outlived the database that its epoch came from.
        used = [await connection.scalar(select(func.max(table.c.epoch))) for table in (tables.boots, tables.journal)]
        epoch = 1 + max(number or 0 for number in used)
        if base is not None and base.machine:
            await _set_clock(connection, base)
        told = {"machine": base.machine, "clock_offset_ms": base.offset_ms} if base is not None else {}
        boot = {"epoch": epoch, "started_at_ms": now_ms, "version": version, **told}
        await connection.execute(tables.boots.insert(), boot)
    if database.engine.dialect.name == "sqlite":
        async with database.engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql(
                "PRAGMA wal_checkpoint(FULL)"
            )
    return epoch


async def _set_clock(connection: AsyncConnection, base: ClockBase) -> None:
    boots = tables.boots.c
    last = select(boots.clock_offset_ms).where(boots.machine == base.machine).order_by(boots.epoch.desc()).limit(1)
    before_ms = await connection.scalar(last)
    by_ms = 0 if before_ms is None else base.offset_ms - before_ms
    if not by_ms:
        return
    agents, contacts, offers = tables.agents.c, tables.contacts.c, tables.offers.c
    still_open = select(contacts.id).where(contacts.ended_at_ms.is_(None))
    ringing = offers.ended_at_ms.is_(None) & offers.contact.in_(still_open)
    moved = {
        column: column + by_ms for column in (contacts.arrived_at_ms, contacts.queued_at_ms, contacts.answered_at_ms)
    }
    await connection.execute(
        update(tables.offers).where(ringing).values({offers.made_at_ms: offers.made_at_ms + by_ms})
    )
    await connection.execute(update(tables.contacts).where(contacts.ended_at_ms.is_(None)).values(moved))
    callbacks = tables.callbacks.c
    await connection.execute(
        update(tables.callbacks)
        .where(callbacks.ended_at_ms.is_(None))
        .values(
            {
                callbacks.asked_at_ms: callbacks.asked_at_ms + by_ms,
                callbacks.place_ms: callbacks.place_ms + by_ms,
                callbacks.next_at_ms: case((callbacks.next_at_ms > 0, callbacks.next_at_ms + by_ms), else_=0),
            }
        )
    )
    since, until = agents.wrap_up_since_ms, agents.wrap_up_until_ms
    for time in (since, until):
        await connection.execute(update(tables.agents).where(time != NO_WRAP_UP).values({time: time + by_ms}))


async def presence(database: Database) -> list[PresenceRestored]:
    """What each active agent had chosen who is not logged out, or not done with a contact; by their identifiers."""
    table, offers = tables.agents, tables.offers
    wanted = (
        select(table)
        .where(
            table.c.active,
            or_(
                table.c.presence != Presence.LOGGED_OUT.value,
                table.c.wrap_up_since_ms != NO_WRAP_UP,
                table.c.intends != "",
            ),
        )
        .order_by(table.c.id)
    )
    last_queue = (
        select(offers.c.queue)
        .where(
            offers.c.made_at_ms >= bindparam("from_ms"),
            offers.c.agent == bindparam("agent"),
            offers.c.result == OfferResult.ANSWERED.value,
        )
        .order_by(offers.c.made_at_ms.desc())
        .limit(1)
    )
    restored = []
    async with database.reading() as connection:
        for row in (await connection.execute(wanted)).all():
            since_ms, queue = row.wrap_up_since_ms, None
            if since_ms != NO_WRAP_UP:
                asked = {"from_ms": since_ms - LONGEST_TALK_MS, "agent": row.id}
                queue = await connection.scalar(last_queue, asked)
            restored.append(
                PresenceRestored(
                    AgentId(row.id),
                    Presence(row.presence),
                    row.reason,
                    wrap_up_since_ms=None if since_ms == NO_WRAP_UP else since_ms,
                    wrap_up_queue=QueueId(queue) if queue else None,
                    wrap_up_until_ms=row.wrap_up_until_ms or None,
                    intends=Presence(row.intends) if row.intends else None,
                    intends_reason=row.intends_reason,
                )
            )
    return restored


async def open_contacts(database: Database) -> list[ContactRestored]:
    """The contacts that the journal left open, oldest first; at most the newest `OPEN_CONTACTS`."""
    table, offers = tables.contacts, tables.offers
    made = select(func.count()).where(offers.c.contact == table.c.id).scalar_subquery()
    wanted = (
        select(table, made.label("made"))
        .where(table.c.ended_at_ms.is_(None))
        .order_by(table.c.arrived_at_ms.desc())
        .limit(OPEN_CONTACTS)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return [_restored(row) for row in reversed(rows)]


async def open_offers(database: Database) -> list[OfferRestored]:
    """The offers of open contacts (and callbacks) without an end, oldest first: what rang when the last engine died."""
    table, contacts, callbacks = tables.offers, tables.contacts.c, tables.callbacks.c
    still_open = select(contacts.id).where(contacts.ended_at_ms.is_(None))
    dialled = select(callbacks.contact).where(callbacks.ended_at_ms.is_(None))
    wanted = (
        select(table)
        .where(
            or_(table.c.contact.in_(still_open), table.c.contact.in_(dialled)),
            table.c.ended_at_ms.is_(None),
            table.c.made_at_ms.is_not(None),
        )
        .order_by(table.c.made_at_ms, table.c.id)
        .limit(OPEN_CONTACTS)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return [
        OfferRestored(OfferId(row.id), ContactId(row.contact), AgentId(row.agent), QueueId(row.queue), row.made_at_ms)
        for row in rows
    ]


async def open_callbacks(database: Database) -> list[CallbackRestored]:
    """The promises to call back that have no end yet, oldest first."""
    table = tables.callbacks
    wanted = (
        select(table)
        .where(table.c.ended_at_ms.is_(None), table.c.asked_at_ms.is_not(None))
        .order_by(table.c.asked_at_ms, table.c.id)
        .limit(OPEN_CALLBACKS)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return [_callback(row) for row in rows]


def _callback(row: Any) -> CallbackRestored:
    request = ToQueue(
        queue=QueueId(row.queue or ""),
        requirement=frozenset(Skill(skill) for skill in (row.requirement or "").split()),
        agency=row.agency or "",
        language=row.language or "ko",
        priority=row.priority or 0,
    )
    return CallbackRestored(
        callback=CallbackId(row.id),
        origin=ContactId(row.origin or ""),
        number=row.number or "",
        line=row.line or "",
        request=request,
        asked_at_ms=row.asked_at_ms,
        place_ms=row.place_ms or row.asked_at_ms,
        dials=row.dials or 0,
        leg=ContactId(row.contact) if row.contact else None,
        next_at_ms=row.next_at_ms or 0,
    )


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
            team=row.team,
            languages=tuple(row.languages.split()),
            capacity={channel: int(count) for channel, count in (word.split(":") for word in row.capacity.split())},
            wrap_up_ms=row.wrap_up_ms,
            wrap_up_mode=WrapUpMode(row.wrap_up_mode) if row.wrap_up_mode else None,
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
        offers=row.made,
    )
