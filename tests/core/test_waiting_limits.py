"""Being sent on: why a queue holds nobody more, where they go, and what they take along."""

from dataclasses import replace

import pytest

from ivr_engine.core.commands import LeaveQueue
from ivr_engine.core.configuration import Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import (
    CommandRefused,
    Configured,
    ContactQueued,
    SwitchLost,
    SwitchSeen,
    WaitKeyPressed,
)
from ivr_engine.core.notices import ContactSentOn, ContactWaits, PromiseMissed, RequirementUnmet, StepTaken
from ivr_engine.core.queue_rules import (
    Announcements,
    EscalationAct,
    EscalationStep,
    Overflow,
    OverflowAct,
    QueueLimits,
    RelaxationStep,
)
from ivr_engine.core.routing_books import DESKS
from ivr_engine.core.vocabulary import ContactId, ContactPhase, QueueId, Skill
from tests.core.centre import GENERAL, Centre, Citizen, citizen_leg, counsellor

OTHER = QueueSettings(QueueId("other"))
TO_OTHER = Overflow(OverflowAct.QUEUE, "other")
TO_FLOW = Overflow(OverflowAct.FLOW, "sorry")
TAX = Skill("tax")


def limited(*agents: str, also: QueueSettings = OTHER, **limits: Overflow | int) -> Centre:
    return Centre(*agents, queues=[replace(GENERAL, limits=QueueLimits(**limits)), also], log_in=False)  # type: ignore[arg-type]


def queues(centre: Centre, request: ToQueue, name: str = "c1", caller: str = "02") -> Citizen:
    centre.tell(ContactQueued(ContactId(name), "120", caller, request, centre.now_ms))
    return centre.citizen(name)


def sent(centre: Centre) -> list[tuple[str, str, str]]:
    """Who, why and where to."""
    return [(on.contact, on.why, on.target) for on in centre.told(ContactSentOn)]


# ── who is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("room", [1, 2])
def test_given_a_queue_with_room_for_so_many_when_one_more_comes_then_that_one_is_sent_on(room: int) -> None:
    centre = limited(waiting=room, full=TO_FLOW)
    for number in range(room + 1):
        centre.citizen(f"c{number}").queues()
    assert sent(centre) == [(f"c{room}", "full", "sorry")]
    assert centre.sent(LeaveQueue) == [LeaveQueue(ContactId(f"c{room}"), OverflowAct.FLOW, "sorry")]


@pytest.mark.parametrize(
    ("staff", "on_duty", "why"),
    [("tax", True, None), ("tax", False, "nobody"), ("", True, "unmeetable"), ("", False, "unmeetable")],
)
def test_given_who_is_there_when_somebody_queues_then_they_stay_or_hear_why_nobody_will_come(
    staff: str, on_duty: bool, why: str | None
) -> None:
    limits = QueueLimits(nobody=Overflow(OverflowAct.FLOW, "nobody"), unmeetable=Overflow(OverflowAct.FLOW, "never"))
    agents = [counsellor("1001", *([staff] if staff else [])), counsellor("1002", *([staff] if staff else []))]
    centre = Centre(*agents, queues=[replace(GENERAL, requirement=frozenset({TAX}), limits=limits)], log_in=on_duty)
    for agent in ("1001", "1002"):
        if on_duty and staff:
            centre.citizen(f"talks {agent}").queues()
            centre.agent(agent).answers()
    centre.citizen("c1").queues()
    assert [on.why for on in centre.told(ContactSentOn)] == ([why] if why else [])


