"""Recipes for contacts that wait: `[conditions] → [operations]`, each step once or several times, never back.

Pure: what a step makes of a requirement, whether its conditions hold, when it must be looked at. Who waits, and how
long, is the caller's knowledge.
"""

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import EscalationAct, RelaxationStep
from ivr_engine.core.requirement import Need, Requirement, TooManyAlternatives, canonical, either

LOOK_AGAIN_MS = 1_000
"""A step whose time has come and whose other conditions (place, free agents, expected wait) do not hold is looked at
again after this: they change with every other contact, and a second is the grain of what a citizen notices."""


def relaxed(needs: Requirement, step: RelaxationStep) -> Requirement:
    """What is needed after the step: never more than before."""
    wanted = needs
    if step.drop or step.lower:
        wanted = Requirement(
            canonical(
                [_lowered(need, step) for need in alternative if need.skill not in step.drop]
                for alternative in needs.alternatives
            ),
            needs.preferred,
        )
    return also(wanted, step.also)


def widest(needs: Requirement, queue: QueueSettings, taken: int = 0, escalated: int = 0) -> Requirement:
    """What is needed after every step that is still to come: who does not meet that is never reached by waiting.

    Steps that wait for more than time count too: nobody knows today whether their moment comes.
    """
    for step in queue.relaxation[taken:]:
        for _ in range(step.times if step.every_ms else 1):
            needs = relaxed(needs, step)
    for act in queue.escalation[escalated:]:
        if act.act is EscalationAct.RELAX:
            needs = also(needs, act.also)
    return needs


def also(needs: Requirement, wider: Requirement | None) -> Requirement:
    """Who meets either. What would grow past all bounds stays as it is: a wait is better than no rule."""
    if wider is None:
        return needs
    try:
        return either(needs, wider)
    except TooManyAlternatives:
        return needs


def _lowered(need: Need, step: RelaxationStep) -> Need:
    by = step.lower.get(need.skill, 0)
    return Need(need.skill, max(1, need.least - by)) if by else need


def holds(step: RelaxationStep, *, place: int, free_agents: int, expected_wait_ms: int | None) -> bool:
    """The conditions besides time. An expected wait that nobody knows is not long."""
    return (
        place >= step.place
        and (step.free_agents is None or free_agents <= step.free_agents)
        and (not step.expected_wait_ms or (expected_wait_ms or 0) >= step.expected_wait_ms)
    )


def conditional(step: RelaxationStep) -> bool:
    """It depends on more than time."""
    return bool(step.place or step.expected_wait_ms) or step.free_agents is not None


def due_after_ms(step: RelaxationStep, taken: int) -> int:
    """After how much waiting the step is due, when it has been taken so many times."""
    return step.waited_ms + taken * step.every_ms
