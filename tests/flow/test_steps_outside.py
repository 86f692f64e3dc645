"""Data dips, texts, callbacks, transfers, what the counsellor is shown, and secrets: what works, what goes wrong."""

from dataclasses import replace

import pytest

from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Dipped,
    Done,
    Ended,
    Finish,
    Keys,
    NotSent,
    Output,
    Remember,
    SendText,
    Sent,
    ToCallback,
    ToEntry,
    ToQueue,
    Value,
    ValueType,
)
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId, Skill
from tests.flow.conftest import Folder, told

GENERAL = Finish(ToQueue(QueueId("general")))
TRANSPORT = Finish(ToQueue(QueueId("transport")))
SERVED = Finish(Ended(Disposition.SELF_SERVED))
ENDS = "  bye: {hangup: self_served}\n  transport: {queue: transport}\n"
CARD = CallerCard(ContactId("c-1"), "120", "01012345678")

LOOK_UP = """\
  ask: {collect: account, prompts: ask}
  look_up:
    dip: waterworks
    url: https://water.example/bills/{account}
    outputs: {bill: {type: whole_number, at: due.amount}, paid: truth}
    failed: transport
  large: {switch: bill > 1000 and not paid, cases: {true: bye}, otherwise: person}
"""


# ── dip ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_dip_when_reached_then_the_question_has_values_types_and_bounds(folder: Folder) -> None:
    folder.flow(LOOK_UP + ENDS)
    assert told(folder.walk(), Keys("12")) == Dip(
        source="waterworks",
        url="https://water.example/bills/{account}",
        outputs=(Output("bill", ValueType.WHOLE_NUMBER, "due.amount"), Output("paid", ValueType.TRUTH, "paid")),
        values={"account": "12"},
        deadline_ms=800,
        place="main:look_up:ko:0:2:account.12",
    )


def test_given_an_answer_when_told_then_its_outputs_are_known(folder: Folder) -> None:
    folder.flow(LOOK_UP + ENDS)
    assert told(folder.walk(), Keys("12"), Dipped({"bill": 2000, "paid": False})) == SERVED
    assert told(folder.walk(), Keys("12"), Dipped({"bill": 2000, "paid": True})) == GENERAL


@pytest.mark.parametrize("reason", list(DipFailure))
def test_given_no_answer_when_told_then_the_branch_for_failure_is_taken(folder: Folder, reason: DipFailure) -> None:
    folder.flow(LOOK_UP + ENDS)
    assert told(folder.walk(), Keys("12"), DipFailed(reason)) == TRANSPORT


@pytest.mark.parametrize("outputs", [{}, {"bill": 1}, {"bill": "1", "paid": True}, {"bill": True, "paid": True}])
def test_given_half_an_answer_when_told_then_it_is_none(folder: Folder, outputs: dict[str, Value]) -> None:
    folder.flow(LOOK_UP + ENDS)
    assert told(folder.walk(), Keys("12"), Dipped(outputs)) == TRANSPORT


def test_given_a_dip_that_broke_off_when_tried_again_then_it_is_asked_again_with_its_values(folder: Folder) -> None:
    folder.flow(LOOK_UP + ENDS)
    dip = told(folder.walk(), Keys("12"))
    assert isinstance(dip, Dip)
    again = told(folder.walk(place=dip.place))
    assert again == replace(dip, place="main:look_up:ko:0:3:account.12")


