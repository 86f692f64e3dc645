"""`ivr-engine show CONTACT`: from the database's journal to a ladder, with the caller's number masked."""

import asyncio
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from ivr_engine.replay import simulated
from ivr_engine.replay.language import read
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.journal import WrittenJournal
from tests.whole_command import app

SCENARIO = """\
title: two citizens, a missed ring, a talk that is handed over
agents:
  "1001": {skills: general, rings: silent}
  "1002": {skills: general, answers: 1s, talks: 60s, does: [{consult: 3s, entry: "7001"}, {complete: 9s}]}
officials:
  "7001": {number: "0200007001", answers: 2s, talks: 10s}
citizens:
  hong: {dials: "0200001001", caller: "01012345678", patience: 60s}
  kim: {dials: "0200001001", caller: "01087654321", arrives: 13s, patience: 8s}
expect:
  hong: {ends: answered}
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A database in which the scenario happened, and the identifiers of its contacts by the caller's number."""
    folder = tmp_path_factory.mktemp("played")
    file = folder / "two.scenario.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    run = simulated.run(read(file)[0])
    assert not run.problems
    url = f"sqlite+aiosqlite:///{folder / 'engine.sqlite3'}"

    async def keep() -> dict[str, str]:
        await upgrade(url)
        database = await Database.open(url)
        journal = WrittenJournal(database, folder / "spool")
        await journal.start()
        for entry in run.entries:
            journal.append(
                JournalEntry(entry.epoch, entry.seq, entry.at_ms, entry.event, entry.commands, entry.notices)
            )
        await journal.close()
        async with database.reading() as connection:
            rows = (await connection.execute(select(tables.contacts.c.caller, tables.contacts.c.id))).all()
        await database.dispose()
        return {row.caller: row.id for row in rows}

    return folder / "engine.sqlite3", asyncio.run(keep())


@pytest.fixture
def contacts(played: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return played[1]


def show(played: tuple[Path, dict[str, str]], *words: str) -> Result:
    environment = {"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{played[0]}", "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["show", *words], env=environment)


def test_given_a_contact_of_the_journal_when_it_is_shown_then_its_whole_way_is_told(
    played: tuple[Path, dict[str, str]], contacts: dict[str, str]
) -> None:
    result = show(played, contacts["01012345678"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{contacts['01012345678']} · 0200001001 · 2026-11-23 10:00:0")
    assert lines[0].endswith("· answered")
    told = [line.rsplit("  ", 1)[-1].strip() for line in lines]
    order = ["dials 0200001001", "answers", "calls 7001", "consult  the citizen hears music", "handed over"]
    places = [next(place for place, line in enumerate(lines) if line.endswith(words)) for words in order]
    assert places == sorted(places)
    assert "no answer" in told
    assert "wrap-up" in told, "the agent's own decisions belong to it"
    assert max(map(len, lines)) <= 100


def test_given_two_contacts_at_once_when_one_is_shown_then_the_other_is_not_told_and_no_number_is_whole(
    played: tuple[Path, dict[str, str]], contacts: dict[str, str]
) -> None:
    shown = show(played, contacts["01012345678"]).stdout
    assert "…5678" in shown
    assert "01012345678" not in shown
    assert "4321" not in shown
    other = show(played, contacts["01087654321"]).stdout
    assert "ends: abandoned" in other
    assert "handed over" not in other


def test_given_a_file_when_a_contact_is_shown_then_it_is_a_picture_in_it(
    played: tuple[Path, dict[str, str]], contacts: dict[str, str], tmp_path: Path
) -> None:
    result = show(played, contacts["01012345678"], "--svg", str(tmp_path / "hong.svg"))
    assert result.exit_code == 0, result.output
    assert ET.parse(tmp_path / "hong.svg").getroot().tag.endswith("svg")
    nowhere = show(played, contacts["01012345678"], "--svg", str(tmp_path / "no/hong.svg"))
    assert nowhere.exit_code == 2
    assert "cannot write" in nowhere.stderr


def test_given_no_such_contact_when_it_is_shown_then_those_that_could_be_meant_are_named(
    played: tuple[Path, dict[str, str]], contacts: dict[str, str]
) -> None:
    result = show(played, contacts["01012345678"][:-1])
    assert result.exit_code == 1
    assert contacts["01012345678"] in result.stderr
    without_the_switch = contacts["01012345678"][1:]
    assert f"could be meant: {contacts['01012345678']}" in show(played, without_the_switch).stderr
    assert show(played, "%").exit_code == 1, "a wildcard is no identifier"


def test_given_no_database_when_a_contact_is_shown_then_one_line_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["show", "1.1"], env={"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/x.db"})
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "there is no database" in result.stderr


def test_given_an_entry_of_another_version_when_its_contact_is_shown_then_that_is_said_in_one_line(
    played: tuple[Path, dict[str, str]], contacts: dict[str, str], tmp_path: Path
) -> None:
    file = Path(shutil.copy(played[0], tmp_path / "other.sqlite3"))
    contact = contacts["01012345678"]

    async def spoil() -> None:
        database = await Database.open(f"sqlite+aiosqlite:///{file}")
        async with database.writing() as connection:
            journal = tables.journal
            mine = journal.update().where(journal.c.contact == contact)
            await connection.execute(mine.values(payload=f'{{"contact":"{contact}"}}'))
        await database.dispose()

    asyncio.run(spoil())
    result = show((file, contacts), contact)
    assert result.exit_code == 2
    assert f"the journal of {contact} cannot be read by this version" in result.stderr
    assert result.stderr.count("\n") == 1
