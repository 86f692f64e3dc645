"""A journal entry between the core and the table: as one line of text, and as the columns that are searched."""

from typing import Any, NamedTuple, cast

from ivr_engine.core.codec import CodecError, decode, encode
from ivr_engine.core.commands import Command
from ivr_engine.core.events import Event
from ivr_engine.core.notices import Notice
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import jsontext


class Row(NamedTuple):
    """What the journal's writer carries of an entry."""

    epoch: int
    seq: int
    at_ms: int
    event_kind: str
    contact: str | None
    payload: bytes
    """The whole entry as JSON on one line; the same text stands in the spool and in the table."""
    notices: tuple[Notice, ...]


def row_of(entry: JournalEntry) -> Row:
    """Raises CodecError, TypeError or ValueError if a fact is not made of what facts are made of."""
    event = encode(entry.event)
    payload = jsontext.dump(
        {
            "epoch": entry.epoch,
            "seq": entry.seq,
            "at_ms": entry.at_ms,
            "event": event,
            "commands": [encode(command) for command in entry.commands],
            "notices": [encode(notice) for notice in entry.notices],
        }
    )
    return Row(entry.epoch, entry.seq, entry.at_ms, event["kind"], _contact_of(entry), payload, entry.notices)


def row_of_line(line: bytes) -> Row:
    """The row that a line of the spool was made of. Raises ValueError (CodecError among it) if it is none."""
    entry = entry_of(line)
    return Row(entry.epoch, entry.seq, entry.at_ms, type(entry.event).__name__, _contact_of(entry), line, entry.notices)


def unprojected(line: bytes) -> Row:
    """The row of a line whose facts are another version's: kept whole, nothing follows from it. Raises ValueError."""
    plain = _plain(line)
    event = plain.get("event")
    kind = event.get("kind") if isinstance(event, dict) else None
    contact = event.get("contact") if isinstance(event, dict) else None
    return Row(
        *_numbers(plain), str(kind or "unknown"), contact if isinstance(contact, str) else None, line, notices=()
    )


def entry_of(payload: bytes) -> JournalEntry:
    """The entry that a payload says: what a replay begins with. Raises ValueError (CodecError among it)."""
    plain = _plain(payload)
    epoch, seq, at_ms = _numbers(plain)
    try:
        return JournalEntry(
            epoch=epoch,
            seq=seq,
            at_ms=at_ms,
            event=cast(Event, decode(plain["event"])),
            commands=tuple(cast(Command, decode(command)) for command in plain["commands"]),
            notices=tuple(cast(Notice, decode(notice)) for notice in plain["notices"]),
        )
    except (KeyError, TypeError) as error:
        raise CodecError("entry", f"is not whole: {error}") from error


def _plain(payload: bytes) -> dict[str, Any]:
    plain = jsontext.load(payload)
    if not isinstance(plain, dict):
        raise CodecError("entry", "is no object")
    return plain


def _numbers(plain: dict[str, Any]) -> tuple[int, int, int]:
    numbers = plain.get("epoch"), plain.get("seq"), plain.get("at_ms")
    if not all(type(number) is int for number in numbers):
        raise CodecError("entry", "lacks its epoch, seq or at_ms")
    return cast(tuple[int, int, int], numbers)


def _contact_of(entry: JournalEntry) -> str | None:
    """Whom the entry is about: the event's own contact, or that of the first fact that follows from it."""
    contact: str | None = getattr(entry.event, "contact", None)
    if contact is None:
        for fact in (*entry.notices, *entry.commands):
            contact = getattr(fact, "contact", None)
            if contact is not None:
                break
    return contact
