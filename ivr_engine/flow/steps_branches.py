"""Where each kind of step can lead, and what it can say: for checks, proofs, graphs and coverage.

The names of the branches are those of a trail: what a citizen did can be laid over what could be done.
"""

from dataclasses import dataclass

from ivr_engine.core.conversation import Value
from ivr_engine.flow.steps import (
    CallbackStep,
    CallStep,
    CollectStep,
    DecidingStep,
    DipStep,
    GotoStep,
    HangupStep,
    HoursStep,
    LanguageStep,
    MenuStep,
    PlayStep,
    PromptId,
    QueueStep,
    RecordStep,
    ReturnStep,
    SayStep,
    SendStep,
    SetStep,
    Step,
    SurveyStep,
    SwitchStep,
    Target,
    TransferStep,
)

NEXT, OTHERWISE, SILENCE, PERSON = "next", "otherwise", "silence", "person"
FAILED, RETURNED, CALLED = "failed", "returned", "called"
OPEN, CLOSED, HOLIDAY, EMERGENCY = "open", "closed", "holiday", "emergency"


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a step. `passive`: who presses and says nothing can come this way."""

    name: str
    target: Target | None
    passive: bool = False


def branches(step: Step) -> tuple[Branch, ...]:
    """Every way out, by the name that a trail, a graph and a proof know it by. Empty for a step that ends the flow.

    A call leads into the called flow, and to `next` when that returns; a return has no target of its own.
    """
    match step:
        case PlayStep() | SayStep() | SurveyStep():
            return (Branch(NEXT, step.next, passive=True), *_to_person(step.person_key))
        case MenuStep():
            ways = [Branch(key, target) for key, target in step.choices.items()]
            key = "" if step.person_key in step.choices else step.person_key
            return (*ways, *_to_person(key), *_leaving(step))
        case CollectStep():
            return (Branch(NEXT, step.next), *_to_person(step.person_key), *_leaving(step))
        case RecordStep():
            on = (Branch(NEXT, step.next, passive=True), Branch(OTHERWISE, step.otherwise, passive=True))
            return (*on, *_to_person(step.person_key))
        case DipStep() | SendStep():
            return (Branch(NEXT, step.next, passive=True), Branch(FAILED, step.failed, passive=True))
        case QueueStep() | CallbackStep() | TransferStep() | HangupStep():
            return (Branch(OTHERWISE, step.otherwise, passive=True),) if isinstance(step, CallbackStep) else ()
        case _:
            return tuple(Branch(name, target, passive=True) for name, target in _decided(step))


def _decided(step: DecidingStep) -> tuple[tuple[str, Target | None], ...]:
    match step:
        case LanguageStep() | SetStep():
            return ((NEXT, step.next),)
        case GotoStep():
            return ((NEXT, step.target),)
        case HoursStep():
            return ((OPEN, step.open), (CLOSED, step.closed), (HOLIDAY, step.holiday), (EMERGENCY, step.emergency))
        case SwitchStep():
            cases = ((written_value(value), target) for value, target in step.cases.items())
            return (*cases, (OTHERWISE, step.otherwise))
        case CallStep():
            return ((CALLED, Target(step.flow, "")), (RETURNED, step.next))
        case ReturnStep():
            return ()


def written_value(value: Value) -> str:
    """A value as operators write it: `true`, not Python's `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _to_person(key: str) -> tuple[Branch, ...]:
    return (Branch(PERSON, None),) if key else ()


def _leaving(step: MenuStep | CollectStep) -> tuple[Branch, ...]:
    if step.silence_leaves:
        return (Branch(SILENCE, step.silence, passive=True), Branch(OTHERWISE, step.otherwise))
    return (Branch(OTHERWISE, step.otherwise, passive=True),)


def passive(step: Step) -> tuple[Target | None, ...]:
    """Where a citizen can get who presses nothing. Empty for a step that ends the flow."""
    return tuple(branch.target for branch in branches(step) if branch.passive)


def reachable(step: Step) -> tuple[Target | None, ...]:
    """Where any citizen can get from here."""
    return tuple(branch.target for branch in branches(step))


def spoken(step: Step) -> tuple[PromptId, ...]:
    """Every prompt that the step may play; what `say` composes of a value is not among them."""
    match step:
        case PlayStep() | DipStep():
            return step.prompts
        case SayStep():
            return (*step.before, *step.after)
        case MenuStep():
            return (*step.prompts, *step.wrong_prompt, *step.silence_prompt)
        case CollectStep():
            read_back = (*step.confirm.before, *step.confirm.after) if step.confirm is not None else ()
            return (*step.prompts, *step.wrong_prompt, *step.silence_prompt, *read_back)
        case RecordStep():
            return (*step.prompts, *step.again_prompt)
        case SurveyStep():
            asked = [prompt for question in step.questions for prompt in question.prompts]
            return (*asked, *step.wrong_prompt, *step.thanks)
        case _:
            return ()


def in_words(step: Step) -> str:
    """What a step does, in a few words: its verb and what that is about."""
    match step:
        case PlayStep() | MenuStep():
            return f"{'play' if isinstance(step, PlayStep) else 'menu'} {', '.join(step.prompts)}"
        case SayStep():
            return f"say {step.value} as {step.kind}"
        case CollectStep() | RecordStep():
            return f"{'collect' if isinstance(step, CollectStep) else 'record'} {step.variable}"
        case DipStep():
            return f"dip {step.source}"
        case SendStep():
            return "send a text"
        case SurveyStep():
            return f"survey {step.survey}"
        case QueueStep() | CallbackStep():
            return f"{'queue' if isinstance(step, QueueStep) else 'callback'} {step.queue}"
        case TransferStep():
            return f"transfer {step.entry}"
        case HangupStep():
            return f"hangup {step.disposition}"
        case _:
            return _decision_in_words(step)


def _decision_in_words(step: DecidingStep) -> str:
    match step:
        case LanguageStep():
            return f"language {step.language}"
        case HoursStep():
            return f"hours {step.hours}"
        case SwitchStep():
            return f"switch {step.value}"
        case SetStep():
            return f"set {', '.join(step.values)}"
        case GotoStep():
            return "goto"
        case CallStep():
            return f"call {step.flow}"
        case ReturnStep():
            return "return"
