"""What people read when a scenario is wrong: whole texts, approved by a person.

The text beside each file in `broken/` is all that must be said about it. After a change that is meant:
`IVR_APPROVE=1 pytest tests/replay`, then read the difference as somebody who writes a first scenario would.
"""

import os
from pathlib import Path

import pytest

from ivr_engine.flow.source import DEPTH, DOCUMENT_BYTES
from ivr_engine.replay.language import ScenarioErrors, read
from ivr_engine.replay.language_files import FRAGMENTS
from ivr_engine.replay.language_words import LIST

FOLDER = Path(__file__).parent / "broken"
BROKEN = sorted(path for path in FOLDER.glob("*.yaml") if ".fragment." not in path.name)


def mistakes(path: Path) -> list[str]:
    """What is said about a file, without the folder in which it lies."""
    with pytest.raises(ScenarioErrors) as refused:
        read(path)
    return [str(found).replace(f"{path.parent.as_posix()}/", "") for found in refused.value.diagnostics]


def codes(path: Path) -> list[str]:
    with pytest.raises(ScenarioErrors) as refused:
        read(path)
    return [found.code for found in refused.value.diagnostics]


@pytest.mark.parametrize("document", BROKEN, ids=lambda path: path.stem)
def test_given_a_broken_scenario_when_read_then_the_approved_text_is_said(document: Path) -> None:
    said = "\n".join(mistakes(document)) + "\n"
    approved = document.with_suffix(".txt")
    if os.environ.get("IVR_APPROVE"):
        approved.write_text(said)
    assert said == approved.read_text()


def test_given_no_such_file_when_read_then_the_file_itself_is_the_place(tmp_path: Path) -> None:
    (said,) = mistakes(tmp_path / "gone.scenario.yaml")
    assert said == "gone.scenario.yaml:1:1: unreadable: cannot read this file: No such file or directory"


def test_given_a_folder_in_place_of_a_file_when_read_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.scenario.yaml").mkdir()
    assert codes(tmp_path / "a.scenario.yaml") == ["unreadable"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"#" * (DOCUMENT_BYTES + 1), "too_large"),
        (b"title: " + b"[" * (DEPTH + 1), "too_deep"),
        ("title: 시나리오".encode("cp949"), "encoding"),
        (b"", "empty"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\n" + b"c: [" + b"*b, " * 20_000 + b"]", "too_many_values"),
    ],
    ids=["large", "deep", "korean", "empty", "aliases"],
)
def test_given_a_file_that_nobody_wrote_by_hand_when_read_then_it_is_refused(
    tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "a.scenario.yaml"
    file.write_bytes(content)
    assert codes(file) == [code]


def test_given_a_longer_list_than_anybody_writes_when_read_then_it_is_refused_once(tmp_path: Path) -> None:
    file = tmp_path / "a.scenario.yaml"
    world = "\n".join(f"  - {{at: {second}s, switch: restarted}}" for second in range(LIST + 1))
    file.write_text(f"title: a\nworld:\n{world}\nexpect: {{journal: {{PromiseMissed: 0}}}}\n")
    assert codes(file) == ["too_long"]


def test_given_more_fragments_than_a_scenario_can_have_when_read_then_the_first_too_many_is_told(
    tmp_path: Path,
) -> None:
    names = [f"f{number}.fragment.yaml" for number in range(FRAGMENTS + 1)]
    for name in names:
        (tmp_path / name).write_text("agents: {}\n")
    file = tmp_path / "a.scenario.yaml"
    file.write_text(
        f"title: a\nuse: [{', '.join(names)}]\n"
        f"world: [{{at: 1s, switch: restarted}}]\nexpect: {{journal: {{PromiseMissed: 0}}}}\n"
    )
    assert codes(file) == ["too_many_files"]


def test_given_flows_that_are_broken_when_a_scenario_runs_against_them_then_their_first_mistake_is_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.yaml").write_text("steps: {}\n")
    file = tmp_path / "a.scenario.yaml"
    file.write_text(
        'title: a\ndialplans: .\ncitizens: {hong: {dials: "120", patience: 5s}}\nexpect: {hong: {hears: [anything]}}\n'
    )
    (said,) = mistakes(file)
    assert said.startswith("a.scenario.yaml:2:12: dialplans: the flows cannot be used: flows/main.yaml:1:8: empty")


@pytest.mark.parametrize("name", ['"\\0"', "x" * 300, "loop"], ids=["nul", "long", "loop"])
def test_given_paths_that_no_file_system_has_when_read_then_each_is_told_in_its_place(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    file = tmp_path / "a.scenario.yaml"
    file.write_text(
        f"title: a\nuse: {name}\ndialplans: {name}\nworld: [{{at: 1s, revision: {name}}}]\n"
        "expect: {journal: {PromiseMissed: 0}}\n"
    )
    assert codes(file) == ["unknown_fragment", "unknown_folder", "unknown_folder"]
