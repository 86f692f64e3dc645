"""Why a contact is with nobody yet: every agent counted by what keeps them, the place, the wait, the shares."""

from dataclasses import replace

from ivr_engine.core.configuration import RoutingPolicy
from ivr_engine.core.events import SwitchLost
from ivr_engine.core.explanation import AGENTS_NAMED, AgentWhy, Why
from ivr_engine.core.notices import WaitExplained
from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, QueueId, Skill
from tests.core.centre import GENERAL, Centre, counsellor

WATER = replace(GENERAL, requirement=frozenset({Skill("water")}))


def why(centre: Centre, contact: str) -> Why:
    found = centre.engine.why(ContactId(contact), centre.now_ms)
    assert found is not None
    return found


def test_given_agents_of_every_kind_when_asked_why_somebody_waits_then_each_is_counted_by_what_keeps_them() -> None:
    agents = [counsellor(f"100{number}", "water") for number in range(1, 6)]
    centre = Centre(*agents, counsellor("2001"), counsellor("2002"), queues=[WATER], log_in=False)
    for name in ("1001", "1002", "1003", "1004", "2001", "2002"):
        centre.agent(name).logs_in()
        centre.wait(10)
    centre.agent("1004").takes_a_break()
    for name in ("c1", "c2", "c3", "c4", "c5"):
        centre.citizen(name).queues()
        centre.wait(100)
    centre.agent("1001").answers()
    centre.agent("1002").answers().hangs_up()
    seen = why(centre, "c5")
    assert (seen.phase, seen.place, seen.waited_ms, seen.candidates) == (ContactPhase.QUEUED, 2, 100, 0)
    assert seen.counts == {"ringing": 1, "talking": 1, "wrap_up": 1, "on_break": 1, "logged_out": 1, "lacks_skills": 2}
    assert seen.agents == (
        AgentWhy(AgentId("1003"), "ringing"),
        AgentWhy(AgentId("1001"), "talking"),
        AgentWhy(AgentId("1002"), "wrap_up"),
        AgentWhy(AgentId("1004"), "on_break"),
        AgentWhy(AgentId("1005"), "logged_out"),
    )
    assert (seen.offer, seen.second_offer, seen.stands_for, seen.relaxation_step) == (None, None, "", 0)


def test_given_a_contact_that_rings_when_asked_why_then_the_choice_and_the_offer_are_told_and_no_place() -> None:
    centre = Centre("1001", "1002")
    centre.wait(4_000)
    centre.citizen("c1").queues()
    seen = why(centre, "c1")
    assert (seen.phase, seen.place, seen.expected_wait_ms) == (ContactPhase.OFFERED, None, None)
    assert seen.counts == {"free": 1, "ringing": 1}
    assert (seen.candidates, seen.last_choice) == (1, "longest idle (4.0 s) of 2")
    assert seen.offer == centre.agent("1001").offer.offer


def test_given_a_reserve_when_asked_why_somebody_waits_then_the_idle_agent_is_kept_back() -> None:
    routing = RoutingPolicy(small_desk_agents=1, reserve_agents=1)
    agents = [counsellor("1001", "water"), counsellor("1002")]
    centre = Centre(*agents, queues=[GENERAL, replace(WATER, id=QueueId("water"))], routing=routing)
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    seen = why(centre, "c2")
    assert (seen.counts, seen.candidates) == ({"kept_back": 1, "ringing": 1}, 0)


def test_given_more_agents_than_anybody_reads_when_asked_why_then_twenty_are_named_and_all_are_counted() -> None:
    names = [f"{1000 + number}" for number in range(25)]
    centre = Centre(*reversed(names), log_in=False)
    for name in names[5:]:
        centre.agent(name).logs_in().takes_a_break()
    centre.citizen("c1").queues()
    seen = why(centre, "c1")
    assert seen.counts == {"on_break": 20, "logged_out": 5}
    assert [each.agent for each in seen.agents] == names[5:]
    assert AGENTS_NAMED == 20


