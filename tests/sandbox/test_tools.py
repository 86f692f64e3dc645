"""Which tools are chosen: the machine's own where they will do, else the unpacked ones, else a clear word."""

import subprocess
from pathlib import Path

import pytest

from sandbox import tools
from sandbox.tools import ToolMissing


def _program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prefix that comes first on the PATH, with a whole Asterisk 22 and SIPp in it, and an empty cache."""
    prefix = tmp_path / "usr"
    _program(prefix / "sbin/asterisk", "Asterisk 22.1.0~dfsg-1")
    _program(prefix / "bin/sipp", "SIPp v3.7.3-TLS.")
    for file in (
        "lib/asterisk/modules/chan_pjsip.so",
        "share/asterisk/documentation/core-en_US.xml",
        "share/asterisk/sounds/en/vm-goodbye.gsm",
    ):
        (prefix / file).parent.mkdir(parents=True, exist_ok=True)
        (prefix / file).touch()
    monkeypatch.setenv("PATH", f"{prefix}/sbin:{prefix}/bin:/usr/bin:/bin")
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))
    return prefix


def test_given_a_machine_with_a_whole_asterisk_when_tools_are_wanted_then_they_are_its_own(machine: Path) -> None:
    found = tools.asterisk_tools()
    assert found.asterisk == (f"{machine}/sbin/asterisk",)
    assert found.sipp == (f"{machine}/bin/sipp",)
    assert found.modules == machine / "lib/asterisk/modules"
    assert found.share == machine / "share/asterisk"
    assert found.sounds == machine / "share/asterisk/sounds/en"
    assert found.version == (22, 1, 0)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("sbin/asterisk", "Asterisk 18.9.0"),
        ("sbin/asterisk", "Asterisk certified/18.9-cert1"),
        ("sbin/asterisk", "cannot load a library"),
        ("bin/sipp", "SIPp v3.5.2-TLS"),
    ],
)
def test_given_a_machine_with_an_old_or_broken_tool_when_tools_are_wanted_then_the_hint_says_how_to_get_them(
    machine: Path, program: str, says: str
) -> None:
    _program(machine / program, says)
    with pytest.raises(ToolMissing, match=r"sandbox\.tools asterisk") as caught:
        tools.asterisk_tools()
    assert caught.value.name == "asterisk"
    assert "Asterisk >= 20" in caught.value.hint


@pytest.mark.parametrize("lacking", ["lib/asterisk/modules/chan_pjsip.so", "share/asterisk/sounds/en/vm-goodbye.gsm"])
def test_given_a_machine_whose_asterisk_lacks_a_part_when_tools_are_wanted_then_it_is_not_taken(
    machine: Path, lacking: str
) -> None:
    (machine / lacking).unlink()
    with pytest.raises(ToolMissing):
        tools.asterisk_tools()


def test_given_a_certified_release_when_its_version_is_read_then_it_counts(machine: Path) -> None:
    _program(machine / "sbin/asterisk", "Asterisk certified-20.7-cert2")
    assert tools.asterisk_tools().version == (20, 7)


def test_given_an_unpacked_tree_that_is_not_whole_when_tools_are_wanted_then_the_hint_names_the_folder(
    machine: Path,
) -> None:
    _program(machine / "sbin/asterisk", "Asterisk 18.9.0")
    tree = tools.switch_tree()
    tree.mkdir(parents=True)
    with pytest.raises(ToolMissing, match="not whole") as caught:
        tools.asterisk_tools()
    assert str(tree) in caught.value.hint


def test_given_a_suite_in_the_environment_when_the_tree_is_looked_for_then_it_is_that_suite_s(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(machine / "sbin/asterisk", "Asterisk 18.9.0")
    monkeypatch.setenv("IVR_DEBIAN_SUITE", "duke")
    assert tools.switch_tree().name.startswith("debian-duke-switch-")
    tools.switch_tree().mkdir(parents=True)
    with pytest.raises(ToolMissing, match="debian-duke-switch"):
        tools.asterisk_tools()


def test_given_promtool_on_the_path_when_it_is_wanted_then_it_is_taken(machine: Path) -> None:
    own = _program(machine / "bin/promtool", "promtool, version 2.42.0")
    assert tools.promtool() == own


def test_given_espeak_and_sox_on_the_path_when_speech_is_wanted_then_no_folder_is_needed(machine: Path) -> None:
    _program(machine / "bin/espeak-ng", "eSpeak NG text-to-speech: 1.51  Data at: /nowhere")
    _program(machine / "bin/sox", "sox:      SoX v14.4.2")
    assert tools.speech_tools() is None


def test_given_no_sox_when_speech_is_wanted_then_the_hint_says_how_to_get_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(machine / "bin/espeak-ng", "eSpeak NG text-to-speech: 1.51  Data at: /nowhere")
    monkeypatch.setenv("PATH", f"{machine}/bin")
    with pytest.raises(ToolMissing, match=r"sandbox\.tools speech`, or install espeak-ng and sox"):
        tools.speech_tools()


def test_given_a_machine_without_a_way_to_fetch_when_a_fetch_is_asked_for_then_one_line_says_what_to_do(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _program(machine / "sbin/asterisk", "Asterisk 18.9.0")
    monkeypatch.setenv("PATH", f"{machine}/sbin:{machine}/bin")
    assert tools.main(["asterisk"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "install the tools with this system's own packages" in errors[0]


def test_given_an_unknown_tool_when_it_is_asked_for_then_the_known_ones_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        tools.main(["freeswitch"])
    assert caught.value.code == 2
    assert "asterisk, promtool, postgres" in capsys.readouterr().err


def test_given_the_real_tools_when_they_are_started_then_each_tells_its_version(
    asterisk_tools: tools.AsteriskTools,
) -> None:
    said = subprocess.run([*asterisk_tools.asterisk, "-V"], check=True, capture_output=True, text=True, timeout=20)
    assert said.stdout.startswith("Asterisk")
    assert asterisk_tools.version >= tools.OLDEST_ASTERISK
    sipp = subprocess.run([*asterisk_tools.sipp, "-v"], check=False, capture_output=True, text=True, timeout=20)
    assert "SIPp v" in sipp.stdout + sipp.stderr
    assert (asterisk_tools.modules / "app_bridgewait.so").is_file()
    assert (asterisk_tools.share / "documentation/core-en_US.xml").is_file()
    assert list(asterisk_tools.sounds.glob("digits/1.*"))
