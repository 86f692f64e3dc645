"""Notices → Prometheus: what the NOC sees, counted from the same facts as the journal.

Three sources, one registry. *Notices* are counted as they are published, a fraction of a microsecond each, into series
that were resolved once. The *view* is looked at when somebody scrapes. *Readings* are counts that other parts keep of
themselves (inbox, journal, AMI, visits) and that are read at the scrape; one that nobody feeds is not exported.

Labels are words of the configuration (queue) and of the vocabulary (disposition, result, phase): never a caller, a
contact, an agent or a channel, so that the number of series has a ceiling.
"""

import platform
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ivr_engine.core.callback import keeps_a_promise
from ivr_engine.core.notices import (
    AgentsRegistered,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    OfferEnded,
    PromiseMissed,
    RequirementUnmet,
    TalkRecorded,
    TransferEnded,
)
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import (
    AgentState,
    CallbackEnd,
    CallbackState,
    ContactPhase,
    Disposition,
    OfferResult,
    Presence,
    RecordingState,
    TransferResult,
    TransferState,
)
from ivr_engine.reports.live import LiveLevels
from ivr_engine.runtime.ports import JournalEntry

MOST_QUEUES = 200
"""Queues with series of their own; 120 has a dozen. Each costs some 40 series; what is beyond is counted as `other`."""

NO_QUEUE = "none"
"""The label of contacts that ended in the flow; an empty label would be no label to Prometheus."""

WAIT_BUCKETS = (1, 2, 3, 5, 7.5, 10, 12.5, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
"""Seconds. 15 is the answer promise itself, so that the share within it is exact and not interpolated."""

RING_BUCKETS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)
"""Seconds, fine up to the ring time of 10."""

