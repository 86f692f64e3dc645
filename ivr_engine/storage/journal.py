"""The journal, written behind: the decision path leaves an entry here and goes on; the database gets it later.

An entry goes two ways at once. One line of it goes to the spool, a file on the local disk, so that it outlives the
process; and it stays in memory for the writer, a task that commits what has gathered in batches. While the database is
away or too slow and memory is full, entries go to the spool alone and the writer reads them from there, in order, until
it has caught up. What a killed process left in its spool, the next one writes before it begins. Whatever comes twice on
these ways counts once, by its (epoch, seq).

    append ──▶ spool (disk) ─ ─ ─ ─ when memory was full, or left by an earlier life ─ ─ ┐
         └───▶ memory ──────────────────────────────────────────────────────────▶ batch ─▶ database
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage.batches import BatchWriter
from ivr_engine.storage.database import AWAY, Database
from ivr_engine.storage.rows import Row, row_of, row_of_line, unprojected
from ivr_engine.storage.spool import SPOOL_BYTES, Position, Spool, SpoolFull

_log = logging.getLogger(__name__)

GATHER_SECONDS = 0.1
"""How long entries gather before they are committed: ten transactions a second cost next to nothing."""

BUFFER_ENTRIES = 8_000
"""What memory holds: ten seconds of 80 calls/s, about 20 MB. A longer absence of the database is the spool's."""

BATCH_ENTRIES = 200
"""What one transaction holds: it takes the event loop 2 to 4 ms, so that no call waits for it longer than that."""

RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
"""Full function within 30 s of the end of a fault; a database that starts is not trampled."""

SLOW_DISK_SECONDS = 0.05
SPOOL_REST_SECONDS = 5.0
"""A write that took longer than the first means a disk in trouble; the spool is then left alone for the second, so that
calls are held up once in a while and not all the time. Memory alone keeps what comes meanwhile."""

CLOSE_SECONDS = 5.0
"""How long a stop waits for the database; what it did not take stays in the spool for the next start."""


class Batches(Protocol):
    """Whoever commits rows, each once: a database, or what a test has in its place."""

    written: int
    unreadable: int

    async def write(self, rows: Sequence[Row]) -> None:
        """Commit the rows. Raises what is in `database.AWAY`, and then it is unknown whether they were committed."""


class _Waiting(NamedTuple):
    row: Row
    spooled_to: Position | None
    """None if the spool could not take it."""
    since: float


