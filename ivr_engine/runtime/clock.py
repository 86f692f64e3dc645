"""The live clock: wall time at the start, monotonic from there on, so that no jump of the wall clock reaches a wait."""

import time


class SystemClock:
    """Milliseconds since the Unix epoch; never goes back while the process lives."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        return (self._offset_ns + time.monotonic_ns()) // 1_000_000
