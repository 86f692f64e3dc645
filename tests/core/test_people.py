"""Agents' presence and wrap-up, a configuration that changes under them, and the citizens' other ways out."""

import pytest

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.errors import IllegalEvent, UnknownAgent
from ivr_engine.core.events import PresenceRestored
from ivr_engine.core.notices import AgentChanged, AgentsRegistered, ContactBegan, ContactEnded, OfferEnded
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactPhase,
    Disposition,
    OfferResult,
    Presence,
    QueueId,
)
from tests.core.centre import Centre, counsellor


# ── presence ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_offer_when_the_agent_toggles_break_ten_times_a_second_then_it_rings_once_and_is_answered() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    for _ in range(20):
        centre.wait(50)
        centre.agent("1001").takes_a_break()
        centre.wait(50)
        centre.agent("1001").logs_in()
    assert centre.rings() == [("c1", "1001")]
    centre.agent("1001").takes_a_break().answers().hangs_up()
    centre.citizen("c1").leaves()
    centre.wait(20_000)
    agent = centre.agent("1001").view
    assert (agent.presence, agent.state, agent.reason) == (Presence.ON_BREAK, AgentState.IDLE, "lunch")


def test_given_an_agent_on_break_during_the_offer_when_it_fails_then_they_get_no_further_one() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").takes_a_break().misses()
    centre.wait(60_000)
    assert len(centre.rings()) == 1


def test_given_a_talk_when_the_agent_logs_out_then_the_talk_goes_on_and_nothing_follows_it() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    centre.agent("1001").answers().logs_out()
    assert centre.citizen("c1").view.agent == "1001"
    centre.agent("1001").hangs_up()
    centre.wait(60_000)
    agent = centre.agent("1001").view
    assert (agent.presence, agent.state) == (Presence.LOGGED_OUT, AgentState.IDLE)
    assert len(centre.rings()) == 1


def test_given_the_same_presence_when_it_is_chosen_again_then_nobody_is_told() -> None:
    centre = Centre("1001")
    centre.agent("1001").logs_in()
    assert centre.notices == []
    centre.agent("1001").takes_a_break("lunch").takes_a_break("lunch").takes_a_break("training")
    assert [changed.reason for changed in centre.told(AgentChanged)] == ["lunch", "training"]


def test_given_a_stranger_when_they_choose_a_presence_then_the_refusal_names_them() -> None:
    with pytest.raises(UnknownAgent, match="no agent '9999' in the configuration"):
        Centre("1001").agent("9999").logs_in()


def test_given_a_presence_from_before_when_it_is_restored_then_the_agent_is_offered_who_waits() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues()
    centre.tell(PresenceRestored(AgentId("1001"), Presence.ON_BREAK, "lunch"))
    assert centre.rings() == []
    centre.tell(
        PresenceRestored(AgentId("1001"), Presence.AVAILABLE), PresenceRestored(AgentId("9"), Presence.ON_BREAK)
    )
    assert centre.rings() == [("c1", "1001")]


# ── wrap-up ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def wrapping_up(wrap_up_ms: int = 20_000) -> Centre:
    centre = Centre("1001", queues=[QueueSettings(QueueId("general"), wrap_up_ms=wrap_up_ms)])
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.citizen("c2").queues()
    centre.agent("1001").hangs_up()
    return centre


def test_given_wrap_up_when_its_time_is_over_then_the_agent_gets_the_next_at_that_very_millisecond() -> None:
    centre = wrapping_up()
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(19_999)
    assert len(centre.rings()) == 1
    centre.wait(1)
    assert centre.rings()[-1] == ("c2", "1001")


def test_given_wrap_up_when_the_agent_is_done_early_then_the_next_rings_and_the_deadline_is_gone() -> None:
    centre = wrapping_up()
    centre.wait(3_000)
    centre.agent("1001").is_done()
    assert centre.rings()[-1] == ("c2", "1001")
    centre.agent("1001").answers()
    centre.wait(30_000)
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT


def test_given_a_queue_without_wrap_up_when_the_talk_ends_then_the_agent_is_idle_at_once() -> None:
    assert wrapping_up(0).rings()[-1] == ("c2", "1001")


def test_given_no_wrap_up_when_the_agent_says_done_then_it_is_refused_and_nothing_changes() -> None:
    centre = Centre("1001")
    before = centre.snapshot()
    with pytest.raises(IllegalEvent, match="wrap_up_over is not possible while idle; possible: "):
        centre.agent("1001").is_done()
    assert centre.snapshot() == before


def test_given_two_queues_when_talks_end_then_each_leaves_its_own_wrap_up() -> None:
    queues = [QueueSettings(QueueId("short"), wrap_up_ms=1_000), QueueSettings(QueueId("long"), wrap_up_ms=9_000)]
    centre = Centre("1001", queues=queues)
    for queue, wrap_up_ms in (("short", 1_000), ("long", 9_000), ("short", 1_000)):
        citizen = centre.citizen(f"{queue}-{centre.now_ms}").queues(queue)
        centre.agent("1001").answers().hangs_up()
        citizen.leaves()
        centre.wait(wrap_up_ms - 1)
        assert centre.agent("1001").view.state is AgentState.WRAP_UP
        centre.wait(1)
        assert centre.agent("1001").view.state is AgentState.IDLE


