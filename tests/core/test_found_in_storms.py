"""What storms (`storm`) found, each as small as it gets: the rules change, or the link goes, at a bad moment."""

from dataclasses import replace

from ivr_engine.core.commands import LeaveQueue
from ivr_engine.core.configuration import MissSettings, QueueSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    CancelRequested,
    ContactRestored,
    HoldRequested,
    LegSeen,
    OfferAnswered,
    Started,
    SwitchLost,
    SwitchSeen,
    TalkResumed,
)
from ivr_engine.core.notices import ContactWaits, ContractorBooked, OfferEnded, TransferEnded
from ivr_engine.core.offer import ANSWER_OWED_MS
from ivr_engine.core.queue_rules import Overflow, OverflowAct, QueueLimits
from ivr_engine.core.transfer import RESUMED_LATE_MS
from ivr_engine.core.vocabulary import ContactId, ContactPhase, OfferFailure, OfferResult, QueueId, TransferState
from tests.core.centre import GENERAL, START_MS, Centre, agent_leg, citizen_leg, counsellor, recipient_leg

SHARED = replace(GENERAL, contractor_shares={"han": 50, "nam": 50})


def test_given_an_offer_on_a_contractor_s_account_when_shares_go_and_the_citizen_leaves_then_it_just_ends() -> None:
    centre = Centre(replace(counsellor("1001"), contractor="han"), queues=[SHARED])
    hong = centre.citizen("c1").queues()
    assert [booked.by for booked in centre.told(ContractorBooked)] == [1]
    centre.queues = (GENERAL,)
    centre.configure()
    hong.leaves()
    assert [ended.result for ended in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN]
    assert hong.seen is None


def test_given_all_agents_busy_when_a_queue_s_priority_changes_then_who_waits_already_goes_by_it_too() -> None:
    vip = QueueSettings(QueueId("vip"))
    centre = Centre("1001", queues=[vip])
    centre.citizen("c1").queues("vip")
    centre.agent("1001").answers()
    centre.citizen("c2").queues("vip")
    centre.queues = (replace(vip, priority=3),)
    centre.configure()
    centre.wait(1_000)
    centre.citizen("c3").queues("vip")
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("c2", "1001")


def sent_on() -> tuple[Centre, SwitchSeen]:
    """A citizen whom a queue without anybody sent to a flow, and a look from before the switch did it."""
    limits = QueueLimits(nobody=Overflow(OverflowAct.FLOW, "closed"))
    centre = Centre(queues=[replace(GENERAL, limits=limits)])
    centre.citizen("c1").arrives().queues()
    assert len(centre.sent(LeaveQueue)) == 1
    look = SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=centre.now_ms, queue="general"),))
    return centre, look


def test_given_a_citizen_just_sent_on_when_a_look_still_shows_them_waiting_then_they_are_not_back_in_the_queue() -> (
    None
):
    centre, look = sent_on()
    centre.wait(200)
    centre.tell(SwitchLost(), look)
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW


def test_given_a_citizen_sent_on_in_vain_when_the_wait_goes_on_for_seconds_then_a_look_brings_them_back() -> None:
    centre, look = sent_on()
    centre.wait(3_000)
    centre.tell(SwitchLost(), look)
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


def test_given_a_cancelled_consult_that_the_switch_never_heard_of_when_it_is_seen_again_then_its_end_is_told_once() -> (
    None
):
    centre = Centre("1001")
    centre.citizen("c1").queues()
    kim = centre.agent("1001").answers().consults()
    transfer = kim.transfer
    kim.reaches_the_recipient()
    centre.tell(SwitchLost())
    kim.asks(CancelRequested).asks(HoldRequested)
    legs: tuple[LegSeen, ...] = (
        citizen_leg("c1", "hold", queued_at_ms=centre.now_ms, queue="general"),
        agent_leg(kim.offer.offer, "c1", "1001", "consult"),
        recipient_leg("r1", "c1", "recipient", transfer),
    )
    centre.tell(SwitchSeen(legs))
    kim.asks(CancelRequested)
    assert len([end for end in centre.told(TransferEnded) if end.transfer == transfer]) == 1


