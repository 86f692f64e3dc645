"""From a document under `flows/` to steps: the grammar of the language, field by field.

Names of other documents (prompts, queues, skills, flows) are looked up while they are read. What is known of a
document that could not be read is None, and nothing is judged by it: one mistake is told once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ivr_engine.core.vocabulary import Disposition, QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.form import Form
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.source import Node, Text
from ivr_engine.flow.steps import (
    PRIORITY,
    TRIES,
    CollectStep,
    Flow,
    FlowId,
    HangupStep,
    MenuStep,
    PlayStep,
    PromptId,
    QueueStep,
    Step,
    Target,
)

PERSON = "person"
"""The target that every flow has: the queue of the number that was dialled."""

OTHER_FLOW = "flow:"
"""`flow:english` goes on at the beginning of another document."""

STEPS = 200
"""In one flow; a larger one cannot be understood by who has to mend it at night."""

MOST_TRIES = 5
MOST_KEYS = 20
"""The longest number a citizen may have to key is a 16-digit account; 20 leaves room."""

KEYS = tuple("1234567890*#")
ENDS = (Disposition.SELF_SERVED.value, Disposition.CLOSED.value, Disposition.REJECTED.value)
"""How a flow itself may end a contact; every other disposition is the outcome of something that happened."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names that steps may use; None when the document that lists them could not be read."""

    prompts: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    flows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shaped:
    """A flow as far as it could be read, with the places of its steps for later passes."""

    flow: Flow
    forms: Mapping[str, Form] = field(default_factory=dict)


def shape_flow(flow: FlowId, node: Node, known: Known, diagnostics: Diagnostics) -> Shaped | None:
    """Read one document of `flows/`. None, after a diagnostic, when it has no step that can be read."""
    form = Form.of(node, diagnostics, f"flow '{flow}'", ("title", "language", "steps"))
    if form is None:
        return None
    form.text("title", "", empty=True)
    language = form.one_of("language", LANGUAGES, "") or None
    written = form.below("steps", f"the steps of flow '{flow}'", None, required=True)
    if written is None:
        return None
    labels = tuple(written.table.keys)
    if not labels:
        form.error("steps", "empty", "a flow needs at least one step")
        return None
    if len(labels) > STEPS:
        form.error(
            "steps", "too_long", f"flow '{flow}' has {len(labels)} steps, at most {STEPS}", hint="split the flow"
        )
        return None
    steps: dict[str, Step] = {}
    forms: dict[str, Form] = {}
    following = dict(pairwise(labels))
    for label, step_form in written.forms("step", None):
        reader = _StepReader(flow, labels, following.get(label), known, step_form)
        if _label_is_free(written, label, diagnostics) and (step := reader.read()) is not None:
            steps[label] = step
            forms[label] = step_form
    if labels[0] not in steps:
        return None
    return Shaped(Flow(flow, labels[0], steps, language), forms)


def _label_is_free(written: Form, label: str, diagnostics: Diagnostics) -> bool:
    if label == PERSON:
        diagnostics.error(
            written.table.keys[label], "name", f"'{PERSON}' is always there and cannot be a step of yours"
        )
        return False
    return written.key_is_name(label)


