"""The loop round the core: one inbox, one task, one writer.

A fact is decided the moment it arrives: `put` runs the engine at once when nobody else is inside it, and queues the
fact otherwise (a subscriber or the switch may put while a decision goes out). So there is no hop through a task
between a free agent and the ring. Decide, then do: journal first, then commands, then subscribers; none of them waits.

A bug in one decision ends that decision, one in whoever is told costs that one alone; it is counted and logged, and the
service goes on.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import Event, TimePassed
from ivr_engine.core.explanation import Why
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.runtime.ports import Clock, DeskClosed, InboxFull, Journal, JournalEntry, Subscriber, Switch

MAX_INBOX = 20_000
"""Facts that may wait while one is decided: 500 legs of a snapshot times a storm of 40; more means that we are lost."""

LONGEST_TIMER_MS = 60_000
"""A timer is armed for a minute at most, so that a suspended machine does not sleep through its deadlines."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Reactor:
    """Feeds the core and carries its decisions out. `seq` numbers the decisions of this epoch from 1."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        switch: Switch,
        journal: Journal,
        epoch: int,
        on_decided: Callable[[float], None] | None = None,
        max_inbox: int = MAX_INBOX,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._switch = switch
        self._journal = journal
        self._epoch = epoch
        self._on_decided = on_decided
        self._subscribers: list[Subscriber] = []
        self._inbox: deque[tuple[Event, asyncio.Future[None] | None]] = deque()
        self._deciding = False
        self._timer: asyncio.TimerHandle | None = None
        self._armed_ms: int | None = None
        self._stopped = False
        self.max_inbox = max_inbox
        self.seq = 0
        self.illegal_events = 0
        self.bugs = 0

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def put(self, event: Event) -> None:
        """A fact from the switch: decided at once; an illegal one is counted, since the switch may be late.

        Raises InboxFull.
        """
        self._take(event, None)

    async def ask(self, event: Event) -> None:
        """A request from a person: as `put`, but a refusal is theirs to hear. Raises IllegalEvent and DeskError."""
        if self._stopped:
            raise DeskClosed("the engine is stopping")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take(event, answer)
        await answer

    def why(self, contact: ContactId) -> Why | None:
        """Why the contact is with nobody yet, or with this agent; None when it is not open."""
        return self._engine.why(contact, self._clock.now_ms())

    def view(self) -> View:
        """A frozen picture of now."""
        return self._engine.view(self._clock.now_ms())

    @property
    def depth(self) -> int:
        """Facts that wait to be decided."""
        return len(self._inbox)

    def stop(self) -> None:
        """No more deadlines fire and no more facts are taken."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _take(self, event: Event, answer: "asyncio.Future[None] | None") -> None:
        if self._stopped:
            return
        if len(self._inbox) >= self.max_inbox:
            raise InboxFull(f"{len(self._inbox)} facts wait to be decided")
        self._admit(event, answer)

    def _admit(self, event: Event, answer: "asyncio.Future[None] | None") -> None:
        self._inbox.append((event, answer))
        if self._deciding:
            return
        self._deciding = True
        try:
            while self._inbox:
                self._decide(*self._inbox.popleft())
        finally:
            self._deciding = False
        self._arm()

    def _decide(self, event: Event, answer: "asyncio.Future[None] | None") -> None:
        now_ms = self._clock.now_ms()
        began = time.perf_counter()
        refusal: IllegalEvent | None = None
        try:
            decision = self._engine.handle(event, now_ms)
        except IllegalEvent as illegal:
            refusal = illegal
            self.illegal_events += 1
            decision = self._engine.unfinished()
            log.info("illegal event %s: %s", type(event).__name__, illegal)
        except Exception as bug:
            self.bugs += 1
            decision = self._engine.unfinished()
            log.exception("bug while deciding %s (entry %d/%d)", type(event).__name__, self._epoch, self.seq + 1)
            if answer is not None and not answer.done():
                answer.set_exception(bug)
        if self._on_decided is not None:
            self._tell(self._on_decided, time.perf_counter() - began)
        self.seq += 1
        entry = JournalEntry(self._epoch, self.seq, now_ms, event, decision.commands, decision.notices)
        self._tell(self._journal.append, entry)
        for command in decision.commands:
            self._tell(self._switch.execute, command)
        for subscriber in self._subscribers:
            self._tell(subscriber, entry)
        if answer is not None and not answer.done():
            if refusal is not None:
                answer.set_exception(refusal)
            else:
                answer.set_result(None)

    def _tell(self, listener: Callable[[T], None], what: T) -> None:
        """A bug of one listener must not cost the others their news, the asker the answer, or a deadline its timer."""
        try:
            listener(what)
        except Exception:
            self.bugs += 1
            log.exception("bug in %s (entry %d/%d)", getattr(listener, "__qualname__", listener), self._epoch, self.seq)

    def _arm(self) -> None:
        if self._stopped:
            return
        due_ms = self._engine.next_deadline_ms()
        if due_ms == self._armed_ms:
            return
        self._armed_ms = due_ms
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_ms is not None:
            delay_ms = min(max(0, due_ms - self._clock.now_ms()), LONGEST_TIMER_MS)
            self._timer = asyncio.get_running_loop().call_later(delay_ms / 1000, self._due)

    def _due(self) -> None:
        self._timer = None
        self._armed_ms = None
        if not self._stopped:
            self._admit(TimePassed(), None)  # a deadline is never refused: nobody would call again
