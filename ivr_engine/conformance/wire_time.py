"""Virtual time for real sockets: an event loop that jumps to its next timer as soon as the wire is silent.

Adapters, server and clients share one loop and speak over loopback. While a byte is on its way nothing may be late, so
time stands still; when nobody has anything to read, the next timer is due at once. So half an hour of pings,
heartbeats and talks passes in some hundred milliseconds, and every `call_later`, `asyncio.sleep` and `timeout` of the
adapters runs as it would in a service.

How it knows that the wire is silent: the kernel says of every socket how many bytes are not acknowledged yet
(SIOCOUTQ), and TCP_QUICKACK makes a peer that has them say so at once; a connection that is being made waits to be
writable, and after sockets came or went one real millisecond is spent to let the other end hear of it. Linux only.
"""

import array
import asyncio
import contextvars
import fcntl
import heapq
import selectors
import socket
import termios
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar, TypeVarTuple

GRACE_SECONDS = 0.001
"""The shortest real wait that epoll knows. Loopback delivers within microseconds."""

PATIENCE = 2_000
"""Real waits in a row for bytes that do not arrive: two seconds. A peer that does not read holds them for ever."""

TURNS = 5_000_000
"""Jumps and polls of one scenario: half an hour of timers takes seventy thousand. More is a loop that never ends."""

BETWEEN_SECONDS = 1e-7
"""Between two things of one millisecond: the loop looks at the wire, and what the first one set off is over by then."""

Selected = list[tuple[selectors.SelectorKey, int]]

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

PROCESS: contextvars.ContextVar[int] = contextvars.ContextVar("process", default=0)
"""Whose code runs: 0 is the world's, every other number one life of an engine. Tasks, timers and sockets inherit it
from whoever makes them, so that all that belongs to one process can be stopped at once."""


class Standing(Exception):  # noqa: N818  (the situation is the name)
    """Nothing is to happen any more and somebody waits: virtual time has nowhere to go."""


class _JumpingSelector(selectors.DefaultSelector):
    """Polls; when all is silent, tells the loop how far it may jump."""

    def __init__(self, jump: Callable[[float], None], is_stopped: Callable[[selectors.SelectorKey], bool]) -> None:
        super().__init__()
        self._jump = jump
        self._is_stopped = is_stopped
        self._changed = False
        self._turns = 0
        self._sockets: dict[int, socket.socket] = {}
        self._count = array.array("i", [0])

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self._changed = True
        key = super().register(fileobj, events, data)
        self._sockets[key.fd] = socket.socket(fileno=key.fd)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        self._changed = True
        key = super().unregister(fileobj)
        self._sockets.pop(key.fd).detach()  # the descriptor belongs to whoever opened it
        return key

    def close(self) -> None:
        while self._sockets:
            self._sockets.popitem()[1].detach()
        super().close()

    def select(self, timeout: float | None = None) -> Selected:
        self._turns += 1
        if self._turns > TURNS:
            self._turns = 0  # what is left to clean up shall run
            raise Standing(f"{TURNS} turns of the event loop: something calls back for ever")
        if timeout == 0:
            return self._awake(super().select(0))
        for _ in range(PATIENCE):
            silent = not self._on_its_way()  # asked first: what arrives from now on was sent by nobody
            ready = super().select(0 if silent else GRACE_SECONDS)
            found = self._awake(ready)
            if found:
                return found
            if ready and not silent:
                # what a stopped process could read ends every wait at once: patience would be over in a moment
                time.sleep(GRACE_SECONDS)
            if silent:
                if timeout is None:
                    raise Standing("nothing is to happen any more, and somebody waits for it")
                self._jump(timeout)
                return []
        raise Standing("bytes are on their way and nobody reads them")

    def _awake(self, found: Selected) -> Selected:
        """What a process that is stopped could read stays in the kernel."""
        return [(key, events) for key, events in found if not self._is_stopped(key)]

    def _on_its_way(self) -> bool:
        if self._changed:
            self._changed = any(key.events & selectors.EVENT_WRITE for key in self.get_map().values())
            return True
        for one in self._sockets.values():
            if self._unacknowledged(one):
                break
        else:
            return False
        for one in self._sockets.values():
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return any(map(self._unacknowledged, self._sockets.values()))

    def _unacknowledged(self, one: socket.socket) -> int:
        """Bytes that the kernel does not know to be at the other end; 0 for a socket that only listens."""
        try:
            fcntl.ioctl(one, termios.TIOCOUTQ, self._count)
        except OSError:
            return 0
        return self._count[0]


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock begins at 0 and goes only as far as its timers need.

    One process in it can be stopped and go on (SIGSTOP, SIGCONT): what its code would do waits, what comes for its
    sockets stays in the kernel, and time passes for everybody else.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._stopped: int | None = None
        self._held: list[asyncio.Handle] = []
        self._going_on = False
        super().__init__(_JumpingSelector(self._jump, self._is_stopped))
        self._ready = _Ready(self._hold, self)

    def time(self) -> float:
        return self._now

    def freeze(self, process: int) -> None:
        """That process is stopped until `thaw`; one at a time."""
        self._stopped = process

    def thaw(self) -> None:
        """It goes on: first it reads what its sockets have, as whoever slept in a poll, then its timers are late."""
        if self._stopped is not None:
            self._stopped = None
            self._going_on = True
            self.call_soon(_nothing)  # so that the sockets are looked at before time passes

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> asyncio.Future[T]:
        """At once: a thread would take real time, and virtual time would not wait for it."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as failure:
            done.set_exception(failure)
        return done

    def _process_events(self, event_list: Selected) -> None:
        super()._process_events(event_list)  # type: ignore[misc]  # the one place between the sockets and the timers
        if self._going_on:
            self._going_on = False
            held, self._held = self._held, []
            self._ready.extend(held)

    def _hold(self, handle: asyncio.Handle) -> bool:
        """Whether that is a stopped process's to do: then it is kept."""
        if self._stopped is None or _process_of(handle) != self._stopped:
            return False
        self._held.append(handle)
        return True

    def _is_stopped(self, key: selectors.SelectorKey) -> bool:
        return self._stopped is not None and isinstance(key.data, tuple) and self._stopped in map(_process_of, key.data)

    def _jump(self, seconds: float) -> None:
        self._now += seconds


