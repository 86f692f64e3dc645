"""What happens to a contact because it waits, and why it does: for reports of waits and `ivr-engine why`."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.vocabulary import ContactId, QueueId


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
class PromiseMissed:
    """A citizen has now waited longer than the queue promises."""

    contact: ContactId
    queue: QueueId
    queued_at_ms: int
    promise_ms: int


@dataclass(frozen=True, slots=True)
class RequirementUnmet:
    """An alarm: nobody can meet what a queue needs. `known` agents have the skills; nobody of them is logged in."""

    queue: QueueId
    needs: str
    known: int
    waiting: int
    relaxed: int = 0
    """Where nobody is known: how many agents can after all of the queue's steps of relaxation."""
