"""Several contacts let go in one moment: who asks first is the queue's order, and not that of our loops or names."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import StartOffer
from ivr_engine.core.configuration import MissSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.events import CallbackAsked, ContactQueued, LegEnded
from ivr_engine.core.queue_rules import (
    CallbackRules,
    EscalationAct,
    EscalationStep,
    LendingRules,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
)
from ivr_engine.core.vocabulary import ContactId, LegId, QueueId, Skill
from tests.core.centre import GENERAL, START_MS, Centre, counsellor

TAX = Skill("tax")
OTHER = QueueSettings(QueueId("other"))
TO_OTHER = Overflow(OverflowAct.QUEUE, "other")
ONE_MISS = MissSettings(rest_ms={}, break_after=1)


def stands_for(centre: Centre, name: str, agent: str, *, priority: int = 0) -> None:
    """A citizen who waits for one agent alone."""
    request = ToQueue(QueueId("general"), priority=priority, agent=agent, agent_wait_ms=60_000)
    centre.tell(ContactQueued(ContactId(name), "120", f"02{name}", request, centre.now_ms))


def test_given_a_miss_that_ends_in_a_break_when_others_stood_for_that_agent_then_the_older_one_rings_first() -> None:
    centre = Centre("1001", misses=ONE_MISS)
    centre.citizen("old").queues()
    centre.wait(1_000)
    stands_for(centre, "young", "1001")
    centre.configure(*centre.settings, counsellor("1002"))
    centre.agent("1002").logs_in()
    centre.agent("1001").misses()
    assert centre.rings() == [("old", "1001"), ("old", "1002")]
    centre.agent("1002").answers().hangs_up().is_done()
    assert centre.rings()[-1] == ("young", "1002")


@pytest.mark.parametrize("how", ["logs_out", "takes_a_break", "is deleted"])
def test_given_two_who_stand_for_an_agent_when_that_one_goes_then_the_higher_priority_rings_first(how: str) -> None:
    centre = Centre("1001", "1002")
    centre.citizen("first").queues()
    centre.agent("1001").answers()
    stands_for(centre, "a", "1001")
    stands_for(centre, "b", "1001", priority=2)
    assert len(centre.rings()) == 1
    if how == "is deleted":
        centre.configure(counsellor("1002"))
    else:
        getattr(centre.agent("1001"), how)()
    assert centre.rings()[1:] == [("b", "1002")]


def test_given_two_whose_agent_s_time_is_over_at_once_when_one_is_idle_then_the_higher_priority_rings_first() -> None:
    centre = Centre("1001", "1002")
    centre.citizen("first").queues()
    centre.agent("1001").answers()
    stands_for(centre, "a", "1001")
    stands_for(centre, "b", "1001", priority=2)
    centre.wait(60_000)
    assert centre.rings()[1:] == [("b", "1002")]


RELAXES = replace(GENERAL, relaxation=(RelaxationStep(waited_ms=5_000, drop=frozenset({TAX})),))
ESCALATES = replace(GENERAL, escalation=(EscalationStep(EscalationAct.RELAX, -10_000, also=GENERAL.expression),))


@pytest.mark.parametrize("queue", [RELAXES, ESCALATES], ids=["relaxation", "escalation"])
def test_given_two_who_need_less_at_once_when_one_agent_is_idle_then_the_higher_priority_rings_first(
    queue: QueueSettings,
) -> None:
    centre = Centre("1001", queues=[queue])
    centre.citizen("a").queues("general", "tax")
    centre.citizen("b").queues("general", "tax", priority=2)
    centre.wait(5_000)
    assert centre.rings() == [("b", "1001")]


def test_given_two_to_whom_a_small_desk_lends_at_once_when_one_is_idle_there_then_the_higher_priority_rings_first() -> (
    None
):
    small = QueueSettings(QueueId("small"), frozenset({TAX}), protected=True)
    routing = RoutingPolicy(lending=LendingRules(after_ms=2_000))
    centre = Centre(counsellor("1001", "tax"), "1002", "1003", queues=[GENERAL, small], routing=routing)
    for name in ("1002", "1003"):
        centre.citizen(f"with {name}").queues()
        centre.agent(name).answers()
    centre.citizen("a").queues()
    centre.citizen("b").queues(priority=2)
    centre.forget()
    centre.wait(2_000)
    assert centre.rings() == [("b", "1001")]


def test_given_two_promises_whose_hours_begin_when_one_agent_is_idle_then_the_higher_priority_is_dialled() -> None:
    minute = START_MS // 60_000 % 1_440
    soon = CallbackRules(
        dials=2,
        numbers=("02X",),
        expires_ms=86_400_000,
        utc_offset_minutes=0,
        from_minute=minute + 30,
        to_minute=minute + 90,
    )
    centre = Centre("1001", queues=[replace(GENERAL, callback=soon)])
    for name, priority in (("a", 0), ("b", 2)):
        centre.citizen(name).arrives()
        request = ToQueue(QueueId("general"), priority=priority)
        centre.tell(CallbackAsked(ContactId(name), ToCallback(f"02{priority}", request)), LegEnded(LegId(name)))
    centre.wait(30 * 60_000)
    assert [offer.caller for offer in centre.sent(StartOffer)] == ["022"]


def test_given_a_desk_that_nobody_is_left_at_when_several_are_sent_on_then_the_higher_priority_rings_first() -> None:
    desk = QueueSettings(QueueId("desk"), frozenset({TAX}), limits=QueueLimits(nobody=TO_OTHER))
    centre = Centre(counsellor("1001", "tax"), "1002", queues=[desk, OTHER])
    centre.citizen("first").queues("desk")
    centre.agent("1001").answers()
    centre.citizen("a").queues("desk")
    centre.citizen("b").queues("desk", priority=2)
    centre.agent("1001").logs_out().hangs_up().is_done()
    assert centre.rings()[1:] == [("b", "1002")]
