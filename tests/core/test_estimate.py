"""How long it will be: a range, from live handle times; never a guess, never longer than was said."""

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.estimate import (
    KNOWN_AFTER,
    Said,
    WaitRange,
    learn_handle_time,
    learn_wait,
    left,
    looked,
    wait_range,
)
from ivr_engine.core.notices import ContactConnected
from ivr_engine.core.requirement import ANYBODY
from ivr_engine.core.routing_books import IDLE, TALKING, Desk
from ivr_engine.core.vocabulary import QueueId
from tests.core.centre import Centre

QUEUE = QueueSettings(QueueId("general"), wrap_up_ms=10_000)


def experienced(talks: int = KNOWN_AFTER) -> Centre:
    """One agent, who has talked with so many citizens for 50 s each and worked 10 s after each."""
    centre = Centre("1001", queues=[QUEUE])
    for number in range(talks):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(50_000)
        centre.agent("1001").hangs_up()
        centre.citizen(f"before{number}").leaves()
        centre.wait(10_000)
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    return centre


def expected(centre: Centre, citizen: str) -> tuple[int | None, int | None]:
    view = next(c for c in centre.engine.view(centre.now_ms).contacts if c.id == citizen)
    return view.expected_from_ms, view.expected_to_ms


def test_given_too_few_talks_when_somebody_waits_then_nothing_is_said() -> None:
    centre = experienced(KNOWN_AFTER - 2)
    centre.citizen("c1").queues()
    assert expected(centre, "c1") == (None, None)


def test_given_enough_talks_when_two_wait_then_each_has_a_range_around_its_turn() -> None:
    centre = experienced()
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    assert expected(centre, "c1") == (9_600, 110_399)
    second = expected(centre, "c2")
    assert second == (48_723, 191_276)


def test_given_a_range_when_time_passes_then_it_falls_with_it_and_is_not_known_when_it_has_run_out() -> None:
    centre = experienced()
    centre.citizen("c1").queues()
    centre.wait(20_000)
    assert expected(centre, "c1") == (0, 90_399)
    centre.wait(90_399)
    assert expected(centre, "c1") == (0, 0)
    centre.wait(1)
    centre.citizen("c1").queues()  # told again by the switch: a new look, and nothing rises
    assert expected(centre, "c1") == (None, None)


def test_given_a_range_when_somebody_before_leaves_then_a_new_look_lowers_it() -> None:
    centre = experienced()
    centre.citizen("c1").queues()
    c2 = centre.citizen("c2").queues()
    centre.citizen("c1").leaves()
    c2.queues()
    assert expected(centre, "c2") == (9_600, 110_399)


def test_given_nobody_on_duty_when_somebody_waits_then_nothing_is_said() -> None:
    centre = experienced()
    centre.agent("1001").logs_out().hangs_up().is_done()
    centre.citizen("c1").queues()
    assert expected(centre, "c1") == (None, None)


def test_given_a_wait_when_answered_then_what_was_expected_is_told_and_the_desk_learns() -> None:
    centre = experienced()
    centre.citizen("c1").queues()
    centre.wait(30_000)
    centre.agent("1001").hangs_up().is_done().answers()
    connected = centre.told(ContactConnected)[-1]
    assert (connected.wait_ms, connected.expected_from_ms, connected.expected_to_ms) == (30_000, 9_600, 110_399)
    centre.citizen("c2").queues()
    later = expected(centre, "c2")
    assert later[1] is not None
    assert later[1] < 110_399, "waits here were shorter than the formula says"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (WaitRange(0, 40, 50), Said(1_000, 1_050, 900, 70)),
        (WaitRange(60, 80, 100), Said(1_020, 1_100, 900, 70)),
        (WaitRange(60, 80, 101), Said(1_020, 1_101 - 1, 900, 70)),
        (WaitRange(500, 600, 700), Said(1_020, 1_100, 900, 70)),
        (None, Said(1_020, 1_100, 900, 70)),
    ],
)
def test_given_what_was_said_when_looked_again_then_it_may_only_fall(now: WaitRange | None, then: Said) -> None:
    said = Said(1_020, 1_100, 900, 70)
    assert looked(said, now, 1_000) == then


def test_given_nothing_said_when_looked_at_then_nothing_is_left() -> None:
    assert left(None, 0) is None
    assert left(Said(10, 20, 0, 5), 21) is None
    assert left(Said(10, 20, 0, 5), 20) == (0, 0)


def test_given_an_idle_agent_when_estimated_then_it_is_no_wait_at_all() -> None:
    centre = Centre("1001")
    desk = next(iter(centre.engine._state.routing.books.desks.values()))
    assert wait_range(desk, 0) == WaitRange(0, 0, 0)
    assert wait_range(desk, 1) is None


