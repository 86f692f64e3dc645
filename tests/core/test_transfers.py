"""Hold, consult, conference, hand-over: every state against everything that can happen in it."""

from collections.abc import Callable

import pytest

from ivr_engine.core.commands import (
    CallRecipient,
    EndLeg,
    HandOver,
    HoldCitizen,
    JoinCitizen,
    ResumeTalk,
    ReturnToQueue,
)
from ivr_engine.core.errors import IllegalEvent, NoContact, UnknownAgent
from ivr_engine.core.events import (
    CancelRequested,
    CitizenHanded,
    CommandRefused,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    Event,
    HoldRequested,
    LegEnded,
    OfferAnswered,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    TalkResumed,
)
from ivr_engine.core.notices import ContactEnded, ContactWaits, TransferEnded, TransferMoved
from ivr_engine.core.transfer import (
    HAND_OVER_OWED_MS,
    LATE_ROWS,
    RECIPIENT_MEETS_MS,
    RECIPIENT_RING_MS,
    REQUESTS,
    TRANSFER_ROWS,
    TransferStimulus,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    Disposition,
    LegId,
    OfferId,
    RecipientFailure,
    TransferId,
    TransferResult,
    TransferState,
)
from tests.core.centre import Centre, offer_id

A, C1, OFFER = AgentId("1001"), ContactId("c1"), offer_id("c1")
X, T = TransferState, TransferStimulus
TRANSFER = TransferId(f"{OFFER}-t1")


def talking() -> Centre:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    return centre


def reach(state: TransferState) -> Centre:
    centre = talking()
    agent = centre.agent("1001")

    def meet() -> None:
        centre.wait(RECIPIENT_MEETS_MS)

    steps: dict[TransferState, list[Callable[[], object]]] = {
        X.TALKING: [],
        X.HELD: [agent.holds],
        X.RINGING: [agent.consults],
        X.CONSULTING: [agent.consults, agent.reaches_the_recipient, meet],
        X.CONFERENCE: [agent.consults, agent.reaches_the_recipient, lambda: agent.asks(ConferenceRequested)],
        X.HANDED_OVER: [agent.consults, agent.reaches_the_recipient, meet, lambda: agent.asks(CompleteRequested)],
    }
    for step in steps[state]:
        step()
    assert centre.citizen("c1").view.transfer_state is state
    centre.forget()
    return centre


REFUSED_COMMAND = {
    X.TALKING: "ResumeTalk",
    X.HELD: "HoldCitizen",
    X.RINGING: "CallRecipient",
    X.CONSULTING: "ResumeTalk",
    X.CONFERENCE: "JoinCitizen",
    X.HANDED_OVER: "HandOver",
}


EVENT_OF: dict[TransferStimulus, Event] = {
    T.HOLD: HoldRequested(A),
    T.RESUME: ResumeRequested(A),
    T.CONSULT: ConsultRequested(A, "77001", "021330000"),
    T.COMPLETE: CompleteRequested(A),
    T.CANCEL: CancelRequested(A),
    T.CONFERENCE: ConferenceRequested(A),
    T.RECIPIENT_ANSWERED: RecipientAnswered(C1, TRANSFER),
    T.RECIPIENT_FAILED: RecipientFailed(C1, TRANSFER, RecipientFailure.BUSY),
    T.RESUMED: TalkResumed(C1),
    T.HANDED: CitizenHanded(C1, TRANSFER),
    T.AGENT_LEFT: LegEnded(LegId(OFFER)),
    T.CITIZEN_LEFT: LegEnded(LegId(C1)),
}


def apply(centre: Centre, state: TransferState, stimulus: TransferStimulus) -> None:
    if stimulus is T.NOT_HANDED:
        centre.wait(HAND_OVER_OWED_MS)
    elif stimulus is T.REFUSED:
        centre.tell(CommandRefused(C1, REFUSED_COMMAND[state], "no such channel"))
    else:
        centre.tell(EVENT_OF[stimulus])


QUEUED, GONE, ALONE = "queued", "gone", "alone"
"""Back in the queue; ended; connected, the talk over, about to leave."""