@pytest.mark.parametrize(
    ("limit_ms", "talks_ms", "waits_before", "why"),
    [
        (119_999, 100_000, 0, ["expected_wait"]),
        (120_000, 100_000, 0, []),
        (120_000, 100_000, 1, ["expected_wait"]),
        (60_000, None, 0, []),
        (0, 100_000, 1, []),
    ],
    ids=["over", "at the limit", "the second in line", "nobody knows", "no limit"],
)
def test_given_a_limit_of_the_expected_wait_when_somebody_queues_then_who_would_wait_longer_is_sent_on(
    limit_ms: int, talks_ms: int | None, waits_before: int, why: list[str]
) -> None:
    queue = replace(GENERAL, limits=QueueLimits(full=TO_FLOW))
    centre = Centre("1001", queues=[queue])
    for number in range(5 if talks_ms else 0):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(talks_ms or 0)
        centre.agent("1001").hangs_up().is_done()
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    for number in range(waits_before):
        centre.citizen(f"w{number}").queues()
    centre.queues = (replace(queue, limits=QueueLimits(full=TO_FLOW, expected_wait_ms=limit_ms)),)
    centre.configure()
    centre.citizen("c1").queues()
    assert [on.why for on in centre.told(ContactSentOn)] == why


def test_given_no_link_when_a_full_queue_is_joined_then_nobody_is_sent_anywhere_blind() -> None:
    centre = limited(waiting=1, full=TO_FLOW, nobody=TO_FLOW)
    centre.tell(SwitchLost())
    centre.citizen("c1").queues()
    centre.citizen("c2").queues()
    assert (sent(centre), centre.sent(LeaveQueue)) == ([], [])


# ── hours ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("closes_in", "why"), [(0, [("c1", "closed", "sorry")]), (1, []), (None, [])], ids=["over", "soon", "no hours"]
)
def test_given_hours_when_a_citizen_queues_then_only_after_them_they_are_sent_on(
    closes_in: int | None, why: list[tuple[str, str, str]]
) -> None:
    centre = limited(closed=TO_FLOW)
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=closes_in))
    centre.wait(3_600_000)
    assert sent(centre) == why


def test_given_hours_that_are_over_and_a_queue_that_waits_all_the_same_then_nobody_is_sent_on() -> None:
    centre = limited(closing_grace_ms=0)
    assert queues(centre, ToQueue(GENERAL.id, closes_in_seconds=0)).view.phase is ContactPhase.QUEUED


def test_given_hours_that_are_over_when_the_flow_brings_the_citizen_back_then_they_wait() -> None:
    centre = limited(closed=TO_FLOW)
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=0))
    centre.wait(10_000)
    citizen = queues(centre, ToQueue(GENERAL.id, closes_in_seconds=0))
    assert len(sent(centre)) == 1
    assert citizen.view.phase is ContactPhase.QUEUED


def test_given_hours_that_are_over_when_the_link_is_lost_then_the_citizen_stands_until_somebody_comes() -> None:
    centre = limited("1001", closed=TO_FLOW)
    centre.tell(SwitchLost())
    citizen = queues(centre, ToQueue(GENERAL.id, closes_in_seconds=0))
    assert (sent(centre), citizen.view.phase) == ([], ContactPhase.QUEUED)


@pytest.mark.parametrize("grace_ms", [0, 5_000])
def test_given_a_grace_after_the_hours_when_somebody_still_waits_then_they_are_sent_on_at_its_end(
    grace_ms: int,
) -> None:
    centre = limited(closed=TO_FLOW, closing_grace_ms=grace_ms)
    citizen = queues(centre, ToQueue(GENERAL.id, closes_in_seconds=10))
    centre.wait(14_999)
    assert sent(centre) == []
    centre.wait(1)
    assert sent(centre) == ([("c1", "closed", "sorry")] if grace_ms else [])
    assert citizen.view.phase is (ContactPhase.IN_FLOW if grace_ms else ContactPhase.QUEUED)


def test_given_a_queue_without_hours_when_it_has_a_grace_then_nobody_is_sent_on() -> None:
    centre = limited(closed=TO_FLOW, closing_grace_ms=5_000)
    centre.citizen("c1").queues()
    centre.wait(60_000)
    assert sent(centre) == []


