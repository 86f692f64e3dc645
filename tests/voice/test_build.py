"""Real recordings: what comes out of espeak-ng and sox is what a telephone needs, and nothing of a person's is lost."""

import json
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr_engine.command_line.prompts import app
from ivr_engine.flow.built import marks_text, read_marks
from ivr_engine.voice.loudness import PEAK_DB, TARGET_DB, level_db, peak_db
from ivr_engine.voice.recording import BREATH_MS, NARROW, PAUSE_MS, VOICES, WIDE, Rate, ToolFailed, Voice, record
from ivr_engine.voice.tools import Tools
from tests.voice.conftest import Folder

pytestmark = pytest.mark.speech

LEVEL_MAY_DIFFER_DB = 0.5
"""Rounding, and the blocks that the breath at the end adds to the measure."""

Prompts = Callable[..., Result]


@pytest.fixture
def prompts(folder: Folder, tools_folder: Path | None) -> Prompts:
    """`prompts("build", "--only", …)` on the folder under test."""

    def run(command: str, *arguments: str) -> Result:
        told = ["--tools", str(tools_folder)] if command == "build" and tools_folder is not None else []
        return CliRunner().invoke(app, [command, str(folder.path), *arguments, *told])

    return run


def sound(content: bytes, tmp_path: Path) -> tuple[int, bytes]:
    """Rate and samples of a sound file, which is 16-bit mono."""
    file = tmp_path / "sound.wav"
    file.write_bytes(content)
    with wave.open(str(file), "rb") as opened:
        assert (opened.getnchannels(), opened.getsampwidth()) == (1, 2)
        assert file.stat().st_size == 44 + 2 * opened.getnframes()
        return opened.getframerate(), opened.readframes(opened.getnframes())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", "안녕하세요."),
        ("en", "Hello, this is Seoul."),
        ("zh", "您好。"),
        ("ja", "こんにちわ。"),
        ("vi", "Xin chào."),
    ],
)
@pytest.mark.parametrize("rate", [NARROW, WIDE], ids=["8 kHz", "16 kHz"])
def test_given_each_voice_when_it_records_then_the_file_is_as_loud_as_all_others_and_ends_in_a_breath(
    language: str, words: str, rate: Rate, tools: Tools, tmp_path: Path
) -> None:
    hz, samples = sound(record(words, VOICES[language], rate, BREATH_MS, tools), tmp_path)
    assert hz == rate.hz
    assert level_db(samples, hz) == pytest.approx(TARGET_DB, abs=LEVEL_MAY_DIFFER_DB)
    assert peak_db(samples) <= PEAK_DB + 0.1
    breath = samples[-2 * hz * BREATH_MS // 1000 :]
    assert max(abs(value) for value in memoryview(breath).cast("h")) < 400
    assert level_db(samples[: 2 * hz // 10], hz) > TARGET_DB - 25, "silence before the first word was left"


def test_given_no_words_when_recorded_then_it_is_a_pause(tools: Tools, tmp_path: Path) -> None:
    hz, samples = sound(record("", VOICES["ko"], NARROW, BREATH_MS, tools), tmp_path)
    assert len(samples) == 2 * hz * PAUSE_MS // 1000
    assert not any(samples)


def test_given_the_same_words_when_recorded_again_then_the_file_is_the_same(tools: Tools) -> None:
    assert record("Hello", VOICES["en"], NARROW, 0, tools) == record("Hello", VOICES["en"], NARROW, 0, tools)


def test_given_a_voice_that_does_not_exist_when_it_records_then_the_tool_s_own_words_are_told(tools: Tools) -> None:
    with pytest.raises(ToolFailed, match="voice does not exist"):
        record("Hello", Voice("qqq", 170), NARROW, 0, tools)


def test_given_a_voice_that_says_nothing_when_it_records_then_no_empty_file_is_made(tools: Tools) -> None:
    with pytest.raises(ToolFailed, match="says nothing"):
        record("…", VOICES["en"], NARROW, 0, tools)


def test_given_missing_sentences_when_built_then_they_are_made_once(folder: Folder, prompts: Prompts) -> None:
    first = prompts("build", "--only", "hello", "--only", "say/number/3")
    assert first.exit_code == 0, first.output
    assert "10 made, 1 as they were (0 recorded by people)" in first.output
    made = {path.relative_to(folder.prompts).as_posix() for path in folder.prompts.rglob("*.wav")}
    languages = ("ko", "en", "zh", "ja", "vi")
    assert made == {f"{one}/{name}.wav" for one in languages for name in ("hello", "say/number/3")}
    marks = read_marks(folder.prompts / "built.json")
    assert all(one.length_ms > 100 and one.tools.startswith("espeak-ng ") and not one.before for one in marks.values())
    assert "0 made" in prompts("build", "--only", "hello").output
    assert not list(folder.prompts.rglob("*.part"))


def test_given_a_changed_text_when_built_again_then_only_that_one_is_made_anew(
    folder: Folder, prompts: Prompts
) -> None:
    prompts("build", "--only", "hello", "--only", "bye", "--language", "en")
    before = {name: folder.file(f"en/{name}.wav").read_bytes() for name in ("hello", "bye")}
    folder.write((folder.path / "prompts.yaml").read_text().replace("Goodbye.", "So long."))
    told = prompts("build", "--only", "hello", "--only", "bye", "--language", "en")
    assert "1 made, 1 as they were" in told.output
    assert folder.file("en/hello.wav").read_bytes() == before["hello"]
    assert folder.file("en/bye.wav").read_bytes() != before["bye"]


def test_given_a_person_s_recording_when_everything_is_built_anew_then_it_stays(
    folder: Folder, prompts: Prompts
) -> None:
    spoken = folder.record("en/hello.wav")
    told = prompts("build", "--all", "--only", "hello", "--only", "bye", "--language", "en")
    assert "1 made, 1 as they were (1 recorded by people)" in told.output
    assert folder.file("en/hello.wav").read_bytes() == spoken
    folder.record("en/bye.wav", 900)
    assert (
        "0 made, 2 as they were (2 recorded by people)"
        in prompts("build", "--all", "--only", "hello", "--only", "bye", "--language", "en").output
    )


def test_given_wide_recordings_when_built_then_they_lie_beside_the_others_with_marks_of_their_own(
    folder: Folder, prompts: Prompts
) -> None:
    assert prompts("build", "--wide", "--only", "bye").exit_code == 0
    assert folder.file("en/bye.wav16").is_file()
    assert not folder.file("en/bye.wav").exists()
    assert list(read_marks(folder.prompts / "built16.json")) == ["en/bye"]


def test_given_recordings_of_a_prompt_that_is_gone_when_all_is_built_then_ours_are_taken_away(
    folder: Folder, prompts: Prompts
) -> None:
    prompts("build", "--only", "bye")
    marks = read_marks(folder.prompts / "built.json")
    (folder.prompts / "en/bye.wav").rename(folder.prompts / "en/old.wav")
    (folder.prompts / "built.json").write_text(marks_text({"en/old": marks["en/bye"]}))
    spoken = folder.record("en/of_a_person.wav")
    folder.write("prompts: {hello: {text: {mn: Сайн байна уу.}}}\n")
    assert "1 taken away" in prompts("build").output
    assert not folder.file("en/old.wav").exists()
    assert folder.file("en/of_a_person.wav").read_bytes() == spoken
    assert read_marks(folder.prompts / "built.json") == {}


def test_given_kanji_without_a_reading_when_built_then_it_is_told_and_the_rest_is_made(
    folder: Folder, prompts: Prompts
) -> None:
    folder.write("prompts: {hello: {text: {ja: 今日は。, en: Hello.}}}\n")
    told = prompts("build", "--only", "hello")
    assert told.exit_code == 1
    assert "give the prompt a reading in kana" in told.output
    assert folder.file("en/hello.wav").is_file()


def test_given_marks_that_cannot_be_read_when_built_then_nothing_is_touched(folder: Folder, prompts: Prompts) -> None:
    folder.prompts.mkdir()
    (folder.prompts / "built.json").write_text("{")
    told = prompts("build", "--only", "bye")
    assert told.exit_code == 2
    assert not folder.file("en/bye.wav").exists()


def test_given_what_was_built_when_checked_and_listed_then_what_is_left_is_told(
    folder: Folder, prompts: Prompts
) -> None:
    prompts("build", "--only", "hello")
    folder.record("en/bye.wav", 40_000)
    told = prompts("check")
    assert told.exit_code == 1
    assert "prompts/en/bye.wav: takes 40000 ms, may take 30000" in told.output
    assert "prompts/ko/say/number/3.wav: missing; record it, or: ivr-engine prompts build" in told.output
    assert "mn: 1 sentences without a voice; en is heard" in told.output
    rows = {row["recording"]: row for row in json.loads(prompts("list", "--format", "json").stdout)}
    assert {name: row["state"] for name, row in rows.items()} == {
        **{f"{language}/hello": "built" for language in ("ko", "en", "zh", "ja", "vi")},
        "mn/hello": "unvoiced",
        "en/bye": "recorded",
    }
    assert rows["ko/hello"]["milliseconds"] > 300
    assert "안녕하세요." in prompts("list", "--language", "ko").output
