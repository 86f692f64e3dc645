"""Consults and hand-overs at their edges: what is cleared, what is late, and what is told of each."""

import pytest

from ivr_engine.core.commands import CallRecipient, EndLeg, HandOver, JoinCitizen, ReturnToQueue
from ivr_engine.core.events import (
    CancelRequested,
    CitizenHanded,
    CommandRefused,
    CompleteRequested,
    ConferenceRequested,
    FellBack,
    LegEnded,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    SwitchDied,
    TalkResumed,
)
from ivr_engine.core.notices import TransferEnded, TransferMoved
from ivr_engine.core.transfer import HAND_OVER_OWED_MS, RECIPIENT_MEETS_MS, RECIPIENT_RING_MS
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    LegId,
    RecipientFailure,
    TransferId,
    TransferResult,
    TransferState,
)
from tests.core.centre import Centre, offer_id

C1, A1 = ContactId("c1"), AgentId("1001")
OFFER = offer_id("c1")


def talking(*agents: str) -> Centre:
    centre = Centre(*(agents or ("1001",)))
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    return centre


def consulting() -> Centre:
    """The official has just answered."""
    centre = talking()
    centre.agent("1001").consults().reaches_the_recipient()
    return centre


def state_of(centre: Centre) -> TransferState | None:
    return centre.citizen("c1").view.transfer_state


def ended(centre: Centre) -> list[TransferResult]:
    return [end.result for end in centre.told(TransferEnded)]


# ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_consult_when_it_rings_and_is_cancelled_then_the_command_and_both_notices_say_all_of_it() -> None:
    centre = talking()
    began_ms = centre.now_ms
    transfer = TransferId(f"{OFFER}-t1")
    centre.agent("1001").consults("77001")
    assert centre.sent(CallRecipient) == [
        CallRecipient(C1, LegId(OFFER), transfer, "021330000", RECIPIENT_RING_MS, hold_first=True)
    ]
    assert centre.citizen("c1").view.transfer_entry == "77001"
    centre.wait(4_000)
    centre.agent("1001").asks(CancelRequested)
    assert centre.told(TransferMoved) == [
        TransferMoved(transfer, C1, A1, TransferState.RINGING, "77001", began_ms),
        TransferMoved(transfer, C1, A1, TransferState.TALKING, "77001", began_ms + 4_000),
    ]
    assert centre.told(TransferEnded) == [
        TransferEnded(transfer, C1, A1, "77001", TransferResult.CANCELLED, None, 4_000)
    ]
    assert centre.citizen("c1").view.transfer_entry == ""


def test_given_a_consult_that_is_cancelled_at_once_then_it_lasted_nothing() -> None:
    centre = talking()
    centre.agent("1001").consults().asks(CancelRequested)
    assert [end.lasted_ms for end in centre.told(TransferEnded)] == [0]


def test_given_consults_of_one_talk_when_each_begins_then_each_has_its_own_name() -> None:
    centre = talking()
    for _ in range(3):
        centre.agent("1001").consults().asks(CancelRequested)
    assert [end.transfer for end in centre.told(TransferEnded)] == [f"{OFFER}-t{n}" for n in (1, 2, 3)]


def test_given_a_hold_without_a_consult_when_it_ends_then_its_moves_are_told_and_no_transfer_ended() -> None:
    centre = talking()
    centre.agent("1001").holds()
    centre.tell(TalkResumed(C1))
    assert [(move.transfer, move.state) for move in centre.told(TransferMoved)] == [
        ("", TransferState.HELD),
        ("", TransferState.TALKING),
    ]
    assert ended(centre) == []


def test_given_a_talk_without_a_consult_when_it_ends_then_nothing_is_told_of_transfers() -> None:
    centre = talking()
    centre.agent("1001").hangs_up()
    assert (centre.told(TransferMoved), ended(centre)) == ([], [])


# ── handing over ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_consult_of_some_seconds_when_completed_then_the_agent_s_leg_ends_at_once() -> None:
    centre = consulting()
    centre.wait(RECIPIENT_MEETS_MS)
    centre.agent("1001").asks(CompleteRequested)
    assert centre.sent(HandOver) == [HandOver(C1, LegId(OFFER))]


