"""A pool in the long run, for textbooks: phones that are picked up at once, and truly Poisson arrivals."""

import random
from collections.abc import Sequence
from itertools import accumulate

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from ivr_engine.simulation.day import Citizen, SimulatedDay, Spell
from ivr_engine.simulation.outcome import Played

FOR_EVER_SECONDS = 1e6


def pool(
    crews: Sequence[tuple[int, Sequence[str]]],
    arrivals: dict[str, float],
    *,
    contacts: int,
    seed: int,
    handle_seconds: float = 180.0,
    patience_seconds: float = FOR_EVER_SECONDS,
) -> SimulatedDay:
    """So many agents with these skills each; classes by calls a second, which need the skill of their name."""
    lot = random.Random(f"pool {seed}")  # of words: the streams of small numbers resemble each other
    names, rates = list(arrivals), list(accumulate(arrivals.values()))
    citizens = []
    at = 0.0
    for number in range(contacts):
        at += lot.expovariate(rates[-1])
        name = lot.choices(names, cum_weights=rates)[0]
        handle_ms = 1 + int(lot.expovariate(1 / handle_seconds) * 1000)
        patience_ms = 1 + int(lot.expovariate(1 / patience_seconds) * 1000)
        citizens.append(
            Citizen(f"c{number:06d}", int(at * 1000), QueueId(name), frozenset(), 0, handle_ms, patience_ms, 0)
        )
    agents = tuple(
        AgentSettings(AgentId(f"{crew}-{index:03d}"), "", {Skill(skill): 5 for skill in skills})
        for crew, (count, skills) in enumerate(crews)
        for index in range(count)
    )
    return SimulatedDay(
        source="a pool",
        citizens=tuple(citizens),
        queues=tuple(QueueSettings(QueueId(name), frozenset({Skill(name)})) for name in names),
        agents=agents,
        spells=tuple(Spell(agent.id, 0, int(at * 1000) + 86_400_000) for agent in agents),
        seed=seed,
    )


def settled(done: Played, after_seconds: float) -> list[tuple[float, bool]]:
    """Wait in seconds and whether answered, of who called after the pool had filled."""
    found = []
    for citizen, fate in zip(done.day.citizens, done.fates, strict=True):
        if citizen.arrival_ms >= after_seconds * 1000:
            end_ms = fate.answered_ms if fate.answered_ms is not None else fate.abandoned_ms
            assert end_ms is not None
            found.append(((end_ms - citizen.arrival_ms) / 1000, fate.answered_ms is not None))
    return found
