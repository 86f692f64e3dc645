"""Promises to call back at their edges: what is told of each, when it rests and stands, and every end of a dial."""

from dataclasses import replace

import pytest

from ivr_engine.core.callback import (
    CALLBACK_STATES,
    CallbackStimulus,
    callback_of,
    canonical,
    closes_at_ms,
    fits,
    keeps_a_promise,
    may_be_dialled,
    opens_at_ms,
    origin_of,
)
from ivr_engine.core.commands import DialCitizen, MeetCitizen, ReturnToQueue, StartOffer, StopDialling, WithdrawOffer
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.dialling import DIAL_OWED_MS
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CallbackCancelled,
    CallbackRestored,
    CitizenNotReached,
    ContactQueued,
    FellBack,
    LegEnded,
    LegSeen,
    OfferAnswered,
    SwitchLost,
    SwitchSeen,
    WaitKeyPressed,
)
from ivr_engine.core.notices import (
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactBegan,
    ContactConnected,
    ContactMoved,
    OfferEnded,
    OfferMade,
    PromiseMissed,
)
from ivr_engine.core.offer import ANSWER_OWED_MS
from ivr_engine.core.promises import CALLBACKS
from ivr_engine.core.queue_rules import (
    Announcements,
    CallbackFirst,
    CallbackRules,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackEnd,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    LegId,
    OfferFailure,
    OfferId,
    QueueId,
    Role,
    Skill,
)
from tests.core.centre import START_MS, Centre, counsellor

MOBILE = "01012345678"
RULES = CallbackRules(dials=2, numbers=("010XXXXXXXX",), spacing_ms=60_000, expires_ms=3_600_000)
CITIZEN_FIRST = replace(RULES, first=CallbackFirst.CITIZEN)
GENERAL = QueueId("general")
PROMISE = CallbackId("hong-cb")
HOUR_MS = 3_600_000


def centre_of(rules: CallbackRules = RULES, *agents: str, **queue: object) -> Centre:
    settings = QueueSettings(GENERAL, callback=rules, **queue)  # type: ignore[arg-type]
    return Centre(*(agents or ("1001",)), queues=(settings,))


def with_rules(centre: Centre, rules: CallbackRules) -> None:
    centre.queues = (replace(centre.queues[0], callback=rules),)
    centre.configure()


def promises(centre: Centre, name: str = "hong", number: str = MOBILE, request: ToQueue | None = None) -> None:
    centre.citizen(name).arrives()
    asked = ToCallback(number, request or ToQueue(GENERAL))
    centre.tell(CallbackAsked(ContactId(name), asked), LegEnded(LegId(name)))


def busy(centre: Centre) -> None:
    """The agent 1001 talks with somebody."""
    centre.citizen("other").queues(caller="0299999999")
    centre.agent("1001").answers()


def ready(centre: Centre, agent: str = "1001") -> StartOffer:
    offer = centre.agent(agent).offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    return offer


def picks_up(centre: Centre, at_ms: int | None = None) -> ContactId:
    dial = centre.sent(DialCitizen)[-1]
    stamp_ms = centre.now_ms if at_ms is None else at_ms
    centre.tell(ContactQueued(dial.contact, dial.line, dial.number, dial.request, stamp_ms))
    return dial.contact


def moves(centre: Centre) -> list[tuple[CallbackState, int, str]]:
    return [(moved.state, moved.dials, moved.cause) for moved in centre.told(CallbackMoved)]


def ends(centre: Centre) -> list[CallbackEnd]:
    return [ended.end for ended in centre.told(CallbackEnded)]


# ── what is told ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_promise_when_made_then_all_of_it_is_told_and_nobody_is_dialled_while_the_citizen_is_on_the_line() -> (
    None
):
    centre = centre_of(requirement=frozenset({Skill("tax")}), priority=2)
    centre.citizen("hong").arrives()
    centre.wait(7_000)
    request = ToQueue(GENERAL, frozenset({Skill("english")}), "seoul", "en", 3)
    centre.tell(CallbackAsked(ContactId("hong"), ToCallback(MOBILE, request)))
    assert centre.told(CallbackPromised) == [
        CallbackPromised(
            contact=ContactId("hong"),
            number=MOBILE,
            queue=GENERAL,
            requirement=("english", "tax"),
            agency="seoul",
            language="en",
            priority=5,
            asked_at_ms=START_MS + 7_000,
            callback="hong-cb",
            line="120",
            place_ms=START_MS + 7_000,
        )
    ]
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.contact, view.next_at_ms) == (CallbackState.PROMISED, None, None)
    centre.wait(60_000)
    assert centre.commands == []
    centre.tell(LegEnded(LegId("hong")))
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.contact, view.queue, view.agency, view.language) == (
        CallbackState.WAITING,
        "hong-cb-e1-1",
        "general",
        "seoul",
        "en",
    )
    assert (view.number, view.place_ms, view.asked_at_ms) == (MOBILE, START_MS + 7_000, START_MS + 7_000)


