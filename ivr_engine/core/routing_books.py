"""Who could take whom, in groups: crews of agents with equal skills, desks of contacts with equal requirement.

Whether a crew fits a desk is asked once, when the second of them is first seen, and remembered on both; after that an
agent who changes state touches the desks of one crew, and a decision looks at the crews of one desk, however many
agents and contacts there are. Each desk counts its agents by standing, which answers "why not" without a search.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

from ivr_engine.core.requirement import Requirement
from ivr_engine.core.routing_coverage import Coverage
from ivr_engine.core.routing_lines import Line, LineRules
from ivr_engine.core.vocabulary import AgentId, Skill

Standing = NewType("Standing", int)
"""Where an agent stands for routing: idle, or why not. An index into counts, and no enum, because it is one of the few
things that an agent's every step touches for every desk."""

IDLE, RINGING, TALKING, WRAP_UP, RESTING, ON_BREAK, LOGGED_OUT = map(Standing, range(7))

STANDINGS = ("idle", "ringing", "talking", "wrap_up", "resting", "on_break", "logged_out")
"""The words for them."""


@dataclass(slots=True, eq=False)
class Crew:
    """Agents of equal skills (and one contractor, where shares are kept)."""

    skills: Mapping[Skill, int]
    contractor: str
    size: int
    idle: list[tuple[int, AgentId]] = field(default_factory=list)
    """Who is idle, the longest first."""
    counts: list[int] = field(default_factory=lambda: [0] * len(STANDINGS))
    desks: list["Desk"] = field(default_factory=list)
    small_desks: list["Desk"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Fit:
    """A crew that meets a desk's requirement, and what the choice between crews goes by."""

    crew: Crew
    idle: list[tuple[int, AgentId]]
    """The crew's own list."""
    preference: int
    """How many preferred needs it meets."""
    proficiency: int
    """Together, in the skills that the requirement names."""


@dataclass(slots=True, eq=False)
class Desk:
    """Contacts of one requirement, and the crews that can take them."""

    requirement: Requirement
    fits: list[Fit] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0] * len(STANDINGS))
    lines: dict[LineRules, Line] = field(default_factory=dict)
    """Only those in which somebody waits."""
    coverage: Coverage = field(default_factory=Coverage)
    weight_percent: int = 100
    dirty: bool = True
    """An arrival, or an agent who became idle or was taken, made `cost` wrong."""
    cost: float = 0.0
    """What one idle agent less would cost (`routing_coverage`), times the weight."""
    configured: bool = False
    """A queue names it."""
    forgotten: bool = False
    """Nobody counts its agents any more: whoever comes back asks for the desk anew."""
    small: bool = False
    protected: bool = False
    """A queue says so: small whoever is on duty, and it lends by price (`routing_lending`)."""
    purse: float | None = None
    """What its own citizens got beyond the target; None: none of them was counted yet."""
    handle_ms: int = 0
    """Live mean of talk and after-contact work; 0: not known yet."""
    handled: int = 0
    """Of how many contacts, as far as `estimate` asks."""
    correction_percent: int = 100
    """What waits here come to, of what the formula of `estimate` says."""

    @property
    def idle(self) -> int:
        return self.counts[IDLE]

    @property
    def on_duty(self) -> int:
        """Not logged out and not on a break; who talks or wraps up will be back."""
        counts = self.counts
        return counts[IDLE] + counts[RINGING] + counts[TALKING] + counts[WRAP_UP] + counts[RESTING]

    @property
    def enrolled(self) -> int:
        return sum(self.counts)

    @property
    def waiting(self) -> int:
        return sum(len(line.places) for line in self.lines.values())


@dataclass(slots=True, eq=False)
class Member:
    crew: Crew
    standing: Standing
    idle_since_ms: int


DESKS = 2_000
"""Requirements that are remembered: every queue and combination of a city fits many times; beyond it, those that
nobody waits for and no queue names are forgotten."""

_CrewKey = tuple[frozenset[tuple[Skill, int]], str]


