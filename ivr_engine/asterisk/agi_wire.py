"""FastAGI as bytes: what is sent, what comes back, and everything that is refused on the way. No socket, no clock.

A session opens with a header block, `agi_name: value` lines and an empty line. After it one command is one line, and
its answer one line, or several for `520-`. Between them Asterisk may say `HANGUP` at any moment. Values hold what a SIP
caller supplied, line feeds included, so both directions trust nothing:

- a header block with a doubled name, a line that is no header, or anything behind its end, is refused. Seen on
  Asterisk 22.10: a display name with a blank line in it ends the block early, and its rest would read as answers;
- a command is written by one serializer, which refuses CR, LF and NUL and escapes quotes and backslashes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIArgumentError,
    AGIDeadChannelHangup,
    AGIInvalidCommand,
    AGIProtocolError,
    AgiRefusedError,
    AGIResultHangup,
    AGIUnknownError,
    AGIUsageError,
    SessionEnd,
)

HANGUP = "HANGUP"

HEADER_BYTES = 16_384
"""22 variables and our arguments are under 1 KB; Asterisk cuts all arguments together at 2 KB."""

HEADER_LINES = 64
"""22 of Asterisk's own and at most 40 arguments."""

COMMAND_BYTES = 2_000
"""Asterisk reads a command into 2,048 bytes and drops the rest without a word."""

ANSWER_BYTES = 65_536
"""`GET VARIABLE` cuts at 1,023 bytes and the longest usage text is 3 KB; other values stay far below this."""

_SPECIAL = re.compile(r'[\s"\\]')
_CODE = re.compile(r"(\d{3})(?: |-|$)")
_RESULT = re.compile(r"200 result=(\S*)(?: \((.*)\))?((?: \w+=\S+)*) *")
_PAIR = re.compile(r" (\w+)=(\S+)")

Result = dict[str, tuple[str, str]]
"""pyst2's shape: `{"result": (value, text in brackets), "endpos": (value, "")}`."""


class Quoted(str):
    """A word that is already in Asterisk's quotes, so that it is not quoted twice."""

    __slots__ = ()


def quote(value: str | float) -> Quoted:
    """One argument, whatever is in it: Asterisk's parser knows the double quote and the backslash, no more."""
    text = value if isinstance(value, str) else str(value)
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return Quoted(f'"{text}"')


def command_line(command: str, words: Iterable[str | float] = ()) -> bytes:
    """The one way onto the wire. Raises AGIArgumentError, whose text never repeats the value.

    A word that is not `Quoted` goes as it is when Asterisk would read it as one word, and quoted otherwise; empty
    words at the end mean "not given", as pyst2's verbs have it.
    """
    parts = [command]
    for word in words:
        if type(word) is Quoted:
            parts.append(word)
        elif type(word) is int:
            parts.append(str(word))
        else:
            text = str(word)
            parts.append(quote(text) if _SPECIAL.search(text) else text)
    if "" in parts:
        while not parts[-1]:
            parts.pop()
        parts = [part or '""' for part in parts]
    line = " ".join(parts)
    if "\n" in line or "\r" in line or "\0" in line:
        raise AGIArgumentError(f"{command[:40]!r}: CR, LF or NUL in a value; take it through FILTER() first")
    try:
        encoded = line.encode()
    except UnicodeEncodeError as error:
        raise AGIArgumentError(f"{command[:40]!r}: a value is not valid Unicode") from error
    if len(encoded) > COMMAND_BYTES:
        raise AGIArgumentError(f"{command[:40]!r}: {len(encoded)} bytes, at most {COMMAND_BYTES} reach Asterisk whole")
    return encoded + b"\n"


@dataclass(frozen=True, slots=True)
class AgiEnvironment:
    """What Asterisk said of the channel before the first command. The nonce is taken out of it."""

    variables: MappingProxyType[str, str]
    arguments: tuple[str, ...]
    """What the dialplan passed behind the nonce, in order; one that was empty is ""."""

    @property
    def channel(self) -> str:
        """Name of the citizen's channel."""
        return self.variables.get("agi_channel", "")

    @property
    def uniqueid(self) -> str:
        """The channel's uniqueid: the contact's identity."""
        return self.variables.get("agi_uniqueid", "")

    @property
    def script(self) -> str:
        """The path of the `agi://` address."""
        return self.variables.get("agi_network_script", "")


@dataclass(frozen=True, slots=True)
class Header:
    """A whole header block, and the bytes that came behind its empty line."""

    variables: dict[str, str]
    rest: bytes


