"""What scripts/bench_calls does to one Asterisk, and what it takes down: the same calls through app_queue and through
the engine, and the least that such a call can cost.

app_queue works alone, with no engine and no AMI session beside it; the engine works with app_queue loaded and idle. The
sides take turns, forth and back, so that a machine that slows down or warms up favours none. `desks` is app_queue with
as many queues as 120 has desks, which are there only while it is their turn. `dial` stands before and after them: the
greeting and a Dial to the next agent, and nobody decides anything. No router, in whatever language, can have these
calls for less.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from bench_calls_desks import DESK_CALLED, queue, queues
from bench_calls_findings import Findings, Load, Memory, Plan, Rings, Side
from bench_calls_phones import Agents, Citizens, ended, free_to_ring_ms
from sandbox import ports
from sandbox.configuration import PROJECT_CONF
from sandbox.engine import EngineProcess
from sandbox.switch import Switch

ROOT = Path(__file__).resolve().parents[1]
MANY = tuple(str(number) for number in range(1001, 1201))
"""The 200 agents of the load; every one a member of the queue `many`."""
FEW = tuple(str(number) for number in range(2001, 2031))
"""The 30 agents who are never enough, members of the queue `few`."""

QUEUE_ADDRESS, ENGINE_ADDRESS = "127.0.0.2", "127.0.0.1"
ENGINE_NUMBER = "0200001001"
"""An old number of the city hall: the greeting, then a person of the general queue."""
MANY_NUMBER, FEW_NUMBER, DIAL_NUMBER, DESK_NUMBER = "120200", "120030", "120000", "120037"

NUMBERS: dict[Side, str] = {
    "dial": DIAL_NUMBER,
    "app_queue": MANY_NUMBER,
    "desks": DESK_NUMBER,
    "engine": ENGINE_NUMBER,
}
ASKED_LESS: tuple[Side, ...] = ("dial", "desks")
"""Only what a call costs: the first has no place to wait, the second waits as app_queue does."""

RING_MS, TALK_MS = 100, (500, 1_500)
"""Of every agent's phone; talks are drawn evenly from the range: were all alike, they would keep step with the second
in which app_queue looks for agents. At 80 calls/s some 90 of the 200 agents are busy: nobody waits."""
BUSY_TALK_MS = (3_200, 4_400)
"""At 50 calls/s 195 of the 200 agents are busy with that: like a full hour of the city, citizens wait for somebody."""
OPEN_CALLS = 110
"""While agents are few: some 45 citizens hear the greeting, 30 talk, the rest wait."""
WAITING_RATE = 40
SETTLE_SECONDS = 3.0
"""After the last arrival, before the memory is read: the journal is written, the last citizen waits."""
DRAIN_SECONDS = 30.0
"""How long after the last call began a call may take that the machine was too slow for; then it has failed."""
RTP_PORTS = 2_300
"""Two for each leg: 1,000 waiting citizens and room for the rest."""
REQUESTS_AT_ONCE = 40
"""The API takes 50 a second from one token."""
PORT_ATTEMPTS, PORT_PAUSE_SECONDS = 15, 2.0
"""Other sandboxes of the machine hold runs of ports; half a minute sees most of them end."""
DESKS_FILE = "bench_desks.conf"
"""Beside queues.conf while it is the turn of `desks`."""
RELOAD_SECONDS = 2.0
"""app_queue reads its members, and every state of theirs is told once more."""
TICKS = os.sysconf("SC_CLK_TCK")
TURN_SECONDS = 0.1


class _Processors:
    """CPU seconds of the whole machine that somebody used, and of the processes of this run."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.busy = self._busy()

    @staticmethod
    def _busy() -> float:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return (sum(fields) - fields[3] - fields[4]) / TICKS  # without idle and iowait; stolen time counts as others'

    def others(self, ours_seconds: float) -> float:
        """Share of all processors that went to others since this was made."""
        whole = (time.monotonic() - self.began) * (os.cpu_count() or 1)
        return max(0.0, (self._busy() - self.busy - ours_seconds) / whole)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process since its start; 0 when it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _own_cpu_seconds() -> float:
    """Of this process and of its children that have ended, the citizens among them."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


class Bench:
    """One sandbox Asterisk, its phones, and at times an engine. Use as `async with Bench.open(folder, say)`."""

    def __init__(self, switch: Switch, engine: EngineProcess, agents_port: int, say: Callable[[str], None]) -> None:
        self.switch = switch
        self.engine = engine
        self.agents_port = agents_port
        self.say = say
        self.engine_runs = False

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, say: Callable[[str], None]) -> AsyncIterator[Self]:
        """A switch that has both sides, and an engine that is set up and not started."""
        reserved = ports.reserve(udp_only=True)
        try:
            switch = Switch(
                agents=(*MANY, *FEW),
                agent_contact_port=reserved.first,
                # the queues below stand in for the fallback queue: an agent is a member of one queue, on both sides
                outside_fallback=(*MANY, *FEW),
                rtp_ports=RTP_PORTS,
                additions=_site(),
            )
            await _start(switch)
            async with _stopping(switch):
                engine = EngineProcess(
                    switch, folder / "engine", agents=(*MANY, *FEW), dialplans=_dialplans_without_wrap_up(folder)
                )
                await engine.set_up()
                bench = cls(switch, engine, reserved.first, say)
                try:
                    yield bench
                finally:
                    await engine.stop()
        finally:
            reserved.release()

    async def run(self, plan: Plan) -> Findings:
        """All of it, in turns."""
        loads: list[Load] = []
        rings: list[Rings] = []
        memory = Memory(0, 0, 0, 0)
        idle = 0
        order: list[Side] = (
            ["dial", "app_queue", "desks", "engine", "engine", "desks", "app_queue", "dial"]
            if plan.rounds > 1
            else ["dial", "app_queue", "desks", "engine"]
        )
        for turn, side in enumerate(order):
            await self._turn_to(side)
            if side == "engine":
                idle = idle or self.engine.memory_bytes()
            await self._log_in(MANY, side)
            await self._load(side, 20, 40)  # the first calls of a process are dearer than any later
            for rate in plan.rates if side != "desks" else (plan.desks_rate,):
                loads.append(await self._load(side, rate, int(rate * plan.load_seconds)))
            if side not in ASKED_LESS:
                loads.append(await self._load(side, plan.busy_rate, int(plan.busy_rate * plan.busy_seconds), busy=True))
            if side not in (*ASKED_LESS, *(found.side for found in rings)):
                await self._log_out(MANY, side)
                await self._log_in(FEW, side)
                rings.append(await self._rings(side, plan.few_calls))
                await self._log_out(FEW, side)
            if side == "engine" and (turn + 1 == len(order) or order[turn + 1] != "engine"):
                await self._log_out(MANY, side)
                memory = await self._memory(idle, plan.waiting)
        version = (await self.switch.cli("core show version")).split(" built by")[0]
        return Findings(tuple(loads), tuple(rings), memory, version, tuple(self.switch.warnings()))

    # one measurement each

    async def _load(self, side: Side, rate: int, calls: int, *, busy: bool = False) -> Load:
        self.say(f"{side}: {calls} calls at {rate} a second{', nearly every agent busy' if busy else ''}")
        number = NUMBERS[side]
        async with (
            Agents(self.agents_port, ring_ms=RING_MS, talk_ms=BUSY_TALK_MS if busy else TALK_MS) as agents,
            self._citizens(side, number, calls=calls, rate=rate, at_once=calls) as citizens,
        ):
            machine = _Processors()
            asterisk, engine, events = self.switch.cpu_seconds(), self._engine_cpu(), await self._ami_events()
            own = _own_cpu_seconds() + cpu_seconds(agents.pid)
            went = await self._over(citizens, agents, calls, calls / rate + DRAIN_SECONDS)
            asterisk, engine = self.switch.cpu_seconds() - asterisk, self._engine_cpu() - engine
            events = await self._ami_events() - events
            own = _own_cpu_seconds() + cpu_seconds(agents.pid) - own
            others = machine.others(asterisk + engine + own)
        return Load(side, rate, busy, calls, calls - went, asterisk, engine, events, others)

    async def _rings(self, side: Side, calls: int) -> Rings:
        self.say(f"{side}: {len(FEW)} agents, always someone waiting, {calls} calls")
        number = FEW_NUMBER if side == "app_queue" else ENGINE_NUMBER
        async with (
            Agents(self.agents_port, ring_ms=RING_MS, talk_ms=TALK_MS) as agents,
            self._citizens(side, number, calls=calls, rate=30, at_once=OPEN_CALLS) as citizens,
        ):
            asterisk, engine = self.switch.cpu_seconds(), self._engine_cpu()
            went = await self._over(citizens, agents, calls, calls / 10 + DRAIN_SECONDS)
            asterisk, engine = self.switch.cpu_seconds() - asterisk, self._engine_cpu() - engine
            last_dialled = max(fact.at for fact in citizens.facts() if fact.kind == "dialled")
            gaps = free_to_ring_ms(agents.facts(), until=last_dialled)
        return Rings(side, tuple(gaps), calls, calls - went, asterisk, engine)

    async def _memory(self, idle_bytes: int, waiting: int) -> Memory:
        self.say(f"engine: {waiting} citizens wait and no agent is there")
        await self.engine.journal_settles()
        after_load = self.engine.memory_bytes()
        async with self._citizens("engine", ENGINE_NUMBER, calls=waiting, rate=WAITING_RATE, at_once=waiting):

            async def all_wait() -> bool:
                return await self._metric('ivr_open_contacts{phase="queued"}') >= waiting

            await self.engine.until(all_wait, f"{waiting} citizens wait", waiting / WAITING_RATE + DRAIN_SECONDS)
            await asyncio.sleep(SETTLE_SECONDS)
            bytes_now = self.engine.memory_bytes()
            await self.switch.hang_up_all()
            await self.switch.channels_become(0, DRAIN_SECONDS)
        return Memory(idle_bytes, after_load, bytes_now, waiting)

    # how

    def _citizens(self, side: Side, number: str, *, calls: int, rate: int, at_once: int) -> Citizens:
        address = ENGINE_ADDRESS if side == "engine" else QUEUE_ADDRESS
        return Citizens(self.switch.sip_port, number, calls=calls, rate=rate, at_once=at_once, address=address)

    async def _over(self, citizens: Citizens, agents: Agents, calls: int, seconds: float) -> int:
        """Waits until every call is over and every channel has gone; how many went all the way on both ends."""
        deadline = time.monotonic() + seconds
        while citizens.running() and ended(citizens.facts()) < calls and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(TURN_SECONDS)
        if not await self.switch.channels_become(0, 5.0):
            await self.switch.hang_up_all()
            await self.switch.channels_become(0)
        return min(ended(citizens.facts()), ended(agents.facts()))

    async def _turn_to(self, side: Side) -> None:
        if side == "engine" and not self.engine_runs:
            await self.engine.start()
        elif side != "engine" and self.engine_runs:
            await self.engine.stop()
        self.engine_runs = side == "engine"
        await self._have_desks(side == "desks")

    async def _have_desks(self, wanted: bool) -> None:
        """app_queue with the queues of all desks, or without."""
        file = self.switch.directory / "etc" / DESKS_FILE
        if wanted == file.exists():
            return
        if wanted:
            file.write_text(queues(MANY))
        else:
            file.unlink()
        await self.switch.cli("queue reload all")
        await asyncio.sleep(RELOAD_SECONDS)  # it says when it has begun, not when it is done

    async def _log_in(self, agents: Sequence[str], side: Side) -> None:
        await self._choose(agents, side, "available")

    async def _log_out(self, agents: Sequence[str], side: Side) -> None:
        await self._choose(agents, side, "logged_out")

    async def _choose(self, agents: Sequence[str], side: Side, presence: str) -> None:
        """The engine's agents choose; those of the other sides are always there."""
        if side != "engine":
            return
        for first in range(0, len(agents), REQUESTS_AT_ONCE):
            for agent in agents[first : first + REQUESTS_AT_ONCE]:
                await self.engine.put(f"/v1/agents/{agent}/presence", {"presence": presence})
            await asyncio.sleep(1.0)  # the API answers one token so many times a second

    def _engine_cpu(self) -> float:
        return self.engine.cpu_seconds() if self.engine_runs else 0.0

    async def _ami_events(self) -> float:
        return await self._metric("ivr_ami_events_total") if self.engine_runs else 0.0

    async def _metric(self, sample: str) -> float:
        for line in (await self.engine.metrics()).splitlines():
            if line.startswith(sample + " "):
                return float(line.rpartition(" ")[2])
        return 0.0


