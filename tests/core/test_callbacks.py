"""Promises to call back: the place in the order, one dial at a time, two phones, trying again, restarts."""

from dataclasses import replace

import pytest

from ivr_engine.core.callback import closes_at_ms, may_be_dialled, opens_at_ms
from ivr_engine.core.commands import DialCitizen, MeetCitizen, StartOffer, StopDialling, WithdrawOffer
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CallbackCancelled,
    CallbackRestored,
    CitizenNotReached,
    ContactQueued,
    LegEnded,
    LegSeen,
    OfferAnswered,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.notices import (
    CallbackEnded,
    CallbackPromised,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    OfferEnded,
)
from ivr_engine.core.queue_rules import CallbackFirst, CallbackRules
from ivr_engine.core.vocabulary import (
    AgentState,
    CallbackEnd,
    CallbackState,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    QueueId,
    Role,
)
from tests.core.centre import START_MS, Centre

MOBILE = "01012345678"
RULES = CallbackRules(dials=2, numbers=("010XXXXXXXX",), spacing_ms=60_000, expires_ms=3_600_000)
CITIZEN_FIRST = replace(RULES, first=CallbackFirst.CITIZEN)
GENERAL = QueueId("general")


def _centre(rules: CallbackRules = RULES, *agents: str) -> Centre:
    return Centre(*(agents or ("1001",)), queues=(QueueSettings(GENERAL, callback=rules),))


def _promise(centre: Centre, name: str = "hong", number: str = MOBILE) -> None:
    """A citizen asks in the flow, and hangs up."""
    centre.citizen(name).arrives()
    centre.tell(CallbackAsked(ContactId(name), ToCallback(number, ToQueue(GENERAL))), LegEnded(LegId(name)))


def _busy(centre: Centre, contact: str = "other") -> StartOffer:
    """The only agent talks with somebody."""
    centre.citizen(contact).queues(caller="0299999999")
    centre.agent("1001").answers()
    return centre.agent("1001").offer


def _picks_up(centre: Centre) -> ContactId:
    dial = centre.sent(DialCitizen)[-1]
    centre.tell(ContactQueued(dial.contact, dial.line, dial.number, dial.request, centre.now_ms))
    return dial.contact


def _ready(centre: Centre, agent: str = "1001") -> StartOffer:
    offer = centre.agent(agent).offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    return offer


def _ends(centre: Centre) -> list[CallbackEnd]:
    return [ended.end for ended in centre.told(CallbackEnded)]


# ── two phones ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_idle_agent_when_the_agent_is_first_then_the_citizen_is_dialled_once_the_agent_is_there() -> None:
    centre = _centre()
    _promise(centre)
    offer = centre.agent("1001").offer
    assert (offer.callback, offer.caller, centre.sent(DialCitizen)) == (True, MOBILE, [])

    _ready(centre)
    (dial,) = centre.sent(DialCitizen)
    assert (dial.contact, dial.number, dial.line) == (offer.contact, MOBILE, "120")

    centre.wait(3_000)
    contact = _picks_up(centre)
    assert centre.sent(MeetCitizen) == [MeetCitizen(contact, LegId(offer.offer))]
    centre.tell(OfferAnswered(offer.offer, contact, offer.agent))
    (connected,) = centre.told(ContactConnected)
    assert (connected.contact, connected.wait_ms, connected.within_promise) == (contact, 0, True)
    assert _ends(centre) == [CallbackEnd.REACHED]
    began = centre.told(ContactBegan)[-1]
    assert (began.contact, began.callback) == (contact, "hong-cb")

    centre.tell(LegEnded(LegId(contact)), LegEnded(LegId(offer.offer)))
    ended = centre.told(ContactEnded)[-1]
    assert (ended.disposition, ended.callback) == (Disposition.ANSWERED, "hong-cb")
    centre.wait(60_000)
    assert centre.is_empty()


def test_given_an_idle_agent_when_the_citizen_is_first_then_no_phone_of_an_agent_rings_before() -> None:
    centre = _centre(CITIZEN_FIRST)
    _promise(centre)
    assert len(centre.sent(DialCitizen)) == 1
    assert centre.rings() == []
    assert centre.agent("1001").view.state is AgentState.OFFERED

    centre.wait(4_000)
    contact = _picks_up(centre)
    assert centre.rings() == [(contact, "1001")]
    assert not centre.agent("1001").offer.callback
    centre.agent("1001").answers()
    assert _ends(centre) == [CallbackEnd.REACHED]


