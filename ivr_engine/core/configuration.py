"""What the operators decided beforehand: queues, agents and the delays after a missed offer.

A configuration enters the core as an event like every other fact, so that a replayed journal needs nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.vocabulary import AgentId, OfferFailure, QueueId, Skill

ANSWER_PROMISE_MS = 15_000
"""Seoul's promise to a citizen who dials 120: a human voice within 15 s of joining the queue."""

RING_MS = 10_000
"""How long one phone may ring: what is left of the promise must still be worth a second offer."""

WRAP_UP_MS = 20_000
SHORT_ABANDON_MS = 5_000
"""Who leaves earlier than this did not wait for us (Genesys and Asterisk reports draw the line at 5 s)."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue: whom it needs and what it promises."""

    id: QueueId
    requirement: frozenset[Skill] = frozenset()
    promise_ms: int = ANSWER_PROMISE_MS
    ring_ms: int = RING_MS
    wrap_up_ms: int = WRAP_UP_MS
    short_abandon_ms: int = SHORT_ABANDON_MS
    priority: int = 0


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """One counsellor: the phone to ring and what the counsellor can do (skill → proficiency 1 to 5)."""

    id: AgentId
    name: str
    skills: Mapping[Skill, int] = field(default_factory=dict)
    contractor: str = ""


def _rest_after() -> dict[OfferFailure, int]:
    return {
        OfferFailure.DECLINED: 5_000,
        OfferFailure.BUSY: 10_000,
        OfferFailure.NO_ANSWER: 10_000,
        OfferFailure.UNREACHABLE: 30_000,
        OfferFailure.LOST: 0,
    }


@dataclass(frozen=True, slots=True)
class MissSettings:
    """What a missed offer costs: a rest by cause, so that a silent phone is not rung at once again; a run, a break."""

    rest_ms: Mapping[OfferFailure, int] = field(default_factory=_rest_after)
    break_after: int = 3


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of it, as one immutable revision."""

    queues: tuple[QueueSettings, ...]
    agents: tuple[AgentSettings, ...] = ()
    misses: MissSettings = field(default_factory=MissSettings)
    revision: str = ""
