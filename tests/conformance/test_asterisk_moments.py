"""Moments of a run on a real switch: when a phone was answered, and which moment of the wall clock was zero."""

from ivr_engine.conformance.asterisk_moments import answered_at_ms, zero_of
from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import CitizenPlan, Scenario

HERE = Place("here.yaml", 1, 1)
ZERO_MS = 1_700_000_000_000


def citizen(name: str, arrives_ms: int) -> CitizenPlan:
    return CitizenPlan(name, "120", HERE, arrives_ms=arrives_ms)


def scenario(*citizens: CitizenPlan) -> Scenario:
    return Scenario("one", "one", HERE, 0, citizens=citizens)


def test_given_an_engine_that_hears_of_a_call_at_once_when_asked_then_the_switch_answered_at_that_moment() -> None:
    history = History((Happened(11_003, Verb.ARRIVED, "hong"),))
    assert answered_at_ms(citizen("hong", 11_000), history) == 11_003


def test_given_a_frozen_engine_that_hears_of_a_call_late_when_asked_then_the_switch_had_answered_long_before() -> None:
    history = History((Happened(80_000, Verb.ARRIVED, "hong"),))
    assert 11_000 <= answered_at_ms(citizen("hong", 11_000), history) < 11_100


def test_given_a_call_that_nobody_ever_heard_of_when_asked_then_it_is_as_if_answered_when_dialled() -> None:
    assert answered_at_ms(citizen("hong", 11_000), History(())) == 11_000


def test_given_who_calls_twice_by_one_number_when_zero_is_looked_for_then_the_first_call_counts() -> None:
    calls_twice = scenario(citizen("hong", 1_000), citizen("again", 7_000))
    began = [("0212340001", ZERO_MS + 1_004), ("0212340001", ZERO_MS + 7_002)]
    assert zero_of(calls_twice, began, {"hong": "0212340001", "again": "0212340001"}) == ZERO_MS + 4


def test_given_several_callers_when_zero_is_looked_for_then_it_is_by_the_one_who_was_least_late() -> None:
    several = scenario(citizen("hong", 0), citizen("kim", 2_000))
    began = [("0212340001", ZERO_MS + 90), ("0212340002", ZERO_MS + 2_010)]
    assert zero_of(several, began, {"hong": "0212340001", "kim": "0212340002"}) == ZERO_MS + 10


def test_given_nobody_called_when_zero_is_looked_for_then_the_phones_know_none() -> None:
    assert zero_of(scenario(), [], {}) is None
