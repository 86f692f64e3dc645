"""What a look at the centre shows of agents, contacts, queues and promises, field by field."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.events import CallbackAsked, ContactQueued, LegEnded, PresenceChosen
from ivr_engine.core.queue_rules import CallbackRules
from ivr_engine.core.views import AgentView, CallbackView, ContactView, QueueView
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackId,
    CallbackState,
    ContactId,
    ContactPhase,
    LegId,
    OfferFailure,
    Presence,
    QueueId,
    Skill,
    TransferState,
)
from tests.core.centre import GENERAL, START_MS, Centre, counsellor, offer_id

TAX = replace(GENERAL, id=QueueId("tax"), requirement=frozenset({Skill("tax")}), promise_ms=30_000)
REQUEST = ToQueue(GENERAL.id, frozenset({Skill("english")}), "seoul", "en", 3)


def queue(centre: Centre, name: str = "general", at_ms: int = 0) -> QueueView:
    return next(view for view in centre.engine.view(at_ms).queues if view.id == name)


def test_given_an_agent_with_all_there_is_to_know_when_looked_at_then_it_is_all_shown() -> None:
    centre = Centre(
        replace(counsellor("1001", "tax"), contractor="han", team="red", languages=("ko", "en"), name="Kim"),
    )
    centre.citizen("c1").queues()
    centre.agent("1001").misses(OfferFailure.DECLINED)
    centre.wait(5_000)
    centre.agent("1001").answers()
    centre.tell(PresenceChosen(AgentId("1001"), Presence.ON_BREAK, "lunch", after_contact=True))
    talking = AgentView(
        id=AgentId("1001"),
        name="Kim",
        contractor="han",
        skills={"tax": 3},
        presence=Presence.AVAILABLE,
        reason="",
        state=AgentState.ON_CONTACT,
        since_ms=START_MS + 5_000,
        contact=ContactId("c1"),
        resting_until_ms=None,
        misses=0,
        missed={"declined": 1},
        wrap_up_until_ms=None,
        intends=Presence.ON_BREAK,
        intends_reason="lunch",
        team="red",
        languages=("ko", "en"),
        room={"voice": 0},
    )
    assert centre.agent("1001").view == talking
    centre.agent("1001").hangs_up()
    assert centre.agent("1001").view == replace(
        talking, state=AgentState.WRAP_UP, contact=None, wrap_up_until_ms=START_MS + 25_000
    )


def test_given_a_contact_when_it_goes_its_way_then_each_look_shows_where_it_is() -> None:
    centre = Centre(counsellor("1001", "english"), log_in=False, queues=[replace(GENERAL, priority=4)])
    centre.citizen("c1").arrives()
    flow = ContactView(
        id=ContactId("c1"),
        number="120",
        caller="0212345678",
        agency="",
        language="",
        phase=ContactPhase.IN_FLOW,
        since_ms=START_MS,
        arrived_at_ms=START_MS,
        queue=None,
        requirement=(),
        priority=0,
        queued_at_ms=None,
        answered_at_ms=None,
        agent=None,
        offer=None,
        offers=0,
        transfer_state=None,
        transfer_entry="",
    )
    assert centre.citizen("c1").view == flow
    centre.wait(1_000)
    centre.tell(ContactQueued(ContactId("c1"), "120", "0212345678", REQUEST, centre.now_ms))
    waits = replace(
        flow,
        agency="seoul",
        language="en",
        phase=ContactPhase.QUEUED,
        since_ms=START_MS + 1_000,
        queue=GENERAL.id,
        requirement=("english",),
        priority=3,
        queued_at_ms=START_MS + 1_000,
    )
    assert centre.citizen("c1").view == waits
    centre.wait(2_000)
    centre.agent("1001").logs_in()
    rings = replace(
        waits,
        phase=ContactPhase.OFFERED,
        since_ms=START_MS + 3_000,
        offer=offer_id("c1"),
        offers=1,
        expected_from_ms=None,
        expected_to_ms=None,
    )
    assert centre.citizen("c1").view == rings
    centre.wait(2_000)
    centre.agent("1001").answers().consults("77001")
    assert centre.citizen("c1").view == replace(
        rings,
        phase=ContactPhase.CONNECTED,
        since_ms=START_MS + 5_000,
        offer=None,
        agent=AgentId("1001"),
        answered_at_ms=START_MS + 5_000,
        transfer_state=TransferState.RINGING,
        transfer_entry="77001",
    )


def test_given_somebody_with_a_known_wait_when_looked_at_later_then_it_is_shorter_and_over_when_they_talk() -> None:
    centre = Centre("1001")
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(100_000)
        centre.agent("1001").hangs_up().is_done()
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").queues()
    assert (centre.citizen("c1").view.expected_from_ms, centre.citizen("c1").view.expected_to_ms) == (19_200, 220_799)
    centre.wait(9_000)
    later = next(c for c in centre.engine.view(centre.now_ms).contacts if c.id == "c1")
    assert (later.expected_from_ms, later.expected_to_ms) == (10_200, 211_799)
    centre.agent("1001").hangs_up().is_done()
    assert centre.citizen("c1").view.expected_to_ms is not None
    centre.agent("1001").answers()
    assert (centre.citizen("c1").view.expected_from_ms, centre.citizen("c1").view.expected_to_ms) == (None, None)


def test_given_queues_with_people_when_looked_at_then_each_counts_its_own() -> None:
    agents = [counsellor("1001", "tax"), counsellor("1002", "tax"), counsellor("1003"), counsellor("1004", "tax")]
    centre = Centre(*agents, queues=[GENERAL, TAX])
    centre.agent("1004").logs_out()
    centre.agent("1003").takes_a_break()
    for name in ("t1", "t2"):
        centre.citizen(name).queues("tax")
    centre.agent("1001").answers()
    centre.citizen("t3").queues("tax")
    centre.wait(7_000)
    centre.citizen("t4").queues("tax")
    centre.citizen("g1").queues("general")
    centre.wait(2_000)
    assert queue(centre, "tax", centre.now_ms) == QueueView(
        id=QueueId("tax"),
        requirement=("tax",),
        promise_ms=30_000,
        waiting=2,
        offered=1,
        connected=1,
        longest_wait_ms=9_000,
        idle_agents=0,
        logged_in_agents=2,
    )
    assert queue(centre, "general", centre.now_ms) == QueueView(GENERAL.id, (), 15_000, 1, 0, 0, 2_000, 0, 3)
    assert queue(centre, "tax").longest_wait_ms == 7_000, "at the last decision"
    assert queue(centre, "tax", centre.now_ms - 60_000).longest_wait_ms == 7_000


def test_given_nobody_who_waits_when_looked_at_then_the_longest_wait_is_none_and_the_idle_are_counted() -> None:
    centre = Centre("1001", "1002", queues=[GENERAL, TAX])
    assert queue(centre) == QueueView(GENERAL.id, (), 15_000, 0, 0, 0, 0, 2, 2)
    assert (queue(centre, "tax").idle_agents, queue(centre, "tax").logged_in_agents) == (0, 0)


def test_given_a_citizen_in_a_queue_of_no_configuration_when_looked_at_then_it_is_shown_with_the_others() -> None:
    centre = Centre(queues=[GENERAL, TAX])
    centre.citizen("c0").arrives()
    centre.citizen("c1").queues("nowhere")
    assert [(view.id, view.waiting) for view in centre.engine.view().queues] == [
        ("general", 0),
        ("nowhere", 1),
        ("tax", 0),
    ]


@pytest.mark.parametrize("switch_connected", [True, False])
def test_given_a_promise_when_looked_at_then_it_is_shown_apart_and_counts_in_no_queue(switch_connected: bool) -> None:
    rules = CallbackRules(dials=1, numbers=("010XXXXXXXX",))
    centre = Centre(queues=[QueueSettings(GENERAL.id, callback=rules)], seen=switch_connected)
    centre.citizen("c1").arrives()
    centre.tell(CallbackAsked(ContactId("c1"), ToCallback("01012345678", REQUEST)), LegEnded(LegId("c1")))
    view = centre.engine.view()
    assert (view.switch_connected, view.at_ms) == (switch_connected, START_MS)
    assert view.callbacks == (
        CallbackView(
            id=CallbackId("c1-cb"),
            origin=ContactId("c1"),
            number="01012345678",
            queue=GENERAL.id,
            agency="seoul",
            language="en",
            state=CallbackState.WAITING,
            asked_at_ms=START_MS,
            place_ms=START_MS,
            dials=0,
            next_at_ms=None,
            contact=ContactId("c1-cb-e1-1"),
        ),
    )
    (awaited,) = view.contacts
    assert (awaited.awaited, awaited.callback, awaited.phase) == (True, "c1-cb", ContactPhase.QUEUED)
    assert (queue(centre).waiting, queue(centre).longest_wait_ms) == (0, 0)
