"""How a walk ends: in a queue, with a callback, with an official, or hung up."""

from ivr_engine.core.conversation import Ended, Outcome, ToCallback, ToEntry, ToQueue
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.flow.interpreter_outside import callable_number, plain_value
from ivr_engine.flow.interpreter_state import Memory, as_text
from ivr_engine.flow.numbers import NumberEntry
from ivr_engine.flow.steps import CallbackStep, EndingStep, HangupStep, QueueStep, TransferStep


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
    return ToQueue(step.queue, step.requirement, memory.agency, memory.language, step.priority)
