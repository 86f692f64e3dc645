"""Language, hours, switch, set, goto, call and return: what works, what goes wrong."""

import time
from dataclasses import replace

import pytest

from ivr_engine.core.conversation import (
    ORDINARY_MOMENT,
    Action,
    Ask,
    CallerCard,
    Conversation,
    Done,
    Ended,
    Finish,
    Keys,
    Moment,
    Play,
    Prompt,
    ToQueue,
)
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId
from ivr_engine.flow.interpreter import SILENT_STEPS, Walk
from ivr_engine.flow.steps import CALLS
from tests.flow.conftest import Folder, told

GENERAL = Finish(ToQueue(QueueId("general")))
TRANSPORT = Finish(ToQueue(QueueId("transport")))
SERVED = Finish(Ended(Disposition.SELF_SERVED))
CLOSED = Finish(Ended(Disposition.CLOSED))
ENDS = """\
  bye: {hangup: self_served}
  shut: {hangup: closed}
  transport: {queue: transport}
"""
CARD = CallerCard(ContactId("c-1"), "120", "01012345678")
NIGHT = Moment(ORDINARY_MOMENT.at_ms + 12 * 3_600_000)
HOLIDAY = Moment(ORDINARY_MOMENT.at_ms + 43 * 86_400_000)
"""Tuesday, 17 February 2026: the day of the lunar new year."""

HOURS = """\
hours:
  office: {week: {mon-fri: 09:00-18:00, sat-sun: closed}}
"""


def on(folder: Folder, card: CallerCard) -> Conversation:
    return folder.load().converse(card)


def file(action: Action) -> str:
    assert isinstance(action, Play | Ask)
    return action.prompts[0].file


# ── language ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_language_step_when_passed_then_it_is_spoken_and_told_to_the_agent(folder: Folder) -> None:
    folder.flow("  a: {language: en}\n  b: {play: greeting}\n  c: {queue: transport}\n", head="language: ko\n")
    assert file(told(folder.walk())) == "ivr/en/greeting"
    assert told(folder.walk(), Done()) == Finish(ToQueue(QueueId("transport"), language="en"))


def test_given_a_language_that_nobody_speaks_when_loaded_then_it_is_told(folder: Folder) -> None:
    folder.flow("  a: {language: fr}\n")
    assert "not_allowed" in folder.mistakes()[0]


# ── hours ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("moment", "outcome"), [(ORDINARY_MOMENT, SERVED), (NIGHT, CLOSED), (HOLIDAY, TRANSPORT)])
def test_given_a_calendar_when_asked_then_the_branch_of_the_moment_is_taken(
    folder: Folder, moment: Moment, outcome: Action
) -> None:
    folder.write("hours.yaml", HOURS)
    folder.flow("  a: {hours: office, open: bye, closed: shut, holiday: transport}\n" + ENDS)
    assert on(folder, replace(CARD, moment=moment)).begin() == outcome


def test_given_no_branch_for_holidays_when_it_is_one_then_it_is_as_closed(folder: Folder) -> None:
    folder.write("hours.yaml", HOURS)
    folder.flow("  a: {hours: office, closed: shut}\n" + ENDS)
    assert on(folder, replace(CARD, moment=HOLIDAY)).begin() == CLOSED


def test_given_an_emergency_when_asked_then_its_message_is_said_first(folder: Folder) -> None:
    folder.write("hours.yaml", HOURS + "emergency: {message: silence, until: 2026-01-06 00:00}\n")
    folder.flow("  a: {hours: office, closed: shut, emergency: transport}\n" + ENDS)
    walk = on(folder, CARD)
    assert walk.begin() == Play((Prompt("ivr/ko/silence", 1000),), "0123456789*#")
    assert walk.reply(Done()) == TRANSPORT


