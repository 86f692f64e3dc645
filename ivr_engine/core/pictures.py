"""From the live state to a frozen `View`: the only way out for anything that wants to look."""

from ivr_engine.core.agent import Agent
from ivr_engine.core.callback import Callback
from ivr_engine.core.contact import WAITING, Contact
from ivr_engine.core.estimate import left
from ivr_engine.core.state import State
from ivr_engine.core.views import AgentView, CallbackView, ContactView, QueueView, View
from ivr_engine.core.vocabulary import CallbackState, ContactPhase, Presence, QueueId


def picture(state: State, now_ms: int) -> View:
    """Costs the number of agents, contacts and queues; asked for by people, not by calls."""
    return View(
        at_ms=now_ms,
        switch_connected=state.switch_connected,
        agents=tuple(_agent(agent) for _, agent in sorted(state.agents.items())),
        contacts=tuple(_contact(contact, now_ms) for _, contact in sorted(state.contacts.items())),
        queues=tuple(_queue(state, queue, now_ms) for queue in _queue_names(state)),
        callbacks=tuple(_callback(callback) for _, callback in sorted(state.callbacks.items())),
    )


def _agent(agent: Agent) -> AgentView:
    return AgentView(
        id=agent.id,
        name=agent.settings.name,
        contractor=agent.settings.contractor,
        skills={str(skill): level for skill, level in agent.settings.skills.items()},
        presence=agent.presence,
        reason=agent.reason,
        state=agent.state,
        since_ms=agent.since_ms,
        contact=agent.contact,
        resting_until_ms=agent.rests_until_ms,
        misses=agent.misses,
        missed={cause.value: count for cause, count in sorted(agent.missed.items())},
        wrap_up_until_ms=agent.wrap_up_until_ms,
        intends=None if agent.intends is None else agent.intends.presence,
        intends_reason="" if agent.intends is None else agent.intends.reason,
        team=agent.settings.team,
        languages=agent.settings.languages,
        room=agent.room(),
    )


def _contact(contact: Contact, now_ms: int) -> ContactView:
    request = contact.request
    expected = left(contact.said, now_ms) if contact.phase in WAITING else None
    return ContactView(
        id=contact.id,
        number=contact.number,
        caller=contact.caller,
        agency=request.agency if request else "",
        language=request.language if request else "",
        phase=contact.phase,
        since_ms=contact.since_ms,
        arrived_at_ms=contact.arrived_at_ms,
        queue=request.queue if request else None,
        requirement=tuple(sorted(contact.requirement)),
        priority=request.priority if request else 0,
        queued_at_ms=contact.queued_at_ms,
        answered_at_ms=contact.answered_at_ms,
        agent=contact.agent,
        offer=contact.offer,
        offers=contact.offers,
        second_offer=contact.second_offer,
        expected_from_ms=None if expected is None else expected[0],
        expected_to_ms=None if expected is None else expected[1],
        callback=contact.callback,
        awaited=contact.awaited,
        transfer_state=contact.transfer if contact.phase is ContactPhase.CONNECTED else None,
        transfer_entry=contact.transfer_entry,
    )


def _callback(callback: Callback) -> CallbackView:
    return CallbackView(
        id=callback.id,
        origin=callback.origin,
        number=callback.number,
        queue=callback.request.queue,
        agency=callback.request.agency,
        language=callback.request.language,
        state=callback.state,
        asked_at_ms=callback.asked_at_ms,
        place_ms=callback.place_ms,
        dials=callback.dials,
        next_at_ms=callback.next_at_ms if callback.state is CallbackState.RESTING else None,
        contact=callback.leg,
    )


def _queue_names(state: State) -> list[QueueId]:
    asked_for = {contact.request.queue for contact in state.contacts.values() if contact.request}
    return sorted(asked_for | state.queues.keys())


def _queue(state: State, queue: QueueId, now_ms: int) -> QueueView:
    settings = state.queue(queue)
    mine = [
        contact
        for contact in state.contacts.values()
        if contact.request and contact.request.queue == queue and not contact.awaited
    ]
    waiting = [contact for contact in mine if contact.phase in WAITING]
    ages = [now_ms - contact.queued_at_ms for contact in waiting if contact.queued_at_ms is not None]
    desk = state.routing.books.desk(state.needs(settings, frozenset()))
    return QueueView(
        id=queue,
        requirement=tuple(sorted(settings.requirement)),
        promise_ms=settings.promise_ms,
        waiting=sum(contact.phase is ContactPhase.QUEUED for contact in mine),
        offered=sum(contact.phase is ContactPhase.OFFERED for contact in mine),
        connected=sum(contact.phase is ContactPhase.CONNECTED for contact in mine),
        longest_wait_ms=max(ages, default=0),
        idle_agents=desk.idle,
        logged_in_agents=sum(
            agent.presence is not Presence.LOGGED_OUT and desk.requirement.met_by(agent.settings.skills)
            for agent in state.agents.values()
        ),
    )
