"""Bringing contacts and agents together: who seeks whom, when, and the offer that follows.

Routing is driven by events: a contact that starts waiting looks for an agent, an agent who becomes free looks for a
contact, each at once. Nobody polls, so an idle agent and a contact that the agent may take never stand side by side
(invariant I6). *May* is the word: the reserve of a small desk may keep them apart until a promise is about to break,
and a contact may stand for one preferred agent for a while; each such while ends in a deadline.

One moment may let go several: an agent leaves for whom some stood, two need less in the same millisecond, the hours for
callbacks begin. Then each takes its place before anybody seeks (`wants_agent`), and they seek in the queue's order
(`match_wanting`), which the engine asks for when the moment is over: our loops and names decide nothing.
"""

from ivr_engine.core.agent import Agent, AgentStimulus
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.contact import Contact, ContactStimulus
from ivr_engine.core.deadlines import Due
from ivr_engine.core.dialling import begin, start_offer
from ivr_engine.core.notices import ContractorBooked, OfferMade, WaitExplained
from ivr_engine.core.offer import ANSWER_OWED_MS, Offer
from ivr_engine.core.routing import Choice
from ivr_engine.core.routing_books import IDLE, STANDINGS, Desk
from ivr_engine.core.routing_lines import LineRules
from ivr_engine.core.routing_shares import CENTRE, account_of
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, OfferId, Presence


