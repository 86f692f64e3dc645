"""Presence for after the contact, work after it in its three modes, misses by cause, and room by channel."""

import pytest

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import PresenceChosen, PresenceRestored, SwitchSeen, WrapUpExtended
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.vocabulary import AgentId, AgentState, OfferFailure, Presence, QueueId
from tests.core.centre import Centre, Counsellor, counsellor

A = AgentId("1001")


def talking(queue: QueueSettings | None = None) -> Centre:
    centre = Centre("1001", queues=[queue] if queue is not None else ())
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    return centre


def after(agent: Counsellor, presence: Presence, reason: str = "") -> None:
    agent.asks(lambda of: PresenceChosen(of, presence, reason, after_contact=True))


def seen(centre: Centre) -> tuple[Presence, AgentState, Presence | None]:
    agent = centre.agent("1001").view
    return agent.presence, agent.state, agent.intends


# ── presence for after the contact ──────────────────────────────────────────────────────────────────────────────────
def test_given_a_talk_when_a_break_is_chosen_for_after_it_then_it_shows_and_begins_when_the_work_is_done() -> None:
    centre = talking()
    after(centre.agent("1001"), Presence.ON_BREAK, "lunch")
    assert seen(centre) == (Presence.AVAILABLE, AgentState.ON_CONTACT, Presence.ON_BREAK)
    assert centre.agent("1001").view.intends_reason == "lunch"
    centre.citizen("c2").queues()
    centre.agent("1001").hangs_up()
    assert seen(centre) == (Presence.AVAILABLE, AgentState.WRAP_UP, Presence.ON_BREAK)
    centre.wait(20_000)
    assert seen(centre) == (Presence.ON_BREAK, AgentState.IDLE, None)
    assert centre.agent("1001").view.reason == "lunch"
    assert centre.rings() == [("c1", "1001")], "c2 is nobody's on a break"


def test_given_a_break_for_later_when_the_agent_chooses_anything_then_it_is_taken_back() -> None:
    centre = talking()
    after(centre.agent("1001"), Presence.ON_BREAK)
    centre.agent("1001").logs_in()
    assert seen(centre) == (Presence.AVAILABLE, AgentState.ON_CONTACT, None)
    centre.citizen("c2").queues()
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("c2", "1001")


def test_given_a_break_for_later_when_another_is_chosen_for_later_then_the_last_holds() -> None:
    centre = talking()
    after(centre.agent("1001"), Presence.ON_BREAK)
    after(centre.agent("1001"), Presence.LOGGED_OUT)
    centre.agent("1001").hangs_up().is_done()
    assert seen(centre) == (Presence.LOGGED_OUT, AgentState.IDLE, None)


def test_given_an_idle_agent_when_a_break_is_chosen_for_after_the_contact_then_it_is_now() -> None:
    centre = Centre("1001")
    after(centre.agent("1001"), Presence.ON_BREAK)
    assert seen(centre) == (Presence.ON_BREAK, AgentState.IDLE, None)


def test_given_a_ringing_phone_when_a_break_for_later_is_chosen_and_the_offer_is_missed_then_the_break_begins() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    after(centre.agent("1001"), Presence.ON_BREAK)
    centre.agent("1001").misses()
    centre.wait(60_000)
    assert seen(centre) == (Presence.ON_BREAK, AgentState.IDLE, None)
    assert len(centre.rings()) == 1


def test_given_a_citizen_who_stands_for_one_agent_when_that_one_goes_after_the_contact_then_anybody_may_help() -> None:
    queue = QueueSettings(QueueId("general"), last_agent_wait_ms=600_000)
    centre = Centre("1001", queues=[queue])
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").leaves()
    centre.agent("1001").hangs_up().is_done()
    centre.citizen("c2").queues()
    centre.agent("1001").answers()
    centre.configure(counsellor("1001"), counsellor("1002"))
    centre.citizen("c1b").queues()
    assert centre.rings() == [("c1", "1001"), ("c2", "1001")]
    after(centre.agent("1001"), Presence.LOGGED_OUT)
    centre.agent("1002").logs_in()
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("c1b", "1002")


