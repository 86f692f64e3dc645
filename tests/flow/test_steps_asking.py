"""Say, collect with checksum and read-back, record, survey, and the key for a person: what works, what goes wrong."""

import pytest

from ivr_engine.core.conversation import (
    ORDINARY_MOMENT,
    Action,
    Ask,
    Done,
    Ended,
    Finish,
    Keys,
    NotRecorded,
    Play,
    Prompt,
    Record,
    Recorded,
    Remember,
    Silence,
    ToQueue,
    Unplayable,
)
from ivr_engine.core.vocabulary import Disposition, QueueId
from ivr_engine.flow.expressions_contact import civil
from ivr_engine.flow.say import Sayable, compose
from tests.flow.conftest import Folder, told

GENERAL = Finish(ToQueue(QueueId("general")))
TRANSPORT = Finish(ToQueue(QueueId("transport")))
SERVED = Finish(Ended(Disposition.SELF_SERVED))
ENDS = "  bye: {hangup: self_served}\n  transport: {queue: transport}\n"


def prompt(name: str, language: str = "ko") -> Prompt:
    return Prompt(f"ivr/{language}/{name}", 1000)


def files(action: Action) -> list[str]:
    assert isinstance(action, Play | Ask)
    return [one.file for one in action.prompts]


@pytest.fixture
def spoken(folder: Folder) -> Folder:
    """With the fragments of the Korean values that are said here."""
    noon = civil(ORDINARY_MOMENT)
    said: list[tuple[str, Sayable]] = [("number", 345), ("digits", "12"), ("phone", "120")]
    said += [("date", noon.date()), ("time", noon.time())]
    for fragment in {one for kind, value in said for one in compose(kind, value, "ko")}:
        folder.record(fragment.replace("say/ko", "ko/say"), 1)
    return folder


# ── say ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_value_when_said_then_its_pieces_stand_between_the_prompts(spoken: Folder) -> None:
    spoken.flow("  a: {set: {bill: 340}}\n  b: {say: bill + 5, as: number, before: greeting, after: ask}\n" + ENDS)
    said = files(told(spoken.walk()))
    assert said == ["ivr/ko/greeting", "ivr/ko/say/number/300", "ivr/ko/say/number/45", "ivr/ko/ask"]


@pytest.mark.parametrize(("expression", "kind"), [("now.time", "time"), ("now.date", "date"), ("number", "phone")])
def test_given_a_time_a_date_or_a_number_when_said_then_there_are_words_for_it(
    spoken: Folder, expression: str, kind: str
) -> None:
    spoken.flow(f"  a: {{say: {expression}, as: {kind}}}\n" + ENDS)
    assert all(file.startswith("ivr/ko/say/") for file in files(told(spoken.walk())))


def test_given_a_value_that_cannot_be_said_when_reached_then_the_whole_sentence_is_left_out(folder: Folder) -> None:
    folder.flow("  a: {say: 345, as: number, before: greeting}\n" + ENDS)
    assert told(folder.walk()) == SERVED


def test_given_a_piece_that_the_switch_lacks_when_said_then_the_rest_is_left_out(spoken: Folder) -> None:
    spoken.flow("  a: {say: 345, as: number, after: ask}\n" + ENDS)
    assert told(spoken.walk(), Unplayable("ivr/ko/say/number/300")) == SERVED


def test_given_a_kind_that_the_value_is_not_when_loaded_then_it_is_told(folder: Folder) -> None:
    folder.flow("  a: {say: caller.mobile, as: number}\n")
    assert "type: a true or false cannot be said as number" in folder.mistakes()[0]


# ── the key for a person ────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_sentence_before_another_when_the_person_key_is_pressed_then_a_person_follows(folder: Folder) -> None:
    folder.flow("  a: {play: greeting}\n  b: {play: menu}\n" + ENDS)
    assert told(folder.walk()) == Play((prompt("greeting"),), "0123456789*#", leave="0")
    assert told(folder.walk(), Keys("0")) == GENERAL


