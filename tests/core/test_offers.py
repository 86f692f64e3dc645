"""From waiting to talking: who is offered to whom, when, and what happens when nobody picks up."""

import pytest

from ivr_engine.core.commands import StartOffer, WithdrawOffer
from ivr_engine.core.configuration import MissSettings, QueueSettings
from ivr_engine.core.events import LegEnded, OfferAnswered, OfferFailed
from ivr_engine.core.notices import ContactConnected, ContactEnded, OfferEnded, OfferMade, PromiseMissed
from ivr_engine.core.offer import ANSWER_OWED_MS, EXPLANATION_OWED_MS
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactPhase,
    Disposition,
    LegId,
    OfferFailure,
    OfferResult,
    Presence,
    QueueId,
    Skill,
)
from tests.core.centre import Centre, counsellor

NO_REST = MissSettings(rest_ms=dict.fromkeys(OfferFailure, 0), break_after=99)


def test_given_an_idle_agent_when_a_citizen_queues_then_the_phone_rings_and_the_talk_is_counted_once() -> None:
    centre = Centre("1001")
    centre.citizen("c1").arrives()
    centre.wait(4_000)
    centre.citizen("c1").queues()
    assert centre.rings() == [("c1", "1001")]
    centre.wait(3_000)
    centre.agent("1001").answers()
    centre.wait(60_000)
    centre.citizen("c1").leaves()
    centre.agent("1001").hangs_up()
    (connected,) = centre.told(ContactConnected)
    assert (connected.wait_ms, connected.within_promise) == (3_000, True)
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.wait_ms, ended.talk_ms, ended.agent) == (
        Disposition.ANSWERED,
        3_000,
        60_000,
        "1001",
    )
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.ANSWERED]
    centre.wait(60_000)
    assert centre.agent("1001").view.state is AgentState.IDLE
    assert centre.is_empty()


@pytest.mark.parametrize("clock", ["wait", "silently"])
@pytest.mark.parametrize(("after_ms", "kept"), [(15_000, True), (15_001, False)])
def test_given_a_promise_of_15_s_when_the_agent_answers_then_the_last_millisecond_still_counts(
    clock: str, after_ms: int, kept: bool
) -> None:
    centre = Centre("1001", queues=[QueueSettings(QueueId("general"), ring_ms=20_000)])
    centre.citizen("c1").queues()
    getattr(centre, clock)(after_ms)
    centre.agent("1001").answers()
    assert [connected.within_promise for connected in centre.told(ContactConnected)] == [kept]
    assert len(centre.told(PromiseMissed)) == (0 if kept else 1)


def test_given_nobody_free_when_15_s_have_passed_then_the_promise_is_missed_once_and_the_citizen_waits_on() -> None:
    centre = Centre()
    centre.citizen("c1").queues()
    centre.wait(15_000)
    assert centre.told(PromiseMissed) == []
    centre.wait(1)
    assert len(centre.told(PromiseMissed)) == 1
    centre.wait(600_000)
    assert len(centre.told(PromiseMissed)) == 1
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


def test_given_two_idle_agents_when_a_citizen_queues_then_the_longest_idle_is_rung_and_the_reason_says_so() -> None:
    centre = Centre("1001", "1002", log_in=False)
    centre.agent("1002").logs_in()
    centre.wait(8_000)
    centre.agent("1001").logs_in()
    centre.wait(2_000)
    centre.citizen("c1").queues()
    (made,) = centre.told(OfferMade)
    assert (made.agent, made.candidates, made.reason) == ("1002", 2, "longest idle (10.0 s) of 2")


def test_given_agents_with_skills_when_citizens_need_them_then_each_gets_one_who_can() -> None:
    centre = Centre(counsellor("1001"), counsellor("1002", "english", "water"), counsellor("1003", "english"))
    centre.citizen("c1").queues("general", "water", "english")
    centre.citizen("c2").queues("general", "english")
    centre.citizen("c3").queues("general", "sign_language")
    assert centre.rings() == [("c1", "1002"), ("c2", "1003")]
    assert centre.citizen("c3").view.phase is ContactPhase.QUEUED


def test_given_a_queue_with_a_requirement_when_a_citizen_queues_then_both_requirements_count() -> None:
    water = QueueSettings(QueueId("water"), frozenset({Skill("water")}))
    centre = Centre(counsellor("1001", "water"), counsellor("1002", "english", "water"), queues=[water])
    centre.citizen("c1").queues("water", "english")
    assert centre.rings() == [("c1", "1002")]
    assert centre.citizen("c1").view.requirement == ("english", "water")


