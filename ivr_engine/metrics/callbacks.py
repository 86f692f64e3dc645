"""Promises to call back: how many were made, dialled and ended, and how long a citizen waited for one."""

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from ivr_engine.core.notices import CallbackEnded, CallbackMoved, CallbackPromised
from ivr_engine.core.vocabulary import CallbackEnd, CallbackState

CALLBACK_BUCKETS = (10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Seconds, up to the eight hours after which a promise ends unless its queue says otherwise."""


class CallbackCounts:
    """`label`: a queue's label, see `QueueCounts.label`."""

    def __init__(self, registry: CollectorRegistry, label: Callable[[str], str]) -> None:
        self._label = label
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
        self.counts: Mapping[type, Callable[[Any], None]] = {
            CallbackPromised: self._callback_promised,
            CallbackMoved: self._callback_moved,
            CallbackEnded: self._callback_ended,
        }

    def _callback_promised(self, notice: CallbackPromised) -> None:
        if notice.callback:
            self.callbacks_promised.labels(self._label(notice.queue)).inc()

    def _callback_moved(self, notice: CallbackMoved) -> None:
        if notice.state is CallbackState.DIALLED:
            self.callback_dials.labels(self._label(notice.queue)).inc()

    def _callback_ended(self, notice: CallbackEnded) -> None:
        queue = self._label(notice.queue)
        self.callbacks.labels(notice.end, queue).inc()
        if notice.end is CallbackEnd.REACHED:
            self.callback_wait.labels(queue).observe(notice.waited_ms / 1_000)
