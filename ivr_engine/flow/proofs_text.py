"""The proofs of a revision as a page for people: what was proved of every call, and the way that proves it."""

from collections.abc import Iterable, Iterator

from ivr_engine.flow.proofs import PersonProof
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CallbackStep, DipStep, QueueStep, Step, TransferStep
from ivr_engine.flow.steps_branches import OPEN, spoken


def written_proofs(revision: Revision) -> str:
    """Every proof with its evidence path, without a line end after it."""
    return "\n".join((*_persons(revision), *_circles(revision), *_counts(revision)))


def _persons(revision: Revision) -> Iterator[str]:
    proofs, promise = revision.proofs, revision.proofs.promise
    wanted = f"within {counted(promise.keys, 'key')} and {promise.ms / 1000:g} s"
    yield f"A person {wanted}, every sentence heard to its end, for every number and language:"
    for row in proofs.persons:
        yield from _person(row)
    if proofs.other_hours:
        yield "While calendars are closed (told, not asked for):"
    for row in proofs.other_hours:
        yield from _person(row)


def _person(row: PersonProof) -> Iterator[str]:
    numbers = row.numbers[0] if len(row.numbers) == 1 else f"{row.numbers[0]} and {len(row.numbers) - 1} more"
    verdict = ("proved" if row.holds else "BROKEN") if row.hour == OPEN else row.hour
    if row.keys is None:
        yield f"  {verdict}  {row.flow} [{row.language}]  {numbers}: no person"
        return
    yield f"  {verdict}  {row.flow} [{row.language}]  {numbers}: {counted(row.keys, 'key')}, {row.ms / 1000:.1f} s"
    for one in row.path:
        took = f"{counted(one.keys, 'key')}, {one.ms / 1000:.1f} s"
        yield f"      {one.place}  {one.where}: {one.does}{_left_by(one.branch)}  ({took})"


def _left_by(branch: str) -> str:
    return f", by {branch}" if branch else ""


def _circles(revision: Revision) -> Iterator[str]:
    found = revision.proofs.loops
    if not found:
        yield "Every path ends: there is no circle."
        return
    yield f"Every path ends: {counted(len(found), 'circle')}, each with what bounds it:"
    for one in found:
        where = " → ".join(f"{flow}/{step}" for flow, step in one.steps)
        yield f"  {where}: {one.bounded_by or 'NOTHING'}"


def _counts(revision: Revision) -> Iterator[str]:
    steps = [step for flow in revision.flows.values() for step in flow.steps.values()]
    prompts = {prompt for step in steps for prompt in spoken(step)}
    yield (
        f"Every sentence is there in every language that reaches it: {counted(len(prompts), 'sentence')}, "
        f"{counted(revision.proofs.states, 'place')} where a citizen can stand."
    )
    unused = sorted({queue.id for queue in revision.queues} - _led_to(revision, steps))
    numbers, queues = counted(len(revision.numbers), "number"), counted(len(revision.queues), "queue")
    yield f"Every number and queue is defined: {numbers}, {queues}" + (
        f"; no flow and no number leads to {', '.join(unused)}." if unused else ", all of them used."
    )
    dips = sum(isinstance(step, DipStep) for step in steps)
    yield f"Every data dip says where failure leads: {counted(dips, 'data dip')}."
    calendars = counted(len(revision.hours.calendars), "calendar")
    yield f"Hours cover the year: {calendars}, each with every day of the week."
    yield "Variables have a value wherever they are used; what is secret is not said, sent, shown or kept."


def _led_to(revision: Revision, steps: Iterable[Step]) -> set[str]:
    used: set[str] = {str(entry.queue) for entry in revision.numbers}
    used.update(str(flow.queue) for flow in revision.flows.values() if flow.queue is not None)
    for step in steps:
        if isinstance(step, QueueStep | CallbackStep | TransferStep) and step.queue is not None:
            used.add(str(step.queue))
    return used


def counted(count: int, noun: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