def test_given_citizens_who_wait_when_an_agent_comes_then_priority_goes_first_and_age_within_it() -> None:
    centre = Centre("1001", log_in=False)
    for name, priority in (("c1", 0), ("c2", 5), ("c3", 5), ("c4", 0)):
        centre.citizen(name).queues(priority=priority)
        centre.wait(10)
    agent = centre.agent("1001").logs_in()
    for _ in range(3):
        agent.answers().hangs_up().is_done()
    assert [contact for contact, _ in centre.rings()] == ["c2", "c3", "c1", "c4"]


def test_given_a_missed_offer_when_others_wait_then_the_contact_keeps_its_age_and_goes_before_the_younger() -> None:
    centre = Centre("1001", "1002", log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    queued_at_ms = centre.citizen("c1").view.queued_at_ms
    centre.wait(5_000)
    centre.citizen("c2").queues()
    centre.agent("1001").misses()
    centre.wait(1_000)
    centre.agent("1002").logs_in()
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]
    assert centre.citizen("c1").view.queued_at_ms == queued_at_ms
    assert [(offer.result, offer.rang_ms) for offer in centre.told(OfferEnded)] == [(OfferResult.NO_ANSWER, 5_000)]


def test_given_an_older_contact_waits_when_a_younger_one_s_offer_is_lost_then_the_agent_gets_the_older() -> None:
    centre = Centre("1001", "1002", misses=NO_REST)
    centre.citizen("c1").queues()
    first = centre.agent("1001").offer
    centre.wait(10)
    centre.citizen("c2").queues()
    centre.agent("1001").takes_a_break()
    centre.agent("1001").misses(offer=first)
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    centre.agent("1002").misses(OfferFailure.LOST)
    assert centre.rings()[-1] == ("c1", "1002")
    assert centre.citizen("c2").view.phase is ContactPhase.QUEUED


@pytest.mark.parametrize(
    ("cause", "result", "rest_ms"),
    [
        (OfferFailure.DECLINED, OfferResult.DECLINED, 5_000),
        (OfferFailure.BUSY, OfferResult.FAILED, 10_000),
        (OfferFailure.NO_ANSWER, OfferResult.NO_ANSWER, 10_000),
        (OfferFailure.UNREACHABLE, OfferResult.FAILED, 30_000),
    ],
)
def test_given_a_missed_offer_when_nobody_else_is_free_then_the_agent_rests_by_cause_and_is_offered_again(
    cause: OfferFailure, result: OfferResult, rest_ms: int
) -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").misses(cause)
    assert [offer.result for offer in centre.told(OfferEnded)] == [result]
    assert centre.agent("1001").view.resting_until_ms == centre.now_ms + rest_ms
    centre.wait(rest_ms - 1)
    assert len(centre.rings()) == 1
    centre.wait(1)
    assert len(centre.rings()) == 2


def test_given_three_missed_offers_in_a_row_when_the_third_fails_then_the_agent_is_on_break_with_its_reason() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    for _ in range(3):
        assert centre.agent("1001").view.presence is Presence.AVAILABLE
        centre.agent("1001").misses()
        centre.wait(10_000)
    agent = centre.agent("1001").view
    assert (agent.presence, agent.reason, agent.misses) == (Presence.ON_BREAK, "missed_offers", 3)
    assert len(centre.rings()) == 3
    centre.agent("1001").logs_in()
    assert centre.agent("1001").view.misses == 0
    assert len(centre.rings()) == 4


def test_given_two_missed_offers_when_the_third_is_answered_then_the_count_begins_anew() -> None:
    centre = Centre("1001", misses=NO_REST)
    centre.citizen("c1").queues()
    centre.agent("1001").misses().misses().answers()
    assert centre.agent("1001").view.misses == 0


def test_given_a_lost_offer_when_it_fails_then_the_agent_neither_rests_nor_is_counted() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").misses(OfferFailure.LOST)
    assert centre.agent("1001").view.misses == 0
    assert len(centre.rings()) == 2


