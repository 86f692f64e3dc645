"""Which revision speaks to whom: the stable one, one on trial, and those that contacts still hold on to.

Nothing is read, waited for or written here; `Loader` loads, and is told of every change. A contact keeps the revision
of its first visit: its id travels on the channel (`CallerCard.revision`), and the last few revisions stay in memory for
it. One that is no longer there, or was rolled back, is replaced by the stable one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr_engine.core.configuration import Asked, QueueSettings
from ivr_engine.core.conversation import CallerCard, Conversation, VisitEnd
from ivr_engine.core.vocabulary import ContactId, QueueId
from ivr_engine.flow.asked import asked
from ivr_engine.flow.canary import CanaryRule, Trial, why_back
from ivr_engine.flow.revision import Revision
from ivr_engine.runtime.ports import RevisionChange, RevisionsNow, RevisionWas, SetRefused

REVISIONS_KEPT = 8
"""A contact lasts minutes, and operators load a few times a day; a large revision takes some ten megabytes."""

ROLLED_BACK_KEPT = 100
"""Ids of sets that did worse; each is a dozen letters."""

RULE = "canary rule"
"""Who rolled back, when nobody did."""


@dataclass(slots=True)
class Revisions:
    """All calls from one event loop. `told` hears of every change, in order, and must not wait."""

    stable: Revision
    now_ms: Callable[[], int]
    told: Callable[[RevisionChange], None]
    rule: CanaryRule = field(default_factory=CanaryRule)
    canary: Revision | None = None
    trial: Trial | None = None
    refused: int = 0
    """Loads that were refused since the start."""
    rolled_back: list[str] = field(default_factory=list)
    """Ids of sets that did worse, the latest last."""
    roll_backs: int = 0
    _kept: dict[str, Revision] = field(default_factory=dict)
    _tried: dict[ContactId, bool] = field(default_factory=dict)
    """First visits that are going on during the trial: True for those of the canary. As many as there are visits."""

    def __post_init__(self) -> None:
        self._kept[self.stable.id] = self.stable

    # ── visits ───────────────────────────────────────────────────────────────────────────────────────────────────
    def revision_for(self, card: CallerCard) -> str:
        """The id of the revision that speaks to this contact, to be kept on its channel."""
        if card.revision in self._kept and card.revision not in self.rolled_back:
            return card.revision
        if card.revision or self.trial is None or self.canary is None:
            return self.stable.id
        takes = self.trial.takes(card.contact)
        if card.visits == 1 and not card.flow:
            self._tried[card.contact] = takes
        return self.canary.id if takes else self.stable.id

    def converse(self, card: CallerCard) -> Conversation:
        """The conversation of a contact, in the revision that `revision_for` named."""
        return self._kept.get(card.revision, self.stable).converse(card)

    def visited(self, card: CallerCard, end: VisitEnd | None) -> None:
        """A visit is over; None for one that says nothing of its flow (the switch broke off, the engine stops)."""
        on_canary = self._tried.pop(card.contact, None)
        if on_canary is None or self.trial is None or end is None:
            return
        (self.trial.new if on_canary else self.trial.stable).count(end)
        why = why_back(self.trial, self.now_ms(), self.rule) if on_canary else None
        if why is not None:
            self._back(why)

    @property
    def queues(self) -> tuple[QueueSettings, ...]:
        """Those of the stable revision, and those that only the one on trial has."""
        known = {queue.id for queue in self.stable.queues}
        new = self.canary.queues if self.canary is not None else ()
        return (*self.stable.queues, *(queue for queue in new if queue.id not in known))

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What flows and numbers ask for at those queues, of the stable revision and of the one on trial."""
        new = asked(self.canary) if self.canary is not None else ()
        return tuple(dict.fromkeys([*asked(self.stable), *new]))

    def survey_of(self, queue: QueueId) -> str:
        """The flow that asks after a talk of this queue; empty: none does."""
        return next((settings.survey for settings in self.queues if settings.id == queue), "")

    def music_of(self, queue: QueueId) -> str:
        """The class of music while waiting in this queue; empty: the switch's own."""
        return next((settings.music for settings in self.queues if settings.id == queue), "")

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────
    def check(self, revision: Revision, percent: int, *, despite: bool) -> None:
        """Raises SetRefused for a set that did worse already, and for a trial of what is in force."""
        if revision.id in self.rolled_back and not despite:
            way = "change the documents, or load it all the same: ivr-engine reload --despite"
            raise SetRefused("rolled_back", (f"revision {revision.id} was rolled back; {way}",))
        if percent < 100 and revision.id == self.stable.id:
            raise SetRefused("already_in_force", (f"revision {revision.id} is in force already: nothing to try",))

    def put_in_force(self, revision: Revision, who: str) -> None:
        """The new stable one; a trial ends."""
        changed = revision.id != self.stable.id or self.canary is not None
        self._keep(revision)
        self._end_trial()
        if revision.id in self.rolled_back:
            self.rolled_back.remove(revision.id)
        self.stable = revision
        if changed:
            self._tell(revision.id, RevisionWas.PUT_IN_FORCE, who)

    def put_on_trial(self, revision: Revision, percent: int, who: str) -> None:
        """For `percent` (1–99) of the contacts that come from now on. A trial of the same set begins anew."""
        self._keep(revision)
        self._end_trial()
        if revision.id in self.rolled_back:
            self.rolled_back.remove(revision.id)
        self.canary, self.trial = revision, Trial(revision.id, percent, self.now_ms())
        self._tell(revision.id, RevisionWas.PUT_ON_TRIAL, who, percent=percent)

    def withdraw(self, who: str) -> None:
        """End the trial; the stable one serves everybody who comes. Raises SetRefused where there is none."""
        if self.canary is None:
            raise SetRefused("no_trial", ("no revision is on trial: nothing to withdraw",))
        revision = self.canary.id
        self._end_trial()
        self._tell(revision, RevisionWas.WITHDRAWN, who)

    def refuse(self, revision: str, why: str, who: str) -> None:
        """A set that was not taken; `revision` is empty where it has none."""
        self.refused += 1
        self._tell(revision, RevisionWas.REFUSED, who, why=why)

    def now(self) -> RevisionsNow:
        trial = self.trial
        if trial is None:
            return RevisionsNow(self.stable.id)
        return RevisionsNow(
            stable=self.stable.id,
            canary=trial.revision,
            percent=trial.percent,
            since_ms=trial.began_at_ms,
            visits=trial.new.visits,
            abandons=trial.new.abandons,
            errors=trial.new.errors,
            stable_visits=trial.stable.visits,
            stable_abandons=trial.stable.abandons,
            stable_errors=trial.stable.errors,
        )

    def _back(self, why: str) -> None:
        assert self.trial is not None
        revision = self.trial.revision
        self._end_trial()
        self.rolled_back = [*self.rolled_back, revision][-ROLLED_BACK_KEPT:]
        self.roll_backs += 1
        self._tell(revision, RevisionWas.ROLLED_BACK, RULE, why=why)

    def _end_trial(self) -> None:
        self.canary = self.trial = None
        self._tried.clear()

    def _keep(self, revision: Revision) -> None:
        self._kept.pop(revision.id, None)
        self._kept[revision.id] = revision
        # The stable one is never the oldest for long: it is kept behind the new one.
        self._kept[self.stable.id] = self._kept.pop(self.stable.id, self.stable)
        while len(self._kept) > REVISIONS_KEPT:
            del self._kept[next(iter(self._kept))]

    def _tell(self, revision: str, was: RevisionWas, who: str, *, percent: int = 100, why: str = "") -> None:
        self.told(RevisionChange(self.now_ms(), revision, was, who, percent, why))