def test_given_values_and_a_body_when_asked_then_expressions_are_worked_out(folder: Folder) -> None:
    folder.flow(
        "  look_up:\n    dip: tax\n    url: http://tax.example/\n    method: POST\n    values: {year: now.year - 1}\n"
        "    body: [year, caller]\n    outputs: {due: text}\n    comfort: greeting\n    failed: person\n" + ENDS
    )
    dip = told(folder.walk())
    assert isinstance(dip, Dip)
    assert (dip.values, dip.body) == ({"year": 2025, "caller": "01012345678"}, ("year", "caller"))
    assert dip.prompts[0].file == "ivr/ko/greeting"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("url: https://water.example/, outputs: {bill: text}", "missing"),
        ("url: water.example, outputs: {bill: text}, failed: person", "url"),
        ("url: 'https://{caller}/', outputs: {bill: text}, failed: person", "url"),
        ("url: 'https://water.example/{acount}', outputs: {bill: text}, failed: person", "unknown_name"),
        ("url: https://water.example/, outputs: {bill: money}, failed: person", "not_allowed"),
        ("url: https://water.example/, outputs: {bill: {type: text, at: a..b}}, failed: person", "output_at"),
        ("url: https://water.example/, outputs: {}, failed: person", "empty"),
        ("url: https://water.example/, outputs: {bill: text}, body: caller, failed: person", "not_allowed"),
        ("url: https://water.example/, outputs: {bill: text}, deadline_seconds: 9, failed: person", "seconds"),
        ("url: https://water.example/, outputs: {caller: text}, failed: person", "reserved"),
    ],
)
def test_given_a_dip_that_cannot_be_when_loaded_then_it_is_told(folder: Folder, fields: str, code: str) -> None:
    folder.flow(f"  a: {{dip: waterworks, {fields}}}\n" + ENDS)
    assert code in {line.split(": ")[1] for line in folder.mistakes()}


# ── send ────────────────────────────────────────────────────────────────────────────────────────────────────────────
SEND = """\
  a: {set: {bill: 2000, paid: "true"}}
  b: {send: {ko: "{bill + 1}원, {paid}, {now.date}", en: "{bill}"}, failed: transport}
"""


def test_given_a_text_when_reached_then_it_is_composed_in_the_language_for_the_caller(folder: Folder) -> None:
    folder.flow(SEND + ENDS)
    text = told(folder.walk())
    assert isinstance(text, SendText)
    assert (text.to, text.text) == ("01012345678", "2001원, true, 2026-01-05")
    assert told(folder.walk(), Sent()) == SERVED
    assert told(folder.walk(), NotSent("gateway")) == TRANSPORT


def test_given_a_text_that_broke_off_when_tried_again_then_it_has_the_same_key(folder: Folder) -> None:
    folder.flow(SEND + ENDS)
    text = told(folder.walk())
    assert isinstance(text, SendText)
    again = told(folder.walk(place=text.place))
    assert isinstance(again, SendText)
    assert (again.key, again.text) == (text.key, text.text)


@pytest.mark.parametrize("caller", ["", "anonymous", "120", "060123456", "+12125550100", "00821012345678"])
def test_given_a_caller_who_cannot_be_sent_anything_when_reached_then_it_failed(folder: Folder, caller: str) -> None:
    folder.flow(SEND + ENDS)
    assert folder.load().converse(replace(CARD, caller=caller)).begin() == TRANSPORT


def test_given_a_text_with_an_expression_that_is_wrong_when_loaded_then_it_is_told(folder: Folder) -> None:
    folder.flow('  b: {send: {ko: "{bil}"}}\n' + ENDS)
    assert "unknown_name" in folder.mistakes()[0]


# ── callback, transfer, show ────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_callback_when_reached_then_the_caller_is_called_back_in_that_queue(folder: Folder) -> None:
    folder.flow("  a: {callback: transport, requirement: english, priority: 2}\n")
    request = ToQueue(QueueId("transport"), frozenset({Skill("english")}), priority=2)
    assert told(folder.walk()) == Finish(ToCallback("01012345678", request))


def test_given_another_number_when_a_callback_is_asked_for_then_that_one_is_called(folder: Folder) -> None:
    folder.flow(
        "  ask: {collect: back, prompts: ask}\n  a: {callback: transport, number: back, otherwise: bye}\n" + ENDS
    )
    assert told(folder.walk(), Keys("0212345678")) == Finish(ToCallback("0212345678", ToQueue(QueueId("transport"))))
    assert told(folder.walk(), Keys("0060123")) == SERVED


