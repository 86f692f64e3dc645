"""What a flow does besides leading to a queue: one disposition all the same, and every fact published once."""

import pytest

from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.events import (
    CallbackAsked,
    ContactQueued,
    ContactRestored,
    FactsNoted,
    FlowEnded,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    LegEnded,
    LegSeen,
    MessageRecorded,
    SurveyBegan,
    SwitchSeen,
    TextSettled,
)
from ivr_engine.core.notices import (
    CallbackPromised,
    ContactEnded,
    ContactForwarded,
    ContactNoted,
    ContactRecorded,
    ContactTexted,
    ContactWaits,
    ForwardSettled,
)
from ivr_engine.core.self_service import SHORTEST_MESSAGE_MS
from ivr_engine.core.vocabulary import ContactId, Disposition, LegId, QueueId, RecipientFailure, Role, Skill
from tests.core.centre import START_MS, Centre

HONG = ContactId("hong")
REQUEST = ToQueue(QueueId("general"), frozenset({Skill("water")}), agency="seoul", language="en", priority=2)
OFFICE = ToEntry("7001", REQUEST)
BEGAN = ForwardBegan(HONG, "120", "0212345678", OFFICE)


def _ended(centre: Centre) -> ContactEnded:
    [ended] = centre.told(ContactEnded)
    return ended


# ── to an official ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_official_who_answers_when_the_citizen_leaves_then_the_contact_was_answered_without_an_agent() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN)
    centre.wait(4_000)
    centre.tell(ForwardAnswered(HONG), ForwardAnswered(HONG))
    centre.wait(30_000)
    centre.tell(LegEnded(LegId("hong")))

    assert centre.told(ContactForwarded) == [ContactForwarded(HONG, "7001", "seoul", "en")]
    assert centre.told(ForwardSettled) == [ForwardSettled(HONG, "7001", True, None, 4_000, QueueId("general"))]
    ended = _ended(centre)
    assert (ended.disposition, ended.queue, ended.agent) == (Disposition.ANSWERED, "", "")
    assert (ended.agency, ended.language, ended.talk_ms, ended.wait_ms) == ("seoul", "en", 30_000, None)


@pytest.mark.parametrize("cause", list(RecipientFailure))
def test_given_an_official_who_does_not_answer_when_queued_then_the_age_began_with_the_wish_for_a_person(
    cause: RecipientFailure,
) -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("hong").arrives()
    centre.tell(BEGAN)
    asked_at_ms = centre.now_ms
    centre.wait(20_000)
    centre.tell(ForwardFailed(HONG, cause), ForwardFailed(HONG, cause))
    centre.tell(ContactQueued(HONG, "120", "0212345678", REQUEST, asked_at_ms))

    assert centre.told(ForwardSettled) == [ForwardSettled(HONG, "7001", False, cause, 20_000, QueueId("general"))]
    [waits] = centre.told(ContactWaits)
    assert waits.queued_at_ms == asked_at_ms
    centre.tell(LegEnded(LegId("hong")))
    assert _ended(centre).disposition is Disposition.ABANDONED


def test_given_an_official_whose_phone_rings_when_the_citizen_leaves_then_the_contact_is_abandoned() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN, LegEnded(LegId("hong")))
    assert (_ended(centre).disposition, _ended(centre).agency) == (Disposition.ABANDONED, "seoul")


def test_given_facts_of_nobody_we_know_when_told_then_nothing_happens() -> None:
    centre = Centre("1001")
    centre.tell(ForwardAnswered(HONG), ForwardFailed(HONG, RecipientFailure.BUSY), SurveyBegan(HONG))
    centre.tell(FactsNoted(HONG, {"a": "1"}), MessageRecorded(HONG, "r", 9_000), TextSettled(HONG, "k", sent=True))
    centre.tell(CallbackAsked(HONG, ToCallback("0212345678", REQUEST)))
    assert centre.notices == []


def test_given_an_arrival_that_was_lost_when_the_official_is_called_then_the_contact_begins_all_the_same() -> None:
    centre = Centre("1001")
    centre.tell(BEGAN, ForwardAnswered(HONG), LegEnded(LegId("hong")))
    assert (_ended(centre).disposition, _ended(centre).number) == (Disposition.ANSWERED, "120")


