"""The engine is killed with citizens everywhere: talks go on, answers connect, the waiting reach somebody in time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess
from sandbox.phones import Call, Conduct
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, bridges, fresh_caller, late_offer, running_engine
from tests.real.raw_manager import RawManager

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENU_MS = 3_000  # 120's greeting is over, the menu still speaks
FALLBACK_PROMISE_SECONDS = 15.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("restart"), ring_seconds=8) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


async def test_given_citizens_everywhere_when_the_engine_is_killed_and_restarted_then_each_is_where_it_was(
    centre: Centre,
) -> None:
    talking, held, consulting, ringing, waiting, in_menu = callers = [fresh_caller() for _ in range(6)]
    conducts = {"1004": Conduct(ring_ms=7_000)}
    async with centre.officials(), centre.agents(conducts) as agents:
        phones = {caller: centre.citizens(Call(CITY_NUMBER, caller)) for caller in callers[:5]}
        phones[in_menu] = centre.citizens(Call("120", in_menu))
        try:
            for caller, agent in ((talking, "1001"), (held, "1002"), (consulting, "1003")):
                await phones[caller].start()
                await centre.engine.available(agent)
                await centre.contact(caller, phase="connected", agent=agent)
            await centre.ask("1002", "hold")
            await centre.ask("1003", "consult", {"entry": "7001"})
            await centre.contact(consulting, transfer_state="consulting")
            await centre.contact(held, transfer_state="held")
            await phones[in_menu].start()
            await phones[ringing].start()
            await centre.contact(ringing, phase="queued")
            await phones[waiting].start()
            await centre.contact(waiting, phase="queued")
            await centre.contact(in_menu, phase="in_flow")
            await centre.engine.available("1004")
            await agents.rung("1004")
            before = {caller: await centre.contact(caller) for caller in callers}
            assert before[ringing]["phase"] == "offered"

            centre.engine.kill()
            together = await bridges(centre.switch)
            assert ["1001", "city-trunk"] in together
            assert ["1003", "ivr-office"] in together
            await centre.engine.start()

            after = {caller: await centre.contact(caller) for caller in callers}
            for caller in callers[:5]:
                assert after[caller]["queued_at_ms"] == before[caller]["queued_at_ms"]
                assert after[caller]["id"] == before[caller]["id"]
            shown = {caller: (after[caller]["phase"], after[caller]["agent"]) for caller in callers[:3]}
            assert shown == {
                talking: ("connected", "1001"),
                held: ("connected", "1002"),
                consulting: ("connected", "1003"),
            }
            assert after[held]["transfer_state"] == "held"
            assert after[consulting]["transfer_state"] == "consulting"
            assert after[waiting]["phase"] == "queued"
            await centre.contact(ringing, phase="connected", agent="1004")
            assert len([call for call in agents.seen() if call.name == "1004"]) == 1, "the phone rang on"

            await centre.ask("1002", "resume")
            await centre.contact(held, transfer_state="talking")
            await centre.ask("1003", "complete")
            await centre.contact(consulting, transfer_state="handed_over")
            await centre.contact(waiting, phase="connected", agent="1003")
            await centre.until(lambda: reached_person(centre, in_menu), "who was in the menu reaches a person", 30)
        finally:
            for citizen in phones.values():
                await citizen.stop()
        for caller in callers:
            row = await centre.ended(caller)
            expected = ("answered", "fallback") if caller == in_menu else ("answered",)
            assert row["disposition"] in expected, caller


async def reached_person(centre: Centre, caller: str) -> bool:
    """By the engine, or by the static queue if two tries of the visit were not enough."""
    contact = await centre.contact(caller)
    if contact["phase"] == "queued":
        await centre.engine.available("1006", "1007")
    return contact["answered_at_ms"] is not None


async def test_given_a_ringing_agent_when_the_engine_is_killed_then_the_answer_connects_and_is_found_by_the_next(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    async with centre.agents({"1001": Conduct(ring_ms=2_000)}) as agents:
        async with centre.citizens(Call(CITY_NUMBER, caller)) as citizen:
            await centre.engine.available("1001")
            await agents.rung("1001")
            centre.engine.kill()
            await agents.answered("1001")
            await centre.until(lambda: met(centre), "agent and citizen talk without an engine")
            await centre.engine.start()
            contact = await centre.contact(caller, phase="connected", agent="1001")
            await citizen.hang_up()
            row = await centre.ended(caller)
        assert len(agents.seen()) == 1
    assert (row["disposition"], row["agent"], row["queued_at_ms"]) == ("answered", "1001", contact["queued_at_ms"])
    assert row["answered_at_ms"] <= row["ended_at_ms"] - 500, "answered when the agent picked up, not when it was found"


async def met(centre: Centre) -> bool:
    return ["1001", "city-trunk"] in await bridges(centre.switch)


async def test_given_citizens_who_leave_while_the_engine_is_dead_when_it_is_back_then_each_has_its_disposition(
    centre: Centre,
) -> None:
    talking, waiting = fresh_caller(), fresh_caller()
    async with centre.agents() as agents:
        async with centre.citizens(Call(CITY_NUMBER, talking), Call(CITY_NUMBER, waiting), rate=1) as citizens:
            await centre.engine.available("1001")
            await centre.contact(talking, phase="connected")
            await centre.contact(waiting, phase="queued")
            await centre.engine.journal_settles()
            centre.engine.kill()
            await citizens.hang_up()
            await agents.ended("1001")
            assert await centre.switch.channels_become(0)
            await centre.engine.start()
        assert (await centre.ended(talking))["disposition"] == "answered"
        assert (await centre.ended(waiting))["disposition"] == "abandoned"
        await centre.agent("1001", state="idle", presence="available")


@pytest.mark.parametrize("way", ["killed", "stopped"])
async def test_given_an_engine_that_stays_away_when_citizens_wait_or_call_then_they_reach_an_agent_in_15_seconds(
    centre: Centre, way: str
) -> None:
    waiting, calling = fresh_caller(), fresh_caller()
    async with centre.agents(otherwise=Conduct(ring_ms=200)) as agents:
        async with centre.citizens(Call(CITY_NUMBER, waiting)) as first:
            before = await centre.contact(waiting, phase="queued")
            await centre.engine.journal_settles()
            if way == "killed":
                centre.engine.kill()
            else:
                await centre.engine.stop()
            gone_at = time.time()
            async with centre.citizens(Call(CITY_NUMBER, calling)) as second:
                await agents.answered(count=2, seconds=25)
                took = [call.answered_at - gone_at for call in agents.seen() if call.answered_at]
                print(f"{way}: waiting and new citizens reached an agent after {took} s")
                assert max(took) < FALLBACK_PROMISE_SECONDS, took
                assert first.seen()[0].ended_at is None
                assert second.seen()[0].ended_at is None
                await centre.engine.start()
                after = await centre.contact(waiting, phase="falling_back")
                await centre.contact(calling, phase="falling_back")
                assert after["arrived_at_ms"] == before["arrived_at_ms"]
                await first.hang_up()
                await second.hang_up()
                for caller in (waiting, calling):
                    assert (await centre.ended(caller))["disposition"] == "fallback"
        await agents.ended(count=2)


async def test_given_a_citizen_whom_the_fallback_queue_has_given_to_an_agent_when_an_offer_is_late_then_they_talk_on(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    async with centre.agents() as agents, centre.citizens(Call(CITY_NUMBER, caller)) as citizen:
        contact = (await centre.contact(caller, phase="queued"))["id"]
        control = await RawManager.login(centre.switch, "control")
        await control.ask("Redirect", Channel=contact, Context="ivr-fallback", Exten="s", Priority="begin")
        control.close()
        first = (await agents.answered())[0].name
        await centre.contact(caller, phase="falling_back")
        other = "1012" if first != "1012" else "1011"
        await late_offer(centre.switch, other, contact)
        lost = (await agents.ended(other))[0]
        assert (lost.name, lost.ended_by) == (other, "them")
        assert [first, "city-trunk"] in await bridges(centre.switch)
        await citizen.hang_up()
        assert (await centre.ended(caller))["disposition"] == "fallback"
