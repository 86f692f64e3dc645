"""The whole centre, started in the order in which it needs itself and stopped in the other.

    async with Centre(plan, cast, folder) as centre:
        await centre.play()
        outside, inside = await centre.accounts()

All processes are children that die with this one, however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from demo_centre.account import Written, read_database, read_metrics
from demo_centre.compare import Inside, Outside
from demo_centre.desks import Desks
from demo_centre.feed import Feed
from demo_centre.plan import Cast, Citizen, Plan, conducts, officials_conducts
from sandbox import ports
from sandbox.engine import ROOT, SKILLS, EngineFailed, EngineProcess
from sandbox.phones import Call, Callees, Callers, Conduct, Seen
from sandbox.progress import Progress
from sandbox.switch import Switch

AGENTS_CSV = ROOT / "examples" / "agents.csv"
DIRECTORY_CSV = ROOT / "examples" / "directory.csv"
DIALPLANS = ROOT / "dialplans"

YOU = "9001"
"""The agent whom the viewer can be, with a softphone."""

PREFERRED_SIP_PORT = 15_060
"""Where a softphone finds us from one day to the next; another where it is in use. 5060 is the softphone's own."""

CALLS_EACH = 50
"""Citizens behind one SIPp: so many stand ready at once, a minute's worth; the next fifty get a SIPp of their own."""

STANDS_READY_SECONDS = 2.0
"""How long before its first citizen dials a SIPp is started."""

RTP_PORTS = 600
"""Two for each leg: at the highest rate 150 citizens wait (half of five a second, for a minute), and some sixty others
are in the flow or talk."""

OVER_SECONDS = 15.0
"""For the last contact to end and the journal to be written when the last citizen has hung up."""

LOOK_SECONDS = 0.25
"""How often we look whether the last SIPp has ended."""


