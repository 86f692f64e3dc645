"""Service level: six formulas that are all in use, side by side over the same contacts.

The same day is 87.5 % by one formula and 70.0 % by another, and a contractor is paid by one of them: so a share never
stands without the name of its formula. The clock starts when a citizen joins the queue (`queued_at_ms`) and stops at a
human voice, or when the citizen leaves the queue otherwise; a wait of exactly the threshold is within it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.configuration import ANSWER_PROMISE_MS
from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.vocabulary import Disposition


class Formula(StrEnum):
    """Whose numerator and whose denominator; ≤ T is within the threshold."""

    OFFERED = "offered"
    """answered ≤ T / offered: the strictest, and our headline."""
    ANSWERED = "answered"
    """answered ≤ T / answered (Asterisk's SL, Wazo, VICIdial)."""
    ANSWERED_AND_ABANDONED = "answered_and_abandoned"
    """(answered ≤ T + abandoned ≤ T) / (answered + abandoned) (Asterisk's SL2)."""
    REMOVED = "removed"
    """Left the queue in any way ≤ T / offered (Amazon Connect)."""
    SHORT_ABANDONS_EXCLUDED = "short_abandons_excluded"
    """answered ≤ T / (answered + abandoned - short abandons) (Genesys)."""
    FLOW_OUTS_COUNTED = "flow_outs_counted"
    """The same, with those who left the queue for something else in the denominator (Genesys)."""


HEADLINE = Formula.OFFERED


@dataclass(slots=True)
class Tally:
    """Counts of contacts that queued; everything that any formula needs. Add with `count`."""

    answered: int = 0
    answered_within: int = 0
    abandoned: int = 0
    abandoned_within: int = 0
    short_abandons: int = 0
    """Of the abandoned: those within the queue's short-abandon limit."""
    flow_outs: int = 0
    """Left the queue for something that is neither a person nor giving up: callback, overflow, the fallback queue."""
    flow_outs_within: int = 0

    @property
    def offered(self) -> int:
        """Everybody who joined a queue."""
        return self.answered + self.abandoned + self.flow_outs

    def count(self, ended: ContactEnded, threshold_ms: int = ANSWER_PROMISE_MS) -> None:
        """One contact that is over; who never joined a queue was offered to nobody and counts nowhere.

        Nor does a citizen whom we called back: their own call stands for them, as one that left for something else.
        """
        if ended.queued_at_ms is None or ended.wait_ms is None or ended.callback:
            return
        within = ended.wait_ms <= threshold_ms
        if ended.disposition is Disposition.ANSWERED:
            self.answered += 1
            self.answered_within += within
        elif ended.disposition is Disposition.ABANDONED:
            self.abandoned += 1
            self.abandoned_within += within
            self.short_abandons += ended.short_abandon
        else:
            self.flow_outs += 1
            self.flow_outs_within += within

    def level(self, formula: Formula) -> float | None:
        """The share from 0 to 1; None where the formula counts nobody: no contacts are not 100 % and not 0 %."""
        within, of = _SHARES[formula](self)
        return within / of if of > 0 else None

    def levels(self) -> dict[Formula, float | None]:
        """All of them, the headline first."""
        return {formula: self.level(formula) for formula in Formula}


_SHARES: Mapping[Formula, Callable[[Tally], tuple[int, int]]] = {
    Formula.OFFERED: lambda t: (t.answered_within, t.offered),
    Formula.ANSWERED: lambda t: (t.answered_within, t.answered),
    Formula.ANSWERED_AND_ABANDONED: lambda t: (t.answered_within + t.abandoned_within, t.answered + t.abandoned),
    Formula.REMOVED: lambda t: (t.answered_within + t.abandoned_within + t.flow_outs_within, t.offered),
    Formula.SHORT_ABANDONS_EXCLUDED: lambda t: (t.answered_within, t.answered + t.abandoned - t.short_abandons),
    Formula.FLOW_OUTS_COUNTED: lambda t: (t.answered_within, t.offered - t.short_abandons),
}
