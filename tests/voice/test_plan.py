"""What is wanted of a folder, and what there is of it."""

from pathlib import Path

import pytest

from ivr_engine.flow.built import Built, MarksUnreadable, mark, marks_text, read_marks
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.say import fragments
from ivr_engine.voice.plan import Found, State, Wanted, leftovers, read_manifest, survey, wanted
from tests.voice.conftest import Folder

CITY = Path(__file__).parents[2] / "dialplans"


def wishes(folder: Folder) -> dict[str, Wanted]:
    return {one.name: one for one in wanted(read_manifest(folder.path))}


def marked(wish: Wanted, content: bytes, before: str = "") -> Built:
    return Built(wish.said, str(wish.voice), "tools", mark(content), len(content), 500, before)


def found(folder: Folder, name: str, marks: dict[str, Built] | None = None) -> Found:
    return survey(folder.prompts, [wishes(folder)[name]], marks or {})[0]


def test_given_a_manifest_when_asked_what_is_wanted_then_it_is_every_text_and_every_fragment_of_its_languages(
    folder: Folder,
) -> None:
    every = wishes(folder)
    sentences = [name for name, one in every.items() if not one.is_fragment]
    assert sorted(sentences) == ["en/bye", "en/hello", "ja/hello", "ko/hello", "mn/hello", "vi/hello", "zh/hello"]
    values = sum(len(fragments(language)) for language in ("ko", "en", "zh", "ja", "vi"))
    assert len(every) == len(sentences) + values
    assert every["ko/say/number/300"].words == "삼백"
    assert every["ja/hello"].words == "こんにちわ。"


def test_given_a_single_language_when_asked_what_is_wanted_then_no_other_one_is(folder: Folder) -> None:
    folder.write("prompts: {bye: {text: {en: Goodbye.}}}\n")
    assert {one.language for one in wishes(folder).values()} == {"en"}


def test_given_no_files_when_surveyed_then_what_can_be_made_is_missing_and_the_rest_has_no_voice(
    folder: Folder,
) -> None:
    assert found(folder, "ko/hello").state is State.MISSING
    assert found(folder, "mn/hello").state is State.UNVOICED


def test_given_a_file_without_a_mark_when_surveyed_then_a_person_recorded_it(folder: Folder) -> None:
    folder.record("ko/hello.wav", 700)
    one = found(folder, "ko/hello")
    assert (one.state, one.length_ms) == (State.RECORDED, 700)


def test_given_a_person_s_recording_in_another_format_when_surveyed_then_it_counts(folder: Folder) -> None:
    folder.record("ko/hello.g722")
    assert found(folder, "ko/hello").state is State.RECORDED


def test_given_our_file_when_a_person_records_over_it_then_it_is_the_person_s(folder: Folder) -> None:
    ours = marked(wishes(folder)["ko/hello"], folder.record("ko/hello.wav"))
    assert found(folder, "ko/hello", {"ko/hello": ours}).state is State.BUILT
    folder.record("ko/hello.wav", 900)
    assert found(folder, "ko/hello", {"ko/hello": ours}).state is State.RECORDED


def test_given_our_file_when_its_text_changes_then_it_is_stale(folder: Folder) -> None:
    ours = marked(wishes(folder)["en/bye"], folder.record("en/bye.wav"))
    folder.write("prompts: {bye: {text: {en: So long.}}}\n")
    assert found(folder, "en/bye", {"en/bye": ours}).state is State.STALE


def test_given_a_build_that_was_killed_before_its_rename_when_surveyed_then_the_old_file_is_still_ours(
    folder: Folder,
) -> None:
    old = folder.record("en/bye.wav")
    planned = marked(wishes(folder)["en/bye"], b"never came", before=mark(old))
    assert found(folder, "en/bye", {"en/bye": planned}).state is State.STALE


def test_given_kanji_without_a_reading_when_surveyed_then_the_voice_cannot_read_it(folder: Folder) -> None:
    folder.write("prompts: {hello: {text: {ja: 今日は。}}}\n")
    assert found(folder, "ja/hello").state is State.UNREADABLE


def test_given_a_long_recording_when_surveyed_then_it_is_too_long(folder: Folder) -> None:
    folder.record("ko/hello.wav", 3_001)
    assert found(folder, "ko/hello").too_long


def test_given_recordings_that_nobody_wants_when_looked_for_then_only_ours_are_told(folder: Folder) -> None:
    ours = folder.record("en/gone.wav")
    folder.record("en/of_a_person.wav")
    every = wishes(folder)
    marks = {"en/gone": marked(every["en/bye"], ours), "en/of_a_person": marked(every["en/bye"], b"another one")}
    assert leftovers(folder.prompts, every.values(), marks) == ["en/gone"]


def test_given_marks_when_written_and_read_then_they_are_the_same(tmp_path: Path) -> None:
    marks = {
        "ko/b": Built("w", "ko 180", "espeak-ng 1.51", "s", 44, 10),
        "ko/a": Built("w", "v", "t", "s", 1, 2, "old"),
    }
    (tmp_path / "built.json").write_text(marks_text(marks))
    assert read_marks(tmp_path / "built.json") == marks
    assert marks_text(marks).splitlines()[1].startswith('  "ko/a"')
    assert read_marks(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 9, "recordings": {}}', '{"format": 1, "recordings": {"a": {}}}']
)
def test_given_marks_that_cannot_be_read_when_read_then_nothing_is_guessed(tmp_path: Path, text: str) -> None:
    (tmp_path / "built.json").write_text(text)
    with pytest.raises(MarksUnreadable, match=r"built\.json"):
        read_marks(tmp_path / "built.json")


def test_given_a_manifest_with_a_mistake_when_read_then_the_mistake_is_told(folder: Folder) -> None:
    folder.write("prompts: {hello: {txt: {ko: 안녕하세요.}}}\n")
    with pytest.raises(FlowErrors, match="unknown_key"):
        read_manifest(folder.path)


def test_given_120_s_own_recordings_when_surveyed_then_each_is_of_its_text_and_short_enough() -> None:
    root = CITY / "prompts"
    marks = read_marks(root / "built.json")
    every = list(wanted(read_manifest(CITY)))
    wrong = [
        one.wanted.name
        for one in survey(root, every, marks)
        if one.state not in (State.BUILT, State.RECORDED, State.UNVOICED) or one.too_long
    ]
    assert wrong == [], "ivr-engine prompts build"
    assert leftovers(root, every, marks) == []
