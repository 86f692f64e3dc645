"""Everything the core knows at one moment, and the two lists into which a decision is written.

Only the engine's own parts (dispatch, talk, adoption) touch it; nobody outside ever receives it.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from ivr_engine.core.agent import AGENT_STATES, Agent, AgentStimulus
from ivr_engine.core.callback import CALLBACK_STATES, Callback, CallbackStimulus
from ivr_engine.core.commands import Command
from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings
from ivr_engine.core.contact import CONTACT_PHASES, Contact, ContactStimulus
from ivr_engine.core.deadlines import Deadlines, Due
from ivr_engine.core.errors import UnknownAgent
from ivr_engine.core.events import ContactRestored, OfferRestored
from ivr_engine.core.notices import AgentChanged, CallbackEnded, CallbackMoved, ContactMoved, Notice
from ivr_engine.core.offer import Offer
from ivr_engine.core.recall import Recall
from ivr_engine.core.requirement import Requirement, both, requirement_of
from ivr_engine.core.routing import Routing
from ivr_engine.core.routing_books import DESKS, Desk
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackEnd,
    CallbackId,
    ContactId,
    LegId,
    OfferId,
    QueueId,
    Skill,
)

TOMBSTONES = 10_000
"""How many ended contacts, and spent offers, are remembered so that late facts do not raise them again: two minutes at
80 calls/s, the longest delay of events that was ever seen on a switch (asterisk#2145)."""


WHILE_WAITING = (
    Due.RELAX,
    Due.ESCALATE,
    Due.YIELD,
    Due.PREFERRED,
    Due.SECOND_OFFER,
    Due.TOO_LONG,
    Due.ANNOUNCE,
    Due.CLOSED,
)


@dataclass(slots=True)
class State:
    epoch: int = 0
    now_ms: int = 0
    switch_connected: bool = False
    configuration: Configuration = field(default_factory=lambda: Configuration(queues=()))
    queues: dict[QueueId, QueueSettings] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    """Open offers, and answered ones while the agent's leg lives."""
    callbacks: dict[CallbackId, Callback] = field(default_factory=dict)
    """The promises that are open."""
    promised: dict[str, CallbackId] = field(default_factory=dict)
    """The newest of them to each telephone."""
    recipients: dict[LegId, ContactId] = field(default_factory=dict)
    restored: dict[ContactId, ContactRestored] = field(default_factory=dict)
    restored_offers: dict[OfferId, OfferRestored] = field(default_factory=dict)
    ended: OrderedDict[ContactId, None] = field(default_factory=OrderedDict)
    spent: OrderedDict[OfferId, bool] = field(default_factory=OrderedDict)
    """Offers that are over for us, and whether their leg has ended: before that, a late answer still wins."""
    routing: Routing = field(default_factory=Routing)
    recall: Recall = field(default_factory=Recall)
    asked_before: dict[tuple[QueueId, frozenset[Skill]], tuple[frozenset[Skill], Desk]] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    commands: list[Command] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def queue(self, queue: QueueId) -> QueueSettings:
        """The queue's settings; a queue that the configuration does not know gets the defaults, not a lost citizen."""
        return self.queues.get(queue) or QueueSettings(id=queue)

    def needs(self, queue: QueueSettings, asked: frozenset[Skill]) -> Requirement:
        """What the queue and the flow ask of an agent together, before any relaxation."""
        return both(requirement_of(queue.requirement | asked), queue.expression)

    def asked(self, queue: QueueSettings, skills: frozenset[Skill]) -> tuple[frozenset[Skill], Desk]:
        """The skills that queue and flow name, and the desk of their requirement; remembered, as every contact asks."""
        known = self.asked_before.get((queue.id, skills))
        if known is None or known[1].forgotten:
            known = queue.requirement | skills, self.routing.books.desk(self.needs(queue, skills))
            if len(self.asked_before) >= DESKS:
                self.asked_before.clear()
            self.asked_before[queue.id, skills] = known
        return known

    def agent(self, agent: AgentId) -> Agent:
        """Raises UnknownAgent."""
        try:
            return self.agents[agent]
        except KeyError:
            raise UnknownAgent(f"no agent {agent!r} in the configuration") from None

    def agent_seen(self, agent: AgentId) -> Agent:
        """An agent whom the switch shows talking; out of the configuration, they are known until the talk is over."""
        seen = self.agents.get(agent)
        if seen is None:
            seen = Agent(AgentSettings(agent, name=agent), since_ms=self.now_ms, removed=True)
            self.agents[agent] = seen
        return seen

    def move_agent(self, agent: Agent, stimulus: AgentStimulus, since_ms: int | None = None) -> None:
        """One step of the agent's state machine, with its idle clock and its place in the pool; `since_ms`: not now."""
        following = AGENT_STATES.after(agent.state, stimulus)
        if following is not agent.state:
            agent.state = following
            agent.since_ms = self.now_ms if since_ms is None else since_ms
            if following is AgentState.IDLE:
                agent.contact = None
                agent.offer = None
                agent.wrap_up_until_ms = None
                if agent.intends is not None:
                    agent.take_up()
                if stimulus is AgentStimulus.WRAP_UP_OVER:
                    # an offer that was withdrawn or lost does not cost the agent the place among the longest idle
                    agent.idle_since_ms = self.now_ms
        self.agent_changed(agent)

    def agent_changed(self, agent: Agent) -> None:
        """Puts the agent where the pool wants it and tells everybody."""
        self.routing.stand(agent.id, agent.standing, agent.idle_since_ms)
        self.notices.append(
            AgentChanged(
                agent=agent.id,
                presence=agent.presence,
                state=agent.state,
                reason=agent.reason,
                since_ms=agent.since_ms,
                contact=agent.contact,
                resting_until_ms=agent.rests_until_ms,
                wrap_up_until_ms=agent.wrap_up_until_ms,
                intends=None if agent.intends is None else agent.intends.presence,
                intends_reason="" if agent.intends is None else agent.intends.reason,
            )
        )
        if agent.removed and agent.state is AgentState.IDLE:
            self.deadlines.clear(Due.REST, agent.id)
            self.routing.dismiss(agent.id)
            del self.agents[agent.id]

    def move_contact(self, contact: Contact, stimulus: ContactStimulus) -> None:
        """One step of the contact's machine."""
        contact.phase = CONTACT_PHASES.after(contact.phase, stimulus)
        contact.since_ms = self.now_ms
        if not contact.awaited:
            self.notices.append(ContactMoved(contact.id, contact.phase, self.now_ms))

    def move_callback(self, callback: Callback, stimulus: CallbackStimulus, cause: str = "") -> None:
        """One step of the callback's machine."""
        callback.state = CALLBACK_STATES.after(callback.state, stimulus)
        self.notices.append(
            CallbackMoved(
                callback=callback.id,
                origin=callback.origin,
                queue=callback.request.queue,
                state=callback.state,
                dials=callback.dials,
                contact=callback.leg or "",
                next_at_ms=callback.next_at_ms,
                cause=cause,
            )
        )

    def reached(self, contact: Contact) -> None:
        """An agent talks with the citizen; if that was promised, the promise is kept."""
        callback = self.callbacks.get(contact.callback) if contact.callback is not None else None
        if callback is not None and callback.leg == contact.id:
            self.end_callback(callback, CallbackEnd.REACHED)

    def end_callback(self, callback: Callback, end: CallbackEnd) -> None:
        """The one outcome of a promise."""
        callback.state = CALLBACK_STATES.after(callback.state, CallbackStimulus.OVER)
        self.deadlines.clear(Due.CALLBACK, callback.id)
        self.deadlines.clear(Due.DIAL_OWED, callback.id)
        del self.callbacks[callback.id]
        if self.promised.get(callback.telephone) == callback.id:
            del self.promised[callback.telephone]
        self.notices.append(
            CallbackEnded(
                callback=callback.id,
                origin=callback.origin,
                queue=callback.request.queue,
                agency=callback.request.agency,
                language=callback.request.language,
                end=end,
                dials=callback.dials,
                waited_ms=max(0, self.now_ms - callback.asked_at_ms),
                contact=callback.leg or "",
            )
        )

    def waits_no_more(self, contact: Contact) -> None:
        """Every deadline of a contact that waits dies with the waiting."""
        self.deadlines.clear(Due.PROMISE, contact.id)
        if contact.timed:
            contact.timed = False
            for due in WHILE_WAITING:
                self.deadlines.clear(due, contact.id)

    def bury(self, contact: ContactId) -> None:
        del self.contacts[contact]
        self.ended[contact] = None
        if len(self.ended) > TOMBSTONES:
            self.ended.popitem(last=False)

    def spend(self, offer: OfferId, *, leg_ended: bool) -> None:
        """Remembers that the offer is over, and no less than was known before."""
        self.spent[offer] = leg_ended or self.spent.get(offer, False)
        if len(self.spent) > TOMBSTONES:
            self.spent.popitem(last=False)
