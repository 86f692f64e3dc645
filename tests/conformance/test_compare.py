"""Two levels tell one story, or the first place where they do not is shown."""

from dataclasses import replace

import pytest

from ivr_engine.conformance.compare import Difference, compare
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import Level

STORY = (
    Happened(0, Verb.AGENT, "1001", {"presence": "available", "state": "idle"}),
    Happened(5, Verb.ARRIVED, "hong", {"number": "120"}),
    Happened(6, Verb.HEARD, "hong", {"prompt": "greeting", "language": "ko"}),
    Happened(2_000, Verb.PRESSED, "hong", {"keys": "12"}),
    Happened(2_010, Verb.QUEUED, "hong", {"queue": "transport", "returns": "0"}),
    Happened(2_010, Verb.OFFERED, "hong", {"agent": "1001", "reason": "idle for 2.010 s"}),
    Happened(3_000, Verb.CONNECTED, "hong", {"agent": "1001", "within_promise": "true", "wait_ms": "990"}),
)


def histories(other: tuple[Happened, ...], level: Level = Level.ASTERISK) -> dict[Level, History]:
    return {Level.SIMULATED: History(STORY), level: History(other)}


def differences(other: tuple[Happened, ...], level: Level = Level.ASTERISK) -> list[Difference]:
    return list(compare(histories(other, level)))


def changed(index: int, **details: str) -> tuple[Happened, ...]:
    fact = STORY[index]
    return (*STORY[:index], replace(fact, details={**fact.details, **details}), *STORY[index + 1 :])


def late(index: int, by_ms: int) -> tuple[Happened, ...]:
    return tuple(replace(fact, at_ms=fact.at_ms + by_ms) if n >= index else fact for n, fact in enumerate(STORY))


def test_given_the_same_story_when_compared_then_nothing_differs() -> None:
    assert differences(STORY) == []


def test_given_other_durations_and_reasons_when_compared_then_nothing_differs() -> None:
    assert differences(changed(5, reason="idle for 2.034 s")) == []
    assert differences(changed(6, wait_ms="1015")) == []


def test_given_keys_one_by_one_when_compared_with_keys_together_then_nothing_differs() -> None:
    apart = (
        *STORY[:3],
        Happened(2_000, Verb.PRESSED, "hong", {"keys": "1"}),
        Happened(2_200, Verb.PRESSED, "hong", {"keys": "2"}),
        *STORY[4:],
    )
    assert differences(apart) == []


def test_given_another_way_to_the_first_state_when_compared_then_nothing_differs() -> None:
    logs_in = Happened(-400, Verb.AGENT, "1001", {"presence": "logged_out", "state": "idle"})
    assert differences((logs_in, *STORY)) == []


def test_given_another_witness_of_what_was_heard_when_it_swaps_with_the_journal_then_nothing_differs() -> None:
    assert differences((STORY[0], STORY[2], STORY[1], *STORY[3:])) == []


@pytest.mark.parametrize(
    ("other", "subject", "index"),
    [
        (changed(6, agent="1002"), "hong", 3),
        (changed(2, language="en"), "hong", 0),
        (STORY[:-1], "hong", 3),
        ((*STORY, Happened(4_000, Verb.FELL_BACK, "hong")), "hong", 4),
        (STORY[1:], "1001", 0),
        (changed(4, returns="1"), "hong", 1),
    ],
    ids=["another_agent", "another_language", "one_less", "one_more", "a_subject_less", "another_turn"],
)
def test_given_another_story_when_compared_then_its_first_divergence_is_told(
    other: tuple[Happened, ...], subject: str, index: int
) -> None:
    [found] = differences(other)
    assert (found.subject, found.index, found.other) == (subject, index, Level.ASTERISK)
    assert found.expected != found.found
    assert "asterisk differs from simulated" in str(found)


@pytest.mark.parametrize(
    ("level", "by_ms", "differs"),
    [
        (Level.ASTERISK, 1_500, False),
        (Level.ASTERISK, 1_501, True),
        (Level.WIRE, 100, False),
        (Level.WIRE, 101, True),
    ],
)
def test_given_a_later_moment_when_it_is_within_the_levels_tolerance_then_nothing_differs(
    level: Level, by_ms: int, differs: bool
) -> None:
    assert [bool(differences(late(6, by_ms), level))] == [differs]


@pytest.mark.parametrize(
    ("back_ms", "level", "by_ms", "differs"),
    [
        (1_100, Level.ASTERISK, 2_100, False),
        (1_100, Level.ASTERISK, 2_101, True),
        (2_900, Level.ASTERISK, 3_500, False),
        (2_900, Level.ASTERISK, 3_501, True),
        (1_100, Level.WIRE, 101, True),
    ],
    ids=["as_long_again", "longer", "the_longest_pause", "longer_than_that", "the_wire_has_no_pauses"],
)
def test_given_a_link_that_was_lost_when_a_real_one_pauses_longer_then_nothing_differs(
    back_ms: int, level: Level, by_ms: int, differs: bool
) -> None:
    story = (
        Happened(500, Verb.SWITCH, "", {"connected": "false"}),
        Happened(back_ms, Verb.SWITCH, "", {"connected": "true"}),
        Happened(3_000, Verb.CONNECTED, "hong", {"agent": "1001"}),
    )
    real = (*story[:2], replace(story[2], at_ms=story[2].at_ms + by_ms))
    assert bool(compare({Level.SIMULATED: History(story), level: History(real)})) is differs


@pytest.mark.parametrize(("by_ms", "differs"), [(4_500, False), (4_501, True)])
def test_given_an_engine_that_starts_in_mid_story_when_a_real_one_takes_longer_then_nothing_differs(
    by_ms: int, differs: bool
) -> None:
    story = (
        Happened(500, Verb.ENGINE, "", {"started": "true"}),
        Happened(3_000, Verb.CONNECTED, "hong", {"agent": "1001"}),
    )
    real = (story[0], replace(story[1], at_ms=story[1].at_ms + by_ms))
    assert bool(compare({Level.SIMULATED: History(story), Level.ASTERISK: History(real)})) is differs


def test_given_three_levels_when_one_differs_then_it_alone_is_named() -> None:
    runs = {Level.ASTERISK: History(STORY[:-1]), Level.WIRE: History(STORY), Level.SIMULATED: History(STORY)}
    assert [(found.measure, found.other) for found in compare(runs)] == [(Level.SIMULATED, Level.ASTERISK)]
