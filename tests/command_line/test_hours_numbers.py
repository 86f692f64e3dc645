"""`ivr-engine hours` and `ivr-engine numbers`, as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.flow.conftest import Folder, folder
from tests.whole_command import app

Command = Callable[..., Result]
__all__ = ["folder"]

HOURS = "hours: {office: {week: {mon-fri: 09:00-18:00, sat-sun: closed}}, night: {week: always, title: 밤}}\n"


@pytest.fixture
def command() -> Command:
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


# ── hours ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_calendars_when_a_year_is_printed_then_each_is_shown(command: Command, folder: Folder) -> None:
    folder.write("hours.yaml", HOURS)
    done = command("hours", folder.path, "--year", 2027)
    assert done.exit_code == 0
    assert "office · 2027 · Asia/Seoul" in done.output
    assert "night 밤 · 2027 · Asia/Seoul" in done.output
    assert "2027-02-09 tue  closed  설날 대체 휴일" in done.output


def test_given_calendars_when_one_is_drawn_into_a_file_then_it_is_a_picture(
    command: Command, folder: Folder, tmp_path: Path
) -> None:
    folder.write("hours.yaml", HOURS)
    out = tmp_path / "year.svg"
    done = command("hours", folder.path, "--year", 2027, "--calendar", "night", "--format", "svg", "--out", out)
    assert (done.exit_code, done.output) == (0, "")
    assert out.read_text().startswith("<svg ")
    assert "office" not in out.read_text()


def test_given_calendars_when_asked_for_json_then_every_day_is_told(command: Command, folder: Folder) -> None:
    folder.write("hours.yaml", HOURS)
    office, night = json.loads(command("hours", folder.path, "--year", 2028, "--format", "json").stdout)
    assert len(office["days"]) == 366
    assert office["days"][0] == {
        "date": "2028-01-01",
        "state": "holiday",
        "open": [],
        "open_minutes": 0,
        "holiday": "신정연휴",
        "exception": False,
    }
    assert night["minutes"] == {"open": 366 * 1440}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--calendar", "ofice"), 2, "there is no calendar 'ofice'; there are office, night"),
        (("--year", "2051"), 2, "holidays are known from 2000 to 2050"),
        (("--out", "/nowhere/x"), 2, "cannot write /nowhere/x"),
    ],
)
def test_given_a_wrong_word_when_hours_are_asked_for_then_it_says_what_to_do(
    words: tuple[str, ...], status: int, said: str, command: Command, folder: Folder
) -> None:
    folder.write("hours.yaml", HOURS)
    done = command("hours", folder.path, *words)
    assert done.exit_code == status
    assert said in done.output


def test_given_no_calendars_or_a_broken_folder_when_hours_are_asked_for_then_that_is_said(
    command: Command, folder: Folder
) -> None:
    assert "has no calendars" in command("hours", folder.path).output
    folder.write("hours.yaml", "hours: {a: {week: {mon: closed}}}\n")
    done = command("hours", folder.path)
    assert (done.exit_code, "hours.yaml:1:19: week_gap" in done.output) == (1, True)


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_export_when_imported_then_nothing_changes(command: Command, folder: Folder, tmp_path: Path) -> None:
    before = (folder.path / "numbers.yaml").read_bytes()
    out = tmp_path / "n.csv"
    assert command("numbers", "export", folder.path, "--out", out).exit_code == 0
    done = command("numbers", "import", out, folder.path)
    assert (done.exit_code, done.output) == (
        0,
        f"{folder.path}/numbers.yaml: 0 added, 0 changed, 2 as they were, 0 removed\n",
    )
    assert (folder.path / "numbers.yaml").read_bytes() == before


def test_given_a_changed_export_when_imported_then_the_folder_has_it_and_the_rest_stays(
    command: Command, folder: Folder, tmp_path: Path
) -> None:
    out = tmp_path / "n.csv"
    command("numbers", "export", folder.path, "--out", out)
    header, first, _ = out.read_text().splitlines()
    out.write_text(f"{header}\n{first}\n02-0000-2149,mapo,main,transport,,ko,,,,,,,,,3141,yes\n")
    tried = command("numbers", "import", out, folder.path, "--dry-run")
    assert "1 would be added, 0 changed, 2 as they were, 0 removed" in tried.output
    assert len(folder.load().numbers) == 2
    assert "1 added" in command("numbers", "import", out, folder.path).output
    assert [entry.number for entry in folder.load().numbers] == ["120", "0200002141", "0200002149"]
    assert "1 removed" in command("numbers", "import", out, folder.path, "--remove-missing").output
    assert [entry.number for entry in folder.load().numbers] == ["120", "0200002149"]
    assert (folder.path / "numbers.yaml").read_text().startswith("agencies:\n  mapo: {kind: district, ")


def test_given_mistakes_when_imported_then_all_are_told_and_nothing_is_written(
    command: Command, folder: Folder, tmp_path: Path
) -> None:
    out = tmp_path / "n.csv"
    out.write_text(command("numbers", "export", folder.path).stdout + "99,mapoo,mian,transport,,ko,,,,,,,,,,\n")
    before = (folder.path / "numbers.yaml").read_bytes()
    done = command("numbers", "import", out, folder.path)
    assert done.exit_code == 1
    assert [line.split(": ")[0] for line in done.output.splitlines()] == ["n.csv:4:4", "n.csv:4:10"]
    assert (folder.path / "numbers.yaml").read_bytes() == before


def test_given_a_number_that_others_follow_when_it_would_be_removed_then_the_import_is_refused(
    command: Command, folder: Folder, tmp_path: Path
) -> None:
    folder.write(
        "numbers.yaml",
        'numbers:\n  "120": {flow: main}\n'
        '  "0200002141": {flow: main, in_service: {until: 2027-01-01, farewell: menu, after: "120"}}\n',
    )
    out = tmp_path / "n.csv"
    command("numbers", "export", folder.path, "--out", out)
    header, _, second = out.read_text().splitlines()
    out.write_text(f"{header}\n{second}\n")
    done = command("numbers", "import", out, folder.path, "--remove-missing")
    assert (done.exit_code, "after its farewell" in done.output) == (1, True)
    assert len(folder.load().numbers) == 2


def test_given_numbers_in_two_documents_when_imported_then_it_says_that_they_have_to_be_one(
    command: Command, folder: Folder, tmp_path: Path
) -> None:
    folder.write("more.yaml", 'numbers: {"0200002149": {flow: main}}\n')
    out = tmp_path / "n.csv"
    command("numbers", "export", folder.path, "--out", out)
    done = command("numbers", "import", out, folder.path)
    assert (done.exit_code, "more.yaml, numbers.yaml" in done.output) == (2, True)
