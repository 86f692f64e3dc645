"""Frozen pictures of the core's state, for the API, the board and the tests. Nobody receives a live object."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    OfferId,
    Presence,
    QueueId,
    TransferState,
)


@dataclass(frozen=True, slots=True)
class AgentView:
    id: AgentId
    name: str
    contractor: str
    skills: Mapping[str, int]
    presence: Presence
    reason: str
    state: AgentState
    since_ms: int
    contact: ContactId | None
    resting_until_ms: int | None
    misses: int
    """In a row."""
    missed: Mapping[str, int]
    """By cause, since the agent came."""
    wrap_up_until_ms: int | None
    intends: Presence | None
    """Chosen for after the contact."""
    intends_reason: str
    team: str
    languages: tuple[str, ...]
    room: Mapping[str, int]
    """Channel → how many more contacts the agent can take."""


@dataclass(frozen=True, slots=True)
class ContactView:
    id: ContactId
    number: str
    caller: str
    agency: str
    language: str
    phase: ContactPhase
    since_ms: int
    arrived_at_ms: int
    queue: QueueId | None
    requirement: tuple[str, ...]
    priority: int
    queued_at_ms: int | None
    answered_at_ms: int | None
    agent: AgentId | None
    offer: OfferId | None
    offers: int
    transfer_state: TransferState | None
    transfer_entry: str
    second_offer: OfferId | None = None
    """Another phone that rings too."""
    expected_from_ms: int | None = None
    expected_to_ms: int | None = None
    """How much longer it will wait; None: nobody knows."""
    callback: CallbackId | None = None
    """The promise that this contact keeps: we dialled, or will."""
    awaited: bool = False
    """Stands in the order, and its citizen is not on the line."""


@dataclass(frozen=True, slots=True)
class CallbackView:
    """One promise to call a citizen back that is open."""

    id: CallbackId
    origin: ContactId
    number: str
    queue: QueueId
    agency: str
    language: str
    state: CallbackState
    asked_at_ms: int
    place_ms: int
    """Since when the citizen counts as waiting."""
    dials: int
    next_at_ms: int | None
    """Rests until then."""
    contact: ContactId | None
    """The dial that stands in the order, rings or is on the line."""


@dataclass(frozen=True, slots=True)
class QueueView:
    id: QueueId
    requirement: tuple[str, ...]
    promise_ms: int
    waiting: int
    offered: int
    connected: int
    longest_wait_ms: int
    idle_agents: int
    """Idle, available agents with the skills that this queue requires."""
    logged_in_agents: int


@dataclass(frozen=True, slots=True)
class View:
    """Everything, at one moment."""

    at_ms: int
    switch_connected: bool
    agents: tuple[AgentView, ...]
    contacts: tuple[ContactView, ...]
    queues: tuple[QueueView, ...]
    callbacks: tuple[CallbackView, ...] = ()