def test_given_a_new_engine_when_the_work_goes_on_then_so_does_what_was_chosen_for_after_it() -> None:
    centre = Centre("1001", log_in=False)
    restored = PresenceRestored(
        A,
        Presence.AVAILABLE,
        wrap_up_since_ms=centre.now_ms,
        wrap_up_queue=QueueId("general"),
        wrap_up_until_ms=centre.now_ms + 40_000,
        intends=Presence.ON_BREAK,
        intends_reason="lunch",
    )
    centre.tell(restored)
    assert seen(centre) == (Presence.AVAILABLE, AgentState.WRAP_UP, Presence.ON_BREAK)
    centre.wait(39_999)
    assert seen(centre)[1] is AgentState.WRAP_UP
    centre.wait(1)
    assert seen(centre) == (Presence.ON_BREAK, AgentState.IDLE, None)


def test_given_a_new_engine_when_the_contact_is_over_by_then_then_what_was_chosen_for_after_it_holds() -> None:
    centre = Centre("1001", log_in=False)
    centre.tell(PresenceRestored(A, Presence.AVAILABLE, intends=Presence.ON_BREAK, intends_reason="lunch"))
    centre.tell(SwitchSeen(()))
    assert seen(centre) == (Presence.ON_BREAK, AgentState.IDLE, None)


# ── the work after a contact ────────────────────────────────────────────────────────────────────────────────────────
EXTENDABLE = QueueSettings(
    QueueId("general"),
    wrap_up_ms=4_000,
    wrap_up_mode=WrapUpMode.EXTENDABLE,
    wrap_up_extension_ms=3_000,
    wrap_up_ceiling_ms=8_000,
)


def test_given_extendable_work_when_more_time_is_asked_for_then_it_is_given_up_to_the_ceiling() -> None:
    centre = talking(EXTENDABLE)
    centre.agent("1001").hangs_up()
    began_ms = centre.now_ms
    assert centre.agent("1001").view.wrap_up_until_ms == began_ms + 4_000
    centre.agent("1001").asks(WrapUpExtended)
    assert centre.agent("1001").view.wrap_up_until_ms == began_ms + 7_000
    centre.agent("1001").asks(WrapUpExtended)
    assert centre.agent("1001").view.wrap_up_until_ms == began_ms + 8_000
    before = centre.snapshot()
    with pytest.raises(IllegalEvent, match="takes at most 8 s"):
        centre.agent("1001").asks(WrapUpExtended)
    assert centre.snapshot() == before
    centre.wait(7_999)
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(1)
    assert (centre.agent("1001").view.state, centre.agent("1001").view.wrap_up_until_ms) == (AgentState.IDLE, None)


@pytest.mark.parametrize(
    ("mode", "refused"),
    [(WrapUpMode.FIXED, "its queue gives no more time"), (WrapUpMode.MANUAL, "it lasts until you end it")],
)
def test_given_another_mode_when_more_time_is_asked_for_then_it_is_refused(mode: WrapUpMode, refused: str) -> None:
    centre = talking(QueueSettings(QueueId("general"), wrap_up_mode=mode))
    centre.agent("1001").hangs_up()
    with pytest.raises(IllegalEvent, match=refused):
        centre.agent("1001").asks(WrapUpExtended)


def test_given_no_work_after_a_contact_when_more_time_is_asked_for_then_it_is_refused() -> None:
    with pytest.raises(IllegalEvent, match="while on_contact"):
        talking(EXTENDABLE).agent("1001").asks(WrapUpExtended)


def test_given_manual_work_when_nobody_ends_it_then_it_lasts_until_the_ceiling_and_else_until_the_agent_says_so() -> (
    None
):
    manual = QueueSettings(QueueId("general"), wrap_up_ms=0, wrap_up_mode=WrapUpMode.MANUAL, wrap_up_ceiling_ms=60_000)
    centre = talking(manual)
    centre.agent("1001").hangs_up()
    centre.wait(59_999)
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(1)
    assert centre.agent("1001").view.state is AgentState.IDLE
    centre.citizen("c2").queues()
    centre.agent("1001").answers().hangs_up()
    centre.wait(1_000)
    assert centre.agent("1001").is_done().view.state is AgentState.IDLE


