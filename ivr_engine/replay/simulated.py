"""The simulated level: a scenario in virtual time, with the core, the flow and the dialplan's own contexts for real.

Nothing waits and nothing is random: the same scenario gives the same run, in milliseconds of the real clock.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.events import Event, PresenceChosen
from ivr_engine.core.vocabulary import AgentId, Presence, Skill
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.interpreter import Passed
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.in_force import ROLLED_BACK, InForce
from ivr_engine.replay.journal_facts import Names, Telling
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import Happening, QueueChange, Scenario, WorldAct
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.invariants import Books
from ivr_engine.replay.simulator.lives import Lives
from ivr_engine.replay.simulator.outside import Offices
from ivr_engine.replay.simulator.performance import Performance
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.simulator.site import Site, read_site
from ivr_engine.replay.simulator.sounds import Sounds
from ivr_engine.replay.simulator.visits import FlowVisits
from ivr_engine.replay.virtual import Standstill, VirtualTime
from ivr_engine.runtime.ports import SetRefused

SETUP_MS = 1_000
"""Before the scenario's zero: the engine starts and the agents choose their presence."""

PRESENCE_GAP_MS = 1
"""Agents come one after the other, so that who has been idle longest is who stands first in the file."""

COLLECT = (100_000, 50, 50)
"""Thresholds of Python's collector during a run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one performance of a scenario was like, on whatever level."""

    history: History
    entries: tuple[Entry, ...] = ()
    """The journal, from before the scenario's zero on."""
    problems: tuple[str, ...] = ()
    """Bugs, broken invariants, a scenario that did not end: the run is worth nothing with one of these."""
    limit_hit: bool = False
    """It did not end by itself within its limit."""
    illegal_events: tuple[str, ...] = ()
    """What the core refused: normal where people ask for what is not possible."""
    reached: Mapping[Passed, int] = field(default_factory=dict)
    """Flow, step and branch, and how often a citizen came through."""


def run(scenario: Scenario, *, site: Site | None = None, watch: bool = True, keep_entries: bool = True) -> Run:
    """Performs it. `watch` looks for invariants after every decision; without `keep_entries` the run has no journal.

    Raises FlowErrors for documents that are wrong, PlanError for contexts that the model cannot run.
    """
    return _Stage(scenario, site or read_site(), watch=watch, keep_entries=keep_entries).perform()


