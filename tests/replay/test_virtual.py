"""Virtual time: order, ranks, what a run waits for."""

import pytest

from ivr_engine.replay import virtual
from ivr_engine.replay.virtual import Standstill, VirtualTime


def test_given_things_to_come_when_time_runs_then_each_happens_at_its_moment_in_the_order_asked_for() -> None:
    time = VirtualTime(1_000)
    seen: list[tuple[str, int]] = []
    for name, delay_ms in (("c", 20), ("a", 10), ("b", 10)):
        time.after(delay_ms, lambda name=name: seen.append((name, time.now_ms)))
    assert time.run(2_000)
    assert seen == [("a", 1_010), ("b", 1_010), ("c", 1_020)]


def test_given_a_deadline_and_a_fact_of_one_moment_when_it_comes_then_the_fact_is_first() -> None:
    time = VirtualTime(0)
    seen: list[str] = []
    time.deadline(15_000, seen.append, "deadline")
    time.after(15_000, seen.append, "fact")
    time.run(20_000)
    assert seen == ["fact", "deadline"]


def test_given_something_cancelled_when_time_runs_then_it_does_not_happen_and_is_not_waited_for() -> None:
    time = VirtualTime(0)
    seen: list[str] = []
    timer = time.after(10, seen.append, "never")
    timer.cancel()
    timer.cancel()
    assert (time.run(100), seen, time.pending) == (True, [], 0)


def test_given_a_heartbeat_when_nothing_else_is_left_then_the_run_ends() -> None:
    time, beats = VirtualTime(0), []

    def beat() -> None:
        beats.append(time.now_ms)
        time.beat(1_000, beat)

    beat()
    time.after(2_500, lambda: None)
    assert time.run(60_000)
    assert beats == [0, 1_000, 2_000]


def test_given_what_never_ends_when_the_limit_comes_then_the_run_stops_there_and_says_so() -> None:
    time = VirtualTime(0)

    def again() -> None:
        time.after(1_000, again)

    again()
    assert not time.run(5_500)
    assert time.now_ms == 5_500


def test_given_calls_back_at_once_again_and_again_when_time_runs_then_it_is_a_standstill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(virtual, "ACTIONS", 100)
    time = VirtualTime(0)

    def circle() -> None:
        time.after(0, circle)

    circle()
    with pytest.raises(Standstill, match="100 things"):
        time.run(1_000)