@pytest.mark.parametrize("written", ["person_key: none", "barge_in: false"])
def test_given_no_person_key_when_a_sentence_is_played_then_none_is_listened_for(folder: Folder, written: str) -> None:
    folder.flow(f"  a: {{play: greeting, {written}}}\n  b: {{play: menu}}\n" + ENDS)
    play = told(folder.walk())
    assert isinstance(play, Play)
    assert play.leave == ""


def test_given_a_menu_without_that_choice_when_the_person_key_is_pressed_then_a_person_follows(folder: Folder) -> None:
    folder.flow('  a: {menu: menu, choices: {"1": bye}}\n' + ENDS)
    assert told(folder.walk(), Keys("0")) == GENERAL


def test_given_another_person_key_when_the_usual_one_is_pressed_then_it_is_a_wrong_key(folder: Folder) -> None:
    folder.flow('  a: {menu: menu, choices: {"1": bye}, person_key: "#"}\n' + ENDS)
    assert isinstance(told(folder.walk(), Keys("0")), Ask)
    assert told(folder.walk(), Keys("#")) == GENERAL


def test_given_a_flow_with_a_person_key_when_a_step_says_none_then_none_counts_there(folder: Folder) -> None:
    folder.flow('  a: {menu: menu, choices: {"1": bye}, person_key: none}\n' + ENDS, head='person_key: "*"\n')
    assert isinstance(told(folder.walk(), Keys("*")), Ask)


def test_given_digits_being_keyed_when_star_is_pressed_then_a_person_follows(folder: Folder) -> None:
    folder.flow("  a: {collect: account, prompts: ask}\n" + ENDS)
    ask = told(folder.walk())
    assert isinstance(ask, Ask)
    assert ask.leave == "*"
    assert told(folder.walk(), Keys("*")) == GENERAL


def test_given_star_as_terminator_when_digits_are_keyed_then_the_person_key_is_the_other_one(folder: Folder) -> None:
    folder.flow('  a: {collect: account, prompts: ask, terminator: "*"}\n' + ENDS)
    ask = told(folder.walk())
    assert isinstance(ask, Ask)
    assert ask.leave == "#"


def test_given_a_flow_with_a_queue_when_a_person_is_asked_for_then_it_is_that_queue_also_further_on(
    folder: Folder,
) -> None:
    folder.flow("  a: {play: greeting, next: flow:other}\n", head="queue: transport\n")
    folder.flow('  b: {menu: menu, choices: {"1": person}}\n', "other")
    walk = folder.walk()
    ask = told(walk, Done())
    assert isinstance(ask, Ask)
    assert told(folder.walk(place=ask.place), Keys("1")) == TRANSPORT
    assert walk.reply(Keys("1")) == TRANSPORT


def test_given_a_menu_without_barge_in_when_the_prompts_are_said_then_only_the_person_key_ends_them(
    folder: Folder,
) -> None:
    folder.flow('  a: {menu: menu, choices: {"1": bye}, barge_in: false}\n' + ENDS)
    ask = told(folder.walk())
    assert isinstance(ask, Ask)
    assert (ask.barge_in, ask.leave) == (False, "0")


# ── checksum and read-back ──────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_checksum_when_digits_satisfy_it_then_they_are_kept_else_asked_again(folder: Folder) -> None:
    folder.flow("  a: {collect: account, prompts: ask, checksum: business_number, wrong_prompt: wrong_key}\n" + ENDS)
    assert told(folder.walk(), Keys("1248100998")) == SERVED
    assert files(told(folder.walk(), Keys("1248100999"))) == ["ivr/ko/wrong_key", "ivr/ko/ask"]


@pytest.mark.parametrize("checksum", ["resident_number", "card_number"])
def test_given_a_number_that_nobody_may_see_when_not_secret_then_the_folder_is_refused(
    folder: Folder, checksum: str
) -> None:
    folder.flow(f"  a: {{collect: who, prompts: ask, checksum: {checksum}}}\n")
    assert "must_be_secret" in folder.mistakes()[0]


