"""What becomes of offers: answering, RONA, withdrawal. What it means for the agents who got them is `duty`'s.

Two phones may ring for one contact. The switch lets one of them win, so here the invariant is that never two agents
talk with one citizen: who is answered by one is withdrawn from the other, and who is missed by one still rings at the
other; only when neither rings is the contact back in its old place.
"""

from ivr_engine.core.agent import Agent, AgentStimulus
from ivr_engine.core.commands import WithdrawOffer
from ivr_engine.core.contact import Contact, ContactStimulus
from ivr_engine.core.deadlines import Due
from ivr_engine.core.duty import Duty
from ivr_engine.core.estimate import learn_wait
from ivr_engine.core.events import OfferAnswered, OfferFailed, OfferRestored
from ivr_engine.core.notices import ContactConnected, OfferEnded
from ivr_engine.core.offer import EXPLANATION_OWED_MS, OFFER_STATES, STIMULUS_OF, Offer, OfferState, OfferStimulus
from ivr_engine.core.recording import unrecorded_talk
from ivr_engine.core.vocabulary import (
    UNKNOWN_QUEUE,
    AgentId,
    AgentState,
    ContactPhase,
    LegId,
    OfferFailure,
    OfferId,
    TransferState,
)


class Offering(Duty):
    """The part of the engine that brings contacts and agents together."""

    def answered(self, event: OfferAnswered) -> Offer | None:
        """The agent's voice: the promise's clock stops here. None if that changed nothing."""
        state = self._state
        contact = state.contacts.get(event.contact)
        if contact is None or contact.agent is not None or state.spent.get(event.offer):
            return None  # the citizen left in the same moment, or we know, or it is over: late but harmless
        return self.take(contact, event.agent, event.offer, state.now_ms)

    def take(self, contact: Contact, by: AgentId, offer_id: OfferId, since_ms: int) -> Offer | None:
        """The switch has them talking: whatever else rings for either is withdrawn. None if the agent talks already."""
        state = self._state
        agent = state.agent_seen(by)
        if agent.state is AgentState.ON_CONTACT:
            return None
        offer = state.offers.get(offer_id)
        if offer is None:
            # given up by us, or made by an engine before us: the switch connected it all the same
            queue = contact.request.queue if contact.request else UNKNOWN_QUEUE
            restored = state.restored_offers.pop(offer_id, None)
            made_at_ms = since_ms if restored is None else min(restored.made_at_ms, since_ms)
            offer = state.offers[offer_id] = Offer(offer_id, contact.id, agent.id, queue, made_at_ms, 0)
        # two steps: nobody seeks before this pair is out of the pools
        freed: list[Offer | None] = []
        if contact.offer != offer.id or contact.second_offer is not None:
            freed = [self._retract(other) for other in _offers(contact) if other != offer.id]
        parted = self._retract(agent.offer) if agent.offer not in (None, offer.id) else None
        agent = state.agent_seen(by)  # who is off the list was forgotten as the other phone stopped
        if offer.id in state.spent:
            offer.state = OfferState.ANSWERED  # its end has been told once
        else:
            self._close(offer, OfferStimulus.PICKED_UP, None, since_ms)
        self._connect(contact, agent, offer, since_ms)
        for over in (*freed, parted):
            if over is not None:
                other = state.contacts.get(over.contact)
                self._seek_both(other if other is not contact else None, state.agents.get(over.agent))
        return offer

    def _retract(self, offer_id: OfferId | None) -> Offer | None:
        """Stops an open offer whose contact or agent is taken; who is free by it may seek when all is in place."""
        state = self._state
        offer = state.offers.pop(offer_id) if offer_id in state.offers else None
        if offer is None:
            return None
        self._close(offer, OfferStimulus.NOT_NEEDED, None)
        state.spend(offer.id, leg_ended=offer.leg_ended)
        state.commands.append(WithdrawOffer(offer.id, offer.contact))
        agent = state.agents.get(offer.agent)
        if agent is not None and agent.offer == offer.id:
            state.move_agent(agent, AgentStimulus.OFFER_OVER)
        contact = state.contacts.get(offer.contact)
        if contact is not None and self._part(contact, offer.id):
            self._place(contact)
        return offer

    def _part(self, contact: Contact, offer: OfferId) -> bool:
        """The contact has this offer no more; True when no phone rings for it now and it is queued again."""
        if contact.second_offer == offer:
            contact.second_offer = None
            return False
        if contact.offer != offer:
            return False
        contact.offer, contact.second_offer = contact.second_offer, None
        if contact.offer is not None:
            return False
        self._needs_no_second(contact)
        self._state.move_contact(contact, ContactStimulus.OFFER_OVER)
        return True

    def _connect(self, contact: Contact, agent: Agent, offer: Offer, answered_at_ms: int) -> None:
        """Agent and citizen hear each other."""
        state = self._state
        state.routing.remove(contact.id)
        if contact.timed:
            self._needs_no_second(contact)
        state.waits_no_more(contact)
        contact.offer = contact.second_offer = None
        contact.agent = agent.id
        contact.last_agent = agent.id
        contact.agent_leg = LegId(offer.id)
        contact.transfer = TransferState.TALKING
        contact.transfer_since_ms = state.now_ms
        agent.offer = offer.id
        agent.contact = contact.id
        agent.misses = 0
        agent.rests_until_ms = None
        state.deadlines.clear(Due.REST, agent.id)
        state.deadlines.clear(Due.WRAP_UP, agent.id)
        agent.wrap_up_until_ms = None
        agent.desk = contact.desk
        if contact.request is not None:
            agent.after_work = self._after_work(agent, contact.request.queue)
        state.move_contact(contact, ContactStimulus.ANSWERED)
        state.move_agent(agent, AgentStimulus.OFFER_ANSWERED)
        if contact.answered_at_ms is None:
            contact.answered_at_ms = answered_at_ms
            queued_at_ms = contact.queued_at_ms if contact.queued_at_ms is not None else contact.arrived_at_ms
            wait_ms = max(0, answered_at_ms - queued_at_ms)
            request, said, told = contact.request, contact.said, contact.announced_range
            settings = state.queue(request.queue) if request else None
            contact.within_promise = settings is not None and answered_at_ms <= contact.promise_at_ms
            if contact.desk is not None:
                state.routing.served(contact.desk, within=contact.within_promise)
                if contact.said is not None:
                    learn_wait(contact.desk, contact.said, answered_at_ms)
            if settings is not None and settings.last_agent_wait_ms:
                state.recall.spoke(contact.caller, agent.id, state.now_ms)
            state.notices.append(
                ContactConnected(
                    contact=contact.id,
                    agent=agent.id,
                    offer=offer.id,
                    queue=request.queue if request else UNKNOWN_QUEUE,
                    agency=request.agency if request else "",
                    language=request.language if request else "",
                    answered_at_ms=answered_at_ms,
                    wait_ms=wait_ms,
                    within_promise=contact.within_promise,
                    expected_from_ms=None if said is None else max(0, said.from_at_ms - queued_at_ms),
                    expected_to_ms=None if said is None else max(0, said.to_at_ms - queued_at_ms),
                    announced_from_ms=None if told is None else max(0, told[0] - queued_at_ms),
                    announced_to_ms=None if told is None else max(0, told[1] - queued_at_ms),
                )
            )
        unrecorded = unrecorded_talk(contact, agent.id, offer)
        if unrecorded is not None:
            state.notices.append(unrecorded)
        state.reached(contact)

    def failed(self, event: OfferFailed) -> None:
        """RONA and its cousins: the contact to its old place, the agent to rest by cause."""
        offer = self._state.offers.get(event.offer)
        if offer is not None and offer.state is OfferState.OPEN:
            self._give_up(offer, STIMULUS_OF[event.cause], event.cause)

    def answer_owed(self, offer: OfferId) -> None:
        """The switch never told how it went."""
        open_offer = self._state.offers.get(offer)
        if open_offer is not None and open_offer.state is OfferState.OPEN:
            self._give_up(open_offer, OfferStimulus.UNREACHABLE, OfferFailure.UNREACHABLE)

    def agent_leg_ended_unanswered(self, offer: Offer) -> None:
        """Gone without an answer: the switch says why in the next moment, or never."""
        if offer.leg_ended:
            return
        offer.leg_ended = True
        if offer.ready:
            # picked up for a callback, and away before the citizen was there
            self._give_up(offer, OfferStimulus.REJECTED, OfferFailure.DECLINED)
            return
        self._state.deadlines.set(Due.ANSWER_OWED, offer.id, self._state.now_ms + EXPLANATION_OWED_MS)

    def _give_up(self, offer: Offer, stimulus: OfferStimulus, cause: OfferFailure) -> None:
        state = self._state
        self._close(offer, stimulus, cause)
        if offer.ready and not offer.leg_ended:
            state.commands.append(WithdrawOffer(offer.id, offer.contact))
        del state.offers[offer.id]
        state.spend(offer.id, leg_ended=offer.leg_ended)
        agent = state.agents.get(offer.agent)
        contact = state.contacts.get(offer.contact)
        if contact is not None and not self._part(contact, offer.id):
            contact = None
        if agent is not None and agent.offer == offer.id:
            self._rest(agent, cause)
            state.move_agent(agent, AgentStimulus.OFFER_OVER)
        self._seek_both(contact, agent)

    def _seek_both(self, contact: Contact | None, agent: Agent | None) -> None:
        """Parted: first the contact takes its place, so that the agent gets whoever is the first in order."""
        if contact is not None and contact.phase is ContactPhase.QUEUED:
            self.wants_agent(contact)
        if agent is not None:
            self.seek_contact(agent)

    def withdrawn_by_switch(self, offer: Offer) -> None:
        """The switch holds no such leg (any more): nobody's fault, and the contact seeks again."""
        self._give_up(offer, OfferStimulus.NOT_NEEDED, OfferFailure.LOST)

    def close_restored(self, restored: OfferRestored) -> None:
        """An engine before us made it, and no phone rings for it any more: the end that nobody told."""
        made_at_ms = min(restored.made_at_ms, self._state.now_ms)
        offer = Offer(restored.offer, restored.contact, restored.agent, restored.queue, made_at_ms, 0)
        self._close(offer, OfferStimulus.NOT_NEEDED, OfferFailure.LOST)
        self._state.spend(offer.id, leg_ended=False)

    def withdraw(self, contact: Contact) -> None:
        """The contact needs no offer any more: stop the ringing."""
        state = self._state
        if contact.offer is None:
            return
        offers = [state.offers.pop(offer) for offer in _offers(contact)]
        contact.offer = contact.second_offer = None
        self._needs_no_second(contact)
        for offer in offers:
            self._close(offer, OfferStimulus.NOT_NEEDED, None)
            state.spend(offer.id, leg_ended=offer.leg_ended)
            state.commands.append(WithdrawOffer(offer.id, contact.id))
        for offer in offers:
            agent = state.agents.get(offer.agent)
            if agent is not None and agent.offer == offer.id:
                state.move_agent(agent, AgentStimulus.OFFER_OVER)
                self.seek_contact(agent)

    def _close(
        self, offer: Offer, stimulus: OfferStimulus, cause: OfferFailure | None, at_ms: int | None = None
    ) -> None:
        """The one end of an offer; `at_ms` where it came before we learnt of it."""
        state = self._state
        offer.state = OFFER_STATES.after(offer.state, stimulus)
        state.deadlines.clear(Due.ANSWER_OWED, offer.id)
        state.notices.append(
            OfferEnded(
                offer=offer.id,
                contact=offer.contact,
                agent=offer.agent,
                queue=offer.queue,
                result=offer.result,
                cause=cause,
                rang_ms=max(0, (state.now_ms if at_ms is None else at_ms) - offer.made_at_ms),
            )
        )
        if offer.booked and offer.state is not OfferState.ANSWERED:
            agent = state.agents.get(offer.agent)
            if agent is not None:
                self._book(offer, agent, state.queue(offer.queue), -1)


def _offers(contact: Contact) -> list[OfferId]:
    """Every phone that rings for the contact."""
    return [offer for offer in (contact.offer, contact.second_offer) if offer is not None]
