"""What happens to a citizen's leg before and beside a talk with an agent: menus, the wait, the fallback, the end."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.vocabulary import ContactId, LegId, OfferFailure, RecipientFailure


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


@dataclass(frozen=True, slots=True)
class CitizenNotReached:
    """The phone of a citizen who is called back was not picked up."""

    contact: ContactId
    cause: OfferFailure
