"""The facts that enter the core, from the switch, from people and from the clock.

A fact may arrive late, twice or out of order (the switch promises nothing); each says all that is needed to be
understood alone. `Engine.handle` takes one at a time together with the time at which it was learnt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.configuration import Configuration
from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.learnt import Learnt
from ivr_engine.core.vocabulary import (
    AgentId,
    CallbackId,
    ContactId,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    QueueId,
    RecipientFailure,
    Role,
    TransferId,
    TransferState,
)


# ── the engine itself ───────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Configured:
    """The operators' decisions, at start and at each reload. Agents keep presence and state across it."""

    configuration: Configuration


@dataclass(frozen=True, slots=True)
class Started:
    """A new life of the engine; `epoch` rises with every start, so that no identifier of ours is ever used twice."""

    epoch: int


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


# ── a citizen on the switch ─────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class ContactArrived:
    """A citizen dialled one of our numbers."""

    contact: ContactId
    number: str
    caller: str


@dataclass(frozen=True, slots=True)
class ContactQueued:
    """The citizen stands in the wait context; told again while waiting, with the same `queued_at_ms`."""

    contact: ContactId
    number: str
    caller: str
    request: ToQueue
    queued_at_ms: int
    """Stamped by the switch once, when the citizen joined: the start of the answer promise's clock."""


@dataclass(frozen=True, slots=True)
class WaitKeyPressed:
    """A citizen who waits pressed a key while something was announced."""

    contact: ContactId
    key: str


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """The flow gave its own answer; the citizen's leg ends next."""

    contact: ContactId
    outcome: Ended


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """The flow ended in the wish to be called back; the citizen's leg ends next, the place in the queue is kept."""

    contact: ContactId
    outcome: ToCallback


@dataclass(frozen=True, slots=True)
class ForwardBegan:
    """The flow hands the citizen to an entry of the directory, whose phone rings from now on."""

    contact: ContactId
    number: str
    caller: str
    outcome: ToEntry


@dataclass(frozen=True, slots=True)
class ForwardAnswered:
    """Citizen and official talk; no agent had a part in it."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class ForwardFailed:
    """Nobody was reached there; the switch puts the citizen into the queue by itself."""

    contact: ContactId
    cause: RecipientFailure


@dataclass(frozen=True, slots=True)
class FactsNoted:
    """What the flow learnt of the citizen and may be kept: never a secret."""

    contact: ContactId
    facts: Mapping[str, str]
    survey: str = ""
    """The survey whose answers these are; empty for what the counsellor is shown."""


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """The citizen spoke to the machine; told again when the leg ends, because nobody knows whether we heard."""

    contact: ContactId
    recording: str
    length_ms: int


@dataclass(frozen=True, slots=True)
class TextSettled:
    """A text message to the citizen was taken by whoever delivers it, or was not."""

    contact: ContactId
    key: str
    """The same for the same message, however often it was tried."""
    sent: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SurveyBegan:
    """The talk is over; the citizen stayed and is asked how it was."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class FellBack:
    """The switch stopped trusting us and put the citizen into its static fallback queue."""

    contact: ContactId
    number: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class FallbackAnswered:
    """An agent took the citizen from the static fallback queue."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A channel is gone. Citizens' and agents' legs are known by their identifiers, recipients' by an earlier event."""

    leg: LegId


# ── an offer on the switch ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The agent picked up and won the citizen: they hear each other."""

    offer: OfferId
    contact: ContactId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentReady:
    """The agent picked up for a callback, and hears music until the citizen does."""

    offer: OfferId
    contact: ContactId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class CitizenNotReached:
    """The phone of a citizen who is called back was not picked up."""

    contact: ContactId
    cause: OfferFailure


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone did not become a talk."""

    offer: OfferId
    cause: OfferFailure


# ── hold, consult, conference, transfer on the switch ───────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class RecipientRinging:
    """The recipient's leg exists; from here on its end can be recognised."""

    contact: ContactId
    transfer: TransferId
    leg: LegId


