"""Virtual time for real sockets: an event loop that jumps to its next timer as soon as the wire is silent.

Adapters, server and clients share one loop and speak over loopback. While a byte is on its way nothing may be late, so
time stands still; when nobody has anything to read, the next timer is due at once. So half an hour of pings,
heartbeats and talks passes in some hundred milliseconds, and every `call_later`, `asyncio.sleep` and `timeout` of the
adapters runs as it would in a service.

How it knows that the wire is silent: the kernel says of every socket how many bytes are not acknowledged yet
(SIOCOUTQ), and TCP_QUICKACK makes a peer that has them say so at once; a connection that is being made waits to be
writable, and after sockets came or went one real millisecond is spent to let the other end hear of it.
"""

import array
import asyncio
import fcntl
import selectors
import socket
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any

GRACE_SECONDS = 0.001
"""The shortest real wait that epoll knows. Loopback delivers within microseconds."""

PATIENCE = 2_000
"""Real waits in a row for bytes that do not arrive: two seconds. A peer that does not read holds them for ever."""

TURNS = 20_000_000
"""Jumps and polls of one scenario: half an hour of timers takes twenty thousand. More is a loop that never ends."""

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
            raise Standing(f"{TURNS} turns of the event loop: something calls back for ever")
        found = super().select(0)
        if found or timeout == 0:
            return found
        if self._changed:
            self._changed = False
            found = super().select(GRACE_SECONDS)
        for _ in range(PATIENCE):
            if found or not self._on_its_way():
                break
            found = super().select(GRACE_SECONDS)
        if found:
            return found
        found = super().select(0)  # what arrived between the last look and the kernel's word that all has
        if not found:
            if timeout is None:
                raise Standing("nothing is to happen any more, and somebody waits for it")
            self._jump(timeout)
        return found

    def _on_its_way(self) -> bool:
        if any(key.events & selectors.EVENT_WRITE for key in self.get_map().values()):
            return True
        unheard = [one for one in self._sockets.values() if _unacknowledged(one)]
        if not unheard:
            return False
        for one in self._sockets.values():
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return any(map(_unacknowledged, unheard))


def _unacknowledged(one: socket.socket) -> int:
    """Bytes that the kernel does not know to be at the other end; 0 for a socket that only listens."""
    count = array.array("i", [0])
    with suppress(OSError):
        fcntl.ioctl(one, termios.TIOCOUTQ, count)
    return count[0]


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
    """Implements `replay.virtual.Timeline` on the loop; `pending` counts what the scenario itself waits for."""

    def __init__(self, loop: JumpingLoop, starts_at_ms: int) -> None:
        self._loop = loop
        self._starts_at_ms = starts_at_ms
        self.pending = 0
        self.last_ms = starts_at_ms
        """When something happened for the last time."""

    @property
    def now_ms(self) -> int:
        return self._starts_at_ms + round(self._loop.time() * 1_000)

    def after(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> "Due":
        at_ms = self.now_ms - self._starts_at_ms + delay_ms
        return Due(self, self._loop, at_ms / 1_000, action, arguments)


class Due:
    """One thing that is to happen in a `WireTime`."""

    __slots__ = ("_action", "_arguments", "_time", "_timer")

    def __init__(
        self,
        time: WireTime,
        loop: JumpingLoop,
        at_seconds: float,
        action: Callable[..., None],
        arguments: tuple[Any, ...],
    ) -> None:
        self._time = time
        self._action: Callable[..., None] | None = action
        self._arguments = arguments
        time.pending += 1
        self._timer = loop.call_at(at_seconds, self._happen)

    def cancel(self) -> None:
        if self._action is not None:
            self._timer.cancel()
            self._action = None
            self._time.pending -= 1

    def _happen(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            self._time.pending -= 1
            self._time.last_ms = self._time.now_ms
            action(*self._arguments)
