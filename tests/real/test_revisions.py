"""Documents that change under way: a call keeps its own, a broken set changes nothing, a bad canary is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess, EngineRefused
from sandbox.phones import Call, keys
from sandbox.switch import Switch
from tests.real.centre import AT_ONCE, CITY_NUMBER, Centre, fresh_caller, running_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD = """title: one key
steps:
  topic:
    menu: greeting
    choices: {"1": water}
    first_key_seconds: 10
    tries: 1
  water:
    queue: water
"""
NEW = OLD.replace("queue: water", "queue: transport")
TRIED_CALLS = 150


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("revisions")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, folder: Path) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


@pytest.fixture
def flow(folder: Path) -> Path:
    """Of the old number of the city hall."""
    return folder / "dialplans" / "flows" / "at_once.yaml"


def write(flow: Path, words: str) -> None:
    flow.write_text(words)


async def load(centre: Centre, flow: Path, words: str, percent: int = 100) -> dict[str, object]:
    write(flow, words)
    return dict(await centre.engine.post("/v1/revisions", {"canary_percent": percent}))


async def test_given_a_citizen_in_a_menu_when_other_documents_come_into_force_then_the_call_keeps_its_own(
    centre: Centre, flow: Path
) -> None:
    old, young = fresh_caller(), fresh_caller()
    first = (await load(centre, flow, OLD))["stable"]
    async with centre.citizens(Call(CITY_NUMBER, old, stay_ms=2_000, keys=keys("1", after_ms=4_000))):
        await centre.contact(old, phase="in_flow")
        (channel,) = [line.split("!")[0] for line in (await centre.switch.cli("core show channels concise")).split()]
        second = (await load(centre, flow, NEW))["stable"]
        assert first != second
        assert f"IVR_REVISION={first}" in await centre.switch.cli(f"core show channel {channel}")
        write(flow, OLD.replace("queue: water", "queue: watre"))
        with pytest.raises(EngineRefused, match="did you mean 'water'"):
            await centre.engine.post("/v1/revisions", {})
        await centre.citizens(Call(CITY_NUMBER, young, stay_ms=500, keys=keys("1"))).run()
        ended = await centre.ended(old)
    assert (ended["queue"], (await centre.ended(young))["queue"]) == ("water", "transport")
    assert await centre.metric("ivr_refused_loads_total") == 1


async def test_given_a_canary_that_citizens_hang_up_on_when_enough_have_then_it_is_taken_back(
    centre: Centre, flow: Path
) -> None:
    stable = (await load(centre, flow, AT_ONCE))["stable"]
    tried = (await load(centre, flow, OLD, percent=50))["canary"]
    calls = [Call(CITY_NUMBER, fresh_caller(), stay_ms=500) for _ in range(TRIED_CALLS)]
    await centre.citizens(*calls, rate=20).run()

    async def back() -> bool:
        return await centre.metric("ivr_canary_roll_backs_total") == 1

    await centre.until(back, "the canary is taken back")
    told = await centre.engine.get("/v1/revisions?limit=1")
    assert (told["now"]["stable"], told["now"]["canary"]) == (stable, "")
    newest = told["changes"][0]
    assert (newest["revision"], newest["was"], newest["who"]) == (tried, "rolled_back", "canary rule")
    assert "abandons in menus" in newest["why"]
    with pytest.raises(EngineRefused, match="rolled_back"):
        await centre.engine.post("/v1/revisions", {})
