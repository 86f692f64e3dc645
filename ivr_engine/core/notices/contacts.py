"""A contact from its beginning to its one end, and what is kept of it: for everybody who counts or shows contacts."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, Disposition, OfferId, QueueId, RecipientFailure


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
