"""Commands → AMI actions: every place exists in the dialplan, every mark comes before the move that reads it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr_engine.asterisk.actions import AmiAction, Endpoints, actions_for
from ivr_engine.asterisk.ami_errors import ForbiddenCharacter
from ivr_engine.asterisk.ami_wire import encode_action
from ivr_engine.core.commands import (
    AnnounceWait,
    CallRecipient,
    Command,
    DialCitizen,
    EndLeg,
    HandOver,
    HoldCitizen,
    JoinCitizen,
    LeaveQueue,
    MeetCitizen,
    PlayMusic,
    ResumeTalk,
    ReturnToQueue,
    StartOffer,
    StopDialling,
    WithdrawOffer,
)
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferId, QueueId, TransferId
from tests.asterisk_conf.dialplan import read

DIALPLAN = (Path(__file__).parents[2] / "asterisk-conf" / "extensions.conf").read_text()
C, A, OFFER_ID = ContactId("1700000000.1"), AgentId("1001"), OfferId("1700000000.1-e7-1")
AGENT_LEG, RECIPIENT_LEG, T = LegId(OFFER_ID), LegId("1700000000.9"), TransferId(f"{OFFER_ID}-t1")

OFFER = StartOffer(OFFER_ID, C, A, 10_000, "120", "01012345678", "mapo", "general", "ko")
DIAL = DialCitizen(C, "01012345678", "120", 25_000, ToQueue(QueueId("general"), agency="mapo"))
CALL = CallRecipient(C, AGENT_LEG, T, "0226408001", 25_000, hold_first=True)
COMMANDS: tuple[Command, ...] = (
    OFFER,
    WithdrawOffer(OFFER_ID, C),
    HoldCitizen(C, AGENT_LEG),
    ResumeTalk(C, AGENT_LEG),
    ResumeTalk(C, AGENT_LEG, RECIPIENT_LEG),
    CALL,
    CallRecipient(C, AGENT_LEG, T, "0226408001", 24_001, hold_first=False),
    DIAL,
    StopDialling(C),
    MeetCitizen(C, AGENT_LEG),
    HandOver(C, AGENT_LEG),
    JoinCitizen(C, AGENT_LEG),
    ReturnToQueue(C),
    AnnounceWait(C, "ivr/ko/busy"),
    AnnounceWait(C, "&".join(["ivr/ko/busy"] * 75), listens=True),
    PlayMusic(C, "festival"),
    LeaveQueue(C, OverflowAct.FLOW, "closed"),
    EndLeg(RECIPIENT_LEG, C),
)

UNIQUEID_BYTES = 149
"""AST_MAX_PUBLIC_UNIQUEID: with a long `systemname` a channel's uniqueid can be so long."""
LONG_CONTACT = ContactId("s" * (UNIQUEID_BYTES - 20))
LONG_OFFER = OfferId(f"{LONG_CONTACT}-e1000000-1000")
LONG: tuple[Command, ...] = (
    StartOffer(LONG_OFFER, LONG_CONTACT, AgentId("a" * 64), 10_000, "+" * 20, "0" * 20, "g" * 64, "q" * 64, "l" * 64),
    HoldCitizen(LONG_CONTACT, LegId(LONG_OFFER)),
    ResumeTalk(LONG_CONTACT, LegId(LONG_OFFER), LegId("r" * UNIQUEID_BYTES)),
    CallRecipient(LONG_CONTACT, LegId(LONG_OFFER), TransferId(f"{LONG_OFFER}-t1000"), "0" * 15, 25_000, True),
)


def actions(command: Command) -> tuple[AmiAction, ...]:
    return actions_for(command, Endpoints())


def places(action: AmiAction) -> Iterator[tuple[str, str, str]]:
    headers = action.headers
    for extra in ("", "Extra") if "ExtraChannel" in headers else ("",):
        yield str(headers[f"{extra}Context"]), str(headers[f"{extra}Exten"]), str(headers[f"{extra}Priority"])


def marks(command: Command) -> dict[tuple[str, str], str]:
    """(leg, variable) → value."""
    return {
        (str(action.headers["Channel"]), str(action.headers["Variable"])): str(action.headers["Value"])
        for action in actions(command)
        if action.name == "Setvar"
    }


def test_given_the_commands_under_test_when_counted_then_none_of_the_core_s_is_missing() -> None:
    assert {type(command) for command in COMMANDS} == set(Command.__args__)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
