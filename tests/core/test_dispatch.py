"""A citizen's way from arrival to the one end: whose clock counts, what falls back, and all that the end says."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import WithdrawOffer
from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import Ended, ToQueue
from ivr_engine.core.dispatch import LATEST_EVENT_MS, LEFT_BEHIND_MS
from ivr_engine.core.events import ContactArrived, ContactQueued, FlowEnded, LegEnded, SwitchSeen
from ivr_engine.core.notices import (
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactMoved,
    ContactSentOn,
    ContactWaits,
    OfferEnded,
    PromiseMissed,
)
from ivr_engine.core.queue_rules import LendingRules, Overflow, OverflowAct, QueueLimits
from ivr_engine.core.vocabulary import ContactPhase, Disposition, LegId, OfferResult, QueueId, Skill
from tests.core.centre import GENERAL, START_MS, Centre, agent_leg, citizen_leg, counsellor

QUICK = replace(GENERAL, wrap_up_ms=0)


def ended(centre: Centre, contact: str = "c1") -> ContactEnded:
    (found,) = [notice for notice in centre.told(ContactEnded) if notice.contact == contact]
    return found


# ── arrival ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_citizen_when_heard_of_first_then_the_contact_begins_once_and_is_no_adopted_one() -> None:
    centre = Centre("1001")
    centre.wait(500)
    citizen = centre.citizen("c1").arrives().arrives()
    began = ContactBegan(citizen.id, "120", "0212345678", START_MS + 500, adopted=False)
    assert centre.told(ContactBegan) == [began]
    citizen.leaves()
    citizen.arrives()
    assert centre.told(ContactBegan) == [began], "nobody is raised from the dead"


def test_given_an_arrival_that_was_lost_when_the_queueing_is_told_late_then_it_began_when_the_switch_says() -> None:
    centre = Centre()
    centre.citizen("c1").queues(queued_at_ms=START_MS - 3_000)
    centre.citizen("c2").queues(queued_at_ms=START_MS + 3_000)
    assert [began.arrived_at_ms for began in centre.told(ContactBegan)] == [START_MS - 3_000, START_MS]


@pytest.mark.parametrize(
    ("at_ms", "counts"),
    [(-LATEST_EVENT_MS, True), (-LATEST_EVENT_MS - 1, False), (0, True), (1, False), (-1, True)],
)
def test_given_a_stamp_of_the_switch_when_it_can_be_no_clock_that_jumped_then_the_wait_counts_from_it(
    at_ms: int, counts: bool
) -> None:
    assert (LATEST_EVENT_MS, LEFT_BEHIND_MS) == (300_000, 3_000)
    centre = Centre()
    centre.citizen("c1").arrives().queues(queued_at_ms=centre.now_ms + at_ms)
    assert centre.citizen("c1").view.queued_at_ms == centre.now_ms + (at_ms if counts else 0)


def test_given_a_fall_back_told_first_when_the_queueing_is_told_twice_then_the_first_stamp_that_can_be_counts() -> None:
    centre = Centre()
    citizen = centre.citizen("c1").arrives()
    centre.wait(2_000)
    citizen.falls_back()
    citizen.queues(queued_at_ms=centre.now_ms + 9_000)
    citizen.queues("other", queued_at_ms=START_MS)
    assert (citizen.view.phase, citizen.view.queue) == (ContactPhase.FALLING_BACK, "general")
    centre.wait(1_000)
    citizen.leaves()
    assert (ended(centre).wait_ms, ended(centre).queue) == (1_000, "general")


# ── the promise ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_promise_that_breaks_when_told_then_it_says_whose_and_from_when() -> None:
    quick = replace(GENERAL, promise_ms=8_000)
    centre = Centre(queues=[quick])
    centre.citizen("c1").queues(queued_at_ms=START_MS - 1_000)
    centre.wait(7_000)
    assert centre.told(PromiseMissed) == []
    centre.wait(1)
    assert centre.told(PromiseMissed) == [
        PromiseMissed(centre.citizen("c1").id, QueueId("general"), START_MS - 1_000, 8_000)
    ]
    assert centre.engine.next_deadline_ms() is None


def test_given_so_many_promises_that_break_when_counted_then_the_centre_is_crowded() -> None:
    centre = Centre(routing=RoutingPolicy(crowded_percent=60))
    for name in ("c1", "c2", "c3"):
        centre.citizen(name).queues()
        centre.wait(6_000)
    assert not centre.engine._state.routing.crowded(centre.now_ms)
    centre.wait(4_000)
    assert centre.engine._state.routing.crowded(centre.now_ms), "two of three"


def test_given_a_citizen_who_is_back_from_a_talk_when_the_promise_would_end_then_it_is_not_missed_any_more() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers().hangs_up()
    centre.citizen("c1").queues()
    centre.wait(60_000)
    assert centre.told(PromiseMissed) == []


# ── back to the queue ───────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_agent_s_leg_that_ended_when_the_citizen_says_so_then_they_wait_with_the_age_and_it_is_counted() -> (
    None
):
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.wait(30_000)
    centre.agent("1001").hangs_up()
    citizen.queues()
    view = citizen.view
    assert (view.phase, view.agent, view.queued_at_ms) == (ContactPhase.QUEUED, None, START_MS)
    assert [waits.returns for waits in centre.told(ContactWaits)] == [0, 1]
    centre.agent("1001").is_done().answers()
    assert citizen.view.agent == "1001"
    assert len(centre.told(ContactConnected)) == 1
    centre.agent("1001").hangs_up()
    citizen.queues()
    assert [waits.returns for waits in centre.told(ContactWaits)] == [0, 1, 2]


def test_given_a_citizen_who_is_talking_when_the_queueing_is_told_again_then_nothing_changes() -> None:
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    centre.agent("1001").answers()
    before = centre.snapshot()
    citizen.queues()
    assert centre.snapshot() == before


# ── sent on ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("after_ms", "waits"), [(0, False), (2_999, False), (3_000, True)])
def test_given_a_citizen_whom_the_queue_sent_on_when_the_wait_tells_of_them_a_moment_later_then_they_are_not_back(
    after_ms: int, waits: bool
) -> None:
    flow = Overflow(OverflowAct.FLOW, "closed")
    centre = Centre("1001", queues=[replace(GENERAL, limits=QueueLimits(waiting=1, full=flow))])
    centre.agent("1001").takes_a_break()
    centre.citizen("c0").queues()
    centre.citizen("c1").queues()
    assert [sent.contact for sent in centre.told(ContactSentOn)] == ["c1"]
    centre.wait(after_ms)
    centre.citizen("c1").queues()
    assert (centre.citizen("c1").view.phase is ContactPhase.QUEUED) is waits


def test_given_a_citizen_whom_the_queue_sent_on_when_the_flow_is_over_then_the_wait_ended_with_the_queue() -> None:
    flow = Overflow(OverflowAct.FLOW, "sorry")
    centre = Centre(queues=[replace(GENERAL, limits=QueueLimits(longest_wait_ms=20_000, too_long=flow))])
    citizen = centre.citizen("c1").queues()
    centre.wait(80_000)
    citizen.hears_the_end(Disposition.OVERFLOWED).leaves()
    [ended] = centre.told(ContactEnded)
    assert (ended.disposition, ended.wait_ms) == (Disposition.OVERFLOWED, 20_000)


def test_given_a_citizen_whom_a_flow_leads_back_when_they_give_up_then_all_of_it_was_a_wait() -> None:
    flow, other = Overflow(OverflowAct.FLOW, "sorry"), QueueSettings(QueueId("other"))
    centre = Centre(queues=[replace(GENERAL, limits=QueueLimits(longest_wait_ms=20_000, too_long=flow)), other])
    began_ms = centre.now_ms
    citizen = centre.citizen("c1").queues()
    centre.wait(30_000)
    citizen.queues("other", queued_at_ms=began_ms)
    centre.wait(10_000)
    citizen.leaves()
    [ended] = centre.told(ContactEnded)
    assert (ended.disposition, ended.wait_ms) == (Disposition.ABANDONED, 40_000)


def test_given_a_flow_that_ends_when_the_citizen_waits_already_then_the_end_is_the_queue_s() -> None:
    centre = Centre()
    citizen = centre.citizen("c1").queues().hears_the_end(Disposition.SELF_SERVED)
    citizen.leaves()
    assert ended(centre).disposition is Disposition.ABANDONED
    centre.citizen("nobody").hears_the_end(Disposition.SELF_SERVED)


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_talk_when_it_is_over_then_the_end_says_everything_about_it() -> None:
    centre = Centre(counsellor("1001", "water"))
    citizen = centre.citizen("c1").arrives()
    centre.wait(4_000)
    request = ToQueue(QueueId("general"), frozenset({Skill("water")}), agency="water", language="en")
    centre.tell(ContactQueued(citizen.id, "120", "0212345678", request, centre.now_ms - 1_000))
    centre.wait(2_000)
    centre.agent("1001").answers()
    centre.wait(60_000)
    citizen.leaves()
    assert ended(centre) == ContactEnded(
        contact=citizen.id,
        disposition=Disposition.ANSWERED,
        number="120",
        agency="water",
        queue="general",
        language="en",
        agent="1001",
        arrived_at_ms=START_MS,
        queued_at_ms=START_MS + 3_000,
        answered_at_ms=START_MS + 6_000,
        ended_at_ms=START_MS + 66_000,
        wait_ms=3_000,
        talk_ms=60_000,
        within_promise=True,
        short_abandon=False,
        offers=1,
    )
    assert citizen.seen is None


def test_given_a_flow_that_was_the_answer_when_the_citizen_leaves_then_its_agency_and_language_are_told() -> None:
    centre = Centre()
    citizen = centre.citizen("c1").arrives()
    centre.tell(FlowEnded(citizen.id, Ended(Disposition.SELF_SERVED, agency="parks", language="zh")))
    citizen.leaves()
    found = ended(centre)
    assert (found.disposition, found.agency, found.language) == (Disposition.SELF_SERVED, "parks", "zh")
    assert (found.queue, found.agent, found.wait_ms, found.talk_ms) == ("", "", None, None)


def test_given_an_abandon_when_queued_with_words_then_queue_agency_and_language_are_the_request_s() -> None:
    centre = Centre()
    request = ToQueue(QueueId("general"), agency="tax", language="ja")
    centre.tell(ContactArrived(centre.citizen("c1").id, "1330", "010"))
    centre.tell(ContactQueued(centre.citizen("c1").id, "1330", "010", request, START_MS))
    centre.wait(5_000)
    centre.citizen("c1").leaves()
    found = ended(centre)
    assert (found.number, found.agency, found.language, found.queue, found.agent) == (
        "1330",
        "tax",
        "ja",
        "general",
        "",
    )
    assert (found.wait_ms, found.talk_ms, found.answered_at_ms, found.offers, found.callback) == (
        5_000,
        None,
        None,
        0,
        "",
    )


def test_given_a_citizen_back_from_a_talk_when_they_leave_then_the_wait_is_the_first_and_it_is_no_short_abandon() -> (
    None
):
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    centre.wait(1_000)
    centre.agent("1001").answers()
    centre.wait(1_000)
    centre.agent("1001").hangs_up()
    citizen.queues()
    centre.wait(1_000)
    citizen.leaves()
    found = ended(centre)
    assert (found.disposition, found.wait_ms, found.talk_ms) == (Disposition.ANSWERED, 1_000, 2_000)
    assert not found.short_abandon


def test_given_a_citizen_whose_phone_rings_in_vain_when_they_leave_then_the_ring_stops_and_nothing_is_left() -> None:
    centre = Centre("1001", queues=[QUICK])
    centre.citizen("c1").queues().leaves()
    assert [withdrawn.contact for withdrawn in centre.sent(WithdrawOffer)] == ["c1"]
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN]
    assert ended(centre).offers == 1
    assert centre.is_empty()


def test_given_a_contact_that_waits_when_it_leaves_or_falls_back_then_no_agent_is_ever_given_it() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues().leaves()
    centre.citizen("c2").queues().falls_back()
    centre.agent("1001").logs_in()
    assert centre.rings() == []
    assert centre.engine._state.routing.waiting == 0
    assert centre.engine.next_deadline_ms() is None


@pytest.mark.parametrize(("answered", "purse"), [(True, -2.75), (False, -3.75)])
def test_given_a_desk_that_lends_when_its_citizen_leaves_then_an_answer_was_booked_already_and_none_is_booked_now(
    answered: bool, purse: float
) -> None:
    english = replace(GENERAL, requirement=frozenset({Skill("english")}), protected=True)
    centre = Centre(counsellor("1001", "english"), queues=[english], routing=RoutingPolicy(lending=LendingRules()))
    citizen = centre.citizen("c1").queues()
    desk = next(desk for desk in centre.engine._state.routing.books.desks.values() if desk.protected)
    if answered:
        centre.agent("1001").answers()
    citizen.leaves()
    assert desk.purse == pytest.approx(purse)


def test_given_a_citizen_who_never_queued_when_they_leave_then_no_desk_books_it() -> None:
    centre = Centre("1001", routing=RoutingPolicy(redial_ms=600_000, lending=LendingRules()))
    centre.citizen("c1").arrives().leaves()
    assert ended(centre).disposition is Disposition.ABANDONED
    assert all(desk.purse is None for desk in centre.engine._state.routing.books.desks.values())


def test_given_a_flow_that_ended_before_the_citizen_gave_up_when_calling_again_then_there_is_no_old_place() -> None:
    centre = Centre("1001", routing=RoutingPolicy(redial_ms=600_000), queues=[QUICK])
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.wait(10_000)
    centre.citizen("c1").leaves()
    centre.agent("1001").hangs_up().takes_a_break()
    centre.citizen("other").queues(caller="0300000000")
    centre.wait(1_000)
    centre.citizen("c2").queues()
    centre.agent("1001").logs_in()
    assert centre.rings()[-1] == ("other", "1001"), "whoever was answered has a new place"


# ── facts that come late, or of nobody ──────────────────────────────────────────────────────────────────────────────
def test_given_a_citizen_who_is_gone_or_unknown_when_the_fallback_tells_of_them_then_nobody_is_raised() -> None:
    centre = Centre("1001")
    centre.citizen("nobody").is_answered_in_fallback()
    citizen = centre.citizen("c1").queues().leaves()
    centre.forget()
    citizen.falls_back().is_answered_in_fallback()
    assert (citizen.seen, centre.notices) == (None, [])


def test_given_a_citizen_who_waits_for_us_when_the_fallback_s_answer_is_told_then_it_is_none() -> None:
    centre = Centre()
    centre.citizen("c1").queues().is_answered_in_fallback().leaves()
    assert (ended(centre).disposition, ended(centre).talk_ms) == (Disposition.ABANDONED, None)


def test_given_a_talk_of_no_time_when_it_ends_then_it_lasted_nothing_after_no_wait() -> None:
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    centre.agent("1001").answers()
    citizen.leaves()
    assert (ended(centre).talk_ms, ended(centre).wait_ms, ended(centre).short_abandon) == (0, 0, False)


def test_given_every_step_of_a_citizen_when_live_views_are_told_then_the_end_is_told_too() -> None:
    centre = Centre("1001")
    citizen = centre.citizen("c1").arrives().queues()
    centre.agent("1001").answers()
    citizen.leaves()
    assert [moved.phase for moved in centre.told(ContactMoved)] == [
        ContactPhase.QUEUED,
        ContactPhase.OFFERED,
        ContactPhase.CONNECTED,
        ContactPhase.ENDED,
    ]


def test_given_a_talk_found_by_a_new_engine_when_its_citizen_is_back_without_a_queue_then_the_age_is_since_then() -> (
    None
):
    centre = Centre("1001", seen=False)
    waits = citizen_leg("c0", "wait", queued_at_ms=START_MS - 60_000, queue="general")
    talk = agent_leg("c1-e0-1", "c1", "1001", "talk", since_ms=START_MS - 1_000)
    centre.tell(SwitchSeen((waits, citizen_leg("c1", "wait"), talk)))
    assert centre.citizen("c1").view.agent == "1001"
    centre.agent("1001").takes_a_break()
    centre.tell(LegEnded(LegId("c1-e0-1")))
    centre.citizen("c1").queues()
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    centre.agent("1001").logs_in()
    assert centre.rings() == [("c0", "1001")]
    assert len(centre.told(ContactConnected)) == 1
