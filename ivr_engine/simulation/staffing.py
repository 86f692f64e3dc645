"""How many agents of each crew, half hour by half hour, so that a target is met: a search over simulations.

Erlang-A for each crew alone is where it starts: right for one pool, too much where crews help each other, too little
where skills keep them apart. Then the day is played with a few seeds, half hours that miss get more, half hours that
have plenty get fewer, until nothing changes; the cheapest roster that met the target is kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from ivr_engine.core.configuration import ANSWER_PROMISE_MS
from ivr_engine.simulation.erlang import patient
from ivr_engine.simulation.policy import Policy, played
from ivr_engine.simulation.workload import HALF_HOUR_MS, HALF_HOURS, Workload, drawn

ROUNDS = 12
"""The search settles within six on the shipped days; each round plays the day once for each seed."""

SLACK = 0.02
"""A half hour this far above or below the target is changed: less is the luck of the seeds."""

STEP = 0.05
"""Of a crew: the most that one round adds to or takes from a half hour."""

Roster = dict[str, tuple[int, ...]]
"""Crew → positions by half hour."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """A roster and what it gives."""

    roster: Roster
    levels: dict[str, float]
    """Crew → share of the contacts that it carries, answered within the promise of those offered."""
    met: bool
    hours: float
    started_hours: float
    """Where the search began: what Erlang-A alone would have taken, or the workload's own roster."""
    rounds: int
    together: float
    """The share of all contacts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Contacts by crew and half hour of arrival, over all seeds: offered, and answered within the promise."""

    offered: dict[str, list[int]]
    within: dict[str, list[int]]

    def levels(self) -> dict[str, float]:
        return {name: sum(self.within[name]) / max(1, sum(counts)) for name, counts in self.offered.items()}

    @property
    def whole(self) -> int:
        return sum(map(sum, self.offered.values()))

    @property
    def together(self) -> float:
        """The level of all contacts."""
        return sum(map(sum, self.within.values())) / max(1, self.whole)

    def by_half(self) -> list[int]:
        """Contacts of all crews that were offered, by half hour."""
        return [sum(self.offered[name][half] for name in self.offered) for half in range(HALF_HOURS)]

    def missed(self) -> list[float]:
        """Contacts of all crews that were not answered within the promise, by half hour."""
        return [
            float(sum(self.offered[name][half] - self.within[name][half] for name in self.offered))
            for half in range(HALF_HOURS)
        ]


def staffed(
    workload: Workload, policy: Policy, target: float, seeds: range, told: Callable[[str], None] = lambda _: None
) -> Staffed:
    """The search. Deterministic: the same workload, policy, target and seeds give the same roster."""
    crews = [replace(crew, target=target, scale=1.0, written=()) for crew in workload.crews]
    roster: Roster = {crew.name: workload.positions(crew) for crew in crews}
    started = hours_of(roster)
    least = {crew.name: least_of(workload, crew.name) for crew in crews}
    best: Staffed | None = None
    last: Staffed | None = None
    for number in range(1, ROUNDS + 1):
        now = tallied(workload, policy, roster, seeds)
        levels = now.levels()
        met = all(level >= target for level in levels.values())
        last = Staffed(dict(roster), levels, met, hours_of(roster), started, number, now.together)
        told(f"round {number}: {last.hours:.1f} hours, " + ", ".join(f"{n} {100 * x:.1f} %" for n, x in levels.items()))
        if met and (best is None or last.hours < best.hours):
            best = last
        after = following(roster, list(roster), now, target, least)
        if after == roster:
            break
        roster = after
    assert last is not None
    return best or last


def following(
    roster: Roster, crews: Sequence[str], now: Tally, target: float, least: Mapping[str, Sequence[int]]
) -> Roster:
    """The next round's positions of these crews: half hours that miss the target get more, those with plenty fewer."""
    levels = now.levels()
    after = {}
    for name in crews:
        halves = _smoothed(now.within[name], now.offered[name])
        after[name] = tuple(
            _next(count, half, levels[name], target, floor)
            for count, half, floor in zip(roster[name], halves, least[name], strict=True)
        )
    return after


def _next(count: int, half: float | None, day: float, target: float, least: int) -> int:
    """One half hour's positions in the next round."""
    step = max(1, ceil(count * STEP / 2))
    if half is None:
        return count
    if day < target and half < target + SLACK / 2:
        return count + (step if half < target - SLACK else 1 if half < target else 0)
    if day >= target + SLACK / 4 and half > target + SLACK:
        return max(least, count - (step if half > target + 2 * SLACK and count > 10 else 1))
    return count


def tallied(workload: Workload, policy: Policy, roster: Roster, seeds: range) -> Tally:
    """The days of these seeds, played with that roster. Raises centre.Standstill."""
    crews = tuple(replace(crew, written=roster[crew.name]) for crew in workload.crews)
    carries = {kind: crew.name for crew in crews for kind in crew.carries}
    tally = Tally({crew.name: [0] * HALF_HOURS for crew in crews}, {crew.name: [0] * HALF_HOURS for crew in crews})
    for seed in seeds:
        day = drawn(replace(workload, crews=crews), seed)
        for citizen, fate in zip(day.citizens, played(day, policy).fates, strict=True):
            crew, half = carries[citizen.queue], citizen.arrival_ms // HALF_HOUR_MS
            tally.offered[crew][half] += 1
            answered_ms = fate.answered_ms
            tally.within[crew][half] += (
                answered_ms is not None and answered_ms - citizen.arrival_ms <= ANSWER_PROMISE_MS
            )
    return tally


def _smoothed(within: list[int], offered: list[int]) -> Iterator[float | None]:
    """A half hour of a small crew has three contacts: its neighbours count half."""
    for half in range(len(offered)):
        around = [(half, 2), *((near, 1) for near in (half - 1, half + 1) if 0 <= near < len(offered))]
        whole = sum(weight * offered[one] for one, weight in around)
        yield sum(weight * within[one] for one, weight in around) / whole if whole else None


def least_of(workload: Workload, name: str) -> list[int]:
    """The fewest positions of a crew, by half hour."""
    crew = next(crew for crew in workload.crews if crew.name == name)
    dark = workload.night.hours if workload.night is not None else frozenset()
    return [crew.least_at_night if half // 2 in dark else crew.least for half in range(HALF_HOURS)]


def hours_of(roster: Roster) -> float:
    """Staffed hours."""
    return sum(sum(counts) for counts in roster.values()) / 2


def checked(workload: Workload, roster: Roster, threshold_seconds: float = 15.0) -> dict[str, float | None]:
    """Erlang-C for the busiest half hour of each crew alone, as a check: None where it could not carry its load."""
    found: dict[str, float | None] = {}
    for crew in workload.crews:
        half = max(range(HALF_HOURS), key=lambda one: workload.load(crew, one)[0])
        load, handle_seconds = workload.load(crew, half)
        agents = roster[crew.name][half]
        found[crew.name] = (
            patient(agents, load, handle_seconds, threshold_seconds).within if 0 < load < agents else None
        )
    return found