class TestEveryCommand:
    def test_given_a_command_when_translated_then_exactly_its_last_action_carries_it_out(
        self, command: Command
    ) -> None:
        told = actions(command)
        assert [action.name for action in told[:-1]] == ["Setvar"] * (len(told) - 1), "marks come before the move"
        assert all(not action.needed for action in told[:-1])
        assert told[-1].name in ({"Setvar"} if isinstance(command, PlayMusic) else {"Originate", "Redirect", "Hangup"})

    def test_given_a_redirect_when_translated_then_its_label_is_in_the_dialplan(self, command: Command) -> None:
        plan = read(DIALPLAN)
        for action in actions(command):
            if action.name == "Redirect":
                for context, extension, label in places(action):
                    assert not label.isdigit(), "a number is taken on trust, and loses the caller where it is missing"
                    assert plan.has(context, extension, label), (context, extension, label)

    def test_given_a_redirect_when_translated_then_the_dialplan_marks_the_label_as_its_target(
        self, command: Command
    ) -> None:
        marked = {(step.context, step.label) for step in read(DIALPLAN).steps if step.comment.startswith("Redirect")}
        for action in actions(command):
            if action.name == "Redirect":
                for context, _, label in places(action):
                    assert (context, label) in marked

    def test_given_a_mark_when_translated_then_its_name_is_plain_and_the_dialplan_reads_it(
        self, command: Command
    ) -> None:
        for _, name in marks(command):
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name)
            assert re.search(rf"\b{name}\b", DIALPLAN)

    def test_given_a_command_when_translated_twice_then_it_is_the_same(self, command: Command) -> None:
        assert actions(command) == actions(command)

    def test_given_a_leg_when_named_then_by_its_uniqueid_and_never_by_a_channel_name(self, command: Command) -> None:
        ours = {C, OFFER_ID, AGENT_LEG, RECIPIENT_LEG}
        for action in actions(command):
            if action.name != "Originate":
                named = {action.headers[key] for key in ("Channel", "ExtraChannel") if key in action.headers}
                assert named <= ours


@pytest.mark.parametrize("command", [*COMMANDS, *LONG], ids=lambda command: type(command).__name__)
def test_given_the_longest_identifiers_when_written_then_every_line_is_one_that_asterisk_reads(
    command: Command,
) -> None:
    for action in actions(command):
        encoded = encode_action(action.name, action.headers, f"ivr/{'0' * 36}/1000000")
        assert max(map(len, encoded.split(b"\r\n"))) < 1_024
        assert len(encoded.split(b"\r\n")) < 128


class TestOriginate:
    def test_given_an_offer_when_translated_then_asterisk_may_not_block_and_rings_no_longer_than_told(self) -> None:
        (originate,) = actions(OFFER)
        assert originate.headers["Async"] == "true"
        assert originate.headers["Timeout"] == "10000"
        assert originate.headers["Channel"] == "PJSIP/1001"
        assert originate.needed

    def test_given_an_offer_when_translated_then_its_identifier_is_the_channel_s(self) -> None:
        (originate,) = actions(OFFER)
        assert originate.headers["ChannelId"] == OFFER_ID

    def test_given_an_offer_when_answered_then_the_dialplan_goes_on_where_the_lock_is_taken(self) -> None:
        (originate,) = actions(OFFER)
        place = tuple(str(originate.headers[key]) for key in ("Context", "Exten", "Priority"))
        plan = read(DIALPLAN)
        assert plan.has(*place)
        steps = plan.extensions(place[0])[place[1]]
        (locked,) = [number for number, step in enumerate(steps) if "TRYLOCK(" in step.arguments]
        (told,) = [number for number, step in enumerate(steps) if step.arguments.startswith("IvrAnswered,")]
        assert locked < told

    def test_given_an_offer_when_translated_then_the_leg_knows_whose_it_is(self) -> None:
        (originate,) = actions(OFFER)
        assert originate.headers["Variable"] == [
            f"IVR_OFFER={OFFER_ID}",
            f"IVR_CONTACT={C}",
            f"IVR_AGENT={A}",
            "IVR_STAGE=offer",
        ]

    @pytest.mark.parametrize(
        ("agency", "caller", "shown"),
        [
            ("mapo", "01012345678", '"mapo ko" <01012345678>'),
            ("", "01012345678", '"general ko" <01012345678>'),
            ("mapo", "", '"mapo ko" <120>'),
        ],
    )
    def test_given_an_offer_when_it_rings_then_the_agent_sees_agency_language_and_caller(
        self, agency: str, caller: str, shown: str
    ) -> None:
        (originate,) = actions(StartOffer(OFFER_ID, C, A, 10_000, "120", caller, agency, "general", "ko"))
        assert originate.headers["CallerID"] == shown

    def test_given_a_talk_to_be_recorded_when_offered_then_the_leg_knows_its_file(self) -> None:
        recorded = replace(OFFER, recording="tax/c-e1-1.30d")
        [originate] = actions_for(recorded, Endpoints(talks="/var/talks"))
        assert "IVR_RECORD=/var/talks/tax/c-e1-1.30d" in originate.headers["Variable"]
        [silent] = actions_for(OFFER, Endpoints(talks="/var/talks"))
        assert not [value for value in silent.headers["Variable"] if value.startswith("IVR_RECORD")]

    def test_given_a_caller_with_a_line_end_when_written_then_nothing_is_sent(self) -> None:
        (originate,) = actions(StartOffer(OFFER_ID, C, A, 10_000, "120", "1\r\nAction: Logoff", "", "general", "ko"))
        with pytest.raises(ForbiddenCharacter):
            encode_action(originate.name, originate.headers)

    def test_given_other_endpoints_when_translated_then_phones_are_dialled_there(self) -> None:
        endpoints = Endpoints(agent="PJSIP/{agent}@desks", office="PJSIP/9{number}@pbx")
        assert actions_for(OFFER, endpoints)[0].headers["Channel"] == "PJSIP/1001@desks"
        assert actions_for(CALL, endpoints)[0].headers["Value"] == "PJSIP/90226408001@pbx"


