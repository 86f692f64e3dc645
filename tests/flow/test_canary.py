"""The rule of the canary: who is on trial, and when a revision goes back, counted over whole made-up trials."""

import random

import pytest

from ivr_engine.core.conversation import VisitEnd
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.canary import CanaryRule, Trial, evidence, share_of, why_back

SEED = 120


def trial_of(seed: int, visits: int, percent: int, bad: float, bad_new: float, end: VisitEnd) -> int | None:
    """After how many visits it goes back; None when it never does."""
    chance = random.Random(seed)
    trial = Trial("rev", percent, 0)
    for number in range(visits):
        on_trial = trial.takes(ContactId(f"{seed}.{number}"))
        ended = end if chance.random() < (bad_new if on_trial else bad) else VisitEnd.FINISHED
        (trial.new if on_trial else trial.stable).count(ended)
        if why_back(trial, 60_000) is not None:
            return number + 1
    return None


def test_given_contacts_when_shares_are_drawn_then_they_are_even_lasting_and_of_the_revision() -> None:
    contacts = [ContactId(f"1700000000.{number}") for number in range(20_000)]
    trial, other = Trial("a", 10, 0), Trial("b", 10, 0)
    taken = [contact for contact in contacts if trial.takes(contact)]
    assert 0.09 < len(taken) / len(contacts) < 0.11
    assert taken == [contact for contact in contacts if trial.takes(contact)]
    assert 0.05 < sum(map(other.takes, taken)) / len(taken) < 0.15, "another revision is tried on others"
    assert {share_of(contact, "a") * 100 // 10_000 for contact in contacts} == set(range(100))


@pytest.mark.parametrize("percent", [5, 20, 50])
def test_given_a_revision_as_good_as_the_old_one_when_tried_then_it_stays(percent: int) -> None:
    back = [trial_of(SEED + one, 4_000, percent, 0.2, 0.2, VisitEnd.ABANDONED) for one in range(60)]
    assert back == [None] * 60, f"seed {SEED}"


@pytest.mark.parametrize(("percent", "at_most"), [(10, 6_000), (30, 2_500), (50, 2_500)])
def test_given_three_times_as_many_who_hang_up_when_tried_then_it_goes_back_soon(percent: int, at_most: int) -> None:
    back = [trial_of(SEED + one, at_most, percent, 0.1, 0.3, VisitEnd.ABANDONED) for one in range(20)]
    assert None not in back, f"seed {SEED}: {back}"


def test_given_mistakes_in_every_tenth_visit_when_tried_then_it_goes_back_within_two_hundred_of_its_own() -> None:
    back = [trial_of(SEED + one, 2_000, 10, 0.0, 0.1, VisitEnd.FAILED) for one in range(20)]
    assert None not in back, f"seed {SEED}: {back}"


def test_given_a_bad_hour_for_everybody_when_tried_then_nobody_is_blamed() -> None:
    back = [trial_of(SEED + one, 3_000, 20, 0.6, 0.6, VisitEnd.ABANDONED) for one in range(30)]
    assert back == [None] * 30, f"seed {SEED}"


def test_given_few_visits_when_judged_then_it_is_too_early_and_later_the_reason_has_its_numbers() -> None:
    trial = Trial("rev", 10, 0)
    for _ in range(CanaryRule().least_visits - 1):
        trial.new.count(VisitEnd.FAILED)
    assert why_back(trial, 60_000) is None
    trial.new.count(VisitEnd.FINISHED)
    assert why_back(trial, 90_000) == ("errors: 49 of 50 visits, against 0 of 0 in the stable revision, after 1.5 min")


def test_given_wrong_visits_when_weighed_then_each_side_pulls_its_own_way() -> None:
    assert evidence(5, 0, 10, 2.0) > evidence(4, 0, 10, 2.0) > 0 > evidence(0, 5, 10, 2.0)