def test_given_a_conference_when_completed_at_once_then_there_is_nothing_to_wait_for() -> None:
    centre = consulting()
    centre.agent("1001").asks(ConferenceRequested).asks(CompleteRequested)
    assert centre.sent(JoinCitizen) == [JoinCitizen(C1, LegId(OFFER))]
    assert len(centre.sent(HandOver)) == 1
    assert ended(centre) == [TransferResult.COMPLETED]


def test_given_a_hand_over_that_waits_when_the_agent_takes_the_citizen_back_then_it_never_comes() -> None:
    centre = consulting()
    centre.agent("1001").asks(CompleteRequested)
    centre.wait(RECIPIENT_MEETS_MS - 1)
    centre.tell(TalkResumed(C1))
    centre.wait(HAND_OVER_OWED_MS)
    assert (centre.sent(HandOver), state_of(centre)) == ([], TransferState.TALKING)


def test_given_a_hand_over_that_waited_when_nothing_comes_of_it_then_the_agent_has_the_consult_back() -> None:
    centre = consulting()
    centre.agent("1001").asks(CompleteRequested)
    centre.wait(RECIPIENT_MEETS_MS + HAND_OVER_OWED_MS - 1)
    assert state_of(centre) is TransferState.HANDED_OVER
    centre.wait(1)
    assert state_of(centre) is TransferState.CONSULTING
    assert ended(centre) == []


def test_given_a_hand_over_that_waits_when_the_switch_has_done_it_then_no_command_follows() -> None:
    centre = consulting()
    transfer = centre.agent("1001").transfer
    centre.agent("1001").asks(CompleteRequested)
    centre.tell(CitizenHanded(C1, transfer), LegEnded(LegId(OFFER)))
    centre.forget()
    centre.wait(HAND_OVER_OWED_MS)
    assert (centre.commands, state_of(centre)) == ([], TransferState.HANDED_OVER)


def test_given_a_hand_over_that_failed_when_the_official_s_leg_lives_then_it_is_ended_after_the_citizen_is_safe() -> (
    None
):
    centre = consulting()
    centre.agent("1001").hangs_up()
    centre.forget()
    centre.wait(HAND_OVER_OWED_MS)
    assert centre.commands[:2] == [ReturnToQueue(C1), EndLeg(LegId("r1"), C1)]


def test_given_an_official_nobody_told_of_when_the_hand_over_failed_then_there_is_no_leg_to_end() -> None:
    centre = talking()
    transfer = centre.agent("1001").consults().transfer
    centre.tell(RecipientAnswered(C1, transfer))
    centre.agent("1001").hangs_up()
    centre.wait(HAND_OVER_OWED_MS)
    assert (len(centre.sent(ReturnToQueue)), centre.sent(EndLeg)) == (1, [])


# ── an earlier official ─────────────────────────────────────────────────────────────────────────────────────────────
def second_consult(*, told: bool) -> Centre:
    """The first official hung up; whether the switch tells of the second one's ringing."""
    centre = talking()
    first = centre.agent("1001").consults().transfer
    centre.tell(RecipientRinging(C1, first, LegId("r1")), RecipientFailed(C1, first, RecipientFailure.BUSY))
    centre.tell(LegEnded(LegId("r1")))
    second = centre.agent("1001").consults().transfer
    if told:
        centre.tell(RecipientRinging(C1, second, LegId("r2")))
    centre.tell(RecipientAnswered(C1, second))
    return centre


@pytest.mark.parametrize("told", [True, False])
def test_given_an_official_who_left_before_when_the_agent_hands_over_to_the_second_then_it_is_waited_for(
    told: bool,
) -> None:
    centre = second_consult(told=told)
    centre.agent("1001").hangs_up()
    assert state_of(centre) is TransferState.HANDED_OVER
    assert centre.sent(ReturnToQueue) == []
    centre.tell(CitizenHanded(C1, TransferId(f"{OFFER}-t2")))
    assert ended(centre) == [TransferResult.FAILED, TransferResult.COMPLETED]


def test_given_an_official_s_leg_that_outlives_the_contact_when_it_ends_then_nothing_happens() -> None:
    centre = talking()
    first = centre.agent("1001").consults().transfer
    centre.tell(RecipientRinging(C1, first, LegId("r1")), RecipientFailed(C1, first, RecipientFailure.BUSY))
    second = centre.agent("1001").consults().transfer
    centre.tell(RecipientRinging(C1, second, LegId("r2")), LegEnded(LegId("c1")))
    centre.tell(LegEnded(LegId(OFFER)), LegEnded(LegId("r1")), LegEnded(LegId("r2")))
    assert centre.citizen("c1").seen is None


