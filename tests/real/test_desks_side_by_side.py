"""The small comparison in a quarter of a minute: both sides serve the same few calls, and the phones tell of all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench_desks_plan import drawn
from bench_desks_report import Figures
from bench_desks_sides import app_queue, engine

pytestmark = pytest.mark.asterisk


async def test_given_a_dozen_counsellors_and_few_calls_when_both_sides_serve_them_then_every_call_has_a_fate(
    tmp_path: Path,
) -> None:
    plan = drawn(122, 8.0, counsellors=12, talk_ms=3_000)
    async with app_queue(plan) as queue_side, engine(plan, tmp_path) as engine_side:
        sides = await asyncio.gather(queue_side.run(plan), engine_side.run(plan))
    assert len(plan.contacts) > 5
    for side in sides:
        assert [fate.contact for fate in side.fates] == list(plan.contacts), side.name
        assert Figures.of(side.fates).abandoned < 1
        assert 0 < side.busy <= 1
        assert not side.warnings
