"""The rules of queues as operators write them."""

from dataclasses import replace

import pytest

from ivr_engine.core.callback import may_be_dialled
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import (
    Announcements,
    CallbackFirst,
    CallbackRules,
    ChoicePolicy,
    EscalationAct,
    OrderPolicy,
    Overflow,
    OverflowAct,
    RelaxationStep,
    RingRules,
)
from ivr_engine.core.requirement import Need, Requirement
from ivr_engine.core.routing_standard import STANDARD_ROUTING, standard_queue
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow import source
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.queues import Queues, read_queues
from ivr_engine.flow.requirement_text import RequirementError, read_requirement

SKILLS = ("english", "general", "tax")
ENGLISH, GENERAL, TAX = (Need(Skill(skill)) for skill in SKILLS)
HEAD = "skills: [general, tax, english]\nperson: general\n"


def read(text: str) -> tuple[Queues, list[str]]:
    """The queues, and the codes of what is wrong."""
    diagnostics = Diagnostics()
    node = source.read("queues.yaml", (HEAD + text).encode(), diagnostics)
    assert node is not None
    queues = read_queues(
        node, diagnostics, frozenset({"closed"}), {"busy": {"ko": "ivr/ko/busy"}}, frozenset({"office"})
    )
    return queues, [diagnostic.code for diagnostic in diagnostics.in_order()]


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("tax", ((TAX,),)),
        ("english >= 3 and tax", ((Need(Skill("english"), 3), TAX),)),
        ("tax and english or general", ((ENGLISH, TAX), (GENERAL,))),
        ("tax and (english or general)", ((ENGLISH, TAX), (GENERAL, TAX))),
        ("tax or tax >= 3", ((TAX,),)),
    ],
)
def test_given_a_requirement_when_read_then_it_is_the_canonical_form(
    text: str, alternatives: tuple[tuple[Need, ...], ...]
) -> None:
    assert read_requirement(text, SKILLS) == Requirement(alternatives)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("taxes", "taxes"),
        ("tax and", ""),
        ("(tax", ""),
        ("tax english", "english"),
        ("tax >= 6", "6"),
        ("tax >= x", "x"),
        (")", ")"),
    ],
)
def test_given_what_is_no_requirement_when_read_then_the_word_is_named(text: str, found: str) -> None:
    with pytest.raises(RequirementError) as error:
        read_requirement(text, SKILLS)
    assert error.value.found == found


def test_given_brackets_without_end_when_read_then_it_is_refused_and_no_stack_overflows() -> None:
    with pytest.raises(RequirementError):
        read_requirement("(" * 400, SKILLS)


def test_given_every_rule_when_read_then_the_queue_has_it() -> None:
    queues, wrong = read(
        """
routing: {reserve_agents: 1, small_desk_agents: 6, reserve_yields_seconds: 4, redial_seconds: 600}
queues:
  general:
    needs: tax >= 2
    prefers: english
    order: promise_first
    guard_seconds: 45
    choice: coverage
    ring: {by_promise: true, second_offer_after_seconds: 5}
    relaxation:
      easier: {after_seconds: 20, lower: {tax: 1}}
      anybody: {after_seconds: 40, place: 3, free_agents: 0, drop: tax, also: english}
    escalation:
      say: {act: announce, prompt: busy}
      first: {act: raise, before_promise_seconds: 2.5, raise_priority: 1}
    limits: {waiting: 100, full: "flow:closed", nobody: wait}
    contractor_shares: {han: 60, nam: 40}
    last_agent_seconds: 10
"""
    )
    assert wrong == []
    queue = queues.settings[QueueId("general")]
    assert queue.expression == Requirement(((Need(Skill("tax"), 2),),), (ENGLISH,))
    assert (queue.order, queue.guard_ms, queue.choice) == (OrderPolicy.PROMISE_FIRST, 45_000, ChoicePolicy.COVERAGE)
    assert queue.ring == RingRules(by_promise=True, second_offer_after_ms=5_000)
    assert queue.relaxation[0] == RelaxationStep(waited_ms=20_000, lower={Skill("tax"): 1})
    assert (queue.relaxation[1].place, queue.relaxation[1].free_agents) == (3, 0)
    assert [(step.act, step.from_promise_ms) for step in queue.escalation] == [
        (EscalationAct.RAISE, -2_500),
        (EscalationAct.ANNOUNCE, 0),
    ]
    assert queue.escalation[1].prompts == {"ko": "ivr/ko/busy"}
    assert (queue.limits.waiting, queue.limits.full) == (100, Overflow(OverflowAct.FLOW, "closed"))
    assert (queue.contractor_shares, queue.last_agent_wait_ms) == ({"han": 60, "nam": 40}, 10_000)
    routing = queues.routing
    assert (routing.reserve_agents, routing.small_desk_agents, routing.reserve_yields_ms) == (1, 6, 4_000)
    assert (routing.redial_ms, routing.explains) == (600_000, True)


def test_given_announcements_when_read_then_prompts_are_recordings_by_language_and_keys_are_ways_out() -> None:
    queues, wrong = read(
        """
announcements: {place: [busy, busy], soon: busy, up_to: [busy, busy], between: [busy, busy, busy], longer: busy}
queues:
  general:
    announcements:
      first_after_seconds: 30
      every_seconds: 45
      place: true
      wait: true
      comfort: busy
      keys: {"1": "callback:closed", "*": "queue:general"}
"""
    )
    assert wrong == []
    assert queues.settings[QueueId("general")].announcements == Announcements(
        first_after_ms=30_000,
        every_ms=45_000,
        place=True,
        wait=True,
        comfort=({"ko": "ivr/ko/busy"},),
        keys={"1": Overflow(OverflowAct.CALLBACK, "closed"), "*": Overflow(OverflowAct.QUEUE, "general")},
    )
    assert queues.phrases["between"] == ("busy", "busy", "busy")


