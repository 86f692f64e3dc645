"""`ivr-engine report` and `ivr-engine why` as a person meets them."""

import asyncio
import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from ivr_engine.command_line.ending import COULD_NOT, OK, WRONG
from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.vocabulary import QueueId
from ivr_engine.replay import recording
from ivr_engine.storage.batches import BatchWriter
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.rows import row_of
from tests.reports.journalled import Journalled
from tests.whole_command import app

Run = Callable[..., Result]
SPAN = ("--from", "2023-11-15", "--to", "2023-11-16")


def morning() -> Journalled:
    """One citizen is answered in 3 s, one in 20 s after a missed ring, one gives up, one still waits."""
    queue = QueueSettings(QueueId("general"), contractor_shares={"": 100})
    centre = Journalled("1001", queues=(queue,), routing=RoutingPolicy(explains=True))
    for citizen, misses, after_ms in (("c1", 0, 3_000), ("c2", 1, 2_000)):
        calling = centre.citizen(citizen).queues(caller="01012345678")
        if misses:
            centre.wait(8_000)
            centre.agent("1001").misses()
            centre.wait(10_000)
        centre.wait(after_ms)
        talking = centre.agent("1001").answers()
        centre.wait(60_000)
        calling.leaves()
        talking.hangs_up()
        centre.wait(30_000)
    centre.agent("1001").takes_a_break()
    centre.citizen("c3").queues()
    centre.wait(30_000)
    centre.citizen("c3").leaves()
    centre.citizen("c4").queues()
    return centre


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("filled") / "engine.sqlite3"

    async def fill() -> None:
        url = f"sqlite+aiosqlite:///{file}"
        await upgrade(url)
        database = await Database.open(url)
        await BatchWriter(database, lambda _: file).write([row_of(entry) for entry in morning().entries])
        await database.dispose()

    asyncio.run(fill())
    return file


@pytest.fixture
def run(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    environment = {"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{filled}", "NO_COLOR": "1", "COLUMNS": "200"}
    return lambda *words: CliRunner().invoke(app, list(words), env=environment)


def test_given_a_journal_when_reported_as_json_then_six_formulas_stand_in_one_row(run: Run) -> None:
    result = run("report", *SPAN, "--format", "json")
    assert result.exit_code == OK, result.output
    told = json.loads(result.stdout)
    row = dict(zip(told["columns"], told["rows"][0], strict=True))
    assert (row["queue"], row["offered"], row["answered"], row["within"], row["open"]) == ("general", 3, 2, 1, 1)
    assert (row["offered_percent"], row["answered_percent"]) == (33.33, 50.0)
    assert row["first_contact_resolution_percent"] == 50.0


def test_given_a_journal_when_reported_in_other_forms_then_each_can_be_read(run: Run) -> None:
    table = run("report", *SPAN, "--by", "queue,interval", "--interval", "15m").stdout
    assert "2023-11-15 07:00" in table
    assert "clock: from queue entry to a human voice" in table
    lines = run("report", *SPAN, "--format", "csv").stdout.splitlines()
    assert len(list(csv.DictReader(line for line in lines if not line.startswith("#")))) == 1
    assert ElementTree.fromstring(run("report", *SPAN, "--format", "svg").stdout).tag.endswith("svg")


def test_given_agents_and_contractors_when_reported_then_times_add_up_and_shares_are_told(run: Run) -> None:
    told = json.loads(run("report", "agents", *SPAN, "--format", "json").stdout)
    row = dict(zip(told["columns"], told["rows"][0], strict=True))
    parts = ("idle_seconds", "offered_seconds", "on_contact_seconds", "wrap_up_seconds", "break_seconds")
    assert sum(row[part] for part in parts) == pytest.approx(row["logged_in_seconds"])
    shares = json.loads(run("report", "contractors", *SPAN, "--by", "all", "--format", "json").stdout)
    assert shares["columns"][0] == "contractor"


def test_given_a_recording_when_reported_then_it_says_the_same_as_the_database(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl.gz"
    recording.write(file, morning().entries, engine="test", source="test")
    assert run("report", *SPAN, "--file", str(file)).stdout == run("report", *SPAN).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "mood"), "there is no 'mood' to split by"),
        (("--interval", "7m"), "there is no interval '7m'"),
        (("--from", "yesterday"), "is no time"),
        (("--from", "2023-11-16", "--to", "2023-11-15"), "ends before it begins"),
        (("--file", "nowhere.jsonl.gz"), "cannot be read"),
    ],
)
def test_given_a_question_that_makes_no_sense_when_asked_then_one_line_says_what_to_do(
    run: Run, words: tuple[str, ...], said: str
) -> None:
    result = run("report", *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (COULD_NOT, 1)
    assert said in result.stderr


def test_given_a_contact_that_is_over_when_asked_why_then_its_story_has_reasons_and_times(run: Run) -> None:
    result = run("why", "c2")
    assert result.exit_code == OK, result.output
    for words in (
        "c2: answered; waited 20.0 s",
        "2 offers",
        "1001 did not answer (no_answer) after 8.0 s",
        "who could was not free: 1 resting",
        "the answer promise of 15.0 s is missed",
        "talks with 1001 after 20.0 s, late",
    ):
        assert words in result.stdout
    assert "01012345678" not in result.stdout


def test_given_a_contact_that_waits_when_no_engine_may_be_asked_then_the_story_is_told_all_the_same(run: Run) -> None:
    result = run("why", "c4")
    assert "c4: still open" in result.stdout
    assert "who could was not free: 1 on_break" in result.stdout
    assert "now: no token without a role in IVR_API_TOKENS" in result.stdout


def test_given_no_such_contact_when_asked_why_then_those_that_could_be_meant_are_named(run: Run) -> None:
    result = run("why", "c")
    assert result.exit_code == WRONG
    assert "c4" in result.stderr
