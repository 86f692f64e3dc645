"""Who was offered to whom, how it ended, and what the router keeps: its accounts, and what it has learnt."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.learnt import Learnt
from ivr_engine.core.vocabulary import AgentId, ContactId, OfferFailure, OfferId, OfferResult, QueueId


@dataclass(frozen=True, slots=True)
class OfferMade:
    offer: OfferId
    contact: ContactId
    agent: AgentId
    queue: QueueId
    waited_ms: int
    ring_ms: int
    candidates: int
    reason: str
    """Which key won, in words: part of the explanation of every offer."""
    not_free: Mapping[str, int] = field(default_factory=dict)
    """How many agents who could were not free, by why: ringing, talking, wrap_up, resting, on_break, logged_out."""
    second: bool = False
    """Another phone rings for this contact already."""


@dataclass(frozen=True, slots=True)
class OfferEnded:
    offer: OfferId
    contact: ContactId
    agent: AgentId
    queue: QueueId
    result: OfferResult
    cause: OfferFailure | None
    rang_ms: int


@dataclass(frozen=True, slots=True)
class ContractorBooked:
    """One decision in the ledger of shares: a contact for (or, `by` -1, back from) a contractor."""

    offer: OfferId
    contact: ContactId
    queue: QueueId
    contractor: str
    by: int
    owed: Mapping[str, int]
    """After it, in the account of that queue and those skills: hundredths of a contact that each contractor is behind
    (below 0: ahead)."""
    skills: tuple[str, ...] = ()
    """What queue and flow asked for."""
    owed_by_centre: Mapping[str, int] = field(default_factory=dict)
    """The same of all queues together."""


@dataclass(frozen=True, slots=True)
class RoutingNoted:
    """What the router has learnt by now, for a life of the engine after this one (`core.routing_memory`)."""

    learnt: Learnt
