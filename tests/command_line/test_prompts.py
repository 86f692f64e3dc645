"""What `ivr-engine prompts` says where it cannot begin: one line, and exit status 2."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.command_line.prompts import app
from tests.voice.conftest import Folder, folder

__all__ = ["folder"]


def test_given_no_tools_when_built_then_one_line_names_debian_s_packages(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = CliRunner().invoke(app, ["build", str(folder.path)])
    assert told.exit_code == 2
    assert told.stderr.splitlines()[-1].startswith("ivr-engine: espeak-ng and sox not found on the PATH: apt install")


def test_given_no_folder_when_checked_then_one_line_says_which_to_name(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["check", str(tmp_path / "none")])
    assert told.exit_code == 2
    assert "name the one with prompts.yaml in it" in told.stderr


def test_given_a_prompt_that_is_not_there_when_built_then_it_is_told(folder: Folder) -> None:
    told = CliRunner().invoke(app, ["build", str(folder.path), "--only", "hallo"])
    assert told.exit_code == 2
    assert "no such prompt as hallo" in told.stderr


def test_given_a_manifest_that_cannot_be_read_when_listed_then_its_mistakes_are_told(folder: Folder) -> None:
    folder.write("prompts: {hello: {text: {xx: hallo}}}\n")
    told = CliRunner().invoke(app, ["list", str(folder.path)])
    assert told.exit_code == 1
    assert "prompts.yaml:1:26: unknown_key" in told.stderr