def test_given_the_end_of_the_grace_when_a_phone_rings_then_whoever_picks_up_is_better() -> None:
    centre = limited("1001", closed=TO_FLOW, too_long=Overflow(OverflowAct.FLOW, "late"), closing_grace_ms=2_000)
    centre.agent("1001").logs_in()
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=3))
    centre.wait(8_500)
    assert sent(centre) == []
    centre.agent("1001").misses()
    centre.wait(499)
    assert sent(centre) == []
    centre.wait(1)
    assert sent(centre) == [("c1", "closed", "sorry")]


def held_and_left(centre: Centre, after_ms: int) -> None:
    """The only agent holds the citizen and goes: back to the queue."""
    centre.agent("1001").logs_in().answers().holds()
    centre.wait(after_ms)
    centre.agent("1001").hangs_up()


def test_given_a_talk_over_the_end_of_the_hours_when_the_citizen_is_back_then_the_grace_holds_for_them() -> None:
    centre = limited("1001", closed=TO_FLOW, closing_grace_ms=5_000)
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=10))
    held_and_left(centre, 12_000)
    assert sent(centre) == []
    centre.wait(2_999)
    assert sent(centre) == []
    centre.wait(1)
    assert sent(centre) == [("c1", "closed", "sorry")]


def test_given_a_talk_over_the_grace_too_when_the_citizen_is_back_then_they_are_sent_on_by_the_next_deadline() -> None:
    centre = limited("1001", closed=TO_FLOW, closing_grace_ms=5_000)
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=10))
    held_and_left(centre, 60_000)
    assert centre.engine.next_deadline_ms() == centre.now_ms
    centre.wait(0)
    assert sent(centre) == [("c1", "closed", "sorry")]


# ── too long ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_longest_wait_when_it_is_over_then_the_citizen_is_sent_on_at_that_millisecond() -> None:
    centre = limited(longest_wait_ms=30_000, too_long=TO_FLOW, closed=Overflow(OverflowAct.FLOW, "closed"))
    centre.citizen("c1").queues()
    centre.wait(29_999)
    assert sent(centre) == []
    centre.wait(1)
    assert sent(centre) == [("c1", "too_long", "sorry")]


def test_given_a_longest_wait_when_a_talk_took_longer_and_the_citizen_is_back_then_it_begins_anew() -> None:
    centre = limited("1001", longest_wait_ms=30_000, too_long=TO_FLOW)
    centre.citizen("c1").queues()
    held_and_left(centre, 40_000)
    centre.agent("1001").logs_out()
    centre.wait(29_999)
    assert sent(centre) == []
    centre.wait(1)
    assert sent(centre) == [("c1", "too_long", "sorry")]


def test_given_a_citizen_who_is_back_when_a_full_queue_would_refuse_them_then_they_keep_their_place() -> None:
    centre = limited("1001", waiting=1, full=TO_FLOW, nobody=TO_FLOW)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.agent("1001").answers().holds()
    centre.citizen("c2").queues()
    centre.agent("1001").hangs_up()
    assert sent(centre) == []
    assert [waits.returns for waits in centre.told(ContactWaits)] == [0, 0, 1]


# ── to another queue ────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_an_overflow_to_a_queue_when_the_promise_of_the_first_breaks_then_it_is_told_once_and_no_other() -> None:
    slow = replace(OTHER, promise_ms=60_000)
    centre = limited(also=slow, longest_wait_ms=5_000, too_long=TO_OTHER)
    centre.citizen("c1").queues()
    queued_ms = centre.now_ms
    centre.wait(15_000)
    assert centre.told(PromiseMissed) == []
    centre.wait(1)
    centre.wait(120_000)
    assert [(missed.queue, missed.queued_at_ms) for missed in centre.told(PromiseMissed)] == [("other", queued_ms)]


def test_given_an_overflow_at_the_very_end_of_the_promise_then_the_promise_is_missed_a_millisecond_later() -> None:
    step = EscalationStep(EscalationAct.OVERFLOW, 0, overflow=TO_OTHER)
    centre = Centre(queues=[replace(GENERAL, escalation=(step,)), OTHER])
    centre.citizen("c1").queues()
    centre.wait(15_000)
    assert sent(centre) == [("c1", "promise", "other")]
    centre.wait(1)
    assert len(centre.told(PromiseMissed)) == 1


