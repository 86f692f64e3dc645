"""One SIPp process: started, watched and ended by its pid, and what its scenario saw read as facts.

Scenarios are the files in `sipp/`; `{{word}}` in them stands for a value, or for the text of `sipp/word.part`. A
scenario logs one line for each thing that happens to a call (SIPp flushes each one), so the facts can be awaited
while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sandbox import ports
from sandbox.tools import asterisk_tools

SCENARIOS = Path(__file__).with_name("sipp")
START_SECONDS = 10.0  # SIPp listens after some 30 ms; the rest is a busy machine
STOP_SECONDS = 3.0
ABORT_GAP_SECONDS = 0.05  # two signals of a kind that come too close are one
POLL_SECONDS = 0.005  # how stale a fact read from the log may be; SIPp's own timers are no finer
TIMER_SLACK_MS = 2
"""How late the kernel may end a pause of SIPp. It asks for the time a thousand times a second, one or two hundredths of
a core for each process that has nothing to do; a packet wakes it at once all the same. No more than this: a story has a
dozen pauses one after the other, and is told in scaled time."""
PART_DEPTH = 3  # a part may use a part, but not itself
ERROR_LINES_SHOWN = 8

T = TypeVar("T")


class SippFailed(Exception):  # noqa: N818 - the name says the situation
    """SIPp did not start, ended badly, or did not show in time what was awaited. The text has its last errors."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a scenario's log. `at` is seconds since the epoch, to the microsecond."""

    kind: str  # dialled, rung, answered, heard, renegotiated, spoke, ended
    call_id: str
    name: str  # the phone's own number
    detail: str
    at: float


def scenario(name: str, **values: str) -> str:
    """The text of `sipp/NAME.xml` with every `{{word}}` filled in. Raises KeyError for a word that nothing explains."""
    text = (SCENARIOS / f"{name}.xml").read_text()
    for _ in range(PART_DEPTH):
        text = re.sub(r"\{\{(\w+)\}\}", lambda match: _word(match[1], values), text)
    return text


def part(name: str, **values: str) -> str:
    """The text of `sipp/NAME.part`, for steps of which a scenario has a number that only the run knows."""
    text = (SCENARIOS / f"{name}.part").read_text().rstrip("\n")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values.get(match[1], match[0]), text)


def _word(word: str, values: Mapping[str, str]) -> str:
    if word in values:
        return values[word]
    path = SCENARIOS / f"{word}.part"
    if not path.exists():
        raise KeyError(f"a scenario uses {{{{{word}}}}}, which is neither a value nor a part")
    return path.read_text().rstrip("\n")


