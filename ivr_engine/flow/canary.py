"""A new revision tried on a share of the contacts: who gets it, and when it has to go back. Pure.

Which share a contact falls into depends on its identifier and on the revision, and never changes: whoever is tried
again hears the same. Both shares are watched over the same minutes, so that a bad hour is not taken for a bad revision:

Take only the visits that went wrong. If the new revision were as good as the old one, `percent` of these would be the
new one's. Wald's sequential test weighs that against *`ratio` times as many*, visit by visit; it may be looked at after
every visit and still cries wolf in at most `false_alarm` of all trials. Two such tests run, each with half of that:

    errors     a visit that ended in a mistake of ours, against `error_ratio`
    abandons   a citizen who hung up in a menu, against `abandon_ratio`

Before `least_visits` visits and `least_wrong` wrong ones of the new revision nothing is decided.
"""

import hashlib
from dataclasses import dataclass, field
from math import log

from ivr_engine.core.conversation import VisitEnd
from ivr_engine.core.vocabulary import ContactId

SHARES = 10_000
"""A share is told in percent; hundredths of one are fine enough for a city."""


@dataclass(frozen=True, slots=True)
class CanaryRule:
    """When a new revision goes back."""

    least_visits: int = 50
    least_wrong: int = 4
    """Fewer are chance, whatever a formula says."""
    abandon_ratio: float = 2.0
    error_ratio: float = 3.0
    false_alarm: float = 0.001
    """One good revision in a thousand is rolled back for nothing: it is loaded once more then."""
    missed_alarm: float = 0.05


@dataclass(slots=True)
class Arm:
    """One side of a trial, counted."""

    visits: int = 0
    abandons: int = 0
    errors: int = 0

    def count(self, end: VisitEnd) -> None:
        self.visits += 1
        self.abandons += end is VisitEnd.ABANDONED
        self.errors += end is VisitEnd.FAILED


@dataclass(slots=True)
class Trial:
    """One revision on trial beside the stable one, since when, and what came of it."""

    revision: str
    percent: int
    began_at_ms: int
    new: Arm = field(default_factory=Arm)
    stable: Arm = field(default_factory=Arm)

    def takes(self, contact: ContactId) -> bool:
        """This contact is served by the new revision."""
        return share_of(contact, self.revision) < self.percent * SHARES // 100


def share_of(contact: ContactId, revision: str) -> int:
    """0 to SHARES - 1, evenly spread, the same every time. Another revision is tried on other contacts."""
    digest = hashlib.blake2b(f"{revision}\0{contact}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SHARES


def why_back(trial: Trial, now_ms: int, rule: CanaryRule | None = None) -> str | None:
    """Why the new revision has to go back now, in words; None: it may stay."""
    rule = rule or CanaryRule()
    if trial.new.visits < rule.least_visits:
        return None
    for what, new, stable, ratio in (
        ("errors", trial.new.errors, trial.stable.errors, rule.error_ratio),
        ("abandons in menus", trial.new.abandons, trial.stable.abandons, rule.abandon_ratio),
    ):
        if new >= rule.least_wrong and evidence(new, stable, trial.percent, ratio) >= _alarm(rule):
            minutes = (now_ms - trial.began_at_ms) / 60_000
            return (
                f"{what}: {new} of {trial.new.visits} visits, against {stable} of {trial.stable.visits} in the stable "
                f"revision, after {minutes:.1f} min"
            )
    return None


def evidence(new: int, stable: int, percent: int, ratio: float) -> float:
    """How much more likely so many wrong visits on each side are at `ratio` times as many, as a logarithm."""
    share = percent / 100
    worse = share * ratio / (1 - share + share * ratio)
    return new * log(worse / share) + stable * log((1 - worse) / (1 - share))


def _alarm(rule: CanaryRule) -> float:
    """Wald's upper bound, for each of the two tests."""
    return log((1 - rule.missed_alarm) / (rule.false_alarm / 2))
