"""The live clock: wall time at the start, monotonic from there on, so that no jump of the wall clock reaches a wait."""

import time
from dataclasses import dataclass
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ClockBase:
    """What one life's times are counted from: two lives on the same boot of a machine can compare theirs exactly."""

    machine: str
    """The boot of the machine; empty where it has no name for it."""
    offset_ms: int
    """Wall clock less the machine's own, at the start: what differs between two lives was done to the wall clock."""


class SystemClock:
    """Milliseconds since the Unix epoch; never goes back while the process lives."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def base(self) -> ClockBase:
        """For the next life, which may find the wall clock set otherwise."""
        machine = BOOT.read_text().strip() if BOOT.exists() else ""
        return ClockBase(machine, self._offset_ns // 1_000_000)

    def now_ms(self) -> int:
        return (self._offset_ns + time.monotonic_ns()) // 1_000_000
