"""Notices that somebody should read in the log: what no metric tells whole. A `Subscriber`; it decides nothing."""

import logging

from ivr_engine.core.notices import RequirementUnmet
from ivr_engine.runtime.ports import JournalEntry

log = logging.getLogger(__name__)


def logged(entry: JournalEntry) -> None:
    """Say it once for each alarm; the core tells each of them once."""
    for notice in entry.notices:
        if isinstance(notice, RequirementUnmet):
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
    else:
        told = "queue %s needs %s, and no agent of the staff list can: %d wait"
        level = logging.ERROR if notice.waiting else logging.WARNING
        log.log(level, told, notice.queue, notice.needs, notice.waiting)
