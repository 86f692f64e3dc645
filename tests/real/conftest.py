"""Fixtures on a real Asterisk: a switch for each module (it starts in a third of a second), at base after each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from sandbox import ports
from sandbox.switch import Switch

AGENTS = tuple(str(number) for number in range(1001, 1013))
UNREGISTERED = ("1901", "1902")
BASE_SECONDS = 8.0  # a hang-up crosses two dialogs and a wait loop's turn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch() -> AsyncIterator[Switch]:
    """A switch with a dozen agents on one port (`switch.agent_contact_port`), two that must register, and an office."""
    agents, office = ports.reserve(udp_only=True), ports.reserve(udp_only=True)
    try:
        async with Switch(
            agents=(*AGENTS, *UNREGISTERED),
            agent_contact_port=agents.first,
            unregistered=UNREGISTERED,
            outside_fallback=UNREGISTERED,
            office_port=office.first,
        ) as running:
            yield running
    finally:
        agents.release()
        office.release()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A loopback port that nobody else takes while the test runs."""
    reserved = ports.reserve()
    yield reserved.first
    reserved.release()


@pytest_asyncio.fixture(autouse=True)
async def _back_to_base(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    yield
    if "switch" not in request.fixturenames:
        return
    switch: Switch = request.getfixturevalue("switch")
    if not await switch.channels_become(0, BASE_SECONDS):
        left = await switch.cli("core show channels concise")
        await switch.hang_up_all()
        pytest.fail(f"channels are not back to base after the test:\n{left}")
