"""The rules of a queue, as `queues.yaml` says them: read and checked.

What a field means stands with the dataclass it becomes (`core.queue_rules`, `core.configuration`); how to use it in
docs/queues.md.
"""

from dataclasses import replace

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import (
    Announcements,
    ChoicePolicy,
    ClockStart,
    LateRules,
    OrderPolicy,
    Overflow,
    OverflowAct,
    QueueLimits,
    RecordingRules,
    RingRules,
    WrapUpMode,
)
from ivr_engine.core.requirement import ANYBODY, Requirement, preferring
from ivr_engine.flow.callback_rules import read_callback
from ivr_engine.flow.form import Asked, Form
from ivr_engine.flow.queue_announcements import ANNOUNCEMENTS, announcements
from ivr_engine.flow.queue_announcements import KEYS as KEYS_WHILE_WAITING
from ivr_engine.flow.queue_words import Names, prompt_named, requirement, way_out
from ivr_engine.flow.waiting_rules import escalation, relaxation

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

KEPT_DAYS = 3_650
"""Ten years: no purpose of a talk outlasts them, and nothing is kept for ever."""

HOUR_MS = 3_600_000

_LATE = ("fresh_seconds", "second_promise_seconds", "second_window_seconds", "calm_guard_seconds")
_RING = ("by_promise", "floor_seconds", "second_offer_after_seconds")
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
        relaxation=relaxation(form, names),
        escalation=escalation(form, names),
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
    needed = requirement(form, "needs", names.skills) or ANYBODY
    rather = requirement(form, "prefers", names.skills)
    if rather is None:
        return needed
    if len(rather.alternatives) != 1:
        form.error("prefers", "requirement", "'prefers' is a list joined with 'and': each part counts by itself")
        return needed
    return preferring(needed, rather.alternatives[0])


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


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _limits(form: Form, names: Names) -> QueueLimits:
    below = form.below("limits", "limits", _LIMITS)
    if below is None:
        return QueueLimits()
    return QueueLimits(
        waiting=below.whole("waiting", 0, 100_000, 0),
        expected_wait_ms=below.seconds_as_ms("expected_wait_seconds", 0, HOUR_MS, 0),
        longest_wait_ms=below.seconds_as_ms("longest_wait_seconds", 0, HOUR_MS, 0),
        full=way_out(below, "full", names),
        nobody=way_out(below, "nobody", names),
        unmeetable=way_out(below, "unmeetable", names),
        too_long=way_out(below, "too_long", names),
        closed=way_out(below, "closed", names),
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
    return {key: way_out(form, key, names) for key in form.table.keys}


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
        notice=prompt_named(below, "notice", names),
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