def test_given_a_promise_that_fails_when_it_ends_then_each_move_and_the_end_are_told_with_their_cause() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre, request=ToQueue(GENERAL, agency="seoul", language="en"))
    centre.wait(3_000)
    dial = centre.sent(DialCitizen)[-1]
    centre.tell(CitizenNotReached(dial.contact, OfferFailure.BUSY))
    centre.wait(60_000)
    again = centre.sent(DialCitizen)[-1]
    assert [again.contact, dial.contact] == ["hong-cb-e1-2", "hong-cb-e1-1"]
    centre.tell(CitizenNotReached(again.contact, OfferFailure.NO_ANSWER))
    moved = [(move.state, move.dials, move.contact, move.next_at_ms, move.cause) for move in centre.told(CallbackMoved)]
    rests_ms = START_MS + 63_000
    assert moved == [
        (CallbackState.WAITING, 0, "hong-cb-e1-1", 0, ""),
        (CallbackState.DIALLED, 1, "hong-cb-e1-1", 0, ""),
        (CallbackState.RESTING, 1, "hong-cb-e1-1", rests_ms, "busy"),
        (CallbackState.WAITING, 1, "hong-cb-e1-2", rests_ms, ""),
        (CallbackState.DIALLED, 2, "hong-cb-e1-2", rests_ms, ""),
        (CallbackState.RESTING, 2, "hong-cb-e1-2", 0, "no_answer"),
    ]
    assert centre.told(CallbackEnded) == [
        CallbackEnded(PROMISE, ContactId("hong"), GENERAL, "seoul", "en", CallbackEnd.FAILED, 2, 63_000, "")
    ]


def test_given_a_dial_when_the_citizen_is_rung_then_the_command_says_who_by_which_line_and_how_long() -> None:
    centre = centre_of(replace(CITIZEN_FIRST, ring_ms=17_000))
    request = ToQueue(GENERAL, agency="seoul")
    promises(centre, request=request)
    assert centre.sent(DialCitizen) == [DialCitizen(ContactId("hong-cb-e1-1"), MOBILE, "120", 17_000, request)]


def test_given_a_citizen_who_picks_up_when_told_then_the_contact_begins_then_and_its_promise_counts_from_there() -> (
    None
):
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.wait(9_000)
    contact = picks_up(centre, centre.now_ms + 5_000)
    began = centre.told(ContactBegan)[-1]
    assert (began.contact, began.number, began.caller, began.arrived_at_ms) == (contact, "120", MOBILE, centre.now_ms)
    view = centre.citizen(contact).view
    assert (view.queued_at_ms, view.arrived_at_ms, view.since_ms) == (centre.now_ms,) * 3
    assert (view.awaited, view.callback) == (False, PROMISE)
    assert [moved.phase for moved in centre.told(ContactMoved) if moved.contact == contact] == [ContactPhase.OFFERED]
    centre.wait(9_999)
    centre.agent("1001").misses()
    centre.wait(5_001)
    assert centre.told(PromiseMissed) == []
    centre.wait(1)
    assert [missed.queued_at_ms for missed in centre.told(PromiseMissed)] == [view.queued_at_ms]


def test_given_a_pick_up_that_is_told_late_when_answered_then_the_wait_is_what_the_citizen_waited() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.wait(9_000)
    picks_up(centre, centre.now_ms - 2_000)
    centre.agent("1001").answers()
    assert [connected.wait_ms for connected in centre.told(ContactConnected)] == [2_000]


# ── the place ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_wait_before_the_promise_when_asked_then_the_place_is_the_wait_s_and_not_the_asking_s() -> None:
    keys = Announcements(keys={"1": Overflow(OverflowAct.CALLBACK, "later")})
    centre = centre_of(RULES, announcements=keys)
    busy(centre)
    centre.wait(1_000)
    centre.citizen("hong").queues(caller=MOBILE)
    queued_ms = centre.now_ms
    centre.wait(20_000)
    centre.tell(WaitKeyPressed(ContactId("hong"), "1"))
    centre.tell(CallbackAsked(ContactId("hong"), ToCallback(MOBILE, ToQueue(GENERAL))), LegEnded(LegId("hong")))
    assert centre.told(CallbackPromised)[0].place_ms == queued_ms
    assert centre.told(CallbackPromised)[0].asked_at_ms == queued_ms + 20_000
    centre.citizen("later").queues(caller="0277777777", queued_at_ms=queued_ms + 1)
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("hong-cb-e1-1", "1001")


def test_given_a_promise_that_was_dialled_in_vain_when_it_stands_again_then_its_place_is_the_old_one() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.tell(CitizenNotReached(centre.sent(DialCitizen)[-1].contact, OfferFailure.BUSY))
    busy(centre)
    centre.wait(1_000)
    centre.citizen("between").queues(caller="0277777777")
    centre.wait(60_000)
    centre.agent("1001").hangs_up().is_done()
    assert len(centre.sent(DialCitizen)) == 2


def test_given_a_queue_that_needs_less_with_time_when_a_promise_waits_then_its_recipe_holds_for_it() -> None:
    recipe = (RelaxationStep(waited_ms=30_000, drop=frozenset({Skill("tax")})),)
    centre = centre_of(RULES, requirement=frozenset({Skill("tax")}), relaxation=recipe)
    promises(centre)
    centre.wait(29_999)
    assert centre.rings() == []
    centre.wait(1)
    assert centre.rings() == [("hong-cb-e1-1", "1001")]


