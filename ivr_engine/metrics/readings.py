"""Counts that other parts of the engine keep of themselves, and that are read when somebody scrapes."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric


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


def of_reading(reading: Reading, value: float | Mapping[str, float]) -> Metric:
    """A reading as it is now; a mapping label → count for one with a label."""
    family = CounterMetricFamily if reading.name.endswith("_total") else GaugeMetricFamily
    if not isinstance(value, Mapping):
        return family(reading.name, reading.meaning, value=value)
    labelled = family(reading.name, reading.meaning, labels=[reading.label])
    for label, count in sorted(value.items()):
        labelled.add_metric([label], count)
    return labelled