def test_given_an_overflow_after_the_promise_broke_then_it_is_not_missed_again() -> None:
    centre = limited(longest_wait_ms=20_000, too_long=TO_OTHER)
    centre.citizen("c1").queues()
    centre.wait(120_000)
    assert len(centre.told(PromiseMissed)) == 1


def test_given_steps_taken_in_one_queue_when_the_citizen_overflows_then_the_other_queue_s_recipe_begins_anew() -> None:
    recipe = (RelaxationStep(waited_ms=1_000, raise_priority=4),)
    theirs = replace(OTHER, relaxation=(RelaxationStep(waited_ms=8_000, raise_priority=1),))
    limits = QueueLimits(longest_wait_ms=5_000, too_long=TO_OTHER)
    centre = Centre(queues=[replace(GENERAL, relaxation=recipe, limits=limits), theirs])
    centre.citizen("c1").queues()
    centre.wait(10_000)
    steps = [(step.queue, step.step, step.priority, step.waited_ms) for step in centre.told(StepTaken)]
    assert steps == [("general", "relaxation 1", 4, 1_000), ("other", "relaxation 1", 1, 8_000)]


def test_given_escalation_in_both_queues_when_the_citizen_overflows_then_the_other_s_begins_with_its_first_step() -> (
    None
):
    raises = EscalationStep(EscalationAct.RAISE, -14_000, raise_priority=2)
    over = EscalationStep(EscalationAct.OVERFLOW, -10_000, overflow=TO_OTHER)
    theirs = replace(OTHER, escalation=(EscalationStep(EscalationAct.RAISE, 0, raise_priority=1),))
    centre = Centre(queues=[replace(GENERAL, escalation=(raises, over)), theirs])
    centre.citizen("c1").queues()
    centre.wait(15_000)
    assert [(step.queue, step.step, step.priority, step.waited_ms) for step in centre.told(StepTaken)] == [
        ("general", "escalation 1: raise", 2, 1_000),
        ("general", "escalation 2: overflow", 2, 5_000),
        ("other", "escalation 1: raise", 1, 15_000),
    ]


def test_given_a_citizen_who_stands_for_an_agent_when_they_overflow_then_anybody_there_may_help() -> None:
    limits = QueueLimits(longest_wait_ms=5_000, too_long=TO_OTHER)
    centre = Centre("1001", "1002", queues=[replace(GENERAL, limits=limits), OTHER])
    centre.citizen("talks").queues()
    assert centre.rings() == [("talks", "1001")]
    centre.agent("1001").answers()
    request = ToQueue(GENERAL.id, agent="1001", agent_wait_ms=60_000, closes_in_seconds=2)
    queues(centre, request, caller="0299")
    assert centre.rings() == [("talks", "1001")]
    centre.wait(5_000)
    assert centre.rings()[1:] == [("c1", "1002")]


def test_given_hours_of_the_first_queue_when_a_citizen_overflowed_before_then_they_end_nothing_in_the_other() -> None:
    theirs = replace(OTHER, limits=QueueLimits(closed=TO_FLOW, closing_grace_ms=1_000))
    centre = limited(also=theirs, longest_wait_ms=2_000, too_long=TO_OTHER)
    queues(centre, ToQueue(GENERAL.id, closes_in_seconds=5))
    centre.wait(60_000)
    assert sent(centre) == [("c1", "too_long", "other")]


def test_given_a_key_pressed_again_and_again_when_it_leads_to_another_queue_then_it_never_counts_as_a_move() -> None:
    keys = Announcements(keys={"1": TO_OTHER, "2": Overflow(OverflowAct.QUEUE, "general")})
    queues_of = [replace(GENERAL, announcements=keys), replace(OTHER, announcements=keys)]
    centre = Centre(queues=queues_of)
    citizen = centre.citizen("c1").queues()
    for key in "12121":
        centre.tell(WaitKeyPressed(citizen.id, key))
    assert [on.target for on in centre.told(ContactSentOn)] == ["other", "general", "other", "general", "other"]
    assert citizen.view.queue == "other"


