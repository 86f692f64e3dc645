"""Six formulas over one day: the figures of a worked example, and what counts as what."""

from dataclasses import replace

import pytest

from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.service_level import HEADLINE, Formula, Tally
from ivr_engine.core.vocabulary import ContactId, Disposition

ANSWERED = ContactEnded(
    contact=ContactId("c1"),
    disposition=Disposition.ANSWERED,
    number="120",
    agency="",
    queue="general",
    language="ko",
    agent="1001",
    arrived_at_ms=0,
    queued_at_ms=1_000,
    answered_at_ms=2_000,
    ended_at_ms=9_000,
    wait_ms=1_000,
    talk_ms=7_000,
    within_promise=True,
    short_abandon=False,
    offers=1,
)
ABANDONED = replace(ANSWERED, disposition=Disposition.ABANDONED, answered_at_ms=None, talk_ms=None)
CALLBACK = replace(ABANDONED, disposition=Disposition.CALLBACK)
LATE_MS = 15_001


def _day() -> Tally:
    """1,000 offered: 800 answered (700 in time), 150 abandoned (90 in time, 40 short), 50 flow-outs (20 in time)."""
    tally = Tally()
    for times, ended in (
        (700, ANSWERED),
        (100, replace(ANSWERED, wait_ms=LATE_MS)),
        (40, replace(ABANDONED, short_abandon=True)),
        (50, ABANDONED),
        (60, replace(ABANDONED, wait_ms=LATE_MS)),
        (20, CALLBACK),
        (30, replace(CALLBACK, wait_ms=LATE_MS)),
    ):
        for _ in range(times):
            tally.count(ended)
    return tally


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        ("answered", 87.5),
        ("answered_and_abandoned", 83.2),
        ("removed", 81.0),
        ("short_abandons_excluded", 76.9),
        ("flow_outs_counted", 72.9),
        ("offered", 70.0),
    ],
)
def test_given_one_day_when_each_formula_is_asked_then_its_share_is_the_known_one(formula: str, percent: float) -> None:
    level = _day().level(Formula(formula))
    assert level is not None
    assert round(100 * level, 1) == percent


def test_given_one_day_when_all_formulas_are_asked_then_the_headline_comes_first_and_is_the_strictest() -> None:
    levels = _day().levels()
    assert next(iter(levels)) is HEADLINE
    assert levels[HEADLINE] == min(level for level in levels.values() if level is not None)


def test_given_waits_around_the_threshold_when_counted_then_exactly_the_threshold_is_within() -> None:
    tally = Tally()
    for wait_ms in (14_999, 15_000, 15_001):
        tally.count(replace(ANSWERED, wait_ms=wait_ms))
    assert (tally.answered, tally.answered_within) == (3, 2)


def test_given_who_never_queued_when_counted_then_no_formula_knows_of_them() -> None:
    tally = Tally()
    tally.count(replace(ANSWERED, disposition=Disposition.SELF_SERVED, queued_at_ms=None, wait_ms=None))
    assert tally == Tally()


def test_given_who_was_called_back_when_counted_then_no_formula_counts_our_own_call() -> None:
    tally = Tally()
    tally.count(replace(ANSWERED, callback="hong-cb"))
    assert tally == Tally()


def test_given_nobody_when_a_formula_is_asked_then_there_is_no_share() -> None:
    assert set(Tally().levels().values()) == {None}
    only_short = Tally()
    only_short.count(replace(ABANDONED, short_abandon=True))
    assert only_short.level(Formula.SHORT_ABANDONS_EXCLUDED) is None


def test_given_one_of_each_when_counted_then_every_count_has_its_own() -> None:
    tally = Tally()
    for ended in (
        ANSWERED,
        replace(ABANDONED, short_abandon=True),
        replace(ABANDONED, wait_ms=LATE_MS),
        CALLBACK,
        replace(CALLBACK, wait_ms=LATE_MS),
        replace(ANSWERED, queued_at_ms=None),
        replace(ANSWERED, wait_ms=None),
    ):
        tally.count(ended)
    assert tally == Tally(1, 1, 2, 1, 1, 2, 1)
    assert tally.offered == 5
    assert tally.level(Formula.OFFERED) == 0.2


def test_given_a_threshold_of_its_own_when_counted_then_it_is_the_one_that_holds() -> None:
    tally = Tally()
    tally.count(replace(ANSWERED, wait_ms=20_000), threshold_ms=20_000)
    tally.count(replace(ANSWERED, wait_ms=20_001), threshold_ms=20_000)
    assert (tally.answered, tally.answered_within) == (2, 1)


def test_given_a_single_contact_when_a_formula_counts_it_then_there_is_a_share() -> None:
    tally = Tally()
    tally.count(ANSWERED)
    assert tally.levels() == dict.fromkeys(Formula, 1.0)
    assert Tally() == Tally(0, 0, 0, 0, 0, 0, 0)
