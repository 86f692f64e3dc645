"""The rules of a queue and of the whole centre's routing, as `queues.yaml` says them: read and checked.

What a field means stands with the dataclass it becomes (`core.queue_rules`, `core.configuration`); how to use it in
docs/queues.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.queue_rules import (
    Announcements,
    ChoicePolicy,
    ClockStart,
    EscalationAct,
    EscalationStep,
    LateRules,
    LendingRules,
    OrderPolicy,
    Overflow,
    OverflowAct,
    QueueLimits,
    RecordingRules,
    RelaxationStep,
    RingRules,
    WrapUpMode,
)
from ivr_engine.core.requirement import ANYBODY, Requirement, preferring
from ivr_engine.core.routing_standard import STANDARD_ROUTING
from ivr_engine.core.vocabulary import Skill
from ivr_engine.flow.callback_rules import read_callback
from ivr_engine.flow.form import Asked, Form
from ivr_engine.flow.queue_announcements import ANNOUNCEMENTS, announcements
from ivr_engine.flow.queue_announcements import KEYS as KEYS_WHILE_WAITING
from ivr_engine.flow.requirement_text import RequirementError, read_requirement
from ivr_engine.flow.steps import PRIORITY

KEYS = (
    "needs",
    "prefers",
    "order",
    "guard_seconds",
    "late",
    "protected",
    "aging_seconds",
    "choice",
    "weight_percent",
    "clock_start",
    "ring",
    "relaxation",
    "escalation",
    "limits",
    "hours",
    "announcements",
    "wrap_up_mode",
    "wrap_up_extension_seconds",
    "wrap_up_ceiling_seconds",
    "contractor_shares",
    "share_interval_seconds",
    "last_agent_seconds",
    "callback",
    "recording",
)
"""What a queue may say besides whom it needs and what it promises."""

STEPS = 20
"""Of one recipe: nobody can foresee more of a wait."""

KEPT_DAYS = 3_650
"""Ten years: no purpose of a talk outlasts them, and nothing is kept for ever."""

HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_LATE = ("fresh_seconds", "second_promise_seconds", "second_window_seconds", "calm_guard_seconds")
_RING = ("by_promise", "floor_seconds", "second_offer_after_seconds")
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
_RECORDING = ("notice", "share_percent", "keep_days")
_LIMITS = (
    "waiting",
    "expected_wait_seconds",
    "longest_wait_seconds",
    "full",
    "nobody",
    "unmeetable",
    "too_long",
    "closed",
    "closing_grace_seconds",
)


class Names:
    """What rules may name. None judges nothing: the document that lists it is broken or not there."""

    def __init__(
        self,
        skills: frozenset[str],
        queues: frozenset[str],
        flows: frozenset[str] | None,
        prompts: Mapping[str, Mapping[str, str]] | None,
        calendars: frozenset[str] | None,
    ) -> None:
        """`prompts`: prompt → language → recording."""
        self.skills = skills
        self.queues = queues
        self.flows = flows
        self.prompts = prompts
        self.calendars = calendars


def with_rules(queue: QueueSettings, form: Form, names: Names) -> QueueSettings:
    """The queue with every rule that its form says."""
    limits = _limits(form, names)
    return replace(
        queue,
        expression=_needs(form, names),
        order=OrderPolicy(form.one_of("order", tuple(OrderPolicy), queue.order)),
        guard_ms=form.seconds_as_ms("guard_seconds", 0, HOUR_MS, queue.guard_ms),
        late=_late(form, queue),
        protected=form.truth("protected", default=queue.protected),
        aging_ms=form.seconds_as_ms("aging_seconds", 0, HOUR_MS, queue.aging_ms),
        choice=ChoicePolicy(form.one_of("choice", tuple(ChoicePolicy), queue.choice)),
        weight_percent=form.whole("weight_percent", 0, 10_000, queue.weight_percent),
        clock_start=ClockStart(form.one_of("clock_start", tuple(ClockStart), queue.clock_start)),
        ring=_ring(form, queue),
        relaxation=_relaxation(form, names),
        escalation=_escalation(form, names),
        limits=limits,
        hours=_hours(form, limits, names),
        announcements=_announcements(form, names),
        wrap_up_mode=WrapUpMode(form.one_of("wrap_up_mode", tuple(WrapUpMode), queue.wrap_up_mode)),
        wrap_up_extension_ms=form.seconds_as_ms("wrap_up_extension_seconds", 0, 600_000, queue.wrap_up_extension_ms),
        wrap_up_ceiling_ms=form.seconds_as_ms("wrap_up_ceiling_seconds", 0, HOUR_MS, queue.wrap_up_ceiling_ms),
        contractor_shares=_shares(form),
        share_interval_ms=form.seconds_as_ms("share_interval_seconds", 60_000, HOUR_MS, queue.share_interval_ms),
        last_agent_wait_ms=form.seconds_as_ms("last_agent_seconds", 0, 600_000, 0),
        callback=read_callback(form),
        recording=_recording(form, names),
    )


# ── whom it needs ───────────────────────────────────────────────────────────────────────────────────────────────────
def _needs(form: Form, names: Names) -> Requirement:
    needed = _requirement(form, "needs", names.skills) or ANYBODY
    rather = _requirement(form, "prefers", names.skills)
    if rather is None:
        return needed
    if len(rather.alternatives) != 1:
        form.error("prefers", "requirement", "'prefers' is a list joined with 'and': each part counts by itself")
        return needed
    return preferring(needed, rather.alternatives[0])


def _requirement(form: Form, key: str, skills: Collection[str]) -> Requirement | None:
    text = form.text(key, "", empty=True)
    if not text:
        return None
    try:
        return read_requirement(text, skills)
    except RequirementError as error:
        code = "unknown_skill" if str(error) == "no such skill" else "requirement"
        place = form.place(key)
        form.diagnostics.error(place, code, f"'{key}': {error}", found=error.found or None, allowed=error.allowed)
        return None


def _late(form: Form, queue: QueueSettings) -> LateRules:
    below = form.below("late", "late", _LATE)
    if below is None:
        return queue.late
    usual = queue.late
    return LateRules(
        fresh_ms=below.seconds_as_ms("fresh_seconds", 0, HOUR_MS, usual.fresh_ms),
        second_promise_ms=below.seconds_as_ms("second_promise_seconds", 0, HOUR_MS, usual.second_promise_ms),
        second_window_ms=below.seconds_as_ms("second_window_seconds", 0, HOUR_MS, usual.second_window_ms),
        calm_guard_ms=below.seconds_as_ms("calm_guard_seconds", 0, HOUR_MS, usual.calm_guard_ms),
    )


# ── ringing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _ring(form: Form, queue: QueueSettings) -> RingRules:
    below = form.below("ring", "ring", _RING)
    if below is None:
        return queue.ring
    rules = queue.ring
    return RingRules(
        by_promise=below.truth("by_promise", default=rules.by_promise),
        floor_ms=below.seconds_as_ms("floor_seconds", 2_000, 30_000, rules.floor_ms),
        second_offer_after_ms=below.seconds_as_ms("second_offer_after_seconds", 0, 60_000, rules.second_offer_after_ms),
    )


# ── while waiting ───────────────────────────────────────────────────────────────────────────────────────────────────
def _relaxation(form: Form, names: Names) -> tuple[RelaxationStep, ...]:
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
            also=_requirement(step, "also", names.skills),
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


def _escalation(form: Form, names: Names) -> tuple[EscalationStep, ...]:
    below = form.below("escalation", "escalation", None)
    if below is None:
        return ()
    _few(form, "escalation", below)
    steps = []
    for _, step in below.forms("escalation step", _ESCALATION):
        act = EscalationAct(step.one_of("act", tuple(EscalationAct)) or EscalationAct.RAISE)
        before_ms = step.seconds_as_ms("before_promise_seconds", 0, HOUR_MS, 0)
        after_ms = step.seconds_as_ms("after_promise_seconds", 0, HOUR_MS, 0)
        prompt = _prompt(step, "prompt", names)
        steps.append(
            EscalationStep(
                act=act,
                from_promise_ms=after_ms - before_ms,
                also=_requirement(step, "also", names.skills),
                raise_priority=step.whole("raise_priority", 0, PRIORITY, 0),
                prompts=dict((names.prompts or {}).get(prompt, {})),
                overflow=_overflow(step, "to", names),
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


def _prompt(form: Form, key: str, names: Names) -> str:
    prompt = form.name(key, "")
    known = None if names.prompts is None else frozenset(names.prompts)
    form.check_names(key, [prompt] if prompt else [], known, "prompt")
    return prompt


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _limits(form: Form, names: Names) -> QueueLimits:
    below = form.below("limits", "limits", _LIMITS)
    if below is None:
        return QueueLimits()
    return QueueLimits(
        waiting=below.whole("waiting", 0, 100_000, 0),
        expected_wait_ms=below.seconds_as_ms("expected_wait_seconds", 0, HOUR_MS, 0),
        longest_wait_ms=below.seconds_as_ms("longest_wait_seconds", 0, HOUR_MS, 0),
        full=_overflow(below, "full", names),
        nobody=_overflow(below, "nobody", names),
        unmeetable=_overflow(below, "unmeetable", names),
        too_long=_overflow(below, "too_long", names),
        closed=_overflow(below, "closed", names),
        closing_grace_ms=below.seconds_as_ms("closing_grace_seconds", 0, HOUR_MS, 0),
    )


def _hours(form: Form, limits: QueueLimits, names: Names) -> str:
    calendar = form.name("hours", "")
    form.check_names("hours", [calendar] if calendar else [], names.calendars, "calendar")
    if bool(calendar) is (limits.closed.act is OverflowAct.WAIT) and not isinstance(form.table, Asked):
        form.error(
            "hours" if calendar else "limits",
            "closing",
            "hours of a queue and 'closed' under its limits go together",
            hint="say both: when the desk is open, and where who comes later goes",
        )
    return calendar


def _announcements(form: Form, names: Names) -> Announcements:
    below = form.below("announcements", "announcements", ANNOUNCEMENTS)
    if below is None:
        return Announcements()
    keys = below.below("keys", "keys", None)
    return announcements(below, _keys_while_waiting(keys, names) if keys is not None else {}, names.prompts)


def _keys_while_waiting(form: Form, names: Names) -> dict[str, Overflow]:
    for key, place in form.table.keys.items():
        if len(key) != 1 or key not in KEYS_WHILE_WAITING:
            form.diagnostics.error(place, "wait_key", "nobody can press this", found=key, allowed=[*KEYS_WHILE_WAITING])
    return {key: _overflow(form, key, names) for key in form.table.keys}


def _overflow(form: Form, key: str, names: Names) -> Overflow:
    """`wait`, `queue:NAME`, or the flow that speaks next: `flow:`, `callback:`, `voicemail:` or `end:` and its name."""
    text = form.text(key, OverflowAct.WAIT)
    word, _, target = text.partition(":")
    if word not in tuple(OverflowAct) or (word == OverflowAct.WAIT) is bool(target):
        form.error(
            key,
            "overflow",
            f"'{key}' is none of the ways out of a queue",
            allowed=[act if act is OverflowAct.WAIT else f"{act}:NAME" for act in OverflowAct],
            hint="a name after the colon: of a queue, or of the flow that speaks next",
        )
        return Overflow()
    act = OverflowAct(word)
    if act is OverflowAct.QUEUE:
        form.check_names(key, [target], names.queues, "queue")
    elif act is not OverflowAct.WAIT:
        form.check_names(key, [target], names.flows, "flow")
    return Overflow(act, target)


# ── recording ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _recording(form: Form, names: Names) -> RecordingRules:
    below = form.below("recording", "recording", _RECORDING)
    if below is None:
        return RecordingRules()
    for key in ("notice", "keep_days"):
        if not below.has(key):
            below.missing(key)
    usual = RecordingRules()
    return RecordingRules(
        notice=_prompt(below, "notice", names),
        share_percent=below.whole("share_percent", 1, 100, usual.share_percent),
        keep_days=below.whole("keep_days", 1, KEPT_DAYS, usual.keep_days),
    )


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _shares(form: Form) -> dict[str, int]:
    below = form.below("contractor_shares", "contractor_shares", None)
    if below is None:
        return {}
    shares = {contractor: below.whole(contractor, 1, 100, 1) for contractor in below.table.keys}
    if shares and below.table.entries and sum(shares.values()) != 100:
        form.error("contractor_shares", "shares", f"the shares are {sum(shares.values())} per cent together, not 100")
    return shares


# ── the centre ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _keys(rules: type[RoutingPolicy | LendingRules]) -> tuple[str, ...]:
    """The names of its fields; times are said in seconds."""
    return tuple(
        f"{field.name.removesuffix('_ms')}_seconds" if field.name.endswith("_ms") else field.name
        for field in fields(rules)
    )


ROUTING_KEYS = _keys(RoutingPolicy)

REDIAL_MS = 600_000
"""Who gave up and dials again within ten minutes has the old place back."""

NOTE_EVERY_MS = 60_000
"""A restart costs the router at most a minute of what it learnt."""

USUAL_ROUTING = replace(STANDARD_ROUTING, explains=True, redial_ms=REDIAL_MS, note_every_ms=NOTE_EVERY_MS)
"""What a centre has that says nothing: the rules that came out best (docs/routing.md), and every decision explained."""

_NEVER_ZERO = ("coverage_horizon_ms", "rate_half_life_ms", "horizon_ms", "need_ms")
"""Divisors."""


def read_routing(form: Form | None) -> RoutingPolicy:
    """The centre's policy; every knob has the name of its field."""
    if form is None:
        return USUAL_ROUTING
    said = _knobs(form, USUAL_ROUTING)
    lending = form.below("lending", "lending", _keys(LendingRules))
    if lending is not None:
        usual = USUAL_ROUTING.lending or LendingRules()
        said["lending"] = replace(usual, **_knobs(lending, usual))
    return replace(USUAL_ROUTING, **said)


def _knobs(form: Form, usual: RoutingPolicy | LendingRules) -> dict[str, Any]:
    """Every field that is a number or a truth."""
    said: dict[str, Any] = {}
    for key, field in zip(_keys(type(usual)), fields(usual), strict=True):
        value = getattr(usual, field.name)
        if isinstance(value, bool):
            said[field.name] = form.truth(key, default=value)
        elif field.name.endswith("_memory_ms"):
            said[field.name] = form.whole(key, 0, 7 * DAY_MS // 1000, value // 1000) * 1000
        elif field.name.endswith("_ms"):
            lowest_ms = 1_000 if field.name in _NEVER_ZERO else 0
            said[field.name] = form.seconds_as_ms(key, lowest_ms, 2 * HOUR_MS, value)
        elif isinstance(value, int):
            said[field.name] = form.whole(key, 0, 100_000, value)
    return said