def test_given_too_many_moves_by_overflow_when_a_key_is_pressed_then_it_is_followed_all_the_same() -> None:
    limits = QueueLimits(longest_wait_ms=1_000, too_long=TO_FLOW)
    keys = Announcements(keys={"1": Overflow(OverflowAct.FLOW, "call_back")})
    centre = Centre(queues=[replace(GENERAL, limits=limits, announcements=keys)])
    queued_ms = centre.now_ms
    for _ in range(5):
        centre.citizen("c1").queues(queued_at_ms=queued_ms)
        centre.wait(5_000)
    centre.tell(WaitKeyPressed(ContactId("c1"), "1"))
    assert [on.target for on in centre.told(ContactSentOn)] == ["sorry"] * 3 + ["call_back"]


def test_given_a_citizen_sent_on_in_vain_when_the_refusal_names_nobody_or_another_phase_then_nothing_changes() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    before = centre.snapshot()
    for name in ("nobody", "c1"):
        centre.tell(CommandRefused(ContactId(name), LeaveQueue.__name__, "no such channel"))
    assert centre.snapshot() == before


# ── nobody is there any more ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("goes", "unmeetable", "why"),
    [
        ("breaks", Overflow(OverflowAct.FLOW, "never"), "nobody"),
        ("removed", Overflow(OverflowAct.FLOW, "never"), "unmeetable"),
        ("removed", Overflow(), "nobody"),
    ],
)
def test_given_somebody_who_waits_when_the_last_agent_goes_then_they_go_where_that_is_decided(
    goes: str, unmeetable: Overflow, why: str
) -> None:
    limits = QueueLimits(nobody=Overflow(OverflowAct.FLOW, "nobody"), unmeetable=unmeetable)
    queue = replace(GENERAL, requirement=frozenset({TAX}), limits=limits)
    centre = Centre(counsellor("1001", "tax"), queues=[queue], routing=RoutingPolicy(explains=True))
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").queues()
    centre.agent("1001").hangs_up().is_done()
    centre.agent("1001").misses()
    centre.forget()
    if goes == "removed":
        centre.configure(counsellor("1002"))
    else:
        centre.agent("1001").takes_a_break()
    assert [on.why for on in centre.told(ContactSentOn)] == [why]
    unmet = centre.told(RequirementUnmet)[-1]
    assert (unmet.queue, unmet.needs, unmet.known, unmet.waiting) == ("general", "tax", int(goes == "breaks"), 1)


def test_given_no_link_when_the_last_agent_goes_then_nobody_is_sent_on_until_it_is_back() -> None:
    centre = limited("1001", nobody=TO_FLOW)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.agent("1001").misses()
    centre.tell(SwitchLost())
    centre.agent("1001").takes_a_break()
    assert sent(centre) == []


def test_given_a_colleague_who_stays_when_an_agent_goes_then_whoever_waits_stays() -> None:
    centre = limited("1001", "1002", nobody=TO_FLOW, unmeetable=TO_FLOW)
    for name in ("1001", "1002"):
        centre.agent(name).logs_in()
        centre.citizen(f"talks {name}").queues()
        centre.agent(name).answers()
    centre.citizen("c1").queues()
    centre.agent("1002").takes_a_break()
    assert sent(centre) == []


def test_given_two_queues_of_one_need_when_nobody_is_left_then_each_is_an_alarm_in_order_with_all_who_wait() -> None:
    centre = Centre("1001", queues=[OTHER, GENERAL], routing=RoutingPolicy(explains=True))
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    centre.citizen("c1").queues("other")
    centre.citizen("c2").queues("general")
    centre.agent("1001").takes_a_break().hangs_up().is_done()
    assert [(unmet.queue, unmet.known, unmet.waiting) for unmet in centre.told(RequirementUnmet)] == [
        ("general", 1, 2),
        ("other", 1, 2),
    ]