class WrittenJournal:
    """Implements `runtime.ports.Journal`. Belongs to the event loop in which it was started.

    `start` first, then `append` as often as need be, `close` at the end. The counters are for metrics.
    """

    def __init__(
        self,
        database: Database | Batches,
        spool_folder: Path,
        *,
        gather_seconds: float = GATHER_SECONDS,
        buffer_entries: int = BUFFER_ENTRIES,
        batch_entries: int = BATCH_ENTRIES,
        spool_bytes: int = SPOOL_BYTES,
    ) -> None:
        self._gather_seconds = gather_seconds
        self._buffer_entries = buffer_entries
        self._batch_entries = batch_entries
        self._spool = Spool(spool_folder, limit_bytes=spool_bytes)
        self._batches: Batches = (
            BatchWriter(database, self._spool.set_aside) if isinstance(database, Database) else database
        )
        self._waiting: deque[_Waiting] = deque()
        self._behind = False
        """Entries newer than those in memory are in the spool alone; the writer has to read it."""
        self._read_to = Position(0, 0)
        """All before it is in memory or in the database."""
        self._spool_rests_until = 0.0
        self._oldest_since = 0.0
        self._task: asyncio.Task[None] | None = None
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.connected = True
        """The database took the last batch."""
        self.spooled = 0
        """Entries that the writer had to read from the spool."""
        self.retried = 0
        """Batches that had to be tried again."""
        self.lost = 0
        """Entries that neither the spool nor memory could take: only with the database away and the disk full."""

    async def start(self) -> None:
        """Take the spool, write what an earlier life left there, begin. Raises SpoolUnusable.

        Read `recovery` only after this: what happened last may have been in the spool. Waits for the database as long
        as there is something left to write.
        """
        self._read_to = self._spool.open()
        self._task = asyncio.create_task(self._write_behind(), name="journal")
        if self._read_to != self._spool.end:
            self._behind = True
            self._begin_waiting(time.monotonic())
            await self.flush()

    def append(self, entry: JournalEntry) -> None:
        """Take the entry and return: some 20 µs, whatever the database does. Never raises."""
        try:
            row = row_of(entry)
        except (TypeError, ValueError):
            _log.exception("journal entry %d/%d cannot be written down", entry.epoch, entry.seq)
            self._count_lost()
            return
        if self._task is None:
            _log.error("journal entry %d/%d came while the journal was closed", entry.epoch, entry.seq)
            self._count_lost()
            return
        now = time.monotonic()
        if not self._behind and len(self._waiting) >= self._buffer_entries:
            _log.warning("the journal's memory is full (%d entries): spooling to disk alone", self._buffer_entries)
            self._read_to = self._spool.end
            self._behind = True
        position = self._spool_line(row.payload, now)
        if not self._behind:
            self._waiting.append(_Waiting(row, position, now))
        elif position is None:
            self._count_lost()
            return
        if self._idle.is_set():
            self._begin_waiting(now)

    async def flush(self) -> None:
        """Wait until all that was appended is in the database: as long as that is away, so mind a deadline."""
        self._hurry.set()
        try:
            await self._idle.wait()
        finally:
            self._hurry.clear()

    async def close(self, wait_seconds: float = CLOSE_SECONDS) -> None:
        """Write what is left if the database takes it in time, else leave it in the spool. Safe to call twice."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.flush(), wait_seconds)
        task, self._task = self._task, None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._spool_the_unspooled()
        if not self._idle.is_set():
            _log.warning("the journal ends before the database has all of it; the rest waits in the spool")
        self._spool.close(self._spool.end if self._idle.is_set() else self._written_to())

    @property
    def written(self) -> int:
        """Entries that this journal put into the table."""
        return self._batches.written

    @property
    def unreadable(self) -> int:
        """Entries that could not be stored and were set aside in a file."""
        return self._batches.unreadable

    @property
    def pending(self) -> int:
        """Entries in memory that the database does not have yet."""
        return len(self._waiting)

    @property
    def spool_bytes(self) -> int:
        """What the spool takes of the disk."""
        return self._spool.size_bytes

    @property
    def lag_seconds(self) -> float:
        """The age of the oldest entry that the database does not have; 0 when it has all."""
        return 0.0 if self._idle.is_set() else time.monotonic() - self._oldest_since

    # ── the decision path ───────────────────────────────────────────────────────────────────────────────────────────
    def _begin_waiting(self, now: float) -> None:
        self._oldest_since = now
        self._idle.clear()
        self._work.set()

    def _spool_line(self, line: bytes, now: float) -> Position | None:
        if now < self._spool_rests_until and not self._behind:
            return None
        try:
            position = self._spool.append(line)
        except SpoolFull as error:
            if now >= self._spool_rests_until:
                _log.error("%s: the journal is in memory alone", error)
            self._spool_rests_until = now + SPOOL_REST_SECONDS
            return None
        took = time.monotonic() - now
        if took > SLOW_DISK_SECONDS:
            _log.warning("the spool's disk took %.0f ms for one entry", took * 1000)
            self._spool_rests_until = now + SPOOL_REST_SECONDS
        return position

    def _count_lost(self) -> None:
        if self.lost % 1000 == 0:
            _log.critical("journal entries are being lost: neither database nor spool nor memory can take them")
        self.lost += 1

    # ── the writer ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def _write_behind(self) -> None:
        while True:
            await self._work.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._gather_seconds)
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Write until nothing waits, neither in memory nor in the spool."""
        while True:
            if self._waiting:
                batch = list(islice(self._waiting, self._batch_entries))
                await self._write([waiting.row for waiting in batch])
                for _ in batch:
                    self._waiting.popleft()
                self._release(batch[-1].spooled_to)
            elif self._behind:
                await self._catch_up_from_spool()
            else:
                self._work.clear()
                self._idle.set()
                return
            if self._waiting:
                self._oldest_since = self._waiting[0].since

    async def _catch_up_from_spool(self) -> None:
        end = self._spool.end
        lines = await asyncio.to_thread(self._spool.read, self._read_to, self._batch_entries)
        if lines:
            await self._write([row for line, _ in lines if (row := self._row_of(line)) is not None])
            self.spooled += len(lines)
            self._read_to = lines[-1][1]
        else:
            self._read_to = max(self._read_to, end)
        self._spool.release(self._read_to)
        if self._read_to == self._spool.end:
            self._behind = False
            _log.info("the journal has caught up with its spool")

    async def _write(self, rows: Sequence[Row]) -> None:
        wait_seconds = RETRY_SECONDS
        while rows:
            try:
                await self._batches.write(rows)
            except Exception as error:
                self.retried += 1
                if not isinstance(error, AWAY):
                    _log.exception("the journal's writer met a bug; nothing is lost, it tries again")
                elif self.connected:
                    _log.warning("the database is away, the journal waits: %s", " ".join(str(error).split())[:200])
                self.connected = False
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, LONGEST_RETRY_SECONDS)
            else:
                if not self.connected:
                    _log.warning("the database is back, the journal goes on")
                self.connected = True
                return

    def _row_of(self, line: bytes) -> Row | None:
        try:
            return row_of_line(line)
        except ValueError as error:
            _log.warning("a line of the spool is another version's: %s", error)
        try:
            return unprojected(line)
        except ValueError:
            self._batches.unreadable += 1
            _log.error("a line of the spool is no journal entry; kept in %s", self._spool.set_aside(line))
            return None

    # ── what the spool may forget ───────────────────────────────────────────────────────────────────────────────────
    def _release(self, position: Position | None) -> None:
        if position is not None:
            self._spool.release(position)

    def _written_to(self) -> Position:
        """A position before which the database has all."""
        if self._waiting:
            return Position(0, 0)
        return self._read_to

    def _spool_the_unspooled(self) -> None:
        """At a stop with the database away: what only memory has goes to the disk now, or is lost."""
        for waiting in self._waiting:
            if waiting.spooled_to is None:
                try:
                    self._spool.append(waiting.row.payload)
                except SpoolFull:
                    self._count_lost()