def test_given_a_talk_with_a_consult_when_another_engine_goes_on_then_its_consults_have_names_of_their_own() -> None:
    before = Centre("1001")
    before.citizen("c1").queues()
    kim = before.agent("1001").answers().consults()
    names = {kim.transfer}
    centre = Centre(*before.settings, seen=False)
    centre.tell(
        Started(2),
        *[
            SwitchSeen(
                (
                    citizen_leg("c1", "wait", queued_at_ms=1, queue="general"),
                    agent_leg(kim.offer.offer, "c1", "1001", "talk"),
                )
            )
        ],
    )
    names.add(centre.agent("1001").consults().transfer)
    assert len(names) == 2


def test_given_an_offer_given_up_that_still_rings_when_another_engine_sees_it_then_its_end_is_told_once() -> None:
    before = Centre("1001")
    before.citizen("c1").queues()
    offer = before.agent("1001").offer
    before.wait(offer.ring_ms + ANSWER_OWED_MS)
    assert len(before.told(OfferEnded)) == 1
    centre = Centre(*before.settings, seen=False)
    request = ToQueue(QueueId("general"))
    restored = ContactRestored(ContactId("c1"), "120", "02", START_MS, request, START_MS, offers=1)
    legs = (
        citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"),
        agent_leg(offer.offer, "c1", "1001", "offer", up=False),
    )
    centre.tell(Started(2), restored, SwitchSeen(legs))
    centre.tell(OfferAnswered(offer.offer, offer.contact, offer.agent))
    assert offer.offer not in [ended.offer for ended in centre.told(OfferEnded)]
    assert centre.citizen("c1").view.agent == "1001"


def test_given_a_queue_with_a_priority_when_another_engine_goes_on_then_it_counts_once_for_who_waits() -> None:
    centre = Centre(queues=[replace(GENERAL, priority=3)], seen=False)
    told = ToQueue(QueueId("general"), priority=4)  # one of the citizen's own, and the queue's
    own = replace(told, priority=1)
    leg = replace(citizen_leg("c1", "wait", queued_at_ms=START_MS), request=own)
    restored = ContactRestored(ContactId("c1"), "120", "02", START_MS, told, START_MS)
    centre.tell(Started(2), restored, SwitchSeen((leg,)))
    assert [waits.priority for waits in centre.told(ContactWaits)] == [4]


def test_given_an_agent_taken_off_the_list_while_ringing_when_an_older_offer_is_answered_then_in_any_order() -> None:
    """Out of the list and with no phone ringing, the agent is forgotten: also where the talk is told first."""

    def told(*order: str) -> object:
        centre = Centre("1001", misses=MissSettings({OfferFailure.UNREACHABLE: 0}, break_after=9))
        centre.citizen("old").queues()
        older = centre.agent("1001").offer
        centre.agent("1001").takes_a_break()
        centre.wait(older.ring_ms + ANSWER_OWED_MS)
        centre.citizen("old").falls_back()
        centre.agent("1001").logs_in()
        centre.citizen("new").queues()
        centre.configure(counsellor("1002"))
        for fact in order:
            if fact == "answered":
                centre.agent("1001").answers(older)
            else:
                centre.citizen("new").leaves()
        return centre.snapshot()

    assert told("answered", "left") == told("left", "answered")


def test_given_a_new_consult_after_a_cancelled_one_when_the_switch_tells_late_of_the_talk_between_then_it_goes_on() -> (
    None
):
    centre = Centre("1001")
    hong = centre.citizen("c1").queues()
    kim = centre.agent("1001").answers().consults()
    kim.reaches_the_recipient().asks(CancelRequested)
    kim.consults()
    centre.wait(65)
    centre.tell(TalkResumed(hong.id))
    states = [hong.view.transfer_state]
    assert len(centre.told(TransferEnded)) == 1
    centre.wait(RESUMED_LATE_MS)
    centre.tell(TalkResumed(hong.id))
    assert [*states, hong.view.transfer_state] == [TransferState.RINGING, TransferState.TALKING]
