"""Each step, each way it can end."""

import time

import pytest

from ivr_engine.core.conversation import Ask, Done, Ended, Finish, Keys, Play, Prompt, Silence, ToQueue, Unplayable
from ivr_engine.core.vocabulary import Disposition, QueueId, Skill
from ivr_engine.flow.interpreter import STEPS_WALKED, Walk
from tests.flow.conftest import Folder, told

GENERAL = Finish(ToQueue(QueueId("general")))
TRANSPORT = Finish(ToQueue(QueueId("transport")))

MENU = """\
  topic:
    menu: menu
    choices: {"1": transport, "0": person, "*": topic, "2": bye}
    wrong_prompt: wrong_key
    silence_prompt: silence
    otherwise: transport
  transport:
    queue: transport
  bye:
    hangup: self_served
"""

COLLECT = """\
  account:
    collect: account
    prompts: ask
    min_keys: 2
    max_keys: 4
    wrong_prompt: wrong_key
    silence_prompt: silence
    otherwise: transport
  bye:
    hangup: self_served
  transport:
    queue: transport
"""


def prompt(name: str, language: str = "ko") -> Prompt:
    return Prompt(f"ivr/{language}/{name}", 1000)


# ── play ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_play_step_when_begun_then_its_prompts_are_said_and_keys_interrupt(folder: Folder) -> None:
    folder.flow("  hello:\n    play: [greeting, menu]\n")
    assert told(folder.walk()) == Play((prompt("greeting"), prompt("menu")), "0123456789*#")


def test_given_no_barge_in_when_played_then_no_key_interrupts(folder: Folder) -> None:
    folder.flow("  hello:\n    play: greeting\n    barge_in: false\n")
    assert told(folder.walk()) == Play((prompt("greeting"),), "")


def test_given_the_last_step_when_played_then_a_person_follows(folder: Folder) -> None:
    assert told(folder.walk(), Done()) == GENERAL


def test_given_next_when_played_then_the_steps_between_are_skipped(folder: Folder) -> None:
    folder.flow("  a: {play: greeting, next: c}\n  b: {hangup: closed}\n  c: {queue: transport}\n")
    assert told(folder.walk(), Done()) == TRANSPORT


def test_given_a_missing_recording_when_playing_then_the_rest_is_said(folder: Folder) -> None:
    folder.flow("  hello:\n    play: [greeting, menu, silence]\n")
    assert told(folder.walk(), Unplayable("ivr/ko/menu")) == Play((prompt("silence"),), "0123456789*#")


def test_given_the_last_recording_missing_when_playing_then_the_flow_goes_on(folder: Folder) -> None:
    assert told(folder.walk(), Unplayable("ivr/ko/greeting")) == GENERAL


# ── menu ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_menu_when_begun_then_one_key_of_all_is_asked_for(folder: Folder) -> None:
    folder.flow(MENU)
    ask = told(folder.walk())
    assert ask == Ask((prompt("menu"),), max_keys=1, terminator="", place="main:topic:ko:0:1")


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("1", TRANSPORT), ("0", GENERAL), ("2", Finish(Ended(Disposition.SELF_SERVED)))],
)
def test_given_a_menu_when_a_choice_is_pressed_then_its_target_follows(
    folder: Folder, key: str, outcome: Finish
) -> None:
    folder.flow(MENU)
    assert told(folder.walk(), Keys(key)) == outcome


@pytest.mark.parametrize(("reply", "said"), [(Keys("7"), "wrong_key"), (Silence(), "silence")])
def test_given_a_menu_when_a_try_fails_then_it_is_said_why_and_asked_again(
    folder: Folder, reply: Keys | Silence, said: str
) -> None:
    folder.flow(MENU)
    ask = told(folder.walk(), reply)
    assert isinstance(ask, Ask)
    assert ask.prompts == (prompt(said), prompt("menu"))
    assert ask.place == "main:topic:ko:1:2"


