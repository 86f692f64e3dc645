"""A calendar over a whole year, day by day: what is printed, drawn and proved.

Each day is cut into segments that follow each other from 00:00 to 24:00; that there is no gap between them is how
"no minute without a state" is shown instead of promised.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from ivr_engine.flow.hours import DAY_MINUTES, ONE_DAY, Calendar, Shift, plan_of


class Hue(StrEnum):
    """The states without their names and messages."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a day in one state."""

    first: int
    last: int
    hue: Hue


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of one calendar. `special`: it is written for this date."""

    day: date
    segments: tuple[Segment, ...]
    holiday: str = ""
    special: bool = False

    @property
    def open_minutes(self) -> int:
        """How long somebody is there, on the wall clock."""
        return sum(one.last - one.first for one in self.segments if one.hue is Hue.OPEN)

    @property
    def opened(self) -> tuple[Shift, ...]:
        """When somebody is there."""
        return tuple(Shift(one.first, one.last) for one in self.segments if one.hue is Hue.OPEN)

    @property
    def hue(self) -> Hue:
        """What the day is called by: an emergency, a holiday, or whether anybody is there."""
        hues = {one.hue for one in self.segments}
        for hue in (Hue.EMERGENCY, Hue.OPEN, Hue.HOLIDAY):
            if hue in hues:
                return hue
        return Hue.CLOSED


def year_of(calendar: Calendar, year: int) -> tuple[DayView, ...]:
    """Every day of a year."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    return tuple(_day(calendar, first + timedelta(days=number)) for number in range((after - first).days))


def minutes_by_hue(days: tuple[DayView, ...]) -> Counter[Hue]:
    """How many minutes of the wall clock each state holds."""
    minutes: Counter[Hue] = Counter()
    for view in days:
        for one in view.segments:
            minutes[one.hue] += one.last - one.first
    return minutes


def uncovered(days: tuple[DayView, ...]) -> tuple[date, ...]:
    """Days with a minute that has no state, or two: always none, and the reason why an operator can believe it."""
    return tuple(
        view.day
        for view in days
        if (view.segments[0].first, view.segments[-1].last) != (0, DAY_MINUTES)
        or any(one.last != other.first for one, other in pairwise(view.segments))
    )


def _day(calendar: Calendar, day: date) -> DayView:
    plan = plan_of(calendar, day)
    before = plan_of(calendar, day - ONE_DAY)
    shifts = [(one.first, min(one.last, DAY_MINUTES)) for one in plan.shifts]
    shifts += [(0, one.last - DAY_MINUTES) for one in before.shifts if one.last > DAY_MINUTES]
    closings = _closings(calendar, day)
    edges = sorted({0, DAY_MINUTES, *(edge for pair in (*shifts, *closings) for edge in pair)})
    idle = Hue.HOLIDAY if plan.holiday else Hue.CLOSED
    segments: list[Segment] = []
    for first, last in pairwise(edges):
        hue = Hue.EMERGENCY if _inside(first, closings) else Hue.OPEN if _inside(first, shifts) else idle
        if segments and segments[-1].hue is hue:
            segments[-1] = Segment(segments[-1].first, last, hue)
        else:
            segments.append(Segment(first, last, hue))
    return DayView(day, tuple(segments), plan.holiday, plan.special)


def _inside(minute: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= minute < last for first, last in spans)


def _closings(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    """The emergencies of a day in its minutes; one without a beginning is drawn on its last day."""
    zone = ZoneInfo(calendar.zone)
    spans: list[tuple[int, int]] = []
    for closing in calendar.closings:
        until = datetime.fromtimestamp(closing.until_ms / 1000, zone).replace(tzinfo=None)
        since = datetime.fromtimestamp(closing.from_ms / 1000, zone).replace(tzinfo=None)
        midnight = datetime(day.year, day.month, day.day)
        if closing.from_ms == 0:
            since = datetime(until.year, until.month, until.day)
        first = max(0, int((since - midnight).total_seconds()) // 60)
        last = min(DAY_MINUTES, int((until - midnight).total_seconds()) // 60)
        if first < last:
            spans.append((first, last))
    return spans
