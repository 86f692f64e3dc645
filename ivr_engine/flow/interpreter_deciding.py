"""Steps that decide and move on without a word: language, hours, switch, set, goto, call, return."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.hours import Closed, Emergency, Holiday, Hours, HoursState, Open, state_at
from ivr_engine.flow.interpreter_outside import plain_value
from ivr_engine.flow.interpreter_state import Memory, Script
from ivr_engine.flow.steps import (
    CALLS,
    CallStep,
    DecidingStep,
    GotoStep,
    HoursId,
    HoursStep,
    LanguageStep,
    PromptId,
    ReturnStep,
    SetStep,
    SwitchStep,
    Target,
)
from ivr_engine.flow.steps_branches import (
    CALLED,
    CLOSED,
    EMERGENCY,
    HOLIDAY,
    NEXT,
    OPEN,
    OTHERWISE,
    RETURNED,
    written_value,
)


@dataclass(frozen=True, slots=True)
class Decided:
    """The branch that is taken, where it leads (None: a person), and what is said before."""

    branch: str
    target: Target | None
    say: tuple[PromptId, ...] = ()


def decide(
    step: DecidingStep, memory: Memory, script: Script, moment: Moment, of_number: HoursId | None
) -> Decided | None:
    """What the step decides, kept in the memory where it is to be kept; None where only a person is left.

    `of_number` is the calendar of the number that was dialled.
    """
    match step:
        case LanguageStep():
            memory.language = step.language
            return Decided(NEXT, step.next)
        case SetStep():
            _set(step.values, memory)
            return Decided(NEXT, step.next)
        case GotoStep():
            return Decided(NEXT, step.target)
        case HoursStep():
            return _by_hours(step, _state(script.hours, step.hours or of_number, moment))
        case SwitchStep():
            value = plain_value(step.value, memory)
            if value in step.cases:
                return Decided(written_value(value), step.cases[value])
            return Decided(OTHERWISE, step.otherwise)
        case CallStep():
            return _call(step, memory)
        case ReturnStep():
            return _return(step, memory, script)


def _set(values: Mapping[str, Expression], memory: Memory) -> None:
    for name, expression in values.items():
        memory.keep(name, plain_value(expression, memory))


def _state(hours: Hours, named: HoursId | None, moment: Moment) -> HoursState:
    calendar = hours.calendars.get(named) if named is not None else None
    return state_at(calendar, moment) if calendar is not None else Open()


def _by_hours(step: HoursStep, state: HoursState) -> Decided:
    match state:
        case Open():
            return Decided(OPEN, step.open)
        case Closed():
            return Decided(CLOSED, step.closed)
        case Holiday():
            return Decided(HOLIDAY, step.holiday)
        case Emergency():
            return Decided(EMERGENCY, step.emergency, (state.message,))


def _call(step: CallStep, memory: Memory) -> Decided | None:
    if memory.flow is None or len(memory.calls) >= CALLS:
        return None
    _set(step.arguments, memory)
    memory.calls.append((memory.flow.id, memory.label))
    return Decided(CALLED, Target(step.flow, ""))


def _return(step: ReturnStep, memory: Memory, script: Script) -> Decided | None:
    """Back behind the call. What is returned is worked out before anything is kept, so that names cannot get mixed."""
    if not memory.calls:
        return None
    returned = {name: plain_value(expression, memory) for name, expression in step.values.items()}
    flow_id, label = memory.calls.pop()
    flow = script.flows[flow_id]
    call = flow.steps[label]
    assert isinstance(call, CallStep), "only a call is ever returned to"
    for name, value in returned.items():
        memory.keep(name, value)
    for name, source in call.results.items():
        if source in returned:  # a flow may be left by a return of another, to which it went on
            memory.keep(name, returned[source])
    memory.come_back(flow, label)
    return Decided(RETURNED, call.next)
