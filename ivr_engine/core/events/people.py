"""What agents and supervisors choose and ask, by API or from the phone; a request may be refused."""

from dataclasses import dataclass

from ivr_engine.core.vocabulary import AgentId, CallbackId, Presence


@dataclass(frozen=True, slots=True)
class PresenceChosen:
    """An agent logs in, goes on break or leaves, by API or from the phone."""

    agent: AgentId
    presence: Presence
    reason: str = ""
    after_contact: bool = False
    """Not now but as soon as the agent has neither contact nor work after one; any later choice replaces it."""


@dataclass(frozen=True, slots=True)
class CallbackCancelled:
    """Somebody of ours takes a promise back; refused while the citizen is on the line."""

    callback: CallbackId


@dataclass(frozen=True, slots=True)
class WrapUpFinished:
    """An agent is done with the after-contact work before its deadline."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    """An agent needs more time for the after-contact work."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class HoldRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultRequested:
    """Call the official behind a directory entry; the digits come from the directory, never from a caller."""

    agent: AgentId
    entry: str
    number: str


@dataclass(frozen=True, slots=True)
class CompleteRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class CancelRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConferenceRequested:
    agent: AgentId
