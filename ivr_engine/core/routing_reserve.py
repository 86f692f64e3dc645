"""Who is on duty, which desks are small by that, and whom small desks keep from contacts of larger ones.

Every change of an agent or of the rules may make a desk small or large, so both stand here, below the two questions of
`routing`. A small desk keeps a reserve of idle agents until a promise is about to break; a protected one lends them by
price and purse (`routing_lending`). Either way a contact that has nobody else to wait for is kept from nobody.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ivr_engine.core.configuration import Configuration, RoutingPolicy
from ivr_engine.core.queue_rules import LendingRules
from ivr_engine.core.requirement import Requirement
from ivr_engine.core.routing_books import IDLE, ON_BREAK, Books, Crew, Desk, Standing
from ivr_engine.core.routing_coverage import STEPS, Coverage, lost_by_one_less
from ivr_engine.core.routing_lending import accepted, need, put_in
from ivr_engine.core.routing_lines import Line, Rank
from ivr_engine.core.vocabulary import AgentId, Skill


@dataclass(slots=True)
class Reserve:
    """The part of the router that knows agents and desks, and no contact but by its age."""

    policy: RoutingPolicy = field(default_factory=RoutingPolicy)
    books: Books = field(default_factory=Books)
    joined: Coverage = field(default_factory=Coverage)
    late: Coverage = field(default_factory=Coverage)
    """Contacts that joined a queue, and those that missed their promise, each counting half after the half-life."""
    somebody_left: bool = False
    """An agent is not on duty any more: a desk may have nobody now."""
    loosened: bool = False
    """A desk became small, or is small no more: whom a reserve kept apart may be matched now."""

    # ── the centre ──────────────────────────────────────────────────────────────────────────────────────────────────
    def configure(
        self, configuration: Configuration, needs: dict[Requirement, int], protected: Collection[Requirement] = ()
    ) -> None:
        """New rules; `needs` are the requirements that queues name, with their weights; some of them protected."""
        self.policy = configuration.routing
        by_contractor = any(queue.contractor_shares for queue in configuration.queues)
        if by_contractor is not self.books.by_contractor:
            self.books.by_contractor = by_contractor
            for settings in configuration.agents:
                if settings.id in self.books.members:
                    self.books.enrol(settings.id, settings.skills, settings.contractor)
        for desk in self.books.desks.values():
            desk.configured = desk.protected = False
        for requirement, weight_percent in needs.items():
            desk = self.books.desk(requirement)
            desk.configured = True
            desk.weight_percent = weight_percent
            desk.protected = requirement in protected
            desk.dirty = True
        for desk in self.books.desks.values():
            self._judge(desk)

    def stand(self, agent: AgentId, standing: Standing, idle_since_ms: int) -> None:
        """The agent's standing changed."""
        member = self.books.members.get(agent)
        if member is None:
            return
        before = member.standing
        if before == standing and (standing != IDLE or member.idle_since_ms == idle_since_ms):
            return
        self.books.move(agent, member, standing, idle_since_ms)
        if (before >= ON_BREAK) is (standing >= ON_BREAK):
            return
        if standing >= ON_BREAK:
            self.somebody_left = True
        if self.policy.small_desk_agents:
            for desk in member.crew.desks:
                self._judge(desk)

    def enrol(self, agent: AgentId, skills: Mapping[Skill, int], contractor: str) -> None:
        """The agent is known, or has other skills now."""
        before = self.books.members.get(agent)
        self.books.enrol(agent, skills, contractor)
        if self.policy.small_desk_agents or self._keeps:
            for desk in (*(before.crew.desks if before else ()), *self.books.members[agent].crew.desks):
                self._judge(desk)

    def dismiss(self, agent: AgentId) -> None:
        """Out of the configuration."""
        before = self.books.members.get(agent)
        self.books.dismiss(agent)
        if (self.policy.small_desk_agents or self._keeps) and before is not None:
            for desk in before.crew.desks:
                self._judge(desk)

    def _judge(self, desk: Desk) -> None:
        """Small or not, by who is on duty now."""
        lending = desk.protected and self.policy.lending is not None
        small = lending or 0 < desk.on_duty <= self.policy.small_desk_agents
        if small is not desk.small:
            self.loosened = True
        desk.small = small
        for fit in desk.fits:
            kept = fit.crew.small_desks
            if small and desk not in kept:
                kept.append(desk)
            elif not small and desk in kept:
                kept.remove(desk)

    def is_idle(self, agent: AgentId) -> bool:
        member = self.books.members.get(agent)
        return member is not None and member.standing == IDLE

    @property
    def idle(self) -> int:
        """How many agents are idle."""
        return self.books.idle

    # ── the reserve of small desks ──────────────────────────────────────────────────────────────────────────────────
    @property
    def _keeps(self) -> bool:
        """Whether small desks keep agents from others at all."""
        return self.policy.reserve_agents > 0 or self.policy.lending is not None

    def _kept(self, crew: Crew, desk: Desk, since_ms: int, now_ms: int) -> bool:
        """Crews of a small desk are kept from a larger desk's contacts while that desk has no more idle agents; where
        there are rules of lending, unless each of their small desks lends to a contact that waits since then.

        Where no more agents can help this contact than that desk's own, as in a small centre where everybody does
        everything, there is nobody else to wait for, and nothing is kept."""
        if desk.small or not crew.small_desks:
            return False
        policy, on_duty = self.policy, desk.on_duty
        lending = policy.lending
        for small in crew.small_desks:
            if small.on_duty >= on_duty:
                continue
            if lending is None:
                if small.counts[IDLE] <= policy.reserve_agents:
                    return True
                continue
            percent = 100 if now_ms - since_ms >= lending.after_ms else lending.at_once_percent
            if not percent or not self._lends(small, crew, lending, percent, now_ms):
                return True
        return False

    def _lends(self, small: Desk, crew: Crew, rules: LendingRules, percent: int, now_ms: int) -> bool:
        """One of the idle agents of a small desk, at so much of its price, to whom this crew can help."""
        if small.lines:
            return False
        half_life_ms = self.policy.rate_half_life_ms
        small.coverage.decay(now_ms, half_life_ms)
        price = lost_by_one_less(small.idle, small.coverage.expected(rules.horizon_ms, half_life_ms))
        if price <= 0.0:
            return True
        purse = small.purse if small.purse is not None else -rules.opening_debt_percent / 100.0
        highest, price = accepted(rules, purse), price * 100.0
        if price <= highest * (rules.need_least_percent / 100.0) * percent:
            return True
        if price > highest * (rules.need_most_percent / 100.0) * percent:
            return False
        return price <= highest * self._need(crew, rules, now_ms) * percent

    def _need(self, crew: Crew, rules: LendingRules, now_ms: int) -> float:
        """Of everybody inside a promise to whom this crew may help."""
        oldest_ms = now_ms + self.policy.answer_ms
        inside = most = handle_ms = 0
        for desk in crew.desks:
            if desk.small:
                continue
            for line in desk.lines.values():
                places = line.places
                inside += len(places) - bisect_left(places, (oldest_ms - line.rules.promise_ms,))
            on_duty = desk.on_duty
            if on_duty > most:
                most, handle_ms = on_duty, desk.handle_ms
        return need(rules, inside, most, handle_ms)

    def served(self, desk: Desk, *, within: bool) -> None:
        """A contact of the desk was answered within its promise, or not: what its purse is made of."""
        rules = self.policy.lending
        if rules is not None and desk.protected:
            purse = desk.purse if desk.purse is not None else -rules.opening_debt_percent / 100.0
            desk.purse = put_in(purse, within=within, rules=rules)

    def missed(self, now_ms: int) -> None:
        """A contact's promise is over, and it was not answered."""
        if self.policy.crowded_percent:
            self.late.decay(now_ms, self.policy.rate_half_life_ms)
            self.late.weight += 1.0

    def crowded(self, now_ms: int) -> bool:
        """Whether so many miss their promise that the late find no gaps."""
        percent = self.policy.crowded_percent
        if not percent:
            return True
        half_life_ms = self.policy.rate_half_life_ms
        self.late.decay(now_ms, half_life_ms)
        self.joined.decay(now_ms, half_life_ms)
        return self.late.weight * 100.0 >= self.joined.weight * percent and self.late.weight > 0.0

    def _urgent(self, since_ms: int, promise_ms: int, now_ms: int) -> bool:
        if self.policy.lending is not None:
            return False
        left_ms = since_ms + promise_ms - now_ms
        if left_ms < 0:
            return self.policy.reserve_yields_late
        return left_ms <= self.policy.reserve_yields_ms

    def yields_at_ms(self, since_ms: int, promise_ms: int) -> int | None:
        """When a contact that the reserve keeps waiting becomes urgent; None: there is no reserve, or it never does."""
        policy = self.policy
        if policy.lending is not None:
            return since_ms + policy.lending.after_ms
        if not policy.reserve_agents:
            return None
        if policy.reserve_yields_ms:
            return since_ms + promise_ms - policy.reserve_yields_ms
        return since_ms + promise_ms + 1 if policy.reserve_yields_late else None

    def _next_urgent(self, crew: Crew, desk: Desk, line: Line, now_ms: int) -> Rank | None:
        """Of a line that the reserve keeps waiting, or whose next contact nobody is lent to yet."""
        if self.policy.lending is not None:
            since_ms = line.places[0][0]
            if self._kept(crew, desk, since_ms, now_ms):
                return None
            return line.rank(line.places[0], now_ms, self.policy.answer_ms)
        rank = line.next(now_ms, self.policy.answer_ms)
        if self._urgent(rank[3], line.rules.promise_ms, now_ms):
            return rank
        oldest = line.places[0]
        if self._urgent(oldest[0], line.rules.promise_ms, now_ms):
            return line.rank(oldest, now_ms, self.policy.answer_ms)
        return None

    def kept_back(self, crew: Crew) -> list[AgentId]:
        """Idle agents whom the reserve may have kept back until somebody of this crew became idle."""
        if not self._keeps:
            return []
        return [
            agent
            for desk in crew.small_desks
            for fit in desk.fits
            if fit.crew is not crew or self.policy.lending is not None
            for _, agent in fit.crew.idle[:1]
        ]

    # ── how busy it is ──────────────────────────────────────────────────────────────────────────────────────────────
    def arrived(self, desk: Desk, now_ms: int) -> None:
        """One more contact of that requirement joined a queue."""
        coverage = desk.coverage
        if now_ms * STEPS // self.policy.rate_half_life_ms != coverage.step:
            coverage.decay(now_ms, self.policy.rate_half_life_ms)
        coverage.weight += 1.0
        desk.dirty = True
        if self.policy.crowded_percent:
            self.joined.decay(now_ms, self.policy.rate_half_life_ms)
            self.joined.weight += 1.0
