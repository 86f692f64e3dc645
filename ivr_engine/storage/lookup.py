"""What the journal says about one contact: for a person who asks what happened to a citizen.

A contact's own rows are not all: an offer can be made by a decision about somebody else, and the wrap-up after it is
the agent's. So every decision that names the contact, or one of its agents while it lived, is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr_engine.core.callback import callback_of, keeps_a_promise, origin_of
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.rows import entry_of

ENTRIES = 5_000
"""Decisions in one answer: an ordinary contact has twenty, one of an hour with ten transfers a few hundred."""

AFTER_MS = 15 * 60_000
"""How long after the end an agent's wrap-up is still looked for."""

UNTIL_NOW_MS = 1 << 53
"""Later than any moment: a promise that is open."""

STARTS = 50
"""Lives of the engine in the time of one contact: an engine that starts more often is another matter."""

NEAREST = 5


@dataclass(frozen=True, slots=True)
class ContactPast:
    """One contact as the projection has it, and the decisions that were about it, in order."""

    contact: str
    number: str
    caller: str
    arrived_at_ms: int
    disposition: str
    """Empty while it is open."""
    entries: tuple[JournalEntry, ...]
    starts_ms: tuple[int, ...] = ()
    """When the engine began a new life meanwhile."""


async def past_of(database: Database, contact: str) -> ContactPast | None:
    """Everything about a contact, or None when there is none of that identifier.

    Raises ValueError for a decision that was written by another version and cannot be understood.
    """
    contacts, offers, journal = tables.contacts, tables.offers, tables.journal
    async with database.reading() as connection:
        row = (await connection.execute(select(contacts).where(contacts.c.id == contact))).one_or_none()
        if row is None:
            return None
        agents = set((await connection.scalars(select(offers.c.agent).where(offers.c.contact == contact))).all())
        arrived_at_ms = row.arrived_at_ms or row.queued_at_ms or 0
        promise = await _promise(connection, contact)
        # an agent is rung for who is called back before the citizen is
        since_ms = arrived_at_ms
        if promise is not None and keeps_a_promise(contact):
            since_ms = min(arrived_at_ms, promise.asked_at_ms or arrived_at_ms)
        with_agents = [_names(agent) & (journal.c.at_ms >= arrived_at_ms) for agent in sorted(agents)]
        wanted = (
            select(journal.c.payload)
            .where(journal.c.at_ms >= since_ms, or_(journal.c.contact == contact, _names(contact), *with_agents))
            .order_by(journal.c.epoch, journal.c.seq)
            .limit(ENTRIES)
        )
        started = tables.boots.c.started_at_ms
        starts = select(started).where(started >= arrived_at_ms).order_by(started).limit(STARTS)
        if row.ended_at_ms is not None:
            soon = journal.c.at_ms <= row.ended_at_ms + AFTER_MS
            if promise is not None and not keeps_a_promise(contact):
                # the promise lives on after the citizen has hung up
                later = _names(promise.id) & (journal.c.at_ms <= (promise.ended_at_ms or UNTIL_NOW_MS))
                soon = or_(soon, later)
            wanted = wanted.where(soon)
            starts = starts.where(started <= row.ended_at_ms)
        starts_ms = (await connection.scalars(starts)).all()
        payloads = (await connection.scalars(wanted)).all()
    return ContactPast(
        contact=contact,
        number=row.number or "",
        caller=row.caller or "",
        arrived_at_ms=arrived_at_ms,
        disposition=row.disposition or "",
        entries=tuple(entry_of(payload.encode()) for payload in payloads),
        starts_ms=tuple(starts_ms),
    )


async def _promise(connection: AsyncConnection, contact: str) -> Row[Any] | None:
    """What was promised to this contact, or what its call keeps."""
    callbacks = tables.callbacks
    name = callback_of(ContactId(origin_of(contact)))
    return (await connection.execute(select(callbacks).where(callbacks.c.id == name))).one_or_none()


def _names(name: str) -> ColumnElement[bool]:
    return tables.journal.c.payload.contains(f'"{name}"', autoescape=True)


async def nearest(database: Database, contact: str) -> Sequence[str]:
    """Identifiers in which this one is found, newest first; the newest of all when it is in none.

    In, not at the beginning: a switch with a system name puts it before the number that people copy.
    """
    contacts = tables.contacts
    newest = select(contacts.c.id).order_by(contacts.c.arrived_at_ms.desc()).limit(NEAREST)
    async with database.reading() as connection:
        alike = (await connection.scalars(newest.where(contacts.c.id.contains(contact, autoescape=True)))).all()
        return alike or (await connection.scalars(newest)).all()
