"""Contacts of each queue: how many came, waited, were offered and ended, and how long it took.

A label of its own for every queue up to MOST_QUEUES; whoever else counts by queue asks here for the label.
"""

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from ivr_engine.core.callback import keeps_a_promise
from ivr_engine.core.notices import (
    AgentsRegistered,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    OfferEnded,
    PromiseMissed,
    RequirementUnmet,
)
from ivr_engine.core.vocabulary import Disposition, OfferResult

MOST_QUEUES = 200
"""Queues with series of their own; 120 has a dozen. Each costs some 40 series; what is beyond is counted as `other`."""

NO_QUEUE = "none"
"""The label of contacts that ended in the flow; an empty label would be no label to Prometheus."""

WAIT_BUCKETS = (1, 2, 3, 5, 7.5, 10, 12.5, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
"""Seconds. 15 is the answer promise itself, so that the share within it is exact and not interpolated."""

RING_BUCKETS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)
"""Seconds, fine up to the ring time of 10."""

OTHER = "other"
"""The label of what is beyond a ceiling."""

ESTIMATES = ("inside", "sooner", "later")


class _QueueSeries:
    """The series of one queue, resolved once: looking labels up for every notice costs more than counting."""

    __slots__ = (
        "announced",
        "announced_error",
        "ended",
        "estimate_error",
        "estimates",
        "missed",
        "offers",
        "queued",
        "unmet",
        "wait",
        "within",
    )

    def __init__(self, counts: "QueueCounts", queue: str) -> None:
        self.queued = counts.queued.labels(queue)
        self.missed = counts.missed.labels(queue)
        self.unmet = counts.unmet.labels(queue)
        self.within = counts.within.labels(queue)
        self.wait = counts.wait.labels(queue)
        self.estimates = {result: counts.estimates.labels(result, queue) for result in ESTIMATES}
        self.estimate_error = counts.estimate_error.labels(queue)
        self.announced = {result: counts.announced.labels(result, queue) for result in ESTIMATES}
        self.announced_error = counts.announced_error.labels(queue)
        self.ended = {disposition: counts.contacts.labels(disposition, queue) for disposition in Disposition}
        self.offers = {result: counts.offers.labels(result, queue) for result in OfferResult}


