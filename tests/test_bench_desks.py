"""The small comparison's plan and figures: what both sides get is the same, and what is counted is what was seen."""

from __future__ import annotations

import pytest

from bench_desks_plan import PROMISE_SECONDS, SKILLS, Contact, drawn, number
from bench_desks_report import Figures, by_desk, desks, table, worst
from bench_desks_sides import Fate, SideTold


def contact(skill: str = "general") -> Contact:
    return Contact("0212000001", skill, 0, 60_000, 1_000, 30_000)


def told(*fates: Fate) -> SideTold:
    return SideTold("engine", fates, 0.9, ())


def test_given_one_seed_when_drawn_twice_then_the_plan_is_the_same_and_another_seed_gives_another() -> None:
    assert drawn(122, 60) == drawn(122, 60)
    assert drawn(122, 60) != drawn(123, 60)


def test_given_ten_minutes_when_drawn_then_every_desk_has_counsellors_and_calls_and_the_counsellors_are_busy() -> None:
    plan = drawn(122, 600)
    assert {skill for skills in plan.counsellors.values() for skill in skills} == set(SKILLS)
    assert {one.skill for one in plan.contacts} == set(SKILLS)
    assert len({number(skill) for skill in SKILLS}) == len(SKILLS)
    assert len({one.caller for one in plan.contacts}) == len(plan.contacts)
    assert all(2 <= len(set(skills)) == len(skills) <= 3 for skills in plan.counsellors.values())
    assert plan.asked() == pytest.approx(0.9, abs=0.03)


def test_given_fates_when_counted_then_shares_are_of_all_and_seconds_of_the_answered() -> None:
    limit_ms = PROMISE_SECONDS * 1_000
    figures = Figures.of(
        [
            Fate(contact(), answered=True, wait_ms=1_000),
            Fate(contact(), answered=True, wait_ms=limit_ms),
            Fate(contact(), answered=True, wait_ms=limit_ms + 1),
            Fate(contact(), answered=False, wait_ms=5_000),
        ]
    )
    assert (figures.offered, figures.in_time, figures.abandoned) == (4, 0.5, 0.25)
    assert figures.asa_seconds == pytest.approx((1 + 2 * PROMISE_SECONDS) / 3, abs=0.001)
    assert figures.longest_seconds == figures.p99_seconds == pytest.approx(PROMISE_SECONDS, abs=0.002)


def test_given_a_desk_that_nobody_reached_when_the_worst_is_named_then_it_is_that_one_and_no_empty_one() -> None:
    side = told(Fate(contact("tax"), answered=False, wait_ms=6_000), Fate(contact(), answered=True, wait_ms=1_000))
    assert worst(side) == ("tax", 0.0)
    assert by_desk(side)["water"].offered == 0
    assert "| tax | 1 | 0.0%, 100.0% |" in desks([side])
    assert "| worst desk, answered in time | tax, 0.0% |" in table([side])
