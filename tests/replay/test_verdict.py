"""Expectations against hand-made histories: what is met, and what a failure says."""

import pytest

from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import (
    Count,
    Expectation,
    ExpectCount,
    ExpectDuration,
    ExpectMetric,
    ExpectOrder,
    ExpectSequence,
    FactPattern,
    Near,
    Scenario,
)
from ivr_engine.replay.verdict import Failure, judge

THERE = Place("rona.scenario.yaml", 31, 7)
FACTS = (
    Happened(3, Verb.ARRIVED, "hong", {"number": "120"}),
    Happened(1_500, Verb.QUEUED, "hong", {"queue": "general", "returns": "0"}),
    Happened(1_500, Verb.OFFERED, "hong", {"agent": "1001", "reason": "longest idle"}),
    Happened(11_500, Verb.OFFER_ENDED, "hong", {"agent": "1001", "result": "no_answer", "cause": "no_answer"}),
    Happened(11_500, Verb.OFFERED, "hong", {"agent": "1002", "reason": "longest idle"}),
    Happened(12_500, Verb.CONNECTED, "hong", {"agent": "1002", "within_promise": "true"}),
    Happened(13_000, Verb.ARRIVED, "kim", {"number": "120"}),
    Happened(42_500, Verb.ENDED, "hong", {"disposition": "answered"}),
)
HISTORY = History(FACTS, {'ivr_contacts_total{disposition="answered"}': 1.0}, 42_500)


def fact(verb: Verb, subject: str = "hong", at: Near | None = None, **details: str) -> FactPattern:
    return FactPattern(verb, subject, details, at)


def judged(*expectations: Expectation, slack_ms: int = 0) -> tuple[Failure, ...]:
    scenario = Scenario("s", "", THERE, 0, expectations=expectations)
    return judge(scenario, HISTORY, slack_ms)


def sequence(*patterns: FactPattern, complete: bool = True) -> ExpectSequence:
    return ExpectSequence("hong", patterns, THERE, complete)


OFFERS = (fact(Verb.OFFERED, agent="1001"), fact(Verb.OFFERED, agent="1002"))


@pytest.mark.parametrize(
    "expectation",
    [
        sequence(*OFFERS),
        sequence(OFFERS[1], complete=False),
        sequence(fact(Verb.CONNECTED, at=Near(12_000, 500))),
        ExpectOrder((fact(Verb.ENDED, "hong"),), THERE),
        ExpectOrder((fact(Verb.CONNECTED), fact(Verb.ARRIVED, "kim"), fact(Verb.ENDED)), THERE),
        ExpectCount(fact(Verb.OFFERED), Count(2, 2), THERE),
        ExpectCount(fact(Verb.OFFERED, ""), Count(1), THERE),
        ExpectCount(fact(Verb.OFFERED, agent="1003"), Count(0, 0), THERE),
        ExpectDuration(fact(Verb.QUEUED), fact(Verb.CONNECTED), Near(11_000), THERE),
        ExpectMetric('ivr_contacts_total{disposition="answered"}', 1, THERE),
        ExpectMetric('ivr_contacts_total{disposition="abandoned"}', 0, THERE),
    ],
)
def test_given_what_happened_when_just_that_is_expected_then_nothing_fails(expectation: Expectation) -> None:
    assert judged(expectation) == ()


@pytest.mark.parametrize(
    ("expectation", "index", "says"),
    [
        (
            sequence(OFFERS[0]),
            4,
            "rona.scenario.yaml:31:7 expected nothing more of hong (offered); found offered 1002 at 11.5 s",
        ),
        (sequence(*reversed(OFFERS)), 2, "expected hong offered agent=1002; found offered 1001 at 1.5 s"),
        (sequence(*OFFERS, fact(Verb.OFFERED, agent="1003")), 8, "expected hong offered agent=1003; the nearest is"),
        (
            sequence(fact(Verb.CONNECTED, agent="1001", at=Near(6_000, 1_000))),
            5,
            "expected hong connected agent=1001 at 6 s ± 1 s; found connected 1002 at 12.5 s; "
            "hong: offer_ended 1001 no_answer no_answer, offered 1002, connected 1002, ended answered",
        ),
        (
            ExpectOrder((fact(Verb.ARRIVED, "kim"), fact(Verb.CONNECTED)), THERE),
            8,
            "expected hong connected after kim arrived; the nearest is connected 1002 at 12.5 s",
        ),
        (
            ExpectCount(fact(Verb.OFFERED), Count(0, 0), THERE),
            2,
            "expected hong offered never; found offered 1001 of hong at 1.5 s",
        ),
        (
            ExpectCount(fact(Verb.OFFERED), Count(3, 3), THERE),
            None,
            "expected hong offered exactly 3 times; it happened 2 times",
        ),
        (
            ExpectCount(fact(Verb.FELL_BACK), Count(1), THERE),
            8,
            "expected hong fell_back at least 1 times; it did not happen",
        ),
        (
            ExpectDuration(fact(Verb.QUEUED), fact(Verb.CONNECTED), Near(6_000, 100), THERE),
            5,
            "expected hong queued → hong connected in 6 s ± 0.1 s; it took 11 s",
        ),
        (
            ExpectMetric('ivr_contacts_total{disposition="answered"}', 2, THERE),
            None,
            'expected ivr_contacts_total{disposition="answered"} to be 2; it is 1',
        ),
        (ExpectMetric("ivr_lost_total", 2, THERE), None, "expected ivr_lost_total to be 2; there is no such sample"),
    ],
)
def test_given_what_did_not_happen_when_it_is_expected_then_the_failure_says_what_did(
    expectation: Expectation, index: int | None, says: str
) -> None:
    (failure,) = judged(expectation)
    assert says in str(failure)
    assert (failure.place, failure.diverges_at) == (THERE, index)


def test_given_a_level_in_real_time_when_it_needs_slack_then_times_are_judged_with_it() -> None:
    late = sequence(fact(Verb.CONNECTED, at=Near(12_000, 100)))
    assert len(judged(late, slack_ms=0)) == 1
    assert judged(late, slack_ms=400) == ()


def test_given_somebody_to_whom_nothing_happened_when_it_is_expected_then_that_is_said() -> None:
    (failure,) = judged(ExpectSequence("lee", (fact(Verb.ARRIVED, "lee"),), THERE))
    assert str(failure).endswith("it did not happen; nothing happened to lee")