@pytest.mark.parametrize("reply", [Keys("7"), Keys("#"), Keys(""), Silence()])
def test_given_a_menu_when_the_last_try_fails_then_otherwise_follows(folder: Folder, reply: Keys | Silence) -> None:
    folder.flow(MENU)
    assert isinstance(told(folder.walk(), reply, reply), Ask)
    assert told(folder.walk(), reply, reply, reply) == TRANSPORT


def test_given_no_otherwise_when_the_last_try_fails_then_a_person_follows(folder: Folder) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": bye}, tries: 1}\n  bye: {hangup: closed}\n')
    assert told(folder.walk(), Keys("9")) == GENERAL


def test_given_on_silence_when_silent_then_it_follows_at_once(folder: Folder) -> None:
    folder.flow(MENU.replace("otherwise: transport", "otherwise: transport\n    on_silence: person"))
    assert told(folder.walk(), Silence()) == GENERAL


def test_given_a_choice_back_to_the_menu_when_chosen_then_its_tries_begin_again(folder: Folder) -> None:
    folder.flow(MENU)
    ask = told(folder.walk(), Keys("7"), Keys("*"))
    assert isinstance(ask, Ask)
    assert ask.place == "main:topic:ko:0:3"


def test_given_a_menu_that_cannot_be_heard_when_asked_then_it_is_as_silence(folder: Folder) -> None:
    folder.flow(MENU)
    assert told(folder.walk(), Unplayable("ivr/ko/menu")) == TRANSPORT


def test_given_a_missing_error_prompt_when_asked_again_then_the_menu_is_said_without_it(folder: Folder) -> None:
    folder.flow(MENU)
    ask = told(folder.walk(), Keys("7"), Unplayable("ivr/ko/wrong_key"))
    assert isinstance(ask, Ask)
    assert ask.prompts == (prompt("menu"),)
    assert ask.place == "main:topic:ko:1:3"


# ── collect ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_collect_step_when_begun_then_digits_up_to_the_terminator_are_asked_for(folder: Folder) -> None:
    folder.flow(COLLECT)
    assert told(folder.walk()) == Ask(
        (prompt("ask"),), keys="0123456789", max_keys=4, terminator="#", place="main:account:ko:0:1", leave="*"
    )


def test_given_enough_digits_when_collected_then_the_flow_goes_on(folder: Folder) -> None:
    folder.flow(COLLECT)
    assert told(folder.walk(), Keys("1234")) == Finish(Ended(Disposition.SELF_SERVED))


@pytest.mark.parametrize("keys", ["", "1", "12345", "1*"])
def test_given_wrong_digits_when_collected_then_it_is_asked_again_and_at_last_otherwise(
    folder: Folder, keys: str
) -> None:
    folder.flow(COLLECT)
    ask = told(folder.walk(), Keys(keys))
    assert isinstance(ask, Ask)
    assert ask.prompts == (prompt("wrong_key"), prompt("ask"))
    assert told(folder.walk(), Keys(keys), Silence(), Keys(keys)) == TRANSPORT


def test_given_collected_digits_when_asked_further_then_they_travel_in_the_place(folder: Folder) -> None:
    folder.flow(
        COLLECT.replace("otherwise", "next: topic\n    otherwise")
        + MENU.replace("  transport:\n    queue: transport\n  bye:\n    hangup: self_served\n", "")
    )
    ask = told(folder.walk(), Keys("1234"))
    assert isinstance(ask, Ask)
    assert ask.place == "main:topic:ko:0:2:account.1234"


def test_given_a_secret_when_collected_then_it_is_asked_secretly_and_travels_nowhere(folder: Folder) -> None:
    folder.flow('  pin: {collect: pin, prompts: ask, secret: true}\n  topic: {menu: menu, choices: {"1": person}}\n')
    ask = told(folder.walk())
    assert isinstance(ask, Ask)
    assert ask.secret
    after = told(folder.walk(), Keys("4711"))
    assert isinstance(after, Ask)
    assert "4711" not in repr(after)


# ── queue, hangup ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_queue_step_when_reached_then_skills_and_priority_go_along(folder: Folder) -> None:
    folder.flow("  q: {queue: transport, requirement: [english, general], priority: 3}\n")
    assert told(folder.walk()) == Finish(
        ToQueue(QueueId("transport"), frozenset({Skill("english"), Skill("general")}), priority=3)
    )