def test_given_an_offer_when_the_switch_never_tells_how_it_went_then_the_answer_is_owed_and_the_contact_seeks_on() -> (
    None
):
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.wait(10_000 + ANSWER_OWED_MS - 1)
    assert len(centre.rings()) == 1
    centre.wait(1)
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]
    assert [offer.cause for offer in centre.told(OfferEnded)] == [OfferFailure.UNREACHABLE]


def test_given_an_offer_when_the_citizen_leaves_then_the_ringing_stops_and_the_agent_takes_the_next() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    centre.citizen("c1").leaves()
    assert [withdrawn.contact for withdrawn in centre.sent(WithdrawOffer)] == ["c1"]
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN]
    assert centre.rings() == [("c1", "1001"), ("c2", "1001")]
    assert centre.agent("1001").view.resting_until_ms is None


def test_given_an_agent_answered_too_late_when_another_already_talks_then_nothing_changes() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.agent("1002").answers()
    before = centre.snapshot()
    centre.agent("1001").answers(late)
    assert centre.snapshot() == before


def test_given_a_given_up_offer_when_it_is_answered_after_all_then_the_answer_wins_and_the_other_is_withdrawn() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.citizen("c2").queues()
    other = centre.agent("1002").offer
    centre.agent("1001").answers(late)
    assert centre.citizen("c1").view.agent == "1001"
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [other.offer]
    assert centre.rings()[-1] == ("c2", "1002")
    assert centre.agent("1001").view.resting_until_ms is None
    ended = [offer.offer for offer in centre.told(OfferEnded)]
    assert sorted(ended) == sorted({late.offer, other.offer}), "each offer ends once"


def test_given_an_agent_offered_anew_when_an_older_offer_of_theirs_is_answered_then_the_new_one_rings_elsewhere() -> (
    None
):
    centre = Centre("1001", misses=NO_REST)
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").takes_a_break().misses(offer=late)
    centre.citizen("c0").queues(priority=9)
    centre.agent("1001").logs_in()
    wrong = centre.agent("1001").offer
    assert wrong.contact == "c0"
    centre.agent("1001").answers(late)
    assert centre.citizen("c1").view.agent == "1001"
    assert centre.citizen("c0").view.phase is ContactPhase.QUEUED
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [wrong.offer]
    assert len(centre.rings()) == 2, "a talking agent is offered nothing"


def test_given_a_contact_offered_anew_to_the_same_agent_when_the_older_offer_is_answered_then_it_is_one_talk() -> None:
    centre = Centre("1001", misses=NO_REST)
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses(offer=late)
    again = centre.agent("1001").offer
    assert again != late
    centre.citizen("c2").queues()
    centre.agent("1001").answers(late)
    assert centre.agent("1001").view.contact == "c1"
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [again.offer]
    assert centre.citizen("c2").view.phase is ContactPhase.QUEUED
    assert len(centre.rings()) == 2


def test_given_an_ended_contact_when_an_agent_answers_it_then_the_agent_stays_free() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.citizen("c1").leaves()
    before = centre.snapshot()
    centre.agent("1001").answers(offer).hangs_up(offer)
    assert centre.snapshot() == before
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_an_agent_s_leg_ended_when_the_reason_follows_then_the_reason_counts() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").hangs_up()
    centre.wait(EXPLANATION_OWED_MS - 1)
    centre.agent("1001").misses(OfferFailure.DECLINED)
    assert [offer.cause for offer in centre.told(OfferEnded)] == [OfferFailure.DECLINED]


