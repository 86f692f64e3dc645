"""The live clock: it begins at the wall's time, and nobody who sets the wall's clock can move it."""

import time

import pytest

from ivr_engine.runtime.clock import SystemClock


def test_given_a_new_clock_when_asked_then_it_tells_the_wall_s_milliseconds() -> None:
    before_ms = time.time_ns() // 1_000_000
    told_ms = SystemClock().now_ms()
    assert before_ms - 1 <= told_ms <= time.time_ns() // 1_000_000 + 1


@pytest.mark.parametrize("jump_seconds", [3_600, -3_600])
def test_given_the_wall_clock_jumps_when_asked_then_no_wait_notices(
    jump_seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = SystemClock()
    before_ms = ours.now_ms()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + jump_seconds * 1_000_000_000)
    assert before_ms <= ours.now_ms() < before_ms + 60_000


def test_given_many_questions_when_asked_in_a_row_then_it_never_goes_back() -> None:
    ours = SystemClock()
    told = [ours.now_ms() for _ in range(1_000)]
    assert told == sorted(told)