def test_given_limits_of_a_queue_when_a_promise_stands_in_it_then_none_of_them_sends_it_anywhere() -> None:
    away = Overflow(OverflowAct.FLOW, "sorry")
    limits = QueueLimits(waiting=1, longest_wait_ms=10_000, full=away, nobody=away, too_long=away)
    centre = centre_of(RULES, limits=limits)
    busy(centre)
    promises(centre)
    promises(centre, "kim", "01087654321")
    centre.agent("1001").logs_out().hangs_up()
    centre.wait(60_000)
    assert [view.state for view in centre.engine.view().callbacks] == [CallbackState.WAITING] * 2


def test_given_a_promise_to_a_number_that_asks_again_with_an_older_wait_then_the_older_place_counts() -> None:
    centre = centre_of()
    busy(centre)
    promises(centre)
    first_ms = centre.now_ms
    centre.wait(5_000)
    promises(centre, "hong2", "+821012345678")
    (view,) = centre.engine.view().callbacks
    assert (view.id, view.place_ms) == ("hong2-cb", first_ms)


@pytest.mark.parametrize(("caller", "withdrawn"), [(MOBILE, True), ("", False), ("01000000000", False)])
def test_given_a_promise_when_somebody_queues_then_only_its_own_number_takes_its_place(
    caller: str, withdrawn: bool
) -> None:
    centre = centre_of()
    busy(centre)
    promises(centre)
    centre.wait(1_000)
    centre.citizen("between").queues(caller="0277777777")
    centre.wait(1_000)
    centre.citizen("again").queues(caller=caller)
    assert ends(centre) == ([CallbackEnd.WITHDRAWN] if withdrawn else [])


def test_given_a_citizen_who_waits_longer_than_their_promise_when_told_of_then_the_longer_wait_counts() -> None:
    centre = centre_of()
    busy(centre)
    promises(centre)
    centre.citizen("between").queues(caller="0277777777", queued_at_ms=centre.now_ms - 30_000)
    centre.citizen("again").queues(caller=MOBILE, queued_at_ms=centre.now_ms - 60_000)
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1][0] == "again"


def test_given_a_promised_citizen_whom_the_flow_queues_all_the_same_then_their_own_promise_is_not_taken_back() -> None:
    centre = centre_of()
    busy(centre)
    citizen = centre.citizen("hong").arrives()
    centre.tell(CallbackAsked(citizen.id, ToCallback(MOBILE, ToQueue(GENERAL))))
    citizen.queues(caller=MOBILE)
    assert [view.id for view in centre.engine.view().callbacks] == [PROMISE]


def test_given_a_citizen_on_the_line_when_they_call_with_a_second_phone_then_both_go_on() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    picks_up(centre)
    centre.citizen("again").queues(caller=MOBILE)
    assert (ends(centre), centre.sent(StopDialling)) == ([], [])


def test_given_a_citizen_who_is_dialled_when_they_call_then_the_ringing_stops_and_its_agent_is_theirs() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.wait(2_000)
    centre.citizen("again").queues(caller=MOBILE)
    assert centre.sent(StopDialling) == [StopDialling(ContactId("hong-cb-e1-1"))]
    assert ends(centre) == [CallbackEnd.WITHDRAWN]
    assert centre.rings() == [("again", "1001")]


# ── when it rests ───────────────────────────────────────────────────────────────────────────────────────────────────
HOURS = replace(RULES, from_minute=9 * 60, to_minute=18 * 60, utc_offset_minutes=0, expires_ms=48 * HOUR_MS)
"""START_MS is 22:13:20 UTC."""
TO_NINE_MS = (10 * 60 + 46) * 60_000 + 40_000


def test_given_hours_that_are_over_when_the_citizen_hangs_up_then_the_promise_rests_and_its_next_moment_shows() -> None:
    centre = centre_of(HOURS)
    promises(centre)
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.next_at_ms, view.contact) == (CallbackState.RESTING, START_MS + TO_NINE_MS, None)
    assert moves(centre) == [(CallbackState.RESTING, 0, "")]
    centre.wait(TO_NINE_MS - 1)
    assert centre.rings() == []
    centre.wait(1)
    assert centre.rings() == [("hong-cb-e1-1", "1001")]
    (view,) = centre.engine.view().callbacks
    assert (view.place_ms, view.next_at_ms) == (START_MS, None)


def test_given_a_promise_that_waits_when_the_hours_end_then_it_leaves_the_order_and_is_back_in_it_next_day() -> None:
    centre = centre_of(HOURS)
    promises(centre)
    centre.agent("1001").takes_a_break()
    centre.wait(TO_NINE_MS)
    assert moves(centre)[-1][0] is CallbackState.WAITING
    centre.wait(9 * HOUR_MS - 1)
    assert moves(centre)[-1][0] is CallbackState.WAITING
    centre.wait(1)
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.contact) == (CallbackState.RESTING, None)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues(caller="0277777777")
    assert centre.rings() == [("c1", "1001")]
    centre.agent("1001").answers().hangs_up().is_done()
    centre.wait(15 * HOUR_MS)
    assert centre.rings()[-1] == ("hong-cb-e1-2", "1001")


