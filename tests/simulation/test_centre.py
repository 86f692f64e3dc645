"""The simulator against what is known exactly. Seeds are fixed and printed; each run is bounded to a few seconds."""

from dataclasses import replace
from statistics import mean, stdev

import pytest

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from ivr_engine.simulation.day import Citizen, SimulatedDay, Spell
from ivr_engine.simulation.erlang import blocked, impatient, patient
from ivr_engine.simulation.outcome import figures
from ivr_engine.simulation.policy import POLICIES, played
from tests.simulation.small import pool, settled

SEEDS = range(1, 7)
FIFO = POLICIES["longest_idle"]


def _agrees(name: str, seen: list[float], exact: float) -> None:
    """Within 3 standard errors of the mean over independent runs."""
    error = stdev(seen) / len(seen) ** 0.5
    print(f"{name}: {mean(seen):.5f} ± {error:.5f}, exactly {exact:.5f} (seeds {list(SEEDS)})")
    assert abs(mean(seen) - exact) <= 3 * error


@pytest.mark.slow
def test_given_endless_patience_when_a_pool_is_simulated_then_it_waits_as_erlang_c_says() -> None:
    agents, load = 20, 16.0
    exact = patient(agents, load, 180, 15)
    seconds, waits, within = [], [], []
    for seed in SEEDS:
        day = pool([(agents, ["calls"])], {"calls": load / 180}, contacts=8_000, seed=seed)
        seen = settled(played(day, FIFO), 3_600)
        seconds.append(mean(wait for wait, _ in seen))
        waits.append(mean(wait > 0.0005 for wait, _ in seen))
        within.append(mean(wait <= 15 for wait, _ in seen))
    _agrees("P(wait > 0)", waits, exact.waits)
    _agrees("P(wait <= 15 s)", within, exact.within)
    _agrees("mean wait", seconds, exact.wait_seconds)


@pytest.mark.slow
def test_given_nobody_who_waits_when_a_pool_is_simulated_then_it_blocks_as_erlang_b_says() -> None:
    agents, load = 10, 8.0
    gone = []
    for seed in SEEDS:
        day = pool([(agents, ["calls"])], {"calls": load / 180}, contacts=8_000, seed=seed, patience_seconds=0.001)
        gone.append(mean(not answered for _, answered in settled(played(day, FIFO), 3_600)))
    _agrees("blocked", gone, blocked(agents, load))


@pytest.mark.slow
def test_given_people_who_give_up_when_a_pool_is_simulated_then_it_answers_as_erlang_a_says() -> None:
    agents, load = 50, 50.0
    exact = impatient(agents, load, 180, 120, 15)
    gone, within = [], []
    for seed in SEEDS:
        day = pool([(agents, ["calls"])], {"calls": load / 180}, contacts=8_000, seed=seed, patience_seconds=120)
        seen = settled(played(day, FIFO), 3_600)
        gone.append(mean(not answered for _, answered in seen))
        within.append(mean(answered and wait <= 15 for wait, answered in seen))
    _agrees("abandon", gone, exact.abandons)
    _agrees("answered within 15 s", within, exact.within)


def _small(*citizens: Citizen, agents: int = 1, missed: float = 0.0) -> SimulatedDay:
    roster = tuple(AgentSettings(AgentId(f"a{n}"), f"a{n}", {Skill("calls"): 3}) for n in range(agents))
    return SimulatedDay(
        source="small",
        citizens=citizens,
        queues=(QueueSettings(QueueId("calls"), frozenset({Skill("calls")})),),
        agents=roster,
        spells=tuple(Spell(agent.id, 0, 3_600_000) for agent in roster),
        missed_share=missed,
    )


def _calls(
    name: str, at_ms: int, *, handle_ms: int = 60_000, patience_ms: int = 90_000, pickup_ms: int = 2_000
) -> Citizen:
    return Citizen(name, at_ms, QueueId("calls"), frozenset(), 0, handle_ms, patience_ms, pickup_ms)


