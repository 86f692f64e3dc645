"""Deadlines: at most one for each owner, in order, never after they were cleared, and no memory for what is over."""

import pytest

from ivr_engine.core.deadlines import Deadlines, Due


def popped(deadlines: Deadlines, now_ms: int, *, inclusive: bool = True) -> list[tuple[int, Due, str]]:
    found = []
    while (one := deadlines.pop_due(now_ms, inclusive=inclusive)) is not None:
        found.append(one)
    return found


def test_given_none_when_asked_then_nothing_is_due_and_nothing_comes() -> None:
    none = Deadlines()
    assert (none.next_ms(), none.quiet(10**12), len(none)) == (None, True, 0)
    assert popped(none, 10**12) == []


def test_given_several_when_time_comes_then_they_are_taken_off_in_their_order_and_once() -> None:
    deadlines = Deadlines()
    deadlines.set(Due.REST, "b", 20)
    deadlines.set(Due.REST, "a", 10)
    deadlines.set(Due.WRAP_UP, "a", 15)
    assert (deadlines.next_ms(), len(deadlines)) == (10, 3)
    assert popped(deadlines, 19) == [(10, Due.REST, "a"), (15, Due.WRAP_UP, "a")]
    assert (deadlines.next_ms(), len(deadlines)) == (20, 1)
    assert popped(deadlines, 20) == [(20, Due.REST, "b")]
    assert (deadlines.next_ms(), len(deadlines)) == (None, 0)


@pytest.mark.parametrize(("now_ms", "is_quiet"), [(9, True), (10, False), (11, False)])
def test_given_one_when_its_millisecond_has_not_come_then_it_is_quiet(now_ms: int, is_quiet: bool) -> None:
    deadlines = Deadlines()
    deadlines.set(Due.REST, "a", 10)
    assert deadlines.quiet(now_ms) is is_quiet
    assert bool(popped(deadlines, now_ms)) is not is_quiet


def test_given_one_that_is_set_again_when_the_old_time_comes_then_only_the_new_one_counts() -> None:
    deadlines = Deadlines()
    for at_ms in (10, 30, 20, 20):
        deadlines.set(Due.REST, "a", at_ms)
    assert (deadlines.next_ms(), len(deadlines)) == (20, 1)
    assert popped(deadlines, 100) == [(20, Due.REST, "a")]


def test_given_one_that_is_cleared_when_its_time_comes_then_nothing_happens_and_clearing_twice_is_harmless() -> None:
    deadlines = Deadlines()
    deadlines.set(Due.REST, "a", 10)
    deadlines.set(Due.REST, "b", 11)
    deadlines.clear(Due.REST, "a")
    deadlines.clear(Due.REST, "a")
    deadlines.clear(Due.WRAP_UP, "b")
    assert (deadlines.next_ms(), len(deadlines)) == (11, 1)
    assert popped(deadlines, 100) == [(11, Due.REST, "b")]


def test_given_one_cleared_and_set_again_for_the_same_moment_when_it_comes_then_it_fires_once() -> None:
    deadlines = Deadlines()
    deadlines.set(Due.REST, "a", 10)
    deadlines.clear(Due.REST, "a")
    deadlines.set(Due.REST, "a", 10)
    assert popped(deadlines, 10) == [(10, Due.REST, "a")]
    assert deadlines.next_ms() is None


def test_given_a_fact_of_the_same_millisecond_when_deadlines_are_due_then_only_the_promise_goes_before_it() -> None:
    deadlines = Deadlines()
    deadlines.set(Due.ANSWER_OWED, "o", 10)
    deadlines.set(Due.PROMISE, "c", 10)
    deadlines.set(Due.RELAX, "c", 9)
    assert popped(deadlines, 10, inclusive=False) == [(9, Due.RELAX, "c"), (10, Due.PROMISE, "c")]
    assert popped(deadlines, 10) == [(10, Due.ANSWER_OWED, "o")]


def test_given_an_owner_whose_deadline_moves_for_ever_when_asked_then_the_memory_does_not_grow() -> None:
    deadlines = Deadlines()
    deadlines.set(Due.REST, "a", 10_000)
    deadlines.set(Due.REST, "b", 5_000)
    longest = 0
    for at_ms in range(10_001, 20_000):
        deadlines.set(Due.REST, "a", at_ms)
        assert deadlines.next_ms() == 5_000
        longest = max(longest, len(deadlines._heap))
    assert longest == 64 + 4 * 2, "stale entries are bounded by four times the live ones, and 64"
    assert popped(deadlines, 10**6) == [(5_000, Due.REST, "b"), (19_999, Due.REST, "a")]
