"""Whether somebody can take each contact that the documents send to a queue.

The staff list is imported apart from the documents and changes on its own, so a revision does not know it: whoever has
it at hand asks here. While the engine runs the same is an alarm (`RequirementUnmet`), and the queue's `unmeetable`
way out is taken.
"""

from collections.abc import Collection, Mapping

from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.relaxation import widest
from ivr_engine.core.requirement import Requirement, both, requirement_of
from ivr_engine.core.vocabulary import Skill
from ivr_engine.flow.asked import asking
from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics
from ivr_engine.flow.revision import Revision


def check_staff(revision: Revision, staff: Collection[Mapping[Skill, int]]) -> tuple[Diagnostic, ...]:
    """What nobody of `staff` (skill → proficiency, one for each agent) can meet; in order of places.

    An error, or a warning where the queue's relaxation leads to somebody or the queue says where such contacts go
    (`unmeetable`).
    """
    diagnostics = Diagnostics()
    queues = {queue.id: queue for queue in revision.queues}

    def somebody_can(needs: Requirement) -> bool:
        return any(needs.met_by(skills) for skills in staff)

    for one in asking(revision):
        settings = queues[one.queue]
        needed = both(requirement_of(settings.requirement | one.skills), settings.expression)
        if somebody_can(needed):
            continue
        message = f"no agent can meet what {one.what} needs: {needed}"
        if somebody_can(widest(needed, settings)):
            diagnostics.warning(one.place, "unmeetable", f"{message}; somebody can after the queue's relaxation")
        elif settings.limits.unmeetable.act is not OverflowAct.WAIT:
            diagnostics.warning(one.place, "unmeetable", message)
        else:
            diagnostics.error(
                one.place, "unmeetable", message, hint="train an agent, or say `unmeetable` in its limits"
            )
    return diagnostics.in_order()
