"""`ivr-engine diff`, between folders and between revisions of git."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.flow.conftest import Folder, folder
from tests.whole_command import app

__all__ = ["folder"]


def diff(*words: object) -> Result:
    return CliRunner().invoke(app, ["diff", *map(str, words)])


@pytest.fixture
def copied(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same documents below a folder of their own."""
    copy = tmp_path_factory.mktemp("site") / "dialplans"
    shutil.copytree(folder.path, copy)
    return copy


def test_given_two_folders_when_compared_then_what_callers_notice_is_told(folder: Folder, copied: Path) -> None:
    folder.flow("  greeting:\n    hangup: closed\n")
    done = diff(copied, folder.path, "--format", "json", "--week", "2027-02-03")
    assert done.exit_code == 0, done.output
    assert "ends as closed" in json.dumps(json.loads(done.output)["numbers"])


def test_given_a_recording_that_was_made_anew_when_compared_then_its_sentence_is_told_once(
    folder: Folder, copied: Path
) -> None:
    assert "nothing changes" in diff(copied, folder.path).output
    folder.record("ko/greeting", 120)
    told = diff(copied, folder.path)
    assert (told.exit_code, told.output) == (0, "recorded anew:\n  “greeting” [ko]\n")
    assert json.loads(diff(copied, folder.path, "--format", "json").output)["recordings"] == ["“greeting” [ko]"]


def test_given_a_revision_of_git_when_compared_then_its_documents_are_the_old_ones(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *who, *words], cwd=copied.parent, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "first")
    (copied / "flows" / "main.yaml").write_text("steps:\n  greeting:\n    hangup: closed\n")
    monkeypatch.chdir(copied.parent)
    done = diff("HEAD")
    assert (done.exit_code, "ends as closed" in done.output) == (0, True), done.output
    gone = diff("no_such")
    assert (gone.exit_code, "no_such is no folder" in gone.output) == (2, True), gone.output


def test_given_a_wrong_week_or_broken_documents_when_compared_then_it_says_so(folder: Folder) -> None:
    assert diff(folder.path, folder.path, "--week", "soon").exit_code == 2
    folder.flow("  greeting:\n    play: nothing_like_it\n")
    broken = diff(folder.path, folder.path)
    assert (broken.exit_code, "flows/main.yaml:" in broken.output) == (1, True)
