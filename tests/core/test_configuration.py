"""What a centre does that says nothing: the defaults that old journals rely on, each as the documents tell it."""

from collections.abc import Mapping

import pytest

from ivr_engine.core.configuration import (
    ANSWER_PROMISE_MS,
    RING_MS,
    SHORT_ABANDON_MS,
    WRAP_UP_CEILING_MS,
    WRAP_UP_MS,
    AgentSettings,
    Configuration,
    MissSettings,
    QueueSettings,
    RoutingPolicy,
)
from ivr_engine.core.queue_rules import (
    SPOKEN_MINUTES,
    SPOKEN_PLACES,
    Announcements,
    CallbackFirst,
    CallbackRules,
    ChoicePolicy,
    ClockStart,
    EscalationAct,
    EscalationStep,
    LateRules,
    LendingRules,
    OrderPolicy,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
    RingRules,
    WaitPhrases,
    WrapUpMode,
)
from ivr_engine.core.requirement import ANYBODY
from ivr_engine.core.vocabulary import AgentId, OfferFailure, QueueId

QUEUE = QueueSettings(QueueId("general"))
AGENT = AgentSettings(AgentId("1001"), "Kim")
WAIT = Overflow(OverflowAct.WAIT, "")

DEFAULTS: list[tuple[object, Mapping[str, object]]] = [
    (
        QUEUE,
        {
            "requirement": frozenset(),
            "expression": ANYBODY,
            "promise_ms": 15_000,
            "ring_ms": 10_000,
            "wrap_up_ms": 20_000,
            "short_abandon_ms": 5_000,
            "priority": 0,
            "clock_start": ClockStart.QUEUED,
            "relaxation": (),
            "order": OrderPolicy.FIFO,
            "late": LateRules(),
            "protected": False,
            "guard_ms": 60_000,
            "aging_ms": 0,
            "choice": ChoicePolicy.LONGEST_IDLE,
            "weight_percent": 100,
            "ring": RingRules(),
            "escalation": (),
            "limits": QueueLimits(),
            "announcements": Announcements(),
            "wrap_up_mode": WrapUpMode.FIXED,
            "wrap_up_extension_ms": 30_000,
            "wrap_up_ceiling_ms": 300_000,
            "contractor_shares": {},
            "share_interval_ms": 1_800_000,
            "hours": "",
            "last_agent_wait_ms": 0,
            "survey": "",
            "callback": CallbackRules(),
        },
    ),
    (AGENT, {"skills": {}, "contractor": "", "capacity": {}, "wrap_up_ms": None, "wrap_up_mode": None}),
    (MissSettings(), {"break_after": 3}),
    (
        RoutingPolicy(),
        {
            "coverage_horizon_ms": 30_000,
            "coverage_by_scarcity": False,
            "rate_half_life_ms": 900_000,
            "small_desk_agents": 0,
            "reserve_agents": 0,
            "reserve_yields_ms": 0,
            "reserve_yields_late": True,
            "lending": None,
            "crowded_percent": 0,
            "answer_ms": 0,
            "share_tolerance_percent": 100,
            "last_agent_memory_ms": 86_400_000,
            "explains": False,
            "redial_ms": 0,
            "note_every_ms": 0,
        },
    ),
    (Configuration(()), {"agents": (), "misses": MissSettings(), "revision": "", "routing": RoutingPolicy()}),
    (
        LateRules(),
        {"fresh_ms": 0, "second_promise_ms": 0, "second_window_ms": 0, "calm_guard_ms": 0},
    ),
    (
        LendingRules(),
        {
            "target_percent": 75,
            "price_percent": 14,
            "horizon_ms": 80_000,
            "after_ms": 2_000,
            "at_once_percent": 0,
            "opening_debt_percent": 300,
            "gain_percent": 10,
            "thrift_percent": 60,
            "need_ms": 2_000,
            "need_least_percent": 20,
            "need_most_percent": 400,
        },
    ),
    (
        CallbackRules(),
        {
            "dials": 0,
            "first": CallbackFirst.AGENT,
            "ring_ms": 25_000,
            "spacing_ms": 300_000,
            "expires_ms": 28_800_000,
            "from_minute": 0,
            "to_minute": 0,
            "utc_offset_minutes": 540,
            "numbers": (),
            "country": "+82",
        },
    ),
    (WAIT, {"act": Overflow().act, "target": ""}),
    (RingRules(), {"by_promise": False, "floor_ms": 5_000, "second_offer_after_ms": 0}),
    (
        RelaxationStep(),
        {
            "waited_ms": 0,
            "place": 0,
            "free_agents": None,
            "expected_wait_ms": 0,
            "drop": frozenset(),
            "lower": {},
            "also": None,
            "raise_priority": 0,
            "every_ms": 0,
            "times": 1,
        },
    ),
    (EscalationStep(EscalationAct.RAISE), {"from_promise_ms": 0, "also": None, "raise_priority": 0, "overflow": WAIT}),
    (
        QueueLimits(),
        {
            "waiting": 0,
            "expected_wait_ms": 0,
            "longest_wait_ms": 0,
            "full": WAIT,
            "nobody": WAIT,
            "unmeetable": WAIT,
            "too_long": WAIT,
            "closed": WAIT,
            "closing_grace_ms": 0,
        },
    ),
    (
        Announcements(),
        {"first_after_ms": 0, "every_ms": 0, "place": False, "wait": False, "comfort": (), "keys": {}},
    ),
    (WaitPhrases(), {"places": (), "soon": "", "minutes": (), "longer": ""}),
]


@pytest.mark.parametrize(("rules", "expected"), DEFAULTS, ids=lambda one: type(one).__name__)
def test_given_a_configuration_that_says_nothing_when_read_then_each_field_is_what_an_old_journal_meant(
    rules: object, expected: Mapping[str, object]
) -> None:
    assert {name: getattr(rules, name) for name in expected} == expected
    assert [name for name, value in expected.items() if type(getattr(rules, name)) is not type(value)] == []


def test_given_the_promises_of_the_city_when_written_once_then_every_queue_starts_from_them() -> None:
    assert (QUEUE.promise_ms, QUEUE.ring_ms, QUEUE.wrap_up_ms) == (ANSWER_PROMISE_MS, RING_MS, WRAP_UP_MS)
    assert (QUEUE.short_abandon_ms, QUEUE.wrap_up_ceiling_ms) == (SHORT_ABANDON_MS, WRAP_UP_CEILING_MS)


def test_given_a_missed_offer_when_nothing_is_configured_then_the_rest_is_by_its_cause() -> None:
    assert MissSettings().rest_ms == {
        OfferFailure.DECLINED: 5_000,
        OfferFailure.BUSY: 10_000,
        OfferFailure.NO_ANSWER: 10_000,
        OfferFailure.UNREACHABLE: 30_000,
        OfferFailure.LOST: 0,
    }


def test_given_a_wait_to_announce_when_said_then_these_minutes_and_places_have_recordings() -> None:
    assert SPOKEN_MINUTES == (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)
    assert SPOKEN_PLACES == 20
