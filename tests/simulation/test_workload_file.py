"""Workloads in YAML: the shipped ones are read, and mistakes are told where they stand."""

import pytest

from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.simulation.shipped import SHIPPED, shipped
from ivr_engine.simulation.workload import Spread, drawn
from ivr_engine.simulation.workload_file import workload

ORDINARY = shipped("ordinary").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_given_a_shipped_day_when_read_then_it_is_whole(name: str) -> None:
    found = workload(name, shipped(name).read_bytes())
    assert len(found.kinds) == 37
    assert sum(kind.protected for kind in found.kinds) == 6
    assert (found.extra is not None) is (name == "surge")
    assert found.bound is (name == "contractors")
    assert (found.missed_share > 0) is (name == "missed_rings")
    assert (found.crews[0].desks is not None) is (name == "narrow")


def test_given_the_surge_when_drawn_then_51_554_call_and_the_same_seed_gives_the_same_day() -> None:
    found = workload("surge", shipped("surge").read_bytes())
    day = drawn(found, 5)
    assert len(day.citizens) == 51_554
    assert day.citizens[:100] == drawn(found, 5).citizens[:100]
    assert day.citizens[:100] != drawn(found, 6).citizens[:100]
    extra = [one for one in day.citizens if one.queue == "songpa" and 9 * 3_600_000 <= one.arrival_ms < 19 * 3_600_000]
    assert len(extra) > 2_000


def test_given_a_lognormal_when_drawn_often_then_its_mean_is_as_written() -> None:
    import random

    lot = random.Random("lognormal 1")
    spread = Spread(200.0, cv=1.3, lognormal=True)
    seconds = [spread.drawn_ms(lot) / 1000 for _ in range(40_000)]
    assert sum(seconds) / len(seconds) == pytest.approx(200, rel=0.03)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("contacts: 42097", "contacts: -5", "number: 'contacts' must be a whole number from 1"),
        ("share_percent: 14.4", "share_percent: -1", "number: 'share_percent' must be a number from 0 to 100"),
        ("class: transport, share", "class: transprt, share", "did you mean 'transport'"),
        (
            "carries: [english]",
            "carries: [englsh]",
            "unknown_class: no such class; found 'englsh'; did you mean 'english'",
        ),
        ("0.40, 0.40,", "0.40,", "count: 'hours_percent' needs 24 numbers, and has 23"),
        (
            "always: {english: 5, transport: 2, general: 2}",
            "least: 1",
            "no_skills: a crew needs always, turns or desks",
        ),
        ("pickup: {", "pick_up: {", "unknown_key: no such key in a workload; found 'pick_up'; did you mean 'pickup'"),
        ("carries: [mongolian], ", "carries: [], ", "carried_by_nobody"),
    ],
)
def test_given_a_mistake_when_read_then_it_is_told_with_its_place(before: str, after: str, told: str) -> None:
    assert before in ORDINARY
    with pytest.raises(FlowErrors) as refused:
        workload("day.yaml", ORDINARY.replace(before, after, 1).encode())
    lines = [str(found) for found in refused.value.diagnostics]
    assert any(line.startswith("day.yaml:") and told in line for line in lines), lines