EXPECTED: dict[tuple[TransferState, TransferStimulus], tuple[TransferState | str, list[type]]] = {
    (X.TALKING, T.HOLD): (X.HELD, [HoldCitizen]),
    (X.TALKING, T.CONSULT): (X.RINGING, [CallRecipient]),
    (X.TALKING, T.AGENT_LEFT): (ALONE, []),
    (X.TALKING, T.CITIZEN_LEFT): (GONE, []),
    (X.HELD, T.RESUME): (X.TALKING, [ResumeTalk]),
    (X.HELD, T.CANCEL): (X.TALKING, [ResumeTalk]),
    (X.HELD, T.CONSULT): (X.RINGING, [CallRecipient]),
    (X.HELD, T.RESUMED): (X.TALKING, []),
    (X.HELD, T.REFUSED): (X.TALKING, []),
    (X.HELD, T.AGENT_LEFT): (QUEUED, [ReturnToQueue]),
    (X.HELD, T.CITIZEN_LEFT): (GONE, [EndLeg]),
    (X.RINGING, T.CANCEL): (X.TALKING, [ResumeTalk]),
    (X.RINGING, T.RECIPIENT_ANSWERED): (X.CONSULTING, []),
    (X.RINGING, T.RECIPIENT_FAILED): (X.TALKING, []),
    (X.RINGING, T.RESUMED): (X.TALKING, []),
    (X.RINGING, T.REFUSED): (X.TALKING, []),
    (X.RINGING, T.HANDED): (X.HANDED_OVER, []),
    (X.RINGING, T.AGENT_LEFT): (QUEUED, [ReturnToQueue]),
    (X.RINGING, T.CITIZEN_LEFT): (GONE, [EndLeg]),
    (X.CONSULTING, T.COMPLETE): (X.HANDED_OVER, [HandOver]),
    (X.CONSULTING, T.CANCEL): (X.TALKING, [ResumeTalk]),
    (X.CONSULTING, T.CONFERENCE): (X.CONFERENCE, [JoinCitizen]),
    (X.CONSULTING, T.RECIPIENT_FAILED): (X.TALKING, []),
    (X.CONSULTING, T.RESUMED): (X.TALKING, []),
    (X.CONSULTING, T.HANDED): (X.HANDED_OVER, []),
    (X.CONSULTING, T.AGENT_LEFT): (X.HANDED_OVER, []),
    (X.CONSULTING, T.CITIZEN_LEFT): (GONE, []),
    (X.CONFERENCE, T.COMPLETE): (X.HANDED_OVER, [HandOver]),
    (X.CONFERENCE, T.CANCEL): (X.TALKING, [ResumeTalk]),
    (X.CONFERENCE, T.RECIPIENT_FAILED): (X.TALKING, []),
    (X.CONFERENCE, T.RESUMED): (X.TALKING, []),
    (X.CONFERENCE, T.REFUSED): (X.CONSULTING, []),
    (X.CONFERENCE, T.HANDED): (X.HANDED_OVER, []),
    (X.CONFERENCE, T.AGENT_LEFT): (X.HANDED_OVER, []),
    (X.CONFERENCE, T.CITIZEN_LEFT): (GONE, []),
    (X.HANDED_OVER, T.HANDED): (X.HANDED_OVER, []),
    (X.HANDED_OVER, T.RESUMED): (X.TALKING, []),
    (X.HANDED_OVER, T.REFUSED): (X.CONSULTING, []),
    (X.HANDED_OVER, T.NOT_HANDED): (X.CONSULTING, []),
    (X.HANDED_OVER, T.CITIZEN_LEFT): (GONE, []),
}
"""What follows. A request that is not here is refused; a fact that is not here changes nothing."""


@pytest.mark.parametrize("stimulus", list(T))
@pytest.mark.parametrize("state", [state for state in X if state is not X.ENDED])
def test_given_each_state_when_anything_happens_then_it_is_as_the_table_says(
    state: TransferState, stimulus: TransferStimulus
) -> None:
    centre = reach(state)
    before = centre.snapshot()
    if (state, stimulus) not in EXPECTED:
        if stimulus in REQUESTS:
            with pytest.raises(IllegalEvent, match=f"{stimulus} is not possible while {state}; possible: "):
                apply(centre, state, stimulus)
            assert centre.snapshot() == before
        else:
            apply(centre, state, stimulus)
            if stimulus is not T.AGENT_LEFT:
                assert centre.snapshot() == before
        assert centre.commands == []
        return
    following, commands = EXPECTED[state, stimulus]
    apply(centre, state, stimulus)
    assert [type(command) for command in centre.commands] == commands
    match following:
        case "gone":
            assert centre.disposition("c1") is Disposition.ANSWERED
        case "queued":
            assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
        case "alone":
            contact = centre.citizen("c1").view
            assert (contact.phase, contact.agent) == (ContactPhase.CONNECTED, None)
        case _:
            assert centre.citizen("c1").view.transfer_state is following


