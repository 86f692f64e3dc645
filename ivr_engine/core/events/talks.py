"""What the switch tells of agents' phones and of talks: offers, hold, consult, transfer, recording."""

from dataclasses import dataclass

from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferFailure, OfferId, RecipientFailure, TransferId


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
class OfferFailed:
    """The agent's phone did not become a talk."""

    offer: OfferId
    cause: OfferFailure


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
