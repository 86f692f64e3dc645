"""A small folder of sentences, and the real tools that speak them."""

import wave
from pathlib import Path

import pytest

from ivr_engine.voice.tools import Tools, find_tools
from sandbox.tools import speech_tools

MANIFEST = """\
voices:
  mn: {voiced: false, instead: en}
prompts:
  hello:
    milliseconds: 3000
    text: {ko: 안녕하세요., en: Hello., zh: 您好。, ja: 今日は。, vi: Xin chào., mn: Сайн байна уу.}
    reading: {ja: こんにちわ。}
  bye:
    text: {en: Goodbye.}
"""


class Folder:
    """Documents and recordings under test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prompts = path / "prompts"
        self.write(MANIFEST)

    def write(self, manifest: str) -> None:
        (self.path / "prompts.yaml").write_text(manifest)

    def file(self, recording: str) -> Path:
        return self.prompts / recording

    def record(self, recording: str, length_ms: int = 500) -> bytes:
        """As a person does: some sound in its place."""
        file = self.file(recording)
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as opened:
            opened.setparams((1, 2, 8000, 0, "NONE", ""))
            opened.writeframes(bytes(16 * length_ms))
        return file.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = tmp_path / "dialplans"
    made.mkdir()
    return Folder(made)


@pytest.fixture(scope="session")
def tools_folder() -> Path | None:
    """What `--tools` is told: nothing where the machine has the tools."""
    return speech_tools()


@pytest.fixture(scope="session")
def tools(tools_folder: Path | None) -> Tools:
    return find_tools(tools_folder)
