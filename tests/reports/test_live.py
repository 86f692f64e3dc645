"""The gauges of now: the same six formulas over a window that moves, with a bounded number of series."""

from dataclasses import replace

import pytest

from ivr_engine.core.callback import callback_of
from ivr_engine.core.configuration import Configuration, QueueSettings
from ivr_engine.core.events import Configured
from ivr_engine.core.notices import ContactSentOn
from ivr_engine.core.queue_rules import ClockStart, OverflowAct
from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.reports.live import EVERYTHING, QUEUES, WINDOW_MS, LiveLevels
from ivr_engine.reports.question import MINUTE_MS
from ivr_engine.runtime.ports import JournalEntry
from tests.api.desk import view
from tests.small_day import DAWN_MS, connected, ended, entry, waits

ABANDONED = Disposition.ABANDONED


def test_given_answers_and_abandons_when_asked_then_formulas_differ_and_nobody_counts_twice() -> None:
    levels = LiveLevels()
    levels.take(entry(connected(4_000), connected(16_000), ended(Disposition.ANSWERED)))
    levels.take(entry(ended(ABANDONED, 10_000), ended(Disposition.CALLBACK, 20_000)))
    told = levels.levels(DAWN_MS)
    assert told["general"] == told[EVERYTHING]
    assert {formula: round(share or 0, 3) for formula, share in told["general"].items()} == {
        Formula.OFFERED: 0.25,
        Formula.ANSWERED: 0.5,
        Formula.ANSWERED_AND_ABANDONED: 0.667,
        Formula.REMOVED: 0.5,
        Formula.SHORT_ABANDONS_EXCLUDED: 0.333,
        Formula.FLOW_OUTS_COUNTED: 0.25,
    }


def test_given_a_queue_s_own_promise_when_somebody_gives_up_then_within_means_within_that() -> None:
    levels = LiveLevels()
    queue = QueueSettings(QueueId("general"), promise_ms=8_000)
    levels.take(JournalEntry(1, 1, DAWN_MS, Configured(Configuration((queue,))), (), ()))
    levels.take(entry(ended(ABANDONED, 8_000), ended(ABANDONED, 8_001)))
    assert levels.levels(DAWN_MS)["general"][Formula.REMOVED] == 0.5


def test_given_our_own_call_and_the_fallback_queue_s_voice_when_counted_then_one_is_nobody_the_other_left() -> None:
    levels = LiveLevels()
    called_back = f"{callback_of(ContactId('c1'))}-1"
    levels.take(entry(connected(contact=called_back), ended(Disposition.ANSWERED, contact=called_back)))
    assert levels.levels(DAWN_MS) == {}
    fallback = replace(ended(Disposition.FALLBACK, 9_000), answered_at_ms=DAWN_MS + 9_000)
    levels.take(entry(fallback))
    told = levels.levels(DAWN_MS)["general"]
    assert (told[Formula.OFFERED], told[Formula.REMOVED], told[Formula.ANSWERED]) == (0.0, 1.0, None)


def test_given_a_clock_that_starts_at_arrival_when_somebody_gives_up_then_the_menus_count() -> None:
    levels = LiveLevels()
    queue = QueueSettings(QueueId("general"), clock_start=ClockStart.ARRIVED)
    levels.take(JournalEntry(1, 1, DAWN_MS, Configured(Configuration((queue,))), (), ()))
    levels.take(entry(ended(ABANDONED, 10_000), ended(ABANDONED, 10_001)))  # both were 5 s in the menus
    assert levels.levels(DAWN_MS)["general"][Formula.REMOVED] == 0.5


def test_given_who_overflows_when_they_give_up_then_within_means_what_the_first_queue_promised() -> None:
    levels, general = LiveLevels(), ContactId("c1")
    queues = (QueueSettings(QueueId("general"), promise_ms=8_000), QueueSettings(QueueId("water"), promise_ms=30_000))
    levels.take(JournalEntry(1, 1, DAWN_MS, Configured(Configuration(queues)), (), ()))
    sent_on = ContactSentOn(general, QueueId("general"), "full", OverflowAct.QUEUE, "water")
    levels.take(entry(waits(), sent_on, waits(queue="water"), ended(ABANDONED, 9_000, queue="water")))
    assert levels.levels(DAWN_MS)["water"][Formula.REMOVED] == 0.0
    levels.take(entry(waits(queue="water"), ended(ABANDONED, 9_000, queue="water")))
    assert levels.levels(DAWN_MS)["water"][Formula.REMOVED] == 0.5


def test_given_half_an_hour_when_it_has_passed_then_what_was_before_counts_no_more() -> None:
    levels = LiveLevels()
    levels.take(entry(ended(ABANDONED), at_ms=DAWN_MS))
    levels.take(entry(connected(), at_ms=DAWN_MS + WINDOW_MS - 2 * MINUTE_MS))
    assert levels.levels(DAWN_MS + WINDOW_MS - 2 * MINUTE_MS)[EVERYTHING][Formula.OFFERED] == 0.5
    assert levels.levels(DAWN_MS + WINDOW_MS)[EVERYTHING][Formula.OFFERED] == 1.0
    assert levels.levels(DAWN_MS + 3 * WINDOW_MS) == {}


def test_given_more_queues_than_the_cap_when_counted_then_the_rest_is_other() -> None:
    levels = LiveLevels()
    for number in range(QUEUES + 9):
        levels.take(entry(connected(queue=f"q{number}")))
    assert len(levels.levels(DAWN_MS)) == QUEUES + 2
    assert "other" in levels.levels(DAWN_MS)


@pytest.mark.parametrize(("formula", "share"), [("offered", 0.5), ("answered", 1.0)])
def test_given_metrics_when_scraped_then_each_formula_is_a_series(formula: str, share: float) -> None:
    metrics = Metrics(version="1")
    at_ms = view().at_ms
    metrics.record(entry(connected(), ended(ABANDONED), at_ms=at_ms))
    metrics.view_from(view)
    labels = {"queue": "general", "formula": formula}
    assert metrics.registry.get_sample_value("ivr_service_level_ratio", labels) == share
