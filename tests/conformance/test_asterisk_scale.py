"""Minutes in seconds: what is divided, when it is not allowed, and the way back to the times of the file."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from ivr_engine.conformance.asterisk_scale import Scaled, scaled
from ivr_engine.replay import simulated
from ivr_engine.replay.history import Happened, History
from ivr_engine.replay.language import SUFFIX, read
from ivr_engine.replay.scenario import Level, Scenario

LIBRARY = Path(__file__).parents[1] / "scenarios"

LONG_WAIT = """
title: an agent is there after a while
time: scale
queues: {general: {ring: 20s, wrap_up: 40s, promise: 80s}}
agents:
  "1001": {skills: general, presence: logged_out, answers: 5s, talks: 40s}
citizens:
  hong: {dials: "0200001001", arrives: 4s}
expect:
  hong: {ends: answered}
world:
  - {at: 24s, agent: "1001", presence: available}
"""

Write = Callable[[str], Scenario]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def scenario(text: str) -> Scenario:
        path = tmp_path / f"one{SUFFIX}"
        path.write_text(text)
        (found,) = read(path)
        return found

    return scenario


def faster(scenario: Scenario) -> Scaled | None:
    return scaled(scenario, simulated.run(scenario).history)


def in_figures(fact: Happened) -> Happened:
    """Without the reason of an offer, which holds seconds in words."""
    return replace(fact, details={key: value for key, value in fact.details.items() if key != "reason"})


def length_ms(history: History) -> int:
    return max(fact.at_ms for fact in history.facts)


def test_given_long_times_when_scaled_then_people_and_queues_hurry_by_one_factor_down_to_a_second(write: Write) -> None:
    found = faster(write(LONG_WAIT))
    assert found is not None
    factor = found.factor
    (queue,) = [change for change in found.scenario.queues if change.queue == "general"]
    (agent,), (citizen,), (act,) = found.scenario.agents, found.scenario.citizens, found.scenario.world
    assert factor > 5
    assert (queue.ring_ms, queue.wrap_up_ms, queue.promise_ms) == tuple(ms // factor for ms in (20_000, 40_000, 80_000))
    assert [(conduct.after_ms, conduct.talk_ms) for conduct in agent.conducts] == [(1_000, 40_000 // factor)]
    assert (citizen.arrives_ms, act.at_ms) == (1_000, 24_000 // factor)
    assert length_ms(found.foreseen) * 3 < length_ms(found.original)


def test_given_what_a_faster_switch_told_when_brought_back_then_it_is_the_story_of_the_file(write: Write) -> None:
    found = faster(write(LONG_WAIT))
    assert found is not None
    assert [in_figures(fact) for fact in found.back(found.foreseen).facts] == list(
        map(in_figures, found.original.facts)
    )


def test_given_a_fact_that_was_late_when_brought_back_then_it_is_as_late_in_the_times_of_the_file(write: Write) -> None:
    found = faster(write(LONG_WAIT))
    assert found is not None
    late_ms = 130
    seen = History(tuple(replace(fact, at_ms=fact.at_ms + late_ms) for fact in found.foreseen.facts))
    deviations = [
        told.at_ms - meant.at_ms for told, meant in zip(found.back(seen).facts, found.original.facts, strict=True)
    ]
    assert deviations == [late_ms] * len(found.original.facts)


def test_given_a_fact_too_many_when_brought_back_then_it_is_still_there(write: Write) -> None:
    found = faster(write(LONG_WAIT))
    assert found is not None
    last = max(found.foreseen.facts, key=lambda fact: fact.at_ms)
    again = replace(last, at_ms=last.at_ms + 10)
    told = found.back(History((*found.foreseen.facts, again))).facts
    assert len(told) == len(found.original.facts) + 1
    assert told[-1].at_ms == length_ms(found.original) + 10


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the file does not say so", LONG_WAIT.replace("time: scale\n", "")),
        ("a fault meets limits that nobody scales", LONG_WAIT + "  - {at: 26s, ami: cut, for: 2s}\n"),
        ("there is nothing to save", LONG_WAIT.replace("talks: 40s", "talks: 1s").replace("wrap_up: 40s", "wrap_up: 0s")
         .replace("at: 24s", "at: 5s").replace("answers: 5s", "answers: 1s")),
    ],
)  # fmt: skip
def test_given_a_file_that_is_not_for_it_when_scaled_then_it_runs_as_it_is(write: Write, what: str, text: str) -> None:
    assert faster(write(text)) is None, what


def test_given_two_things_that_would_come_too_close_when_scaled_then_no_factor_brings_them_there(write: Write) -> None:
    close = LONG_WAIT.replace("answers: 5s", "answers: 19s")  # the ring ends a second after the answer
    found = faster(write(close))
    assert found is not None
    told = [fact.at_ms for fact in sorted(found.foreseen.facts, key=lambda fact: fact.at_ms)]
    meant = [fact.at_ms for fact in sorted(found.original.facts, key=lambda fact: fact.at_ms)]
    gaps = zip(pairwise(told), pairwise(meant), strict=True)
    assert all(soon - now >= 700 or later - before < 700 for (now, soon), (before, later) in gaps)


def test_given_the_library_when_a_file_says_it_may_be_scaled_then_a_factor_is_found_for_it() -> None:
    files = [path for path in sorted(LIBRARY.rglob(f"*{SUFFIX}")) if "\ntime: scale" in path.read_text()]
    in_vain = []
    for path in files:
        there = [scenario for scenario in read(path) if Level.ASTERISK in scenario.levels]
        if not any(faster(scenario) for scenario in there):
            in_vain.append(path.name)
    assert len(files) > 20
    assert in_vain == []
