"""After a start or a lost link: what the switch shows is the truth, ages are kept, and the gone get one disposition."""

import pytest

from ivr_engine.core.commands import ReturnToQueue, StartOffer, WithdrawOffer
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    CitizenHanded,
    CompleteRequested,
    ContactArrived,
    ContactQueued,
    ContactRestored,
    HoldRequested,
    LegEnded,
    LegSeen,
    OfferAnswered,
    OfferRestored,
    PresenceRestored,
    RecipientAnswered,
    SwitchDied,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.notices import (
    ContactBegan,
    ContactConnected,
    ContactEnded,
    OfferEnded,
    SwitchStateChanged,
    TransferEnded,
)
from ivr_engine.core.offer import ANSWER_OWED_MS
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    Disposition,
    LegId,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    TransferId,
    TransferResult,
    TransferState,
)
from tests.core.centre import START_MS, Centre, agent_leg, citizen_leg, counsellor, offer_id, recipient_leg

OLD = OfferId("c1-e0-1")
"""An offer of the engine that died."""
QUEUED_MS = START_MS - 30_000
TALKED_MS = START_MS - 20_000


def restart(*names: str, agents: tuple[str, ...] = ("1001",)) -> Centre:
    """An engine just started: agents' presence restored, the switch not yet seen."""
    centre = Centre(*agents, log_in=False, seen=False)
    for agent in agents:
        centre.tell(PresenceRestored(AgentId(agent), Presence.AVAILABLE))
    for name in names:
        remembered(centre, name)
    centre.forget()
    return centre


def remembered(centre: Centre, name: str, *, queued: bool = True, answered: bool = False) -> None:
    centre.tell(
        ContactRestored(
            ContactId(name),
            "120",
            "0212345678",
            QUEUED_MS - 5_000,
            ToQueue(QueueId("general")) if queued or answered else None,
            QUEUED_MS if queued or answered else None,
            TALKED_MS if answered else None,
            AgentId("1001") if answered else None,
        )
    )


def seen(centre: Centre, *legs: LegSeen, fell_back: tuple[str, ...] = (), restarted: bool = False) -> None:
    """A look at the switch, applied twice: the second time changes nothing but the sending of the news."""
    look = SwitchSeen(legs, frozenset(ContactId(name) for name in fell_back), restarted)
    centre.tell(look)
    centre.wait(0)  # promises broken long ago are due at once
    before, deadline_ms, commands = centre.snapshot(), centre.engine.next_deadline_ms(), list(centre.commands)
    again = centre.tell(look)
    assert centre.snapshot() == before
    assert centre.engine.next_deadline_ms() == deadline_ms
    assert centre.commands == commands
    assert [type(notice) for notice in again.notices] == [SwitchStateChanged]


@pytest.mark.parametrize("journal", [True, False])
def test_given_a_citizen_waiting_when_the_engine_starts_then_an_agent_is_offered_them_with_the_age(
    journal: bool,
) -> None:
    centre = restart(*(["c1"] if journal else []))
    seen(centre, citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"))
    assert centre.rings() == [("c1", "1001")]
    contact = centre.citizen("c1").view
    assert (contact.queued_at_ms, contact.phase) == (QUEUED_MS, ContactPhase.OFFERED)
    assert contact.arrived_at_ms == QUEUED_MS - (5_000 if journal else 0)
    assert [begun.adopted for begun in centre.told(ContactBegan)] == ([] if journal else [True])
    assert centre.told(SwitchStateChanged)[0].adopted_contacts == 1


def test_given_two_waiting_when_the_engine_starts_then_the_older_one_is_first_whatever_the_order_of_legs() -> None:
    centre = restart()
    seen(
        centre,
        citizen_leg("c2", "wait", queued_at_ms=QUEUED_MS + 1, queue="general"),
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"),
    )
    assert centre.rings() == [("c1", "1001")]


def test_given_a_citizen_in_the_visit_when_the_engine_starts_then_they_are_known_and_queue_later() -> None:
    centre = restart()
    seen(centre, citizen_leg("c1", "visit"))
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    centre.citizen("c1").queues()
    assert centre.rings() == [("c1", "1001")]


def test_given_a_phone_still_ringing_when_the_engine_starts_then_it_is_not_rung_twice_nor_anybody_else() -> None:
    centre = restart("c1", agents=("1001", "1002"))
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "offer", up=False),
    )
    assert centre.sent(StartOffer) == []
    assert centre.agent("1001").view.state is AgentState.OFFERED
    assert centre.citizen("c1").view.offer == OLD
    centre.tell(OfferAnswered(OLD, ContactId("c1"), AgentId("1001")))
    assert centre.citizen("c1").view.agent == "1001"
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.ANSWERED]