class _Ready(deque[asyncio.Handle]):
    """What the loop runs next, without what belongs to a stopped process."""

    def __init__(self, hold: Callable[[asyncio.Handle], bool], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._hold = hold
        self._instead = asyncio.Handle(_nothing, (), loop)
        self._instead.cancel()

    def popleft(self) -> asyncio.Handle:
        handle = super().popleft()
        return self._instead if self._hold(handle) else handle


def _process_of(handle: asyncio.Handle | None) -> int | None:
    """Every handle remembers the context of whoever made it."""
    context: contextvars.Context | None = getattr(handle, "_context", None)
    return None if context is None else context.get(PROCESS, 0)


def _nothing() -> None: ...


class WireTime:
    """Implements `replay.virtual.Timeline` on the loop; `pending` counts what the scenario itself waits for.

    A heap of its own, because asyncio calls timers of one moment in any order and a `Timeline` keeps theirs.
    """

    def __init__(self, loop: JumpingLoop, starts_at_ms: int) -> None:
        self._loop = loop
        self._context = contextvars.copy_context()
        """The world's: what is due here happens though the engine that asked for it is stopped."""
        self._starts_at_ms = starts_at_ms
        self._heap: list[tuple[int, int, Due]] = []
        self._order = count()
        self._armed_ms = 0
        self._timer: asyncio.TimerHandle | None = None
        self.pending = 0
        self.last_ms = starts_at_ms
        """When something that the scenario waited for happened for the last time."""

    @property
    def now_ms(self) -> int:
        return self._starts_at_ms + round(self._loop.time() * 1_000)

    def after(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> "Due":
        return self._put(delay_ms, 1, action, arguments)

    def beat(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> "Due":
        """As `after`, but a run does not go on for its sake: pings and heartbeats never end."""
        return self._put(delay_ms, 0, action, arguments)

    def _put(self, delay_ms: int, waited_for: int, action: Callable[..., None], arguments: tuple[Any, ...]) -> "Due":
        due = Due(self, action, arguments, waited_for)
        self.pending += waited_for
        heapq.heappush(self._heap, (self.now_ms + max(0, delay_ms), next(self._order), due))
        self._arm()
        return due

    def _arm(self) -> None:
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        if not self._heap:
            return
        at_ms = self._heap[0][0]
        if self._timer is not None:
            if self._armed_ms <= at_ms:
                return
            self._timer.cancel()
        self._armed_ms = at_ms
        at_seconds = max((at_ms - self._starts_at_ms) / 1_000, self._loop.time() + BETWEEN_SECONDS)
        self._timer = self._loop.call_at(at_seconds, self._next, context=self._context)

    def _next(self) -> None:
        """One thing, and then silence on the wire before the next, though it may be due in the same millisecond."""
        self._timer = None
        if self._heap and self._heap[0][0] <= self.now_ms:
            due = heapq.heappop(self._heap)[2]
            self._arm()
            due.happen()
        else:
            self._arm()


class Due:
    """One thing that is to happen in a `WireTime`."""

    __slots__ = ("_arguments", "_time", "_waited_for", "action")

    def __init__(
        self, time: WireTime, action: Callable[..., None], arguments: tuple[Any, ...], waited_for: int
    ) -> None:
        self.action: Callable[..., None] | None = action
        self._time = time
        self._arguments = arguments
        self._waited_for = waited_for

    def cancel(self) -> None:
        if self.action is not None:
            self.action = None
            self._time.pending -= self._waited_for

    def happen(self) -> None:
        action, self.action = self.action, None
        if action is not None:
            self._time.pending -= self._waited_for
            if self._waited_for:
                self._time.last_ms = self._time.now_ms
            action(*self._arguments)