def test_given_a_citizen_who_is_there_when_the_agent_misses_then_another_agent_is_offered_the_same_contact() -> None:
    centre = _centre(CITIZEN_FIRST, "1001", "1002")
    _promise(centre)
    contact = _picks_up(centre)
    first = centre.sent(StartOffer)[-1]
    centre.agent(first.agent).misses()
    second = centre.sent(StartOffer)[-1]
    assert (second.contact, second.agent != first.agent, second.callback) == (contact, True, False)


def test_given_an_agent_who_hangs_up_before_the_citizen_is_there_then_the_citizen_is_not_dialled_twice() -> None:
    centre = _centre(RULES, "1001", "1002")
    _promise(centre)
    first = centre.sent(StartOffer)[-1]
    _ready(centre, first.agent)
    centre.tell(LegEnded(LegId(first.offer)))
    second = centre.sent(StartOffer)[-1]
    assert second.agent != first.agent
    _ready(centre, second.agent)
    assert len(centre.sent(DialCitizen)) == 1
    contact = _picks_up(centre)
    assert centre.sent(MeetCitizen) == [MeetCitizen(contact, LegId(second.offer))]


def test_given_nobody_ready_any_more_when_the_citizen_picks_up_then_they_wait_at_the_place_of_the_first_call() -> None:
    centre = _centre()
    _promise(centre)
    offer = _ready(centre)
    centre.tell(LegEnded(LegId(offer.offer)))
    contact = _picks_up(centre)
    centre.citizen("later").queues(caller="0277777777")
    centre.wait(5_000)  # the agent's rest after the decline is over
    assert centre.sent(StartOffer)[-1].contact == contact


# ── the order ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_promise_older_than_a_caller_when_an_agent_is_free_then_the_callback_goes_first() -> None:
    centre = _centre()
    talking = _busy(centre)
    _promise(centre)
    centre.wait(1_000)
    centre.citizen("later").queues(caller="0277777777")
    centre.tell(LegEnded(LegId("other")), LegEnded(LegId(talking.offer)))
    centre.agent("1001").is_done()
    assert centre.sent(StartOffer)[-1].callback

    assert centre.engine.view().queues[0].waiting == 1, "who is called back hears no music and is not counted"


def test_given_a_caller_older_than_the_promise_when_an_agent_is_free_then_the_caller_goes_first() -> None:
    centre = _centre()
    talking = _busy(centre)
    centre.citizen("earlier").queues(caller="0277777777")
    centre.wait(1_000)
    _promise(centre)
    centre.tell(LegEnded(LegId("other")), LegEnded(LegId(talking.offer)))
    centre.agent("1001").is_done()
    assert centre.sent(StartOffer)[-1].contact == "earlier"


# ── in vain ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rules", [RULES, CITIZEN_FIRST])
@pytest.mark.parametrize("cause", [OfferFailure.BUSY, OfferFailure.NO_ANSWER, OfferFailure.DECLINED])
def test_given_a_dial_in_vain_then_the_agent_is_free_and_the_citizen_is_dialled_again_after_the_spacing(
    rules: CallbackRules, cause: OfferFailure
) -> None:
    centre = _centre(rules)
    _promise(centre)
    if rules is RULES:
        _ready(centre)
    (dial,) = centre.sent(DialCitizen)
    centre.tell(CitizenNotReached(dial.contact, cause), CitizenNotReached(dial.contact, cause))
    agent = centre.agent("1001").view
    assert (agent.state, agent.missed, agent.resting_until_ms) == (AgentState.IDLE, {}, None)
    assert [offer.result.value for offer in centre.told(OfferEnded)] == ["withdrawn"]

    centre.forget()
    centre.wait(59_999)
    assert not centre.commands
    centre.wait(1)
    if rules is RULES:
        _ready(centre)
    (again,) = centre.sent(DialCitizen)
    assert again.contact != dial.contact
    centre.tell(CitizenNotReached(again.contact, cause))
    assert _ends(centre) == [CallbackEnd.FAILED]
    assert centre.is_empty()


def test_given_a_switch_that_tells_nothing_of_a_dial_then_its_deadline_ends_it() -> None:
    centre = _centre(CITIZEN_FIRST)
    _promise(centre)
    (dial,) = centre.sent(DialCitizen)
    centre.wait(RULES.ring_ms + 3_000)
    assert centre.sent(StopDialling) == [StopDialling(dial.contact)]
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_a_citizen_who_hangs_up_before_an_agent_then_it_was_a_dial_in_vain() -> None:
    centre = _centre(CITIZEN_FIRST)
    _promise(centre)
    contact = _picks_up(centre)
    centre.tell(LegEnded(LegId(contact)))
    assert centre.disposition(contact) is Disposition.ABANDONED
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.dials) == (CallbackState.RESTING, 1)


