"""A day as assumptions: rates by hour, the mix of classes, how long people talk and wait, and how many are on duty.

`drawn` turns assumptions and a seed into one day of citizens and spells; the same seed gives the same citizens under
every policy and roster. Shares are shares of the day; who is on duty follows from Erlang-A by half hour, or is written.
"""

import random
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil, exp, log, sqrt

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from ivr_engine.simulation.day import Citizen, SimulatedDay, Spell
from ivr_engine.simulation.erlang import agents_for

HOURS = 24
HALF_HOURS = 48
HALF_HOUR_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Spread:
    """A duration: exponential, or lognormal where a coefficient of variation is given. `least` is added to each."""

    mean_seconds: float
    cv: float = 1.0
    lognormal: bool = False
    least_seconds: float = 0.0

    def drawn_ms(self, lot: random.Random) -> int:
        if self.lognormal:
            variance = log(1 + self.cv * self.cv)
            seconds = exp(lot.gauss(log(self.mean_seconds) - variance / 2, sqrt(variance)))
        else:
            seconds = lot.expovariate(1 / self.mean_seconds) if self.mean_seconds else 0.0
        return 1 + int((self.least_seconds + seconds) * 1000)


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of citizens: a queue of its own that needs the skill of the same name."""

    name: str
    share: float
    handle: Spread
    patience: Spread
    protected: bool = False
    """A small desk, whose agents are lent to others only as far as its own citizens allow."""


@dataclass(frozen=True, slots=True)
class NightMix:
    """In these hours one class has this share of its crew's contacts; by day it has what is left of its day's share."""

    hours: frozenset[int]
    kind: str
    share: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Skills that the positions of a crew have in turn: each takes so many of the sets, going round."""

    sets: tuple[tuple[str, ...], ...]
    take: int
    proficiency: int


@dataclass(frozen=True, slots=True)
class Desks:
    """A first and a second desk for each position: the first by load, the second evenly. A desk may be a circle of
    skills, of which a position has so many in turn."""

    desks: Mapping[str, tuple[str, ...]]
    first_take: int = 1
    second_take: int = 1
    first_proficiency: int = 5
    second_proficiency: int = 3


