"""The gauges of now: the same six formulas over a window that moves, with a bounded number of series."""

import pytest

from ivr_engine.core.configuration import Configuration, QueueSettings
from ivr_engine.core.events import Configured
from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import Disposition, QueueId
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.reports.live import EVERYTHING, QUEUES, WINDOW_MS, LiveLevels
from ivr_engine.reports.question import MINUTE_MS
from ivr_engine.runtime.ports import JournalEntry
from tests.api.desk import view
from tests.small_day import DAWN_MS, connected, ended, entry

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
