"""`ivr-engine simulate` and `staff` as they are typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.whole_command import app

CONTACTS = """contact,arrival_seconds,queue,requirement,priority,handle_seconds,patience_seconds,pickup_seconds
c1,0,water,water,0,60,120,2
c2,1,water,water,0,60,30,2
"""
AGENTS = """agent,contractor,skills,from_seconds,to_seconds
a1,hansol,water:3,0,3600
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    contacts, agents = tmp_path / "contacts.csv", tmp_path / "agents.csv"
    contacts.write_text(CONTACTS)
    agents.write_text(AGENTS)
    return str(contacts), str(agents)


def test_given_two_files_when_simulated_then_json_has_the_named_figures_and_a_csv_the_fates(
    files: tuple[str, str], tmp_path: Path
) -> None:
    results = tmp_path / "fates.csv"
    typed = ["simulate", "--contacts", files[0], "--agents", files[1], "--json", "--results", str(results)]
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["service_level"]["offered"] == 0.5
    assert set(told["service_level"]) == {
        "offered",
        "answered",
        "answered_and_abandoned",
        "removed",
        "short_abandons_excluded",
        "flow_outs_counted",
    }
    assert told["asa_seconds"] == 2.0
    assert set(told["wait_seconds"]) == {"p50", "p90", "p99", "max"}
    assert told["abandoned"] == 0.5
    assert told["worst_class"] == "water"
    assert told["by_class"]["water"]["contacts"] == 2
    assert 0 < told["occupancy"] < 1
    assert results.read_text().splitlines() == [
        "contact,answered_seconds,agent,abandoned_seconds",
        "c1,2.000,a1,",
        "c2,,,31.000",
    ]


def test_given_a_negative_time_when_simulated_then_it_is_told_with_its_place_and_the_status_is_2(
    files: tuple[str, str],
) -> None:
    Path(files[0]).write_text(CONTACTS.replace("c2,1,", "c2,-1,"))
    done = CliRunner().invoke(app, ["simulate", "--contacts", files[0], "--agents", files[1]])
    assert done.exit_code == 2
    assert f"{files[0]}:3:4: negative" in done.output


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["simulate"], "say which day"),
        (
            ["simulate", "nowhere.yaml"],
            "cannot read nowhere.yaml: there is no such file; the shipped days are ordinary",
        ),
        (["simulate", "ordinary", "--policy", "fewest"], "did you mean 'fewest_skills'"),
        (["staff", "ordinary", "--policy", "x"], "there is no 'x'"),
    ],
)
def test_given_something_that_cannot_be_when_typed_then_one_line_says_so_and_the_status_is_2(
    typed: list[str], told: str
) -> None:
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 2
    assert told in done.output


def test_given_a_small_workload_when_staffed_then_a_table_and_a_picture_come_out(tmp_path: Path) -> None:
    day = tmp_path / "small.yaml"
    day.write_text(
        "title: a small centre\ncontacts: 300\n"
        f"hours_percent: [{', '.join(['4.2'] * 24)}]\n"
        "pickup: {mean_seconds: 1}\n"
        "classes:\n  calls: {share_percent: 100, handle: {mean_seconds: 120}, patience: {mean_seconds: 120}}\n"
        "crews:\n  desk: {carries: [calls], always: {calls: 5}, least: 1}\n"
    )
    drawing = tmp_path / "roster.svg"
    done = CliRunner().invoke(
        app, ["staff", str(day), "--target", "60", "--policy", "longest_idle", "--svg", str(drawing)]
    )
    assert done.exit_code == 0, done.output
    assert "Erlang-A for each crew alone" in done.output
    assert drawing.read_text().startswith("<svg")
    done = CliRunner().invoke(
        app, ["staff", str(day), "--together", "60", "--policy", "longest_idle", "--seeds", "1", "--format", "json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["together"] >= 0.6
