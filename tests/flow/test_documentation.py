"""The book cannot lie: its tutorial works as printed, its examples pass the checker, every key has its line."""

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr_engine.core.conversation import Ask, CallerCard, Done, Ended, Finish, Keys, Moment, Play, Silence, ToQueue
from ivr_engine.core.vocabulary import ContactId, Disposition
from ivr_engine.flow.revision import Revision, load
from ivr_engine.flow.shape import VERBS
from tests.flow.conftest import Folder
from tests.whole_command import app

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "dialplan.md").read_text()
TUTORIAL = DOCUMENT.split("## A first flow\n")[1].split("\n## ")[0]
EXAMPLE = ROOT / "examples" / "library"

OPEN, CLOSED = "2027-02-10 11:00", "2027-02-08 11:00"
"""A Wednesday, and the Monday on which the library rests."""

BESIDE = {
    "queues.yaml": """\
skills: [general, district]
person: general
queues: {general: {requirement: general}, districts: {requirement: district}}
""",
    "flows/main.yaml": "steps: {values: {set: {bill: 1, fee: 2, account: \"'7'\"}}, on: {goto: %s}}\n",
    "flows/direct.yaml": "steps: {end: {hangup: self_served}}\n",
    "hours.yaml": "hours: {office: {week: always}, night: {week: always}}\n",
    "numbers.yaml": """\
agencies: {waterworks: {kind: city, ko: 수도, en: Water}}
numbers: {"120": {flow: main}, "0200001003": {flow: main, agency: waterworks}, "0200001099": {flow: direct}}
""",
}
"""What the examples of the reference take for granted: other flows, queues and numbers, and values asked for."""

STEPS_BESIDE = """\
  text_offer: {goto: person}
  water: {goto: person}
  menu: {goto: person}
"""
SENTENCES = (
    "your_bill_is", "key_your_account", "you_keyed", "is_that_right", "now_120", "goodbye", "typhoon",
)  # fmt: skip


