"""After a start or a lost link: what the switch holds is the truth, and memory is brought to it.

Theory of operation. Before the switch is seen, the journal's open contacts and presences are only remembered. The
snapshot then decides: a citizen's leg that stands there lives on with its age (stamped on the switch, not by us); an
agent's leg that is up is a talk, one that rings is an offer; what memory or journal holds and the switch does not has
gone. Applied twice, it changes nothing the second time (invariant I11).
"""

from collections.abc import Container
from dataclasses import replace

from ivr_engine.core.agent import Agent, AgentStimulus
from ivr_engine.core.callbacks import Callbacks
from ivr_engine.core.commands import ReturnToQueue, WithdrawOffer
from ivr_engine.core.contact import WAITING, Contact, ContactStimulus
from ivr_engine.core.deadlines import Due
from ivr_engine.core.dispatch import Dispatch
from ivr_engine.core.events import CitizenHanded, ContactRestored, LegSeen, OfferRestored, SwitchSeen
from ivr_engine.core.notices import SwitchStateChanged
from ivr_engine.core.offer import ANSWER_OWED_MS, Offer, OfferState
from ivr_engine.core.offering import Offering
from ivr_engine.core.state import State
from ivr_engine.core.talk import Talk
from ivr_engine.core.transfer import TransferStimulus
from ivr_engine.core.vocabulary import (
    AgentState,
    ContactId,
    ContactPhase,
    Disposition,
    LegId,
    OfferId,
    Role,
    TransferState,
)
from ivr_engine.core.waiting import Waiting

CONSULTS_OF_A_LIFE = 1_000
"""Consults are named by talk and number, and how many an engine before us counted is in no journal: the numbers of each
life begin where no other comes to, so that no name is given twice."""


