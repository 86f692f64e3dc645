"""A talk on a real Asterisk: the file of MixMonitor, with sound in it, across a hold, and where it cannot write."""

from __future__ import annotations

import array
import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess
from sandbox.phones import SPEAK, Call, Key
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, fresh_caller, quick_dialplans
from tests.real.conftest import AGENTS, UNREGISTERED

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEAKS = (Key(SPEAK, 10),)
LOUD = 1_000
"""Of 32,767: a buzz of 1 kHz is far above, the noise of a codec far below."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    folder = tmp_path_factory.mktemp("talks")
    dialplans = quick_dialplans(folder)
    queues = dialplans / "queues.yaml"
    text = queues.read_text()
    assert "\n  general:\n" in text
    rule = "\n  general:\n    recording: {notice: connecting, keep_days: 30}\n"
    queues.write_text(text.replace("\n  general:\n", rule, 1))
    async with EngineProcess(switch, folder, agents=(*AGENTS, *UNREGISTERED), dialplans=dialplans) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


def talks(switch: Switch) -> Path:
    return Path(switch.environment()["IVR_TALKS"])


def sound(file: Path) -> tuple[float, float]:
    """Seconds, and the share of tenths of a second in which somebody is heard."""
    with wave.open(str(file), "rb") as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 8_000)
        samples = array.array("h", opened.readframes(opened.getnframes()))
    tenths = [samples[at : at + 800] for at in range(0, len(samples) - 799, 800)]
    loud = sum(max(map(abs, tenth)) > LOUD for tenth in tenths)
    return len(samples) / 8_000, loud / max(1, len(tenths))


async def test_given_a_talk_with_a_hold_when_it_ends_then_one_file_has_both_its_parts_and_nothing_of_the_hold(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    await centre.engine.available("1001")
    async with centre.agents(), centre.citizens(Call(CITY_NUMBER, caller, keys=SPEAKS)) as citizens:
        contact = await centre.contact(caller, phase="connected")
        await asyncio.sleep(2.0)  # of talk
        await centre.ask("1001", "hold")
        await asyncio.sleep(3.0)  # of music, which nobody wants to hear again
        await centre.ask("1001", "resume")
        await asyncio.sleep(2.0)
        await citizens.hang_up()
        await centre.ended(caller)
    [file] = sorted(talks(centre.switch).rglob("*.wav"))
    name = contact["id"].replace(".", "-")
    assert (file.parent.name, file.name.startswith(f"{name}-e"), file.name.endswith("-1.30d.wav")) == (
        "general",
        True,
        True,
    )
    seconds, heard = sound(file)
    assert 3.0 <= seconds <= 5.5, "two talks of two seconds, and not the three seconds between"
    assert heard > 0.8
    assert await centre.metric("ivr_talk_recordings_total", result="kept", queue="general") == 1
    assert await centre.metric("ivr_talk_recordings_running") == 0


async def test_given_a_folder_that_cannot_be_written_when_citizens_talk_then_they_talk_and_it_is_counted(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    folder = talks(centre.switch) / "general"
    kept = [file.rename(folder.parent / file.name) for file in folder.iterdir()]
    assert kept
    folder.rmdir()
    folder.write_text("a file stands where the folder was")
    await centre.engine.available("1001")
    async with centre.agents(), centre.citizens(Call(CITY_NUMBER, caller, keys=SPEAKS)) as citizens:
        await centre.contact(caller, phase="connected")
        await asyncio.sleep(1.0)  # of talk
        await citizens.hang_up()
        assert (await centre.ended(caller))["disposition"] == "answered"
    assert await centre.metric("ivr_talk_recordings_total", result="failed", queue="general") == 1
    centre.switch.log.write_text("")  # Asterisk warns of the folder, and means it
