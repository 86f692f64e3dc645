"""The sections `hours` and `emergency`: calendars as operators write them.

    hours:
      office:
        week: {mon-fri: 09:00-18:00, sat: 09:00-13:00, sun: closed}
        exceptions: {2027-05-04: 09:00-13:00, 2027-10-08: {holiday: 임시공휴일}}
    emergency: {message: typhoon, until: 2027-08-12 18:00, calendars: [office]}

Every day of the week is named, so that no minute of a year is left without a state.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.expressions_tree import WEEKDAYS
from ivr_engine.flow.form import NAME, Form
from ivr_engine.flow.hours import DAY_MINUTES, SEOUL, Calendar, Closing, Hours, Shift, SpecialDay, instant_ms
from ivr_engine.flow.hours_holidays import KOREA, NONE, SOURCES
from ivr_engine.flow.hours_patterns import (
    EXCEPTIONS_SCHEMA,
    MOMENT_SCHEMA,
    SHIFTS_SCHEMA,
    WEEK_SCHEMA,
    read_dates,
    read_moment,
    read_shifts,
    read_weekdays,
)
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.source import Items, Node, Table, Text
from ivr_engine.flow.steps import HoursId, PromptId

SECTIONS = ("hours", "emergency")
"""What this module reads of a folder."""

CALENDARS = 200
"""One for each agency, each language's desk and a few more."""

EXCEPTIONS = 1_000
"""Of one calendar, counted in lines: the closing days of decades."""

CLOSINGS = 50
ALWAYS = "always"
ALL = "all"

