"""The week cut into the pieces in which flows may speak differently, and those pieces in words.

Two half hours belong to one piece when every calendar says the same in both, in the old documents and in the new ones.
The week is a real one, told by its Monday; the first public holiday after it is looked at, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.hours import HORIZON_DAYS, SEOUL, Calendar, instant_ms, plan_of, state_at

SLOT_MINUTES = 30
"""Offices open at full and half hours; what changes at 09:10 is seen at 09:30."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_SLOTS = 24 * 60 // SLOT_MINUTES
_HOLIDAY = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """Half hours that are alike, as (day 0–6, or 7 for the holiday; slot), and a moment inside of the first."""

    slots: frozenset[tuple[int, int]]
    moment: Moment


def pieces(calendars: Iterable[Calendar], monday: date, *, by_the_clock: bool = False) -> tuple[Piece, ...]:
    """The pieces of a week and of a holiday. `by_the_clock`: flows ask for the hour or the day themselves."""
    known = tuple(calendars)
    days = [monday + timedelta(days=number) for number in range(7)]
    holiday = _holiday(known, days[-1])
    found: dict[object, list[tuple[int, int]]] = {}
    dates = [*days, *([holiday] if holiday is not None else [])]
    for number, day in enumerate(dates):
        for slot in range(_DAY_SLOTS):
            moment = _moment(day, slot)
            alike: object = tuple(state_at(calendar, moment) for calendar in known)
            if by_the_clock:
                alike = (alike, day, slot // 2)
            found.setdefault(alike, []).append((number, slot))
    out = []
    for slots in found.values():
        # Noon of a long piece rather than its first half hour: the edge of a day is the oddest of its moments.
        number, slot = min(slots, key=lambda one: (one[0] == _HOLIDAY, abs(one[1] - _DAY_SLOTS // 2), one[0]))
        out.append(Piece(frozenset(slots), _moment(dates[number], slot)))
    return tuple(out)


def when_in_words(chosen: Iterable[Piece], every: Iterable[Piece]) -> str:
    """`Mon–Fri 18:00–24:00, Sat–Sun 00:00–24:00`; empty for always."""
    slots = frozenset().union(*(piece.slots for piece in chosen))
    if slots == frozenset().union(*(piece.slots for piece in every)):
        return ""
    of_day: dict[int, str] = {number: ", ".join(_spans(slots, number)) for number in range(8)}
    parts = []
    for spans, group in groupby(range(7), key=lambda number: of_day[number]):
        days = [*group]
        if spans:
            name = _DAYS[days[0]] if len(days) == 1 else f"{_DAYS[days[0]]}–{_DAYS[days[-1]]}"
            parts.append(f"{name} {spans}")
    if of_day[_HOLIDAY]:
        parts.append(f"holidays {of_day[_HOLIDAY]}")
    return "; ".join(parts)


def differing_hours(old: Calendar, new: Calendar, monday: date) -> Mapping[str, str]:
    """What a calendar says now → when, in words, for the half hours of a week in which it said something else."""
    both = pieces((old, new), monday)
    changed: dict[str, list[Piece]] = {}
    for piece in both:
        before, after = (type(state_at(calendar, piece.moment)).__name__.lower() for calendar in (old, new))
        if before != after:
            changed.setdefault(f"{after} (was {before})", []).append(piece)
    return {what: when_in_words(group, both) or "always" for what, group in changed.items()}


def _spans(slots: frozenset[tuple[int, int]], number: int) -> Iterator[str]:
    mine = sorted(slot for day, slot in slots if day == number)
    if len(mine) == _DAY_SLOTS:
        yield "all day"
        return
    for _, group in groupby(enumerate(mine), key=lambda one: one[1] - one[0]):
        run = [slot for _, slot in group]
        yield f"{_clock(run[0])}–{_clock(run[-1] + 1)}"


def _clock(slot: int) -> str:
    return f"{slot * SLOT_MINUTES // 60:02d}:{slot * SLOT_MINUTES % 60:02d}"


def _moment(day: date, slot: int) -> Moment:
    minute = slot * SLOT_MINUTES + 1  # inside of the half hour, not on its edge
    return Moment(instant_ms(datetime.combine(day, time(minute // 60, minute % 60)), ZoneInfo(SEOUL)))


def _holiday(calendars: tuple[Calendar, ...], after: date) -> date | None:
    for number in range(1, HORIZON_DAYS):
        day = after + timedelta(days=number)
        if day.weekday() < 5 and any(plan_of(calendar, day).holiday for calendar in calendars):
            return day
    return None