def test_given_an_agent_s_phone_that_rings_when_the_promise_expires_then_it_is_looked_at_three_seconds_later() -> None:
    centre = centre_of(replace(RULES, expires_ms=5_000))
    promises(centre)
    centre.wait(8_500)  # looked at after 5 s and after 8 s: the phone still rings
    centre.agent("1001").misses()
    centre.wait(2_499)
    assert ends(centre) == []
    centre.wait(1)
    assert ends(centre) == [CallbackEnd.EXPIRED]
    assert centre.rings() == [("hong-cb-e1-1", "1001")]


def test_given_a_rest_that_would_outlast_the_promise_when_it_expires_then_at_that_millisecond() -> None:
    centre = centre_of(replace(CITIZEN_FIRST, expires_ms=50_000))
    promises(centre)
    centre.tell(CitizenNotReached(centre.sent(DialCitizen)[-1].contact, OfferFailure.BUSY))
    centre.wait(49_999)
    assert ends(centre) == []
    centre.wait(1)
    assert ends(centre) == [CallbackEnd.EXPIRED]


def test_given_a_promise_at_rest_when_its_hours_are_taken_away_then_it_rests_until_the_moment_that_was_told() -> None:
    centre = centre_of(HOURS)
    promises(centre)
    with_rules(centre, replace(HOURS, from_minute=0, to_minute=0))
    assert centre.rings() == []
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.next_at_ms) == (CallbackState.RESTING, START_MS + TO_NINE_MS)


def test_given_no_link_when_the_list_becomes_shorter_then_the_promise_is_looked_at_when_the_switch_is_seen() -> None:
    centre = centre_of(HOURS)
    promises(centre)
    centre.tell(SwitchLost())
    with_rules(centre, replace(HOURS, numbers=()))
    assert ends(centre) == []
    centre.tell(SwitchSeen(()))
    assert ends(centre) == [CallbackEnd.REFUSED]


@pytest.mark.parametrize(("open_before", "end"), [(CALLBACKS, [CallbackEnd.REFUSED]), (CALLBACKS - 1, [])])
def test_given_so_many_open_promises_when_one_more_is_asked_for_then_beyond_the_limit_it_is_refused_at_once(
    open_before: int, end: list[CallbackEnd]
) -> None:
    centre = centre_of()
    centre.watch.every = 1_000_000  # its checks cost the number of promises
    for number in range(open_before):
        centre.tell(restored(None, f"x{number}", number=f"010{number:08}"))
    promises(centre)
    assert ends(centre) == end


# ── the two phones ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_dial_that_nobody_answers_when_its_time_is_over_then_it_is_stopped_at_that_millisecond() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.wait(RULES.ring_ms + DIAL_OWED_MS - 1)
    assert centre.sent(StopDialling) == []
    assert centre.agent("1001").view.state is AgentState.OFFERED, "the agent is kept while the phone may ring"
    centre.wait(1)
    assert centre.sent(StopDialling) == [StopDialling(ContactId("hong-cb-e1-1"))]
    assert moves(centre)[-1] == (CallbackState.RESTING, 1, "unreachable")


