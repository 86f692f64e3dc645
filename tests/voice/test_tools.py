"""Where the tools are looked for, and what is said when they are not there."""

from pathlib import Path

import pytest

from ivr_engine.voice.tools import ToolsMissing, find_tools

TELLS = {"espeak-ng": "eSpeak NG text-to-speech: 1.52  Data at: /x", "sox": "sox:      SoX v14.4.2"}


def program(file: Path, says: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\necho "{says}"\n')
    file.chmod(0o755)


@pytest.mark.parametrize("below", ["usr/bin", "bin", "."])
def test_given_a_folder_with_both_tools_when_looked_for_then_they_are_those(tmp_path: Path, below: str) -> None:
    for name, says in TELLS.items():
        program(tmp_path / below / name, says)
    found = find_tools(tmp_path)
    assert found.versions == "espeak-ng 1.52, sox 14.4.2"
    assert Path(found.sox[-1]).parent.samefile(tmp_path / below)


def test_given_an_unpacked_folder_when_looked_for_then_its_own_libraries_and_voices_serve(tmp_path: Path) -> None:
    for name, says in TELLS.items():
        program(tmp_path / "usr/bin" / name, says)
    (tmp_path / "usr/lib/x86_64-linux-gnu/espeak-ng-data").mkdir(parents=True)
    environment = find_tools(tmp_path).environment
    libraries = tmp_path / "usr/lib/x86_64-linux-gnu"
    assert environment["ESPEAK_DATA_PATH"] == str(libraries)
    assert environment["LD_LIBRARY_PATH"] == f"{libraries}:{libraries}/pulseaudio"


def test_given_an_unpacked_folder_with_a_loader_when_looked_for_then_the_loader_starts_them(tmp_path: Path) -> None:
    for name, says in TELLS.items():
        program(tmp_path / "usr/bin" / name, says)
    (tmp_path / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    program(tmp_path / "usr/lib64/ld-linux-x86-64.so.2", f"{TELLS['espeak-ng']} {TELLS['sox']}")
    found = find_tools(tmp_path)
    assert found.espeak[0].endswith("ld-linux-x86-64.so.2")
    assert found.espeak[-1].endswith("usr/bin/espeak-ng")


def test_given_neither_tool_when_looked_for_then_the_packages_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolsMissing, match=r"espeak-ng and sox not found on the PATH: apt install espeak-ng sox"):
        find_tools()


def test_given_a_folder_with_one_tool_when_looked_for_then_the_other_is_named(tmp_path: Path) -> None:
    program(tmp_path / "sox", TELLS["sox"])
    with pytest.raises(ToolsMissing, match=r"^espeak-ng not found in "):
        find_tools(tmp_path)


def test_given_a_tool_that_does_not_run_when_looked_for_then_it_is_as_good_as_missing(tmp_path: Path) -> None:
    program(tmp_path / "espeak-ng", TELLS["espeak-ng"])
    program(tmp_path / "sox", "cannot open a shared object")
    with pytest.raises(ToolsMissing, match=r"^sox not found in .*unusable"):
        find_tools(tmp_path)
