"""A folder as a whole: read once, frozen, named by its content."""

import os
from pathlib import Path

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import Converse, Finish, Keys, Prompt, ToQueue
from ivr_engine.core.routing_standard import standard_queue
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.numbers import Agency, AgencyKind, NumberEntry
from ivr_engine.flow.steps import FlowId, PromptId
from tests.flow.conftest import Folder, told


def test_given_a_correct_folder_when_loaded_then_it_says_what_was_written(folder: Folder) -> None:
    revision = folder.load()
    assert revision.queues == (
        standard_queue(QueueSettings(QueueId("general"), frozenset({Skill("general")}))),
        standard_queue(QueueSettings(QueueId("transport"), frozenset({Skill("transport")}), priority=1)),
    )
    assert list(revision.numbers) == [
        NumberEntry("120", FlowId("main"), QueueId("general")),
        NumberEntry(
            "0200002141",
            FlowId("main"),
            QueueId("transport"),
            Agency("mapo", AgencyKind.DISTRICT, "마포구", "Mapo-gu"),
            frozenset({Skill("english")}),
        ),
    ]
    assert revision.numbers.find("120") is not None
    assert revision.numbers.find("+120") is None
    assert revision.manifest.files[PromptId("greeting"), "en"] == Prompt("ivr/en/greeting", 1000)
    assert revision.warnings == ()


def test_given_every_setting_of_a_queue_when_loaded_then_it_is_in_milliseconds(folder: Folder) -> None:
    folder.write(
        "queues.yaml",
        "skills: [general, english]\nperson: general\nqueues:\n  transport: {}\n"
        "  general: {title: 일반, requirement: [general],"
        " promise_seconds: 20, ring_seconds: 7.5, wrap_up_seconds: 0, short_abandon_seconds: 3, priority: 2}\n",
    )
    assert folder.load().queues[1] == standard_queue(
        QueueSettings(QueueId("general"), frozenset({Skill("general")}), 20_000, 7_500, 0, 3_000, 2)
    )


def test_given_a_revision_when_its_conversation_is_opened_then_it_is_what_the_telephone_expects(folder: Folder) -> None:
    converse: Converse = folder.load().converse
    assert callable(converse)


def test_given_the_same_words_when_loaded_again_then_the_revision_has_the_same_name(folder: Folder) -> None:
    assert folder.load().id == folder.load().id


@pytest.mark.parametrize("file", ["prompts.yaml", "queues.yaml", "numbers.yaml", "flows/main.yaml"])
def test_given_any_document_when_it_changes_then_the_revision_has_another_name(folder: Folder, file: str) -> None:
    folder.write(file, (folder.path / file).read_text() + "# one\n")
    before = folder.load().id
    folder.write(file, (folder.path / file).read_text().replace("# one", "# two"))
    assert folder.load().id != before


def test_given_a_flow_reached_in_another_language_when_a_sentence_is_not_spoken_there_then_it_is_told(
    folder: Folder,
) -> None:
    folder.write(
        "prompts.yaml", (folder.path / "prompts.yaml").read_text().replace("ko: silence, en: silence", "ko: silence")
    )
    folder.flow('  topic: {menu: menu, choices: {"9": "flow:foreign"}, silence_prompt: silence}\n')
    folder.flow("  hello: {play: greeting, next: flow:shared}\n", "foreign", "language: en\n")
    folder.flow("  sorry: {play: silence}\n", "shared")
    assert folder.mistakes() == [
        "flows/shared.yaml:2:10: not_spoken: step 'sorry' says 'silence' in 'en', which the prompts do not have; "
        "found 'en'; allowed: ko"
    ]


def test_given_a_contact_in_a_flow_when_another_revision_is_loaded_then_it_goes_on_in_its_own(folder: Folder) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": q}, tries: 1}\n  q: {queue: transport}\n')
    walk = folder.walk()
    walk.begin()
    folder.flow("  bye: {hangup: closed}\n")
    assert told(folder.walk()) != Finish(ToQueue(QueueId("transport")))
    assert walk.reply(Keys("1")) == Finish(ToQueue(QueueId("transport")))


@pytest.mark.parametrize("file", ["prompts.yaml", "queues.yaml", "numbers.yaml"])
def test_given_a_document_that_is_missing_when_loaded_then_it_is_said_which(folder: Folder, file: str) -> None:
    (folder.path / file).unlink()
    assert f"{file}:1:1: missing: {file} needs '{file.removesuffix('.yaml')}'" in folder.mistakes()


