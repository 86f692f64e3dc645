"""An engine that is stopped and goes on (SIGSTOP, SIGCONT): what comes for it meanwhile waits at its gate, in order.

The kernel keeps connections, bytes and timers of a stopped process; it finds all of them when it goes on, and is none
the wiser. Whatever the model does on the engine's side goes through here.
"""

from collections import deque
from collections.abc import Callable
from typing import Any


class Gate:
    """Open until it is shut."""

    def __init__(self) -> None:
        self.is_shut = False
        self._held: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        """As long as what a whole scenario can do in half an hour, and no longer."""

    def __call__(self, action: Callable[..., object], *arguments: Any) -> None:
        """Now, or when the engine goes on."""
        if self.is_shut:
            self._held.append((action, arguments))
        else:
            action(*arguments)

    def shut(self) -> None:
        self.is_shut = True

    def open(self) -> None:
        """Everything that waited happens now, in the order in which it came."""
        self.is_shut = False
        while self._held and not self.is_shut:
            action, arguments = self._held.popleft()
            action(*arguments)

    def forget(self) -> None:
        """The process is gone, and the kernel lets go of all that waited for it."""
        self.is_shut = False
        self._held.clear()
