"""One real engine on one sandbox Asterisk: the installed `ivr-engine` command in a process of its own.

    async with EngineProcess(switch, folder, agents=("1001", "1002")) as engine:
        await engine.available("1001")
        view = await engine.get("/v1/contacts")

It is set up as a site would do it (database upgrade, counsellors and officials from CSV, settings from the environment)
and can be killed like one: `kill()` is `kill -9`, `start()` afterwards is a restart on the same database.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from sandbox import ports
from sandbox.nursery import Nursery, Process
from sandbox.switch import Switch

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0  # a second on an idle machine; two busy cores are the rest
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
SKILLS = "general:3 transport:3 water:3 tax:3 vehicles:3 welfare:3 district:3 english:3 chinese:3 japanese:3"


class EngineFailed(Exception):  # noqa: N818 - the name says the situation
    """The engine did not start, or a wait for it was in vain. The text has the last lines of its log."""


class EngineProcess:
    """`ivr-engine run` as a child. `agents` are imported with every skill unless `agents_csv` says otherwise."""

    def __init__(
        self,
        switch: Switch,
        folder: Path,
        *,
        agents: Sequence[str] = (),
        agents_csv: Path | None = None,
        directory_csv: Path = ROOT / "examples" / "directory.csv",
        dialplans: Path = ROOT / "dialplans",
        database_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        api_port: int | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        self.folder = folder
        self._agents = tuple(agents)
        self._agents_csv = agents_csv
        self._directory_csv = directory_csv
        self._reserved = ports.reserve() if api_port is None else None
        self.api_port = api_port if self._reserved is None else self._reserved.first
        self.token = secrets.token_hex(16)
        self.database_url = database_url or f"sqlite+aiosqlite:///{folder}/ivr-engine.sqlite3"
        self.log = folder / "engine.log"
        self.environment = {
            **os.environ,
            **switch.environment(),
            "IVR_DATABASE_URL": self.database_url,
            "IVR_SPOOL": str(folder / "spool"),
            "IVR_DIALPLANS": str(dialplans),
            "IVR_API_PORT": str(self.api_port),
            "IVR_API_TOKENS": f'{{"sandbox": "{self.token}"}}',
            **(environment or {}),
        }
        self._nursery = nursery
        self._process: Process | None = None
        self._http: aiohttp.ClientSession | None = None

    # life

    async def set_up(self) -> None:
        """Database and CSVs, once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        agents_csv = self._agents_csv
        if agents_csv is None:
            agents_csv = self.folder / "agents.csv"
            rows = [f"{agent},{agent},,{SKILLS}" for agent in self._agents]
            agents_csv.write_text("\n".join(["agent,name,contractor,skills", *rows, ""]))
        await asyncio.to_thread(self.command, "db", "upgrade")
        await asyncio.to_thread(self.command, "agent", "import", str(agents_csv))
        await asyncio.to_thread(self.command, "directory", "import", str(self._directory_csv))

    def command(self, *arguments: str) -> str:
        """Runs `ivr-engine …` to its end and returns what it printed. Raises EngineFailed with its error line."""
        done = subprocess.run(
            [*_COMMAND, *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise EngineFailed(f"ivr-engine {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    async def start(self) -> None:
        """Starts (again) and waits until it is ready."""
        self._process = self._launch()
        if self._http is None:
            self._http = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"})
        await self.until(self._ready, "the engine is ready", START_SECONDS)

    async def stop(self) -> None:
        """SIGTERM, and what it takes."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._http is not None:
            await self._http.close()
            self._http = None
        if self._reserved is not None:
            self._reserved.release()
            self._reserved = None

    def kill(self) -> None:
        """kill -9."""
        if self._process is None:
            raise EngineFailed("there is no engine to kill")
        self._process.kill()
        self._process.wait()
        self._process = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EngineFailed("the engine is not running")
        return self._process.pid

    async def __aenter__(self) -> Self:
        try:
            await self.set_up()
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # what it says

    async def get(self, path: str) -> Any:
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        return await self._ask("POST", path, body)

    async def put(self, path: str, body: Mapping[str, object]) -> Any:
        return await self._ask("PUT", path, body)

    async def metrics(self) -> str:
        assert self._http is not None
        async with self._http.get(f"http://127.0.0.1:{self.api_port}/metrics") as answer:
            return await answer.text()

    @asynccontextmanager
    async def feed(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Its notices from now on, each in the moment in which it is decided; the API's answers come later."""
        assert self._http is not None
        async with self._http.ws_connect(f"http://127.0.0.1:{self.api_port}/v1/feed", max_msg_size=0) as feed:
            await feed.receive()  # the picture with which it begins

            async def notices() -> AsyncIterator[dict[str, Any]]:
                async for message in feed:
                    frame = json.loads(message.data)
                    if frame["type"] == "notice":
                        yield frame["notice"]

            yield notices()

    async def available(self, *agents: str) -> None:
        """These agents log in."""
        for agent in agents:
            await self.put(f"/v1/agents/{agent}/presence", {"presence": "available"})

    async def contacts(self) -> list[dict[str, Any]]:
        return list((await self.get("/v1/contacts"))["contacts"])

    async def until(self, is_true: Any, what: str, seconds: float = 10.0) -> Any:
        """Polls an async predicate until it gives something true, and returns that. Raises EngineFailed."""
        deadline = time.monotonic() + seconds
        while True:
            found = await is_true()
            if found:
                return found
            status = self._process.poll() if self._process is not None else None
            if status is not None:
                raise EngineFailed(f"the engine ended with {status} before {what}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise EngineFailed(f"not within {seconds:g} s: {what}\n{self._tail()}")
            await asyncio.sleep(POLL_SECONDS)

    async def journal_settles(self) -> None:
        """Waits until every decision is in the database."""

        async def settled() -> bool:
            return "ivr_journal_lag_seconds 0.0\n" in await self.metrics()

        await self.until(settled, "the journal is written")

    # what it costs

    def cpu_seconds(self) -> float:
        """CPU time, user and system, since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident memory now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    # how

    def _launch(self) -> Process:
        if self._nursery is not None:
            return self._nursery.fork(["run"], self.environment, self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*_DIE_WITH_PARENT, *_COMMAND, "run"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for whoever started it, who then stops it in turn
            )

    async def _ready(self) -> bool:
        assert self._http is not None
        try:
            async with self._http.get(f"http://127.0.0.1:{self.api_port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
        assert self._http is not None
        url = f"http://127.0.0.1:{self.api_port}{path}"
        async with self._http.request(method, url, json=body) as answer:
            told = await answer.json(content_type=None) if answer.status != 204 else None
            if answer.status >= 400:
                raise EngineRefused(answer.status, told)
            return told

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""


class EngineRefused(Exception):  # noqa: N818 - as EngineFailed
    """The API said no. `status` and `problem` are its answer."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
_COMMAND = (sys.executable, "-m", "ivr_engine")
