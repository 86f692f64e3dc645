"""The link cut, the engine frozen, Asterisk killed: what was true before is true again, or has one honest end."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox import ports
from sandbox.engine import EngineProcess
from sandbox.phones import Call, Conduct
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, fresh_caller, running_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENTS = ("1001", "1002", "1003")
FROZEN_SECONDS = 12.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("outages"), ring_seconds=8) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


async def cut(switch: Switch, account: str) -> None:
    """Asterisk closes the TCP connections of that account."""
    shown = await switch.cli("manager show connected")
    sessions = re.findall(rf"^\s*{account}\s.*$", shown, re.MULTILINE)
    assert sessions, shown
    for session in sessions:
        descriptor = session.split()[4]
        said = await switch.cli(f"manager kick session {descriptor}")
        assert said.startswith("Kicking"), (session, said)


async def connected(centre: Centre) -> bool:
    return bool((await centre.engine.get("/v1/queues"))["switch_connected"])


@pytest.mark.parametrize("account", ["ivr-events", "ivr-control"])
async def test_given_calls_in_flight_when_the_link_is_cut_then_it_comes_back_and_all_are_where_they_were(
    centre: Centre, account: str
) -> None:
    talking, ringing, waiting = callers = [fresh_caller() for _ in range(3)]
    async with centre.agents({"1002": Conduct(ring_ms=6_000)}) as agents:
        citizens = centre.citizens(*[Call(CITY_NUMBER, caller) for caller in callers], rate=3)
        async with citizens:
            await centre.engine.available("1001")
            await centre.contact(talking, phase="connected")
            await centre.contact(waiting, phase="queued")
            await centre.engine.available("1002")
            await agents.rung("1002")
            before = {caller: await centre.contact(caller) for caller in callers}
            connects = await centre.metric("ivr_ami_connects_total")
            await cut(centre.switch, account)
            await centre.until(lambda: more_connects(centre, connects), "the link is made anew")
            await centre.until(lambda: connected(centre), "the switch is seen again")
            after = {caller: await centre.contact(caller) for caller in callers}
            assert after[talking]["agent"] == "1001"
            assert after[waiting]["phase"] == "queued"
            assert [after[c]["queued_at_ms"] for c in callers] == [before[c]["queued_at_ms"] for c in callers]
            await centre.contact(ringing, phase="connected", agent="1002")
            await centre.engine.available("1003")
            await centre.contact(waiting, phase="connected", agent="1003")
            await citizens.hang_up()
            for caller in callers:
                assert (await centre.ended(caller))["disposition"] == "answered"
        assert len(agents.seen()) == 3, "nobody was rung twice"


async def more_connects(centre: Centre, before: float) -> bool:
    return await centre.metric("ivr_ami_connects_total") > before


async def test_given_a_frozen_engine_when_it_wakes_after_12_seconds_then_it_knows_who_left_and_who_fell_back(
    centre: Centre,
) -> None:
    leaving, staying, waiting = callers = [fresh_caller() for _ in range(3)]
    phones = {caller: centre.citizens(Call(CITY_NUMBER, caller)) for caller in callers}
    async with centre.agents() as agents, phones[leaving], phones[staying], phones[waiting]:
        await centre.engine.available("1001", "1002")
        await centre.contact(leaving, phase="connected")
        await centre.contact(staying, phase="connected")
        before = await centre.contact(waiting, phase="queued")
        os.kill(centre.engine.pid, signal.SIGSTOP)
        frozen_at = time.monotonic()
        try:
            await phones[leaving].hang_up()
            # the waiting citizen reaches somebody by the static queue, while the engine sleeps
            await agents.answered(count=3, seconds=FROZEN_SECONDS + 8)
            await agents.until(lambda _: time.monotonic() - frozen_at > FROZEN_SECONDS, FROZEN_SECONDS + 5)
        finally:
            os.kill(centre.engine.pid, signal.SIGCONT)
        assert (await centre.ended(leaving))["disposition"] == "answered"
        assert (await centre.contact(staying))["phase"] == "connected"
        fell_back = await centre.contact(waiting, phase="falling_back")
        assert fell_back["queued_at_ms"] == before["queued_at_ms"]
        await centre.until(lambda: connected(centre), "the switch is seen")
        await phones[staying].hang_up()
        await phones[waiting].hang_up()
        assert (await centre.ended(staying))["disposition"] == "answered"
        assert (await centre.ended(waiting))["disposition"] == "fallback"


async def test_given_an_asterisk_that_dies_when_a_new_one_starts_then_its_calls_have_ended_and_new_ones_are_served(
    tmp_path: Path,
) -> None:
    talking, waiting, later = fresh_caller(), fresh_caller(), fresh_caller()
    reserved = ports.reserve(udp_only=True)
    async with (
        Switch(agents=AGENTS, agent_contact_port=reserved.first) as switch,
        running_engine(switch, tmp_path) as engine,
    ):
        centre = Centre(switch, engine)
        async with centre.agents(), centre.citizens(Call(CITY_NUMBER, talking), Call(CITY_NUMBER, waiting), rate=1):
            await engine.available("1001")
            await centre.contact(talking, phase="connected")
            await centre.contact(waiting, phase="queued")
            switch.kill()
            killed_at = time.monotonic()

            async def out_of_sight() -> bool:
                return not await connected(centre)

            await centre.until(out_of_sight, "the engine sees that Asterisk is gone")
            seen_after = time.monotonic() - killed_at
            await switch.start_again()
            back_at = time.monotonic()
            await centre.agent("1001", state="idle")
            freed_after = time.monotonic() - back_at
        print(f"seen after {seen_after:.2f} s, agents free {freed_after:.2f} s after the new start")
        assert seen_after < 3.0
        assert freed_after < 5.0
        assert (await centre.ended(waiting))["disposition"] == "switch_failure"
        assert (await centre.ended(talking))["disposition"] in ("answered", "switch_failure")
        async with centre.agents(), centre.citizens(Call(CITY_NUMBER, later)) as citizen:
            await centre.contact(later, phase="connected", agent="1001")
            await citizen.hang_up()
            assert (await centre.ended(later))["disposition"] == "answered"
        await centre.at_rest()
    reserved.release()
