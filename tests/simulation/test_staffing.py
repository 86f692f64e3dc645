"""The search for a roster, on a centre small enough to play in a moment."""

from dataclasses import replace

from ivr_engine.simulation.policy import POLICIES
from ivr_engine.simulation.shipped import shipped
from ivr_engine.simulation.staffing import checked, staffed
from ivr_engine.simulation.staffing_page import svg, text
from ivr_engine.simulation.workload import Crew, Kind, Spread, Workload
from ivr_engine.simulation.workload_file import workload

SMALL = Workload(
    title="a small centre",
    contacts=600,
    by_hour=tuple(1 / 24 for _ in range(24)),
    kinds=(Kind("calls", 1.0, Spread(180), Spread(120)),),
    crews=(Crew("desk", ("calls",), always={"calls": 5}, least=1),),
    pickup=Spread(1.0),
)


def test_given_a_target_when_a_roster_is_sought_then_it_is_met_and_fewer_hours_would_not_be_far() -> None:
    found = staffed(SMALL, POLICIES["longest_idle"], 0.8, range(1, 4))
    assert found.met
    assert found.levels["desk"] >= 0.8
    assert found.hours <= found.started_hours + 12
    assert all(count >= 1 for count in found.roster["desk"])


def test_given_a_roster_when_it_is_told_then_every_half_hour_stands_in_text_and_picture() -> None:
    found = staffed(SMALL, POLICIES["longest_idle"], 0.5, range(1, 2))
    lines = text(found).splitlines()
    assert len(lines) == 50
    assert lines[1].startswith("00:00")
    assert svg(found, "small & fine").count("<rect") == 1 + 48 + 1
    assert "small &amp; fine" in svg(found, "small & fine")
    assert 0 < (checked(SMALL, found.roster)["desk"] or 0.0) < 1


def test_given_the_shipped_day_when_erlang_a_staffs_it_then_the_hours_are_as_assumed() -> None:
    ordinary = workload("ordinary", shipped("ordinary").read_bytes())
    hours = sum(sum(ordinary.positions(crew)) for crew in ordinary.crews) / 2
    assert 2_150 <= hours <= 2_250
    assert abs(sum(kind.share for kind in ordinary.kinds) - 1) < 1e-9
    assert abs(ordinary.mix(23)[0] / sum(ordinary.mix(23)[:31]) - 0.678) < 1e-9
    assert len(replace(ordinary, contacts=10).kinds) == 37
