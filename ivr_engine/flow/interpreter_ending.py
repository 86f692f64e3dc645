"""How a walk ends: in a queue, with a callback, with an official, or hung up."""

import re
from dataclasses import replace

from ivr_engine.core.conversation import Ended, Moment, Outcome, ToCallback, ToEntry, ToQueue
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.flow.hours import Open, next_change, state_at
from ivr_engine.flow.interpreter_outside import callable_number, plain_value
from ivr_engine.flow.interpreter_state import Memory, Script, as_text
from ivr_engine.flow.numbers import NumberEntry
from ivr_engine.flow.steps import CallbackStep, EndingStep, HangupStep, HoursId, QueueStep, TransferStep

_AGENT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def outcome_of(step: EndingStep, memory: Memory, entry: NumberEntry | None) -> Outcome | None:
    """What the step ends in; None for a callback to nobody who can be called. `entry`: the number's own."""
    match step:
        case HangupStep():
            return Ended(step.disposition, memory.agency, memory.language)
        case QueueStep():
            return _request(step, memory)
        case CallbackStep():
            number = callable_number(as_text(plain_value(step.number, memory)))
            return ToCallback(number, _request(step, memory)) if number else None
        case TransferStep():
            unreached = _request(step, memory) if step.queue is not None else person(memory, entry)
            return ToEntry(step.entry, unreached) if isinstance(unreached, ToQueue) else unreached


def person(memory: Memory, entry: NumberEntry | None) -> ToQueue | Ended:
    """A person: the queue of the flow, or else of the number; who dialled nobody's number is rejected."""
    if memory.queue is not None:
        return ToQueue(memory.queue, frozenset(), memory.agency, memory.language)
    if entry is None:
        return Ended(Disposition.REJECTED, memory.agency, memory.language)
    return ToQueue(entry.queue, entry.requirement, memory.agency, memory.language)


def _request(step: QueueStep | CallbackStep | TransferStep, memory: Memory) -> ToQueue:
    assert step.queue is not None, "a transfer without a queue of its own ends with the person's"
    asked = ToQueue(step.queue, step.requirement, memory.agency, memory.language, step.priority)
    if not isinstance(step, QueueStep) or step.agent is None:
        return asked
    named = as_text(plain_value(step.agent, memory))
    if not _AGENT.fullmatch(named):
        return asked  # nobody, or a word that no agent's number is: it came from a caller or an outside system
    return replace(asked, agent=named, agent_wait_ms=step.agent_wait_ms)


def with_hours(outcome: Outcome, script: Script, moment: Moment) -> Outcome:
    """A place in a queue that has hours, with when they end."""
    named = script.closing.get(outcome.queue) if isinstance(outcome, ToQueue) else None
    calendar = script.hours.calendars.get(HoursId(named)) if named is not None else None
    if calendar is None or not isinstance(outcome, ToQueue):
        return outcome
    if not isinstance(state_at(calendar, moment), Open):
        return replace(outcome, closes_in_seconds=0)
    change = next_change(calendar, moment)
    return outcome if change is None else replace(outcome, closes_in_seconds=(change.at_ms - moment.at_ms) // 1_000 + 1)
