"""The wire level: real adapters behind real sockets tell the same stories as the simulated level."""

import logging
from pathlib import Path

import pytest

from ivr_engine.asterisk.switch import AsteriskSwitch
from ivr_engine.conformance import levels
from ivr_engine.conformance.ami_server import AmiServer
from ivr_engine.conformance.compare import TOLERANCE_MS, compare
from ivr_engine.conformance.wire import run_on_wire
from ivr_engine.core.commands import Command
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language import SUFFIX, read
from ivr_engine.replay.scenario import (
    LONGEST_MS,
    AgentPlan,
    CitizenPlan,
    Conduct,
    Happening,
    Level,
    Scenario,
    Trigger,
    WorldAct,
)
from ivr_engine.replay.verdict import judge
from tests.replay import stage

LIBRARY = Path(__file__).parents[1] / "scenarios"


def files() -> list[Path]:
    return sorted(LIBRARY.rglob(f"*{SUFFIX}"))


def staged(*people: CitizenPlan | AgentPlan | WorldAct, limit_ms: int = LONGEST_MS) -> Scenario:
    return Scenario(
        name="staged",
        title="",
        place=stage.HERE,
        starts_at_ms=stage.MONDAY_MS,
        agents=tuple(one for one in people if isinstance(one, AgentPlan)),
        citizens=tuple(one for one in people if isinstance(one, CitizenPlan)),
        world=tuple(one for one in people if isinstance(one, WorldAct)),
        limit_ms=limit_ms,
    )


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name.removesuffix(SUFFIX))
def test_given_a_file_of_the_library_when_its_first_scenario_runs_then_both_levels_tell_one_story(path: Path) -> None:
    scenario = read(path)[0]
    if Level.WIRE not in scenario.levels:
        pytest.skip(scenario.why_not_elsewhere)
    on_wire = levels.run(scenario, Level.WIRE)
    assert on_wire.problems == ()
    assert judge(scenario, on_wire.history, TOLERANCE_MS[Level.WIRE]) == ()
    if Level.SIMULATED in scenario.levels:
        simulated = levels.run(scenario, Level.SIMULATED)
        assert compare({Level.SIMULATED: simulated.history, Level.WIRE: on_wire.history}) == ()
        assert on_wire.reached == simulated.reached


def test_given_one_scenario_when_it_runs_twice_then_the_journal_is_the_same() -> None:
    scenario = staged(
        stage.hong(),
        stage.citizen("kim", stage.hangs_up(Trigger.CONNECTED, 4_000)),
        stage.agent("1001"),
        stage.agent("1002"),
        stage.world(Happening.AMI_CUT, 3_000, lasts_ms=700),
    )
    assert run_on_wire(scenario).entries == run_on_wire(scenario).entries


def test_given_a_call_that_was_answered_when_it_is_over_then_both_levels_count_it_alike() -> None:
    scenario = staged(stage.hong(), stage.agent())
    simulated, on_wire = (levels.run(scenario, level) for level in (Level.SIMULATED, Level.WIRE))
    answered = 'ivr_contacts_total{disposition="answered",queue="general"}'
    assert on_wire.history.metrics[answered] == 1
    assert on_wire.history.metrics['ivr_agents{presence="available",state="idle"}'] == 1
    assert simulated.history.metrics.keys() == on_wire.history.metrics.keys()
    assert not [name for name in on_wire.history.metrics if not name.startswith("ivr_")]


def test_given_two_who_talk_for_ever_when_the_scenario_runs_then_it_is_told_who_is_still_there() -> None:
    scenario = staged(stage.hong(), stage.agent("1001", Conduct(talk_ms=None)), limit_ms=60_000)
    run = run_on_wire(scenario)
    assert run.limit_hit
    assert run.history.ended_at_ms == 60_000
    assert run.problems == ("the scenario did not end within 60 s; still on the line: hong",)


def test_given_a_wire_that_is_cut_when_it_is_whole_again_then_the_engine_sees_the_switch_within_a_moment() -> None:
    scenario = staged(stage.hong(), stage.agent(), stage.world(Happening.AMI_CUT, 5_000, lasts_ms=2_000))
    seen = [
        (fact.at_ms, fact.details["connected"])
        for fact in run_on_wire(scenario).history.facts
        if fact.verb is Verb.SWITCH
    ]
    assert seen[0] == (5_000, "false")
    assert seen[1][1] == "true"
    assert 7_000 <= seen[1][0] <= 7_000 + TOLERANCE_MS[Level.WIRE]


def test_given_a_bug_in_an_adapter_when_a_scenario_runs_then_its_run_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(_switch: object, command: Command) -> None:
        raise ZeroDivisionError(type(command).__name__)

    monkeypatch.setattr(AsteriskSwitch, "execute", execute)
    run = run_on_wire(staged(stage.hong(), stage.agent(), limit_ms=5_000))
    assert any("ZeroDivisionError('StartOffer')" in problem for problem in run.problems)


def test_given_a_run_with_cuts_and_deaths_when_it_is_over_then_logging_is_as_it_was() -> None:
    ours = logging.getLogger("ivr_engine")
    before = list(ours.handlers), ours.propagate
    run_on_wire(staged(stage.hong(), stage.agent(), stage.world(Happening.AMI_CUT, 2_000, lasts_ms=500)))
    assert (list(ours.handlers), ours.propagate) == before


def test_given_a_link_that_cannot_come_up_when_a_scenario_runs_then_it_ends_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AmiServer, "admit", lambda *_session: False)
    run = run_on_wire(staged(stage.hong(), stage.agent(), limit_ms=60_000))
    assert run.problems[0] == "the engine did not see the switch within 30 s"
    assert not [fact for fact in run.history.facts if fact.verb is Verb.CONNECTED]
