"""The order of contacts, rule by rule: ranks at the very millisecond where one gives way to the next."""

from dataclasses import replace

import pytest

from ivr_engine.core.queue_rules import TWO_STEPS, LateRules, OrderPolicy
from ivr_engine.core.routing_lines import BEYOND, FRESH, INSIDE, LATE, SECOND, WORDS, Line, LineRules
from ivr_engine.core.vocabulary import ContactId

NOW_MS = 1_000_000
ANSWER_MS = 2_000
LATER = LateRules(fresh_ms=1_500, second_promise_ms=50_000, second_window_ms=15_000, calm_guard_ms=285_000)


def rules(
    *,
    late: LateRules = TWO_STEPS,
    aging_ms: int = 0,
    order: OrderPolicy = OrderPolicy.PROMISE_FIRST,
    returning: bool = False,
) -> LineRules:
    return LineRules.of(
        priority=3,
        promise_ms=15_000,
        order=order,
        guard_ms=73_000,
        aging_ms=aging_ms,
        returning=returning,
        late=late,
    )


def line(of: LineRules, *ages_ms: int) -> Line:
    return Line(of, sorted((NOW_MS - age_ms, ContactId(f"age{age_ms}")) for age_ms in ages_ms))


def rank(of: LineRules, *ages_ms: int, crowded: bool = True) -> tuple[int, int, int, str]:
    """Guarded or not, minus the priority, the step and who."""
    guarded, priority, step, since_ms, contact = line(of, *ages_ms).next(NOW_MS, ANSWER_MS, crowded=crowded)
    assert contact == f"age{NOW_MS - since_ms}"
    return guarded, priority, step, contact


@pytest.mark.parametrize(("age_ms", "guarded"), [(59_999, 1), (60_000, 0), (60_001, 0)])
def test_given_first_in_first_out_when_somebody_reaches_the_age_then_no_priority_goes_before(
    age_ms: int, guarded: int
) -> None:
    aged = rank(rules(order=OrderPolicy.FIFO, aging_ms=60_000), age_ms, 10)
    assert aged == (guarded, -3 if guarded else 0, 0, f"age{age_ms}")


@pytest.mark.parametrize("age_ms", [0, 13_000, 15_001, 600_000])
def test_given_first_in_first_out_without_aging_when_ranked_then_priority_and_age_alone_count(age_ms: int) -> None:
    assert rank(rules(order=OrderPolicy.FIFO), age_ms) == (1, -3, 0, f"age{age_ms}")


@pytest.mark.parametrize(
    ("age_ms", "expected"),
    [
        (0, (1, -3, INSIDE)),
        (13_000, (1, -3, INSIDE)),  # an agent needs two seconds to pick up: it can just be kept
        (13_001, (1, -3, LATE)),
        (87_999, (1, -3, LATE)),
        (88_000, (0, 0, 0)),
    ],
)
def test_given_promise_first_when_alone_in_line_then_the_step_follows_from_the_age(
    age_ms: int, expected: tuple[int, int, int]
) -> None:
    assert rank(rules(), age_ms)[:3] == expected


@pytest.mark.parametrize(
    ("aging_ms", "age_ms", "guarded"),
    [(40_000, 39_999, 1), (40_000, 40_000, 0), (10_000, 9_999, 1), (10_000, 10_000, 0), (1, 1, 0), (0, 1, 1)],
)
def test_given_promise_first_and_aging_when_the_age_comes_before_the_guard_then_it_guards_also_inside_the_promise(
    aging_ms: int, age_ms: int, guarded: int
) -> None:
    assert rank(rules(aging_ms=aging_ms), age_ms, 0)[0] == guarded


def test_given_promise_first_when_late_ones_stand_before_one_inside_then_the_oldest_inside_is_next() -> None:
    assert rank(rules(), 80_000, 13_001, 13_000, 5_000) == (1, -3, INSIDE, "age13000")
    assert rank(rules(), 80_000, 13_001) == (1, -3, LATE, "age80000")


