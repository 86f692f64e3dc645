"""The small words of a scenario file: durations, moments, counts, digits and lists, each read where it stands.

5s  500ms  1.5m  0        a duration; a number without a unit is refused, because nobody sees which was meant
6s ± 500ms                a moment or a duration with its tolerance (`+-` where there is no ±)
"0200001001"              digits stand in quotes: other readers of YAML make 0120 an 80
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.form import Form
from ivr_engine.flow.source import Items, Node, Table, Text
from ivr_engine.replay.scenario import LONGEST_MS, Count, Near

TOLERANCE_MS = 250
"""What a time may be off when the file does not say: a decision, a ring and an answer on the way take some of it."""

LIST = 500
"""Items of one list: the longest that people write is the table of the 69 numbers."""

ORDINARY_DAY = "2026-11-23"
"""A Monday without a holiday round it: what a time without a date means."""

SEOUL = ZoneInfo("Asia/Seoul")

OTHERS = "..."
"""In a list of what happened: and others of the kind may have happened too."""

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,3}))? ?(ms|s|m|h)", re.ASCII)
_DURATION_HINT = "write 5s, 500ms, 1.5m"
_CLOCK = re.compile(r"(?:(20\d\d-\d\d-\d\d)[ T])?(\d{1,2}:\d\d(?::\d\d)?)", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_NAMED = {Text: "one value", Items: "a list", Table: "a mapping (key: value)"}


class Page(Form):
    """A mapping of a scenario file, with the scenario's own kinds of value."""

    @classmethod
    def at(cls, node: Node | None, told: Diagnostics, what: str, allowed: Iterable[str] | None) -> "Page | None":
        """The page of a node, or None after a diagnostic when the node is no mapping."""
        form = Form.of(node, told, what, allowed)
        return cls(form.table, told, what, None) if form is not None else None

    def page(self, key: str, what: str, allowed: Iterable[str] | None) -> "Page | None":
        """The mapping under a field; None when it is missing or none."""
        return Page.at(self.table.entries.get(key), self.diagnostics, what, allowed)

    def node(self, key: str) -> Node | None:
        """The value as it stands; None when the field is missing."""
        return self.table.entries.get(key)

    def listed(self, key: str) -> tuple[Node, ...]:
        """The items of a list; a single value needs no brackets; none when the field is missing."""
        node = self.node(key)
        return listed(node, self.diagnostics) if node is not None else ()

    def duration_ms(self, key: str, default_ms: int) -> int:
        """A duration, in milliseconds."""
        return self.maybe_ms(key, default_ms) or 0

    def maybe_ms(self, key: str, default_ms: int | None = None) -> int | None:
        """A duration, or the default when the field is missing or wrong."""
        node = self.node(key)
        found_ms = duration_ms(node, self.diagnostics, f"'{key}'") if node is not None else None
        return default_ms if found_ms is None else found_ms

    def near(self, key: str) -> Near | None:
        """A time with its tolerance; None when the field is missing."""
        node = self.node(key)
        return near(node, self.diagnostics, f"'{key}'") if node is not None else None

    def digits(self, key: str, default: str | None = None) -> str:
        """A number to dial, an agent or an entry: text that looks like a number. Required when there is no default."""
        value = self.text(key, default)
        node = self.node(key)
        return value if not isinstance(node, Text) or in_quotes(node, self.diagnostics) else default or ""

    def known(self, key: str, names: Collection[str], kind: str) -> str:
        """A name that must be one of those; empty when it is not, or when the field is missing."""
        if not self.has(key):
            return ""
        value = self.digits(key)
        if value and value not in names:
            self.error(key, f"unknown_{kind}", f"no such {kind} in this scenario", allowed=sorted(names))
            return ""
        return value


def beside(home: Path, word: str) -> Path | None:
    """What a relative path means, seen from a folder; None when no file system can have it."""
    try:
        path = (home / word).resolve()
        path.exists()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, links in a circle
        return None
    return path


def listed(node: Node, told: Diagnostics) -> tuple[Node, ...]:
    """The items of a list, at most LIST; a single value is a list of one."""
    items = node.items if isinstance(node, Items) else (node,)
    if len(items) > LIST:
        told.error(node.place, "too_long", f"a list of {len(items)}, at most {LIST} are read")
    return items[:LIST]


def texts(items: Iterable[Node], told: Diagnostics, what: str) -> tuple[Text, ...]:
    """Those items that are single values; the others are told."""
    return tuple(text for item in items if (text := single(item, told, what)) is not None)


