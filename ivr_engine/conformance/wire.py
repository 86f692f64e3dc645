"""The wire level: the model of the switch speaks AMI and FastAGI bytes over loopback to the real adapters.

    people ─▶ model of Asterisk ─▶ AmiServer ══ TCP ══▶ AmiLink, AsteriskSwitch ─▶ Reactor ─▶ Engine ─▶ journal, facts
                     ▲             AgiCalls  ══ TCP ══▶ AgiServer, FlowVisits ─▶ flow
                     └───────────── Originate, Redirect, Setvar, Hangup ◀─────────┘

So framing, logins, correlation, snapshot, heartbeats, pings, reconnects and visits run for real, in virtual time
(`wire_time`): the only thing that is not real is how long anything takes.
"""

import asyncio
import contextvars
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ivr_engine.conformance.agi_client import AgiCalls
from ivr_engine.conformance.ami_server import AmiServer
from ivr_engine.conformance.offices import WireOffices
from ivr_engine.conformance.wire_journal import WireTable
from ivr_engine.conformance.wire_life import ACCOUNTS, EngineLife, ScenarioDirectory
from ivr_engine.conformance.wire_time import PROCESS, JumpingLoop, WireTime
from ivr_engine.core.configuration import Configuration
from ivr_engine.core.conversation import CallerCard, Conversation
from ivr_engine.core.events import Event, PresenceChosen
from ivr_engine.core.vocabulary import AgentId, Presence
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.interpreter import Passed, Walk
from ivr_engine.flow.revision import Revision
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.in_force import ROLLED_BACK, InForce
from ivr_engine.replay.journal_facts import Names, Telling
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import Happening, Scenario, WorldAct
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.simulated import PRESENCE_GAP_MS, SETUP_MS, Run, agents_of, queues_of
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.invariants import Books
from ivr_engine.replay.simulator.performance import Performance
from ivr_engine.replay.simulator.recovery import Entry, Recovery
from ivr_engine.replay.simulator.site import Site, read_site
from ivr_engine.replay.simulator.sounds import Sounds
from ivr_engine.runtime.ports import SetRefused
from ivr_engine.storage.journal import WrittenJournal

START_SECONDS = 30
"""For the first life to see the switch, which takes some milliseconds: tries of a link that cannot come up."""

LOOK_MS = 250
"""How often the end is looked for."""

SETTLED_MS = 1_000
"""So long must nothing be due before a run is over: a link that comes back, an answer that is owed."""


def run_on_wire(scenario: Scenario, *, site: Site | None = None) -> Run:
    """Performs it, on an event loop of its own: not to be called from a coroutine.

    Raises FlowErrors for documents that are wrong, PlanError for contexts that the model cannot run,
    `wire_time.Standing` for a run whose virtual time cannot go on.
    """
    with _listening_for_bugs() as bugs, asyncio.Runner(loop_factory=JumpingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, JumpingLoop)
        stage = _Stage(scenario, site or read_site(), loop, bugs)
        loop.set_exception_handler(lambda _loop, context: bugs.append(_of_loop(context)))
        return runner.run(stage.perform())


