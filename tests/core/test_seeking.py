"""Who seeks whom, and what is said of it: places, preferred agents, second phones, the words of an offer."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import StartOffer
from ivr_engine.core.configuration import AgentSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.events import SwitchLost, SwitchSeen
from ivr_engine.core.notices import ContractorBooked, OfferEnded, OfferMade, WaitExplained
from ivr_engine.core.offer import ANSWER_OWED_MS
from ivr_engine.core.queue_rules import (
    EscalationAct,
    EscalationStep,
    LendingRules,
    OrderPolicy,
    RelaxationStep,
    RingRules,
)
from ivr_engine.core.vocabulary import AgentId, AgentState, ContactPhase, OfferFailure, QueueId, Skill
from tests.core.centre import GENERAL, START_MS, Centre, citizen_leg, counsellor

TAX, ENGLISH = Skill("tax"), Skill("english")
WITH_TAX = QueueSettings(QueueId("tax"), frozenset({TAX}))
WITH_ENGLISH = QueueSettings(QueueId("english"), frozenset({ENGLISH}))
STICKY = replace(GENERAL, id=QueueId("sticky"), last_agent_wait_ms=10_000, wrap_up_ms=3_000)
SECOND = replace(GENERAL, ring_ms=12_000, ring=RingRules(second_offer_after_ms=5_000))
TELLING = RoutingPolicy(explains=True)


# ── what an offer says ──────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_offer_when_made_then_command_and_notice_say_all_about_it() -> None:
    centre = Centre("1001", "1002")
    centre.wait(2_000)
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - 1_500)
    (started,) = centre.sent(StartOffer)
    (made,) = centre.told(OfferMade)
    assert started == StartOffer(
        offer=made.offer,
        contact=made.contact,
        agent=AgentId("1001"),
        ring_ms=10_000,
        number="120",
        caller="0212345678",
        agency="",
        queue=QueueId("general"),
        language=started.language,
    )
    assert made == OfferMade(
        offer=made.offer,
        contact=centre.citizen("c1").id,
        agent=AgentId("1001"),
        queue=QueueId("general"),
        waited_ms=1_500,
        ring_ms=10_000,
        candidates=2,
        reason="longest idle (2.0 s) of 2",
    )
    assert made.offer == "c1-e1-1"
    assert (centre.agent("1001").view.state, centre.citizen("c1").view.phase) == (
        AgentState.OFFERED,
        ContactPhase.OFFERED,
    )
    assert centre.engine.why(centre.citizen("c1").id).last_choice == made.reason  # type: ignore[union-attr]


def test_given_a_second_ring_when_the_first_was_missed_then_it_has_its_own_name() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    assert [made.offer for made in centre.told(OfferMade)] == ["c1-e1-1", "c1-e1-2"]
    assert centre.told(OfferMade)[1].second is False


def test_given_a_centre_that_explains_when_offered_then_those_who_could_are_counted_by_what_keeps_them() -> None:
    names = [f"{1000 + number}" for number in range(1, 8)]
    centre = Centre(*names, counsellor("2001", "tax"), routing=TELLING, log_in=False)
    for name in names[:6]:
        centre.agent(name).logs_in()
        centre.wait(1)
    for number in range(1, 5):
        centre.citizen(f"c{number}").queues()
    centre.agent("1001").answers()
    centre.agent("1002").answers().hangs_up()
    centre.agent("1005").takes_a_break()
    centre.agent("1003").misses()
    centre.citizen("c5").queues()
    last = centre.told(OfferMade)[-1]
    assert (last.contact, last.not_free) == (
        "c3",
        {"ringing": 1, "talking": 1, "wrap_up": 1, "resting": 1, "on_break": 1, "logged_out": 2},
    )
    (why,) = centre.told(WaitExplained)
    assert (why.contact, why.queue, why.needs, why.ahead, why.kept_back, why.stands_for) == (
        "c5",
        "general",
        "anybody",
        0,
        0,
        "",
    )
    assert why.not_free == {"ringing": 2, "talking": 1, "wrap_up": 1, "resting": 1, "on_break": 1, "logged_out": 2}
    centre.citizen("c6").queues()
    assert [why.ahead for why in centre.told(WaitExplained)] == [0, 1]


def test_given_a_centre_that_does_not_explain_when_offered_or_not_then_nothing_of_it_is_told() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    assert [made.not_free for made in centre.told(OfferMade)] == [{}]
    assert centre.told(WaitExplained) == []


def test_given_an_offer_that_nobody_speaks_of_when_its_time_and_a_little_is_over_then_it_is_given_up() -> None:
    centre = Centre("1001", queues=[replace(GENERAL, ring_ms=8_000)])
    centre.citizen("c1").queues()
    centre.wait(8_000 + ANSWER_OWED_MS - 1)
    assert centre.told(OfferEnded) == []
    centre.wait(1)
    assert [ended.cause for ended in centre.told(OfferEnded)] == [OfferFailure.UNREACHABLE]


# ── ring time ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("waited_ms", "rings_ms"),
    [
        (2_999, 7_001),
        (5_000, 5_000),
        (5_001, 9_999),
        (9_999, 5_001),
        (14_999, 5_000),
        (15_000, 12_000),
        (15_001, 12_000),
    ],
)
def test_given_ring_time_by_promise_when_less_and_less_is_left_then_it_is_shared_as_long_as_there_are_two_floors(
    waited_ms: int, rings_ms: int
) -> None:
    queue = replace(GENERAL, ring_ms=12_000, ring=RingRules(by_promise=True))
    centre = Centre("1001", "1002", queues=[queue])
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - waited_ms)
    assert centre.told(OfferMade)[0].ring_ms == centre.sent(StartOffer)[0].ring_ms == rings_ms


def test_given_a_ceiling_below_what_is_left_when_rung_by_promise_then_the_ceiling_holds() -> None:
    queue = replace(GENERAL, ring_ms=6_000, ring=RingRules(by_promise=True))
    centre = Centre("1001", "1002", queues=[queue])
    centre.citizen("c1").queues()
    assert centre.told(OfferMade)[0].ring_ms == 6_000


# ── preferred agents ────────────────────────────────────────────────────────────────────────────────────────────────
def known(*agents: AgentSettings, explains: bool = False) -> Centre:
    """A caller who spoke with 1001 a while ago; all are idle again."""
    queues, routing = [STICKY, GENERAL, WITH_TAX], RoutingPolicy(explains=explains)
    centre = Centre("1001", "1002", *agents, queues=queues, routing=routing)
    centre.citizen("c0").queues("sticky")
    centre.agent("1001").answers().hangs_up()
    centre.citizen("c0").leaves()
    centre.wait(60_000)
    centre.forget()
    return centre


def test_given_a_caller_of_before_when_the_agent_is_idle_then_that_one_rings_and_it_is_said() -> None:
    centre = known()
    centre.citizen("c1").queues("sticky")
    (made,) = centre.told(OfferMade)
    assert (made.agent, made.reason, made.candidates) == ("1001", "preferred agent", 2)


def test_given_a_caller_of_before_when_the_agent_lacks_what_is_asked_now_then_nobody_is_waited_for() -> None:
    centre = known(counsellor("1003", "tax"))
    centre.citizen("c1").queues("sticky", "tax")
    assert centre.rings() == [("c1", "1003")]
    centre.citizen("c2").queues("sticky", "tax")
    centre.agent("1003").answers().hangs_up()
    centre.agent("1003").is_done()
    assert centre.rings()[-1] == ("c2", "1003")


def test_given_a_caller_of_before_when_the_agent_talks_then_the_contact_stands_for_them_until_its_time_is_over() -> (
    None
):
    centre = known(explains=True)
    centre.citizen("other").queues(caller="0300000000")
    centre.citizen("third").queues(caller="0300000001")
    centre.agent("1001").answers()
    centre.agent("1002").answers()
    centre.citizen("c1").queues("sticky")
    assert [why.stands_for for why in centre.told(WaitExplained)] == ["1001"]
    centre.agent("1002").hangs_up()
    centre.wait(9_999)
    assert len(centre.rings()) == 2
    centre.wait(10_001)
    assert ("c1", "1002") in centre.rings()


@pytest.mark.parametrize("how", ["break", "logged out", "removed"])
def test_given_a_contact_that_stands_for_an_agent_when_that_one_goes_then_anybody_takes_it_at_once(how: str) -> None:
    centre = known()
    for name in ("1002", "1001"):
        centre.citizen(f"busy {name}").queues(caller="0300000000")
        centre.agent(name).answers()
    centre.agent("1002").hangs_up().is_done()
    centre.citizen("c1").queues("sticky")
    assert centre.rings() == [("busy 1002", "1002"), ("busy 1001", "1001")]
    match how:
        case "break":
            centre.agent("1001").takes_a_break().hangs_up()
        case "logged out":
            centre.agent("1001").logs_out().hangs_up()
        case "removed":
            centre.configure(counsellor("1002"))
    assert centre.rings()[2:] == [("c1", "1002")]


def test_given_a_contact_that_stands_for_an_agent_when_they_are_free_first_then_they_take_it_and_nobody_else() -> None:
    centre = known()
    centre.agent("1001").takes_a_break()
    centre.citizen("other").queues(caller="0300000000")
    centre.agent("1002").answers()
    centre.agent("1001").logs_in()
    centre.citizen("third").queues(caller="0300000001")
    centre.agent("1001").answers()
    centre.citizen("c1").queues("sticky")
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[2:] == [("c1", "1001")]
    centre.agent("1002").hangs_up().is_done()
    centre.wait(9_999)
    assert len(centre.rings()) == 3, "one phone rings, however long the contact would have stood for it"
    centre.agent("1001").answers()
    centre.wait(60_000)
    assert len(centre.rings()) == 3


def test_given_a_contact_that_stands_for_an_agent_when_answered_before_its_time_is_over_then_that_is_forgotten() -> (
    None
):
    centre = known()
    centre.citizen("other").queues(caller="0300000000")
    centre.citizen("third").queues(caller="0300000001")
    centre.agent("1001").answers()
    centre.citizen("c1").queues("sticky")
    centre.agent("1001").hangs_up().is_done().answers()
    assert centre.citizen("c1").view.agent == "1001"
    centre.wait(60_000)
    assert centre.citizen("c1").view.agent == "1001"


# ── places ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_priorities_of_queue_and_flow_and_steps_when_an_agent_comes_then_they_are_added() -> None:
    vip = replace(GENERAL, id=QueueId("vip"), priority=2)
    rising = replace(GENERAL, id=QueueId("rising"), relaxation=(RelaxationStep(waited_ms=1_000, raise_priority=4),))
    centre = Centre("1001", queues=[GENERAL, vip, rising], log_in=False)
    centre.citizen("c5").queues("rising", priority=1)
    centre.citizen("c3").queues("vip", priority=1)
    centre.citizen("c4").queues(priority=2)
    centre.wait(2_000)
    agent = centre.agent("1001").logs_in()
    for _ in range(2):
        agent.answers().hangs_up().is_done()
    assert [contact for contact, _ in centre.rings()] == ["c5", "c3", "c4"]


@pytest.mark.parametrize(("called_again", "first"), [(True, "back"), (False, "inside")])
def test_given_promise_first_when_a_caller_has_the_old_place_back_then_nobody_inside_the_promise_goes_before(
    called_again: bool, first: str
) -> None:
    queue = replace(GENERAL, order=OrderPolicy.PROMISE_FIRST, guard_ms=600_000)
    centre = Centre("1001", queues=[queue], routing=RoutingPolicy(redial_ms=600_000), log_in=False)
    centre.citizen("first").queues(caller="0311112222")
    centre.wait(20_000)
    if called_again:
        centre.citizen("first").leaves()
        centre.citizen("back").queues(caller="0311112222")
    centre.citizen("inside").queues(caller="0300000000")
    centre.agent("1001").logs_in()
    assert centre.rings() == [(first, "1001")]


def test_given_promise_first_when_a_citizen_is_back_from_a_talk_then_nobody_inside_the_promise_goes_before() -> None:
    queue = replace(GENERAL, order=OrderPolicy.PROMISE_FIRST, guard_ms=600_000)
    centre = Centre("1001", queues=[queue])
    centre.citizen("back").queues()
    centre.agent("1001").answers()
    centre.wait(30_000)
    centre.citizen("inside").queues(caller="0300000000")
    centre.agent("1001").hangs_up()
    centre.citizen("back").queues()
    centre.agent("1001").is_done()
    assert centre.rings()[-1] == ("back", "1001")


def test_given_a_reload_with_another_order_when_an_agent_comes_then_who_waited_already_goes_by_it_too() -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("late").queues()
    centre.wait(20_000)
    centre.citizen("inside").queues()
    centre.queues = (replace(GENERAL, order=OrderPolicy.PROMISE_FIRST),)
    centre.configure()
    centre.agent("1001").logs_in()
    assert centre.rings() == [("inside", "1001")]


def test_given_nobody_connected_when_the_switch_is_seen_again_then_everybody_is_matched_in_order() -> None:
    centre = Centre("1001", "1002")
    centre.tell(SwitchLost())
    for name in ("c1", "c2", "c3"):
        centre.citizen(name).queues()
        centre.wait(10)
    assert centre.rings() == []
    legs = [
        citizen_leg(name, "wait", queued_at_ms=START_MS + 10 * number, queue="general")
        for number, name in enumerate(("c1", "c2", "c3"))
    ]
    centre.tell(SwitchSeen(tuple(legs)))
    assert [contact for contact, _ in centre.rings()] == ["c1", "c2"]


# ── small desks ─────────────────────────────────────────────────────────────────────────────────────────────────────
def bilingual(name: str, *more: str) -> AgentSettings:
    return counsellor(name, "tax", "english", *more)


def test_given_a_reserve_when_one_more_colleague_is_idle_at_the_small_desk_then_another_one_helps_at_once() -> None:
    routing = RoutingPolicy(small_desk_agents=2, reserve_agents=1)
    agents = [counsellor("1001", "tax"), counsellor("1002", "tax"), bilingual("1003"), counsellor("1004", "english")]
    centre = Centre(*agents, queues=[WITH_TAX, WITH_ENGLISH], routing=routing)
    centre.agent("1004").takes_a_break()
    for name in ("t1", "t2", "t3"):
        centre.citizen(name).queues("tax")
    assert centre.rings() == [("t1", "1001"), ("t2", "1002")]
    centre.agent("1004").logs_in()
    assert centre.rings()[2:] == [("t3", "1003")]
    centre.agent("1003").answers()
    centre.wait(20_000)
    assert centre.citizen("t3").view.agent == "1003"


def test_given_rules_of_lending_when_nobody_at_all_is_idle_then_whoever_waits_is_looked_at_no_more() -> None:
    centre = Centre("1001", routing=RoutingPolicy(lending=LendingRules()), log_in=False)
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - 2_000)
    centre.citizen("c2").queues(queued_at_ms=centre.now_ms - 1_000)
    centre.wait(5_000)
    centre.agent("1001").logs_in()
    assert centre.rings() == [("c1", "1001")]


@pytest.mark.parametrize(("waited_ms", "rings"), [(1_999, 0), (2_000, 1)])
def test_given_rules_of_lending_when_their_time_has_passed_already_at_the_switch_then_the_small_desk_helps_at_once(
    waited_ms: int, rings: int
) -> None:
    routing = RoutingPolicy(lending=LendingRules())
    agents = [bilingual("1001"), counsellor("1002", "tax"), counsellor("1003", "tax")]
    queues = [WITH_TAX, replace(WITH_ENGLISH, protected=True)]
    centre = Centre(*agents, queues=queues, routing=routing)
    for name in ("1002", "1003"):
        centre.citizen(f"busy {name}").queues("tax")
        centre.agent(name).answers()
    centre.forget()
    centre.citizen("t1").queues("tax", queued_at_ms=centre.now_ms - waited_ms)
    assert len(centre.rings()) == rings
    centre.wait(1)
    assert centre.rings() == [("t1", "1001")]


# ── a second phone ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_phone_that_rings_long_when_another_agent_is_idle_then_theirs_rings_too_and_it_is_said() -> None:
    centre = Centre("1001", "1002", queues=[SECOND])
    centre.wait(1_000)
    centre.citizen("c1").queues()
    centre.wait(4_999)
    assert len(centre.rings()) == 1
    centre.wait(1)
    second = centre.told(OfferMade)[1]
    assert (second.agent, second.second, second.candidates) == ("1002", True, 1)
    assert second.reason == "second phone; longest idle (6.0 s) of 1"
    centre.wait(5_000)
    assert len(centre.rings()) == 2, "there is no third"


def test_given_no_other_agent_when_one_who_lacks_the_skill_comes_then_only_one_who_can_is_rung() -> None:
    queue = replace(SECOND, requirement=frozenset({TAX}))
    agents = [counsellor("1001", "tax"), counsellor("1002", "english"), counsellor("1003", "tax")]
    centre = Centre(*agents, queues=[queue], log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.wait(6_000)
    centre.agent("1002").logs_in()
    assert len(centre.rings()) == 1
    centre.agent("1003").logs_in()
    assert centre.rings()[1:] == [("c1", "1003")]
    made = centre.told(OfferMade)[1]
    assert (made.reason, made.candidates, made.second) == ("second phone; the only one idle", 1, True)


def test_given_one_who_wants_a_second_phone_and_one_who_has_none_when_an_agent_comes_then_it_rings_for_that_one() -> (
    None
):
    centre = Centre("1001", "1002", queues=[SECOND], log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    centre.wait(6_000)
    centre.agent("1002").logs_in()
    assert centre.rings() == [("c1", "1001"), ("c2", "1002")]


@pytest.mark.parametrize("how", ["answered", "missed", "left"])
def test_given_somebody_who_wants_a_second_phone_when_the_first_is_over_then_nobody_is_rung_for_it_any_more(
    how: str,
) -> None:
    centre = Centre("1001", "1002", queues=[SECOND], log_in=False)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.wait(6_000)
    if how == "answered":
        centre.agent("1001").answers()
    elif how == "left":
        centre.citizen("c1").leaves()
    else:
        centre.agent("1001").misses(OfferFailure.LOST)  # nobody's fault: the same phone rings anew
        assert [made.second for made in centre.told(OfferMade)] == [False, False]
    rings = len(centre.rings())
    centre.agent("1002").logs_in()
    assert len(centre.rings()) == rings
    centre.wait(4_999)
    assert len(centre.rings()) == rings


@pytest.mark.parametrize(("after_ms", "seconds"), [(0, 0), (1, 1), (11_999, 1), (12_000, 0)])
def test_given_a_time_for_the_second_phone_when_it_is_within_the_ring_time_then_it_rings_then(
    after_ms: int, seconds: int
) -> None:
    queue = replace(GENERAL, ring_ms=12_000, ring=RingRules(second_offer_after_ms=after_ms))
    centre = Centre("1001", "1002", queues=[queue])
    centre.citizen("c1").queues()
    centre.wait(12_100)
    assert [made.second for made in centre.told(OfferMade)] == [False] + [True] * seconds


def test_given_no_link_when_the_second_phone_is_due_then_it_rings_when_somebody_is_seen_idle_again() -> None:
    centre = Centre("1001", "1002", queues=[SECOND])
    centre.citizen("c1").queues()
    centre.tell(SwitchLost())
    centre.wait(6_000)
    assert len(centre.rings()) == 1


def test_given_two_who_want_a_second_phone_when_one_agent_comes_then_the_first_of_them_has_it() -> None:
    centre = Centre("1001", "1002", "1003", queues=[SECOND], log_in=False)
    for name in ("1001", "1002"):
        centre.agent(name).logs_in()
    centre.citizen("c1").queues()
    centre.wait(10)
    centre.citizen("c2").queues()
    centre.wait(6_000)
    centre.agent("1003").logs_in()
    assert centre.rings()[2:] == [("c1", "1003")]
    centre.agent("1003").misses(OfferFailure.LOST)
    assert centre.rings()[3:] == [("c2", "1003")], "c1 had its second phone"


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────
SHARED = replace(GENERAL, contractor_shares={"han": 50, "nam": 50})


def test_given_an_agent_of_a_contractor_without_a_share_when_rung_then_nothing_is_booked() -> None:
    centre = Centre(replace(counsellor("1001"), contractor="other"), queues=[SHARED])
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    assert centre.told(ContractorBooked) == []


def test_given_no_shares_when_rung_then_nothing_is_booked() -> None:
    centre = Centre(replace(counsellor("1001"), contractor="han"))
    centre.citizen("c1").queues()
    assert centre.told(ContractorBooked) == []


def test_given_a_booked_offer_when_answered_then_it_stays_booked_and_when_missed_it_is_given_back_once() -> None:
    agents = [replace(counsellor(name), contractor="han") for name in ("1001", "1002")]
    centre = Centre(*agents, queues=[SHARED])
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    centre.agent("1002").answers().hangs_up()
    centre.citizen("c1").leaves()
    booked = centre.told(ContractorBooked)
    assert [(book.offer, book.contact, book.queue, book.contractor, book.by) for book in booked] == [
        ("c1-e1-1", "c1", "general", "han", 1),
        ("c1-e1-1", "c1", "general", "han", -1),
        ("c1-e1-2", "c1", "general", "han", 1),
    ]
    assert booked[-1].owed == {"han": -50, "nam": 50}


def test_given_escalation_that_raises_while_a_contact_stands_for_an_agent_when_free_then_the_raised_goes_first() -> (
    None
):
    raising = replace(GENERAL, escalation=(EscalationStep(EscalationAct.RAISE, -10_000, raise_priority=3),))
    centre = Centre("1001", queues=[raising, replace(GENERAL, id=QueueId("calm"))], log_in=False)
    centre.citizen("calm").queues("calm", priority=2)
    centre.citizen("raised").queues()
    centre.wait(5_000)
    centre.agent("1001").logs_in()
    assert centre.rings() == [("raised", "1001")]
