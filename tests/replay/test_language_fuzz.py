"""Whatever stands in a file, it is scenarios or diagnostics: never another exception, and never without a place."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr_engine.flow.diagnostics import Diagnostic
from ivr_engine.replay import language, language_expect, language_lived, language_people, language_world
from ivr_engine.replay.language import ScenarioErrors, read
from ivr_engine.replay.language_facts import DETAILS

WORDS = sorted(
    {
        *language.KEYS,
        *language_people.CITIZEN_KEYS,
        *language_people.PRESS_KEYS,
        *language_people.AGENT_KEYS,
        *language_people.ACT_KEYS,
        *language_world.WORLD_KEYS,
        *language_expect.GENERAL,
        *language_lived.CITIZEN_EXPECTS,
        *language_lived.OFFER_KEYS,
        *language_lived.TRANSFER_KEYS,
        *map(str, DETAILS),
    }
)
VALUES = [
    "hong",
    "1001",
    "120",
    "5s",
    "6s ± 1s",
    "±",
    "${x}",
    "${",
    "...",
    "menu",
    "general:9",
    "0",
    "-1",
    "٣s",
    "",
    "=",
    "\\0",
    "/",
]
SCENARIO = """\
title: whole
at: 2026-11-23 10:00
on: [simulated]
queues: {general: {ring: 5s, wrap_up: 0s}}
let: {x: "1"}
agents:
  "1001": {skills: general, rings: [silent, {answers: 1s}], does: [{hold: 500ms}, {consult: 1s, entry: "7001"}]}
officials: {"7001": {number: "0200007001"}}
citizens:
  hong: {dials: "120", presses: [{keys: "1", heard: menu, after: 500ms}], hangs_up: {held: 1s}}
world: [{at: 3s, agent: "1001", presence: available, by: phone}, {at: 4s, events: delayed, by: 1s, for: 2s}]
expect:
  hong: {hears: [greeting, ...], offers: [{to: "1001", ends: answered, at: 6s ± 1s}], transfers: [held], ends: answered}
  "1001": {becomes: [offered, {state: idle}]}
  order: [hong arrived, {hong connected: {at: 3s}}]
  counts: {contact ended answered: 2, "1001 offered": {at_most: 1}}
  between: {from: hong arrived, to: hong ended, takes: 3s}
  metrics: {ivr_x: 2}
  journal: {PromiseMissed: 0}
examples: [{x: "2"}]
"""
PIECES = SCENARIO.replace("{", " { ").replace("}", " } ").replace("[", " [ ").replace("]", " ] ").split(" ")
_leaf = st.sampled_from([f'"{value}"' for value in VALUES] + WORDS)
_node = st.recursive(
    _leaf,
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(_leaf, below, max_size=4).map(
            lambda table: "{" + ", ".join(f"{key}: {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=12,
)


def _is_read_or_refused(text: str, folder: Path) -> None:
    file = folder / "a.scenario.yaml"
    file.write_text(text)
    refused: tuple[Diagnostic, ...] = ()
    try:
        found = read(file)
    except ScenarioErrors as errors:
        found, refused = (), errors.diagnostics
    assert bool(found) is not bool(refused)
    assert all(one.place.file for one in refused)


def test_given_the_scenario_that_is_changed_below_when_read_then_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "a.scenario.yaml"
    file.write_text(" ".join(PIECES))
    assert len(read(file)) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sections=st.dictionaries(st.sampled_from(language.KEYS), _node, min_size=1))
def test_given_any_tree_of_the_language_s_words_when_read_then_it_is_read_or_refused(
    tmp_path: Path, sections: dict[str, str]
) -> None:
    _is_read_or_refused("".join(f"{key}: {node}\n" for key, node in sections.items()), tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(PIECES) - 1), piece=_node)
def test_given_a_whole_scenario_with_one_word_replaced_when_read_then_it_is_read_or_refused(
    tmp_path: Path, at: int, piece: str
) -> None:
    _is_read_or_refused(" ".join([*PIECES[:at], piece, *PIECES[at + 1 :]]), tmp_path)