@pytest.mark.parametrize(("number", "outcome"), [("120", SERVED), ("0200002141", CLOSED)])
def test_given_the_calendar_of_the_number_when_asked_then_each_number_has_its_own(
    folder: Folder, number: str, outcome: Finish
) -> None:
    folder.write("hours.yaml", HOURS)
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main}\n  "0200002141": {flow: main, hours: office}\n')
    folder.flow("  a: {hours: number, closed: shut}\n" + ENDS)
    assert on(folder, replace(CARD, number=number, moment=NIGHT)).begin() == outcome


def test_given_an_unknown_calendar_or_no_branch_for_closed_when_loaded_then_both_are_told(folder: Folder) -> None:
    folder.flow("  a: {hours: ofice}\n" + ENDS)
    assert [line.split(" ")[1] for line in folder.mistakes()] == ["missing:", "unknown_calendar:"]


# ── switch, set, goto ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("caller", "outcome"), [("01012345678", SERVED), ("0212345678", TRANSPORT)])
def test_given_a_truth_when_switched_on_then_its_case_or_otherwise_follows(
    folder: Folder, caller: str, outcome: Action
) -> None:
    folder.flow('  a: {switch: caller.mobile, cases: {"true": bye}, otherwise: transport}\n' + ENDS)
    assert on(folder, replace(CARD, caller=caller)).begin() == outcome


@pytest.mark.parametrize(
    ("value", "case"), [("1 + 1", '"2"'), ("'ab'", "ab"), ("language", "ko"), ("now.weekday", "mon"), ("-1", '"-1"')]
)
def test_given_a_value_of_any_type_when_switched_on_then_the_case_that_equals_it_follows(
    folder: Folder, value: str, case: str
) -> None:
    folder.flow(f'  a: {{switch: "{value}", cases: {{{case}: bye}}, otherwise: shut}}\n' + ENDS)
    assert told(folder.walk()) == SERVED


@pytest.mark.parametrize(
    ("value", "case", "code"),
    [
        ("caller.mobile", "yes", "case"),
        ("visits", "two", "case"),
        ("language", "fr", "case"),
        ("now.time", "09:00", "type"),
    ],
)
def test_given_a_case_that_can_never_be_when_loaded_then_it_is_told(
    folder: Folder, value: str, case: str, code: str
) -> None:
    folder.flow(f'  a: {{switch: "{value}", cases: {{"{case}": bye}}}}\n' + ENDS)
    assert f" {code}: " in folder.mistakes()[0]


def test_given_variables_when_set_in_turn_then_a_circle_with_a_counter_ends(folder: Folder) -> None:
    folder.flow(
        "  start: {set: {rounds: 0}}\n  say: {play: greeting}\n  count: {set: {rounds: rounds + 1}}\n"
        "  again: {switch: rounds < 3, cases: {true: say}, otherwise: shut}\n" + ENDS
    )
    walk = folder.walk()
    actions = [walk.begin(), *(walk.reply(Done()) for _ in range(3))]
    assert [type(action) for action in actions] == [Play, Play, Play, Finish]
    assert actions[-1] == CLOSED


@pytest.mark.parametrize(
    ("expression", "asked"),
    [("rounds + 1", "rounds > 3"), ("not rounds", "rounds"), ("(rounds * 2) % 7", "rounds == 1")],
)
def test_given_a_variable_worked_out_from_itself_alone_when_loaded_then_only_its_first_value_is_missed(
    folder: Folder, expression: str, asked: str
) -> None:
    folder.flow(
        f"  a: {{set: {{rounds: {expression}}}}}\n  b: {{switch: {asked}, cases: {{true: shut}}, otherwise: shut}}\n"
        + ENDS
    )
    (told,) = [line for line in folder.mistakes() if "warning" not in line]
    assert "unset: 'rounds' may have no value in step 'a'" in told
    assert "give it one with 'set' before" in told