CALLBACK_BUCKETS = (10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Seconds, up to the eight hours after which a promise ends unless its queue says otherwise."""

DIP_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5)
"""Seconds; 0.8 is the deadline unless a flow says otherwise."""

MOST_SOURCES = 50
"""Sources of data dips with series of their own, some thirty each; what is beyond is counted as `other`."""

DECISION_BUCKETS = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
"""Seconds, round the 20 ms within which an agent who is free must ring."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A count that another part keeps; its name ends in `_total` when it only grows."""

    name: str
    meaning: str
    label: str = ""


READINGS: Mapping[str, Reading] = {
    reading.name: reading
    for reading in (
        Reading("ivr_inbox_depth", "Facts that wait for a decision."),
        Reading("ivr_illegal_events_total", "Events that the core refused because no table allows them."),
        Reading("ivr_bugs_total", "Decisions that ended in a bug of ours; the service went on."),
        Reading("ivr_journal_lag_seconds", "Age of the oldest decision that the database does not have yet."),
        Reading("ivr_journal_written_total", "Decisions written to the database."),
        Reading("ivr_journal_spooled_total", "Decisions kept on local disk because the database was away or slow."),
        Reading("ivr_journal_retried_total", "Batches tried again after the database refused them."),
        Reading("ivr_journal_lost_total", "Decisions that neither database nor local disk would take."),
        Reading("ivr_ami_events_total", "Events that reached us over AMI, those we ignore included."),
        Reading("ivr_ami_connects_total", "Sessions opened to AMI; more than one a start means a link that drops."),
        Reading("ivr_visits_total", "FastAGI visits that ended, by how.", "end"),
        Reading("ivr_open_visits", "FastAGI visits going on now."),
        Reading("ivr_revision_in_force", "Always 1; the label tells which documents speak.", "revision"),
        Reading("ivr_canary_share", "Share of the contacts that a revision on trial gets, 0 to 1.", "revision"),
        Reading("ivr_refused_loads_total", "Sets of documents that were not taken; the one in force served on."),
        Reading("ivr_canary_roll_backs_total", "Revisions on trial that did worse and were taken back by the rule."),
        Reading("ivr_recordings_deleted_total", "Recordings of talks that were deleted when their days were over."),
        Reading("ivr_recordings_overdue", "Recordings whose days are over and that could not be deleted."),
        Reading("ivr_feed_listeners", "WebSockets that listen to the feed now."),
        Reading("ivr_feed_closed_slow_total", "Listeners of the feed closed because they read too slowly."),
    )
}
"""Everything that `Metrics.read_from` takes, by name."""


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

    def __init__(self, metrics: "Metrics", queue: str) -> None:
        self.queued = metrics.queued.labels(queue)
        self.missed = metrics.missed.labels(queue)
        self.unmet = metrics.unmet.labels(queue)
        self.within = metrics.within.labels(queue)
        self.wait = metrics.wait.labels(queue)
        self.estimates = {result: metrics.estimates.labels(result, queue) for result in ESTIMATES}
        self.estimate_error = metrics.estimate_error.labels(queue)
        self.announced = {result: metrics.announced.labels(result, queue) for result in ESTIMATES}
        self.announced_error = metrics.announced_error.labels(queue)
        self.ended = {disposition: metrics.contacts.labels(disposition, queue) for disposition in Disposition}
        self.offers = {result: metrics.offers.labels(result, queue) for result in OfferResult}


class Metrics:
    """A `Subscriber` (its `record`) with a registry of its own for `/metrics`. All calls from one event loop."""

    def __init__(self, *, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, telling only when we started
        self.registry = registry = CollectorRegistry()
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
        self.transfers = Counter(
            "ivr_transfers_total", "Consult transfers that ended, by result.", ["result"], registry=registry
        )
        self.dips = Counter(
            "ivr_data_dips_total",
            "Questions of flows to other systems, by source and result: ok, cached, or why there was no answer.",
            ["source", "result"],
            registry=registry,
        )
        self.dip_time = Histogram(
            "ivr_data_dip_seconds",
            "How long a data dip took, answered or not.",
            ["source"],
            buckets=DIP_BUCKETS,
            registry=registry,
        )
        self.texts = Counter(
            "ivr_texts_total",
            "Texts that flows sent, by whether the gateway took them.",
            ["result"],
            registry=registry,
        )
        self.talk_recordings = Counter(
            "ivr_talk_recordings_total",
            "Recordings of talks that ended: kept, failed (the switch could not write), untold (nobody listened).",
            ["result", "queue"],
            registry=registry,
        )
        self.talks_recorded_now = Gauge(
            "ivr_talk_recordings_running", "Talks that are being recorded, holds included.", registry=registry
        )
        self._recording: set[str] = set()
        self.callbacks_promised = Counter(
            "ivr_callbacks_promised_total", "Citizens who were promised a call.", ["queue"], registry=registry
        )
        self.callback_dials = Counter(
            "ivr_callback_dials_total",
            "How often citizens who were promised a call were dialled.",
            ["queue"],
            registry=registry,
        )
        self.callbacks = Counter(
            "ivr_callbacks_total",
            "Promises to call back that ended, by how: reached, failed, expired, cancelled, withdrawn, refused.",
            ["end", "queue"],
            registry=registry,
        )
        self.callback_wait = Histogram(
            "ivr_callback_wait_seconds",
            "From the promise to a human voice, of the citizens reached.",
            ["queue"],
            buckets=CALLBACK_BUCKETS,
            registry=registry,
        )
        self._sources: set[str] = set()
        self.decision = Histogram(
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

        self._rings = {result: self.ring.labels(result) for result in OfferResult}
        self._transfer_results = {result: self.transfers.labels(result) for result in TransferResult}
        self._queues: dict[str, _QueueSeries] = {}
        self._queue(NO_QUEUE)
        self._counts: dict[type, Callable[[Any], None]] = {
            AgentsRegistered: self._registered,
            ContactWaits: self._waits,
            PromiseMissed: self._promise_missed,
            OfferEnded: self._offer_ended,
            ContactConnected: self._connected,
            ContactEnded: self._contact_ended,
            TransferEnded: self._transfer_ended,
            TalkRecorded: self._talk_recorded,
            CallbackPromised: self._callback_promised,
            CallbackMoved: self._callback_moved,
            CallbackEnded: self._callback_ended,
            RequirementUnmet: self._requirement_unmet,
        }

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
        self.decision.observe(seconds)

    def dipped(self, source: str, result: str, seconds: float) -> None:
        """A flow asked another system."""
        if source not in self._sources:
            if len(self._sources) < MOST_SOURCES:
                self._sources.add(source)
            else:
                source = "other"
        self.dips.labels(source, result).inc()
        self.dip_time.labels(source).observe(seconds)

    def texted(self, result: str, _seconds: float) -> None:
        """A flow sent a text."""
        self.texts.labels(result).inc()

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

    def _queue(self, queue: str) -> _QueueSeries:
        series = self._queues.get(queue)
        if series is None:
            known = len(self._queues) < MOST_QUEUES
            if not known and queue != "other":
                return self._queue("other")
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

    def _known(self, queue: str) -> str:
        """The label of a queue, `other` beyond the most that have series of their own."""
        self._queue(queue)
        return queue if queue in self._queues else "other"

    def _callback_promised(self, notice: CallbackPromised) -> None:
        if notice.callback:
            self.callbacks_promised.labels(self._known(notice.queue)).inc()

    def _callback_moved(self, notice: CallbackMoved) -> None:
        if notice.state is CallbackState.DIALLED:
            self.callback_dials.labels(self._known(notice.queue)).inc()

    def _callback_ended(self, notice: CallbackEnded) -> None:
        queue = self._known(notice.queue)
        self.callbacks.labels(notice.end, queue).inc()
        if notice.end is CallbackEnd.REACHED:
            self.callback_wait.labels(queue).observe(notice.waited_ms / 1_000)

    def _talk_recorded(self, notice: TalkRecorded) -> None:
        """One series more for a queue with its first recording: queues that record none cost nothing."""
        if notice.state in (RecordingState.RUNNING, RecordingState.PAUSED):
            self._recording.add(notice.recording)
        else:
            self._recording.discard(notice.recording)
            known = notice.queue if notice.queue in self._queues else "other"
            self.talk_recordings.labels(notice.state, known).inc()
        self.talks_recorded_now.set(len(self._recording))

    def _transfer_ended(self, notice: TransferEnded) -> None:
        self._transfer_results[notice.result].inc()


def _outside(wait_ms: int, from_ms: int, to_ms: int) -> tuple[str, int]:
    """Where a wait fell beside its range, one of ESTIMATES, and by how much."""
    sooner_ms, later_ms = from_ms - wait_ms, wait_ms - to_ms
    result = "sooner" if sooner_ms > 0 else "later" if later_ms > 0 else "inside"
    return result, max(sooner_ms, later_ms, 0)


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
            yield from _of_view(view)
            yield _of_levels(self._levels, view.at_ms)
        for name, read in self.reads.items():
            yield _of_reading(READINGS[name], read())


def _of_levels(levels: LiveLevels, now_ms: int) -> Metric:
    family = GaugeMetricFamily(
        "ivr_service_level_ratio",
        "Share of the contacts of the last 30 minutes by each named formula, on the clock from queue entry to a human "
        "voice and each queue's own promise; queue is 'all' for everything. None where nobody was counted.",
        labels=["queue", "formula"],
    )
    for queue, shares in sorted(levels.levels(now_ms).items()):
        for formula, share in shares.items():
            if share is not None:
                family.add_metric([queue, formula], share)
    return family


def _of_reading(reading: Reading, value: float | Mapping[str, float]) -> Metric:
    family = CounterMetricFamily if reading.name.endswith("_total") else GaugeMetricFamily
    if not isinstance(value, Mapping):
        return family(reading.name, reading.meaning, value=value)
    labelled = family(reading.name, reading.meaning, labels=[reading.label])
    for label, count in sorted(value.items()):
        labelled.add_metric([label], count)
    return labelled


def _of_view(view: View) -> Iterator[Metric]:
    connected = "1 while the switch is seen; nothing is decided at 0."
    yield GaugeMetricFamily("ivr_switch_connected", connected, value=int(view.switch_connected))

    phases = Tally(contact.phase for contact in view.contacts if not contact.awaited)
    contacts = GaugeMetricFamily("ivr_open_contacts", "Contacts that have not ended, by phase.", labels=["phase"])
    for phase in ContactPhase:
        if phase is not ContactPhase.ENDED:
            contacts.add_metric([phase], phases[phase])
    yield contacts
    promised = Tally(callback.state for callback in view.callbacks)
    callbacks = GaugeMetricFamily(
        "ivr_open_callbacks", "Promises to call back that are open, by state.", labels=["state"]
    )
    for stage in CallbackState:
        if stage is not CallbackState.ENDED:
            callbacks.add_metric([stage], promised[stage])
    yield callbacks

    states = Tally(contact.transfer_state for contact in view.contacts)
    transfers = GaugeMetricFamily(
        "ivr_open_transfers", "Contacts on hold or between agent and recipient, by state.", labels=["state"]
    )
    for state in TransferState:
        if state not in (TransferState.TALKING, TransferState.ENDED):
            transfers.add_metric([state], states[state])
    yield transfers

    sorts = Tally((agent.presence, agent.state) for agent in view.agents)
    agents = GaugeMetricFamily(
        "ivr_agents", "Agents by what they chose and what the engine has them doing.", labels=["presence", "state"]
    )
    for presence in Presence:
        for doing in AgentState:
            agents.add_metric([presence, doing], sorts[presence, doing])
    yield agents
    yield from _of_queues(view)


def _of_queues(view: View) -> Iterator[Metric]:
    present = GaugeMetricFamily("ivr_queue_contacts", "Contacts of a queue, by phase.", labels=["queue", "phase"])
    longest = GaugeMetricFamily(
        "ivr_queue_longest_wait_seconds", "Age of the contact that has waited longest.", labels=["queue"]
    )
    idle = GaugeMetricFamily(
        "ivr_queue_idle_agents", "Idle, available agents with the skills of the queue.", labels=["queue"]
    )
    logged_in = GaugeMetricFamily(
        "ivr_queue_logged_in_agents", "Agents with the skills of the queue who are not logged out.", labels=["queue"]
    )
    promise = GaugeMetricFamily("ivr_queue_promise_seconds", "The answer promise of the queue.", labels=["queue"])
    for queue in view.queues[:MOST_QUEUES]:
        present.add_metric([queue.id, ContactPhase.QUEUED], queue.waiting)
        present.add_metric([queue.id, ContactPhase.OFFERED], queue.offered)
        present.add_metric([queue.id, ContactPhase.CONNECTED], queue.connected)
        longest.add_metric([queue.id], queue.longest_wait_ms / 1_000)
        idle.add_metric([queue.id], queue.idle_agents)
        logged_in.add_metric([queue.id], queue.logged_in_agents)
        promise.add_metric([queue.id], queue.promise_ms / 1_000)
    yield from (present, longest, idle, logged_in, promise)
