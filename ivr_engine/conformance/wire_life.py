"""One life of the engine behind sockets: the real core, reactor and adapters, with a journal in memory.

Wired as `service` wires them; what it leaves out is the database and the API's port. It can be killed at any moment,
as a process is: no word to anybody, connections that just end.
"""

import asyncio
import contextvars
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from ivr_engine.asterisk.actions import Endpoints
from ivr_engine.asterisk.agi import AgiServer
from ivr_engine.asterisk.ami import AmiAccount
from ivr_engine.asterisk.switch import AsteriskSwitch
from ivr_engine.asterisk.visit import FlowVisits, VisitPorts
from ivr_engine.core.configuration import Configuration, QueueSettings
from ivr_engine.core.conversation import CallerCard, Converse, Moment, VisitEnd
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import Configured, Event, Started
from ivr_engine.core.vocabulary import QueueId
from ivr_engine.replay.simulator.invariants import Watch
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.simulator.session import RECORDINGS
from ivr_engine.runtime.ports import Clock, DeskError, Dips, DirectoryEntry, JournalEntry, Texts
from ivr_engine.runtime.reactor import MAX_INBOX, Reactor
from ivr_engine.storage.journal import WrittenJournal

ACCOUNTS = {"ivr-events": "wire-events", "ivr-control": "wire-control"}
"""The users of `manager.conf`, with secrets that lead nowhere."""

RECONNECT_SECONDS = 0.05
"""Between two tries for the link. The service's own pauses are longer and partly random (`ami.pause_seconds`), so that
several engines do not knock in step; here runs must be equal."""


class ScenarioDirectory:
    """The officials of one scenario. Implements `runtime.ports.Directory`."""

    def __init__(self, numbers: Mapping[str, str]) -> None:
        """`numbers`: entry → number."""
        self._entries = {entry: DirectoryEntry(entry, "", "", "", number) for entry, number in numbers.items()}

    def find(self, entry: str) -> DirectoryEntry | None:
        return self._entries.get(entry)

    def search(self, words: str, limit: int = 20) -> tuple[DirectoryEntry, ...]:
        found = [entry for entry in self._entries.values() if words in entry.entry]
        return tuple(found[:limit])