class QueueCounts:
    """The counters and histograms with a queue's label that contacts and offers fill."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.contacts = Counter(
            "ivr_contacts_total",
            "Contacts that ended, by their one disposition; queue is 'none' for those who never joined one.",
            ["disposition", "queue"],
            registry=registry,
        )
        self.within = Counter(
            "ivr_answered_within_promise_total",
            "Contacts answered within their queue's promise, on the clock that starts at queue entry. Divided by "
            "ivr_queued_contacts_total it is the service level by the formula `offered`, the strictest.",
            ["queue"],
            registry=registry,
        )
        self.queued = Counter(
            "ivr_queued_contacts_total",
            "Contacts that joined a queue; one that comes back to its old place is not counted again.",
            ["queue"],
            registry=registry,
        )
        self.missed = Counter(
            "ivr_missed_promises_total",
            "Contacts at the moment at which they had waited longer than their queue promises.",
            ["queue"],
            registry=registry,
        )
        self.wait = Histogram(
            "ivr_contact_wait_seconds",
            "From queue entry to a human voice, of those answered.",
            ["queue"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.estimates = Counter(
            "ivr_wait_estimates_total",
            "Answered contacts whose wait had been estimated: inside the range, sooner or later than it.",
            ["result", "queue"],
            registry=registry,
        )
        self.estimate_error = Histogram(
            "ivr_wait_estimate_error_seconds",
            "How far outside the estimated range an answer came; 0 inside.",
            ["queue"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.announced = Counter(
            "ivr_wait_announced_total",
            "Answered contacts who had been told how long: answered inside what they heard last, sooner or later.",
            ["result", "queue"],
            registry=registry,
        )
        self.announced_error = Histogram(
            "ivr_wait_announced_error_seconds",
            "How far outside the range that the citizen heard last an answer came; 0 inside.",
            ["queue"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.offers = Counter(
            "ivr_offers_total", "Offers that ended, by result.", ["result", "queue"], registry=registry
        )
        self.unmet = Counter(
            "ivr_requirements_unmet_total",
            "Alarms that nobody can meet what a queue needs: after a load, or when the last such agent left.",
            ["queue"],
            registry=registry,
        )
        self.ring = Histogram(
            "ivr_offer_ring_seconds",
            "How long an offer rang, by result.",
            ["result"],
            buckets=RING_BUCKETS,
            registry=registry,
        )
        self._rings = {result: self.ring.labels(result) for result in OfferResult}
        self._queues: dict[str, _QueueSeries] = {}
        self._queue(NO_QUEUE)
        self.counts: Mapping[type, Callable[[Any], None]] = {
            AgentsRegistered: self._registered,
            ContactWaits: self._waits,
            PromiseMissed: self._promise_missed,
            OfferEnded: self._offer_ended,
            ContactConnected: self._connected,
            ContactEnded: self._contact_ended,
            RequirementUnmet: self._requirement_unmet,
        }

    def label(self, queue: str) -> str:
        """The label of a queue from now on, OTHER beyond the most that have series of their own."""
        self._queue(queue)
        return self.known(queue)

    def known(self, queue: str) -> str:
        """The same, without series for a queue that has none yet."""
        return queue if queue in self._queues else OTHER

    def _queue(self, queue: str) -> _QueueSeries:
        series = self._queues.get(queue)
        if series is None:
            known = len(self._queues) < MOST_QUEUES
            if not known and queue != OTHER:
                return self._queue(OTHER)
            series = self._queues[queue] = _QueueSeries(self, queue)
        return series

    def _registered(self, notice: AgentsRegistered) -> None:
        """Every series of a queue exists from the start at 0: an alert cannot see a counter that appears at 1."""
        for queue in notice.queues:
            self._queue(queue)

    def _waits(self, notice: ContactWaits) -> None:
        if notice.returns == 0 and not keeps_a_promise(notice.contact):
            self._queue(notice.queue).queued.inc()

    def _requirement_unmet(self, notice: RequirementUnmet) -> None:
        if not notice.relaxed:  # else who waits is reached a little later
            self._queue(notice.queue).unmet.inc()

    def _promise_missed(self, notice: PromiseMissed) -> None:
        if keeps_a_promise(notice.contact):
            return
        self._queue(notice.queue).missed.inc()

    def _offer_ended(self, notice: OfferEnded) -> None:
        self._queue(notice.queue).offers[notice.result].inc()
        self._rings[notice.result].observe(notice.rang_ms / 1_000)

    def _connected(self, notice: ContactConnected) -> None:
        if keeps_a_promise(notice.contact):
            return  # the citizen's own call was counted, and this one has its own histogram
        series = self._queue(notice.queue)
        series.wait.observe(notice.wait_ms / 1_000)
        if notice.within_promise:
            series.within.inc()
        if notice.expected_from_ms is not None and notice.expected_to_ms is not None:
            result, outside_ms = _outside(notice.wait_ms, notice.expected_from_ms, notice.expected_to_ms)
            series.estimates[result].inc()
            series.estimate_error.observe(outside_ms / 1_000)
        if notice.announced_from_ms is not None and notice.announced_to_ms is not None:
            result, outside_ms = _outside(notice.wait_ms, notice.announced_from_ms, notice.announced_to_ms)
            series.announced[result].inc()
            series.announced_error.observe(outside_ms / 1_000)

    def _contact_ended(self, notice: ContactEnded) -> None:
        self._queue(notice.queue or NO_QUEUE).ended[notice.disposition].inc()


def _outside(wait_ms: int, from_ms: int, to_ms: int) -> tuple[str, int]:
    """Where a wait fell beside its range, one of ESTIMATES, and by how much."""
    sooner_ms, later_ms = from_ms - wait_ms, wait_ms - to_ms
    result = "sooner" if sooner_ms > 0 else "later" if later_ms > 0 else "inside"
    return result, max(sooner_ms, later_ms, 0)
