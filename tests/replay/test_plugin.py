"""The pytest plugin as a project sees it that only has the package and a scenario file."""

import ast
import json
import os
import re
import subprocess
import sys
import venv
import xml.etree.ElementTree as ET
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from ivr_engine import pytest_plugin, pytest_scenarios

pytest_plugins = ["pytester"]
TOP = Path(__file__).parents[2]

SCENARIO = """\
title: a missed ring costs the citizen nothing
agents:
  "1001": {skills: general, rings: silent}
  "1002": {skills: general, answers: 1s, talks: 30s}
citizens:
  hong: {dials: "0200001001", patience: 60s}
expect:
  hong:
    hears: [greeting]
    offers: [{to: "1001", ends: no_answer}, {to: "1002", ends: answered}]
    waits: 11s ± 500ms
    within_promise: true
    ends: answered
"""
TABLE = """\
title: every old number gets a person
tags: [numbers]
agents:
  "1001": {skills: [general, water], answers: 1s, talks: 5s}
citizens:
  kim: {dials: "${number}", patience: 60s}
expect:
  kim: {ends: answered}
examples:
  - {number: "0200001001"}
  - {number: "0200001003"}
"""
LOADED = pytest_scenarios.perform
"""Loaded before pytester takes its picture of the modules: it forgets whatever is loaded later, half a package even."""
REGISTERED = bool(entry_points(group="pytest11", name="ivr"))


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\n")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    loaded = () if REGISTERED else ("-p", "ivr_engine.pytest_plugin")
    return project.runpytest_inprocess(*loaded, "-p", "no:asyncio", "-p", "no:cacheprovider", *arguments)


def write(project: pytest.Pytester, name: str, content: str) -> Path:
    file = project.path / name
    file.write_text(content, encoding="utf-8")
    return file


def test_given_one_scenario_file_when_pytest_runs_then_it_is_one_test_and_passes(project: pytest.Pytester) -> None:
    write(project, "missed_ring.scenario.yaml", SCENARIO)
    result = run(project, "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["missed_ring.scenario.yaml::missed_ring[[]simulated[]] PASSED*"])


def test_given_a_table_of_examples_when_pytest_runs_then_each_row_is_a_test_that_can_be_chosen(
    project: pytest.Pytester,
) -> None:
    write(project, "numbers.scenario.yaml", TABLE)
    run(project).assert_outcomes(passed=2)
    run(project, "-k", "0200001003").assert_outcomes(passed=1, deselected=1)
    run(project, "-k", "numbers and simulated").assert_outcomes(passed=2)


def test_given_a_scenario_that_fails_when_it_is_told_then_there_is_the_place_what_was_found_and_a_marked_ladder(
    project: pytest.Pytester,
) -> None:
    write(project, "wrong.scenario.yaml", SCENARIO.replace("waits: 11s", "waits: 5s"))
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"a missed ring costs the citizen nothing \(on simulated\)",
            r"E   wrong\.scenario\.yaml:11:12: expected hong queued → hong connected in 5 s ± 0\.5 s",
            r"E       it took 11\.0\d+ s",
            r" +hong +switch +engine +1001 +1002",
            r" +0\.\d{3} +┃─+▶│ +│ +dials 0200001001",
            r">>> not as expected: hong queued → hong connected in 5 s ± 0\.5 s",
            r" +12\.\d{3} +█═+█ +talk.*",
            r"FAILED wrong\.scenario\.yaml::wrong\[simulated\] - wrong\.scenario\.yaml:11:12.*",
        ]
    )


def test_given_a_file_that_is_no_scenario_when_pytest_collects_then_every_mistake_has_its_place(
    project: pytest.Pytester,
) -> None:
    write(project, "broken.scenario.yaml", SCENARIO.replace('"1001": {skills: general', '"1001": {skills: genral'))
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.re_match_lines([r".*broken\.scenario\.yaml:3:20: unknown_skill: .*did you mean 'general'\?.*"])