def test_given_a_phone_still_ringing_when_it_never_ends_then_the_citizen_is_offered_to_another() -> None:
    centre = restart("c1", agents=("1001", "1002"))
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "offer", up=False),
    )
    centre.wait(10_000 + ANSWER_OWED_MS)
    assert centre.rings() == [("c1", "1002")]


@pytest.mark.parametrize("journal", ["answered", "queued", "nothing"])
def test_given_a_talk_when_the_engine_starts_then_it_is_found_and_goes_on(journal: str) -> None:
    centre = restart()
    if journal != "nothing":
        remembered(centre, "c1", answered=journal == "answered")
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "talk", since_ms=TALKED_MS),
    )
    contact = centre.citizen("c1").view
    assert (contact.phase, contact.agent, contact.answered_at_ms) == (ContactPhase.CONNECTED, "1001", TALKED_MS)
    assert [c.wait_ms for c in centre.told(ContactConnected)] == ([] if journal == "answered" else [10_000])
    assert centre.rings() == []
    centre.tell(LegEnded(LegId(OLD)), LegEnded(LegId("c1")))
    (ended,) = centre.told(ContactEnded)
    assert (ended.disposition, ended.wait_ms, ended.talk_ms, ended.within_promise) == (
        Disposition.ANSWERED,
        10_000,
        20_000,
        True,
    )
    assert centre.agent("1001").view.state is AgentState.WRAP_UP


def test_given_a_talk_with_an_agent_out_of_the_configuration_when_the_engine_starts_then_nobody_else_is_rung() -> None:
    centre = restart("c1")
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1999", "talk", since_ms=TALKED_MS),
    )
    assert centre.rings() == []
    assert centre.citizen("c1").view.agent == "1999"


def test_given_a_citizen_on_hold_when_the_engine_starts_then_the_agent_can_go_on() -> None:
    centre = restart()
    seen(
        centre,
        citizen_leg("c1", "hold", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "consult", since_ms=TALKED_MS),
    )
    assert centre.citizen("c1").view.transfer_state is TransferState.HELD
    centre.agent("1001").consults()


@pytest.mark.parametrize(
    ("citizen_at", "up", "state"),
    [
        ("hold", False, TransferState.RINGING),
        ("hold", True, TransferState.CONSULTING),
        ("conference", True, TransferState.CONFERENCE),
    ],
)
def test_given_a_consult_when_the_engine_starts_then_it_is_found_where_it_was(
    citizen_at: str, up: bool, state: TransferState
) -> None:
    centre = restart()
    seen(
        centre,
        citizen_leg("c1", citizen_at, queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "consult", since_ms=TALKED_MS),
        recipient_leg("r1", "c1", "recipient", "t1", up=up),
    )
    assert centre.citizen("c1").view.transfer_state is state
    centre.tell(RecipientAnswered(ContactId("c1"), TransferId("t1")), CompleteRequested(AgentId("1001")))
    centre.tell(LegEnded(LegId(OLD)), CitizenHanded(ContactId("c1"), TransferId("t1")))
    assert [ended.result for ended in centre.told(TransferEnded)] == [TransferResult.COMPLETED]


@pytest.mark.parametrize(("citizen_at", "recipient_at"), [("hold", "handed"), ("conference", "recipient")])
@pytest.mark.parametrize("journal", [True, False])
def test_given_a_citizen_handed_over_when_the_engine_starts_then_they_are_left_alone(
    citizen_at: str, recipient_at: str, journal: bool
) -> None:
    centre = restart()
    if journal:
        remembered(centre, "c1", answered=True)
    seen(
        centre,
        citizen_leg("c1", citizen_at, queued_at_ms=QUEUED_MS, queue="general"),
        recipient_leg("r1", "c1", recipient_at, "t1"),
    )
    centre.wait(60_000)
    assert centre.commands == []
    assert centre.citizen("c1").view.transfer_state is TransferState.HANDED_OVER
    centre.tell(LegEnded(LegId("r1")), LegEnded(LegId("c1")))
    assert centre.disposition("c1") is Disposition.ANSWERED
    assert centre.is_empty()


