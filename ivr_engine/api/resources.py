"""What people ask of the running engine: agents, contacts, queues, the directory.

A GET reads a frozen view; everything else is one event put before the core, which alone decides. What the switch still
has to carry out (hold, consult and the like) is answered 202: the decision is made, the feed tells when it is done.
"""

import re
from collections.abc import Callable
from typing import Any

from ivr_engine.api.nearest import nearest_entries
from ivr_engine.api.pictures import (
    AgentPicture,
    Agents,
    ConsultBody,
    ContactDetail,
    ContactPicture,
    Contacts,
    ContactsQuery,
    DirectoryQuery,
    Entries,
    EntryPicture,
    Nothing,
    PresenceBody,
    QueuePicture,
    Queues,
)
from ivr_engine.api.problems import Problem
from ivr_engine.api.routes import AnyRoute, Asked, Route
from ivr_engine.core.errors import UnknownAgent
from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    HoldRequested,
    PresenceChosen,
    ResumeRequested,
    TransferRequest,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.vocabulary import AgentId

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""Identifiers of ours; anything else is a stranger's text and does not reach the core or its journal."""

_UNKNOWN_AGENT = (404, "unknown_agent")
_ILLEGAL = (409, "illegal_event, or no_contact: not in the agent's present state")
_INVALID = (422, "invalid_field: each wrong field with its place")


def _agent_of(asked: Asked[Any, Any]) -> AgentId:
    name = asked.path["agent"]
    if not _WORD.fullmatch(name):
        raise UnknownAgent("no agent has a name like that")
    return AgentId(name)


def _picture_of(asked: Asked[Any, Any], agent: AgentId) -> AgentPicture:
    for each in asked.desk.view().agents:
        if each.id == agent and asked.grant.sees_people_of(each.contractor):
            return AgentPicture.model_validate(each)
    raise UnknownAgent(f"no agent {agent} in the configuration")


async def list_agents(asked: Asked[Nothing, Nothing]) -> Agents:
    view = asked.desk.view()
    seen = (agent for agent in view.agents if asked.grant.sees_people_of(agent.contractor))
    return Agents(at_ms=view.at_ms, agents=tuple(AgentPicture.model_validate(agent) for agent in seen))


async def show_agent(asked: Asked[Nothing, Nothing]) -> AgentPicture:
    return _picture_of(asked, _agent_of(asked))


async def choose_presence(asked: Asked[PresenceBody, Nothing]) -> AgentPicture:
    agent = _agent_of(asked)
    await asked.decide(PresenceChosen(agent, asked.body.presence, asked.body.reason, asked.body.after_contact))
    return _picture_of(asked, agent)


async def finish_wrap_up(asked: Asked[Nothing, Nothing]) -> AgentPicture:
    agent = _agent_of(asked)
    await asked.decide(WrapUpFinished(agent))
    return _picture_of(asked, agent)


async def extend_wrap_up(asked: Asked[Nothing, Nothing]) -> AgentPicture:
    agent = _agent_of(asked)
    await asked.decide(WrapUpExtended(agent))
    return _picture_of(asked, agent)


async def consult(asked: Asked[ConsultBody, Nothing]) -> AgentPicture:
    agent = _agent_of(asked)
    entry = asked.directory.find(asked.body.entry)
    if entry is None:
        near = nearest_entries(asked.body.entry, lambda code: asked.directory.find(code) is not None)
        raise Problem(
            404,
            "unknown_entry",
            f"the directory has no entry {asked.body.entry}",
            hint="GET /v1/directory?q=WORDS finds one by department, official or duties",
            nearest=near,
        )
    await asked.decide(ConsultRequested(agent, entry.entry, entry.number))
    return _picture_of(asked, agent)


async def list_contacts(asked: Asked[Nothing, ContactsQuery]) -> Contacts:
    view, query = asked.desk.view(), asked.query
    matching = [
        contact
        for contact in view.contacts
        if (query.phase is None or contact.phase is query.phase)
        and (query.queue is None or contact.queue == query.queue)
    ]
    matching.sort(key=lambda contact: (contact.arrived_at_ms, contact.id))
    return Contacts(
        at_ms=view.at_ms,
        total=len(matching),
        contacts=tuple(ContactPicture.model_validate(contact) for contact in matching[: query.limit]),
    )


