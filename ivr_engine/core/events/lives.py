"""What the engine is told of itself: a new life, the operators' decisions, the time, and what an earlier life left.

The journal keeps what was open; a start tells it before the first look at the switch, which then decides.
"""

from dataclasses import dataclass

from ivr_engine.core.configuration import Configuration
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.learnt import Learnt
from ivr_engine.core.vocabulary import AgentId, CallbackId, ContactId, OfferId, Presence, QueueId


@dataclass(frozen=True, slots=True)
class Started:
    """A new life of the engine; `epoch` rises with every start, so that no identifier of ours is ever used twice."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Configured:
    """The operators' decisions, at start and at each reload. Agents keep presence and state across it."""

    configuration: Configuration


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened but time; deadlines due by now fire."""


@dataclass(frozen=True, slots=True)
class PresenceRestored:
    """What an agent had chosen before the engine stopped."""

    agent: AgentId
    presence: Presence
    reason: str = ""
    wrap_up_since_ms: int | None = None
    """The work after a contact that was not done yet, and of which queue the contact was."""
    wrap_up_queue: QueueId | None = None
    wrap_up_until_ms: int | None = None
    """When that work was to end; None: as long as its queue says."""
    intends: Presence | None = None
    """Chosen for after the contact."""
    intends_reason: str = ""


@dataclass(frozen=True, slots=True)
class OfferRestored:
    """An offer that the journal left open; the next `SwitchSeen` tells whether its phone still rings."""

    offer: OfferId
    contact: ContactId
    agent: AgentId
    queue: QueueId
    made_at_ms: int


@dataclass(frozen=True, slots=True)
class ContactRestored:
    """A contact that the journal left open; the next `SwitchSeen` tells whether its citizen is still there."""

    contact: ContactId
    number: str
    caller: str
    arrived_at_ms: int
    request: ToQueue | None = None
    queued_at_ms: int | None = None
    answered_at_ms: int | None = None
    agent: AgentId | None = None
    offers: int = 0
    """How many were made so far; those without an end come as `OfferRestored`."""
    place_ms: int | None = None
    """The old place of a caller who dialled again, where it is older than this wait."""


@dataclass(frozen=True, slots=True)
class CallbackRestored:
    """A callback that the journal left open; the next `SwitchSeen` tells what became of a dial that was going on."""

    callback: CallbackId
    origin: ContactId
    number: str
    line: str
    request: ToQueue
    asked_at_ms: int
    place_ms: int
    dials: int = 0
    leg: ContactId | None = None
    """The dial that was going on."""
    next_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class LeftPlace:
    """A caller who gave up, since when they had waited, and when they left."""

    caller: str
    place_ms: int
    left_at_ms: int


@dataclass(frozen=True, slots=True)
class LastTalk:
    """A caller, and whom they spoke with last."""

    caller: str
    agent: AgentId
    at_ms: int


@dataclass(frozen=True, slots=True)
class CallersRestored:
    """What the journal knows of callers who were here before; the oldest first."""

    left: tuple[LeftPlace, ...] = ()
    spoke: tuple[LastTalk, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingRestored:
    """What the router of an earlier life had learnt."""

    learnt: Learnt