@pytest.mark.parametrize(
    ("place", "disposition"), [("forward", Disposition.ABANDONED), ("forwarded", Disposition.ANSWERED)]
)
def test_given_a_restart_when_the_citizen_is_with_an_official_then_the_switch_says_whether_they_talk(
    place: str, disposition: Disposition
) -> None:
    centre = Centre("1001", seen=False)
    centre.tell(ContactRestored(HONG, "120", "0212345678", START_MS))
    centre.tell(SwitchSeen((LegSeen(LegId("hong"), Role.CITIZEN, HONG, place=place),)))
    centre.tell(LegEnded(LegId("hong")))
    assert _ended(centre).disposition is disposition


# ── a call back ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_wish_to_be_called_back_when_told_twice_then_it_is_promised_once_with_the_whole_place() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    asked = CallbackAsked(HONG, ToCallback("01012345678", REQUEST))
    centre.tell(asked, asked, LegEnded(LegId("hong")))

    assert centre.told(CallbackPromised) == [
        CallbackPromised(
            HONG,
            "01012345678",
            QueueId("general"),
            ("water",),
            "seoul",
            "en",
            2,
            centre.now_ms,
            line="120",
            place_ms=centre.now_ms,
        )
    ]
    ended = _ended(centre)
    assert (ended.disposition, ended.agency, ended.language, ended.queue) == (Disposition.CALLBACK, "seoul", "en", "")


# ── messages, texts, facts ──────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_message_when_the_citizen_hangs_up_after_it_then_it_is_voicemail() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(MessageRecorded(HONG, "r1", 8_000), MessageRecorded(HONG, "r1", 8_000), LegEnded(LegId("hong")))
    assert centre.told(ContactRecorded) == [ContactRecorded(HONG, "r1", 8_000)]
    assert _ended(centre).disposition is Disposition.VOICEMAIL


def test_given_a_cough_when_the_citizen_hangs_up_then_it_is_no_message() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(MessageRecorded(HONG, "r1", SHORTEST_MESSAGE_MS - 1), LegEnded(LegId("hong")))
    assert centre.told(ContactRecorded) == []
    assert _ended(centre).disposition is Disposition.ABANDONED


def test_given_a_message_when_the_flow_says_how_it_ended_then_that_counts() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(MessageRecorded(HONG, "r1", 8_000), FlowEnded(HONG, Ended(Disposition.CLOSED)))
    centre.tell(LegEnded(LegId("hong")))
    assert _ended(centre).disposition is Disposition.CLOSED


def test_given_texts_when_their_fate_is_told_then_a_sent_one_is_published_once_and_every_failure_is() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    failed, sent = TextSettled(HONG, "k", sent=False, reason="HTTP 500"), TextSettled(HONG, "k", sent=True)
    centre.tell(failed, sent, sent)
    assert centre.told(ContactTexted) == [
        ContactTexted(HONG, "k", sent=False, reason="HTTP 500"),
        ContactTexted(HONG, "k", sent=True),
    ]


def test_given_facts_when_noted_then_they_are_published() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(FactsNoted(HONG, {"score": "5"}, survey="talk"))
    assert centre.told(ContactNoted) == [ContactNoted(HONG, {"score": "5"}, "talk")]


# ── a survey ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_citizen_who_answers_a_survey_when_it_ends_then_the_talk_was_as_long_as_the_talk() -> None:
    centre = Centre("1001")
    centre.citizen("hong").queues()
    agent = centre.agent("1001").answers()
    centre.wait(30_000)
    agent.hangs_up()
    centre.tell(SurveyBegan(HONG))
    centre.wait(12_000)
    centre.tell(SurveyBegan(HONG), LegEnded(LegId("hong")))
    ended = _ended(centre)
    assert (ended.disposition, ended.talk_ms) == (Disposition.ANSWERED, 30_000)


def test_given_a_restart_when_a_citizen_answers_a_survey_then_the_contact_was_answered() -> None:
    centre = Centre("1001", seen=False)
    centre.tell(ContactRestored(HONG, "120", "0212345678", START_MS, REQUEST, START_MS, START_MS + 1_000))
    centre.tell(SwitchSeen((LegSeen(LegId("hong"), Role.CITIZEN, HONG, place="survey"),)))
    centre.tell(LegEnded(LegId("hong")))
    assert _ended(centre).disposition is Disposition.ANSWERED