def test_given_a_variable_of_one_type_when_set_to_another_then_it_is_told(folder: Folder) -> None:
    folder.flow("  a: {set: {rounds: 1}}\n  b: {set: {rounds: \"'one'\"}}\n" + ENDS)
    assert "type: 'rounds' holds a whole number, this is a text" in folder.mistakes()[0]


def test_given_a_time_of_day_when_set_then_it_cannot_be_kept(folder: Folder) -> None:
    folder.flow("  a: {set: {began: now.time}}\n" + ENDS)
    assert "a time of day cannot be kept" in folder.mistakes()[0]


def test_given_a_variable_made_of_a_later_one_when_loaded_then_its_type_is_found(folder: Folder) -> None:
    folder.flow("  a: {goto: c}\n  b: {switch: late, cases: {true: bye}, otherwise: shut}\n"
                "  c: {set: {rounds: 3, late: rounds > 2}, next: b}\n" + ENDS)  # fmt: skip
    assert told(folder.walk()) == SERVED


def test_given_goto_when_passed_then_the_walk_goes_on_there(folder: Folder) -> None:
    folder.flow("  a: {goto: transport}\n" + ENDS)
    assert told(folder.walk()) == TRANSPORT


def test_given_goto_to_nowhere_when_loaded_then_the_nearest_step_is_offered(folder: Folder) -> None:
    folder.flow("  a: {goto: transprt}\n" + ENDS)
    assert "did you mean 'transport'?" in folder.mistakes()[0]


# ── call, return ────────────────────────────────────────────────────────────────────────────────────────────────────
CALLER = """\
  ask: {call: sub, with: {topic: "'water'"}, into: {mine: theirs}}
  done: {switch: "mine == 'water12'", cases: {true: bye}, otherwise: shut}
"""
SUB_HEAD = "takes: {topic: text}\nreturns: {theirs: text}\n"
SUB = """\
  ask: {collect: account, prompts: ask}
  which: {switch: topic, cases: {water: full}, otherwise: person}
  full: {switch: "account == '12'", cases: {true: good}, otherwise: person}
  good: {return: {theirs: "'water12'"}}
"""


def calling(folder: Folder) -> Folder:
    folder.flow(CALLER + ENDS)
    folder.flow(SUB, "sub", SUB_HEAD)
    return folder


def test_given_a_call_when_the_flow_returns_then_its_result_is_known_and_the_walk_goes_on_behind(
    folder: Folder,
) -> None:
    assert told(calling(folder).walk(), Keys("12")) == SERVED
    assert told(folder.walk(), Keys("13")) == GENERAL


def test_given_a_question_in_a_called_flow_when_the_visit_breaks_off_then_it_still_returns(folder: Folder) -> None:
    ask = told(calling(folder).walk())
    assert isinstance(ask, Ask)
    assert ask.place == "sub:ask:ko:0:1:.r.main.ask:topic.twater"
    assert told(folder.walk(place=ask.place), Keys("12")) == SERVED


@pytest.mark.parametrize("call", [".r.main.done", ".r.gone.ask", ".r.main.gone"])
def test_given_a_place_whose_call_is_no_more_when_begun_then_it_begins_at_the_beginning(
    folder: Folder, call: str
) -> None:
    walk = calling(folder).walk(place=f"sub:ask:ko:0:7:{call}")
    ask = walk.begin()
    assert isinstance(ask, Ask)
    assert ask.place.startswith("sub:ask:ko:0:1:.r.main.ask")


def test_given_a_flow_that_was_not_called_when_it_returns_then_a_person_follows(folder: Folder) -> None:
    folder.flow("  a: {return: }\n")
    assert told(folder.walk()) == GENERAL


