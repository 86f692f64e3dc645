"""What a step of a recipe makes of a requirement, whether its conditions hold, and when it is due."""

import pytest

from ivr_engine.core.queue_rules import RelaxationStep
from ivr_engine.core.relaxation import LOOK_AGAIN_MS, also, conditional, due_after_ms, holds, relaxed
from ivr_engine.core.requirement import ALTERNATIVES, ANYBODY, Need, Requirement, either, preferring, requirement_of
from ivr_engine.core.vocabulary import Skill

TAX, ENGLISH, WATER = Skill("tax"), Skill("english"), Skill("water")
BOTH = Requirement(((Need(ENGLISH, 4), Need(TAX, 3)),), (Need(WATER),))


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (RelaxationStep(raise_priority=1), "english >= 4 and tax >= 3, rather water"),
        (RelaxationStep(drop=frozenset({TAX})), "english >= 4, rather water"),
        (RelaxationStep(drop=frozenset({TAX, ENGLISH})), "anybody, rather water"),
        (RelaxationStep(lower={TAX: 1}), "english >= 4 and tax >= 2, rather water"),
        (RelaxationStep(lower={TAX: 2}), "english >= 4 and tax, rather water"),
        (RelaxationStep(lower={TAX: 9, ENGLISH: 1, WATER: 1}), "english >= 3 and tax, rather water"),
        (RelaxationStep(drop=frozenset({ENGLISH}), lower={TAX: 1}), "tax >= 2, rather water"),
        (
            RelaxationStep(also=requirement_of(frozenset({WATER}))),
            "english >= 4 and tax >= 3 or water, rather water",
        ),
        (
            RelaxationStep(lower={TAX: 1}, also=requirement_of(frozenset({TAX}))),
            "english >= 4 and tax >= 2 or tax, rather water",
        ),
    ],
)
def test_given_a_requirement_when_a_step_is_taken_then_what_is_needed_is_exactly_that_much_less(
    step: RelaxationStep, needs: str
) -> None:
    if "or tax" in needs:
        needs = "tax, rather water"  # the stronger alternative says nothing more
    assert str(relaxed(BOTH, step)) == needs


def test_given_alternatives_when_a_step_lowers_a_skill_then_it_does_in_each_of_them() -> None:
    wanted = Requirement(((Need(ENGLISH), Need(TAX, 5)), (Need(TAX, 5), Need(WATER))))
    assert str(relaxed(wanted, RelaxationStep(lower={TAX: 2}))) == "english and tax >= 3 or tax >= 3 and water"


def test_given_as_many_alternatives_as_there_may_be_when_one_more_would_fit_then_the_requirement_stays() -> None:
    many = Requirement()
    many = requirement_of(frozenset({Skill("s0")}))
    for number in range(1, ALTERNATIVES):
        many = either(many, requirement_of(frozenset({Skill(f"s{number}")})))
    assert also(many, requirement_of(frozenset({Skill("more")}))) is many
    assert also(many, None) is many
    assert also(many, ANYBODY) == ANYBODY


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (RelaxationStep(waited_ms=1_000, drop=frozenset({TAX}), every_ms=5, times=2), False),
        (RelaxationStep(place=1), True),
        (RelaxationStep(free_agents=0), True),
        (RelaxationStep(expected_wait_ms=1), True),
    ],
)
def test_given_a_step_when_asked_then_it_is_conditional_if_more_than_time_decides(
    step: RelaxationStep, expected: bool
) -> None:
    assert conditional(step) is expected


@pytest.mark.parametrize(
    ("place", "free_agents", "expected_wait_ms", "well"),
    [(3, 1, 20_000, True), (2, 1, 20_000, False), (3, 2, 20_000, False), (3, 1, 19_999, False), (9, 0, 99_000, True)],
)
def test_given_three_conditions_when_one_does_not_hold_then_the_step_does_not(
    place: int, free_agents: int, expected_wait_ms: int, well: bool
) -> None:
    step = RelaxationStep(place=3, free_agents=1, expected_wait_ms=20_000)
    assert holds(step, place=place, free_agents=free_agents, expected_wait_ms=expected_wait_ms) is well


def test_given_no_condition_when_looked_at_then_the_step_holds_whatever_is_known() -> None:
    assert holds(RelaxationStep(), place=1, free_agents=99, expected_wait_ms=None)
    assert not holds(RelaxationStep(expected_wait_ms=1), place=1, free_agents=0, expected_wait_ms=None)


def test_given_a_step_that_repeats_when_taken_so_often_then_the_next_is_due_so_much_later() -> None:
    step = RelaxationStep(waited_ms=4_000, every_ms=500, times=9)
    assert [due_after_ms(step, taken) for taken in (0, 1, 3)] == [4_000, 4_500, 5_500]
    assert LOOK_AGAIN_MS == 1_000


def test_given_a_preference_when_a_skill_is_dropped_then_the_preference_is_kept() -> None:
    wanted = preferring(requirement_of(frozenset({TAX})), (Need(TAX, 4),))
    assert str(relaxed(wanted, RelaxationStep(drop=frozenset({TAX})))) == "anybody, rather tax >= 4"
