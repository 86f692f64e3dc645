"""Talks: the transfers of them that ended, and the recordings of them."""

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from ivr_engine.core.notices import TalkRecorded, TransferEnded
from ivr_engine.core.vocabulary import RecordingState, TransferResult


class TalkCounts:
    """`known`: a queue's label, see `QueueCounts.known`."""

    def __init__(self, registry: CollectorRegistry, known: Callable[[str], str]) -> None:
        self._known = known
        self.transfers = Counter(
            "ivr_transfers_total", "Consult transfers that ended, by result.", ["result"], registry=registry
        )
        self.talk_recordings = Counter(
            "ivr_talk_recordings_total",
            "Talks of queues that record: kept, failed (the switch could not write), untold (nobody listened),"
            " not_heard and not_in_share (not recorded, and why).",
            ["result", "queue"],
            registry=registry,
        )
        self.talks_recorded_now = Gauge(
            "ivr_talk_recordings_running", "Talks that are being recorded, holds included.", registry=registry
        )
        self._recording: set[str] = set()
        self._transfer_results = {result: self.transfers.labels(result) for result in TransferResult}
        self.counts: Mapping[type, Callable[[Any], None]] = {
            TransferEnded: self._transfer_ended,
            TalkRecorded: self._talk_recorded,
        }

    def _talk_recorded(self, notice: TalkRecorded) -> None:
        """One series more for a queue with its first recording: queues that record none cost nothing."""
        if notice.state in (RecordingState.RUNNING, RecordingState.PAUSED):
            self._recording.add(notice.recording)
        else:
            self._recording.discard(notice.recording)
            self.talk_recordings.labels(notice.state, self._known(notice.queue)).inc()
        self.talks_recorded_now.set(len(self._recording))

    def _transfer_ended(self, notice: TransferEnded) -> None:
        self._transfer_results[notice.result].inc()