# ── at the edges ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_official_who_is_called_when_that_is_told_again_with_another_then_the_first_one_counts() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN)
    centre.wait(3_000)
    centre.tell(ForwardBegan(HONG, "120", "0212345678", ToEntry("7002", REQUEST)), ForwardAnswered(HONG))
    assert [told.entry for told in centre.told(ContactForwarded)] == ["7001"]
    assert [(told.entry, told.rang_ms) for told in centre.told(ForwardSettled)] == [("7001", 3_000)]


def test_given_a_citizen_who_waits_when_a_call_to_an_official_is_told_late_then_nothing_changes() -> None:
    centre = Centre()
    centre.citizen("hong").queues()
    before = centre.snapshot()
    centre.tell(BEGAN, ForwardAnswered(HONG), ForwardFailed(HONG, RecipientFailure.BUSY))
    assert (centre.snapshot(), centre.told(ContactForwarded), centre.told(ForwardSettled)) == (before, [], [])


@pytest.mark.parametrize("answered_first", [True, False])
def test_given_an_official_whose_answer_and_failure_are_both_told_then_the_first_one_counts(
    answered_first: bool,
) -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN)
    facts = [ForwardAnswered(HONG), ForwardFailed(HONG, RecipientFailure.BUSY)]
    centre.tell(*(facts if answered_first else reversed(facts)))
    (settled,) = centre.told(ForwardSettled)
    assert (settled.answered, settled.rang_ms) == (answered_first, 0)
    assert (centre.citizen("hong").view.answered_at_ms is not None) is answered_first


def test_given_a_message_just_long_enough_when_told_then_it_is_one() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(MessageRecorded(HONG, "r1", SHORTEST_MESSAGE_MS))
    assert [told.length_ms for told in centre.told(ContactRecorded)] == [1_000]


def test_given_as_many_messages_and_texts_as_are_remembered_when_the_first_is_told_again_then_it_is_known() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    for number in [*range(20), 0]:
        centre.tell(MessageRecorded(HONG, f"r{number}", 8_000), TextSettled(HONG, f"k{number}", sent=True))
    assert (len(centre.told(ContactRecorded)), len(centre.told(ContactTexted))) == (20, 20)
    for number in (20, 0):
        centre.tell(MessageRecorded(HONG, f"r{number}", 8_000), TextSettled(HONG, f"k{number}", sent=True))
    assert (len(centre.told(ContactRecorded)), len(centre.told(ContactTexted))) == (22, 22), "no more are remembered"


def test_given_a_text_that_failed_when_it_fails_again_then_it_is_published_again() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    failed = TextSettled(HONG, "k", sent=False, reason="HTTP 500")
    centre.tell(failed, failed, TextSettled(HONG, "other", sent=True))
    assert [told.sent for told in centre.told(ContactTexted)] == [False, False, True]


def test_given_a_message_of_a_citizen_who_was_answered_before_when_they_leave_then_they_were_answered() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN, ForwardAnswered(HONG), MessageRecorded(HONG, "r1", 8_000), LegEnded(LegId("hong")))
    assert _ended(centre).disposition is Disposition.ANSWERED


def test_given_a_citizen_in_the_flow_when_a_survey_is_told_then_it_is_none_of_a_talk() -> None:
    centre = Centre("1001")
    centre.citizen("hong").arrives()
    centre.tell(BEGAN, ForwardAnswered(HONG), SurveyBegan(HONG))
    centre.wait(5_000)
    centre.tell(LegEnded(LegId("hong")))
    assert _ended(centre).talk_ms == 5_000


@pytest.mark.parametrize("when", ["waits", "flow ended"])
def test_given_a_citizen_whose_flow_is_over_when_a_call_back_is_told_late_then_nothing_is_promised(when: str) -> None:
    centre = Centre("1001")
    citizen = centre.citizen("hong").arrives()
    if when == "waits":
        citizen.queues()
    else:
        citizen.hears_the_end(Disposition.CLOSED)
    centre.tell(CallbackAsked(HONG, ToCallback("01012345678", REQUEST)), LegEnded(LegId("hong")))
    assert centre.told(CallbackPromised) == []
    assert _ended(centre).disposition is (Disposition.ABANDONED if when == "waits" else Disposition.CLOSED)
