"""Coverage: what is there, what was reached, what never was; as text, as Mermaid and as a picture."""

import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from ivr_engine.flow.revision import Revision, load
from ivr_engine.flow.steps import FlowId
from ivr_engine.replay import coverage_graph
from ivr_engine.replay.coverage import Coverage, Tally, measure, outcome_summary, outcomes, summary, ways_out
from ivr_engine.replay.shipped import dialplans
from tests.replay.drawn_histories import engine_killed, handed_over

SVG = "{http://www.w3.org/2000/svg}"
WALKED = [("main", "greeting", ""), ("main", "greeting", "next"), ("main", "topic", ""), ("main", "topic", "1")]


@pytest.fixture(scope="module")
def revision() -> Revision:
    return load(dialplans())


def some(revision: Revision) -> Coverage:
    tally = Tally()
    tally.add(handed_over(), Counter([*WALKED, ("main", "transport", "")]))
    tally.add(engine_killed(), Counter([*WALKED[:3], ("main", "topic", "silence")]))
    return measure(revision, tally)


def reach(coverage: Coverage, kind: str) -> dict[str, int]:
    return next(dict(one.counts) for one in coverage.reaches if one.kind == kind)


def test_given_a_menu_when_its_ways_out_are_told_then_every_key_the_wrong_one_and_silence_are_among_them(
    revision: Revision,
) -> None:
    names = [name for name, _ in ways_out(revision.flows[FlowId("main")], "topic")]
    assert names == ["1", "2", "3", "4", "5", "6", "9", "0", "*", "wrong", "silence", "otherwise"]


def test_given_two_runs_when_coverage_is_measured_then_each_step_and_key_has_its_count(revision: Revision) -> None:
    coverage = some(revision)
    assert reach(coverage, "steps")["main.greeting"] == 2
    assert reach(coverage, "steps")["main.water"] == 0
    assert reach(coverage, "keys")["main.topic:1"] == 1
    assert reach(coverage, "keys")["main.topic:9"] == 0
    assert reach(coverage, "other branches")["main.topic:silence"] == 1
    prompts = reach(coverage, "prompts")
    assert {prompt: count for prompt, count in prompts.items() if count} == {"greeting": 2, "menu": 1}
    assert {"connecting", "not_in_service", "wrong_key"} <= set(prompts)
    assert len(reach(coverage, "numbers")) == 70
    assert reach(coverage, "numbers")["120"] == 2


def test_given_outcomes_when_they_are_summed_up_then_those_never_seen_are_named() -> None:
    tally = Tally()
    tally.add(handed_over())
    found = {one.kind: dict(one.counts) for one in outcomes(tally)}
    assert found["dispositions"]["answered"] == 1
    assert found["offers"] == {"answered": 1, "declined": 0, "no_answer": 1, "withdrawn": 0, "failed": 0}
    text = outcome_summary(tally)
    assert text.startswith("outcomes of 1 scenario\n")
    assert "offers              2 of 5      40 %  never: declined, withdrawn, failed" in text


def test_given_coverage_when_it_is_summed_up_then_what_was_never_reached_is_named_in_100_columns(
    revision: Revision,
) -> None:
    text = summary(some(revision))
    assert text.startswith("flow coverage of dialplans, 2 scenarios\n")
    assert "callback.known" in text
    assert "numbers             2 of 70      2 %" in text
    assert max(map(len, text.splitlines())) <= 100


def test_given_no_run_when_coverage_is_measured_then_everything_was_never_reached(revision: Revision) -> None:
    coverage = measure(revision, Tally())
    assert all(one.reached == 0 for one in coverage.reaches)
    assert {coverage_graph.verdict(one) for steps in coverage.flows.values() for one in steps} == {coverage_graph.RED}


