"""300 storms: centres drawn by a seed, with faults, in virtual time (`storm`).

One that fails names its seed in its id: `pytest 'tests/core/test_storm.py' -k 'seed217-'`, or `IVR_STORM_SEED=217` for
any seed of the world. `IVR_STORM_SEEDS` says how many, where time is short. A longer one by hand: `scripts/soak_core`.
"""

import os
import random
from dataclasses import replace

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import Announcements, CallbackFirst, CallbackRules, Overflow, OverflowAct
from tests.core.storm import DIAL_RING_MS, Storm, Weather
from tests.core.test_invariants import FULL, PLAIN, RICH, ROUTING

SEEDS = int(os.environ.get("IVR_STORM_SEEDS", "300"))
ONE = os.environ.get("IVR_STORM_SEED")


def drawn(seed: int) -> Storm:
    """Centre and weather of a seed."""
    chance = random.Random(f"weather {seed}")
    weather = Weather(
        contacts=chance.randrange(6, 16),
        agents=chance.randrange(1, 6),
        between_ms=chance.choice([800, 2_500, 5_000]),
        talk_ms=chance.choice([4_000, 12_000]),
        fault_ms=chance.choice([1_500, 4_000, 8_000]),
    )
    return Storm(seed, chance.choice([PLAIN, RICH, FULL]), chance.choice(ROUTING), weather)


@pytest.mark.parametrize("seed", [int(ONE)] if ONE else range(SEEDS), ids=lambda seed: f"seed{seed}-")
def test_given_a_storm_when_faults_come_and_stop_then_the_invariants_hold_and_nobody_is_lost(seed: int) -> None:
    print(f"seed {seed}: IVR_STORM_SEED={seed} pytest tests/core/test_storm.py")
    storm = drawn(seed)
    storm.run()
    assert storm.arrived == storm.weather.contacts


def drawn_with_callbacks(seed: int) -> Storm:
    """A third of the citizens would rather be called back: asked for before the wait and in the middle of it."""
    storm = drawn(seed)
    queues = called_back(storm.queues, random.Random(f"callbacks {seed}"))
    return Storm(seed, queues, storm.routing, replace(storm.weather, callbacks=0.33))


def called_back(queues: tuple[QueueSettings, ...], chance: random.Random) -> tuple[QueueSettings, ...]:
    """Queues that keep the promise to call back; key 1 asks for it in the middle of the wait."""
    rules = CallbackRules(
        dials=chance.randrange(1, 4),
        first=chance.choice(list(CallbackFirst)),
        ring_ms=DIAL_RING_MS,
        spacing_ms=chance.choice([10_000, 20_000]),
        expires_ms=chance.choice([40_000, 90_000]),
        numbers=("02XXX",),
    )
    keys = Announcements(keys={"1": Overflow(OverflowAct.CALLBACK, "later")})
    return tuple(replace(queue, callback=rules, announcements=keys) for queue in queues)


@pytest.mark.parametrize("seed", [int(ONE)] if ONE else range(SEEDS // 6), ids=lambda seed: f"seed{seed}-")
def test_given_a_storm_when_citizens_are_called_back_then_none_is_dialled_twice_at_once_and_no_promise_is_lost(
    seed: int,
) -> None:
    print(f"seed {seed}: IVR_STORM_SEED={seed} pytest tests/core/test_storm.py -k called_back")
    drawn_with_callbacks(seed).run()
