"""What an agent does by keys alone: presence by feature code, hold, consult, conference and hand-over in a talk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess
from sandbox.phones import Call, Conduct, Key, dial_from_agent, keys
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, fresh_caller, running_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRAP_UP_SECONDS = 12
STEP_MS = 1_300  # between two codes: what the first asked for has happened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("keys"), wrap_up_seconds=WRAP_UP_SECONDS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


def codes(*pressed: str) -> tuple[Key, ...]:
    return tuple(key for code in pressed for key in keys(code, after_ms=STEP_MS))


async def moves(centre: Centre, caller: str) -> list[str]:
    """The states that hold and consult went through, as the journal has them."""
    rows = await centre.rows(
        "select j.payload from journal j join contacts c on c.id = j.contact where c.caller = ? order by j.seq",
        caller,
    )
    notices = [notice for row in rows for notice in json.loads(row["payload"])["notices"]]
    return [notice["state"] for notice in notices if notice["kind"] == "TransferMoved"]


async def test_given_an_agents_phone_when_it_dials_the_codes_then_presence_and_wrap_up_follow(centre: Centre) -> None:
    caller = fresh_caller()
    phone = ("1001", "secret-1001")
    seen = await dial_from_agent(centre.switch, *phone, "*11")
    agent = await centre.agent("1001", presence="available")
    assert seen.ended_by == "them"
    assert agent["reason"] == "phone"
    await dial_from_agent(centre.switch, *phone, "*12")
    await centre.agent("1001", presence="on_break")
    await dial_from_agent(centre.switch, *phone, "*11")
    await centre.agent("1001", presence="available")

    async with centre.agents({"1001": Conduct(ring_ms=50, talk_ms=200)}):
        await centre.citizens(Call(CITY_NUMBER, caller)).run()
    busy = await centre.agent("1001", state="wrap_up")
    await dial_from_agent(centre.switch, *phone, "*14")
    free = await centre.agent("1001", state="idle")
    assert free["since_ms"] - busy["since_ms"] < WRAP_UP_SECONDS * 1_000

    await dial_from_agent(centre.switch, *phone, "*13")
    await centre.agent("1001", presence="logged_out")


@pytest.mark.parametrize(
    ("pressed", "went", "result"),
    [
        (("*2", "*#"), ["held", "talking"], []),
        (("*2", "9999#", "*#"), ["held", "talking"], []),
        (("*2", "7001#", "*4"), ["held", "ringing", "consulting", "talking"], ["cancelled"]),
        (("*2", "7001#", "*3"), ["held", "ringing", "consulting", "handed_over"], ["completed"]),
        (
            ("*2", "7001#", "*5", "*3"),
            ["held", "ringing", "consulting", "conference", "handed_over"],
            ["completed"],
        ),
    ],
    ids=["hold_resume", "no_such_entry", "cancel", "complete", "conference_complete"],
)
async def test_given_a_talk_when_the_agent_presses_codes_then_the_citizen_goes_where_they_say(
    centre: Centre, pressed: tuple[str, ...], went: list[str], result: list[str]
) -> None:
    caller = fresh_caller()
    await centre.engine.available("1001")
    conducts = {"1001": Conduct(ring_ms=50, keys=codes(*pressed))}
    async with centre.officials() as office, centre.agents(conducts) as agents:
        async with centre.citizens(Call(CITY_NUMBER, caller)) as citizen:
            await agents.answered("1001")
            await centre.contact(caller, phase="connected")

            async def arrived() -> bool:
                return (await moves(centre, caller))[: len(went)] == went

            await centre.until(arrived, f"the way {went}")
            await citizen.hang_up()
            assert (await centre.ended(caller))["disposition"] == "answered"
        assert [result for _, result, _ in await centre.transfers(caller)] == result
        assert len(office.seen()) == len(result)


async def test_given_a_talk_when_the_citizen_presses_the_codes_then_they_are_only_keys(centre: Centre) -> None:
    caller = fresh_caller()
    pressed = "*2*3*4*5"
    await centre.engine.available("1001")
    call = Call(CITY_NUMBER, caller, keys=keys(pressed, after_ms=2_500))
    async with centre.agents(hears_keys=True) as agents, centre.citizens(call) as citizen:
        await agents.until(lambda _: [seen for seen in agents.seen() if seen.heard == pressed], 20)
        assert (await centre.contact(caller))["transfer_state"] == "talking"
        await citizen.hang_up()
        await centre.ended(caller)
    assert await moves(centre, caller) == []