@dataclass(frozen=True, slots=True)
class Crew:
    """Positions that are staffed together, for the load of some classes."""

    name: str
    carries: tuple[str, ...]
    always: Mapping[str, int] = field(default_factory=dict)
    turns: tuple[Turns, ...] = ()
    desks: Desks | None = None
    within_seconds: float = 13.0
    target: float = 0.8
    scale: float = 1.0
    least: int = 0
    least_at_night: int = 0
    written: tuple[int, ...] = ()
    """Positions by half hour, instead of Erlang-A's."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Contacts on top of the day, for which nobody was staffed: evenly over hours and classes."""

    contacts: int
    from_hour: int
    to_hour: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """All assumptions of one day."""

    title: str
    contacts: int
    by_hour: tuple[float, ...]
    """Sum 1."""
    kinds: tuple[Kind, ...]
    """Shares sum to 1."""
    crews: tuple[Crew, ...]
    pickup: Spread
    night: NightMix | None = None
    extra: Extra | None = None
    contractors: Mapping[str, float] = field(default_factory=dict)
    """Contractor → per cent of the contacts, and of the positions."""
    bound: bool = False
    """Each contact is bound to a contractor at arrival: the practice of separate queues."""
    missed_share: float = 0.0
    rest_seconds: float = 60.0

    def mix(self, hour: int) -> tuple[float, ...]:
        """The shares of the classes in this hour."""
        night = self.night
        if night is None:
            return tuple(kind.share for kind in self.kinds)
        crew = next(crew for crew in self.crews if night.kind in crew.carries)
        together = sum(kind.share for kind in self.kinds if kind.name in crew.carries)
        own = next(kind.share for kind in self.kinds if kind.name == night.kind)
        dark = sum(self.by_hour[one] for one in night.hours)
        by_day = (own / together - dark * night.share) / (1 - dark)
        share = night.share if hour in night.hours else by_day
        rest = together * (1 - share) / (together - own)
        return tuple(
            together * share
            if kind.name == night.kind
            else kind.share * rest
            if kind.name in crew.carries
            else kind.share
            for kind in self.kinds
        )

    def load(self, crew: Crew, half: int) -> tuple[float, float]:
        """Erlangs of a half hour for a crew, and the mean handling in seconds."""
        rate = self.contacts * self.by_hour[half // 2] / 3600
        shares = zip(self.kinds, self.mix(half // 2), strict=True)
        carried = [(rate * share, kind.handle) for kind, share in shares if kind.name in crew.carries]
        load = sum(each * (handle.mean_seconds + handle.least_seconds) for each, handle in carried)
        return load, load / (sum(each for each, _ in carried) or 1.0)

    def positions(self, crew: Crew) -> tuple[int, ...]:
        """How many of a crew are on duty, by half hour."""
        if crew.written:
            return crew.written
        counts = []
        patience = next(kind.patience.mean_seconds for kind in self.kinds if kind.name in crew.carries)
        dark = self.night.hours if self.night is not None else frozenset()
        for half in range(HALF_HOURS):
            load, handle_seconds = self.load(crew, half)
            needed = agents_for(load, handle_seconds, patience, crew.within_seconds, crew.target)
            least = crew.least_at_night if half // 2 in dark else crew.least
            counts.append(max(least, ceil(needed * crew.scale - 1e-9)))
        return tuple(counts)


def drawn(workload: Workload, seed: int) -> SimulatedDay:
    """One day of it."""
    agents, spells = _roster(workload)
    queues = tuple(
        QueueSettings(QueueId(kind.name), frozenset({Skill(kind.name)}), wrap_up_ms=0, protected=kind.protected)
        for kind in workload.kinds
    )
    return SimulatedDay(
        source=f"{workload.title} (seed {seed})",
        citizens=_citizens(workload, seed),
        queues=queues,
        agents=agents,
        spells=spells,
        missed_share=workload.missed_share,
        rest_ms=int(workload.rest_seconds * 1000),
        seed=seed,
    )


def _citizens(workload: Workload, seed: int) -> tuple[Citizen, ...]:
    lot = random.Random(f"day {seed}")  # of words: the streams of small numbers resemble each other
    hours = list(accumulate(workload.by_hour))
    mixes = [list(accumulate(workload.mix(hour))) for hour in range(HOURS)]
    contractors = tuple(workload.contractors)
    portions = list(accumulate(workload.contractors.values()))
    calls: list[tuple[int, Kind]] = []
    for _ in range(workload.contacts):
        hour = min(bisect(hours, lot.random() * hours[-1]), HOURS - 1)
        at_ms = hour * 3_600_000 + lot.randrange(3_600_000)
        mix = mixes[hour]
        calls.append((at_ms, workload.kinds[min(bisect(mix, lot.random() * mix[-1]), len(mix) - 1)]))
    if workload.extra is not None:
        by_name = {kind.name: kind for kind in workload.kinds}
        from_ms, to_ms = workload.extra.from_hour * 3_600_000, workload.extra.to_hour * 3_600_000
        for _ in range(workload.extra.contacts):
            calls.append((lot.randrange(from_ms, to_ms), by_name[lot.choice(workload.extra.kinds)]))
    calls.sort(key=lambda call: call[0])
    citizens = []
    for number, (at_ms, kind) in enumerate(calls):
        portion = lot.random() * portions[-1] if portions else 0.0
        citizens.append(
            Citizen(
                id=f"c{number:06d}",
                arrival_ms=at_ms,
                queue=QueueId(kind.name),
                requirement=frozenset(),
                priority=0,
                handle_ms=kind.handle.drawn_ms(lot),
                patience_ms=kind.patience.drawn_ms(lot),
                pickup_ms=workload.pickup.drawn_ms(lot),
                contractor=contractors[bisect(portions, portion)] if workload.bound else "",
            )
        )
    return tuple(citizens)


def _roster(workload: Workload) -> tuple[tuple[AgentSettings, ...], tuple[Spell, ...]]:
    """An agent is a position: the first ones of a crew are taken all day, the last ones in the busiest half hour."""
    agents: list[AgentSettings] = []
    spells: list[Spell] = []
    given: dict[str, int] = dict.fromkeys(workload.contractors, 0)
    whole = sum(workload.contractors.values())
    for crew in workload.crews:
        counts = workload.positions(crew)
        for index, skills in zip(range(max(counts)), _skills(workload, crew), strict=False):
            contractor = ""
            if given:
                # whoever is furthest behind the agreed share of the positions so far
                contractor = min(given, key=lambda name: given[name] - workload.contractors[name] / whole * (index + 1))
                given[contractor] += 1
            agent = AgentId(f"{crew.name}{index + 1:03d}")
            agents.append(
                AgentSettings(agent, agent, {Skill(name): level for name, level in skills.items()}, contractor)
            )
            spells += _spells(agent, index, counts)
        given = dict.fromkeys(given, 0)
    return tuple(agents), tuple(sorted(spells, key=lambda spell: (spell.from_ms, spell.agent)))


def _spells(agent: AgentId, index: int, counts: tuple[int, ...]) -> Iterator[Spell]:
    began: int | None = None
    for half in range(len(counts) + 1):
        taken = half < len(counts) and index < counts[half]
        if taken and began is None:
            began = half
        elif not taken and began is not None:
            yield Spell(agent, began * HALF_HOUR_MS, half * HALF_HOUR_MS)
            began = None


def _skills(workload: Workload, crew: Crew) -> Iterator[dict[str, int]]:
    """Of position after position, for ever."""
    loads = {kind.name: kind.share * kind.handle.mean_seconds for kind in workload.kinds}
    desks = crew.desks.desks if crew.desks is not None else {}
    by_load = {name: sum(loads[skill] for skill in skills) for name, skills in desks.items()}
    firsts, seconds = dict.fromkeys(desks, 0), dict.fromkeys(desks, 0)
    circled = dict.fromkeys(desks, 0)
    number = 0
    while True:
        skills = dict(crew.always)
        for turns in crew.turns:
            for step in range(turns.take):
                for skill in turns.sets[(number * turns.take + step) % len(turns.sets)]:
                    skills.setdefault(skill, turns.proficiency)
        if crew.desks is not None:
            done = number + 1
            first = max(desks, key=lambda name: by_load[name] / sum(by_load.values()) * done - firsts[name])
            firsts[first] += 1
            others = [name for name in desks if name != first]
            second = max(others, key=lambda name: done / len(desks) - seconds[name])
            seconds[second] += 1
            for name, take, level in (
                (first, crew.desks.first_take, crew.desks.first_proficiency),
                (second, crew.desks.second_take, crew.desks.second_proficiency),
            ):
                circle = desks[name]
                for step in range(min(take, len(circle))):
                    skill = circle[(circled[name] + step) % len(circle)]
                    skills[skill] = max(level, skills.get(skill, 0))
                circled[name] += take
        yield skills
        number += 1
