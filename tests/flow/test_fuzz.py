"""Whatever stands in the folder: a revision in which every conversation ends, or the reasons why not; never for long.

A few hundred inputs of `fuzzing`; a million, by hand: `scripts/fuzz_flow`.
"""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from ivr_engine.flow.revision import load
from tests.flow.fuzzing import DOCUMENTS, WORDS, damaged, judge, walk

CITY = load(Path(__file__).parents[2] / "dialplans")
SEED = 20261123
FEW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
GOOD = {name: text.encode() for name, text in DOCUMENTS.items()}


def test_given_the_set_that_is_damaged_when_it_is_not_then_it_is_accepted() -> None:
    assert judge(GOOD, random.Random(SEED)).accepted


@FEW
@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=300))
@example("flows/main.yaml", b"\xff\xfe")
@example("flows/main.yaml", "steps: {a: {play: greeting, next: a}}".encode("utf-16-le"))
def test_given_any_bytes_when_loaded_then_a_revision_or_reasons(file: str, content: bytes) -> None:
    judge({**GOOD, file: content}, random.Random(SEED))


@FEW
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 30), st.sampled_from(WORDS)), min_size=1, max_size=4),
)
def test_given_a_good_document_that_somebody_damaged_when_loaded_then_a_revision_or_reasons(
    file: str, cuts: list[tuple[int, int, str]]
) -> None:
    text = DOCUMENTS[file]
    for at, length, word in cuts:
        text = text[:at] + word + text[at + length :]
    judge({**GOOD, file: text.encode(errors="surrogateescape")}, random.Random(SEED))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_given_flows_of_any_steps_when_loaded_then_they_are_refused_or_every_conversation_ends(number: int) -> None:
    note(f"scripts/fuzz_flow --seed {SEED} --only {number}")
    chance = random.Random(f"{SEED}/{number}")
    judge(damaged(chance), chance)


def test_given_two_hundred_inputs_when_judged_then_both_sorts_are_among_them() -> None:
    verdicts = []
    for number in range(200):
        chance = random.Random(f"{SEED}/{number}")
        verdicts.append(judge(damaged(chance), chance).accepted)
    assert 20 < sum(verdicts) < 180


@pytest.mark.parametrize("number", [*[entry.number for entry in CITY.numbers][:6], "0"])
def test_given_any_citizen_of_120_when_talking_then_it_ends_within_the_limit(number: str) -> None:
    for seed in range(30):
        walk(CITY, number, random.Random(f"{SEED}/{number}/{seed}"))
