"""How hours are written: `mon-fri`, `09:00-18:00`, `2027-12-24..2027-12-26`, `2027-08-12 18:00`.

Each reader tells what is wrong in words of the operator, and says None. Nothing here knows what the parts are for.
"""

import re
from datetime import date, datetime, timedelta

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.expressions_tree import WEEKDAYS
from ivr_engine.flow.hours import DAY_MINUTES, Shift
from ivr_engine.flow.source import Items, Node, Table, Text

CLOSED = "closed"
SHIFTS = 8
"""In one day: every break of a night shift, and two more."""

DAYS = 366
"""In one range of dates: a year."""

_SHIFT = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})", re.ASCII)
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{1,2}):([0-9]{2})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PART = r"[0-9]{1,2}:[0-9]{2}"
_ENDS = rf"({'|'.join(WEEKDAYS)})"
_RANGE = rf"\s*{_ENDS}\s*(-\s*{_ENDS}\s*)?"
_DAY = _DATE.pattern
_ONE_SHIFT = {
    "type": "string",
    "pattern": rf"^\s*{_PART}\s*-\s*{_PART}\s*$",
    "examples": ["09:00-18:00", "22:00-06:00"],
}

SHIFTS_SCHEMA = {
    "description": "09:00-18:00, past midnight 22:00-06:00, a list of such, or closed",
    "anyOf": [
        {"enum": [CLOSED]},
        _ONE_SHIFT,
        {"type": "array", "items": _ONE_SHIFT, "minItems": 1, "maxItems": SHIFTS},
    ],
}
"""What `read_shifts` reads, as far as an editor can judge it; so with those below."""

WEEK_SCHEMA = {
    "type": "object",
    "properties": dict.fromkeys(("mon-fri", "sat-sun", "mon-sun", *WEEKDAYS), SHIFTS_SCHEMA),
    "patternProperties": {f"^{_RANGE}(,{_RANGE})*$": SHIFTS_SCHEMA},
    "additionalProperties": False,
}
DATE_SCHEMA = {"type": "string", "pattern": f"^{_DAY}$", "examples": ["2027-05-04"]}
MOMENT_SCHEMA = {"type": "string", "pattern": rf"^\s*{_DAY}[ T]{_PART}\s*$", "examples": ["2027-08-12 18:00"]}
EXCEPTIONS_SCHEMA = {
    "type": "object",
    "patternProperties": {
        rf"^\s*{_DAY}\s*(\.\.\s*{_DAY}\s*)?$": {
            "anyOf": [
                SHIFTS_SCHEMA,
                {
                    "type": "object",
                    "properties": {"holiday": {"type": ["string", "number", "boolean"]}, "open": SHIFTS_SCHEMA},
                    "required": ["holiday"],
                    "additionalProperties": False,
                },
            ]
        }
    },
    "additionalProperties": False,
}

_SHIFT_HINT = "for example 09:00-18:00, or 22:00-06:00 past midnight, or 'closed'"


def read_weekdays(text: str, place: Place, diagnostics: Diagnostics) -> tuple[int, ...] | None:
    """`mon-fri`, `sat`, `fri-mon`, `mon,wed`: the numbers of the days, Monday is 0."""
    found: list[int] = []
    for part in text.split(","):
        ends = [word.strip() for word in part.split("-")]
        unknown = [word for word in ends if word not in WEEKDAYS]
        if unknown or len(ends) > 2:
            diagnostics.error(
                place,
                "weekday",
                "this names no days of the week",
                found=unknown[0] if unknown else part.strip(),
                allowed=WEEKDAYS,
                hint="for example mon-fri, sat or mon,wed",
            )
            return None
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found += [number % 7 for number in range(first, last + 1 if first <= last else last + 8)]
    return tuple(found)


def read_shifts(node: Node, diagnostics: Diagnostics) -> tuple[Shift, ...] | None:
    """`09:00-18:00`, a list of such, or `closed`, which is none."""
    if isinstance(node, Text) and node.value == CLOSED:
        return ()
    items = node.items if isinstance(node, Items) else (node,)
    if isinstance(node, Table) or not items:
        diagnostics.error(node.place, "shift", "here stand hours", hint=_SHIFT_HINT)
        return None
    if len(items) > SHIFTS:
        diagnostics.error(node.place, "too_long", f"{len(items)} shifts in one day, at most {SHIFTS}")
        return None
    shifts = [_shift(item, diagnostics) for item in items]
    return None if None in shifts else tuple(sorted(shift for shift in shifts if shift is not None))


def _shift(node: Node, diagnostics: Diagnostics) -> Shift | None:
    match = _SHIFT.fullmatch(node.value.strip()) if isinstance(node, Text) else None
    if match is None:
        found = node.value if isinstance(node, Text) else None
        diagnostics.error(node.place, "shift", "these are no hours", found=found, hint=_SHIFT_HINT)
        return None
    hour, minute, last_hour, last_minute = map(int, match.groups())
    first, last = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or first >= DAY_MINUTES or last > DAY_MINUTES:
        diagnostics.error(node.place, "shift", "hours go from 00:00 to 24:00", found=match.group())
        return None
    if first == last:
        diagnostics.error(
            node.place, "shift", "these hours end when they begin", found=match.group(), hint="all day is 00:00-24:00"
        )
        return None
    return Shift(first, last if last > first else last + DAY_MINUTES)


def read_dates(text: str, place: Place, diagnostics: Diagnostics) -> tuple[date, ...] | None:
    """`2027-05-04` or `2027-12-24..2027-12-26`: every date meant."""
    ends = [read_date(part.strip(), place, diagnostics) for part in text.split("..", 1)]
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        return None
    if last < first or (last - first).days >= DAYS:
        diagnostics.error(place, "date", f"a range of dates goes forward, for at most {DAYS} days", found=text)
        return None
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def read_date(text: str, place: Place, diagnostics: Diagnostics) -> date | None:
    """`2027-05-04`, a day that there is."""
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            diagnostics.error(place, "date", "there is no such day", found=text)
            return None
    diagnostics.error(place, "date", "this is no date", found=text, hint="for example 2027-05-04")
    return None


def read_moment(text: Text, diagnostics: Diagnostics) -> datetime | None:
    """`2027-08-12 18:00`, on the wall clock of whoever's calendar it is."""
    match = _MOMENT.fullmatch(text.value.strip())
    if match is not None and int(match[2]) < 24 and int(match[3]) < 60:
        day = read_date(match[1], text.place, diagnostics)
        return datetime(day.year, day.month, day.day, int(match[2]), int(match[3])) if day is not None else None
    diagnostics.error(
        text.place, "moment", "this is no day and time", found=text.value, hint="for example 2027-08-12 18:00"
    )
    return None