READ_BACK = "  a: {collect: account, prompts: ask, confirm: {before: greeting, after: menu}}\n" + ENDS


def test_given_a_read_back_when_the_citizen_agrees_then_the_digits_are_kept(spoken: Folder) -> None:
    spoken.flow(READ_BACK)
    ask = told(spoken.walk(), Keys("12"))
    assert files(ask)[0] == "ivr/ko/greeting"
    assert files(ask)[-1] == "ivr/ko/menu"
    assert len(files(ask)) > 2
    assert told(spoken.walk(), Keys("12"), Keys("1")) == SERVED


def test_given_a_read_back_when_the_citizen_does_not_agree_then_it_is_asked_again_up_to_the_tries(
    spoken: Folder,
) -> None:
    spoken.flow(READ_BACK)
    assert files(told(spoken.walk(), Keys("12"), Keys("2"))) == ["ivr/ko/ask"]
    assert told(spoken.walk(), *[Keys("12"), Keys("2")] * 3) == GENERAL


def test_given_a_read_back_when_silent_then_the_same_digits_are_read_again(spoken: Folder) -> None:
    spoken.flow(READ_BACK)
    assert files(told(spoken.walk(), Keys("12"), Silence())) == files(told(spoken.walk(), Keys("12")))


def test_given_a_read_back_when_the_visit_breaks_off_then_it_goes_on_with_the_same_question(spoken: Folder) -> None:
    spoken.flow(READ_BACK)
    ask = told(spoken.walk(), Keys("12"))
    assert isinstance(ask, Ask)
    again = spoken.walk(place=ask.place)
    assert files(again.begin()) == files(ask)
    assert again.reply(Keys("1")) == SERVED


def test_given_a_read_back_that_a_revision_took_out_when_resumed_then_the_digits_are_asked_for(folder: Folder) -> None:
    folder.flow("  a: {collect: account, prompts: ask}\n" + ENDS)
    walk = folder.walk(place="main:a:ko:0:2:.p.12")
    assert files(walk.begin()) == ["ivr/ko/ask"]
    assert walk.reply(Keys("34")) == SERVED


def test_given_digits_that_cannot_be_read_back_when_keyed_then_a_person_takes_over(folder: Folder) -> None:
    folder.flow(READ_BACK)
    assert told(folder.walk(), Keys("12")) == GENERAL


def test_given_a_secret_when_it_is_to_be_read_back_then_the_folder_is_refused(folder: Folder) -> None:
    folder.flow("  a: {collect: pin, prompts: ask, secret: true, confirm: {after: menu}}\n")
    assert "what is secret is not read back" in folder.mistakes()[0]


# ── record ──────────────────────────────────────────────────────────────────────────────────────────────────────────
RECORD = (
    "  a: {record: message, prompts: ask, again_prompt: wrong_key, otherwise: transport}\n  bye: {hangup: voicemail}\n"
)
RECORDING = RECORD + "  transport: {queue: transport}\n"


def test_given_a_message_when_recorded_then_its_name_is_remembered_and_the_flow_goes_on(folder: Folder) -> None:
    folder.flow(RECORDING)
    walk = folder.walk()
    record = walk.begin()
    assert record == Record((prompt("ask"),), place="main:a:ko:0:1", leave="0")
    assert walk.reply(Recorded("r-17", 4_000)) == Remember({"message": "r-17"})
    assert walk.reply(Done()) == Finish(Ended(Disposition.VOICEMAIL))


def test_given_a_message_that_is_too_short_when_recorded_then_it_is_asked_again_and_at_last_otherwise(
    folder: Folder,
) -> None:
    folder.flow(RECORDING)
    again = told(folder.walk(), Recorded("r-17", 200))
    assert isinstance(again, Record)
    assert again.prompts == (prompt("wrong_key"), prompt("ask"))
    assert told(folder.walk(), Recorded("r-17", 200), Recorded("r-18", 200)) == TRANSPORT


