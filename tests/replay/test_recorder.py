"""A contact becomes a scenario that comes out as the contact did, without anything personal in it."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr_engine.replay.language import read
from ivr_engine.replay.recorder import CannotRecord, scenario_of
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scrub import Scrub
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.simulated import run
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.stories import stories_of
from ivr_engine.replay.verdict import judge
from ivr_engine.replay.ways import Ways
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.journal import WrittenJournal
from tests.replay.stage import Happening, TalkAct, agent, citizen, does, hong, official, perform, presses, world
from tests.whole_command import app

SCENARIOS = Path(__file__).parents[1] / "scenarios"

COMES_OUT = (
    "visit/greeting_then_person",
    "visit/menu_keys",
    "visit/english",
    "visit/hangs_up_in_menu",
    "offer/three_misses_and_back",
    "offer/declined",
    "offer/busy",
    "wait/abandons",
    "wait/short_abandon",
    "wait/promise_of_its_own",
    "wait/rona_keeps_age",
    "transfer/complete",
    "transfer/cancel",
    "transfer/conference",
    "transfer/official_silent",
    "transfer/second_try",
)
"""Of the library's scenarios those whose contacts are ordinary, one of each kind."""


@pytest.fixture(scope="module")
def ways() -> Ways:
    return Ways(dialplans(), loaded(dialplans()))


@pytest.mark.parametrize("name", COMES_OUT)
def test_given_a_contact_when_recorded_and_run_then_it_comes_out_the_same(
    name: str, ways: Ways, tmp_path: Path
) -> None:
    scenario = read(SCENARIOS / f"{name}.scenario.yaml")[0]
    stories = stories_of(run(scenario).entries)
    assert stories.over
    for story in stories.over:
        file = tmp_path / f"{story.began.contact}.scenario.yaml"
        file.write_text(scenario_of(story, stories, ways, Scrub()))
        [again] = read(file)
        played = run(again)
        assert not played.problems, file.read_text()
        assert not judge(again, played.history), file.read_text()
        [repeated] = stories_of(played.entries).over
        assert repeated.ended is not None
        assert story.ended is not None
        assert repeated.ended.disposition is story.ended.disposition
        assert [one.agent for _, one in repeated.offered] == [one.agent for _, one in story.offered]


def test_given_a_contact_when_recorded_then_neither_caller_nor_official_nor_name_is_in_it(ways: Ways) -> None:
    played = perform(hong(caller="01012345678"), agent(acts=(does(TalkAct.CONSULT, 2_000),)), official())
    stories = stories_of(played.entries)
    text = scenario_of(stories.over[0], stories, ways, Scrub())
    assert '"7001"' in text
    assert "01012345678" not in text
    assert "0200007001" not in text
    assert "Agent" not in text


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ((world(Happening.ENGINE_KILLED, 3_000), world(Happening.ENGINE_STARTED, 4_000)), "started anew"),
        ((world(Happening.AMI_CUT, 3_000, lasts_ms=1_000),), "switch was lost"),
    ],
)
def test_given_a_contact_during_a_fault_when_recorded_then_it_is_refused_with_the_reason(
    acts: Sequence[object], why: str, ways: Ways
) -> None:
    stories = stories_of(perform(hong(), agent(), *acts).entries)  # type: ignore[arg-type]
    with pytest.raises(CannotRecord, match=why):
        scenario_of(stories.over[0], stories, ways, Scrub())


# ── the commands ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    return perform(
        hong(caller="01012345678"),
        citizen("kim", presses("2", "menu"), dials="120", arrives_ms=500),
        agent(),
        agent("1002", skills="water"),
    ).entries


@pytest.fixture(scope="module")
def kept(entries: tuple[Entry, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the journal of two contacts."""
    folder = tmp_path_factory.mktemp("kept")
    url = f"sqlite+aiosqlite:///{folder / 'engine.sqlite3'}"

    async def write() -> None:
        await upgrade(url)
        database = await Database.open(url)
        journal = WrittenJournal(database, folder / "spool")
        await journal.start()
        for entry in entries:
            journal.append(
                JournalEntry(entry.epoch, entry.seq, entry.at_ms, entry.event, entry.commands, entry.notices)
            )
        await journal.close()
        await database.dispose()

    asyncio.run(write())
    return folder / "engine.sqlite3"


def _say(database: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words], env={"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{database}"})


def _contacts(entries: tuple[Entry, ...]) -> list[str]:
    return [story.began.contact for story in stories_of(entries).over]


def test_given_a_contact_of_the_journal_when_recorded_then_the_file_runs(
    kept: Path, entries: tuple[Entry, ...], tmp_path: Path
) -> None:
    file = tmp_path / "one.scenario.yaml"
    said = _say(kept, "record", _contacts(entries)[0], "--out", str(file))
    assert said.exit_code == 0, said.output
    assert "1 of 1" in said.output
    [scenario] = read(file)
    assert not judge(scenario, run(scenario).history)


def test_given_a_stretch_of_the_journal_when_recorded_then_each_contact_has_its_file(
    kept: Path, entries: tuple[Entry, ...], tmp_path: Path
) -> None:
    said = _say(kept, "record", "--from", "2026-11-23", "--to", "2026-11-24", "--out", str(tmp_path / "all"))
    assert said.exit_code == 0, said.output
    assert {path.name for path in (tmp_path / "all").iterdir()} == {
        f"{contact}.scenario.yaml" for contact in _contacts(entries)
    }


def test_given_a_stretch_when_recorded_whole_then_the_recording_is_verified_and_scrubbed(
    kept: Path, tmp_path: Path
) -> None:
    file = tmp_path / "day.jsonl.gz"
    said = _say(kept, "record", "--from", "2026-11-23", "--to", "2026-11-24", "--out", str(file))
    assert said.exit_code == 0, said.output
    again = _say(kept, "verify-journal", "--file", str(file))
    assert again.exit_code == 0, again.output
    assert "all as recorded" in again.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("record", "nobody", "--out", "x"), "no contact nobody"),
        (("record", "--out", "x"), "say which"),
        (("record", "--from", "noon", "--to", "2026-11-24", "--out", "x"), "is no time"),
        (("record", "--from", "2020-01-01", "--to", "2020-01-02", "--out", "x"), "no contact arrived"),
        (("verify-journal", "--epoch", "77"), "no epoch 77"),
        (("verify-journal", "--file", "absent.jsonl.gz"), "absent.jsonl.gz:1:1"),
    ],
)
def test_given_a_wrong_request_when_made_then_it_is_told_in_one_line(
    kept: Path, words: tuple[str, ...], told: str
) -> None:
    said = _say(kept, *words)
    assert said.exit_code == 2
    assert told in said.output


def test_given_a_journal_when_verified_then_it_is_as_recorded_and_a_changed_one_is_not(
    kept: Path, tmp_path: Path
) -> None:
    said = _say(kept, "verify-journal")
    assert said.exit_code == 0, said.output
    changed = _changed(kept, tmp_path / "changed.sqlite3")
    said = _say(changed, "verify-journal")
    assert said.exit_code == 1
    assert "commands[0].ring_ms" in said.output


def _changed(database: Path, copy: Path) -> Path:
    """A copy in which the phones were told to ring for another time."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)  # what the engine wrote last may not be in the file itself yet
        with target:
            change = """UPDATE journal SET payload = replace(payload, '"ring_ms":10000', '"ring_ms":9000')
                        WHERE event_kind != 'Configured'"""
            target.execute(change)
    return copy
