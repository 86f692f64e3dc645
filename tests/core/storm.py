"""A contact centre in a storm: one seed draws the people, the rules and the faults, and every run of it is the same.

The core is real, the switch is the model in a few lines (`model_switch`), time is virtual. Between them goes wrong
what did on real switches: facts come late, twice and in another order, or not at all until the link is made again;
commands take their time, or go down with the link; the engine stands still, or dies and begins anew from its journal
with another clock; agents toggle their break ten times a second; whoever hangs up does so at any millisecond; agents,
skills and queues go from the configuration under those who use them. After every decision the invariants are looked
for, and when the faults stop everything must hold within CALM_MS.
"""

import copy
import heapq
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ivr_engine.core.codec import decode, encode
from ivr_engine.core.commands import Command
from ivr_engine.core.configuration import (
    AgentSettings,
    Configuration,
    MissSettings,
    QueueSettings,
    RoutingPolicy,
)
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
    TimePassed,
    WrapUpFinished,
)
from ivr_engine.core.notices import AgentChanged, ContactSentOn, OfferMade
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackState,
    ContactId,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    QueueId,
    Skill,
)
from ivr_engine.replay.simulator.recovery import Entry, Recovery
from tests.core.centre import START_MS, counsellor
from tests.core.invariants import Watch
from tests.core.model_switch import ModelSwitch

CALM_MS = 30_000
"""How long after the last fault everything holds again: a promise of the project."""

TURN_MS = 5_000
"""Whoever waits says so this often, and looks whether the engine lives."""

DIAL_RING_MS = 8_000
"""A citizen's phone that is called back; less than the pause between two dials."""

PATIENCE_MS = 20_000
"""So long an engine may be silent before a citizen leaves for the static queue."""

ASKED: tuple[Callable[[AgentId], Event], ...] = (
    HoldRequested,
    ResumeRequested,
    lambda agent: ConsultRequested(agent, "77001", "021330000"),
    lambda agent: ConsultRequested(agent, "77001", "021330000"),
    CompleteRequested,
    CancelRequested,
    ConferenceRequested,
)


@dataclass(frozen=True, slots=True)
class Weather:
    """How a storm blows. Shares are of facts, times are means of what is drawn."""

    contacts: int = 14
    agents: int = 4
    between_ms: int = 2_500
    """Arrivals."""
    talk_ms: int = 12_000
    patience_ms: int = 25_000
    fault_ms: int = 6_000
    """Between two faults; 0: there are none."""
    late_ms: int = 400
    doubled: float = 0.08
    every: int = 1
    """The dear invariants, each so many decisions."""
    keeps_entries: bool = True
    """For the replay at the end of each life: a long run cannot."""
    callbacks: float = 0.0
    """Share of citizens who ask to be called back, before they wait and at each turn of it."""


@dataclass(order=True, slots=True)
class _Due:
    at_ms: int
    order: int
    action: Callable[[], None] = field(compare=False)


