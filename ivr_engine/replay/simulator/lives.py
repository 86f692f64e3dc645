"""The engine over its lives, in virtual time: decides, journals, arms its deadlines; is killed and started again.

Does what `runtime.reactor` and the composition root do: journal first, then commands, then whoever listens; a new life
begins with what the journal says of the earlier ones, as `storage.recovery` reads it, and with a look at the switch.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ivr_engine.core.commands import Command
from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import (
    Configured,
    ContactRestored,
    Event,
    OfferRestored,
    PresenceRestored,
    Started,
    TimePassed,
)
from ivr_engine.core.notices import (
    AgentChanged,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    Notice,
    OfferEnded,
    OfferMade,
)
from ivr_engine.core.vocabulary import AgentId, AgentState, ContactId, OfferId, OfferResult, Presence, QueueId, Skill
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.invariants import Watch
from ivr_engine.replay.simulator.link import Link
from ivr_engine.replay.simulator.visits import FlowVisits
from ivr_engine.replay.virtual import Timer, VirtualTime


class Entry(NamedTuple):
    """One decision, as `runtime.ports.JournalEntry` has it: (`epoch`, `seq`) is its identity."""

    epoch: int
    seq: int
    at_ms: int
    event: Event
    commands: tuple[Command, ...]
    notices: tuple[Notice, ...]


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
        self._keep = keep_entries
        self._watching = watch
        self._watch: Watch | None = None
        self._timer: Timer | None = None
        self._armed_ms: int | None = None
        self._seq = 0
        self._recovery = Recovery()
        self._meddled: dict[str, Any] = {}
        self.engine: Engine | None = None
        self.link: Link | None = None
        self.epoch = 0
        self.entries: list[Entry] = []
        self.illegal: list[str] = []
        self.bugs: list[str] = []
        self.agents: tuple[AgentSettings, ...] = ()
        self.queues: tuple[QueueSettings, ...] = ()
        self.revision_id = ""
        self.routing = RoutingPolicy()

    # ── lives ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self) -> None:
        """A new life; nothing if one is going on."""
        if self.engine is not None:
            return
        self.epoch += 1
        self._seq = 0
        self.engine = Engine()
        self._watch = Watch(self.engine) if self._watching else None
        nonce = f"e{self.epoch:07d}"
        self.link = Link(self._time, self._exchange, sink=self.take, directory=self._directory, nonce=nonce)
        for what, value in self._meddled.items():
            setattr(self.link, what, value)
        self._visits.nonce = nonce
        self.take(Started(self.epoch))
        self.take(self._configured())
        for fact in self._recovery.facts():
            self.take(fact)
        self.link.connect()

    @property
    def sees_the_switch(self) -> bool:
        """An engine lives, and its link is up."""
        return self.link is not None and self.link.up

    def kill(self) -> None:
        """At once and without a word: no heartbeat, no deadline, no memory."""
        self.engine = None
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
    ) -> None:
        """What is in force from now on, for this life and the next. Without `routing`, as it was."""
        self.queues, self.agents, self.revision_id = queues, agents, revision_id
        self.routing = routing or self.routing
        if self.engine is not None:
            self.take(self._configured())

    def _configured(self) -> Configured:
        return Configured(Configuration(self.queues, self.agents, revision=self.revision_id, routing=self.routing))

    # ── deciding ────────────────────────────────────────────────────────────────────────────────────────────────────
    def take(self, event: Event) -> bool:
        """One fact, decided at once; False when it was refused, or nobody is there to decide."""
        engine, link = self.engine, self.link
        if engine is None or link is None:
            return False
        now_ms = self._time.now_ms
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
        if self._keep:
            self.entries.append(entry)
        self._recovery.take(entry)
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
        self._timer = self._time.deadline(due_ms, self._due) if due_ms is not None else None

    def _due(self) -> None:
        self._timer, self._armed_ms = None, None
        self.take(TimePassed())


class Recovery:
    """What the journal's tables would tell a new life: who had chosen what, which contacts were left open."""

    def __init__(self) -> None:
        self._presence: dict[AgentId, tuple[Presence, str, int | None]] = {}
        """What was chosen, and since when the agent is in the work after a contact."""
        self._open: dict[ContactId, dict[str, object]] = {}
        self._offers: dict[OfferId, OfferRestored] = {}
        self._made: Counter[ContactId] = Counter()
        self._queues: dict[AgentId, QueueId] = {}
        """Of the contact that the agent had last."""

    def take(self, entry: Entry) -> None:
        configured = type(entry.event) is Configured  # chooses nobody's presence, see storage.projection
        for notice in entry.notices:
            if isinstance(notice, AgentChanged):
                if not configured:
                    since_ms = notice.since_ms if notice.state is AgentState.WRAP_UP else None
                    self._presence[notice.agent] = (notice.presence, notice.reason, since_ms)
            elif isinstance(notice, OfferMade):
                self._made[notice.contact] += 1
                self._offers[notice.offer] = OfferRestored(
                    notice.offer, notice.contact, notice.agent, notice.queue, entry.at_ms
                )
            elif isinstance(notice, OfferEnded):
                self._offers.pop(notice.offer, None)
                if notice.result is OfferResult.ANSWERED:
                    self._queues[notice.agent] = notice.queue
            elif type(notice) in _FOLDED:
                self._fold(notice)

    def _fold(self, notice: Notice) -> None:
        match notice:
            case ContactBegan():
                row = self._open.setdefault(notice.contact, {})
                row.update(number=notice.number, caller=notice.caller, arrived_at_ms=notice.arrived_at_ms)
            case ContactWaits():
                request = ToQueue(
                    notice.queue,
                    frozenset(map(Skill, notice.requirement)),
                    notice.agency,
                    notice.language or "ko",
                    notice.priority,
                )
                row = self._open.setdefault(notice.contact, {})
                row.update(request=request, queued_at_ms=notice.queued_at_ms, agent=None)
            case ContactConnected():
                row = self._open.setdefault(notice.contact, {})
                row.update(agent=notice.agent, answered_at_ms=notice.answered_at_ms)
            case ContactEnded():
                self._open.pop(notice.contact, None)
                self._made.pop(notice.contact, None)
            case _:
                pass

    def facts(self) -> list[Event]:
        """Presences in the order of agents, then contacts in the order of arrival, then the offers that rang."""
        presences: list[Event] = [
            PresenceRestored(agent, presence, reason, since_ms, None if since_ms is None else self._queues.get(agent))
            for agent, (presence, reason, since_ms) in sorted(self._presence.items())
            if presence is not Presence.LOGGED_OUT or since_ms is not None
        ]
        contacts = (_restored(contact, row, self._made[contact]) for contact, row in self._open.items())
        return [*presences, *contacts, *(offer for offer in self._offers.values() if offer.contact in self._open)]


_FOLDED = frozenset({ContactBegan, ContactWaits, ContactConnected, ContactEnded})


def _restored(contact: ContactId, row: Mapping[str, object], offers: int) -> ContactRestored:
    kept = {**row, "offers": offers}
    if not kept.get("agent"):
        kept["answered_at_ms"] = None  # back in the queue after a talk: nobody has it
    kept.setdefault("number", "")
    kept.setdefault("caller", "")
    kept.setdefault("arrived_at_ms", kept.get("queued_at_ms") or 0)
    return ContactRestored(contact, **kept)  # type: ignore[arg-type]
