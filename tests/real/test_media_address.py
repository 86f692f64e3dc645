"""RTP is bound to one address. Bound to any, Asterisk looks up its own host name for each leg."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.phones import Call, Callers
from sandbox.switch import Switch

LOOPBACK = "0100007F"


def bound_udp(pid: int) -> set[tuple[str, int]]:
    """The UDP sockets of a process, as (address in the kernel's hexadecimal, port)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    rows = [line.split() for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]]
    return {(address, int(port, 16)) for row in rows if row[9] in inodes for address, port in [row[1].split(":")]}


async def test_given_a_citizen_on_the_line_when_its_media_is_looked_at_then_it_is_bound_to_one_address(
    switch: Switch,
) -> None:
    before = bound_udp(switch.pid)
    running = asyncio.create_task(Callers(switch, [Call("120", "0212345001", stay_ms=1_500)]).run())
    assert await switch.channels_become(1, 5.0)
    media = bound_udp(switch.pid) - before
    await running

    assert media, "the leg has sockets of its own"
    assert {address for address, _ in media} == {LOOPBACK}
