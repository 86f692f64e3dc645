"""Events that change places: of two that follow each other closely, the second one is told first.

A switch promises no order between its threads, and a busy one shows it. The same rule on every level: on the model's
clock, and on the wire to a real Asterisk.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

CLOSELY_MS = 50
"""The second one must follow so soon; who waited longer for it goes alone."""


class Timer(Protocol):
    """Something that is to happen."""

    def cancel(self) -> None:
        """It does not happen."""


T = TypeVar("T")


class Pairs(Generic[T]):
    """Hands on what it takes, in pairs turned round while `swaps`."""

    def __init__(self, after: Callable[[int, Callable[[], None]], Timer], hand_on: Callable[[T], None]) -> None:
        """`after` calls back in so many milliseconds."""
        self._after = after
        self._hand_on = hand_on
        self._kept: list[T] = []
        self._timer: Timer | None = None
        self.swaps = False

    def take(self, what: T) -> None:
        """The next one."""
        if not self.swaps and not self._kept:
            self._hand_on(what)
        elif self._kept:
            self._hand_on(what)
            self._release()
        else:
            self._kept.append(what)
            self._timer = self._after(CLOSELY_MS, self._release)

    def forget(self) -> None:
        """The link is down: what was kept is lost with it."""
        self._kept.clear()
        self._stop()

    def _release(self) -> None:
        self._stop()
        kept, self._kept = self._kept, []
        for what in kept:
            self._hand_on(what)

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