@pytest.mark.parametrize(
    ("ages_ms", "expected"),
    [
        ((1_499,), (1, -3, FRESH, "age1499")),
        ((1_500,), (1, -3, INSIDE, "age1500")),
        ((40_000, 1_500), (1, -3, INSIDE, "age1500")),
        ((40_000, 1_499), (1, -3, SECOND, "age40000")),
        ((34_999, 1_499), (1, -3, FRESH, "age1499")),
        ((35_000, 1_499), (1, -3, SECOND, "age35000")),
        ((50_000, 1_499), (1, -3, SECOND, "age50000")),
        ((50_001, 1_499), (1, -3, FRESH, "age1499")),
        ((34_999,), (1, -3, LATE, "age34999")),
        ((60_000, 34_999), (1, -3, LATE, "age34999")),
        ((60_000, 55_000), (1, -3, BEYOND, "age60000")),
        ((60_000, 55_000, 13_000), (1, -3, INSIDE, "age13000")),
        ((60_000, 55_000, 1_000), (1, -3, FRESH, "age1000")),
    ],
)
def test_given_a_second_promise_when_the_next_is_sought_then_each_step_begins_at_its_millisecond(
    ages_ms: tuple[int, ...], expected: tuple[int, int, int, str]
) -> None:
    assert rank(rules(late=LATER), *ages_ms) == expected


def test_given_fresh_ones_without_a_second_promise_when_the_next_is_sought_then_nobody_late_goes_before_them() -> None:
    fresh = rules(late=LateRules(fresh_ms=1_500))
    assert rank(fresh, 40_000, 1_000) == (1, -3, FRESH, "age1000")
    assert rank(fresh, 40_000) == (1, -3, LATE, "age40000")


@pytest.mark.parametrize(
    ("age_ms", "crowded", "guarded"),
    [(88_000, True, 0), (87_999, True, 1), (88_000, False, 1), (299_999, False, 1), (300_000, False, 0)],
)
def test_given_a_guard_for_calm_days_when_nobody_is_crowded_then_it_begins_later(
    age_ms: int, crowded: bool, guarded: int
) -> None:
    assert rank(rules(late=LATER), age_ms, 5_000, crowded=crowded)[0] == guarded


def test_given_no_guard_for_calm_days_when_nobody_is_crowded_then_the_guard_is_the_same() -> None:
    assert rules().guarded_after_ms(crowded=False) == rules().guarded_after_ms(crowded=True) == 88_000
    assert rank(rules(), 88_000, crowded=False)[0] == 0


def test_given_one_who_came_back_when_late_then_its_old_place_is_guarded_from_the_end_of_the_promise() -> None:
    back = rules(returning=True, late=LATER)
    assert (back.guard_ms, back.late) == (0, TWO_STEPS)
    assert rank(back, 13_001)[0] == 1
    assert rank(back, 15_000)[0] == 0
    assert line(back, 15_000).next(NOW_MS, 0)[0] == 1, "picked up at once, it is answered inside the promise"
    fifo = rules(returning=True, order=OrderPolicy.FIFO)
    assert fifo == rules(order=OrderPolicy.FIFO), "first in, first out knows no guard, so all share one line"


def test_given_any_place_of_a_line_when_its_rank_is_asked_then_it_is_as_if_it_stood_alone() -> None:
    several = line(rules(), 80_000, 13_000, 5_000)
    ranks = list(several.ranks(NOW_MS, ANSWER_MS))
    assert [(each[2], each[-1]) for each in ranks] == [(LATE, "age80000"), (INSIDE, "age13000"), (INSIDE, "age5000")]
    assert several.rank(several.places[0], NOW_MS, ANSWER_MS)[-1] == "age80000"
    calm = line(rules(late=LATER), 100_000)
    assert calm.next(NOW_MS, ANSWER_MS)[0] == 0, "crowded, unless told otherwise"
    assert calm.rank(calm.places[0], NOW_MS, ANSWER_MS)[0] == 0
    assert calm.rank(calm.places[0], NOW_MS, ANSWER_MS, crowded=False)[0] == 1


def test_given_two_of_one_millisecond_when_ranked_then_the_name_decides() -> None:
    twins = Line(rules(), [(NOW_MS, ContactId("a")), (NOW_MS, ContactId("b"))])
    assert sorted(twins.ranks(NOW_MS, ANSWER_MS), reverse=True)[-1][-1] == "a"


def test_given_every_step_when_said_then_its_words_are_its_own() -> None:
    assert WORDS[1, INSIDE] == "waited longest"
    assert WORDS[0, 0] == "overtaken for too long"
    assert WORDS.keys() == {(0, 0), *((1, step) for step in (INSIDE, SECOND, FRESH, LATE, BEYOND))}
    assert list(range(5)) == [INSIDE, SECOND, FRESH, LATE, BEYOND]


def test_given_rules_that_say_nothing_when_used_then_they_are_first_in_first_out_without_an_age() -> None:
    assert LineRules() == LineRules(0, 0, False, 0, 0, TWO_STEPS)
    assert rank(replace(LineRules(), priority=3), 10**9 // 2000) == (1, -3, 0, "age500000")
