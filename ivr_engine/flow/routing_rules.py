"""The rules of the whole centre's routing, as `queues.yaml` says them under `routing`: read and checked.

What a field means stands with the dataclass it becomes (`core.configuration`); how to use it in docs/queues.md.
"""

from dataclasses import fields, replace
from typing import Any

from ivr_engine.core.configuration import RoutingPolicy
from ivr_engine.core.queue_rules import LendingRules
from ivr_engine.core.routing_standard import STANDARD_ROUTING
from ivr_engine.flow.form import Form

HOUR_MS = 3_600_000
DAY_MS = 86_400_000


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