class Storm:
    """One run. `run` raises AssertionError naming the invariant; `blew` counts what befell it."""

    def __init__(
        self,
        seed: int,
        queues: tuple[QueueSettings, ...],
        routing: RoutingPolicy,
        weather: Weather,
    ) -> None:
        self.chance = random.Random(seed)
        self.apart = random.Random(f"apart {seed}")
        """For what came later: the storms from before blow as they did."""
        self.weather = weather
        self.now_ms = self.began_ms = START_MS
        self.queues, self.routing = queues, routing
        self.staff = tuple(self._counsellor(number) for number in range(weather.agents))
        self.misses = MissSettings({OfferFailure.NO_ANSWER: 3_000, OfferFailure.BUSY: 0}, break_after=3)
        self.switch = ModelSwitch()
        self.recovery = Recovery()
        self.entries: list[Entry] = []
        self.epoch = 0
        self.seq = 0
        self.arrived = 0
        self.alive = self.connected = False
        self.stormy = weather.fault_ms > 0
        self.standing_still_until_ms = 0
        self.engine_clock_ms = self.switch_clock_ms = 0
        """By how much each clock is wrong."""
        self.silent_since_ms: int | None = None
        self.blew: dict[str, int] = {}
        self._heap: list[_Due] = []
        self._order = 0
        self._told_of: set[str] = set()
        """Legs whose next fact is on its way."""
        self._free_at_ms = 0
        """When the last command before takes effect: they keep their order."""
        self._commands: list[Command] = []
        self._forgotten: set[AgentId] = set()
        """Whose presence changed with a configuration: the journal keeps what they had chosen before."""
        self._known: set[OfferId] = set()
        self._recipients: set[LegId] = set()
        self._dials: set[ContactId] = set()
        self.engine = Engine()
        self.watch = Watch(self.engine, every=weather.every)
        self._begin_life()
        for agent in self.staff:
            self.tell(PresenceChosen(agent.id, Presence.AVAILABLE))

    def _counsellor(self, number: int) -> AgentSettings:
        skills = [skill for skill in ("water", "english") if self.chance.random() < 0.5]
        settings = counsellor(f"{1001 + number}", *skills)
        return replace(settings, contractor="han" if number % 2 else "nam")

    # ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def after(self, ms: float, action: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._heap, _Due(self.now_ms + max(0, int(ms)), self._order, action))

    def about(self, ms: int) -> int:
        """A time of that mean, mostly shorter."""
        return int(self.chance.expovariate(1 / ms))

    def pass_time(self, until_ms: int) -> None:
        while True:
            deadline_ms = self._deadline_ms()
            action_ms = self._heap[0].at_ms if self._heap else None
            if action_ms is not None and action_ms <= until_ms and (deadline_ms is None or action_ms <= deadline_ms):
                self.now_ms = max(self.now_ms, action_ms)
                heapq.heappop(self._heap).action()
                self._look_round()
            elif deadline_ms is not None and deadline_ms <= until_ms:
                self.now_ms = max(self.now_ms, deadline_ms)
                self.tell(TimePassed())
                self._look_round()
            else:
                self.now_ms = until_ms
                return

    def _deadline_ms(self) -> int | None:
        due_ms = self.engine.next_deadline_ms() if self.alive else None
        return None if due_ms is None else max(due_ms - self.engine_clock_ms, self.standing_still_until_ms)

    # ── the engine ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _begin_life(self) -> None:
        self.epoch += 1
        self.seq = 0
        self.entries = []
        self.engine = Engine()
        self.watch.life(self.engine)
        self.alive = True
        self.tell(Started(self.epoch))
        self.tell(Configured(self._configuration(self.staff, self.queues)))
        for fact in self.recovery.facts():
            self.tell(fact)
        self.connect()

    def _configuration(self, staff: tuple[AgentSettings, ...], queues: tuple[QueueSettings, ...]) -> Configuration:
        return Configuration(queues, staff, self.misses, f"r{self.seq}", self.routing)

    def tell(self, event: Event) -> None:
        """A fact; never illegal, whenever it comes."""
        self._follow(event, self.engine.handle(event, self.now_ms + self.engine_clock_ms))

    def ask(self, event: Event) -> None:
        """A request of a person, who may be refused."""
        if not self.alive or self.now_ms < self.standing_still_until_ms:
            return
        try:
            self.tell(event)
        except IllegalEvent:
            self._follow(event, self.engine.unfinished())

    def _follow(self, event: Event, decision: Decision) -> None:
        self.seq += 1
        at_ms = self.now_ms + self.engine_clock_ms
        entry = Entry(self.epoch, self.seq, at_ms, event, decision.commands, decision.notices)
        self.recovery.take(entry)
        if self.weather.keeps_entries:
            self.entries.append(entry)
        self.watch.after(decision)
        if isinstance(event, Configured):
            self._forgotten |= {notice.agent for notice in decision.notices if isinstance(notice, AgentChanged)}
        for command in decision.commands:
            self._send(command)

    def _send(self, command: Command) -> None:
        if not self.connected:
            return
        self._commands.append(command)
        late_ms = self.chance.randrange(20) if self.stormy and self.chance.random() < 0.3 else 0
        self._free_at_ms = max(self._free_at_ms, self.now_ms + late_ms)
        self.after(self._free_at_ms - self.now_ms, self._execute)

    def _execute(self) -> None:
        if self._commands:
            self.switch.execute(self._commands.pop(0))

    def connect(self) -> None:
        """The link is there, and with it a look at all legs."""
        if self.alive and not self.connected:
            self.connected = True
            self.silent_since_ms = None
            self._told_of.clear()
            self.switch.now_ms = self.now_ms + self.switch_clock_ms
            look = self.switch.look()
            self.tell(look)
            before = self._seen()
            self.tell(look)
            assert before == self._seen(), "I11 a second look changed something"

    def cut(self) -> None:
        """What was under way goes down with the link, or arrives just before."""
        if not self.connected:
            return
        while self._commands and self.chance.random() < 0.5:
            self._execute()
        self._commands.clear()
        self.connected = False
        self.silent_since_ms = self.now_ms
        if self.alive:
            self.tell(SwitchLost())

    def kill(self) -> None:
        """Without a word; the journal has all that was decided."""
        if not self.alive:
            return
        self.rebuilt_is_remembered()
        self.cut_by_death()
        self.after(self.chance.choice([500, 3_000, 15_000, 40_000]), self._live_again)

    def cut_by_death(self) -> None:
        self.alive = False
        while self._commands and self.chance.random() < 0.5:
            self._execute()
        self._commands.clear()
        self.connected = False
        self.silent_since_ms = self.now_ms

    def _live_again(self) -> None:
        if self.alive:
            return
        before = {
            contact.id: contact.queued_at_ms
            for contact in self.engine.view().contacts
            if contact.id in self.switch.citizens
        }
        chosen = {agent.id: agent.presence for agent in self.engine.view().agents if agent.id not in self._forgotten}
        if self.chance.random() < 0.3:
            self.engine_clock_ms = self.chance.choice([0, -3_600_000, 3_600_000, -1_000])
            self._blows("clock of the engine")
        self._begin_life()
        view = self.engine.view()
        known = {contact.id for contact in view.contacts}
        assert before.keys() & self.switch.citizens.keys() <= known, f"I15 forgotten: {before.keys() - known}"
        for agent in view.agents:
            if agent.state in (AgentState.IDLE, AgentState.OFFERED) and chosen.get(agent.id) is Presence.LOGGED_OUT:
                assert agent.presence is not Presence.AVAILABLE, f"I15 {agent.id} had gone"

    def rebuilt_is_remembered(self) -> None:
        """I15: the journal of this life, read back as it is written, told to another engine."""
        if not self.entries:
            return
        engine = Engine()
        for entry in self.entries:
            event = decode(json.loads(json.dumps(encode(entry.event))))
            try:
                decision = engine.handle(event, entry.at_ms)  # type: ignore[arg-type]
            except IllegalEvent:
                decision = engine.unfinished()
            assert decision.commands == entry.commands, f"I15 other commands after {entry}"
            assert decision.notices == entry.notices, f"I15 other notices after {entry}"
        assert engine.view() == self.engine.view(), "I15 rebuilt is not remembered"
        assert engine.next_deadline_ms() == self.engine.next_deadline_ms(), "I15 another deadline"

    # ── facts on their way ──────────────────────────────────────────────────────────────────────────────────────────
    def _look_round(self) -> None:
        """Whatever is new at the switch: facts start on their way, phones that ring get an answer."""
        for leg in self.switch.facts:
            if leg not in self._told_of:
                self._told_of.add(leg)
                self.after(self._way_ms(), lambda leg=leg: self._arrive(leg))  # type: ignore[misc]
        for offer in self.switch.agents.keys() - self._known if len(self.switch.agents) else ():
            self._known.add(offer)
            self._rings(offer)
        if len(self._known) > 4 * len(self.switch.agents) + 64:
            self._known &= self.switch.agents.keys()
        for dial in sorted(self.switch.dials.keys() - self._dials):
            self._dials.add(dial)
            self._citizen_s_phone_rings(dial)
        for leg in self.switch.recipients.keys() - self._recipients:
            self._recipients.add(leg)
            self.after(self.about(3_000), lambda leg=leg: self._official_acts(leg))  # type: ignore[misc]
        if len(self._recipients) > 256:
            self._recipients &= self.switch.recipients.keys()

    def _way_ms(self) -> int:
        if not self.stormy:
            return self.chance.randrange(3)
        draw = self.chance.random()
        if draw < 0.6:
            return 0
        return self.about(self.weather.late_ms) if draw < 0.99 else self.about(20_000)

    def _arrive(self, leg: str) -> None:
        if leg not in self.switch.facts or leg not in self._told_of:
            self._told_of.discard(leg)
            return
        if self.alive and self.now_ms < self.standing_still_until_ms:
            self.after(self.standing_still_until_ms - self.now_ms, lambda: self._arrive(leg))
            return
        self._told_of.discard(leg)
        fact = self.switch.take(leg)
        if not (self.alive and self.connected):
            return  # told to nobody: the next look makes up for it
        self.tell(fact)
        if self.stormy and self.chance.random() < self.weather.doubled:
            self._doubled(fact)

    def _doubled(self, fact: Event) -> None:
        self.tell(TimePassed())
        before = self._seen()
        self.tell(fact)
        assert before == self._seen(), f"I11 twice is not once: {fact}"
        if self.switch.told:
            self.tell(self.chance.choice(self.switch.told))

    def _seen(self) -> object:
        return _shown(self.engine)

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    def citizens_come(self) -> None:
        if self.arrived >= self.weather.contacts:
            return
        self.arrived += 1
        contact = ContactId(f"c{self.arrived}")
        self._set_switch()
        self.switch.arrive(contact, caller=f"02{self.chance.randrange(100):03}")
        self.after(self.chance.randrange(3_000), lambda: self._joins(contact))
        self.after(self.about(self.weather.between_ms), self.citizens_come)

    def _set_switch(self) -> None:
        self.switch.now_ms = self.now_ms + self.switch_clock_ms

    def _joins(self, contact: ContactId) -> None:
        if contact not in self.switch.citizens:
            return
        self._set_switch()
        skills = self.chance.choice([(), (), ("water",), ("water", "english")])
        queue = self.chance.choice([*(q.id for q in self.queues), *(q.id for q in self.queues), "nowhere"])
        request = ToQueue(QueueId(queue), frozenset(map(Skill, skills)), priority=self.chance.choice([0, 0, 0, 2]))
        if self._asks():
            self._blows("call asked for before the wait")
            self.switch.ask_for_a_call(contact, request)
            return
        self.switch.queue(contact, request)
        self.after(TURN_MS, lambda: self._turn(contact))
        self.after(self.about(self.weather.patience_ms), lambda: self._gives_up(contact))

    def _asks(self) -> bool:
        return self.weather.callbacks > 0 and self.apart.random() < self.weather.callbacks

    def _turn(self, contact: ContactId) -> None:
        """What a citizen does every five seconds, wherever they stand."""
        citizen = self.switch.citizens.get(contact)
        if citizen is None:
            return
        self._set_switch()
        silent_ms = 0 if self.silent_since_ms is None else self.now_ms - self.silent_since_ms
        match citizen.place:
            case "wait" if silent_ms > PATIENCE_MS:
                self.switch.fall_back(contact)
            case "wait" if self._asks():
                self.switch.press(contact, "1")
            case "wait":
                self.switch.queue(contact)
            case "visit" if citizen.wants_a_call and citizen.request is not None:
                self._blows("call asked for while waiting")
                self.switch.ask_for_a_call(contact, citizen.request)
                return
            case "visit" if self.chance.random() < 0.5:
                self.switch.end_flow(contact)
            case "visit":
                self.switch.queue(contact)
            case "fallback" if self.chance.random() < 0.5:
                self.switch.answer_in_fallback(contact)
            case "fallback":
                self._hangs_up(contact)
            case "talk" | "hold" | "conference" if self.chance.random() < TURN_MS / self.weather.talk_ms / 2:
                self._hangs_up(contact)
        self.after(TURN_MS, lambda: self._turn(contact))

    def _gives_up(self, contact: ContactId) -> None:
        citizen = self.switch.citizens.get(contact)
        if citizen is not None and citizen.place in ("wait", "visit"):
            self._hangs_up(contact)

    def _hangs_up(self, contact: ContactId) -> None:
        if contact in self.switch.citizens:
            self._set_switch()
            self.switch.citizen_leaves(contact)

    def _citizen_s_phone_rings(self, dial: ContactId) -> None:
        draw = self.apart.random()
        if draw < 0.6:
            self.after(self.apart.choice([0, 300, 2_000, 6_000, 7_999]), lambda: self._picks_up(dial))
        elif draw < 0.8:
            cause = self.apart.choice([OfferFailure.BUSY, OfferFailure.DECLINED, OfferFailure.UNREACHABLE])
            self.after(self.apart.randrange(2_000), lambda: self._not_reached(dial, cause))
        self.after(DIAL_RING_MS, lambda: self._not_reached(dial, OfferFailure.NO_ANSWER))

    def _picks_up(self, dial: ContactId) -> None:
        if dial in self.switch.dials:
            self._blows("picked up")
            self._set_switch()
            self.switch.pick_up(dial)
            self.after(TURN_MS, lambda: self._turn(dial))
            self.after(int(self.apart.expovariate(1 / self.weather.patience_ms)), lambda: self._gives_up(dial))

    def _not_reached(self, dial: ContactId, cause: OfferFailure) -> None:
        if dial in self.switch.dials:
            self._blows("dialled in vain")
            self.switch.not_reached(dial, cause)

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _rings(self, offer: OfferId) -> None:
        draw = self.chance.random()
        if draw < 0.75:
            self.after(self.chance.choice([0, 1, 20, 700, 2_000, self.about(4_000)]), lambda: self._answers(offer))
        elif draw < 0.85:
            causes = [OfferFailure.DECLINED, OfferFailure.BUSY, OfferFailure.UNREACHABLE]
            self.after(self.about(1_500), lambda: self._misses(offer, self.chance.choice(causes)))
        else:
            self.after(10_000, lambda: self._misses(offer, OfferFailure.NO_ANSWER))
        if draw > 0.9 and self.chance.random() < 0.5:
            # hung up at the millisecond at which somebody else acts
            leg = self.switch.agents.get(offer)
            if leg is not None:
                contact = leg.contact
                self.after(self.chance.choice([0, 1, 699, 700, 701, 9_999, 10_000]), lambda: self._hangs_up(contact))

    def _answers(self, offer: OfferId) -> None:
        leg = self.switch.agents.get(offer)
        if leg is None or leg.place != "offer":
            return
        self._set_switch()
        self.switch.answer(offer)
        if offer not in self.switch.agents:
            return
        self.after(self.about(self.weather.talk_ms), lambda: self._leaves(offer))
        while self.chance.random() < 0.4:
            self.after(self.about(self.weather.talk_ms // 3), lambda: self._presses(leg.agent))

    def _misses(self, offer: OfferId, cause: OfferFailure) -> None:
        leg = self.switch.agents.get(offer)
        if leg is not None and leg.place == "offer":
            self.switch.fail(offer, cause)

    def _leaves(self, offer: OfferId) -> None:
        if offer in self.switch.agents:
            self._set_switch()
            self.switch.agent_leaves(offer)

    def _presses(self, agent: AgentId) -> None:
        self.ask(self.chance.choice(ASKED)(agent))

    def _official_acts(self, leg: LegId) -> None:
        recipient = self.switch.recipients.get(leg)
        if recipient is None:
            return
        if recipient.place == "ringing" and self.chance.random() < 0.7:
            self.switch.recipient_answers(leg)
            self.after(self.about(8_000), lambda: self._official_acts(leg))
        else:
            self._set_switch()
            self.switch.recipient_leaves(leg)

    def agents_act(self) -> None:
        """Breaks, ends of work, logging out: now and then, each on their own."""
        agent = self.chance.choice(self.staff).id
        draw = self.chance.random()
        if draw < 0.4:
            self.ask(WrapUpFinished(agent))
        elif draw < 0.6:
            presence = self.chance.choice([Presence.ON_BREAK, Presence.LOGGED_OUT])
            self.ask(PresenceChosen(agent, presence, after_contact=self.chance.random() < 0.5))
        else:
            self.ask(PresenceChosen(agent, Presence.AVAILABLE))
        if self.stormy:
            self.after(self.about(20_000 // len(self.staff)), self.agents_act)

    # ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def fault(self) -> None:
        if not self.stormy:
            return
        self.in_any_order()
        name, befalls = self.chance.choice(self._faults())
        self._blows(name)
        befalls()
        self.after(self.about(self.weather.fault_ms), self.fault)

    def in_any_order(self) -> None:
        """I11: what is under way, told to two copies of the engine in two orders that the switch may tell it in.

        Who waits first is served first, so where other offers or other moves follow nothing can be compared.
        """
        if not self.alive or not self.connected or len(self.switch.facts) < 2:
            return
        (state, choices), (other, others) = self._told_to_a_copy(), self._told_to_a_copy()
        if choices == others:
            self._blows("facts in another order")
            assert state == other, f"I11 the order of {self.switch.facts}"

    def _told_to_a_copy(self) -> tuple[object, list[tuple[str, str]]]:
        """What is seen then, and what was chosen meanwhile."""
        engine, choices = copy.deepcopy(self.engine), list[tuple[str, str]]()
        for fact in [TimePassed(), *self.switch.in_an_order(self.apart)]:
            for notice in engine.handle(fact, self.now_ms + self.engine_clock_ms).notices:
                if isinstance(notice, OfferMade):
                    choices.append((notice.contact, notice.agent))
                elif isinstance(notice, ContactSentOn):
                    choices.append((notice.contact, notice.why))
        return _shown(engine), sorted(choices)

    def _blows(self, name: str) -> None:
        self.blew[name] = self.blew.get(name, 0) + 1

    def _faults(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("link cut", self._link_is_cut),
            ("facts lost", self._facts_are_lost),
            ("engine killed", self.kill),
            ("engine stands still", self._stands_still),
            ("break toggled", self._toggles),
            ("configuration", self._configured_anew),
            ("configuration", self._configured_anew),
            ("hang-up with an answer", self._hang_up_with_an_answer),
            ("two answer at once", self._all_answer),
            ("clock of the switch", self._switch_clock),
        ]

    def _link_is_cut(self) -> None:
        self.cut()
        self.after(self.chance.choice([200, 1_000, 5_000, 26_000]), self.connect)

    def _facts_are_lost(self) -> None:
        """What is under way never comes; whoever lost it makes the link anew."""
        self.switch.lose()
        self._told_of.clear()
        self.after(self.chance.randrange(3_000), self.cut)
        self.after(3_000, self.connect)

    def _stands_still(self) -> None:
        self.standing_still_until_ms = self.now_ms + self.chance.choice([1_000, 10_000, 60_000])

    def _toggles(self) -> None:
        agent = self.chance.choice(self.staff).id
        for turn in range(20):
            presence = Presence.AVAILABLE if turn % 2 else Presence.ON_BREAK
            self.after(100 * turn, lambda presence=presence: self.ask(PresenceChosen(agent, presence)))  # type: ignore[misc]

    def _configured_anew(self) -> None:
        """Agents, skills and queues go under those who use them; later they are back."""
        if not self.alive:
            return
        staff = tuple(
            replace(agent, skills={} if self.chance.random() < 0.3 else agent.skills)
            for agent in self.staff
            if self.chance.random() < 0.7
        )
        queues = tuple(queue for queue in self.queues if self.chance.random() < 0.8)
        self.tell(Configured(self._configuration(staff or self.staff[:1], queues)))
        self.after(self.chance.randrange(8_000), self.configured_in_full)

    def configured_in_full(self) -> None:
        if self.alive:
            self.tell(Configured(self._configuration(self.staff, self.queues)))

    def _hang_up_with_an_answer(self) -> None:
        for leg in list(self.switch.agents.values())[:1]:
            for first, second in [(self._answers, self._hangs_up)]:
                first(leg.id)
                second(leg.contact)

    def _all_answer(self) -> None:
        for offer in [leg.id for leg in self.switch.agents.values() if leg.place == "offer"]:
            self._answers(offer)

    def _switch_clock(self) -> None:
        self.switch_clock_ms = self.chance.choice([0, -3_600_000, 3_600_000, 1_500])

    # ── a run ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def run(self) -> None:
        self.after(0, self.citizens_come)
        self.after(1_000, self.agents_act)
        if self.stormy:
            self.after(self.about(self.weather.fault_ms), self.fault)
        while self.arrived < self.weather.contacts:
            self.pass_time(self.now_ms + 10_000)
        self.pass_time(self.now_ms + 20_000)
        self.calm()
        self.everybody_leaves()

    def calm(self) -> None:
        """The faults stop. Raises AssertionError where something does not hold after CALM_MS."""
        self.stormy = False
        self.standing_still_until_ms = 0
        if not self.alive:
            self._live_again()
        self.cut()
        self.connect()
        self.configured_in_full()
        for settings in self.staff:
            self.ask(PresenceChosen(settings.id, Presence.AVAILABLE))
        self.pass_time(self.now_ms + CALM_MS)
        self._all_is_told()
        view, switch = self.engine.view(), self.switch
        here = {contact.id for contact in view.contacts if not contact.awaited}
        assert here == switch.citizens.keys(), "I2 contacts are not the citizens"
        dialled = {promise.contact for promise in view.callbacks if promise.state is CallbackState.DIALLED}
        assert dialled == switch.dials.keys(), "I2 the phones that ring are not those of promises"
        talking = {(leg.contact, leg.agent) for leg in switch.agents.values() if leg.place != "offer"}
        for contact in view.contacts:
            if contact.agent is not None:
                assert (contact.id, contact.agent) in talking, f"I2 {contact} talks, and the switch knows nothing of it"
        for citizen in switch.citizens.values():
            if citizen.place in ("talk", "hold", "conference"):
                with_whom = switch.talker(citizen.id), *switch.recipients_of(citizen.id)
                assert any(with_whom), f"I20 {citizen} hears nobody"
        ringing = {leg.agent for leg in switch.agents.values()}
        for agent in view.agents:
            waits = agent.state in (AgentState.IDLE, AgentState.WRAP_UP) or agent.contact in dialled
            assert waits or agent.id in ringing, f"{agent} is stuck"

    def _all_is_told(self) -> None:
        """Commands and facts that are under way arrive, without time."""
        for _ in range(1_000):
            if self._commands:
                self._execute()
            elif self.switch.facts:
                self.tell(self.switch.take(next(iter(self.switch.facts))))
            else:
                return
        raise AssertionError("facts without end")

    def everybody_leaves(self) -> None:
        """And nothing is left of anybody."""
        self._heap.clear()
        for wait_ms in (0, *([60_000, 60_000] if self.weather.callbacks else []), 60_000, 0):
            until_ms = self.now_ms + wait_ms
            self.pass_time(until_ms)
            for _ in range(1_000):
                self._all_is_told()
                switch = self.switch
                if not (switch.citizens or switch.agents or switch.recipients or switch.dials):
                    break
                self.switch.everybody_leaves(self.tell)
        view = self.engine.view()
        assert view.contacts == (), "a contact outlived its citizen"
        assert view.callbacks == (), "a promise outlived its time"
        assert not self.watch.promises_open, f"I1 promises never ended: {self.watch.promises_open}"
        assert set(self.watch.begun) == set(self.watch.ended), "I1 begun and ended differ"
        assert not self.watch.offers_open, f"I5 offers never ended: {self.watch.offers_open}"
        assert all(agent.state is AgentState.IDLE for agent in view.agents), "an agent is stuck"
        assert self.engine._state.offers == {}, "an offer is left open"
        assert self.engine._state.recipients == {}, "a recipient is left"
        assert self.engine.next_deadline_ms() is None, "a deadline outlived its state"
        self.rebuilt_is_remembered()


def _shown(engine: Engine) -> object:
    """All but how long a wait is expected to be: each look at it goes by what is known by then."""
    view = engine.view()
    contacts = [replace(seen, expected_from_ms=None, expected_to_ms=None) for seen in view.contacts]
    return view.agents, contacts, view.callbacks