class Sipp:
    """A SIPp that runs one scenario: `await start()`, then `facts()`, `until()`, `wait()`, and always `await stop()`.

    files: further files of its folder (calls, callees), by name. port: taken for it when None. slack_ms: how late its
    own pauses may end; 0 where a benchmark wants them as exact as SIPp can.
    """

    def __init__(
        self,
        scenario: str,
        *,
        arguments: Sequence[str] = (),
        files: Mapping[str, str | bytes] | None = None,
        port: int | None = None,
        program: Sequence[str] | None = None,
        slack_ms: int = TIMER_SLACK_MS,
    ) -> None:
        self.text = scenario
        self._slack_ms = slack_ms
        self._arguments = tuple(arguments)
        self.files = dict(files or {})
        self._program = tuple(program) if program is not None else None
        self._reserved = ports.reserve(udp_only=True) if port is None else None
        self.port = self._reserved.first if port is None and self._reserved is not None else (port or 0)
        self.folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: list[Fact] = []
        self._read_to = 0

    @property
    def pid(self) -> int:
        if self._process is None:
            raise SippFailed("SIPp is not running: await start() first")
        return self._process.pid

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Starts SIPp and returns when it listens. Raises SippFailed with its own words when it does not."""
        program = self._program or asterisk_tools().sipp
        self.folder = folder = Path(tempfile.mkdtemp(prefix="ivr-sipp-"))
        (folder / "scenario.xml").write_text(self.text)
        for name, content in self.files.items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        self._process = self._launch(program, folder)
        try:
            await self._listening(self._process)
        except BaseException:
            await self.stop()
            raise

    def facts(self) -> list[Fact]:
        """Everything seen so far, in the order in which it happened."""
        if self.folder is not None and (path := self.folder / "facts.log").exists():
            with path.open("rb") as file:
                file.seek(self._read_to)
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._read_to += len(whole)
            self._facts += [fact for line in whole.decode(errors="replace").splitlines() if (fact := _fact(line))]
        return list(self._facts)

    async def until(self, look: Callable[[list[Fact]], T | None], seconds: float = 10.0) -> T:
        """Waits until `look` finds in the facts what it wants, and returns that. Raises SippFailed after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            found = look(self.facts())
            if found:
                return found
            if time.monotonic() > deadline:
                shown = "\n  ".join(f"{fact.kind} {fact.name} {fact.detail}" for fact in self._facts[-12:])
                raise SippFailed(f"not seen within {seconds} s; seen:\n  {shown}{self.errors()}")
            await asyncio.sleep(POLL_SECONDS)

    async def wait(self, seconds: float) -> int:
        """Waits until all calls are over; the exit status (0: every call went as its scenario says)."""
        if self._process is None:
            raise SippFailed("SIPp is not running: await start() first")
        deadline = time.monotonic() + seconds
        while (status := self._process.poll()) is None:
            if time.monotonic() > deadline:
                raise SippFailed(f"SIPp's calls were not over after {seconds} s{self.errors()}")
            await asyncio.sleep(POLL_SECONDS)
        return status

    async def abort(self) -> None:
        """Lets SIPp end its calls by BYE or CANCEL, and end. Only a caller can: of a call that was called, it does
        not know the way back.
        """
        if self._process is None or self._process.poll() is not None:
            return
        # the first asks to make no new calls, the second to end those that are open; SIPp looks once a second at most
        for _ in range(2):
            self._process.send_signal(signal.SIGUSR1)
            await asyncio.sleep(ABORT_GAP_SECONDS)
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, STOP_SECONDS)

    def add(self, fact: Fact) -> None:
        """A fact that no scenario could log: what the test itself made happen."""
        self._facts.append(fact)

    async def stop(self) -> None:
        """Ends the process (calls in progress just fall silent), removes the folder. Doing it twice is harmless."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        self.facts()
        if self._reserved is not None:
            self._reserved.release()
        if self.folder is not None and os.environ.get("IVR_KEEP") != "1":
            shutil.rmtree(self.folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def errors(self) -> str:
        """The last lines that SIPp had to say, indented, for the text of an error."""
        if self.folder is None:
            return ""
        texts = [path.read_text(errors="replace") for path in self.folder.glob("err*.log")]
        lines = [line for line in "".join(texts).splitlines() if line.strip()][-ERROR_LINES_SHOWN:]
        return "\n  SIPp: ".join(["", *lines])

    async def _listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            status = process.poll()
            if status == 0:
                return  # a few calls that are over before we look
            if status is not None or time.monotonic() > deadline:
                raise SippFailed(f"SIPp does not listen on port {self.port}{self.errors()}")
            await asyncio.sleep(POLL_SECONDS)

    def _launch(self, program: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
        # setpriv: the kernel ends SIPp when this process dies. Screens go nowhere; errors and facts have files.
        command = [
            *("setpriv", "--pdeathsig", "KILL", *program, "-sf", "scenario.xml", "-nostdin"),
            *("-i", ports.LOOPBACK, "-p", str(self.port)),
            *("-trace_logs", "-log_file", "facts.log", "-trace_err", "-error_file", "err.log"),
            *self._arguments,
        ]
        with (folder / "err-start.log").open("wb") as errors, _timer_slack(self._slack_ms):
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TERM": "dumb", "LANG": "C.UTF-8"},
                start_new_session=True,
            )


@contextlib.contextmanager
def _timer_slack(slack_ms: int) -> Iterator[None]:
    """For this thread and what it starts meanwhile: a child keeps what it was born with (prctl(2), PR_SET_TIMERSLACK).

    A kernel that says no changes nothing but the CPU that SIPp takes.
    """
    pr_set_timerslack, own_default = 29, 0
    prctl = ctypes.CDLL(None).prctl
    if slack_ms:
        prctl(pr_set_timerslack, ctypes.c_ulong(slack_ms * 1_000_000))
    try:
        yield
    finally:
        prctl(pr_set_timerslack, ctypes.c_ulong(own_default))


def _fact(line: str) -> Fact | None:
    fields = line.split("|")
    if len(fields) != 5:
        return None
    kind, call_id, name, detail, when = fields
    return Fact(kind, call_id, name, detail, float(when.split("\t")[-1]))


def _listens(port: int) -> bool:
    wanted = f":{port:04X} "
    return any(
        wanted in line.split("rem_address")[0][:24] for line in Path("/proc/net/udp").read_text().splitlines()[1:]
    )