def test_given_an_agent_s_leg_ended_when_no_reason_follows_then_the_offer_is_over_a_second_later() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").hangs_up()
    centre.wait(EXPLANATION_OWED_MS // 2)
    centre.agent("1001").hangs_up()
    centre.wait(EXPLANATION_OWED_MS // 2)
    assert [offer.cause for offer in centre.told(OfferEnded)] == [OfferFailure.UNREACHABLE]
    assert centre.rings()[-1] == ("c1", "1002")


def test_given_an_agent_s_leg_ended_when_its_answer_is_told_afterwards_then_it_was_a_talk_and_is_over() -> None:
    swapped, straight = Centre("1001"), Centre("1001")
    for centre, steps in ((swapped, ("hangs_up", "answers")), (straight, ("answers", "hangs_up"))):
        centre.citizen("c1").queues()
        for step in steps:
            getattr(centre.agent("1001"), step)()
    assert swapped.snapshot() == straight.snapshot()
    assert swapped.agent("1001").view.state is AgentState.WRAP_UP
    swapped.wait(20_000)
    assert swapped.agent("1001").view.state is AgentState.IDLE


def test_given_an_answered_offer_that_is_over_when_its_answer_is_told_again_then_nothing_changes() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.agent("1001").answers().hangs_up()
    before = centre.snapshot()
    centre.agent("1001").answers(offer)
    assert centre.snapshot() == before


def test_given_a_first_agent_gone_when_another_offer_s_answer_comes_late_then_that_agent_has_the_contact() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.agent("1002").answers().hangs_up()
    centre.agent("1001").answers(late)
    contact = centre.citizen("c1").view
    assert (contact.phase, contact.agent) == (ContactPhase.CONNECTED, "1001")
    assert len(centre.told(ContactConnected)) == 1, "the promise was kept or missed once"


def test_given_an_agent_out_of_the_configuration_when_their_late_answer_comes_then_the_talk_is_known_to_its_end() -> (
    None
):
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.configure(counsellor("1002"))
    assert centre.agent("1001").seen is None
    centre.agent("1001").answers(late)
    assert centre.citizen("c1").view.agent == "1001"
    centre.agent("1001").hangs_up(late)
    centre.wait(20_000)
    assert centre.agent("1001").seen is None


@pytest.mark.parametrize("missed_first", [False, True])
def test_given_any_fact_when_it_is_told_twice_then_the_state_is_as_if_told_once(missed_first: bool) -> None:
    once, twice = Centre("1001", "1002"), Centre("1001", "1002")
    for centre, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            centre.citizen("c1").arrives()
        centre.wait(100)
        at_ms = centre.now_ms
        for _ in range(times):
            centre.citizen("c1").queues(queued_at_ms=at_ms)
        (offer,) = centre.sent(StartOffer)
        if missed_first:
            centre.tell(*[OfferFailed(offer.offer, OfferFailure.NO_ANSWER)] * times)
            centre.tell(*[LegEnded(LegId(offer.offer))] * times)
            offer = centre.sent(StartOffer)[-1]
        centre.tell(*[OfferAnswered(offer.offer, offer.contact, offer.agent)] * times)
        centre.wait(1_000)
        centre.tell(*[LegEnded(LegId(offer.offer))] * times)
        assert centre.agent(offer.agent).view.state is AgentState.WRAP_UP
    assert once.snapshot() == twice.snapshot()
    assert once.notices == twice.notices
    for centre, times in ((once, 1), (twice, 2)):
        centre.tell(*[LegEnded(LegId("c1"))] * times)
        centre.tell(*[OfferAnswered(offer.offer, offer.contact, AgentId("1001"))] * (times - 1))
    assert once.snapshot() == twice.snapshot()
    assert once.notices == twice.notices


@pytest.mark.parametrize("order", ["citizen first", "agent first"])
def test_given_a_talk_when_both_legs_end_in_either_order_then_the_state_is_the_same(order: str) -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").answers().offer
    ends = [LegEnded(LegId("c1")), LegEnded(LegId(offer.offer))]
    centre.tell(*(ends if order == "citizen first" else ends[::-1]))
    assert centre.disposition("c1") is Disposition.ANSWERED
    assert centre.agent("1001").view.state is AgentState.WRAP_UP


def test_given_a_contact_that_ended_when_its_queueing_is_told_again_then_nobody_is_raised_from_the_dead() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.citizen("c1").leaves()
    centre.forget()
    centre.citizen("c1").queues().arrives().falls_back().leaves()
    assert centre.notices == []
    assert centre.commands == []


def test_given_two_silent_phones_when_a_citizen_waits_then_the_third_agent_rings_before_either_rings_again() -> None:
    rest = MissSettings(rest_ms={OfferFailure.NO_ANSWER: 10_000}, break_after=99)
    centre = Centre("1001", "1002", "1003", misses=rest)
    centre.citizen("c1").queues()
    first = centre.rings()[-1][1]
    centre.wait(10_000)
    centre.tell(OfferFailed(centre.sent(StartOffer)[-1].offer, OfferFailure.NO_ANSWER))
    second = centre.rings()[-1][1]
    centre.wait(10_000)
    centre.tell(OfferFailed(centre.sent(StartOffer)[-1].offer, OfferFailure.NO_ANSWER))
    third = centre.rings()[-1][1]
    assert len({first, second, third}) == 3
