"""Which queue's promise a contact was given, and by whose clock its wait counts.

The citizen knows of one wait and one promise only: who overflows from queue to queue keeps the first queue's, as in the
core; a flow that spoke in between promised anew. Reports and the gauges of now ask here, so that they say the same.
"""

from dataclasses import replace

from ivr_engine.core.configuration import ANSWER_PROMISE_MS, Configuration, QueueSettings
from ivr_engine.core.notices import ContactEnded, ContactSentOn, ContactWaits, Notice
from ivr_engine.core.queue_rules import ClockStart, OverflowAct
from ivr_engine.core.vocabulary import ContactId

OPEN = 50_000
"""Contacts at a time: ten times what the largest centre holds; beyond, the oldest are forgotten."""


class Promises:
    """Takes configurations and notices in order."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueSettings] = {}
        """Every queue that was ever configured, as it was last."""
        self._given: dict[ContactId, str] = {}
        self._overflowed: set[ContactId] = set()

    def configured(self, configuration: Configuration) -> None:
        self.queues.update({queue.id: queue for queue in configuration.queues})

    def take(self, notice: Notice) -> None:
        """The next notice; those that change no promise do nothing."""
        match notice:
            case ContactSentOn(act=OverflowAct.QUEUE):
                self._overflowed.add(notice.contact)
            case ContactWaits(returns=0) if notice.contact not in self._overflowed:
                if len(self._given) >= OPEN:
                    self.over(next(iter(self._given)))
                self._given[notice.contact] = notice.queue
            case ContactWaits():
                self._overflowed.discard(notice.contact)
            case _:
                pass

    def over(self, contact: ContactId) -> None:
        """The contact has ended and was counted."""
        self._given.pop(contact, None)
        self._overflowed.discard(contact)

    def threshold_ms(self, ended: ContactEnded) -> int:
        """What was promised to this contact."""
        given = self._of(ended)
        return ANSWER_PROMISE_MS if given is None else given.promise_ms

    def clocked(self, ended: ContactEnded) -> ContactEnded:
        """The contact with its wait by the clock of that promise."""
        given = self._of(ended)
        if given is None or given.clock_start is not ClockStart.ARRIVED:
            return ended
        if ended.wait_ms is None or ended.queued_at_ms is None:
            return ended
        return replace(ended, wait_ms=ended.wait_ms + max(0, ended.queued_at_ms - ended.arrived_at_ms))

    def _of(self, ended: ContactEnded) -> QueueSettings | None:
        return self.queues.get(self._given.get(ended.contact, ended.queue))
