"""Whether somebody can take each contact that the documents send to a queue.

The staff list is imported apart from the documents and changes on its own, so a revision does not know it: whoever has
it at hand asks here. While the engine runs the same is an alarm (`RequirementUnmet`), and the queue's `unmeetable`
way out is taken.
"""

from collections.abc import Collection, Iterator, Mapping

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.requirement import both, requirement_of
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, Place
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CallbackStep, QueueStep


def check_staff(revision: Revision, staff: Collection[Mapping[Skill, int]]) -> tuple[Diagnostic, ...]:
    """What nobody of `staff` (skill → proficiency, one for each agent) can meet; in order of places.

    An error, or a warning where the queue relaxes what it asks or says where such contacts go (`unmeetable`).
    """
    diagnostics = Diagnostics()
    queues = {queue.id: queue for queue in revision.queues}
    for place, what, queue, asked in _asked(revision):
        settings = queues[queue]
        needed = both(requirement_of(settings.requirement | asked), settings.expression)
        if any(needed.met_by(skills) for skills in staff):
            continue
        message = f"no agent can meet what {what} needs: {needed}"
        if settings.relaxation or settings.limits.unmeetable.act is not OverflowAct.WAIT:
            diagnostics.warning(place, "unmeetable", message)
        else:
            diagnostics.error(place, "unmeetable", message, hint="train an agent, or say `unmeetable` in its limits")
    return diagnostics.in_order()


def _asked(revision: Revision) -> Iterator[tuple[Place, str, QueueId, frozenset[Skill]]]:
    queues: Mapping[QueueId, QueueSettings] = {queue.id: queue for queue in revision.queues}
    for queue in queues:
        yield Place("queues.yaml"), f"queue {queue}", queue, frozenset()
    for name, flow in revision.flows.items():
        for label, step in flow.steps.items():
            if isinstance(step, QueueStep | CallbackStep) and step.requirement and step.queue in queues:
                yield revision.places[name, label], f"step '{label}'", step.queue, step.requirement