def test_given_the_table_when_its_rows_are_listed_then_the_expectations_cover_each_that_does_something() -> None:
    doing = {key for key, row in (TRANSFER_ROWS | LATE_ROWS).items() if row.state is not key[0]}
    assert doing <= EXPECTED.keys()
    assert {key for key in EXPECTED if key not in TRANSFER_ROWS | LATE_ROWS} == set()


# ── the whole way ───────────────────────────────────────────────────────────────────────────────────────────────────
def results(centre: Centre) -> list[tuple[TransferResult, RecipientFailure | None]]:
    return [(ended.result, ended.cause) for ended in centre.told(TransferEnded)]


def test_given_a_consult_when_the_agent_completes_then_citizen_and_recipient_talk_and_the_agent_wraps_up() -> None:
    centre = talking()
    agent = centre.agent("1001").consults()
    (call,) = centre.sent(CallRecipient)
    assert (call.number, call.ring_ms, call.hold_first) == ("021330000", RECIPIENT_RING_MS, True)
    centre.wait(4_000)
    agent.reaches_the_recipient()
    centre.wait(6_000)
    agent.asks(CompleteRequested).hangs_up()
    centre.tell(CitizenHanded(C1, TRANSFER))
    assert centre.citizen("c1").view.transfer_state is X.HANDED_OVER
    assert agent.view.state is AgentState.WRAP_UP
    (ended,) = centre.told(TransferEnded)
    assert (ended.result, ended.lasted_ms, ended.entry, ended.agent) == (
        TransferResult.COMPLETED,
        10_000,
        "77001",
        "1001",
    )
    centre.wait(HAND_OVER_OWED_MS + 1)
    assert centre.sent(ReturnToQueue) == []
    centre.tell(LegEnded(LegId("r1")), LegEnded(LegId(C1)))
    assert centre.told(ContactEnded)[0].disposition is Disposition.ANSWERED
    assert [moved.state for moved in centre.told(TransferMoved)] == [X.RINGING, X.CONSULTING, X.HANDED_OVER]


@pytest.mark.parametrize("handed_first", [True, False])
def test_given_a_consult_when_the_agent_hangs_up_then_hanging_up_is_completing(handed_first: bool) -> None:
    centre = reach(X.CONSULTING)
    facts: list[Event] = [CitizenHanded(C1, TRANSFER), LegEnded(LegId(OFFER))]
    centre.tell(*(facts if handed_first else facts[::-1]))
    assert centre.citizen("c1").view.transfer_state is X.HANDED_OVER
    assert results(centre) == [(TransferResult.COMPLETED, None)]


def test_given_a_held_citizen_when_the_agent_consults_then_the_citizen_is_not_put_on_hold_twice() -> None:
    centre = reach(X.HELD)
    centre.agent("1001").consults()
    (call,) = centre.sent(CallRecipient)
    assert not call.hold_first


@pytest.mark.parametrize("cause", list(RecipientFailure))
def test_given_a_consult_when_the_recipient_fails_then_the_citizen_is_back_with_the_agent(
    cause: RecipientFailure,
) -> None:
    centre = reach(X.RINGING)
    centre.tell(RecipientFailed(C1, TRANSFER, cause), TalkResumed(C1))
    assert centre.citizen("c1").view.transfer_state is X.TALKING
    assert results(centre) == [(TransferResult.FAILED, cause)]


def test_given_a_cancelled_consult_when_its_late_facts_arrive_then_the_next_consult_is_not_disturbed() -> None:
    centre = reach(X.CONSULTING)
    agent = centre.agent("1001").asks(CancelRequested)
    assert [resume.recipient_leg for resume in centre.sent(ResumeTalk)] == ["r1"]
    agent.consults()
    late = TransferId(TRANSFER)
    centre.tell(
        RecipientRinging(C1, late, LegId("r9")),
        RecipientAnswered(C1, late),
        RecipientFailed(C1, late, RecipientFailure.HUNG_UP),
        CitizenHanded(C1, late),
    )
    assert centre.citizen("c1").view.transfer_state is X.RINGING
    assert agent.transfer != late
    assert results(centre) == [(TransferResult.CANCELLED, None)]


