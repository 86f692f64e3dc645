"""The recommended rules, number by number: what the comparison in docs/routing.md was made with."""

from dataclasses import replace

from ivr_engine.core.configuration import Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.queue_rules import ChoicePolicy, LateRules, LendingRules, OrderPolicy
from ivr_engine.core.routing_standard import STANDARD_ROUTING, standard
from ivr_engine.core.vocabulary import QueueId


def test_given_a_plain_centre_when_it_takes_the_recommended_rules_then_these_are_they_and_the_rest_is_its_own() -> None:
    own = QueueSettings(QueueId("english"), promise_ms=20_000, priority=3, protected=True)
    recommended = standard(Configuration((own,), revision="r7"))
    assert recommended.queues == (
        replace(
            own,
            order=OrderPolicy.PROMISE_FIRST,
            choice=ChoicePolicy.COVERAGE,
            guard_ms=73_000,
            late=LateRules(fresh_ms=1_700, second_promise_ms=55_000, second_window_ms=25_000, calm_guard_ms=285_000),
        ),
    )
    assert (recommended.revision, recommended.routing) == ("r7", STANDARD_ROUTING)


def test_given_the_recommended_routing_when_read_then_it_is_what_was_compared() -> None:
    lending = LendingRules(
        price_percent=15,
        after_ms=3_000,
        at_once_percent=70,
        opening_debt_percent=300,
        gain_percent=40,
        thrift_percent=80,
    )
    assert replace(STANDARD_ROUTING, lending=None) == RoutingPolicy(
        coverage_horizon_ms=5_000, coverage_by_scarcity=True, answer_ms=2_000, crowded_percent=16
    )
    assert STANDARD_ROUTING.lending == lending
