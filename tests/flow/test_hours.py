"""Calendars: weeks across midnight, Korean holidays, exceptions, emergencies, and clocks that are changed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.hours import (
    DAY_MINUTES,
    Calendar,
    Closed,
    Emergency,
    Holiday,
    HoursState,
    Open,
    Shift,
    SpecialDay,
    next_change,
    state_at,
)
from ivr_engine.flow.hours_document import Calendars, read_hours
from ivr_engine.flow.hours_holidays import KOREA, LAST_YEAR, holiday_of, korean_holidays
from ivr_engine.flow.revision import load
from ivr_engine.flow.source import read
from ivr_engine.flow.steps import HoursId, PromptId
from tests.flow.conftest import Folder

OFFICE = """\
hours:
  office:
    week: {mon-fri: 09:00-18:00, sat: [09:00-12:00, 13:00-15:00], sun: closed}
    on_holidays: 10:00-12:00
    exceptions:
      2027-05-04: 09:00-13:00
      2027-10-08: {holiday: 임시공휴일}
      2027-12-29..2027-12-31: closed
      2027-06-06: {holiday: 현충일, open: 08:00-09:00}
  night: {week: {mon-sun: 22:00-06:00}, holidays: none}
  weekend: {week: {mon-thu: closed, fri: 22:00-06:00, sat-sun: closed}}
  always: {week: always}
  berlin: {week: {mon-sun: 02:30-04:00}, holidays: none, zone: Europe/Berlin}
