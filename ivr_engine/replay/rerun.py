"""A day again, against other flows or another policy: the real core and the real flows in virtual time.

Leaner than the simulated level, since a day has two million happenings there: no dialplan contexts, no media, no
transfers. A citizen walks the flow by `ways`, stands in the queue, is offered and answered by the core itself, talks as
long as recorded and is gone; who finds no way to the queue wanted presses nothing. Nothing is random.
"""

import gc
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr_engine.core.commands import Command, StartOffer, WithdrawOffer
from ivr_engine.core.configuration import Configuration, MissSettings, QueueSettings
from ivr_engine.core.conversation import Ended, ToCallback, queue_request
from ivr_engine.core.duty import MISSED_OFFERS
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import (
    Configured,
    ContactArrived,
    ContactQueued,
    Event,
    FlowEnded,
    LegEnded,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    Started,
    SwitchSeen,
    TimePassed,
    WrapUpFinished,
)
from ivr_engine.core.notices import AgentChanged, ContactEnded
from ivr_engine.core.vocabulary import AgentId, ContactId, Disposition, LegId, OfferFailure, OfferId, Presence
from ivr_engine.flow.revision import Revision
from ivr_engine.replay.day import PICKS_UP_MS, Arrival, Day
from ivr_engine.replay.virtual import Timer, VirtualTime
from ivr_engine.replay.ways import Way, Ways

BACK_FROM_MISSES_MS = 60_000
"""Whom the engine sent on a break for missed rings is back after this."""

AFTER_MS = 2 * 60 * 60_000
"""How long after the last arrival a day may go on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is tried instead of what the documents say; None keeps. Applies to every queue."""

    ring_ms: int | None = None
    wrap_up_ms: int | None = None
    promise_ms: int | None = None
    break_after: int | None = None
    """Missed rings in a row until an agent is sent on a break."""

    def queue(self, queue: QueueSettings) -> QueueSettings:
        """The queue under this policy."""
        return replace(
            queue,
            ring_ms=queue.ring_ms if self.ring_ms is None else self.ring_ms,
            wrap_up_ms=queue.wrap_up_ms if self.wrap_up_ms is None else self.wrap_up_ms,
            promise_ms=queue.promise_ms if self.promise_ms is None else self.promise_ms,
        )


@dataclass(slots=True)
class Played:
    """How a day came out."""

    ended: dict[str, ContactEnded] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    lost_ways: Counter[str] = field(default_factory=Counter)
    """`number → queue (language)` that citizens wanted and this revision leads nobody to."""
    decisions: int = 0
    lasted_ms: int = 0
    unfinished: int = 0
    """Contacts that were not over when the day was: nobody there to answer, and endless patience."""


def rerun(day: Day, folder: Path, revision: Revision, policy: Policy | None = None) -> Played:
    """Plays it to its end. Raises Standstill when it goes in circles."""
    collecting = gc.isenabled()
    gc.disable()  # a day makes millions of small values and no cycles: looking for some takes a third of the time
    try:
        return _Rerun(day, Ways(folder, revision), revision, policy or Policy()).play()
    finally:
        if collecting:
            gc.enable()


