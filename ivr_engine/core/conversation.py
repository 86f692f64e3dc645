"""The words between a flow and whoever speaks it: what to do next, what came back, how the visit ended.

A flow knows no telephone and a telephone knows no flow. A `Conversation` yields one `Action` at a time and is told a
`Reply`; the FastAGI visit performs them with Asterisk's verbs, a test performs them with a list. The last action is
`Finish`, whose outcome travels on the citizen's channel as one packed variable (`packing`), because the dialplan
must be able to go on without us.

    Play      → Done, Keys (one of `leave`), Unplayable
    Ask       → Keys, Silence, Unplayable
    Record    → Recorded, NotRecorded, Keys (one of `leave`), Unplayable
    Dip       → Dipped, DipFailed
    SendText  → Sent, NotSent
    Remember  → Done
    Finish    → nothing
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId, Skill

PLACE_BYTES = 900
"""Of the place in a flow, which travels in the visit's arguments: an AMI line ends at 1,024 bytes."""

DIP_DEADLINE_MS = 800
"""A pause in a talk that nobody takes for a dead line."""

DIP_BYTES = 64_000
"""A bill is under a kilobyte; what is larger was not meant for a telephone."""

Value = str | int | bool
"""What a flow keeps under a name."""


class ValueType(StrEnum):
    """The types of values, known when a flow is checked."""

    TEXT = "text"
    WHOLE_NUMBER = "whole_number"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is: told from outside, because a flow that reads a clock cannot be replayed.

    One moment holds for the whole visit: who was told that the desk is open is not turned away a minute later.
    """

    at_ms: int
    """Wall clock, milliseconds since the Unix epoch."""
    zone: str = "Asia/Seoul"
    """Where the centre is: in which `now` of an expression is told. Calendars have zones of their own."""


ORDINARY_MOMENT = Moment(1_767_582_000_000)
"""Noon of Monday, 5 January 2026, in Seoul: what a walk is told that belongs to no day, such as a search for ways."""


@dataclass(frozen=True, slots=True)
class CallerCard:
    """What is known of a citizen when the first word of a flow is spoken."""

    contact: ContactId
    number: str
    caller: str = ""
    place: str | None = None
    """Where a first try of this visit had got to; None at the beginning."""
    moment: Moment = ORDINARY_MOMENT
    """Whoever serves citizens tells the real one."""
    flow: str = ""
    """Begin in this flow instead of the number's: a survey after the talk, the offer to somebody who waits."""
    visits: int = 1
    """How many visits this contact has had, this one included."""
    waited_seconds: int = 0
    """How long the citizen has stood in queues before this visit."""
    revision: str = ""
    """The revision that spoke to this contact first; empty at its first visit, and where nobody keeps it."""
    language: str = ""
    """In which the contact stood in a queue or talked; empty at its first visit: the number's."""
    notice: str = ""
    """The notice of recording that the contact heard before it stood in a queue."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recorded sentence: the file Asterisk plays, and how long it may take."""

    file: str
    ceiling_ms: int = 30_000


# ── actions ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Play:
    """Play prompts one after the other; a key in `interrupt` ends them and is kept for the next `Ask`."""

    prompts: tuple[Prompt, ...]
    interrupt: str = ""
    leave: str = ""
    """Keys that end the prompts and are told at once as `Keys`: the way to a person. They count before `interrupt`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Play prompts, then take keys: at most `max_keys`, until a terminator, or silence.

    `keys` are the keys that are listened for. A key pressed during a prompt stops it when `barge_in` is set.
    The terminator is not part of the answer.
    """

    prompts: tuple[Prompt, ...]
    keys: str = "0123456789*#"
    max_keys: int = 1
    terminator: str = "#"
    first_key_ms: int = 5_000
    next_key_ms: int = 3_000
    barge_in: bool = True
    place: str = ""
    """Where to resume when this visit is tried again: kept on the channel before the citizen is waited for."""
    secret: bool = False
    """The keys never reach a log, a journal or a metric."""
    leave: str = ""
    """Keys that end the question at once, whatever was pressed before them; that key alone is then the answer."""