def test_given_hours_and_where_they_lead_when_read_then_flows_and_the_core_know_them() -> None:
    queues, wrong = read(
        'queues: {general: {hours: office, limits: {closed: "flow:closed", closing_grace_seconds: 60}}}\n'
    )
    assert wrong == []
    general = queues.settings[QueueId("general")]
    assert (general.hours, general.limits.closed) == ("office", Overflow(OverflowAct.FLOW, "closed"))
    assert general.limits.closing_grace_ms == 60_000


def test_given_too_few_words_round_a_value_when_read_then_its_code_is_said() -> None:
    _, wrong = read("announcements: {place: busy}\nqueues: {general: {}}\n")
    assert wrong == ["phrase"]


def test_given_a_queue_that_says_nothing_when_read_then_it_has_the_rules_that_came_out_best() -> None:
    queues, wrong = read("queues: {general: {requirement: general}, english: {protected: true}}\n")
    general, english = queues.settings.values()
    assert wrong == []
    assert general == standard_queue(QueueSettings(QueueId("general"), frozenset({Skill("general")})))
    assert (general.protected, english.protected) == (False, True)
    assert queues.routing == replace(STANDARD_ROUTING, explains=True, redial_ms=600_000, note_every_ms=60_000)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("needs: taxes", "unknown_skill"),
        ("needs: tax >= 9", "requirement"),
        ("prefers: tax or english", "requirement"),
        ("relaxation: {one: {after_seconds: 5}}", "no_operation"),
        ("relaxation: {one: {drop: taxes}}", "unknown_skill"),
        ("escalation: {one: {act: announce}}", "missing"),
        ("escalation: {one: {act: announce, prompt: bussy}}", "unknown_prompt"),
        ("limits: {full: general}", "overflow"),
        ('limits: {full: "queue:genral"}', "unknown_queue"),
        ('limits: {nobody: "flow:closd"}', "unknown_flow"),
        ("contractor_shares: {han: 60, nam: 60}", "shares"),
        ("choice: cleverest", "not_allowed"),
        ("hours: office", "closing"),
        ('limits: {closed: "flow:closed"}', "closing"),
        ('hours: night, limits: {closed: "flow:closed"}', "unknown_calendar"),
        ("announcements: {comfort: busy}", "missing"),
        ("announcements: {first_after_seconds: 30, comfort: bussy}", "unknown_prompt"),
        ("announcements: {first_after_seconds: 30, every_seconds: 5}", "seconds"),
        ("announcements: {first_after_seconds: 30, place: true}", "phrase"),
        ("announcements: {first_after_seconds: 30, wait: true}", "phrase"),
        ('announcements: {first_after_seconds: 30, keys: {"1": "flow:closed"}}', "key_untold"),
        ('announcements: {first_after_seconds: 30, comfort: busy, keys: {"#": "flow:closed"}}', "wait_key"),
        ('announcements: {first_after_seconds: 30, comfort: busy, keys: {"1": "flow:closd"}}', "unknown_flow"),
        ("ring: {rings: 5}", "unknown_key"),
    ],
)
def test_given_a_rule_that_cannot_be_when_read_then_its_code_is_said(rules: str, code: str) -> None:
    _, wrong = read(f"queues: {{general: {{{rules}}}}}\n")
    assert code in wrong


# ── calling back ────────────────────────────────────────────────────────────────────────────────────────────────────
def _called_back(text: str) -> tuple[CallbackRules, list[str]]:
    queues, codes = read("queues:\n  general: {callback: " + text + "}\n")
    return queues.settings[QueueId("general")].callback, codes


def test_given_a_queue_that_calls_back_when_read_then_it_has_every_rule() -> None:
    rules, codes = _called_back(
        '{dials: 2, first: citizen, ring_seconds: 20, spacing_seconds: 60, expires_seconds: 600, from: "09:00", '
        'to: "24:00", numbers: ["010XXXXXXXX"]}'
    )
    assert codes == []
    assert rules == CallbackRules(
        dials=2,
        first=CallbackFirst.CITIZEN,
        ring_ms=20_000,
        spacing_ms=60_000,
        expires_ms=600_000,
        from_minute=540,
        to_minute=0,
        numbers=("010XXXXXXXX",),
    )


def test_given_no_list_of_numbers_when_read_then_korea_s_own_are_dialled_and_no_paid_service() -> None:
    rules, _ = _called_back("{dials: 2}")
    assert all(may_be_dialled(rules, number) for number in ("01012345678", "0212345678", "0311234567", "+821012345678"))
    assert not any(may_be_dialled(rules, number) for number in ("0607001234", "0011234567", "15441234", "112"))


@pytest.mark.parametrize(
    "text", ['{from: "9", to: "18:00"}', '{from: "09:00"}', '{to: "24:30", from: "09:00"}', '{numbers: ["+8210"]}']
)
def test_given_hours_or_numbers_that_are_none_when_read_then_it_is_told(text: str) -> None:
    assert "callback" in _called_back(text)[1]
