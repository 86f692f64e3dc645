"""The journal's first copy: an append-only file on the local disk, written before anything else is done.

An entry is safe from a killed process once `append` has returned, whatever the database does. The spool is a row of
numbered segments of lines; a `Position` says how far into it something is. Segments go as soon as the database has
all that is in them, so that the folder is all but empty while the database keeps up.

Nothing is synced to the disk: a power cut may take the last seconds of the spool, and takes the calls with it.
"""

import fcntl
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ivr_engine.storage.errors import SpoolUnusable

SEGMENT_BYTES = 1 << 20
"""What one segment may hold before the next begins: some 2,000 entries. A start after a kill looks at two of them
again, which must not take it a second."""

SPOOL_BYTES = 2 << 30
"""What the spool may take of the local disk: over an hour at 500 entries/s and about a week of 20,000 calls a day."""

LINE_BYTES = 16 << 20
"""The longest line that is read back. A configuration with thousands of agents is one line of about 1 MB."""

_SUFFIX = ".jsonl"
_UNREADABLE = "unreadable.txt"


class Position(NamedTuple):
    """A place between two lines: all before it in that segment, and all earlier segments."""

    segment: int
    offset: int


class SpoolFull(Exception):  # noqa: N818  (a state of the disk, not a mistake)
    """The limit is reached, or the disk is full or broken: the entry was not kept here."""


class Spool:
    """One folder, used by one process at a time."""

    def __init__(self, folder: Path, *, limit_bytes: int = SPOOL_BYTES, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._segment_bytes = segment_bytes
        self._sizes: dict[int, int] = {}
        """Bytes of each segment that is still there, oldest first."""
        self._lock: BinaryIO | None = None
        self._current = 0
        self._descriptor = -1
        self.size_bytes = 0

    def open(self) -> Position:
        """Take the folder and begin a new segment. Returns the position before all that an earlier life left there.

        Raises SpoolUnusable if the folder cannot be written, or another process has it.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self._folder / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = sorted(int(path.stem) for path in self._folder.glob(f"*{_SUFFIX}") if path.stem.isdigit())
            self._sizes = {number: self._path(number).stat().st_size for number in left}
            self.size_bytes = sum(self._sizes.values())
            self._begin_segment(left[-1] + 1 if left else 1)
        except BlockingIOError as error:
            self._unlock()
            raise SpoolUnusable(
                f"another engine uses the spool folder {self._folder}", "give each engine its own"
            ) from error
        except OSError as error:
            self._unlock()
            raise SpoolUnusable(
                f"cannot use the spool folder {self._folder}: {error.strerror}", "it must be a writable folder"
            ) from error
        return Position(min(self._sizes), 0)

    @property
    def end(self) -> Position:
        """Behind the last line."""
        return Position(self._current, self._sizes[self._current])

    def append(self, line: bytes) -> Position:
        """Write one line (without its newline) with one system call; returns the position behind it.

        Raises SpoolFull, and then the spool is as it was.
        """
        data = line + b"\n"
        if self.size_bytes + len(data) > self._limit_bytes:
            raise SpoolFull(f"the spool has reached its limit of {self._limit_bytes} bytes")
        if len(data) > LINE_BYTES:
            raise SpoolFull(f"a line of {len(data)} bytes is too long to be read back")
        try:
            if self._sizes[self._current] >= self._segment_bytes:
                self._begin_segment(self._current + 1)
            written = os.write(self._descriptor, data)
            if written != len(data):
                os.ftruncate(self._descriptor, self._sizes[self._current])
                raise SpoolFull("the disk of the spool is full")
        except OSError as error:
            raise SpoolFull(f"the spool cannot be written: {error.strerror}") from error
        self._sizes[self._current] += written
        self.size_bytes += written
        return self.end

    def read(self, after: Position, limit: int) -> list[tuple[bytes, Position]]:
        """At most `limit` lines behind that position, each with the position behind it; empty at the end.

        A line that was cut by a kill or a power cut is left out: it is the last of its segment and nobody's fact.
        Takes as long as the disk does: call it from a thread. `append` may go on meanwhile.
        """
        lines: list[tuple[bytes, Position]] = []
        for number in sorted(self._sizes):
            if number < after.segment:
                continue
            offset = after.offset if number == after.segment else 0
            with self._path(number).open("rb") as segment:
                segment.seek(offset)
                while len(lines) < limit and (line := segment.readline(LINE_BYTES)).endswith(b"\n"):
                    offset += len(line)
                    lines.append((line[:-1], Position(number, offset)))
            if len(lines) >= limit:
                break
        return lines

    def release(self, position: Position) -> None:
        """All before the position is in the database: remove the segments that lie wholly before it."""
        for number in [number for number in self._sizes if number < position.segment]:
            self._remove(number)

    def set_aside(self, line: bytes) -> Path:
        """Keep a line that can never be stored where a person can look at it. Returns the file."""
        path = self._folder / _UNREADABLE
        with path.open("ab") as file:
            file.write(line + b"\n")
        return path

    def close(self, written: Position) -> None:
        """Let go of the folder; without a trace if all of it is in the database."""
        if self._descriptor < 0:
            return
        end = self.end
        os.close(self._descriptor)
        self._descriptor = -1
        self.release(written)
        if written >= end or self._sizes[self._current] == 0:
            self._remove(self._current)
        self._unlock()

    def _begin_segment(self, number: int) -> None:
        descriptor = os.open(self._path(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = descriptor
        self._current = number
        self._sizes[number] = 0

    def _remove(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)
        self.size_bytes -= self._sizes.pop(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:010d}{_SUFFIX}"

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