class HeaderStream:
    """Bytes → the header block, once; bounded in bytes and lines."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        """Stand at the start of a connection."""
        self._seen = b""

    def feed(self, data: bytes) -> Header | None:
        """The header, when these bytes complete it. Raises AgiRefusedError as soon as it cannot become one."""
        searched = max(0, len(self._seen) - 1)
        self._seen += data
        end = self._seen.find(b"\n\n", searched)
        if end > HEADER_BYTES or (end < 0 and len(self._seen) > HEADER_BYTES):
            raise AgiRefusedError(SessionEnd.REFUSED_HEADER, f"a header of more than {HEADER_BYTES} bytes")
        if end < 0:
            return None
        block, rest = self._seen[:end], self._seen[end + 2 :]
        self._seen = b""
        return Header(_read_variables(block), rest)


def _read_variables(block: bytes) -> dict[str, str]:
    """Bytes that are not UTF-8 become U+FFFD: a caller's odd display name must not cost the caller the visit."""
    text = block.decode(errors="replace")
    lines = text.split("\n")
    if len(lines) > HEADER_LINES:
        raise AgiRefusedError(SessionEnd.REFUSED_HEADER, f"{len(lines)} header lines, at most {HEADER_LINES}")
    if not text.startswith("agi_") or text.count("\nagi_") != len(lines) - 1:
        raise AgiRefusedError(SessionEnd.REFUSED_HEADER, "a header line without an agi_ name")
    try:
        variables = dict([line.split(": ", 1) for line in lines])
    except ValueError as error:
        raise AgiRefusedError(SessionEnd.REFUSED_HEADER, "a header line without a value") from error
    if len(variables) < len(lines):
        raise AgiRefusedError(SessionEnd.REFUSED_HEADER, "an agi_ name stands twice: a value holds a line feed")
    return variables


def read_environment(variables: dict[str, str]) -> tuple[str, AgiEnvironment]:
    """The nonce (`agi_arg_1`, "" when missing) and the rest of the header. `variables` is emptied of the nonce."""
    nonce = variables.pop("agi_arg_1", "")
    arguments = []
    for index in range(2, HEADER_LINES):
        argument = variables.get(f"agi_arg_{index}")
        if argument is None:
            break
        arguments.append(argument)
    return nonce, AgiEnvironment(MappingProxyType(variables), tuple(arguments))


class AnswerStream:
    """Bytes → whole answers, wherever the network cut them: in a UTF-8 letter, in a usage text, two in one segment."""

    __slots__ = ("_rest", "_usage", "_usage_chars")

    def __init__(self) -> None:
        """Stand behind the header block."""
        self._rest = b""
        self._usage: list[str] = []
        self._usage_chars = 0

    def feed_one(self, data: bytes) -> str:
        """The one success that these bytes are, as nearly always; "" when they are anything else, and `feed` is due."""
        if data.startswith(b"200 ") and data.find(b"\n") == len(data) - 1 and not self._rest and not self._usage:
            return data[:-1].decode("utf-8", "replace")
        return ""

    def feed(self, data: bytes) -> list[str]:
        """The answers that these bytes complete, `HANGUP` among them. Raises AGIProtocolError past ANSWER_BYTES."""
        whole = (self._rest + data).split(b"\n")
        self._rest = whole.pop()
        if len(self._rest) > ANSWER_BYTES:
            raise AGIProtocolError(f"an answer of more than {ANSWER_BYTES} bytes")
        answers = []
        for raw in whole:
            line = raw.decode(errors="replace")
            if self._usage or line.startswith("520-"):
                line = self._read_usage(line)
            if line and not line.startswith("1"):
                answers.append(line)
        return answers

    def _read_usage(self, line: str) -> str:
        if line == HANGUP:
            return line
        self._usage.append(line)
        self._usage_chars += len(line)
        if self._usage_chars > ANSWER_BYTES:
            raise AGIProtocolError(f"a usage text of more than {ANSWER_BYTES} letters")
        if not line.startswith("520 "):
            return ""
        text = "\n".join(self._usage)
        self._usage.clear()
        self._usage_chars = 0
        return text


def read_result(answer: str) -> Result:
    """What one answer says. Raises pyst2's family: AGIAppError for -1, AGIHangup when the channel left, and so on."""
    if answer.startswith("200 result=") and " " not in answer[11:] and answer != "200 result=-1":
        return {"result": (answer[11:], "")}  # nearly always
    if match := _RESULT.fullmatch(answer):
        value, text, pairs = match.groups(default="")
        if text == "hangup" and value in {"-1", "0"}:
            raise AGIResultHangup("the channel left while the command ran")
        if value == "-1":
            raise AGIAppError("the command failed, or the channel left")
        result = {"result": (value, text)}
        for name, other in _PAIR.findall(pairs):
            result[name] = (other, "")
        return result
    code = match.group(1) if (match := _CODE.match(answer)) else ""
    match code:
        case "510":
            raise AGIInvalidCommand(answer[4:])
        case "511":
            raise AGIDeadChannelHangup(answer[4:])
        case "520":
            raise AGIUsageError(answer + "\n")
        case "200" | "":
            raise AGIProtocolError("an answer without a code or a result")
    raise AGIUnknownError(int(code), "an answer with a code that AGI does not have")
