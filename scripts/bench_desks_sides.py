"""One side of the small comparison: an Asterisk of its own, its phones, and app_queue or the engine that decides.

What happened is told by the phones alone: SIPp's account of when a citizen dialled and when a counsellor answered.
"""

from __future__ import annotations

import asyncio
import csv
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_desks_plan import PROMISE_SECONDS, RING_SECONDS, SKILLS, WRAP_UP_SECONDS, Contact, Plan, number
from sandbox import ports
from sandbox.configuration import PROJECT_PROMPTS
from sandbox.engine import EngineProcess
from sandbox.phones import Call, Callees, Callers, Conduct, Seen
from sandbox.switch import Switch

RTP_PORTS = 600
"""Two for each leg: everybody in a talk, and more than as many who wait."""

LOOK_SECONDS = 0.2
"""How late a citizen may hang up whose patience is over."""

DRAIN_SECONDS = 180.0
"""After the last arrival: who is not answered by then has hung up long ago."""

DIALS_A_SECOND = 1_000.0
"""SIPp opens its calls at once; each then waits for its own moment."""

LEAD_MS = 1_500
REQUESTS_AT_ONCE = 40
"""The API takes 50 a second from one token."""

_CALLER = re.compile(r"^\s*IVR_CALLER=(\d+)", re.MULTILINE)
_FROM = "CUT(CUT(CUT(PJSIP_HEADER(read,From),<,2),@,1),:,2)"


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of one contact: `wait_ms` from the first ring at the switch to a counsellor's answer, or to the end of
    patience where there was none.
    """

    contact: Contact
    answered: bool
    wait_ms: float


@dataclass(frozen=True, slots=True)
class SideTold:
    """What one side did. `busy`: share of the counsellors' time in rings, talks and the work after them."""

    name: str
    fates: tuple[Fate, ...]
    busy: float
    warnings: tuple[str, ...]


class Side:
    """One of the two, ready for calls."""

    def __init__(self, name: str, switch: Switch, agents_port: int) -> None:
        self.name = name
        self._switch = switch
        self._agents_port = agents_port
        self._channels: dict[str, str] = {}

    async def run(self, plan: Plan) -> SideTold:
        """All calls of the plan, from the first to the last one's answer or end."""
        conducts = {f"/{one.caller}": Conduct(ring_ms=one.pick_up_ms, talk_ms=one.talk_ms) for one in plan.contacts}
        calls = [Call(number(one.skill), one.caller, after_ms=LEAD_MS + one.arrives_ms) for one in plan.contacts]
        began = time.monotonic()
        async with (
            Callees(conducts, port=self._agents_port) as agents,
            Callers(self._switch, calls, rate=DIALS_A_SECOND) as citizens,
        ):
            fates: dict[str, Fate] = {}
            while len(fates) < len(plan.contacts) and time.monotonic() < began + plan.seconds + DRAIN_SECONDS:
                await self._look(plan, agents.seen(), citizens.seen(), fates)
                await asyncio.sleep(LOOK_SECONDS)
            until = time.time()
            talks = agents.seen()
            await self._switch.hang_up_all()
        first = min(call.began_at for call in citizens.seen())
        ordered = tuple(fates[one.caller] for one in plan.contacts if one.caller in fates)
        return SideTold(self.name, ordered, _busy(plan, talks, first, until), tuple(self._switch.warnings()))

    async def _look(self, plan: Plan, talks: list[Seen], dialled: list[Seen], fates: dict[str, Fate]) -> None:
        answered = {call.other: call.answered_at for call in talks if call.answered_at is not None}
        began = {call.name: call.began_at for call in dialled}
        now = time.time()
        for one in plan.contacts:
            since = began.get(one.caller)
            if since is None or one.caller in fates:
                continue
            if (answer := answered.get(one.caller)) is not None:
                fates[one.caller] = Fate(one, answered=True, wait_ms=(answer - since) * 1_000)
            elif now > since + one.patience_ms / 1_000:
                await self._hang_up(one.caller)
                fates[one.caller] = Fate(one, answered=False, wait_ms=one.patience_ms)

    async def _hang_up(self, caller: str) -> None:
        """The citizen's leg goes: a phone cannot see whether music or a counsellor is on the line."""
        lines = (await self._switch.cli("core show channels concise")).splitlines()
        names = [line.partition("!")[0] for line in lines if line.startswith("PJSIP/city-trunk-")]
        for name in names:
            if name not in self._channels:
                found = _CALLER.search(await self._switch.cli(f"core show channel {name}"))
                self._channels[name] = found[1] if found else ""
            if self._channels[name] == caller:
                await self._switch.cli(f"channel request hangup {name}")
                return


