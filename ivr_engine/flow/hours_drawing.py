"""A year of calendars as one picture: twelve small months each, the darker the longer somebody is there.

No script and no font of its own; every day tells its hours where the pointer rests, and its state is in colour, in
the number's style and in that text, so that nobody has to see colours.
"""

from ivr_engine.flow.expressions_tree import WEEKDAYS
from ivr_engine.flow.hours import Calendar
from ivr_engine.flow.hours_text import heading, said_of, shade, totals
from ivr_engine.flow.hours_year import DayView, Hue, year_of

CELL, GAP, EDGE = 22, 26, 24
MONTH_WIDTH = 7 * CELL + GAP
MONTH_HEIGHT = 7 * CELL + 30
COLUMNS = 4
HEAD = 64

_STYLE = (
    "text{font-family:Inter,'Segoe UI','Noto Sans','Noto Sans KR','Noto Sans CJK KR',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:11px;fill:#24292f}.h{font-size:15px;font-weight:600}.m{font-weight:600}.s{fill:#57606a}"
    ".d{text-anchor:middle}.w{text-anchor:middle;fill:#8c959f;font-size:9px}.r{fill:#b42318;font-weight:700}"
)
_FILLS = {Hue.CLOSED: "#f3f4f6", Hue.HOLIDAY: "#fdebea", Hue.EMERGENCY: "#ffd699"}
_OPEN = ("#f3f4f6", "#e6f5ec", "#c9e9d7", "#9bd6b8")
_MONTHS = "January February March April May June July August September October November December"
_LEGEND = (
    (_OPEN[3], "open longest"),
    (_OPEN[2], "half of that or more"),
    (_OPEN[1], "less"),
    (_FILLS[Hue.CLOSED], "closed"),
    (_FILLS[Hue.HOLIDAY], "holiday"),
    (_FILLS[Hue.EMERGENCY], "emergency"),
)


def draw(calendars: tuple[Calendar, ...], year: int) -> str:
    """One SVG with a block for each calendar."""
    block = HEAD + 3 * MONTH_HEIGHT + GAP
    width = 2 * EDGE + COLUMNS * MONTH_WIDTH - GAP
    height = EDGE + len(calendars) * block + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="opening hours of {year}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, calendar in enumerate(calendars):
        parts += _calendar(calendar, year, EDGE + number * block)
    left = EDGE
    for fill, words in _LEGEND:
        parts.append(
            f'<rect x="{left}" y="{height - 30}" width="12" height="12" rx="2" fill="{fill}" stroke="#d0d7de"/>'
        )
        parts.append(f'<text x="{left + 17}" y="{height - 20}" class="s">{words}</text>')
        left += 34 + 6 * len(words)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _calendar(calendar: Calendar, year: int, top: int) -> list[str]:
    days = year_of(calendar, year)
    longest = max(view.open_minutes for view in days)
    parts = [
        f'<text x="{EDGE}" y="{top + 16}" class="h">{_escaped(heading(calendar, year))}</text>',
        f'<text x="{EDGE}" y="{top + 36}" class="s">{_escaped(totals(days))}</text>',
    ]
    for month, name in enumerate(_MONTHS.split(), start=1):
        row, column = divmod(month - 1, COLUMNS)
        x, y = EDGE + column * MONTH_WIDTH, top + HEAD + row * MONTH_HEIGHT
        parts.append(f'<text x="{x}" y="{y}" class="m">{name}</text>')
        parts += [
            f'<text x="{x + number * CELL + 10}" y="{y + 16}" class="w">{day}</text>'
            for number, day in enumerate(WEEKDAYS)
        ]
        parts += _month([view for view in days if view.day.month == month], x, y + 22, longest)
    return parts


def _month(days: list[DayView], left: int, top: int, longest: int) -> list[str]:
    parts = []
    begins = days[0].day.weekday()
    for view in days:
        row, column = divmod(begins + view.day.day - 1, 7)
        x, y = left + column * CELL, top + row * CELL
        fill = _OPEN[shade(view, longest)] if view.hue is Hue.OPEN else _FILLS[view.hue]
        edge = ' stroke="#57606a" stroke-dasharray="2 2"' if view.special else ""
        words = "d r" if view.holiday else "d"
        said = _escaped(f"{view.day} {WEEKDAYS[view.day.weekday()]}: {said_of(view)}")
        parts.append(
            f'<g><title>{said}</title><rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" rx="3" fill="{fill}"'
            f'{edge}/><text x="{x + 10}" y="{y + 14}" class="{words}">{view.day.day}</text></g>'
        )
    return parts


def _escaped(words: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in words)
    return printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