def test_given_nobody_free_for_an_hour_then_the_promise_expires() -> None:
    centre = _centre()
    _busy(centre)
    _promise(centre)
    centre.wait(3_600_000)
    assert _ends(centre) == [CallbackEnd.EXPIRED]
    assert not centre.engine.view().callbacks


# ── the citizen is faster, or somebody decides ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("caller", [MOBILE, "+821012345678"])
def test_given_a_promise_when_the_citizen_calls_again_then_it_is_withdrawn_and_the_place_is_theirs(caller: str) -> None:
    centre = _centre()
    talking = _busy(centre)
    _promise(centre)
    centre.wait(1_000)
    centre.citizen("between").queues(caller="0277777777")
    centre.wait(1_000)
    centre.citizen("again").queues(caller=caller)
    assert _ends(centre) == [CallbackEnd.WITHDRAWN]
    centre.tell(LegEnded(LegId("other")), LegEnded(LegId(talking.offer)))
    centre.agent("1001").is_done()
    assert centre.sent(StartOffer)[-1].contact == "again"


def test_given_a_promise_when_the_same_number_asks_again_then_there_is_one_with_the_older_place() -> None:
    centre = _centre()
    _busy(centre)
    _promise(centre)
    first_ms = centre.now_ms
    centre.wait(1_000)
    _promise(centre, "hong2")
    (view,) = centre.engine.view().callbacks
    assert (view.origin, view.place_ms, _ends(centre)) == ("hong2", first_ms, [CallbackEnd.WITHDRAWN])


def test_given_a_phone_that_rings_when_the_promise_is_cancelled_then_the_ringing_stops_and_the_agent_is_free() -> None:
    centre = _centre()
    _promise(centre)
    offer = _ready(centre)
    (dial,) = centre.sent(DialCitizen)
    (view,) = centre.engine.view().callbacks
    centre.tell(CallbackCancelled(view.id))
    assert centre.sent(StopDialling) == [StopDialling(dial.contact)]
    assert centre.sent(WithdrawOffer)[-1].offer == offer.offer
    assert (_ends(centre), centre.agent("1001").view.state) == ([CallbackEnd.CANCELLED], AgentState.IDLE)
    with pytest.raises(IllegalEvent):
        centre.tell(CallbackCancelled(view.id))


# ── numbers and hours ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("number", ["0609001234", "00447911123456", "0101234567", "+447911123456", "112"])
def test_given_a_number_that_is_not_on_the_list_then_nobody_is_dialled(number: str) -> None:
    centre = _centre()
    _promise(centre, number=number)
    assert (_ends(centre), centre.commands) == ([CallbackEnd.REFUSED], [])
    assert not may_be_dialled(RULES, number)


def test_given_a_list_that_becomes_shorter_when_the_dial_is_due_then_it_is_refused() -> None:
    centre = _centre()
    _busy(centre)
    centre.citizen("hong").arrives()
    centre.tell(CallbackAsked(ContactId("hong"), ToCallback(MOBILE, ToQueue(GENERAL))))
    centre.queues = (QueueSettings(GENERAL, callback=replace(RULES, numbers=("02XXXXXXX",))),)
    centre.configure()
    centre.tell(LegEnded(LegId("hong")))
    assert _ends(centre) == [CallbackEnd.REFUSED]


def test_given_a_promise_that_waits_when_its_number_leaves_the_list_then_it_ends_at_once() -> None:
    centre = _centre()
    _busy(centre)
    _promise(centre)
    centre.queues = (QueueSettings(GENERAL, callback=replace(RULES, numbers=("02XXXXXXX",))),)
    centre.configure()
    assert _ends(centre) == [CallbackEnd.REFUSED]


def test_given_an_agent_s_phone_that_rings_when_the_number_leaves_the_list_then_nobody_is_dialled() -> None:
    centre = _centre()
    _promise(centre)
    centre.queues = (QueueSettings(GENERAL, callback=replace(RULES, numbers=("02XXXXXXX",))),)
    centre.configure()
    _ready(centre)
    centre.wait(60_000)
    assert centre.sent(DialCitizen) == []
    assert _ends(centre) == [CallbackEnd.REFUSED]


def test_given_a_queue_that_dials_nobody_then_the_promise_is_only_told() -> None:
    centre = _centre(CallbackRules())
    _promise(centre)
    assert [promised.callback for promised in centre.told(CallbackPromised)] == [""]
    assert (centre.commands, centre.engine.view().callbacks) == ([], ())