def test_given_a_late_end_of_an_earlier_official_when_the_second_talks_then_the_consult_goes_on() -> None:
    centre = talking()
    first = centre.agent("1001").consults().transfer
    centre.tell(RecipientRinging(C1, first, LegId("r1")), RecipientFailed(C1, first, RecipientFailure.BUSY))
    second = centre.agent("1001").consults().transfer
    centre.tell(RecipientRinging(C1, second, LegId("r2")), RecipientAnswered(C1, second))
    centre.agent("1001").asks(ConferenceRequested)
    centre.tell(LegEnded(LegId("r1")))
    assert state_of(centre) is TransferState.CONFERENCE
    centre.tell(LegEnded(LegId("r2")))
    assert state_of(centre) is TransferState.TALKING
    assert [end.cause for end in centre.told(TransferEnded)] == [RecipientFailure.BUSY, RecipientFailure.HUNG_UP]


def test_given_facts_of_an_earlier_consult_when_they_come_late_then_the_second_is_not_touched() -> None:
    centre = second_consult(told=True)
    first = TransferId(f"{OFFER}-t1")
    before = centre.snapshot()
    centre.tell(
        RecipientRinging(C1, first, LegId("r9")),
        RecipientAnswered(C1, first),
        RecipientFailed(C1, first, RecipientFailure.HUNG_UP),
        CitizenHanded(C1, first),
    )
    assert centre.snapshot() == before


# ── who is not there ────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_citizen_who_waits_when_talk_is_told_of_then_nothing_changes() -> None:
    centre = Centre(log_in=False)
    centre.citizen("c1").queues()
    before = centre.snapshot()
    for contact in (C1, ContactId("gone")):
        centre.tell(TalkResumed(contact), CommandRefused(contact, "HoldCitizen", "no such channel"))
    assert centre.snapshot() == before


def test_given_an_answered_citizen_whose_agent_left_when_talk_is_told_of_then_nothing_changes() -> None:
    centre = talking()
    centre.agent("1001").hangs_up()
    before = centre.snapshot()
    centre.tell(TalkResumed(C1), CommandRefused(C1, "HoldCitizen", "no such channel"))
    assert centre.snapshot() == before


def test_given_a_talk_when_its_citizen_is_told_to_have_fallen_back_late_then_it_goes_on() -> None:
    centre = talking()
    before = centre.snapshot()
    centre.tell(FellBack(C1, "120", "02"))
    assert centre.snapshot() == before


def test_given_a_citizen_alone_after_the_talk_when_they_fall_back_then_we_only_watch() -> None:
    centre = talking()
    centre.agent("1001").hangs_up()
    centre.tell(FellBack(C1, "120", "02"))
    assert centre.citizen("c1").view.phase is ContactPhase.FALLING_BACK


def test_given_a_consult_when_the_citizen_falls_back_then_it_is_abandoned_and_the_agent_keeps_the_leg() -> None:
    centre = consulting()
    centre.tell(FellBack(C1, "120", "02"))
    assert ended(centre) == [TransferResult.ABANDONED]
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT
    centre.agent("1001").hangs_up()
    assert centre.agent("1001").view.state is AgentState.WRAP_UP


@pytest.mark.parametrize(
    ("prepare", "left"),
    [
        ("hold", TransferState.ENDED),
        ("talk", TransferState.ENDED),
    ],
)
def test_given_a_talk_when_the_switch_dies_then_nothing_is_going_on_between_anybody(
    prepare: str, left: TransferState
) -> None:
    centre = talking()
    if prepare == "hold":
        centre.agent("1001").holds()
    centre.tell(SwitchDied())
    assert (state_of(centre), centre.citizen("c1").view.agent) == (left, None)


def test_given_a_refusal_of_a_command_when_its_state_has_gone_by_then_the_present_one_stands() -> None:
    centre = consulting()
    centre.tell(CommandRefused(C1, "CallRecipient", "no such channel"))
    assert state_of(centre) is TransferState.CONSULTING
    centre.agent("1001").asks(ConferenceRequested)
    centre.tell(CommandRefused(C1, "JoinCitizen", "no such channel"))
    assert state_of(centre) is TransferState.CONSULTING
