"""A recording: the journal of one or more lives of the engine as a file, `*.jsonl.gz`, to be replayed later.

    {"recording": "ivr-engine journal", "version": 1, "engine": "0.1.0", "source": "where it was made"}
    {"epoch": 1, "seq": 1, "at_ms": …, "event": {…}, "commands": […], "notices": […]}     one line a decision
    {"end": 1234}                                                                         how many decisions there were

The last line is there because a file that was cut at a line's end looks whole otherwise. What is wrong with a file is
told with its line; a recording of another version is refused rather than half understood.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from ivr_engine.core.codec import CodecError, decode, encode
from ivr_engine.core.commands import Command
from ivr_engine.core.events import Event
from ivr_engine.core.notices import Notice
from ivr_engine.flow.diagnostics import Diagnostic, Place
from ivr_engine.replay.simulator.recovery import Entry

KIND = "ivr-engine journal"
VERSION = 1

LINE_BYTES = 4_000_000
"""The longest entry is a snapshot of a switch with 10,000 legs, or a configuration with 10,000 agents: 3 MB."""

ENTRIES = 5_000_000
"""A day of 42,097 contacts has half a million decisions; ten such days belong into ten files."""


class Recorded(Protocol):
    """An entry of the journal, whoever keeps it (`runtime.ports.JournalEntry`, the simulator's `Entry`)."""

    @property
    def epoch(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def event(self) -> Event: ...
    @property
    def commands(self) -> tuple[Command, ...]: ...
    @property
    def notices(self) -> tuple[Notice, ...]: ...


class RecordingError(Exception):
    """The file cannot be replayed; `diagnostic` says where and why."""

    code = "recording"

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says."""

    version: int
    engine: str
    source: str


def canonical(value: Any) -> bytes:
    """The one text of a plain value: what *byte for byte* means between two runs."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def write(path: Path, entries: Iterable[Recorded], *, engine: str, source: str) -> int:
    """Writes them and returns how many. The same entries give the same file. Raises OSError."""
    count = 0
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        header = {"recording": KIND, "version": VERSION, "engine": engine, "source": source}
        file.write(canonical(header) + b"\n")
        for entry in entries:
            file.write(canonical(plain(entry)) + b"\n")
            count += 1
        file.write(canonical({"end": count}) + b"\n")
    return count


def plain(entry: Recorded) -> dict[str, Any]:
    """An entry as plain values, in the shape of the journal's payload."""
    return {
        "epoch": entry.epoch,
        "seq": entry.seq,
        "at_ms": entry.at_ms,
        "event": encode(entry.event),
        "commands": [encode(command) for command in entry.commands],
        "notices": [encode(notice) for notice in entry.notices],
    }


def read(path: Path) -> tuple[Header, Iterator[Entry]]:
    """The header, and the entries as they are asked for. Raises RecordingError, the iterator too."""
    lines = _lines(path)
    return _header(path, next(lines, None)), _entries(path, lines)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line with its number, as an object."""
    number = 0
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(LINE_BYTES + 1):
                number += 1
                if len(line) > LINE_BYTES:
                    raise _wrong(path, number, "too_long", f"a line of more than {LINE_BYTES} bytes")
                try:
                    value = json.loads(line)
                except ValueError as error:
                    raise _wrong(path, number, "corrupt", f"this line is no JSON: {error}") from None
                if not isinstance(value, dict):
                    raise _wrong(path, number, "corrupt", "this line is no JSON object")
                yield number, value
    except EOFError:
        raise _wrong(path, number + 1, "truncated", "the file ends in the middle", hint=_AGAIN) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        hint = "a recording is a gzip file of JSON lines" if number == 0 else _AGAIN
        raise _wrong(path, number + 1, "corrupt", f"cannot be unpacked: {error}", hint=hint) from None
    except OSError as error:
        raise _wrong(path, number + 1, "unreadable", f"cannot be read: {error.strerror or error}") from None


def _header(path: Path, first: tuple[int, dict[str, Any]] | None) -> Header:
    value = first[1] if first is not None else {}
    if value.get("recording") != KIND:
        raise _wrong(path, 1, "no_recording", "this is no recording of the engine", hint=f"line 1 must say {KIND!r}")
    version = value.get("version")
    if version != VERSION:
        raise _wrong(
            path,
            1,
            "other_version",
            f"this is a recording of version {version!r} (engine {value.get('engine')}); this engine reads {VERSION}",
            hint="replay it with the engine that made it",
        )
    return Header(VERSION, str(value.get("engine", "")), str(value.get("source", "")))


def _entries(path: Path, lines: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[Entry]:
    count, number = 0, 1
    for number, value in lines:
        if "end" in value:
            if value["end"] != count:
                raise _wrong(path, number, "truncated", f"{count} decisions, but the end says {value['end']!r}")
            if next(lines, None) is not None:
                raise _wrong(path, number + 1, "corrupt", "something follows the end")
            return
        count += 1
        if count > ENTRIES:
            raise _wrong(path, number, "too_long", f"more than {ENTRIES} decisions")
        yield _entry(path, number, value)
    raise _wrong(path, number + 1, "truncated", f"the end is missing after {count} decisions", hint=_AGAIN)


def _entry(path: Path, number: int, value: dict[str, Any]) -> Entry:
    epoch, seq, at_ms = (value.get(name) for name in ("epoch", "seq", "at_ms"))
    if type(epoch) is not int or type(seq) is not int or type(at_ms) is not int:
        raise _wrong(path, number, "corrupt", "epoch, seq and at_ms must be whole numbers")
    try:
        return Entry(
            epoch,
            seq,
            at_ms,
            cast(Event, decode(value["event"])),
            tuple(cast(Command, decode(one)) for one in value["commands"]),
            tuple(cast(Notice, decode(one)) for one in value["notices"]),
            value,
        )
    except CodecError as error:
        raise _wrong(path, number, "foreign", str(error), hint="another version of the engine wrote it") from None
    except (KeyError, TypeError) as error:
        raise _wrong(path, number, "corrupt", f"the entry is not whole: {error}") from None


_AGAIN = "copy it again from where it was made"


def _wrong(path: Path, line: int, code: str, message: str, *, hint: str = "") -> RecordingError:
    return RecordingError(Diagnostic(Place(str(path), line, 1), code, message, hint=hint))