"""


def calendars(text: str = OFFICE) -> Calendars:
    diagnostics = Diagnostics()
    node = read("hours.yaml", text.encode(), diagnostics)
    assert node is not None
    found = read_hours(node, frozenset({"typhoon"}), diagnostics)
    assert diagnostics.in_order() == ()
    return found


def said(text: str) -> list[str]:
    diagnostics = Diagnostics()
    node = read("hours.yaml", text.encode(), diagnostics)
    assert node is not None
    read_hours(node, frozenset({"typhoon"}), diagnostics)
    return [str(one) for one in diagnostics.in_order()]


CALENDARS = calendars().hours.calendars


def at(written: str, zone: str = "Asia/Seoul", fold: int = 0) -> Moment:
    civil = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return Moment(round(civil.timestamp() * 1000))


# ── one moment ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("calendar", "moment", "state"),
    [
        ("office", "2027-03-02 08:59:59", Closed()),
        ("office", "2027-03-02 09:00:00", Open()),
        ("office", "2027-03-02 17:59:59", Open()),
        ("office", "2027-03-02 18:00:00", Closed()),
        ("office", "2027-03-06 12:30", Closed()),
        ("office", "2027-03-06 13:00", Open()),
        ("office", "2027-03-07 10:00", Closed()),
        ("office", "2027-03-01 09:30", Holiday("삼일절")),
        ("office", "2027-03-01 10:00", Open()),
        ("office", "2027-02-09 13:00", Holiday("설날 대체 휴일")),
        ("office", "2027-05-04 13:00", Closed()),
        ("office", "2027-05-04 12:59", Open()),
        ("office", "2027-10-08 10:00", Holiday("임시공휴일")),
        ("office", "2027-06-06 08:30", Open()),
        ("office", "2027-06-06 10:30", Holiday("현충일")),
        ("office", "2027-12-28 10:00", Open()),
        ("office", "2027-12-29 10:00", Closed()),
        ("office", "2027-12-31 10:00", Closed()),
        ("night", "2027-03-02 05:59", Open()),
        ("night", "2027-03-02 06:00", Closed()),
        ("night", "2027-03-02 22:00", Open()),
        ("night", "2027-01-01 00:00", Open()),
        ("weekend", "2027-03-06 05:59", Open()),
        ("weekend", "2027-03-06 06:00", Closed()),
        ("weekend", "2027-03-05 05:59", Closed()),
        ("weekend", "2027-12-25 03:00", Open()),  # the shift of Friday goes on into the holiday
        ("always", "2027-02-07 03:00", Open()),
    ],
)
def test_given_a_calendar_when_asked_about_a_moment_then_its_state_is_told(
    calendar: str, moment: str, state: HoursState
) -> None:
    assert state_at(CALENDARS[HoursId(calendar)], at(moment)) == state


def test_given_an_emergency_when_it_begins_and_expires_then_its_calendars_are_closed_meanwhile() -> None:
    found = calendars(
        OFFICE + "emergency: {message: typhoon, from: 2027-08-11 14:00, until: 2027-08-12 10:00, calendars: [office]}\n"
    ).hours
    office, night = found.calendars[HoursId("office")], found.calendars[HoursId("night")]
    assert state_at(office, at("2027-08-11 13:59:59")) == Open()
    assert state_at(office, at("2027-08-11 14:00")) == Emergency(PromptId("typhoon"))
    assert state_at(office, at("2027-08-12 09:59:59")) == Emergency(PromptId("typhoon"))
    assert state_at(office, at("2027-08-12 10:00")) == Open()
    assert state_at(night, at("2027-08-11 23:00")) == Open()
    change = next_change(office, at("2027-08-11 13:00"))
    assert change is not None
    assert (change.at_ms, change.state) == (at("2027-08-11 14:00").at_ms, Emergency(PromptId("typhoon")))


def test_given_an_emergency_without_calendars_when_read_then_it_closes_all_at_once_until_it_expires() -> None:
    found = calendars(OFFICE + "emergency: [{message: typhoon, until: 2027-08-12 10:00}]\n").hours
    for calendar in found.calendars.values():
        assert isinstance(state_at(calendar, at("2027-01-01 10:00")), Emergency)
        end = at("2027-08-12 10:00", calendar.zone)
        assert not isinstance(state_at(calendar, end), Emergency)


# ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("calendar", "moment", "changes", "state"),
    [
        ("office", "2027-03-02 08:00", "2027-03-02 09:00", Open()),
        ("office", "2027-03-05 18:00", "2027-03-06 09:00", Open()),
        ("office", "2027-02-05 18:00", "2027-02-06 00:00", Holiday("설날 전날")),
        ("office", "2027-03-01 12:00", "2027-03-02 00:00", Closed()),
        ("night", "2027-03-02 23:00", "2027-03-03 06:00", Closed()),
        ("weekend", "2027-03-01 00:00", "2027-03-01 00:00", None),
    ],
)
def test_given_a_moment_when_the_next_change_is_asked_for_then_it_is_told_with_its_state(
    calendar: str, moment: str, changes: str, state: HoursState | None
) -> None:
    change = next_change(CALENDARS[HoursId(calendar)], at(moment))
    assert change is not None
    if state is not None:
        assert (change.at_ms, change.state) == (at(changes).at_ms, state)


def test_given_a_calendar_that_never_changes_when_asked_then_there_is_no_change() -> None:
    assert next_change(CALENDARS[HoursId("always")], at("2027-03-02 08:00")) is None


def test_given_clocks_put_forward_when_a_shift_begins_in_the_hour_that_is_left_out_then_it_begins_after_it() -> None:
    berlin = CALENDARS[HoursId("berlin")]
    change = next_change(berlin, at("2027-03-28 01:00", "Europe/Berlin"))
    assert change is not None
    assert change.at_ms == at("2027-03-28 03:00", "Europe/Berlin").at_ms
    assert change.state == Open()


def test_given_clocks_put_back_when_a_shift_begins_in_the_hour_that_comes_twice_then_it_is_open_by_the_wall_clock() -> (
    None
):
    berlin = CALENDARS[HoursId("berlin")]
    day = "2027-10-31"
    assert state_at(berlin, at(f"{day} 02:15", "Europe/Berlin", fold=0)) == Closed()
    assert state_at(berlin, at(f"{day} 02:45", "Europe/Berlin", fold=0)) == Open()
    assert state_at(berlin, at(f"{day} 02:15", "Europe/Berlin", fold=1)) == Closed()
    assert state_at(berlin, at(f"{day} 02:45", "Europe/Berlin", fold=1)) == Open()
    change = next_change(berlin, at(f"{day} 02:45", "Europe/Berlin", fold=0))
    assert change is not None
    assert (change.at_ms, change.state) == (at(f"{day} 02:00", "Europe/Berlin", fold=1).at_ms, Closed())


SHIFTS = st.tuples(st.integers(0, DAY_MINUTES // 15 - 1), st.integers(1, DAY_MINUTES // 15)).map(
    lambda pair: (Shift(pair[0] * 15, min(pair[0] + pair[1], 2 * DAY_MINUTES // 15 - 1) * 15),)
)
ZONES = st.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
DAYS = st.sampled_from([date(2027, 3, 27), date(2027, 10, 30), date(2027, 4, 3), date(2027, 11, 6), date(2027, 2, 6)])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.just(()), SHIFTS), min_size=7, max_size=7), ZONES, DAYS, st.integers(0, 2 * DAY_MINUTES))
def test_given_any_week_when_the_next_change_is_asked_for_then_minute_by_minute_gives_the_same(
    week: list[tuple[Shift, ...]], zone: str, day: date, minute: int
) -> None:
    special = {day + timedelta(days=2): SpecialDay((Shift(600, 700),), "x")}
    calendar = Calendar(HoursId("any"), tuple(week), zone, KOREA, (), special)
    midnight = at(day.isoformat(), zone)
    moment = Moment(midnight.at_ms + minute * 60_000)
    before = state_at(calendar, moment)
    change = next_change(calendar, moment)
    for number in range(1, 2 * DAY_MINUTES):
        later = Moment(moment.at_ms + number * 60_000)
        if state_at(calendar, later) != before:
            assert change is not None
            assert change.at_ms == later.at_ms
            assert change.state == state_at(calendar, later)
            return
    assert change is None or change.at_ms > moment.at_ms + (2 * DAY_MINUTES - 1) * 60_000


# ── holidays ────────────────────────────────────────────────────────────────────────────────────────────────────────
HOLIDAYS_2026 = (
    "01-01 02-16 02-17 02-18 03-01 03-02 05-01 05-05 05-24 05-25 06-03 06-06 07-17 08-15 08-17 09-24 09-25 09-26 "
    "10-03 10-05 10-09 12-25"
)
HOLIDAYS_2027 = (
    "01-01 02-06 02-07 02-08 02-09 03-01 05-01 05-03 05-05 05-13 06-06 07-17 07-19 08-15 08-16 09-14 09-15 09-16 "
    "10-03 10-04 10-09 10-11 12-25 12-27"
)


@pytest.mark.parametrize(("year", "days"), [(2026, HOLIDAYS_2026), (2027, HOLIDAYS_2027)])
def test_given_a_year_when_its_holidays_are_asked_for_then_they_are_those_of_the_official_calendar(
    year: int, days: str
) -> None:
    assert [day.isoformat() for day in korean_holidays(year)] == [f"{year}-{day}" for day in days.split()]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-03-02", "삼일절 대체 휴일"),  # 1 March is a Sunday
        ("2026-05-25", "부처님오신날 대체 휴일"),  # 24 May is a Sunday
        ("2026-06-03", "지방선거일"),
        ("2026-08-17", "광복절 대체 휴일"),  # 15 August is a Saturday
        ("2026-09-28", ""),  # Chuseok falls on a Saturday: only a Sunday is given back
        ("2027-02-09", "설날 대체 휴일"),  # Seollal is a Sunday
        ("2027-06-07", ""),  # Memorial Day is never given back
        ("2027-07-19", "제헌절 대체 휴일"),  # a public holiday again since 2026
        ("2027-12-27", "기독탄신일 대체 휴일"),
    ],
)
def test_given_a_day_when_asked_about_then_lunar_and_substitute_holidays_have_their_names(day: str, name: str) -> None:
    assert holiday_of(KOREA, date.fromisoformat(day)) == name
    assert holiday_of("none", date.fromisoformat(day)) == ""


def test_given_a_year_beyond_the_lunar_tables_when_asked_about_then_no_holiday_is_guessed() -> None:
    assert korean_holidays(LAST_YEAR)
    assert not korean_holidays(LAST_YEAR + 1)


# ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("calendar", "told"),
    [
        ("{week: {mon-fri: 09:00-18:00}}", "2:13: week_gap"),
        ("{week: {mon-fry: 09:00-18:00, sat-sun: closed}}", "2:14: weekday"),
        ("{week: {mon-sun: 9}}", "2:23: shift"),
        ("{week: {mon-sun: 09:00-09:00}}", "2:23: shift"),
        ("{week: {mon-sun: 09:00-24:30}}", "2:23: shift"),
        ("{week: {mon-sun: []}}", "2:23: shift"),
        ("{week: {mon-sun: closed, fri: 09:00-18:00}}", "2:31: contradiction"),
        ("{week: {mon-sun: 09:00-18:00, fri: 17:00-20:00}}", "2:36: warning overlap"),
        ("{week: {sun: 22:00-06:00, mon: 05:00-07:00, tue-sat: closed}}", "2:32: warning overlap"),
        ("{week: always, zone: Asia/Soul}", "2:27: zone"),
        ("{week: always, zone: Asia}", "2:27: zone"),
        ("{week: always, zone: ../etc}", "2:27: zone"),
        ("{week: always, holidays: japan}", "2:31: not_allowed"),
        ("{week: always, exceptions: {2027-02-30: closed}}", "2:34: date"),
        ("{week: always, exceptions: {2027-02-03..2027-02-01: closed}}", "2:34: date"),
        ("{week: always, exceptions: {2027-02-03..2028-02-04: closed}}", "2:34: date"),
        ("{week: always, exceptions: {2027-02-01..2027-02-03: closed, 2027-02-02: closed}}", "2:66: doubled_date"),
        ("{week: always, exceptions: {2027-02-01: {open: 09:00-10:00}}}", "2:46: missing"),
    ],
)
def test_given_a_mistake_in_a_calendar_when_read_then_it_is_told_at_its_place(calendar: str, told: str) -> None:
    lines = said(f"hours:\n  a: {calendar}\n")
    assert [": ".join(line.removeprefix("hours.yaml:").split(": ")[:2]) for line in lines] == [told]


@pytest.mark.parametrize(
    ("emergency", "code"),
    [
        ("{message: typhoon}", "missing"),
        ("{message: tyfoon, until: 2027-08-12 10:00}", "unknown_prompt"),
        ("{message: typhoon, until: tomorrow}", "moment"),
        ("{message: typhoon, until: 2027-08-12 24:00}", "moment"),
        ("{message: typhoon, from: 2027-08-12 10:00, until: 2027-08-12 10:00}", "moment"),
        ("{message: typhoon, until: 2027-08-12 10:00, calendars: ofice}", "unknown_calendar"),
        ("{message: typhoon, until: [2027]}", "not_a_value"),
        ("typhoon", "not_a_mapping"),
    ],
)
def test_given_a_mistake_in_an_emergency_when_read_then_it_is_told(emergency: str, code: str) -> None:
    (line,) = said(f"hours: {{office: {{week: always}}}}\nemergency: {emergency}\n")
    assert line.split(": ")[1] == code


def test_given_lines_that_are_over_when_the_day_is_told_then_they_are_warned_of(folder: Folder) -> None:
    folder.write(
        "hours.yaml",
        "hours:\n  office:\n    week: always\n    exceptions:\n"
        "      2027-01-01..2027-01-03: closed\n      2027-01-04: closed\n"
        "emergency: {message: greeting, until: 2027-01-03 10:00}\n",
    )
    assert load(folder.path).warnings == ()
    told = [f"{one.place}: {one.code}" for one in load(folder.path, today=date(2027, 1, 4)).warnings]
    assert told == ["hours.yaml:5:7: past", "hours.yaml:7:39: past"]


def test_given_an_emergency_whose_message_is_not_in_every_language_when_loaded_then_it_holds_with_a_warning(
    folder: Folder,
) -> None:
    prompts = (folder.path / "prompts.yaml").read_text()
    folder.write("prompts.yaml", prompts.replace("text: {ko: ask, en: ask}", "text: {ko: ask}"))
    folder.write("numbers.yaml", 'numbers: {"120": {flow: main}, "121": {flow: main, language: en}}\n')
    folder.write("hours.yaml", "hours: {desk: {week: always}}\nemergency: {message: ask, until: 2027-01-03 10:00}\n")
    (warning,) = load(folder.path).warnings
    assert str(warning).startswith("hours.yaml:2:22: warning not_spoken: 'ask' is not recorded in 'en'")