@dataclass(frozen=True, slots=True)
class Record:
    """Play prompts, sound a tone, and record what the citizen says, until a terminator, silence or the longest time.

    Whoever records mints the recording's name; no word of the citizen is ever part of it.
    """

    prompts: tuple[Prompt, ...]
    longest_ms: int = 120_000
    silence_ms: int = 5_000
    terminator: str = "#"
    barge_in: bool = True
    place: str = ""
    leave: str = ""
    """Keys that end the recording, throw it away and are told as `Keys`."""


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that a data dip has to tell: its name in the flow, its type, and where it stands in the JSON answer."""

    name: str
    type: ValueType
    at: str
    """`bill.amount`, `stops.0.name`."""


@dataclass(frozen=True, slots=True)
class Dip:
    """Ask another system a bounded question. It answers with every output in its type, or not at all."""

    source: str
    """Names the system for breaker, metrics and scenarios; never a value."""
    url: str
    """A template: `https://water.example/bills/{account}`. The adapter puts the values into it, encoded."""
    outputs: tuple[Output, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    """Those that `url` names, and those of `body`."""
    method: str = "GET"
    """GET, or POST with `body`."""
    body: tuple[str, ...] = ()
    """Names of `values` that are sent as one JSON object."""
    secret: frozenset[str] = frozenset()
    """Names of `values` that reach no log and no cache key that can be read."""
    deadline_ms: int = DIP_DEADLINE_MS
    limit_bytes: int = DIP_BYTES
    cache_seconds: int = 0
    prompts: tuple[Prompt, ...] = ()
    """Played while the answer is waited for; the answer does not cut them short."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text message. `key` is the same for the same message of the same contact, however often it is tried."""

    to: str
    text: str
    key: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Remember:
    """Facts of this contact for the journal and the counsellor: never a secret one."""

    facts: Mapping[str, str]
    survey: str = ""
    """The survey whose answers these are; empty for what the counsellor is shown."""


# ── outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class ToQueue:
    """The citizen wants a person: stand in this queue with this requirement."""

    queue: QueueId
    requirement: frozenset[Skill] = frozenset()
    agency: str = ""
    language: str = "ko"
    priority: int = 0
    agent: str = ""
    """Whom the citizen stands for while that agent is at work, for at most `agent_wait_ms`."""
    agent_wait_ms: int = 0
    closes_in_seconds: int | None = None
    """When the hours of the queue end, from now; 0: they have ended. None: there are none, or no end in sight."""
    notice: str = ""
    """The notice of recording that the citizen has heard to its end: without it no talk is ever recorded."""


@dataclass(frozen=True, slots=True)
class ToCallback:
    """The citizen hangs up and is called back: `request` is the place in the queue that is kept meanwhile."""

    number: str
    """Who is called: digits, perhaps behind a +."""
    request: ToQueue


@dataclass(frozen=True, slots=True)
class ToEntry:
    """Connect the citizen with an entry of the directory; who is not reached there stands in `otherwise`."""

    entry: str
    """The code of the entry, never a number to dial: the directory knows that."""
    otherwise: ToQueue


@dataclass(frozen=True, slots=True)
class Ended:
    """The flow itself was the answer (or the refusal)."""

    disposition: Disposition
    agency: str = ""
    language: str = "ko"


Outcome = ToQueue | ToCallback | ToEntry | Ended


def queue_request(outcome: Outcome) -> ToQueue | None:
    """The place in a queue that an outcome asks for, at once or later; None for an end."""
    match outcome:
        case ToQueue():
            return outcome
        case ToCallback():
            return outcome.request
        case ToEntry():
            return outcome.otherwise
        case Ended():
            return None


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation is over; nothing may be asked after it."""

    outcome: Outcome


Action = Play | Ask | Record | Dip | SendText | Remember | Finish


# ── replies ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Done:
    """The prompts were played to the end, or interrupted; the facts are remembered."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the citizen pressed, without the terminator."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was pressed in time."""


@dataclass(frozen=True, slots=True)
class Unplayable:
    """A prompt could not be played; the conversation decides whether it can go on without it."""

    file: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording is kept under this name (`[A-Za-z0-9._-]`)."""

    recording: str
    length_ms: int


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The switch could not record; `reason` is for people."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dipped:
    """Every output that was declared, in its type."""

    outputs: Mapping[str, Value]


class DipFailure(StrEnum):
    """Why a data dip told nothing."""

    SLOW = "slow"
    UNREACHABLE = "unreachable"
    STATUS = "status"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """No JSON, an output missing or of another type."""
    RESTING = "resting"
    """It failed too often; nobody is sent there for a while."""
    BUSY = "busy"
    """Too many questions are open already."""
    REFUSED = "refused"
    """An address that nobody here may ask."""


@dataclass(frozen=True, slots=True)
class DipFailed:
    reason: DipFailure


@dataclass(frozen=True, slots=True)
class Sent:
    """The text was taken by whoever delivers it."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The text was not taken; `reason` is for people."""

    reason: str = ""


Reply = Done | Keys | Silence | Unplayable | Recorded | NotRecorded | Dipped | DipFailed | Sent | NotSent


class Conversation(Protocol):
    """One citizen's walk through a flow: pure, one action at a time."""

    def begin(self) -> Action:
        """The first action (at `CallerCard.place` when a visit is tried again)."""

    def reply(self, reply: Reply) -> Action:
        """What follows from what the citizen did. Raises ValueError after `Finish`."""


class Converse(Protocol):
    """Opens the conversation that a dialled number leads to."""

    def __call__(self, card: CallerCard) -> Conversation: ...


class VisitEnd(StrEnum):
    """How a visit ended, as far as its flow can be blamed for it."""

    FINISHED = "finished"
    ABANDONED = "abandoned"
    """The citizen hung up before the flow had come to its end."""
    FAILED = "failed"
    """A mistake of ours, or a conversation that did not end."""
