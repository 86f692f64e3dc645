"""Whom the API asks about the past."""

from typing import Protocol

from ivr_engine.reports.book import Report
from ivr_engine.reports.question import Question
from ivr_engine.reports.why import Story


class PastAway(Exception):  # noqa: N818  (the situation is the name)
    """The journal cannot be read now; nothing else suffers from it."""

    code = "journal_away"


class PastBusy(PastAway):
    """As many reports as may wait are waiting."""

    code = "reports_busy"


class PastForeign(PastAway):
    """Another version wrote some of the journal, and this one would only half understand it."""

    code = "journal_foreign"


class Past(Protocol):
    """What the journal says. Raises PastAway."""

    async def report(self, question: Question, now_ms: int) -> Report:
        """As the journal is now. Raises ReportRefused, PastBusy."""

    async def story(self, contact: str) -> Story | None:
        """None when the journal has no such contact."""
