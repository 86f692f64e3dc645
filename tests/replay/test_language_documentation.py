"""The reference is true: every block in it can be read, its first scenario runs, and it names every word there is."""

import re
from pathlib import Path

import pytest

from ivr_engine.replay import language, language_expect, language_files, language_lived, language_people, language_world
from ivr_engine.replay.language import read
from ivr_engine.replay.language_facts import DETAILS, OF_CITIZENS
from ivr_engine.replay.simulated import run
from ivr_engine.replay.verdict import judge

DOCUMENT = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
PEOPLE = """\
agents: {"1001": {skills: general}, "1002": {skills: general}}
citizens: {hong: {dials: "120"}, kim: {dials: "120"}}
"""


def _whole(block: str) -> str:
    """The block with whatever a scenario needs besides."""
    missing = "title: a block of the reference\n" if not block.startswith("title:") else ""
    for line in PEOPLE.splitlines(keepends=True):
        if f"{line.split(':')[0]}:" not in re.findall(r"^\w+:", block, re.MULTILINE):
            missing += line
    if not re.search(r"^officials:", block, re.MULTILINE):
        missing += 'officials: {"7001": {number: "0200007001"}}\n'
    if not re.search(r"^expect:", block, re.MULTILINE):
        missing += "expect: {journal: {PromiseMissed: 0}}\n"
    return missing + block


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if "…" not in block], ids=lambda block: block.split(":")[0]
)
def test_given_a_block_of_the_reference_when_read_then_nothing_is_wrong_with_it(block: str, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "dialplans_of_tomorrow").mkdir()
    fragment = next(block for block in BLOCKS if block.startswith("agents:") and "rings" not in block)
    (tmp_path / "tests" / "two_counsellors.fragment.yaml").write_text(fragment)
    file = tmp_path / "tests" / "a.scenario.yaml"
    file.write_text(_whole(block))
    assert read(file)


def test_given_the_first_scenario_when_run_as_printed_then_it_passes(tmp_path: Path) -> None:
    file = tmp_path / "missed_ring.scenario.yaml"
    file.write_text(BLOCKS[0])
    (scenario,) = read(file)
    assert judge(scenario, run(scenario).history) == ()


def test_given_the_first_scenario_when_changed_as_the_text_says_then_it_fails_at_that_line(tmp_path: Path) -> None:
    file = tmp_path / "missed_ring.scenario.yaml"
    file.write_text(BLOCKS[0].replace("waits: 11s ± 500ms", "waits: 5s"))
    (scenario,) = read(file)
    (failure,) = judge(scenario, run(scenario).history)
    assert failure.place is not None
    assert failure.place.line == 1 + BLOCKS[0][: BLOCKS[0].index("waits")].count("\n")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("The head", language.KEYS[:6]),
        ("The head", ("limit", "tags", "let", "use", "examples", *language_world.QUEUE_KEYS)),
        ("Citizens", (*language_people.CITIZEN_KEYS, *language_people.PRESS_KEYS)),
        ("Agents", (*language_people.AGENT_KEYS, *language_people.ACT_KEYS, language_people.UNTIL_HANGUP)),
        ("Officials", ("number",)),
        ("World", (*language_world.WORLD_KEYS, *(word for words in language_world.VALUES.values() for word in words))),
        ("Expect", (*language_lived.CITIZEN_EXPECTS, *language_lived.AGENT_EXPECTS, *language_expect.GENERAL)),
        ("Expect", (*language_lived.OFFER_KEYS, *language_lived.ENDS_KEYS, *language_expect.BETWEEN_KEYS)),
        ("Expect", (*language_lived.HEARD_KEYS, *language_lived.TRANSFER_KEYS, *language_lived.BECOMES_KEYS)),
        ("Expect", (*OF_CITIZENS, *(detail for verb in OF_CITIZENS for detail in DETAILS[verb]))),
        ("Variables, examples, fragments", ("use", *language_files.SHARED)),
    ],
)
def test_given_a_word_of_the_language_when_looked_up_then_its_section_has_it(
    section: str, words: tuple[str, ...]
) -> None:
    found = DOCUMENT.split(f"### {section}\n")[1].split("\n### ")[0].split("\n## ")[0]
    assert [word for word in words if not re.search(rf"(?<![a-z_]){word}(?![a-z_])", found)] == []
