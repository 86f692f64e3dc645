"""Asterisk's Bridge takes the *beginning* of a name or uniqueid; no citizen is taken for another one all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox import ports
from sandbox.engine import EngineProcess
from sandbox.phones import Call, Conduct, keys
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, fresh_caller, late_offer, running_engine
from tests.real.conftest import AGENTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAITING = 25
"""The citizens of channels 0 to 24: the uniqueids of 10 to 19 begin with that of 1, the last with that of 2."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch() -> AsyncIterator[Switch]:
    """Fresh, so that its channels count from 0, and without members in the fallback queue."""
    reserved = ports.reserve(udp_only=True)
    async with Switch(agents=AGENTS, agent_contact_port=reserved.first, outside_fallback=AGENTS) as running:
        yield running
    reserved.release()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("prefixes"), ring_seconds=8) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


async def test_given_a_citizen_who_left_when_its_agent_answers_then_no_other_citizen_is_connected(
    centre: Centre,
) -> None:
    callers = [fresh_caller() for _ in range(WAITING)]
    citizens = centre.citizens(*[Call(CITY_NUMBER, caller) for caller in callers], rate=100)
    async with centre.agents() as agents:
        await early_in_a_second()
        async with citizens:
            for caller in callers:
                await centre.contact(caller, phase="queued")
            names = [contact["id"] for contact in await centre.engine.contacts()]
            left = next(
                name for name in names if [other for other in names if other != name and other.startswith(name)]
            )
            await end(centre.switch, left)
            await citizens.ended(1)
            await late_offer(centre.switch, "1001", left)
            await agents.ended("1001")
            met = agents.seen()[0]
            assert met.answered_at is not None
            assert met.ended_by == "them"
            assert met.talk_seconds is not None
            assert met.talk_seconds < 1.0
            assert len([call for call in citizens.seen() if call.ended_at]) == 1
            await citizens.hang_up()
            rows = [await centre.ended(caller) for caller in callers]
    assert {(row["disposition"], row["answered_at_ms"]) for row in rows} == {("abandoned", None)}


async def early_in_a_second() -> None:
    """Uniqueids are SECOND.COUNT: alike are only those of one second."""
    await asyncio.sleep(1.02 - time.time() % 1)


async def end(switch: Switch, uniqueid: str) -> None:
    """That one citizen hangs up."""
    for channel in (await switch.cli("core show channels concise")).splitlines():
        if channel.endswith(f"!{uniqueid}"):
            await switch.cli(f"channel request hangup {channel.split('!')[0]}")


async def test_given_as_many_agents_as_waiting_citizens_when_all_talk_then_each_hears_the_agent_who_saw_its_number(
    centre: Centre,
) -> None:
    callers = [fresh_caller() for _ in AGENTS]
    # each agent presses the end of its own name
    conducts = {name: Conduct(ring_ms=50, keys=keys(name[-2:], gap_ms=300)) for name in AGENTS}
    citizens = centre.citizens(*[Call(CITY_NUMBER, caller) for caller in callers], rate=50, hears_keys=True)
    async with centre.agents(conducts) as agents, citizens:
        for caller in callers:
            await centre.contact(caller, phase="queued")
        await centre.engine.available(*AGENTS)
        await citizens.until(lambda _: all(len(call.heard) == 2 for call in citizens.seen()), seconds=15)
        await citizens.hang_up()
        await agents.ended(count=len(AGENTS))
        for caller in callers:
            await centre.ended(caller)

    agent_of = {call.other: call.name for call in agents.seen()}
    assert sorted(agent_of) == callers
    assert sorted(agent_of.values()) == sorted(AGENTS)
    booked = {caller: (await centre.ended(caller))["agent"] for caller in callers}
    assert booked == agent_of
    assert {call.name: call.heard for call in citizens.seen()} == {c: name[-2:] for c, name in agent_of.items()}
