"""What a flow can do: one frozen dataclass for each kind of step, checked and complete.

`shape` makes them from YAML, `check` looks at what they name, `interpreter` walks them. A new kind of step is a class
here with its row in `steps_branches`, a reader in `shape` and a branch in `interpreter`, with a pair of tests.

Where a target may be None, None is a person: the queue of the flow or else of the number that was dialled. A variable
is one name for the whole folder and has one type; `set`, `collect`, `record`, `survey`, a data dip, the arguments of a
called flow and what it returns give it a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from ivr_engine.core.conversation import DIP_BYTES, DIP_DEADLINE_MS, Output, Value, ValueType
from ivr_engine.core.vocabulary import Disposition, QueueId, Skill
from ivr_engine.flow.expressions import Expression

FlowId = NewType("FlowId", str)
"""One document under `flows/`; the name of its file."""

PromptId = NewType("PromptId", str)
"""One sentence of `prompts.yaml`; which recording it means depends on the language spoken."""

HoursId = NewType("HoursId", str)
"""One calendar of `hours.yaml`."""

TRIES = 3
"""How often a menu is heard before a person takes over: the third failure is a request for help."""

PRIORITY = 9
"""Highest priority of a contact; 0 is ordinary."""

CALLS = 4
"""Calls inside calls. Their places travel on the citizen's channel, and nobody can follow more."""

PERSON_KEY = "0"
"""The key that brings a person at any moment, unless the operator says otherwise."""


class Checksum(StrEnum):
    """What keyed digits must satisfy besides their number."""

    NONE = "none"
    LUHN = "luhn"
    CARD_NUMBER = "card_number"
    """13 to 19 digits, Luhn. Only ever secret."""
    BUSINESS_NUMBER = "business_number"
    """Korea's ten digits of a business (사업자등록번호)."""
    CORPORATION_NUMBER = "corporation_number"
    """Korea's thirteen digits of a corporation (법인등록번호)."""
    RESIDENT_NUMBER = "resident_number"
    """Korea's thirteen digits of a person (주민등록번호). Only ever secret."""
    MOBILE_NUMBER = "mobile_number"
    """A Korean mobile telephone: 010 and eight digits, 011 and 016 to 019 with seven or eight."""
    DATE = "date"
    """Eight digits, YYYYMMDD, of a day that there is."""


ONLY_SECRET = frozenset({Checksum.CARD_NUMBER, Checksum.RESIDENT_NUMBER})
"""What must never be in any output of ours: `shape` refuses them unless the step says `secret: true`."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go next. An empty `step` is the first of that flow."""

    flow: FlowId
    step: str


# ── saying ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class PlayStep:
    """Say something, then go on."""

    prompts: tuple[PromptId, ...]
    next: Target | None
    barge_in: bool = True
    """A key ends the sentence and counts for the menu after it."""
    person_key: str = ""
    """Only where no question follows at once: that has one of its own, and a key pressed early counts there."""


@dataclass(frozen=True, slots=True)
class SayStep:
    """Say a value: a number, a date, a time, an amount, composed of recorded pieces in the language spoken."""

    value: Expression
    kind: str
    """How `say.compose` reads it."""
    next: Target | None
    before: tuple[PromptId, ...] = ()
    after: tuple[PromptId, ...] = ()
    barge_in: bool = True
    person_key: str = ""


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class MenuStep:
    """Offer choices by one key. Silence and wrong keys end at a person, never at a dead end."""

    prompts: tuple[PromptId, ...]
    choices: Mapping[str, Target | None]
    otherwise: Target | None
    """After the last try."""
    silence: Target | None
    """Where silence leads when `silence_leaves` is set."""
    silence_leaves: bool = False
    tries: int = TRIES
    wrong_prompt: tuple[PromptId, ...] = ()
    silence_prompt: tuple[PromptId, ...] = ()
    first_key_ms: int = 5_000
    barge_in: bool = True
    person_key: str = PERSON_KEY
    """A choice of the same key wins."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Say the digits that were keyed and ask whether they are right."""

    after: tuple[PromptId, ...]
    """The question, after the digits: "if that is right, press 1"."""
    before: tuple[PromptId, ...] = ()
    kind: str = "digits"
    yes: str = "1"
    no: str = "2"


@dataclass(frozen=True, slots=True)
class CollectStep:
    """Ask for several digits and keep them under a name for as long as the contact is in flow."""

    variable: str
    prompts: tuple[PromptId, ...]
    min_keys: int
    max_keys: int
    next: Target | None
    otherwise: Target | None
    silence: Target | None
    silence_leaves: bool = False
    terminator: str = "#"
    tries: int = TRIES
    wrong_prompt: tuple[PromptId, ...] = ()
    silence_prompt: tuple[PromptId, ...] = ()
    first_key_ms: int = 5_000
    next_key_ms: int = 3_000
    barge_in: bool = True
    secret: bool = False
    """The digits reach no log, journal or metric, are not said, and are not kept across visits."""
    person_key: str = "*"
    """Never a digit."""
    checksum: Checksum = Checksum.NONE
    confirm: ReadBack | None = None


