"""Which talks are recorded, and what becomes of the switch's facts about it."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import StartOffer
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    ContactQueued,
    LegEnded,
    OfferAnswered,
    SwitchLost,
    SwitchSeen,
    TalkRecordingBegan,
    TalkRecordingStopped,
)
from ivr_engine.core.notices import TalkRecorded
from ivr_engine.core.queue_rules import RecordingRules
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferId, QueueId, RecordingState
from tests.core.centre import GENERAL, Centre

RULES = RecordingRules(notice="told", keep_days=30)
RECORDED = replace(GENERAL, recording=RULES)


def offered(centre: Centre, contact: str, *, heard: str = "told", queue: str = "general") -> StartOffer:
    """The offer of a citizen who heard that notice."""
    request = ToQueue(QueueId(queue), notice=heard)
    centre.tell(ContactQueued(ContactId(contact), "120", "02", request, centre.now_ms))
    return centre.sent(StartOffer)[-1]


def talking(centre: Centre) -> StartOffer:
    offer = offered(centre, "1700.5")
    centre.tell(OfferAnswered(offer.offer, offer.contact, offer.agent), began(offer))
    return offer


def began(offer: StartOffer) -> TalkRecordingBegan:
    return TalkRecordingBegan(offer.contact, offer.offer, offer.agent, offer.recording)


def stopped(offer: StartOffer, length_ms: int, *, over: bool, written: bool = True) -> TalkRecordingStopped:
    return TalkRecordingStopped(
        offer.contact, offer.offer, offer.agent, offer.recording, length_ms, written=written, over=over
    )


def states(centre: Centre) -> list[tuple[str, int]]:
    return [(told.state.value, told.length_ms) for told in centre.told(TalkRecorded)]


def test_given_the_notice_of_the_queue_when_it_was_heard_then_the_offer_names_a_recording_of_our_words_alone() -> None:
    offer = offered(Centre("1001", queues=[RECORDED]), "1700.5")
    assert offer.recording == "general/1700-5-e1-1.30d"


@pytest.mark.parametrize("heard", ["", "another"])
def test_given_no_notice_or_another_one_when_a_phone_rings_then_nothing_is_recorded(heard: str) -> None:
    assert offered(Centre("1001", queues=[RECORDED]), "c1", heard=heard).recording == ""


def test_given_a_queue_that_does_not_record_when_somebody_heard_a_notice_then_nothing_is_recorded() -> None:
    assert offered(Centre("1001"), "c1").recording == ""


@pytest.mark.parametrize(
    ("heard", "share", "why"), [("another", 100, "not_heard"), ("", 1, "not_heard"), ("told", 0, "not_in_share")]
)
def test_given_a_queue_that_records_when_a_talk_is_not_recorded_then_it_is_told_why(
    heard: str, share: int, why: str
) -> None:
    centre = Centre("1001", queues=[replace(RECORDED, recording=replace(RULES, share_percent=share))])
    offer = offered(centre, "1700.5", heard=heard)
    assert centre.told(TalkRecorded) == []
    centre.tell(OfferAnswered(offer.offer, offer.contact, offer.agent))
    [told] = centre.told(TalkRecorded)
    assert (told.contact, told.agent, told.queue, told.offer) == ("1700.5", "1001", "general", offer.offer)
    assert (told.state, told.recording, told.length_ms) == (why, "", 0)


def test_given_a_queue_that_records_none_or_a_talk_that_it_records_when_it_begins_then_no_reason_is_told() -> None:
    for queues in ([GENERAL], [RECORDED]):
        centre = Centre("1001", queues=queues)
        offer = offered(centre, "1700.5")
        centre.tell(OfferAnswered(offer.offer, offer.contact, offer.agent))
        assert centre.told(TalkRecorded) == []


def test_given_rules_that_change_while_the_phone_rings_when_it_is_answered_then_what_the_offer_carried_counts() -> None:
    centre = Centre("1001", queues=[RECORDED])
    offer = offered(centre, "1700.5", heard="")
    centre.queues = (GENERAL,)
    centre.configure()
    centre.tell(OfferAnswered(offer.offer, offer.contact, offer.agent))
    assert states(centre) == [("not_heard", 0)]


def test_given_a_share_when_many_contacts_come_then_about_so_many_are_recorded_and_always_the_same() -> None:
    some = replace(GENERAL, recording=replace(RULES, share_percent=25))
    chosen = []
    for _ in range(2):
        centre = Centre("1001", queues=[some])
        names = [f"1700.{number}" for number in range(400)]
        recorded = set()
        for name in names:
            if offered(centre, name).recording:
                recorded.add(name)
            centre.tell(LegEnded(LegId(name)))
        chosen.append(recorded)
    assert chosen[0] == chosen[1]
    assert 70 <= len(chosen[0]) <= 130


def test_given_a_talk_with_a_hold_when_it_ends_then_each_change_is_told_once_and_it_is_kept() -> None:
    centre = Centre("1001", queues=[RECORDED])
    offer = talking(centre)
    centre.tell(began(offer), stopped(offer, 2_000, over=False), stopped(offer, 2_000, over=False), began(offer))
    centre.tell(stopped(offer, 5_000, over=True), stopped(offer, 5_000, over=True), LegEnded(LegId(offer.offer)))
    assert states(centre) == [("running", 0), ("paused", 2_000), ("running", 2_000), ("kept", 5_000)]
    [*_, last] = centre.told(TalkRecorded)
    assert (last.contact, last.agent, last.queue, last.recording) == (
        ContactId("1700.5"),
        AgentId("1001"),
        "general",
        "general/1700-5-e1-1.30d",
    )


def test_given_a_switch_that_has_no_file_when_the_talk_ends_then_the_recording_failed() -> None:
    centre = Centre("1001", queues=[RECORDED])
    offer = talking(centre)
    centre.tell(stopped(offer, 0, over=True, written=False))
    assert states(centre)[-1] == ("failed", 0)


def test_given_an_agent_who_hangs_up_in_the_consult_when_the_leg_ends_then_what_was_closed_before_is_kept() -> None:
    centre = Centre("1001", queues=[RECORDED])
    offer = talking(centre)
    centre.tell(stopped(offer, 3_000, over=False), LegEnded(LegId(offer.offer)))
    assert states(centre)[-1] == ("kept", 3_000)


def test_given_a_leg_whose_end_alone_is_told_when_it_was_recorded_then_the_end_of_the_recording_is_untold() -> None:
    centre = Centre("1001", queues=[RECORDED])
    offer = talking(centre)
    centre.tell(LegEnded(LegId(offer.offer)))
    assert states(centre) == [("running", 0), ("untold", 0)]


def test_given_a_link_that_was_away_when_the_talk_is_gone_by_then_the_end_of_its_recording_is_untold() -> None:
    centre = Centre("1001", queues=[RECORDED])
    talking(centre)
    centre.tell(SwitchLost(), SwitchSeen(()))
    assert states(centre) == [("running", 0), ("untold", 0)]


def test_given_an_engine_that_never_heard_the_beginning_when_the_end_is_told_then_it_is_kept() -> None:
    centre = Centre("1001", queues=[RECORDED])
    told = TalkRecordingStopped(
        ContactId("c9"), OfferId("c9-e1-1"), AgentId("1001"), "general/c9-e1-1.30d", 4_000, written=True, over=True
    )
    centre.tell(told)
    assert [one.state for one in centre.told(TalkRecorded)] == [RecordingState.KEPT]