CALENDAR_KEYS = ("title", "zone", "week", "holidays", "on_holidays", "exceptions")
CLOSING_KEYS = ("message", "from", "until", "calendars")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}", re.ASCII)
_ALL_DAY = (Shift(0, DAY_MINUTES),)
_NAME = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_EMERGENCY = {
    "type": "object",
    "properties": {
        "message": _NAME,
        "from": MOMENT_SCHEMA,
        "until": MOMENT_SCHEMA,
        "calendars": {"anyOf": [_NAME, {"type": "array", "items": _NAME}]},
    },
    "required": ["message", "until"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Calendars:
    """What was read, with the places of what may get old."""

    hours: Hours = field(default_factory=Hours)
    past: tuple[tuple[date, Place, str], ...] = ()
    """The last day of each exception and each emergency, where it stands, and what it is."""
    messages: tuple[tuple[PromptId, Place], ...] = ()
    """What emergencies say, and where that is written."""

    def warn_past(self, today: date, diagnostics: Diagnostics) -> None:
        """Lines that nothing can come of any more; the day is told, because nobody here has a clock."""
        for last, place, what in self.past:
            if last < today:
                diagnostics.warning(place, "past", f"this {what} is over since {last}", hint="take the line out")

    def warn_unspoken(self, manifest: Manifest, languages: Iterable[str], diagnostics: Diagnostics) -> None:
        """Messages that somebody would not hear. No error: an emergency must not wait for a recording."""
        spoken = sorted(languages)
        for message, place in self.messages:
            for language in spoken:
                if message in manifest.texts and not manifest.speaks(message, language):
                    diagnostics.warning(
                        place,
                        "not_spoken",
                        f"'{message}' is not recorded in '{language}': who speaks it is not told why",
                    )


def read_hours(node: Node, prompts: frozenset[str] | None, diagnostics: Diagnostics) -> Calendars:
    """The calendars as far as they could be read; `prompts` are those that there are, None if that is not known."""
    form = Form.of(node, diagnostics, "hours.yaml", SECTIONS)
    if form is None:
        return Calendars()
    form.looks("emergency", {"anyOf": [_EMERGENCY, {"type": "array", "items": _EMERGENCY, "maxItems": CLOSINGS}]})
    calendars: dict[HoursId, Calendar] = {}
    past: list[tuple[date, Place, str]] = []
    below = form.below("hours", "hours", None)
    if below is not None and len(below.table.keys) > CALENDARS:
        form.error("hours", "too_long", f"{len(below.table.keys)} calendars, at most {CALENDARS}")
        below = None
    for name, entry in below.forms("calendar", CALENDAR_KEYS) if below is not None else ():
        if below is not None and below.key_is_name(name):
            calendars[HoursId(name)] = _CalendarReader(name, entry, past).read()
    known = frozenset(below.table.keys) if below is not None else frozenset[str]()
    messages: list[tuple[PromptId, Place]] = []
    for closing in _closing_forms(form):
        _close(closing, calendars, known, prompts, past)
        messages.append((PromptId(closing.text("message", "")), closing.place("message")))
    return Calendars(Hours(calendars), tuple(past), tuple(messages))


class _CalendarReader:
    """Reads one calendar, field by field."""

    def __init__(self, name: str, form: Form, past: list[tuple[date, Place, str]]) -> None:
        self._name = name
        self._form = form
        self._past = past

    def read(self) -> Calendar:
        form = self._form
        week = self._week()
        always = week == (_ALL_DAY,) * 7
        return Calendar(
            id=HoursId(self._name),
            week=week,
            zone=self._zone(),
            holidays=form.one_of("holidays", SOURCES, NONE if always else KOREA),
            on_holidays=self._shifts("on_holidays"),
            special=self._exceptions(),
            title=form.text("title", "", empty=True),
        )

    def _zone(self) -> str:
        zone = self._form.text("zone", SEOUL)
        if _ZONE.fullmatch(zone):
            try:
                ZoneInfo(zone)
            except (LookupError, ValueError, OSError):  # OSError: the name of a folder of zones
                pass
            else:
                return zone
        self._form.error("zone", "zone", "no such time zone", allowed=sorted(available_timezones() | {SEOUL}))
        return SEOUL

    def _shifts(self, key: str) -> tuple[Shift, ...]:
        self._form.looks(key, SHIFTS_SCHEMA)
        node = self._form.table.entries.get(key)
        return read_shifts(node, self._form.diagnostics) or () if node is not None else ()

    # ── the week ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _week(self) -> tuple[tuple[Shift, ...], ...]:
        if self._form.is_word("week", ALWAYS):
            return (_ALL_DAY,) * 7
        below = self._form.below("week", f"the week of {self._form.what}", None, required=True)
        self._form.looks("week", {"anyOf": [{"enum": [ALWAYS]}, WEEK_SCHEMA]})
        if below is None:
            return ((),) * 7
        days: list[list[Shift]] = [[] for _ in WEEKDAYS]
        said: dict[int, tuple[Place, bool]] = {}
        misread = False
        for key, place in below.table.keys.items():
            numbers = read_weekdays(key, place, self._form.diagnostics)
            shifts = read_shifts(below.table.entries[key], self._form.diagnostics)
            misread = misread or numbers is None
            for number in numbers or ():
                self._contradiction(number, place, bool(shifts), said)
                said[number] = place, bool(shifts)
                for shift in shifts or ():
                    self._overlap(days, number, shift, place)
                    days[number].append(shift)
        missing = [day for number, day in enumerate(WEEKDAYS) if number not in said]
        if missing and not misread:  # what a key meant that could not be read is not held against the others
            self._form.error(
                "week",
                "week_gap",
                f"nothing is said about {', '.join(missing)}",
                hint=f"if nobody is there, write {missing[0]}: closed" + (" and so on" if len(missing) > 1 else ""),
            )
        return tuple(tuple(sorted(shifts)) for shifts in days)

    def _contradiction(self, number: int, place: Place, opens: bool, said: dict[int, tuple[Place, bool]]) -> None:
        if number in said and (not opens or not said[number][1]):
            first = said[number][0]
            self._form.diagnostics.error(
                place,
                "contradiction",
                f"{WEEKDAYS[number]} stands already at {first.line}:{first.column}, and one of the two is 'closed'",
                hint="only one of the two can be meant",
            )

    def _overlap(self, days: list[list[Shift]], number: int, shift: Shift, place: Place) -> None:
        """Shifts that run beside each other, also from the day before or into the day after: probably a slip."""
        for away in (-1, 0, 1):
            for other in days[(number + away) % 7]:
                first, last = other.first + away * DAY_MINUTES, other.last + away * DAY_MINUTES
                if first < shift.last and shift.first < last:
                    self._form.diagnostics.warning(
                        place,
                        "overlap",
                        f"{WEEKDAYS[number]} {shift} and {WEEKDAYS[(number + away) % 7]} {other} overlap",
                        hint="open is open: one of the two says nothing",
                    )
                    return

    # ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────
    def _exceptions(self) -> dict[date, SpecialDay]:
        below = self._form.below("exceptions", f"the exceptions of {self._form.what}", None)
        self._form.looks("exceptions", EXCEPTIONS_SCHEMA)
        if below is None:
            return {}
        if len(below.table.keys) > EXCEPTIONS:
            self._form.error("exceptions", "too_long", f"{len(below.table.keys)} lines, at most {EXCEPTIONS}")
            return {}
        special: dict[date, SpecialDay] = {}
        for key, place in below.table.keys.items():
            days = read_dates(key, place, self._form.diagnostics)
            day_is = self._special_day(below.table.entries[key])
            for day in days or ():
                if day in special:
                    self._form.diagnostics.error(place, "doubled_date", "this date stands already here", found=str(day))
                    break
                special[day] = day_is
            if days:
                self._past.append((days[-1], place, "exception"))
        return special

    def _special_day(self, node: Node) -> SpecialDay:
        if not isinstance(node, Table):
            return SpecialDay(read_shifts(node, self._form.diagnostics) or ())
        form = Form(node, self._form.diagnostics, "an exception", ("holiday", "open"))
        shifts = node.entries.get("open")
        return SpecialDay(
            read_shifts(shifts, self._form.diagnostics) or () if shifts is not None else (), form.text("holiday")
        )


# ── emergencies ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _closing_forms(form: Form) -> Iterator[Form]:
    node = form.table.entries.get("emergency")
    nodes = node.items if isinstance(node, Items) else (node,) if node is not None else ()
    if len(nodes) > CLOSINGS:
        form.error("emergency", "too_long", f"{len(nodes)} emergencies, at most {CLOSINGS}")
        return
    for one in nodes:
        closing = Form.of(one, form.diagnostics, "an emergency", CLOSING_KEYS)
        if closing is not None:
            yield closing


def _close(
    form: Form,
    calendars: dict[HoursId, Calendar],
    known: frozenset[str],
    prompts: frozenset[str] | None,
    past: list[tuple[date, Place, str]],
) -> None:
    """Put one emergency into the calendars that it closes."""
    message = form.name("message")
    form.check_names("message", [message] if message else [], prompts, "prompt")
    everywhere = not form.has("calendars") or form.is_word("calendars", ALL)
    names = sorted(known) if everywhere else form.names("calendars")
    form.check_names("calendars", () if everywhere else names, known, "calendar")
    begins = form.table.entries.get("from")
    ends = form.table.entries.get("until")
    if ends is None:
        form.missing("until")
    since = read_moment(begins, form.diagnostics) if isinstance(begins, Text) else None
    until = read_moment(ends, form.diagnostics) if isinstance(ends, Text) else None
    for key, written in (("from", begins), ("until", ends)):
        if written is not None and not isinstance(written, Text):
            form.error(key, "not_a_value", f"'{key}' must be one value")
    if since is not None and until is not None and until <= since:
        form.error("until", "moment", "the emergency ends before it begins")
        return
    if until is None:
        return
    past.append((until.date(), form.place("until"), "emergency"))
    for name in names:
        calendar = calendars.get(HoursId(name))
        if calendar is not None:
            zone = ZoneInfo(calendar.zone)
            closing = Closing(
                PromptId(message), instant_ms(since, zone) if since is not None else 0, instant_ms(until, zone)
            )
            calendars[calendar.id] = replace(calendar, closings=(*calendar.closings, closing))