@pytest.mark.parametrize("end", [Disposition.SELF_SERVED, Disposition.CLOSED, Disposition.REJECTED])
def test_given_a_hangup_step_when_reached_then_the_contact_ends_so(folder: Folder, end: Disposition) -> None:
    folder.flow(f"  end: {{hangup: {end.value}}}\n")
    assert told(folder.walk()) == Finish(Ended(end))


def test_given_an_old_number_when_a_person_is_asked_for_then_its_queue_agency_and_skills_count(folder: Folder) -> None:
    assert told(folder.walk("0200002141"), Done()) == Finish(
        ToQueue(QueueId("transport"), frozenset({Skill("english")}), "mapo")
    )


def test_given_an_old_number_when_the_citizen_chooses_a_queue_then_only_the_agency_goes_along(folder: Folder) -> None:
    folder.flow("  q: {queue: general}\n")
    assert told(folder.walk("0200002141")) == Finish(ToQueue(QueueId("general"), agency="mapo"))


def test_given_an_old_number_when_the_flow_hangs_up_then_the_agency_goes_along(folder: Folder) -> None:
    folder.flow("  end: {hangup: closed}\n")
    assert told(folder.walk("0200002141")) == Finish(Ended(Disposition.CLOSED, "mapo"))


# ── unknown numbers ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reply", [Done(), Unplayable("ivr/ko/not_in_service")])
def test_given_nobodys_number_when_dialled_then_it_is_said_and_rejected(
    folder: Folder, reply: Done | Unplayable
) -> None:
    walk = folder.walk("0299999999")
    assert walk.begin() == Play((prompt("not_in_service"),))
    assert walk.reply(reply) == Finish(Ended(Disposition.REJECTED))


def test_given_nobodys_number_and_no_such_prompt_when_dialled_then_it_is_rejected(folder: Folder) -> None:
    folder.write("prompts.yaml", "prompts:\n  greeting: {text: {ko: hello}}\n")
    assert told(folder.walk("0299999999")) == Finish(Ended(Disposition.REJECTED))


# ── languages and other flows ───────────────────────────────────────────────────────────────────────────────────────
def test_given_a_flow_in_another_language_when_entered_then_it_is_spoken_and_told_to_the_agent(folder: Folder) -> None:
    folder.flow('  topic: {menu: menu, choices: {"9": "flow:foreign"}}\n')
    folder.flow("  hello: {play: greeting, next: flow:shared}\n", "foreign", "language: en\n")
    folder.flow("  ask: {play: menu}\n  q: {queue: general}\n", "shared")
    walk = folder.walk()
    walk.begin()
    assert walk.reply(Keys("9")) == Play((prompt("greeting", "en"),), "0123456789*#", leave="0")
    assert walk.reply(Done()) == Play((prompt("menu", "en"),), "0123456789*#")
    assert walk.reply(Done()) == Finish(ToQueue(QueueId("general"), language="en"))


def test_given_a_number_with_a_language_when_dialled_then_the_flow_speaks_it(folder: Folder) -> None:
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main, language: en}\n')
    assert told(folder.walk()) == Play((prompt("greeting", "en"),), "0123456789*#")


# ── limits and resumption ───────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_machine_that_keeps_pressing_when_the_limit_is_reached_then_a_person_follows(folder: Folder) -> None:
    folder.flow(MENU)
    walk = folder.walk()
    action = walk.begin()
    for walked in range(1, STEPS_WALKED):
        assert isinstance(action, Ask), walked
        action = walk.reply(Keys("*"))
    assert isinstance(action, Ask)
    assert walk.reply(Keys("*")) == GENERAL


def test_given_a_switch_that_plays_nothing_when_it_never_stops_then_the_limit_holds(folder: Folder) -> None:
    folder.flow(MENU)
    walk = folder.walk()
    action = walk.begin()
    for _ in range(STEPS_WALKED):
        if isinstance(action, Finish):
            break
        action = walk.reply(Unplayable("ivr/ko/somebody_elses"))
    assert action == GENERAL


