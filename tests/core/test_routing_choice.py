"""Which agent for a contact: each key alone, what goes before it, what it is called, and what an absence costs."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.queue_rules import ChoicePolicy
from ivr_engine.core.requirement import ANYBODY
from ivr_engine.core.routing_books import IDLE, LOGGED_OUT, ON_BREAK, RINGING, TALKING
from ivr_engine.core.routing_coverage import PLENTY, lost_by_one_less
from ivr_engine.core.routing_shares import account_of
from ivr_engine.core.vocabulary import AgentId, ContactId, QueueId, Skill
from tests.core.floor import NOW_MS, PLAIN, QUEUE, Floor, needing

SHARED = replace(QUEUE, contractor_shares={"han": 50, "nam": 50})


def by(choice: ChoicePolicy) -> QueueSettings:
    return replace(QUEUE, choice=choice)


def said(floor: Floor, queue: QueueSettings, *skills: str, rather: tuple[str, ...] = ()) -> tuple[str, int, str]:
    choice = floor.routing.choose_agent(floor.desk(*skills, rather=rather), queue, NOW_MS, NOW_MS)
    assert choice is not None
    return choice.agent, choice.candidates, choice.reason


def three() -> Floor:
    """Old has been idle longest and has most skills, plain has the fewest, adept the highest proficiency."""
    floor = Floor()
    floor.agent("adept", 10, tax=5, english=1)
    floor.agent("old", 90, tax=2, english=2, chinese=3)
    floor.agent("plain", 50, tax=1)
    return floor


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ChoicePolicy.LONGEST_IDLE, ("old", 3, "longest idle (90.0 s) of 3")),
        (ChoicePolicy.FEWEST_SKILLS, ("plain", 3, "fewest skills (1), idle 50.0 s, of 3")),
        (ChoicePolicy.HIGHEST_PROFICIENCY, ("adept", 3, "highest proficiency (5), idle 10.0 s, of 3")),
        (ChoicePolicy.COVERAGE, ("old", 3, "least loss of coverage (0.0000), idle 90.0 s, of 3")),
    ],
)
def test_given_a_policy_when_nothing_is_preferred_then_its_key_wins_and_is_said(
    choice: ChoicePolicy, expected: tuple[str, int, str]
) -> None:
    assert said(three(), by(choice), "tax") == expected


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (ChoicePolicy.LONGEST_IDLE, "2 preferred, longest idle, idle 5.0 s, of 4"),
        (ChoicePolicy.FEWEST_SKILLS, "2 preferred, fewest skills (4), idle 5.0 s, of 4"),
        (ChoicePolicy.HIGHEST_PROFICIENCY, "2 preferred, highest proficiency (1), idle 5.0 s, of 4"),
        (ChoicePolicy.COVERAGE, "2 preferred, least loss of coverage (0.0000), idle 5.0 s, of 4"),
    ],
)
def test_given_preferred_skills_when_somebody_has_more_of_them_then_that_goes_before_every_key(
    choice: ChoicePolicy, reason: str
) -> None:
    floor = three()
    floor.agent("wished", 5, tax=1, english=1, chinese=1, water=1)
    assert said(floor, by(choice), "tax", rather=("english", "water")) == ("wished", 4, reason)


@pytest.mark.parametrize("choice", [ChoicePolicy.FEWEST_SKILLS, ChoicePolicy.HIGHEST_PROFICIENCY])
def test_given_an_even_key_when_chosen_then_the_longest_idle_goes_and_then_the_name(choice: ChoicePolicy) -> None:
    floor = Floor()
    floor.agent("b", 20, tax=2)
    floor.agent("c", 30, tax=2)
    floor.agent("a", 20, tax=2)
    assert floor.chosen(floor.desk("tax"), by(choice)) == "c"
    floor.stands("c", TALKING)
    assert floor.chosen(floor.desk("tax"), by(choice)) == "a"


def test_given_nobody_idle_who_fits_when_asked_then_nobody_is_chosen() -> None:
    floor = Floor()
    floor.agent("kim", 1, english=1)
    floor.agent("lee", 1, tax=1)
    floor.stands("lee", TALKING)
    assert floor.chosen(floor.desk("tax")) is None
    assert floor.routing.idle == 1
    assert [floor.routing.is_idle(AgentId(name)) for name in ("kim", "lee", "nobody")] == [True, False, False]


# ── what an absence costs ───────────────────────────────────────────────────────────────────────────────────────────
HORIZON_MS = RoutingPolicy().coverage_horizon_ms
HALF_LIFE_MS = RoutingPolicy().rate_half_life_ms


def rare(weight: float = 40.0) -> Floor:
    """Both can tax; the longer idle one alone can sign, and signers are expected."""
    floor = Floor()
    floor.agent("signs", 90, tax=1, sign=1)
    floor.agent("plain", 10, tax=1)
    floor.expects(floor.desk("sign"), weight)
    floor.desk("tax")
    return floor


def test_given_a_rare_skill_when_coverage_chooses_then_the_other_agent_rings_and_the_price_is_said() -> None:
    floor = rare()
    agent, _, reason = said(floor, by(ChoicePolicy.COVERAGE), "tax")
    assert (agent, reason) == ("plain", "least loss of coverage (0.0000), idle 10.0 s, of 2")
    floor.stands("plain", RINGING)
    coverage = floor.desk("sign").coverage
    price = lost_by_one_less(1, coverage.expected(HORIZON_MS, HALF_LIFE_MS))
    assert price > 0.1
    assert said(floor, by(ChoicePolicy.COVERAGE), "tax") == (
        "signs",
        1,
        f"least loss of coverage ({price:.4f}), idle 90.0 s, of 1",
    )


def test_given_a_desk_of_another_weight_when_coverage_chooses_then_its_price_is_weighed() -> None:
    floor = rare()
    floor.stands("plain", RINGING)
    floor.configure({needing("sign"): 250})
    floor.expects(floor.desk("sign"), 40.0)
    price = lost_by_one_less(1, floor.desk("sign").coverage.expected(HORIZON_MS, HALF_LIFE_MS))
    assert f"({2.5 * price:.4f})" in said(floor, by(ChoicePolicy.COVERAGE), "tax")[2]


def test_given_two_rare_skills_when_coverage_chooses_then_an_agent_with_both_costs_both() -> None:
    floor = Floor()
    floor.agent("both", 90, tax=1, sign=1, chinese=1)
    floor.agent("one", 10, tax=1, sign=1)
    floor.agent("other", 20, tax=1, chinese=1)
    for skill in ("sign", "chinese"):
        floor.expects(floor.desk(skill), 60.0)
    assert floor.chosen(floor.desk("tax"), by(ChoicePolicy.COVERAGE)) == "other"


@pytest.mark.parametrize(("by_scarcity", "agent"), [(False, "few"), (True, "many")])
def test_given_a_large_and_a_small_desk_when_scarcity_counts_then_who_is_one_of_few_is_spared(
    by_scarcity: bool, agent: str
) -> None:
    floor = Floor(RoutingPolicy(coverage_by_scarcity=by_scarcity))
    floor.agent("few", 90, tax=1, sign=1)
    floor.agent("many", 10, tax=1, english=1)
    for number in range(9):
        floor.agent(f"busy{number}", 0, english=1)
        floor.stands(f"busy{number}", TALKING)
    floor.expects(floor.desk("sign"), 20.0)
    floor.expects(floor.desk("english"), 60.0)
    assert floor.chosen(floor.desk("tax"), by(ChoicePolicy.COVERAGE)) == agent


def test_given_an_arrival_or_a_colleague_when_coverage_chooses_again_then_the_price_is_asked_anew() -> None:
    floor = rare()
    floor.stands("plain", RINGING)
    sign, cover = floor.desk("sign"), by(ChoicePolicy.COVERAGE)
    first = said(floor, cover, "tax")[2]
    floor.routing.arrived(sign, NOW_MS)
    second = said(floor, cover, "tax")[2]
    assert sign.coverage.weight == 41.0
    floor.agent("more", 1, sign=1)
    third = said(floor, cover, "tax")[2]
    assert first != second != third
    prices = [float(reason.split("(")[1].split(")")[0]) for reason in (first, second, third)]
    assert prices[0] < prices[1]
    assert prices[2] < prices[0]
    floor.routing.configure(Configuration(floor.queues), {needing("sign"): 0})
    assert "(0.0000)" in said(floor, cover, "tax")[2], "a new weight counts from now on"


def test_given_plenty_of_idle_colleagues_when_coverage_chooses_then_the_longest_idle_of_all_rings() -> None:
    floor = rare(10_000.0)
    floor.desk("sign").counts[IDLE] += PLENTY
    assert floor.chosen(floor.desk("tax"), by(ChoicePolicy.COVERAGE)) == "signs"
    floor.desk("sign").dirty = True
    floor.desk("sign").counts[IDLE] -= 1
    assert floor.chosen(floor.desk("tax"), by(ChoicePolicy.COVERAGE)) == "plain"


def test_given_a_steady_stream_when_a_half_life_passes_between_two_arrivals_then_the_first_counts_half() -> None:
    floor = Floor()
    desk = floor.desk("tax")
    floor.routing.arrived(desk, NOW_MS)
    floor.routing.arrived(desk, NOW_MS)
    assert desk.coverage.weight == 2.0
    floor.routing.arrived(desk, NOW_MS + HALF_LIFE_MS)
    assert desk.coverage.weight == pytest.approx(2.0)
    assert desk.coverage.step == (NOW_MS + HALF_LIFE_MS) * 16 // HALF_LIFE_MS


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def shared() -> Floor:
    floor = Floor(RoutingPolicy(share_tolerance_percent=0), queues=[QUEUE, replace(SHARED, id=QueueId("shared"))])
    floor.agent("han", 90, contractor="han", tax=1)
    floor.agent("nam", 10, contractor="nam", tax=1)
    return floor


def test_given_a_contractor_behind_when_one_of_theirs_is_idle_then_they_go_first_and_it_is_said() -> None:
    floor = shared()
    assert said(floor, SHARED, "tax")[::2] == ("han", "longest idle (90.0 s) of 2")
    name, shares = account_of(SHARED.id, ()), SHARED.contractor_shares
    floor.routing.ledger.book(name, shares, SHARED.share_interval_ms, "han", NOW_MS, by=1)
    assert said(floor, SHARED, "tax")[::2] == ("nam", "longest idle (10.0 s) of 2; nam is behind its share")
    cover = replace(SHARED, choice=ChoicePolicy.COVERAGE)
    assert said(floor, cover, "tax")[2] == (
        "least loss of coverage (0.0000), idle 10.0 s, of 2; nam is behind its share"
    )
    few = replace(SHARED, choice=ChoicePolicy.FEWEST_SKILLS)
    assert said(floor, few, "tax")[2] == "fewest skills (1), idle 10.0 s, of 2; nam is behind its share"
    floor.stands("nam", TALKING)
    assert said(floor, SHARED, "tax")[::2] == ("han", "longest idle (90.0 s) of 1")


def test_given_shares_that_are_agreed_later_when_configured_then_crews_part_by_contractor_and_join_again_after() -> (
    None
):
    floor = Floor()
    for name in ("han", "nam"):
        floor.agent(name, 5, contractor=name, tax=1)
    assert len(floor.routing.books.crews) == 1
    agents = tuple(AgentSettings(AgentId(name), name, {Skill("tax"): 1}, contractor=name) for name in ("han", "nam"))
    unknown = AgentSettings(AgentId("new"), "new", {Skill("tax"): 1})
    one_of_two = (QUEUE, replace(SHARED, id=QueueId("shared")))
    floor.routing.configure(Configuration(one_of_two, (*agents, unknown)), {})
    assert sorted(crew.contractor for crew in floor.routing.books.crews.values()) == ["han", "nam"]
    assert list(floor.routing.books.members) == ["han", "nam"]
    assert floor.routing.idle == 2
    floor.routing.configure(Configuration((QUEUE,), agents), {})
    assert len(floor.routing.books.crews) == 1


# ── who stands where ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (IDLE, ON_BREAK, True),
        (TALKING, LOGGED_OUT, True),
        (IDLE, TALKING, False),
        (ON_BREAK, LOGGED_OUT, False),
        (LOGGED_OUT, ON_BREAK, False),
        (ON_BREAK, IDLE, False),
        (IDLE, IDLE, False),
    ],
)
def test_given_an_agent_when_going_anywhere_then_only_from_duty_to_none_may_a_desk_have_nobody_now(
    before: int, after: int, left: bool
) -> None:
    floor = Floor()
    floor.agent("kim", tax=1)
    floor.stands("kim", before)  # type: ignore[arg-type]
    floor.routing.somebody_left = False
    floor.stands("kim", after)  # type: ignore[arg-type]
    assert floor.routing.somebody_left is left
    assert floor.desk("tax").counts[after] == 1


def test_given_nobody_ever_left_when_a_centre_begins_then_nothing_is_to_be_looked_at() -> None:
    floor = Floor()
    assert (floor.routing.somebody_left, floor.routing.loosened) == (False, False)
    floor.stands("nobody", IDLE)
    assert floor.routing.idle == 0


def test_given_an_idle_agent_when_idle_since_another_time_then_the_order_follows() -> None:
    floor = Floor()
    floor.agent("kim", 90, tax=1)
    floor.agent("lee", 50, tax=1)
    floor.stands("kim", IDLE, 10)
    assert floor.chosen(floor.desk("tax")) == "lee"


# ── places ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_contacts_in_places_when_asked_who_is_ahead_then_older_ones_of_the_desk_in_every_line_count() -> None:
    floor = Floor()
    desk, other = floor.desk("tax"), floor.desk("water")
    floor.waits("c1", desk, 30)
    floor.waits("c2", desk, 20, replace(PLAIN, priority=5))
    floor.waits("c3", desk, 10)
    floor.waits("w1", other, 99)
    assert [floor.routing.ahead(ContactId(name)) for name in ("c1", "c2", "c3", "w1", "nobody")] == [0, 1, 2, 0, 0]
    assert (floor.routing.waiting, floor.routing.stands(ContactId("c1"))) == (4, True)
    assert floor.routing.in_order(NOW_MS) == ["c2", "w1", "c1", "c3"]
    floor.routing.remove(ContactId("c1"))
    floor.routing.remove(ContactId("c1"))
    assert (floor.routing.waiting, floor.routing.stands(ContactId("c1"))) == (3, False)
    assert [floor.routing.ahead(ContactId(name)) for name in ("c2", "c3")] == [0, 1]
    floor.routing.remove(ContactId("c2"))
    floor.routing.remove(ContactId("c3"))
    assert desk.lines == {}


def test_given_a_contact_that_is_placed_again_when_counted_then_it_stands_once() -> None:
    floor = Floor()
    desk = floor.desk("tax")
    floor.waits("c1", desk, 30)
    floor.waits("c2", desk, 20)
    floor.waits("c1", desk, 10)
    assert (desk.waiting, floor.routing.waiting) == (2, 2)
    assert floor.routing.in_order(NOW_MS) == ["c2", "c1"]


def test_given_a_contact_that_stands_for_one_agent_when_others_come_then_that_one_alone_takes_it() -> None:
    floor = Floor()
    desk = floor.desk("tax")
    for name in ("kim", "lee"):
        floor.agent(name, 10, tax=1)
    floor.waits("c1", desk, 30, only="kim")
    floor.waits("c2", desk, 20, replace(PLAIN, priority=1), only="kim")
    floor.waits("c3", desk, 10)
    assert (floor.taken("lee"), floor.taken("kim")) == ("c3", "c2")
    turn = floor.turn("kim")
    assert turn is not None
    assert (turn.candidates, turn.reason) == (3, "waited longest (20.0 s) of 3")
    kim, lee = AgentId("kim"), AgentId("lee")
    assert sorted(floor.routing.waiting_for(kim)) == ["c1", "c2"]
    assert floor.routing.waiting_for(lee) == []
    assert [floor.routing.stands_for(ContactId(name)) for name in ("c1", "c3", "c9")] == ["kim", None, None]
    assert [floor.routing.may_take(agent, ContactId("c1"), NOW_MS) for agent in (kim, lee)] == [True, False]
    floor.routing.remove(ContactId("c1"))
    assert floor.routing.waiting_for(kim) == ["c2"]
    floor.routing.remove(ContactId("c2"))
    assert floor.routing.waiting_for(kim) == []
    assert floor.taken("kim") == "c3"


def test_given_two_desks_when_an_agent_of_both_comes_then_the_first_in_rank_of_both_is_next_and_all_are_counted() -> (
    None
):
    floor = Floor()
    floor.agent("kim", 10, tax=1, water=1)
    assert floor.turn("kim") is None
    floor.waits("t1", floor.desk("tax"), 30)
    floor.waits("t2", floor.desk("tax"), 29)
    floor.waits("w1", floor.desk("water"), 40)
    floor.waits("w2", floor.desk("water"), 5, replace(PLAIN, priority=1))
    floor.waits("x1", floor.desk("sign"), 99, replace(PLAIN, priority=9))
    turn = floor.turn("kim")
    assert turn is not None
    assert (turn.contact, turn.candidates, turn.reason) == ("w2", 4, "waited longest (5.0 s) of 4")
    floor.routing.remove(ContactId("w2"))
    assert floor.taken("kim") == "w1"
    floor.agent("lee", 10, chinese=1)
    assert floor.turn("lee") is None


def test_given_any_agent_and_contact_when_asked_whether_one_may_take_the_other_then_skills_decide() -> None:
    floor = Floor()
    floor.agent("kim", tax=1)
    floor.waits("c1", floor.desk("tax"), 1)
    floor.waits("c2", floor.desk("water"), 1)
    may = floor.routing.may_take
    assert may(AgentId("kim"), ContactId("c1"), NOW_MS)
    assert not may(AgentId("kim"), ContactId("c2"), NOW_MS)
    assert not may(AgentId("nobody"), ContactId("c1"), NOW_MS)
    assert not may(AgentId("kim"), ContactId("nobody"), NOW_MS)


def test_given_an_experienced_desk_when_the_wait_is_asked_then_it_is_the_mean_of_the_range() -> None:
    floor = Floor()
    floor.agent("kim", tax=1)
    desk = floor.desk("tax")
    desk.handle_ms, desk.handled = 60_000, 5
    assert floor.routing.expected_wait_ms(desk, 0) == 0
    assert floor.routing.expected_wait_ms(desk, 1) == 120_000
    assert floor.routing.expected_wait_ms(floor.desk("water"), 0) is None


def test_given_everybody_fits_when_nothing_is_needed_then_the_desk_of_anybody_takes_all() -> None:
    floor = three()
    assert floor.routing.books.desk(ANYBODY).idle == 3