def test_given_a_scenario_that_cannot_end_when_it_runs_then_its_limit_ends_it_and_the_ladder_is_shown(
    project: pytest.Pytester,
) -> None:
    endless = SCENARIO.replace("talks: 30s", "talks: 20m").replace("title:", "limit: 30s\ntitle:")
    write(project, "endless.scenario.yaml", endless)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"E   .*did not end within 30 s.*hong", r" +hong +switch .*"])


def test_given_too_little_real_time_when_it_runs_then_it_fails_and_says_which_limit(project: pytest.Pytester) -> None:
    write(project, "slow.scenario.yaml", SCENARIO)
    # In a process of its own: this one's timer is in use, by the time limit of this very test.
    loaded = () if REGISTERED else ("-p", "ivr_engine.pytest_plugin")
    result = project.runpytest_subprocess(*loaded, "-p", "no:asyncio", "-p", "no:timeout", "--ivr-limit-seconds=0.0001")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*slow.scenario.yaml*0.0001 s of real time (--ivr-limit-seconds)*"])


def test_given_a_level_that_the_scenario_cannot_run_on_when_asked_for_then_it_is_skipped_with_the_reason(
    project: pytest.Pytester,
) -> None:
    refused = SCENARIO.replace("title:", "not_on: {wire: no socket would show it}\ntitle:")
    write(project, "missed_ring.scenario.yaml", refused)
    result = run(project, "--ivr-on=wire", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*wire: no socket would show it*"])


def test_given_a_fact_that_never_happened_when_it_is_told_then_the_nearest_one_is_marked(
    project: pytest.Pytester,
) -> None:
    write(project, "wrong.scenario.yaml", SCENARIO + "  order: [hong ended, hong connected]\n")
    lines = run(project).stdout.lines
    marked = next(place for place, line in enumerate(lines) if line.startswith(">>> not as expected: hong connected"))
    assert "talk" in lines[marked + 1]


def test_given_a_metric_that_is_expected_when_it_runs_then_it_is_there_to_be_judged(project: pytest.Pytester) -> None:
    sample = 'ivr_contacts_total{disposition="answered",queue="general"}'
    counted = SCENARIO + f"  metrics: {{'{sample}': 7}}\n"
    write(project, "counted.scenario.yaml", counted)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r"E   counted\.scenario\.yaml:14:.*expected ivr_contacts_total.* to be 7", r"E    .*"]
    )


def test_given_a_level_that_does_not_exist_when_asked_for_then_pytest_says_which_there_are(
    project: pytest.Pytester,
) -> None:
    result = run(project, "--ivr-on=simulated,real")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'real' is no level; there are simulated, wire, asterisk*"])


def test_given_coverage_is_asked_for_when_scenarios_ran_then_what_was_never_reached_is_told_and_drawn(
    project: pytest.Pytester,
) -> None:
    write(project, "missed_ring.scenario.yaml", SCENARIO)
    result = run(project, "--ivr-coverage")
    result.stdout.re_match_lines(
        [
            r"flow coverage of .*, 1 scenario",
            r"  steps +1 of \d+ .*never: callback\.known.*",
            r"the graph: ivr-coverage\.svg",
            r"  offers +2 of 5 +40 %  never: declined, withdrawn, failed",
        ]
    )
    assert ET.parse(project.path / "ivr-coverage.svg").getroot().tag.endswith("svg")
    run(project, "--ivr-coverage", "--ivr-coverage-graph=docs/flows.mmd")
    assert (project.path / "docs/flows.mmd").read_text().startswith("flowchart LR\n")


