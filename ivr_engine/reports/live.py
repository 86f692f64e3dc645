"""The service level of now: all six formulas over the last half hour, queue by queue, as notices come.

For the NOC's gauges. Who is answered counts at once and not when the talk is over, as in a report that is read live;
but in the minute of the answer and in the queue that answered, where a report has the moment of joining and the last
queue.
"""

from collections import deque
from collections.abc import Mapping

from ivr_engine.core.callback import keeps_a_promise
from ivr_engine.core.events import Configured
from ivr_engine.core.notices import ContactConnected, ContactEnded
from ivr_engine.core.service_level import Formula, Tally
from ivr_engine.reports.promises import Promises
from ivr_engine.reports.question import MINUTE_MS, Entry

WINDOW_MS = 30 * MINUTE_MS
"""Long enough that a small desk has contacts in it, short enough to act upon."""

QUEUES = 200
"""With tallies of their own, as with every other metric; what is beyond is `other`."""

EVERYTHING = "all"

_COUNTS = tuple(Tally.__dataclass_fields__)


class LiveLevels:
    """Tallies by the minute: thirty minutes of each queue at most, whatever the load."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, dict[str, Tally]]] = deque(maxlen=WINDOW_MS // MINUTE_MS)
        self._promises = Promises()
        self._queues: set[str] = set()

    def take(self, entry: Entry) -> None:
        """One decision."""
        event = entry.event
        if isinstance(event, Configured):
            self._promises.configured(event.configuration)
        for notice in entry.notices:
            self._promises.take(notice)
            if type(notice) is ContactConnected and not keeps_a_promise(notice.contact):
                tally = self._tally(notice.queue, entry.at_ms)
                tally.answered += 1
                tally.answered_within += notice.within_promise
            elif type(notice) is ContactEnded:
                if notice.queued_at_ms is not None and not _counted(notice):
                    tally = self._tally(notice.queue, entry.at_ms)
                    tally.count(self._promises.clocked(notice), self._promises.threshold_ms(notice))
                self._promises.over(notice.contact)

    def levels(self, now_ms: int) -> Mapping[str, Mapping[Formula, float | None]]:
        """Queue → formula → share; `all` is everything. Queues without a contact in the window are not there."""
        sums: dict[str, Tally] = {}
        for minute_ms, tallies in self._minutes:
            if minute_ms > now_ms - WINDOW_MS:
                for queue, tally in tallies.items():
                    for name in (queue, EVERYTHING):
                        whole = sums.setdefault(name, Tally())
                        for count in _COUNTS:
                            setattr(whole, count, getattr(whole, count) + getattr(tally, count))
        return {queue: tally.levels() for queue, tally in sums.items()}

    def _tally(self, queue: str, at_ms: int) -> Tally:
        minute_ms = at_ms - at_ms % MINUTE_MS
        if not self._minutes or self._minutes[-1][0] < minute_ms:
            self._minutes.append((minute_ms, {}))
        if queue not in self._queues:
            if len(self._queues) >= QUEUES:
                queue = "other"
            else:
                self._queues.add(queue)
        tallies = self._minutes[-1][1]
        found = tallies.get(queue)
        if found is None:
            found = tallies[queue] = Tally()
        return found


def _counted(ended: ContactEnded) -> bool:
    """An agent took it, and it was counted then; the fallback queue's voice is none of ours."""
    return ended.answered_at_ms is not None and bool(ended.agent)
