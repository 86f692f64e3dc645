"""The flows as pictures: every step and way is there, and the longest proved way is the thick one."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from ivr_engine.flow.revision import Revision, load
from ivr_engine.flow.steps import FlowId
from ivr_engine.replay import shipped
from ivr_engine.replay.flow_graph import flow_page, whole_page
from tests.whole_command import app

SERVICES = Path(__file__).parents[1] / "scenarios" / "flows_of_services"
SVG = "{http://www.w3.org/2000/svg}"
CURVE = re.compile(r"M(\d+) \d+C.* (\d+) \d+")
GAP = 100
"""Between two columns of boxes."""


@pytest.fixture(scope="module")
def revision() -> Revision:
    return load(SERVICES)


def graph(*words: object) -> Result:
    return CliRunner().invoke(app, ["graph", "--dialplans", str(SERVICES), *map(str, words)])


def test_given_a_flow_when_drawn_then_every_step_is_a_box_and_every_way_leads_somewhere(revision: Revision) -> None:
    for flow in revision.flows.values():
        page = flow_page(revision, flow)
        (panel,) = page.panels
        assert [box.key for box in panel.boxes] == list(flow.steps)
        known = {*flow.steps, *panel.ends}
        assert {way.to for box in panel.boxes for way in box.ways} <= known
        texts = {"".join(node.itertext()) for node in ET.fromstring(page.svg()).iter(f"{SVG}text")}
        assert {f"Flow {flow.id}", *(name for name in flow.steps if len(name) < 12)} <= texts


def test_given_the_proofs_when_a_flow_is_drawn_then_the_longest_way_to_a_person_is_thick(revision: Revision) -> None:
    proof = next(row for row in revision.proofs.persons if row.flow == "services")
    (panel,) = flow_page(revision, revision.flows[FlowId("services")]).panels
    thick = {(f"services/{box.key}", way.name) for box in panel.boxes for way in box.ways if way.thick}
    assert thick == {(one.where, one.branch) for one in proof.path if one.branch}
    assert thick
    assert f"{proof.ms / 1000:.1f} s" in panel.note


def test_given_all_flows_when_drawn_on_one_page_then_numbers_and_ends_are_told(revision: Revision) -> None:
    (panel,) = whole_page(revision).panels
    assert {box.key for box in panel.boxes} == set(map(str, revision.flows))
    assert "0200001097" in {box.note for box in panel.boxes}
    assert "hangup self_served" in panel.ends
    assert ET.fromstring(whole_page(revision).svg()) is not None


@pytest.mark.parametrize("folder", [SERVICES, shipped.dialplans()], ids=["services", "120"])
def test_given_any_flow_when_drawn_then_no_line_runs_behind_a_box_and_every_way_has_its_line_or_its_words(
    folder: Path,
) -> None:
    revision = load(folder)
    for page in (whole_page(revision), *(flow_page(revision, flow) for flow in revision.flows.values())):
        (panel,) = page.panels
        root = ET.fromstring(page.svg())
        curves = [CURVE.fullmatch(node.get("d", "")) for node in root.iter(f"{SVG}path")]
        lines = [(int(found[1]), int(found[2])) for found in curves if found is not None]
        assert all(0 < end - begin < GAP for begin, end in lines), "from one column to the next"
        tags = [node for node in root.iter(f"{SVG}text") if node.get("class") == "tag"]
        ways = [way for box in panel.boxes for way in box.ways if way.to != box.key]
        assert len(lines) + len(tags) == len(ways)


def test_given_the_command_when_it_draws_then_each_picture_is_a_file_and_one_is_printed(tmp_path: Path) -> None:
    done = graph("--out", tmp_path / "pictures")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "pictures").iterdir()} >= {"all_flows.svg", "services.svg"}
    printed = graph("services", "--format", "mermaid")
    assert printed.output.startswith("flowchart LR\n")
    assert "==>" in printed.output
    wrong = graph("service")
    assert (wrong.exit_code, "did you mean 'services'?" in wrong.output) == (2, True)
    assert graph().exit_code == 2, "many pictures need a folder"