def test_given_a_switch_that_cannot_record_when_asked_to_then_otherwise_follows(folder: Folder) -> None:
    folder.flow(RECORDING)
    assert told(folder.walk(), NotRecorded("disk full")) == TRANSPORT


def test_given_a_recording_that_cannot_be_asked_for_when_reached_then_otherwise_follows(folder: Folder) -> None:
    folder.flow(RECORDING)
    assert told(folder.walk(), Unplayable("ivr/ko/ask")) == TRANSPORT


def test_given_a_recording_when_the_person_key_is_pressed_then_a_person_follows(folder: Folder) -> None:
    folder.flow(RECORDING)
    assert told(folder.walk(), Keys("0")) == GENERAL


def test_given_a_recording_that_broke_off_when_tried_again_then_it_is_asked_for_again(folder: Folder) -> None:
    folder.flow(RECORDING)
    assert isinstance(told(folder.walk(place="main:a:ko:1:1")), Record)
    assert told(folder.walk(place="main:a:ko:1:1"), Recorded("r-17", 200)) == TRANSPORT


# ── survey ──────────────────────────────────────────────────────────────────────────────────────────────────────────
SURVEY = """\
  a:
    survey: satisfaction
    questions: {friendly: ask, solved: {prompts: menu, highest: 2}}
    wrong_prompt: wrong_key
    thanks: greeting
"""


def test_given_a_survey_when_answered_then_each_mark_is_remembered_at_once(folder: Folder) -> None:
    folder.flow(SURVEY + ENDS)
    walk = folder.walk()
    assert files(walk.begin()) == ["ivr/ko/ask"]
    assert walk.reply(Keys("5")) == Remember({"friendly": "5"}, "satisfaction")
    assert files(walk.reply(Done())) == ["ivr/ko/menu"]
    assert walk.reply(Keys("2")) == Remember({"solved": "2"}, "satisfaction")
    assert files(walk.reply(Done())) == ["ivr/ko/greeting"]
    assert walk.reply(Done()) == SERVED


def test_given_a_survey_when_silent_then_no_more_is_asked_and_the_citizen_is_thanked(folder: Folder) -> None:
    folder.flow(SURVEY + ENDS)
    assert files(told(folder.walk(), Silence())) == ["ivr/ko/greeting"]


def test_given_a_survey_when_wrong_keys_are_pressed_then_the_last_try_thanks(folder: Folder) -> None:
    folder.flow(SURVEY + ENDS)
    assert files(told(folder.walk(), Keys("9"))) == ["ivr/ko/wrong_key", "ivr/ko/ask"]
    assert told(folder.walk(), Keys("9"), Keys("0"), Done()) == SERVED


def test_given_a_survey_that_broke_off_when_tried_again_then_it_goes_on_at_its_question(folder: Folder) -> None:
    folder.flow(SURVEY + ENDS)
    second = told(folder.walk(), Keys("5"), Done())
    assert isinstance(second, Ask)
    assert files(told(folder.walk(place=second.place))) == ["ivr/ko/menu"]
    assert told(folder.walk(place=second.place), Keys("1")) == Remember({"solved": "1"}, "satisfaction")


def test_given_a_survey_of_which_nothing_can_be_heard_when_reached_then_the_flow_goes_on(folder: Folder) -> None:
    folder.flow(SURVEY + ENDS)
    walk = folder.walk()
    walk.begin()
    assert walk.reply(Unplayable("ivr/ko/ask")) == SERVED


def test_given_a_queue_in_place_of_a_step_when_loaded_then_it_is_said_how_a_queue_is_written(folder: Folder) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": "queue:transport"}}\n')
    (told,) = [line for line in folder.mistakes() if "unknown_step" in line]
    assert told.endswith("a queue is a step of its own: desk: {queue: transport}")