# ── a configuration that changes ────────────────────────────────────────────────────────────────────────────────────
def test_given_a_talking_agent_when_a_reload_removes_them_then_they_finish_and_are_forgotten_when_idle() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.configure(counsellor("1002"))
    centre.citizen("c2").queues()
    assert centre.citizen("c1").view.agent == "1001"
    centre.agent("1001").hangs_up()
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(20_000)
    assert centre.agent("1001").seen is None


def test_given_an_offered_agent_when_a_reload_removes_them_then_a_missed_offer_is_the_last() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.configure(counsellor("1002"))
    centre.agent("1001").misses()
    assert centre.agent("1001").seen is None
    centre.agent("1002").logs_in()
    assert centre.rings()[-1] == ("c1", "1002")
    centre.agent("1002").answers().hangs_up().is_done()
    centre.citizen("c1").leaves()
    assert centre.is_empty()


def test_given_a_removed_agent_when_a_reload_brings_them_back_in_time_then_they_stay_who_they_were() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.configure(counsellor("1002"))
    centre.configure(counsellor("1001"), counsellor("1002"))
    centre.agent("1001").hangs_up().is_done()
    agent = centre.agent("1001").view
    assert (agent.presence, agent.state) == (Presence.AVAILABLE, AgentState.IDLE)


def test_given_somebody_waits_when_a_reload_teaches_an_idle_agent_the_skill_then_the_phone_rings() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues("general", "water")
    assert centre.rings() == []
    centre.configure(counsellor("1001", "water"))
    assert centre.rings() == [("c1", "1001")]
    assert centre.told(AgentsRegistered)[-1].agents == ("1001",)


def test_given_an_unknown_queue_when_a_citizen_joins_it_then_the_defaults_serve_them() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues("nowhere")
    assert centre.rings() == [("c1", "1001")]
    assert centre.citizen("c1").view.queue == "nowhere"


# ── the citizens' other ways out ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("after_ms", "short"), [(4_999, True), (5_000, False)])
def test_given_a_waiting_citizen_when_they_leave_then_it_is_an_abandon_and_short_below_the_limit(
    after_ms: int, short: bool
) -> None:
    centre = Centre()
    centre.citizen("c1").queues()
    centre.wait(after_ms)
    centre.citizen("c1").leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.short_abandon, ended.wait_ms) == (Disposition.ABANDONED, short, after_ms)
    assert centre.is_empty()


def test_given_a_citizen_in_the_flow_when_they_leave_without_an_end_then_it_is_an_abandon_without_a_queue() -> None:
    centre = Centre("1001")
    centre.citizen("c1").arrives().leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.queue, ended.wait_ms, ended.short_abandon) == (
        Disposition.ABANDONED,
        "",
        None,
        False,
    )


@pytest.mark.parametrize("disposition", [Disposition.CLOSED, Disposition.SELF_SERVED, Disposition.REJECTED])
def test_given_a_flow_that_was_its_own_answer_when_the_leg_ends_then_that_is_the_disposition(
    disposition: Disposition,
) -> None:
    centre = Centre("1001")
    centre.citizen("c1").arrives().hears_the_end(disposition).leaves()
    assert centre.disposition("c1") is disposition


def test_given_a_leg_of_nobody_when_it_ends_then_nothing_happens() -> None:
    centre = Centre("1001")
    centre.citizen("c9").leaves()
    assert (centre.notices, centre.commands) == ([], [])


@pytest.mark.parametrize("when", ["in flow", "queued", "offered", "unheard of"])
def test_given_a_citizen_when_the_switch_falls_back_then_we_only_watch(when: str) -> None:
    centre = Centre("1001", log_in=when == "offered")
    citizen = centre.citizen("c1")
    if when != "unheard of":
        citizen.arrives()
    if when in ("queued", "offered"):
        citizen.queues()
    citizen.falls_back().falls_back()
    assert citizen.view.phase is ContactPhase.FALLING_BACK
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN] * (when == "offered")
    centre.agent("1001").takes_a_break().logs_in()
    assert len(centre.rings()) == (1 if when == "offered" else 0)
    centre.wait(7_000)
    citizen.is_answered_in_fallback().is_answered_in_fallback()
    centre.wait(2_000)
    citizen.leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.talk_ms) == (Disposition.FALLBACK, 2_000)
    assert len(centre.told(ContactBegan)) == 1
    assert centre.is_empty()


def test_given_a_citizen_who_fell_back_when_our_agent_answers_all_the_same_then_they_talk() -> None:
    centre = Centre("1001")
    citizen = centre.citizen("c1").queues()
    offer = centre.agent("1001").offer
    citizen.falls_back()
    centre.agent("1001").answers(offer)
    citizen.falls_back()
    assert citizen.view.phase is ContactPhase.CONNECTED
    assert citizen.view.agent == "1001"


def test_given_a_fall_back_told_before_the_queueing_when_both_are_known_then_the_wait_is_too() -> None:
    centre = Centre()
    centre.citizen("c1").falls_back().queues()
    centre.wait(8_000)
    centre.citizen("c1").leaves()
    (ended,) = centre.told(ContactEnded)
    assert (ended.queue, ended.wait_ms) == ("general", 8_000)