def test_given_two_processes_when_coverage_is_asked_for_then_it_is_one_sum(project: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    write(project, "missed_ring.scenario.yaml", SCENARIO)
    write(project, "numbers.scenario.yaml", TABLE)
    result = run(project, "--ivr-coverage", "-n2")
    result.assert_outcomes(passed=3)
    result.stdout.re_match_lines([r"flow coverage of .*, 3 scenarios", r"  numbers +2 of 70.*"])


def test_given_pictures_are_asked_for_when_a_scenario_fails_then_there_is_one(project: pytest.Pytester) -> None:
    write(project, "wrong.scenario.yaml", SCENARIO.replace("waits: 11s", "waits: 5s"))
    run(project, "--ivr-ladders=drawn").stdout.fnmatch_lines(["drawn: drawn/wrong-simulated.svg"])
    assert "not as expected" in (project.path / "drawn/wrong-simulated.svg").read_text()


def test_given_a_report_for_ci_when_a_scenario_fails_then_it_has_the_message(project: pytest.Pytester) -> None:
    write(project, "wrong.scenario.yaml", SCENARIO.replace("waits: 11s", "waits: 5s"))
    run(project, "--junitxml=report.xml")
    failure = ET.parse(project.path / "report.xml").getroot().find(".//failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("wrong.scenario.yaml:11:12: expected hong queued")
    assert "not as expected" in str(failure.text)


def test_given_a_project_without_scenarios_when_pytest_runs_then_nothing_of_the_engine_is_loaded(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing():\n"
        "    ours = sorted(name for name in sys.modules if name.split('.')[0] == 'ivr_engine')\n"
        "    assert ours == ['ivr_engine', 'ivr_engine.pytest_plugin'], ours\n"
        "    assert not {'aiohttp', 'sqlalchemy', 'pydantic', 'yaml', 'rich'} & set(sys.modules)\n"
    )
    loaded = [] if REGISTERED else ["-p", "ivr_engine.pytest_plugin"]
    others = ["-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:looptime", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *loaded, *others, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_given_the_plugin_when_its_imports_are_read_then_the_engine_is_imported_only_inside_functions() -> None:
    tree = ast.parse(Path(pytest_plugin.__file__).read_text())
    names = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert set(names) <= {"__future__", "pathlib", "typing", "pytest"}


def first_example() -> tuple[str, str]:
    """The file name and the text of the first scenario of docs/scenarios.md."""
    text = (TOP / "docs/scenarios.md").read_text(encoding="utf-8")
    found = re.search(r"`(\w+\.scenario\.yaml)`:\n\n```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None, "docs/scenarios.md no longer begins with an example"
    return found[1], found[2]


def test_given_the_first_example_of_the_documentation_when_it_runs_then_it_does_what_is_said(
    project: pytest.Pytester,
) -> None:
    name, text = first_example()
    file = write(project, name, text)
    run(project).assert_outcomes(passed=1)
    assert "waits: 11s" in text, "the documentation says: to see the test fail, write `waits: 5s`"
    file.write_text(text.replace("waits: 11s ± 500ms", "waits: 5s"), encoding="utf-8")
    run(project).assert_outcomes(failed=1)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_given_only_the_wheel_in_a_new_environment_when_pytest_runs_the_first_example_then_it_passes(
    tmp_path: Path,
) -> None:
    """What the documentation promises to a newcomer, without this tree on the path."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=TOP, check=True, capture_output=True, timeout=120)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh/bin/python"
    # The libraries of this environment are lent, so that nothing is downloaded; the package itself must be the wheel's.
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", str(wheel)], check=True, timeout=120)
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (Path(site) / "lent.pth").write_text("\n".join(lent) + "\n")
    name, text = first_example()
    project = tmp_path / "project"
    project.mkdir()
    (project / name).write_text(text, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    told = subprocess.run(
        [python, "-c", "import ivr_engine, json; print(json.dumps(ivr_engine.__file__))"],
        cwd=project, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert json.loads(told).startswith(str(tmp_path / "fresh")), "this tree was tested, not the wheel"
    done = subprocess.run(
        [python, "-m", "pytest", "-v", "--ivr-coverage"],
        cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}::{name.removesuffix('.scenario.yaml')}[simulated] PASSED" in done.stdout
    assert "flow coverage" in done.stdout