@pytest.mark.parametrize("journal", [True, False])
def test_given_a_held_citizen_whose_agent_is_gone_when_the_engine_starts_then_they_are_queued_with_the_age(
    journal: bool,
) -> None:
    centre = restart()
    if journal:
        remembered(centre, "c1", answered=True)
    seen(centre, citizen_leg("c1", "hold", queued_at_ms=QUEUED_MS, queue="general"))
    assert [command.contact for command in centre.sent(ReturnToQueue)] == ["c1"]
    assert centre.rings() == [("c1", "1001")]
    assert centre.citizen("c1").view.queued_at_ms == QUEUED_MS


def test_given_a_citizen_in_the_fallback_queue_when_the_engine_starts_then_we_only_watch() -> None:
    centre = restart("c1")
    seen(centre, citizen_leg("c1", "fallback", queued_at_ms=QUEUED_MS, queue="general"))
    assert centre.citizen("c1").view.phase is ContactPhase.FALLING_BACK
    assert centre.rings() == []
    centre.citizen("c1").leaves()
    assert centre.disposition("c1") is Disposition.FALLBACK


def test_given_a_citizen_fetched_from_the_fallback_queue_when_the_engine_starts_then_it_is_a_talk() -> None:
    centre = restart("c1")
    seen(
        centre,
        citizen_leg("c1", "fallback", queued_at_ms=QUEUED_MS, queue="general"),
        agent_leg(OLD, "c1", "1001", "talk", since_ms=TALKED_MS),
    )
    assert centre.citizen("c1").view.agent == "1001"


def test_given_a_citizen_after_a_talk_when_the_engine_starts_then_they_end_as_answered() -> None:
    centre = restart()
    remembered(centre, "c1", answered=True)
    seen(centre, citizen_leg("c1", "after", queued_at_ms=QUEUED_MS, queue="general"))
    assert centre.rings() == []
    centre.citizen("c1").leaves()
    assert centre.disposition("c1") is Disposition.ANSWERED


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("fell_back", [False, True])
def test_given_citizens_in_the_journal_when_the_switch_has_them_no_more_then_each_gets_the_right_disposition_once(
    restarted: bool, fell_back: bool
) -> None:
    centre = restart()
    remembered(centre, "in flow", queued=False)
    remembered(centre, "queued")
    remembered(centre, "answered", answered=True)
    seen(centre, fell_back=("queued",) if fell_back else (), restarted=restarted)
    lost = Disposition.SWITCH_FAILURE if restarted else Disposition.ABANDONED
    assert centre.disposition("in flow") is lost
    assert centre.disposition("queued") is (Disposition.FALLBACK if fell_back else lost)
    assert centre.disposition("answered") is Disposition.ANSWERED
    assert centre.is_empty()


def test_given_a_journal_from_the_future_when_the_wall_clock_went_back_then_no_duration_is_negative() -> None:
    centre = restart()
    later = START_MS + 3_600_000
    centre.tell(ContactRestored(ContactId("c1"), "120", "", later, ToQueue(QueueId("general")), later, later))
    seen(centre)
    (ended,) = centre.told(ContactEnded)
    assert (ended.wait_ms, ended.talk_ms) == (0, 0)
    assert ended.arrived_at_ms <= ended.ended_at_ms


