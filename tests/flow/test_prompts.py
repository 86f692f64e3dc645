"""The manifest: which recording is heard, how long it takes, and what may be said of a language without a voice."""

import pytest

from ivr_engine.flow.built import Built, marks_text
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.prompts import LANGUAGES, Manifest, Recordings, read_prompts
from ivr_engine.flow.say import CannotSay
from ivr_engine.flow.source import read
from ivr_engine.flow.steps import PromptId
from tests.flow.conftest import Folder

HELLO = PromptId("hello")
VOICELESS = "voices: {mn: {voiced: false, instead: en}}\n"


def manifest(text: str, recordings: Recordings) -> Manifest:
    diagnostics = Diagnostics()
    node = read("prompts.yaml", text.encode(), diagnostics)
    assert node is not None
    found = read_prompts(node, recordings, diagnostics)
    assert diagnostics.in_order() == ()
    return found


def mistakes(text: str) -> list[str]:
    diagnostics = Diagnostics()
    node = read("prompts.yaml", text.encode(), diagnostics)
    assert node is not None
    read_prompts(node, {"en/hello": 100}, diagnostics)
    return [f"{one.place} {one.code}" for one in diagnostics.in_order()]


def test_given_a_recording_when_its_length_is_asked_then_it_is_as_recorded_else_the_longest_it_may_take() -> None:
    found = manifest(
        "prompts: {hello: {milliseconds: 900, text: {en: a, ko: b}}}\n", {"en/hello": 700, "ko/hello": None}
    )
    assert (found.prompt_ms(HELLO, "en"), found.prompt_ms(HELLO, "ko"), found.prompt_ms(HELLO, "ja")) == (700, 900, 0)


def test_given_a_language_without_a_voice_when_nobody_recorded_it_then_the_other_one_is_heard() -> None:
    found = manifest(VOICELESS + "prompts: {hello: {text: {en: a, mn: b}}}\n", {"en/hello": 700})
    assert found.files[HELLO, "mn"].file == "ivr/en/hello"
    assert found.prompt_ms(HELLO, "mn") == 700
    assert found.heard_in("mn") == "en"


def test_given_a_language_without_a_voice_when_a_person_recorded_the_sentence_then_that_is_heard() -> None:
    text = VOICELESS + "prompts: {hello: {text: {en: a, mn: b}}}\n"
    found = manifest(text, {"en/hello": 700, "mn/hello": 900})
    assert found.files[HELLO, "mn"].file == "ivr/mn/hello"
    assert found.prompt_ms(HELLO, "mn") == 900


def test_given_the_offer_of_a_language_when_another_is_spoken_then_it_is_heard_in_its_own() -> None:
    found = manifest("prompts: {hello: {heard_in: ja, text: {ja: a}}}\n", {"ja/hello": 700})
    assert {found.files[HELLO, language].file for language in LANGUAGES} == {"ivr/ja/hello"}
    assert found.prompt_ms(HELLO, "ko") == 700


def test_given_recorded_fragments_when_a_value_is_said_then_they_are_its_recordings() -> None:
    found = manifest("prompts: {}\n", {"ko/say/number/300": 500, "ko/say/number/45": 600})
    assert [prompt.file for prompt in found.say("number", 345, "ko")] == [
        "ivr/ko/say/number/300",
        "ivr/ko/say/number/45",
    ]
    assert found.prompt_ms(PromptId("say/ko/number/45"), "ko") == 600


def test_given_half_of_the_fragments_when_a_value_is_said_then_nothing_of_it_is() -> None:
    found = manifest("prompts: {}\n", {"ko/say/number/300": 500})
    with pytest.raises(CannotSay, match="not everything of it is recorded"):
        found.say("number", 345, "ko")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("voices: {mn: {voiced: false}}\nprompts: {}\n", ["prompts.yaml:1:14 missing"]),
        ("voices: {mn: {voiced: false, instead: mn}}\nprompts: {}\n", ["prompts.yaml:1:39 not_allowed"]),
        ("voices: {mn: {instead: en}}\nprompts: {}\n", ["prompts.yaml:1:24 not_allowed"]),
        ("voices: {xx: {voiced: true}}\nprompts: {}\n", ["prompts.yaml:1:10 unknown_key"]),
        (
            "voices: {mn: {voiced: false, instead: vi}, vi: {voiced: false, instead: en}}\nprompts: {}\n",
            ["prompts.yaml:1:14 not_allowed"],
        ),
        (VOICELESS + "prompts: {hello: {text: {mn: a}}}\n", ["prompts.yaml:2:25 no_recording"]),
        ("prompts: {hello: {text: {en: a}, reading: {ja: b}}}\n", ["prompts.yaml:1:44 unknown_key"]),
        ("prompts: {hello: {text: {en: a}, heard_in: ja}}\n", ["prompts.yaml:1:44 not_allowed"]),
    ],
)
def test_given_what_cannot_be_when_read_then_its_place_is_told(text: str, expected: list[str]) -> None:
    assert mistakes(text) == expected


def test_given_marks_when_recordings_are_read_then_a_file_is_opened_only_where_its_mark_does_not_fit(
    folder: Folder,
) -> None:
    size = (folder.path / "prompts/ko/greeting.wav").stat().st_size
    marks = {
        "ko/greeting": Built("w", "v", "t", "s", size, 777),
        "ko/menu": Built("w", "v", "t", "s", size + 1, 777),
    }
    (folder.path / "prompts/built.json").write_text(marks_text(marks))
    found = folder.load().manifest
    assert (found.prompt_ms(PromptId("greeting"), "ko"), found.prompt_ms(PromptId("menu"), "ko")) == (777, 100)
    (folder.path / "prompts/built.json").write_text("{")
    assert folder.load().manifest.prompt_ms(PromptId("greeting"), "ko") == 100
