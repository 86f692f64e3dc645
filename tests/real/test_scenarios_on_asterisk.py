"""Scenarios on real Asterisks: the phones do as the files say, the account is true, and it is the simulated one's.

All of them run at once, as `scripts/conformance` does it: those below, which are dense, and a short one of each folder
of the library. The whole library is that command's, and takes minutes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ivr_engine.conformance import asterisk
from ivr_engine.conformance.compare import TOLERANCE_MS, compare
from ivr_engine.replay import simulated
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language import read
from ivr_engine.replay.scenario import Level, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.verdict import judge
from sandbox import tools

SCENARIOS = {
    "rings_in_turn": """
        title: each ring is taken in its own way, and the citizen keeps the place
        queues: {all: {wrap_up: 0s}}
        agents:
          "1001": {skills: general, rings: [{declines: 300ms}, {answers: 500ms, talks: 2s}]}
          "1002": {skills: general, busy: true}
        citizens:
          hong: {dials: "0200001001"}
        expect:
          hong:
            hears: [greeting]
            offers:
              - {to: "1001", ends: declined}
              - {to: "1002", ends: failed, cause: busy}
              - {to: "1001", ends: answered}
            ends: answered
        """,
    "keys": """
        title: a wrong key is told, two keys of one press are one, and who leaves at the ring is an abandon
        agents:
          "1001": {skills: general, silent: true}
        citizens:
          hong: {dials: "120", presses: {keys: "77", heard: menu, after: 500ms}, hangs_up: {ringing: 1500ms}}
        expect:
          hong: {presses: "77", ends: abandoned}
        """,
    "consult": """
        title: hold by API, consult and hand-over by the phone's keys
        queues: {all: {wrap_up: 0s}}
        agents:
          "1001":
            skills: water
            talks: until_hangup
            does: [{hold: 1s}, {consult: 3s, entry: "7001", by: phone}, {complete: 7s, by: phone}]
        officials:
          "7001": {number: "0200007001", answers: 500ms, talks: 6s}
        citizens:
          hong: {dials: "120", presses: {keys: "2", heard: menu, after: 500ms}}
        expect:
          hong: {queue: water, transfers: [held, ringing, consulting, handed_over, {ends: completed}], ends: answered}
        """,
    "restart": """
        title: an engine that is killed and starts again loses nobody, and a break is chosen by phone
        queues: {all: {wrap_up: 0s}}
        agents:
          "1001": {skills: general, talks: 5s}
        citizens:
          hong: {dials: "0200001001"}
          kim: {dials: "0200001001", arrives: 1s}
        world:
          - {at: 4s, engine: killed}
          - {at: 6s, engine: started}
          - {at: 10s, agent: "1001", presence: on_break, by: phone}
        expect:
          hong: {ends: answered}
          kim: {ends: answered}
          "1001": {presence: on_break}
        """,
    "wire": """
        title: a cut link, then late and doubled events, change nothing that a citizen sees
        queues: {all: {wrap_up: 0s}}
        agents:
          "1001": {skills: general, talks: 3s}
        citizens:
          hong: {dials: "0200001001"}
          kim: {dials: "0200001001", arrives: 1s}
        world:
          - {at: 3s, ami: cut, for: 1s}
          - {at: 4500ms, events: delayed, by: 300ms, for: 3s}
          - {at: 8s, events: doubled, for: 5s}
        expect:
          hong: {ends: answered}
          kim: {ends: answered}
          order: [switch lost, switch connected, kim ended]
        """,
}

LIBRARY = Path(__file__).parents[1] / "scenarios"
OF_THE_LIBRARY = (
    "visit/hangs_up_in_menu",
    "wait/abandons",
    "wait/music_of_the_queue",
    "offer/answered",
    "talk/citizen_hangs_up_first",
    "transfer/complete",
    "agent/goes_while_waiting",
    "restart/while_ringing",
    "faults/ami_cut_three_times",
    "numbers/a_number_of_each_queue",
    "field/redirect_without_effect",
    "router/limit_full",
    "router/contractor_shares",
    "services/dip_answers",
    "120/sign_language",
    "announce/answered_in_the_sentence",
    "callback/agent_first",
    "queue_agent/waits_for_the_named_agent",
    "queue_hours/closed_queue",
    "recording/recorded",
)
"""Of a table of examples, the first row: each costs a second of a core, and the whole test run has two."""

NAMES = (*SCENARIOS, *OF_THE_LIBRARY)


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scenario]:
    folder = tmp_path_factory.mktemp("scenarios")
    found = {}
    for name, text in SCENARIOS.items():
        (folder / f"{name}.scenario.yaml").write_text(text)
        [found[name]] = read(folder / f"{name}.scenario.yaml")
    for name in OF_THE_LIBRARY:
        found[name] = read(LIBRARY / f"{name}.scenario.yaml")[0]
    return found


def test_given_the_library_when_some_of_it_runs_here_then_each_folder_has_its_part() -> None:
    folders = {file.parent.name for file in LIBRARY.rglob("*.scenario.yaml")}
    assert folders == {Path(name).parent.name for name in OF_THE_LIBRARY}


@pytest.fixture(scope="module")
def foreseen(scenarios: Mapping[str, Scenario]) -> Mapping[str, Run]:
    return {name: simulated.run(scenario) for name, scenario in scenarios.items()}


@pytest.fixture(scope="module")
def runs(
    asterisk_tools: tools.AsteriskTools, scenarios: Mapping[str, Scenario], foreseen: Mapping[str, Run]
) -> Mapping[str, asterisk.Outcome]:
    outcomes = asterisk.run_all(
        scenarios.values(), {scenarios[name].name: run.history for name, run in foreseen.items()}
    )
    return {name: outcomes[scenario.name] for name, scenario in scenarios.items()}


@pytest.fixture
def sandboxes() -> Iterator[None]:
    """No switch, phone or engine is left running by what a test starts."""
    before = _children()
    yield
    assert _children() <= before


def _children() -> set[str]:
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if "/tmp/ivr-switch-" in line}


@pytest.mark.parametrize("name", NAMES)
def test_given_a_scenario_when_it_runs_on_a_real_asterisk_then_it_keeps_its_expectations_and_agrees(
    name: str, scenarios: Mapping[str, Scenario], foreseen: Mapping[str, Run], runs: Mapping[str, asterisk.Outcome]
) -> None:
    run = runs[name]
    assert isinstance(run, Run), run
    assert not run.problems
    failures = judge(scenarios[name], run.history, TOLERANCE_MS[Level.ASTERISK])
    assert not failures, "\n".join(map(str, failures))
    differences = compare({Level.SIMULATED: foreseen[name].history, Level.ASTERISK: run.history})
    assert not differences, "\n".join(map(str, differences))


def test_given_a_run_when_its_metrics_are_read_then_they_say_what_the_history_says(
    runs: Mapping[str, asterisk.Outcome],
) -> None:
    run = runs["keys"]
    assert isinstance(run, Run)
    ended = {key: value for key, value in run.history.metrics.items() if key.startswith("ivr_contacts_total{")}
    assert [value for key, value in ended.items() if 'disposition="abandoned"' in key and value] == [1.0]
    assert sum(ended.values()) == sum(fact.verb is Verb.ENDED for fact in run.history.facts)


def test_given_flows_that_cannot_be_loaded_when_it_runs_then_its_own_outcome_says_so_and_nothing_is_left(
    asterisk_tools: tools.AsteriskTools,
    scenarios: Mapping[str, Scenario],
    foreseen: Mapping[str, Run],
    tmp_path: Path,
    sandboxes: None,
) -> None:
    broken = replace(scenarios["keys"], name="broken", dialplans=tmp_path)
    outcomes = asterisk.run_all([broken], {"broken": foreseen["keys"].history})
    assert isinstance(outcomes["broken"], Exception)
    assert "numbers.yaml needs 'numbers'" in str(outcomes["broken"])
