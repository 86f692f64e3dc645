"""What a walk through a flow needs of its revision, and what it keeps of its citizen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr_engine.core.conversation import CallerCard, Prompt, Value, ValueType
from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.expressions import Expression, evaluate
from ivr_engine.flow.expressions_contact import contact_values
from ivr_engine.flow.expressions_tree import Kind
from ivr_engine.flow.expressions_tree import Value as Computed
from ivr_engine.flow.hours import Hours
from ivr_engine.flow.numbers import NumberEntry, Registry
from ivr_engine.flow.place import Standing, write_place
from ivr_engine.flow.prompts import LANGUAGES, Manifest
from ivr_engine.flow.say import CannotSay
from ivr_engine.flow.shape_reader import Variables
from ivr_engine.flow.steps import (
    CallStep,
    CollectStep,
    DipStep,
    Flow,
    FlowId,
    MenuStep,
    PromptId,
    RecordStep,
    SendStep,
    Step,
    SurveyStep,
)

WAITING = (MenuStep, CollectStep, RecordStep, SurveyStep, DipStep, SendStep)
"""Steps at which a walk stands still until somebody answers, and so the ones where it can be taken up again."""

TEXT_LETTERS = 200
"""Of one value that is kept; whoever told a longer one did not mean it for a telephone."""

PYTHON_TYPES: Mapping[ValueType, type] = {ValueType.TEXT: str, ValueType.WHOLE_NUMBER: int, ValueType.TRUTH: bool}
_KINDS: Mapping[Kind, type] = {Kind.TEXT: str, Kind.WHOLE: int, Kind.TRUTH: bool}


@dataclass(frozen=True, slots=True)
class Script:
    """All that a walk needs of a revision."""

    flows: Mapping[FlowId, Flow]
    numbers: Registry
    manifest: Manifest = field(default_factory=Manifest)
    hours: Hours = field(default_factory=Hours)
    variables: Variables = field(default_factory=Variables)
    closing: Mapping[QueueId, str] = field(default_factory=dict)
    """Queue → the calendar of its hours."""
    notices: Mapping[QueueId, PromptId] = field(default_factory=dict)
    """Queue → what is said before it of the recording of talks."""


class Memory:
    """Where one walk stands and what it has been told. The walk alone changes it."""

    def __init__(self, script: Script, card: CallerCard, dialled: NumberEntry | None) -> None:
        self._script = script
        self._card = card
        self._number = dialled.number if dialled is not None else card.number
        self.agency = dialled.agency.id if dialled is not None and dialled.agency is not None else ""
        of_number = dialled.language if dialled is not None else "ko"
        self.language = card.language if card.language in LANGUAGES else of_number
        self.flow: Flow | None = None
        self.label = ""
        self.tries = 0
        self.walked = 0
        self.silent = 0
        """Steps since the citizen last heard or was asked anything."""
        self.calls: list[tuple[FlowId, str]] = []
        self.queue: QueueId | None = None
        """Where a person is, when a flow has said so."""
        self.question = 0
        self.pending = ""
        """Digits that were keyed and not confirmed yet."""
        self._asked_tries = 0
        self._values: dict[str, Value] = {}
        self._secret: dict[str, Value] = {}
        self._anchor: Standing | None = None
        """The question of the first secret: nothing secret is kept across visits, so it has to be asked again."""

    # ── where it stands ──────────────────────────────────────────────────────────────────────────────────────────
    def enter(self, flow: Flow, label: str) -> None:
        """Go to a step: another flow may change the language and where a person is."""
        if flow is not self.flow:
            self.flow = flow
            self.language = flow.language or self.language
            self.queue = flow.queue or self.queue
        self._begin(label)

    def come_back(self, flow: Flow, label: str) -> None:
        """Return to a calling flow: the language stays as it has become."""
        self.flow = flow
        self.queue = flow.queue or self.queue
        self._begin(label)

    def failed(self) -> None:
        """One more try of this question was of no use."""
        self.tries += 1
        self._asked_tries = self.tries

    def _begin(self, label: str) -> None:
        self.label = label
        self.tries = 0
        self.question = 0
        self.pending = ""

    def place(self) -> str:
        """The word to keep on the channel; at a question whose digits are secret, or after one, that question's own."""
        standing = self._standing()
        if self._anchor is not None:
            standing = replace(self._anchor, walked=standing.walked)
        return write_place(standing)

    def _standing(self) -> Standing:
        return Standing(
            self.flow.id if self.flow is not None else "",
            self.label,
            self.language,
            self.tries,
            self.walked,
            self._values,
            tuple(self.calls),
            self.queue or "",
            self.question,
            self.pending,
        )

    def take_up(self, standing: Standing) -> bool:
        """Stand where an earlier visit stood, if this revision still has that question; else nothing has changed."""
        flows = self._script.flows
        flow = flows.get(FlowId(standing.flow))
        calls = [(FlowId(name), label) for name, label in standing.calls]
        if flow is None or not isinstance(flow.steps.get(standing.step), WAITING):
            return False
        if not all(isinstance(_step(flows, name, label), CallStep) for name, label in calls):
            return False
        self.flow, self.label, self.language = flow, standing.step, standing.language
        self.tries, self.walked, self.calls = standing.tries, standing.walked, calls
        self.queue = QueueId(standing.queue) if standing.queue else None
        self.question, self.pending = standing.question, standing.pending
        self._values = {name: value for name, value in standing.values.items() if self._fits(name, value)}
        return True

    def _fits(self, name: str, value: Value) -> bool:
        """A channel may bring a value of a revision in which the variable had another type."""
        of = self._script.variables.types.get(name)
        return of is not None and type(value) is _KINDS.get(of.kind)

    # ── what it knows ────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def values(self) -> Mapping[str, Value]:
        """Every variable, secret ones included: for steps that use them, never for output."""
        return {**self._values, **self._secret}

    def keep(self, name: str, value: Value, *, asked: bool = False) -> None:
        """Give a variable its value. `asked`: the citizen keyed it at the step where the walk stands."""
        if isinstance(value, str) and len(value) > TEXT_LETTERS:
            value = value[:TEXT_LETTERS]
        if name not in self._script.variables.secrets:
            self._values[name] = value
            return
        if asked and self._anchor is None:
            self._anchor = replace(self._standing(), tries=0, pending="", values=dict(self._values))
        self._secret[name] = value

    def compute(self, expression: Expression) -> Computed:
        """What an expression is worth now."""
        names = expression.names
        if not names:
            return evaluate(expression, {})
        known = contact_values(
            self._card, number=self._number, agency=self.agency, language=self.language, tries=self._asked_tries
        )
        return evaluate(expression, {**known, **self._values, **self._secret})

    def shown(self, names: tuple[str, ...]) -> dict[str, str]:
        """Those variables as text, without the ones that have no value."""
        return {name: as_text(self._values[name]) for name in names if name in self._values}


class Voice:
    """Which recordings say something, in the language spoken, without those that the switch lacks."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self.unplayable: set[str] = set()

    def prompts(self, prompts: tuple[PromptId, ...], language: str) -> tuple[Prompt, ...]:
        files = self._manifest.files
        found = (files.get((prompt, language)) for prompt in prompts)
        return tuple(prompt for prompt in found if prompt is not None and prompt.file not in self.unplayable)

    def value(self, kind: str, value: Computed, language: str) -> tuple[Prompt, ...]:
        """The recordings of a value; none where it cannot be said whole, because half a number is a wrong one."""
        try:
            said = self._manifest.say(kind, value, language)
        except CannotSay:
            return ()
        return () if any(prompt.file in self.unplayable for prompt in said) else said


def as_text(value: Computed) -> str:
    """A value for people and other systems: `true`, not Python's `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def clock_text(minutes: int) -> str:
    """A time of day, which expressions count in minutes."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _step(flows: Mapping[FlowId, Flow], flow: FlowId, label: str) -> Step | None:
    found = flows.get(flow)
    return found.steps.get(label) if found is not None else None
