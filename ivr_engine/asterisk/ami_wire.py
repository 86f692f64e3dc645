"""The wire format of AMI, without a socket: bytes → messages, actions → bytes.

Reading is built for the events that nobody wants, which are most: `Framer` cuts whole messages out of the stream as
bytes, `event_name` looks at the first line, and only what is wanted is decoded, whole, so that no UTF-8 letter is ever
decoded in halves. `parse` refuses a message in which a header that can only be there once comes twice: what a SIP
caller supplies may hold CR LF, and such a line must not become a second `Uniqueid` or `Contact`.

What it cannot see: a smuggled header that the message would not otherwise have, and a text with an *empty* line in it,
which ends one message and begins another that looks genuine. Only the dialplan can prevent these, by filtering what
callers supply. Asterisk itself escapes it in the channel headers of events (as a backslash and a letter), but neither
in the body of a UserEvent nor in the answers to `Status` and `Getvar` (seen on 22.10.1). Messages without a first line
(`Event:`, `Response:`), which are the remains of such an attempt, are counted by the session.

Writing has one door, `encode_action`. The limits are those of Asterisk 22's `manager.c`, tried on 22.10.1: a line of
1,024 bytes with its end is read and one of 1,025 is not; 128 headers are read and 129 are not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from panoramisk.message import Message

from ivr_engine.asterisk.ami_errors import (
    DoubledHeader,
    ForbiddenCharacter,
    LineTooLong,
    RepeatedHeader,
    StreamBroken,
    TooManyLines,
)

GREETING: Final = b"Asterisk Call Manager/"
LINE_END: Final = b"\r\n"
MESSAGE_END: Final = b"\r\n\r\n"
EVENT: Final = b"Event: "
RESPONSE: Final = b"Response: "

MAX_LINE_BYTES: Final = 1024
"""With CR LF. `manager.c`: `inbuf[1025]`; a longer line is discarded and what follows it is misread."""
MAX_LINES: Final = 128
"""`AST_MAX_MANHEADERS`, with `Action` and `ActionID` in it."""
MAX_MESSAGE_BYTES: Final = 256 * 1024
"""Incoming. The longest that we ask for is a `Status` item, about 2 KB; a peer that goes on and on is broken."""
MAX_GREETING_BYTES: Final = 256
"""The greeting is 30 bytes; whoever sends more without a line end is no Asterisk."""

UNSET: Final = "(null)"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.()-]*")
_FORBIDDEN = re.compile("[\r\n\0\ud800-\udfff]")
_SEAM_BYTES = len(MESSAGE_END) - 1

Headers = Mapping[str, str | Sequence[str]]
"""Headers of an action; a list of values becomes one line for each, in order (`Variable`)."""


class AmiMessage(Message):
    """An event or an answer of Asterisk: panoramisk's `Message`, built from a whole message at once.

    Names are found in any letter case. `get` and `[]` give one string; a header that is legally there several times
    (`Variable`, `ChanVariable`, `Output`) gives its first, and `get_all` gives all.
    """

    manager = None

    def __init__(self, store: dict[str, tuple[str, str | list[str]]]) -> None:
        self._store = store

    def __getitem__(self, key: str) -> str:
        value = self._store[key.lower()][1]
        return value if isinstance(value, str) else value[0]

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]  # strings only, by design
        """The header's value, or `default`: most headers of most events are empty or absent, which is no error."""
        pair = self._store.get(key.lower())
        if pair is None:
            return default
        value = pair[1]
        return value if isinstance(value, str) else value[0]

    def get_all(self, key: str) -> list[str]:
        """Every value of the header, in order; empty when it is absent."""
        pair = self._store.get(key.lower())
        if pair is None:
            return []
        value = pair[1]
        return [value] if isinstance(value, str) else list(value)

    def variables(self, key: str = "ChanVariable") -> dict[str, str]:
        """`NAME=value` lines as a mapping; `Variable` in the items of `Status`, `ChanVariable` in events.

        A variable that is not set is left out: `Status` writes it as `(null)` (seen on 22.10.1).
        """
        lines = (line.partition("=") for line in self.get_all(key))
        return {name: value for name, _, value in lines if value != UNSET}


