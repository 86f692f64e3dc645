"""Who is offered to whom, and why.

A contact looks for the best of the idle agents who meet its requirement, an agent for the next of the contacts that he
or she can take. Both look at groups (`routing_books`), so a decision costs the number of groups and not agents times
contacts. The order of contacts is `routing_lines`; the choice of agent goes by the queue's policy: more preferred
skills met, then longest idle, fewest skills, highest proficiency or least loss of coverage, then longest idle, then
the identifier. Every decision says how many candidates there were and which key won.

Two things stand above the choice. Small desks keep a reserve of idle agents from larger desks' contacts, until a
promise is about to break (`routing_reserve`). And where shares are agreed, contractors who are behind go first; among
the idle only.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.estimate import wait_range
from ivr_engine.core.queue_rules import ChoicePolicy
from ivr_engine.core.routing_books import IDLE, Crew, Desk, Fit
from ivr_engine.core.routing_coverage import weighted
from ivr_engine.core.routing_lines import WORDS, Line, LineRules, Place, Rank
from ivr_engine.core.routing_reserve import Reserve
from ivr_engine.core.routing_shares import Ledger, account_of
from ivr_engine.core.vocabulary import AgentId, ContactId


@dataclass(frozen=True, slots=True)
class Choice:
    """An agent for a contact, and why."""

    agent: AgentId
    candidates: int
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The contact that an agent takes next, and why."""

    contact: ContactId
    candidates: int
    reason: str


@dataclass(slots=True, eq=False)
class _Standing:
    """Where one contact waits."""

    lines: dict[LineRules, Line]
    line: Line
    place: Place
    desk: Desk
    agent: AgentId | None