def test_given_a_transfer_when_reached_then_it_goes_to_the_entry_with_a_queue_to_fall_back_on(folder: Folder) -> None:
    folder.flow('  a: {transfer: "3001", unreached: transport, priority: 1}\n')
    assert told(folder.walk()) == Finish(ToEntry("3001", ToQueue(QueueId("transport"), priority=1)))
    folder.flow('  a: {transfer: "3001"}\n')
    assert told(folder.walk("0200002141")) == Finish(
        ToEntry("3001", ToQueue(QueueId("transport"), frozenset({Skill("english")}), "mapo"))
    )


def test_given_a_number_to_dial_when_a_transfer_names_it_then_the_folder_is_refused(folder: Folder) -> None:
    folder.flow('  a: {transfer: "0212345678"}\n')
    assert " entry: " in folder.mistakes()[0]


def test_given_variables_to_show_when_a_person_is_reached_then_they_are_remembered_first(folder: Folder) -> None:
    folder.flow(
        "  ask: {collect: account, prompts: ask}\n  n: {set: {rounds: 2, late: rounds > 1}}\n"
        "  desk: {queue: transport, show: [account, rounds, late]}\n"
    )
    walk = folder.walk()
    assert told(walk, Keys("12")) == Remember({"account": "12", "rounds": "2", "late": "true"})
    assert walk.reply(Done()) == TRANSPORT


def test_given_nothing_to_show_when_a_person_is_reached_then_nothing_is_remembered(folder: Folder) -> None:
    folder.flow("  desk: {queue: transport, show: account}\n  ask: {collect: account, prompts: ask}\n")
    assert told(folder.walk()) == TRANSPORT


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────
SECRET = "  ask: {collect: pin, prompts: ask, secret: true}\n  copy: {set: {copied: pin}}\n"


@pytest.mark.parametrize(
    "step",
    [
        "{queue: transport, show: copied}",
        "{say: pin, as: digits}",
        "{send: {ko: '{copied}'}}",
        "{switch: copied, cases: {1: bye}}",
        "{callback: transport, number: copied}",
        "{dip: bank, url: 'https://bank.example/{copied}', outputs: {good: truth}, failed: person}",
    ],
)
def test_given_a_secret_when_it_would_be_seen_then_the_folder_is_refused(folder: Folder, step: str) -> None:
    folder.flow(SECRET + f"  use: {step}\n" + ENDS)
    assert any(" secret: " in line for line in folder.mistakes())


def test_given_a_secret_for_a_dip_that_may_know_it_when_asked_then_it_is_marked_and_kept_nowhere(
    folder: Folder,
) -> None:
    folder.flow(
        SECRET + "  use: {dip: bank, url: 'https://bank.example/', method: POST, body: [copied], sends_secret: true,\n"
        "        outputs: {good: truth}, failed: transport}\n"
        '  last: {menu: menu, choices: {"1": bye}}\n' + ENDS
    )
    walk = folder.walk()
    dip = told(walk, Keys("4711"))
    assert isinstance(dip, Dip)
    assert (dip.values, dip.secret) == ({"copied": "4711"}, frozenset({"copied"}))
    ask = walk.reply(Dipped({"good": True}))
    assert isinstance(ask, Ask)
    assert "4711" not in dip.place + ask.place


def test_given_a_secret_that_a_later_step_needs_when_the_visit_breaks_off_then_it_is_asked_for_again(
    folder: Folder,
) -> None:
    folder.flow(SECRET + '  last: {menu: menu, choices: {"1": bye}}\n' + ENDS)
    ask = told(folder.walk(), Keys("4711"))
    assert isinstance(ask, Ask)
    again: Action = folder.walk(place=ask.place).begin()
    assert isinstance(again, Ask)
    assert again.secret


def test_given_a_switch_on_a_truth_about_a_secret_when_loaded_then_it_is_allowed(folder: Folder) -> None:
    folder.flow(SECRET + "  use: {switch: copied == '4711', cases: {true: bye}, otherwise: transport}\n" + ENDS)
    assert told(folder.walk(), Keys("4711")) == SERVED
    assert told(folder.walk(), Keys("4712")) == TRANSPORT
