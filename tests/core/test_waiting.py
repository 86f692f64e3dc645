"""While a contact waits: second phones, steps, limits, the agent of last time."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import AnnounceWait, LeaveQueue, PlayMusic, WithdrawOffer
from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.events import CommandRefused
from ivr_engine.core.notices import ContactSentOn, OfferMade, RequirementUnmet, StepTaken
from ivr_engine.core.queue_rules import (
    EscalationAct,
    EscalationStep,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
    RingRules,
)
from ivr_engine.core.requirement import ANYBODY, Need, Requirement
from ivr_engine.core.vocabulary import AgentState, ContactPhase, Disposition, OfferFailure, QueueId, Skill
from tests.core.centre import GENERAL, Centre, counsellor

TAX = Skill("tax")
TWICE = replace(GENERAL, ring=RingRules(second_offer_after_ms=5_000))
VIP = QueueSettings(QueueId("vip"), priority=3)


# ── a second phone ──────────────────────────────────────────────────────────────────────────────────────────────────
def two_phones() -> Centre:
    centre = Centre("1001", "1002", queues=[TWICE])
    centre.citizen("c1").queues()
    centre.wait(5_000)
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]
    assert [made.second for made in centre.told(OfferMade)] == [False, True]
    return centre


@pytest.mark.parametrize(("answers", "loses"), [("1001", "1002"), ("1002", "1001")])
def test_given_two_phones_when_one_answers_then_the_other_stops_and_its_agent_is_free(answers: str, loses: str) -> None:
    centre = two_phones()
    centre.agent(answers).answers()
    assert [withdrawn.offer for withdrawn in centre.sent(WithdrawOffer)] == [centre.agent(loses).offer.offer]
    assert centre.agent(loses).view.state is AgentState.IDLE
    assert centre.citizen("c1").view.agent == answers


def test_given_two_phones_when_both_answer_at_once_then_the_citizen_talks_with_the_first_told() -> None:
    centre = two_phones()
    centre.agent("1002").answers()
    centre.agent("1001").misses(OfferFailure.LOST)
    assert centre.citizen("c1").view.agent == "1002"
    assert centre.agent("1001").view.misses == 0


def test_given_two_phones_when_the_first_is_missed_then_the_contact_still_rings_and_keeps_its_phase() -> None:
    centre = two_phones()
    centre.agent("1001").misses()
    assert centre.citizen("c1").view.phase is ContactPhase.OFFERED
    centre.agent("1002").answers()
    assert centre.citizen("c1").view.phase is ContactPhase.CONNECTED


def test_given_two_phones_when_both_are_missed_then_the_contact_is_back_in_its_old_place() -> None:
    centre = two_phones()
    centre.agent("1001").misses()
    centre.agent("1002").misses()
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED
    centre.wait(10_000)
    assert centre.rings()[2] == ("c1", "1001")


def test_given_nobody_idle_at_its_time_when_an_agent_comes_later_then_the_second_phone_rings_then() -> None:
    centre = Centre("1001", queues=[TWICE])
    centre.configure(counsellor("1001"), counsellor("1002"))
    centre.citizen("c1").queues()
    centre.wait(7_000)
    centre.agent("1002").logs_in()
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]


def test_given_two_phones_when_the_citizen_leaves_then_both_stop() -> None:
    centre = two_phones()
    centre.citizen("c1").leaves()
    assert len(centre.sent(WithdrawOffer)) == 2
    assert centre.disposition("c1") is Disposition.ABANDONED


# ── relaxation ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_recipe_when_its_times_come_then_each_step_widens_and_is_matched_in_the_same_moment() -> None:
    recipe = (
        RelaxationStep(waited_ms=4_000, lower={TAX: 2}),
        RelaxationStep(waited_ms=8_000, drop=frozenset({TAX})),
    )
    queue = replace(GENERAL, expression=Requirement(((Need(TAX, 5),),)), relaxation=recipe)
    centre = Centre("1001", queues=[queue])
    centre.citizen("c1").queues()
    centre.wait(7_999)
    assert [(step.step, step.needs) for step in centre.told(StepTaken)] == [("relaxation 1", "tax >= 3")]
    assert centre.rings() == []
    centre.wait(1)
    assert centre.rings() == [("c1", "1001")]


def test_given_a_step_that_repeats_when_time_passes_then_it_is_taken_so_often_and_no_more() -> None:
    step = RelaxationStep(waited_ms=1_000, raise_priority=1, every_ms=2_000, times=3)
    centre = Centre(queues=[replace(GENERAL, relaxation=(step,))])
    centre.citizen("c1").queues()
    centre.wait(60_000)
    assert [(taken.waited_ms, taken.priority) for taken in centre.told(StepTaken)] == [
        (1_000, 1),
        (3_000, 2),
        (5_000, 3),
    ]


def test_given_a_step_with_a_place_when_the_contact_stands_before_it_then_it_is_looked_at_again() -> None:
    step = RelaxationStep(waited_ms=2_000, place=2, raise_priority=1)
    centre = Centre(queues=[replace(GENERAL, relaxation=(step,))])
    centre.citizen("c1").queues()
    centre.wait(100)
    centre.citizen("c2").queues()
    centre.wait(5_000)
    assert [taken.contact for taken in centre.told(StepTaken)] == ["c2"]


def test_given_a_step_taken_when_the_ring_is_missed_then_it_is_not_taken_back() -> None:
    queue = replace(GENERAL, requirement=frozenset({TAX}), relaxation=(RelaxationStep(1_000, drop=frozenset({TAX})),))
    centre = Centre("1001", "1002", queues=[queue])
    centre.citizen("c1").queues()
    centre.wait(1_000)
    centre.agent("1001").misses()
    assert centre.rings() == [("c1", "1001"), ("c1", "1002")]


# ── escalation ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_escalation_when_the_promise_comes_near_and_breaks_then_each_act_has_its_moment() -> None:
    steps = (
        EscalationStep(EscalationAct.RAISE, -5_000, raise_priority=2),
        EscalationStep(EscalationAct.ANNOUNCE, 0, prompts={"ko": "ko/busy", "en": "en/busy"}),
        EscalationStep(EscalationAct.RELAX, 5_000, also=ANYBODY),
    )
    centre = Centre("1001", queues=[replace(GENERAL, requirement=frozenset({TAX}), escalation=steps)])
    centre.citizen("c1").queues()
    centre.wait(10_000)
    assert centre.told(StepTaken)[-1].priority == 2
    centre.wait(5_000)
    assert centre.sent(AnnounceWait) == [AnnounceWait(centre.citizen("c1").id, "ko/busy")]
    assert centre.rings() == []
    centre.wait(5_000)
    assert centre.rings() == [("c1", "1001")]


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_full_queue_when_one_more_comes_then_it_goes_to_the_other_queue_with_its_age() -> None:
    full = replace(GENERAL, limits=QueueLimits(waiting=1, full=Overflow(OverflowAct.QUEUE, "vip")))
    centre = Centre(queues=[full, VIP])
    centre.citizen("c1").queues()
    centre.citizen("c2").queues(queued_at_ms=centre.now_ms - 3_000)
    (sent,) = centre.told(ContactSentOn)
    assert (sent.contact, sent.why, sent.target) == ("c2", "full", "vip")
    assert (centre.citizen("c2").view.queue, centre.citizen("c2").view.queued_at_ms) == ("vip", centre.now_ms - 3_000)


def test_given_two_queues_that_overflow_into_each_other_when_both_are_full_then_the_citizen_comes_to_rest() -> None:
    queues = [
        replace(queue, limits=QueueLimits(waiting=1, full=Overflow(OverflowAct.QUEUE, other)))
        for queue, other in ((GENERAL, "vip"), (VIP, "general"))
    ]
    centre = Centre(queues=queues)
    for name in ("c1", "c2", "c3"):
        centre.citizen(name).queues()
    assert centre.citizen("c3").view.phase is ContactPhase.QUEUED
    assert len(centre.told(ContactSentOn)) <= 6


@pytest.mark.parametrize(
    ("before", "after", "played"),
    [("festival", "", [""]), ("", "festival", ["festival"]), ("a", "a", []), ("", "", [])],
)
def test_given_a_citizen_sent_to_another_queue_when_its_music_is_another_then_the_switch_is_told(
    before: str, after: str, played: list[str]
) -> None:
    limits = QueueLimits(longest_wait_ms=5_000, too_long=Overflow(OverflowAct.QUEUE, "vip"))
    centre = Centre(queues=[replace(GENERAL, music=before, limits=limits), replace(VIP, music=after)])
    centre.citizen("c1").queues()
    assert centre.sent(PlayMusic) == []
    centre.wait(5_000)
    assert centre.citizen("c1").view.queue == "vip"
    assert [command.music for command in centre.sent(PlayMusic)] == played


def test_given_the_last_agent_gone_when_somebody_waits_then_it_is_an_alarm_and_the_flow_speaks() -> None:
    limits = QueueLimits(nobody=Overflow(OverflowAct.FLOW, "closed"))
    centre = Centre("1001", "1002", queues=[replace(GENERAL, limits=limits)], routing=RoutingPolicy(explains=True))
    for number in ("1001", "1002"):
        centre.citizen(f"talks_{number}").queues()
        centre.agent(number).answers()
    centre.citizen("c1").queues()
    for number in ("1001", "1002"):
        centre.agent(number).hangs_up()
    centre.forget()
    centre.configure(counsellor("1003"))
    assert centre.sent(LeaveQueue) == [], "who wraps up is still there"
    centre.wait(20_000)
    assert [command.target for command in centre.sent(LeaveQueue)] == ["closed"]
    assert centre.told(RequirementUnmet)[-1].waiting == 1
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    centre.citizen("c1").hears_the_end(Disposition.CLOSED).leaves()
    assert centre.disposition("c1") is Disposition.CLOSED


def test_given_a_requirement_that_no_agent_has_when_configured_then_it_is_an_alarm() -> None:
    centre = Centre(
        "1001", queues=[replace(GENERAL, requirement=frozenset({TAX}))], routing=RoutingPolicy(explains=True)
    )
    centre.configure()
    assert [(unmet.queue, unmet.known) for unmet in centre.told(RequirementUnmet)] == [("general", 0)]


def test_given_the_longest_wait_when_a_phone_rings_at_that_moment_then_the_ring_goes_on() -> None:
    limits = QueueLimits(longest_wait_ms=20_000, too_long=Overflow(OverflowAct.VOICEMAIL, "message"))
    centre = Centre("1001", queues=[replace(GENERAL, limits=limits)], log_in=False)
    centre.citizen("c1").queues()
    centre.wait(19_000)
    centre.agent("1001").logs_in()
    centre.wait(5_000)
    assert centre.sent(LeaveQueue) == []
    centre.agent("1001").misses()
    centre.wait(1_000)
    assert [(sent.act, sent.target) for sent in centre.sent(LeaveQueue)] == [(OverflowAct.VOICEMAIL, "message")]


def test_given_a_citizen_whom_the_flow_leads_back_to_the_full_queue_when_there_then_they_wait() -> None:
    full = replace(GENERAL, limits=QueueLimits(waiting=1, full=Overflow(OverflowAct.FLOW, "sorry")))
    centre = Centre("1001", queues=[full], log_in=False)
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    assert [sent.target for sent in centre.sent(LeaveQueue)] == ["sorry"]
    queued_at_ms = centre.now_ms
    centre.wait(9_000)
    centre.citizen("c2").queues(queued_at_ms=queued_at_ms)
    assert len(centre.sent(LeaveQueue)) == 1
    assert centre.citizen("c2").view.phase is ContactPhase.QUEUED
    assert centre.citizen("c2").view.queued_at_ms == queued_at_ms


def test_given_too_long_a_wait_when_the_flow_leads_back_each_time_then_it_is_asked_a_few_times_and_not_for_ever() -> (
    None
):
    limits = QueueLimits(longest_wait_ms=10_000, too_long=Overflow(OverflowAct.FLOW, "sorry"))
    centre = Centre(queues=[replace(GENERAL, limits=limits)])
    queued_at_ms = centre.now_ms
    for _ in range(6):
        centre.citizen("c1").queues(queued_at_ms=queued_at_ms)
        centre.wait(10_000)
    assert len(centre.sent(LeaveQueue)) == 3
    assert centre.citizen("c1").view.phase is ContactPhase.QUEUED


def test_given_a_switch_that_does_not_let_the_citizen_go_when_told_again_then_the_limit_holds_again() -> None:
    full = replace(GENERAL, limits=QueueLimits(waiting=1, full=Overflow(OverflowAct.FLOW, "sorry")))
    centre = Centre(queues=[full])
    centre.citizen("c1").queues()
    second = centre.citizen("c2").queues()
    centre.tell(CommandRefused(second.id, LeaveQueue.__name__, "no such channel"))
    second.queues()
    assert [sent.contact for sent in centre.sent(LeaveQueue)] == ["c2", "c2"]


# ── the agent of last time ──────────────────────────────────────────────────────────────────────────────────────────
STICKY = replace(GENERAL, last_agent_wait_ms=10_000, wrap_up_ms=3_000)


def after_a_talk_with_1001() -> Centre:
    centre = Centre("1001", "1002", queues=[STICKY])
    centre.citizen("c1").queues()
    centre.agent("1001").answers().hangs_up()
    centre.citizen("c1").leaves()
    centre.forget()
    return centre


def test_given_a_caller_of_before_when_the_agent_is_busy_for_a_moment_then_the_contact_stands_for_that_agent() -> None:
    centre = after_a_talk_with_1001()
    centre.citizen("c2").queues()
    assert centre.rings() == []
    centre.wait(3_000)
    assert centre.rings() == [("c2", "1001")]


def test_given_a_caller_of_before_when_the_agent_is_not_free_in_time_then_anybody_takes_the_contact() -> None:
    centre = after_a_talk_with_1001()
    centre.citizen("other").queues(caller="0300000000")
    centre.agent("1002").answers()
    centre.wait(3_000)
    centre.citizen("third").queues(caller="0300000001")
    centre.agent("1001").answers()
    centre.citizen("c2").queues()
    centre.agent("1002").hangs_up()
    centre.wait(9_999)
    assert ("c2", "1002") not in centre.rings()
    centre.wait(1)
    assert centre.rings()[-1] == ("c2", "1002")


def test_given_a_caller_of_before_when_the_agent_goes_on_a_break_then_nobody_is_waited_for() -> None:
    centre = after_a_talk_with_1001()
    centre.citizen("c2").queues()
    centre.agent("1001").takes_a_break()
    assert centre.rings() == [("c2", "1002")]