@dataclass(frozen=True, slots=True)
class RecipientAnswered:
    """Agent and recipient talk; the citizen still hears music."""

    contact: ContactId
    transfer: TransferId


@dataclass(frozen=True, slots=True)
class RecipientFailed:
    """The recipient is not (or no longer) there; the switch gives the citizen back to the agent by itself."""

    contact: ContactId
    transfer: TransferId
    cause: RecipientFailure


@dataclass(frozen=True, slots=True)
class TalkResumed:
    """Agent and citizen hear each other again."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class CitizenHanded:
    """Citizen and recipient hear each other; the agent is out."""

    contact: ContactId
    transfer: TransferId


@dataclass(frozen=True, slots=True)
class TalkRecordingBegan:
    """The switch records a talk from now on, also after a hold."""

    contact: ContactId
    offer: OfferId
    agent: AgentId
    recording: str
    """`QUEUE/OFFER.90d`, as the offer said it."""


@dataclass(frozen=True, slots=True)
class TalkRecordingStopped:
    """The switch closed the file of a talk."""

    contact: ContactId
    offer: OfferId
    agent: AgentId
    recording: str
    length_ms: int
    """Of all that is in the file by now."""
    written: bool
    """There is such a file."""
    over: bool
    """The agent's part is over; else the talk may go on after a hold."""


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The switch did not do what it was told; what the command was about must be looked at again."""

    contact: ContactId
    command: str
    reason: str


# ── what the switch holds, after a connect ──────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class LegSeen:
    """One channel of ours found on the switch, read from its variables."""

    leg: LegId
    role: Role
    contact: ContactId
    agent: AgentId | None = None
    up: bool = True
    """The leg was answered (an agent's leg that still rings is not up)."""
    place: str = ""
    """The dialplan place where it stands: visit, wait, offer, talk, hold, consult, after, fallback."""
    number: str = ""
    caller: str = ""
    request: ToQueue | None = None
    queued_at_ms: int | None = None
    talking_since_ms: int | None = None
    transfer: TransferId | None = None
    transfer_state: TransferState | None = None


@dataclass(frozen=True, slots=True)
class SwitchSeen:
    """The whole truth of the switch at one moment. What memory holds and this does not, has gone."""

    legs: tuple[LegSeen, ...]
    fell_back: frozenset[ContactId] = field(default_factory=frozenset)
    """Citizens who went through the fallback queue while nobody listened."""
    restarted: bool = False
    """The switch itself began anew: every call from before is gone with it."""


@dataclass(frozen=True, slots=True)
class SwitchLost:
    """The link to the switch is down; nothing is decided until it is seen again."""


@dataclass(frozen=True, slots=True)
class SwitchDied:
    """Nobody listens where the switch did: its process is gone, and with it every call. Follows a `SwitchLost`."""


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────
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


TransferRequest = (
    HoldRequested | ResumeRequested | ConsultRequested | CompleteRequested | CancelRequested | ConferenceRequested
)
SelfServed = (
    CallbackAsked
    | ForwardBegan
    | ForwardAnswered
    | ForwardFailed
    | FactsNoted
    | MessageRecorded
    | TextSettled
    | SurveyBegan
)
"""What a flow did for a citizen besides leading to a queue."""

Event = (
    Configured
    | Started
    | TimePassed
    | PresenceRestored
    | ContactRestored
    | OfferRestored
    | CallbackRestored
    | CallersRestored
    | RoutingRestored
    | CallbackCancelled
    | ContactArrived
    | ContactQueued
    | WaitKeyPressed
    | FlowEnded
    | SelfServed
    | FellBack
    | FallbackAnswered
    | LegEnded
    | OfferAnswered
    | OfferFailed
    | AgentReady
    | CitizenNotReached
    | RecipientRinging
    | RecipientAnswered
    | RecipientFailed
    | TalkResumed
    | CitizenHanded
    | TalkRecordingBegan
    | TalkRecordingStopped
    | CommandRefused
    | SwitchSeen
    | SwitchLost
    | SwitchDied
    | PresenceChosen
    | WrapUpFinished
    | WrapUpExtended
    | TransferRequest
)