@pytest.mark.parametrize("policy", ["longest_idle", "app_queue_leastrecent"])
def test_given_one_agent_when_two_call_then_the_second_is_answered_after_the_first(policy: str) -> None:
    day = _small(_calls("first", 1_000), _calls("second", 2_000))
    done = played(day, POLICIES[policy])
    assert done.fates[0].answered_ms == 3_000
    answered_ms = done.fates[1].answered_ms
    assert answered_ms is not None
    # the core offers at once; a caller of app_queue looks once a second
    assert 65_000 <= answered_ms <= (65_000 if policy == "longest_idle" else 66_000)


@pytest.mark.parametrize("policy", ["longest_idle", "app_queue_leastrecent"])
def test_given_a_phone_that_rings_when_patience_ends_then_the_citizen_is_gone_and_the_agent_free(policy: str) -> None:
    day = _small(_calls("hasty", 1_000, patience_ms=1_500), _calls("next", 2_600))
    done = played(day, POLICIES[policy])
    assert done.fates[0] == (None, "", 2_500)
    assert done.fates[1].answered_ms == 4_600


def test_given_a_phone_that_is_never_picked_up_when_it_rang_out_then_another_is_asked() -> None:
    day = _small(_calls("unlucky", 1_000, pickup_ms=40_000), agents=2)
    done = played(day, FIFO)
    assert done.missed >= 2
    assert done.fates[0].abandoned_ms == 91_000


def _busy(agents: int, load: float, contacts: int, seed: int, missed: float) -> SimulatedDay:
    arrivals = {"calls": load / 180}
    day = pool([(agents, ["calls"])], arrivals, contacts=contacts, seed=seed, patience_seconds=60)
    return replace(day, missed_share=missed)


def test_given_the_same_day_when_played_twice_then_every_fate_is_the_same() -> None:
    day = _busy(8, 7.5, 400, 3, 0.1)
    assert played(day, FIFO).fates == played(day, FIFO).fates


def test_given_every_policy_when_a_small_day_is_played_then_every_citizen_has_exactly_one_fate() -> None:
    seed = 5
    print(f"seed {seed}")
    day = _busy(6, 6.5, 300, seed, 0.05)
    for name, policy in POLICIES.items():
        done = played(day, policy)
        assert all((fate.answered_ms is None) != (fate.abandoned_ms is None) for fate in done.fates), name
        found = figures(done)
        assert found.contacts == 300
        assert 0 < found.occupancy <= 1, name


@pytest.mark.slow
def test_given_wallace_and_whitt_s_six_classes_when_agents_have_two_skills_then_it_is_nearly_one_pool() -> None:
    """Manufacturing & Service Operations Management 7 (2005): 1.4 calls/min for each of six classes, 10 min a call, 90
    agents. Mean waits of about 184, 34 to 36 and 27 s with one, two and six skills an agent, where 30 may wait. Here
    everybody may: with one skill, that is longer."""
    names = [f"class{number}" for number in range(6)]
    arrivals = dict.fromkeys(names, 1.4 / 60)
    crews = {
        1: [(15, [name]) for name in names],
        2: [(3, [name, other]) for name in names for other in names if other != name],
        6: [(90, names)],
    }
    means: dict[int, list[float]] = {}
    for skills, crew in crews.items():
        for seed in (1, 2, 3):
            day = pool(crew, arrivals, contacts=12_000, seed=seed, handle_seconds=600)
            means.setdefault(skills, []).append(mean(wait for wait, _ in settled(played(day, FIFO), 7_200)))
    waits = {skills: mean(seen) for skills, seen in means.items()}
    print({skills: f"{seconds:.1f} s" for skills, seconds in waits.items()}, "(seeds 1, 2, 3)")
    assert 15 < waits[6] < 70
    assert waits[2] < 2 * waits[6]
    assert waits[1] > 3 * waits[2]
