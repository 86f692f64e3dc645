"""One row of a service-level report: what was counted, and what follows from it."""

from dataclasses import dataclass, field

from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.service_level import Tally
from ivr_engine.core.vocabulary import Disposition, RecordingState


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
    recorded: int = 0
    """Talks whose recording was kept; each counts in its own queue and for its own agent."""
    recordings_failed: int = 0
    recordings_untold: int = 0
    not_recorded: int = 0
    """Talks of queues that record, without the notice or outside the share."""
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

    def count_talk(self, state: RecordingState) -> None:
        """What became of recording one talk; a recording that goes on is none yet."""
        match state:
            case RecordingState.KEPT:
                self.recorded += 1
            case RecordingState.FAILED:
                self.recordings_failed += 1
            case RecordingState.UNTOLD:
                self.recordings_untold += 1
            case RecordingState.NOT_HEARD | RecordingState.NOT_IN_SHARE:
                self.not_recorded += 1
            case RecordingState.RUNNING | RecordingState.PAUSED:
                pass

    def count(self, ended: ContactEnded, threshold_ms: int) -> None:
        """One contact that is over, or is answered already."""
        wait_ms = ended.wait_ms
        if wait_ms is None:
            self.never_queued += 1
            return
        self.tally.count(ended, threshold_ms)
        self.longest_wait_ms = max(self.longest_wait_ms, wait_ms)
        self.offers += ended.offers
        if ended.disposition is Disposition.ANSWERED:
            self.waits_ms += wait_ms
            self.talks_ms += ended.talk_ms or 0
