"""The subscriber that counts: one registry, filled by every notice and looked at by every scrape."""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ivr_engine.core.views import View
from ivr_engine.metrics.callbacks import CallbackCounts
from ivr_engine.metrics.gauges import of_levels, of_view
from ivr_engine.metrics.outside import OutsideCounts
from ivr_engine.metrics.queues import QueueCounts
from ivr_engine.metrics.readings import READINGS, of_reading
from ivr_engine.metrics.talks import TalkCounts
from ivr_engine.reports.live import LiveLevels
from ivr_engine.runtime.ports import JournalEntry

DECISION_BUCKETS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
"""Seconds, round the 20 ms within which an agent who is free must ring."""


class Metrics:
    """A `Subscriber` (its `record`) with a registry of its own for `/metrics`. All calls from one event loop."""

    def __init__(self, *, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, telling only when we started
        self.registry = registry = CollectorRegistry()
        queues = QueueCounts(registry)
        talks = TalkCounts(registry, queues.known)
        callbacks = CallbackCounts(registry, queues.label)
        self.outside = OutsideCounts(registry)
        self._decision = Histogram(
            "ivr_decision_seconds",
            "Time to decide one fact, without carrying the decision out.",
            buckets=DECISION_BUCKETS,
            registry=registry,
        )
        build = Gauge(
            "ivr_build_info", "Always 1; the labels tell what runs.", ["version", "python"], registry=registry
        )
        build.labels(version, platform.python_version()).set(1)
        ProcessCollector(registry=registry)
        self._levels = LiveLevels()
        self._at_scrape = _AtScrape(self._levels)
        registry.register(self._at_scrape)
        self._counts: Mapping[type, Callable[[Any], None]] = {**queues.counts, **talks.counts, **callbacks.counts}

    def record(self, entry: JournalEntry) -> None:
        """Count what one decision published."""
        self._levels.take(entry)
        counts = self._counts
        for notice in entry.notices:
            count = counts.get(type(notice))
            if count is not None:
                count(notice)

    def decided(self, seconds: float) -> None:
        """One fact was decided in that time."""
        self._decision.observe(seconds)

    def view_from(self, view: Callable[[], View]) -> None:
        """Whom to ask for a picture at each scrape: the gauges of contacts, agents and queues."""
        self._at_scrape.view = view

    def read_from(self, name: str, read: Callable[[], float | Mapping[str, float]]) -> None:
        """Feed one of `READINGS` from a count kept elsewhere; a mapping label → count for one with a label.

        Raises ValueError for a name that is not documented there.
        """
        if name not in READINGS:
            raise ValueError(f"no reading {name!r}: there are {', '.join(READINGS)}")
        self._at_scrape.reads[name] = read


class _AtScrape(Collector):
    """What is asked only when somebody scrapes: the view, and the counts that other parts keep."""

    def __init__(self, levels: LiveLevels) -> None:
        self._levels = levels
        self.view: Callable[[], View] | None = None
        self.reads: dict[str, Callable[[], float | Mapping[str, float]]] = {}

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        if self.view is not None:
            view = self.view()
            yield from of_view(view)
            yield of_levels(self._levels, view.at_ms)
        for name, read in self.reads.items():
            yield of_reading(READINGS[name], read())