# ── the link was lost, the engine lived on ──────────────────────────────────────────────────────────────────────────
def test_given_no_link_when_citizens_and_agents_come_then_nobody_is_offered_until_the_switch_is_seen() -> None:
    centre = Centre("1001", log_in=False)
    centre.tell(SwitchLost(), SwitchLost())
    assert [changed.connected for changed in centre.told(SwitchStateChanged)] == [False]
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    assert centre.rings() == []
    seen(centre, citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"))
    assert centre.rings() == [("c1", "1001")]


def test_given_an_offer_in_flight_when_the_link_is_back_without_its_leg_then_it_is_made_anew_and_nobody_rests() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.tell(SwitchLost())
    centre.wait(60_000)
    assert len(centre.rings()) == 1, "nothing is decided blind"
    seen(centre, citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"))
    assert centre.rings() == [("c1", "1001"), ("c1", "1001")]
    assert centre.sent(StartOffer)[0].offer != centre.sent(StartOffer)[1].offer
    assert centre.agent("1001").view.misses == 0


def test_given_an_offer_in_flight_when_the_link_is_back_with_its_leg_then_it_rings_on_and_its_answer_is_owed() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.tell(SwitchLost())
    centre.wait(2_000)
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"),
        agent_leg(offer_id("c1"), "c1", "1001", "offer", up=False),
    )
    assert len(centre.rings()) == 1
    centre.wait(8_000 + ANSWER_OWED_MS)
    assert centre.rings()[-1] == ("c1", "1002")


def test_given_an_offer_in_flight_when_the_link_is_back_then_an_answer_that_nobody_heard_is_seen() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.tell(SwitchLost())
    centre.wait(20_000)
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"),
        agent_leg(offer_id("c1"), "c1", "1001", "talk", since_ms=START_MS + 9_000),
    )
    (connected,) = centre.told(ContactConnected)
    assert (connected.wait_ms, connected.within_promise) == (9_000, True)
    assert [offer.result for offer in centre.told(OfferEnded)] == [OfferResult.ANSWERED]


def test_given_an_agent_who_waits_when_the_look_shows_them_talking_then_they_are_not_offered_in_between() -> None:
    """Several citizens gone in one look: each would free an agent for the next of the gone."""
    centre = Centre("1001", "1002")
    for name in ("c1", "c2", "c3", "c4"):
        centre.citizen(name).queues()
    centre.tell(SwitchLost())
    centre.forget()
    seen(centre, citizen_leg("c4", "wait", queued_at_ms=START_MS, queue="general"))
    assert [contact for contact, _ in centre.rings()] == ["c4"]
    assert {ended.contact for ended in centre.told(ContactEnded)} == {"c1", "c2", "c3"}


def test_given_a_late_answer_unheard_when_the_look_shows_it_then_the_newer_offers_of_both_are_withdrawn() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    late = centre.agent("1001").offer
    centre.agent("1001").misses()
    centre.tell(SwitchLost())
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=START_MS, queue="general"),
        agent_leg(late.offer, "c1", "1001", "talk", since_ms=START_MS),
        agent_leg(offer_id("c1", 2), "c1", "1002", "offer", up=False),
    )
    assert centre.citizen("c1").view.agent == "1001"
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [offer_id("c1", 2)]


def test_given_a_hold_when_the_agent_took_the_citizen_back_unheard_then_the_look_shows_the_talk() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers().holds()
    centre.tell(SwitchLost())
    centre.tell(
        SwitchSeen((citizen_leg("c1", "hold"), agent_leg(offer_id("c1"), "c1", "1001", "talk", since_ms=START_MS)))
    )
    assert centre.citizen("c1").view.transfer_state is TransferState.TALKING
    centre.tell(HoldRequested(AgentId("1001")))


def test_given_a_consult_when_its_hand_over_was_unheard_then_the_look_completes_it() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers().consults().reaches_the_recipient()
    transfer = centre.agent("1001").transfer
    centre.tell(SwitchLost())
    seen(centre, citizen_leg("c1", "hold"), recipient_leg("r1", "c1", "handed", transfer))
    assert [ended.result for ended in centre.told(TransferEnded)] == [TransferResult.COMPLETED]
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(10_000)
    assert centre.commands[-1] not in centre.sent(ReturnToQueue)


def test_given_talks_when_the_switch_died_then_the_answered_were_answered_and_the_others_its_failure() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    centre.agent("1001").answers()
    centre.tell(SwitchLost())
    seen(centre, restarted=True)
    assert centre.disposition("c1") is Disposition.ANSWERED
    assert centre.disposition("c2") is Disposition.SWITCH_FAILURE
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(20_000)
    assert centre.is_empty()


