"""Engines without the second and a half of CPU that loading the program takes: forked from one that has loaded it.

    with Nursery() as nursery:
        async with EngineProcess(switch, folder, nursery=nursery) as engine: ...

A forked engine is a process of its own with its own environment, log and session, and dies by `kill -9` like any other;
only its way into life is shorter. It dies with the nursery, and the nursery with the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

POLL_SECONDS = 0.01  # nobody but the nursery could wait for its children


class Process(Protocol):
    """What `subprocess.Popen` and `Forked` have in common."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A child of the nursery. Its exit status is nobody's to know: -1 stands for any."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return -1
        return -1 if state == "Z" else None  # a dead child of a dead nursery may have nobody who buries it

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0.0)
            time.sleep(POLL_SECONDS)
        return status

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return  # it was faster


class Nursery:
    """One process with the engine's modules loaded; `fork` for each engine. Closed, it takes its children along."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """`ivr-engine ARGUMENTS` with exactly this environment, its output appended to `log`. Raises OSError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.poll() is not None:
            raise OSError("the nursery of engines has ended")
        wanted = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise OSError("the nursery of engines has ended")
        return Forked(int(answer))

    def close(self) -> None:
        """Doing it twice is harmless."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# PR_SET_PDEATHSIG is 1. Children are never waited for, so the kernel is told to forget them.
_PROGRAM = """
import ctypes, gc, json, os, signal, sys
import ivr_engine.__main__, ivr_engine.command_line.run, ivr_engine.storage.migrations

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
gc.freeze()
libc = ctypes.CDLL(None)
for line in sys.stdin:
    wanted = json.loads(line)
    if os.fork():
        continue
    libc.prctl(1, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    print(os.getpid(), flush=True)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["ivr-engine", *wanted["arguments"]]
    try:
        ivr_engine.__main__.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    else:
        status = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
"""
