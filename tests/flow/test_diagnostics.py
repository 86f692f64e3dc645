"""What operators read when they made a mistake: whole texts, approved by a person.

Each document in `broken/` names on its first line which one of the small correct folder it takes the place of; the text
beside it is all that must be said about it. After a change that is meant: `IVR_APPROVE=1 pytest tests/flow`, then read
the difference as an operator would.
"""

import os
from pathlib import Path

import pytest

from ivr_engine.flow.diagnostics import DIAGNOSTICS, SHOWN, Diagnostic, Diagnostics, Place, nearest, shown
from tests.flow.conftest import Folder

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


@pytest.mark.parametrize("document", BROKEN, ids=lambda path: path.stem)
def test_given_a_broken_document_when_loaded_then_the_approved_text_is_said(document: Path, folder: Folder) -> None:
    content = document.read_text()
    folder.write(content.splitlines()[0].removeprefix("# "), content)
    said = "\n".join(folder.mistakes()) + "\n"
    approved = document.with_suffix(".txt")
    if os.environ.get("IVR_APPROVE"):
        approved.write_text(said)
    assert said == approved.read_text()


def test_given_mistakes_in_several_documents_when_loaded_then_all_are_told_in_order(folder: Folder) -> None:
    folder.write("queues.yaml", "skills: [general]\nperson: genral\nqueues:\n  general: {}\n")
    folder.flow("  greeting:\n    play: greting\n")
    folder.write("numbers.yaml", "numbers:\n  x: {flow: main}\n")
    places = [line.split(" ")[0] for line in folder.mistakes()]
    assert places == ["flows/main.yaml:3:11:", "numbers.yaml:2:3:", "queues.yaml:2:9:"]


def test_given_a_broken_document_when_others_name_what_it_defines_then_it_is_told_once(folder: Folder) -> None:
    folder.write("prompts.yaml", "prompts: [")
    folder.write("queues.yaml", "queues: [")
    assert [line.split(":")[0] for line in folder.mistakes()] == ["prompts.yaml", "queues.yaml"]


def test_given_more_mistakes_than_anybody_reads_when_collected_then_the_rest_is_counted() -> None:
    diagnostics = Diagnostics()
    for line in range(DIAGNOSTICS + 7):
        diagnostics.error(Place("a.yaml", line + 1), "code", "message")
    told = diagnostics.in_order()
    assert len(told) == DIAGNOSTICS + 1
    assert "and 7 more" in told[-1].message
    assert diagnostics.errors == DIAGNOSTICS + 7


def test_given_a_word_of_any_length_and_letters_when_shown_then_it_is_one_short_line() -> None:
    assert shown("a\nb\x07") == "'a\\x0ab\\x07'"
    assert len(shown("x" * 1_000_000)) == SHOWN + 2


@pytest.mark.parametrize(
    ("word", "name"), [("trasport", "transport"), ("water", "water"), ("zzz", None), ("", None), ("x" * 10_000, None)]
)
def test_given_a_word_when_compared_then_the_nearest_name_is_found_or_none(word: str, name: str | None) -> None:
    assert nearest(word, ["transport", "water", "tax"]) == name


def test_given_words_that_end_a_line_when_a_mistake_repeats_them_then_it_is_still_one_line() -> None:
    odd = Diagnostic(Place("flows/a\nb.yaml"), "code", "'a\u2028b' stands nowhere", "c\td", hint="see\x85it")
    assert str(odd) == ("flows/a\\x0ab.yaml:1:1: code: 'a\\x2028b' stands nowhere; found 'c\\x09d'; see\\x85it")