def test_given_a_queue_of_another_ring_time_when_a_talk_is_adopted_then_its_wrap_up_is_that_queue_s() -> None:
    centre = Centre(counsellor("1001"), queues=[QueueSettings(QueueId("short"), wrap_up_ms=1_000)], seen=False)
    seen(
        centre,
        citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="short"),
        agent_leg(OLD, "c1", "1001", "talk", since_ms=TALKED_MS),
    )
    centre.tell(LegEnded(LegId(OLD)))
    centre.wait(1_000)
    assert centre.agent("1001").view.state is AgentState.IDLE


# ── what an engine that was killed left half told ───────────────────────────────────────────────────────────────────
def left_ringing(*agents: str) -> Centre:
    """The journal has an open offer of c1 at 1001, made ten seconds ago, the second for that contact."""
    centre = Centre(*agents, log_in=False, seen=False)
    for agent in agents:
        centre.tell(PresenceRestored(AgentId(agent), Presence.AVAILABLE))
    request = ToQueue(QueueId("general"))
    centre.tell(
        ContactRestored(ContactId("c1"), "120", "0212345678", QUEUED_MS, request, QUEUED_MS, offers=2),
        OfferRestored(OLD, ContactId("c1"), AgentId("1001"), QueueId("general"), START_MS - 10_000),
    )
    centre.forget()
    return centre


WAITING_CITIZEN = citizen_leg("c1", "wait", queued_at_ms=QUEUED_MS, queue="general")


def ends(centre: Centre) -> list[tuple[str, str, int]]:
    return [(end.offer, end.result, end.rang_ms) for end in centre.told(OfferEnded)]


def test_given_an_offer_left_open_when_its_phone_rings_no_more_then_its_end_is_told_and_the_next_one_is_the_third() -> (
    None
):
    centre = left_ringing("1001")
    seen(centre, WAITING_CITIZEN)
    assert ends(centre) == [(OLD, "withdrawn", 10_000)]
    assert centre.rings() == [("c1", "1001")], "a ring that the engine did not live to see costs nobody a rest"
    centre.agent("1001").answers().hangs_up()
    centre.tell(LegEnded(LegId("c1")))
    assert centre.told(ContactEnded)[0].offers == 3


def test_given_an_offer_left_open_when_its_citizen_is_gone_then_its_end_comes_before_the_contact_s() -> None:
    centre = left_ringing("1001")
    seen(centre)
    told = [type(notice) for notice in centre.notices if isinstance(notice, OfferEnded | ContactEnded)]
    assert told == [OfferEnded, ContactEnded]


def test_given_an_offer_left_open_when_its_phone_still_rings_for_a_citizen_who_is_gone_then_it_is_stopped() -> None:
    centre = left_ringing("1001")
    seen(centre, agent_leg(OLD, "c1", "1001", "offer", up=False))
    assert ends(centre) == [(OLD, "withdrawn", 10_000)]
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [OLD]


@pytest.mark.parametrize("up", [True, False], ids=["answered meanwhile", "rings still"])
def test_given_an_offer_left_open_when_it_is_answered_then_it_rang_since_it_was_made(*, up: bool) -> None:
    centre = left_ringing("1001")
    place, since_ms = ("talk", START_MS - 4_000) if up else ("offer", None)
    seen(centre, WAITING_CITIZEN, agent_leg(OLD, "c1", "1001", place, up=up, since_ms=since_ms))
    centre.wait(1_000)
    centre.tell(OfferAnswered(OLD, ContactId("c1"), AgentId("1001")))
    assert ends(centre) == [(OLD, "answered", 6_000 if up else 11_000)]


def test_given_a_talk_whose_offer_was_ended_by_an_engine_before_when_seen_then_its_end_is_not_told_again() -> None:
    centre = restart()
    request = ToQueue(QueueId("general"))
    centre.tell(
        ContactRestored(
            ContactId("c1"), "120", "", QUEUED_MS, request, QUEUED_MS, TALKED_MS, agent=AgentId("1001"), offers=1
        )
    )
    seen(centre, WAITING_CITIZEN, agent_leg(OLD, "c1", "1001", "talk", since_ms=TALKED_MS))
    assert centre.citizen("c1").view.agent == "1001"
    assert ends(centre) == []


