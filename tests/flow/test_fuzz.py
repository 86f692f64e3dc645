"""Whatever stands in the folder: a revision or the reasons why not, and never for long."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Dipped,
    Done,
    Finish,
    Keys,
    NotRecorded,
    NotSent,
    Play,
    Prompt,
    Record,
    Recorded,
    Reply,
    SendText,
    Sent,
    Silence,
    Unplayable,
)
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.interpreter import STEPS_WALKED
from ivr_engine.flow.revision import load
from tests.flow.conftest import DOCUMENTS, PROMPTS, Folder

CITY = load(Path(__file__).parents[2] / "dialplans")
FEW = settings(max_examples=150, deadline=2_000, suppress_health_check=list(HealthCheck), derandomize=True)

RICH = """\
title: every verb
language: ko
steps:
  topic:
    menu: [greeting, menu]
    choices: {"1": account, "2": "flow:main", "0": person, "#": bye}
    tries: 2
    first_key_seconds: 2.5
    wrong_prompt: wrong_key
    on_silence: person
  account: {collect: account, prompts: ask, min_keys: 2, max_keys: 8, secret: true, next: desk}
  desk: {queue: transport, requirement: [english], priority: 2}
  bye: {hangup: self_served}
"""
GOOD = {**DOCUMENTS, "flows/rich.yaml": RICH}
WORDS = [
    *("steps", "play", "menu", "person", "flow:main", "next", "&a", "*a", "!!int", "<<", "---", "0120", "~", "가"),
    *("|", "- ", "{", "}", "[", "]", ": ", '"', "'", "#", "?", "\t", "\n", "\n  ", "\x00", "\udcff", "\u2028"),
]


def loaded(file: str, content: bytes) -> None:
    """Load the good folder with this content in the place of one document."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        for name, good in GOOD.items():
            folder.write(name, good)
        for name in PROMPTS:
            folder.record(f"ko/{name}", 1)
            folder.record(f"en/{name}", 1)
        folder.write(file, content)
        try:
            revision = folder.load()
        except FlowErrors as errors:
            reasons = errors.diagnostics
        else:
            for entry in revision.numbers:
                revision.converse(CallerCard(ContactId("c"), entry.number)).begin()
            return
    assert reasons
    assert all(len(str(one).splitlines()) == 1 for one in reasons)


@FEW
@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=300))
@example("flows/main.yaml", b"\xff\xfe")
def test_given_any_bytes_when_loaded_then_a_revision_or_reasons(file: str, content: bytes) -> None:
    loaded(file, content)


@FEW
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 30), st.sampled_from(WORDS)), min_size=1, max_size=4),
)
def test_given_a_good_document_that_somebody_damaged_when_loaded_then_a_revision_or_reasons(
    file: str, cuts: list[tuple[int, int, str]]
) -> None:
    text = GOOD[file]
    for at, length, word in cuts:
        text = text[:at] + word + text[at + length :]
    loaded(file, text.encode(errors="surrogateescape"))


@settings(max_examples=200, deadline=2_000, derandomize=True)
@given(st.sampled_from([entry.number for entry in CITY.numbers] + ["0"]), st.data())
def test_given_any_citizen_when_talking_then_it_ends_within_the_limit(number: str, data: st.DataObject) -> None:
    walk = CITY.converse(CallerCard(ContactId("c"), number))
    action = walk.begin()
    for _ in range(STEPS_WALKED * 2):
        if isinstance(action, Finish):
            return
        action = walk.reply(data.draw(replies(action)))
    raise AssertionError("the conversation does not end")


def replies(action: Action) -> st.SearchStrategy[Reply]:
    """What a citizen, a switch and other systems can answer to an action."""
    match action:
        case Play():
            return st.just(Done()) | _missing(action.prompts) | st.sampled_from([*action.leave, ""]).map(_left)
        case Ask():
            keys = st.text(action.keys, min_size=0, max_size=action.max_keys).map(Keys)
            left = st.sampled_from([*action.leave, ""]).map(lambda key: Keys(key) if key else Silence())
            return keys | left | _missing(action.prompts)
        case Record():
            return st.integers(0, 9_000).map(lambda ms: Recorded("r-1", ms)) | st.just(NotRecorded())
        case Dip():
            return st.just(DipFailed(DipFailure.SLOW)) | st.just(Dipped({}))
        case SendText():
            return st.just(Sent()) | st.just(NotSent())
        case _:
            return st.just(Done())


def _left(key: str) -> Reply:
    return Keys(key) if key else Done()


def _missing(prompts: tuple[Prompt, ...]) -> st.SearchStrategy[Reply]:
    return st.sampled_from(prompts).map(lambda prompt: Unplayable(prompt.file))
