"""What the router had learnt, from the end of the journal: for a new life of the engine.

The last note is at most `RoutingPolicy.note_every_ms` of decisions away from the end, so the journal is read backwards
until it is found; and where there is none, no further than a start has time for.
"""

from sqlalchemy import select

from ivr_engine.core.codec import CodecError, decode
from ivr_engine.core.events import RoutingRestored
from ivr_engine.core.notices import ContractorBooked, RoutingNoted
from ivr_engine.core.routing_memory import up_to_date
from ivr_engine.storage import jsontext, tables
from ivr_engine.storage.database import Database

WINDOW_MS = 24 * 3_600_000
"""What was learnt before it says little of today."""

ENTRIES = 5_000
"""Decisions: a quarter of an hour of 120's busiest day, where notes stand a minute apart."""

_NOTED, _BOOKED = RoutingNoted.__name__, ContractorBooked.__name__


async def learnt(database: Database, now_ms: int) -> RoutingRestored | None:
    """None: nothing was noted lately, or another version noted it."""
    journal = tables.journal.c
    lately = (
        select(journal.epoch, journal.seq, journal.at_ms, journal.payload)
        .where(journal.at_ms >= now_ms - WINDOW_MS)
        .order_by(journal.at_ms.desc(), journal.epoch.desc(), journal.seq.desc())
        .limit(ENTRIES)
        .subquery()
    )
    told = (
        select(lately)
        .where(lately.c.payload.contains(f'"{_NOTED}"') | lately.c.payload.contains(f'"{_BOOKED}"'))
        .order_by(lately.c.epoch.desc(), lately.c.seq.desc())
    )
    bookings: list[tuple[int, ContractorBooked]] = []
    async with database.reading() as connection:
        rows = (await connection.execute(told)).all()
    try:
        for row in rows:
            for plain in reversed(jsontext.load(row.payload.encode())["notices"]):
                if plain["kind"] == _BOOKED:
                    bookings.append((row.at_ms, _booked(plain)))
                elif plain["kind"] == _NOTED:
                    note = decode(plain)
                    assert isinstance(note, RoutingNoted)
                    return up_to_date(note.learnt, reversed(bookings))
    except CodecError:
        return None
    return None


def _booked(plain: dict[str, object]) -> ContractorBooked:
    booked = decode(plain)
    assert isinstance(booked, ContractorBooked)
    return booked
