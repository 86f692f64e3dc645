"""Asterisk's words → facts: the dialplan and the translator know the same words, and nonsense stays nonsense."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.asterisk.translate.citizens import CITIZEN_STAGES
from ivr_engine.asterisk.translate.phones import explains_itself, offer_failure, refusal
from ivr_engine.asterisk.translate.snapshot import SEEN_VARIABLES, leg_seen
from ivr_engine.asterisk.translate.user_events import OF_VISITS, UNTOLD, USER_EVENTS, WANTED, facts
from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.events import (
    CallbackAsked,
    CancelRequested,
    CitizenHanded,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    ContactArrived,
    ContactQueued,
    Event,
    FactsNoted,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    HoldRequested,
    LegEnded,
    MessageRecorded,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    SurveyBegan,
    TalkRecordingBegan,
    TalkRecordingStopped,
    TalkResumed,
    TextSettled,
    WaitKeyPressed,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.packing import OutcomeError
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    QueueId,
    RecipientFailure,
    Role,
    Skill,
    TransferId,
)
from tests.asterisk_conf.dialplan import Step, read, split

CONF = Path(__file__).parents[2] / "asterisk-conf"
C, A, T = ContactId("c.1"), AgentId("1001"), TransferId("o.1-t1")
PACKED = "queue:general:english.general:mapo:ko:2"
REQUEST = ToQueue(QueueId("general"), frozenset({Skill("english"), Skill("general")}), "mapo", "ko", 2)

OUTCOMES = {"IvrEnded": "end:self_served:mapo:ko", "IvrForward": PACKED.replace("queue:", "entry:7001:")}
"""What stands on a leg that gets there; a queue's request otherwise."""

LIKELY = {
    "Contact": "c.1",
    "Number": "120",
    "Caller": "01012345678",
    "QueuedAt": "1700000000000",
    "Offer": "o.1",
    "Agent": "1001",
    "Transfer": "o.1-t1",
    "Leg": "r.1",
    "Entry": "7001",
    "Status": "BUSY",
    "Cause": "16",
    "Result": "NONEXISTENT",
    "Recording": "/var/spool/asterisk/ivr/c-1-aa11",
    "Bytes": "128044",
    "Key": "1",
}
"""What the dialplan's `${…}` could be in a call, by the header that carries it."""


