"""The whole centre for a test: a real Asterisk, a real engine process, phones that do as they are told.

What a test asserts comes from three sides that know nothing of each other: what the phones saw (SIPp's facts), what
the engine says now (API, metrics), and what it wrote down (its database).
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sandbox.engine import EngineFailed, EngineProcess
from sandbox.phones import Call, Callees, Callers, Conduct
from sandbox.switch import Switch
from tests.real.conftest import AGENTS, UNREGISTERED
from tests.real.raw_manager import RawManager

ROOT = Path(__file__).parents[2]
CITY_NUMBER = "0200001001"
"""An old number of the city hall, in `quick_dialplans` without its greeting: into the general queue at once."""
AT_ONCE = """title: no word, a person
steps:
  counsellor:
    queue: general
"""
PATIENCE_SECONDS = 15.0
"""How long a test waits for what should take a moment: two cores may be busy with other tests."""

POLL_SECONDS = 0.06
T = TypeVar("T")

_callers = itertools.count(1_001)


def fresh_caller() -> str:
    """A citizen whom no other test knows, also by the last four digits, which are all that a list shows."""
    return f"021234{next(_callers)}"


def quick_dialplans(folder: Path, *, ring_seconds: int = 3, wrap_up_seconds: int = 0, greets: bool = False) -> Path:
    """The 120's own documents with other times, so that a test need not wait for a ring time or an after-work."""
    copy = folder / "dialplans"
    shutil.copytree(ROOT / "dialplans", copy, ignore=shutil.ignore_patterns("prompts"))
    (copy / "prompts").symlink_to(ROOT / "dialplans" / "prompts")
    _change(copy / "queues.yaml", r"wrap_up_seconds: \d+", f"wrap_up_seconds: {wrap_up_seconds}")
    _change(copy / "queues.yaml", r"ring_seconds: \d+", f"ring_seconds: {ring_seconds}")
    if not greets:
        (copy / "flows" / "at_once.yaml").write_text(AT_ONCE)
        _change(copy / "numbers.yaml", rf'("{CITY_NUMBER}": .*)flow: direct', r"\1flow: at_once")
    return copy


def _change(document: Path, pattern: str, replacement: str) -> None:
    text, times = re.subn(pattern, replacement, document.read_text())
    assert times, f"{document.name} has no {pattern}"
    document.write_text(text)


