"""A year of a calendar as text and as a picture: what is shown is what is so."""

import xml.etree.ElementTree as ET
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.hours import DAY_MINUTES, Calendar, Closing, Open, Shift, SpecialDay, state_at
from ivr_engine.flow.hours_drawing import draw
from ivr_engine.flow.hours_holidays import KOREA, NONE
from ivr_engine.flow.hours_text import text_of
from ivr_engine.flow.hours_year import Hue, minutes_by_hue, uncovered, year_of
from ivr_engine.flow.steps import HoursId, PromptId

NINE_TO_SIX = (Shift(9 * 60, 18 * 60),)
OFFICE = Calendar(
    HoursId("office"),
    (*(NINE_TO_SIX,) * 5, (Shift(540, 780),), ()),
    holidays=KOREA,
    special={date(2027, 5, 4): SpecialDay((Shift(540, 720),)), date(2027, 10, 8): SpecialDay((), "임시공휴일")},
    closings=(
        Closing(PromptId("typhoon"), 1_817_960_400_000, 1_818_032_400_000),
    ),  # 11 August 14:00 to 12 August 10:00
    title="<주간> & more\x07",
)
SHIFTS = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: Shift(pair[0], pair[0] + pair[1])),
    max_size=3,
).map(tuple)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(SHIFTS, min_size=7, max_size=7), st.sampled_from([KOREA, NONE]), st.integers(2000, 2050))
def test_given_any_week_when_its_year_is_looked_at_then_every_minute_has_one_state(
    week: list[tuple[Shift, ...]], holidays: str, year: int
) -> None:
    days = year_of(Calendar(HoursId("any"), tuple(week), holidays=holidays), year)
    assert uncovered(days) == ()
    assert sum(minutes_by_hue(days).values()) == len(days) * DAY_MINUTES


def test_given_a_year_when_compared_with_its_moments_then_each_hour_is_shown_as_it_is() -> None:
    first_ms = 1_798_729_200_000  # 2027 begins in Seoul, which has no summer time
    for number, view in enumerate(year_of(OFFICE, 2027)):
        for hour in range(24):
            moment = Moment(first_ms + (number * 24 + hour) * 3_600_000)
            shown = next(one.hue for one in view.segments if one.first <= hour * 60 < one.last)
            state = state_at(OFFICE, moment)
            assert shown.value == type(state).__name__.lower(), (view.day, hour)
            assert (shown is Hue.OPEN) == isinstance(state, Open)


def test_given_a_calendar_when_printed_then_each_day_is_a_letter_and_unusual_days_are_named() -> None:
    lines = text_of(OFFICE, 2027).splitlines()
    assert lines[1].endswith("525,600 minutes, every minute has a state")
    months = {line[:2].strip(): line[4:] for line in lines[4:16]}
    assert months["2"] == "█████HHHH███▒·█████▒·█████▒·"
    assert months["5"][3] == "▒"
    assert months["8"][10:12] == "!!"
    assert "2027-02-09 tue  closed  설날 대체 휴일" in lines
    assert "2027-05-04 tue  09:00-12:00  exception" in lines
    assert "2027-10-08 fri  closed  임시공휴일  exception" in lines
    assert "2027-08-11 wed  09:00-14:00  emergency" in lines


def test_given_calendars_when_drawn_then_it_is_a_picture_of_every_day_whatever_their_titles() -> None:
    picture = ET.fromstring(draw((OFFICE, Calendar(HoursId("none"), ((),) * 7)), 2028))
    days = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert len(days) == 2 * 366
    assert "2028-02-29 tue: 09:00-18:00" in days
    assert "2028-01-27 thu: closed  설날" in days
    texts = [node.text or "" for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert any("<주간> & more" in text for text in texts)
