"""Notices that somebody should read in the log: what no metric tells whole. A `Subscriber`; it decides nothing."""

import logging
from collections import deque

from ivr_engine.core.notices import RequirementUnmet
from ivr_engine.runtime.ports import JournalEntry

log = logging.getLogger(__name__)

HELD = 1_000
"""Alarms of a start, at most: as many as queues may be."""


class Alarms:
    """Says each alarm once, as the core does; those of a start when it is clear that it was one.

    An engine that cannot start has one line to say, which is why.
    """

    def __init__(self) -> None:
        self._held: deque[RequirementUnmet] | None = deque(maxlen=HELD)

    def take(self, entry: JournalEntry) -> None:
        for notice in entry.notices:
            if isinstance(notice, RequirementUnmet):
                if self._held is None:
                    _unmet(notice)
                else:
                    self._held.append(notice)

    def speak(self) -> None:
        """The engine serves: what was held back, and from now on everything at once."""
        held, self._held = self._held or (), None
        for notice in held:
            _unmet(notice)


def _unmet(notice: RequirementUnmet) -> None:
    if notice.known:
        log.warning(
            "queue %s: %d wait for %s, and nobody of the %d who can is logged in or at work",
            notice.queue,
            notice.waiting,
            notice.needs,
            notice.known,
        )
    elif notice.relaxed:
        told = "queue %s needs %s, and of the staff list only who comes with its relaxation can (%d): %d wait"
        log.warning(told, notice.queue, notice.needs, notice.relaxed, notice.waiting)
    else:
        told = "queue %s needs %s, and no agent of the staff list can: %d wait"
        level = logging.ERROR if notice.waiting else logging.WARNING
        log.log(level, told, notice.queue, notice.needs, notice.waiting)
