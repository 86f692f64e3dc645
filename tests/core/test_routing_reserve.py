"""What small desks keep and lend, moment by moment: who is small, when the reserve yields, whose price is paid."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import RoutingPolicy
from ivr_engine.core.queue_rules import LateRules, LendingRules
from ivr_engine.core.routing_books import IDLE, LOGGED_OUT, ON_BREAK, TALKING, Desk
from ivr_engine.core.routing_coverage import lost_by_one_less
from ivr_engine.core.routing_lending import put_in
from ivr_engine.core.vocabulary import AgentId, ContactId
from tests.core.floor import NOW_MS, PLAIN, QUEUE, Floor, needing, tolerated

RESERVE = RoutingPolicy(small_desk_agents=2, reserve_agents=1, reserve_yields_ms=4_000)
LENDING = RoutingPolicy(lending=LendingRules())
FIRST = replace(PLAIN, promise_first=True, guard_ms=60_000)


def small_desk(policy: RoutingPolicy = RESERVE) -> Floor:
    """Two sign; they and three others, who are busy, take general calls."""
    floor = Floor(policy)
    floor.desk("sign")
    floor.desk("general")
    for name in ("sign1", "sign2"):
        floor.agent(name, 10, general=1, sign=1)
    for name in ("gen1", "gen2", "gen3"):
        floor.agent(name, 10, general=1)
        floor.stands(name, TALKING)
    floor.configure({needing("sign"): 100, needing("general"): 100}, protected=[needing("sign")])
    return floor


def kept_small(floor: Floor) -> list[Desk]:
    return floor.routing.books.members[AgentId("sign1")].crew.small_desks


# ── who is small ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_as_many_on_duty_as_make_a_desk_small_when_one_more_comes_or_goes_then_it_is_judged_at_once() -> None:
    floor = small_desk()
    sign = floor.desk("sign")
    floor.routing.loosened = False
    assert (sign.small, floor.desk("general").small, kept_small(floor)) == (True, False, [sign])
    floor.agent("sign3", 0, sign=1)
    assert (sign.small, kept_small(floor), floor.routing.loosened) == (False, [], True)
    floor.routing.loosened = False
    floor.stands("sign3", ON_BREAK)
    assert (sign.small, kept_small(floor), floor.routing.loosened) == (True, [sign], True)
    floor.routing.loosened = False
    floor.stands("sign3", LOGGED_OUT)
    floor.stands("sign2", TALKING)
    assert (sign.small, kept_small(floor), floor.routing.loosened) == (True, [sign], False)
    floor.goes("sign1")
    floor.goes("sign2")
    assert (sign.small, kept_small(floor)) == (False, []), "nobody on duty: there is nothing to keep"
    floor.stands("sign1", IDLE)
    assert (sign.small, kept_small(floor)) == (True, [sign])


def test_given_a_small_desk_when_its_third_agent_is_dismissed_or_learns_something_else_then_it_is_small_again() -> None:
    for changed in ("dismissed", "taught"):
        floor = small_desk()
        sign = floor.desk("sign")
        floor.agent("sign3", 0, sign=1)
        assert not sign.small
        if changed == "dismissed":
            floor.routing.dismiss(AgentId("sign3"))
        else:
            floor.agent("sign3", 0, water=1)
        assert (sign.small, kept_small(floor)) == (True, [sign])
        floor.routing.dismiss(AgentId("nobody"))


def test_given_a_protected_desk_and_rules_of_lending_when_judged_then_it_is_small_however_many_are_on_duty() -> None:
    floor = small_desk(LENDING)
    sign = floor.desk("sign")
    assert (sign.small, sign.protected, kept_small(floor)) == (True, True, [sign])
    floor.agent("sign3", 0, sign=1, water=1)
    assert floor.routing.books.members[AgentId("sign3")].crew.small_desks == [sign]
    floor.routing.dismiss(AgentId("sign3"))
    for name in ("sign1", "sign2"):
        floor.goes(name)
    assert sign.small
    floor.configure({needing("sign"): 100})
    assert (sign.small, sign.protected, sign.configured, kept_small(floor)) == (False, False, True, [])
    assert not floor.desk("general").configured, "no queue names it any more"


def test_given_a_protected_desk_without_rules_of_lending_when_judged_then_it_is_as_any_other() -> None:
    floor = small_desk(RoutingPolicy())
    assert (floor.desk("sign").small, kept_small(floor)) == (False, [])
    floor.agent("new", 0, sign=1)
    assert floor.chosen(floor.desk("general")) == "sign1"


def test_given_a_new_crew_at_a_small_desk_when_enrolled_then_it_is_kept_too() -> None:
    floor = Floor(RESERVE)
    floor.desk("sign")
    floor.agent("sign1", 10, general=1, sign=1)
    floor.agent("sign2", 10, general=2, sign=1)
    assert floor.routing.books.members[AgentId("sign2")].crew.small_desks == [floor.desk("sign")]


# ── the reserve ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("waited_seconds", "chosen"), [(10.999, None), (11.0, "sign2"), (15.0, "sign2"), (15.1, "sign2")]
)
def test_given_the_last_of_a_small_desk_when_others_wait_then_she_is_kept_until_their_promise_ends_soon(
    waited_seconds: float, chosen: str | None
) -> None:
    floor = small_desk()
    general = floor.desk("general")
    assert floor.chosen(general) == "sign1", "two are idle, one is kept"
    floor.stands("sign1", TALKING)
    assert floor.chosen(general, waited_seconds=waited_seconds) == chosen
    assert floor.chosen(floor.desk("sign"), waited_seconds=waited_seconds) == "sign2"


@pytest.mark.parametrize(
    ("yields_ms", "late", "waited_seconds", "chosen"),
    [
        (0, False, 15.0, "sign2"),
        (0, False, 14.999, None),
        (0, False, 15.001, None),
        (0, True, 15.001, "sign2"),
        (4_000, False, 15.001, None),
        (4_000, False, 14.0, "sign2"),
    ],
)
def test_given_a_reserve_that_does_or_does_not_yield_to_the_late_when_chosen_then_it_is_as_written(
    yields_ms: int, late: bool, waited_seconds: float, chosen: str | None
) -> None:
    floor = small_desk(replace(RESERVE, reserve_yields_ms=yields_ms, reserve_yields_late=late))
    floor.stands("sign1", TALKING)
    assert floor.chosen(floor.desk("general"), waited_seconds=waited_seconds) == chosen


def test_given_a_reserve_when_other_crews_are_idle_then_they_alone_are_candidates() -> None:
    floor = small_desk()
    floor.stands("sign1", TALKING)
    for name in ("gen1", "gen2"):
        floor.stands(name, IDLE, 1)
    choice = floor.routing.choose_agent(floor.desk("general"), QUEUE, NOW_MS, NOW_MS)
    assert choice is not None
    assert (choice.agent, choice.candidates) == ("gen1", 2)


def test_given_a_desk_with_no_more_agents_than_the_small_one_when_chosen_then_nothing_is_kept_from_it() -> None:
    floor = small_desk(replace(RESERVE, small_desk_agents=2))
    floor.stands("sign1", TALKING)
    for name in ("gen1", "gen2"):
        floor.goes(name)
    assert floor.desk("general").on_duty == 3
    assert floor.chosen(floor.desk("general")) is None
    floor.goes("gen3")
    assert floor.desk("general").on_duty == 2
    assert floor.chosen(floor.desk("general")) == "sign2"


def test_given_two_small_desks_when_one_of_them_calls_then_nothing_is_kept_from_it_for_the_other() -> None:
    floor = small_desk()
    floor.desk("chinese")
    floor.agent("both", 99, sign=1, chinese=1)
    floor.goes("sign1")
    floor.stands("sign2", TALKING)
    assert (floor.desk("sign").on_duty, floor.desk("chinese").on_duty) == (2, 1)
    assert floor.chosen(floor.desk("sign")) == "both"


def test_given_small_desks_without_a_reserve_when_everybody_is_busy_then_any_of_them_may_take_whoever_waits() -> None:
    floor = small_desk(replace(RESERVE, reserve_agents=0))
    for name in ("sign1", "sign2"):
        floor.stands(name, TALKING)
    floor.waits("g1", floor.desk("general"), 1)
    assert floor.routing.may_take(AgentId("sign1"), ContactId("g1"), NOW_MS)


@pytest.mark.parametrize(
    ("policy", "expected_ms"),
    [
        (RoutingPolicy(), None),
        (RESERVE, 111_000),
        (replace(RESERVE, reserve_yields_ms=1), 114_999),
        (replace(RESERVE, reserve_yields_ms=0), 115_001),
        (replace(RESERVE, reserve_yields_ms=0, reserve_yields_late=False), None),
        (LENDING, 102_000),
        (replace(LENDING, reserve_agents=1, reserve_yields_ms=4_000), 102_000),
    ],
)
def test_given_a_policy_when_asked_when_it_yields_then_the_moment_is_the_first_at_which_somebody_may_help(
    policy: RoutingPolicy, expected_ms: int | None
) -> None:
    assert Floor(policy).routing.yields_at_ms(100_000, 15_000) == expected_ms


def test_given_a_kept_agent_when_contacts_of_both_desks_wait_then_hers_is_next_and_the_kept_are_not_counted() -> None:
    floor = small_desk()
    floor.stands("sign1", TALKING)
    floor.waits("g1", floor.desk("general"), 5)
    assert floor.taken("sign2") is None
    assert not floor.routing.may_take(AgentId("sign2"), ContactId("g1"), NOW_MS)
    assert floor.routing.may_take(AgentId("gen1"), ContactId("g1"), NOW_MS)
    floor.waits("s1", floor.desk("sign"), 1)
    turn = floor.turn("sign2")
    assert turn is not None
    assert (turn.contact, turn.candidates) == ("s1", 1)
    assert floor.routing.may_take(AgentId("sign2"), ContactId("s1"), NOW_MS)


@pytest.mark.parametrize(("seconds", "taken"), [(10.999, None), (11.0, "g1"), (16.0, "g1")])
def test_given_a_kept_agent_when_a_promise_ends_soon_then_she_may_take_that_contact(
    seconds: float, taken: str | None
) -> None:
    floor = small_desk()
    floor.stands("sign1", TALKING)
    floor.waits("g1", floor.desk("general"), seconds)
    floor.waits("g2", floor.desk("general"), 1, replace(PLAIN, priority=4))
    assert floor.taken("sign2") == taken
    assert floor.routing.may_take(AgentId("sign2"), ContactId("g1"), NOW_MS) is (taken is not None)


def test_given_promise_first_when_the_next_is_not_urgent_and_the_oldest_is_late_then_the_reserve_helps_the_late() -> (
    None
):
    floor = small_desk()
    floor.stands("sign1", TALKING)
    floor.waits("late", floor.desk("general"), 40, FIRST)
    floor.waits("inside", floor.desk("general"), 5, FIRST)
    assert floor.taken("gen1") == "inside"
    turn = floor.turn("sign2")
    assert turn is not None
    assert (turn.contact, turn.candidates) == ("late", 2)
    floor.routing.policy = replace(RESERVE, reserve_yields_late=False)
    assert floor.taken("sign2") is None


def test_given_one_more_idle_at_a_small_desk_when_asked_then_the_longest_idle_of_its_other_crews_may_be_free_now() -> (
    None
):
    floor = small_desk()
    floor.agent("other", 50, sign=1, general=3)
    floor.stands("sign2", LOGGED_OUT)
    crew = floor.routing.books.members[AgentId("other")].crew
    assert floor.routing.kept_back(crew) == ["sign1"]
    floor.stands("sign1", TALKING)
    assert floor.routing.kept_back(crew) == []
    floor.routing.policy = RoutingPolicy()
    assert Floor().routing.kept_back(crew) == []
    lending = small_desk(LENDING)
    own = lending.routing.books.members[AgentId("sign1")].crew
    assert lending.routing.kept_back(own) == ["sign1"], "whoever is the longest idle, of one's own crew as well"


# ── lending ─────────────────────────────────────────────────────────────────────────────────────────────────────────
RULES = LendingRules()
HALF_LIFE_MS = LENDING.rate_half_life_ms


def price(floor: Floor) -> float:
    sign = floor.desk("sign")
    return lost_by_one_less(sign.idle, sign.coverage.expected(RULES.horizon_ms, HALF_LIFE_MS))


@pytest.mark.parametrize(("waited_ms", "chosen"), [(1_999, None), (2_000, "sign1"), (60_000, "sign1")])
def test_given_a_desk_that_expects_nobody_when_others_wait_then_it_lends_after_the_large_desk_had_its_time(
    waited_ms: int, chosen: str | None
) -> None:
    floor = small_desk(LENDING)
    assert floor.chosen(floor.desk("general"), waited_seconds=waited_ms / 1_000) == chosen
    assert floor.chosen(floor.desk("sign")) == "sign1"
    floor.waits("g1", floor.desk("general"), waited_ms / 1_000)
    assert floor.taken("sign2") == ("g1" if chosen else None)
    assert not floor.routing.may_take(AgentId("sign2"), ContactId("g1"), NOW_MS), "lent at its own moments alone"
    assert floor.routing.may_take(AgentId("gen1"), ContactId("g1"), NOW_MS)


def test_given_own_contacts_that_wait_when_others_wait_too_then_nobody_is_lent() -> None:
    floor = small_desk(LENDING)
    floor.waits("s1", floor.desk("sign"), 1)
    assert floor.chosen(floor.desk("general"), waited_seconds=30) is None
    floor.waits("g1", floor.desk("general"), 30)
    assert floor.taken("sign1") == "s1"
    assert floor.routing.may_take(AgentId("sign1"), ContactId("s1"), NOW_MS)


def lends(purse: float | None, paid: float, *, inside: int = 0, answer_ms: int = 0) -> bool:
    """Whether the desk lends at this price (in contacts of its own), when so many others wait inside their promise."""
    floor = small_desk(replace(LENDING, answer_ms=answer_ms))
    sign, general = floor.desk("sign"), floor.desk("general")
    sign.purse = purse
    general.handle_ms = 10_000
    sign.handle_ms = 1
    low, high = 0.0, 10_000.0
    for _ in range(80):
        floor.expects(sign, (low + high) / 2)
        low, high = ((low + high) / 2, high) if price(floor) < paid else (low, (low + high) / 2)
    for number in range(inside):
        floor.waits(f"in{number}", general, 14.0)
    floor.waits("late", general, 15.001, replace(PLAIN, priority=1))
    floor.waits("late too", general, 99.0)
    return floor.chosen(general, waited_seconds=30) == "sign1"


@pytest.mark.parametrize("purse", [None, -1.0, 0.0, 3.0])
@pytest.mark.parametrize("inside", [0, 2, 3])
def test_given_a_purse_and_a_need_when_the_price_is_just_below_what_is_paid_then_it_lends_and_just_above_not(
    purse: float | None, inside: int
) -> None:
    paid = tolerated(RULES, -3.0 if purse is None else purse, inside, 5, 10_000)
    assert lends(purse, 0.999 * paid, inside=inside)
    assert not lends(purse, 1.001 * paid, inside=inside)


def test_given_agents_who_need_time_to_pick_up_when_the_need_is_counted_then_who_is_nearly_late_is_late() -> None:
    two, none = (tolerated(RULES, 0.0, inside, 5, 10_000) for inside in (2, 0))
    assert two > 1.1 * none
    assert lends(0.0, 0.999 * two, inside=2, answer_ms=1_000), "at 14 s one second is enough"
    assert not lends(0.0, 0.999 * two, inside=2, answer_ms=1_001)


def test_given_two_desks_where_help_may_go_when_the_need_is_counted_then_the_larger_one_s_talks_are_the_measure() -> (
    None
):
    rules = replace(RULES, need_least_percent=1)
    floor = small_desk(replace(LENDING, lending=rules))
    for name in ("sign1", "sign2"):
        floor.agent(name, 10, general=1, sign=1, parks=1)
    parks, general, sign = floor.desk("parks"), floor.desk("general"), floor.desk("sign")
    floor.configure({needing(s): 100 for s in ("sign", "general", "parks")}, protected=[needing("sign")])
    parks.handle_ms, general.handle_ms, sign.purse = 900_000, 100, 0.0
    floor.waits("p1", parks, 1)
    floor.waits("g1", general, 3)
    assert (parks.on_duty, general.on_duty) == (2, 5)
    paid = tolerated(rules, 0.0, 2, 5, 100)
    for weight, lent in ((0.0, True), (2.0, False)):
        floor.expects(sign, weight)
        assert (price(floor) <= paid) is lent
        assert (floor.chosen(general, waited_seconds=3) is not None) is lent


def test_given_a_rate_that_has_faded_when_the_price_is_asked_then_it_is_today_s() -> None:
    floor = small_desk(LENDING)
    sign, general = floor.desk("sign"), floor.desk("general")
    floor.expects(sign, 60.0)
    assert floor.chosen(general, waited_seconds=30) is None
    later_ms = NOW_MS + 50 * HALF_LIFE_MS
    assert floor.routing.choose_agent(general, QUEUE, later_ms - 30_000, later_ms) is not None


def test_given_a_crew_of_two_small_desks_when_one_of_them_does_not_lend_then_it_is_kept() -> None:
    floor = small_desk(LENDING)
    floor.desk("chinese")
    floor.agent("both", 99, general=1, sign=1, chinese=1)
    floor.configure(
        {needing(skill): 100 for skill in ("sign", "chinese", "general")},
        protected=[needing("sign"), needing("chinese")],
    )
    general = floor.desk("general")
    assert floor.chosen(general, waited_seconds=30) == "both"
    floor.expects(floor.desk("chinese"), 60.0)
    assert floor.chosen(general, waited_seconds=30) == "sign1"
    floor.expects(floor.desk("sign"), 400.0)
    assert floor.chosen(general, waited_seconds=30) is None


def test_given_as_many_who_help_the_large_desk_as_the_small_one_when_chosen_then_there_is_nobody_to_wait_for() -> None:
    floor = small_desk(LENDING)
    for name in ("gen1", "gen2"):
        floor.goes(name)
    assert floor.chosen(floor.desk("general")) is None
    floor.goes("gen3")
    assert floor.chosen(floor.desk("general")) == "sign1"


def test_given_a_protected_desk_larger_than_the_caller_s_when_another_one_keeps_then_she_is_kept_all_the_same() -> None:
    floor = small_desk(LENDING)
    floor.routing.dismiss(AgentId("sign2"))
    large, sign, general = floor.desk("large"), floor.desk("sign"), floor.desk("general")
    for number in range(5):
        floor.agent(f"large{number}", 0, large=1)
    floor.agent("sign1", 10, general=1, large=1, sign=1)
    floor.configure(
        {each.requirement: 100 for each in (large, sign, general)}, protected=[large.requirement, sign.requirement]
    )
    crew = floor.routing.books.members[AgentId("sign1")].crew
    crew.small_desks.sort(key=lambda desk: -desk.on_duty)
    assert [desk.on_duty for desk in (*crew.small_desks, general)] == [6, 1, 4]
    floor.expects(sign, 400.0)
    assert floor.chosen(general, waited_seconds=30) is None


def test_given_a_line_whose_next_is_too_young_when_an_older_one_waits_behind_then_help_goes_to_the_older() -> None:
    floor = small_desk(LENDING)
    general = floor.desk("general")
    fresh = replace(FIRST, late=LateRules(fresh_ms=0))
    floor.waits("old", general, 20, fresh)
    floor.waits("young", general, 1, fresh)
    assert floor.taken("gen1") == "young"
    turn = floor.turn("sign1")
    assert turn is not None
    assert (turn.contact, turn.candidates, turn.reason) == (
        "old",
        2,
        "late, and nobody inside the promise (20.0 s) of 2",
    )


# ── the purse ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_protected_desk_when_its_citizens_are_served_then_the_purse_begins_with_the_debt_and_follows() -> None:
    floor = small_desk(LENDING)
    sign, general = floor.desk("sign"), floor.desk("general")
    assert sign.purse is None
    floor.routing.served(sign, within=True)
    assert sign.purse == pytest.approx(-2.75)
    floor.routing.served(sign, within=False)
    assert sign.purse == pytest.approx(put_in(-2.75, within=False, rules=RULES)) == pytest.approx(-3.5)
    floor.routing.served(general, within=True)
    assert general.purse is None
    free = small_desk(RESERVE)
    free.routing.served(free.desk("sign"), within=True)
    assert free.desk("sign").purse is None


# ── a crowd ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_so_many_of_a_hundred_when_they_miss_their_promise_then_it_is_crowded_and_with_one_less_it_is_not() -> (
    None
):
    floor = Floor(RoutingPolicy(crowded_percent=20))
    desk = floor.desk("general")
    assert not floor.routing.crowded(NOW_MS), "nobody was late"
    for _ in range(10):
        floor.routing.arrived(desk, NOW_MS)
    assert not floor.routing.crowded(NOW_MS)
    floor.routing.missed(NOW_MS)
    assert not floor.routing.crowded(NOW_MS)
    floor.routing.missed(NOW_MS)
    assert floor.routing.crowded(NOW_MS)
    floor.routing.arrived(desk, NOW_MS)
    assert not floor.routing.crowded(NOW_MS)


def test_given_a_crowd_in_the_morning_when_half_lives_pass_then_new_contacts_outweigh_it() -> None:
    floor = Floor(RoutingPolicy(crowded_percent=20))
    desk = floor.desk("general")
    for _ in range(8):
        floor.routing.arrived(desk, NOW_MS)
        floor.routing.missed(NOW_MS)
    later_ms = NOW_MS + HALF_LIFE_MS
    assert floor.routing.crowded(later_ms)
    for _ in range(15):
        floor.routing.arrived(desk, later_ms)
    assert floor.routing.crowded(later_ms), "four of nineteen"
    for _ in range(2):
        floor.routing.arrived(desk, later_ms)
    assert not floor.routing.crowded(later_ms), "four of twenty-one"
    floor.routing.missed(later_ms)
    assert floor.routing.crowded(later_ms), "five of twenty-one"


def test_given_a_crowd_when_everybody_is_forgotten_alike_then_its_share_stays() -> None:
    floor = Floor(RoutingPolicy(crowded_percent=20))
    for number in range(8):
        floor.routing.arrived(floor.desk("general"), NOW_MS)
        if number < 2:
            floor.routing.missed(NOW_MS)
    assert [floor.routing.crowded(NOW_MS + lives * HALF_LIFE_MS) for lives in (0, 1, 3)] == [True, True, True]


def test_given_no_measure_of_crowds_when_asked_then_it_always_is_one_and_nothing_is_counted() -> None:
    floor = Floor()
    assert floor.routing.crowded(NOW_MS)
    for number in range(1, 4):
        floor.routing.arrived(floor.desk("general"), NOW_MS)
        floor.routing.missed(NOW_MS)
        floor.routing.policy = RoutingPolicy(crowded_percent=1)
        assert not floor.routing.crowded(NOW_MS), number
        floor.routing.policy = RoutingPolicy()


def test_given_a_calm_centre_when_an_agent_comes_then_the_guard_of_calm_days_holds_in_every_question() -> None:
    rules = replace(FIRST, late=LateRules(calm_guard_ms=300_000))
    floor = Floor(RoutingPolicy(crowded_percent=20))
    floor.agent("kim", 0, tax=1)
    floor.waits("old", floor.desk("tax"), 90, rules)
    floor.waits("inside", floor.desk("tax"), 5, rules)
    assert floor.taken("kim") == "inside"
    assert floor.routing.in_order(NOW_MS) == ["inside", "old"]
    floor.routing.missed(NOW_MS)
    assert floor.taken("kim") == "old"
    assert floor.routing.in_order(NOW_MS) == ["old", "inside"]


def test_given_two_seconds_to_pick_up_when_somebody_has_less_left_then_they_are_late_in_every_question() -> None:
    floor = Floor(RoutingPolicy(answer_ms=2_000))
    floor.agent("kim", 0, tax=1)
    floor.waits("nearly late", floor.desk("tax"), 14, FIRST)
    floor.waits("inside", floor.desk("tax"), 5, FIRST)
    assert floor.taken("kim") == "inside"
    assert floor.routing.in_order(NOW_MS) == ["inside", "nearly late"]
