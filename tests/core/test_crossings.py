"""Where two stories meet: a promise and a queue that goes, hours and a new life, a deadline and a link that is down."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import LeaveQueue, StartOffer
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CallbackRestored,
    ContactQueued,
    ContactRestored,
    LegEnded,
    OfferAnswered,
    Started,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.notices import CallbackEnded, ContactConnected, ContactSentOn, OfferMade
from ivr_engine.core.queue_rules import (
    CallbackRules,
    EscalationAct,
    EscalationStep,
    Overflow,
    OverflowAct,
    QueueLimits,
)
from ivr_engine.core.routing_books import DESKS
from ivr_engine.core.vocabulary import CallbackId, CallbackState, ContactId, Disposition, LegId, QueueId
from tests.core.centre import GENERAL, START_MS, Centre, citizen_leg, counsellor

HOUR_MS = 3_600_000
MOBILE = "01012345678"
RULES = CallbackRules(dials=2, numbers=("010XXXXXXXX",), expires_ms=30 * HOUR_MS, utc_offset_minutes=0)
LATER = QueueSettings(QueueId("later"), callback=RULES)
TO_FLOW = Overflow(OverflowAct.FLOW, "sorry")


def promises(centre: Centre, name: str = "hong") -> None:
    centre.citizen(name).arrives()
    request = ToQueue(QueueId("later"))
    centre.tell(CallbackAsked(ContactId(name), ToCallback(MOBILE, request)), LegEnded(LegId(name)))


def state_of(centre: Centre) -> CallbackState:
    (promise,) = centre.engine.view().callbacks
    return promise.state


# ── a promise, and its queue goes ───────────────────────────────────────────────────────────────────────────────────
def test_given_a_promise_that_waits_when_its_queue_is_taken_away_then_it_rests_until_the_queue_is_back() -> None:
    centre = Centre(queues=[GENERAL, LATER])
    promises(centre)
    centre.queues = (GENERAL,)
    centre.configure(counsellor("1001"))
    centre.agent("1001").logs_in()
    assert (state_of(centre), centre.rings()) == (CallbackState.RESTING, [])
    centre.wait(HOUR_MS)
    centre.queues = (GENERAL, LATER)
    centre.configure()
    assert [offer.caller for offer in centre.sent(StartOffer)] == [MOBILE]


def test_given_a_dial_that_goes_on_when_its_queue_is_taken_away_then_a_dial_in_vain_is_not_the_end_of_it() -> None:
    centre = Centre("1001", queues=[GENERAL, LATER])
    promises(centre)
    offer = centre.agent("1001").offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    assert state_of(centre) is CallbackState.DIALLED
    centre.queues = (GENERAL,)
    centre.configure()
    centre.wait(60_000)
    assert (state_of(centre), centre.told(CallbackEnded)) == (CallbackState.RESTING, [])


def test_given_a_promise_whose_queue_is_gone_when_another_engine_goes_on_then_it_rests_and_expires_in_its_time() -> (
    None
):
    centre = Centre("1001", queues=[GENERAL], seen=False)
    request = ToQueue(QueueId("later"))
    restored = CallbackRestored(
        CallbackId("hong-cb"), ContactId("hong"), MOBILE, "120", request, START_MS, START_MS, 1, ContactId("gone")
    )
    centre.tell(Started(2), restored, SwitchSeen(()))
    assert state_of(centre) is CallbackState.RESTING
    centre.wait(CallbackRules().expires_ms)
    assert [ended.end for ended in centre.told(CallbackEnded)] == ["expired"]


def test_given_a_promise_that_rested_over_night_when_it_stands_again_then_its_offers_have_names_of_their_own() -> None:
    minute = START_MS // 60_000 % 1_440
    hours = replace(RULES, from_minute=minute - 60, to_minute=minute + 30)
    centre = Centre("1001", queues=[replace(LATER, callback=hours)])
    promises(centre)
    offer = centre.agent("1001").offer
    centre.agent("1001").misses().hangs_up(offer)
    centre.agent("1001").logs_out()
    centre.wait(24 * HOUR_MS)
    centre.agent("1001").logs_in()
    again = centre.agent("1001").offer
    assert again.offer != offer.offer
    assert len({made.offer for made in centre.told(OfferMade)}) == len(centre.told(OfferMade))
    centre.tell(AgentReady(again.offer, again.contact, again.agent))
    centre.tell(ContactQueued(again.contact, "120", MOBILE, ToQueue(QueueId("later")), centre.now_ms))
    centre.tell(OfferAnswered(again.offer, again.contact, again.agent))
    assert len(centre.told(ContactConnected)) == 1


# ── a citizen who was called back, and a flow ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("heard", "ends"),
    [
        (Disposition.CLOSED, []),
        (Disposition.OVERFLOWED, []),
        (Disposition.VOICEMAIL, ["withdrawn"]),
        (Disposition.SELF_SERVED, ["withdrawn"]),
    ],
)
def test_given_a_citizen_called_back_when_a_flow_has_the_last_word_then_nobody_counts_them_as_reached(
    heard: Disposition, ends: list[str]
) -> None:
    limits = QueueLimits(longest_wait_ms=20_000, too_long=TO_FLOW)
    centre = Centre("1001", queues=[replace(LATER, limits=limits)])
    promises(centre)
    offer = centre.agent("1001").offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    centre.agent("1001").hangs_up(offer).takes_a_break()
    centre.tell(ContactQueued(offer.contact, "120", MOBILE, ToQueue(QueueId("later")), centre.now_ms))
    centre.wait(20_000)
    assert len(centre.sent(LeaveQueue)) == 1
    centre.citizen(offer.contact).hears_the_end(heard).leaves()
    assert [ended.end for ended in centre.told(CallbackEnded)] == ends
    if not ends:
        assert state_of(centre) is CallbackState.RESTING


def test_given_a_citizen_called_back_when_they_ask_again_then_one_promise_follows_the_other() -> None:
    limits = QueueLimits(longest_wait_ms=20_000, too_long=TO_FLOW)
    centre = Centre("1001", queues=[replace(LATER, limits=limits)])
    promises(centre)
    offer = centre.agent("1001").offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    centre.agent("1001").hangs_up(offer).takes_a_break()
    centre.tell(ContactQueued(offer.contact, "120", MOBILE, ToQueue(QueueId("later")), centre.now_ms))
    centre.wait(20_000)
    centre.tell(CallbackAsked(offer.contact, ToCallback(MOBILE, ToQueue(QueueId("later")))))
    centre.citizen(offer.contact).leaves()
    assert [(ended.callback, ended.end) for ended in centre.told(CallbackEnded)] == [("hong-cb", "withdrawn")]
    (promise,) = centre.engine.view().callbacks
    assert promise.place_ms == START_MS


# ── hours, and a life between ───────────────────────────────────────────────────────────────────────────────────────
def test_given_a_queue_about_to_close_when_another_engine_goes_on_then_it_closes_when_it_was_to() -> None:
    limits = QueueLimits(closed=TO_FLOW, closing_grace_ms=10_000)
    centre = Centre(queues=[replace(GENERAL, limits=limits)], seen=False)
    request = ToQueue(QueueId("general"), closes_in_seconds=60)
    restored = ContactRestored(ContactId("c1"), "120", "02", START_MS, request, START_MS)
    centre.silently(40_000)
    centre.tell(Started(2), restored, SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=START_MS),)))
    centre.wait(29_999)
    assert centre.told(ContactSentOn) == []
    centre.wait(1)
    assert [on.why for on in centre.told(ContactSentOn)] == ["closed"]


# ── deadlines, and no link ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "queue",
    [
        replace(GENERAL, limits=QueueLimits(longest_wait_ms=20_000, too_long=TO_FLOW)),
        replace(GENERAL, escalation=(EscalationStep(EscalationAct.OVERFLOW, 5_000, overflow=TO_FLOW),)),
    ],
    ids=["too_long", "promise"],
)
def test_given_no_link_when_a_citizen_is_to_be_sent_on_then_that_happens_once_and_when_the_switch_is_seen(
    queue: QueueSettings,
) -> None:
    centre = Centre(queues=[queue])
    centre.citizen("c1").queues()
    queued_ms = centre.now_ms
    centre.wait(15_000)
    centre.tell(SwitchLost())
    centre.wait(10_000)
    assert centre.sent(LeaveQueue) == []
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=queued_ms, queue="general"),)))
    centre.wait(1_000)
    assert len(centre.sent(LeaveQueue)) == 1


# ── a desk that is forgotten ────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_desk_that_was_forgotten_while_a_phone_rang_when_it_rang_in_vain_then_an_agent_of_it_is_found() -> None:
    centre = Centre(counsellor("1001", "rare"), counsellor("1002", "rare"))
    centre.watch.every = 1_000_000  # its checks cost the number of desks
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues("general", "rare")
    for number in range(DESKS + 1):
        centre.citizen(f"x{number}").queues("general", f"skill {number}").leaves()
    centre.agent("1001").misses()
    centre.agent("1002").logs_in()
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]
