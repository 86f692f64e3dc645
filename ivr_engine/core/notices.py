"""The facts that the core publishes: what the journal, the metrics and the feed are made of.

Notices are complete in themselves: a subscriber needs no other state of ours to count, store or show them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.learnt import Learnt
from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackEnd,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    Disposition,
    OfferFailure,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    RecipientFailure,
    RecordingState,
    TransferId,
    TransferResult,
    TransferState,
)


@dataclass(frozen=True, slots=True)
class ContactBegan:
    contact: ContactId
    number: str
    caller: str
    arrived_at_ms: int
    adopted: bool = False
    """Found on the switch after a start, rather than seen arriving."""
    callback: str = ""
    """The promise that this contact keeps: we dialled the citizen."""


@dataclass(frozen=True, slots=True)
class ContactWaits:
    """The contact joined a queue, or came back to its old place (`returns` > 0) with its age kept."""

    contact: ContactId
    queue: QueueId
    requirement: tuple[str, ...]
    agency: str
    language: str
    priority: int
    queued_at_ms: int
    returns: int = 0


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
class WaitExplained:
    """Why a contact was left waiting when it looked for an agent."""

    contact: ContactId
    queue: QueueId
    needs: str
    ahead: int
    """Contacts of the same needs before it."""
    not_free: Mapping[str, int]
    kept_back: int = 0
    """Idle agents whom the reserve of a small desk keeps from it."""
    stands_for: str = ""
    """The one agent for whom it stands, for a while."""
    out_of_sight: bool = False
    """The link to the switch is down: until it is seen again nobody is offered to anybody."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A contact waits, and needs less or stands higher now: a step of relaxation, or of escalation at the promise."""

    contact: ContactId
    queue: QueueId
    step: str
    """`relaxation 1`, `escalation 2: announce`."""
    needs: str
    priority: int
    waited_ms: int


@dataclass(frozen=True, slots=True)
class ContactAnnounced:
    """What a citizen who waits was told; None and 0: nothing of that."""

    contact: ContactId
    queue: QueueId
    language: str
    place: int
    from_ms: int | None
    """From now until an agent answers, rounded outward as it was said."""
    to_ms: int | None
    longer: bool
    """It takes longer than had been said, and that was said too."""
    prompt: str


@dataclass(frozen=True, slots=True)
class ContactSentOn:
    """A queue would not hold the contact: full, nobody there, too long, or a step of escalation."""

    contact: ContactId
    queue: QueueId
    why: str
    act: OverflowAct
    target: str


@dataclass(frozen=True, slots=True)
class RequirementUnmet:
    """An alarm: nobody can meet what a queue needs. `known` agents have the skills; nobody of them is logged in."""

    queue: QueueId
    needs: str
    known: int
    waiting: int
    relaxed: int = 0
    """Where nobody is known: how many agents can after all of the queue's steps of relaxation."""


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
class PromiseMissed:
    """A citizen has now waited longer than the queue promises."""

    contact: ContactId
    queue: QueueId
    queued_at_ms: int
    promise_ms: int


@dataclass(frozen=True, slots=True)
class ContactConnected:
    contact: ContactId
    agent: AgentId
    offer: OfferId
    queue: QueueId
    agency: str
    language: str
    answered_at_ms: int
    wait_ms: int
    within_promise: bool
    expected_from_ms: int | None = None
    expected_to_ms: int | None = None
    """The wait as it was estimated last; None: it was not known."""
    announced_from_ms: int | None = None
    announced_to_ms: int | None = None
    """The wait as the citizen was told last; None: nothing was said of it."""


@dataclass(frozen=True, slots=True)
class ContactMoved:
    """A contact changed its phase (for live views; the other notices carry the reasons)."""

    contact: ContactId
    phase: ContactPhase
    since_ms: int


@dataclass(frozen=True, slots=True)
class ContactForwarded:
    """The flow hands the contact to an entry of the directory: its phone rings."""

    contact: ContactId
    entry: str
    agency: str
    language: str


