"""One row of a service-level report: what was counted, and what follows from it."""

from dataclasses import dataclass, field

from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.service_level import Tally
from ivr_engine.core.vocabulary import Disposition


@dataclass(slots=True)
class Figures:
    """Counts of contacts; times in milliseconds."""

    tally: Tally = field(default_factory=Tally)
    waits_ms: int = 0
    """Of those answered, together."""
    longest_wait_ms: int = 0
    """Of everybody who joined."""
    talks_ms: int = 0
    offers: int = 0
    never_queued: int = 0
    """Ended in the flow or at an official: offered to nobody here."""
    open: int = 0
    """Joined, and neither answered nor over when the journal was read: in no formula yet."""
    resolved: int = 0
    again: int = 0
    undecided: int = 0
    """Answered so short a time ago that the caller may still call again."""

    @property
    def average_wait_ms(self) -> float | None:
        """ASA: mean wait of those answered."""
        return self.waits_ms / self.tally.answered if self.tally.answered else None

    @property
    def average_talk_ms(self) -> float | None:
        return self.talks_ms / self.tally.answered if self.tally.answered else None

    @property
    def abandoned_share(self) -> float | None:
        return self.tally.abandoned / self.tally.offered if self.tally.offered else None

    @property
    def first_contact_resolution(self) -> float | None:
        """Of those answered whose caller is known and whose time to call again is over: who did not."""
        decided = self.resolved + self.again
        return self.resolved / decided if decided else None

    def count(self, ended: ContactEnded, wait_ms: int | None, threshold_ms: int) -> None:
        """One contact that is over."""
        if wait_ms is None:
            self.never_queued += 1
            return
        self.tally.count(ended, threshold_ms)
        self.longest_wait_ms = max(self.longest_wait_ms, wait_ms)
        self.offers += ended.offers
        if ended.disposition is Disposition.ANSWERED:
            self.waits_ms += wait_ms
            self.talks_ms += ended.talk_ms or 0