async def _start(switch: Switch) -> None:
    for _ in range(PORT_ATTEMPTS):
        try:
            return await switch.start()
        except ports.PortsTaken:
            await asyncio.sleep(PORT_PAUSE_SECONDS)
    return await switch.start()


@asynccontextmanager
async def _stopping(switch: Switch) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await switch.stop()


def _site() -> dict[str, str]:
    """What this site has beside the sandbox's own: app_queue's side, and AMI events that nobody wants left out."""
    quiet = (PROJECT_CONF / "quiet.conf").read_text()
    return {**_queue_side(), "manager.conf": f"[general](+)\n{quiet}"}


def _queue_side() -> dict[str, str]:
    """app_queue's contexts, queues and trunk: as its users set it up, with the same greeting as the engine's flow."""

    def context(name: str, number: str) -> str:
        return f"""exten => {number},1,Answer(,i)
 same => n,Playback(ivr/ko/greeting)
 same => n,Queue({name})
 same => n,Hangup()
"""

    # each agent in turn: 200 of them, and a talk is over long before it is the same one's turn again
    dial = f"""exten => {DIAL_NUMBER},1,Answer(,i)
 same => n,Playback(ivr/ko/greeting)
 same => n,Set(GLOBAL(TURN)=$[(0${{TURN}} + 1) % {len(MANY)}])
 same => n,Dial(PJSIP/$[{MANY[0]} + ${{TURN}}])
 same => n,Hangup()
"""
    return {
        "pjsip.conf": f"[bench](ivr-trunk)\ncontext = bench\n\n[bench]\ntype = identify\nendpoint = bench\n"
        f"match = {QUEUE_ADDRESS}\n",
        "extensions.conf": "[bench]\n"
        + context("many", MANY_NUMBER)
        + context("few", FEW_NUMBER)
        + context(f"desk-{DESK_CALLED}", DESK_NUMBER)
        + dial,
        "queues.conf": queue("many", dict.fromkeys(MANY, 0))
        + queue("few", dict.fromkeys(FEW, 0))
        + f"\n#tryinclude {DESKS_FILE}\n",
    }


def _dialplans_without_wrap_up(folder: Path) -> Path:
    copy = folder / "dialplans"
    shutil.copytree(ROOT / "dialplans", copy, ignore=shutil.ignore_patterns("prompts"))
    (copy / "prompts").symlink_to(ROOT / "dialplans" / "prompts")
    queues = (copy / "queues.yaml").read_text()
    (copy / "queues.yaml").write_text(re.sub(r"wrap_up_seconds: \d+", "wrap_up_seconds: 0", queues))
    return copy