@pytest.mark.parametrize("since_ms", [START_MS - 5_000, START_MS + 3_600_000], ids=["5 s ago", "clock set back"])
def test_given_work_after_a_contact_when_the_engine_starts_then_what_is_left_of_it_is_kept(since_ms: int) -> None:
    centre = Centre("1001", log_in=False, seen=False, queues=[QueueSettings(QueueId("water"), wrap_up_ms=12_000)])
    centre.tell(PresenceRestored(AgentId("1001"), Presence.AVAILABLE, "", since_ms, QueueId("water")))
    seen(centre)
    left_ms = 12_000 - max(0, START_MS - since_ms)
    centre.wait(left_ms - 1)
    assert centre.agent("1001").view.state is AgentState.WRAP_UP
    centre.wait(1)
    assert centre.agent("1001").view.state is AgentState.IDLE


def test_given_work_after_a_contact_that_is_over_by_now_when_the_engine_starts_then_the_agent_is_idle() -> None:
    centre = Centre("1001", log_in=False, seen=False)
    centre.tell(PresenceRestored(AgentId("1001"), Presence.AVAILABLE, "", START_MS - 20_000, QueueId("general")))
    assert centre.agent("1001").view.state is AgentState.IDLE


# ── the switch dies ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_talks_and_rings_when_the_switch_dies_then_the_agents_are_free_and_nobody_is_offered_to_anybody() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").answers().holds()
    centre.citizen("c2").queues()
    centre.forget()
    centre.tell(SwitchLost())
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT, "talks outlive a link"
    centre.tell(SwitchDied())
    assert [centre.agent(name).view.state for name in ("1001", "1002")] == [AgentState.WRAP_UP, AgentState.IDLE]
    assert (centre.rings(), centre.told(ContactEnded)) == ([], [])
    centre.tell(SwitchSeen((), restarted=True))
    assert {end.contact: end.disposition for end in centre.told(ContactEnded)} == {
        "c1": Disposition.ANSWERED,
        "c2": Disposition.SWITCH_FAILURE,
    }
    assert [end.result for end in centre.told(OfferEnded)] == [OfferResult.WITHDRAWN]


def test_given_a_switch_that_was_thought_dead_when_it_is_seen_alive_then_the_talk_is_found_and_told_once() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    leg = offer_id("c1")
    centre.forget()
    centre.tell(SwitchLost(), SwitchDied())
    seen(centre, WAITING_CITIZEN, agent_leg(leg, "c1", "1001", "talk", since_ms=centre.now_ms))
    assert centre.agent("1001").view.state is AgentState.ON_CONTACT
    assert centre.citizen("c1").view.transfer_state is TransferState.TALKING
    assert (centre.told(OfferEnded), centre.told(ContactConnected)) == ([], [])


# ── the wall clock of the switch jumps ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("by_ms", [3_600_000, -3_600_000])
def test_given_a_switch_whose_clock_was_set_when_a_citizen_queues_then_the_wait_is_what_was_waited(by_ms: int) -> None:
    centre = Centre("1001", log_in=False)
    centre.tell(ContactArrived(ContactId("c1"), "120", ""))
    centre.wait(4_000)
    queued = ContactQueued(ContactId("c1"), "120", "", ToQueue(QueueId("general")), centre.now_ms + by_ms)
    centre.tell(queued)
    centre.wait(5_000)
    centre.agent("1001").logs_in()
    centre.agent("1001").answers()
    assert centre.told(ContactConnected)[0].wait_ms == 5_000


def test_given_an_event_two_minutes_late_when_a_citizen_queues_then_the_stamp_of_the_switch_still_counts() -> None:
    centre = Centre("1001", log_in=False)
    centre.tell(ContactArrived(ContactId("c1"), "120", ""))
    stamp_ms = centre.now_ms - 120_000
    centre.tell(ContactQueued(ContactId("c1"), "120", "", ToQueue(QueueId("general")), stamp_ms))
    assert centre.citizen("c1").view.queued_at_ms == stamp_ms