def test_given_a_conference_when_the_recipient_s_leg_ends_then_agent_and_citizen_talk_on() -> None:
    centre = reach(X.CONFERENCE)
    centre.tell(LegEnded(LegId("r1")))
    assert centre.citizen("c1").view.transfer_state is X.TALKING
    assert results(centre) == [(TransferResult.FAILED, RecipientFailure.HUNG_UP)]


def test_given_a_conference_when_the_agent_leaves_then_the_transfer_is_complete_at_once() -> None:
    centre = reach(X.CONFERENCE)
    centre.agent("1001")
    centre.tell(LegEnded(LegId(OFFER)))
    centre.wait(HAND_OVER_OWED_MS)
    assert results(centre) == [(TransferResult.COMPLETED, None)]
    assert centre.commands == []


def test_given_an_agent_gone_when_the_switch_does_not_hand_over_in_time_then_the_citizen_is_back_with_the_age() -> None:
    centre = talking()
    queued_at_ms = centre.citizen("c1").view.queued_at_ms
    centre.wait(30_000)
    centre.agent("1001").consults().reaches_the_recipient().hangs_up()
    centre.wait(HAND_OVER_OWED_MS - 1)
    assert centre.sent(ReturnToQueue) == []
    centre.wait(1)
    assert [type(command) for command in centre.commands[-2:]] == [ReturnToQueue, EndLeg]
    assert centre.citizen("c1").view.queued_at_ms == queued_at_ms
    assert centre.told(ContactWaits)[-1].returns == 1
    assert results(centre) == [(TransferResult.FAILED, None)]


def test_given_a_hand_over_when_the_agent_s_leg_outlives_it_then_the_consult_goes_on_and_can_be_completed() -> None:
    centre = reach(X.HANDED_OVER)
    centre.wait(HAND_OVER_OWED_MS)
    assert centre.citizen("c1").view.transfer_state is X.CONSULTING
    assert centre.sent(ReturnToQueue) == []
    centre.tell(LegEnded(LegId(OFFER)), CitizenHanded(C1, TRANSFER))
    assert results(centre) == [(TransferResult.COMPLETED, None)]


def consulting() -> Centre:
    """The official picked up in this very millisecond."""
    centre = talking()
    centre.agent("1001").consults().reaches_the_recipient()
    centre.forget()
    return centre


def test_given_an_official_who_just_answered_when_completed_then_the_agent_s_leg_ends_once_they_have_met() -> None:
    centre = consulting()
    centre.agent("1001").asks(CompleteRequested)
    assert centre.citizen("c1").view.transfer_state is X.HANDED_OVER
    centre.wait(RECIPIENT_MEETS_MS - 1)
    assert centre.sent(HandOver) == []
    centre.wait(1)
    assert len(centre.sent(HandOver)) == 1
    centre.wait(HAND_OVER_OWED_MS - 1)
    assert centre.citizen("c1").view.transfer_state is X.HANDED_OVER, "owed from when it was asked for"


@pytest.mark.parametrize("first", ["official", "agent"])
def test_given_an_official_who_just_answered_when_agent_and_official_are_gone_then_the_citizen_is_back_at_once(
    first: str,
) -> None:
    centre = consulting()
    legs = [LegEnded(LegId("r1")), LegEnded(LegId(OFFER))]
    centre.tell(*(legs if first == "official" else reversed(legs)))
    assert [type(command) for command in centre.commands] == [ReturnToQueue]
    assert centre.told(ContactWaits)[-1].returns == 1
    assert results(centre) == [(TransferResult.FAILED, None)]


def test_given_a_hand_over_that_waits_when_the_official_leaves_then_the_agent_is_not_taken_from_the_citizen() -> None:
    centre = consulting()
    centre.agent("1001").asks(CompleteRequested)
    centre.tell(LegEnded(LegId("r1")))
    centre.wait(RECIPIENT_MEETS_MS)
    assert centre.sent(HandOver) == []
    centre.tell(RecipientFailed(C1, TRANSFER, RecipientFailure.HUNG_UP), TalkResumed(C1))
    assert centre.citizen("c1").view.transfer_state is X.TALKING
    centre.wait(HAND_OVER_OWED_MS)
    assert (centre.sent(HandOver), centre.sent(ReturnToQueue)) == ([], [])


