"""Who is there for citizens: presence now and after the contact, the work after a contact, the rest after a miss.

Theory of operation. What an agent chooses *now* takes effect at once for routing, whatever the agent is doing; what is
chosen for *after the contact* waits until the agent is idle (`State.move_agent`), and any later choice replaces it.
The work after a contact ends at its deadline in every mode, so that nobody is lost to it for ever.
"""

from ivr_engine.core.agent import AGENT_PRESENCE, CHOOSING, AfterWork, Agent, AgentStimulus, Intention
from ivr_engine.core.deadlines import Due
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.estimate import learn_handle_time
from ivr_engine.core.events import PresenceChosen, WrapUpExtended, WrapUpFinished
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.seeking import Seeking
from ivr_engine.core.vocabulary import UNKNOWN_QUEUE, AgentId, AgentState, OfferFailure, Presence, QueueId

MISSED_OFFERS = "missed_offers"
"""The reason code of the break that follows a run of missed offers."""


class Duty(Seeking):
    """The part of the engine that knows whether an agent is there."""

    # ── presence ────────────────────────────────────────────────────────────────────────────────────────────────────
    def presence(self, event: PresenceChosen) -> None:
        state, agent = self._state, self._state.agent(event.agent)
        if event.after_contact and agent.state is not AgentState.IDLE:
            wanted = Intention(event.presence, event.reason)
            if agent.intends != wanted:
                agent.intends = wanted
                state.agent_changed(agent)
            return
        following = AGENT_PRESENCE.after(agent.presence, CHOOSING[event.presence])
        came = following is Presence.AVAILABLE and agent.presence is not Presence.AVAILABLE
        if following is agent.presence and event.reason == agent.reason and agent.intends is None:
            return
        agent.presence = following
        agent.reason = event.reason
        agent.intends = None
        if came:
            agent.misses = 0
            agent.missed.clear()
            agent.rests_until_ms = None
            state.deadlines.clear(Due.REST, agent.id)
            if agent.state is AgentState.IDLE:
                agent.idle_since_ms = state.now_ms
                agent.since_ms = state.now_ms
        state.agent_changed(agent)
        self.seek_contact(agent)

    def take_up_intentions(self) -> None:
        """The switch was seen: who has no contact by now chose for this moment, in an earlier life of the engine."""
        for agent in list(self._state.agents.values()):
            if agent.intends is not None and agent.state is AgentState.IDLE:
                agent.take_up()
                self._state.agent_changed(agent)

    # ── after a missed offer ────────────────────────────────────────────────────────────────────────────────────────
    def _rest(self, agent: Agent, cause: OfferFailure) -> None:
        misses = self._state.configuration.misses
        rest_ms = misses.rest_ms.get(cause, 0)
        if cause is OfferFailure.LOST:
            return
        agent.misses += 1
        agent.missed[cause] = agent.missed.get(cause, 0) + 1
        # behind everybody who is idle: two silent phones must not hand one citizen to each other past the others
        agent.idle_since_ms = self._state.now_ms
        if rest_ms:
            agent.rests_until_ms = self._state.now_ms + rest_ms
            self._state.deadlines.set(Due.REST, agent.id, agent.rests_until_ms)
        if agent.misses >= misses.break_after and agent.presence is Presence.AVAILABLE:
            agent.presence = Presence.ON_BREAK
            agent.reason = MISSED_OFFERS

    def rested(self, agent: AgentId) -> None:
        resting = self._state.agents.get(agent)
        if resting is not None:
            resting.rests_until_ms = None
            self._state.agent_changed(resting)
            self.seek_contact(resting)

    # ── the work after a contact ────────────────────────────────────────────────────────────────────────────────────
    def contact_over(self, agent: Agent) -> None:
        """The agent's leg of a talk has ended: after-contact work, then the next."""
        state = self._state
        if agent.desk is not None:
            # the usual time also where the agent ends the work: what is learnt must not wait for that
            learn_handle_time(agent.desk, max(0, state.now_ms - agent.since_ms) + agent.after_work.usual_ms)
            agent.desk = None
        agent.contact = None
        agent.offer = None
        lasts_ms = agent.after_work.lasts_ms
        if lasts_ms:
            agent.wrap_up_until_ms = state.now_ms + lasts_ms
            state.deadlines.set(Due.WRAP_UP, agent.id, agent.wrap_up_until_ms)
        state.move_agent(agent, AgentStimulus.CONTACT_OVER)
        if not lasts_ms:
            self.wrap_up_over(agent.id)

    def _after_work(self, agent: Agent, queue: QueueId) -> AfterWork:
        """The agent's own, or the queue's."""
        own, settings = agent.settings, self._state.queue(queue)
        return AfterWork(
            settings.wrap_up_ms if own.wrap_up_ms is None else own.wrap_up_ms,
            settings.wrap_up_mode if own.wrap_up_mode is None else own.wrap_up_mode,
            settings.wrap_up_extension_ms,
            settings.wrap_up_ceiling_ms,
        )

    def restore_wrap_up(self, agent: Agent, since_ms: int, queue: QueueId | None, until_ms: int | None) -> None:
        """What is left of the work that an engine before us saw begin; nothing, where it is over by now."""
        state = self._state
        agent.after_work = self._after_work(agent, queue or UNKNOWN_QUEUE)
        since_ms = min(since_ms, state.now_ms)
        longest_ms = since_ms + max(agent.after_work.lasts_ms, agent.after_work.ceiling_ms)
        until_ms = since_ms + agent.after_work.lasts_ms if until_ms is None else min(until_ms, longest_ms)
        if until_ms <= state.now_ms:
            agent.take_up()
            state.agent_changed(agent)
            return
        agent.wrap_up_until_ms = until_ms
        state.move_agent(agent, AgentStimulus.WRAP_UP_RESTORED, since_ms)
        state.deadlines.set(Due.WRAP_UP, agent.id, until_ms)

    def wrap_up_extended(self, event: WrapUpExtended) -> None:
        """Raises IllegalEvent when there is nothing to extend, or no more than has been given."""
        agent = self._state.agent(event.agent)
        work, until_ms = agent.after_work, agent.wrap_up_until_ms
        if agent.state is not AgentState.WRAP_UP or until_ms is None:
            raise IllegalEvent(f"agent: no work after a contact can be extended while {agent.state}")
        if work.mode is not WrapUpMode.EXTENDABLE:
            hint = "it lasts until you end it" if work.mode is WrapUpMode.MANUAL else "its queue gives no more time"
            raise IllegalEvent(f"agent: the work after this contact cannot be extended: {hint}")
        longest_ms = agent.since_ms + work.ceiling_ms
        if until_ms >= longest_ms:
            raise IllegalEvent(f"agent: the work after a contact takes at most {work.ceiling_ms / 1000:g} s")
        agent.wrap_up_until_ms = min(until_ms + work.extension_ms, longest_ms)
        self._state.deadlines.set(Due.WRAP_UP, agent.id, agent.wrap_up_until_ms)
        self._state.agent_changed(agent)

    def wrap_up_finished(self, event: WrapUpFinished) -> None:
        agent = self._state.agent(event.agent)
        self._state.move_agent(agent, AgentStimulus.WRAP_UP_OVER)
        self._state.deadlines.clear(Due.WRAP_UP, agent.id)
        self.seek_contact(agent)

    def wrap_up_over(self, agent: AgentId) -> None:
        over = self._state.agents.get(agent)
        if over is not None and over.state is AgentState.WRAP_UP:
            self._state.move_agent(over, AgentStimulus.WRAP_UP_OVER)
            self.seek_contact(over)