class _Stage:
    """One run: implements `performance.Centre` with an engine behind sockets."""

    def __init__(self, scenario: Scenario, site: Site, loop: JumpingLoop, bugs: list[str]) -> None:
        self._scenario = scenario
        self._loop = loop
        self._bugs = bugs
        folder = scenario.dialplans or dialplans()
        revision = loaded(folder)
        self._in_force = InForce(revision, lambda: self._time.now_ms, self._tried)
        self._time = WireTime(loop, scenario.starts_at_ms - SETUP_MS)
        self._exchange = Exchange(self._time, site)
        self._offices = WireOffices(self._time, scenario.outside)
        self._calls = AgiCalls(Sounds(folder, revision))
        self._exchange.visits = self._calls
        self._ami = AmiServer(self._time, self._exchange, ACCOUNTS)
        self._ami_port = 0
        self._agi_port = 0
        self._names = Names.of(scenario)
        self._telling = Telling(self._names)
        self._facts: list[Happened] = []
        self._entries: list[Entry] = []
        self._recovery = Recovery()
        self._ahead_ms = 0
        """By how much the clock of the life that goes on is ahead of the scenario's."""
        self._table: WireTable | None = None
        """Where something befalls the database; else the journal is what was decided."""
        self._spool: tempfile.TemporaryDirectory[str] | None = None
        if any(act.what is Happening.DATABASE_AWAY for act in scenario.world):
            self._table = WireTable(self._recovery.take)
            self._spool = tempfile.TemporaryDirectory(prefix="ivr-spool-")
        self._books = Books()
        self._refused: list[str] = []
        """Revisions that were refused."""
        self._walks: list[Walk] = []
        self._lives: list[EngineLife] = []
        self._life: EngineLife | None = None
        self._starting: set[asyncio.Task[None]] = set()
        self._reviving: set[asyncio.Task[None]] = set()
        self._performance = Performance(
            scenario, self._time, self._exchange, self._calls.sounds, self._names, self, self._facts.append
        )

    async def perform(self) -> Run:
        scenario = self._scenario
        self._ami_port = await self._ami.start()
        self._time.after(SETUP_MS, self._performance.begin)
        problems: list[str] = []
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._start()
        except TimeoutError:
            problems.append(f"the engine did not see the switch within {START_SECONDS} s")
        for position, plan in enumerate(scenario.agents):
            if plan.presence != Presence.LOGGED_OUT:
                chosen = PresenceChosen(AgentId(plan.id), Presence(plan.presence))
                self._time.after(position * PRESENCE_GAP_MS, self.ask, chosen)
        ended_at_ms = await self._end()
        limit_hit = ended_at_ms is None or bool(self._exchange.legs)
        if limit_hit:
            there = [name for name, citizen in self._performance.citizens.items() if not citizen.is_over]
            who = f"still on the line: {', '.join(there)}" if there else "nobody is on the line"
            problems.append(f"the scenario did not end within {scenario.limit_ms / 1000:g} s; {who}")
        elif self._life is not None and self._life.switch.link.up:
            problems += self._books.problems()
        await self._close()
        if self._table is not None and not limit_hit:
            problems += self._table.problems(self._entries)
        return Run(
            history=History(
                tuple(sorted(self._facts, key=lambda fact: fact.at_ms)),
                ended_at_ms=scenario.limit_ms if limit_hit or ended_at_ms is None else ended_at_ms,
            ),
            entries=tuple(self._entries if self._table is None else self._table.entries),
            problems=(*problems, *self._wrong()),
            limit_hit=limit_hit,
            illegal_events=(*(told for life in self._lives for told in life.illegal), *self._refused),
            reached=self._reached(),
        )

    async def _end(self) -> int | None:
        """When the last thing happened, in the scenario's time; None when things still happen at its limit."""
        limit_ms = self._scenario.starts_at_ms + self._scenario.limit_ms
        quiet_since_ms: int | None = None
        while self._time.now_ms < limit_ms:
            if self._time.pending or self._starting or (self._life is not None and not self._life.quiet):
                quiet_since_ms = None
            elif quiet_since_ms is None:
                quiet_since_ms = self._time.now_ms
            elif self._time.now_ms - quiet_since_ms >= SETTLED_MS:
                last_ms = max([self._time.last_ms, *(entry.at_ms for entry in self._entries[-1:])])
                return last_ms - self._scenario.starts_at_ms
            await asyncio.sleep(LOOK_MS / 1_000)
        return None

    async def _close(self) -> None:
        if self._life is not None:
            self._life.kill()
        for task in list(self._starting):
            task.cancel()
        for life in self._lives:
            await life.ended()
        self._calls.break_off()
        self._ami.stop()
        if self._spool is not None:
            self._spool.cleanup()

    def _wrong(self) -> Iterator[str]:
        for life in self._lives:
            yield from life.broken
            if life.bugs and not self._bugs:
                yield f"{life.bugs} bugs were counted in life {life.epoch}"
        yield from self._bugs
        yield from self._calls.problems
        yield from self._exchange.problems

    def _reached(self) -> Counter[Passed]:
        reached: Counter[Passed] = Counter()
        for walk in self._walks:
            reached.update(walk.trail)
        return reached

    # ── the engine's lives ──────────────────────────────────────────────────────────────────────────────────────────
    async def _start(self) -> None:
        """A new life, up to the first look at the switch; a process of its own, which can be stopped."""
        process = contextvars.copy_context()
        process.run(PROCESS.set, len(self._lives) + 1)
        await self._loop.create_task(self._live(), context=process)

    async def _live(self) -> None:
        numbers = {plan.entry: plan.number for plan in self._scenario.recipients}
        for life in self._lives:
            await life.ended()  # its door must be closed before the next one opens there
        journal = None
        if self._table is not None and self._spool is not None:
            journal = WrittenJournal(self._table, Path(self._spool.name))
            await journal.start()
        self._recovery.set_clock(self._exchange.clock_ahead_ms - self._ahead_ms)
        self._ahead_ms = self._exchange.clock_ahead_ms
        self._in_force.begin()
        life = self._life = EngineLife(
            len(self._lives) + 1,
            clock=_LoopClock(self._time, self._ahead_ms),
            ami_port=self._ami_port,
            agi_port=self._agi_port,
            converse=self._converse,
            revision_for=self._in_force.revisions.revision_for,
            visited=self._in_force.revisions.visited,
            directory=ScenarioDirectory(numbers),
            listener=self._decided,
            seconds=self._loop.time,
            dips=self._offices,
            texts=self._offices,
            journal=journal,
        )
        self._lives.append(life)
        remembered = self._recovery.facts()
        await life.start(self._configuration(), remembered)
        self._agi_port = life.visits.port
        self._tell_where()

    def _tell_where(self) -> None:
        """What the site's file says of the engine's door."""
        if self._agi_port:
            self._exchange.global_variables["IVR_AGI"] = f"agi://127.0.0.1:{self._agi_port}/visit"

    def _begin_life(self) -> None:
        """Nothing if one is going on."""
        if self._life is not None or self._starting:
            return
        task = self._loop.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._has_begun)

    def _has_begun(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._bugs.append(f"the engine could not start: {failure!r}")

    def _configuration(self) -> Configuration:
        revisions = self._in_force.revisions
        return Configuration(
            queues_of(self._scenario, revisions.queues),
            agents_of(self._scenario),
            revision=revisions.stable.id,
            routing=revisions.stable.routing,
            phrases=revisions.stable.phrases,
        )

    def _converse(self, card: CallerCard) -> Conversation:
        conversation = self._in_force.revisions.converse(card)
        if isinstance(conversation, Walk):
            self._walks.append(conversation)
        return conversation

    def _decided(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self._table is None:
            self._recovery.take(entry)
        self._books.take(entry.notices)
        at_ms = entry.at_ms - self._ahead_ms
        facts = self._telling.facts(at_ms, entry.notices)
        if at_ms < self._names.zero_ms:
            return
        for fact in facts:
            self._facts.append(fact)
            self._performance.happened(fact)

    # ── Centre ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def ask(self, event: Event) -> None:
        if self._life is not None:
            self._life.ask(event)

    def world(self, act: WorldAct) -> None:
        match act.what:
            case Happening.ENGINE_KILLED:
                self._kill()
            case Happening.ENGINE_STARTED:
                self._begin_life()
            case Happening.ENGINE_FROZEN if self._life is not None:
                self._loop.freeze(self._life.epoch)
                self._time.after(act.lasts_ms, self._loop.thaw)
            case Happening.INBOX_FULL if self._life is not None:
                self._life.refuse_facts(full=True)
                self._time.after(act.lasts_ms, partial(self._life.refuse_facts, full=False))
            case Happening.AMI_CUT:
                self._ami.cut()
                self._time.after(act.lasts_ms, self._ami.mend)
            case Happening.SWITCH_RESTARTED:
                self._ami.die()
                self._calls.break_off()
                self._tell_where()
            case Happening.EVENTS_DELAYED:
                self._meddle(self._ami, "delay_ms", act, act.by_ms, 0)
            case Happening.EVENTS_DOUBLED:
                self._meddle(self._ami, "doubles", act, True, False)
            case Happening.EVENTS_SWAPPED:
                self._meddle(self._ami.pairs, "swaps", act, True, False)
            case Happening.DATABASE_AWAY:
                self._meddle(self._table, "away", act, True, False)
            case Happening.REVISION_LOADED:
                self._load(Path(act.value), act.percent)
            case _:
                pass

    def switch_is_back(self) -> None:
        task = self._loop.create_task(self._ami.revive())
        self._reviving.add(task)
        task.add_done_callback(self._reviving.discard)

    def _meddle(self, what: object, how: str, act: WorldAct, during: Any, after: Any) -> None:
        setattr(what, how, during)
        self._time.after(act.lasts_ms, setattr, what, how, after)

    def _kill(self) -> None:
        life, self._life = self._life, None
        for task in list(self._starting):
            task.cancel()
        if life is not None:
            life.kill()
        self._time.after(0, self._loop.thaw)  # its doors are shut by then: what is left of it can only end

    def _load(self, folder: Path, percent: int) -> None:
        """A broken set is refused, and the old one serves on."""
        try:
            revision: Revision = loaded(folder)
            self._in_force.load(revision, percent)
        except (FlowErrors, SetRefused) as refused:
            self._refused.append(f"revision {folder.name}: {refused}")
            return
        self._calls.sounds = Sounds(folder, revision)
        self._reload()

    def _reload(self) -> None:
        if self._life is not None:
            self._life.reload(self._configuration())

    def _tried(self, word: str) -> None:
        self._performance.tells(Verb.CANARY, "", {word: "true"})
        if word == ROLLED_BACK:
            self._reload()


class _LoopClock:
    """Implements `runtime.ports.Clock` with virtual time, as the wall clock stood when the life began."""

    def __init__(self, time: WireTime, ahead_ms: int) -> None:
        self._time = time
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        return self._time.now_ms + self._ahead_ms


class _Bugs(logging.Handler):
    """Collects what the adapters log with a traceback: a bug that ended one contact, or one decision."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is not None and record.exc_info[1] is not None:
            self._found.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


@contextmanager
def _listening_for_bugs() -> Iterator[list[str]]:
    """What is logged as a bug while it lasts. The adapters' news of cuts and deaths, asked for here, goes nowhere."""
    found: list[str] = []
    ours = logging.getLogger("ivr_engine")
    before = ours.propagate
    ears = _Bugs(found)
    ours.addHandler(ears)
    ours.propagate = False
    try:
        yield found
    finally:
        ours.removeHandler(ears)
        ours.propagate = before


def _of_loop(context: dict[str, Any]) -> str:
    return f"{context.get('message', 'the event loop met a bug')}: {context.get('exception')!r}"
