"""The library of scenarios: it is there, it can be read, and in virtual time every promise in it is kept.

The plugin collects each of these files as a test of its own; here they are one library, with what only the whole can
show.
"""

import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from ivr_engine.conformance import levels
from ivr_engine.flow.revision import load
from ivr_engine.replay import coverage, shipped
from ivr_engine.replay.language import SUFFIX, read
from ivr_engine.replay.scenario import Level, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.verdict import judge

LIBRARY = Path(__file__).parents[1] / "scenarios"
FILES = sorted(LIBRARY.rglob(f"*{SUFFIX}"))
FOLDERS = {
    "visit",
    "wait",
    "announce",
    "queue_agent",
    "queue_hours",
    "offer",
    "talk",
    "transfer",
    "agent",
    "restart",
    "router",
    "faults",
    "services",
    "recording",
    "callback",
    "numbers",
    "120",
    "field",
}

LEAST = 60
"""Files; a table of examples counts as one."""

LONGEST_SECONDS = 60.0
"""No figure of speed, which busy cores would spoil (scripts/bench_replay has it): a run that does not end is seen."""

NUMBERS, AGENCIES = 69, 41

NEVER = {"main.surge:closed", "main.surge:holiday", "callback.known:true"}
"""Branches of 120's flows that no scenario can take: the calendar of surges is always open, and a citizen of a scenario
always shows a number."""


@pytest.fixture(scope="module")
def scenarios() -> tuple[Scenario, ...]:
    return tuple(scenario for file in FILES for scenario in read(file))


@pytest.fixture(scope="module")
def library(scenarios: tuple[Scenario, ...]) -> tuple[Mapping[str, tuple[Scenario, Run]], float]:
    """Every run by the scenario's name, and the processor time that all took."""
    began = time.process_time()
    runs = {one.name: (one, levels.run(one, Level.SIMULATED)) for one in scenarios if Level.SIMULATED in one.levels}
    return runs, time.process_time() - began


def test_given_the_library_when_counted_then_there_are_sixty_files_and_some_of_every_kind() -> None:
    assert len(FILES) >= LEAST
    assert {file.parent.name for file in FILES} == FOLDERS


def test_given_the_library_when_named_then_no_two_scenarios_are_called_the_same(
    scenarios: tuple[Scenario, ...],
) -> None:
    names = [scenario.name for scenario in scenarios]
    assert sorted(names) == sorted(set(names))


def test_given_the_library_when_performed_in_virtual_time_then_every_promise_is_kept(
    library: tuple[Mapping[str, tuple[Scenario, Run]], float],
) -> None:
    runs, _ = library
    broken = [
        str(said)
        for scenario, run in runs.values()
        for said in (*(f"{scenario.name}: {problem}" for problem in run.problems), *judge(scenario, run.history))
    ]
    assert broken == []


def test_given_the_library_when_performed_in_virtual_time_then_no_run_of_it_drags_on(
    library: tuple[Mapping[str, tuple[Scenario, Run]], float],
) -> None:
    _, seconds = library
    assert seconds <= LONGEST_SECONDS


def test_given_the_library_when_performed_then_nothing_in_the_flows_of_120_is_left_out(
    library: tuple[Mapping[str, tuple[Scenario, Run]], float],
) -> None:
    tally = coverage.Tally()
    for scenario, run in library[0].values():
        if scenario.dialplans is None:
            tally.add(run.history, run.reached)
    measured = coverage.measure(load(shipped.dialplans()), tally)
    never = {name for reach in measured.reaches for name in reach.never}
    assert never == NEVER


def test_given_the_numbers_when_their_scenarios_are_counted_then_none_of_the_69_is_missing(
    scenarios: tuple[Scenario, ...],
) -> None:
    table = [scenario for scenario in scenarios if scenario.place.file.endswith("the_69_numbers.scenario.yaml")]
    known = {entry.number: entry.agency for entry in load(shipped.dialplans()).numbers if entry.agency}
    assert {scenario.citizens[0].dials for scenario in table} == set(known)
    assert (len(known), len(set(known.values()))) == (NUMBERS, AGENCIES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_given_a_scenario_when_an_editor_opens_it_then_the_schema_is_found(file: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
    assert named is not None
    assert (file.parent / named[1]).is_file()