class Centre:
    """Switch, engine, phones and desks for one plan."""

    def __init__(
        self, plan: Plan, cast: Cast, folder: Path, *, sip_port: int | None = None, progress: Progress | None = None
    ) -> None:
        self.plan = plan
        self.password = secrets.token_hex(4)
        self._cast = cast
        self._folder = folder
        self._sip_port = sip_port
        self._progress = progress or Progress()
        self._stack = AsyncExitStack()
        self._parties: list[Callers] = []
        self._cut: frozenset[str] = frozenset()
        self._began_at = 0.0
        self._following: asyncio.Task[None]
        self.switch: Switch
        self.engine: EngineProcess
        self.feed: Feed
        self.desks: Desks
        self._agents: Callees
        self._officials: Callees

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        enter, say = self._stack.enter_async_context, self._progress
        agent_port, office_port = ports.reserve(udp_only=True), ports.reserve(udp_only=True)
        self._stack.callback(agent_port.release)
        self._stack.callback(office_port.release)
        say.stage("Asterisk, with a configuration of its own on free ports of 127.0.0.1")
        self.switch = await enter(
            Switch(
                agents=(*self._cast.agents, YOU),
                agent_contact_port=agent_port.first,
                office_port=office_port.first,
                unregistered=(YOU,),
                outside_fallback=(YOU,),
                passwords={YOU: self.password},
                sip_port=self._sip_port or _preferred(PREFERRED_SIP_PORT),
                rtp_ports=RTP_PORTS,
            )
        )
        say.stage("the engine: database, counsellors, officials, service")
        self.engine = await enter(EngineProcess(self.switch, self._folder, agents_csv=self._agents_csv()))
        self.feed = Feed(f"http://127.0.0.1:{self.engine.api_port}", self.engine.token)
        self._stack.push_async_callback(self.feed.close)
        self.desks = Desks(self.engine, self.plan, own=frozenset({YOU}))
        self._stack.push_async_callback(self.desks.close)
        self._following = asyncio.create_task(self.feed.follow(self.desks.hear))
        self._stack.push_async_callback(_cancel, self._following)
        say.stage(f"{len(self._cast.agents)} counsellors and {len(self._cast.officials)} officials")
        self._agents = await enter(
            Callees(conducts(self.plan), port=agent_port.first, otherwise=Conduct(talk_ms=8_000))
        )
        self._officials = await enter(Callees(officials_conducts(self._cast, self.plan.seed), port=office_port.first))
        await self._log_in()
        say.done("120 is open")

    def _agents_csv(self) -> Path:
        """The example's counsellors, and the viewer, who can do everything."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "agents.csv"
        example = AGENTS_CSV.read_text(encoding="utf-8").rstrip("\n")
        path.write_text(f"{example}\n{YOU},you,,{SKILLS}\n", encoding="utf-8")
        return path

    async def _log_in(self) -> None:
        """Every counsellor dials *11; as they would in the morning, all at once."""
        phones = {agent.name: agent.password for agent in self.switch.agents if agent.name != YOU}
        calls = [Call("*11", name) for name in phones]
        await Callers(self.switch, calls, rate=50, passwords=phones).run()

        async def all_in() -> bool:
            agents = (await self.engine.get("/v1/agents"))["agents"]
            return len([agent for agent in agents if agent["presence"] == "available"]) >= len(phones)

        await self.engine.until(all_in, "every counsellor has logged in by *11")

    # the day

    async def play(self) -> None:
        """The plan from its beginning to its end: returns when the last citizen has hung up.

        Raises what the feed raises when the engine goes away.
        """
        self._began_at = time.monotonic()
        for pause in self.plan.breaks:
            self.desks.start(self.desks.leave(pause, pause.at_ms / 1_000))
        playing = asyncio.create_task(self._play())
        try:
            await asyncio.wait((playing, self._following), return_when=asyncio.FIRST_COMPLETED)
            if self._following.done():
                self._following.result()
            playing.result()
        finally:
            await _cancel(playing)

    async def _play(self) -> None:
        for party in itertools.count():
            citizens = self.plan.citizens[party * CALLS_EACH : (party + 1) * CALLS_EACH]
            if not citizens:
                break
            await self._until(citizens[0].dials_at_ms / 1_000 - STANDS_READY_SECONDS)
            await self._dial(citizens)
        while any(party.running() for party in self._parties):  # noqa: ASYNC110  (no event tells that a SIPp has ended)
            await asyncio.sleep(LOOK_SECONDS)

    async def _dial(self, citizens: tuple[Citizen, ...]) -> None:
        now_ms = round((time.monotonic() - self._began_at) * 1_000)
        calls = [
            Call(
                citizen.number,
                citizen.caller,
                stay_ms=citizen.stay_ms,
                keys=citizen.keys,
                after_ms=max(0, citizen.dials_at_ms - now_ms),
            )
            for citizen in citizens
        ]
        party = Callers(self.switch, calls, rate=200)
        self._parties.append(party)
        self._stack.push_async_callback(party.stop)
        await party.start()

    async def _until(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, self._began_at + seconds - time.monotonic()))

    async def send_home(self) -> None:
        """Every citizen who is still on the line hangs up, nobody else dials."""
        talking = [call.name for call in self.citizens() if call.ended_at is None]
        self._cut = frozenset(talking)
        await asyncio.gather(*(party.stop() for party in self._parties))

    # what was seen

    def citizens(self) -> list[Seen]:
        return [call for party in self._parties for call in party.seen()]

    async def accounts(self) -> tuple[Outside, Inside, Written]:
        """Both accounts, when everything that has happened is written down."""

        async def nobody_left() -> bool:
            return all(contact["caller"] == YOU for contact in await self.engine.contacts())

        with contextlib.suppress(EngineFailed):  # who is left is found, and named, by the comparison
            await self.engine.until(nobody_left, "every contact has ended", OVER_SECONDS)
        await self.engine.journal_settles()
        written = read_database(self._folder / "ivr-engine.sqlite3")
        metrics = read_metrics(await self.engine.metrics())
        board = {disposition.value: count for disposition, count in self.feed.totals.dispositions.items()}
        outside = Outside(self.citizens(), self._agents.seen(), self._officials.seen(), self._cut)
        inside = Inside(written.contacts, written.journal, metrics, board, frozenset({YOU}))
        return outside, inside, written


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _preferred(port: int) -> int | None:
    """The port if it is free, None for any."""
    try:
        ports.require(port).release()
    except ports.PortsTaken:
        return None
    return port