@dataclass(frozen=True, slots=True)
class ForwardSettled:
    """The entry answered, or why not; `queue` is then where the contact stands next."""

    contact: ContactId
    entry: str
    answered: bool
    cause: RecipientFailure | None
    rang_ms: int
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """Somebody calls this citizen: the place in the queue is kept as if the citizen stood there."""

    contact: ContactId
    number: str
    queue: QueueId
    requirement: tuple[str, ...]
    agency: str
    language: str
    priority: int
    asked_at_ms: int
    callback: str = ""
    line: str = ""
    """The number of ours that was dialled."""
    place_ms: int = 0
    """Since when the citizen counts as waiting."""


@dataclass(frozen=True, slots=True)
class CallbackMoved:
    """A promised callback takes another state."""

    callback: CallbackId
    origin: ContactId
    queue: QueueId
    state: CallbackState
    dials: int
    contact: str = ""
    """The dial that stands in the order, rings or is on the line."""
    next_at_ms: int = 0
    """Rests until then."""
    cause: str = ""
    """Why the last dial was in vain: busy, no_answer, declined, unreachable, lost."""


@dataclass(frozen=True, slots=True)
class CallbackEnded:
    """The one outcome of a promise. `waited_ms`: from the promise to it."""

    callback: CallbackId
    origin: ContactId
    queue: QueueId
    agency: str
    language: str
    end: CallbackEnd
    dials: int
    waited_ms: int
    contact: str = ""
    """Who was on the line at the end."""


@dataclass(frozen=True, slots=True)
class ContactNoted:
    """What the flow learnt of the citizen: shown to the counsellor, or the answers to a survey. Never a secret."""

    contact: ContactId
    facts: Mapping[str, str]
    survey: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecorded:
    """The citizen left a message under this name in the folder of recordings."""

    contact: ContactId
    recording: str
    length_ms: int


@dataclass(frozen=True, slots=True)
class TalkRecorded:
    """The recording of a talk begins, stops for a while, or has its end; or why a queue that records has none of it.

    `recording`: `QUEUE/OFFER.DAYSd`, empty where there is none.
    """

    contact: ContactId
    agent: AgentId
    queue: str
    recording: str
    state: RecordingState
    length_ms: int
    """What is in the file by then; 0 while it is not known."""
    offer: OfferId


@dataclass(frozen=True, slots=True)
class ContactTexted:
    """A text message was taken by whoever delivers it, or was not."""

    contact: ContactId
    key: str
    sent: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContactEnded:
    """The one disposition of a contact, with all that a report needs. `queue` is empty if it never queued."""

    contact: ContactId
    disposition: Disposition
    number: str
    agency: str
    queue: str
    language: str
    agent: str
    arrived_at_ms: int
    queued_at_ms: int | None
    answered_at_ms: int | None
    ended_at_ms: int
    wait_ms: int | None
    talk_ms: int | None
    within_promise: bool
    short_abandon: bool
    offers: int
    callback: str = ""
    """The promise that this contact kept, or tried to."""


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
class TransferMoved:
    """What is going on between citizen, agent and recipient."""

    transfer: TransferId
    contact: ContactId
    agent: AgentId
    state: TransferState
    entry: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class TransferEnded:
    transfer: TransferId
    contact: ContactId
    agent: AgentId
    entry: str
    result: TransferResult
    cause: RecipientFailure | None
    lasted_ms: int


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


Notice = (
    ContactBegan
    | ContactWaits
    | OfferMade
    | WaitExplained
    | StepTaken
    | ContactAnnounced
    | ContactSentOn
    | RequirementUnmet
    | ContractorBooked
    | RoutingNoted
    | OfferEnded
    | PromiseMissed
    | ContactConnected
    | ContactMoved
    | ContactForwarded
    | ForwardSettled
    | CallbackPromised
    | CallbackMoved
    | CallbackEnded
    | ContactNoted
    | ContactRecorded
    | TalkRecorded
    | ContactTexted
    | ContactEnded
    | AgentChanged
    | TransferMoved
    | TransferEnded
    | AgentsRegistered
    | SwitchStateChanged
)
