"""The reference is true: its first flow works as printed, and it names every key of every verb."""

import re
from pathlib import Path

import pytest

from ivr_engine.core.conversation import Ask, CallerCard, Done, Ended, Finish, Keys, Play
from ivr_engine.core.vocabulary import ContactId, Disposition
from ivr_engine.flow.revision import load
from ivr_engine.flow.shape import VERBS
from tests.flow.conftest import Folder

DOCUMENT = (Path(__file__).parents[2] / "docs" / "dialplan.md").read_text()


def test_given_the_first_flow_when_its_files_are_loaded_then_it_does_what_the_text_says(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = DOCUMENT.split("## A first flow")[1].split("\n## ")[0]
    for block in re.findall(r"```yaml\n(.*?)```", first, re.DOTALL):
        folder.write(block.splitlines()[0].removeprefix("# "), block)
    for name in ("library_greeting", "library_menu", "library_hours"):
        folder.record(f"ko/{name}")
        folder.record(f"en/{name}")
    revision = load(tmp_path)
    assert revision.warnings == ()
    talk = revision.converse(CallerCard(ContactId("c"), "0200001099"))
    assert isinstance(talk.begin(), Play)
    assert isinstance(talk.reply(Done()), Ask)
    assert isinstance(talk.reply(Keys("1")), Play)
    assert talk.reply(Done()) == Finish(Ended(Disposition.SELF_SERVED, "library"))


@pytest.mark.parametrize("verb", VERBS)
def test_given_a_verb_when_looked_up_then_each_of_its_keys_is_explained(verb: str) -> None:
    section = DOCUMENT.split(f"### `{verb}`")[1].split("\n### ")[0]
    assert all(f"`{key}`" in section or f"`{key}:" in section for key in VERBS[verb].fields)
