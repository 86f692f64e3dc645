"""Asterisk's documentation made concise: names and options stay, so that every module still finds its own."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sandbox.documentation import FILE, concise

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<docs>
  <module language="en_US" name="app_one"><support_level>core</support_level></module>
  <application name="One"><synopsis>Does it.</synopsis><description>At length.</description></application>
  <managerEvent language="en_US" name="Rang">
    <managerEventInstance class="EVENT_FLAG_CALL"><synopsis>It rang.</synopsis><syntax/></managerEventInstance>
  </managerEvent>
  <configInfo name="one"><configFile name="one.conf"><configOption name="two"/></configFile></configInfo>
</docs>
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))
    (tmp_path / FILE).write_text(WHOLE)
    return tmp_path


def test_given_documentation_when_made_concise_then_names_lines_and_options_are_what_is_left(folder: Path) -> None:
    root = ET.parse(concise(folder) / FILE).getroot()
    assert [entry.tag for entry in root] == ["application", "managerEvent", "configInfo"]
    assert [child.tag for child in root[0]] == ["synopsis"]
    assert [child.tag for child in root[1][0]] == ["synopsis"]
    assert root.find("configInfo/configFile/configOption") is not None


def test_given_a_concise_copy_when_asked_again_then_it_is_the_same_and_another_version_gets_its_own(
    folder: Path,
) -> None:
    first = concise(folder)
    assert concise(folder) == first
    (folder / FILE).write_text(WHOLE.replace("app_one", "app_other"))
    assert concise(folder) != first
