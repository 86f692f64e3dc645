"""What is recorded, and what only pretends to be."""

import os
from pathlib import Path

import pytest

from ivr_engine.flow import recordings
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.recordings import read_recordings
from tests.flow.conftest import Folder


def test_given_recordings_in_folders_when_read_then_each_has_its_length(folder: Folder) -> None:
    folder.record("ko/water/bill", 250)
    folder.write("prompts/ko/README.txt", "who spoke")
    folder.write("prompts/ko/broken.wav", "RIFF")
    found = read_recordings(folder.path, Diagnostics())
    assert (found["ko/water/bill"], found["ko/greeting"], found["ko/broken"]) == (250, 100, None)
    assert "ko/README" not in found


def test_given_a_folder_of_recordings_elsewhere_when_it_is_linked_as_a_whole_then_it_is_read(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("sounds") / "prompts"
    (folder.path / "prompts").rename(elsewhere)
    (folder.path / "prompts").symlink_to(elsewhere)
    assert folder.load().warnings == ()


def test_given_a_link_out_of_the_prompts_when_loaded_then_it_is_refused(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    stolen = folder.path / "prompts" / "ko" / "greeting.wav"
    stolen.unlink()
    stolen.symlink_to(tmp_path / "secret.wav")
    assert folder.mistakes() == [
        "prompts/ko/greeting.wav:1:1: prompt_path: this link leads out of the prompts folder; "
        "put the recording itself here"
    ]


def test_given_a_link_inside_the_prompts_when_loaded_then_it_is_a_recording(folder: Folder) -> None:
    same = folder.path / "prompts" / "ko" / "silence.wav"
    same.unlink()
    same.symlink_to("greeting.wav")
    assert folder.load().warnings == ()


def test_given_circles_pipes_and_linked_folders_when_read_then_it_ends(folder: Folder) -> None:
    prompts = folder.path / "prompts"
    (prompts / "ko" / "again").symlink_to("..")
    os.mkfifo(prompts / "ko" / "pipe.wav")
    (prompts / "ko" / "self.wav").symlink_to("self.wav")
    diagnostics = Diagnostics()
    found = read_recordings(folder.path, diagnostics)
    assert "ko/pipe" not in found
    assert not any("again" in name for name in found)


def test_given_too_many_files_when_read_then_it_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "RECORDINGS", 3)
    assert folder.mistakes()[0] == "prompts:1:1: too_many_files: more than 3 files are in this folder"
