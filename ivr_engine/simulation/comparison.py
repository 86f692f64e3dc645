"""The comparison of policies: which days, which policies, and what is kept of each day that was played.

Every policy meets the same citizens, seed by seed, so a difference is taken pair by pair: its confidence interval is
far narrower than that of either level.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from statistics import mean, stdev
from typing import Any

from ivr_engine.core.configuration import Configuration
from ivr_engine.simulation.outcome import figures
from ivr_engine.simulation.policy import POLICIES, Policy, played
from ivr_engine.simulation.shipped import rosters, shipped
from ivr_engine.simulation.workload import Workload, drawn
from ivr_engine.simulation.workload_file import workload

Comparison = dict[str, dict[str, Any]]
"""`day/policy/seed` → figures."""

_CORE = ("default", "promise_first", "coverage", "longest_idle", "fewest_skills", "pooled")
_QUEUES = tuple(name for name in POLICIES if name.startswith("app_queue"))
_BEST = "app_queue_leastrecent"

FEWER = (0.86, 0.87, 0.88, 0.89, 0.90, 0.91, 0.92, 0.93)
"""Scales of the Korean crew for the question of how many agents fewer reach 91.2 %."""

SEARCHED = ("engine", "app_queue", "app_queue_with_desks")
"""Rosters searched for 91.2 % within 15 s of all contacts of the ordinary day; the last, and the engine's, for
75 % at each small desk as well."""

DAYS: dict[str, tuple[str, ...]] = {
    "ordinary": (*_CORE, *_QUEUES),
    "surge": (*_CORE, _BEST, "app_queue_rrmemory"),
    "narrow": ("default", "promise_first", "longest_idle", "pooled", _BEST, "app_queue_rrmemory"),
    "missed_rings": ("default", "promise_first", "longest_idle", _BEST),
    "contractors": ("default", "default_with_shares", f"{_BEST}_bound"),
    **{f"ordinary@{scale:.2f}": ("default", _BEST) for scale in FEWER},
    **{f"ordinary@{roster}": ("default", _BEST) for roster in SEARCHED},
}

SMALL_DESKS = ("english", "chinese", "japanese", "vietnamese", "mongolian", "sign_language")

# Two-sided 95 % of Student's t by degrees of freedom.
_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 11: 2.20, 15: 2.13, 19: 2.09}


def compared(name: str, policy: str, seed: int) -> dict[str, Any]:
    """The figures of one day under one policy. `name` may carry another scale, or one of SEARCHED:
    `ordinary@0.92`, `ordinary@engine`."""
    base, _, staffing = name.partition("@")
    assumed = workload(base, shipped(base).read_bytes())
    if staffing in SEARCHED:
        counts = rosters()[staffing]
        assumed = replace(assumed, crews=tuple(replace(crew, written=counts[crew.name]) for crew in assumed.crews))
    elif staffing:
        assumed = scaled(assumed, float(staffing))
    if not policy.endswith("_bound"):
        assumed = replace(assumed, bound=False)
    day = drawn(assumed, seed)
    done = played(day, _policy(policy, assumed))
    return {**figures(done).json(), "staffed_hours": day.staffed_hours}


def scaled(assumed: Workload, scale: float) -> Workload:
    """The same day with another scale of its first crew."""
    first, *others = assumed.crews
    return replace(assumed, crews=(replace(first, scale=scale), *others))


def _policy(name: str, assumed: Workload) -> Policy:
    if name.endswith("_with_shares"):
        base = POLICIES[name.removesuffix("_with_shares")]
        shares = {contractor: round(share) for contractor, share in assumed.contractors.items()}

        def configured(configuration: Configuration) -> Configuration:
            after = base.configure(configuration) if base.configure is not None else configuration
            queues = tuple(replace(queue, contractor_shares=shares) for queue in after.queues)
            return replace(after, queues=queues)

        return Policy(f"{base.title}, contractors' shares", configured)
    return POLICIES[name.removesuffix("_bound")]


def pairs(kept: Comparison, day: str, policy: str, other: str, *path: str) -> tuple[float, float] | None:
    """Mean difference (policy - other) of a figure over the seeds that both have, and half of its 95 % interval."""
    mine, theirs = values(kept, day, policy, *path), values(kept, day, other, *path)
    seeds = sorted(mine.keys() & theirs.keys())
    differences = [mine[seed] - theirs[seed] for seed in seeds]
    if not differences:
        return None
    return mean(differences), half_interval(differences)


def half_interval(sample: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean; of one value nothing is known."""
    if len(sample) < 2:
        return float("nan")
    degrees = len(sample) - 1
    t = _T[max(known for known in _T if known <= degrees)]
    return t * stdev(sample) / sqrt(len(sample))


def values(kept: Comparison, day: str, policy: str, *path: str) -> dict[int, float]:
    """A figure by seed."""
    found = {}
    for key, told in kept.items():
        its_day, its_policy, seed = key.split("/")
        if (its_day, its_policy) == (day, policy):
            value: Any = told
            for step in path:
                value = value[step]
            found[int(seed)] = float(value)
    return found


def average(kept: Comparison, day: str, policy: str, *path: str) -> float | None:
    found = values(kept, day, policy, *path)
    return mean(found.values()) if found else None


def pooled_desks(kept: Comparison, day: str, policy: str) -> dict[str, float]:
    """Each class over all seeds together: contacts answered within the promise / contacts."""
    within: dict[str, float] = {}
    contacts: dict[str, float] = {}
    for key, told in kept.items():
        if key.startswith(f"{day}/{policy}/"):
            for name, row in told["by_class"].items():
                within[name] = within.get(name, 0.0) + row["offered"] * row["contacts"]
                contacts[name] = contacts.get(name, 0.0) + row["contacts"]
    return {name: within[name] / count for name, count in contacts.items() if count}


__all__ = ["DAYS", "SMALL_DESKS", "Comparison", "average", "compared", "pairs", "pooled_desks", "values"]
