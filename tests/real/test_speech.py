"""A phone that speaks really sends sound: the switch counts the packets that arrived."""

from __future__ import annotations

import re

import pytest

from sandbox.phones import HUSH, SPEAK, Call, Callers, Key
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER

pytestmark = pytest.mark.asyncio(loop_scope="module")

PACKETS_A_SECOND = 50
"""Of 20 ms each, as every phone sends PCMU."""


async def received(switch: Switch) -> int | None:
    """RTP packets that the one channel of a citizen has got so far; None when there is no channel."""
    found = re.search(r"city-trunk-\S*\s+\S+\s+\S+\s+(\d+)", await switch.cli("pjsip show channelstats"))
    return int(found[1]) if found is not None else None


async def test_given_a_phone_when_it_speaks_for_two_seconds_then_so_much_sound_arrives_and_no_more(
    switch: Switch,
) -> None:
    keys = (Key(SPEAK, 500), Key(HUSH, 2_000))
    counts: list[int] = []
    async with Callers(switch, [Call(CITY_NUMBER, "0212340001", stay_ms=1_000, keys=keys)]) as citizen:
        await citizen.answered()
        while (count := await received(switch)) is not None:
            counts.append(count)
    assert counts[0] < PACKETS_A_SECOND, "silent before"
    assert 1.6 * PACKETS_A_SECOND <= counts[-1] <= 2.6 * PACKETS_A_SECOND
