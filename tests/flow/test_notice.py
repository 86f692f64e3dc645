"""The notice of recording: who hears it, to its end, before which queue; what `check` and `diff` say of it."""

from datetime import date

import pytest

from ivr_engine.core.conversation import CallerCard, Done, Finish, Play, Prompt, ToQueue, Unplayable
from ivr_engine.core.queue_rules import RecordingRules
from ivr_engine.core.vocabulary import ContactId, QueueId
from ivr_engine.flow.differences import compare
from tests.flow.conftest import DOCUMENTS, Folder, told

RECORDS = "{notice: silence, keep_days: 30}"
NOTICE = Play((Prompt("ivr/ko/silence", 1000),))
"""No key interrupts it."""
HEARD = Finish(ToQueue(QueueId("transport"), notice="silence"))
UNHEARD = Finish(ToQueue(QueueId("transport")))


def records(folder: Folder, rules: str = RECORDS, more: str = "") -> Folder:
    written = DOCUMENTS["queues.yaml"].replace("priority: 1", f"recording: {rules}{more}")
    folder.write("queues.yaml", written)
    folder.flow("  hello:\n    queue: transport\n")
    return folder


def test_given_a_queue_that_records_when_the_flow_leads_there_then_the_notice_is_said_first(folder: Folder) -> None:
    walk = records(folder).walk()
    assert told(walk) == NOTICE
    assert walk.reply(Done()) == HEARD
    with pytest.raises(ValueError, match="is over"):
        walk.reply(Done())


def test_given_a_notice_that_cannot_be_played_when_it_is_due_then_the_citizen_stands_there_unheard(
    folder: Folder,
) -> None:
    assert told(records(folder).walk(), Unplayable("ivr/ko/silence")) == UNHEARD


def test_given_a_flow_at_its_end_when_a_person_is_in_that_queue_then_the_notice_is_said_too(folder: Folder) -> None:
    records(folder).flow("  hello: {play: greeting}\n")
    folder.write(
        "queues.yaml", (folder.path / "queues.yaml").read_text().replace("person: general", "person: transport")
    )
    assert told(folder.walk(), Done()) == NOTICE


def test_given_a_queue_that_does_not_record_when_the_flow_leads_there_then_nothing_is_said(folder: Folder) -> None:
    records(folder).flow("  hello:\n    queue: general\n")
    assert told(folder.walk()) == Finish(ToQueue(QueueId("general")))


@pytest.mark.parametrize(("before", "action"), [("silence", HEARD), ("greeting", NOTICE)])
def test_given_a_contact_that_heard_a_notice_when_it_comes_again_then_only_another_one_is_said(
    folder: Folder, before: str, action: object
) -> None:
    card = CallerCard(ContactId("c-1"), "120", "01012345678", notice=before)
    assert records(folder).load().converse(card).begin() == action


def test_given_a_queue_that_is_closed_when_the_flow_leads_there_then_no_notice_is_said(folder: Folder) -> None:
    folder.write("hours.yaml", "hours: {never: {week: {mon-sun: closed}}}\n")
    records(folder, more=', hours: never, limits: {closed: "flow:main"}')
    action = told(folder.walk())
    assert isinstance(action, Finish)
    assert isinstance(action.outcome, ToQueue)
    assert (action.outcome.notice, action.outcome.closes_in_seconds) == ("", 0)


def test_given_the_rules_when_read_then_they_are_the_queues(folder: Folder) -> None:
    rules = records(folder, "{notice: silence, keep_days: 7, share_percent: 20}").load().queues[1].recording
    assert rules == RecordingRules("silence", 20, 7)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("{keep_days: 7}", "missing"),
        ("{notice: silence}", "missing"),
        ("{notice: nobody, keep_days: 7}", "unknown_prompt"),
        ("{notice: silence, keep_days: 0}", "number"),
        ("{notice: silence, keep_days: 7, share_percent: 101}", "number"),
        ("{notice: silence, keep_days: 7, share: 5}", "unknown_key"),
    ],
)
def test_given_rules_that_are_wrong_when_read_then_that_is_said(folder: Folder, rules: str, code: str) -> None:
    assert any(f" {code}: " in mistake for mistake in records(folder, rules).mistakes())


def test_given_a_notice_that_lacks_a_language_spoken_when_checked_then_that_is_an_error(folder: Folder) -> None:
    (folder.path / "prompts" / "en" / "silence.wav").unlink()
    folder.write("prompts.yaml", DOCUMENTS["prompts.yaml"].replace("ko: silence, en: silence", "ko: silence"))
    records(folder).flow("  language: {language: en, next: desk}\n  desk: {queue: transport}\n")
    assert any("queue 'transport' records, and says so by 'silence'" in mistake for mistake in folder.mistakes())


def test_given_a_notice_when_the_way_to_a_person_is_proved_then_its_seconds_count(folder: Folder) -> None:
    [without] = [row for row in folder.load().proofs.persons if "120" in row.numbers]
    folder.flow("  greeting: {play: greeting, next: desk}\n  desk: {queue: transport}\n")
    records(folder).flow("  greeting: {play: greeting, next: desk}\n  desk: {queue: transport}\n")
    [row] = [row for row in folder.load().proofs.persons if "120" in row.numbers]
    assert row.ms == without.ms + 100


def test_given_recording_that_begins_and_ends_when_compared_then_words_say_so(folder: Folder) -> None:
    folder.flow("  hello:\n    queue: transport\n")
    folder.write("queues.yaml", DOCUMENTS["queues.yaml"].replace(", priority: 1", ""))
    silent = folder.load()
    folder.write(
        "queues.yaml", DOCUMENTS["queues.yaml"].replace("priority: 1", "recording: {notice: silence, keep_days: 30}")
    )
    recorded = folder.load()
    begins = compare(silent, recorded, date(2027, 1, 4)).queues["transport"]
    assert begins == ("talks are recorded now, after the notice 'silence', and kept for 30 days",)
    assert compare(recorded, silent, date(2027, 1, 4)).queues["transport"] == ("talks are not recorded any more",)