class Said(dict[str, str]):
    """A message that remembers what it was asked for."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields)
        self.asked: set[str] = set()

    def get(self, key: str, default: str = "", /) -> str:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def user_event(name: str, **fields: str) -> Said:
    return Said({"Event": "UserEvent", "UserEvent": name, **fields})


def sent_by(step: Step) -> Said:
    """The message that a UserEvent step of the dialplan causes."""
    name, *headers = split(step.arguments, ",")
    pairs = (header.partition(":")[::2] for header in headers)
    fields = {key.strip(): value.strip() for key, value in pairs}
    likely = {**LIKELY, "Outcome": OUTCOMES.get(name, PACKED)}
    return user_event(name, **{key: likely[key] if "${" in value else value for key, value in fields.items()})


def user_event_steps() -> list[Step]:
    """Every UserEvent of the dialplan, those under a condition among them."""
    found = []
    for step in read((CONF / "extensions.conf").read_text()).steps:
        conditional = re.fullmatch(r".*\?UserEvent\((.*)\)", step.arguments) if step.application == "ExecIf" else None
        if conditional is not None:
            found.append(replace(step, application="UserEvent", arguments=conditional[1]))
        elif step.application == "UserEvent":
            found.append(step)
    return found


class TestDialplan:
    @pytest.mark.parametrize("step", user_event_steps(), ids=lambda step: f"{step.context}:{step.line}")
    def test_given_a_user_event_of_the_dialplan_when_it_is_sent_then_it_is_known_and_says_enough(
        self, step: Step
    ) -> None:
        message = sent_by(step)
        name = message["UserEvent"]
        assert name in USER_EVENTS.keys() | UNTOLD, f"line {step.line}: nobody understands {name}"
        told = facts(message)
        assert message.asked <= message.keys(), f"line {step.line}: {name} does not send all that is read"
        if name == "IvrLegEnded":
            assert bool(told) is (message["Stage"] in CITIZEN_STAGES)
        else:
            assert bool(told) is (name not in UNTOLD), f"line {step.line}: {name} means nothing"

    def test_given_the_words_of_the_translator_when_looked_for_then_the_dialplan_says_each(self) -> None:
        said = {sent_by(step)["UserEvent"] for step in user_event_steps()}
        assert said == (USER_EVENTS.keys() | UNTOLD) - OF_VISITS

    def test_given_the_stages_of_citizens_when_looked_for_then_each_is_a_context_of_the_dialplan(self) -> None:
        said = {sent_by(step).get("Stage") for step in user_event_steps()}
        assert said >= CITIZEN_STAGES

    def test_given_the_variables_of_a_snapshot_when_looked_for_then_the_dialplan_or_an_offer_sets_each(self) -> None:
        dialplan = (CONF / "extensions.conf").read_text()
        by_offer = {"IVR_OFFER", "IVR_AGENT"}
        for variable in SEEN_VARIABLES:
            assert re.search(rf"\b{variable}=", dialplan) or variable in by_offer, variable

    def test_given_the_filter_of_the_manager_when_compared_then_it_lets_through_what_is_wanted(self) -> None:
        let_through = re.findall(r"^eventfilter\s*\(.*name\((\w+)\)", (CONF / "manager.conf").read_text(), re.MULTILINE)
        assert set(let_through) == WANTED | {"FullyBooted"}


OF_A_CONTACT = {"Contact": C, "Number": "120", "Caller": "010"}


class TestUserEvents:
    @pytest.mark.parametrize(
        ("message", "event"),
        [
            (user_event("IvrArrived", **OF_A_CONTACT), ContactArrived(C, "120", "010")),
            (
                user_event("IvrQueued", **OF_A_CONTACT, Outcome=PACKED, QueuedAt="1700000000123"),
                ContactQueued(C, "120", "010", REQUEST, 1_700_000_000_123),
            ),
            (
                user_event("IvrEnded", Contact=C, Outcome="end:closed:mapo:en"),
                FlowEnded(C, Ended(Disposition.CLOSED, "mapo", "en")),
            ),
            (
                user_event("IvrEnded", Contact=C, Outcome=PACKED.replace("queue:", "callback:p821012345678:")),
                CallbackAsked(C, ToCallback("+821012345678", REQUEST)),
            ),
            (
                user_event("IvrForward", **OF_A_CONTACT, Outcome=PACKED.replace("queue:", "entry:7001:")),
                ForwardBegan(C, "120", "010", ToEntry("7001", REQUEST)),
            ),
            (user_event("IvrForwardAnswered", Contact=C), ForwardAnswered(C)),
            (user_event("IvrForwardEnded", Contact=C, Status="ANSWER", Cause="16"), ForwardAnswered(C)),
            (user_event("IvrForwardEnded", Contact=C, Status="BUSY"), ForwardFailed(C, RecipientFailure.BUSY)),
            (user_event("IvrForwardEnded", Contact=C, Status="NOANSWER"), ForwardFailed(C, RecipientFailure.NO_ANSWER)),
            (
                user_event("IvrForwardEnded", Contact=C, Status="CHANUNAVAIL", Cause="20"),
                ForwardFailed(C, RecipientFailure.UNREACHABLE),
            ),
            (
                user_event("IvrForwardEnded", Contact=C, Status="CHANUNAVAIL", Cause="21"),
                ForwardFailed(C, RecipientFailure.BUSY),
            ),
            (user_event("IvrSurvey", Contact=C), SurveyBegan(C)),
            (user_event("IvrWaitKey", Contact=C, Key="1"), WaitKeyPressed(C, "1")),
            (
                user_event("IvrNoted", Contact=C, Survey="talk", Facts="score=5&word=%EA%B0%80%2C+b"),
                FactsNoted(C, {"score": "5", "word": "가, b"}, "talk"),
            ),
            (
                user_event("IvrRecorded", Contact=C, Recording="/var/rec/c-1-aa11", Milliseconds="8000"),
                MessageRecorded(C, "c-1-aa11", 8_000),
            ),
            (
                user_event("IvrTalkRecording", Contact=C, Offer="o", Agent="1001", Recording="/var/t/tax/o.30d"),
                TalkRecordingBegan(C, OfferId("o"), AgentId("1001"), "tax/o.30d"),
            ),
            (
                user_event(
                    "IvrTalkRecorded",
                    Contact=C,
                    Offer="o",
                    Agent="1001",
                    Recording="/var/t/tax/o.30d",
                    Stage="talk",
                    Bytes="16044",
                ),
                TalkRecordingStopped(C, OfferId("o"), AgentId("1001"), "tax/o.30d", 1_000, written=True, over=True),
            ),
            (
                user_event(
                    "IvrTalkRecorded",
                    Contact=C,
                    Offer="o",
                    Agent="1001",
                    Recording="/var/t/tax/o.30d",
                    Stage="consult",
                    Bytes="0",
                ),
                TalkRecordingStopped(C, OfferId("o"), AgentId("1001"), "tax/o.30d", 0, written=False, over=False),
            ),
            (
                user_event("IvrMessageLeft", Contact=C, Recording="/var/rec/c-1-aa11", Bytes="128044"),
                MessageRecorded(C, "c-1-aa11", 8_000),
            ),
            (
                user_event("IvrMessageLeft", Contact=C, Recording="/var/rec/c-1-aa11", Bytes=""),
                MessageRecorded(C, "c-1-aa11", 0),
            ),
            (user_event("IvrTexted", Contact=C, Key="c.1%2Fbill", Sent="yes"), TextSettled(C, "c.1/bill", sent=True)),
            (
                user_event("IvrTexted", Contact=C, Key="c.1%2Fbill", Sent="no", Reason="HTTP%20500"),
                TextSettled(C, "c.1/bill", sent=False, reason="HTTP 500"),
            ),
            (user_event("IvrFallback", **OF_A_CONTACT), FellBack(C, "120", "010")),
            (user_event("IvrFallbackAnswered", Contact=C), FallbackAnswered(C)),
            (user_event("IvrLegEnded", Leg="c.1", Stage="wait"), LegEnded(LegId("c.1"))),
            (user_event("IvrAnswered", Contact=C, Offer="o.1", Agent=A), OfferAnswered(OfferId("o.1"), C, A)),
            (user_event("IvrOfferLost", Offer="o.1"), OfferFailed(OfferId("o.1"), OfferFailure.LOST)),
            (user_event("IvrResumed", Contact=C), TalkResumed(C)),
            (user_event("IvrRecipientRinging", Contact=C, Transfer=T, Leg="r.1"), RecipientRinging(C, T, LegId("r.1"))),
            (user_event("IvrRecipientAnswered", Contact=C, Transfer=T), RecipientAnswered(C, T)),
            (user_event("IvrHanded", Contact=C, Transfer=T), CitizenHanded(C, T)),
            (user_event("IvrFeature", Agent=A, Feature="hold"), HoldRequested(A)),
            (user_event("IvrFeature", Agent=A, Feature="resume"), ResumeRequested(A)),
            (user_event("IvrFeature", Agent=A, Feature="consult", Entry="7001"), ConsultRequested(A, "7001", "")),
            (user_event("IvrFeature", Agent=A, Feature="complete"), CompleteRequested(A)),
            (user_event("IvrFeature", Agent=A, Feature="cancel"), CancelRequested(A)),
            (user_event("IvrFeature", Agent=A, Feature="conference"), ConferenceRequested(A)),
            (
                user_event("IvrAgentPhone", Agent=A, Feature="available"),
                PresenceChosen(A, Presence.AVAILABLE, "phone"),
            ),
            (user_event("IvrAgentPhone", Agent=A, Feature="on_break"), PresenceChosen(A, Presence.ON_BREAK, "phone")),
            (
                user_event("IvrAgentPhone", Agent=A, Feature="logged_out"),
                PresenceChosen(A, Presence.LOGGED_OUT, "phone"),
            ),
            (user_event("IvrAgentPhone", Agent=A, Feature="wrap_up_finished"), WrapUpFinished(A)),
            (user_event("IvrAgentPhone", Agent=A, Feature="wrap_up_extended"), WrapUpExtended(A)),
            (
                user_event("IvrAgentPhone", Agent=A, Feature="on_break_after_contact"),
                PresenceChosen(A, Presence.ON_BREAK, "phone", after_contact=True),
            ),
            (
                user_event("IvrAgentPhone", Agent=A, Feature="logged_out_after_contact"),
                PresenceChosen(A, Presence.LOGGED_OUT, "phone", after_contact=True),
            ),
            (Said({"Event": "Hangup", "Uniqueid": "c.1"}), LegEnded(LegId("c.1"))),
        ],
        ids=lambda given: given.get("UserEvent") if isinstance(given, Said) else type(given).__name__,
    )
    def test_given_a_message_when_translated_then_it_is_this_fact(self, message: Said, event: Event) -> None:
        assert facts(message) == (event,)

    @pytest.mark.parametrize(
        ("status", "cause"),
        [
            ("BUSY", RecipientFailure.BUSY),
            ("NOANSWER", RecipientFailure.NO_ANSWER),
            ("ANSWER", RecipientFailure.HUNG_UP),
            ("CHANUNAVAIL", RecipientFailure.UNREACHABLE),
            ("CONGESTION", RecipientFailure.UNREACHABLE),
            ("", RecipientFailure.UNREACHABLE),
        ],
    )
    def test_given_the_end_of_a_consult_when_translated_then_the_status_says_why(
        self, status: str, cause: RecipientFailure
    ) -> None:
        message = user_event("IvrConsultEnded", Contact=C, Transfer=T, Status=status)
        assert facts(message) == (RecipientFailed(C, T, cause),)

    @pytest.mark.parametrize(
        "message",
        [
            user_event("SomebodyElses", Contact=C),
            user_event("ivrarrived", Contact=C),
            user_event("IvrLegEnded", Leg="o.1", Stage="talk"),
            user_event("IvrForwardEnded", Contact=C, Status="CANCEL"),
            user_event("IvrForwardEnded", Contact=C, Status=""),
            user_event("IvrNoted", Contact=C, Facts=""),
            user_event("IvrNoted", Contact=C, Facts="&&&"),
            user_event("IvrFeature", Agent=A, Feature="reboot"),
            user_event("IvrAgentPhone", Agent=A, Feature="idle"),
            Said({"Event": "Hangup"}),
            Said({"Event": "Newchannel", "Uniqueid": "c.1"}),
            Said({}),
        ],
        ids=str,
    )
    def test_given_a_message_that_is_not_ours_when_translated_then_it_is_no_fact(self, message: Said) -> None:
        assert facts(message) == ()


class TestNonsense:
    @pytest.mark.parametrize("step", user_event_steps(), ids=lambda step: f"{step.context}:{step.line}")
    def test_given_a_fact_about_nobody_when_translated_then_it_is_refused(self, step: Step) -> None:
        message = sent_by(step)
        told = facts(message)
        whose = {"Contact", "Offer", "Agent", "Transfer", "Leg"} & message.asked
        for missing in whose if told else ():
            without = Said({key: "" if key == missing else value for key, value in message.items()})
            with pytest.raises(OutcomeError, match=missing):
                facts(without)

    @pytest.mark.parametrize(
        ("outcome", "queued_at"),
        [
            ("", "1700000000000"),
            ("end:closed::ko", "1700000000000"),
            ("queue:general", "1700000000000"),
            ("queue:gen eral:::ko:0", "1700000000000"),
            ("queue:general:::ko:first", "1700000000000"),
            (f"queue:general:::ko:{'9' * 5_000}", "1700000000000"),
            (PACKED, ""),
            (PACKED, "-1"),
            (PACKED, "1.7e12"),
            (PACKED, "١٢٣"),
            (PACKED, "9" * 5_000),
        ],
    )
    def test_given_a_queued_contact_that_makes_no_sense_when_translated_then_only_an_outcome_error(
        self, outcome: str, queued_at: str
    ) -> None:
        with pytest.raises(OutcomeError):
            facts(user_event("IvrQueued", **OF_A_CONTACT, Outcome=outcome, QueuedAt=queued_at))

    @pytest.mark.parametrize("outcome", ["", PACKED, "entry:7001", "entry:70 01:general:::ko:0"])
    def test_given_a_hand_over_to_no_entry_when_translated_then_only_an_outcome_error(self, outcome: str) -> None:
        with pytest.raises(OutcomeError):
            facts(user_event("IvrForward", **OF_A_CONTACT, Outcome=outcome))

    def test_given_a_flow_that_ends_in_a_queue_when_it_says_ended_then_it_is_no_fact(self) -> None:
        assert facts(user_event("IvrEnded", Contact=C, Outcome=PACKED)) == ()

    @given(
        st.sampled_from(sorted(USER_EVENTS.keys() | UNTOLD | {"Else"})),
        st.dictionaries(
            st.sampled_from([*LIKELY, "Outcome", "Feature", "Stage"]),
            st.one_of(
                st.text(max_size=20),
                st.sampled_from([PACKED, "end:closed::ko", "wait", "hold", "consult", "9" * 4_999]),
            ),
        ),
    )
    def test_given_any_message_when_translated_then_nothing_but_an_outcome_error(
        self, name: str, fields: dict[str, str]
    ) -> None:
        try:
            told = facts(user_event(name, **fields))
        except OutcomeError:
            return
        assert isinstance(told, tuple)


class TestOriginate:
    @pytest.mark.parametrize(
        ("response", "reason", "failure"),
        [
            ("Success", "4", None),
            ("Failure", "4", None),
            ("Failure", "3", OfferFailure.NO_ANSWER),
            ("Failure", "0", OfferFailure.UNREACHABLE),
            ("Failure", "5", OfferFailure.UNREACHABLE),
            ("Failure", "8", OfferFailure.UNREACHABLE),
            ("Failure", "", OfferFailure.UNREACHABLE),
            ("", "", OfferFailure.UNREACHABLE),
        ],
    )
    def test_given_the_end_of_an_originate_when_translated_then_its_reason_says_how(
        self, response: str, reason: str, failure: OfferFailure | None
    ) -> None:
        message = Said({"Event": "OriginateResponse", "Response": response, "Reason": reason})
        assert offer_failure(message) is failure
        assert facts(message) == ()

    @pytest.mark.parametrize(("reason", "explains"), [("0", False), ("3", True), ("5", True)])
    def test_given_a_failed_originate_when_asked_then_only_reason_0_owes_an_explanation(
        self, reason: str, explains: bool
    ) -> None:
        assert explains_itself(Said({"Reason": reason})) is explains

    @pytest.mark.parametrize(
        ("cause", "failure"),
        [
            ("17", OfferFailure.BUSY),
            ("19", OfferFailure.NO_ANSWER),
            ("21", OfferFailure.DECLINED),
            ("34", OfferFailure.UNREACHABLE),
            ("", OfferFailure.UNREACHABLE),
            ("17 ", OfferFailure.UNREACHABLE),
        ],
    )
    def test_given_a_leg_that_nobody_answered_when_it_ends_then_its_cause_says_why(
        self, cause: str, failure: OfferFailure
    ) -> None:
        assert refusal(Said({"Event": "Hangup", "Cause": cause})) is failure


class TestLegSeen:
    def test_given_a_citizen_when_seen_then_request_and_age_are_read(self) -> None:
        leg = leg_seen(
            Said({"Uniqueid": "c.1", "ChannelState": "6"}),
            {
                "IVR_CONTACT": "c.1",
                "IVR_STAGE": "wait",
                "IVR_NUMBER": "120",
                "IVR_CALLER": "010",
                "IVR_OUTCOME": PACKED,
                "IVR_QUEUED_AT": "1700000000123",
            },
        )
        assert leg is not None
        assert (leg.role, leg.contact, leg.up, leg.place) == (Role.CITIZEN, C, True, "wait")
        assert (leg.number, leg.caller, leg.request, leg.queued_at_ms) == ("120", "010", REQUEST, 1_700_000_000_123)

    @pytest.mark.parametrize("stage", sorted(CITIZEN_STAGES | {"conference"}))
    def test_given_a_citizen_at_any_stage_when_seen_then_the_place_is_told(self, stage: str) -> None:
        leg = leg_seen(Said({"Uniqueid": "c.1"}), {"IVR_CONTACT": "c.1", "IVR_STAGE": stage})
        assert leg is not None
        assert (leg.role, leg.place, leg.request, leg.queued_at_ms) == (Role.CITIZEN, stage, None, None)

    @pytest.mark.parametrize(("status", "place"), [("", "forward"), ("NOANSWER", "forward"), ("ANSWER", "forwarded")])
    def test_given_a_citizen_handed_to_an_official_when_seen_then_the_dial_says_whether_they_talk(
        self, status: str, place: str
    ) -> None:
        leg = leg_seen(Said({"Uniqueid": "c.1"}), {"IVR_CONTACT": "c.1", "IVR_STAGE": "forward", "DIALSTATUS": status})
        assert leg is not None
        assert leg.place == place

    @pytest.mark.parametrize("stage", ["offer", "talk", "consult"])
    @pytest.mark.parametrize(("state", "up"), [("6", True), ("5", False), ("0", False), ("", False)])
    def test_given_an_agent_when_seen_then_whether_the_phone_was_answered_is_told(
        self, stage: str, state: str, up: bool
    ) -> None:
        leg = leg_seen(
            Said({"Uniqueid": "o.1", "ChannelState": state}),
            {
                "IVR_CONTACT": "c.1",
                "IVR_OFFER": "o.1",
                "IVR_AGENT": "1001",
                "IVR_STAGE": stage,
                "IVR_TALK_SINCE": "1700000000500",
            },
        )
        assert leg is not None
        assert (leg.role, leg.contact, leg.agent, leg.up, leg.place) == (Role.AGENT, C, A, up, stage)
        assert (leg.talking_since_ms, leg.transfer) == (1_700_000_000_500, None)

    def test_given_an_agent_in_a_consult_when_seen_then_the_transfer_is_told(self) -> None:
        variables = {"IVR_CONTACT": "c.1", "IVR_OFFER": "o.1", "IVR_AGENT": "1001", "IVR_TRANSFER": T}
        leg = leg_seen(Said({"Uniqueid": "o.1"}), variables)
        assert leg is not None
        assert leg.transfer == T

    @pytest.mark.parametrize("stage", ["recipient", "handed"])
    def test_given_a_recipient_when_seen_then_contact_and_transfer_are_told(self, stage: str) -> None:
        leg = leg_seen(
            Said({"Uniqueid": "r.1", "ChannelState": "6"}),
            {"IVR_CONTACT": "c.1", "IVR_RECIPIENT": "r.1", "IVR_TRANSFER": T, "IVR_STAGE": stage},
        )
        assert leg is not None
        assert (leg.role, leg.contact, leg.transfer, leg.up, leg.place) == (Role.RECIPIENT, C, T, True, stage)

    @pytest.mark.parametrize(
        ("uniqueid", "variables"),
        [
            ("x.1", {}),
            ("", {"IVR_CONTACT": "c.1"}),
            ("x.1", {"IVR_CONTACT": "c.1"}),  # a phone of the fallback queue inherits the citizen's
            ("x.1", {"IVR_CONTACT": "c.1", "IVR_OFFER": "o.1", "IVR_RECIPIENT": "r.1"}),
            ("o.1", {"IVR_OFFER": "o.1"}),
        ],
    )
    def test_given_somebody_else_s_channel_when_seen_then_it_is_none_of_ours(
        self, uniqueid: str, variables: dict[str, str]
    ) -> None:
        assert leg_seen(Said({"Uniqueid": uniqueid, "ChannelState": "6"}), variables) is None

    @pytest.mark.parametrize("outcome", ["", "queue:", "end:closed::ko", "queue:general:::ko:x", "nonsense"])
    @pytest.mark.parametrize("queued_at", ["", "soon", "9" * 5_000])
    def test_given_a_citizen_whose_words_make_no_sense_when_seen_then_the_citizen_is_seen_all_the_same(
        self, outcome: str, queued_at: str
    ) -> None:
        variables = {"IVR_CONTACT": "c.1", "IVR_OUTCOME": outcome, "IVR_QUEUED_AT": queued_at}
        leg = leg_seen(Said({"Uniqueid": "c.1", "ChannelState": "6"}), variables)
        assert leg is not None
        assert (leg.request, leg.queued_at_ms) == (None, None)
