"""How long it will be: a range, from live handle times; never a guess, never longer than was said."""

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.estimate import KNOWN_AFTER, Said, WaitRange, left, looked, wait_range
from ivr_engine.core.notices import ContactConnected
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
