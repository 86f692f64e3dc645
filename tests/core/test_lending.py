"""Small desks lend by price, purse and need; contacts have a second promise; the guard tightens in a crowd."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import StartOffer
from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.engine import Engine
from ivr_engine.core.events import Configured, ContactQueued, Event, PresenceChosen, Started, SwitchSeen, TimePassed
from ivr_engine.core.queue_rules import LateRules, LendingRules, OrderPolicy
from ivr_engine.core.routing_lending import LONGEST_PURSE, put_in
from ivr_engine.core.routing_lines import BEYOND, FRESH, INSIDE, LATE, SECOND, Line, LineRules
from ivr_engine.core.vocabulary import AgentId, ContactId, Presence, QueueId, Skill
from tests.core.floor import tolerated

RULES = LendingRules()
LATER = LateRules(fresh_ms=2_500, second_promise_ms=50_000, second_window_ms=15_000, calm_guard_ms=285_000)


class Day:
    """Two queues: anybody takes general calls; two of the agents speak English, and the English desk is protected.

    `others` take general calls alone; each is busy with one from the beginning."""

    def __init__(self, lending: LendingRules | None, others: int = 1) -> None:
        self.engine = Engine()
        self.now_ms = 1_700_000_000_000
        both = {Skill("general"): 2, Skill("english"): 5}
        agents = (
            AgentSettings(AgentId("kim"), "Kim", both),
            AgentSettings(AgentId("lee"), "Lee", both),
            *(AgentSettings(AgentId(f"ahn{n}"), "Ahn", {Skill("general"): 2}) for n in range(others)),
        )
        queues = (
            QueueSettings(QueueId("general"), frozenset({Skill("general")})),
            QueueSettings(QueueId("english"), frozenset({Skill("english")}), protected=True),
        )
        routing = RoutingPolicy(lending=lending)
        self.take(Started(1))
        self.take(Configured(Configuration(queues, agents, routing=routing)))
        self.take(SwitchSeen(()))
        for agent in agents:
            self.take(PresenceChosen(agent.id, Presence.AVAILABLE))
        for n in range(others):
            assert self.calls(f"busy{n}", "general") == [f"busy{n}"]

    def take(self, event: Event) -> list[str]:
        """Whose phones ring because of it."""
        decision = self.engine.handle(event, self.now_ms)
        return [command.contact for command in decision.commands if isinstance(command, StartOffer)]

    def calls(self, contact: str, queue: str) -> list[str]:
        return self.take(ContactQueued(ContactId(contact), "120", "", ToQueue(QueueId(queue)), self.now_ms))

    def wait(self, ms: int) -> list[str]:
        rang = []
        until_ms = self.now_ms + ms
        while (due_ms := self.engine.next_deadline_ms()) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            rang += self.take(TimePassed())
        self.now_ms = until_ms
        return rang


def test_given_no_rules_of_lending_when_somebody_calls_then_a_small_desk_helps_at_once() -> None:
    assert Day(None).calls("c1", "general") == ["c1"]


def test_given_a_centre_where_everybody_does_everything_when_somebody_calls_then_nobody_is_kept_back() -> None:
    assert Day(RULES, others=0).calls("c1", "general") == ["c1"]


def test_given_a_desk_whose_own_are_not_expected_when_somebody_waited_a_little_then_it_lends() -> None:
    day = Day(RULES)
    assert day.calls("c1", "general") == []
    assert day.wait(RULES.after_ms - 1) == []
    assert day.wait(1) == ["c1"]


def test_given_a_desk_that_lends_at_once_when_none_of_its_own_are_expected_then_nobody_waits_first() -> None:
    assert Day(replace(RULES, at_once_percent=1)).calls("c1", "general") == ["c1"]


@pytest.mark.parametrize(("at_once_percent", "at_once"), [(100, ["c1"]), (5, [])])
def test_given_a_price_when_somebody_has_just_come_then_a_part_of_it_is_paid_and_later_the_whole(
    at_once_percent: int, at_once: list[str]
) -> None:
    # 0.058 own contacts would find nobody: half of the 0.12 that is paid, and ten times 5 % of it
    rules = replace(RULES, price_percent=60, opening_debt_percent=0, at_once_percent=at_once_percent)
    day = Day(rules)
    assert day.calls("e1", "english") == ["e1"]
    assert day.calls("c1", "general") == at_once
    assert day.wait(RULES.after_ms) == ([] if at_once else ["c1"])


def test_given_a_desk_with_callers_of_its_own_when_its_last_agent_is_idle_then_she_is_kept_for_them() -> None:
    day = Day(replace(RULES, price_percent=1))
    assert day.calls("e1", "english") == ["e1"]
    assert day.calls("c1", "general") == []
    assert day.wait(9_000) == []
    assert day.calls("e2", "english") == ["e2"]


def test_given_a_protected_desk_when_its_own_call_then_they_never_wait_for_the_price() -> None:
    assert Day(RULES).calls("e1", "english") == ["e1"]


def test_given_a_purse_when_citizens_are_served_then_it_follows_the_target_and_is_bounded() -> None:
    assert put_in(0.0, within=True, rules=RULES) == pytest.approx(0.25)
    assert put_in(0.0, within=False, rules=RULES) == pytest.approx(-0.75)
    assert put_in(LONGEST_PURSE, within=True, rules=RULES) == LONGEST_PURSE
    assert put_in(-LONGEST_PURSE, within=False, rules=RULES) == -LONGEST_PURSE


def test_given_debt_wealth_or_need_when_a_price_is_judged_then_it_falls_and_rises_within_bounds() -> None:
    def price(purse: float, inside: int) -> float:
        return tolerated(RULES, purse, inside, on_duty=100, handle_ms=200_000)

    assert price(0.0, 1) == pytest.approx(0.14)
    assert price(-1.0, 1) == pytest.approx(0.14 / 1.6**2)
    assert price(2.0, 1) == pytest.approx(0.168)
    assert price(0.0, 0) == pytest.approx(0.028)
    assert price(0.0, 50) == pytest.approx(0.56)
    assert tolerated(RULES, 0.0, 5, on_duty=0, handle_ms=0) == pytest.approx(0.028)


def _line(*ages_ms: int) -> Line:
    rules = LineRules.of(
        priority=0,
        promise_ms=15_000,
        order=OrderPolicy.PROMISE_FIRST,
        guard_ms=73_000,
        aging_ms=0,
        returning=False,
        late=LATER,
    )
    return Line(rules, sorted((1_000_000 - age_ms, ContactId(f"age{age_ms}")) for age_ms in ages_ms))


@pytest.mark.parametrize(
    ("ages_ms", "step", "who"),
    [
        ((1_000, 5_000, 40_000), INSIDE, 5_000),
        ((1_000, 40_000), SECOND, 40_000),
        ((1_000, 30_000), FRESH, 1_000),
        ((30_000, 20_000), LATE, 30_000),
        ((30_000, 60_000), LATE, 30_000),
        ((55_000, 60_000), BEYOND, 60_000),
        ((40_000, 45_000, 60_000), SECOND, 45_000),
        ((14_000, 1_000), FRESH, 1_000),
    ],
)
def test_given_a_second_promise_when_the_next_is_sought_then_ends_of_promises_go_first(
    ages_ms: tuple[int, ...], step: int, who: int
) -> None:
    guarded, _, late, _, contact = _line(*ages_ms).next(1_000_000, 2_000)
    assert (guarded, late, contact) == (1, step, f"age{who}")


def test_given_a_crowd_when_somebody_is_late_for_the_guard_then_nobody_goes_before_and_in_calm_later() -> None:
    line = _line(5_000, 90_000)
    assert line.next(1_000_000, 2_000, crowded=True)[0] == 0
    assert line.next(1_000_000, 2_000, crowded=False)[:3] == (1, 0, INSIDE)
    assert _line(5_000, 301_000).next(1_000_000, 2_000, crowded=False)[0] == 0
