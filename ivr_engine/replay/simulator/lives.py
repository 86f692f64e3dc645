"""The engine over its lives, in virtual time: decides, journals, arms its deadlines; is killed and started again.

Does what `runtime.reactor` and the composition root do: journal first, then commands, then whoever listens; a new life
begins with what the journal says of the earlier ones, as `storage.recovery` reads it, and with a look at the switch.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import Configured, Event, Started, TimePassed
from ivr_engine.core.notices import Notice
from ivr_engine.core.queue_rules import WaitPhrases
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.gate import Gate
from ivr_engine.replay.simulator.invariants import Watch
from ivr_engine.replay.simulator.journal import SimulatedJournal
from ivr_engine.replay.simulator.link import Link
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.simulator.visits import FlowVisits
from ivr_engine.replay.virtual import Timer, VirtualTime

RETRY_MS = 100
LONGEST_RETRY_MS = 5_000
"""Between two tries of the journal's writer, doubled each time, as in `storage.journal`."""

Listener = Callable[[Entry], None]


class Lives:
    """The engine as people and the switch know it, whichever life it is in."""

    def __init__(
        self,
        time: VirtualTime,
        exchange: Exchange,
        visits: FlowVisits,
        *,
        directory: Callable[[str], str | None],
        listener: Listener,
        keep_entries: bool = True,
        watch: bool = True,
    ) -> None:
        self._time = time
        self._exchange = exchange
        self._visits = visits
        self._visits.around.directory = directory
        self._directory = directory
        self._listener = listener
        self._watching = watch
        self._watch: Watch | None = None
        self._timer: Timer | None = None
        self._armed_ms: int | None = None
        self._starting: Timer | None = None
        """Until the database is there again."""
        self._seq = 0
        self._meddled: dict[str, Any] = {}
        self.engine: Engine | None = None
        self.link: Link | None = None
        self.epoch = 0
        self.gate = Gate()
        """Shut while the engine is stopped and has not gone on yet."""
        self.inbox_full = False
        self.ahead_ms = 0
        """By how much this life's clock goes before the scenario's: it began when the wall clock was set so."""
        self.journal = SimulatedJournal(keep_entries=keep_entries)
        visits.around.gate = self.gate
        visits.around.said = self._said
        self.illegal: list[str] = []
        self.bugs: list[str] = []
        self.agents: tuple[AgentSettings, ...] = ()
        self.queues: tuple[QueueSettings, ...] = ()
        self.revision_id = ""
        self.routing = RoutingPolicy()
        self.phrases: Mapping[str, WaitPhrases] = {}
        self.on_begun: Callable[[], None] = lambda: None
        """A life has begun, perhaps later than it was wished for."""

    # ── lives ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self) -> None:
        """A new life, as soon as it can read what the last one wrote; nothing if one is going on."""
        if self.engine is None and self._starting is None:
            self._try(RETRY_MS)

    def _try(self, pause_ms: int) -> None:
        self._starting = None
        if self.journal.away:
            self._starting = self._time.after(pause_ms, self._try, min(2 * pause_ms, LONGEST_RETRY_MS))
        else:
            self._begin()

    def _begin(self) -> None:
        self.epoch += 1
        self._seq = 0
        self.engine = Engine()
        self._watch = Watch(self.engine) if self._watching else None
        nonce = f"e{self.epoch:07d}"
        self.link = Link(
            self._time, self._exchange, sink=self.told, directory=self._directory, nonce=nonce, gate=self.gate
        )
        for what, value in self._meddled.items():
            setattr(self.link, what, value)
        self._visits.nonce = nonce
        self.journal.recovery.set_clock(self._exchange.clock_ahead_ms - self.ahead_ms)
        self.ahead_ms = self._exchange.clock_ahead_ms
        self.take(Started(self.epoch))
        self.take(self._configured())
        for fact in self.journal.recovery.facts():
            self.take(fact)
        self.link.connect()
        self.on_begun()

    @property
    def sees_the_switch(self) -> bool:
        """An engine lives, and its link is up."""
        return self.link is not None and self.link.up

    def kill(self) -> None:
        """At once and without a word: no heartbeat, no deadline, no memory."""
        self.engine = None
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        self.gate.forget()
        if self.link is not None:
            self.link.close()
            self.link = None
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._armed_ms = None, None
        self._visits.die()

    def meddle(self, what: str, value: Any) -> None:
        """The world delays or doubles what the switch tells, over this link and the next."""
        self._meddled[what] = value
        if self.link is not None:
            setattr(self.link, what, value)

    def configure(
        self,
        queues: tuple[QueueSettings, ...],
        agents: tuple[AgentSettings, ...],
        revision_id: str,
        routing: RoutingPolicy | None = None,
        phrases: Mapping[str, WaitPhrases] | None = None,
    ) -> None:
        """What is in force from now on, for this life and the next. Without `routing`, `phrases`: as it was."""
        self.queues, self.agents, self.revision_id = queues, agents, revision_id
        self.routing = routing or self.routing
        self.phrases = self.phrases if phrases is None else phrases
        if self.engine is not None:
            self.take(self._configured())

    def _configured(self) -> Configured:
        return Configured(
            Configuration(
                self.queues, self.agents, revision=self.revision_id, routing=self.routing, phrases=self.phrases
            )
        )

    def freeze(self) -> None:
        """Stopped where it stands: nothing is decided, no heart beats, what comes for it waits."""
        self.gate.shut()

    def thaw(self) -> None:
        """It goes on, and finds all that came meanwhile."""
        self.gate.open()

    # ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────────
    def ask(self, event: Event) -> None:
        """A person's request by API; one that meets a full inbox is refused, and the person's to repeat."""
        if not self.inbox_full:
            self.gate(self.take, event)

    def _said(self, card: CallerCard, name: str, fields: Mapping[str, str]) -> None:
        if self.link is not None:
            self.link.said(card, name, fields)

    def told(self, event: Event) -> bool:
        """A fact of the switch; False when it was not taken, and the switch has to be looked at anew."""
        if self.inbox_full:
            return False
        self.take(event)
        return True

    def take(self, event: Event) -> bool:
        """One fact, decided at once; False when it was refused, or nobody is there to decide."""
        engine, link = self.engine, self.link
        if engine is None or link is None:
            return False
        now_ms = self._time.now_ms + self.ahead_ms
        allowed = True
        try:
            decision = engine.handle(event, now_ms)
        except IllegalEvent as illegal:
            allowed = False
            self.illegal.append(f"{type(event).__name__}: {illegal}")
            decision = engine.unfinished()
        except Exception as bug:
            allowed = False
            self.bugs.append(f"{type(event).__name__} at {now_ms}: {bug!r}")
            decision = engine.unfinished()
        self._seq += 1
        entry = Entry(self.epoch, self._seq, now_ms, event, decision.commands, decision.notices)
        self.journal.append(entry)
        for command in decision.commands:
            link.execute(command)
        if self._watch is not None and allowed:
            self._look_after(decision.notices)
        self._listener(entry)
        self._arm(engine)
        return allowed

    def _look_after(self, notices: tuple[Notice, ...]) -> None:
        assert self._watch is not None
        broken = self._watch.after(notices)
        if broken:
            self.bugs.append(broken)

    def _arm(self, engine: Engine) -> None:
        if self.engine is not engine:
            return
        due_ms = engine.next_deadline_ms()
        if due_ms == self._armed_ms:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_ms = due_ms
        self._timer = None
        if due_ms is not None:
            self._timer = self._time.deadline(due_ms - self.ahead_ms, self.gate, self._due, engine)

    def _due(self, engine: Engine) -> None:
        if engine is self.engine:  # a deadline that waited at the gate may be another life's
            self._timer, self._armed_ms = None, None
            self.take(TimePassed())