class TestTalk:
    def test_given_a_consult_when_translated_then_target_transfer_and_ring_time_are_marked_first(self) -> None:
        assert marks(CALL) == {
            (AGENT_LEG, "IVR_TARGET"): "PJSIP/0226408001@ivr-office",
            (AGENT_LEG, "IVR_TRANSFER"): T,
            (AGENT_LEG, "IVR_RING_SECONDS"): "25",
            (C, "IVR_AGENT_LEG"): AGENT_LEG,
        }

    def test_given_a_ring_time_between_two_seconds_when_translated_then_it_is_rounded_up(self) -> None:
        command = CallRecipient(C, AGENT_LEG, T, "02", 24_001, hold_first=False)
        assert marks(command)[AGENT_LEG, "IVR_RING_SECONDS"] == "25"

    def test_given_a_citizen_on_hold_already_when_a_recipient_is_called_then_only_the_agent_moves(self) -> None:
        *_, move = actions(CallRecipient(C, AGENT_LEG, T, "02", 25_000, hold_first=False))
        assert "ExtraChannel" not in move.headers
        assert (move.headers["Channel"], move.headers["Priority"]) == (AGENT_LEG, "call")

    @pytest.mark.parametrize("command", [HoldCitizen(C, AGENT_LEG), CALL])
    def test_given_a_talk_when_held_then_both_legs_move_in_one_action(self, command: Command) -> None:
        *_, move = actions(command)
        assert (move.headers["Channel"], move.headers["ExtraChannel"]) == (C, AGENT_LEG)
        assert (move.headers["Context"], move.headers["ExtraContext"]) == ("ivr-hold", "ivr-consult")

    def test_given_a_recipient_when_the_talk_is_resumed_then_it_is_let_go_before_the_agent_moves(self) -> None:
        assert marks(ResumeTalk(C, AGENT_LEG, RECIPIENT_LEG)) == {(RECIPIENT_LEG, "IVR_LET_GO"): "1"}
        assert marks(ResumeTalk(C, AGENT_LEG)) == {}

    @pytest.mark.parametrize(
        ("command", "leg", "needed"),
        [
            (WithdrawOffer(OFFER_ID, C), OFFER_ID, False),
            (EndLeg(RECIPIENT_LEG, C), RECIPIENT_LEG, False),
            (HandOver(C, AGENT_LEG), AGENT_LEG, True),
        ],
    )
    def test_given_a_leg_that_shall_end_when_it_is_gone_already_then_only_a_hand_over_minds(
        self, command: Command, leg: str, needed: bool
    ) -> None:
        (hangup,) = actions(command)
        assert (hangup.name, hangup.headers, hangup.needed) == ("Hangup", {"Channel": leg, "Cause": "16"}, needed)

    @pytest.mark.parametrize(("music", "heard"), [("festival", "festival"), ("", "ivr-wait")])
    def test_given_other_music_when_told_then_it_is_a_mark_alone_and_nobody_is_moved(
        self, music: str, heard: str
    ) -> None:
        (mark,) = actions(PlayMusic(C, music))
        assert (mark.name, mark.needed) == ("Setvar", False)
        assert mark.headers == {"Channel": C, "Variable": "IVR_MUSIC", "Value": heard}

    def test_given_a_citizen_who_returns_to_the_queue_when_moved_then_the_age_is_not_stamped_anew(self) -> None:
        (move,) = actions(ReturnToQueue(C))
        plan = read(DIALPLAN)
        steps = plan.extensions("ivr-wait")["s"]
        at = next(number for number, step in enumerate(steps) if step.label == move.headers["Priority"])
        assert not any("IVR_QUEUED_AT=" in step.arguments for step in steps[at:])


# ── citizens who are called back ────────────────────────────────────────────────────────────────────────────────────
def test_given_a_number_with_anything_in_it_when_dialled_then_only_its_digits_are_left() -> None:
    (originate,) = actions(DialCitizen(C, "010-1234&PJSIP/1001", "120,x", 25_000, ToQueue(QueueId("general"))))
    assert originate.headers["Channel"] == "PJSIP/01012341001@city-trunk"
    assert (originate.headers["Context"], originate.headers["CallerID"]) == ("ivr-callback", '"120" <120>')


def test_given_a_list_of_the_site_s_when_asked_then_only_what_fits_a_whole_pattern_may_be_dialled() -> None:
    site = Endpoints(citizens=frozenset({"010XXXXXXXX"}))
    assert [site.may_dial(number) for number in ("01012345678", "+821012345678")] == [True, True]
    assert not any(site.may_dial(number) for number in ("0607001234", "010123456789", "0101234567", ""))
