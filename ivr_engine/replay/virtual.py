"""Virtual time: what happens next happens now, and half an hour passes in milliseconds.

Everything that is to happen stands in one heap of (when, rank, order put). Nothing sleeps and nothing is random, so two
runs are the same run. At one millisecond a fact goes before a deadline of the engine (rank), because that is the
engine's own rule: answered at 15.000 s is answered.
"""

import heapq
from collections.abc import Callable
from typing import Any, Protocol

ACTIONS = 20_000_000
"""A day of 42,097 contacts takes two million; a run with ten times as many goes in circles."""

FACT, DEADLINE = 0, 1
"""Ranks: who goes first at the same millisecond."""


class Timer(Protocol):
    """Something that is to happen."""

    def cancel(self) -> None:
        """It does not happen; harmless when it has."""


class Timeline(Protocol):
    """A clock that can be asked to call back: virtual here, an event loop's where real adapters take part."""

    @property
    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    def after(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> Timer:
        """Calls back once, in `delay_ms`; calls of the same moment in the order in which they were asked for."""


class Standstill(Exception):  # noqa: N818  (the situation is the name)
    """More happened than ever can: somebody calls back at once, again and again."""


class _Due:
    """One entry of the heap."""

    __slots__ = ("action", "arguments", "time", "waited_for")

    def __init__(self, time: "VirtualTime", action: Callable[..., None], arguments: tuple[Any, ...], waited_for: int):
        self.time = time
        self.action: Callable[..., None] | None = action
        self.arguments = arguments
        self.waited_for = waited_for

    def cancel(self) -> None:
        if self.action is not None:
            self.action = None
            self.arguments = ()
            self.time.pending -= self.waited_for


class VirtualTime:
    """Implements `Timeline`. `pending` counts what a run waits for: all but the heartbeats."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.pending = 0
        self.happened = 0
        self._heap: list[tuple[int, int, int, _Due]] = []
        self._order = 0

    def after(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> _Due:
        return self._put(self.now_ms + delay_ms, FACT, 1, action, arguments)

    def deadline(self, at_ms: int, action: Callable[..., None], *arguments: Any) -> _Due:
        """Happens after every fact of that millisecond."""
        return self._put(max(at_ms, self.now_ms), DEADLINE, 1, action, arguments)

    def beat(self, delay_ms: int, action: Callable[..., None], *arguments: Any) -> _Due:
        """As `after`, but a run does not go on for its sake: for what repeats for ever."""
        return self._put(self.now_ms + delay_ms, FACT, 0, action, arguments)

    def run(self, until_ms: int) -> bool:
        """Lets everything up to `until_ms` happen; True when nothing is left that a run waits for.

        Raises Standstill, and whatever happens to raise.
        """
        heap = self._heap
        while self.pending and heap:
            due = heap[0][3]
            if due.action is None:
                heapq.heappop(heap)
                continue
            if heap[0][0] > until_ms:
                self.now_ms = until_ms
                return False
            self.now_ms = heapq.heappop(heap)[0]
            action, arguments = due.action, due.arguments
            due.action = None
            self.pending -= due.waited_for
            self.happened += 1
            if self.happened > ACTIONS:
                raise Standstill(f"{ACTIONS} things have happened and it is only {self.now_ms}")
            action(*arguments)
        return True

    def _put(
        self, at_ms: int, rank: int, waited_for: int, action: Callable[..., None], arguments: tuple[Any, ...]
    ) -> _Due:
        due = _Due(self, action, arguments, waited_for)
        self.pending += waited_for
        self._order += 1
        heapq.heappush(self._heap, (at_ms, rank, self._order, due))
        return due
