"""Loopback ports that stay ours until the process that took them is gone.

Binding port 0 and closing it again is a race: between the close and the moment a child process binds, anybody may
take the number. Here a number is taken by locking one byte of a file that all sandboxes of this user share (byte 5060
is port 5060), so two sandboxes never choose the same one, and the kernel gives the lock back however the process
ends. Numbers lie below the range from which the kernel serves outgoing connections, so no client socket lands on them
either.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LOWEST = 12_000  # below live the ports that people configure by hand (5060, 5038, 8080)
HIGHEST = 32_000  # Linux serves outgoing connections from 32,768 on
LOOPBACK = "127.0.0.1"
SINGLES_BELOW = 16_000  # six for each sandbox, so hundreds of them
LARGE = 100  # an RTP range; single ports and pairs fit anywhere
ATTEMPTS = 400  # with a few dozen sandboxes at work nine in ten tries succeed; this many failures mean something else


class PortsTaken(Exception):  # noqa: N818 - the name says the situation
    """No free run of ports was found, or one that was asked for by number is in use."""


@dataclass(frozen=True, slots=True)
class Ports:
    """A run of neighbouring ports, taken for this process: `first` to `last`, both included."""

    first: int
    count: int
    # whose the numbers are: a second release must not free what was reserved again since
    owner: object = field(default_factory=object, compare=False, repr=False)

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def release(self) -> None:
        """Gives the numbers back; doing it twice is harmless."""
        _LEDGER.release(self)


def reserve(count: int = 1, *, align: int = 1, udp_only: bool = False) -> Ports:
    """Takes `count` neighbouring ports that nothing uses, the first divisible by `align` (RTP wants an even one).

    Raises PortsTaken when no such run is found.
    """
    return _LEDGER.reserve(count, align, udp_only)


def require(port: int) -> Ports:
    """Takes exactly this port (a person chose it). Raises PortsTaken when something listens there already."""
    ports = Ports(port, 1)
    if not _LEDGER.take(ports):
        raise PortsTaken(f"port {port} is in use by another sandbox; choose another, or stop that one")
    if not _free(ports, udp_only=False):
        ports.release()
        raise PortsTaken(f"port {port} is in use on {LOOPBACK}; choose another, or stop what uses it (ss -lntup)")
    return ports


class _Ledger:
    """The shared file. Record locks belong to a process, so what this process holds is also kept here."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[int, object] = {}
        self._file: int | None = None
        self._owner = 0

    def reserve(self, count: int, align: int, udp_only: bool) -> Ports:
        # Large runs stand in slots of their own size, and single ports elsewhere: at random places a dozen sandboxes
        # would leave no room for the next one's media.
        lowest, highest, step = LOWEST, SINGLES_BELOW, align
        if count >= LARGE:
            lowest, highest, step = SINGLES_BELOW, HIGHEST, -(-count // align) * align
        for _ in range(ATTEMPTS):
            slot = random.randrange((highest - count - lowest) // step + 1)
            ports = Ports(-(-lowest // align) * align + slot * step, count)
            if not self.take(ports):
                continue
            if _free(ports, udp_only):
                return ports
            self.release(ports)
        raise PortsTaken(f"no {count} neighbouring free ports between {LOWEST} and {HIGHEST}; stop other sandboxes")

    def take(self, ports: Ports) -> bool:
        numbers = set(_numbers(ports))
        with self._guard:
            if self._owner != os.getpid():  # a fork inherits the numbers, but not the locks
                self._held, self._file, self._owner = {}, None, os.getpid()
            if self._held.keys() & numbers:
                return False
            try:
                fcntl.lockf(self._descriptor(), fcntl.LOCK_EX | fcntl.LOCK_NB, ports.count, ports.first)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    return False
                raise
            self._held |= dict.fromkeys(numbers, ports.owner)
            return True

    def release(self, ports: Ports) -> None:
        with self._guard:
            if self._owner != os.getpid() or self._held.get(ports.first) is not ports.owner:
                return
            fcntl.lockf(self._descriptor(), fcntl.LOCK_UN, ports.count, ports.first)
            for number in _numbers(ports):
                del self._held[number]

    def _descriptor(self) -> int:
        # Never closed: closing any descriptor of this file would drop every lock of the process.
        if self._file is None:
            path = Path(tempfile.gettempdir()) / f"ivr-engine-ports-{os.getuid()}"
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return self._file


def _numbers(ports: Ports) -> Iterator[int]:
    return iter(range(ports.first, ports.first + ports.count))


def _free(ports: Ports, udp_only: bool) -> bool:
    kinds = (socket.SOCK_DGRAM,) if udp_only else (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    for number in _numbers(ports):
        for kind in kinds:
            with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
                try:
                    probe.bind((LOOPBACK, number))
                except OSError:
                    return False
    return True


_LEDGER = _Ledger()
