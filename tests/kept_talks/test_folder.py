"""The folder of recorded talks: what is listed, what goes in time, what is never touched, who is written down."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.kept_talks.folder import DAY_MS, TalkFolder
from ivr_engine.runtime.ports import TalksAway
from tests.whole_command import app

NOW_MS = 1_800_000_000_000


def talk(folder: Path, name: str, *, queue: str = "tax", days_ago: float = 0, content: bytes = b"RIFF") -> Path:
    file = folder / queue / f"{name}.wav"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    at = (NOW_MS - days_ago * DAY_MS) / 1000
    os.utime(file, (at, at))
    return file


def kept(folder: Path) -> TalkFolder:
    return TalkFolder(folder, lambda: NOW_MS)


def history(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.glob("history-*")) for line in file.read_text().splitlines()]


def test_given_talks_when_listed_then_the_oldest_is_first_and_strangers_are_left_out(tmp_path: Path) -> None:
    talk(tmp_path, "1700-5-e1-2.30d", days_ago=1)
    talk(tmp_path, "1700-5-e1-1.30d", queue="water", days_ago=2)
    talk(tmp_path, "notes")
    (tmp_path / "tax" / "1700-9-e1-1.30d.txt").write_text("x")
    found = kept(tmp_path).all()
    assert [(one.queue, one.name, one.contact, one.keep_days) for one in found] == [
        ("water", "1700-5-e1-1.30d", "1700-5", 30),
        ("tax", "1700-5-e1-2.30d", "1700-5", 30),
    ]


def test_given_a_contact_when_its_talks_are_asked_then_no_longer_name_counts_as_its_own(tmp_path: Path) -> None:
    talk(tmp_path, "1700-5-e1-1.30d")
    talk(tmp_path, "1700-51-e1-1.30d")
    assert [one.name for one in kept(tmp_path).of_contact("1700.5")] == ["1700-5-e1-1.30d"]


def test_given_talks_when_purged_then_those_over_their_days_go_and_each_is_written_down(tmp_path: Path) -> None:
    old, young = talk(tmp_path, "1-1-e1-1.30d", days_ago=31), talk(tmp_path, "1-2-e1-1.30d", days_ago=29)
    purged = kept(tmp_path).purge({}, "operator")
    assert ([one.name for one in purged.deleted], purged.refused) == (["1-1-e1-1.30d"], ())
    assert (old.exists(), young.exists()) == (False, True)
    assert history(tmp_path) == [
        {"at_ms": NOW_MS, "who": "operator", "did": "deleted", "queue": "tax", "recording": "1-1-e1-1.30d"}
    ]


@pytest.mark.parametrize(("by_queue", "goes"), [(10, True), (60, False)])
def test_given_other_days_by_now_when_purged_then_fewer_count_and_more_do_not(
    tmp_path: Path, by_queue: int, goes: bool
) -> None:
    file = talk(tmp_path, "1-1-e1-1.30d", days_ago=20)
    kept(tmp_path).purge({"tax": by_queue}, "operator")
    assert file.exists() is not goes
    longer = talk(tmp_path, "1-2-e1-1.30d", days_ago=40)
    kept(tmp_path).purge({"tax": by_queue}, "operator")
    assert not longer.exists()


def test_given_a_dry_run_when_purged_then_what_is_due_is_told_and_nothing_changes(tmp_path: Path) -> None:
    file = talk(tmp_path, "1-1-e1-1.30d", days_ago=31)
    assert len(kept(tmp_path).purge({}, "operator", dry_run=True).deleted) == 1
    assert (file.exists(), history(tmp_path)) == (True, [])


def test_given_links_out_of_the_folder_when_purged_then_nothing_behind_them_is_seen_or_touched(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "talks"
    outside.mkdir()
    (folder / "tax").mkdir(parents=True)
    target = outside / "1-1-e1-1.1d.wav"
    target.write_bytes(b"x")
    os.utime(target, (0, 0))
    (folder / "linked").symlink_to(outside)
    (folder / "tax" / "1-2-e1-1.1d.wav").symlink_to(target)
    (folder / "tax" / "1-3-e1-1.1d.wav").mkdir()
    assert kept(folder).purge({}, "operator").deleted == ()
    assert target.exists()


def test_given_a_listener_when_a_talk_is_heard_then_the_listener_is_written_down(tmp_path: Path) -> None:
    talk(tmp_path, "1-1-e1-1.30d", content=b"sound")
    assert kept(tmp_path).listen("1.1", "tax", "1-1-e1-1.30d", "auditor") == b"sound"
    [line] = history(tmp_path)
    assert (line["who"], line["did"], line["recording"]) == ("auditor", "listened", "1-1-e1-1.30d")


@pytest.mark.parametrize(
    ("contact", "queue", "name"),
    [("1.2", "tax", "1-1-e1-1.30d"), ("1.1", "water", "1-1-e1-1.30d"), ("1.1", "tax", "../tax/1-1-e1-1.30d")],
)
def test_given_a_talk_of_somebody_else_when_asked_then_nobody_hears_it(
    tmp_path: Path, contact: str, queue: str, name: str
) -> None:
    talk(tmp_path, "1-1-e1-1.30d")
    with pytest.raises(KeyError):
        kept(tmp_path).listen(contact, queue, name, "auditor")
    assert history(tmp_path) == []


def test_given_a_history_that_cannot_be_written_when_somebody_listens_then_nothing_is_heard_or_deleted(
    tmp_path: Path,
) -> None:
    file = talk(tmp_path, "1-1-e1-1.30d", days_ago=31)
    (tmp_path / "history-2027-01.jsonl").symlink_to("/dev/null")
    with pytest.raises(TalksAway):
        kept(tmp_path).listen("1.1", "tax", "1-1-e1-1.30d", "auditor")
    assert len(kept(tmp_path).purge({}, "operator").refused) == 1
    assert file.exists()


def test_given_history_of_years_when_purged_then_what_is_older_than_two_years_goes(tmp_path: Path) -> None:
    for month in ("2024-12", "2025-01", "2026-12"):
        (tmp_path / f"history-{month}.jsonl").write_text("{}\n")
    kept(tmp_path).purge({}, "operator")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["history-2025-01.jsonl", "history-2026-12.jsonl"]


def test_given_no_folder_when_listed_then_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(TalksAway):
        kept(tmp_path / "nowhere").all()


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_the_command_when_it_lists_and_purges_then_it_says_what_and_ends_by_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "talks"
    (folder / "tax").mkdir(parents=True)
    file = folder / "tax" / "1-1-e1-1.30d.wav"
    file.write_bytes(b"x")
    os.utime(file, (0, 0))
    monkeypatch.setenv("IVR_TALKS_HERE", str(folder))
    run = CliRunner().invoke
    listed = run(app, ["recordings", "list", "--format", "json"])
    assert (listed.exit_code, json.loads(listed.stdout)[0]["name"]) == (0, "1-1-e1-1.30d")
    assert run(app, ["recordings", "list", "--contact", "1.2", "--format", "json"]).stdout == "[]\n"
    dry = run(app, ["recordings", "purge", "--dry-run"])
    assert (dry.exit_code, "1 are due" in dry.stderr, file.exists()) == (0, True, True)
    gone = run(app, ["recordings", "purge"])
    assert (gone.exit_code, "1-1-e1-1.30d" in gone.stdout, file.exists()) == (0, True, False)
    monkeypatch.setenv("IVR_TALKS_HERE", str(tmp_path / "nowhere"))
    assert run(app, ["recordings", "purge"]).exit_code == 2
