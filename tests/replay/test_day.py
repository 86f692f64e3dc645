"""The made-up day keeps its assumptions; a recorded one is what its journal says."""

from collections import Counter

import pytest

from ivr_engine.core.events import Configured, ContactArrived
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.replay.day import CONTACTS, HOURLY, ordinary_day
from ivr_engine.replay.day import day_of as read_day
from tests.replay.stage import MONDAY_MS, Answering, Conduct, agent, citizen, hong, perform, presses

HOUR_MS = 3_600_000


def test_given_the_ordinary_day_when_made_then_it_has_the_citys_contacts_in_the_citys_hours() -> None:
    day = ordinary_day(MONDAY_MS)
    assert len(day.arrivals) == CONTACTS
    hours = Counter((one.at_ms - MONDAY_MS) // HOUR_MS for one in day.arrivals)
    for hour, share in enumerate(HOURLY):
        assert 100 * hours[hour] / CONTACTS == pytest.approx(100 * share / sum(HOURLY), abs=0.5)
    transport = sum(1 for one in day.arrivals if one.queue == "transport")
    assert transport / CONTACTS == pytest.approx(0.40, abs=0.01)
    staffed_hours = sum(spell.to_ms - spell.from_ms for spell in day.spells) / HOUR_MS
    assert 2_100 < staffed_hours < 2_300


def test_given_the_same_seed_when_made_twice_then_it_is_the_same_day_and_another_seed_another() -> None:
    assert ordinary_day(0, contacts=200) == ordinary_day(0, contacts=200)
    assert ordinary_day(0, contacts=200) != ordinary_day(0, contacts=200, seed=7)


def test_given_a_journal_when_its_day_is_read_then_wishes_patience_talks_and_spells_are_the_recorded_ones() -> None:
    entries = perform(
        hong(),
        citizen("kim", presses("2", "menu"), dials="120", arrives_ms=500, patience_ms=4_000),
        agent("1001", Conduct(Answering.SILENT), Conduct(after_ms=2_000, talk_ms=7_000)),
    ).entries
    day = read_day(entries, "a test")
    answered, gone = day.arrivals
    assert (answered.queue, gone.queue) == ("general", "water")
    assert answered.missed == 1
    assert answered.talk_ms == pytest.approx(7_000, abs=50)
    assert answered.picks_up_ms == pytest.approx(2_000, abs=50)
    assert gone.patience_ms == pytest.approx(4_000, abs=50)
    assert [spell.agent for spell in day.spells] == ["1001"]
    assert day.recorded[gone.id].disposition is Disposition.ABANDONED
    assert read_day(entries, "a test") == day


def test_given_who_hung_up_in_the_flow_when_the_day_is_read_then_no_queue_was_wanted() -> None:
    day = read_day(perform(hong(presses("1", "greeting"), dials="0100"), agent()).entries, "a test")
    assert day.arrivals[0].queue == ""


def test_given_a_journal_that_begins_in_the_middle_when_read_then_who_rings_at_once_was_there_before() -> None:
    entries = perform(hong(), agent()).entries
    configured = next(one for one in entries if isinstance(one.event, Configured))
    began = next(at for at, one in enumerate(entries) if isinstance(one.event, ContactArrived))
    day = read_day([configured, *entries[began:]], "a test")
    assert [(spell.agent, spell.from_ms) for spell in day.spells] == [("1001", entries[began].at_ms)]


def test_given_work_after_a_talk_that_was_ended_by_hand_when_read_then_it_is_known_and_else_the_queue_decides() -> None:
    [quick] = read_day(perform(hong(), agent("1001", finishes_wrap_up_after_ms=2_000)).entries, "a test").arrivals
    [usual] = read_day(perform(hong(), agent("1001")).entries, "a test").arrivals
    assert quick.wrap_up_ms == pytest.approx(2_000, abs=50)
    assert usual.wrap_up_ms is None
