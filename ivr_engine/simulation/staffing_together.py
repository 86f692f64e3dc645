"""The fewest hours in which so many of all contacts are answered in time: each hour goes where it gains most.

A target for each half hour pays for the last points of the quiet ones, where one agent answers three contacts more in
time; in the busy ones one agent answers ten. So each large crew is tried somewhat smaller and larger, which tells for
every half hour how the missed contacts fall as the crew grows; then agents are put, one after the other, where one
more saves most, until the day's target is met. Crews of protected classes are small and help others: they follow
their own target, as in `staffing`, of which this is the second way to search.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt

from ivr_engine.simulation.policy import Policy
from ivr_engine.simulation.staffing import Roster, Staffed, Tally, following, hours_of, least_of, tallied
from ivr_engine.simulation.workload import Workload

ROUNDS = 6
"""Each plays the day for each seed five times, where one crew is large; the hours settle within three. What a round
fell short is asked for on top in the next."""

SHARES = (0.92, 0.96, 1.04, 1.08)
"""Of a crew: how it is tried. Nothing is believed beyond the outermost."""

STEEPEST = -40.0
"""Of the exponent: the luck of a quiet half hour is no law."""

QUIETEST = 0.8
"""Of the contacts of any half hour: a target for the day is not to be met by leaving an hour of the night alone."""

MARGIN = 0.0005
"""Beyond the target: so much of a day is the error of the fit."""


@dataclass(frozen=True, slots=True)
class _Fall:
    """The contacts that one half hour misses: so many × (agents / agents now) ** exponent."""

    agents: int
    missed: float
    exponent: float

    def at(self, agents: int) -> float:
        return self.missed * exp(self.exponent * log(agents / self.agents))


def staffed_together(
    workload: Workload,
    policy: Policy,
    together: float,
    target: float,
    seeds: range,
    told: Callable[[str], None] = lambda _: None,
) -> Staffed:
    """The search: `together` of all contacts, and `target` of the contacts of each crew that carries a protected class.

    Begins with the workload's own roster; where no round met both, the one that lacked least is found. Deterministic.
    Raises ValueError where every crew carries a protected class.
    """
    protected = {kind.name for kind in workload.kinds if kind.protected}
    small = [crew.name for crew in workload.crews if not protected.isdisjoint(crew.carries)]
    large = [crew.name for crew in workload.crews if crew.name not in small]
    if not large:
        raise ValueError("every crew carries a protected class: nothing is left to search")
    least = {crew.name: least_of(workload, crew.name) for crew in workload.crews}
    roster: Roster = {crew.name: workload.positions(crew) for crew in workload.crews}
    started = hours_of(roster)
    found: list[tuple[bool, float, float, Staffed]] = []
    aim = together + MARGIN
    for number in range(1, ROUNDS + 1):
        now = tallied(workload, policy, roster, seeds)
        levels = now.levels()
        floors = {name: target - _luck(target, sum(now.offered[name])) for name in small}
        met = now.together >= together and all(levels[name] >= floors[name] for name in small)
        tried = Staffed(dict(roster), levels, met, hours_of(roster), started, number, now.together)
        told(f"round {number}: {tried.hours:.1f} hours, {100 * now.together:.2f} % of all")
        lacking = max(0.0, together - now.together) + sum(max(0.0, floors[name] - levels[name]) for name in small)
        found.append((not met, 0.0 if met else lacking, tried.hours, tried))
        if number == ROUNDS:
            break
        if number > 1:
            aim += max(0.0, together - now.together)
        falls = {
            name: _falls(name, roster, least[name], now, lambda moved: tallied(workload, policy, moved, seeds))
            for name in large
        }
        allowed = (1 - aim) * now.whole
        spared = [(1 - QUIETEST) * offered for offered in now.by_half()]
        roster = {**_allotted(falls, least, allowed, spared), **following(roster, small, now, target, least)}
        roster = {crew.name: roster[crew.name] for crew in workload.crews}
    return min(found, key=lambda one: one[:3])[3]


def _luck(share: float, contacts: int) -> float:
    """One standard error: of a desk's two hundred contacts 2 % more or less say nothing."""
    return sqrt(share * (1 - share) / max(1, contacts))


def _falls(
    name: str, roster: Roster, least: list[int], now: Tally, tried: Callable[[Roster], Tally]
) -> tuple[_Fall, ...]:
    """How the missed contacts of each half hour fall as this crew grows; its neighbours' luck evens out its own."""
    counts = roster[name]
    points: list[tuple[tuple[int, ...], list[float]]] = [(counts, _around(now.missed()))]
    for share in SHARES:
        moved = tuple(_moved(count, share, floor) for count, floor in zip(counts, least, strict=True))
        points.append((moved, _around(tried({**roster, name: moved}).missed())))
    missed = now.missed()
    found = []
    for half, count in enumerate(counts):
        across = [(log(moved[half] / count), log(lost[half] + 1)) for moved, lost in points if count and moved[half]]
        found.append(_Fall(max(1, count), missed[half], max(STEEPEST, min(0.0, _slope(across)))))
    return tuple(found)


def _moved(count: int, share: float, least: int) -> int:
    """At least one agent up or down, two at the outermost: 8 % of a night's eight are nobody."""
    fewest = 2 if share in (SHARES[0], SHARES[-1]) else 1
    step = max(fewest, round(count * abs(share - 1)))
    return max(least, 1, count + step if share > 1 else count - step)


def _slope(points: list[tuple[float, float]]) -> float:
    """Least squares; 0 where nothing was moved."""
    if not points:
        return 0.0
    x_mean, y_mean = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def _around(counts: list[float]) -> list[float]:
    """Each with half of each neighbour."""
    last = len(counts) - 1
    return [counts[i] + (counts[max(0, i - 1)] + counts[min(last, i + 1)]) / 2 for i in range(len(counts))]


def _allotted(
    falls: dict[str, tuple[_Fall, ...]], least: dict[str, list[int]], allowed: float, spared: list[float]
) -> Roster:
    """From the smallest that was tried: one more agent where it saves most, until no more than `allowed` is missed, and
    in no half hour more than `spared`."""
    bounds = {
        name: [
            (_moved(fall.agents, SHARES[0], floor), _moved(fall.agents, SHARES[-1], floor))
            for fall, floor in zip(row, least[name], strict=True)
        ]
        for name, row in falls.items()
    }
    roster = {name: [low for low, _ in row] for name, row in bounds.items()}
    rows = list(falls.values())
    by_half = [
        rows[0][half].missed + sum(row[half].at(roster[name][half]) - row[half].missed for name, row in falls.items())
        for half in range(len(spared))
    ]
    while True:
        gains = [
            (by_half[half] > spared[half], fall.at(count) - fall.at(count + 1), name, half)
            for name, row in falls.items()
            for half, fall in enumerate(row)
            if (count := roster[name][half]) < bounds[name][half][1]
        ]
        if not gains:
            break
        alone, gain, name, half = max(gains)
        if not alone and sum(by_half) <= allowed:
            break
        roster[name][half] += 1
        by_half[half] -= gain
    return {name: tuple(counts) for name, counts in roster.items()}