def test_given_a_folder_that_is_missing_when_loaded_then_it_is_said_once(tmp_path: Path) -> None:
    assert Folder(tmp_path / "nowhere").mistakes() == [
        ".:1:1: unreadable: cannot read this folder: No such file or directory"
    ]


def test_given_something_else_in_the_place_of_a_document_when_loaded_then_it_is_said(folder: Folder) -> None:
    (folder.path / "flows" / "other.yaml").mkdir()
    os.mkfifo(folder.path / "flows" / "pipe.yaml")
    assert folder.mistakes() == [
        "flows/other.yaml:1:1: unreadable: this is not a file",
        "flows/pipe.yaml:1:1: unreadable: this is not a file",
    ]


def test_given_a_registry_without_numbers_when_loaded_then_it_is_refused(folder: Folder) -> None:
    folder.write("numbers.yaml", "numbers: {}\n")
    assert folder.mistakes() == ["numbers.yaml:1:10: empty: no number leads anywhere"]


def test_given_files_that_are_no_flows_when_loaded_then_only_yaml_is_complained_of(folder: Folder) -> None:
    folder.write("flows/README.md", "how to")
    folder.write("flows/.main.yaml.swp", b"\xff")
    folder.write("flows/Old Flow.yaml", "steps: {a: {play: greeting}}")
    folder.write("flows/other.yml", "steps: {a: {play: greeting}}")
    assert [line.split(": ")[0] for line in folder.mistakes()] == [
        "flows/Old Flow.yaml:1:1",
        "flows/other.yml:1:1",
    ]


def test_given_flows_and_steps_that_nobody_reaches_when_loaded_then_it_warns_and_works(folder: Folder) -> None:
    folder.flow("  a: {play: greeting, next: c}\n  b: {hangup: closed}\n  c: {queue: general}\n")
    folder.flow("  a: {play: greeting}\n", "lonely")
    assert [str(warning) for warning in folder.load().warnings] == [
        "flows/lonely.yaml:2:6: warning unreachable: no number leads to flow 'lonely'",
        "flows/main.yaml:3:6: warning unreachable: nothing leads to step 'b'",
    ]


def test_given_a_recording_longer_than_its_ceiling_when_loaded_then_it_is_refused(folder: Folder) -> None:
    folder.record("ko/greeting", 1_001)
    assert folder.mistakes() == [
        "prompts.yaml:2:28: ceiling: prompts/ko/greeting.wav takes 1001 ms, longer than its ceiling; found '1000'; "
        "raise 'milliseconds' or shorten the recording"
    ]


def test_given_a_recording_in_another_format_or_broken_when_loaded_then_it_counts_as_recorded(folder: Folder) -> None:
    recording = folder.path / "prompts" / "ko" / "greeting.wav"
    recording.rename(recording.with_suffix(".g722"))
    folder.write("prompts/ko/menu.wav", b"RIFF")
    assert folder.load().warnings == ()


def test_given_no_recordings_at_all_when_loaded_then_each_prompt_is_told(folder: Folder) -> None:
    for recording in (folder.path / "prompts").rglob("*.wav"):
        recording.unlink()
    assert {line.split(": ")[1] for line in folder.mistakes()} == {"no_recording"}


def test_given_too_many_of_anything_when_loaded_then_it_is_refused(folder: Folder) -> None:
    folder.write("prompts.yaml", "prompts:\n" + "".join(f"  p{n}: {{text: {{ko: x}}}}\n" for n in range(2_001)))
    folder.write("queues.yaml", "skills: [a]\nperson: q1\nqueues:\n" + "".join(f"  q{n}: {{}}\n" for n in range(201)))
    folder.write(
        "numbers.yaml",
        "agencies:\n"
        + "".join(f"  a{n}: {{kind: city, ko: x, en: y}}\n" for n in range(501))
        + "numbers:\n"
        + "".join(f'  "02{n:08}": {{flow: main}}\n' for n in range(2_001)),
    )
    folder.flow("".join(f"  s{n}: {{hangup: closed}}\n" for n in range(201)))
    told_of = [line for line in folder.mistakes() if ": too_long:" in line]
    assert len(told_of) == 5