@dataclass(frozen=True, slots=True)
class RecordStep:
    """Record what the citizen says; the variable holds the recording's name."""

    variable: str
    prompts: tuple[PromptId, ...]
    next: Target | None
    otherwise: Target | None
    """After the last try with nothing recorded, and where the switch cannot record."""
    longest_ms: int = 120_000
    shortest_ms: int = 1_000
    """What is shorter was a cough or a slip: a failed try."""
    silence_ms: int = 5_000
    terminator: str = "#"
    tries: int = 2
    again_prompt: tuple[PromptId, ...] = ()
    person_key: str = PERSON_KEY


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a survey: a key from 1 to `highest`."""

    variable: str
    prompts: tuple[PromptId, ...]
    highest: int = 5


@dataclass(frozen=True, slots=True)
class SurveyStep:
    """Ask questions one after the other; who is silent or presses nothing right is asked no more, and thanked."""

    survey: str
    questions: tuple[Question, ...]
    next: Target | None
    thanks: tuple[PromptId, ...] = ()
    wrong_prompt: tuple[PromptId, ...] = ()
    tries: int = 2
    first_key_ms: int = 5_000
    person_key: str = ""
    """None: who answers a survey has talked with a person already."""


# ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class LanguageStep:
    """Speak this language from here on."""

    language: str
    next: Target | None


@dataclass(frozen=True, slots=True)
class HoursStep:
    """Go by a calendar. The message of an emergency closing is said before its branch is taken."""

    hours: HoursId
    """Empty: the calendar of the number that was dialled, or always open where it has none."""
    open: Target | None
    closed: Target | None
    holiday: Target | None
    emergency: Target | None


@dataclass(frozen=True, slots=True)
class SwitchStep:
    """Go by a value: the case that equals it, or else `otherwise`."""

    value: Expression
    cases: Mapping[Value, Target | None]
    otherwise: Target | None


@dataclass(frozen=True, slots=True)
class SetStep:
    """Give variables their values, one after the other."""

    values: Mapping[str, Expression]
    next: Target | None


@dataclass(frozen=True, slots=True)
class GotoStep:
    """Go on elsewhere."""

    target: Target | None


@dataclass(frozen=True, slots=True)
class CallStep:
    """Walk another flow and come back at its `return`."""

    flow: FlowId
    next: Target | None
    arguments: Mapping[str, Expression] = field(default_factory=dict)
    """Variable of the called flow → its value at the beginning."""
    results: Mapping[str, str] = field(default_factory=dict)
    """Variable here → what the called flow returns."""


@dataclass(frozen=True, slots=True)
class ReturnStep:
    """Go back to where this flow was called; a flow that was not called brings a person instead."""

    values: Mapping[str, Expression] = field(default_factory=dict)


# ── outside ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class DipStep:
    """Ask another system. Every dip says where failure leads."""

    source: str
    url: str
    outputs: tuple[Output, ...]
    next: Target | None
    failed: Target | None
    values: Mapping[str, Expression] = field(default_factory=dict)
    """What the places of `url` and the names of `body` hold."""
    method: str = "GET"
    body: tuple[str, ...] = ()
    secret: frozenset[str] = frozenset()
    """Those of `values` that are made of a secret."""
    deadline_ms: int = DIP_DEADLINE_MS
    limit_bytes: int = DIP_BYTES
    cache_seconds: int = 0
    prompts: tuple[PromptId, ...] = ()
    """Comfort while the answer is waited for."""


@dataclass(frozen=True, slots=True)
class SendStep:
    """Send a text message, composed of what was written and of values."""

    texts: Mapping[str, str]
    """Language → template; `{name}` is a value."""
    values: Mapping[str, Expression]
    to: Expression
    """The caller's own number unless another is written."""
    next: Target | None
    failed: Target | None


# ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class QueueStep:
    """A person, from this queue, with skills and priority beyond the queue's own (the core adds the two)."""

    queue: QueueId
    requirement: frozenset[Skill] = frozenset()
    priority: int = 0
    show: tuple[str, ...] = ()
    """Variables that the counsellor is shown; never secret ones."""
    agent: Expression | None = None
    """Whom the citizen stands for while that agent is at work: a case worker, whoever had the case last time."""
    agent_wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallbackStep:
    """The citizen hangs up and keeps the place in this queue; who has no number to call goes to `otherwise`."""

    queue: QueueId
    number: Expression
    """The caller's own unless another is written."""
    otherwise: Target | None
    requirement: frozenset[Skill] = frozenset()
    priority: int = 0
    show: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferStep:
    """Connect with an entry of the directory; who is not reached there stands in the queue, None: the person's."""

    entry: str
    queue: QueueId | None = None
    requirement: frozenset[Skill] = frozenset()
    priority: int = 0
    show: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HangupStep:
    """The flow was the answer (or the refusal)."""

    disposition: Disposition


SayingStep = PlayStep | SayStep
AskingStep = MenuStep | CollectStep | RecordStep | SurveyStep
DecidingStep = LanguageStep | HoursStep | SwitchStep | SetStep | GotoStep | CallStep | ReturnStep
OutsideStep = DipStep | SendStep
EndingStep = QueueStep | CallbackStep | TransferStep | HangupStep
Step = SayingStep | AskingStep | DecidingStep | OutsideStep | EndingStep


@dataclass(frozen=True, slots=True)
class Flow:
    """One document: its steps by name, begun at the first."""

    id: FlowId
    first: str
    steps: Mapping[str, Step]
    language: str | None = None
    """Spoken from here on; None goes on in the language spoken so far."""
    queue: QueueId | None = None
    """Where *person* leads from here; None leaves it as it was."""
    takes: Mapping[str, ValueType] = field(default_factory=dict)
    """Variables that whoever calls this flow has to give."""
    returns: Mapping[str, ValueType] = field(default_factory=dict)
    """What it gives back."""
