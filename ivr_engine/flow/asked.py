"""What the documents ask for at queues: the queue's own, what steps ask for beside it, what numbers ask for."""

from collections.abc import Iterator
from dataclasses import dataclass

from ivr_engine.core.configuration import Asked
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Place
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CallbackStep, QueueStep, TransferStep

_NUMBERS, _QUEUES = Place("numbers.yaml"), Place("queues.yaml")


@dataclass(frozen=True, slots=True)
class Asking:
    """One place that leads citizens to a queue, in words, and the skills that it asks for beside the queue's."""

    place: Place
    what: str
    queue: QueueId
    skills: frozenset[Skill] = frozenset()


def asking(revision: Revision) -> Iterator[Asking]:
    """Every queue, and every step and number that asks for more at one."""
    queues = {queue.id for queue in revision.queues}
    for queue in revision.queues:
        yield Asking(_QUEUES, f"queue {queue.id}", queue.id)
    for name, flow in revision.flows.items():
        for label, step in flow.steps.items():
            if (
                isinstance(step, QueueStep | CallbackStep | TransferStep)
                and step.requirement
                and step.queue is not None
                and step.queue in queues
            ):
                yield Asking(revision.places[name, label], f"step '{label}'", step.queue, step.requirement)
    for entry in revision.numbers.entries.values():
        if entry.requirement and entry.queue in queues:
            yield Asking(_NUMBERS, f"number {entry.number}", entry.queue, entry.requirement)


def asked(revision: Revision) -> tuple[Asked, ...]:
    """The same for the core, each combination once and in order."""
    found = {(one.queue, tuple(sorted(one.skills))) for one in asking(revision) if one.skills}
    return tuple(Asked(queue, frozenset(skills)) for queue, skills in sorted(found))
