"""What becomes of offers: an answer takes all other phones away, whatever its order; each offer ends once."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import WithdrawOffer
from ivr_engine.core.configuration import AgentSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import ContactQueued, LegEnded, OfferAnswered, OfferFailed, SwitchLost, SwitchSeen
from ivr_engine.core.notices import ContactConnected, ContractorBooked, OfferEnded, OfferMade
from ivr_engine.core.offer import ANSWER_OWED_MS, EXPLANATION_OWED_MS, OfferState
from ivr_engine.core.queue_rules import LendingRules, RingRules
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    LegId,
    OfferFailure,
    OfferId,
    OfferResult,
    QueueId,
    Skill,
)
from tests.core.centre import GENERAL, START_MS, Centre, citizen_leg, counsellor, offer_id

TWICE = replace(GENERAL, ring=RingRules(second_offer_after_ms=5_000))
QUICK = replace(GENERAL, wrap_up_ms=0)


def ends(centre: Centre) -> list[tuple[str, OfferResult, int]]:
    return [(end.offer, end.result, end.rang_ms) for end in centre.told(OfferEnded)]


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_answer_when_told_then_notices_say_all_about_the_wait() -> None:
    centre = Centre("1001")
    centre.citizen("c1").arrives()
    centre.wait(2_000)
    request = ToQueue(QueueId("general"), agency="tax", language="en")
    centre.tell(ContactQueued(ContactId("c1"), "120", "02", request, centre.now_ms))
    centre.wait(3_000)
    centre.agent("1001").answers()
    assert centre.told(ContactConnected) == [
        ContactConnected(
            contact=ContactId("c1"),
            agent=AgentId("1001"),
            offer=offer_id("c1"),
            queue=QueueId("general"),
            agency="tax",
            language="en",
            answered_at_ms=START_MS + 5_000,
            wait_ms=3_000,
            within_promise=True,
        )
    ]
    (end,) = centre.told(OfferEnded)
    assert (end.contact, end.agent, end.queue, end.result, end.cause, end.rang_ms) == (
        "c1",
        "1001",
        "general",
        OfferResult.ANSWERED,
        None,
        3_000,
    )
    view = centre.agent("1001").view
    assert (view.state, view.misses, view.resting_until_ms) == (AgentState.ON_CONTACT, 0, None)
    centre.wait(ANSWER_OWED_MS + 20_000)
    assert len(centre.told(OfferEnded)) == 1


def test_given_an_answer_of_an_offer_that_nobody_made_here_when_told_then_it_is_a_talk_all_the_same() -> None:
    centre = Centre("1001", "1002")
    centre.agent("1001").takes_a_break()
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    centre.wait(4_000)
    centre.tell(OfferAnswered(OfferId("c1-e0-7"), ContactId("c1"), AgentId("1001")))
    assert centre.citizen("c1").view.agent == "1001"
    assert ends(centre) == [("c1-e0-7", OfferResult.ANSWERED, 0)]
    assert centre.told(OfferEnded)[0].queue == "general"
    (connected,) = centre.told(ContactConnected)
    assert (connected.queue, connected.wait_ms) == ("general", 4_000)


def test_given_an_answer_by_an_agent_who_talks_already_when_told_then_nothing_changes() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.citizen("c2").queues()
    before = centre.snapshot()
    centre.tell(OfferAnswered(OfferId("c2-e0-1"), ContactId("c2"), AgentId("1001")))
    assert centre.snapshot() == before
    assert centre.rings()[-1] == ("c2", "1002")


def test_given_an_answer_of_a_citizen_nobody_knows_when_told_then_nothing_changes() -> None:
    centre = Centre("1001")
    before = centre.snapshot()
    centre.tell(OfferAnswered(OfferId("c9-e0-1"), ContactId("c9"), AgentId("1001")))
    assert (centre.snapshot(), centre.notices) == (before, [])


def test_given_an_agent_rung_for_another_when_an_older_offer_of_theirs_is_answered_then_that_other_seeks_on() -> None:
    centre = Centre("1001", "1002", "1003")
    for name in ("1002", "1003"):
        centre.agent(name).takes_a_break()
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses(OfferFailure.LOST)
    newer = centre.agent("1001").offer
    assert newer.offer != late.offer
    centre.citizen("c2").queues()
    centre.agent("1001").answers(late)
    assert centre.citizen("c1").view.agent == "1001"
    assert [gone.offer for gone in centre.sent(WithdrawOffer)] == [newer.offer]
    assert ends(centre)[-1][1] is OfferResult.WITHDRAWN
    assert centre.agent("1001").view.contact == "c1"
    centre.agent("1002").logs_in()
    assert centre.rings()[-1] == ("c2", "1002")


def test_given_two_phones_when_a_third_older_one_answers_then_both_stop_and_both_agents_are_free_for_others() -> None:
    centre = Centre("1001", "1002", "1003", queues=[TWICE])
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.wait(5_000)
    assert centre.rings() == [("c1", "1001"), ("c1", "1002"), ("c1", "1003")]
    centre.citizen("c2").queues()
    centre.agent("1001").answers(late)
    assert sorted(gone.offer for gone in centre.sent(WithdrawOffer)) == [offer_id("c1", 2), offer_id("c1", 3)]
    assert centre.citizen("c1").view.phase is ContactPhase.CONNECTED
    assert centre.rings()[3:] == [("c2", "1002")]
    assert centre.agent("1003").view.state is AgentState.IDLE
    assert centre.agent("1003").view.misses == centre.agent("1002").view.misses == 0


def test_given_a_rest_and_a_break_when_the_agent_answers_after_all_then_both_are_forgotten() -> None:
    centre = Centre("1001", "1002")
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    assert centre.agent("1001").view.resting_until_ms is not None
    centre.agent("1001").answers(late)
    assert (centre.agent("1001").view.resting_until_ms, centre.agent("1001").view.misses) == (None, 0)
    centre.wait(30_000)
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT


def test_given_work_after_a_contact_when_an_older_offer_is_answered_then_the_work_is_over_and_the_talk_counts() -> None:
    centre = Centre("1001", "1002")
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses(OfferFailure.LOST)
    centre.agent("1001").takes_a_break()
    centre.agent("1001").misses(OfferFailure.LOST)
    centre.citizen("c2").queues(caller="0300000000", priority=5)
    centre.agent("1001").logs_in()
    centre.agent("1001").answers().hangs_up()
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.agent("1001").answers(late)
    view = centre.agent("1001").view
    assert (view.state, view.contact, view.wrap_up_until_ms) == (AgentState.ON_CONTACT, "c1", None)
    centre.wait(60_000)
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT


def test_given_queues_of_different_work_when_answered_then_it_is_that_of_the_contact_s_queue() -> None:
    centre = Centre("1001", queues=[GENERAL, replace(GENERAL, id=QueueId("long"), wrap_up_ms=90_000)])
    centre.citizen("c1").queues("long")
    centre.agent("1001").answers().hangs_up()
    assert centre.agent("1001").view.wrap_up_until_ms == centre.now_ms + 90_000


@pytest.mark.parametrize(("after_ms", "purse"), [(8_000, -2.75), (8_001, -3.75)])
def test_given_a_protected_desk_when_answered_then_its_purse_says_whether_the_promise_was_kept(
    after_ms: int, purse: float
) -> None:
    english = replace(GENERAL, requirement=frozenset({Skill("english")}), protected=True, promise_ms=8_000)
    centre = Centre(counsellor("1001", "english"), queues=[english], routing=RoutingPolicy(lending=LendingRules()))
    centre.citizen("c1").queues()
    centre.wait(after_ms)
    centre.agent("1001").answers()
    desk = next(desk for desk in centre.engine._state.routing.books.desks.values() if desk.protected)
    assert desk.purse == pytest.approx(purse)
    assert [connected.within_promise for connected in centre.told(ContactConnected)] == [purse > -3]


# ── no answer ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("cause", list(OfferFailure))
def test_given_a_failure_of_any_cause_when_told_then_the_offer_ends_once_with_it(cause: OfferFailure) -> None:
    results = {
        OfferFailure.DECLINED: OfferResult.DECLINED,
        OfferFailure.NO_ANSWER: OfferResult.NO_ANSWER,
        OfferFailure.BUSY: OfferResult.FAILED,
        OfferFailure.UNREACHABLE: OfferResult.FAILED,
        OfferFailure.LOST: OfferResult.WITHDRAWN,
    }
    centre = Centre("1001", "1002")
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.wait(2_500)
    centre.agent("1001").misses(cause, offer)
    centre.agent("1001").misses(cause, offer)
    (end,) = [end for end in centre.told(OfferEnded) if end.offer == offer.offer]
    assert (end.result, end.cause, end.rang_ms) == (results[cause], cause, 2_500)
    assert centre.sent(WithdrawOffer) == []


def test_given_an_answered_offer_when_a_failure_is_told_late_then_the_talk_goes_on() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    before = centre.snapshot()
    centre.agent("1001").misses()
    assert centre.snapshot() == before


def test_given_an_agent_s_leg_that_ended_when_that_is_told_twice_then_the_second_does_not_give_more_time() -> None:
    centre = Centre("1001", "1002")
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    leg = LegEnded(LegId(offer.offer))
    centre.tell(leg)
    centre.wait(EXPLANATION_OWED_MS - 1)
    centre.tell(leg)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [end.cause for end in centre.told(OfferEnded)] == [OfferFailure.UNREACHABLE]
    assert (ANSWER_OWED_MS, EXPLANATION_OWED_MS) == (3_000, 1_000)


def test_given_two_who_wait_when_a_ring_is_missed_then_the_older_is_first_at_the_agent_who_is_free_by_it() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.wait(100)
    centre.citizen("c2").queues()
    centre.agent("1001").misses(OfferFailure.LOST)
    assert centre.rings() == [("c1", "1001"), ("c1", "1001")]


# ── the citizen goes ────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_two_phones_when_the_citizen_leaves_then_each_stops_once_and_both_agents_take_the_next() -> None:
    centre = Centre("1001", "1002", queues=[TWICE])
    centre.citizen("c1").queues()
    centre.wait(6_000)
    for name in ("c2", "c3"):
        centre.citizen(name).queues()
    centre.citizen("c1").leaves()
    assert [(gone.offer, gone.contact) for gone in centre.sent(WithdrawOffer)] == [
        (offer_id("c1", 1), "c1"),
        (offer_id("c1", 2), "c1"),
    ]
    assert ends(centre) == [
        (offer_id("c1", 1), OfferResult.WITHDRAWN, 6_000),
        (offer_id("c1", 2), OfferResult.WITHDRAWN, 1_000),
    ]
    assert centre.rings()[2:] == [("c2", "1001"), ("c3", "1002")]
    centre.tell(OfferFailed(offer_id("c1", 1), OfferFailure.LOST), LegEnded(LegId(offer_id("c1", 2))))
    assert len(ends(centre)) == 2


def test_given_a_withdrawn_ring_when_its_answer_crosses_then_the_agent_is_not_taken_from_the_next() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    crossed = centre.agent("1001").offer
    centre.citizen("c2").queues()
    centre.citizen("c1").leaves()
    centre.agent("1001").answers(crossed)
    assert centre.citizen("c2").view.phase is ContactPhase.OFFERED
    centre.agent("1001").answers()
    assert centre.citizen("c2").view.agent == "1001"


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────
SHARED = replace(QUICK, contractor_shares={"han": 50, "nam": 50})


def of(contractor: str, name: str) -> AgentSettings:
    return replace(counsellor(name), contractor=contractor)


def booked(centre: Centre) -> list[tuple[str, int]]:
    return [(book.offer, book.by) for book in centre.told(ContractorBooked)]


@pytest.mark.parametrize("how", ["missed", "left", "answered", "gone"])
def test_given_a_booked_ring_when_it_ends_then_it_is_given_back_unless_it_was_answered(how: str) -> None:
    centre = Centre(of("han", "1001"), of("nam", "1002"), queues=[SHARED])
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    match how:
        case "missed":
            centre.agent("1001").misses()
        case "left":
            centre.citizen("c1").leaves()
        case "answered":
            centre.agent("1001").answers()
        case "gone":
            centre.configure(of("nam", "1002"))
            centre.agent("1001").misses()
    given_back = [(offer_id("c1"), -1)] if how != "answered" else []
    assert booked(centre) == [(offer_id("c1"), 1), *given_back]


def test_given_an_open_offer_when_its_result_is_asked_then_there_is_none() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.engine._state.offers[offer_id("c1")]
    assert offer.state is OfferState.OPEN
    with pytest.raises(ValueError, match="open"):
        _ = offer.result


def test_given_a_queue_nobody_configured_when_answered_then_its_defaults_hold() -> None:
    centre = Centre("1001", queues=[QueueSettings(QueueId("other"))])
    centre.citizen("c1").queues("nowhere")
    centre.agent("1001").answers()
    (made,) = centre.told(OfferMade)
    assert (made.queue, made.ring_ms) == ("nowhere", 10_000)


# ── late answers among several phones ───────────────────────────────────────────────────────────────────────────────
def test_given_phones_that_stop_at_once_when_their_agents_are_free_then_the_oldest_of_all_who_wait_is_first() -> None:
    centre = Centre("1001", "1002", queues=[replace(QUICK, ring_ms=60_000)])
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.citizen("c2").queues()
    centre.wait(10_000)
    centre.citizen("c3").queues()
    assert centre.rings() == [("c1", "1001"), ("c1", "1002"), ("c2", "1001")]
    centre.agent("1001").answers(late)
    assert centre.citizen("c1").view.agent == "1001"
    assert centre.rings()[3:] == [("c2", "1002")]
    assert centre.citizen("c3").view.phase is ContactPhase.QUEUED


@pytest.mark.parametrize("phone", ["first", "second"])
def test_given_two_phones_when_one_of_their_agents_answers_somebody_else_late_then_the_other_rings_on_alone(
    phone: str,
) -> None:
    tax = replace(QUICK, id=QueueId("tax"), requirement=frozenset({Skill("tax")}), ring_ms=60_000)
    general = replace(QUICK, ring_ms=60_000, ring=RingRules(second_offer_after_ms=5_000))
    agents = [counsellor("1001"), counsellor("1002", "tax"), counsellor("1004", "tax")]
    centre = Centre(*agents, queues=[tax, general])
    if phone == "first":
        centre.agent("1001").takes_a_break()
    centre.citizen("c0").queues("tax")
    late = centre.agent("1002").offer
    centre.agent("1002").misses()
    assert centre.rings() == [("c0", "1002"), ("c0", "1004")]
    centre.citizen("c1").queues()
    centre.wait(10_000)
    if phone == "first":
        centre.agent("1001").logs_in()
        centre.wait(5_000)
    other, its = ("1001", "1002") if phone == "second" else ("1002", "1001")
    assert centre.rings()[2:] == [("c1", other), ("c1", its)]
    centre.agent("1002").answers(late)
    assert (centre.citizen("c0").view.agent, centre.citizen("c1").view.phase) == ("1002", ContactPhase.OFFERED)
    assert centre.agent("1004").view.state is AgentState.IDLE
    assert len(centre.rings()) == 4, "one phone rings for c1, and 1004 is not given it from a place in the queue"
    centre.agent("1001").answers()
    assert centre.citizen("c1").view.agent == "1001"


def test_given_two_phones_when_the_second_is_missed_and_the_citizen_leaves_then_only_the_first_is_stopped() -> None:
    centre = Centre("1001", "1002", queues=[TWICE])
    centre.citizen("c1").queues()
    centre.wait(5_000)
    centre.agent("1002").misses()
    centre.citizen("c1").leaves()
    assert [gone.offer for gone in centre.sent(WithdrawOffer)] == [offer_id("c1", 1)]
    assert [(offer, result) for offer, result, _ in ends(centre)] == [
        (offer_id("c1", 2), OfferResult.NO_ANSWER),
        (offer_id("c1", 1), OfferResult.WITHDRAWN),
    ]


def test_given_a_ring_missed_before_the_second_phone_was_due_when_its_time_comes_then_nobody_is_rung_for_it() -> None:
    centre = Centre("1001", "1002", queues=[TWICE], log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.wait(2_000)
    centre.agent("1001").misses()
    centre.wait(4_000)
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    centre.agent("1002").logs_in()
    assert [made.second for made in centre.told(OfferMade)] == [False, False]


def test_given_a_citizen_who_fell_back_when_the_withdrawn_ring_is_answered_then_its_end_is_told_once() -> None:
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    citizen.falls_back()
    centre.agent("1001").answers(offer)
    assert citizen.view.agent == "1001"
    assert [end.result for end in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN]


def test_given_an_agent_idle_behind_a_lost_link_when_a_citizen_waits_and_is_answered_then_no_wait_was_expected() -> (
    None
):
    centre = Centre("1001")
    centre.tell(SwitchLost())
    centre.citizen("c1").queues()
    centre.wait(4_000)
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"),)))
    centre.agent("1001").answers()
    (connected,) = centre.told(ContactConnected)
    assert (connected.expected_from_ms, connected.expected_to_ms, connected.wait_ms) == (0, 0, 4_000)
    assert (connected.announced_from_ms, connected.announced_to_ms) == (None, None)


def test_given_an_answer_at_once_when_told_then_there_was_no_wait_at_all() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    assert [connected.wait_ms for connected in centre.told(ContactConnected)] == [0]
    assert [end.rang_ms for end in centre.told(OfferEnded)] == [0]
