"""What no agent of the staff list can meet is found before a citizen waits for nobody."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.core.configuration import Asked
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.asked import asked
from ivr_engine.flow.check_staff import check_staff
from tests.flow.conftest import Folder, folder
from tests.whole_command import app

__all__ = ["folder"]

GENERAL = {Skill("general"): 3}


def queues(folder: Folder, rules: str = "") -> None:
    folder.write(
        "queues.yaml",
        "skills: [general, sign]\nperson: general\nqueues:\n"
        f"  general: {{requirement: [general]}}\n  sign: {{needs: sign >= 3{rules}}}\n",
    )
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main}\n')
    folder.flow("  wanted: {queue: general}\n")


def test_given_a_queue_that_nobody_can_serve_when_checked_with_the_staff_then_it_is_an_error(folder: Folder) -> None:
    queues(folder)
    revision = folder.load()
    (told,) = check_staff(revision, [GENERAL, {Skill("sign"): 2}])
    assert str(told).startswith("queues.yaml:1:1: unmeetable: no agent can meet what queue sign needs: sign >= 3")
    assert check_staff(revision, [GENERAL, {Skill("sign"): 3}]) == ()


def test_given_a_step_that_asks_more_than_anybody_can_when_checked_then_it_is_told_at_the_step(folder: Folder) -> None:
    queues(folder)
    folder.flow("  wanted: {queue: general, requirement: [sign]}\n")
    (told,) = check_staff(folder.load(), [GENERAL, {Skill("sign"): 5}])
    assert str(told).startswith("flows/main.yaml:2:")
    assert "step 'wanted' needs: general and sign" in str(told)


def test_given_a_number_that_asks_more_than_anybody_can_when_checked_then_it_is_told_of_the_number(
    folder: Folder,
) -> None:
    queues(folder)
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main, queue: general, requirement: [sign]}\n')
    (told,) = check_staff(folder.load(), [GENERAL, {Skill("sign"): 5}])
    assert str(told).startswith("numbers.yaml:1:1: unmeetable: no agent can meet what number 120 needs: general and")


def test_given_a_queue_whose_steps_lead_to_nobody_when_checked_then_it_is_an_error_all_the_same(
    folder: Folder,
) -> None:
    queues(folder, ", relaxation: {later: {after_seconds: 20, lower: {sign: 1}}}")
    (told,) = check_staff(folder.load(), [GENERAL, {Skill("sign"): 1}])
    assert str(told.severity) == "error"


def test_given_steps_and_numbers_that_ask_when_the_core_is_told_then_each_combination_is_there_once(
    folder: Folder,
) -> None:
    queues(folder)
    folder.write("numbers.yaml", 'numbers:\n  "120": {flow: main, queue: general, requirement: [sign]}\n')
    folder.flow("  wanted: {queue: general, requirement: [sign]}\n")
    assert asked(folder.load()) == (Asked(QueueId("general"), frozenset({Skill("sign")})),)


@pytest.mark.parametrize(
    "rules",
    [', limits: {unmeetable: "queue:general"}', ", relaxation: {later: {after_seconds: 20, lower: {sign: 1}}}"],
)
def test_given_a_queue_that_says_what_happens_then_when_checked_then_it_is_a_warning(
    folder: Folder, rules: str
) -> None:
    queues(folder, rules)
    (told,) = check_staff(folder.load(), [GENERAL, {Skill("sign"): 2}])
    assert (told.code, str(told.severity)) == ("unmeetable", "warning")


def test_given_a_staff_list_when_check_is_told_its_file_then_the_exit_status_says_whether_somebody_can(
    folder: Folder, tmp_path: Path
) -> None:
    queues(folder)
    staff = tmp_path / "agents.csv"
    for skills, status in (("general:3 sign:3", 0), ("general:3", 1), ("general:9", 2)):
        staff.write_text(f"agent,name,contractor,skills\n1001,Kim,han,{skills}\n")
        said = CliRunner().invoke(app, ["check", str(folder.path), "--agents", str(staff)])
        assert said.exit_code == status, said.output
        assert ("unmeetable" in said.output) == (status == 1)


def test_given_a_skill_that_the_documents_do_not_have_when_the_staff_is_checked_then_its_place_and_the_nearest_are_told(
    folder: Folder, tmp_path: Path
) -> None:
    queues(folder)
    staff = tmp_path / "agents.csv"
    staff.write_text("agent,name,contractor,skills\n1001,Kim,han,sign:3 generl:3\n")
    said = CliRunner().invoke(app, ["check", str(folder.path), "--agents", str(staff)])
    assert said.exit_code == 2
    assert "agents.csv:2:14: skills: found 'generl:3'" in said.output
    assert "did you mean general?" in said.output