def test_given_an_agent_who_is_ready_when_the_citizen_is_there_then_they_must_meet_within_three_seconds() -> None:
    centre = centre_of()
    promises(centre)
    offer = ready(centre)
    centre.wait(20_000)
    contact = picks_up(centre)
    assert centre.sent(MeetCitizen) == [MeetCitizen(contact, LegId(offer.offer))]
    centre.wait(ANSWER_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [ended.cause for ended in centre.told(OfferEnded)] == [OfferFailure.UNREACHABLE]
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [offer.offer]


def test_given_a_citizen_who_is_there_first_when_the_agent_is_rung_then_the_ring_counts_from_then() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.wait(20_000)
    picks_up(centre)
    (offer,) = centre.sent(StartOffer)
    centre.wait(offer.ring_ms + ANSWER_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [ended.rang_ms for ended in centre.told(OfferEnded)] == [offer.ring_ms + ANSWER_OWED_MS]


def test_given_an_agent_who_is_kept_when_the_switch_says_nothing_then_the_keeping_ends_with_the_dial() -> None:
    centre = centre_of(replace(CITIZEN_FIRST, ring_ms=40_000))
    promises(centre)
    centre.wait(40_000 + DIAL_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [ended.cause for ended in centre.told(OfferEnded)] == [None]
    assert centre.agent("1001").view.misses == 0


def test_given_an_offer_that_is_over_when_its_agent_is_ready_all_the_same_then_their_phone_is_let_go() -> None:
    centre = centre_of()
    promises(centre)
    offer = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.forget()
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    assert centre.commands == [WithdrawOffer(offer.offer, offer.contact)]
    centre.tell(AgentReady(OfferId("unknown"), ContactId("gone"), offer.agent))
    assert centre.commands[1:] == [WithdrawOffer(OfferId("unknown"), ContactId("gone"))]


def test_given_an_answered_offer_when_its_agent_is_told_ready_late_then_it_is_not_an_open_one() -> None:
    centre = centre_of()
    promises(centre)
    offer = ready(centre)
    contact = picks_up(centre)
    centre.tell(OfferAnswered(offer.offer, contact, offer.agent))
    centre.forget()
    centre.tell(AgentReady(offer.offer, contact, offer.agent))
    assert centre.commands == [WithdrawOffer(offer.offer, contact)]


def test_given_a_citizen_who_is_there_when_another_agent_gets_ready_then_they_meet_at_once() -> None:
    centre = centre_of(RULES, "1001", "1002")
    promises(centre)
    first = centre.sent(StartOffer)[-1]
    ready(centre, first.agent)
    centre.tell(LegEnded(LegId(first.offer)))
    second = centre.sent(StartOffer)[-1]
    contact = picks_up(centre)
    assert centre.sent(MeetCitizen) == []
    ready(centre, second.agent)
    assert centre.sent(MeetCitizen) == [MeetCitizen(contact, LegId(second.offer))]


# ── how a dial ends ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_promise_that_only_waits_when_a_dial_of_it_is_told_in_vain_then_nothing_changes() -> None:
    centre = centre_of()
    busy(centre)
    promises(centre)
    before = centre.snapshot(), centre.engine.view().callbacks
    centre.tell(CitizenNotReached(ContactId("hong-cb-e1-1"), OfferFailure.BUSY))
    centre.tell(CitizenNotReached(ContactId("other"), OfferFailure.BUSY))
    centre.tell(CitizenNotReached(ContactId("nobody"), OfferFailure.BUSY))
    assert (centre.snapshot(), centre.engine.view().callbacks) == before


def test_given_a_dialled_leg_that_ends_without_a_word_then_it_was_a_dial_in_vain() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.tell(LegEnded(LegId("hong-cb-e1-1")))
    assert moves(centre)[-1] == (CallbackState.RESTING, 1, "unreachable")


@pytest.mark.parametrize(
    ("how", "end", "cause"),
    [
        ("hangs up", None, "hung_up"),
        ("switch dies", None, "lost"),
        ("falls back", CallbackEnd.REACHED, ""),
        ("talks", CallbackEnd.REACHED, ""),
    ],
)
def test_given_a_citizen_who_picked_up_when_it_ends_then_the_promise_is_kept_or_tried_again(
    how: str, end: CallbackEnd | None, cause: str
) -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    contact = picks_up(centre)
    match how:
        case "switch dies":
            centre.tell(SwitchLost(), SwitchSeen((), restarted=True))
        case "falls back":
            centre.tell(FellBack(contact, "120", MOBILE), LegEnded(LegId(contact)))
        case "talks":
            centre.agent("1001").answers()
            centre.tell(LegEnded(LegId(contact)))
        case _:
            centre.tell(LegEnded(LegId(contact)))
    assert ends(centre) == ([] if end is None else [end])
    if end is None:
        assert moves(centre)[-1] == (CallbackState.RESTING, 1, cause)
        centre.wait(60_000)
        assert len(centre.sent(DialCitizen)) == 2


def test_given_a_citizen_who_hangs_up_on_the_last_dial_then_the_promise_has_failed() -> None:
    centre = centre_of(replace(CITIZEN_FIRST, dials=1))
    promises(centre)
    centre.tell(LegEnded(LegId(picks_up(centre))))
    assert ends(centre) == [CallbackEnd.FAILED]
    assert not centre.engine.view().callbacks


def test_given_a_citizen_who_was_dialled_when_they_fall_back_at_once_then_the_contact_began_and_its_agent_is_free() -> (
    None
):
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.tell(FellBack(ContactId("hong-cb-e1-1"), "120", MOBILE))
    assert centre.citizen("hong-cb-e1-1").view.phase is ContactPhase.FALLING_BACK
    assert [began.callback for began in centre.told(ContactBegan)][-1] == PROMISE
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_a_promise_kept_when_the_talk_is_held_and_lost_then_the_citizen_waits_and_is_not_dialled_again() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    contact = picks_up(centre)
    centre.agent("1001").answers().holds().hangs_up()
    assert [back.contact for back in centre.sent(ReturnToQueue)] == [contact]
    centre.tell(LegEnded(LegId(contact)))
    centre.wait(HOUR_MS)
    assert (ends(centre), len(centre.sent(DialCitizen))) == ([CallbackEnd.REACHED], 1)


def test_given_a_citizen_on_the_line_when_the_promise_is_cancelled_then_it_is_refused_and_they_wait_on() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    contact = picks_up(centre)
    with pytest.raises(IllegalEvent, match="on the line"):
        centre.tell(CallbackCancelled(PROMISE))
    assert centre.citizen(contact).view.phase is ContactPhase.OFFERED


@pytest.mark.parametrize("rests", [False, True])
def test_given_a_promise_that_nobody_is_dialled_for_when_cancelled_then_no_phone_is_stopped(rests: bool) -> None:
    centre = centre_of(HOURS if rests else RULES)
    busy(centre)
    promises(centre)
    centre.tell(CallbackCancelled(PROMISE))
    assert (ends(centre), centre.sent(StopDialling)) == ([CallbackEnd.CANCELLED], [])
    centre.agent("1001").hangs_up().is_done()
    assert len(centre.rings()) == 1


# ── restarts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def restored(leg: str | None, origin: str = "hong", *, number: str = MOBILE, dials: int = 1) -> CallbackRestored:
    return CallbackRestored(
        callback=CallbackId(f"{origin}-cb"),
        origin=ContactId(origin),
        number=number,
        line="120",
        request=ToQueue(GENERAL),
        asked_at_ms=START_MS - 60_000,
        place_ms=START_MS - 70_000,
        dials=dials,
        leg=None if leg is None else ContactId(leg),
        next_at_ms=START_MS + 5_000 if leg is None else 0,
    )


def citizen(leg: str, place: str, *, up: bool = True) -> LegSeen:
    return LegSeen(
        LegId(leg),
        Role.CITIZEN,
        ContactId(leg),
        up=up,
        place=place,
        number="120",
        caller=MOBILE,
        request=ToQueue(GENERAL),
        queued_at_ms=START_MS,
    )


def begun_anew(*facts: CallbackRestored, rules: CallbackRules = CITIZEN_FIRST) -> Centre:
    centre = Centre("1001", queues=(QueueSettings(GENERAL, callback=rules),), seen=False)
    centre.tell(*facts)
    centre.forget()
    return centre


def test_given_a_promise_from_another_life_when_the_switch_was_not_seen_then_nobody_is_rung_yet() -> None:
    centre = begun_anew(restored(None))
    centre.wait(60_000)
    assert centre.commands == []
    (view,) = centre.engine.view().callbacks
    assert (view.state, view.place_ms, view.asked_at_ms, view.dials) == (
        CallbackState.RESTING,
        START_MS - 70_000,
        START_MS - 60_000,
        1,
    )


def test_given_a_phone_ready_in_another_life_for_who_picked_up_when_seen_twice_then_it_stops() -> None:
    centre = begun_anew(restored("hong-cb-e0-1"))
    centre.agent("1001").takes_a_break()
    waits = LegSeen(
        LegId("ohong-cb-e0-1-e0-1"),
        Role.AGENT,
        ContactId("hong-cb-e0-1"),
        agent=AgentId("1001"),
        up=True,
        place="ready",
    )
    look = SwitchSeen((citizen("hong-cb-e0-1", "wait"), waits))
    centre.tell(look)
    assert centre.sent(StopDialling) == [StopDialling(ContactId("ohong-cb-e0-1-e0-1"))]
    before = centre.snapshot()
    centre.tell(look)
    assert centre.snapshot() == before


def test_given_a_promise_at_rest_in_another_life_when_the_switch_is_seen_then_its_next_moment_is_kept() -> None:
    centre = begun_anew(restored(None))
    centre.tell(SwitchSeen(()))
    centre.wait(4_999)
    assert centre.sent(DialCitizen) == []
    centre.wait(1)
    assert [dial.contact for dial in centre.sent(DialCitizen)] == ["hong-cb-e1-2"]


def test_given_a_promise_from_a_clock_that_was_ahead_when_an_agent_is_found_then_nobody_waited_less_than_nothing() -> (
    None
):
    ahead = replace(restored(None), asked_at_ms=START_MS + HOUR_MS, place_ms=START_MS + HOUR_MS, next_at_ms=0)
    centre = begun_anew(ahead)
    centre.tell(SwitchSeen(()))
    assert [made.waited_ms for made in centre.told(OfferMade)] == [0]
    (view,) = centre.engine.view().callbacks
    assert (view.asked_at_ms, view.place_ms) == (START_MS, START_MS)


def test_given_two_promises_to_one_telephone_from_the_journal_when_the_older_ends_then_the_newer_is_still_known() -> (
    None
):
    centre = begun_anew(restored(None), restored(None, "hong2"))
    centre.tell(SwitchSeen(()), CallbackCancelled(PROMISE))
    centre.citizen("c1").queues(caller=MOBILE)
    assert [(end.callback, end.end) for end in centre.told(CallbackEnded)] == [
        (PROMISE, CallbackEnd.CANCELLED),
        ("hong2-cb", CallbackEnd.WITHDRAWN),
    ]


@pytest.mark.parametrize("known_by", [MOBILE, "+821012345678"])
def test_given_a_promise_from_another_life_when_its_citizen_calls_then_it_is_theirs(known_by: str) -> None:
    centre = begun_anew(restored(None))
    centre.tell(SwitchSeen(()))
    centre.citizen("c1").queues(caller=known_by)
    assert ends(centre) == [CallbackEnd.WITHDRAWN]


@pytest.mark.parametrize(
    ("leg", "fell_back", "dials", "stops", "end"),
    [
        (None, False, 1, 0, []),
        (None, False, 2, 0, [CallbackEnd.FAILED]),
        (None, True, 2, 0, [CallbackEnd.REACHED]),
        ("callback", False, 1, 1, []),
        ("callback", False, 2, 1, [CallbackEnd.FAILED]),
        ("wait", False, 2, 0, []),
    ],
    ids=["gone", "gone, the last", "fell back", "rings", "rings, the last", "picked up"],
)
def test_given_a_dial_of_another_life_when_the_switch_is_seen_then_what_became_of_it_counts(
    leg: str | None, fell_back: bool, dials: int, stops: int, end: list[CallbackEnd]
) -> None:
    centre = begun_anew(restored("d1", dials=dials))
    legs = () if leg is None else (citizen("d1", leg, up=leg != "callback"),)
    centre.tell(SwitchSeen(legs, frozenset({ContactId("d1")} if fell_back else ())))
    assert (ends(centre), len(centre.sent(StopDialling))) == (end, stops)
    assert centre.sent(DialCitizen) == []
    if leg == "wait":
        (view,) = centre.engine.view().callbacks
        assert (view.state, view.contact) == (CallbackState.ON_LINE, "d1")
        assert centre.rings() == [("d1", "1001")]
        assert centre.citizen("d1").view.callback == PROMISE
    elif not end:
        (view,) = centre.engine.view().callbacks
        assert (view.state, view.contact, view.next_at_ms) == (CallbackState.RESTING, None, START_MS + 60_000)
        centre.wait(60_000)
        assert len(centre.sent(DialCitizen)) == 1


def test_given_a_citizen_of_a_dial_who_waits_when_adopted_then_their_place_is_that_of_the_first_call() -> None:
    centre = begun_anew(restored("d1"))
    centre.agent("1001").takes_a_break()
    older = replace(citizen("c2", "wait"), queued_at_ms=START_MS - 30_000, caller="0277777777")
    centre.tell(SwitchSeen((citizen("d1", "wait"), older)))
    centre.agent("1001").logs_in()
    assert centre.rings() == [("d1", "1001")]


def test_given_a_dial_of_another_life_that_talks_by_now_when_seen_then_the_promise_is_kept() -> None:
    centre = begun_anew(restored("d1"))
    talk = LegSeen(LegId("od1-e0-1"), Role.AGENT, ContactId("d1"), agent=centre.agent("1001").id, up=True, place="talk")
    centre.tell(SwitchSeen((citizen("d1", "wait"), talk)))
    assert (ends(centre), centre.citizen("d1").view.agent) == ([CallbackEnd.REACHED], "1001")


def test_given_a_citizen_on_the_line_when_the_link_is_back_without_them_then_it_was_a_dial_in_vain() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    picks_up(centre)
    centre.tell(SwitchLost(), SwitchSeen(()))
    assert moves(centre)[-1] == (CallbackState.RESTING, 1, "hung_up")


def test_given_phones_of_agents_that_nobody_remembers_when_seen_then_only_those_without_a_citizen_stop() -> None:
    centre = centre_of()
    promises(centre)
    offer = ready(centre)
    ours = LegSeen(LegId(offer.offer), Role.AGENT, offer.contact, agent=offer.agent, up=True, place="ready")
    lost = LegSeen(LegId("odx-e0-1"), Role.AGENT, ContactId("dx"), agent=offer.agent, up=True, place="ready")
    rings = citizen(offer.contact, "callback", up=False)
    centre.forget()
    centre.tell(SwitchLost(), SwitchSeen((rings, ours, lost)))
    assert centre.sent(StopDialling) == [StopDialling(ContactId("odx-e0-1"))]
    assert [view.state for view in centre.engine.view().callbacks] == [CallbackState.DIALLED]


def test_given_an_agent_who_is_ready_for_a_dial_of_another_life_when_seen_then_they_are_let_go_and_missed_nothing() -> (
    None
):
    centre = begun_anew(restored("d1"))
    centre.agent("1001").logs_in()
    waits = LegSeen(LegId("od1-e0-1"), Role.AGENT, ContactId("d1"), agent=AgentId("1001"), up=True, place="ready")
    centre.tell(SwitchSeen((citizen("d1", "wait"), waits)), LegEnded(LegId("od1-e0-1")))
    assert centre.sent(StopDialling) == [StopDialling(ContactId("od1-e0-1"))]
    assert centre.rings() == [("d1", "1001")]
    centre.wait(2_000)
    assert centre.agent("1001").view.misses == 0


def test_given_a_promise_dropped_while_the_link_was_lost_when_its_dial_still_rings_then_it_is_stopped() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.tell(SwitchLost(), CallbackCancelled(PROMISE))
    centre.forget()
    centre.tell(SwitchSeen((citizen("hong-cb-e1-1", "callback", up=False),)))
    assert centre.sent(StopDialling) == [StopDialling(ContactId("hong-cb-e1-1"))]
    assert centre.told(ContactBegan) == []


def test_given_a_link_that_was_lost_when_the_dial_still_rings_then_it_rings_on_and_no_contact_begins() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.forget()
    centre.tell(SwitchLost(), SwitchSeen((citizen("hong-cb-e1-1", "callback", up=False),)))
    assert (centre.commands, centre.told(ContactBegan)) == ([], [])
    picks_up_ms = centre.now_ms
    centre.tell(ContactQueued(ContactId("hong-cb-e1-1"), "120", MOBILE, ToQueue(GENERAL), picks_up_ms))
    assert centre.rings() != []


def test_given_a_dial_begun_since_the_look_when_it_comes_without_a_loss_then_the_dial_goes_on() -> None:
    centre = centre_of(CITIZEN_FIRST)
    promises(centre)
    centre.forget()
    centre.tell(SwitchSeen(()))
    assert (centre.commands, centre.told(CallbackMoved)) == ([], [])
    picks_up_ms = centre.now_ms
    centre.tell(ContactQueued(ContactId("hong-cb-e1-1"), "120", MOBILE, ToQueue(GENERAL), picks_up_ms))
    assert centre.rings() == [("hong-cb-e1-1", "1001")]


def test_given_a_promise_that_waits_when_the_link_is_back_then_it_still_stands_once() -> None:
    centre = centre_of()
    busy(centre)
    promises(centre)
    centre.tell(SwitchLost())
    legs = (
        replace(citizen("other", "wait"), caller="0299999999"),
        LegSeen(LegId("other-e1-1"), Role.AGENT, ContactId("other"), agent=centre.agent("1001").id, place="talk"),
    )
    centre.tell(SwitchSeen(legs))
    assert [view.state for view in centre.engine.view().callbacks] == [CallbackState.WAITING]
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("hong-cb-e1-1", "1001")


# ── numbers and hours ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("number", "country", "same"),
    [
        ("+821012345678", "+82", "01012345678"),
        ("01012345678", "+82", "01012345678"),
        ("+821012345678", "", "+821012345678"),
        ("+441234", "+82", "+441234"),
    ],
)
def test_given_two_ways_to_write_a_telephone_when_compared_then_it_is_one(number: str, country: str, same: str) -> None:
    assert canonical(number, country) == same


@pytest.mark.parametrize(
    ("pattern", "digits", "fit"),
    [
        ("010XXXX", "0101234", True),
        ("010XXXX", "01012345", False),
        ("010XXXX", "010123", False),
        ("010XXXX", "010١٢٣٤", False),
        ("112", "112", True),
    ],
)
def test_given_a_pattern_when_digits_are_held_against_it_then_the_whole_number_counts(
    pattern: str, digits: str, fit: bool
) -> None:
    assert fits(pattern, digits) is fit


def test_given_patterns_when_a_number_fits_one_of_them_then_it_may_be_dialled() -> None:
    rules = replace(RULES, numbers=("02XXX", "010XXXXXXXX"))
    assert may_be_dialled(rules, "+821012345678")
    assert not may_be_dialled(replace(RULES, numbers=()), MOBILE)


def test_given_the_name_of_a_dial_when_read_then_it_tells_whose_promise_it_keeps() -> None:
    assert callback_of(ContactId("17.3")) == "17.3-cb"
    assert (origin_of("17.3-cb-e2-1"), origin_of("17.3")) == ("17.3", "17.3")
    assert (keeps_a_promise("17.3-cb-e2-1"), keeps_a_promise("17.3")) == (True, False)


MIDNIGHT_MS = START_MS - START_MS % 86_400_000


@pytest.mark.parametrize(
    ("hours", "offset", "at_minute", "opens", "closes"),
    [
        ((540, 1_080), 0, 539, 540, 1_080),
        ((540, 1_080), 0, 540, 540, 1_080),
        ((540, 1_080), 0, 1_079, 1_079, 1_080),
        ((540, 1_080), 0, 1_080, 540 + 1_440, 1_080),
        ((1_320, 360), 0, 1_319, 1_320, 360 + 1_440),
        ((1_320, 360), 0, 1_320, 1_320, 360 + 1_440),
        ((1_320, 360), 0, 359, 359, 360),
        ((1_320, 360), 0, 360, 1_320, 360),
        ((540, 1_080), 540, 0, 0, 540),
        ((540, 1_080), 540, 541, 1_440, 540 + 1_440),
    ],
)
def test_given_hours_when_asked_at_a_minute_then_their_beginning_and_end_are_found_at_full_minutes(
    hours: tuple[int, int], offset: int, at_minute: int, opens: int, closes: int
) -> None:
    rules = replace(RULES, from_minute=hours[0], to_minute=hours[1], utc_offset_minutes=offset)
    now_ms = MIDNIGHT_MS + at_minute * 60_000 + 25_000
    found_ms = opens_at_ms(rules, now_ms)
    assert found_ms == (now_ms if opens == at_minute else MIDNIGHT_MS + opens * 60_000)
    closing_ms = closes_at_ms(rules, now_ms)
    assert closing_ms == MIDNIGHT_MS + closes * 60_000


def test_given_no_hours_when_asked_then_it_is_always_now_and_never_over() -> None:
    rules = replace(RULES, from_minute=300, to_minute=300)
    assert (opens_at_ms(rules, 1_234), closes_at_ms(rules, 1_234)) == (1_234, None)


def test_given_the_machine_of_a_callback_when_drawn_then_what_only_a_restart_shows_is_left_out() -> None:
    drawn = CALLBACK_STATES.mermaid(ends=[CallbackState.ENDED])
    assert "    resting --> on_line" not in drawn
    assert drawn.startswith("stateDiagram-v2\n    [*] --> promised\n    promised --> waiting : stood\n")
    assert CALLBACK_STATES.legal(CallbackState.ENDED) == frozenset()
    assert CALLBACK_STATES.after(CallbackState.RESTING, CallbackStimulus.PICKED_UP) is CallbackState.ON_LINE


def test_given_two_skills_of_agents_when_a_promise_asks_one_then_an_agent_who_has_it_is_rung() -> None:
    centre = Centre(counsellor("1001"), counsellor("1002", "tax"), queues=(QueueSettings(GENERAL, callback=RULES),))
    promises(centre, request=ToQueue(GENERAL, frozenset({Skill("tax")})))
    assert centre.rings() == [("hong-cb-e1-1", "1002")]


def test_given_a_number_that_is_not_dialled_when_promised_then_its_end_is_told_at_once_after_no_time() -> None:
    centre = centre_of()
    promises(centre, number="0609001234", request=ToQueue(GENERAL, agency="seoul", language="en"))
    assert centre.told(CallbackEnded) == [
        CallbackEnded(PROMISE, ContactId("hong"), GENERAL, "seoul", "en", CallbackEnd.REFUSED, 0, 0, "")
    ]