class EngineLife:
    """From the start of an engine to its death. `start` it once, `kill` it once."""

    def __init__(
        self,
        epoch: int,
        *,
        clock: Clock,
        ami_port: int,
        agi_port: int,
        converse: Converse,
        revision_for: Callable[[CallerCard], str],
        visited: Callable[[CallerCard, VisitEnd | None], None],
        directory: ScenarioDirectory,
        listener: Callable[[Entry], None],
        seconds: Callable[[], float],
        dips: Dips | None = None,
        texts: Texts | None = None,
        journal: WrittenJournal | None = None,
    ) -> None:
        """`agi_port` 0 takes a free one; `seconds` is the event loop's clock. `journal`: started; None keeps nothing.

        Made in the context of its process (`wire_time.PROCESS`): what people and the world ask of it is done there.
        """
        self.epoch = epoch
        self.engine = Engine()
        self.illegal: list[str] = []
        self.broken: list[str] = []
        """Invariants that did not hold, with where."""
        self._listener = listener
        self._watch = Watch(self.engine)
        self._seen = 0
        self._asking: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._alive = True
        self._context = contextvars.copy_context()
        self._journal = journal
        nonce = f"e{epoch:07d}"
        events, control = (AmiAccount("127.0.0.1", ami_port, user, secret) for user, secret in ACCOUNTS.items())
        self.switch = AsteriskSwitch(
            events,
            control,
            sink=self._put,
            directory=directory,
            nonce=nonce,
            endpoints=Endpoints(),
            pause=lambda _failures: RECONNECT_SECONDS,
        )
        self.reactor = Reactor(self.engine, clock=clock, switch=self.switch, journal=journal or self, epoch=epoch)
        self.reactor.subscribe(self._decided)
        self._queues: dict[QueueId, QueueSettings] = {}
        minted = count(1)
        around = VisitPorts(
            directory=directory,
            dips=dips,
            texts=texts,
            recordings=RECORDINGS,
            survey_of=lambda queue: self._queues[queue].survey if queue in self._queues else "",
            music_of=lambda queue: self._queues[queue].music if queue in self._queues else "",
            revision_for=revision_for,
            visited=visited,
            said=self.switch.said,
            moment=lambda: Moment(clock.now_ms()),
            mint=lambda: str(next(minted)),
        )
        speak = FlowVisits(converse, seconds, around)
        self.visits = AgiServer(host="127.0.0.1", port=agi_port, nonce=nonce, converse=speak)

    async def start(self, configuration: Configuration, remembered: Iterable[Event]) -> None:
        """Doors first, then the switch; returns when it has been seen. `remembered`: what the journal tells a new life.

        Raises AgiListenError.
        """
        self._put(Started(self.epoch))
        self.configure(configuration)
        for fact in remembered:
            self._put(fact)
        await self.visits.start()
        await self.switch.start()

    def reload(self, configuration: Configuration) -> None:
        """As by SIGHUP: when the process next runs."""
        asyncio.get_running_loop().call_soon(self.configure, configuration, context=self._context)

    def configure(self, configuration: Configuration) -> None:
        self._queues = {queue.id: queue for queue in configuration.queues}
        self._put(Configured(configuration))

    def refuse_facts(self, *, full: bool) -> None:
        """Whether the inbox has no room."""
        self.reactor.max_inbox = 0 if full else MAX_INBOX

    def kill(self) -> None:
        """Nothing is decided any more from this moment on; the sockets end within the same millisecond."""
        self._alive = False
        self.reactor.stop()
        self._ending = asyncio.get_running_loop().create_task(self._end())

    async def ended(self) -> None:
        """When every socket of a killed life is closed."""
        if self._ending is not None:
            await self._ending

    async def _end(self) -> None:
        await asyncio.gather(self.visits.stop(drain_seconds=0), self.switch.stop())
        if self._journal is not None:
            await self._journal.close(wait_seconds=0)

    def ask(self, event: Event) -> None:
        """A person's request by API: refused or not, it takes its turn in the reactor."""
        task = asyncio.get_running_loop().create_task(self._ask(event), context=self._context)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, event: Event) -> None:
        try:
            await self.reactor.ask(event)
        except IllegalEvent as illegal:
            self.illegal.append(f"{type(event).__name__}: {illegal}")
        except DeskError:
            pass  # nobody is there any more to take the question

    def _put(self, event: Event) -> None:
        before = self.reactor.illegal_events
        self.reactor.put(event)
        if self.reactor.illegal_events > before:
            self.illegal.append(f"{type(event).__name__} from the switch")

    @property
    def bugs(self) -> int:
        """What was counted as a bug of ours, wherever."""
        return self.reactor.bugs + self.switch.link.counts.bugs

    @property
    def quiet(self) -> bool:
        """Nothing is due in the core, nobody waits for an answer, and all is written down."""
        written = self._journal is None or self._journal.lag_seconds == 0
        return self.engine.next_deadline_ms() is None and not self._asking and written

    # ── runtime.ports.Journal, and a subscriber ─────────────────────────────────────────────────────────────────────
    def append(self, entry: JournalEntry) -> None:
        """The memory journal keeps nothing itself: whoever listens has every entry."""

    def _decided(self, entry: JournalEntry) -> None:
        if not self._alive:
            return
        refused = self.reactor.illegal_events + self.reactor.bugs
        allowed, self._seen = refused == self._seen, refused
        told = self._watch.after(entry.notices) if allowed else ""
        if told:
            self.broken.append(told)
        self._listener(Entry(entry.epoch, entry.seq, entry.at_ms, entry.event, entry.commands, entry.notices))