class _Stage:
    """One run: implements `performance.Centre` with the core in this process."""

    def __init__(self, scenario: Scenario, site: Site, *, watch: bool, keep_entries: bool) -> None:
        self._scenario = scenario
        folder = scenario.dialplans or dialplans()
        revision = loaded(folder)
        self._time = VirtualTime(scenario.starts_at_ms - SETUP_MS)
        self._exchange = Exchange(self._time, site)
        self._visits = FlowVisits(Sounds(folder, revision))
        self._visits.around.outside = Offices(scenario.outside)
        self._exchange.visits = self._visits
        self._names = Names.of(scenario)
        self._telling = Telling(self._names)
        self._facts: list[Happened] = []
        self._problems: list[str] = []
        self._books = Books()
        self._performance = Performance(
            scenario, self._time, self._exchange, self._visits.sounds, self._names, self, self._facts.append
        )
        self._lives = Lives(
            self._time,
            self._exchange,
            self._visits,
            directory=self._performance.number_of,
            listener=self._decided,
            watch=watch,
            keep_entries=keep_entries,
        )
        self._lives.agents = agents_of(scenario)
        self._lives.on_begun = self._begun
        self._in_force = InForce(revision, lambda: self._time.now_ms, self._tried)

    def perform(self) -> Run:
        scenario, time, lives = self._scenario, self._time, self._lives
        zero_ms = scenario.starts_at_ms
        self._configure()
        self._start()
        for position, plan in enumerate(scenario.agents):
            if plan.presence != Presence.LOGGED_OUT:
                chosen = PresenceChosen(AgentId(plan.id), Presence(plan.presence))
                time.after(position * PRESENCE_GAP_MS, self.ask, chosen)
        time.after(SETUP_MS, self._performance.begin)
        limit_hit = False
        try:
            # nothing left to happen and somebody still there: two who never hang up would talk for ever
            with patient_collector():
                limit_hit = not time.run(zero_ms + scenario.limit_ms) or bool(self._exchange.legs)
        except Standstill as standstill:
            self._problems.append(str(standstill))
        ended_at_ms = scenario.limit_ms if limit_hit else time.now_ms - zero_ms
        if limit_hit:
            self._problems.append(self._why_endless())
        elif lives.sees_the_switch:
            self._problems += (*self._books.problems(), *lives.journal.problems())
        return Run(
            history=History(tuple(self._facts), ended_at_ms=ended_at_ms),
            entries=tuple(lives.journal.entries),
            problems=(*self._problems, *lives.bugs, *self._visits.bugs, *self._exchange.problems),
            limit_hit=limit_hit,
            illegal_events=tuple(lives.illegal),
            reached=dict(self._visits.reached),
        )

    def _why_endless(self) -> str:
        there = [name for name, citizen in self._performance.citizens.items() if not citizen.is_over]
        who = f"still on the line: {', '.join(there)}" if there else "nobody is on the line"
        return f"the scenario did not end within {self._scenario.limit_ms / 1000:g} s; {who}"

    def _decided(self, entry: Entry) -> None:
        self._books.take(entry.notices)
        at_ms = entry.at_ms - self._lives.ahead_ms
        facts = self._telling.facts(at_ms, entry.notices)
        if at_ms < self._names.zero_ms:
            return
        for fact in facts:
            self._facts.append(fact)
            self._performance.happened(fact)

    def _configure(self) -> None:
        revisions = self._in_force.revisions
        queues, stable = queues_of(self._scenario, revisions.queues), revisions.stable
        self._visits.around.surveys = {queue.id: queue.survey for queue in queues}
        self._visits.around.music = {queue.id: queue.music for queue in queues}
        self._lives.configure(queues, self._lives.agents, stable.id, stable.routing, stable.phrases)

    def _start(self) -> None:
        self._lives.start()

    def _begun(self) -> None:
        was_on_trial = self._in_force.revisions.trial is not None
        self._in_force.begin()
        self._visits.revisions = self._in_force.revisions
        if was_on_trial:
            self._configure()

    # ── Centre ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def ask(self, event: Event) -> None:
        self._lives.ask(event)

    def world(self, act: WorldAct) -> None:
        lives, link, time = self._lives, self._lives.link, self._time
        match act.what:
            case Happening.ENGINE_KILLED:
                lives.kill()
            case Happening.ENGINE_STARTED:
                self._start()
            case Happening.ENGINE_FROZEN:
                lives.freeze()
                time.after(act.lasts_ms, lives.thaw)
            case Happening.AMI_CUT if link is not None:
                link.cut()
                time.after(act.lasts_ms, self._reconnect)
            case Happening.SWITCH_RESTARTED if link is not None:
                link.cut()
                link.outlive()
            case Happening.EVENTS_DELAYED:
                self._meddle(act.lasts_ms, "delay_ms", act.by_ms, 0)
            case Happening.EVENTS_DOUBLED:
                self._meddle(act.lasts_ms, "doubles", True, False)
            case Happening.EVENTS_SWAPPED:
                self._meddle(act.lasts_ms, "swaps", True, False)
            case Happening.INBOX_FULL:
                lives.inbox_full = True
                time.after(act.lasts_ms, setattr, lives, "inbox_full", False)
            case Happening.DATABASE_AWAY:
                lives.journal.lose_database()
                time.after(act.lasts_ms, lives.journal.find_database)
            case Happening.REVISION_LOADED:
                lives.gate(self._reload, Path(act.value), act.percent)
            case _:
                pass

    def _reload(self, folder: Path, percent: int) -> None:
        """A broken set is refused, and the old one serves on."""
        try:
            revision = loaded(folder)
            self._in_force.load(revision, percent)
        except (FlowErrors, SetRefused) as refused:
            self._lives.illegal.append(f"revision {folder.name}: {refused}")
            return
        self._visits.sounds = Sounds(folder, revision)
        self._configure()

    def _tried(self, word: str) -> None:
        self._performance.tells(Verb.CANARY, "", {word: "true"})
        if word == ROLLED_BACK:
            self._time.after(0, self._configure)

    def switch_is_back(self) -> None:
        self._reconnect()

    def _reconnect(self) -> None:
        if self._lives.link is not None:
            self._lives.link.reconnect()

    def _meddle(self, lasts_ms: int, what: str, during: Any, after: Any) -> None:
        set_it: Callable[[Any], None] = lambda value: self._lives.meddle(what, value)  # noqa: E731
        set_it(during)
        if lasts_ms:
            self._time.after(lasts_ms, set_it, after)


@contextmanager
def patient_collector() -> Iterator[None]:
    """Python's collector looks seldom: a day makes millions of lasting objects, and looking through them costs 40 %."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def agents_of(scenario: Scenario) -> tuple[AgentSettings, ...]:
    """The counsellors as the engine's configuration has them, in the order of their identifiers."""
    settings = (
        AgentSettings(
            AgentId(plan.id),
            name=f"Agent {plan.id}",
            skills={Skill(skill): level for skill, level in plan.skills.items()},
            contractor=plan.contractor,
        )
        for plan in scenario.agents
    )
    return tuple(sorted(settings, key=lambda one: one.id))


def queues_of(scenario: Scenario, queues: Iterable[QueueSettings]) -> tuple[QueueSettings, ...]:
    """The queues of a revision with what the scenario has otherwise."""
    changes = {change.queue: change for change in scenario.queues}
    return tuple(_changed(queue, changes.get(str(queue.id))) for queue in queues)


def _changed(queue: QueueSettings, change: QueueChange | None) -> QueueSettings:
    if change is None:
        return queue
    return replace(
        queue,
        ring_ms=queue.ring_ms if change.ring_ms is None else change.ring_ms,
        wrap_up_ms=queue.wrap_up_ms if change.wrap_up_ms is None else change.wrap_up_ms,
        promise_ms=queue.promise_ms if change.promise_ms is None else change.promise_ms,
        short_abandon_ms=queue.short_abandon_ms if change.short_abandon_ms is None else change.short_abandon_ms,
    )
