"""Routing alone, at one moment: agents who stand somewhere, desks, contacts in their places; no life, no deadlines."""

from collections.abc import Iterable

from ivr_engine.core.configuration import Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.queue_rules import LendingRules
from ivr_engine.core.requirement import Need, Requirement, preferring, requirement_of
from ivr_engine.core.routing import Routing, Turn
from ivr_engine.core.routing_books import IDLE, LOGGED_OUT, Desk, Standing
from ivr_engine.core.routing_coverage import STEPS
from ivr_engine.core.routing_lending import accepted, need
from ivr_engine.core.routing_lines import LineRules
from ivr_engine.core.vocabulary import AgentId, ContactId, QueueId, Skill

NOW_MS = 1_000_000
PLAIN = LineRules(promise_ms=15_000)
QUEUE = QueueSettings(QueueId("any"))


def needing(*skills: str, rather: Iterable[str] = ()) -> Requirement:
    return preferring(requirement_of(frozenset(map(Skill, skills))), [Need(Skill(skill)) for skill in rather])


def tolerated(rules: LendingRules, purse: float, inside: int, on_duty: int, handle_ms: int) -> float:
    """The highest price at which a desk lends."""
    return accepted(rules, purse) * need(rules, inside, on_duty, handle_ms)


class Floor:
    def __init__(self, policy: RoutingPolicy | None = None, *, queues: Iterable[QueueSettings] = (QUEUE,)) -> None:
        self.routing = Routing()
        self.policy = policy or RoutingPolicy()
        self.queues = tuple(queues)
        self.configure({})

    def configure(self, weights: dict[Requirement, int], *, protected: Iterable[Requirement] = ()) -> None:
        configuration = Configuration(self.queues, routing=self.policy)
        self.routing.configure(configuration, weights, frozenset(protected))

    def agent(self, name: str, idle_seconds: int = 0, *, contractor: str = "", **skills: int) -> AgentId:
        """Somebody who has been idle for so long."""
        agent = AgentId(name)
        self.routing.enrol(agent, {Skill(skill): level for skill, level in skills.items()}, contractor)
        self.stands(name, IDLE, idle_seconds)
        return agent

    def stands(self, name: str, standing: Standing, idle_seconds: int = 0) -> None:
        self.routing.stand(AgentId(name), standing, NOW_MS - 1_000 * idle_seconds)

    def goes(self, name: str) -> None:
        self.stands(name, LOGGED_OUT)

    def desk(self, *skills: str, rather: Iterable[str] = ()) -> Desk:
        return self.routing.books.desk(needing(*skills, rather=rather))

    def expects(self, desk: Desk, weight: float) -> None:
        """So many arrivals until now, as the live rate counts them."""
        desk.coverage.weight = weight
        desk.coverage.step = NOW_MS * STEPS // self.policy.rate_half_life_ms
        desk.dirty = True

    def waits(
        self, contact: str, desk: Desk, seconds: float, rules: LineRules = PLAIN, only: str | None = None
    ) -> None:
        since_ms = NOW_MS - round(1_000 * seconds)
        self.routing.place(ContactId(contact), desk, rules, since_ms, only=AgentId(only) if only else None)

    def turn(self, agent: str, now_ms: int = NOW_MS) -> Turn | None:
        return self.routing.choose_contact(AgentId(agent), now_ms)

    def taken(self, agent: str) -> str | None:
        """The contact that this agent would take now."""
        turn = self.turn(agent)
        return None if turn is None else turn.contact

    def chosen(self, desk: Desk, queue: QueueSettings = QUEUE, waited_seconds: float = 0.0) -> str | None:
        """The agent who would be rung now."""
        choice = self.routing.choose_agent(desk, queue, NOW_MS - round(1_000 * waited_seconds), NOW_MS)
        return None if choice is None else choice.agent
