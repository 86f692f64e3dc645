"""The circuit breaker and the cache: told the time, so that a minute costs nothing here."""

from ivr_engine.outside.breaker import FAILURES, OPEN_MS, PROBE_MS, Breaker, BreakerState
from ivr_engine.outside.cache import AnswerCache


def _opened(at_ms: int = 1_000) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.admits(at_ms)
        breaker.told(at_ms, good=False)
    return breaker


def test_given_failures_with_a_success_between_when_counted_then_only_those_in_a_row_open_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.told(0, good=False)
    breaker.told(0, good=True)
    for _ in range(FAILURES - 1):
        breaker.told(0, good=False)
    assert breaker.admits(0)
    breaker.told(0, good=False)
    assert not breaker.admits(0)
    assert breaker.opened == 1


def test_given_it_is_open_when_its_time_is_over_then_exactly_one_probe_is_let_through() -> None:
    breaker = _opened()
    assert not breaker.admits(1_000 + OPEN_MS - 1)
    assert breaker.admits(1_000 + OPEN_MS)
    assert not breaker.admits(1_000 + OPEN_MS)
    assert breaker.state is BreakerState.HALF_OPEN


def test_given_a_probe_when_it_is_good_then_it_closes_and_when_it_fails_then_it_opens_for_the_whole_time() -> None:
    good, bad = _opened(), _opened()
    at_ms = 1_000 + OPEN_MS
    assert good.admits(at_ms)
    assert bad.admits(at_ms)
    good.told(at_ms + 50, good=True)
    bad.told(at_ms + 50, good=False)
    assert good.admits(at_ms + 50)
    assert not bad.admits(at_ms + 50 + OPEN_MS - 1)
    assert bad.admits(at_ms + 50 + OPEN_MS)
    assert bad.opened == 2


def test_given_a_probe_whose_citizen_hung_up_when_nothing_was_told_then_another_one_may_try() -> None:
    breaker = _opened()
    at_ms = 1_000 + OPEN_MS
    assert breaker.admits(at_ms)
    assert not breaker.admits(at_ms + PROBE_MS - 1)
    assert breaker.admits(at_ms + PROBE_MS)


def test_given_questions_asked_before_it_opened_when_they_fail_late_then_it_does_not_stay_open_longer() -> None:
    breaker = _opened()
    breaker.told(1_000 + OPEN_MS - 1, good=False)
    assert breaker.admits(1_000 + OPEN_MS)
    assert breaker.opened == 1


def test_given_an_answer_when_it_expires_then_it_is_not_given_again() -> None:
    cache: AnswerCache[int] = AnswerCache()
    cache.keep("q", 7, now_ms=0, keep_ms=100)
    assert cache.find("q", 99) == 7
    assert cache.find("other", 99) is None
    assert cache.find("q", 100) is None
    assert len(cache) == 0


def test_given_a_full_cache_when_one_more_is_kept_then_the_oldest_goes() -> None:
    cache: AnswerCache[int] = AnswerCache(most=2)
    for number in (1, 2, 3):
        cache.keep(str(number), number, now_ms=0, keep_ms=100)
    assert [cache.find(str(number), 1) for number in (1, 2, 3)] == [None, 2, 3]


def test_given_no_time_to_keep_when_an_answer_is_kept_then_it_is_not() -> None:
    cache: AnswerCache[int] = AnswerCache()
    cache.keep("q", 7, now_ms=0, keep_ms=0)
    assert cache.find("q", 0) is None
