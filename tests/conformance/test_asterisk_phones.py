"""Plans become SIPp phones: moments that no phone sees are plain times after its answer."""

from dataclasses import replace

import pytest

from ivr_engine.conformance import asterisk_phones
from ivr_engine.conformance.asterisk_moments import hangs_up_at_ms, moment_ms
from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import (
    AgentAct,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    HangUp,
    Press,
    RecipientPlan,
    Scenario,
    TalkAct,
    Trigger,
    When,
)
from sandbox import phones

HERE = Place("here.yaml", 1, 1)
HISTORY = History(
    (
        Happened(2_010, Verb.ARRIVED, "hong"),
        Happened(2_012, Verb.HEARD, "hong", {"prompt": "greeting"}),
        Happened(3_500, Verb.HEARD, "hong", {"prompt": "menu"}),
        Happened(6_000, Verb.HEARD, "hong", {"prompt": "menu"}),
        Happened(7_000, Verb.QUEUED, "hong", {"returns": "0"}),
        Happened(7_000, Verb.OFFERED, "hong", {"agent": "1001"}),
        Happened(9_000, Verb.QUEUED, "hong", {"returns": "1"}),
        Happened(12_000, Verb.CONNECTED, "hong", {"agent": "1002"}),
        Happened(15_000, Verb.TRANSFER, "hong", {"state": "held"}),
        Happened(1, Verb.CONNECTED, "somebody else"),
    )
)


def citizen(*acts: Press | HangUp, patience_ms: int | None = None) -> CitizenPlan:
    return CitizenPlan("hong", "120", HERE, arrives_ms=2_000, acts=acts, patience_ms=patience_ms)


def hangs_up(when: When) -> HangUp:
    return HangUp(when, HERE)


def presses(keys: str, when: When, gap_ms: int = 200) -> Press:
    return Press(keys, when, HERE, gap_ms)


def call_of(plan: CitizenPlan) -> phones.Call:
    scenario = Scenario("one", "one", HERE, 0, citizens=(plan,))
    [call] = asterisk_phones.calls(scenario, HISTORY, {"hong": "0212345678"}, lead_ms=400)
    return call


def conducts_of(*conducts: Conduct, acts: tuple[AgentAct, ...] = ()) -> list[phones.Conduct]:
    agent = AgentPlan("1001", HERE, conducts=conducts, acts=acts)
    return asterisk_phones.agents(Scenario("one", "one", HERE, 0, agents=(agent,)))["1001"]


def act(does: TalkAct, after_ms: int, nth: int = 1, entry: str = "") -> AgentAct:
    return AgentAct(does, after_ms, HERE, entry, By.PHONE, nth)


HOLD = act(TalkAct.HOLD, 1_000)
CONSULT = act(TalkAct.CONSULT, 4_000, entry="7001")


@pytest.mark.parametrize(
    ("when", "expected_ms"),
    [
        (When(Trigger.DIALLED, 100), 2_100),
        (When(Trigger.ANSWERED, 100), 2_110),
        (When(Trigger.HEARD, 100), 2_112),
        (When(Trigger.HEARD, 100, of="menu", nth=2), 6_100),
        (When(Trigger.QUEUED, 100), 7_100),
        (When(Trigger.RINGING, 100), 7_100),
        (When(Trigger.RETURNED, 100), 9_100),
        (When(Trigger.CONNECTED, 100), 12_100),
        (When(Trigger.HELD, 100), 15_100),
        (When(Trigger.CONSULTING, 100), None),
        (When(Trigger.HEARD, 100, of="menu", nth=3), None),
    ],
)
def test_given_a_trigger_when_looked_up_then_it_is_a_time_of_the_scenario(when: When, expected_ms: int | None) -> None:
    assert moment_ms(citizen(), when, HISTORY) == expected_ms


def test_given_keys_and_a_hang_up_when_compiled_then_they_are_pauses_after_the_answer() -> None:
    call = call_of(citizen(presses("12", When(Trigger.HEARD, 500, of="menu")), hangs_up(When(Trigger.CONNECTED, 990))))
    assert call == phones.Call(
        "120", "0212345678", 8_790, (phones.Key("1", 1_990), phones.Key("2", 200)), after_ms=2_400
    )


