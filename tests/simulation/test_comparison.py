"""Paired differences, and the page made of them."""

import pytest

from ivr_engine.simulation.comparison import SEARCHED, Comparison, average, half_interval, pairs, pooled_desks, scaled
from ivr_engine.simulation.comparison_page import charts, tables
from ivr_engine.simulation.shipped import rosters, shipped
from ivr_engine.simulation.staffing import hours_of, least_of
from ivr_engine.simulation.workload_file import workload

DESKS = ("english", "chinese", "japanese", "vietnamese", "mongolian", "sign_language")


def _kept() -> Comparison:
    def told(level: float) -> dict[str, object]:
        return {
            "service_level": {"offered": level},
            "wait_seconds": {"p99": 50.0, "max": 300.0},
            "abandoned": 0.04,
            "staffed_hours": 2218.0,
            "contractors": {},
            "by_class": {desk: {"contacts": 10, "offered": level, "abandoned": 0.1} for desk in DESKS},
        }

    kept: Comparison = {}
    for seed, (mine, theirs) in enumerate([(0.93, 0.90), (0.95, 0.91), (0.94, 0.92)], start=1):
        kept[f"ordinary/default/{seed}"] = told(mine)
        kept[f"ordinary/app_queue_leastrecent/{seed}"] = told(theirs)
    return kept


def test_given_three_seeds_when_compared_then_the_difference_is_of_pairs() -> None:
    found = pairs(_kept(), "ordinary", "default", "app_queue_leastrecent", "service_level", "offered")
    assert found is not None
    assert found[0] == pytest.approx(0.03)
    assert found[1] == pytest.approx(4.30 * 0.01 / 3**0.5)
    assert average(_kept(), "ordinary", "default", "service_level", "offered") == pytest.approx(0.94)
    assert pooled_desks(_kept(), "ordinary", "default")["english"] == pytest.approx(0.94)


def test_given_one_seed_when_an_interval_is_asked_for_then_nothing_is_claimed() -> None:
    assert half_interval([0.5]) != half_interval([0.5])


def test_given_the_figures_when_the_page_is_made_then_it_has_a_table_and_three_charts() -> None:
    text = tables(_kept())
    assert "### Ordinary day" in text
    assert "+3.00 ± 2.48" in text
    assert "93" not in text.split("**default** |")[1].split("|")[0]
    drawn = charts(_kept())
    assert sorted(drawn) == ["routing_desks.svg", "routing_levels.svg", "routing_p99.svg"]
    assert all(one.startswith("<svg") for one in drawn.values())


def test_given_another_scale_when_a_day_is_scaled_then_only_its_first_crew_changes() -> None:
    ordinary = workload("ordinary", shipped("ordinary").read_bytes())
    other = scaled(ordinary, 1.0)
    assert sum(other.positions(other.crews[0])) > sum(ordinary.positions(ordinary.crews[0]))
    assert other.crews[1:] == ordinary.crews[1:]


def test_given_the_rosters_that_were_searched_when_a_day_has_one_then_every_crew_is_staffed_by_it() -> None:
    ordinary = workload("ordinary", shipped("ordinary").read_bytes())
    kept = rosters()
    assert tuple(kept) == SEARCHED
    for counts in kept.values():
        assert list(counts) == [crew.name for crew in ordinary.crews]
        for crew in ordinary.crews:
            least = least_of(ordinary, crew.name)
            assert all(count >= floor for count, floor in zip(counts[crew.name], least, strict=True))
    assert hours_of(kept["engine"]) < hours_of(kept["app_queue"]) < hours_of(kept["app_queue_with_desks"])


def test_given_days_on_searched_rosters_when_the_page_is_made_then_each_says_what_either_side_holds() -> None:
    kept = _kept()
    for key in list(kept):
        kept[key.replace("ordinary/", "ordinary@engine/")] = kept[key]
    text = tables(kept)
    assert "### Rosters that were searched" in text
    assert "| searched under the default | 2218.0 | **default** | 94.00 | 50.0 | english 94.0 |" in text
    assert "under `app_queue`" not in text.split("### Rosters")[1]
