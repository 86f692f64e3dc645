"""A day against other flows and policies: the difference is the one that was made, and CI hears of it."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.replay.day import Day, day_of, ordinary_day
from ivr_engine.replay.recording import write
from ivr_engine.replay.rerun import Played, Policy, rerun
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.whatif import Outcome, chart, compare, table
from tests.replay.stage import MONDAY_MS, Conduct, agent, citizen, hong, perform, presses
from tests.whole_command import app


@pytest.fixture(scope="module")
def day() -> Day:
    """An ordinary day of a small centre."""
    return ordinary_day(MONDAY_MS, contacts=400)


def _play(day: Day, folder: Path | None = None, policy: Policy | None = None) -> Played:
    home = folder or dialplans()
    return rerun(day, home, loaded(home), policy)


def _without_water(tmp_path: Path) -> Path:
    """120's flows after somebody took the water key out of the menu, and the machine that leads there as well."""
    folder = tmp_path / "other"
    shutil.copytree(dialplans(), folder)
    main = folder / "flows" / "main.yaml"
    text = main.read_text()
    for way in ('      "2": water\n', "  water:\n    queue: water\n", '      "5": flow:self_service\n'):
        assert way in text
        text = text.replace(way, "")
    main.write_text(text)
    return folder


def test_given_a_day_when_played_twice_then_it_is_the_same_and_nobody_is_forgotten(day: Day) -> None:
    once, again = _play(day), _play(day)
    assert once.ended == again.ended
    assert once.ended.keys() == {arrival.id for arrival in day.arrivals}
    assert once.unfinished == 0


def test_given_a_recorded_centre_when_played_against_its_own_flows_then_it_ends_as_recorded() -> None:
    entries = _journal()
    day = day_of(entries, "a test")
    played = _play(day)
    assert {contact: one.disposition for contact, one in played.ended.items()} == {
        contact: one.disposition for contact, one in day.recorded.items()
    }
    assert {one.agent for one in played.ended.values()} == {one.agent for one in day.recorded.values()}


def test_given_an_agent_who_was_done_early_when_played_against_the_same_flows_then_nobody_waits_longer() -> None:
    entries = perform(
        hong(),
        citizen("kim", dials="0200001001", arrives_ms=1_000),
        citizen("lee", dials="0200001001", arrives_ms=2_000),
        agent("1001", Conduct(talk_ms=3_000), finishes_wrap_up_after_ms=1_000),
    ).entries
    day = day_of(entries, "a test")
    same, usual = _play(day), _play(day, policy=Policy(wrap_up_ms=20_000))
    for contact, recorded in day.recorded.items():
        assert same.ended[contact].wait_ms == pytest.approx(recorded.wait_ms, abs=500)
    assert max(one.wait_ms or 0 for one in usual.ended.values()) > 40_000


def _journal() -> tuple[Entry, ...]:
    """One answered, one in another queue, one who gave up where nobody works."""
    return perform(
        hong(),
        citizen("kim", presses("2", "menu"), dials="120", arrives_ms=500),
        citizen("lee", presses("3", "menu"), dials="120", arrives_ms=900, patience_ms=5_000),
        agent("1001", Conduct(talk_ms=5_000)),
        agent("1002", Conduct(talk_ms=5_000), skills="water"),
    ).entries


def test_given_flows_without_a_queue_when_played_then_its_citizens_are_told_as_lost_ways(
    day: Day, tmp_path: Path
) -> None:
    played = _play(day, _without_water(tmp_path))
    wanted = sum(1 for one in day.arrivals if one.queue == "water")
    assert wanted
    assert played.lost_ways == {"120 → water (ko)": wanted}
    assert not _play(day).lost_ways


def test_given_phones_that_ring_too_shortly_when_compared_then_more_give_up_and_points_are_lost(day: Day) -> None:
    before, after = _play(day), _play(day, policy=Policy(ring_ms=1_200))
    compared = compare(Outcome("usual", before.ended, before.keys), Outcome("hasty", after.ended, after.keys), {})
    assert compared.loss() > 1
    assert compared.changed["answered → abandoned"] > 0
    assert compared.after.dispositions[str(Disposition.ABANDONED)] > compared.before.dispositions["abandoned"]
    assert set(compared.before.levels) == set(Formula)


def test_given_no_difference_when_compared_then_nothing_is_lost_and_nobody_changed(day: Day) -> None:
    played = _play(day)
    outcome = Outcome("same", played.ended, played.keys)
    compared = compare(outcome, outcome, {})
    assert (compared.loss(), compared.changed, compared.other_agent) == (0.0, {}, 0)
    text = table(compared)
    assert all(str(formula) in text for formula in Formula)
    assert len(ElementTree.fromstring(chart(compared)).findall("{http://www.w3.org/2000/svg}rect")) == 1 + 2 * len(
        Formula
    )


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("day") / "day.jsonl.gz"
    write(file, _journal(), engine="0.0", source="a test")
    return file


def _say(*words: str) -> Result:
    return CliRunner().invoke(app, ["replay", *words])


def test_given_the_same_flows_when_replayed_then_the_status_is_0_and_json_has_everything(
    recording: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "levels.svg"
    said = _say("--against", str(dialplans()), "--file", str(recording), "--format", "json", "--svg", str(picture))
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    assert told["verdict"] == {"formula": "offered", "points_lost": 0.0, "allowed": 0.0, "worse": False}
    assert told["before"]["dispositions"] == told["after"]["dispositions"] == {"answered": 2, "abandoned": 1}
    assert picture.read_text().startswith("<svg")


def test_given_a_worse_policy_when_replayed_then_the_status_is_1_unless_that_much_is_allowed(recording: Path) -> None:
    words = ("--against", str(dialplans()), "--file", str(recording), "--policy", "ring=0.5s")
    said = _say(*words)
    assert said.exit_code == 1, said.output
    assert "offered: -66.7 points, worse than the 0 allowed" in said.output
    assert _say(*words, "--allow", "70").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say which day"),
        (("--ordinary", "--file", "x"), "say which day"),
        (("--file", "absent"), "absent:1:1"),
        (("--from", "2026-11-23"), "both --from and --to"),
        (("--ordinary", "--policy", "rings=8s"), "no 'rings'"),
        (("--ordinary", "--policy", "ring=soon"), "write ring=8s"),
    ],
)
def test_given_a_wrong_request_when_made_then_it_is_told_in_one_line(words: tuple[str, ...], told: str) -> None:
    said = _say("--against", str(dialplans()), *words)
    assert said.exit_code == 2
    assert told in said.output


def test_given_broken_flows_when_replayed_against_then_the_first_mistake_is_told(
    recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "numbers.yaml").write_text("numbers: 7\n")
    said = _say("--against", str(tmp_path), "--file", str(recording))
    assert said.exit_code == 2
    assert "ivr-engine check" in said.output