def test_given_an_agent_with_a_mode_of_their_own_when_a_talk_ends_then_it_goes_before_the_queues() -> None:
    own = AgentSettings(A, "a", wrap_up_ms=2_000, wrap_up_mode=WrapUpMode.EXTENDABLE)
    centre = Centre(own, queues=[QueueSettings(QueueId("general"), wrap_up_ms=9_000)])
    centre.citizen("c1").queues()
    centre.agent("1001").answers().hangs_up().asks(WrapUpExtended)
    assert centre.agent("1001").view.wrap_up_until_ms == centre.now_ms + 32_000


# ── misses ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_misses_when_looked_at_then_each_is_counted_by_cause_with_its_own_rest_until_the_agent_comes_anew() -> (
    None
):
    centre = Centre("1001")
    centre.citizen("c1").queues()
    for cause, rest_ms in ((OfferFailure.DECLINED, 5_000), (OfferFailure.UNREACHABLE, 30_000)):
        centre.agent("1001").misses(cause)
        assert centre.agent("1001").view.resting_until_ms == centre.now_ms + rest_ms
        centre.wait(rest_ms)
    centre.agent("1001").misses(OfferFailure.DECLINED)
    view = centre.agent("1001").view
    assert (dict(view.missed), view.misses) == ({"declined": 2, "unreachable": 1}, 3)
    assert (view.presence, view.reason) == (Presence.ON_BREAK, "missed_offers")
    centre.agent("1001").logs_in()
    assert (dict(centre.agent("1001").view.missed), centre.agent("1001").view.misses) == ({}, 0)


# ── capacity ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_several_chats_and_one_voice_when_a_phone_rings_then_there_is_room_for_nobody_until_all_is_over() -> None:
    centre = Centre("1001")
    centre.configure(AgentSettings(A, "a", capacity={"chat": 3}))
    assert centre.agent("1001").view.room == {"chat": 3, "voice": 1}
    centre.citizen("c1").queues()
    assert centre.agent("1001").view.room == {"chat": 0, "voice": 0}
    centre.agent("1001").answers().hangs_up().is_done()
    assert centre.agent("1001").view.room == {"chat": 3, "voice": 1}


def test_given_an_agent_for_chats_alone_when_a_citizen_calls_then_no_phone_rings_until_that_changes() -> None:
    centre = Centre("1001")
    centre.configure(AgentSettings(A, "a", capacity={"voice": 0, "chat": 3}))
    centre.citizen("c1").queues()
    assert centre.rings() == []
    centre.configure(AgentSettings(A, "a"))
    assert centre.rings() == [("c1", "1001")]


# ── a configuration that changes in the middle ──────────────────────────────────────────────────────────────────────
def test_given_a_ringing_phone_when_the_skill_is_taken_away_then_it_may_still_answer_and_never_rings_for_it_again() -> (
    None
):
    centre = Centre()
    centre.configure(counsellor("1001", "water"))
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues("general", "water")
    centre.citizen("c2").queues("general", "water")
    centre.configure(counsellor("1001"), counsellor("1002", "water"))
    centre.agent("1001").misses()
    centre.wait(60_000)
    assert centre.rings() == [("c1", "1001")]
    centre.agent("1002").logs_in()
    assert centre.rings()[-1] == ("c1", "1002")
    centre.agent("1002").answers()
    assert centre.citizen("c2").view.agent is None


def test_given_a_ringing_phone_when_the_skill_is_taken_away_and_it_answers_then_they_talk() -> None:
    centre = Centre()
    centre.configure(counsellor("1001", "water"))
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues("general", "water")
    centre.configure(counsellor("1001"))
    centre.agent("1001").answers()
    assert centre.citizen("c1").view.agent == "1001"


def test_given_an_agent_with_plans_when_a_reload_removes_them_while_talking_then_the_talk_ends_well() -> None:
    centre = talking()
    after(centre.agent("1001"), Presence.ON_BREAK)
    centre.configure(counsellor("1002"))
    centre.citizen("c1").leaves()
    centre.agent("1001").hangs_up()
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(20_000)
    assert centre.agent("1001").seen is None