class Seeking:
    """The part of the engine that matches."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._wants_second: dict[ContactId, None] = {}
        """Whose phone has rung for long, with no other agent idle then. As many as ring at most."""
        self._wanting: dict[ContactId, None] = {}
        """Let go in this moment, in their places, and not matched yet. As many as wait at most."""

    # ── a contact seeks ─────────────────────────────────────────────────────────────────────────────────────────────
    def seek_agent(self, contact: Contact) -> None:
        """Offer the contact to the best free agent, or let it stand in its place; after whom it comes, if others were
        let go in this moment."""
        if self._wanting:
            self.wants_agent(contact)
            self.match_wanting()
        else:
            self._seek_agent(contact)

    def _seek_agent(self, contact: Contact) -> None:
        state = self._state
        choice = self._choose(contact) if state.switch_connected else None
        if choice is None:
            self._place(contact)
            if state.routing.policy.explains:
                self._explain_wait(contact)
            return
        self._offer(contact, state.agents[choice.agent], choice.candidates, choice.reason)

    def wants_agent(self, contact: Contact) -> None:
        """Into its place; it seeks with everybody who is let go in this moment."""
        self._place(contact)
        self._wanting[contact.id] = None

    def match_wanting(self) -> None:
        """The moment is over: whoever it let go seeks, in the queue's order."""
        if not self._wanting:
            return
        state = self._state
        wanting = [contact for contact in self._wanting if state.routing.stands(contact)]
        self._wanting.clear()
        if len(wanting) > 1:
            wanting = state.routing.in_order(state.now_ms, wanting)
        for contact in wanting:
            self._seek_agent(state.contacts[contact])

    def _desk(self, contact: Contact) -> Desk:
        """Where contacts of these needs stand; made anew where it was forgotten while a phone rang or during a talk."""
        desk = contact.desk
        assert desk is not None
        if desk.forgotten:
            desk = contact.desk = self._state.routing.books.desk(contact.needs)
        return desk

    def _choose(self, contact: Contact) -> Choice | None:
        state, desk, request = self._state, self._desk(contact), contact.request
        assert request is not None
        if contact.preferred is not None:
            if state.routing.is_idle(contact.preferred) and self._fits(contact.preferred, desk):
                return Choice(contact.preferred, desk.idle, "preferred agent")
            if self._stands_for(contact) is not None:
                return None
        if not desk.counts[IDLE]:
            return None
        settings = state.queue(request.queue)
        return state.routing.choose_agent(desk, settings, contact.place_ms, state.now_ms, contact.requirement)

    def _fits(self, agent: AgentId, desk: Desk) -> bool:
        member = self._state.routing.books.members.get(agent)
        return member is not None and desk.requirement.met_by(member.crew.skills)

    def _stands_for(self, contact: Contact) -> AgentId | None:
        """The agent for whom the contact stands: on duty, able, and not for longer than agreed."""
        state, preferred = self._state, contact.preferred
        agent = state.agents.get(preferred) if preferred is not None else None
        if agent is None or agent.removed or agent.presence is not Presence.AVAILABLE:
            return None
        if state.now_ms >= contact.preferred_until_ms:
            return None
        assert contact.desk is not None
        return agent.id if self._fits(agent.id, contact.desk) else None

    def _place(self, contact: Contact) -> None:
        """Into the place that its age and priority give it."""
        state, request, desk = self._state, contact.request, self._desk(contact)
        assert request is not None
        settings = state.queue(request.queue)
        rules = LineRules.of(
            priority=request.priority + settings.priority + contact.raised,
            promise_ms=settings.promise_ms,
            order=settings.order,
            guard_ms=settings.guard_ms,
            aging_ms=settings.aging_ms,
            late=settings.late,
            returning=contact.recalled or contact.answered_at_ms is not None,
        )
        only = self._stands_for(contact) if contact.preferred is not None else None
        state.routing.place(contact.id, desk, rules, contact.place_ms, only=only)
        if only is not None:
            contact.timed = True
            state.deadlines.set(Due.PREFERRED, contact.id, contact.preferred_until_ms)
        yields_at_ms = state.routing.yields_at_ms(contact.place_ms, settings.promise_ms)
        if yields_at_ms is not None and yields_at_ms > state.now_ms:
            contact.timed = True
            state.deadlines.set(Due.YIELD, contact.id, yields_at_ms)

    def seek_again(self, contact: ContactId) -> None:
        """Something that kept the contact from an agent is over: its preferred agent's time, or the reserve."""
        waiting = self._state.contacts.get(contact)
        if waiting is not None and waiting.phase is ContactPhase.QUEUED:
            self.wants_agent(waiting)

    def _release(self, agent: Agent) -> None:
        """Who stands for this agent alone waits for nobody who has gone."""
        for contact in self._state.routing.waiting_for(agent.id):
            self.seek_again(contact)

    def release_all(self) -> None:
        """After a new configuration everybody stands by its rules, and nobody for an agent who is gone or has other
        skills now: whoever joins later goes by the same rules."""
        for contact in self._state.routing.in_order(self._state.now_ms):
            self._place(self._state.contacts[contact])

    # ── an agent seeks ──────────────────────────────────────────────────────────────────────────────────────────────
    def seek_contact(self, agent: Agent) -> None:
        """Offer a free agent the contact that should be served next, or one whose phone rings in vain."""
        state = self._state
        if agent.removed or agent.presence is not Presence.AVAILABLE:
            self._release(agent)
        if not state.switch_connected or agent.id not in state.agents or not agent.routable:
            return
        if self._take_next(agent) or (self._wants_second and self._take_second(agent)):
            return
        if state.routing.policy.reserve_agents:
            # one more colleague is idle at a small desk: another one's reserve may not be needed now
            for kept in state.routing.kept_back(state.routing.books.members[agent.id].crew):
                if state.agents[kept].routable:
                    self._take_next(state.agents[kept])

    def _take_next(self, agent: Agent) -> bool:
        state = self._state
        turn = state.routing.choose_contact(agent.id, state.now_ms)
        if turn is None:
            return False
        self._offer(state.contacts[turn.contact], agent, turn.candidates, turn.reason)
        return True

    def match_all(self) -> None:
        """Everybody who waits, in order: after the switch came back or a configuration changed."""
        state = self._state
        if not state.routing.waiting:
            return
        for contact in state.routing.in_order(state.now_ms):
            if not state.routing.idle:
                return
            self._wanting.pop(contact, None)
            self._seek_agent(state.contacts[contact])

    # ── a second phone ──────────────────────────────────────────────────────────────────────────────────────────────
    def second_due(self, contact: ContactId) -> None:
        """The first phone has rung for long: another agent's rings too, now or when one is idle."""
        ringing = self._state.contacts.get(contact)
        if ringing is None or ringing.phase is not ContactPhase.OFFERED or ringing.second_offer is not None:
            return
        choice = self._choose(ringing) if self._state.switch_connected else None
        if choice is None:
            self._wants_second[contact] = None
        else:
            self._offer(ringing, self._state.agents[choice.agent], choice.candidates, f"second phone; {choice.reason}")

    def _take_second(self, agent: Agent) -> bool:
        state = self._state
        for contact in [state.contacts[wanting] for wanting in self._wants_second]:
            desk = contact.desk
            if desk is not None and self._fits(agent.id, desk):
                self._offer(contact, agent, 1, "second phone; the only one idle")
                return True
        return False

    def _needs_no_second(self, contact: Contact) -> None:
        if contact.timed:
            self._state.deadlines.clear(Due.SECOND_OFFER, contact.id)
            self._wants_second.pop(contact.id, None)

    # ── the offer ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _offer(self, contact: Contact, agent: Agent, candidates: int, reason: str) -> None:
        state = self._state
        request, queued_at_ms, desk = contact.request, contact.queued_at_ms, contact.desk
        assert request is not None
        assert queued_at_ms is not None
        assert desk is not None
        settings = state.queue(request.queue)
        contact.offers += 1
        contact.reason = reason
        not_free = _not_free(desk) if state.routing.policy.explains else {}
        offer = Offer(
            id=OfferId(f"{_leg_prefix(contact)}{contact.id}-e{state.epoch}-{contact.offers}"),
            contact=contact.id,
            agent=agent.id,
            queue=request.queue,
            made_at_ms=state.now_ms,
            skills=contact.requirement,
            ring_ms=settings.ring_ms
            if not settings.ring.by_promise or contact.awaited
            else _ring_ms(settings, contact.promise_at_ms - state.now_ms, others=candidates > 1),
        )
        state.offers[offer.id] = offer
        agent.offer = offer.id
        agent.contact = contact.id
        if contact.offer is None:
            state.routing.remove(contact.id)
            contact.offer = offer.id
            state.move_contact(contact, ContactStimulus.OFFER_STARTED)
            after_ms = settings.ring.second_offer_after_ms
            if 0 < after_ms < offer.ring_ms and not contact.awaited:
                contact.timed = True
                state.deadlines.set(Due.SECOND_OFFER, contact.id, state.now_ms + after_ms)
        else:
            contact.second_offer = offer.id
            self._needs_no_second(contact)
        state.move_agent(agent, AgentStimulus.OFFER_STARTED)
        state.deadlines.set(Due.ANSWER_OWED, offer.id, state.now_ms + offer.ring_ms + ANSWER_OWED_MS)
        if contact.awaited:
            begin(state, contact, offer)
        else:
            state.commands.append(start_offer(state, contact, offer))
        state.notices.append(
            OfferMade(
                offer=offer.id,
                contact=contact.id,
                agent=agent.id,
                queue=request.queue,
                waited_ms=state.now_ms - queued_at_ms,
                ring_ms=offer.ring_ms,
                candidates=candidates,
                reason=reason,
                not_free=not_free,
                second=contact.second_offer is not None,
            )
        )
        if settings.contractor_shares and agent.settings.contractor in settings.contractor_shares:
            self._book(offer, agent, settings, 1)

    def _book(self, offer: Offer, agent: Agent, settings: QueueSettings, by: int) -> None:
        """A contact to a contractor's account, or back out of it."""
        state = self._state
        ledger, contractor = state.routing.ledger, agent.settings.contractor
        account = account_of(settings.id, offer.skills)
        ledger.book(account, settings.contractor_shares, settings.share_interval_ms, contractor, state.now_ms, by=by)
        offer.booked = by > 0
        state.notices.append(
            ContractorBooked(
                offer=offer.id,
                contact=offer.contact,
                queue=settings.id,
                contractor=contractor,
                by=by,
                owed=ledger.owed(account),
                skills=account[1],
                owed_by_centre=ledger.owed(CENTRE),
            )
        )

    def _explain_wait(self, contact: Contact) -> None:
        state, desk, request = self._state, contact.desk, contact.request
        assert desk is not None
        assert request is not None
        state.notices.append(
            WaitExplained(
                contact=contact.id,
                queue=request.queue,
                needs=str(contact.needs),
                ahead=state.routing.ahead(contact.id),
                not_free=_not_free(desk),
                kept_back=desk.idle if state.switch_connected else 0,
                out_of_sight=not state.switch_connected,
                stands_for=state.routing.stands_for(contact.id) or "",
            )
        )


def _leg_prefix(contact: Contact) -> str:
    """Asterisk refuses a channel whose uniqueid another one's begins with: the dialled citizen's leg comes second."""
    return "o" if contact.callback is not None else ""


def _not_free(desk: Desk) -> dict[str, int]:
    """How many agents who could, by why they cannot now."""
    return {word: count for word, count in zip(STANDINGS[1:], desk.counts[1:], strict=True) if count}


def _ring_ms(settings: QueueSettings, left_ms: int, *, others: bool) -> int:
    """How long this phone may ring: by what is left of the promise, where another agent could still keep it."""
    rules = settings.ring
    if not others or left_ms <= 0:
        return settings.ring_ms
    shared_ms = left_ms - rules.floor_ms if left_ms >= 2 * rules.floor_ms else max(rules.floor_ms, left_ms)
    return min(settings.ring_ms, shared_ms)