class _StepReader:
    """Reads one step: which verb it has, then the fields of that verb."""

    def __init__(self, flow: FlowId, labels: tuple[str, ...], following: str | None, known: Known, form: Form) -> None:
        self._flow = flow
        self._labels = labels
        self._following = Target(flow, following) if following is not None else None
        self._known = known
        self._form = form

    def read(self) -> Step | None:
        verbs = [key for key in self._form.table.keys if key in VERBS]
        if len(verbs) != 1:
            self._no_single_verb(verbs)
            return None
        allowed, reader = VERBS[verbs[0]]
        Form(self._form.table, self._form.diagnostics, f"{self._form.what} ({verbs[0]})", allowed)
        return reader(self)

    def _no_single_verb(self, verbs: list[str]) -> None:
        place = self._form.table.place
        if verbs:
            self._form.diagnostics.error(
                self._form.table.keys[verbs[1]],
                "two_verbs",
                f"{self._form.what} does two things: {' and '.join(verbs)}",
                hint="make it two steps",
            )
            return
        first = next(iter(self._form.table.keys), None)
        if first is not None:
            place = self._form.table.keys[first]
        self._form.diagnostics.error(
            place, "no_verb", f"{self._form.what} does not say what to do", found=first, allowed=VERBS
        )

    # ── the verbs ────────────────────────────────────────────────────────────────────────────────────────────────
    def play(self) -> Step:
        return PlayStep(
            prompts=self._prompts("play", required=True),
            next=self._target("next", self._following),
            barge_in=self._form.truth("barge_in", default=True),
        )

    def menu(self) -> Step:
        return MenuStep(
            prompts=self._prompts("menu", required=True),
            choices=self._choices(),
            otherwise=self._target("otherwise", None),
            silence=self._target("on_silence", None),
            silence_leaves=self._form.has("on_silence"),
            tries=self._form.whole("tries", 1, MOST_TRIES, TRIES),
            wrong_prompt=self._prompts("wrong_prompt"),
            silence_prompt=self._prompts("silence_prompt"),
            first_key_ms=self._form.seconds_as_ms("first_key_seconds", 500, 20_000, 5_000),
            barge_in=self._form.truth("barge_in", default=True),
        )

    def collect(self) -> Step:
        form = self._form
        max_keys = form.whole("max_keys", 1, MOST_KEYS, MOST_KEYS)
        min_keys = form.whole("min_keys", 1, MOST_KEYS, 1)
        if min_keys > max_keys:
            form.error("min_keys", "number", f"'min_keys' is larger than 'max_keys' ({max_keys})")
        return CollectStep(
            variable=form.name("collect"),
            prompts=self._prompts("prompts", required=True),
            min_keys=min_keys,
            max_keys=max_keys,
            next=self._target("next", self._following),
            otherwise=self._target("otherwise", None),
            silence=self._target("on_silence", None),
            silence_leaves=form.has("on_silence"),
            terminator=form.one_of("terminator", ("#", "*"), "#"),
            tries=form.whole("tries", 1, MOST_TRIES, TRIES),
            wrong_prompt=self._prompts("wrong_prompt"),
            silence_prompt=self._prompts("silence_prompt"),
            first_key_ms=form.seconds_as_ms("first_key_seconds", 500, 20_000, 5_000),
            next_key_ms=form.seconds_as_ms("next_key_seconds", 500, 20_000, 3_000),
            barge_in=form.truth("barge_in", default=True),
            secret=form.truth("secret", default=False),
        )

    def queue(self) -> Step:
        queue = self._form.name("queue")
        self._form.check_names("queue", [queue] if queue else [], self._known.queues, "queue")
        skills = self._form.names("requirement")
        self._form.check_names("requirement", skills, self._known.skills, "skill")
        return QueueStep(
            queue=QueueId(queue),
            requirement=frozenset(map(Skill, skills)),
            priority=self._form.whole("priority", 0, PRIORITY, 0),
        )

    def hangup(self) -> Step:
        return HangupStep(Disposition(self._form.one_of("hangup", ENDS) or ENDS[0]))

    # ── their fields ─────────────────────────────────────────────────────────────────────────────────────────────
    def _prompts(self, key: str, *, required: bool = False) -> tuple[PromptId, ...]:
        names = self._form.names(key, required=required)
        self._form.check_names(key, names, self._known.prompts, "prompt")
        return tuple(map(PromptId, names))

    def _choices(self) -> dict[str, Target | None]:
        below = self._form.below("choices", f"the choices of {self._form.what}", KEYS, required=True)
        if below is None:
            return {}
        if not below.table.keys:
            self._form.error("choices", "empty", "a menu needs at least one choice")
        return {key: self._resolved(below, key) for key in below.table.keys if key in KEYS}

    def _target(self, key: str, default: Target | None) -> Target | None:
        return self._resolved(self._form, key) if self._form.has(key) else default

    def _resolved(self, form: Form, key: str) -> Target | None:
        node = form.table.entries.get(key)
        if not isinstance(node, Text):
            hint = "another flow is written flow:NAME, without a space" if node is not None else ""
            form.error(key, "not_a_value", f"'{key}' must name one step", hint=hint)
            return None
        word = node.value
        if word == PERSON:
            return None
        if word.startswith(OTHER_FLOW):
            name = word.removeprefix(OTHER_FLOW)
            if name in self._known.flows:
                return Target(FlowId(name), "")
            allowed = [f"{OTHER_FLOW}{known}" for known in sorted(self._known.flows)]
            form.error(key, "unknown_flow", "no such flow", allowed=allowed)
            return None
        if word in self._labels:
            return Target(self._flow, word)
        hint = f"to go on in the other flow write {OTHER_FLOW}{word}" if word in self._known.flows else ""
        form.error(
            key, "unknown_step", f"no such step in flow '{self._flow}'", allowed=(*self._labels, PERSON), hint=hint
        )
        return None


_LEAVING = ("otherwise", "on_silence", "tries", "wrong_prompt", "silence_prompt", "first_key_seconds", "barge_in")
VERBS: Mapping[str, tuple[tuple[str, ...], Callable[[_StepReader], Step]]] = {
    "play": (("play", "next", "barge_in"), _StepReader.play),
    "menu": (("menu", "choices", *_LEAVING), _StepReader.menu),
    "collect": (
        ("collect", "prompts", "min_keys", "max_keys", "terminator", "next_key_seconds", "secret", "next", *_LEAVING),
        _StepReader.collect,
    ),
    "queue": (("queue", "requirement", "priority"), _StepReader.queue),
    "hangup": (("hangup",), _StepReader.hangup),
}
"""Verb → the keys that a step with it may have, and who reads them."""
