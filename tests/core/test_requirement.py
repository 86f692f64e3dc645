"""Requirements in canonical form, and what relaxation makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.core.queue_rules import RelaxationStep
from ivr_engine.core.relaxation import holds, relaxed
from ivr_engine.core.requirement import (
    ALTERNATIVES,
    ANYBODY,
    PROFICIENCY,
    Need,
    Requirement,
    TooManyAlternatives,
    both,
    canonical,
    either,
    preferring,
    requirement_of,
)
from ivr_engine.core.vocabulary import Skill

A, B, C = Skill("a"), Skill("b"), Skill("c")


def needs(**least: int) -> Requirement:
    return Requirement((tuple(Need(Skill(skill), least[skill]) for skill in sorted(least)),))


skills = st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 5), max_size=3)
plain = st.builds(lambda least: needs(**least), skills)
requirements = st.recursive(
    plain, lambda inner: st.builds(either, inner, inner) | st.builds(both, inner, inner), max_leaves=5
)


@given(requirements, requirements, skills)
def test_given_two_requirements_when_joined_then_both_and_either_mean_what_they_say(
    one: Requirement, other: Requirement, has: dict[Skill, int]
) -> None:
    assert both(one, other).met_by(has) == (one.met_by(has) and other.met_by(has))
    assert either(one, other).met_by(has) == (one.met_by(has) or other.met_by(has))


@given(requirements, requirements)
def test_given_two_ways_of_saying_one_thing_when_joined_then_they_are_one_value(
    one: Requirement, other: Requirement
) -> None:
    assert both(one, other) == both(other, one)
    assert either(one, other) == either(other, one)
    assert either(one, one) == either(either(one, one), one)


steps = st.builds(
    RelaxationStep,
    drop=st.frozensets(st.sampled_from([A, B])),
    lower=st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 4), max_size=2),
    also=st.none() | plain,
)


@given(requirements, steps, skills)
def test_given_any_step_when_taken_then_nobody_who_fitted_is_lost(
    wanted: Requirement, step: RelaxationStep, has: dict[Skill, int]
) -> None:
    assert not wanted.met_by(has) or relaxed(wanted, step).met_by(has)


def test_given_a_weaker_alternative_when_joined_then_the_stronger_one_is_absorbed() -> None:
    assert either(needs(a=3), needs(a=1)) == needs(a=1)
    assert either(requirement_of(frozenset({A, B})), needs(a=1)) == needs(a=1)
    assert either(needs(a=1), ANYBODY) == ANYBODY


def test_given_more_alternatives_than_the_bound_when_joined_then_it_is_refused() -> None:
    many = needs(a=1)
    for number in range(1, ALTERNATIVES):
        many = either(many, requirement_of(frozenset({Skill(f"s{number}")})))
    with pytest.raises(TooManyAlternatives):
        either(many, requirement_of(frozenset({Skill("one_more")})))


def test_given_preferred_skills_when_asked_then_they_count_and_exclude_nobody() -> None:
    wanted = preferring(needs(a=1), (Need(B, 3), Need(C)))
    assert wanted.met_by({A: 1})
    assert [wanted.preference_met(has) for has in ({A: 1}, {A: 1, B: 2}, {A: 1, B: 3}, {B: 5, C: 1})] == [0, 0, 1, 2]
    assert str(wanted) == "a, rather b >= 3 and c"


@pytest.mark.parametrize(
    ("step", "well"),
    [
        (RelaxationStep(place=3), True),
        (RelaxationStep(place=4), False),
        (RelaxationStep(free_agents=1), True),
        (RelaxationStep(free_agents=0), False),
        (RelaxationStep(expected_wait_ms=20_000), True),
        (RelaxationStep(expected_wait_ms=20_001), False),
    ],
)
def test_given_a_condition_when_the_queue_is_looked_at_then_it_holds_at_its_bound(
    step: RelaxationStep, well: bool
) -> None:
    assert holds(step, place=3, free_agents=1, expected_wait_ms=20_000) is well


def test_given_an_expected_wait_that_nobody_knows_when_a_step_depends_on_it_then_it_is_not_taken() -> None:
    assert not holds(RelaxationStep(expected_wait_ms=1), place=1, free_agents=0, expected_wait_ms=None)


def test_given_needs_of_nothing_when_asked_who_meets_them_then_everybody_or_nobody() -> None:
    assert ANYBODY.met_by({})
    assert ANYBODY.met_by({A: 1})
    assert not Requirement(()).met_by({A: 5})
    assert (str(ANYBODY), str(Requirement(()))) == ("anybody", "nobody")
    assert Need(A) == Need(A, 1)
    assert not requirement_of(frozenset({A})).met_by({B: 5})
    assert (ALTERNATIVES, list(PROFICIENCY)) == (32, [1, 2, 3, 4, 5])


def test_given_as_many_alternatives_as_the_bound_when_joined_then_they_are_all_kept() -> None:
    many = canonical([[Need(Skill(f"s{number:02}"))] for number in range(ALTERNATIVES)])
    assert many == tuple((Need(Skill(f"s{number:02}")),) for number in range(ALTERNATIVES))


def test_given_a_skill_named_twice_when_joined_then_its_strongest_need_counts_and_all_are_sorted() -> None:
    wanted = both(needs(b=2, c=1), needs(a=1, b=4))
    assert wanted.alternatives == ((Need(A), Need(B, 4), Need(C)),)
    assert wanted.skills() == (A, B, C)
    assert both(ANYBODY, wanted).alternatives == both(wanted, ANYBODY).alternatives == wanted.alternatives
    assert preferring(preferring(ANYBODY, (Need(B, 2),)), (Need(B, 3), Need(A))).preferred == (Need(A), Need(B, 3))
    assert [each.preferred for each in (both(rather(B), rather(A)), either(rather(B), rather(A)))] == [
        (Need(A), Need(B)),
        (Need(A), Need(B)),
    ]


def rather(skill: Skill) -> Requirement:
    return preferring(ANYBODY, (Need(skill),))


def test_given_a_preferred_skill_when_somebody_lacks_it_then_it_is_not_counted() -> None:
    assert rather(A).preference_met({}) == 0
    assert rather(A).preference_met({A: 1}) == 1


def test_given_alternatives_of_several_needs_when_said_then_and_binds_before_or() -> None:
    wanted = either(needs(a=3, b=1), needs(c=2))
    assert str(wanted) == "a >= 3 and b or c >= 2"
    assert wanted.met_by({C: 2})
    assert wanted.met_by({A: 3, B: 1})
    assert not wanted.met_by({A: 3})
