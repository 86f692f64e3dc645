"""Promises to call back, from the promise to its one outcome."""

from dataclasses import dataclass

from ivr_engine.core.vocabulary import CallbackEnd, CallbackId, CallbackState, ContactId, QueueId


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
    """Why the last dial was in vain: busy, no_answer, declined, unreachable, lost, hung_up, turned_away."""


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