def test_given_calls_inside_calls_when_they_are_too_many_then_a_person_follows(folder: Folder) -> None:
    for number in range(CALLS + 1):
        name = f"sub{number}" if number else "main"
        folder.flow(f"  a: {{call: sub{number + 1}}}\n  b: {{return: }}\n", name)
    folder.flow("  a: {hangup: closed}\n", f"sub{CALLS + 1}")
    assert told(folder.walk()) == GENERAL
    folder.flow("  a: {hangup: closed}\n", f"sub{CALLS}")
    assert told(folder.walk()) == CLOSED


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("{call: sub}", "missing: flow 'sub' needs 'topic'"),
        ("{call: sub, with: {topic: 1}}", "type: 'topic' holds a text"),
        ("{call: sub, with: {topics: \"'a'\"}}", "unknown_key"),
        ("{call: sub, with: {topic: \"'a'\"}, into: {mine: thiers}}", "unknown_result"),
        ("{call: sbu}", "unknown_flow"),
    ],
)
def test_given_a_call_that_does_not_fit_when_loaded_then_it_is_told(folder: Folder, call: str, said: str) -> None:
    folder.flow(f"  ask: {call}\n" + ENDS)
    folder.flow(SUB, "sub", SUB_HEAD)
    assert any(said in line for line in folder.mistakes())


def test_given_a_return_that_lacks_something_when_loaded_then_it_is_told(folder: Folder) -> None:
    folder.flow(CALLER + ENDS)
    folder.flow(SUB.replace("{theirs: \"'water12'\"}", "{}"), "sub", SUB_HEAD)
    assert any("flow 'sub' says that it returns 'theirs'" in line for line in folder.mistakes())


# ── limits and the beginning ────────────────────────────────────────────────────────────────────────────────────────
def test_given_more_decisions_than_a_flow_may_take_when_walked_then_a_person_follows(folder: Folder) -> None:
    decisions = "".join(f"  s{number}: {{set: {{rounds: {number}}}}}\n" for number in range(SILENT_STEPS + 1))
    folder.flow(decisions + "  shut: {hangup: closed}\n")
    assert told(folder.walk()) == GENERAL
    folder.flow(decisions.split("\n", 1)[1] + "  shut: {hangup: closed}\n")
    assert told(folder.walk()) == CLOSED


def test_given_a_flow_on_the_card_when_begun_then_it_begins_there(folder: Folder) -> None:
    folder.flow("  a: {hangup: closed}\n", "after")
    assert on(folder, replace(CARD, flow="after")).begin() == CLOSED
    assert file(on(folder, replace(CARD, flow="gone")).begin()) == "ivr/ko/greeting"


def test_given_a_number_with_a_greeting_when_dialled_then_it_is_said_before_the_flow(folder: Folder) -> None:
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main, greeting: silence}\n')
    walk = folder.walk()
    assert walk.begin() == Play((Prompt("ivr/ko/silence", 1000),), "0123456789*#")
    assert file(walk.reply(Done())) == "ivr/ko/greeting"


def test_given_steps_that_decide_when_measured_then_each_costs_less_than_50_us(folder: Folder) -> None:
    folder.write("hours.yaml", HOURS)
    folder.flow(
        "  init: {set: {rounds: 0}}\n  ask: {collect: account, prompts: ask}\n"
        "  count: {set: {rounds: rounds + 1, late: rounds > 3 and now.time > 09:00}}\n"
        "  desk: {hours: office, closed: person}\n"
        "  which: {switch: late and caller.mobile, cases: {true: spoken}, otherwise: spoken}\n"
        "  spoken: {language: ko}\n  sub: {call: sub, with: {topic: account}, next: ask}\n"
    )
    folder.flow("  a: {return: }\n", "sub", "takes: {topic: text}\n")
    walk = folder.walk()
    assert isinstance(walk, Walk)
    walk.begin()
    best_seconds = 1.0
    for _ in range(100):
        before, begun = len(walk.trail), time.process_time()
        assert isinstance(walk.reply(Keys("12")), Ask)
        steps = sum(1 for _, _, branch in walk.trail[before:] if not branch)
        best_seconds = min(best_seconds, (time.process_time() - begun) / steps)
    assert best_seconds < 50e-6
