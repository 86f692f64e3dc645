"""The words between a flow and whoever speaks it: what to do next, what came back, how the visit ended.

A flow knows no telephone and a telephone knows no flow. A `Conversation` yields one `Action` at a time and is told a
`Reply`; the FastAGI visit performs them with Asterisk's verbs, a test performs them with a list. The last action is
`Finish`, whose outcome travels on the citizen's channel as one packed variable (`pack_outcome`), because the dialplan
must be able to go on without us.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId, Skill

OUTCOME_BYTES = 900
"""An AMI line ends at 1,024 bytes; a variable of ours with its name and header stays below that."""

_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class CallerCard:
    """What is known of a citizen when the first word of a flow is spoken."""

    contact: ContactId
    number: str
    caller: str = ""
    place: str | None = None
    """Where a first try of this visit had got to; None at the beginning."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recorded sentence: the file Asterisk plays, and how long it may take."""

    file: str
    ceiling_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Play:
    """Play prompts one after the other; a key in `interrupt` ends them and is kept for the next `Ask`."""

    prompts: tuple[Prompt, ...]
    interrupt: str = ""


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


@dataclass(frozen=True, slots=True)
class ToQueue:
    """The citizen wants a person: stand in this queue with this requirement."""

    queue: QueueId
    requirement: frozenset[Skill] = frozenset()
    agency: str = ""
    language: str = "ko"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The flow itself was the answer (or the refusal)."""

    disposition: Disposition
    agency: str = ""
    language: str = "ko"


Outcome = ToQueue | Ended


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation is over; nothing may be asked after it."""

    outcome: Outcome


Action = Play | Ask | Finish


@dataclass(frozen=True, slots=True)
class Done:
    """The prompts were played to the end, or interrupted."""


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


Reply = Done | Keys | Silence | Unplayable


class Conversation(Protocol):
    """One citizen's walk through a flow: pure, one action at a time."""

    def begin(self) -> Action:
        """The first action (at `CallerCard.place` when a visit is tried again)."""

    def reply(self, reply: Reply) -> Action:
        """What follows from what the citizen did. Raises ValueError after `Finish`."""


class Converse(Protocol):
    """Opens the conversation that a dialled number leads to."""

    def __call__(self, card: CallerCard) -> Conversation: ...


class OutcomeError(ValueError):
    """An outcome that cannot travel on a channel, or did not come from us."""


def pack_outcome(outcome: Outcome) -> str:
    """One channel variable of `[A-Za-z0-9._:-]`.

    `queue:ID:skill.skill:agency:language:priority` or `end:disposition:agency:language`. Raises OutcomeError when a
    word has other letters or the whole is longer than OUTCOME_BYTES.
    """
    match outcome:
        case ToQueue():
            skills = ".".join(_word(skill) for skill in sorted(outcome.requirement))
            parts = [
                "queue",
                _word(outcome.queue),
                skills,
                _word(outcome.agency, empty=True),
                _word(outcome.language),
                str(outcome.priority),
            ]
        case Ended():
            parts = ["end", outcome.disposition.value, _word(outcome.agency, empty=True), _word(outcome.language)]
    packed = ":".join(parts)
    if len(packed) > OUTCOME_BYTES:
        raise OutcomeError(f"outcome of {len(packed)} bytes, at most {OUTCOME_BYTES}: fewer or shorter skills")
    return packed


def unpack_outcome(packed: str) -> Outcome:
    """The outcome that `pack_outcome` packed. Raises OutcomeError with what was found."""
    parts = packed.split(":")
    try:
        match parts:
            case ["queue", queue, skills, agency, language, priority]:
                requirement = frozenset(Skill(_word(skill)) for skill in skills.split(".") if skills)
                return ToQueue(
                    QueueId(_word(queue)), requirement, _word(agency, empty=True), _word(language), int(priority)
                )
            case ["end", disposition, agency, language]:
                return Ended(Disposition(disposition), _word(agency, empty=True), _word(language))
    except ValueError as error:
        raise OutcomeError(f"outcome {packed!r}: {error}") from error
    raise OutcomeError(f"outcome {packed!r}: expected queue:… or end:…")


def _word(word: str, *, empty: bool = False) -> str:
    if (empty and not word) or _WORD.fullmatch(word):
        return word
    raise OutcomeError(f"{word!r} is not a word of 1 to 64 of A-Z a-z 0-9 _ -")
