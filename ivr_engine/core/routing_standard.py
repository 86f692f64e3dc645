"""The rules that the engine recommends for a centre like 120: what came out best in the comparison (docs/routing.md).

Contacts near the end of a promise first, whoever is late a second promise, a guard that tightens in a crowd, the agent
whose absence costs coverage least, and small desks (queues that say `protected`) that lend what they do not need.
"""

from dataclasses import replace

from ivr_engine.core.configuration import Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.queue_rules import ChoicePolicy, LateRules, LendingRules, OrderPolicy

STANDARD_LENDING = LendingRules(
    price_percent=15, after_ms=3_000, at_once_percent=70, opening_debt_percent=300, gain_percent=40, thrift_percent=80
)
"""To a contact that has just come a desk lends what is cheap, and after 3 s what the need is worth."""

STANDARD_ROUTING = RoutingPolicy(
    coverage_horizon_ms=5_000,
    coverage_by_scarcity=True,
    lending=STANDARD_LENDING,
    answer_ms=2_000,
    crowded_percent=16,
)
"""Coverage looks 5 s ahead: in a busy centre the next colleague is free by then."""

STANDARD_LATE = LateRules(fresh_ms=1_700, second_promise_ms=55_000, second_window_ms=25_000, calm_guard_ms=285_000)

STANDARD_GUARD_MS = 73_000
"""After the promise: in a crowd, nobody who has waited 88 s is overtaken any more."""


def standard_queue(queue: QueueSettings) -> QueueSettings:
    """A queue under these rules; whom it needs and what it promises stay its own."""
    return replace(
        queue,
        order=OrderPolicy.PROMISE_FIRST,
        choice=ChoicePolicy.COVERAGE,
        guard_ms=STANDARD_GUARD_MS,
        late=STANDARD_LATE,
    )


def standard(configuration: Configuration) -> Configuration:
    """A whole centre under these rules."""
    queues = tuple(map(standard_queue, configuration.queues))
    return replace(configuration, queues=queues, routing=STANDARD_ROUTING)
