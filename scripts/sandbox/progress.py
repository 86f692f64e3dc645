"""Progress of slow set-up work, on standard error.

A fetch of a hundred megabytes that says nothing looks like a hang. On a terminal the current step is rewritten in
place; in a log, where each rewrite would be a new line, a step is printed at most every few seconds.
"""

import sys
import time
from collections.abc import Callable
from typing import TextIO

STEP_EVERY_SECONDS = 5.0
"""How often a log shows a step of a stage: often enough to see life in a CI log, seldom enough to keep it readable."""

TERMINAL_COLUMNS = 110
"""A step is cut to this width, so that rewriting it in place never wraps; nothing but a cosmetic limit."""


class Progress:
    """Says what is being done: `stage` for each part of the work, `step` for the movement within it."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._step_shown_at = float("-inf")
        self._step_open = False

    def stage(self, text: str) -> None:
        """Begin a part of the work; always shown."""
        self._close_step()
        self._write(f"· {text}\n")
        self._step_shown_at = self._clock()

    def step(self, text: str) -> None:
        """Show movement within the stage; thinned out where it cannot be rewritten in place."""
        if self._terminal:
            self._write(f"\r\x1b[K  {text[:TERMINAL_COLUMNS]}")
            self._step_open = True
        elif self._clock() - self._step_shown_at >= STEP_EVERY_SECONDS:
            self._write(f"  {text}\n")
            self._step_shown_at = self._clock()

    def done(self, text: str) -> None:
        """End the stage with what came of it; always shown."""
        self._close_step()
        self._write(f"✓ {text}\n")

    def _close_step(self) -> None:
        if self._step_open:
            self._write("\r\x1b[K")
            self._step_open = False

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