@asynccontextmanager
async def running_engine(
    switch: Switch,
    folder: Path,
    *,
    ring_seconds: int = 3,
    wrap_up_seconds: int = 0,
    greets: bool = False,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[EngineProcess]:
    """An engine with a dozen counsellors who can do everything, on short times."""
    dialplans = quick_dialplans(folder, ring_seconds=ring_seconds, wrap_up_seconds=wrap_up_seconds, greets=greets)
    async with EngineProcess(
        switch, folder, agents=(*AGENTS, *UNREGISTERED), dialplans=dialplans, environment=environment
    ) as engine:
        yield engine


class Centre:
    """One test's view of switch and engine."""

    def __init__(self, switch: Switch, engine: EngineProcess) -> None:
        self.switch = switch
        self.engine = engine

    async def until(
        self, is_true: Callable[[], Awaitable[T | None]], what: str, seconds: float = PATIENCE_SECONDS
    ) -> T:
        """Asks until the answer is true, and returns it; slowly enough for the API, which counts requests a second.

        Raises EngineFailed with what was awaited.
        """
        deadline = time.monotonic() + seconds
        while not (found := await is_true()):
            if time.monotonic() > deadline:
                raise EngineFailed(f"not within {seconds:g} s: {what}")
            await asyncio.sleep(POLL_SECONDS)
        assert found is not None
        return found

    # phones

    def agents(
        self,
        conducts: Mapping[str, Conduct] | None = None,
        *,
        otherwise: Conduct | None = None,
        hears_keys: bool = False,
    ) -> Callees:
        """The counsellors' phones, every one of them; who is not named answers after 50 ms and stays."""
        return Callees(
            conducts or {},
            port=self.switch.agent_contact_port,
            otherwise=otherwise or Conduct(ring_ms=50),
            hears_keys=hears_keys,
        )

    def officials(self, conduct: Conduct | None = None) -> Callees:
        """The officials behind the private exchange, all of one conduct."""
        return Callees({}, port=self.switch.office_port, otherwise=conduct or Conduct(ring_ms=50))

    def citizens(self, *calls: Call, rate: float = 20.0, hears_keys: bool = False) -> Callers:
        return Callers(self.switch, calls, rate=rate, hears_keys=hears_keys)

    # what the engine says

    async def contact(self, caller: str, **expected: Any) -> dict[str, Any]:
        """The open contact of this citizen, as soon as it has all of these values."""

        async def found() -> dict[str, Any] | None:
            for contact in await self.engine.contacts():
                if contact["caller"][-4:] == caller[-4:] and all(contact[key] == expected[key] for key in expected):
                    return contact
            return None

        what = f"contact of {caller} with {expected}"
        return await self.until(found, what)

    async def agent(self, name: str, **expected: Any) -> dict[str, Any]:
        """The agent, as soon as it has all of these values."""

        async def found() -> dict[str, Any] | None:
            agent = await self.engine.get(f"/v1/agents/{name}")
            return dict(agent) if all(agent[key] == expected[key] for key in expected) else None

        return await self.until(found, f"agent {name} with {expected}")

    async def ask(self, name: str, verb: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """An agent's request by API: hold, resume, consult …"""
        return dict(await self.engine.post(f"/v1/agents/{name}/{verb}", body))

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name with these labels."""
        total = 0.0
        for line in (await self.engine.metrics()).splitlines():
            key, _, value = line.rpartition(" ")
            if key.split("{")[0] == name and all(f'{label}="{word}"' in key for label, word in labels.items()):
                total += float(value)
        return total

    # what it wrote down

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of its database, when everything decided so far is in it."""
        await self.engine.journal_settles()
        database = sqlite3.connect(f"file:{self.engine.folder}/ivr-engine.sqlite3?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in database.execute(query, values)]
        finally:
            database.close()

    async def ended(self, caller: str) -> dict[str, Any]:
        """The one row of this citizen's one contact, when the contact has ended."""

        async def over() -> dict[str, Any] | None:
            rows = await self.rows("select * from contacts where caller = ?", caller)
            assert len(rows) <= 1, f"one call, {len(rows)} contacts"
            return rows[0] if rows and rows[0]["disposition"] else None

        return await self.until(over, f"the contact of {caller} has ended")

    async def offers(self, caller: str) -> list[tuple[str, str, str]]:
        """(agent, result, cause) of every offer of this citizen's contact, in order."""
        rows = await self.rows(
            "select o.agent, o.result, o.cause from offers o join contacts c on c.id = o.contact"
            " where c.caller = ? order by o.made_at_ms, o.id",
            caller,
        )
        return [(row["agent"], row["result"], row["cause"]) for row in rows]

    async def transfers(self, caller: str) -> list[tuple[str, str, str]]:
        """(entry, result, cause) of every consult of this citizen's contact, in order."""
        rows = await self.rows(
            "select t.entry, t.result, t.cause from transfers t join contacts c on c.id = t.contact"
            " where c.caller = ? and t.entry != '' order by t.began_at_ms, t.id",
            caller,
        )
        return [(row["entry"], row["result"], row["cause"]) for row in rows]

    # before and after

    async def at_rest(self) -> None:
        """Nobody on the line, nobody busy, all books agree; then everybody goes home."""
        names = [agent["id"] for agent in (await self.engine.get("/v1/agents"))["agents"]]

        async def quiet() -> bool:
            agents = (await self.engine.get("/v1/agents"))["agents"]
            for agent in agents:
                if agent["state"] == "wrap_up":
                    await self.engine.post(f"/v1/agents/{agent['id']}/wrap-up/finish")
            return not await self.engine.contacts() and all(agent["state"] == "idle" for agent in agents)

        await self.until(quiet, "everybody is idle and no contact is open")
        for name in names:
            await self.engine.put(f"/v1/agents/{name}/presence", {"presence": "logged_out"})
        assert await self.metric("ivr_bugs_total") == 0
        booked = await self.rows(
            "select disposition, count(*) as contacts from contacts"
            " where ended_at_ms is not null and epoch = (select max(epoch) from boots) group by disposition"
        )
        for row in booked:
            counted = await self.metric("ivr_contacts_total", disposition=row["disposition"])
            assert counted == row["contacts"], f"{row['disposition']}: metrics {counted}, rows {row['contacts']}"
        assert await self.metric("ivr_contacts_total") == sum(row["contacts"] for row in booked)


async def bridges(switch: Switch) -> list[list[str]]:
    """Who stands together with whom: the endpoints of each bridge with two legs or more, sorted."""
    found = []
    for line in (await switch.cli("bridge show all")).splitlines():
        name = line.split()[0] if line.split() else ""
        if re.fullmatch(r"[0-9a-f-]{36}", name) and "holding_bridge" not in line:
            shown = await switch.cli(f"bridge show {name}")
            found.append(sorted(re.findall(r"Channel: PJSIP/(.+)-[0-9a-f]{8}", shown)))
    return found


async def hang_up(switch: Switch, endpoint: str) -> None:
    """The one leg of this endpoint ends, as if its phone hung up: a phone that was called cannot be told to."""
    listed = await switch.cli("core show channels concise")
    channels = re.findall(rf"^(PJSIP/{endpoint}-[0-9a-f]{{8}})!", listed, re.MULTILINE)
    assert len(channels) == 1, listed
    await switch.cli(f"channel request hangup {channels[0]}")


async def late_offer(switch: Switch, agent: str, contact: str) -> None:
    """What the engine sends for an offer, at a moment at which it no longer would, had it not been slow or frozen."""
    control = await RawManager.login(switch, "control")
    variables = {"IVR_OFFER": f"late-{contact}", "IVR_CONTACT": contact, "IVR_AGENT": agent, "IVR_STAGE": "offer"}
    await control.ask(
        "Originate",
        *[("Variable", f"{name}={value}") for name, value in variables.items()],
        Channel=f"PJSIP/{agent}",
        ChannelId=f"late-{contact}",
        Context="ivr-offer",
        Exten="s",
        Priority="1",
        Timeout="5000",
        Async="true",
    )
    control.close()