def blocks(text: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def file_of(block: str) -> str:
    named = re.match(r"# (\S+\.yaml)\n", block)
    return named[1] if named else "flows/block.yaml" if block.startswith("steps:") else "block.yaml"


def recorded(folder: Folder, *names: str) -> None:
    for name in names:
        for language in ("ko", "en", "ja"):
            folder.record(f"{language}/{name}")


def moment(at: str) -> Moment:
    return Moment(int(datetime.fromisoformat(f"{at}:00+09:00").timestamp() * 1_000))


def plain(path: Path) -> str:
    """A document without its comments."""
    return re.sub(r"(?m)^ *#.*\n", "", path.read_text())


@pytest.fixture
def library(tmp_path: Path) -> Folder:
    """The tutorial followed to its end: each of its files as it is written last."""
    folder = Folder(tmp_path)
    for block in blocks(TUTORIAL):
        folder.write(file_of(block), block)
    recorded(folder, "library_greeting", "library_menu", "library_hours", "library_closed")
    return folder


def test_given_the_tutorial_when_its_first_files_are_loaded_then_they_do_what_the_text_says(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for block in blocks(TUTORIAL.split("**3. ")[0]):
        folder.write(file_of(block), block)
    recorded(folder, "library_greeting", "library_menu", "library_hours", "library_closed")
    revision = load(tmp_path)
    assert revision.warnings == ()
    talk = revision.converse(CallerCard(ContactId("c"), "0200001099"))
    assert isinstance(talk.begin(), Play)
    assert isinstance(talk.reply(Done()), Ask)
    assert isinstance(talk.reply(Keys("1")), Play)
    assert talk.reply(Done()) == Finish(Ended(Disposition.SELF_SERVED, "library"))


def test_given_the_tutorials_mistake_when_it_is_made_then_check_says_what_is_printed(library: Folder) -> None:
    first = blocks(TUTORIAL.split("**3. ")[0])[-1]
    library.write("flows/library.yaml", first.replace('"1": hours', '"1": hour'))
    (said,) = [line for line in library.mistakes() if "unknown_step" in line]
    (printed,) = re.findall(r"^    (flows/library\.yaml:.*) …$", TUTORIAL, re.MULTILINE)
    assert said.startswith(printed)


def heard_at(revision: Revision, at: str) -> list[str]:
    """The sentences until the menu, and where silence leads."""
    talk = revision.converse(CallerCard(ContactId("c"), "0200001099", moment=moment(at)))
    action, heard = talk.begin(), []
    while isinstance(action, Play | Ask):
        heard += [prompt.file for prompt in action.prompts]
        action = talk.reply(Silence() if isinstance(action, Ask) else Done())
    assert isinstance(action, Finish)
    assert isinstance(action.outcome, ToQueue)
    return [*heard, action.outcome.queue]


def test_given_the_whole_tutorial_when_followed_then_the_hours_decide_what_is_said(library: Folder) -> None:
    revision = library.load()
    assert revision.warnings == ()
    greeting, closed, menu = (f"ivr/ko/library_{name}" for name in ("greeting", "closed", "menu"))
    assert heard_at(revision, OPEN) == [greeting, menu, "general"]
    assert heard_at(revision, CLOSED) == [greeting, closed, menu, "general"]
    assert OPEN in TUTORIAL
    assert CLOSED in TUTORIAL


def test_given_the_ready_made_folder_when_compared_then_it_is_the_end_of_the_tutorial(library: Folder) -> None:
    revision = load(EXAMPLE)
    assert revision.warnings == ()
    names = {path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*.yaml")}
    assert names == {path.relative_to(library.path) for path in library.path.rglob("*.yaml")}
    assert [name for name in names if plain(EXAMPLE / name) != plain(library.path / name)] == []


@pytest.mark.parametrize("number", range(len(blocks(DOCUMENT.split("\n## Steps\n")[1]))))
def test_given_an_example_of_the_reference_when_checked_then_nothing_is_wrong_with_it(
    number: int, tmp_path: Path
) -> None:
    folder = Folder(tmp_path)
    block = blocks(DOCUMENT.split("\n## Steps\n")[1])[number]
    file = file_of(block)
    leads = "flow:block" if file == "flows/block.yaml" else "person"
    for name, text in BESIDE.items():
        folder.write(name, text.replace("%s", f'"{leads}"'))
    folder.write(
        "sentences.yaml",
        "prompts:\n" + "".join(f"  {name}: {{text: {{ko: 말, en: words}}}}\n" for name in SENTENCES),
    )
    recorded(folder, *SENTENCES, "closed", "choose_japanese")
    folder.write(file, block + (STEPS_BESIDE if file == "flows/main.yaml" else ""))
    load(tmp_path)


def test_given_a_mistake_in_an_example_when_checked_then_it_is_found(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "library")
    flow = tmp_path / "library" / "flows" / "library.yaml"
    flow.write_text(flow.read_text().replace("on_silence", "on_silense"))
    (said,) = Folder(tmp_path / "library").mistakes()
    assert "did you mean 'on_silence'?" in said


def test_given_the_proofs_that_are_printed_when_asked_for_then_check_prints_them() -> None:
    section = DOCUMENT.split("\n## What is proved\n")[1].split("\n## ")[0]
    printed = re.findall(r"(?m)^ {4}(.*)$", section)
    said = CliRunner().invoke(app, ["check", "--proofs", str(ROOT / "dialplans")]).output.splitlines()
    assert len(printed) > 3
    assert [line for line in printed if line not in said] == []


@pytest.mark.parametrize("verb", VERBS)
def test_given_a_verb_when_looked_up_then_each_of_its_keys_is_explained(verb: str) -> None:
    section = DOCUMENT.split(f"### `{verb}`")[1].split("\n### ")[0]
    assert all(f"`{key}`" in section or f"`{key}:" in section for key in VERBS[verb].fields)
