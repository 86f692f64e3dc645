"""The journal of a stretch of time as reports want it: page by page, and only the notices that they look at.

A day of 42,097 contacts is half a million decisions. A life of the engine writes its decisions in the order of time, so
the first of a stretch is found by halving, and from there the table is read along its key; nothing else is touched.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any, cast

from sqlalchemy import func, select

from ivr_engine.core.codec import CodecError, decode
from ivr_engine.core.events import Configured
from ivr_engine.core.notices import Notice
from ivr_engine.reports.question import Told
from ivr_engine.storage import jsontext, tables
from ivr_engine.storage.database import Database

PAGE = 1_000
"""Some 2 MB of journal; the loop of a running engine gets its turn after each."""

LIVES = 100_000
"""Starts of the engine that are looked through: one a minute for two months."""

_CONFIGURED = Configured.__name__

Page = list[bytes]


async def pages(database: Database, from_ms: int, to_ms: int, page: int = PAGE) -> AsyncIterator[Page]:
    """Payloads: the configuration in force at `from_ms`, then each decision until before `to_ms`, in order."""
    journal = tables.journal
    before = (
        select(journal.c.payload)
        .where(journal.c.at_ms < from_ms, journal.c.event_kind == _CONFIGURED)
        .order_by(journal.c.at_ms.desc())
        .limit(1)
    )
    async with database.reading() as connection:
        known = await connection.scalar(before)
    if known is not None:
        yield [known.encode()]
    epoch: int | None = -1
    for _ in range(LIVES):
        epoch = await _next_life(database, cast(int, epoch))
        if epoch is None:
            return
        seq = await _first(database, epoch, from_ms)
        while seq is not None:
            wanted = (
                select(journal.c.seq, journal.c.at_ms, journal.c.payload)
                .where(journal.c.epoch == epoch, journal.c.seq >= seq)
                .order_by(journal.c.seq)
                .limit(page)
            )
            async with database.reading() as connection:
                rows = (await connection.execute(wanted)).all()
            found = [row.payload.encode() for row in rows if row.at_ms < to_ms]
            if found:
                yield found
            seq = rows[-1].seq + 1 if len(rows) == page and len(found) == page else None


async def _next_life(database: Database, epoch: int) -> int | None:
    journal = tables.journal
    async with database.reading() as connection:
        found = await connection.scalar(select(func.min(journal.c.epoch)).where(journal.c.epoch > epoch))
    return None if found is None else int(found)


async def _first(database: Database, epoch: int, from_ms: int) -> int | None:
    """The seq of the first decision of a life that is not before that moment."""
    journal = tables.journal
    async with database.reading() as connection:
        ends = select(func.min(journal.c.seq), func.max(journal.c.seq)).where(journal.c.epoch == epoch)
        low, high = (await connection.execute(ends)).one()
        while low <= high:
            middle = (low + high) // 2
            row = (
                await connection.execute(
                    select(journal.c.seq, journal.c.at_ms)
                    .where(journal.c.epoch == epoch, journal.c.seq >= middle)
                    .order_by(journal.c.seq)
                    .limit(1)
                )
            ).one()
            if row.at_ms >= from_ms:
                high = middle - 1
            else:
                low = row.seq + 1
        first = select(func.min(journal.c.seq)).where(journal.c.epoch == epoch, journal.c.seq >= low)
        found = await connection.scalar(first)
        return None if found is None else int(found)


def told_of(payloads: Iterable[bytes], looks_at: Collection[type]) -> list[Told]:
    """What a page says to a report that looks at those kinds of notices, and at configurations.

    Raises ValueError for what another version wrote.
    """
    kinds = frozenset(kind.__name__ for kind in looks_at)
    marks = tuple(f'"{kind}"'.encode() for kind in (_CONFIGURED, *kinds))
    found = []
    for payload in payloads:
        # most decisions say nothing to most reports, and to look for a name costs a fifth of reading the line
        if not any(mark in payload for mark in marks):
            continue
        entry = jsontext.load(payload)
        try:
            event, at_ms = entry["event"], entry["at_ms"]
            notices = tuple(cast(Notice, decode(one)) for one in entry["notices"] if one["kind"] in kinds)
            configuration = _configuration(event) if event["kind"] == _CONFIGURED else None
        except (KeyError, TypeError) as error:
            raise CodecError("entry", f"is not whole: {error}") from error
        if notices or configuration is not None:
            found.append(Told(at_ms, configuration, notices))
    return found


def _configuration(event: dict[str, Any]) -> Any:
    return cast(Configured, decode(event)).configuration
