"""Which agent, which contact: every policy of choice, the order under a promise, reserves and shares."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import AgentSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.notices import ContractorBooked, OfferMade, WaitExplained
from ivr_engine.core.queue_rules import ChoicePolicy, OrderPolicy, RingRules
from ivr_engine.core.requirement import Need, Requirement, preferring, requirement_of
from ivr_engine.core.routing_coverage import lost_by_one_less
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from tests.core.centre import GENERAL, Centre, counsellor

TAX, ENGLISH = Skill("tax"), Skill("english")
WITH_TAX = QueueSettings(QueueId("tax"), frozenset({TAX}))
WITH_ENGLISH = QueueSettings(QueueId("english"), frozenset({ENGLISH}))
FIRST = replace(GENERAL, order=OrderPolicy.PROMISE_FIRST, guard_ms=30_000)


def agent(name: str, **skills: int) -> AgentSettings:
    return AgentSettings(AgentId(name), name, {Skill(skill): level for skill, level in skills.items()})


# ── which agent ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("choice", "chosen", "said"),
    [
        (ChoicePolicy.LONGEST_IDLE, "1001", "longest idle"),
        (ChoicePolicy.FEWEST_SKILLS, "1002", "fewest skills (1)"),
        (ChoicePolicy.HIGHEST_PROFICIENCY, "1003", "highest proficiency (5)"),
    ],
)
def test_given_three_idle_agents_when_chosen_by_a_policy_then_its_key_wins_and_is_said(
    choice: ChoicePolicy, chosen: str, said: str
) -> None:
    agents = (agent("1001", tax=2, english=1), agent("1002", tax=2), agent("1003", tax=5, english=1))
    centre = Centre(*agents, queues=[replace(WITH_TAX, choice=choice)], log_in=False)
    for each in agents:
        centre.agent(each.id).logs_in()
        centre.wait(1_000)
    centre.citizen("c1").queues("tax")
    assert centre.rings() == [("c1", chosen)]
    (made,) = centre.told(OfferMade)
    assert made.reason.startswith(said)
    assert made.candidates == 3


def test_given_english_callers_expected_when_tax_is_asked_for_then_coverage_spares_the_last_who_speaks_it() -> None:
    queues = [replace(WITH_TAX, choice=ChoicePolicy.COVERAGE), WITH_ENGLISH]
    centre = Centre(agent("1001", tax=3, english=3), agent("1002", tax=3), agent("1003", tax=3), queues=queues)
    for number in range(3):
        centre.citizen(f"e{number}").queues("english").leaves()
    centre.wait(20_000)
    centre.forget()
    centre.citizen("c1").queues("tax")
    centre.citizen("c2").queues("tax")
    assert centre.rings() == [("c1", "1002"), ("c2", "1003")]
    assert "least loss of coverage" in centre.told(OfferMade)[0].reason


def test_given_preferred_skills_when_two_fit_then_who_meets_more_of_them_rings() -> None:
    wanted = preferring(requirement_of(frozenset({TAX})), (Need(ENGLISH, 3),))
    centre = Centre(
        agent("1001", tax=3), agent("1002", tax=3, english=4), queues=[replace(WITH_TAX, expression=wanted)]
    )
    centre.citizen("c1").queues("tax")
    assert centre.rings() == [("c1", "1002")]


def test_given_a_least_proficiency_when_an_agent_has_less_then_the_contact_waits_and_says_why() -> None:
    queue = replace(GENERAL, expression=Requirement(((Need(TAX, 4),),)))
    centre = Centre(agent("1001", tax=3), agent("1002", tax=4), queues=[queue], routing=RoutingPolicy(explains=True))
    centre.agent("1002").takes_a_break()
    centre.citizen("c1").queues()
    assert centre.rings() == []
    (why,) = centre.told(WaitExplained)
    assert (why.needs, why.not_free) == ("tax >= 4", {"on_break": 1})
    centre.agent("1002").logs_in()
    assert centre.rings() == [("c1", "1002")]


def test_given_erlangs_loss_when_one_agent_less_then_the_loss_is_what_the_tables_say() -> None:
    # Erlang-B of 10 agents at 5 erlangs is 0.0183845703, of 9 agents 0.0374577
    assert lost_by_one_less(10, 5.0) == pytest.approx(5 * (0.0374577 - 0.0183845703), abs=1e-6)
    assert lost_by_one_less(0, 5.0) == 0.0
    assert lost_by_one_less(1, 0.5) == pytest.approx(0.5 * (1 - 1 / 3))


# ── which contact ───────────────────────────────────────────────────────────────────────────────────────────────────
def waiting(centre: Centre, *names: str, every_ms: int) -> None:
    for name in names:
        centre.citizen(name).queues()
        centre.wait(every_ms)


def served(centre: Centre) -> str:
    """Whom the one agent takes who comes now."""
    centre.forget()
    centre.agent("1001").logs_in()
    ((contact, _),) = centre.rings()
    return contact


def test_given_a_late_contact_and_one_inside_the_promise_when_an_agent_comes_then_the_promise_is_kept_first() -> None:
    centre = Centre("1001", queues=[FIRST], log_in=False)
    waiting(centre, "late", "inside", every_ms=10_000)
    assert served(centre) == "inside"


def test_given_a_contact_late_for_the_guard_when_an_agent_comes_then_nobody_overtakes_it_any_more() -> None:
    centre = Centre("1001", queues=[FIRST], log_in=False)
    waiting(centre, "late", every_ms=15_000 + 30_000)
    waiting(centre, "inside", every_ms=0)
    assert served(centre) == "late"


def test_given_first_in_first_out_when_somebody_is_late_then_the_oldest_goes_first() -> None:
    centre = Centre("1001", log_in=False)
    waiting(centre, "late", "inside", every_ms=10_000)
    assert served(centre) == "late"


@pytest.mark.parametrize(("waits_ms", "first"), [(59_000, "urgent"), (60_000, "old")])
def test_given_priorities_that_age_when_somebody_waited_long_enough_then_no_priority_overtakes(
    waits_ms: int, first: str
) -> None:
    centre = Centre("1001", queues=[replace(GENERAL, aging_ms=60_000)], log_in=False)
    centre.citizen("old").queues()
    centre.wait(waits_ms)
    centre.citizen("urgent").queues(priority=5)
    assert served(centre) == first


def test_given_a_caller_who_gave_up_when_calling_again_within_ten_minutes_then_the_old_place_is_back() -> None:
    centre = Centre("1001", log_in=False, routing=RoutingPolicy(redial_ms=600_000))
    centre.citizen("c1").queues(caller="0311112222")
    centre.wait(1_000)
    centre.citizen("c2").queues(caller="0333334444")
    centre.citizen("c1").leaves()
    centre.wait(599_000)
    centre.citizen("c3").queues(caller="0311112222")
    assert served(centre) == "c3"


def test_given_a_caller_who_gave_up_longer_ago_when_calling_again_then_the_place_is_a_new_one() -> None:
    centre = Centre("1001", log_in=False, routing=RoutingPolicy(redial_ms=600_000))
    centre.citizen("c1").queues(caller="0311112222").leaves()
    centre.citizen("c2").queues(caller="0333334444")
    centre.wait(600_001)
    centre.citizen("c3").queues(caller="0311112222")
    assert served(centre) == "c2"


# ── small desks ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_reserve_when_only_the_small_desk_is_idle_then_others_wait_until_their_promise_is_about_to_break() -> (
    None
):
    policy = RoutingPolicy(small_desk_agents=1, reserve_agents=1, reserve_yields_ms=4_000)
    agents = [counsellor("1001", "tax"), counsellor("1002", "tax"), agent("1003", tax=3, english=3)]
    centre = Centre(*agents, queues=[WITH_TAX, WITH_ENGLISH], routing=policy)
    for name in ("c1", "c2", "c3"):
        centre.citizen(name).queues("tax")
    assert centre.rings() == [("c1", "1001"), ("c2", "1002")]
    centre.wait(10_999)
    assert len(centre.rings()) == 2
    centre.wait(1)
    assert centre.rings()[2:] == [("c3", "1003")]


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_shares_when_two_contractors_are_idle_then_who_is_behind_goes_first_and_each_decision_is_booked() -> None:
    queue = replace(GENERAL, contractor_shares={"han": 75, "nam": 25}, wrap_up_ms=0)
    agents = [replace(counsellor(f"{1001 + n}"), contractor=("han", "nam")[n % 2]) for n in range(4)]
    centre = Centre(*agents, queues=[queue], routing=RoutingPolicy(share_tolerance_percent=0))
    for number in range(40):
        centre.citizen(f"c{number}").queues()
        centre.agent(centre.rings()[-1][1]).answers().hangs_up()
        centre.wait(1_000)
    booked = centre.told(ContractorBooked)
    assert [sum(book.contractor == name for book in booked) for name in ("han", "nam")] == [30, 10]
    assert booked[-1].owed == booked[-1].owed_by_centre == {"han": 0, "nam": 0}


def test_given_a_desk_of_one_contractor_when_shares_are_kept_then_the_other_desks_make_good_what_it_cannot() -> None:
    shares = {"han": 50, "nam": 50}
    queues = [replace(GENERAL, contractor_shares=shares, wrap_up_ms=0)]
    queues.append(replace(queues[0], id=QueueId("sign"), requirement=frozenset({Skill("sign")})))
    agents = [replace(counsellor("1001", "sign"), contractor="han"), replace(counsellor("1002"), contractor="han")]
    agents.append(replace(counsellor("1003"), contractor="nam"))
    centre = Centre(*agents, queues=queues, routing=RoutingPolicy(share_tolerance_percent=0))
    for number in range(30):
        centre.citizen(f"c{number}").queues("sign" if number % 3 == 0 else "general")
        centre.agent(centre.rings()[-1][1]).answers().hangs_up()
        centre.wait(1_000)
    booked = centre.told(ContractorBooked)
    by_skill = [(book.skills, book.contractor) for book in booked]
    assert by_skill.count((("sign",), "han")) == 10
    assert sum(book.contractor == "nam" for book in booked) in (14, 15)
    assert {name: abs(owed) <= 100 for name, owed in booked[-1].owed_by_centre.items()} == {"han": True, "nam": True}


def test_given_shares_when_only_the_contractor_ahead_is_idle_then_nobody_waits_for_a_quota() -> None:
    queue = replace(GENERAL, contractor_shares={"han": 1, "nam": 99})
    centre = Centre(replace(counsellor("1001"), contractor="han"), queues=[queue])
    centre.citizen("c1").queues()
    assert centre.rings() == [("c1", "1001")]


def test_given_a_missed_ring_when_it_was_booked_then_the_contractor_has_it_back() -> None:
    queue = replace(GENERAL, contractor_shares={"han": 50, "nam": 50})
    centre = Centre(replace(counsellor("1001"), contractor="han"), queues=[queue])
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    assert [book.by for book in centre.told(ContractorBooked)] == [1, -1]
    assert centre.told(ContractorBooked)[-1].owed == {"han": 0, "nam": 0}


# ── ring time ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("waited_ms", "rings_ms"), [(0, 10_000), (3_000, 7_000), (6_000, 9_000), (12_000, 5_000), (20_000, 12_000)]
)
def test_given_ring_time_by_promise_when_another_agent_is_idle_then_a_second_phone_can_still_keep_it(
    waited_ms: int, rings_ms: int
) -> None:
    queue = replace(GENERAL, ring_ms=12_000, ring=RingRules(by_promise=True))
    centre = Centre("1001", "1002", queues=[queue])
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - waited_ms)
    assert centre.told(OfferMade)[0].ring_ms == rings_ms


def test_given_ring_time_by_promise_when_nobody_else_is_idle_then_the_phone_rings_for_its_ceiling() -> None:
    centre = Centre("1001", queues=[replace(GENERAL, ring_ms=12_000, ring=RingRules(by_promise=True))])
    centre.citizen("c1").queues()
    assert centre.told(OfferMade)[0].ring_ms == 12_000
