"""A folder that is only a part of the documents."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.flow.whole import whole_of
from tests.whole_command import app

SHIPPED = Path(__file__).parents[2] / "dialplans"


@pytest.mark.parametrize(
    "verb", [("check",), ("graph", "main", "--dialplans"), ("try", "120", "--keys", "", "--dialplans")]
)
def test_given_a_part_of_the_documents_when_named_then_one_line_names_the_whole_and_nothing_is_judged(
    verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SHIPPED.parent)
    said = CliRunner().invoke(app, [*verb, "dialplans/flows"])
    assert said.exit_code == 2
    assert said.output.splitlines() == [
        "ivr-engine: dialplans/flows is a part of dialplans, and documents are read as a whole: name dialplans"
    ]


def test_given_folders_when_looked_at_then_only_documents_without_numbers_below_some_with_are_a_part(
    tmp_path: Path,
) -> None:
    part = tmp_path / "flows" / "districts"
    part.mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "numbers.yaml").write_text('# all\n"numbers": {}\n')
    (part / "mapo.yaml").write_text("steps: {}\n")
    assert whole_of(tmp_path) is None
    assert whole_of(part) == whole_of(tmp_path / "flows") == tmp_path
    assert whole_of(tmp_path / "empty") is None, "nothing is there, and check says so"
    (part / "own.yaml").write_text("numbers: {}\n")
    assert whole_of(part) is None


def test_given_a_pipe_among_the_documents_when_looked_at_then_nobody_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.yaml").write_text("steps: {}\n")
    os.mkfifo(tmp_path / "numbers.yaml")
    assert whole_of(tmp_path / "flows") is None
