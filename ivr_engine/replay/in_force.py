"""Whose flows speak in a run: the engine's own `Revisions`, for one life of an engine after the other.

A life knows the folder that it began with and what was loaded since; the next one reads the folder alone, whatever was
on trial. What becomes of a trial is told in one word: `tried`, `rolled_back`.
"""

from collections.abc import Callable

from ivr_engine.flow.revision import Revision
from ivr_engine.loading.revisions import Revisions
from ivr_engine.runtime.ports import RevisionChange, RevisionWas

EVERYBODY = 100
"""Percent of the contacts: no trial."""

WHO = "scenario"

TRIED, ROLLED_BACK = "tried", "rolled_back"
WORDS = {RevisionWas.PUT_ON_TRIAL: TRIED, RevisionWas.ROLLED_BACK: ROLLED_BACK}


class InForce:
    """The documents of one run."""

    def __init__(self, revision: Revision, now_ms: Callable[[], int], told: Callable[[str], None]) -> None:
        """`told` hears one of `WORDS` in the middle of a visit, and must not wait."""
        self._folder = revision
        self._now_ms = now_ms
        self._told = told
        self.revisions = self._read()

    def begin(self) -> None:
        """A new life of the engine."""
        self.revisions = self._read()

    def load(self, revision: Revision, percent: int) -> None:
        """For everybody, or on trial. Raises SetRefused."""
        self._folder = revision
        self.revisions.check(revision, percent, despite=False)
        if percent == EVERYBODY:
            self.revisions.put_in_force(revision, WHO)
        else:
            self.revisions.put_on_trial(revision, percent, WHO)

    def _read(self) -> Revisions:
        return Revisions(self._folder, self._now_ms, self._changed)

    def _changed(self, change: RevisionChange) -> None:
        if change.was in WORDS:
            self._told(WORDS[change.was])
