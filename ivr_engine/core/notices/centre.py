"""Agents, the configuration that knows them, and the link to the switch."""

from dataclasses import dataclass

from ivr_engine.core.vocabulary import AgentId, AgentState, ContactId, Presence, QueueId


@dataclass(frozen=True, slots=True)
class AgentChanged:
    agent: AgentId
    presence: Presence
    state: AgentState
    reason: str
    since_ms: int
    contact: ContactId | None = None
    resting_until_ms: int | None = None
    wrap_up_until_ms: int | None = None
    intends: Presence | None = None
    """Chosen for after the contact."""
    intends_reason: str = ""


@dataclass(frozen=True, slots=True)
class AgentsRegistered:
    """The agents and queues that this configuration knows."""

    revision: str
    agents: tuple[AgentId, ...]
    queues: tuple[QueueId, ...]


@dataclass(frozen=True, slots=True)
class SwitchStateChanged:
    connected: bool
    adopted_contacts: int = 0
