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
import fcntl
import heapq
import selectors
import socket
import termios
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

GRACE_SECONDS = 0.001
"""The shortest real wait that epoll knows. Loopback delivers within microseconds."""

PATIENCE = 2_000
"""Real waits in a row for bytes that do not arrive: two seconds. A peer that does not read holds them for ever."""

TURNS = 5_000_000
"""Jumps and polls of one scenario: half an hour of timers takes seventy thousand. More is a loop that never ends."""

BETWEEN_SECONDS = 1e-7
"""Between two things of one millisecond: the loop looks at the wire, and what the first one set off is over by then."""

Selected = list[tuple[selectors.SelectorKey, int]]


class Standing(Exception):  # noqa: N818  (the situation is the name)
    """Nothing is to happen any more and somebody waits: virtual time has nowhere to go."""


class _JumpingSelector(selectors.DefaultSelector):
    """Polls; when all is silent, tells the loop how far it may jump."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump
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
            return super().select(0)
        for _ in range(PATIENCE):
            silent = not self._on_its_way()  # asked first: what arrives from now on was sent by nobody
            found = super().select(0 if silent else GRACE_SECONDS)
            if found:
                return found
            if silent:
                if timeout is None:
                    raise Standing("nothing is to happen any more, and somebody waits for it")
                self._jump(timeout)
                return []
        raise Standing("bytes are on their way and nobody reads them")

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
    """An event loop whose clock begins at 0 and goes only as far as its timers need."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self._jump))

    def time(self) -> float:
        return self._now

    def _jump(self, seconds: float) -> None:
        self._now += seconds


class WireTime:
    """Implements `replay.virtual.Timeline` on the loop; `pending` counts what the scenario itself waits for.

    A heap of its own, because asyncio calls timers of one moment in any order and a `Timeline` keeps theirs.
    """

    def __init__(self, loop: JumpingLoop, starts_at_ms: int) -> None:
        self._loop = loop
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
        self._timer = self._loop.call_at(at_seconds, self._next)

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
