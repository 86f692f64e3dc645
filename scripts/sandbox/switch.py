"""One real Asterisk on loopback, private to the test, demo or benchmark that started it.

    async with Switch(agents=("1001", "1002"), agent_contact_port=port) as switch:
        environment = {**os.environ, **switch.environment()}  # of an engine that is to work with it

It is a child process in the foreground: it dies with the process that started it, even when that one is killed, and its
folder goes when it stops (IVR_KEEP=1 keeps it, and its log, for reading). Start it from the main thread: Linux ties a
child's parent-death signal to the thread that created it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import ports
from sandbox.configuration import (
    INCLUDED,
    OURS,
    PROJECT_CONF,
    PROJECT_PROMPTS,
    SANDBOX_ACCOUNT,
    Agent,
    Site,
    quiet_music,
    render,
)
from sandbox.documentation import concise
from sandbox.tools import AsteriskTools, asterisk_tools

BOOT_SECONDS = (15.0, 30.0)
"""For a start, and for a second one in its place: 1 s on an idle machine; two busy cores and a cold disk are the rest.
One Asterisk of some thousand stood still while it loaded its modules, and heard no signal but KILL."""
STOP_SECONDS = 5.0
ACTION_SECONDS = 10.0
POLL_SECONDS = 0.02
LOG_LINES_SHOWN = 15


class SwitchFailed(Exception):  # noqa: N818 - the name says the situation
    """Asterisk did not start, or went away. The text has the last lines of its log and what to do."""


class Switch:
    """A sandbox Asterisk: `await start()`, use it, `await stop()`; or `async with`.

    agents: names of agent endpoints. agent_contact_port: where one SIPp answers for all of them, except for those in
    unregistered, which must register themselves, as a softphone does. outside_fallback: agents who are no members of
    the fallback queue. office_port: where the SIPp of the officials listens. sip_port: one that a person chose.
    rtp_ports: two for each leg with media. additions: text appended to single files of the site ("pjsip.conf", …).
    """

    def __init__(
        self,
        *,
        agents: Sequence[str] = (),
        agent_contact_port: int | None = None,
        office_port: int | None = None,
        unregistered: Sequence[str] = (),
        passwords: Mapping[str, str] | None = None,
        outside_fallback: Sequence[str] = (),
        host: str = ports.LOOPBACK,
        sip_port: int | None = None,
        rtp_ports: int = 600,
        additions: Mapping[str, str] | None = None,
        tools: AsteriskTools | None = None,
    ) -> None:
        self.host = host
        self.office_port = office_port
        self.agent_contact_port = agent_contact_port
        self.agents: tuple[Agent, ...] = tuple(
            Agent(
                name=name,
                password=(passwords or {}).get(name, f"secret-{name}"),
                contact_port=None if name in unregistered else agent_contact_port,
                in_fallback=name not in outside_fallback,
            )
            for name in agents
        )
        self._wanted_sip_port = sip_port
        self._rtp_ports = rtp_ports
        self._additions = dict(additions or {})
        self._tools = tools
        self._site: Site | None = None
        self._reserved: list[ports.Ports] = []
        self._process: subprocess.Popen[bytes] | None = None

    # what others connect to

    @property
    def site(self) -> Site:
        if self._site is None:
            raise SwitchFailed("the sandbox Asterisk is not running: await start() first")
        return self._site

    @property
    def sip_port(self) -> int:
        return self.site.sip_port

    @property
    def ami_port(self) -> int:
        return self.site.ami_port

    @property
    def agi_port(self) -> int:
        """Where the dialplan looks for the engine's FastAGI server; reserved, nothing listens there yet."""
        return self.site.agi_port

    @property
    def directory(self) -> Path:
        return self.site.folder

    @property
    def log(self) -> Path:
        return self.site.folder / "log" / "asterisk.log"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise SwitchFailed("the sandbox Asterisk is not running: await start() first")
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """The settings of an engine that is to work with this Asterisk."""
        site = self.site
        return {
            "IVR_AMI_HOST": "127.0.0.1",
            "IVR_AMI_PORT": str(site.ami_port),
            "IVR_AMI_EVENTS_USER": "ivr-events",
            "IVR_AMI_EVENTS_SECRET": site.events_secret,
            "IVR_AMI_CONTROL_USER": "ivr-control",
            "IVR_AMI_CONTROL_SECRET": site.control_secret,
            "IVR_AGI_HOST": "127.0.0.1",
            "IVR_AGI_PORT": str(site.agi_port),
            "IVR_RECORDINGS": str(site.folder / "spool/ivr"),
            "IVR_TALKS": str(site.folder / "spool/ivr-talks"),
        }

    # life

    async def start(self) -> None:
        """Renders, starts and waits for FullyBooted. Raises SwitchFailed, PortsTaken or the tools' own error;
        whatever it raises, no process, port or folder is left.
        """
        if self._process is not None:
            raise SwitchFailed("this sandbox Asterisk is running already")
        try:
            tools = self._tools or asterisk_tools()
            site = self._prepare(tools)
            self._process = _launch(site, tools)
            if not await self._booted(BOOT_SECONDS[0]):
                self.kill()
                self._process = _launch(site, tools)
                await self._must_boot()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends Asterisk (asked, then killed), removes the folder, gives the ports back. Doing it twice is harmless."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        for reserved in self._reserved:
            reserved.release()
        self._reserved.clear()
        site, self._site = self._site, None
        if site is not None and os.environ.get("IVR_KEEP") != "1":
            shutil.rmtree(site.folder, ignore_errors=True)

    def kill(self) -> None:
        """kill -9: every call is gone. `start_again` follows, or `stop`."""
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    async def start_again(self) -> None:
        """A new Asterisk in the place of one that was killed: same folder, same ports. Raises as `start`."""
        self._process = _launch(self.site, self._tools or asterisk_tools())
        await self._must_boot()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # looking

    async def cli(self, command: str) -> str:
        """What the console prints for a command (`core show channels`); by AMI, so no process is started for a look."""
        answer = await asyncio.wait_for(self._ask(command), ACTION_SECONDS)
        return "\n".join(line.removeprefix("Output: ") for line in answer if line.startswith("Output: "))

    async def channels(self) -> int:
        """How many channels are up: 0 before and after each test ("back to base")."""
        for line in (await self.cli("core show channels count")).splitlines():
            count, _, rest = line.partition(" ")
            if rest.startswith("active channel"):
                return int(count)
        raise SwitchFailed("Asterisk did not say how many channels it has")

    async def channels_become(self, count: int, seconds: float = ACTION_SECONDS) -> bool:
        """Waits until exactly so many channels are up; whether that came true in time."""
        deadline = time.monotonic() + seconds
        while True:
            if await self.channels() == count:
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)  # no event of an account of ours tells it

    async def hang_up_all(self) -> None:
        """Ends every channel: what phones that fell silent left standing."""
        await self.cli("channel request hangup all")

    def cpu_seconds(self) -> float:
        """CPU time, user and system, that Asterisk has used since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident memory now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def warnings(self) -> list[str]:
        """WARNING and ERROR lines of the log: a sandbox that loads our files and carries calls has none."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if "] WARNING[" in line or "] ERROR[" in line]

    # how

    def _prepare(self, tools: AsteriskTools) -> Site:
        def one() -> int:
            self._reserved.append(ports.reserve())
            return self._reserved[-1].first

        if self._wanted_sip_port is not None:
            self._reserved.append(ports.require(self._wanted_sip_port))
        sip_port = self._wanted_sip_port or one()
        rtp = ports.reserve(self._rtp_ports, align=2, udp_only=True)
        self._reserved.append(rtp)
        site = Site(
            folder=Path(tempfile.mkdtemp(prefix="ivr-switch-")),
            modules_folder=tools.modules,
            host=self.host,
            sip_port=sip_port,
            ami_port=one(),
            agi_port=one(),
            rtp_first=rtp.first,
            rtp_last=rtp.last,
            events_secret=secrets.token_hex(16),
            control_secret=secrets.token_hex(16),
            sandbox_secret=secrets.token_hex(16),
            agents=self.agents,
            office_port=self.office_port,
            additions=self._additions,
        )
        self._site = site
        _write(site, tools)
        return site

    async def _must_boot(self) -> None:
        seconds = BOOT_SECONDS[-1]
        if not await self._booted(seconds):
            raise SwitchFailed(f"Asterisk was not up after {seconds:g} s{self._last_lines()}")

    async def _booted(self, seconds: float) -> bool:
        """Whether it is up in time. Raises SwitchFailed where it has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise SwitchFailed(f"Asterisk ended while starting{self._last_lines()}")
            try:
                await asyncio.wait_for(self._ask(None), max(0.1, deadline - time.monotonic()))
            except (OSError, EOFError):
                await asyncio.sleep(POLL_SECONDS)  # nothing listens yet: there is no event to wait for
            except TimeoutError:
                break
            else:
                return True
        return False

    async def _ask(self, command: str | None) -> list[str]:
        """One short AMI session of the sandbox's account: the lines of the answer to a console command, or, with
        None, of the event FullyBooted, for which it waits.
        """
        site = self.site
        reader, writer = await asyncio.open_connection("127.0.0.1", site.ami_port, limit=1 << 20)
        try:
            login = f"Action: Login\r\nUsername: {SANDBOX_ACCOUNT}\r\nSecret: {site.sandbox_secret}\r\n\r\n"
            await reader.readline()  # the banner
            writer.write(login.encode())
            if (await _message(reader))[0] != "Response: Success":
                raise SwitchFailed(f"port {site.ami_port} is not this sandbox's Asterisk{self._last_lines()}")
            if command is None:
                while "Event: FullyBooted" not in (message := await _message(reader)):
                    pass
                return message
            writer.write(f"Action: Command\r\nActionID: look\r\nCommand: {command}\r\n\r\n".encode())
            while "ActionID: look" not in (message := await _message(reader)):
                pass
            return message
        finally:
            writer.close()

    def _last_lines(self) -> str:
        texts = [
            path.read_text(errors="replace") for path in (self.log.with_name("console.log"), self.log) if path.exists()
        ]
        lines = "".join(texts).splitlines()[-LOG_LINES_SHOWN:]
        return ":\n  " + "\n  ".join(lines) if lines else f"; its log is empty ({self.log.parent})"


async def _message(reader: asyncio.StreamReader) -> list[str]:
    lines = []
    while line := (await reader.readuntil(b"\r\n")).decode(errors="replace").rstrip("\r\n"):
        lines.append(line)
    return lines


def _launch(site: Site, tools: AsteriskTools) -> subprocess.Popen[bytes]:
    folder = site.folder
    # setpriv: the kernel kills Asterisk when this process dies, however it dies
    command = ["setpriv", "--pdeathsig", "KILL", *tools.asterisk, "-C", str(folder / "etc/asterisk.conf"), "-f"]
    with (folder / "log" / "console.log").open("wb") as console:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder), "LANG": "C.UTF-8"},
            start_new_session=True,
        )


def _write(site: Site, tools: AsteriskTools) -> None:
    folder = site.folder
    for name in ("etc", "var", "spool/ivr", "run", "log", "data/sounds", "data/moh"):
        (folder / name).mkdir(parents=True)
    for name, text in render(site).items():
        (folder / "etc" / name).write_text(text)
    (folder / "etc" / OURS).mkdir()
    for name in INCLUDED:
        source = PROJECT_CONF / f"{name}.conf"
        if source.exists():
            shutil.copy(source, folder / "etc" / OURS)
    for name in ("rest-api", "static-http"):
        (folder / "data" / name).symlink_to(tools.share / name)
    (folder / "data/documentation").symlink_to(concise(tools.share / "documentation"))
    (folder / "data/sounds/en").symlink_to(tools.sounds)
    (folder / "data/sounds/ivr").symlink_to(PROJECT_PROMPTS)
    if tools.moh is not None:
        (folder / "data/moh").rmdir()
        (folder / "data/moh").symlink_to(tools.moh)
    else:
        quiet_music(folder / "data/moh/quiet.wav")