def _busy(plan: Plan, talks: list[Seen], since: float, until: float) -> float:
    until = min(until, since + plan.seconds)
    spent = 0.0
    for call in talks:
        end = call.ended_at if call.ended_at is not None else until
        after = WRAP_UP_SECONDS if call.answered_at is not None else 0.0
        spent += max(0.0, min(until, end + after) - max(since, call.began_at))
    return spent / ((until - since) * len(plan.counsellors))


@asynccontextmanager
async def app_queue(plan: Plan) -> AsyncIterator[Side]:
    """app_queue, as well tuned as it can be: a queue for each desk, its members by skill."""
    async with _switch(plan, {"queues.conf": _queues(plan), "extensions.conf": _extensions()}) as (switch, port):
        yield Side("app_queue", switch, port)


@asynccontextmanager
async def engine(plan: Plan, folder: Path) -> AsyncIterator[Side]:
    """The engine with a queue for each desk, and nothing else said about routing."""
    async with _switch(plan, {}) as (switch, port):
        staff = folder / "agents.csv"
        with staff.open("w", newline="") as file:
            rows = [[who, who, "", " ".join(f"{skill}:3" for skill in can)] for who, can in plan.counsellors.items()]
            csv.writer(file).writerows([["agent", "name", "contractor", "skills"], *rows])
        async with EngineProcess(switch, folder / "engine", agents_csv=staff, dialplans=_documents(folder)) as running:
            for position, who in enumerate(plan.counsellors, start=1):
                await running.put(f"/v1/agents/{who}/presence", {"presence": "available"})
                if position % REQUESTS_AT_ONCE == 0:
                    await asyncio.sleep(1.0)
            yield Side("engine", switch, port)


@asynccontextmanager
async def _switch(plan: Plan, additions: Mapping[str, str]) -> AsyncIterator[tuple[Switch, int]]:
    reserved = ports.reserve(udp_only=True)
    try:
        names = list(plan.counsellors)
        async with Switch(
            agents=names,
            agent_contact_port=reserved.first,
            outside_fallback=names,
            rtp_ports=RTP_PORTS,
            additions=additions,
        ) as switch:
            yield switch, reserved.first
    finally:
        reserved.release()


def _queues(plan: Plan) -> str:
    """leastrecent over all queues of a member (shared_lastcall), all who wait served at once (autofill), and the rarer
    a skill, the heavier its queue: app_queue then keeps who has it for those who need it.
    """
    texts = []
    for weight, skill in enumerate(SKILLS, start=1):
        members = "\n".join(f"member => PJSIP/{who}" for who, can in plan.counsellors.items() if skill in can)
        texts.append(f"""[desk-{skill}]
strategy = leastrecent
weight = {weight}
musicclass = ivr-wait
autofill = yes
ringinuse = no
timeout = {RING_SECONDS}
retry = 1
wrapuptime = {WRAP_UP_SECONDS}
joinempty = yes
leavewhenempty = no
announce-frequency = 0
{members}
""")
    return "[general](+)\nshared_lastcall = yes\n\n" + "\n".join(texts)


def _extensions() -> str:
    lines = ["[ivr-entry](+)"]
    for skill in SKILLS:
        lines += [
            f"exten => {number(skill)},1,Answer(,i)",
            f" same => n,Set(IVR_CALLER=${{FILTER(0-9,${{{_FROM}}})}})",
            " same => n,Set(CALLERID(num)=${IVR_CALLER})",
            f" same => n,Queue(desk-{skill})",
            " same => n,Hangup()",
        ]
    return "\n".join([*lines, ""])


def _documents(folder: Path) -> Path:
    home = folder / "dialplans"
    (home / "flows").mkdir(parents=True)
    (home / "prompts").symlink_to(PROJECT_PROMPTS)
    (home / "prompts.yaml").write_text(
        'prompts:\n  not_in_service: {milliseconds: 6000, text: {ko: "없는 번호입니다."}}\n'
    )
    numbers = "".join(f'  "{number(skill)}": {{agency: city, flow: to_{skill}}}\n' for skill in SKILLS)
    (home / "numbers.yaml").write_text(f"agencies:\n  city: {{kind: city, ko: 서울시, en: Seoul}}\nnumbers:\n{numbers}")
    times = f"promise_seconds: {PROMISE_SECONDS}, ring_seconds: {RING_SECONDS}, wrap_up_seconds: {WRAP_UP_SECONDS}"
    queues = "".join(f"  {skill}: {{title: {skill}, requirement: {skill}, {times}}}\n" for skill in SKILLS)
    skills = ", ".join(SKILLS)
    (home / "queues.yaml").write_text(f"skills: [{skills}]\nperson: general\nqueues:\n{queues}")
    for skill in SKILLS:
        text = f"title: a counsellor of {skill} at once\nlanguage: ko\nsteps:\n  counsellor: {{queue: {skill}}}\n"
        (home / "flows" / f"to_{skill}.yaml").write_text(text)
    return home
