"""What must never happen in the core, looked for after every step of every test.

The checks read the engine's own state: a frozen view cannot show that two of its books disagree.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from ivr_engine.core.contact import WAITING, Contact
from ivr_engine.core.deadlines import Due
from ivr_engine.core.engine import Decision, Engine
from ivr_engine.core.notices import (
    AgentsRegistered,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactBegan,
    ContactEnded,
    ContactMoved,
    ContactWaits,
    Notice,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    StepTaken,
    TransferEnded,
)
from ivr_engine.core.offer import OfferState
from ivr_engine.core.queue_rules import OrderPolicy
from ivr_engine.core.routing_books import STANDINGS
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import (
    AgentState,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    OfferId,
    TransferId,
    TransferState,
)
from tests.core.agent_times import AgentTimes

REMEMBERED = 100_000
"""Names that were told once and are not told again: a long run must not keep a million."""


@dataclass
class Watch:
    """Remembers what was told once, so that it is not told twice. `every`: the dear checks, each so many decisions.

    `life` begins another engine with the same memory: what an earlier one told counts.
    """

    engine: Engine
    every: int = 1
    begun: Counter[ContactId] = field(default_factory=Counter)
    ended: Counter[ContactId] = field(default_factory=Counter)
    offers_open: set[OfferId] = field(default_factory=set)
    offers_ended: Counter[OfferId] = field(default_factory=Counter)
    transfers_ended: Counter[TransferId] = field(default_factory=Counter)
    promises_open: set[CallbackId] = field(default_factory=set)
    promises_ended: Counter[CallbackId] = field(default_factory=Counter)
    offers: int = 0
    decisions: int = 0
    agents: AgentTimes = field(default_factory=AgentTimes)

    def life(self, engine: Engine) -> None:
        self.engine = engine
        self.agents.life()

    def after(self, decision: Decision) -> None:
        """Raises AssertionError naming the invariant."""
        state = self.engine._state
        self.decisions += 1
        anew = next((n for n, notice in enumerate(decision.notices) if isinstance(notice, AgentsRegistered)), 0)
        later: set[ContactId] = set()
        calmer = False
        for number, notice in reversed(tuple(enumerate(decision.notices))):
            if isinstance(notice, StepTaken | ContactWaits) or (
                isinstance(notice, ContactMoved) and notice.phase is ContactPhase.QUEUED
            ):
                later.add(notice.contact)
            elif isinstance(notice, CallbackMoved | OfferEnded) and _awaited(state, notice.contact):
                later.add(ContactId(notice.contact))  # nobody is told that it stands again
            elif isinstance(notice, PromiseMissed):
                calmer = True  # before it the centre may not have been crowded yet
            elif isinstance(notice, OfferMade) and number >= anew:  # those before went by the rules before
                _first_in_order(state, notice, later, calmer=calmer)
        for notice in decision.notices:
            self._count(notice)
            _no_negative_duration(notice)
        self.agents.told(decision.notices, state.now_ms)
        if self.decisions % self.every:
            return
        for contact in state.contacts:
            assert contact not in self.ended, f"I1 an ended contact lives: {contact}"
        self.agents.compare(state)
        self._offers_add_up(state)
        check(state)

    def _offers_add_up(self, state: State) -> None:
        open_offers = {offer.id for offer in state.offers.values() if offer.state is OfferState.OPEN}
        known = open_offers | state.restored_offers.keys()
        if state.switch_connected:
            assert self.offers_open <= known, f"I5 neither open nor ended: {self.offers_open - known}"
            lost = self.promises_open - state.callbacks.keys()
            assert not lost, f"I15 promised, and neither open nor ended: {lost}"
        for offer in open_offers:
            assert offer not in self.offers_ended, f"I5 open and ended: {offer}"

    def _count(self, notice: Notice) -> None:
        match notice:
            case ContactBegan():
                _once(self.begun, notice.contact, "I1 begun")
            case ContactEnded():
                _once(self.ended, notice.contact, "I1 ended")
            case OfferMade():
                assert notice.offer not in self.offers_open, f"I5 made twice: {notice}"
                assert notice.offer not in self.offers_ended, f"I5 made again: {notice}"
                self.offers_open.add(notice.offer)
                self.offers += 1
            case OfferEnded():
                _once(self.offers_ended, notice.offer, "I5 ended")
                self.offers_open.discard(notice.offer)
            case TransferEnded():
                _once(self.transfers_ended, notice.transfer, "transfer ended")
            case CallbackPromised(callback=callback) if callback:
                assert callback not in self.promises_open, f"I1 promised twice: {notice}"
                assert callback not in self.promises_ended, f"I1 promised again: {notice}"
                self.promises_open.add(CallbackId(callback))
            case CallbackEnded():
                _once(self.promises_ended, notice.callback, "I1 promise ended")
                self.promises_open.discard(notice.callback)
            case _:
                pass


K = TypeVar("K", ContactId, OfferId, TransferId, CallbackId)


def _once(told: Counter[K], name: K, what: str) -> None:
    assert name not in told, f"{what} more than once: {name}"
    told[name] = 1
    if len(told) > REMEMBERED:
        del told[next(iter(told))]


def _awaited(state: State, contact: str) -> bool:
    known = state.contacts.get(ContactId(contact))
    return known is not None and known.awaited


def check(state: State) -> None:
    """Everything that holds at rest. Raises AssertionError naming the invariant."""
    _single_booking(state)
    _books_of_the_waiting(state)
    _nobody_side_by_side(state)
    _deadlines_belong_to_states(state)
    _callbacks_have_their_place(state)


def _callbacks_have_their_place(state: State) -> None:
    """A promise that waits or is being dialled stands in the order, once; no other contact is awaited."""
    awaited = {contact.id for contact in state.contacts.values() if contact.awaited}
    standing = [
        promise.leg
        for promise in state.callbacks.values()
        if promise.state in (CallbackState.WAITING, CallbackState.DIALLED)
    ]
    assert sorted(filter(None, standing)) == sorted(awaited), f"I1 awaited {awaited}, promised {standing}"
    numbers = [promise.number for promise in state.callbacks.values() if promise.state is CallbackState.DIALLED]
    assert len(numbers) == len(set(numbers)), f"one number is dialled twice: {numbers}"


def _single_booking(state: State) -> None:
    for contact in state.contacts.values():
        assert contact.phase is not ContactPhase.ENDED, "I1 an ended contact is kept"
        assert (contact.phase is ContactPhase.OFFERED) == (contact.offer is not None), f"I1 {contact}"
        if contact.offer is not None:
            offer = state.offers[contact.offer]
            assert offer.state is OfferState.OPEN, f"I4 {offer}"
            assert offer.contact == contact.id, f"I4 {offer}"
            assert state.agents[offer.agent].offer == offer.id, f"I4 {offer}"
        if contact.second_offer is not None:
            assert contact.offer is not None, f"I4 {contact}"
            second = state.offers[contact.second_offer]
            assert (second.state, second.contact) == (OfferState.OPEN, contact.id), f"I4 {second}"
            assert second.agent != state.offers[contact.offer].agent, f"I4 {second}"
        if contact.agent is not None:
            agent = state.agents[contact.agent]
            assert contact.phase is ContactPhase.CONNECTED, f"I4 {contact}"
            assert agent.state is AgentState.ON_CONTACT, f"I4 {agent}"
            assert str(agent.offer) == contact.agent_leg, f"I4 {agent}"
    for agent in state.agents.values():
        match agent.state:
            case AgentState.OFFERED:
                assert agent.offer is not None, f"I3 {agent}"
                assert state.offers[agent.offer].state is OfferState.OPEN, f"I3 {agent}"
                assert agent.contact is not None, f"I3 {agent}"
                assert agent.offer in _offers(state.contacts[agent.contact]), f"I3 {agent}"
            case AgentState.ON_CONTACT:
                assert agent.offer is not None, f"I3 {agent}"
                assert state.offers[agent.offer].state is OfferState.ANSWERED, f"I3 {agent}"
            case AgentState.IDLE | AgentState.WRAP_UP:
                assert agent.offer is None, f"I3 {agent}"
                assert agent.contact is None, f"I3 {agent}"
    for offer in state.offers.values():
        if offer.state is OfferState.OPEN:
            assert state.agents[offer.agent].offer == offer.id, f"I3 {offer}"
            assert offer.id in _offers(state.contacts[offer.contact]), f"I4 {offer}"


def _offers(contact: Contact) -> tuple[OfferId | None, ...]:
    return contact.offer, contact.second_offer


def _books_of_the_waiting(state: State) -> None:
    queued = {contact.id for contact in state.contacts.values() if contact.phase is ContactPhase.QUEUED}
    assert set(state.routing.in_order(state.now_ms)) == queued, "I6 the books of the waiting are wrong"
    assert state.routing.waiting == len(queued), "I6 a stranger in the books of the waiting"
    routable = {agent.id for agent in state.agents.values() if agent.routable}
    assert {agent for agent in state.agents if state.routing.is_idle(agent)} == routable, "I6 the idle are wrong"
    assert state.routing.idle == len(routable), "I6 a stranger among the idle"
    _counts_of_the_desks(state)
    assert not {agent.id for agent in state.agents.values() if agent.removed and agent.state is AgentState.IDLE}


def _nobody_side_by_side(state: State) -> None:
    due_ms = state.deadlines.next_ms()
    if not state.switch_connected or (due_ms is not None and due_ms <= state.now_ms):
        return  # what is due in this very millisecond may be what brings them together
    for agent in state.agents.values():
        if agent.routable:
            for contact in state.routing.in_order(state.now_ms):
                assert not state.routing.may_take(agent.id, contact, state.now_ms), f"I6 {agent.id}, {contact} waits"


def _counts_of_the_desks(state: State) -> None:
    """What each desk believes of its agents, counted anew."""
    for desk in state.routing.books.desks.values():
        counts = [0] * len(STANDINGS)
        for agent, member in state.routing.books.members.items():
            if desk.requirement.met_by(member.crew.skills):
                counts[state.agents[agent].standing] += 1
        assert desk.counts == counts, f"I6 desk {desk.requirement} counts {desk.counts}, and there are {counts}"


def _deadlines_belong_to_states(state: State) -> None:
    owners = set(state.deadlines._due)
    for due, subject in owners:
        match due:
            case Due.PROMISE:
                contact = state.contacts[ContactId(subject)]
                assert contact.phase in WAITING, f"I9 {due} {contact}"
                assert contact.answered_at_ms is None, f"I9 {due} {contact}"
            case Due.ANSWER_OWED:
                assert state.offers[OfferId(subject)].state is OfferState.OPEN, f"I9 {due} {subject}"
            case Due.HAND_OVER | Due.HAND_OVER_OWED:
                assert state.contacts[ContactId(subject)].transfer is TransferState.HANDED_OVER, f"I9 {subject}"
            case Due.WRAP_UP | Due.REST:
                pass
            case Due.CALLBACK:
                state_of = state.callbacks[CallbackId(subject)].state
                assert state_of in (CallbackState.WAITING, CallbackState.RESTING), f"I9 {due} {subject}"
            case Due.DIAL_OWED:
                assert state.callbacks[CallbackId(subject)].state is CallbackState.DIALLED, f"I9 {due} {subject}"
            case Due.SECOND_OFFER:
                assert state.contacts[ContactId(subject)].phase is ContactPhase.OFFERED, f"I9 {due} {subject}"
            case _:
                assert state.contacts[ContactId(subject)].phase in WAITING, f"I9 {due} {subject}"
    wrapping = {(Due.WRAP_UP, str(a.id)) for a in state.agents.values() if a.state is AgentState.WRAP_UP}
    assert {owner for owner in owners if owner[0] is Due.WRAP_UP} == wrapping, "I9 wrap-up"
    resting = {(Due.REST, str(a.id)) for a in state.agents.values() if a.rests_until_ms is not None}
    assert {owner for owner in owners if owner[0] is Due.REST} == resting, "I9 rest"
    if state.switch_connected:
        open_offers = {(Due.ANSWER_OWED, str(o.id)) for o in state.offers.values() if o.state is OfferState.OPEN}
        assert {owner for owner in owners if owner[0] is Due.ANSWER_OWED} == open_offers, "I9 an offer without an end"


def _first_in_order(state: State, made: OfferMade, later: set[ContactId], *, calmer: bool) -> None:
    """I7 and I8, for contacts that stand where a decision left them; `later` joined, came back or needs less since."""
    chosen = state.contacts.get(made.contact)
    agent = state.agents.get(made.agent)
    if chosen is None or agent is None or chosen.request is None or chosen.phase is ContactPhase.QUEUED:
        return  # gone, or back, in the same decision
    assert chosen.needs.met_by(agent.settings.skills), f"I8 {made}"
    if made.second:
        return  # a phone more for a contact that left its place before
    for other_id in state.routing.in_order(state.now_ms):
        if other_id in later:
            continue
        other = state.contacts[other_id]
        assert other.request is not None
        if (other.request.queue, other.request.priority, other.raised, other.needs) == (
            chosen.request.queue,
            chosen.request.priority,
            chosen.raised,
            chosen.needs,
        ) and state.routing.may_take(made.agent, other_id, state.now_ms):
            if state.queue(chosen.request.queue).order is OrderPolicy.FIFO:
                assert (chosen.place_ms, chosen.id) < (other.place_ms, other.id), f"I7 {made} before {other_id}"
            else:
                _guarded(state, chosen, other, crowded=state.routing.crowded(state.now_ms) and not calmer)


def _guarded(state: State, chosen: Contact, other: Contact, *, crowded: bool) -> None:
    """`promise_first`: who stays behind is younger, or late for less than the guard."""
    assert other.request is not None
    settings = state.queue(other.request.queue)
    late_ms = state.now_ms - other.place_ms - settings.promise_ms
    older = (other.place_ms, other.id) < (chosen.place_ms, chosen.id)
    calm_ms = settings.late.calm_guard_ms
    guard_ms = settings.guard_ms if crowded or not calm_ms else calm_ms
    assert not (older and late_ms >= guard_ms), f"I7 {chosen.id} overtook {other.id}, late for {late_ms} ms"


def _no_negative_duration(notice: Notice) -> None:
    for name in ("wait_ms", "talk_ms", "rang_ms", "lasted_ms", "waited_ms"):
        duration = getattr(notice, name, None)
        assert duration is None or duration >= 0, f"I12 {name} of {notice}"
