"""The sandbox itself: it starts whole or not at all, ends without a trace, and several of them do not meet."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox import ports
from sandbox.configuration import INCLUDED
from sandbox.phones import Call, Callees, Callers, Conduct, dial_from_agent, register
from sandbox.sipp import SippFailed
from sandbox.switch import Switch, SwitchFailed
from sandbox.tools import AsteriskTools
from tests.real.conftest import UNREGISTERED

SCRIPTS = Path(__file__).parents[2] / "scripts"


async def comes_true(look: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        if look():
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


async def test_given_our_files_when_a_real_asterisk_loads_them_then_it_warns_of_nothing(switch: Switch) -> None:
    assert switch.log.exists()
    assert switch.warnings() == []
    for name in INCLUDED:
        assert (switch.directory / "etc" / "ivr-engine.d" / f"{name}.conf").exists(), name


async def test_given_a_running_switch_when_looked_at_then_every_part_of_ours_is_there(switch: Switch) -> None:
    assert "rrmemory" in (queue := await switch.cli("queue show ivr-fallback"))
    assert "PJSIP/1001 (ringinuse disabled)" in queue
    assert UNREGISTERED[0] not in queue
    assert "*3" in await switch.cli("features show")
    assert "/data/moh/" in await switch.cli("moh show files")
    assert "ivr-entry" in await switch.cli("pjsip show endpoint city-trunk")
    assert f"agi://127.0.0.1:{switch.agi_port}/" in await switch.cli("dialplan show globals")
    assert switch.cpu_seconds() > 0
    assert 10e6 < switch.memory_bytes() < 500e6


async def test_given_a_switch_when_it_stops_then_process_folder_and_ports_are_gone() -> None:
    switch = Switch(agents=("1001",))
    await switch.start()
    pid, folder, ami_port = switch.pid, switch.directory, switch.ami_port
    await switch.stop()
    await switch.stop()

    assert not alive(pid)
    assert not folder.exists()
    ports.require(ami_port).release()


async def test_given_three_switches_at_once_when_all_run_then_none_shares_a_port() -> None:
    switches = [Switch(agents=("1001",)) for _ in range(3)]
    try:
        await asyncio.gather(*(switch.start() for switch in switches))
        used = [port for switch in switches for port in (switch.sip_port, switch.ami_port, switch.agi_port)]
        assert len(set(used)) == 9
        media = sorted((switch.site.rtp_first, switch.site.rtp_last) for switch in switches)
        assert all(before[1] < after[0] for before, after in pairwise(media))
        assert [await switch.channels() for switch in switches] == [0, 0, 0]
    finally:
        await asyncio.gather(*(switch.stop() for switch in switches))


@pytest.fixture
def doomed() -> Iterator[subprocess.Popen[bytes]]:
    """Another Python that has started a switch and printed its pid and folder."""
    program = (
        "import asyncio\nfrom sandbox.switch import Switch\n"
        "async def main():\n    switch = Switch()\n    await switch.start()\n"
        "    print(switch.pid, switch.directory, flush=True)\n    await asyncio.sleep(60)\nasyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as process:
        yield process
        process.kill()


async def test_given_a_parent_that_is_killed_when_it_dies_then_asterisk_dies_too(
    doomed: subprocess.Popen[bytes],
) -> None:
    assert doomed.stdout is not None
    pid, folder = (await asyncio.to_thread(doomed.stdout.readline)).decode().split()
    assert alive(int(pid))

    doomed.kill()

    assert await comes_true(lambda: not alive(int(pid)))
    shutil.rmtree(folder)  # who is killed cannot tidy up


async def test_given_a_sip_port_in_use_when_it_starts_then_one_error_says_so_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        switch = Switch(sip_port=port)
        with pytest.raises(ports.PortsTaken, match=f"port {port} is in use"):
            await switch.start()
    assert os.listdir(tmp_path) == []


async def test_given_an_asterisk_that_stands_still_while_it_loads_when_it_starts_then_another_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asterisk_tools: AsteriskTools
) -> None:
    mark = tmp_path / "the first stood still"
    still_at_first = ("sh", "-c", f"test -e '{mark}' && exec \"$@\"; touch '{mark}'; exec sleep 60", "sh")
    monkeypatch.setattr("sandbox.switch.BOOT_SECONDS", (0.5, 30.0))
    tools = replace(asterisk_tools, asterisk=(*still_at_first, *asterisk_tools.asterisk))

    async with Switch(tools=tools) as switch:
        assert await switch.channels() == 0
    assert mark.exists()


async def test_given_an_asterisk_that_dies_at_start_when_it_starts_then_the_error_has_its_last_words() -> None:
    switch = Switch(additions={"modules.conf": "require = no_such_module.so\n"})
    with pytest.raises(SwitchFailed, match=r"(?s)ended while starting.*no_such_module"):
        await switch.start()
    with pytest.raises(SwitchFailed, match="not running"):
        _ = switch.pid


async def test_given_one_citizen_and_an_agent_when_they_talk_then_each_phone_tells_what_it_saw(switch: Switch) -> None:
    async with Callees({"1001": Conduct(ring_ms=150, talk_ms=400)}, port=switch.agent_contact_port) as agents:
        await switch.cli("channel originate PJSIP/1001 application Wait 10")
        [seen] = await agents.ended("1001")

    assert seen.ended_by == "us"
    assert seen.answered_at is not None
    assert 0.14 < seen.answered_at - seen.began_at < 1.0
    assert seen.talk_seconds is not None
    assert 0.39 < seen.talk_seconds < 1.5


@pytest.mark.parametrize(("does", "ended_by"), [("busy", "486"), ("decline", "603")])
async def test_given_an_agent_who_refuses_when_called_then_the_refusal_is_seen(
    switch: Switch, does: str, ended_by: str
) -> None:
    conduct = Conduct("busy", ring_ms=50) if does == "busy" else Conduct("decline", ring_ms=50)
    async with Callees({"1002": conduct}, port=switch.agent_contact_port) as agents:
        await switch.cli("channel originate PJSIP/1002 application Wait 10")
        [seen] = await agents.ended("1002")

    assert (seen.ended_by, seen.answered_at) == (ended_by, None)


async def test_given_a_silent_agent_when_the_caller_gives_up_then_the_phone_sees_a_cancel(switch: Switch) -> None:
    async with Callees({"1003": Conduct("silent")}, port=switch.agent_contact_port) as agents:
        await switch.cli("channel originate PJSIP/1003 application Wait 10")
        await agents.rung("1003")
        await switch.hang_up_all()
        [seen] = await agents.ended("1003")

    assert (seen.ended_by, seen.answered_at) == ("cancelled", None)


async def test_given_an_agent_without_a_contact_when_it_registers_then_it_rings_there(switch: Switch) -> None:
    name = UNREGISTERED[0]
    async with Callees({name: Conduct(talk_ms=100)}) as phone:
        await register(switch, {name: f"secret-{name}"}, phone.port)
        await switch.cli(f"channel originate PJSIP/{name} application Wait 10")
        [seen] = await phone.ended(name)
        await register(switch, {name: f"secret-{name}"}, phone.port, expires_seconds=0)

    assert seen.ended_by == "us"
    assert "Unavailable" in await switch.cli(f"pjsip show endpoint {name}")


async def test_given_a_wrong_password_when_a_phone_registers_then_it_is_refused(switch: Switch) -> None:
    with pytest.raises(SippFailed, match="refused to register"):
        await register(switch, {"1005": "guessed"}, 9)


async def test_given_an_agents_own_phone_when_it_dials_a_feature_code_then_the_password_decides(switch: Switch) -> None:
    heard = await dial_from_agent(switch, "1004", "secret-1004", "*11")
    assert heard.answered_at is not None
    assert heard.ended_by == "them"

    refused = await dial_from_agent(switch, "1004", "guessed", "*11")
    assert (refused.answered_at, refused.ended_by) == (None, "401")


async def test_given_a_number_that_is_none_of_ours_when_it_is_dialled_then_the_citizen_is_refused(
    switch: Switch,
) -> None:
    [seen] = await Callers(switch, [Call("abc", "0212345678")]).run()
    assert (seen.answered_at, seen.ended_by) == (None, "404")


async def test_given_citizens_who_leave_at_different_times_when_they_call_then_each_leaves_when_it_said() -> None:
    stand = "[ivr-entry](+)\nexten => 999,1,Answer(,i)\n same => n,Wait(30)\n"
    async with Switch(additions={"extensions.conf": stand}) as switch:
        calls = [Call("999", f"02000000{n}", stay_ms=200 + 100 * n) for n in range(10)]
        seen = await Callers(switch, calls, rate=100).run()

        assert [call.ended_by for call in seen] == ["us"] * 10
        for call, planned in zip(sorted(seen, key=lambda call: call.name), calls, strict=True):
            assert call.talk_seconds is not None
            assert planned.stay_ms / 1000 < call.talk_seconds < planned.stay_ms / 1000 + 2.0
        assert await switch.channels_become(0)


@pytest.mark.parametrize("answering", [True, False], ids=["answered", "ringing"])
async def test_given_citizens_in_a_call_when_the_test_says_so_then_they_hang_up(answering: bool) -> None:
    stand = f"[ivr-entry](+)\nexten => 999,1,{'Answer(,i)' if answering else 'Ringing()'}\n same => n,Wait(30)\n"
    calls = [Call("999", f"02000000{n}") for n in range(3)]
    async with Switch(additions={"extensions.conf": stand}) as switch, Callers(switch, calls, rate=100) as citizens:
        assert await switch.channels_become(3)
        if answering:
            await citizens.answered(3)
        await citizens.hang_up()
        assert await switch.channels_become(0, seconds=3)

    assert [call.ended_by for call in citizens.seen()] == ["us" if answering else "cancelled"] * 3
    assert [call.answered_at is not None for call in citizens.seen()] == [answering] * 3


async def test_given_officials_who_answer_are_busy_or_silent_when_called_then_all_phones_agree() -> None:
    office = ports.reserve(udp_only=True)
    dial = "[ivr-entry](+)\nexten => _7XXX,1,Dial(PJSIP/${EXTEN}@ivr-office,10,g)\n same => n,Hangup(17)\n"
    officials = Callees(
        {"7001": Conduct(ring_ms=50, talk_ms=200), "7002": Conduct("busy", ring_ms=50), "7003": Conduct("silent")},
        port=office.first,
    )
    async with Switch(office_port=office.first, additions={"extensions.conf": dial}) as switch, officials:
        calls = [Call(number, f"0200000{number}") for number in ("7001", "7002", "7003")]
        citizens = await Callers(switch, calls, patience_ms=800).run()
        await officials.ended(count=3)
        assert await switch.channels_become(0)
    office.release()

    assert {call.other: call.ended_by for call in citizens} == {"7001": "them", "7002": "486", "7003": "cancelled"}
    assert {call.name: call.ended_by for call in officials.seen()} == {
        "7001": "us",
        "7002": "486",
        "7003": "cancelled",
    }


async def test_given_no_engine_when_a_citizen_dials_120_then_an_agent_of_the_fallback_queue_answers(
    switch: Switch,
) -> None:
    everybody = Callees({}, port=switch.agent_contact_port, otherwise=Conduct(ring_ms=50, talk_ms=500))
    async with everybody:
        started = time.monotonic()
        citizens = Callers(switch, [Call("120", "0212345678")])
        async with citizens:
            await everybody.answered()
            waited = time.monotonic() - started
            [citizen] = await citizens.ended()

    assert waited < 15
    assert citizen.ended_by == "them"
    assert citizen.talk_seconds is not None
    assert [call.ended_by for call in everybody.seen() if call.answered_at] == ["us"]