def test_given_a_held_citizen_when_the_agent_s_leg_dies_then_the_next_agent_is_offered_them_before_the_younger() -> (
    None
):
    centre = Centre("1001", "1002", log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.agent("1001").answers().holds()
    centre.wait(1_000)
    centre.citizen("c2").queues()
    centre.agent("1001").hangs_up()
    centre.agent("1002").logs_in()
    assert centre.rings()[-1] == ("c1", "1002")
    centre.agent("1002").answers()
    assert centre.citizen("c1").view.transfer_state is X.TALKING


def test_given_a_handed_over_citizen_when_they_say_that_they_wait_then_they_are_queued_once_the_recipient_is_gone() -> (
    None
):
    centre = reach(X.HANDED_OVER)
    centre.tell(LegEnded(LegId(OFFER)), CitizenHanded(C1, TRANSFER))
    centre.citizen("c1").queues()
    assert centre.citizen("c1").view.transfer_state is X.HANDED_OVER
    centre.tell(LegEnded(LegId("r1")))
    centre.citizen("c1").queues()
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


def test_given_a_talk_that_is_over_when_the_citizen_says_they_wait_then_they_are_queued_with_their_age() -> None:
    centre = talking()
    queued_at_ms = centre.citizen("c1").view.queued_at_ms
    centre.agent("1001").hangs_up()
    centre.wait(5_000)
    centre.citizen("c1").queues()
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    assert centre.citizen("c1").view.queued_at_ms == queued_at_ms


@pytest.mark.parametrize("command", ["WithdrawOffer", "EndLeg", "ReturnToQueue", "ResumeTalk"])
def test_given_a_held_citizen_when_another_command_is_refused_then_the_hold_stands(command: str) -> None:
    centre = reach(X.HELD)
    centre.tell(CommandRefused(C1, command, "no such channel"))
    assert centre.citizen("c1").view.transfer_state is X.HELD


def test_given_a_consult_when_the_call_is_refused_then_it_failed_and_the_agent_talks() -> None:
    centre = reach(X.RINGING)
    apply(centre, X.RINGING, T.REFUSED)
    assert results(centre) == [(TransferResult.FAILED, None)]


def test_given_an_agent_without_a_contact_when_anything_is_asked_then_the_refusal_says_so() -> None:
    centre = Centre("1001")
    with pytest.raises(NoContact, match="1001 is not talking to anybody"):
        centre.agent("1001").holds()
    with pytest.raises(UnknownAgent, match="no agent '9999'"):
        centre.agent("9999").holds()


def test_given_a_consult_whose_citizen_left_when_the_agent_asks_then_there_is_no_contact_until_the_leg_ends() -> None:
    centre = reach(X.CONSULTING)
    centre.citizen("c1").leaves()
    assert results(centre) == [(TransferResult.ABANDONED, None)]
    with pytest.raises(NoContact):
        centre.tell(CompleteRequested(A))
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT
    centre.tell(LegEnded(LegId(OFFER)))
    assert centre.agent("1001").view.state is AgentState.WRAP_UP


def test_given_a_held_citizen_when_they_fall_back_then_the_agent_can_ask_nothing_of_them_any_more() -> None:
    centre = reach(X.RINGING)
    centre.citizen("c1").falls_back()
    assert results(centre) == [(TransferResult.ABANDONED, None)]
    with pytest.raises(NoContact):
        centre.tell(CancelRequested(A))
    centre.tell(LegEnded(LegId(OFFER)))
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.citizen("c1").leaves()
    assert centre.disposition("c1") is Disposition.FALLBACK


def test_given_a_due_deadline_when_a_request_is_refused_in_the_same_call_then_what_it_decided_is_not_lost() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").answers().hangs_up()
    centre.citizen("c1").leaves()
    centre.agent("1002").takes_a_break()
    centre.citizen("c2").queues()
    centre.silently(20_001)
    with pytest.raises(IllegalEvent):
        centre.engine.handle(HoldRequested(AgentId("1002")), centre.now_ms)
    unfinished = centre.engine.unfinished()
    assert [(type(command).__name__, command.contact) for command in unfinished.commands] == [("StartOffer", "c2")]


@pytest.mark.parametrize(
    "fact",
    [
        OfferAnswered(OfferId(OFFER), C1, A),
        RecipientRinging(C1, TRANSFER, LegId("r1")),
        RecipientAnswered(C1, TRANSFER),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_given_a_consult_when_a_fact_that_led_there_is_told_again_then_nothing_changes(fact: OfferAnswered) -> None:
    centre = reach(X.CONSULTING)
    before = centre.snapshot()
    centre.tell(fact)
    assert centre.snapshot() == before
    assert centre.commands == []
    assert centre.notices == []
