"""What changes for a citizen while the wait grows: relaxation of the requirement, and escalation round the promise."""

from ivr_engine.core.queue_rules import EscalationAct, EscalationStep, RelaxationStep
from ivr_engine.core.vocabulary import Skill
from ivr_engine.flow.form import Form
from ivr_engine.flow.queue_words import Names, prompt_named, requirement, way_out
from ivr_engine.flow.steps import PRIORITY

STEPS = 20
"""Of one recipe: nobody can foresee more of a wait."""

HOUR_MS = 3_600_000

_RELAXATION = (
    "after_seconds",
    "place",
    "free_agents",
    "expected_wait_seconds",
    "drop",
    "lower",
    "also",
    "raise_priority",
    "every_seconds",
    "times",
)
_ESCALATION = (
    "before_promise_seconds",
    "after_promise_seconds",
    "act",
    "also",
    "raise_priority",
    "prompt",
    "to",
)


def relaxation(form: Form, names: Names) -> tuple[RelaxationStep, ...]:
    """The recipe under `relaxation`, in the order in which it is written."""
    below = form.below("relaxation", "relaxation", None)
    if below is None:
        return ()
    _few(form, "relaxation", below)
    steps = []
    for _, step in below.forms("relaxation step", _RELAXATION):
        dropped = step.names("drop")
        step.check_names("drop", dropped, names.skills, "skill")
        read = RelaxationStep(
            waited_ms=step.seconds_as_ms("after_seconds", 0, HOUR_MS, 0),
            place=step.whole("place", 0, 10_000, 0),
            free_agents=step.whole("free_agents", 0, 10_000, 0) if step.has("free_agents") else None,
            expected_wait_ms=step.seconds_as_ms("expected_wait_seconds", 0, HOUR_MS, 0),
            drop=frozenset(map(Skill, dropped)),
            lower=_lower(step, names),
            also=requirement(step, "also", names.skills),
            raise_priority=step.whole("raise_priority", 0, PRIORITY, 0),
            every_ms=step.seconds_as_ms("every_seconds", 0, HOUR_MS, 0),
            times=step.whole("times", 1, 100, 1),
        )
        if not (read.drop or read.lower or read.also or read.raise_priority):
            step.diagnostics.error(
                step.table.place,
                "no_operation",
                f"{step.what} changes nothing",
                hint="say drop, lower, also or raise_priority",
            )
        steps.append(read)
    return tuple(steps)


def _lower(step: Form, names: Names) -> dict[Skill, int]:
    below = step.below("lower", "lower", None)
    if below is None:
        return {}
    below.check_names("lower", below.table.keys, names.skills, "skill")
    return {Skill(skill): below.whole(skill, 1, 4, 1) for skill in below.table.keys}


def escalation(form: Form, names: Names) -> tuple[EscalationStep, ...]:
    """The recipe under `escalation`, the earliest step first."""
    below = form.below("escalation", "escalation", None)
    if below is None:
        return ()
    _few(form, "escalation", below)
    steps = []
    for _, step in below.forms("escalation step", _ESCALATION):
        act = EscalationAct(step.one_of("act", tuple(EscalationAct)) or EscalationAct.RAISE)
        before_ms = step.seconds_as_ms("before_promise_seconds", 0, HOUR_MS, 0)
        after_ms = step.seconds_as_ms("after_promise_seconds", 0, HOUR_MS, 0)
        prompt = prompt_named(step, "prompt", names)
        steps.append(
            EscalationStep(
                act=act,
                from_promise_ms=after_ms - before_ms,
                also=requirement(step, "also", names.skills),
                raise_priority=step.whole("raise_priority", 0, PRIORITY, 0),
                prompts=dict((names.prompts or {}).get(prompt, {})),
                overflow=way_out(step, "to", names),
            )
        )
        wanted = _WANTS.get(act)
        if wanted is not None and not step.has(wanted):
            step.missing(wanted)
    return tuple(sorted(steps, key=lambda step: step.from_promise_ms))


_WANTS = {
    EscalationAct.RELAX: "also",
    EscalationAct.RAISE: "raise_priority",
    EscalationAct.ANNOUNCE: "prompt",
    EscalationAct.OVERFLOW: "to",
    EscalationAct.CALLBACK: "to",
}
"""What each act cannot do without."""


def _few(form: Form, key: str, below: Form) -> None:
    if len(below.table.keys) > STEPS:
        form.error(key, "too_long", f"{len(below.table.keys)} steps, at most {STEPS}")
