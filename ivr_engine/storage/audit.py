"""Who looked at which citizen's data, and who imported which list: kept for two years, as the law of Seoul's city asks.

A look is written behind, so that no desk waits for the database; but somebody is only shown what can be kept: while the
database is away looks wait here, and when too many wait, nothing more is shown.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, select

from ivr_engine.runtime.ports import AuditFull, Clock
from ivr_engine.storage.database import AWAY, Database
from ivr_engine.storage.tables import audit

KEPT_MS = 2 * 366 * 86_400_000
"""Two years, leap days included."""

WAITING = 1_000
"""Looks that wait for the database: a desk opens some hundred contacts an hour."""

AGAIN_SECONDS = 1.0
PURGE_SECONDS = 86_400.0
LAST_WORDS_SECONDS = 2.0
"""For what still waits when the engine stops."""

AGENTS_IMPORTED, DIRECTORY_IMPORTED = "agents_imported", "directory_imported"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Audited:
    """One row: who did what, with whom or which file."""

    at_ms: int
    who: str
    what: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """Which of them are wanted; empty: any."""

    who: str = ""
    subject: str = ""
    from_ms: int = 0
    limit: int = 100


async def keep(database: Database, *rows: Audited) -> None:
    """Write them down. Raises what is in `database.AWAY`."""
    values = [
        {"at_ms": row.at_ms, "who": row.who, "what": row.what, "subject": row.subject, "detail": row.detail}
        for row in rows
    ]
    await database.transact(lambda connection: connection.execute(audit.insert(), values))


async def latest(database: Database, question: AuditQuestion) -> tuple[Audited, ...]:
    """The newest first. Raises what is in `database.AWAY`."""
    wanted: Select[tuple[int, str, str, str, str]] = select(
        audit.c.at_ms, audit.c.who, audit.c.what, audit.c.subject, audit.c.detail
    )
    if question.who:
        wanted = wanted.where(audit.c.who == question.who)
    if question.subject:
        wanted = wanted.where(audit.c.subject == question.subject)
    wanted = wanted.where(audit.c.at_ms >= question.from_ms).order_by(audit.c.id.desc()).limit(question.limit)
    async with database.reading() as connection:
        rows = (await connection.execute(wanted)).all()
    return tuple(Audited(row.at_ms, row.who, row.what, row.subject, row.detail) for row in rows)


async def last_import(database: Database) -> int:
    """The newest import's number; 0 before the first. Raises what is in `database.AWAY`."""
    newest = select(func.max(audit.c.id)).where(audit.c.what.in_((AGENTS_IMPORTED, DIRECTORY_IMPORTED)))
    async with database.reading() as connection:
        return int(await connection.scalar(newest) or 0)


async def purge(database: Database, now_ms: int) -> int:
    """Forget what is older than two years: how many rows. Raises what is in `database.AWAY`."""
    old = delete(audit).where(audit.c.at_ms < now_ms - KEPT_MS)
    return int(await database.transact(lambda connection: connection.execute(old).rowcount))


class AuditTrail:
    """Implements `runtime.ports.Audit`: looks are written one batch after the other, and old ones go once a day."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[Audited] = deque()
        self._come = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._forget())]

    def looked(self, who: str, what: str, subject: str) -> None:
        """Raises AuditFull: it cannot be kept, so it must not be shown."""
        if len(self._waiting) >= WAITING:
            raise AuditFull(f"{WAITING} looks wait for the database")
        self._waiting.append(Audited(self._clock.now_ms(), who, what, subject))
        self._come.set()

    async def close(self) -> None:
        """What still waits is tried once more; what cannot be kept is in the log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._write_waiting()
        except AWAY:
            for row in self._waiting:
                log.error("not kept in the audit: %s", row)  # noqa: TRY400  (the database is away, and it is said)

    async def _write(self) -> None:
        while True:
            await self._come.wait()
            self._come.clear()
            try:
                await self._write_waiting()
            except AWAY as away:
                log.warning("the audit waits for the database: %s", type(away).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
                self._come.set()

    async def _write_waiting(self) -> None:
        batch = tuple(self._waiting)
        if batch:
            await keep(self._database, *batch)
            for _ in batch:
                self._waiting.popleft()

    async def _forget(self) -> None:
        while True:
            try:
                gone = await purge(self._database, self._clock.now_ms())
            except AWAY:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if gone:
                log.info("audit: %d rows are older than two years and gone", gone)
            await asyncio.sleep(PURGE_SECONDS)