async def show_contact(asked: Asked[Nothing, Nothing]) -> ContactDetail:
    for contact in asked.desk.view().contacts:
        if contact.id == asked.path["contact"]:
            asked.looked("contact_shown", contact.id)
            return ContactDetail.model_validate(contact)
    raise Problem(404, "unknown_contact", "no open contact of that name", hint="contacts that ended are in the journal")


async def list_queues(asked: Asked[Nothing, Nothing]) -> Queues:
    view = asked.desk.view()
    queues = tuple(QueuePicture.model_validate(queue) for queue in view.queues)
    return Queues(at_ms=view.at_ms, switch_connected=view.switch_connected, queues=queues)


async def search_directory(asked: Asked[Nothing, DirectoryQuery]) -> Entries:
    found = asked.directory.search(asked.query.q, asked.query.limit)
    return Entries(entries=tuple(EntryPicture.model_validate(entry) for entry in found))


def _on_the_line(verb: str, summary: str, event: Callable[[AgentId], TransferRequest]) -> AnyRoute:
    async def respond(asked: Asked[Nothing, Nothing]) -> AgentPicture:
        agent = _agent_of(asked)
        await asked.decide(event(agent))
        return _picture_of(asked, agent)

    return Route(
        "POST",
        f"/v1/agents/{{agent}}/{verb}",
        verb,
        summary,
        AgentPicture,
        respond,
        Nothing,
        Nothing,
        (_UNKNOWN_AGENT, _ILLEGAL),
        202,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET", "/v1/agents", "list_agents", "Every agent with presence and state", Agents, list_agents, Nothing, Nothing
    ),
    Route(
        "GET",
        "/v1/agents/{agent}",
        "show_agent",
        "One agent",
        AgentPicture,
        show_agent,
        Nothing,
        Nothing,
        (_UNKNOWN_AGENT,),
    ),
    Route(
        "PUT",
        "/v1/agents/{agent}/presence",
        "choose_presence",
        "Log in, go on break, or leave, now or after the contact",
        AgentPicture,
        choose_presence,
        PresenceBody,
        Nothing,
        (_UNKNOWN_AGENT, _ILLEGAL, _INVALID),
    ),
    Route(
        "POST",
        "/v1/agents/{agent}/wrap-up/finish",
        "finish_wrap_up",
        "End the after-contact work before its deadline",
        AgentPicture,
        finish_wrap_up,
        Nothing,
        Nothing,
        (_UNKNOWN_AGENT, _ILLEGAL),
    ),
    Route(
        "POST",
        "/v1/agents/{agent}/wrap-up/extend",
        "extend_wrap_up",
        "More time for the after-contact work, where the queue gives any",
        AgentPicture,
        extend_wrap_up,
        Nothing,
        Nothing,
        (_UNKNOWN_AGENT, _ILLEGAL),
    ),
    _on_the_line("hold", "Citizen to music", HoldRequested),
    _on_the_line("resume", "Agent and citizen together again", ResumeRequested),
    Route(
        "POST",
        "/v1/agents/{agent}/consult",
        "consult",
        "Call the official behind a directory entry; the citizen hears music",
        AgentPicture,
        consult,
        ConsultBody,
        Nothing,
        ((404, "unknown_agent, or unknown_entry with the `nearest` codes"), _ILLEGAL, _INVALID),
        202,
    ),
    _on_the_line("complete", "Citizen and recipient together, the agent out", CompleteRequested),
    _on_the_line("cancel", "Let the recipient go; agent and citizen together again", CancelRequested),
    _on_the_line("conference", "Citizen, agent and recipient together", ConferenceRequested),
    Route(
        "GET",
        "/v1/contacts",
        "list_contacts",
        "Open contacts, the oldest first, callers masked",
        Contacts,
        list_contacts,
        Nothing,
        ContactsQuery,
        (_INVALID,),
    ),
    Route(
        "GET",
        "/v1/contacts/{contact}",
        "show_contact",
        "One open contact with the caller's whole number; the look is logged",
        ContactDetail,
        show_contact,
        Nothing,
        Nothing,
        ((404, "unknown_contact"), (503, "audit_full: the look cannot be written down")),
    ),
    Route("GET", "/v1/queues", "list_queues", "Every queue now", Queues, list_queues, Nothing, Nothing),
    Route(
        "GET",
        "/v1/directory",
        "search_directory",
        "Whom a contact can be handed to",
        Entries,
        search_directory,
        Nothing,
        DirectoryQuery,
        (_INVALID,),
    ),
)
