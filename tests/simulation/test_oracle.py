"""simpy as an oracle: the same mixed day, told by a library that knows nothing of ours, citizen by citizen."""

from collections.abc import Generator
from typing import Any

import simpy

from ivr_engine.simulation.day import SimulatedDay
from ivr_engine.simulation.policy import POLICIES, played
from tests.simulation.small import pool


class _Oracle:
    """Oldest contact first, the longest idle agent first; phones are picked up at once."""

    def __init__(self, day: SimulatedDay) -> None:
        self.day = day
        self.env = simpy.Environment()
        self.idle: list[tuple[int, str]] = [(0, agent.id) for agent in day.agents]
        self.skills: dict[str, set[str]] = {
            str(agent.id): {str(skill) for skill in agent.skills} for agent in day.agents
        }
        self.waiting: dict[int, simpy.Event] = {}
        self.answered: dict[int, int] = {}
        self.gone: dict[int, int] = {}

    def run(self) -> None:
        for index in range(len(self.day.citizens)):
            self.env.process(self.citizen(index))
        self.env.run()

    def citizen(self, index: int) -> Generator[simpy.Event, Any, None]:
        citizen = self.day.citizens[index]
        yield self.env.timeout(citizen.arrival_ms)
        able = [one for one in sorted(self.idle) if citizen.queue in self.skills[one[1]]]
        if able:
            agent = able[0]
            self.idle.remove(agent)
        else:
            taken = self.waiting[index] = self.env.event()
            tired = self.env.timeout(citizen.patience_ms)
            yield taken | tired
            if not taken.triggered:
                del self.waiting[index]
                self.gone[index] = int(self.env.now)
                return
            assert taken.value is not None
            agent = taken.value
        self.answered[index] = int(self.env.now)
        yield self.env.timeout(citizen.handle_ms)
        self.free(agent[1])

    def free(self, agent: str) -> None:
        mine = [index for index in sorted(self.waiting) if self.day.citizens[index].queue in self.skills[agent]]
        now = int(self.env.now)
        if mine:
            self.waiting.pop(mine[0]).succeed((now, agent))
        else:
            self.idle.append((now, agent))


def test_given_a_mixed_day_when_simpy_plays_it_too_then_every_citizen_fares_the_same() -> None:
    seed = 17
    print(f"seed {seed}")
    crews = [(4, ["water"]), (3, ["tax"]), (3, ["water", "tax"])]
    day = pool(crews, {"water": 0.028, "tax": 0.022}, contacts=600, seed=seed, patience_seconds=90)
    oracle = _Oracle(day)
    oracle.run()
    done = played(day, POLICIES["longest_idle"])
    for index, fate in enumerate(done.fates):
        assert fate.answered_ms == oracle.answered.get(index), index
        assert fate.abandoned_ms == oracle.gone.get(index), index
    assert 20 < len(oracle.gone) < 300