class Framer:
    """Cuts a stream into whole messages, and holds at most one unfinished message of `MAX_MESSAGE_BYTES`.

    A chunk is searched once, however the stream was split: bytes that arrive one at a time cost no more than a line.
    """

    __slots__ = ("_held", "greeting")

    def __init__(self) -> None:
        self._held = bytearray()
        self.greeting: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the stream, were it to end now, would end in the middle of a message."""
        return bool(self._held)

    def feed(self, received: bytes) -> list[bytes]:
        """The messages that are whole now, each without its empty line. Raises `StreamBroken`."""
        if self._held or self.greeting is None:
            if self.greeting is not None and MESSAGE_END not in self._held[-_SEAM_BYTES:] + received:
                self._hold(received)
                return []
            received = bytes(self._held + received)
            self._held.clear()
            if self.greeting is None:
                received = self._greet(received)
        messages = received.split(MESSAGE_END)
        rest = messages.pop()
        if rest:
            self._hold(rest)
        return messages

    def _hold(self, rest: bytes) -> None:
        self._held += rest
        if len(self._held) > MAX_MESSAGE_BYTES:
            raise StreamBroken(f"a message goes on beyond {MAX_MESSAGE_BYTES} bytes")

    def _greet(self, received: bytes) -> bytes:
        line, end, rest = received.partition(LINE_END)
        expected = GREETING if end else GREETING[: len(line)]
        if not line.startswith(expected) or len(line) > MAX_GREETING_BYTES:
            raise StreamBroken(f"not AMI: the peer began with {line[:40]!r}; {StreamBroken.hint}")
        if not end:
            return received
        self.greeting = line.decode("utf-8", "replace")
        return rest


def event_name(raw: bytes) -> bytes | None:
    """The name of the event from its first line alone; None when the message is not an event."""
    if not raw.startswith(EVENT):
        return None
    end = raw.find(LINE_END, len(EVENT))
    return raw[len(EVENT) : end] if end >= 0 else raw[len(EVENT) :]


def first_action_id(raw: bytes) -> str:
    """The first `ActionID`, for an answer that cannot be trusted as a whole.

    In an answer Asterisk writes it before any text that somebody else supplied; in an event it does not.
    """
    start = raw.find(b"\r\nActionID: ")
    if start < 0:
        return ""
    start += len(b"\r\nActionID: ")
    end = raw.find(LINE_END, start)
    return raw[start : end if end >= 0 else None].decode("utf-8", "replace")


def parse(raw: bytes) -> AmiMessage:
    """One whole message as an `AmiMessage`. Raises `DoubledHeader`; a byte that is not UTF-8 becomes U+FFFD.

    A line that is no header is left out: it can only be the second half of a value with a line end in it.
    """
    lines = raw.decode("utf-8", "replace").split("\r\n")
    try:
        # One pass for the message as Asterisk writes it nearly always: every line a header, every header once.
        store: dict[str, tuple[str, str | list[str]]] = {
            key.lower(): (key, value) for key, value in [line.split(": ", 1) for line in lines]
        }
    except ValueError:
        return AmiMessage(_collect(lines))
    return AmiMessage(store if len(store) == len(lines) else _collect(lines))


def _collect(lines: list[str]) -> dict[str, tuple[str, str | list[str]]]:
    store: dict[str, tuple[str, str | list[str]]] = {}
    for line in lines:
        key, colon, value = line.partition(": ")
        if not colon:
            if not key.endswith(":"):
                continue
            key = key[:-1]
        name = key.lower()
        known = store.get(name)
        if known is None:
            store[name] = (key, value)
        elif not _may_repeat(name):
            raise DoubledHeader(lines[0], key)
        elif isinstance(known[1], list):
            known[1].append(value)
        else:
            store[name] = (key, [known[1], value])
    for name, (key, values) in store.items():
        if isinstance(values, list) and name != "output":
            names = [value.partition("=")[0] for value in values]
            if len(set(names)) != len(names):
                raise DoubledHeader(lines[0], key)
    return store


def _may_repeat(name: str) -> bool:
    """Asterisk repeats lines of channel variables, also as `DestChanVariable` or `ChanVariable(NAME)`, and `Output`."""
    return name in {"output", "variable"} or name.endswith("chanvariable") or name.startswith("chanvariable(")


def encode_action(action: str, headers: Headers, action_id: str = "") -> bytes:
    """The action as bytes: the only place where text of ours becomes lines of AMI.

    Raises `ForbiddenCharacter`, `LineTooLong`, `TooManyLines` or `RepeatedHeader`; then nothing has been sent.
    """
    lines = [_line(action, "Action", action)]
    if action_id:
        lines.append(_line(action, "ActionID", action_id))
    seen = {"action", "actionid"}
    for name, value in headers.items():
        if name.lower() in seen:
            raise RepeatedHeader(action, name)
        seen.add(name.lower())
        if isinstance(value, str):
            lines.append(_line(action, name, value))
        else:
            lines.extend(_line(action, name, one) for one in value)
    if len(lines) > MAX_LINES:
        raise TooManyLines(action, len(lines), MAX_LINES)
    return b"".join(lines) + LINE_END


def _line(action: str, name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        wrong = next((character for character in name if not _NAME.fullmatch("x" + character)), name[:1])
        raise ForbiddenCharacter(action, name, wrong)
    found = _FORBIDDEN.search(value)
    if found:
        raise ForbiddenCharacter(action, name, found.group())
    line = f"{name}: {value}\r\n".encode()
    if len(line) > MAX_LINE_BYTES:
        raise LineTooLong(action, name, len(line), MAX_LINE_BYTES)
    return line
