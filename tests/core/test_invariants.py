"""Anything may happen in any order: a switch whose facts are late, doubled and swapped, people who do as they please.

After every single fact the invariants hold; at the end all hang up, and nobody is left over anywhere. A failure prints
the steps and a blob: paste it into `@reproduce_failure` above the class to see it again.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ivr_engine.core.configuration import Configuration, MissSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.engine import Decision, Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    Configured,
    ConsultRequested,
    Event,
    HoldRequested,
    PresenceChosen,
    ResumeRequested,
    Started,
    SwitchLost,
    SwitchSeen,
    TimePassed,
    WrapUpFinished,
)
from ivr_engine.core.queue_rules import (
    ChoicePolicy,
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
)
from ivr_engine.core.requirement import ANYBODY
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    QueueId,
    Skill,
)
from tests.core.centre import START_MS, counsellor
from tests.core.invariants import Watch
from tests.core.model_switch import ModelSwitch

AGENTS = tuple(
    replace(agent, contractor=contractor)
    for agent, contractor in (
        (counsellor("1001"), "han"),
        (counsellor("1002", "water"), "nam"),
        (counsellor("1003", "water", "english"), "han"),
    )
)
WATER, ENGLISH = Skill("water"), Skill("english")
GENERAL, VIP = QueueSettings(QueueId("general"), wrap_up_ms=2_000), QueueSettings(QueueId("vip"), priority=3)
PLAIN = (GENERAL, VIP)
RICH = (
    replace(
        GENERAL,
        order=OrderPolicy.PROMISE_FIRST,
        guard_ms=5_000,
        late=LateRules(fresh_ms=500, second_promise_ms=20_000, second_window_ms=3_000, calm_guard_ms=9_000),
        choice=ChoicePolicy.COVERAGE,
        ring=RingRules(by_promise=True, second_offer_after_ms=4_000),
        relaxation=(
            RelaxationStep(waited_ms=1_000, drop=frozenset({ENGLISH}), raise_priority=1),
            RelaxationStep(waited_ms=2_000, place=2, raise_priority=1, every_ms=1_000, times=2),
            RelaxationStep(waited_ms=5_000, free_agents=0, drop=frozenset({WATER})),
        ),
        escalation=(
            EscalationStep(EscalationAct.RAISE, -5_000, raise_priority=1),
            EscalationStep(EscalationAct.ANNOUNCE, 0, prompts={"ko": "/prompts/ko/busy"}),
            EscalationStep(EscalationAct.RELAX, 1_000, also=ANYBODY),
        ),
        last_agent_wait_ms=3_000,
        contractor_shares={"han": 50, "nam": 50},
    ),
    replace(VIP, choice=ChoicePolicy.HIGHEST_PROFICIENCY, ring=RingRules(second_offer_after_ms=1_000), protected=True),
)
FULL = (
    replace(
        GENERAL,
        aging_ms=10_000,
        choice=ChoicePolicy.FEWEST_SKILLS,
        limits=QueueLimits(
            waiting=1,
            full=Overflow(OverflowAct.QUEUE, "vip"),
            nobody=Overflow(OverflowAct.FLOW, "closed"),
            longest_wait_ms=12_000,
            too_long=Overflow(OverflowAct.VOICEMAIL, "message"),
        ),
    ),
    replace(
        VIP,
        last_agent_wait_ms=2_000,
        limits=QueueLimits(waiting=1, full=Overflow(OverflowAct.QUEUE, "general")),
        escalation=(EscalationStep(EscalationAct.OVERFLOW, 0, overflow=Overflow(OverflowAct.QUEUE, "general")),),
    ),
)
ROUTING = [
    RoutingPolicy(),
    RoutingPolicy(
        small_desk_agents=1, reserve_agents=1, reserve_yields_ms=4_000, redial_ms=60_000, answer_ms=500, explains=True
    ),
    RoutingPolicy(lending=LendingRules(after_ms=1_000), crowded_percent=16, answer_ms=500),
    RoutingPolicy(lending=LendingRules(after_ms=1_000, at_once_percent=70), coverage_by_scarcity=True, answer_ms=500),
]
MAX_CITIZENS = 8
REQUESTS: list[Callable[[AgentId], Event]] = [
    HoldRequested,
    ResumeRequested,
    lambda agent: ConsultRequested(agent, "77001", "021330000"),
    CompleteRequested,
    CancelRequested,
    ConferenceRequested,
]
agents = st.sampled_from([agent.id for agent in AGENTS])
nth = st.integers(0, 30)
K = TypeVar("K", ContactId, OfferId, LegId)


class AnyOrder(RuleBasedStateMachine):
    """The engine against the model of a switch."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.watch = Watch(self.engine)
        self.switch = ModelSwitch(START_MS)
        self.connected = True
        self.arrived = 0
        self.prompt = False
        """Every fact is told at once: fewer accidents, but people get further."""

    @initialize(prompt=st.booleans(), queues=st.sampled_from([PLAIN, RICH, FULL]), routing=st.sampled_from(ROUTING))
    def begin(self, prompt: bool, queues: tuple[QueueSettings, ...], routing: RoutingPolicy) -> None:
        self.prompt = prompt
        misses = MissSettings({OfferFailure.NO_ANSWER: 3_000, OfferFailure.BUSY: 0}, break_after=3)
        self.tell(Started(1))
        self.tell(Configured(Configuration(queues, AGENTS, misses, routing=routing)))
        self.tell(SwitchSeen(()))
        for agent in AGENTS:
            self.tell(PresenceChosen(agent.id, Presence.AVAILABLE))

    def tell(self, event: Event) -> None:
        """Facts are never illegal, whenever they come."""
        self._follow(self.engine.handle(event, self.switch.now_ms))

    def _follow(self, decision: Decision) -> None:
        self.watch.after(decision)
        for command in decision.commands:
            self.switch.execute(command)

    def ask(self, event: Event) -> None:
        self.tell(TimePassed())  # what is expected of a wait falls as time passes: both looks are of one moment
        before = self.engine.view()
        try:
            self.tell(event)
        except IllegalEvent:
            after = self.engine.view()
            assert (after.agents, after.contacts) == (before.agents, before.contacts), "a refusal changed something"
            self._follow(self.engine.unfinished())

    # ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────────
    @rule(ms=st.sampled_from([1, 100, 1_000, 5_000, 15_001]))
    def time_passes(self, ms: int) -> None:
        until_ms = self.switch.now_ms + ms
        for _ in range(200):
            due_ms = self.engine.next_deadline_ms()
            if due_ms is None or due_ms > until_ms:
                break
            self.switch.now_ms = max(self.switch.now_ms, due_ms)
            self.tell(TimePassed())
        else:
            raise AssertionError("deadlines without end")
        self.switch.now_ms = until_ms

    # ── facts ───────────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: self.connected and self.switch.facts)
    @rule(n=nth)
    def a_fact_is_told(self, n: int) -> None:
        legs = list(self.switch.facts)
        self.tell(self.switch.take(legs[n % len(legs)]))

    @precondition(lambda self: self.connected and self.switch.facts)
    @rule()
    def all_facts_are_told(self) -> None:
        for _ in range(200):
            if not self.switch.facts:
                return
            self.tell(self.switch.take(next(iter(self.switch.facts))))
        raise AssertionError("facts without end")

    @precondition(lambda self: self.connected and self.switch.told)
    @rule(n=nth)
    def a_fact_is_told_again(self, n: int) -> None:
        self.tell(self.switch.told[n % len(self.switch.told)])

    @precondition(lambda self: self.connected)
    @rule()
    def the_link_is_lost(self) -> None:
        self.connected = False
        self.tell(SwitchLost())

    @precondition(lambda self: not self.connected)
    @rule()
    def the_switch_is_seen(self) -> None:
        self.connected = True
        look = self.switch.look()
        self.tell(look)

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: self.arrived < MAX_CITIZENS)
    @rule(
        skills=st.sampled_from([(), ("water",), ("water", "english")]),
        queue=st.sampled_from(["general", "vip", "nowhere"]),
    )
    def a_citizen_queues(self, skills: tuple[str, ...], queue: str) -> None:
        self.arrived += 1
        contact = ContactId(f"c{self.arrived}")
        self.switch.arrive(contact)
        self.switch.queue(contact, ToQueue(QueueId(queue), frozenset(Skill(skill) for skill in skills)))

    @precondition(lambda self: self.switch.citizens)
    @rule(n=nth)
    def a_citizen_leaves(self, n: int) -> None:
        self.switch.citizen_leaves(self._pick(self.switch.citizens, n))

    @precondition(lambda self: self._sent_on())
    @rule(n=nth, answer=st.booleans())
    def a_flow_goes_on(self, n: int, answer: bool) -> None:
        contact = self._pick(self._sent_on(), n)
        if answer:
            self.switch.end_flow(contact)
        else:
            self.switch.queue(contact)

    @precondition(lambda self: self._standing("wait"))
    @rule(n=nth)
    def a_citizen_waits_another_turn(self, n: int) -> None:
        contact = self._pick(self._standing("wait"), n)
        if n == 30:
            self.switch.fall_back(contact)
        else:
            self.switch.queue(contact)

    @precondition(lambda self: self._standing("fallback"))
    @rule(n=nth)
    def the_fallback_answers(self, n: int) -> None:
        self.switch.answer_in_fallback(self._pick(self._standing("fallback"), n))

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: self._ringing())
    @rule(n=nth)
    def an_agent_answers(self, n: int) -> None:
        self.switch.answer(self._pick(self._ringing(), n))

    @precondition(lambda self: self._ringing())
    @rule(n=nth, cause=st.sampled_from([cause for cause in OfferFailure if cause is not OfferFailure.LOST]))
    def an_offer_fails(self, n: int, cause: OfferFailure) -> None:
        self.switch.fail(self._pick(self._ringing(), n), cause)

    @precondition(lambda self: self.connected and self.arrived < MAX_CITIZENS)
    @rule(consult=st.booleans())
    def two_people_talk(self, consult: bool) -> None:
        """A short cut to where the rarer accidents are."""
        self.a_citizen_queues((), "general")
        self.all_facts_are_told()
        for offer in self._ringing()[:1]:
            self.switch.answer(offer)
            self.all_facts_are_told()
            if consult and offer in self.switch.agents:
                self.ask(ConsultRequested(self.switch.agents[offer].agent, "77001", "021330000"))
                for recipient in [r.id for r in self.switch.recipients.values() if r.place == "ringing"]:
                    self.switch.recipient_answers(recipient)
                self.all_facts_are_told()

    @precondition(lambda self: self.switch.agents)
    @rule(n=nth)
    def an_agent_leaves(self, n: int) -> None:
        self.switch.agent_leaves(self._pick(self.switch.agents, n))

    @rule(agent=agents, presence=st.sampled_from([Presence.AVAILABLE, *Presence]))
    def an_agent_chooses(self, agent: AgentId, presence: Presence) -> None:
        self.ask(PresenceChosen(agent, presence))

    @precondition(lambda self: self.switch.agents)
    @rule(n=nth, request=st.sampled_from(REQUESTS))
    def an_agent_asks(self, n: int, request: Callable[[AgentId], Event]) -> None:
        self.ask(request(self.switch.agents[self._pick(self.switch.agents, n)].agent))

    @rule(agent=agents)
    def an_agent_is_done(self, agent: AgentId) -> None:
        self.ask(WrapUpFinished(agent))

    @precondition(lambda self: self.switch.recipients)
    @rule(n=nth, answers=st.booleans())
    def a_recipient_acts(self, n: int, answers: bool) -> None:
        leg = self._pick(self.switch.recipients, n)
        if answers and self.switch.recipients[leg].place == "ringing":
            self.switch.recipient_answers(leg)
        else:
            self.switch.recipient_leaves(leg)

    @rule(known=st.sets(agents, min_size=1))
    def a_configuration_is_loaded(self, known: set[AgentId]) -> None:
        chosen = tuple(agent for agent in AGENTS if agent.id in known)
        configuration = self.engine._state.configuration
        self.tell(Configured(replace(configuration, agents=chosen)))

    # ── always ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @invariant()
    def nothing_is_left_untold_if_prompt(self) -> None:
        if self.prompt and self.connected:
            self.all_facts_are_told()

    def teardown(self) -> None:
        if not self.connected:
            self.the_switch_is_seen()
        self.switch.everybody_leaves(self.tell)
        self.time_passes(60_000)
        self.switch.everybody_leaves(self.tell)
        view = self.engine.view()
        assert view.contacts == (), "a contact outlived its citizen"
        assert self.watch.ended == self.watch.begun, "I1 begun and ended differ"
        assert all(agent.state is AgentState.IDLE for agent in view.agents), "an agent is stuck"
        assert self.engine._state.offers == {}, "an offer is left open"
        assert self.engine._state.recipients == {}, "a recipient is left"
        assert self.engine.next_deadline_ms() is None, "a deadline outlived its state"

    def _standing(self, place: str) -> list[ContactId]:
        return [leg.id for leg in self.switch.citizens.values() if leg.place == place]

    def _sent_on(self) -> list[ContactId]:
        return [leg.id for leg in self.switch.citizens.values() if leg.place == "visit" and leg.request is not None]

    def _ringing(self) -> list[OfferId]:
        return [leg.id for leg in self.switch.agents.values() if leg.place == "offer"]

    def _pick(self, legs: Collection[K], n: int) -> K:
        return list(legs)[n % len(legs)]


AnyOrder.TestCase.settings = settings(
    max_examples=250,
    stateful_step_count=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining takes longer than finding
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


TestAnyOrder = AnyOrder.TestCase
"""Given any people and any order of facts, when all is told, then the invariants held at every step."""