class _Rerun:
    def __init__(self, day: Day, ways: Ways, revision: Revision, policy: Policy) -> None:
        self._day = day
        self._ways = ways
        self._chosen: dict[tuple[str, str, str], tuple[Way, bool]] = {}
        self._engine = Engine()
        self._arrivals: Mapping[str, Arrival] = {arrival.id: arrival for arrival in day.arrivals}
        starts = [*(arrival.at_ms for arrival in day.arrivals[:1]), *(spell.from_ms for spell in day.spells[:1])]
        self._time = VirtualTime(min(starts, default=0))
        self._timer: Timer | None = None
        self._armed_ms: int | None = None
        self._misses: Counter[str] = Counter()
        self._open: set[OfferId] = set()
        """Phones that ring."""
        self._talking: set[ContactId] = set()
        self._served: dict[AgentId, OfferId] = {}
        """By each agent, the last."""
        self._keeps_wrap_up = policy.wrap_up_ms is None
        self._on_duty: set[AgentId] = set()
        self._played = Played()
        misses = MissSettings() if policy.break_after is None else MissSettings(break_after=policy.break_after)
        self._configuration = Configuration(
            tuple(policy.queue(queue) for queue in revision.queues),
            day.agents,
            misses,
            revision.id,
            revision.routing,
            revision.phrases,
        )

    def play(self) -> Played:
        began_ms = self._time.now_ms
        self._take(Started(1))
        self._take(Configured(self._configuration))
        self._take(SwitchSeen(()))
        for spell in self._day.spells:
            self._time.after(spell.from_ms - began_ms, self._presence, spell.agent, Presence.AVAILABLE)
            self._time.after(spell.to_ms - began_ms, self._presence, spell.agent, Presence.LOGGED_OUT)
        for arrival in self._day.arrivals:
            self._time.after(arrival.at_ms - began_ms, self._arrive, arrival)
        last_ms = max((arrival.at_ms for arrival in self._day.arrivals), default=began_ms)
        self._time.run(last_ms + AFTER_MS)
        played = self._played
        played.lasted_ms = self._time.now_ms - began_ms
        played.unfinished = len(self._arrivals) - len(played.ended)
        return played

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────
    def _presence(self, agent: AgentId, presence: Presence) -> None:
        if presence is Presence.AVAILABLE:
            self._on_duty.add(agent)
        else:
            self._on_duty.discard(agent)
        self._take(PresenceChosen(agent, presence))

    def _arrive(self, arrival: Arrival) -> None:
        contact = ContactId(arrival.id)
        self._take(ContactArrived(contact, arrival.number, ""))
        way, found = self._way(arrival)
        self._played.keys[arrival.id] = way.keys
        if arrival.queue and not found:
            self._played.lost_ways[f"{arrival.number} → {arrival.queue} ({arrival.language})"] += 1
        if not arrival.queue and not isinstance(way.outcome, Ended) and arrival.patience_ms < way.takes_ms:
            self._time.after(arrival.patience_ms, self._leave, contact)
        else:
            self._time.after(way.takes_ms, self._through, arrival, way)

    def _way(self, arrival: Arrival) -> tuple[Way, bool]:
        wanted = (arrival.number, arrival.queue, arrival.language)
        known = self._chosen.get(wanted)
        if known is None:
            way = self._ways.to(*wanted) if arrival.queue else None
            known = self._chosen[wanted] = (way or self._ways.silent(arrival.number), way is not None)
        return known

    def _through(self, arrival: Arrival, way: Way) -> None:
        contact = ContactId(arrival.id)
        request = queue_request(way.outcome)
        if request is None or isinstance(way.outcome, ToCallback):
            ended = way.outcome if isinstance(way.outcome, Ended) else Ended(Disposition.CALLBACK)
            self._take(FlowEnded(contact, ended))
            self._take(LegEnded(LegId(contact)))
            return
        self._time.after(arrival.patience_ms, self._impatient, contact)
        self._take(ContactQueued(contact, arrival.number, "", request, self._time.now_ms))

    def _impatient(self, contact: ContactId) -> None:
        if contact not in self._played.ended and contact not in self._talking:
            self._leave(contact)

    def _leave(self, contact: ContactId) -> None:
        self._take(LegEnded(LegId(contact)))

    def _rings(self, offer: StartOffer) -> None:
        arrival = self._arrivals[offer.contact]
        misses = self._misses[offer.contact]
        # the phone after a missed one is another agent's, who is as quick as most
        picks_up_ms = min(arrival.picks_up_ms, PICKS_UP_MS) if misses else arrival.picks_up_ms
        if misses < arrival.missed or picks_up_ms > offer.ring_ms:
            self._misses[offer.contact] += 1
            self._time.after(offer.ring_ms, self._missed, offer)
        else:
            self._time.after(picks_up_ms, self._answers, offer, arrival)

    def _missed(self, offer: StartOffer) -> None:
        if offer.offer in self._open:
            self._open.remove(offer.offer)
            self._take(OfferFailed(offer.offer, OfferFailure.NO_ANSWER))

    def _answers(self, offer: StartOffer, arrival: Arrival) -> None:
        if offer.offer not in self._open:
            return
        self._open.remove(offer.offer)
        self._talking.add(offer.contact)
        self._take(OfferAnswered(offer.offer, offer.contact, offer.agent))
        self._served[offer.agent] = offer.offer
        self._time.after(arrival.talk_ms, self._talked, offer, arrival)

    def _talked(self, offer: StartOffer, arrival: Arrival) -> None:
        self._take(LegEnded(LegId(offer.contact)))
        self._take(LegEnded(LegId(offer.offer)))
        if self._keeps_wrap_up and arrival.wrap_up_ms is not None:
            self._time.after(arrival.wrap_up_ms, self._ready, offer)

    def _ready(self, offer: StartOffer) -> None:
        if self._served[offer.agent] == offer.offer:  # else the queue gives less time than it took, and it is long over
            self._take(WrapUpFinished(offer.agent))

    # ── the core ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _take(self, event: Event) -> None:
        try:
            decision = self._engine.handle(event, self._time.now_ms)
        except IllegalEvent:
            decision = self._engine.unfinished()
        self._played.decisions += 1
        for notice in decision.notices:
            if isinstance(notice, ContactEnded):
                self._played.ended[notice.contact] = notice
            elif isinstance(notice, AgentChanged) and notice.reason == MISSED_OFFERS:
                self._time.after(BACK_FROM_MISSES_MS, self._back, notice.agent)
        for command in decision.commands:
            self._carry_out(command)
        self._arm()

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, StartOffer):
            self._open.add(command.offer)
            self._rings(command)
        elif isinstance(command, WithdrawOffer):
            self._open.discard(command.offer)

    def _back(self, agent: AgentId) -> None:
        if agent in self._on_duty:
            self._take(PresenceChosen(agent, Presence.AVAILABLE))

    def _arm(self) -> None:
        due_ms = self._engine.next_deadline_ms()
        if due_ms == self._armed_ms:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_ms = due_ms
        self._timer = self._time.deadline(due_ms, self._due) if due_ms is not None else None

    def _due(self) -> None:
        self._timer, self._armed_ms = None, None
        self._take(TimePassed())
