"""What the operators decided beforehand: queues, agents, how they are brought together, and what a missed offer costs.

A configuration enters the core as an event like every other fact, so that a replayed journal needs nothing else. Every
field that came later has the default that changes nothing, so that old journals decide as they did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr_engine.core.queue_rules import (
    TWO_STEPS,
    Announcements,
    CallbackRules,
    ChoicePolicy,
    ClockStart,
    EscalationStep,
    LateRules,
    LendingRules,
    OrderPolicy,
    QueueLimits,
    RecordingRules,
    RelaxationStep,
    RingRules,
    WaitPhrases,
    WrapUpMode,
)
from ivr_engine.core.requirement import ANYBODY, Requirement
from ivr_engine.core.vocabulary import AgentId, OfferFailure, QueueId, Skill

ANSWER_PROMISE_MS = 15_000
"""Seoul's promise to a citizen who dials 120: a human voice within 15 s of joining the queue."""

RING_MS = 10_000
"""How long one phone may ring: what is left of the promise must still be worth a second offer."""

WRAP_UP_MS = 20_000
WRAP_UP_CEILING_MS = 300_000
"""The longest that an agent may extend the after-contact work: then somebody should ask what is wrong."""

VOICE = "voice"
"""The channel of every contact today; another one brings its own name and its own count."""

SHORT_ABANDON_MS = 5_000
"""Who leaves earlier than this did not wait for us (Genesys and Asterisk reports draw the line at 5 s)."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue: whom it needs, what it promises, and what happens while and when it cannot keep that."""

    id: QueueId
    requirement: frozenset[Skill] = frozenset()
    """Skills that every agent of the queue has; together with `expression` and what the flow adds."""
    promise_ms: int = ANSWER_PROMISE_MS
    ring_ms: int = RING_MS
    wrap_up_ms: int = WRAP_UP_MS
    short_abandon_ms: int = SHORT_ABANDON_MS
    priority: int = 0
    expression: Requirement = ANYBODY
    clock_start: ClockStart = ClockStart.QUEUED
    relaxation: tuple[RelaxationStep, ...] = ()
    order: OrderPolicy = OrderPolicy.FIFO
    late: LateRules = TWO_STEPS
    protected: bool = False
    """A small desk: its idle agents are lent to other queues by `RoutingPolicy.lending` alone."""
    guard_ms: int = 60_000
    """`promise_first` lets nobody be overtaken who has been late for this long."""
    aging_ms: int = 0
    """Whoever has waited so long is overtaken by no higher priority any more; 0: priorities never age."""
    choice: ChoicePolicy = ChoicePolicy.LONGEST_IDLE
    weight_percent: int = 100
    """What a contact of this queue weighs when `coverage` asks whose absence costs most."""
    ring: RingRules = field(default_factory=RingRules)
    escalation: tuple[EscalationStep, ...] = ()
    limits: QueueLimits = field(default_factory=QueueLimits)
    announcements: Announcements = field(default_factory=Announcements)
    wrap_up_mode: WrapUpMode = WrapUpMode.FIXED
    wrap_up_extension_ms: int = 30_000
    wrap_up_ceiling_ms: int = WRAP_UP_CEILING_MS
    contractor_shares: Mapping[str, int] = field(default_factory=dict)
    """Contractor → per cent of the queue's answered contacts. Empty: nobody counts."""
    share_interval_ms: int = 1_800_000
    hours: str = ""
    """The calendar that flows look at before the queue: `limits.closed` is for who comes after its end."""
    last_agent_wait_ms: int = 0
    """How long a contact stands for the agent who spoke with this caller last; 0: no stickiness."""
    survey: str = ""
    """The flow that asks the citizen after the talk."""
    music: str = ""
    """What who waits hears: a class of the switch's music on hold; empty: the one for everybody."""
    callback: CallbackRules = field(default_factory=CallbackRules)
    recording: RecordingRules = field(default_factory=RecordingRules)


def kept_days(queues: Iterable[QueueSettings]) -> dict[str, int]:
    """Queue → for how many days its recordings are kept, of the queues that record."""
    return {str(queue.id): queue.recording.keep_days for queue in queues if queue.recording.notice}


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """One counsellor: the phone to ring and what the counsellor can do (skill → proficiency 1 to 5)."""

    id: AgentId
    name: str
    skills: Mapping[Skill, int] = field(default_factory=dict)
    contractor: str = ""
    team: str = ""
    languages: tuple[str, ...] = ()
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Channel → how many contacts at once, where it is not one; `voice: 0` is never rung."""
    wrap_up_ms: int | None = None
    """Instead of the queue's."""
    wrap_up_mode: WrapUpMode | None = None
    """Instead of the queue's."""


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
class RoutingPolicy:
    """The knobs of routing that are the centre's and no queue's. The defaults protect nothing and remember nobody."""

    coverage_horizon_ms: int = 30_000
    """Contacts expected within this are what `coverage` keeps agents for: about the time until the next one is free."""
    coverage_by_scarcity: bool = False
    """Whether a desk counts for more in `coverage` the fewer agents it has on duty: see `routing_coverage.weighted`."""
    rate_half_life_ms: int = 900_000
    """After how long an arrival counts half in the live rate of its requirement: the day's shape moves by the hour."""
    small_desk_agents: int = 0
    """A requirement that at most so many agents on duty can meet is a small desk; 0: there are none."""
    reserve_agents: int = 0
    """Idle agents that each small desk keeps from contacts of larger desks."""
    reserve_yields_ms: int = 0
    """The reserve yields to a contact whose promise ends within this; 0: to nobody before the promise is over."""
    reserve_yields_late: bool = True
    """And to contacts that are late already."""
    lending: LendingRules | None = None
    """How queues that are protected lend their idle agents; None: as freely as all others."""
    crowded_percent: int = 0
    """Crowded is a centre where so many of the contacts within `rate_half_life_ms` missed their promise. 0: always."""
    answer_ms: int = 0
    """What an agent needs to pick up: a contact with less left of its promise counts as late already."""
    share_tolerance_percent: int = 100
    """Of one contact: a contractor who is owed no more than this is not behind, and the choice is free."""
    last_agent_memory_ms: int = 86_400_000
    """For how long it is remembered who spoke with a caller."""
    explains: bool = False
    """Offers and waits say who was a candidate and why the others were not."""
    redial_ms: int = 0
    """A caller who left the queue without an answer and dials again within this has the old age back; 0: never."""
    note_every_ms: int = 0
    """How often what the router learnt is told to the journal, for a start to take it up; 0: never."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Skills that a flow or a number asks for at a queue, beside what the queue itself needs."""

    queue: QueueId
    skills: frozenset[Skill]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of it, as one immutable revision."""

    queues: tuple[QueueSettings, ...]
    agents: tuple[AgentSettings, ...] = ()
    misses: MissSettings = field(default_factory=MissSettings)
    revision: str = ""
    routing: RoutingPolicy = field(default_factory=RoutingPolicy)
    phrases: Mapping[str, WaitPhrases] = field(default_factory=dict)
    """Language → how place and wait are said to who waits."""
    asked: tuple[Asked, ...] = ()
    """Every combination that the flows can lead to: whether anybody can meet it is judged when the list changes."""