class Adoption:
    """The part of the engine that reconciles memory, journal and switch."""

    def __init__(
        self,
        state: State,
        dispatch: Dispatch,
        offering: Offering,
        talk: Talk,
        waiting: Waiting,
        callbacks: Callbacks,
    ) -> None:
        self._state = state
        self._callbacks = callbacks
        self._dispatch = dispatch
        self._offering = offering
        self._talk = talk
        self._waiting = waiting

    def restored(self, event: ContactRestored) -> None:
        self._state.restored[event.contact] = event

    def offer_restored(self, event: OfferRestored) -> None:
        self._state.restored_offers[event.offer] = event

    def lost(self) -> None:
        """Nothing is decided blind: offers in flight are unknown until the switch is seen again."""
        state = self._state
        if state.switch_connected:
            state.switch_connected = False
            state.notices.append(SwitchStateChanged(connected=False))
        for offer in state.offers.values():
            state.deadlines.clear(Due.ANSWER_OWED, offer.id)

    def died(self) -> None:
        """Its calls are gone: agents are free at once. What became of each citizen, the next look says.

        Should it live after all, behind a port that refused us, that look finds them talking, as after any start.
        """
        state = self._state
        if state.switch_connected:
            self.lost()
        for offer in list(state.offers.values()):
            if offer.state is OfferState.OPEN:
                self._offering.withdrawn_by_switch(offer)
                continue
            contact, agent = state.contacts.get(offer.contact), state.agents.get(offer.agent)
            if contact is not None and contact.agent_leg == LegId(offer.id):
                self._talk.let_go(contact)
            del state.offers[offer.id]
            state.spend(offer.id, leg_ended=False)
            if agent is not None and agent.offer == offer.id:
                self._offering.contact_over(agent)

    def seen(self, event: SwitchSeen) -> None:
        state = self._state
        # seen again without a loss between: offers made since the look are not in the picture, and not lost
        was_lost = not state.switch_connected
        state.switch_connected = False  # nobody is offered to anybody before every leg is in its place
        event = self._callbacks.seen_before(event, was_lost=was_lost)
        legs = frozenset[str](leg.leg for leg in event.legs)
        places = {leg.contact: leg.place for leg in event.legs if leg.role is Role.CITIZEN}
        before = frozenset(state.contacts)
        for offer in [offer for offer in state.restored_offers.values() if offer.offer not in legs]:
            self._close_restored(offer)
        self._bury_the_gone(event, legs, was_lost=was_lost)
        for leg in event.legs:
            if leg.role is Role.CITIZEN:
                self._citizen(leg)
        for leg in event.legs:
            if leg.role is Role.AGENT:
                self._agent(leg, was_lost=was_lost)
        for leg in event.legs:
            if leg.role is Role.RECIPIENT:
                self._recipient(leg, citizen_at=places.get(leg.contact, ""))
        for leg in event.legs:
            contact = state.contacts.get(leg.contact)
            if leg.role is Role.CITIZEN and contact is not None:
                self._rescue(contact, leg.place)
        for offer in list(state.restored_offers.values()):
            # its phone rings for nobody any more
            state.commands.append(WithdrawOffer(offer.offer, offer.contact))
            self._close_restored(offer)
        state.restored.clear()
        self._offering.take_up_intentions()
        self._callbacks.seen()
        state.switch_connected = True
        adopted = len(state.contacts.keys() - before)
        state.notices.append(SwitchStateChanged(connected=True, adopted_contacts=adopted))
        self._offering.match_all()

    def _close_restored(self, offer: OfferRestored) -> None:
        del self._state.restored_offers[offer.offer]
        self._offering.close_restored(offer)

    def _bury_the_gone(self, event: SwitchSeen, legs: Container[str], *, was_lost: bool) -> None:
        state = self._state
        for gone in [contact for contact in state.contacts.values() if contact.id not in legs and not contact.awaited]:
            self._talk.citizen_left(gone)
            self._dispatch.ended(gone, self._fate(gone, event))
        for offer in [offer for offer in state.offers.values() if offer.id not in legs]:
            if offer.state is OfferState.ANSWERED:
                self._talk.agent_left(offer)
            elif was_lost:
                self._offering.withdrawn_by_switch(offer)
        for recipient in [leg for leg in state.recipients if leg not in legs]:
            self._talk.recipient_left(recipient)
        for open_contact in [c for c in state.restored.values() if c.contact not in legs]:
            if open_contact.contact in state.ended:
                continue
            gone = self._from_journal(open_contact)
            if gone.request is not None and gone.queued_at_ms is not None and gone.answered_at_ms is None:
                self._waiting.join(gone)  # the place is kept for a caller who dials again
            self._dispatch.ended(gone, self._fate(gone, event))

    def _fate(self, contact: Contact, event: SwitchSeen) -> Disposition | None:
        """What became of a citizen while nobody looked; None: what the contact's own state says."""
        if contact.id in event.fell_back:
            return Disposition.FALLBACK
        if event.restarted and contact.answered_at_ms is None:
            return Disposition.SWITCH_FAILURE
        return None

    def _from_journal(self, restored: ContactRestored) -> Contact:
        contact = Contact(restored.contact, restored.number, restored.caller, self._past(restored.arrived_at_ms))
        contact.since_ms = self._state.now_ms
        contact.request = restored.request
        if restored.queued_at_ms is not None:
            contact.queued_at_ms = self._past(restored.queued_at_ms)
        if restored.answered_at_ms is not None:
            contact.answered_at_ms = self._past(restored.answered_at_ms)
        if restored.place_ms is not None:
            contact.place_ms, contact.recalled = self._past(restored.place_ms), True
        contact.last_agent = restored.agent
        contact.offers = restored.offers
        if restored.request is not None and contact.queued_at_ms is not None and contact.answered_at_ms is not None:
            promise_ms = self._state.queue(restored.request.queue).promise_ms
            contact.within_promise = contact.answered_at_ms - contact.queued_at_ms <= promise_ms
        self._state.contacts[contact.id] = contact
        return contact

    def _past(self, at_ms: int) -> int:
        """A time of an earlier life, whatever the wall clock did since."""
        return min(at_ms, self._state.now_ms)

    def _citizen(self, leg: LegSeen) -> None:
        state = self._state
        contact = state.contacts.get(leg.contact)
        if contact is None:
            restored = state.restored.get(leg.contact)
            if restored is not None:
                contact = self._from_journal(restored)
            else:
                contact = self._dispatch.known(leg.contact, leg.number, leg.caller, leg.queued_at_ms, adopted=True)
            if contact is None:
                return
        self._callbacks.found(contact)
        contact.request = contact.request or leg.request
        if contact.request is not None and leg.request is not None:
            # the journal tells it together with the queue's own, which would count twice
            contact.request = replace(contact.request, priority=leg.request.priority)
        if contact.queued_at_ms is None and leg.queued_at_ms is not None:
            contact.queued_at_ms = self._dispatch.stamped(contact, leg.queued_at_ms)
        if contact.desk is None and contact.request is not None and contact.queued_at_ms is not None:
            self._waiting.join(contact)

    def _agent(self, leg: LegSeen, *, was_lost: bool) -> None:
        state = self._state
        contact = state.contacts.get(leg.contact)
        if contact is None or not leg.agent:
            return
        offer = state.offers.get(OfferId(leg.leg))
        if leg.up and leg.place in ("talk", "consult"):
            if contact.agent is None:
                self._remember_the_end(OfferId(leg.leg), leg.contact)
                since_ms = self._dispatch.stamped(contact, leg.talking_since_ms or state.now_ms)
                since_ms = max(since_ms, contact.queued_at_ms or since_ms)
                taken = self._offering.take(contact, leg.agent, OfferId(leg.leg), since_ms)
                contact.transfers = max(contact.transfers, state.epoch * CONSULTS_OF_A_LIFE)
                if taken is not None and leg.place == "consult":
                    self._talk.adopt(contact, TransferState.HELD, None)
            elif contact.agent_leg == leg.leg and leg.place == "talk" and was_lost:
                self._talk.step(contact, TransferStimulus.RESUMED)
        elif offer is not None and offer.state is OfferState.OPEN:
            if was_lost:
                owed_at_ms = max(offer.made_at_ms + offer.ring_ms, state.now_ms) + ANSWER_OWED_MS
                state.deadlines.set(Due.ANSWER_OWED, offer.id, owed_at_ms)
        elif offer is None and contact.agent is None:
            self._remember_the_end(OfferId(leg.leg), leg.contact)
            agent = state.agents.get(leg.agent)
            if OfferId(leg.leg) not in state.spent and agent is not None and agent.state is AgentState.IDLE:
                self._ringing(contact, agent, leg)

    def _remember_the_end(self, offer: OfferId, contact: ContactId) -> None:
        """The journal knows this contact's offers, and has no open one of that name: its end has been told once."""
        state = self._state
        restored = state.restored.get(contact)
        if (
            restored is not None
            and restored.offers
            and offer not in state.offers
            and offer not in state.restored_offers
        ):
            state.spend(offer, leg_ended=False)

    def _ringing(self, contact: Contact, agent: Agent, leg: LegSeen) -> None:
        """A phone that an engine before us made ring."""
        state = self._state
        if contact.phase not in WAITING:
            if contact.request is None or contact.queued_at_ms is None or contact.phase is not ContactPhase.IN_FLOW:
                return
            self._dispatch.stand(contact)
        if contact.second_offer is not None:
            return
        assert contact.request is not None, "only who joined a queue can wait"
        settings = state.queue(contact.request.queue)
        restored = state.restored_offers.pop(OfferId(leg.leg), None)
        made_at_ms = state.now_ms if restored is None else self._past(restored.made_at_ms)
        offer = Offer(OfferId(leg.leg), contact.id, agent.id, settings.id, made_at_ms, settings.ring_ms)
        state.offers[offer.id] = offer
        state.routing.remove(contact.id)
        agent.offer = offer.id
        agent.contact = contact.id
        if contact.offer is None:
            contact.offer = offer.id
            state.move_contact(contact, ContactStimulus.OFFER_STARTED)
        else:
            contact.second_offer = offer.id
        state.move_agent(agent, AgentStimulus.OFFER_STARTED)
        state.deadlines.set(Due.ANSWER_OWED, offer.id, state.now_ms + settings.ring_ms + ANSWER_OWED_MS)

    def _recipient(self, leg: LegSeen, *, citizen_at: str) -> None:
        state = self._state
        contact = state.contacts.get(leg.contact)
        if contact is None:
            return
        contact.recipient_leg = leg.leg
        state.recipients[leg.leg] = contact.id
        if leg.place == "handed" or (leg.up and citizen_at == "conference" and contact.agent is None):
            if contact.transfer_id is not None:
                self._talk.handed(CitizenHanded(contact.id, contact.transfer_id))
            elif contact.phase is not ContactPhase.CONNECTED:
                state.routing.remove(contact.id)
                self._offering.withdraw(contact)
                state.waits_no_more(contact)
                contact.answered_at_ms = contact.answered_at_ms or state.now_ms
                state.move_contact(contact, ContactStimulus.ANSWERED)
            self._talk.adopt(contact, TransferState.HANDED_OVER, None)
        elif contact.agent is not None and contact.transfer is TransferState.HELD:
            up = TransferState.CONFERENCE if citizen_at == "conference" else TransferState.CONSULTING
            self._talk.adopt(contact, up if leg.up else TransferState.RINGING, leg.transfer)

    def _rescue(self, contact: Contact, place: str) -> None:
        """Whoever has nobody: into the queue, at the old age. A citizen who was fetched still says where from."""
        if contact.agent is not None or contact.recipient_leg is not None:
            return
        match place, contact.phase:
            case "fallback", phase if phase is not ContactPhase.FALLING_BACK:
                self._talk.let_go(contact)
                self._dispatch.fall_back(contact)
            case "wait", ContactPhase.IN_FLOW if self._dispatch.just_sent_on(contact):
                pass  # whoever was not let go after all says so from the wait context
            case "wait" | "hold" | "conference", ContactPhase.IN_FLOW if contact.request is not None:
                if contact.queued_at_ms is None:
                    contact.queued_at_ms = self._state.now_ms
                self._dispatch.stand(contact)
                if place != "wait":
                    self._state.commands.append(ReturnToQueue(contact.id))
            case "wait" | "hold" | "conference", ContactPhase.CONNECTED:
                self._talk.let_go(contact)
                self._dispatch.return_to_queue(contact)
                if place != "wait":
                    self._state.commands.append(ReturnToQueue(contact.id))
            case "forwarded", ContactPhase.IN_FLOW if contact.answered_at_ms is None:
                contact.answered_at_ms = self._state.now_ms
            case "survey", ContactPhase.IN_FLOW:
                contact.answered_at_ms = contact.answered_at_ms or self._state.now_ms
                contact.surveyed_at_ms = self._state.now_ms
                self._state.move_contact(contact, ContactStimulus.ANSWERED)
            case "after", ContactPhase.IN_FLOW if contact.answered_at_ms is not None:
                self._state.move_contact(contact, ContactStimulus.ANSWERED)