def test_given_a_contact_in_the_flow_or_in_a_talk_when_asked_why_then_it_does_not_wait() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("c1").arrives()
    centre.wait(3_000)
    seen = why(centre, "c1")
    assert (seen.phase, seen.queue, seen.waited_ms, seen.place) == (ContactPhase.IN_FLOW, None, None, None)
    assert (seen.candidates, seen.counts, seen.needs) == (2, {"free": 2}, "anybody")
    centre.citizen("c1").queues()
    assert why(centre, "c1").waited_ms == 0
    centre.wait(2_000)
    assert why(centre, "c1").waited_ms == 2_000
    centre.agent("1001").answers()
    seen = why(centre, "c1")
    assert (seen.phase, seen.queue, seen.waited_ms, seen.place) == (ContactPhase.CONNECTED, "general", None, None)
    assert seen.counts == {"free": 1, "talking": 1}


def test_given_a_clock_that_is_asked_for_an_earlier_moment_when_asked_why_then_no_wait_is_negative() -> None:
    centre = Centre()
    centre.citizen("c1").queues()
    found = centre.engine.why(ContactId("c1"), centre.now_ms - 5_000)
    assert found is not None
    assert found.waited_ms == 0


def test_given_two_who_wait_when_asked_why_then_place_and_expected_wait_are_told() -> None:
    centre = Centre("1001", queues=[replace(GENERAL, wrap_up_ms=10_000)])
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(50_000)
        centre.agent("1001").hangs_up()
        centre.citizen(f"before{number}").leaves()
        centre.wait(10_000)
    for name in ("talks", "c1", "c2"):
        centre.citizen(name).queues()
    assert [(why(centre, name).place, why(centre, name).expected_wait_ms) for name in ("c1", "c2")] == [
        (1, 60_000),
        (2, 120_000),
    ]


def test_given_a_contact_that_stands_for_the_agent_of_last_time_when_asked_why_then_that_one_is_named() -> None:
    centre = Centre("1001", "1002", queues=[replace(GENERAL, last_agent_wait_ms=10_000)])
    centre.citizen("c0").queues()
    centre.agent("1001").answers().hangs_up()
    centre.citizen("c0").leaves()
    centre.citizen("c1").queues()
    seen = why(centre, "c1")
    assert (seen.stands_for, seen.place, seen.counts) == ("1001", 1, {"kept_back": 1, "wrap_up": 1})


def test_given_a_link_that_is_down_when_asked_why_then_idle_agents_are_out_of_sight_and_not_kept_back() -> None:
    centre = Centre("1001", routing=RoutingPolicy(explains=True))
    centre.tell(SwitchLost())
    centre.citizen("c1").queues()
    told = centre.told(WaitExplained)[-1]
    assert (told.kept_back, told.out_of_sight) == (0, True)
    seen = why(centre, "c1")
    assert (seen.counts, seen.candidates) == ({"out_of_sight": 1}, 0)


def test_given_nobody_of_that_name_when_asked_why_then_there_is_no_answer() -> None:
    assert Centre("1001").engine.why(ContactId("c1")) is None


def test_given_agreed_shares_when_asked_then_each_contractor_s_account_is_told() -> None:
    shared = replace(GENERAL, contractor_shares={"nam": 25, "han": 75})
    centre = Centre(replace(counsellor("1001"), contractor="han"), queues=[shared])
    assert centre.engine.shares() == ()
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    interval_began_ms = centre.now_ms - centre.now_ms % shared.share_interval_ms
    assert [
        (one.queue, one.contractor, one.share_percent, one.given, one.owed_hundredths, one.since_ms)
        for one in centre.engine.shares()
    ] == [
        ("general", "han", 75, 1, -25, interval_began_ms),
        ("general", "nam", 25, 0, 25, interval_began_ms),
        ("", "han", 0, 1, -25, interval_began_ms),
        ("", "nam", 0, 0, 25, interval_began_ms),
    ]
