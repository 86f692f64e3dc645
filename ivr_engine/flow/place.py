"""Where a citizen stands in a flow, as one word on the citizen's channel.

A visit that breaks off is tried again, on this node or another, and goes on where it was. The word carries what limits
and choices need, and never a secret. `flow:step:language:tries:walked` and then, each behind a colon and in any number:

    NAME.VALUE        a variable: digits are text, tTEXT other text, nNUMBER a whole number, y and x are true and false
    .r.FLOW.STEP      a call to come back to, the outermost first
    .w.QUEUE          where *person* leads, when a flow has said so
    .q.NUMBER         the question of a survey
    .p.DIGITS         keyed, not yet confirmed
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.conversation import PLACE_BYTES, Value

VALUES_BYTES = 480
"""What variables may take of a place: the longest names of flow, step, queue and of CALLS calls, and digits to confirm,
take 416 bytes beside them."""

_HEAD = re.compile(r"([a-z][a-z0-9_]{0,31}):([a-z][a-z0-9_]{0,31}):([a-z]{2}):([0-9]):([0-9]{1,3})(?::(.*))?", re.ASCII)
_PLAIN = re.compile(r"[a-z0-9]", re.ASCII)
_VARIABLE = re.compile(
    r"([a-z][a-z0-9_]{0,31})\.(?:([0-9]+)|t((?:[a-z0-9]|-[0-9a-f]{2})*)|n(-?[0-9]{1,20})|([yx]))", re.ASCII
)
_RETURN = re.compile(r"\.r\.([a-z][a-z0-9_]{0,31})\.([a-z][a-z0-9_]{0,31})", re.ASCII)
_ONCE = re.compile(
    r"\.(?:w\.(?P<queue>[a-z][a-z0-9_]{0,31})|q\.(?P<question>[0-9]{1,2})|p\.(?P<pending>[0-9]{1,20}))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a walk through a flow has got to."""

    flow: str
    step: str
    language: str
    tries: int = 0
    """Failed tries of this step."""
    walked: int = 0
    """Steps and tries so far in this contact."""
    values: Mapping[str, Value] = field(default_factory=dict)
    calls: tuple[tuple[str, str], ...] = ()
    """Flow and step of each call that is still to return."""
    queue: str = ""
    question: int = 0
    pending: str = ""


def write_place(standing: Standing) -> str:
    """The word for a standing: at most PLACE_BYTES of `[a-z0-9_.:-]`. Its `values` hold nothing secret.

    Values beyond VALUES_BYTES are left out, the longest first: an expression takes one that is missing for nothing.
    """
    parts = [standing.flow, standing.step, standing.language, str(standing.tries), str(standing.walked)]
    parts += [f".r.{flow}.{step}" for flow, step in standing.calls]
    if standing.queue:
        parts.append(f".w.{standing.queue}")
    if standing.question:
        parts.append(f".q.{standing.question}")
    if standing.pending:
        parts.append(f".p.{standing.pending}")
    written = sorted(f"{name}.{_written(value)}" for name, value in standing.values.items())
    if sum(map(len, written)) + len(written) > VALUES_BYTES:
        written = _fitting(written)
    return ":".join(parts + written)


def read_place(place: str) -> Standing | None:
    """The standing that `write_place` wrote, or None for anything else: it comes back from outside."""
    match = _HEAD.fullmatch(place) if len(place) <= PLACE_BYTES else None
    if match is None:
        return None
    flow, step, language, tries, walked, rest = match.groups()
    values: dict[str, Value] = {}
    calls: list[tuple[str, str]] = []
    once: dict[str, str] = {}
    for part in rest.split(":") if rest is not None else ():
        if variable := _VARIABLE.fullmatch(part):
            values[variable[1]] = _read(variable)
        elif call := _RETURN.fullmatch(part):
            calls.append((call[1], call[2]))
        elif one := _ONCE.fullmatch(part):
            once.update((name, word) for name, word in one.groupdict().items() if word is not None)
        else:
            return None
    return Standing(
        flow,
        step,
        language,
        int(tries),
        int(walked),
        values,
        tuple(calls),
        once.get("queue", ""),
        int(once.get("question", "0")),
        once.get("pending", ""),
    )


def kept_bytes(variable: str, max_keys: int) -> int:
    """What one collected variable takes at most in a place."""
    return len(variable) + max_keys + 2


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "y" if value else "x"
    if isinstance(value, int):
        return f"n{value}"
    if value.isascii() and value.isdigit():
        return value
    return "t" + "".join(letter if _PLAIN.match(letter) else _escaped(letter) for letter in value)


def _escaped(letter: str) -> str:
    return "".join(f"-{byte:02x}" for byte in letter.encode("utf-8", "replace"))


def _read(variable: re.Match[str]) -> Value:
    _, digits, text, number, truth = variable.groups()
    if digits is not None:
        return digits
    if number is not None:
        return int(number)
    if truth is not None:
        return truth == "y"
    raw = re.sub(rb"-([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), text.encode())
    return raw.decode("utf-8", "replace")


def _fitting(written: list[str]) -> list[str]:
    kept: list[str] = []
    room = VALUES_BYTES
    for one in sorted(written, key=lambda word: (len(word), word)):
        room -= len(one) + 1
        if room < 0:
            break
        kept.append(one)
    return sorted(kept)
