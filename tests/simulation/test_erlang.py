"""Exact values, from outside."""

import pytest

from ivr_engine.simulation.erlang import agents_for, blocked, impatient, patient


@pytest.mark.parametrize(
    ("agents", "load", "share"), [(10, 5, 0.0183845703), (100, 90, 0.0269573805), (400, 380, 0.0139315824)]
)
def test_given_a_pool_without_a_queue_when_asked_then_it_blocks_as_erlang_b_says(
    agents: int, load: float, share: float
) -> None:
    assert blocked(agents, load) == pytest.approx(share, abs=5e-11)


@pytest.mark.parametrize(
    ("agents", "load", "waits", "within", "seconds"),
    [
        (5, 4, 0.55411255, 0.49019184, 99.74026),
        (20, 18, 0.55076900, 0.53378410, 49.56921),
        (100, 95, 0.50645685, 0.66612306, 18.23245),
        (210, 200, 0.37561482, 0.83675847, 6.76107),
    ],
)
def test_given_endless_patience_when_asked_then_the_wait_is_erlang_c_s(
    agents: int, load: float, waits: float, within: float, seconds: float
) -> None:
    found = patient(agents, load, 180, 15)
    assert (found.waits, found.within) == pytest.approx((waits, within), abs=5e-9)
    assert found.wait_seconds == pytest.approx(seconds, abs=5e-6)


@pytest.mark.parametrize(
    ("agents", "load", "patience", "abandons", "within", "seconds", "occupancy"),
    [
        (10, 9, 120, 0.097091, 0.713666, 9.99334, 0.81262),
        (50, 50, 120, 0.061991, 0.753985, 7.07208, 0.93801),
        (100, 100, 300, 0.034805, 0.689829, 10.29308, 0.96520),
        (200, 200, 120, 0.031043, 0.905701, 3.63604, 0.96896),
    ],
)
def test_given_people_who_give_up_when_asked_then_the_figures_are_erlang_a_s(
    agents: int, load: float, patience: float, abandons: float, within: float, seconds: float, occupancy: float
) -> None:
    found = impatient(agents, load, 180, patience, 15)
    assert (found.abandons, found.within) == pytest.approx((abandons, within), abs=5e-7)
    assert found.wait_seconds == pytest.approx(seconds, abs=5e-6)
    assert found.occupancy == pytest.approx(occupancy, abs=5e-6)


def test_given_more_load_than_agents_and_endless_patience_when_asked_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot carry 6 erlangs"):
        patient(5, 6, 180, 15)


def test_given_a_target_when_agents_are_sought_then_one_fewer_would_miss_it() -> None:
    needed = agents_for(150, 170, 120, 13, 0.955)
    assert impatient(needed, 150, 170, 120, 13).within >= 0.955
    assert impatient(needed - 1, 150, 170, 120, 13).within < 0.955
    assert agents_for(0, 170, 120, 13, 0.955) == 0
