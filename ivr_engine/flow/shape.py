"""From a document under `flows/` to steps: the grammar of the language.

What each verb may have stands in tables of fields (`VERBS`), which are the JSON Schema too. Names of other documents
(prompts, queues, skills, hours, flows) are looked up while they are read. What is known of a document that could not be
read is None, and nothing is judged by it: one mistake is told once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow import shape_asking as asking
from ivr_engine.flow import shape_deciding as deciding
from ivr_engine.flow import shape_outside as outside
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.form import Form
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.shape_fields import KEYS, Field, read_fields
from ivr_engine.flow.shape_reader import NO_KEY, PERSON, Known, StepReader
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import (
    PERSON_KEY,
    CallbackStep,
    CollectStep,
    Flow,
    FlowId,
    MenuStep,
    PlayStep,
    QueueStep,
    RecordStep,
    SayStep,
    Step,
    SurveyStep,
    TransferStep,
)

_ANSWERED = (MenuStep, CollectStep, RecordStep, SurveyStep, QueueStep, CallbackStep, TransferStep)
"""Steps before which nobody needs a key for a person: a question, which has its own, and what brings one anyway."""

STEPS = 200
"""In one flow; a larger one cannot be understood by who has to mend it at night."""

HEAD = ("title", "language", "queue", "person_key", "takes", "returns", "steps")
"""What a flow's document may have."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of step: the fields that it may have, its own name first, and what is made of them."""

    fields: Mapping[str, Field]
    build: Callable[[StepReader, Mapping[str, Any]], Step]


VERBS: Mapping[str, Verb] = {
    "play": Verb(asking.PLAY, asking.play),
    "say": Verb(asking.SAY, asking.say),
    "menu": Verb(asking.MENU, asking.menu),
    "collect": Verb(asking.COLLECT, asking.collect),
    "record": Verb(asking.RECORD, asking.record),
    "survey": Verb(asking.SURVEY, asking.survey),
    "language": Verb(deciding.LANGUAGE, deciding.language),
    "hours": Verb(deciding.HOURS, deciding.hours),
    "switch": Verb(deciding.SWITCH, deciding.switch),
    "set": Verb(deciding.SET, deciding.set_),
    "goto": Verb(deciding.GOTO, deciding.goto),
    "call": Verb(deciding.CALL, deciding.call),
    "return": Verb(deciding.RETURN, deciding.return_),
    "dip": Verb(outside.DIP, outside.dip),
    "send": Verb(outside.SEND, outside.send),
    "queue": Verb(outside.QUEUE, outside.queue),
    "callback": Verb(outside.CALLBACK, outside.callback),
    "transfer": Verb(outside.TRANSFER, outside.transfer),
    "hangup": Verb(outside.HANGUP, outside.hangup),
}
"""Every verb of the language."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """A flow as far as it could be read, with the places of its steps for later passes."""

    flow: Flow
    forms: Mapping[str, Form] = field(default_factory=dict)


def shape_flow(flow: FlowId, node: Node, known: Known, diagnostics: Diagnostics) -> Shaped | None:
    """Read one document of `flows/`. None, after a diagnostic, when it has no step that can be read."""
    form = Form.of(node, diagnostics, f"flow '{flow}'", HEAD)
    if form is None:
        return None
    form.text("title", "", empty=True)
    language = form.one_of("language", LANGUAGES, "") or None
    queue = form.name("queue", "")
    form.check_names("queue", [queue] if queue else [], known.queues, "queue")
    key = form.one_of("person_key", (*KEYS, NO_KEY), PERSON_KEY)
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
        step = StepReader(flow, labels, following.get(label), known, step_form, "" if key == NO_KEY else key)
        if _label_is_free(written, label, diagnostics) and (read := _read(step)) is not None:
            steps[label] = read
            forms[label] = step_form
    if labels[0] not in steps:
        return None
    takes, returns = known.takes.get(flow, {}), known.returns.get(flow, {})
    heard = {label: _heard(step, steps) for label, step in steps.items()}
    return Shaped(Flow(flow, labels[0], heard, language, QueueId(queue) if queue else None, takes, returns), forms)


def _label_is_free(written: Form, label: str, diagnostics: Diagnostics) -> bool:
    if label == PERSON:
        diagnostics.error(
            written.table.keys[label], "name", f"'{PERSON}' is always there and cannot be a step of yours"
        )
        return False
    return written.key_is_name(label)


def _read(step: StepReader) -> Step | None:
    """Which verb the step has, then the fields of that verb."""
    verbs = [key for key in step.form.table.keys if key in VERBS]
    if len(verbs) != 1:
        _no_single_verb(step.form, verbs)
        return None
    verb = VERBS[verbs[0]]
    Form(step.form.table, step.form.diagnostics, f"{step.form.what} ({verbs[0]})", verb.fields)
    return verb.build(step, read_fields(step, step.form, verb.fields))


def _no_single_verb(form: Form, verbs: list[str]) -> None:
    place = form.table.place
    if verbs:
        form.diagnostics.error(
            form.table.keys[verbs[1]],
            "two_verbs",
            f"{form.what} does two things: {' and '.join(verbs)}",
            hint="make it two steps",
        )
        return
    first = next(iter(form.table.keys), None)
    if first is not None:
        place = form.table.keys[first]
    form.diagnostics.error(place, "no_verb", f"{form.what} does not say what to do", found=first, allowed=VERBS)


def _heard(step: Step, steps: Mapping[str, Step]) -> Step:
    """No person key where a question follows at once (a key pressed early counts there), nor on the way to a person."""
    if not isinstance(step, PlayStep | SayStep):
        return step
    following = steps.get(step.next.step) if step.next is not None else None
    if step.next is None or not step.barge_in or isinstance(following, _ANSWERED):
        return replace(step, person_key="")
    return step
