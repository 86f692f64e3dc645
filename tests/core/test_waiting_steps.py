"""Steps while somebody waits: recipes, escalation around the promise, announcements that outlive a talk."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import AnnounceWait, LeaveQueue
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.events import ContactArrived, WaitKeyPressed
from ivr_engine.core.notices import ContactConnected, ContactSentOn, PromiseMissed, StepTaken
from ivr_engine.core.queue_rules import (
    Announcements,
    ClockStart,
    EscalationAct,
    EscalationStep,
    Overflow,
    OverflowAct,
    RelaxationStep,
)
from ivr_engine.core.requirement import ANYBODY, Need, Requirement
from ivr_engine.core.vocabulary import ContactId, ContactPhase, QueueId, Skill
from ivr_engine.core.waiting import in_language
from tests.core.centre import GENERAL, Centre, counsellor

TAX = Skill("tax")
RECIPE = (RelaxationStep(waited_ms=4_000, raise_priority=1),)


def steps(centre: Centre) -> list[tuple[str, int, int]]:
    """What was taken, the priority by then, and after how much waiting."""
    return [(step.step, step.priority, step.waited_ms) for step in centre.told(StepTaken)]


# ── relaxation ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_two_steps_that_repeat_when_time_passes_then_each_counts_its_own_times() -> None:
    recipe = (
        RelaxationStep(waited_ms=1_000, raise_priority=1, every_ms=1_000, times=2),
        RelaxationStep(waited_ms=5_000, raise_priority=10, every_ms=2_000, times=2),
    )
    centre = Centre(queues=[replace(GENERAL, relaxation=recipe, priority=3)])
    centre.citizen("c1").queues(priority=100)
    centre.wait(60_000)
    assert steps(centre) == [
        ("relaxation 1", 104, 1_000),
        ("relaxation 1", 105, 2_000),
        ("relaxation 2", 115, 5_000),
        ("relaxation 2", 125, 7_000),
    ]


def test_given_a_step_of_no_wait_when_a_citizen_joins_then_it_is_taken_before_anybody_is_looked_for() -> None:
    queue = replace(GENERAL, requirement=frozenset({TAX}), relaxation=(RelaxationStep(drop=frozenset({TAX})),))
    centre = Centre("1001", queues=[queue])
    centre.citizen("c1").queues()
    assert steps(centre) == [("relaxation 1", 0, 0)]
    assert centre.rings() == [("c1", "1001")]


@pytest.mark.parametrize(
    ("step", "busy", "behind", "taken"),
    [
        (RelaxationStep(1_000, place=2, raise_priority=1), 1, 0, False),
        (RelaxationStep(1_000, place=2, raise_priority=1), 1, 1, True),
        (RelaxationStep(1_000, free_agents=0, raise_priority=1), 1, 0, True),
        (RelaxationStep(1_000, expected_wait_ms=120_000, raise_priority=1), 1, 0, True),
        (RelaxationStep(1_000, expected_wait_ms=120_001, raise_priority=1), 1, 0, False),
        (RelaxationStep(1_000, expected_wait_ms=240_000, raise_priority=1), 1, 1, True),
    ],
    ids=["first in line", "second in line", "nobody free", "long enough", "not as long", "long enough for the second"],
)
def test_given_a_step_with_a_condition_when_its_time_comes_then_it_is_taken_if_that_holds(
    step: RelaxationStep, busy: int, behind: int, taken: bool
) -> None:
    queue = replace(GENERAL, relaxation=(step,))
    centre = Centre("1001", queues=[GENERAL])
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(100_000)
        centre.agent("1001").hangs_up().is_done()
    centre.queues = (queue,)
    centre.configure()
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    for number in range(behind):
        centre.citizen(f"w{number}").queues()
    centre.forget()
    centre.citizen("z").queues()
    centre.wait(1_000)
    assert [step.contact for step in centre.told(StepTaken) if step.contact == "z"] == (["z"] if taken else [])


def test_given_a_condition_that_comes_true_later_when_looked_at_again_then_the_step_is_taken_within_a_second() -> None:
    step = RelaxationStep(1_000, place=2, raise_priority=1)
    centre = Centre(queues=[replace(GENERAL, relaxation=(step,))])
    centre.citizen("c2").queues()
    centre.wait(3_500)
    assert centre.told(StepTaken) == []
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - 60_000)
    centre.wait(500)
    assert [(taken.contact, taken.waited_ms) for taken in centre.told(StepTaken)] == [("c2", 4_000)]


def test_given_a_phone_that_rings_when_a_step_is_due_then_it_is_taken_and_no_other_phone_rings() -> None:
    centre = Centre("1001", "1002", queues=[replace(GENERAL, relaxation=RECIPE)])
    centre.citizen("c1").queues()
    centre.wait(4_000)
    assert steps(centre) == [("relaxation 1", 1, 4_000)]
    assert len(centre.rings()) == 1


def test_given_an_answered_citizen_when_a_step_would_be_due_then_none_is_taken() -> None:
    centre = Centre("1001", queues=[replace(GENERAL, relaxation=RECIPE)])
    centre.citizen("c1").queues()
    centre.agent("1001").answers()
    centre.wait(60_000)
    assert steps(centre) == []


# ── from when the promise counts ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("clock", "missed_after_ms"), [(ClockStart.QUEUED, 15_001), (ClockStart.ARRIVED, 5_001)])
def test_given_a_menu_before_the_queue_when_the_promise_ends_then_it_counts_from_where_the_queue_says(
    clock: ClockStart, missed_after_ms: int
) -> None:
    centre = Centre(queues=[replace(GENERAL, clock_start=clock)])
    citizen = centre.citizen("c1").arrives()
    centre.wait(10_000)
    citizen.queues()
    centre.wait(missed_after_ms - 1)
    assert centre.told(PromiseMissed) == []
    centre.wait(1)
    assert len(centre.told(PromiseMissed)) == 1


@pytest.mark.parametrize(("clock", "first"), [(ClockStart.QUEUED, "quick"), (ClockStart.ARRIVED, "slow")])
def test_given_a_long_menu_when_two_wait_then_their_places_are_by_the_queue_s_clock(
    clock: ClockStart, first: str
) -> None:
    centre = Centre("1001", queues=[replace(GENERAL, clock_start=clock)], log_in=False)
    centre.tell(ContactArrived(ContactId("slow"), "120", "01"))
    centre.wait(10_000)
    centre.citizen("quick").queues(caller="02")
    centre.wait(1_000)
    centre.citizen("slow").queues(caller="01")
    centre.agent("1001").logs_in()
    assert centre.rings() == [(first, "1001")]


# ── escalation ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_every_act_of_escalation_when_its_moment_comes_then_it_is_told_with_what_it_made_of_the_contact() -> None:
    english = Requirement(((Need(Skill("english"), 1),),))
    acts = (
        EscalationStep(EscalationAct.RELAX, -3_000, also=english),
        EscalationStep(EscalationAct.RAISE, -2_000, raise_priority=7),
        EscalationStep(EscalationAct.ANNOUNCE, -1_000, prompts={"ko": "busy"}),
        EscalationStep(EscalationAct.OVERFLOW, 0, overflow=Overflow(OverflowAct.QUEUE, "other")),
    )
    queue = replace(GENERAL, requirement=frozenset({TAX}), escalation=acts, priority=1)
    over = EscalationStep(EscalationAct.CALLBACK, 5_000, overflow=Overflow(target="promise"))
    centre = Centre(queues=[queue, QueueSettings(QueueId("other"), escalation=(over,))])
    centre.citizen("c1").queues()
    centre.wait(60_000)
    taken = [(step.queue, step.step, step.priority, step.needs) for step in centre.told(StepTaken)]
    assert [(queue, step, priority) for queue, step, priority, _ in taken] == [
        ("general", "escalation 1: relax", 1),
        ("general", "escalation 2: raise", 8),
        ("general", "escalation 3: announce", 8),
        ("general", "escalation 4: overflow", 8),
        ("other", "escalation 1: callback", 0),
    ]
    assert {needs for *_, needs in taken[:4]} == {"english or tax"}
    assert [(on.why, on.act, on.target) for on in centre.told(ContactSentOn)] == [
        ("promise", OverflowAct.QUEUE, "other"),
        ("promise", OverflowAct.CALLBACK, "promise"),
    ]
    assert [(left.act, left.target) for left in centre.sent(LeaveQueue)] == [(OverflowAct.CALLBACK, "promise")]


@pytest.mark.parametrize("act", [EscalationAct.OVERFLOW, EscalationAct.CALLBACK])
def test_given_a_phone_that_rings_when_escalation_would_send_on_then_it_waits_for_the_phone(
    act: EscalationAct,
) -> None:
    step = EscalationStep(act, -10_000, overflow=Overflow(OverflowAct.FLOW, "sorry"))
    centre = Centre("1001", queues=[replace(GENERAL, escalation=(step,))])
    centre.citizen("c1").queues()
    centre.wait(8_500)
    assert centre.told(StepTaken) == []
    centre.agent("1001").misses()
    centre.wait(499)
    assert centre.told(ContactSentOn) == []
    centre.wait(1)
    assert [on.target for on in centre.told(ContactSentOn)] == ["sorry"]


def test_given_a_phone_that_rings_when_escalation_raises_then_it_does_at_once_and_no_other_phone_rings() -> None:
    centre = Centre(
        "1001",
        "1002",
        queues=[
            replace(
                GENERAL,
                escalation=(
                    EscalationStep(EscalationAct.RAISE, -10_000, raise_priority=2),
                    EscalationStep(EscalationAct.RELAX, -9_000, also=ANYBODY),
                    EscalationStep(EscalationAct.ANNOUNCE, -8_000, prompts={"ko": "busy"}),
                ),
            )
        ],
    )
    centre.citizen("c1").queues()
    centre.wait(7_000)
    assert [(priority, waited) for _, priority, waited in steps(centre)] == [(2, 5_000), (2, 6_000), (2, 7_000)]
    assert (len(centre.rings()), centre.sent(AnnounceWait)) == (1, [])


def test_given_escalation_that_raises_when_another_waits_longer_then_the_raised_one_goes_first() -> None:
    raises = replace(GENERAL, escalation=(EscalationStep(EscalationAct.RAISE, 0, raise_priority=1),))
    centre = Centre("1001", queues=[raises, QueueSettings(QueueId("other"))])
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("old").queues("other")
    centre.wait(1_000)
    centre.citizen("c1").queues()
    centre.wait(15_000)
    centre.agent("1001").hangs_up().is_done()
    assert centre.rings()[-1] == ("c1", "1001")


def test_given_an_answered_citizen_who_is_back_when_escalation_would_begin_then_there_is_none() -> None:
    centre = Centre("1001", queues=[replace(GENERAL, escalation=(EscalationStep(EscalationAct.RAISE, 0),))])
    centre.citizen("c1").queues()
    centre.agent("1001").answers().holds()
    centre.agent("1001").hangs_up()
    centre.wait(60_000)
    assert steps(centre) == []


def test_given_escalation_before_a_promise_that_is_half_over_when_the_citizen_joins_then_it_is_now() -> None:
    centre = Centre(queues=[replace(GENERAL, escalation=(EscalationStep(EscalationAct.RAISE, -10_000),))])
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms - 9_000)
    assert centre.engine.next_deadline_ms() == centre.now_ms
    centre.wait(0)
    assert steps(centre) == [("escalation 1: raise", 0, 9_000)]


def test_given_escalation_that_a_reload_takes_away_when_its_moment_comes_then_nothing_happens() -> None:
    centre = Centre(queues=[replace(GENERAL, escalation=(EscalationStep(EscalationAct.RAISE, 0),))])
    centre.citizen("c1").queues()
    centre.queues = (GENERAL,)
    centre.configure()
    centre.wait(60_000)
    assert steps(centre) == []


@pytest.mark.parametrize(
    ("language", "prompt"), [("en", "busy_en"), ("ko", "busy_ko"), ("vi", "busy_ko")], ids=["en", "ko", "unknown"]
)
def test_given_a_language_when_escalation_speaks_then_in_it_or_in_the_first(language: str, prompt: str) -> None:
    assert in_language({"ko": "busy_ko", "en": "busy_en"}, language) == prompt
    assert in_language({}, language) == ""


def test_given_escalation_that_speaks_without_a_recording_then_nothing_is_said() -> None:
    centre = Centre(queues=[replace(GENERAL, escalation=(EscalationStep(EscalationAct.ANNOUNCE, 0),))])
    centre.citizen("c1").queues()
    centre.wait(60_000)
    assert (len(steps(centre)), centre.sent(AnnounceWait)) == (1, [])


# ── announcements around a talk ─────────────────────────────────────────────────────────────────────────────────────
COMFORT = Announcements(
    first_after_ms=10_000,
    every_ms=30_000,
    comfort=({"ko": "stay"},),
    keys={"1": Overflow(OverflowAct.FLOW, "call_back")},
)


def said_at(centre: Centre, from_ms: int) -> int | None:
    """After how much time something is said; None: never."""
    centre.forget()
    for _ in range(60):
        due_ms = centre.engine.next_deadline_ms()
        if due_ms is None:
            return None
        centre.wait(due_ms - centre.now_ms)
        if centre.sent(AnnounceWait):
            return centre.now_ms - from_ms
    return None


def test_given_escalation_that_has_just_spoken_when_an_announcement_is_due_then_it_waits_for_its_end() -> None:
    speaks = EscalationStep(EscalationAct.ANNOUNCE, -7_000, prompts={"ko": "busy"})
    centre = Centre(queues=[replace(GENERAL, escalation=(speaks,), announcements=COMFORT)])
    centre.citizen("c1").queues()
    began_ms = centre.now_ms
    centre.wait(9_000)
    assert len(centre.sent(AnnounceWait)) == 1
    assert said_at(centre, began_ms) == 8_000 + 15_000


@pytest.mark.parametrize(("talk_ms", "again_ms"), [(4_000, 40_000), (60_000, 80_000)])
def test_given_an_announcement_before_a_talk_when_the_citizen_is_back_then_the_next_counts_from_it_or_is_now(
    talk_ms: int, again_ms: int
) -> None:
    centre = Centre("1001", queues=[replace(GENERAL, announcements=COMFORT)], log_in=False)
    centre.citizen("c1").queues()
    began_ms = centre.now_ms
    centre.wait(20_000)
    centre.agent("1001").logs_in().answers().holds()
    centre.wait(talk_ms)
    centre.agent("1001").logs_out().hangs_up()
    assert said_at(centre, began_ms) == again_ms


def test_given_one_announcement_only_when_it_was_heard_before_a_talk_then_it_is_not_said_again_after_it() -> None:
    once = replace(COMFORT, every_ms=0)
    centre = Centre("1001", queues=[replace(GENERAL, announcements=once)], log_in=False)
    centre.citizen("c1").queues()
    centre.wait(20_000)
    assert len(centre.sent(AnnounceWait)) == 1
    centre.agent("1001").logs_in().answers().holds()
    centre.agent("1001").logs_out().hangs_up()
    assert said_at(centre, centre.now_ms) is None


def test_given_a_key_pressed_while_the_phone_rang_that_was_answered_when_the_citizen_is_back_then_it_is_forgotten() -> (
    None
):
    centre = Centre("1001", queues=[replace(GENERAL, announcements=COMFORT)])
    centre.citizen("c1").queues()
    centre.tell(WaitKeyPressed(ContactId("c1"), "1"))
    centre.agent("1001").answers().holds()
    centre.agent("1001").logs_out().hangs_up()
    centre.wait(60_000)
    assert centre.told(ContactSentOn) == []
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


# ── the estimate ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_desk_that_knows_its_talks_when_two_wait_then_each_expects_its_turn_and_it_is_told_when_answered() -> (
    None
):
    centre = Centre("1001")
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(100_000)
        centre.agent("1001").hangs_up().is_done()
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    first, second = centre.citizen("c1").view, centre.citizen("c2").view
    step_ms = 120_000
    assert (first.expected_from_ms, first.expected_to_ms) == (19_200, 220_799)
    assert second.expected_from_ms is not None
    assert second.expected_to_ms is not None
    assert second.expected_from_ms > step_ms / 2
    assert second.expected_to_ms > 2 * step_ms
    centre.agent("1001").hangs_up().is_done()
    centre.agent("1001").answers()
    connected = centre.told(ContactConnected)[-1]
    assert (connected.expected_from_ms, connected.expected_to_ms) == (first.expected_from_ms, first.expected_to_ms)


def test_given_agents_of_one_skill_when_the_queue_asks_another_then_nothing_is_expected() -> None:
    centre = Centre(counsellor("1001", "water"), queues=[replace(GENERAL, requirement=frozenset({TAX}))])
    centre.citizen("c1").queues()
    assert centre.citizen("c1").view.expected_to_ms is None