def single(node: Node, told: Diagnostics, what: str) -> Text | None:
    """The node as one value that is not empty, or None after a diagnostic."""
    if not isinstance(node, Text):
        told.error(node.place, "not_a_value", f"{what} must be one value, not {_NAMED[type(node)]}")
        return None
    if not node.value:
        told.error(node.place, "empty", f"{what} is empty")
        return None
    return node


def in_quotes(text: Text, told: Diagnostics) -> bool:
    """Digits were written in quotes; else it is told."""
    if text.quoted or not text.value.isdecimal():
        return True
    told.error(
        text.place, "unquoted", "digits must stand in quotes", found=text.value, hint=f'write "{text.value[:20]}"'
    )
    return False


def duration_ms(node: Node, told: Diagnostics, what: str) -> int | None:
    """A duration in milliseconds, or None after a diagnostic."""
    text = single(node, told, what)
    if text is None:
        return None
    found_ms = 0 if text.value == "0" else milliseconds(text.value)
    if found_ms is None:
        told.error(text.place, "duration", f"{what} must be a duration", found=text.value, hint=_DURATION_HINT)
    elif found_ms > LONGEST_MS:
        told.error(
            text.place, "too_long", f"{what} is longer than any scenario ({LONGEST_MS // 60_000}m)", found=text.value
        )
        return None
    return found_ms


def near(node: Node, told: Diagnostics, what: str) -> Near | None:
    """A time with its tolerance, or None after a diagnostic."""
    text = single(node, told, what)
    if text is None:
        return None
    exact, sign, tolerance = text.value.replace("+-", "±").replace("+/-", "±").partition("±")
    exactly_ms = 0 if exact.strip() == "0" else milliseconds(exact.strip())
    tolerance_ms = TOLERANCE_MS if not sign else milliseconds(tolerance.strip())
    if exactly_ms is None or tolerance_ms is None:
        told.error(text.place, "time", f"{what} must be a time", found=text.value, hint="write 6s or 6s ± 500ms")
        return None
    return Near(exactly_ms, tolerance_ms)


def milliseconds(word: str) -> int | None:
    """`5s`, `1.5m`, `1h`; None for anything else."""
    match = _DURATION.fullmatch(word)
    if match is None:
        return None
    unit_ms = _UNIT_MS[match[3]]
    return int(match[1]) * unit_ms + int((match[2] or "0").ljust(3, "0")) * unit_ms // 1_000


def whole(node: Node, told: Diagnostics, what: str) -> int | None:
    """A whole number from 0, or None after a diagnostic."""
    text = single(node, told, what)
    if text is None:
        return None
    if not _WHOLE.fullmatch(text.value):
        told.error(text.place, "number", f"{what} must be a whole number", found=text.value)
        return None
    return int(text.value)


def number(node: Node, told: Diagnostics, what: str) -> float | None:
    """A number as Prometheus writes it, or None after a diagnostic."""
    text = single(node, told, what)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text.value):
        told.error(text.place, "number", f"{what} must be a number", found=text.value)
        return None
    return float(text.value)


def count(node: Node, told: Diagnostics) -> Count | None:
    """`2`, or `{at_least: 1, at_most: 3}`; None after a diagnostic."""
    if not isinstance(node, Table):
        exactly = whole(node, told, "a count")
        return None if exactly is None else Count(exactly, exactly)
    page = Page.at(node, told, "a count", COUNT_KEYS)
    if page is None or not page.table.keys:
        told.error(node.place, "empty", "this count says neither at_least nor at_most")
        return None
    bounds = {key: whole(value, told, f"'{key}'") for key, value in page.table.entries.items() if key in COUNT_KEYS}
    least, most = bounds.get("at_least") or 0, bounds.get("at_most")
    if most is not None and least > most:
        page.error("at_least", "number", f"at least {least} and at most {most} cannot both be")
        return None
    return Count(least, most)


COUNT_KEYS = ("at_least", "at_most")


def moment_ms(text: Text, told: Diagnostics) -> int:
    """Seoul's local time as epoch milliseconds; 0 after a diagnostic."""
    match = _CLOCK.fullmatch(text.value)
    if match is not None:
        hour, _, rest = match[2].partition(":")
        try:
            local = datetime.fromisoformat(f"{match[1] or ORDINARY_DAY} {hour:0>2}:{rest}")
        except ValueError:
            pass
        else:
            return int(local.replace(tzinfo=SEOUL).timestamp() * 1_000)
    told.error(
        text.place,
        "time",
        "this is not a date and a time that the calendar has",
        found=text.value,
        hint="write 2026-11-23 10:00, or 10:00 alone; it is Seoul's time",
    )
    return 0
