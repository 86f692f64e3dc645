"""The circuit breaker of one source: who does not answer is left alone for a while. PURE: it is told the time.

    closed ──FAILURES in a row──▶ open ──open_ms later──▶ half open ──the probe was good──▶ closed
                                   ▲                          │
                                   └────── it failed ─────────┘

A source that is down would cost each citizen the whole deadline and this machine a connection; with the breaker it
costs one citizen in `open_ms` that much and everybody else nothing.
"""

from enum import StrEnum

FAILURES = 5
"""In a row. Fewer would open it for the noise of a good line; at 50 calls/s five failures are a tenth of a second."""

OPEN_MS = 10_000
"""How long nobody is sent: a restarted web server takes some seconds, and a citizen a minute from now may be served."""

PROBE_MS = 5_000
"""A probe that told nothing by then was lost with its citizen, who hung up; the next one may try."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Ask `admits` before each question and tell `told` after it. Any clock will do that never goes back."""

    __slots__ = ("_failures", "_limit", "_open_ms", "_since_ms", "opened", "state")

    def __init__(self, *, failures: int = FAILURES, open_ms: int = OPEN_MS) -> None:
        self._limit = failures
        self._open_ms = open_ms
        self._failures = 0
        self._since_ms = 0
        self.state = BreakerState.CLOSED
        self.opened = 0
        """How often it opened, for whoever counts."""

    def admits(self, now_ms: int) -> bool:
        """Whether a question may be asked now. True while half open makes the asker the probe."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN if now_ms - self._since_ms < self._open_ms:
                return False
            case BreakerState.HALF_OPEN if now_ms - self._since_ms < PROBE_MS:
                return False
        self.state = BreakerState.HALF_OPEN
        self._since_ms = now_ms
        return True

    def told(self, now_ms: int, *, good: bool) -> None:
        """How a question that was admitted ended. One that was asked before it opened can still close it."""
        if good:
            self.state = BreakerState.CLOSED
            self._failures = 0
            return
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN or self._failures >= self._limit:
            if self.state is not BreakerState.OPEN:
                self.opened += 1
                self._since_ms = now_ms
            self.state = BreakerState.OPEN
