"""The search for a roster, on a centre small enough to play in a moment."""

from dataclasses import replace

import pytest

from ivr_engine.simulation.policy import POLICIES
from ivr_engine.simulation.shipped import shipped
from ivr_engine.simulation.staffing import checked, staffed
from ivr_engine.simulation.staffing_page import svg, text
from ivr_engine.simulation.staffing_together import staffed_together
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


def test_given_a_target_for_all_contacts_when_a_roster_is_sought_then_hours_go_where_they_gain_most() -> None:
    by_hour = tuple((1 if hour < 12 else 5) / 72 for hour in range(24))
    quiet_and_busy = replace(SMALL, by_hour=by_hour, contacts=1_000)
    found = staffed_together(quiet_and_busy, POLICIES["longest_idle"], 0.8, 0.8, range(1, 3))
    assert found.met
    assert found.together >= 0.8
    counts, begun = found.roster["desk"], quiet_and_busy.positions(quiet_and_busy.crews[0])
    assert sum(counts[:24]) / sum(counts[24:]) < sum(begun[:24]) / sum(begun[24:])


def test_given_a_protected_class_when_all_contacts_have_a_target_then_its_crew_follows_its_own() -> None:
    kinds = (*SMALL.kinds, Kind("signs", 0.1, Spread(180), Spread(120), protected=True))
    crews = (*SMALL.crews, Crew("signers", ("signs",), always={"signs": 5, "calls": 2}, written=(1,) * 48))
    found = staffed_together(replace(SMALL, kinds=kinds, crews=crews), POLICIES["longest_idle"], 0.8, 0.9, range(1, 3))
    assert sum(found.roster["signers"]) > 48
    assert found.levels["signers"] > found.levels["desk"] - 0.1


def test_given_only_protected_classes_when_all_contacts_have_a_target_then_the_search_refuses() -> None:
    kinds = (replace(SMALL.kinds[0], protected=True),)
    with pytest.raises(ValueError, match="protected"):
        staffed_together(replace(SMALL, kinds=kinds), POLICIES["longest_idle"], 0.8, 0.8, range(1, 2))
