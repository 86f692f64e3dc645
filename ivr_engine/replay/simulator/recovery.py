"""What the journal's tables tell a new life of the engine, kept from entry to entry as `storage.projection` does."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ivr_engine.core.commands import Command
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    CallbackRestored,
    Configured,
    ContactRestored,
    Event,
    OfferRestored,
    PresenceRestored,
)
from ivr_engine.core.learnt import Learnt
from ivr_engine.core.notices import (
    AgentChanged,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    ContractorBooked,
    Notice,
    OfferEnded,
    OfferMade,
    RoutingNoted,
)
from ivr_engine.core.queue_rules import ClockStart
from ivr_engine.core.recall import KEEP_THEIR_PLACE, Recall
from ivr_engine.core.routing_memory import up_to_date
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackId,
    CallbackState,
    ContactId,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    Skill,
)


class Entry(NamedTuple):
    """One decision, as `runtime.ports.JournalEntry` has it: (`epoch`, `seq`) is its identity."""

    epoch: int
    seq: int
    at_ms: int
    event: Event
    commands: tuple[Command, ...]
    notices: tuple[Notice, ...]
    said: Mapping[str, Any] | None = None
    """What the file has of it, where it comes from one: a field that is not in there did not exist yet."""


class Recovery:
    """What the journal's tables would tell a new life: who had chosen what, which contacts were left open."""

    def __init__(self) -> None:
        self._presence: dict[AgentId, tuple[Presence, str, int | None]] = {}
        """What was chosen, and since when the agent is in the work after a contact."""
        self._open: dict[ContactId, dict[str, object]] = {}
        self._offers: dict[OfferId, OfferRestored] = {}
        self._made: Counter[ContactId] = Counter()
        self._callbacks: dict[CallbackId, CallbackRestored] = {}
        self._queues: dict[AgentId, QueueId] = {}
        """Of the contact that the agent had last."""
        self._recall = Recall()
        self._redial_ms = 0
        self._rules: dict[QueueId, QueueSettings] = {}
        self._learnt: Learnt | None = None
        self._bookings: list[tuple[int, ContractorBooked]] = []
        """Since the note."""

    def take(self, entry: Entry) -> None:
        configured = type(entry.event) is Configured  # chooses nobody's presence, see storage.projection
        if isinstance(entry.event, Configured):
            self._redial_ms = entry.event.configuration.routing.redial_ms
            self._rules = {queue.id: queue for queue in entry.event.configuration.queues}
        for notice in entry.notices:
            if isinstance(notice, RoutingNoted):
                self._learnt, self._bookings = notice.learnt, []
            elif isinstance(notice, ContractorBooked):
                if self._learnt is not None:
                    self._bookings.append((entry.at_ms, notice))
            elif isinstance(notice, AgentChanged):
                if not configured:
                    since_ms = notice.since_ms if notice.state is AgentState.WRAP_UP else None
                    self._presence[notice.agent] = (notice.presence, notice.reason, since_ms)
            elif isinstance(notice, OfferMade):
                self._made[notice.contact] += 1
                self._offers[notice.offer] = OfferRestored(
                    notice.offer, notice.contact, notice.agent, notice.queue, entry.at_ms
                )
            elif isinstance(notice, OfferEnded):
                self._offers.pop(notice.offer, None)
                if notice.result is OfferResult.ANSWERED:
                    self._queues[notice.agent] = notice.queue
            elif type(notice) in _FOLDED:
                self._fold(notice)

    def _fold(self, notice: Notice) -> None:
        match notice:
            case ContactBegan():
                row = self._open.setdefault(notice.contact, {})
                row.update(number=notice.number, caller=notice.caller, arrived_at_ms=notice.arrived_at_ms)
            case ContactWaits():
                request = ToQueue(
                    notice.queue,
                    frozenset(map(Skill, notice.requirement)),
                    notice.agency,
                    notice.language or "ko",
                    notice.priority,
                )
                row = self._open.setdefault(notice.contact, {})
                first = "request" not in row
                row.update(request=request, queued_at_ms=notice.queued_at_ms, agent=None)
                if first and self._redial_ms:
                    self._dialled_again(row, notice)
            case ContactConnected():
                row = self._open.setdefault(notice.contact, {})
                row.update(agent=notice.agent, answered_at_ms=notice.answered_at_ms)
                rules = self._rules.get(notice.queue)
                if rules is not None and rules.last_agent_wait_ms:
                    self._recall.spoke(str(row.get("caller", "")), notice.agent, notice.answered_at_ms)
            case CallbackPromised():
                if notice.callback:
                    callback = CallbackId(notice.callback)
                    self._callbacks[callback] = promised(notice)
            case CallbackMoved():
                known = self._callbacks.get(notice.callback)
                if known is not None:
                    self._callbacks[notice.callback] = moved(known, notice)
            case CallbackEnded():
                self._callbacks.pop(notice.callback, None)
            case ContactEnded():
                row = self._open.pop(notice.contact, {})
                self._gave_up(row, notice)
                self._made.pop(notice.contact, None)
            case _:
                pass

    def _dialled_again(self, row: dict[str, object], notice: ContactWaits) -> None:
        caller = str(row.get("caller", ""))
        start_ms = self._clock_start_ms(row, notice.queue, notice.queued_at_ms)
        old_ms = self._recall.old_place_ms(caller, self._redial_ms, notice.queued_at_ms) if caller else None
        if old_ms is not None and old_ms < start_ms:
            row["place_ms"] = old_ms

    def _gave_up(self, row: Mapping[str, object], notice: ContactEnded) -> None:
        if not self._redial_ms or notice.disposition not in KEEP_THEIR_PLACE or notice.queued_at_ms is None:
            return
        place_ms = row.get("place_ms") or self._clock_start_ms(row, QueueId(notice.queue), notice.queued_at_ms)
        assert isinstance(place_ms, int)
        self._recall.left(str(row.get("caller", "")), place_ms, notice.ended_at_ms)

    def _clock_start_ms(self, row: Mapping[str, object], queue: QueueId, queued_at_ms: int) -> int:
        rules, arrived_at_ms = self._rules.get(queue), row.get("arrived_at_ms")
        arrived = rules is not None and rules.clock_start is ClockStart.ARRIVED
        return arrived_at_ms if arrived and isinstance(arrived_at_ms, int) else queued_at_ms

    def set_clock(self, by_ms: int) -> None:
        """The wall clock was set between two lives: what is open is told in the times of the next one."""
        self._presence = {
            agent: (presence, reason, None if since_ms is None else since_ms + by_ms)
            for agent, (presence, reason, since_ms) in self._presence.items()
        }
        self._offers = {
            offer: replace(restored, made_at_ms=restored.made_at_ms + by_ms) for offer, restored in self._offers.items()
        }
        self._callbacks = {
            callback: replace(
                restored,
                asked_at_ms=restored.asked_at_ms + by_ms,
                place_ms=restored.place_ms + by_ms,
                next_at_ms=restored.next_at_ms + by_ms if restored.next_at_ms else 0,
            )
            for callback, restored in self._callbacks.items()
        }
        for row in self._open.values():
            row.update({key: at_ms + by_ms for key, at_ms in row.items() if key in _TIMES and isinstance(at_ms, int)})

    def facts(self) -> list[Event]:
        """What was learnt, presences by agent, contacts in the order of arrival, offers, callbacks, callers."""
        presences: list[Event] = [
            PresenceRestored(agent, presence, reason, since_ms, None if since_ms is None else self._queues.get(agent))
            for agent, (presence, reason, since_ms) in sorted(self._presence.items())
            if presence is not Presence.LOGGED_OUT or since_ms is not None
        ]
        contacts = (_restored(contact, row, self._made[contact]) for contact, row in self._open.items())
        dialled = {callback.leg for callback in self._callbacks.values()}
        offers = (one for one in self._offers.values() if one.contact in self._open or one.contact in dialled)
        learnt = [] if self._learnt is None else [up_to_date(self._learnt, self._bookings)]
        return [*learnt, *presences, *contacts, *offers, *self._callbacks.values(), *self._recall.facts()]