def test_given_a_flow_of_which_nothing_can_be_heard_when_it_is_long_then_a_person_follows(folder: Folder) -> None:
    folder.flow("".join(f"  s{number}: {{play: greeting}}\n" for number in range(200)))
    assert told(folder.walk(), Unplayable("ivr/ko/greeting")) == GENERAL


def test_given_a_place_when_begun_then_it_goes_on_there_with_its_tries_and_limit(folder: Folder) -> None:
    folder.flow("  hello: {play: greeting}\n" + MENU)
    walk = folder.walk(place="main:topic:ko:2:150")
    ask = walk.begin()
    assert isinstance(ask, Ask)
    assert ask.prompts == (prompt("menu"),)
    assert ask.place == "main:topic:ko:2:151"
    assert walk.reply(Keys("7")) == TRANSPORT


def test_given_digits_in_the_place_when_taken_up_then_they_are_still_known(folder: Folder) -> None:
    folder.flow("  account: {collect: account, prompts: ask}\n" + MENU)
    walk = folder.walk(place="main:topic:ko:0:1:account.1234")
    ask = walk.begin()
    assert isinstance(ask, Ask)
    assert ask.place == "main:topic:ko:0:2:account.1234"
    assert isinstance(walk, Walk)
    assert walk.collected == {"account": "1234"}


def test_given_a_place_at_the_limit_when_begun_then_a_person_follows(folder: Folder) -> None:
    folder.flow(MENU)
    assert told(folder.walk(place=f"main:topic:ko:0:{STEPS_WALKED}")) == GENERAL


@pytest.mark.parametrize(
    "place",
    [
        "",
        "main",
        "main:gone:ko:0:1",
        "gone:topic:ko:0:1",
        "main:hello:ko:0:1",
        "main:bye:ko:0:1",
        "main:topic:ko:0:1:a",
        "x" * 500,
        "\n:::",
    ],
)
def test_given_an_unknown_place_when_begun_then_it_begins_at_the_beginning(folder: Folder, place: str) -> None:
    folder.flow("  hello: {play: greeting}\n" + MENU)
    assert told(folder.walk(place=place)) == Play((prompt("greeting"),), "0123456789*#")


def test_given_every_place_that_is_asked_at_when_taken_up_then_the_same_question_is_asked(folder: Folder) -> None:
    folder.flow(COLLECT)
    first = folder.walk()
    for ask in (first.begin(), first.reply(Silence()), first.reply(Keys("1"))):
        assert isinstance(ask, Ask)
        again = folder.walk(place=ask.place).begin()
        assert isinstance(again, Ask)
        assert (again.keys, again.max_keys, again.prompts[-1]) == (ask.keys, ask.max_keys, ask.prompts[-1])


# ── misuse ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_the_end_when_told_more_then_it_refuses(folder: Folder) -> None:
    walk = folder.walk()
    told(walk, Done())
    with pytest.raises(ValueError, match="is over"):
        walk.reply(Done())


def test_given_a_reply_that_cannot_be_when_told_then_it_refuses_and_stays_where_it_is(folder: Folder) -> None:
    folder.flow(COLLECT)
    walk = folder.walk()
    walk.begin()
    with pytest.raises(ValueError, match="cannot be told Done"):
        walk.reply(Done())
    assert walk.reply(Keys("1234")) == Finish(Ended(Disposition.SELF_SERVED))


def test_given_no_beginning_when_told_then_it_refuses(folder: Folder) -> None:
    with pytest.raises(ValueError, match="not begun"):
        folder.walk().reply(Done())


def test_given_a_long_conversation_when_measured_then_a_step_costs_less_than_50_us(folder: Folder) -> None:
    folder.flow(MENU)
    walks = [folder.walk() for _ in range(20)]
    best_seconds = 1.0
    for walk in walks:
        walk.begin()
        begun = time.process_time()
        for _ in range(100):
            walk.reply(Keys("*"))
        best_seconds = min(best_seconds, (time.process_time() - begun) / 100)
    assert best_seconds < 50e-6