def test_given_a_step_when_some_way_out_was_never_taken_then_it_is_amber_else_green(revision: Revision) -> None:
    colours = {one.name: coverage_graph.verdict(one) for one in some(revision).flows["main"]}
    assert colours["greeting"] == coverage_graph.AMBER, "nobody pressed 0 while greeted"
    assert colours["topic"] == coverage_graph.AMBER
    assert colours["transport"] == coverage_graph.GREEN
    assert colours["water"] == coverage_graph.RED


def test_given_two_processes_when_their_tallies_cross_as_json_then_the_sum_is_the_same(revision: Revision) -> None:
    one, other, both = Tally(), Tally(), Tally()
    one.add(handed_over(), Counter(WALKED))
    other.add(engine_killed(), Counter(WALKED[:2]))
    both.add(handed_over(), Counter(WALKED))
    both.add(engine_killed(), Counter(WALKED[:2]))
    summed = Tally()
    for part in (one, other):
        summed.merge(Tally.from_plain(json.loads(json.dumps(part.to_plain()))))
    assert summed == both
    assert measure(revision, summed) == measure(revision, both)


@pytest.mark.parametrize("broken", [{}, {"scenarios": 1, "passed": 7, "prompts": [], "numbers": [], "outcomes": []}])
def test_given_something_else_when_it_is_read_as_a_tally_then_it_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Tally.from_plain(broken)


def test_given_coverage_when_it_is_drawn_for_a_page_then_every_step_and_link_is_there(revision: Revision) -> None:
    coverage = some(revision)
    drawn = coverage_graph.mermaid(coverage)
    assert drawn.startswith("flowchart LR\n")
    assert 'main__topic -->|"1"| main__transport' in drawn
    assert 'main__topic -.->|"9"| languages__choice' in drawn
    assert 'main__topic -->|"silence"| person' in drawn
    links = [line for line in drawn.splitlines() if "|" in line and ("-->" in line or "-.->" in line)]
    dashed = [str(place) for place, line in enumerate(links) if "-.->" in line]
    assert f"  linkStyle {','.join(dashed)} stroke" in drawn


def test_given_coverage_when_it_is_a_picture_then_no_two_boxes_of_a_flow_overlap(revision: Revision) -> None:
    root = ET.fromstring(coverage_graph.svg(some(revision)))
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert {"What 2 scenarios reached", "main", "topic", "never"} <= set(texts)
    for panel in root.findall(f"{SVG}g/{SVG}g"):
        boxes = [
            tuple(int(node.get(key, "0")) for key in ("x", "y", "width", "height"))
            for node in panel.findall(f"{SVG}rect")
        ]
        for place, (x, y, _, _) in enumerate(boxes):
            for at_x, at_y, width, height in boxes[:place]:
                assert not (at_x <= x < at_x + width and at_y <= y < at_y + height)


def test_given_a_loop_of_menus_when_it_is_drawn_then_it_ends(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prompts/ko").mkdir(parents=True)
    (tmp_path / "prompts/ko/hello.gsm").write_bytes(b"")
    (tmp_path / "prompts.yaml").write_text("prompts: {hello: {text: {ko: 여보세요}}}\n")
    (tmp_path / "queues.yaml").write_text(
        "skills: [general]\nperson: general\nqueues: {general: {title: x, requirement: general}}\n"
    )
    (tmp_path / "numbers.yaml").write_text(
        'agencies: {a: {kind: city, ko: x, en: x}}\nnumbers:\n  "120": {flow: round}\n'
    )
    (tmp_path / "flows/round.yaml").write_text(
        'title: round\nsteps:\n  one:\n    menu: hello\n    choices: {"1": two}\n    otherwise: person\n'
        '  two:\n    menu: hello\n    choices: {"1": one, "2": two}\n    otherwise: person\n'
    )
    coverage = measure(load(tmp_path), Tally())
    assert ET.fromstring(coverage_graph.svg(coverage)) is not None
    assert coverage_graph.mermaid(coverage).count("round__two") >= 4