@dataclass(slots=True)
class Books:
    """All crews and desks."""

    by_contractor: bool = False
    crews: dict[_CrewKey, Crew] = field(default_factory=dict)
    desks: dict[Requirement, Desk] = field(default_factory=dict)
    members: dict[AgentId, Member] = field(default_factory=dict)
    idle: int = 0
    """How many agents are idle."""

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def enrol(self, agent: AgentId, skills: Mapping[Skill, int], contractor: str) -> None:
        """The agent is known, or has other skills now; standing is kept (at first: logged out)."""
        key = (frozenset(skills.items()), contractor if self.by_contractor else "")
        crew = self.crews.get(key)
        member = self.members.get(agent)
        if member is not None:
            if member.crew is crew:
                return
            self.dismiss(agent)
        if crew is None:
            crew = self._new_crew(key, skills)
        self._count(crew, LOGGED_OUT, 1)
        self.members[agent] = Member(crew, LOGGED_OUT, 0)
        if member is not None:
            self.stand(agent, member.standing, member.idle_since_ms)

    def dismiss(self, agent: AgentId) -> None:
        """Out of the configuration."""
        member = self.members.get(agent)
        if member is None:
            return
        standing, since_ms = member.standing, member.idle_since_ms
        self.stand(agent, LOGGED_OUT, 0)
        del self.members[agent]
        member.standing, member.idle_since_ms = standing, since_ms
        crew = member.crew
        self._count(crew, LOGGED_OUT, -1)
        if not any(crew.counts):
            self._forget_crew(crew)

    def stand(self, agent: AgentId, standing: Standing, idle_since_ms: int) -> None:
        """The agent's standing changed; an agent whom no configuration knows stands nowhere."""
        member = self.members.get(agent)
        if member is not None:
            self.move(agent, member, standing, idle_since_ms)

    def move(self, agent: AgentId, member: Member, standing: Standing, idle_since_ms: int) -> None:
        """Four times a contact: one pass over the crew's desks, and two of the four over the idle."""
        before = member.standing
        crew = member.crew
        if before == IDLE:
            del crew.idle[bisect_left(crew.idle, (member.idle_since_ms, agent))]
            self.idle -= 1
        if standing == IDLE:
            insort(crew.idle, (idle_since_ms, agent))
            self.idle += 1
        member.standing, member.idle_since_ms = standing, idle_since_ms
        if before == standing:
            return
        crew.counts[before] -= 1
        crew.counts[standing] += 1
        if IDLE in (before, standing):
            for desk in crew.desks:
                counts = desk.counts
                counts[before] -= 1
                counts[standing] += 1
                desk.dirty = True
            return
        for desk in crew.desks:
            counts = desk.counts
            counts[before] -= 1
            counts[standing] += 1

    def _count(self, crew: Crew, standing: Standing, by: int) -> None:
        crew.counts[standing] += by
        for desk in crew.desks:
            desk.counts[standing] += by

    def _new_crew(self, key: _CrewKey, skills: Mapping[Skill, int]) -> Crew:
        crew = self.crews[key] = Crew(dict(skills), key[1], len(skills))
        for desk in self.desks.values():
            _join(crew, desk)
        return crew

    def _forget_crew(self, crew: Crew) -> None:
        for desk in crew.desks:
            desk.fits = [fit for fit in desk.fits if fit.crew is not crew]
        del self.crews[next(key for key, known in self.crews.items() if known is crew)]

    # ── requirements ────────────────────────────────────────────────────────────────────────────────────────────────
    def desk(self, requirement: Requirement) -> Desk:
        """The desk of a requirement, made when it is first asked for."""
        desk = self.desks.get(requirement)
        if desk is None:
            if len(self.desks) >= DESKS:
                self._forget_unused()
            desk = self.desks[requirement] = Desk(requirement)
            for crew in self.crews.values():
                _join(crew, desk)
                if desk.fits and desk.fits[-1].crew is crew:
                    for standing, count in enumerate(crew.counts):
                        desk.counts[standing] += count
        return desk

    def _forget_unused(self) -> None:
        unused = [desk for desk in self.desks.values() if not desk.lines and not desk.configured]
        for desk in unused:
            del self.desks[desk.requirement]
            desk.forgotten = True
            for fit in desk.fits:
                fit.crew.desks.remove(desk)
                if desk in fit.crew.small_desks:
                    fit.crew.small_desks.remove(desk)


def _join(crew: Crew, desk: Desk) -> None:
    if desk.requirement.met_by(crew.skills):
        proficiency = sum(crew.skills.get(skill, 0) for skill in desk.requirement.skills())
        desk.fits.append(Fit(crew, crew.idle, desk.requirement.preference_met(crew.skills), proficiency))
        crew.desks.append(desk)