@pytest.mark.parametrize(
    ("explains", "staff", "alarms"), [(True, True, ["general"]), (False, True, []), (True, False, [])]
)
def test_given_a_queue_that_no_agent_can_serve_when_configured_then_it_is_an_alarm_where_there_are_agents_at_all(
    explains: bool, staff: bool, alarms: list[str]
) -> None:
    centre = Centre()
    agents = (counsellor("1001"),) if staff else ()
    taxes = (replace(GENERAL, requirement=frozenset({TAX})), OTHER)
    centre.tell(Configured(Configuration(taxes, agents, routing=RoutingPolicy(explains=explains))))
    assert [unmet.queue for unmet in centre.told(RequirementUnmet)] == alarms


# ── standing for an agent, coming back ──────────────────────────────────────────────────────────────────────────────
def test_given_a_flow_that_names_an_agent_when_that_one_is_free_then_nobody_else_is_rung() -> None:
    centre = Centre("1001", "1002")
    queues(centre, ToQueue(GENERAL.id, agent="1002", agent_wait_ms=5_000))
    assert centre.rings() == [("c1", "1002")]


def test_given_a_flow_that_names_an_agent_who_is_busy_when_the_time_for_it_is_over_then_anybody_helps() -> None:
    centre = Centre("1002", "1001")
    queues(centre, ToQueue(GENERAL.id, agent="1002", agent_wait_ms=5_000), "first")
    centre.agent("1002").answers()
    queues(centre, ToQueue(GENERAL.id, agent="1002", agent_wait_ms=5_000))
    centre.wait(4_999)
    assert centre.rings() == [("first", "1002")]
    centre.wait(1)
    assert centre.rings()[1:] == [("c1", "1001")]


def test_given_a_memory_of_the_last_agent_when_the_flow_names_another_then_the_named_one_counts() -> None:
    sticky = replace(GENERAL, last_agent_wait_ms=60_000)
    centre = Centre("1001", "1002", queues=[sticky])
    queues(centre, ToQueue(GENERAL.id), "before", caller="0299")
    centre.agent("1001").answers().hangs_up().is_done()
    centre.citizen("before").leaves()
    queues(centre, ToQueue(GENERAL.id, agent="1002", agent_wait_ms=5_000), caller="0299")
    assert centre.rings()[-1] == ("c1", "1002")


def test_given_a_desk_that_was_forgotten_during_a_talk_when_the_citizen_is_back_then_an_agent_of_it_is_found() -> None:
    centre = Centre(counsellor("1001", "rare"), counsellor("1002", "rare"))
    centre.watch.every = 1_000_000  # its checks cost the number of desks
    centre.citizen("c1").queues("general", "rare")
    centre.agent("1001").answers().holds()
    centre.agent("1002").logs_out()
    for number in range(DESKS + 1):
        centre.citizen(f"x{number}").queues("general", f"skill {number}").leaves()
    centre.agent("1001").hangs_up().logs_out()
    centre.agent("1002").logs_in()
    assert centre.rings()[-1] == ("c1", "1002")


def test_given_all_that_a_flow_says_when_a_citizen_waits_then_it_is_told_with_the_queue_s_own() -> None:
    queue = replace(GENERAL, requirement=frozenset({TAX}), priority=2)
    centre = Centre(queues=[queue])
    request = ToQueue(GENERAL.id, frozenset({Skill("english")}), "seoul", "en", 5)
    queues(centre, request)
    assert centre.told(ContactWaits) == [
        ContactWaits(ContactId("c1"), GENERAL.id, ("english", "tax"), "seoul", "en", 7, centre.now_ms, 0)
    ]


def test_given_a_look_at_the_switch_when_a_limit_was_reached_meanwhile_then_the_deadline_still_comes() -> None:
    centre = limited(longest_wait_ms=30_000, too_long=TO_FLOW)
    centre.citizen("c1").queues()
    centre.tell(SwitchLost())
    queued_ms = centre.now_ms
    centre.wait(10_000)
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=queued_ms, queue="general"),)))
    centre.wait(20_000)
    assert sent(centre) == [("c1", "too_long", "sorry")]