def test_given_keys_after_the_hang_up_when_compiled_then_they_are_never_pressed() -> None:
    call = call_of(citizen(presses("12", When(Trigger.QUEUED, 0)), hangs_up(When(Trigger.QUEUED, 100))))
    assert (call.keys, call.stay_ms) == ((phones.Key("1", 4_990),), 100)


def test_given_a_moment_that_never_comes_when_compiled_then_the_citizen_stays() -> None:
    assert call_of(citizen(hangs_up(When(Trigger.CONSULTING)))).stay_ms == phones.FOREVER_MS


@pytest.mark.parametrize(("patience_ms", "expected_ms"), [(4_999, 11_999), (5_001, None), (None, None)])
def test_given_patience_when_a_person_comes_later_then_the_citizen_leaves(
    patience_ms: int | None, expected_ms: int | None
) -> None:
    assert hangs_up_at_ms(citizen(patience_ms=patience_ms), HISTORY) == expected_ms


def test_given_a_re_invite_when_compiled_then_it_is_a_step_between_the_keys() -> None:
    plan = citizen(presses("12", When(Trigger.QUEUED, 0)), hangs_up(When(Trigger.QUEUED, 900)))
    moments = (When(Trigger.QUEUED, 100), When(Trigger.CONSULTING), When(Trigger.QUEUED, 900))
    call = call_of(replace(plan, re_invites=moments, offers_video=True))
    assert call.keys == (phones.Key("1", 4_990), phones.Key(phones.RE_INVITE, 100), phones.Key("2", 100))
    assert (call.stay_ms, call.offers_video) == (700, True)


def test_given_conducts_in_turn_when_compiled_then_each_ring_has_its_own() -> None:
    turns = conducts_of(Conduct(Answering.DECLINES, 500), Conduct(after_ms=800, talk_ms=None))
    assert turns == [
        phones.Conduct("decline", 500, 30_000),
        phones.Conduct("answer", 800, phones.FOREVER_MS),
    ]


def test_given_acts_in_the_second_talk_when_compiled_then_the_first_and_the_third_have_none() -> None:
    turns = conducts_of(Conduct(talk_ms=9_000), acts=(act(TalkAct.HOLD, 2_000, nth=2), act(TalkAct.HANG_UP, 5_000, 2)))
    assert [[key.key for key in turn.keys] for turn in turns] == [[], ["*", "2"], []]
    assert [turn.talk_ms for turn in turns] == [9_000, 5_000 - 2_200, 9_000]


def test_given_an_agent_who_never_answers_when_acts_are_planned_then_compiling_ends() -> None:
    turns = conducts_of(Conduct(Answering.SILENT), acts=(act(TalkAct.HOLD, 2_000),))
    assert [(turn.does, turn.keys) for turn in turns] == [("silent", ())]


@pytest.mark.parametrize(
    ("acts", "keys"),
    [
        ((act(TalkAct.HOLD, 1_000), act(TalkAct.RESUME, 3_000)), "*2*#"),
        ((HOLD, CONSULT, act(TalkAct.COMPLETE, 9_000)), "*27001#*3"),
        ((HOLD, CONSULT, act(TalkAct.CONFERENCE, 9_000)), "*27001#*5"),
        ((HOLD, CONSULT, act(TalkAct.CANCEL, 9_000)), "*27001#*4"),
        ((CONSULT, HOLD), "*27001#"),
        ((HOLD, act(TalkAct.CANCEL, 9_000)), "*2*#"),
    ],
)
def test_given_acts_by_phone_when_compiled_then_they_are_feature_codes(acts: tuple[AgentAct, ...], keys: str) -> None:
    turn = conducts_of(Conduct(), acts=acts)[0]
    assert "".join(key.key for key in turn.keys) == keys


def test_given_officials_when_compiled_then_they_are_known_by_their_number() -> None:
    recipients = [RecipientPlan("7001", HERE, "0200007001", (Conduct(Answering.BUSY, 50),))]
    assert asterisk_phones.outside(recipients, (), {}) == {"0200007001": [phones.Conduct("busy", 50, 30_000)]}