@dataclass(slots=True)
class Routing(Reserve):
    """The books of who is idle and who waits, and the two questions that are asked of them."""

    ledger: Ledger = field(default_factory=Ledger)
    _standing: dict[ContactId, _Standing] = field(default_factory=dict)
    _for_agent: dict[AgentId, dict[LineRules, Line]] = field(default_factory=dict)
    """Contacts that stand for one agent only, for a while."""

    # ── contacts ────────────────────────────────────────────────────────────────────────────────────────────────────
    def place(
        self, contact: ContactId, desk: Desk, rules: LineRules, since_ms: int, *, only: AgentId | None = None
    ) -> None:
        """Into the place that its rules and its age give it; `only`: for one agent and nobody else, for now."""
        self.remove(contact)
        lines = desk.lines if only is None else self._for_agent.setdefault(only, {})
        line = lines.get(rules)
        if line is None:
            line = lines[rules] = Line(rules)
        place = (since_ms, contact)
        insort(line.places, place)
        self._standing[contact] = _Standing(lines, line, place, desk, only)

    def remove(self, contact: ContactId) -> None:
        standing = self._standing.pop(contact, None)
        if standing is None:
            return
        places = standing.line.places
        del places[bisect_left(places, standing.place)]
        if not places:
            del standing.lines[standing.line.rules]
            if standing.agent is not None and not standing.lines:
                del self._for_agent[standing.agent]

    def stands(self, contact: ContactId) -> bool:
        return contact in self._standing

    def stands_for(self, contact: ContactId) -> AgentId | None:
        """The agent for whom alone the contact waits, for now."""
        standing = self._standing.get(contact)
        return standing.agent if standing is not None else None

    def waiting_for(self, agent: AgentId) -> list[ContactId]:
        """Contacts that stand for this agent only."""
        return [contact for line in self._for_agent.get(agent, {}).values() for _, contact in line.places]

    @property
    def waiting(self) -> int:
        return len(self._standing)

    def in_order(self, now_ms: int, contacts: Iterable[ContactId] | None = None) -> list[ContactId]:
        """All waiting contacts, or these, the most urgent first: in that order a freed centre would serve them."""
        answer_ms, crowded, standings = self.policy.answer_ms, self.crowded(now_ms), self._standing
        ranks = [
            standing.line.rank(standing.place, now_ms, answer_ms, crowded=crowded)
            for standing in (standings.values() if contacts is None else (standings[contact] for contact in contacts))
        ]
        return [rank[-1] for rank in sorted(ranks)]

    def ahead(self, contact: ContactId) -> int:
        """How many contacts of the same desk stand before this one; its own place is one more."""
        standing = self._standing.get(contact)
        if standing is None:
            return 0
        place = standing.place
        return sum(bisect_left(line.places, place) for line in standing.desk.lines.values())

    # ── an agent for a contact ──────────────────────────────────────────────────────────────────────────────────────
    def choose_agent(
        self, desk: Desk, queue: QueueSettings, since_ms: int, now_ms: int, skills: frozenset[str] = frozenset()
    ) -> Choice | None:
        """The best idle agent for a contact of that desk and queue that has waited since then; None: nobody may.

        `skills` is what queue and flow asked for by name, before any relaxation: in that account it is booked.
        """
        candidates = desk.counts[IDLE]
        if not candidates:
            return None
        fits = desk.fits
        if not desk.small and self._keeps and not self._urgent(since_ms, queue.promise_ms, now_ms):
            fits = [
                fit
                for fit in fits
                if fit.idle and not (fit.crew.small_desks and self._kept(fit.crew, desk, since_ms, now_ms))
            ]
            candidates = sum([len(fit.idle) for fit in fits])
            if not fits:
                return None
        behind = ""
        if queue.contractor_shares:
            fits, behind = self._behind_first(fits, queue, skills, now_ms)
        if queue.choice is ChoicePolicy.LONGEST_IDLE and not desk.requirement.preferred:
            best = min([idle[0] for fit in fits if (idle := fit.idle)])
            reason = f"longest idle ({(now_ms - best[0]) / 1000:.1f} s) of {candidates}"
            return Choice(best[1], candidates, reason + behind)
        if queue.choice is ChoicePolicy.COVERAGE and not desk.requirement.preferred:
            # no crew costs less than nothing: where the longest idle agent's does not, no other cost need be known
            since_idle_ms, agent = min([idle[0] for fit in fits if (idle := fit.idle)])
            if not self._cost(self.books.members[agent].crew, now_ms):
                said = f"{_COSTS_NOTHING}, idle {(now_ms - since_idle_ms) / 1000:.1f} s, of {candidates}{behind}"
                return Choice(agent, candidates, said)
        return self._by_policy(fits, queue.choice, candidates, now_ms, behind)

    def _by_policy(self, fits: list[Fit], policy: ChoicePolicy, candidates: int, now_ms: int, behind: str) -> Choice:
        match policy:
            case ChoicePolicy.COVERAGE:
                cost = self._cost
                ranked = [(-fit.preference, cost(fit.crew, now_ms), *idle[0]) for fit in fits if (idle := fit.idle)]
            case ChoicePolicy.FEWEST_SKILLS:
                ranked = [(-fit.preference, float(fit.crew.size), *idle[0]) for fit in fits if (idle := fit.idle)]
            case ChoicePolicy.HIGHEST_PROFICIENCY:
                ranked = [(-fit.preference, -float(fit.proficiency), *idle[0]) for fit in fits if (idle := fit.idle)]
            case ChoicePolicy.LONGEST_IDLE:
                ranked = [(-fit.preference, 0.0, *idle[0]) for fit in fits if (idle := fit.idle)]
        best = min(ranked)
        preference, key, idle_since_ms, agent = best
        said = _KEYS[policy].format(abs(key))
        if preference:
            said = f"{-preference} preferred, {said}"
        reason = f"{said}, idle {(now_ms - idle_since_ms) / 1000:.1f} s, of {candidates}{behind}"
        return Choice(agent, candidates, reason)

    def _cost(self, crew: Crew, now_ms: int) -> float:
        total = 0.0
        for desk in crew.desks:
            if desk.dirty:
                self._count_again(desk, now_ms)
            total += desk.cost
        return total

    def _count_again(self, desk: Desk, now_ms: int) -> None:
        desk.cost, desk.dirty = 0.0, False
        policy = self.policy
        lost = desk.coverage.cost(desk.counts[IDLE], now_ms, policy.coverage_horizon_ms, policy.rate_half_life_ms)
        if lost:
            cost = lost * desk.weight_percent / 100
            desk.cost = weighted(cost, desk.on_duty) if policy.coverage_by_scarcity else cost

    def _behind_first(
        self, fits: list[Fit], queue: QueueSettings, skills: frozenset[str], now_ms: int
    ) -> tuple[list[Fit], str]:
        """Only the crews of the contractor who is behind most, where one of them is idle."""
        tolerance = self.policy.share_tolerance_percent
        account, shares = account_of(queue.id, skills), queue.contractor_shares
        for name in self.ledger.behind(account, shares, queue.share_interval_ms, tolerance, now_ms):
            theirs = [fit for fit in fits if fit.crew.idle and fit.crew.contractor == name]
            if theirs:
                return theirs, f"; {name} is behind its share"
        return fits, ""

    # ── a contact for an agent ──────────────────────────────────────────────────────────────────────────────────────
    def choose_contact(self, agent: AgentId, now_ms: int) -> Turn | None:
        """The contact that this agent should take, of how many, and why."""
        if not self._standing:
            return None
        crew = self.books.members[agent].crew
        best: Rank | None = None
        candidates = 0
        answer_ms, keeps, crowded = self.policy.answer_ms, self._keeps and bool(crew.small_desks), self.crowded(now_ms)
        for desk in crew.desks:
            if desk.lines:
                for line in desk.lines.values():
                    rank: Rank | None = line.next(now_ms, answer_ms, crowded=crowded)
                    if keeps and rank is not None and self._kept(crew, desk, rank[3], now_ms):
                        rank = self._next_urgent(crew, desk, line, now_ms)
                    if rank is None:
                        continue
                    candidates += len(line.places)
                    if best is None or rank < best:
                        best = rank
        if self._for_agent:
            for line in self._for_agent.get(agent, {}).values():
                rank = line.next(now_ms, answer_ms)
                candidates += len(line.places)
                if best is None or rank < best:
                    best = rank
        if best is None:
            return None
        guarded, _, late, since_ms, contact = best
        said = WORDS[guarded, late]
        return Turn(contact, candidates, f"{said} ({(now_ms - since_ms) / 1000:.1f} s) of {candidates}")

    def may_take(self, agent: AgentId, contact: ContactId, now_ms: int) -> bool:
        """Whether this agent, if idle, could be given this waiting contact now: who is, may not stand beside it."""
        standing, member = self._standing.get(contact), self.books.members.get(agent)
        if standing is None or member is None or standing.desk not in member.crew.desks:
            return False
        if standing.agent is not None:
            return standing.agent == agent
        if self.policy.lending is not None and member.crew.small_desks and not standing.desk.small:
            return False  # lent at the moments that `routing_lending` looks, and not in between, whatever the price is
        if not self._keeps or not self._kept(member.crew, standing.desk, standing.place[0], now_ms):
            return True
        return self._urgent(standing.place[0], standing.line.rules.promise_ms, now_ms)

    def expected_wait_ms(self, desk: Desk, ahead: int) -> int | None:
        """Until an agent takes a contact with so many before it; None: nobody on duty, or no handle time known."""
        found = wait_range(desk, ahead)
        return None if found is None else found.mean_ms


_KEYS = {
    ChoicePolicy.LONGEST_IDLE: "longest idle",
    ChoicePolicy.FEWEST_SKILLS: "fewest skills ({:.0f})",
    ChoicePolicy.HIGHEST_PROFICIENCY: "highest proficiency ({:.0f})",
    ChoicePolicy.COVERAGE: "least loss of coverage ({:.4f})",
}
"""How the winning key is said."""

_COSTS_NOTHING = _KEYS[ChoicePolicy.COVERAGE].format(0.0)


__all__ = ["Choice", "Routing", "Turn"]
