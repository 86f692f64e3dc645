"""What nobody of the staff list can meet: told when the list or the rules change, whether or not anybody waits."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import LeaveQueue
from ivr_engine.core.configuration import Asked, Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.events import Configured
from ivr_engine.core.notices import RequirementUnmet
from ivr_engine.core.queue_rules import (
    EscalationAct,
    EscalationStep,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
)
from ivr_engine.core.requirement import Need, Requirement
from ivr_engine.core.vocabulary import ContactPhase, QueueId, Skill
from tests.core.centre import GENERAL, Centre, counsellor

TAX, SIGN, ENGLISH = Skill("tax"), Skill("sign"), Skill("english")
TAXES = QueueSettings(QueueId("taxes"), frozenset({TAX}))
TELLING = RoutingPolicy(explains=True)
TO_FLOW = Overflow(OverflowAct.FLOW, "sorry")
DROPS = RelaxationStep(waited_ms=10_000, drop=frozenset({TAX}))


def unmet(centre: Centre) -> list[tuple[str, str, int]]:
    """Queue, what it needs, and how many can after every relaxation."""
    return [(told.queue, told.needs, told.relaxed) for told in centre.told(RequirementUnmet)]


def centre_of(*agents: str, queue: QueueSettings = TAXES) -> Centre:
    return Centre(
        *(counsellor(str(1001 + n), *skills.split()) for n, skills in enumerate(agents)),
        queues=[queue],
        routing=TELLING,
    )


@pytest.mark.parametrize("goes", ["is deleted", "loses the skill"])
def test_given_the_last_agent_who_can_when_gone_from_the_list_then_it_is_an_alarm_although_nobody_waits(
    goes: str,
) -> None:
    centre = centre_of("tax", "")
    assert unmet(centre) == []
    kim, lee = centre.settings
    centre.configure(lee) if goes == "is deleted" else centre.configure(replace(kim, skills={}), lee)
    assert unmet(centre) == [("taxes", "tax", 0)]


def test_given_the_last_agent_who_can_in_a_talk_when_gone_from_the_list_then_the_alarm_is_told_at_once() -> None:
    centre = centre_of("tax", "")
    centre.citizen("c1").queues("taxes")
    centre.agent("1001").answers()
    centre.configure(centre.settings[1])
    assert unmet(centre) == [("taxes", "tax", 0)]


def test_given_the_last_agent_who_can_when_going_home_then_it_is_no_alarm() -> None:
    centre = centre_of("tax", "")
    centre.agent("1001").logs_out()
    assert unmet(centre) == []


@pytest.mark.parametrize(
    ("queue", "alarm"),
    [
        (replace(TAXES, relaxation=(DROPS,)), ("taxes", "tax", 1)),
        (replace(TAXES, relaxation=(replace(DROPS, drop=frozenset({SIGN})),)), ("taxes", "tax", 0)),
        (
            replace(TAXES, escalation=(EscalationStep(EscalationAct.RELAX, 0, also=Requirement()),)),
            ("taxes", "tax", 1),
        ),
        (
            replace(
                GENERAL,
                expression=Requirement(((Need(TAX, 5),),)),
                relaxation=(RelaxationStep(lower={TAX: 1}, every_ms=1_000, times=2),),
            ),
            ("general", "tax >= 5", 1),
        ),
        (
            replace(
                GENERAL,
                expression=Requirement(((Need(TAX, 5),),)),
                relaxation=(RelaxationStep(lower={TAX: 1}, times=2),),
            ),
            ("general", "tax >= 5", 0),
        ),
    ],
    ids=["dropped", "another dropped", "escalation", "lowered twice", "lowered once"],
)
def test_given_steps_of_relaxation_when_nobody_can_now_then_the_alarm_says_whether_somebody_can_after_them(
    queue: QueueSettings, alarm: tuple[str, str, int]
) -> None:
    centre = Centre("1009", queues=[queue], routing=TELLING)
    centre.configure(counsellor("1001", *(["tax"] if queue.id == "general" else [])))
    assert unmet(centre) == [alarm]


def configured(centre: Centre, *asked: tuple[str, Skill]) -> None:
    asks = tuple(Asked(QueueId(queue), frozenset({skill})) for queue, skill in asked)
    centre.tell(Configured(Configuration(centre.queues, centre.settings, routing=TELLING, asked=asks)))


def test_given_what_flows_ask_beside_the_queue_when_nobody_can_then_each_is_an_alarm() -> None:
    centre = Centre(counsellor("1001", "tax"), counsellor("1002", "english"), queues=[GENERAL, TAXES], routing=TELLING)
    configured(centre, ("taxes", ENGLISH), ("general", ENGLISH), ("general", SIGN), ("nowhere", SIGN))
    assert unmet(centre) == [("general", "sign", 0), ("taxes", "english and tax", 0)]


def test_given_a_queue_that_nobody_can_serve_when_flows_ask_more_then_it_is_one_alarm() -> None:
    centre = centre_of("")
    centre.forget()
    configured(centre, ("taxes", ENGLISH), ("taxes", SIGN))
    assert unmet(centre) == [("taxes", "tax", 0)]


def test_given_a_queue_that_relaxes_when_flows_ask_what_no_step_drops_then_that_is_the_stronger_alarm() -> None:
    centre = centre_of("", queue=replace(TAXES, relaxation=(DROPS,)))
    centre.forget()
    configured(centre, ("taxes", ENGLISH))
    assert unmet(centre) == [("taxes", "tax", 1), ("taxes", "english and tax", 0)]


# ── the way out ─────────────────────────────────────────────────────────────────────────────────────────────────────
UNMEETABLE = QueueLimits(unmeetable=TO_FLOW)


def test_given_a_queue_that_relaxes_to_somebody_when_nobody_can_yet_then_the_citizen_waits_for_that_step() -> None:
    centre = centre_of("", queue=replace(TAXES, relaxation=(DROPS,), limits=UNMEETABLE))
    centre.citizen("c1").queues("taxes")
    assert centre.sent(LeaveQueue) == []
    centre.wait(10_000)
    assert centre.rings() == [("c1", "1001")]


def test_given_a_queue_that_relaxes_to_nobody_when_a_citizen_comes_then_the_flow_speaks_at_once() -> None:
    centre = centre_of(
        "", queue=replace(TAXES, requirement=frozenset({TAX, SIGN}), relaxation=(DROPS,), limits=UNMEETABLE)
    )
    centre.citizen("c1").queues("taxes")
    assert len(centre.sent(LeaveQueue)) == 1


@pytest.mark.parametrize(("waited_ms", "relaxed"), [(1_000, 1), (11_000, 0)])
def test_given_a_citizen_who_waits_when_the_last_agent_is_deleted_then_steps_to_come_count_and_those_behind_do_not(
    waited_ms: int, relaxed: int
) -> None:
    first = RelaxationStep(waited_ms=10_000, also=Requirement(((Need(ENGLISH),),)))
    second = RelaxationStep(waited_ms=20_000, lower={TAX: 1})
    settings = replace(TAXES, relaxation=(first, second), limits=UNMEETABLE)
    centre = centre_of("tax", "", queue=settings)
    centre.citizen("talks").queues("taxes")
    centre.agent("1001").answers()
    centre.citizen("c1").queues("taxes")
    centre.wait(waited_ms)
    centre.agent("1001").hangs_up()
    english = counsellor("1003", "english") if relaxed else counsellor("1003")
    centre.configure(english)
    centre.wait(25_000)
    assert (centre.citizen("c1").view.phase is ContactPhase.IN_FLOW) == (not relaxed)