# ── the formulas, by hand ───────────────────────────────────────────────────────────────────────────────────────────
def desk_of(on_duty: int, handle_ms: int = 60_000, correction_percent: int = 100, handled: int = KNOWN_AFTER) -> Desk:
    desk = Desk(ANYBODY, handle_ms=handle_ms, correction_percent=correction_percent, handled=handled)
    desk.counts[TALKING] = on_duty
    return desk


@pytest.mark.parametrize(
    ("desk", "ahead", "expected"),
    [
        (desk_of(1), 0, WaitRange(9_600, 60_000, 110_400)),
        (desk_of(2), 0, WaitRange(4_800, 30_000, 55_200)),
        (desk_of(1), 3, WaitRange(139_200, 240_000, 340_800)),
        (desk_of(1, correction_percent=50), 0, WaitRange(4_800, 30_000, 55_200)),
        (desk_of(3, handle_ms=30_000, correction_percent=200), 8, WaitRange(129_600, 180_000, 230_400)),
        (desk_of(1, handled=KNOWN_AFTER - 1), 0, None),
        (desk_of(0), 0, None),
    ],
)
def test_given_a_desk_when_estimated_then_the_range_is_so_many_steps_and_a_spread_of_their_root(
    desk: Desk, ahead: int, expected: WaitRange | None
) -> None:
    found = wait_range(desk, ahead)
    if expected is None or found is None:
        assert found is expected
    else:
        assert found.from_ms == pytest.approx(expected.from_ms, abs=1)
        assert found.mean_ms == pytest.approx(expected.mean_ms, abs=1)
        assert found.to_ms == pytest.approx(expected.to_ms, abs=1)


def test_given_as_many_idle_as_stand_before_when_estimated_then_it_is_a_wait_and_with_one_more_none() -> None:
    desk = desk_of(1)
    desk.counts[IDLE] = 2
    assert wait_range(desk, 1) == WaitRange(0, 0, 0)
    later = wait_range(desk, 2)
    assert later is not None
    assert later.mean_ms == 60_000


def test_given_talks_when_learnt_then_the_first_is_the_mean_and_each_later_one_counts_a_sixteenth() -> None:
    desk = Desk(ANYBODY)
    learn_handle_time(desk, 80_000)
    assert (desk.handle_ms, desk.handled) == (80_000, 1)
    learn_handle_time(desk, 96_000)
    assert (desk.handle_ms, desk.handled) == (81_000, 2)
    learn_handle_time(desk, 65_000)
    assert (desk.handle_ms, desk.handled) == (80_000, 3)
    for _ in range(9):
        learn_handle_time(desk, 80_000)
    assert (desk.handle_ms, desk.handled) == (80_000, KNOWN_AFTER)
    assert KNOWN_AFTER == 5


@pytest.mark.parametrize(
    ("correction_percent", "waited_ms", "learnt"),
    [
        (100, 60_000, 100),
        (100, 120_000, 106),  # twice as long: a sixteenth of 100
        (100, 30_000, 97),
        (200, 30_000, 194),
        (100, 10_000_000, 119),  # bounded at 400
        (100, 0, 95),  # bounded at 25
        (30, 0, 30),
        (40, 10_000_000, 62),
        (49, 0, 47),  # one per cent more of the bound would be one less
        (392, 10_000_000, 392),
    ],
)
def test_given_an_estimate_when_answered_then_the_desk_moves_a_sixteenth_towards_what_was_waited_within_bounds(
    correction_percent: int, waited_ms: int, learnt: int
) -> None:
    desk = desk_of(1, correction_percent=correction_percent)
    learn_wait(desk, Said(1_500, 2_500, 1_000, 60_000), 1_000 + waited_ms)
    assert desk.correction_percent == learnt


def test_given_somebody_who_was_expected_at_once_when_answered_then_nothing_is_learnt() -> None:
    desk = desk_of(1)
    learn_wait(desk, Said(1_000, 1_000, 1_000, 0), 90_000)
    assert desk.correction_percent == 100


def test_given_the_first_look_when_it_knows_then_its_moments_are_said_and_nothing_before() -> None:
    assert looked(None, None, 1_000) is None
    assert looked(None, WaitRange(10, 20, 30), 1_000) == Said(1_010, 1_030, 1_000, 20)


def test_given_a_range_that_ran_out_when_looked_again_then_a_new_one_is_not_said() -> None:
    ran_out = Said(1_020, 1_100, 900, 70)
    assert looked(ran_out, WaitRange(0, 0, 0), 1_101) == ran_out
    assert looked(ran_out, WaitRange(0, 0, 0), 1_100) == ran_out
    assert looked(ran_out, WaitRange(0, 0, 0), 1_099) == Said(1_020, 1_099, 900, 70)
    assert left(ran_out, 1_000) == (20, 100)
    assert left(ran_out, 1_021) == (0, 79)