def test_given_hours_when_they_end_then_the_promise_rests_until_they_begin_again() -> None:
    # START_MS is 22:13:20 UTC, 07:13:20 in Seoul
    centre = _centre(replace(RULES, from_minute=9 * 60, to_minute=18 * 60, expires_ms=86_400_000))
    _promise(centre)
    assert not centre.commands
    centre.wait((1 * 60 + 46) * 60_000 + 39_999)
    assert not centre.commands
    centre.wait(1)
    assert len(centre.sent(StartOffer)) == 1


def test_given_hours_over_midnight_then_their_ends_are_found() -> None:
    rules = replace(RULES, from_minute=22 * 60, to_minute=6 * 60, utc_offset_minutes=0)
    midnight_ms = START_MS - START_MS % 86_400_000
    assert opens_at_ms(rules, midnight_ms) == midnight_ms
    assert opens_at_ms(rules, midnight_ms + 6 * 3_600_000) == midnight_ms + 22 * 3_600_000
    assert closes_at_ms(rules, midnight_ms) == midnight_ms + 6 * 3_600_000


# ── restarts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _restored(leg: str | None = None, dials: int = 0) -> CallbackRestored:
    return CallbackRestored(
        callback="hong-cb",  # type: ignore[arg-type]
        origin=ContactId("hong"),
        number=MOBILE,
        line="120",
        request=ToQueue(GENERAL),
        asked_at_ms=START_MS - 60_000,
        place_ms=START_MS - 60_000,
        dials=dials,
        leg=None if leg is None else ContactId(leg),
    )


def _after_restart(leg: str | None, *legs: LegSeen, dials: int = 1) -> Centre:
    centre = Centre("1001", queues=(QueueSettings(GENERAL, callback=CITIZEN_FIRST),), seen=False)
    centre.tell(_restored(leg, dials), SwitchSeen(legs))
    return centre


def test_given_a_promise_from_another_life_when_the_switch_is_seen_then_it_is_kept_at_its_age() -> None:
    centre = _after_restart(None, dials=0)
    (dial,) = centre.sent(DialCitizen)
    assert (dial.number, dial.contact.startswith("hong-cb-e1-1")) == (MOBILE, True)


def test_given_a_dial_that_rang_when_the_engine_died_then_it_is_stopped_and_not_doubled() -> None:
    rings = LegSeen(LegId("d1"), Role.CITIZEN, ContactId("d1"), up=False, place="callback")
    centre = _after_restart("d1", rings)
    assert (centre.sent(StopDialling), centre.sent(DialCitizen)) == ([StopDialling(ContactId("d1"))], [])
    centre.wait(60_000)
    assert len(centre.sent(DialCitizen)) == 1


def test_given_a_citizen_who_picked_up_while_no_engine_lived_then_they_are_served_and_not_dialled_again() -> None:
    waits = LegSeen(
        LegId("d1"),
        Role.CITIZEN,
        ContactId("d1"),
        place="wait",
        number="120",
        caller=MOBILE,
        request=ToQueue(GENERAL),
        queued_at_ms=START_MS,
    )
    centre = _after_restart("d1", waits)
    assert centre.sent(DialCitizen) == []
    assert centre.rings() == [("d1", "1001")]
    centre.agent("1001").answers()
    assert _ends(centre) == [CallbackEnd.REACHED]


def test_given_a_dial_that_is_gone_after_a_restart_when_it_was_the_last_then_the_promise_has_failed() -> None:
    centre = _after_restart("d1", dials=2)
    assert _ends(centre) == [CallbackEnd.FAILED]


@pytest.mark.parametrize("rules", [RULES, CITIZEN_FIRST])
def test_given_a_link_that_was_lost_while_dialling_when_the_dial_is_gone_then_it_was_in_vain(
    rules: CallbackRules,
) -> None:
    centre = _centre(rules)
    _promise(centre)
    if rules is RULES:
        _ready(centre)
    centre.tell(SwitchLost(), SwitchSeen(()))
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.dials) == (CallbackState.RESTING, 1)
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_a_link_that_was_lost_when_the_citizen_picked_up_meanwhile_then_an_agent_is_offered() -> None:
    centre = _centre(CITIZEN_FIRST)
    _promise(centre)
    (dial,) = centre.sent(DialCitizen)
    waits = LegSeen(
        LegId(dial.contact), Role.CITIZEN, dial.contact, place="wait", request=dial.request, queued_at_ms=centre.now_ms
    )
    centre.tell(SwitchLost(), SwitchSeen((waits,)))
    assert centre.rings()[-1] == (dial.contact, "1001")
