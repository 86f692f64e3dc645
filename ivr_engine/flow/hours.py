"""When somebody is there: calendars of weeks, holidays, exceptions and emergencies, asked about one moment.

    emergency   closed for an unforeseen reason, until it expires: its message is said
    open        inside a shift
    holiday     outside of every shift, on a public holiday
    closed      outside of every shift, on any other day

A shift belongs to the day on which it begins: a night shift of Friday goes on into Saturday, also where Saturday is a
holiday. What is written for a date takes the place of the shifts that begin on it, and so does a holiday. Shifts are
wall-clock times of the calendar's zone, so that an office opens at nine whatever the clocks were put to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.expressions_contact import civil
from ivr_engine.flow.hours_holidays import NONE, holiday_of
from ivr_engine.flow.steps import HoursId, PromptId

SEOUL = "Asia/Seoul"
DAY_MINUTES = 24 * 60
HORIZON_DAYS = 400
"""How far the next change is looked for: more than a year, so that a yearly exception is found."""

ONE_DAY = timedelta(days=1)


# ── states ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Open:
    """Somebody is there."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Nobody is there, on an ordinary day."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """Nobody is there, because of a holiday of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """Nobody is there, for a reason that the message tells."""

    message: PromptId


HoursState = Open | Closed | Holiday | Emergency


# ── calendars ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """From one minute of a day up to another, which is outside; past midnight the minutes go on beyond 24:00."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{clock(self.first)}-{clock(self.last)}"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """What is written for one date: its shifts, and the name of the holiday that it is, if any."""

    shifts: tuple[Shift, ...] = ()
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """An emergency: from one instant up to another, when it has expired."""

    message: PromptId
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of `hours.yaml`."""

    id: HoursId
    week: tuple[tuple[Shift, ...], ...]
    """The shifts of Monday to Sunday."""
    zone: str = SEOUL
    holidays: str = NONE
    on_holidays: tuple[Shift, ...] = ()
    special: Mapping[date, SpecialDay] = field(default_factory=dict)
    closings: tuple[Closing, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """All calendars of a folder."""

    calendars: Mapping[HoursId, Calendar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a calendar says about the shifts that begin on one day. `special`: it was written for this date."""

    shifts: tuple[Shift, ...]
    holiday: str = ""
    special: bool = False


def plan_of(calendar: Calendar, day: date) -> Plan:
    """The shifts that begin on a day: what is written for the date, else for holidays, else for the weekday."""
    if (special := calendar.special.get(day)) is not None:
        return Plan(special.shifts, special.holiday, special=True)
    if holiday := holiday_of(calendar.holidays, day):
        return Plan(calendar.on_holidays, holiday)
    return Plan(calendar.week[day.weekday()])


# ── moments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def state_at(calendar: Calendar, moment: Moment) -> HoursState:
    """What holds at a moment. Every moment has exactly one state."""
    for closing in calendar.closings:
        if closing.from_ms <= moment.at_ms < closing.until_ms:
            return Emergency(closing.message)
    now = civil(moment, calendar.zone)
    minute = now.hour * 60 + now.minute
    today = now.date()
    plan = plan_of(calendar, today)
    if any(shift.first <= minute < shift.last for shift in plan.shifts):
        return Open()
    late = minute + DAY_MINUTES
    if any(shift.first <= late < shift.last for shift in plan_of(calendar, today - ONE_DAY).shifts):
        return Open()
    return Holiday(plan.holiday) if plan.holiday else Closed()


@dataclass(frozen=True, slots=True)
class Change:
    """When the state will be another one, and which."""

    at_ms: int
    state: HoursState


def next_change(calendar: Calendar, moment: Moment) -> Change | None:
    """The first change after a moment, or None when nothing changes within HORIZON_DAYS."""
    before = state_at(calendar, moment)
    for at_ms in _turning_points(calendar, moment):
        state = state_at(calendar, Moment(at_ms, calendar.zone))
        if state != before:
            return Change(at_ms, state)
    return None


def _turning_points(calendar: Calendar, moment: Moment) -> Iterator[int]:
    """Every instant after a moment at which the state may change, in order: day by day, so that few are computed."""
    zone = ZoneInfo(calendar.zone)
    of_closings = sorted({at for closing in calendar.closings for at in (closing.from_ms, closing.until_ms)})
    first = civil(moment, calendar.zone).date()
    after = moment.at_ms
    for number in range(HORIZON_DAYS):
        day = first + number * ONE_DAY
        end = instant_ms(datetime.combine(day + ONE_DAY, time()), zone)
        points = {at for at in of_closings if at <= end}
        for minute in _edges(calendar, day):
            civil_time = datetime.combine(day, time()) + timedelta(minutes=minute)
            points.update(_instants_ms(civil_time, zone))
        points.update(_clock_changes_ms(day, zone))
        for at in sorted(points):
            if at > after:
                after = at
                yield at


def _edges(calendar: Calendar, day: date) -> set[int]:
    """The minutes of a day at which a shift begins or ends, and its own beginning."""
    edges = {0, DAY_MINUTES}
    for shift in plan_of(calendar, day).shifts:
        edges.update((shift.first, min(shift.last, DAY_MINUTES)))
    for shift in plan_of(calendar, day - ONE_DAY).shifts:
        edges.add(max(0, shift.last - DAY_MINUTES))
    return edges


def instant_ms(civil_time: datetime, zone: ZoneInfo) -> int:
    """A wall-clock time as an instant; the first of two where the clocks are put back."""
    return round(civil_time.replace(tzinfo=zone).timestamp() * 1000)


def _instants_ms(civil_time: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Both instants of a wall-clock time: they differ where clocks are changed."""
    return instant_ms(civil_time, zone), instant_ms(civil_time.replace(fold=1), zone)


def _clock_changes_ms(day: date, zone: ZoneInfo) -> Iterator[int]:
    """The instant of a day at which the clocks are changed, if there is one: found by halving."""
    low = instant_ms(datetime.combine(day, time()), zone)
    high = instant_ms(datetime.combine(day + ONE_DAY, time()), zone)
    offset = _offset(low, zone)
    if _offset(high, zone) == offset:
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == offset else (low, middle)
    yield high


def _offset(at_ms: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(at_ms / 1000, zone).utcoffset()


def clock(minute: int) -> str:
    """A minute of a day as people write it: `18:00`, and `06:00` also where it is tomorrow's."""
    inside = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{inside // 60:02d}:{inside % 60:02d}"
