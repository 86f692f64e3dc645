"""What a look at the switch makes of each citizen, by where they stand and what the engine believed of them before."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import ReturnToQueue, WithdrawOffer
from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    ContactRestored,
    HoldRequested,
    LegEnded,
    LegSeen,
    OfferAnswered,
    OfferRestored,
    PresenceRestored,
    RecipientAnswered,
    SwitchDied,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.notices import (
    ContactConnected,
    ContactEnded,
    ContactWaits,
    OfferEnded,
    SwitchStateChanged,
    TransferEnded,
)
from ivr_engine.core.offer import ANSWER_OWED_MS
from ivr_engine.core.transfer import HAND_OVER_OWED_MS
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    Disposition,
    LegId,
    OfferId,
    Presence,
    QueueId,
    TransferResult,
    TransferState,
)
from tests.core.centre import GENERAL, START_MS, Centre, agent_leg, citizen_leg, counsellor, offer_id, recipient_leg

QUEUED_MS = START_MS - 30_000
ANSWERED_MS = START_MS - 20_000
OLD = OfferId("c1-e0-1")
REQUEST = ToQueue(QueueId("general"))


def remembered(
    name: str = "c1", *, queued_ms: int = QUEUED_MS, answered_ms: int | None = None, place_ms: int | None = None
) -> ContactRestored:
    return ContactRestored(
        ContactId(name),
        "120",
        "0212345678",
        queued_ms - 5_000,
        REQUEST,
        queued_ms,
        answered_ms,
        None if answered_ms is None else AgentId("1001"),
        place_ms=place_ms,
    )


def starting(*facts: ContactRestored | OfferRestored, agents: tuple[str, ...] = ("1001",)) -> Centre:
    """An engine that has read its journal and not seen the switch; the agents are on a break."""
    centre = Centre(*agents, log_in=False, seen=False)
    for agent in agents:
        centre.tell(PresenceRestored(AgentId(agent), Presence.ON_BREAK))
    centre.tell(*facts)
    centre.forget()
    return centre


def at(place: str, *, queued: bool = True) -> LegSeen:
    return citizen_leg("c1", place, queued_at_ms=QUEUED_MS if queued else None, queue="general")


# ── where a citizen stands when an engine begins ────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("place", "answered", "phase", "fetched"),
    [
        ("wait", False, ContactPhase.QUEUED, False),
        ("wait", True, ContactPhase.QUEUED, False),
        ("hold", False, ContactPhase.QUEUED, True),
        ("hold", True, ContactPhase.QUEUED, True),
        ("conference", True, ContactPhase.QUEUED, True),
        ("fallback", False, ContactPhase.FALLING_BACK, False),
        ("fallback", True, ContactPhase.FALLING_BACK, False),
        ("visit", False, ContactPhase.IN_FLOW, False),
        ("forwarded", False, ContactPhase.IN_FLOW, False),
        ("survey", False, ContactPhase.CONNECTED, False),
        ("survey", True, ContactPhase.CONNECTED, False),
        ("after", True, ContactPhase.CONNECTED, False),
        ("after", False, ContactPhase.IN_FLOW, False),
    ],
)
def test_given_a_citizen_with_nobody_when_the_engine_starts_then_the_place_says_what_becomes_of_them(
    place: str, answered: bool, phase: ContactPhase, fetched: bool
) -> None:
    centre = starting(remembered(answered_ms=ANSWERED_MS if answered else None))
    centre.tell(SwitchSeen((at(place),)))
    view = centre.citizen("c1").view
    assert (view.phase, view.since_ms, view.queued_at_ms) == (phase, START_MS, QUEUED_MS)
    assert centre.sent(ReturnToQueue) == ([ReturnToQueue(ContactId("c1"))] if fetched else [])
    centre.agent("1001").logs_in()
    assert centre.rings() == ([("c1", "1001")] if phase is ContactPhase.QUEUED else [])


@pytest.mark.parametrize(
    ("place", "answered_ms", "ends"),
    [
        ("forwarded", None, (Disposition.ANSWERED, START_MS, 4_000)),
        ("forwarded", ANSWERED_MS, (Disposition.ANSWERED, ANSWERED_MS, 24_000)),
        ("survey", None, (Disposition.ANSWERED, START_MS, 0)),
        ("survey", ANSWERED_MS, (Disposition.ANSWERED, ANSWERED_MS, 20_000)),
        ("after", ANSWERED_MS, (Disposition.ANSWERED, ANSWERED_MS, 24_000)),
    ],
)
def test_given_a_citizen_who_was_answered_when_an_engine_found_them_and_they_leave_then_the_talk_is_as_long_as_known(
    place: str, answered_ms: int | None, ends: tuple[Disposition, int, int]
) -> None:
    centre = starting(remembered(answered_ms=answered_ms))
    centre.tell(SwitchSeen((at(place),)))
    centre.wait(4_000)
    centre.citizen("c1").leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.answered_at_ms, ended.talk_ms) == ends
    assert ended.agent == ("1001" if answered_ms else "")


def test_given_a_citizen_on_hold_whose_stamp_is_lost_when_the_engine_starts_then_they_wait_from_now() -> None:
    centre = starting()
    centre.tell(SwitchSeen((at("hold", queued=False),)))
    assert centre.citizen("c1").view.queued_at_ms == START_MS
    centre.agent("1001").logs_in()
    assert centre.rings() == [("c1", "1001")]


def test_given_no_request_anywhere_when_a_citizen_is_seen_waiting_then_the_wait_context_is_heard_first() -> None:
    centre = starting()
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS),)))
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    centre.citizen("c1").queues(queued_at_ms=QUEUED_MS)
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


# ── what the journal remembers of a citizen ─────────────────────────────────────────────────────────────────────────
def test_given_a_place_older_than_the_wait_in_the_journal_when_the_engine_starts_then_it_is_the_place_again() -> None:
    centre = starting(
        remembered("c1", queued_ms=QUEUED_MS, place_ms=QUEUED_MS - 60_000),
        remembered("c2", queued_ms=QUEUED_MS - 10_000),
    )
    centre.tell(
        SwitchSeen(
            (
                at("wait"),
                citizen_leg("c2", "wait", queued_at_ms=QUEUED_MS - 10_000, queue="general"),
            )
        )
    )
    centre.agent("1001").logs_in()
    assert centre.rings() == [("c1", "1001")]


@pytest.mark.parametrize(("wait_ms", "within"), [(15_000, True), (15_001, False)])
def test_given_a_talk_in_the_journal_when_the_citizen_leaves_then_the_promise_was_kept_as_the_queue_says(
    wait_ms: int, within: bool
) -> None:
    centre = starting(remembered(answered_ms=QUEUED_MS + wait_ms))
    centre.tell(SwitchSeen((at("after"),)))
    centre.citizen("c1").leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.within_promise, ended.wait_ms) == (within, wait_ms)


@pytest.mark.parametrize("dials_again_after_ms", [1, 60_001])
def test_given_a_wait_that_ended_while_no_engine_lived_when_the_caller_is_back_soon_then_with_the_old_place(
    dials_again_after_ms: int,
) -> None:
    centre = Centre("1001", routing=RoutingPolicy(redial_ms=60_000), log_in=False, seen=False)
    centre.tell(remembered(), SwitchSeen(()))
    assert centre.disposition("c1") is Disposition.ABANDONED
    centre.citizen("between").queues(caller="0299999999")
    centre.wait(dials_again_after_ms)
    centre.citizen("again").queues()
    centre.agent("1001").logs_in()
    assert centre.rings() == [("again" if dials_again_after_ms == 1 else "between", "1001")]


def test_given_an_answered_citizen_who_left_while_no_engine_lived_when_they_call_again_then_their_wait_is_new() -> None:
    centre = Centre("1001", routing=RoutingPolicy(redial_ms=60_000), log_in=False, seen=False)
    centre.tell(remembered(answered_ms=ANSWERED_MS), SwitchSeen((), restarted=True))
    assert centre.disposition("c1") is Disposition.ANSWERED
    centre.citizen("between").queues(caller="0299999999")
    centre.wait(1)
    centre.citizen("again").queues()
    centre.agent("1001").logs_in()
    assert centre.rings() == [("between", "1001")]


def test_given_a_contact_of_the_journal_that_ended_since_when_an_older_look_shows_it_then_it_stays_ended() -> None:
    centre = starting(remembered())
    centre.tell(SwitchSeen((at("wait"),)))
    centre.citizen("c1").leaves()
    centre.tell(SwitchLost(), SwitchSeen((at("wait"),)))
    assert centre.citizen("c1").seen is None
    assert len(centre.told(ContactEnded)) == 1


def test_given_a_contact_that_ended_before_the_first_look_when_the_switch_is_seen_then_it_does_not_end_again() -> None:
    centre = starting(remembered())
    centre.citizen("c1").arrives().leaves()
    centre.tell(SwitchSeen(()))
    assert len(centre.told(ContactEnded)) == 1


def test_given_contacts_that_were_known_when_the_link_is_back_then_only_the_new_ones_were_adopted() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues()
    centre.tell(SwitchLost(), SwitchSeen((at("wait"), citizen_leg("c2", "visit"), citizen_leg("c3", "visit"))))
    assert [changed.adopted_contacts for changed in centre.told(SwitchStateChanged)] == [0, 2]


# ── a citizen whom the engine believed talking ──────────────────────────────────────────────────────────────────────
def talking(*agents: str) -> Centre:
    centre = Centre(*(agents or ("1001",)))
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    return centre


@pytest.mark.parametrize(("place", "fetched"), [("wait", False), ("hold", True), ("conference", True)])
def test_given_a_talk_when_the_look_shows_the_citizen_without_the_agent_then_they_are_back_at_the_old_place(
    place: str, fetched: bool
) -> None:
    centre = talking()
    centre.wait(5_000)
    centre.citizen("later").queues(caller="0299999999")
    centre.forget()
    later = citizen_leg("later", "wait", queued_at_ms=centre.now_ms, queue="general")
    centre.tell(SwitchLost(), SwitchSeen((citizen_leg("c1", place, queued_at_ms=START_MS, queue="general"), later)))
    view = centre.citizen("c1").view
    assert (view.phase, view.agent, view.queued_at_ms) == (ContactPhase.QUEUED, None, START_MS)
    assert [waits.returns for waits in centre.told(ContactWaits)] == [1]
    assert len(centre.sent(ReturnToQueue)) == fetched
    centre.agent("1001").is_done()
    assert centre.rings() == [("c1", "1001")]


def test_given_a_hand_over_whose_recipient_nobody_told_of_when_the_citizen_has_fallen_back_then_nothing_is_owed() -> (
    None
):
    centre = talking()
    transfer = centre.agent("1001").consults().transfer
    centre.tell(RecipientAnswered(ContactId("c1"), transfer))
    centre.agent("1001").hangs_up()
    centre.forget()
    centre.tell(SwitchLost(), SwitchSeen((at("fallback"),)))
    assert centre.citizen("c1").view.phase is ContactPhase.FALLING_BACK
    assert [ended.result for ended in centre.told(TransferEnded)] == [TransferResult.ABANDONED]
    centre.wait(HAND_OVER_OWED_MS)
    assert centre.sent(ReturnToQueue) == []


def test_given_a_hand_over_whose_recipient_nobody_told_of_when_the_citizen_waits_then_it_ends_and_they_are_queued() -> (
    None
):
    centre = talking()
    transfer = centre.agent("1001").consults().transfer
    centre.tell(RecipientAnswered(ContactId("c1"), transfer))
    centre.agent("1001").hangs_up()
    centre.forget()
    centre.tell(SwitchLost(), SwitchSeen((at("wait"),)))
    assert [ended.result for ended in centre.told(TransferEnded)] == [TransferResult.ABANDONED]
    centre.wait(HAND_OVER_OWED_MS)
    assert len(centre.told(ContactWaits)) == 1
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


def test_given_a_hold_when_a_look_without_a_loss_still_shows_the_talk_then_the_hold_goes_on() -> None:
    centre = talking()
    centre.agent("1001").holds()
    talk = agent_leg(offer_id("c1"), "c1", "1001", "talk", since_ms=START_MS)
    centre.tell(SwitchSeen((at("wait"), talk)))
    assert centre.citizen("c1").view.transfer_state is TransferState.HELD


def test_given_a_hold_when_the_link_is_back_and_shows_the_hold_then_it_goes_on() -> None:
    centre = talking()
    centre.agent("1001").holds()
    held = agent_leg(offer_id("c1"), "c1", "1001", "consult", since_ms=START_MS)
    centre.tell(SwitchLost(), SwitchSeen((at("hold"), held)))
    assert centre.citizen("c1").view.transfer_state is TransferState.HELD


def test_given_a_consult_when_the_look_shows_no_official_any_more_and_the_agent_goes_then_nobody_is_waited_for() -> (
    None
):
    centre = talking()
    centre.agent("1001").consults().reaches_the_recipient()
    held = agent_leg(offer_id("c1"), "c1", "1001", "consult", since_ms=START_MS)
    centre.tell(SwitchLost(), SwitchSeen((at("hold"), held)))
    centre.agent("1001").hangs_up()
    assert len(centre.sent(ReturnToQueue)) == 1
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


# ── phones that ring ────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_offer_made_since_the_look_when_it_comes_without_a_loss_then_the_offer_stands() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.forget()
    centre.tell(SwitchSeen((at("wait"),)))
    assert (centre.commands, centre.told(OfferEnded)) == ([], [])
    assert centre.agent("1001").view.state is AgentState.OFFERED


@pytest.mark.parametrize("away_ms", [2_000, 11_000])
def test_given_a_phone_that_rings_when_the_link_is_back_then_its_answer_is_owed_after_its_ring_time_or_from_now(
    away_ms: int,
) -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    ring_ms = centre.agent("1001").offer.ring_ms
    centre.tell(SwitchLost())
    centre.wait(away_ms)
    rings = agent_leg(offer_id("c1"), "c1", "1001", "offer", up=False)
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"), rings)))
    centre.wait(max(ring_ms - away_ms, 0) + ANSWER_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert len(centre.told(OfferEnded)) == 1


def test_given_a_phone_of_an_earlier_life_that_rings_when_its_time_is_not_over_then_nobody_else_is_rung() -> None:
    centre = Centre("1001", "1002", seen=False)
    centre.tell(remembered(), SwitchSeen((at("wait"), agent_leg(OLD, "c1", "1001", "offer", up=False))))
    centre.wait(10_000 + ANSWER_OWED_MS - 1)
    assert (centre.rings(), centre.told(OfferEnded)) == ([], [])
    assert centre.citizen("c1").view.offer == OLD
    centre.wait(1)
    assert centre.rings() == [("c1", "1002")]


def test_given_two_phones_of_an_earlier_life_when_both_ring_then_one_is_the_second_and_a_third_is_nobody_s() -> None:
    centre = Centre("1001", "1002", "1003", seen=False)
    legs = [agent_leg(f"c1-e0-{n}", "c1", f"100{n}", "offer", up=False) for n in (1, 2, 3)]
    centre.tell(remembered(), SwitchSeen((at("wait"), *legs)))
    view = centre.citizen("c1").view
    assert (view.offer, view.second_offer) == ("c1-e0-1", "c1-e0-2")
    states = [centre.agent(name).view.state for name in ("1001", "1002", "1003")]
    assert states == [AgentState.OFFERED, AgentState.OFFERED, AgentState.IDLE]
    centre.tell(OfferAnswered(OfferId("c1-e0-2"), ContactId("c1"), AgentId("1002")))
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == ["c1-e0-1"]


@pytest.mark.parametrize("busy_with", ["nobody", "another"])
def test_given_a_phone_that_rings_at_an_agent_who_may_not_have_it_when_seen_then_it_is_not_taken_for_an_offer(
    busy_with: str,
) -> None:
    centre = Centre("1001", seen=False)
    other = citizen_leg("c2", "wait", queued_at_ms=QUEUED_MS, queue="general")
    talk = agent_leg("c2-e0-1", "c2", "1001", "talk", since_ms=ANSWERED_MS)
    agent = "1001" if busy_with == "another" else "1999"
    rings = agent_leg(OLD, "c1", agent, "offer", up=False)
    centre.tell(SwitchSeen((at("wait"), other, talk, rings)))
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    assert centre.agent("1001").view.contact == "c2"


def test_given_a_phone_that_rings_for_a_citizen_in_their_visit_when_seen_then_it_is_left_alone() -> None:
    centre = Centre("1001", seen=False)
    centre.tell(SwitchSeen((citizen_leg("c1", "visit"), agent_leg(OLD, "c1", "1001", "offer", up=False))))
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_an_agent_s_leg_without_a_name_or_a_citizen_when_seen_then_nothing_comes_of_it() -> None:
    centre = Centre("1001", seen=False)
    centre.tell(
        SwitchSeen(
            (
                at("visit"),
                agent_leg("x-1", "gone", "1001", "talk", since_ms=ANSWERED_MS),
                agent_leg("x-2", "c1", "", "talk", since_ms=ANSWERED_MS),
            )
        )
    )
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    assert centre.agent("1001").view.state is AgentState.IDLE


# ── talks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("since_ms", "wait_ms"),
    [(ANSWERED_MS, 10_000), (None, 30_000), (QUEUED_MS - 9_000, 0), (START_MS + 9_000, 30_000)],
    ids=["stamped", "no stamp", "before the wait", "a clock ahead"],
)
def test_given_a_talk_that_nobody_told_of_when_seen_then_the_wait_ended_when_the_switch_says_so(
    since_ms: int | None, wait_ms: int
) -> None:
    centre = starting(remembered())
    centre.tell(SwitchSeen((at("wait"), agent_leg(OLD, "c1", "1001", "talk", since_ms=since_ms))))
    (connected,) = centre.told(ContactConnected)
    assert connected.wait_ms == wait_ms


def test_given_an_agent_seen_talking_with_a_second_leg_when_the_citizen_has_an_agent_then_the_first_one_counts() -> (
    None
):
    centre = starting(remembered(), agents=("1001", "1002"))
    legs = (
        agent_leg("c1-e0-1", "c1", "1001", "talk", since_ms=ANSWERED_MS),
        agent_leg("c1-e0-2", "c1", "1002", "talk", since_ms=ANSWERED_MS),
    )
    centre.tell(SwitchSeen((at("wait"), *legs)))
    assert centre.citizen("c1").view.agent == "1001"
    assert centre.agent("1002").view.state is AgentState.IDLE


def test_given_a_talk_of_a_citizen_whose_queue_nobody_knows_when_it_ends_then_no_work_after_it_is_known_either() -> (
    None
):
    centre = starting()
    centre.tell(SwitchSeen((citizen_leg("c1", "wait"), agent_leg(OLD, "c1", "1001", "talk", since_ms=ANSWERED_MS))))
    (connected,) = centre.told(ContactConnected)
    assert (connected.queue, connected.within_promise) == ("unknown", False)
    centre.tell(LegEnded(LegId(OLD)))
    assert centre.agent("1001").view.state is AgentState.IDLE


# ── a recipient without an agent ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rings", [False, True])
def test_given_a_citizen_believed_waiting_when_the_look_shows_an_official_with_them_then_nobody_is_sent_to_them(
    rings: bool,
) -> None:
    centre = Centre("1001", log_in=rings)
    centre.citizen("c1").queues()
    legs: tuple[LegSeen, ...] = (recipient_leg("r1", "c1", "handed", "t1"),)
    if rings:
        legs += (agent_leg(offer_id("c1"), "c1", "1001", "offer", up=False),)
    centre.wait(4_000)
    centre.tell(SwitchLost(), SwitchSeen((at("hold"), *legs)))
    view = centre.citizen("c1").view
    assert (view.phase, view.transfer_state, view.answered_at_ms) == (
        ContactPhase.CONNECTED,
        TransferState.HANDED_OVER,
        START_MS + 4_000,
    )
    assert len(centre.sent(WithdrawOffer)) == rings
    centre.forget()
    centre.agent("1001").logs_in()
    centre.wait(60_000)
    assert (centre.rings(), centre.sent(ReturnToQueue)) == ([], [])
    centre.citizen("c1").leaves()
    assert centre.disposition("c1") is Disposition.ANSWERED


def test_given_an_official_s_leg_of_a_citizen_who_is_gone_when_seen_then_nothing_comes_of_it() -> None:
    centre = Centre("1001", seen=False)
    centre.tell(SwitchSeen((recipient_leg("r1", "c1", "handed", "t1"),)), LegEnded(LegId("r1")))
    assert centre.is_empty()


def test_given_a_talk_when_the_look_shows_an_official_who_is_not_up_in_the_conference_then_the_agent_keeps_them() -> (
    None
):
    centre = starting(remembered())
    consult = agent_leg(OLD, "c1", "1001", "consult", since_ms=ANSWERED_MS)
    centre.tell(SwitchSeen((at("conference"), consult, recipient_leg("r1", "c1", "recipient", "t1", up=False))))
    assert centre.citizen("c1").view.transfer_state is TransferState.RINGING


# ── the switch died ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_switch_that_dies_without_a_lost_link_before_then_it_is_told_and_nobody_is_offered() -> None:
    centre = Centre("1001")
    centre.tell(SwitchDied())
    assert [changed.connected for changed in centre.told(SwitchStateChanged)] == [False]
    centre.citizen("c1").queues()
    assert centre.rings() == []


def test_given_a_link_that_is_lost_already_when_the_switch_dies_then_its_loss_is_told_once() -> None:
    centre = Centre("1001")
    centre.tell(SwitchLost(), SwitchDied())
    assert len(centre.told(SwitchStateChanged)) == 1


def test_given_talks_when_the_switch_dies_then_each_agent_is_free_for_those_who_come_and_the_hold_is_forgotten() -> (
    None
):
    centre = talking("1001", "1002")
    centre.agent("1001").asks(HoldRequested)
    centre.tell(SwitchDied())
    assert centre.citizen("c1").view.agent is None
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.agent("1001").is_done()
    centre.tell(SwitchSeen((), restarted=True))
    centre.citizen("c2").queues()
    centre.citizen("c3").queues()
    assert sorted(agent for _, agent in centre.rings()[1:]) == ["1001", "1002"]


def test_given_an_offer_of_a_talk_s_agent_for_another_queue_when_adopted_then_the_offer_is_that_queue_s() -> None:
    short = QueueSettings(QueueId("short"), ring_ms=4_000)
    centre = Centre(counsellor("1001"), queues=(GENERAL, short), seen=False)
    waits = replace(citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS), request=ToQueue(QueueId("short")))
    centre.tell(SwitchSeen((waits, agent_leg(OLD, "c1", "1001", "offer", up=False))))
    centre.wait(4_000 + ANSWER_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [ended.queue for ended in centre.told(OfferEnded)] == ["short"]
