"""A year of a calendar as text: one line a month, one letter a day, and every day that is not like the others."""

from ivr_engine.flow.expressions_tree import WEEKDAYS
from ivr_engine.flow.hours import Calendar, clock
from ivr_engine.flow.hours_year import DayView, Hue, minutes_by_hue, uncovered, year_of

LEGEND = "█ open  ▓ half of that or more  ▒ less   · closed   H holiday   ! emergency"
_LETTERS = {Hue.CLOSED: "·", Hue.HOLIDAY: "H", Hue.EMERGENCY: "!"}


def text_of(calendar: Calendar, year: int) -> str:
    """The whole year, at most 80 columns but for long names."""
    days = year_of(calendar, year)
    longest = max(view.open_minutes for view in days)
    lines = [heading(calendar, year), totals(days), ""]
    lines.append("    " + "".join(f"{number:<5}" for number in (1, 6, 11, 16, 21, 26, 31)).rstrip())
    for month in range(1, 13):
        letters = "".join(_letter(view, longest) for view in days if view.day.month == month)
        lines.append(f"{month:>2}  {letters}")
    lines += ["", LEGEND]
    named = [view for view in days if view.holiday or view.special or view.hue is Hue.EMERGENCY]
    if named:
        lines.append("")
    lines += [f"{view.day} {WEEKDAYS[view.day.weekday()]}  {said_of(view)}" for view in named]
    return "\n".join(lines) + "\n"


def heading(calendar: Calendar, year: int) -> str:
    """Which calendar, and which year."""
    title = f" {calendar.title}" if calendar.title else ""
    return f"{calendar.id}{title} · {year} · {calendar.zone}"


def totals(days: tuple[DayView, ...]) -> str:
    """How much of the year each state holds, and that no minute is without one."""
    minutes = minutes_by_hue(days)
    opened = sum(1 for view in days if view.open_minutes)
    gaps = uncovered(days)
    said = f"{len(gaps)} days have a gap" if gaps else "every minute has a state"
    return (
        f"open {minutes[Hue.OPEN] // 60:,} h {minutes[Hue.OPEN] % 60:02d} min on {opened} of {len(days)} days; "
        f"{sum(minutes.values()):,} minutes, {said}"
    )


def said_of(view: DayView) -> str:
    """One day in words."""
    hours = ", ".join(f"{clock(shift.first)}-{clock(shift.last)}" for shift in view.opened) or "closed"
    kinds = [view.holiday] if view.holiday else []
    if view.special:
        kinds.append("exception")
    if any(one.hue is Hue.EMERGENCY for one in view.segments):
        kinds.append("emergency")
    return "  ".join([hours, *kinds])


def shade(view: DayView, longest: int) -> int:
    """3 for a day that is open as long as the longest, 2 for half of it or more, 1 for less, 0 for never."""
    if not view.open_minutes:
        return 0
    return 3 if view.open_minutes >= longest else 2 if view.open_minutes * 2 >= longest else 1


def _letter(view: DayView, longest: int) -> str:
    return _LETTERS.get(view.hue) or " ▒▓█"[shade(view, longest)]
