"""The policies that a simulation can be asked for, by name.

One of the core's is a change of its configuration and nothing else, so that what wins here is put into force by
writing the same words into the queues' document. The others are bounds and what is to be beaten.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ivr_engine.core.configuration import Configuration, RoutingPolicy
from ivr_engine.core.queue_rules import ChoicePolicy, OrderPolicy
from ivr_engine.core.routing_standard import standard
from ivr_engine.core.vocabulary import Skill
from ivr_engine.simulation import app_queue, centre
from ivr_engine.simulation.app_queue import AppQueue, Strategy
from ivr_engine.simulation.day import SimulatedDay
from ivr_engine.simulation.outcome import Played

Progress = Callable[[int], None] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Of the core (`configure`), or the model of `app_queue`. `pooled`: everybody can do everything."""

    title: str
    configure: Callable[[Configuration], Configuration] | None = None
    queues: AppQueue | None = None
    pooled: bool = False


def played(day: SimulatedDay, policy: Policy, progress: Progress = None) -> Played:
    """The day under it. Raises centre.Standstill."""
    if policy.pooled:
        day = pooled(day)
    if policy.queues is not None:
        return app_queue.play(day, policy.queues, progress)
    return centre.play(day, policy.configure or _same, policy.title, progress)


def pooled(day: SimulatedDay) -> SimulatedDay:
    """The same day where every agent has every skill."""
    skills = {Skill(skill): 5 for skill in sorted(_all_skills(day))}
    return replace(day, agents=tuple(replace(agent, skills=skills) for agent in day.agents))


def _all_skills(day: SimulatedDay) -> Iterable[str]:
    return {skill for agent in day.agents for skill in agent.skills}


def _same(configuration: Configuration) -> Configuration:
    return configuration


def rules(
    order: OrderPolicy = OrderPolicy.FIFO,
    choice: ChoicePolicy = ChoicePolicy.LONGEST_IDLE,
    guard_ms: int = 60_000,
    routing: RoutingPolicy | None = None,
) -> Callable[[Configuration], Configuration]:
    """The same rules for every queue."""

    def configured(configuration: Configuration) -> Configuration:
        queues = tuple(replace(queue, order=order, choice=choice, guard_ms=guard_ms) for queue in configuration.queues)
        return replace(configuration, queues=queues, routing=routing or configuration.routing)

    return configured


def _app_queue(strategy: Strategy, *, autofill: bool = True) -> Policy:
    options = AppQueue(strategy, autofill=autofill)
    return Policy(options.name, queues=options)


POLICIES: Mapping[str, Policy] = {
    "default": Policy("default", standard),
    "longest_idle": Policy("longest idle agent, oldest contact", rules()),
    "fewest_skills": Policy("fewest skills, oldest contact", rules(choice=ChoicePolicy.FEWEST_SKILLS)),
    "highest_proficiency": Policy(
        "highest proficiency, oldest contact", rules(choice=ChoicePolicy.HIGHEST_PROFICIENCY)
    ),
    "coverage": Policy("least loss of coverage, oldest contact", rules(choice=ChoicePolicy.COVERAGE)),
    "promise_first": Policy(
        "coverage, promises first, guard 60 s", rules(OrderPolicy.PROMISE_FIRST, ChoicePolicy.COVERAGE)
    ),
    "pooled": Policy("everybody can do everything, oldest contact", rules(), pooled=True),
    **{f"app_queue_{strategy}": _app_queue(strategy) for strategy in Strategy},
    "app_queue_no_autofill": _app_queue(Strategy.LEASTRECENT, autofill=False),
}
