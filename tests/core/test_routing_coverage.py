"""Live arrival rates that fade by halves, and what one idle agent less costs, against closed formulas."""

from math import log

import pytest

from ivr_engine.core.routing_coverage import (
    DECAY,
    FORGOTTEN,
    PLENTY,
    STEPS,
    UNIT,
    Coverage,
    lost_by_one_less,
    weighted,
)

HALF_LIFE_MS = 160_000
"""Ten seconds a step."""


def test_given_arrivals_when_half_lives_pass_then_each_counts_half_a_quarter_an_eighth() -> None:
    rate = Coverage(weight=8.0)
    for left in (4.0, 2.0, 1.0):
        rate.decay((rate.step + STEPS) * HALF_LIFE_MS // STEPS, HALF_LIFE_MS)
        assert rate.weight == pytest.approx(left)


def test_given_a_weight_when_less_than_a_step_passes_then_nothing_fades_and_at_the_step_it_does() -> None:
    rate = Coverage(weight=1.0)
    rate.decay(9_999, HALF_LIFE_MS)
    assert rate == Coverage(1.0, 0)
    rate.decay(10_000, HALF_LIFE_MS)
    assert rate == Coverage(DECAY, 1)
    rate.decay(10_000, HALF_LIFE_MS)
    assert rate == Coverage(DECAY, 1)


def test_given_a_clock_that_was_set_back_when_asked_then_nothing_grows_and_no_step_is_counted_twice() -> None:
    rate = Coverage(weight=1.0, step=5)
    rate.decay(20_000, HALF_LIFE_MS)
    assert rate == Coverage(1.0, 5)


def test_given_nobody_for_a_while_when_time_passes_then_the_next_arrival_does_not_fade_for_it() -> None:
    rate = Coverage()
    rate.decay(80_000, HALF_LIFE_MS)
    rate.weight += 1.0
    rate.decay(90_000, HALF_LIFE_MS)
    assert rate.weight == pytest.approx(DECAY)


@pytest.mark.parametrize(("steps", "left"), [(639, 1.0), (640, 1.0), (641, 0.0)])
def test_given_forty_half_lives_when_more_pass_then_the_arrival_is_forgotten_at_once(steps: int, left: float) -> None:
    rate = Coverage(weight=1.0)
    rate.decay(steps * 10_000, HALF_LIFE_MS)
    assert FORGOTTEN == 640
    assert rate.weight == pytest.approx(left * DECAY**steps, rel=1e-9)
    assert (rate.weight > 0.0) is bool(left)


def test_given_a_steady_stream_when_asked_how_many_are_expected_then_it_goes_on_as_it_did() -> None:
    assert pytest.approx(1 / log(2)) == UNIT
    rate = Coverage()
    for second in range(0, 4_000):  # one a second, for 25 half-lives
        rate.decay(second * 1_000, HALF_LIFE_MS)
        rate.weight += 1.0
    assert rate.expected(30_000, HALF_LIFE_MS) == pytest.approx(30.0, rel=0.03)
    assert rate.expected(60_000, HALF_LIFE_MS) == pytest.approx(2 * rate.expected(30_000, HALF_LIFE_MS))


def test_given_a_rate_when_the_cost_is_asked_later_then_the_rate_has_faded_before() -> None:
    rate = Coverage(weight=6.0)
    cost = rate.cost(2, 160_000, 80_000, HALF_LIFE_MS)
    assert rate.weight == pytest.approx(3.0)
    assert cost == pytest.approx(lost_by_one_less(2, 3.0 * log(2) / 2))
    assert cost > 0.0


@pytest.mark.parametrize(("idle", "costs"), [(PLENTY - 1, True), (PLENTY, True), (PLENTY + 1, False)])
def test_given_very_many_idle_agents_when_the_cost_is_asked_then_nobody_misses_one(idle: int, costs: bool) -> None:
    assert PLENTY == 60
    assert (Coverage(weight=500.0).cost(idle, 0, HALF_LIFE_MS, HALF_LIFE_MS) > 0.0) is costs


def test_given_no_arrivals_when_the_cost_is_asked_then_it_is_nothing_and_the_clock_is_not_looked_at() -> None:
    rate = Coverage(weight=0.0, step=3)
    assert rate.cost(1, 10 * HALF_LIFE_MS, 30_000, HALF_LIFE_MS) == 0.0
    assert rate.step == 3


def _blocking(agents: int, expected: float) -> float:
    """Erlang-B by its sum."""
    terms = [1.0]
    for agent in range(1, agents + 1):
        terms.append(terms[-1] * expected / agent)
    return terms[-1] / sum(terms)


@pytest.mark.parametrize("idle", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("expected", [0.1, 1.0, 6.5, 30.0])
def test_given_erlangs_sum_when_one_agent_less_is_idle_then_the_loss_is_the_difference(
    idle: int, expected: float
) -> None:
    lost = expected * (_blocking(idle - 1, expected) - _blocking(idle, expected))
    assert lost_by_one_less(idle, expected) == pytest.approx(lost)


@pytest.mark.parametrize(("on_duty", "times"), [(100, 1.0), (10, 100.0), (200, 0.25), (5, 400.0), (1, 400.0), (0, 1.0)])
def test_given_a_tenth_of_the_agents_when_weighted_by_scarcity_then_it_counts_a_hundredfold(
    on_duty: int, times: float
) -> None:
    assert weighted(0.03, on_duty) == pytest.approx(0.03 * times)
