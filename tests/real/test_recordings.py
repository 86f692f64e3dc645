"""A message on a real Asterisk: RECORD FILE as we say it, the file that it writes, and the size that `h` reads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr_engine.asterisk.agi_errors import SessionEnd
from ivr_engine.asterisk.translate.words import WAV_HEADER_BYTES
from ivr_engine.asterisk.visit import FlowVisits, VisitPorts
from ivr_engine.core.conversation import Keys, NotRecorded, Prompt, Record, Recorded
from sandbox.phones import Call, Callers
from sandbox.switch import Switch
from tests.real.raw_manager import RawManager
from tests.real.test_visits import PATIENCE_SECONDS, SERVED, Script, call_120, engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

TONE = Prompt("beep", ceiling_ms=1_000)
MESSAGE = Record((TONE,), longest_ms=10_000, silence_ms=5_000, leave="0")


def visits(script: Script, folder: Path | str) -> FlowVisits:
    return FlowVisits(script.open, ports=VisitPorts(recordings=str(folder), mint=lambda: "aa11"))


def folder_of(switch: Switch) -> Path:
    return Path(switch.environment()["IVR_RECORDINGS"])


async def test_given_a_message_when_the_key_ends_it_then_a_file_of_its_name_is_written(switch: Switch) -> None:
    script = Script([MESSAGE, SERVED])
    async with engine(switch, visits(script, folder_of(switch))) as server:
        await call_120(switch, "#", after_ms=2_500)
        [reply] = script.replies
        assert isinstance(reply, Recorded)
        assert server.ends == {SessionEnd.FINISHED: 1}
    assert (folder_of(switch) / f"{reply.recording}.wav").exists()


async def test_given_the_key_for_a_person_when_it_ends_a_message_then_it_alone_is_told(switch: Switch) -> None:
    script = Script([MESSAGE, SERVED])
    async with engine(switch, visits(script, folder_of(switch))):
        await call_120(switch, "0", after_ms=2_500)
        assert script.replies == [Keys("0")]


async def test_given_no_such_folder_when_a_message_is_recorded_then_the_flow_is_told(switch: Switch) -> None:
    script = Script([MESSAGE, SERVED])
    async with engine(switch, visits(script, folder_of(switch) / "nowhere")):
        await call_120(switch)
        assert isinstance(script.replies[0], NotRecorded)
    switch.log.write_text("")  # Asterisk warns of the folder, and means it


async def test_given_a_citizen_who_hangs_up_after_the_message_when_the_leg_ends_then_the_switch_tells_its_file(
    switch: Switch,
) -> None:
    script = Script([MESSAGE, SERVED])
    manager = await RawManager.login(switch, "events")
    try:
        async with engine(switch, visits(script, folder_of(switch))) as server:
            async with Callers(switch, [Call("120", "0212345678")]) as citizens:
                await _is_recording(switch, script)
                await citizens.hang_up()
                told = await manager.event("UserEvent: IvrMessageLeft")
            await server.stop(drain_seconds=PATIENCE_SECONDS)
            assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}
    finally:
        manager.close()
    size = next(line.partition(": ")[2] for line in told if line.startswith("Bytes: "))
    assert int(size) >= WAV_HEADER_BYTES
    recording = next(line.partition(": ")[2] for line in told if line.startswith("Recording: "))
    assert Path(f"{recording}.wav").parent == folder_of(switch)


async def _is_recording(switch: Switch, script: Script) -> None:
    """Until the citizen's file is there."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await script.asked.wait()
        file = folder_of(switch) / f"{script.cards[0].contact.replace('.', '-')}-aa11.wav"
        while True:
            if file.exists():
                return
            await asyncio.sleep(0.02)  # no event tells that a recording begins
