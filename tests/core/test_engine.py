"""`Engine.handle` itself: time, deadlines and facts of one moment, legs that end, configurations, tombstones."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import Configuration, MissSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import NoContact, UnknownAgent
from ivr_engine.core.events import (
    CommandRefused,
    Configured,
    ContactArrived,
    HoldRequested,
    LegEnded,
    OfferAnswered,
    OfferRestored,
    PresenceRestored,
    Started,
    SwitchSeen,
    TimePassed,
)
from ivr_engine.core.notices import (
    AgentChanged,
    AgentsRegistered,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactSentOn,
    OfferEnded,
    PromiseMissed,
    RequirementUnmet,
)
from ivr_engine.core.queue_rules import Overflow, OverflowAct, QueueLimits
from ivr_engine.core.state import TOMBSTONES
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    LegId,
    OfferFailure,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    Skill,
)
from tests.core.centre import GENERAL, START_MS, Centre, counsellor, offer_id

A1 = AgentId("1001")
TAX = frozenset({Skill("tax")})


# ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_clock_that_goes_back_when_a_fact_comes_then_it_is_as_late_as_the_last_one() -> None:
    engine = Engine()
    engine.handle(Started(1), START_MS)
    began = engine.handle(ContactArrived(ContactId("c1"), "120", ""), START_MS - 60_000).notices[0]
    assert isinstance(began, ContactBegan)
    assert began.arrived_at_ms == START_MS
    assert engine.view().at_ms == START_MS


def test_given_a_deadline_of_this_millisecond_when_a_fact_comes_too_then_the_fact_is_first() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.silently(offer.ring_ms + 3_000)
    centre.agent("1001").answers()
    assert [end.result for end in centre.told(OfferEnded)] == [OfferResult.ANSWERED]
    late = Centre("1001")
    late.citizen("c1").queues()
    late.silently(offer.ring_ms + 3_001)
    late.agent("1001").answers()
    assert [end.result for end in late.told(OfferEnded)] == [OfferResult.FAILED]
    assert late.citizen("c1").view.agent == "1001", "the switch connected them all the same"


def test_given_time_that_passes_when_nothing_is_due_then_nothing_is_decided() -> None:
    centre = Centre("1001")
    assert centre.tell(TimePassed()).commands == ()
    assert centre.engine.next_deadline_ms() is None


def test_given_a_refused_request_when_nothing_was_due_then_nothing_was_decided_before_it() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    with pytest.raises(NoContact):
        centre.tell(HoldRequested(A1))
    assert (centre.engine.unfinished().commands, centre.engine.unfinished().notices) == ((), ())
    centre.silently(16_000)
    with pytest.raises(NoContact):
        centre.tell(HoldRequested(A1))
    assert PromiseMissed in [type(notice) for notice in centre.engine.unfinished().notices]


# ── legs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("leg_ended", [False, True])
def test_given_an_offer_that_is_over_when_its_answer_comes_late_then_it_wins_as_long_as_its_leg_lives(
    leg_ended: bool,
) -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.agent("1001").misses()
    if leg_ended:
        centre.tell(LegEnded(LegId(offer.offer)))
    centre.agent("1001").answers(offer)
    assert len(centre.told(ContactConnected)) == (not leg_ended)


def test_given_a_leg_that_ended_unexplained_when_its_answer_comes_then_the_talk_is_over_already() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    centre.tell(LegEnded(LegId(offer.offer)))
    assert centre.agent("1001").view.state is AgentState.OFFERED
    centre.agent("1001").answers(offer)
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    assert centre.citizen("c1").view.agent is None


def test_given_a_leg_of_nobody_when_it_ends_then_its_name_is_free_for_an_offer() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues()
    centre.tell(LegEnded(LegId(offer_id("c1"))))
    centre.agent("1001").logs_in()
    centre.agent("1001").misses()
    centre.tell(OfferAnswered(offer_id("c1"), ContactId("c1"), A1))
    assert centre.citizen("c1").view.agent == "1001"


def test_given_a_refused_command_of_a_citizen_who_talks_when_told_then_only_its_own_kind_counts() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    before = centre.snapshot()
    centre.tell(CommandRefused(ContactId("c1"), "LeaveQueue", "no such channel"))
    assert centre.snapshot() == before


# ── what is remembered of those who are gone ────────────────────────────────────────────────────────────────────────
def test_given_so_many_ended_contacts_when_an_older_one_is_told_of_again_then_only_the_oldest_is_forgotten() -> None:
    engine = Engine()
    engine.handle(Started(1), START_MS)

    def arrives(number: int) -> bool:
        told = engine.handle(ContactArrived(ContactId(f"c{number}"), "120", ""), START_MS).notices
        return any(isinstance(notice, ContactBegan) for notice in told)

    for number in range(TOMBSTONES + 1):
        assert arrives(number)
        engine.handle(LegEnded(LegId(f"c{number}")), START_MS)
    assert (arrives(1), arrives(2), arrives(0)) == (False, False, True)


def test_given_so_many_offers_that_are_over_when_one_is_answered_after_all_then_only_the_oldest_ends_once_more() -> (
    None
):
    engine = Engine()
    engine.handle(Started(2), START_MS)
    engine.handle(Configured(Configuration((GENERAL,), (counsellor("1001"), counsellor("1002")))), START_MS)
    for number in range(TOMBSTONES + 1):
        engine.handle(OfferRestored(OfferId(f"o{number}"), ContactId("x"), A1, GENERAL.id, START_MS), START_MS)
    engine.handle(SwitchSeen(()), START_MS)

    def told_again(number: int, agent: str) -> bool:
        contact = ContactId(f"c{number}")
        engine.handle(ContactArrived(contact, "120", ""), START_MS)
        told = engine.handle(OfferAnswered(OfferId(f"o{number}"), contact, AgentId(agent)), START_MS).notices
        return any(isinstance(notice, OfferEnded) for notice in told)

    assert (told_again(0, "1001"), told_again(1, "1002")) == (True, False)


def test_given_an_ended_contact_when_any_fact_of_it_comes_late_then_it_does_not_end_twice() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues().leaves()
    centre.citizen("c1").arrives().queues().falls_back().leaves()
    assert len(centre.told(ContactEnded)) == 1
    assert centre.citizen("c1").seen is None


# ── the configuration ───────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_configuration_when_told_then_who_and_what_is_known_is_told_in_order() -> None:
    centre = Centre()
    other = QueueSettings(QueueId("another"))
    settings = Configuration((GENERAL, other), (counsellor("1002"), counsellor("1001")), revision="r7")
    centre.tell(Configured(settings))
    assert centre.told(AgentsRegistered) == [
        AgentsRegistered("r7", (A1, AgentId("1002")), (QueueId("another"), QueueId("general")))
    ]


def test_given_a_new_agent_when_configured_then_all_of_it_is_told_and_counts_from_then() -> None:
    centre = Centre()
    centre.wait(9_000)
    centre.tell(Configured(Configuration((GENERAL,), (counsellor("1001"),))))
    assert centre.told(AgentChanged) == [AgentChanged(A1, Presence.LOGGED_OUT, AgentState.IDLE, "", START_MS + 9_000)]


def test_given_two_new_agents_when_both_came_then_the_one_who_came_first_is_the_longest_idle() -> None:
    centre = Centre("1001", "1002", log_in=False)
    centre.agent("1002").logs_in()
    centre.wait(1)
    centre.agent("1001").logs_in()
    assert centre.agent("1001").view.since_ms == START_MS + 1
    centre.citizen("c1").queues()
    assert centre.rings() == [("c1", "1002")]


def test_given_a_queue_that_goes_from_the_configuration_when_asked_for_then_it_has_the_defaults() -> None:
    centre = Centre(queues=[replace(GENERAL, promise_ms=60_000)])
    centre.citizen("c1").queues()
    centre.queues = ()
    centre.configure()
    centre.citizen("c2").queues()
    centre.wait(15_001)
    assert [missed.contact for missed in centre.told(PromiseMissed)] == ["c2"]


def test_given_a_queue_that_needs_more_after_a_reload_when_asked_for_again_then_it_needs_that() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues().leaves()
    centre.queues = (replace(GENERAL, requirement=TAX),)
    centre.configure()
    centre.agent("1001").logs_in()
    centre.citizen("c2").queues()
    assert centre.rings() == []
    assert centre.citizen("c2").view.requirement == ("tax",)


@pytest.mark.parametrize("waits", [False, True])
def test_given_the_only_agent_of_a_skill_when_a_reload_takes_it_away_then_who_waits_hears_that_nobody_can(
    waits: bool,
) -> None:
    limits = QueueLimits(unmeetable=Overflow() if waits else Overflow(OverflowAct.FLOW, "never"))
    queue = replace(GENERAL, requirement=TAX, limits=limits)
    centre = Centre(counsellor("1001", "tax"), queues=[queue], routing=RoutingPolicy(explains=True))
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").queues()
    centre.forget()
    centre.configure(counsellor("1001"))
    assert [on.why for on in centre.told(ContactSentOn)] == ([] if waits else ["unmeetable"])
    alarms = len(centre.told(RequirementUnmet))
    assert alarms
    centre.wait(60_000)
    centre.citizen("x").arrives().leaves()
    assert len(centre.told(RequirementUnmet)) == alarms, "once, not with every fact"


def test_given_the_last_agent_who_leaves_when_other_facts_follow_then_the_alarm_is_told_once() -> None:
    centre = Centre("1001", routing=RoutingPolicy(explains=True))
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    centre.agent("1001").logs_out()
    assert len(centre.told(RequirementUnmet)) == 1
    centre.citizen("x").arrives().leaves()
    centre.wait(60_000)
    assert len(centre.told(RequirementUnmet)) == 1


def test_given_an_agent_who_is_removed_while_resting_when_gone_then_nothing_is_left_of_them() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    centre.configure(counsellor("1002"))
    assert centre.agent("1001").seen is None
    centre.agent("1002").answers()
    centre.citizen("c1").leaves()
    centre.agent("1002").hangs_up().is_done()
    assert centre.is_empty()
    with pytest.raises(UnknownAgent, match="1001"):
        centre.agent("1001").logs_in()


# ── presences of an earlier life ────────────────────────────────────────────────────────────────────────────────────
def test_given_the_presence_of_an_agent_whom_nobody_knows_any_more_when_restored_then_nothing_happens() -> None:
    centre = Centre("1001", log_in=False)
    before = centre.snapshot()
    centre.tell(PresenceRestored(AgentId("1999"), Presence.AVAILABLE))
    assert (centre.snapshot(), centre.told(AgentChanged)) == (before, [])


def test_given_a_presence_when_restored_then_it_is_told_with_its_reason_and_what_is_chosen_for_later() -> None:
    centre = Centre("1001", log_in=False, seen=False)
    centre.tell(PresenceRestored(A1, Presence.ON_BREAK, "lunch", intends=Presence.LOGGED_OUT, intends_reason="home"))
    changed = centre.told(AgentChanged)[-1]
    assert (changed.presence, changed.reason) == (Presence.ON_BREAK, "lunch")
    assert (changed.intends, changed.intends_reason) == (Presence.LOGGED_OUT, "home")
    centre.tell(SwitchSeen(()))
    changed = centre.told(AgentChanged)[-1]
    assert (changed.presence, changed.reason, changed.intends) == (Presence.LOGGED_OUT, "home", None)


def test_given_work_that_is_over_by_now_when_restored_then_what_was_chosen_for_after_it_holds_at_once() -> None:
    centre = Centre("1001", log_in=False, seen=False)
    long_ago_ms = START_MS - 600_000
    centre.tell(PresenceRestored(A1, Presence.AVAILABLE, "", long_ago_ms, GENERAL.id, intends=Presence.ON_BREAK))
    assert (centre.agent("1001").view.presence, centre.agent("1001").view.state) == (Presence.ON_BREAK, AgentState.IDLE)
    assert centre.told(AgentChanged)[-1].presence is Presence.ON_BREAK


def test_given_work_that_goes_on_when_restored_then_its_end_is_shown() -> None:
    centre = Centre("1001", log_in=False)
    centre.tell(PresenceRestored(A1, Presence.AVAILABLE, "", START_MS - 5_000, GENERAL.id))
    view = centre.agent("1001").view
    assert (view.wrap_up_until_ms, view.since_ms) == (START_MS + 15_000, START_MS - 5_000)
    assert centre.told(AgentChanged)[-1].wrap_up_until_ms == START_MS + 15_000


# ── misses ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("missed", "on_break"), [(1, False), (2, True)])
def test_given_a_cause_that_costs_no_rest_when_missed_then_the_agent_is_there_at_once_until_the_break(
    missed: int, on_break: bool
) -> None:
    centre = Centre("1001", misses=MissSettings({}, break_after=2))
    centre.citizen("c1").queues()
    for _ in range(missed):
        assert centre.agent("1001").view.resting_until_ms is None
        centre.agent("1001").misses(OfferFailure.BUSY)
    view = centre.agent("1001").view
    assert (view.presence is Presence.ON_BREAK, view.resting_until_ms) == (on_break, None)
    assert len(centre.rings()) == 2


def test_given_a_leg_that_nobody_knew_when_it_ends_and_answers_all_the_same_then_the_answer_counts() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues()
    stranger = OfferId("c1-e0-9")
    centre.tell(LegEnded(LegId(stranger)))
    centre.tell(OfferAnswered(stranger, ContactId("c1"), A1))
    assert centre.citizen("c1").view.agent == "1001"