def promised(notice: CallbackPromised) -> CallbackRestored:
    """A promise as it was made."""
    request = ToQueue(
        notice.queue,
        frozenset(map(Skill, notice.requirement)),
        notice.agency,
        notice.language or "ko",
        notice.priority,
    )
    return CallbackRestored(
        CallbackId(notice.callback),
        notice.contact,
        notice.number,
        notice.line,
        request,
        notice.asked_at_ms,
        notice.place_ms,
    )


def moved(known: CallbackRestored, notice: CallbackMoved) -> CallbackRestored:
    """The same after one more step; only a dial that is going on has a leg to look for."""
    going_on = notice.state in (CallbackState.WAITING, CallbackState.DIALLED, CallbackState.ON_LINE)
    leg = ContactId(notice.contact) if going_on and notice.contact else None
    return replace(known, dials=notice.dials, leg=leg, next_at_ms=notice.next_at_ms)


_TIMES = frozenset({"arrived_at_ms", "queued_at_ms", "answered_at_ms", "place_ms"})
_FOLDED = frozenset(
    {ContactBegan, ContactWaits, ContactConnected, ContactEnded, CallbackPromised, CallbackMoved, CallbackEnded}
)


def _restored(contact: ContactId, row: Mapping[str, object], offers: int) -> ContactRestored:
    kept = {**row, "offers": offers}
    if not kept.get("agent"):
        kept["answered_at_ms"] = None  # back in the queue after a talk: nobody has it
    kept.setdefault("number", "")
    kept.setdefault("caller", "")
    kept.setdefault("arrived_at_ms", kept.get("queued_at_ms") or 0)
    return ContactRestored(contact, **kept)  # type: ignore[arg-type]
