"""The schema that editors use is what the readers read: the shipped documents fit, and slips do not."""

import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from ivr_engine.flow.codes import CODES
from ivr_engine.flow.codes_row import Code
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.hours_document import read_hours
from ivr_engine.flow.schema import FILE, schema
from ivr_engine.flow.shape import VERBS
from ivr_engine.flow.source import Items, Node, Table, Text, read
from tests.flow.conftest import DOCUMENTS
from tests.flow.fuzzing import damaged, judge

DIALPLANS = Path(__file__).parents[2] / "dialplans"
SHIPPED = sorted(DIALPLANS.rglob("*.yaml"))
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")
SCHEMA = schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

SEED = 20261123

SEEN_BY_EDITORS = (
    *("not_a_mapping", "not_a_value", "unknown_key", "missing", "not_allowed", "number", "seconds", "unknown_section"),
    *("no_verb", "two_verbs", "too_long"),
)
"""What needs no other file: an editor shows it while one writes."""


def as_editors_read(node: Node) -> Any:
    """YAML 1.2's core: what the editors' language server makes of a value."""
    match node:
        case Table():
            return {key: as_editors_read(below) for key, below in node.entries.items()}
        case Items():
            return [as_editors_read(item) for item in node.items]
        case Text():
            return node.value if node.quoted else _core(node.value)


def _core(word: str) -> Any:
    if re.fullmatch(r"[-+]?[0-9]+", word):
        return int(word)
    if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", word):
        return float(word)
    return {"true": True, "false": False, "null": None, "~": None, "": None}.get(word, word)


def document(text: str) -> Any:
    node = read("a.yaml", text.encode(), Diagnostics())
    assert node is not None
    return as_editors_read(node)


def wrong(text: str) -> list[str]:
    return [one.message for one in VALIDATOR.iter_errors(document(text))]


def test_given_the_schema_when_looked_at_then_it_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_given_the_schema_beside_the_documents_when_compared_then_it_is_what_the_command_prints() -> None:
    written = json.loads((DIALPLANS / FILE).read_text())
    assert written == SCHEMA, f"run: ivr-engine schema > dialplans/{FILE}"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.relative_to(DIALPLANS).as_posix())
def test_given_a_shipped_document_when_an_editor_opens_it_then_the_schema_is_found_and_fits(file: Path) -> None:
    text = file.read_text()
    modeline = MODELINE.fullmatch(text.splitlines()[0])
    assert modeline is not None, "the first line names the schema"
    assert (file.parent / modeline[1]).resolve() == DIALPLANS / FILE
    assert wrong(text) == []


@pytest.mark.parametrize("file", sorted(DOCUMENTS))
def test_given_a_small_document_when_validated_then_it_fits(file: str) -> None:
    assert wrong(DOCUMENTS[file]) == []


@pytest.mark.parametrize(
    "row", [row for row in CODES.values() if row.bad and row.code in SEEN_BY_EDITORS], ids=lambda row: row.code
)
def test_given_an_example_of_a_code_when_validated_then_the_wrong_one_has_a_red_line_and_the_right_one_none(
    row: Code,
) -> None:
    assert wrong(row.bad) != []
    assert wrong(row.good) == []


@pytest.mark.parametrize("verb", VERBS)
def test_given_a_verb_when_looked_up_then_it_is_described_with_every_key(verb: str) -> None:
    definition = SCHEMA["definitions"][f"step_{verb}"]
    assert set(definition["properties"]) == set(VERBS[verb].fields)
    assert verb in definition["required"]
    assert len(definition["description"]) > len(verb)


@pytest.mark.parametrize(
    "line",
    [
        "week: {mon-fry: 09:00-18:00}",
        "week: {mon-fri: 9-18}",
        "week: {mon-fri: 09:00-18:00, holidays: closed}",
        "week: {mon-fri: [], sat-sun: closed}",
        "week: sometimes",
        "week: always\n    exceptions: {04.05.2027: closed}",
        "week: always\n    exceptions: {2027-05-04: {open: 09:00-13:00}}",
        "week: always\n    on_holidays: shut",
    ],
)
def test_given_hours_that_are_none_when_validated_then_an_editor_shows_it_and_the_reader_refuses(line: str) -> None:
    text = f"hours:\n  office:\n    {line}\n"
    assert wrong(text) != []
    diagnostics = Diagnostics()
    node = read("hours.yaml", text.encode(), diagnostics)
    assert isinstance(node, Table)
    read_hours(node, None, diagnostics)
    assert diagnostics.errors


@pytest.mark.parametrize(
    "text",
    [
        "hours: {office: {week: {'mon, wed': [09:00-12:00, 13:00 - 18:00], tue: closed, thu-sun: 22:00-06:00}}}",
        "hours: {office: {week: always, exceptions: {2027-12-29..2027-12-31: {holiday: year end, open: 09:00-10:00}}}}",
        "emergency: {message: typhoon, until: 2027-08-12 18:00}",
        "emergency: [{message: typhoon, from: 2027-08-12 9:00, until: 2027-08-12 18:00, calendars: all}]",
        "agencies: {mapo: {kind: district, ko: 마포, en: Mapo, in_service: {from: 2027-03-01}}}",
    ],
)
def test_given_hours_and_days_as_the_readers_take_them_when_validated_then_they_fit(text: str) -> None:
    assert wrong(text) == []


def test_given_documents_with_slips_when_they_are_accepted_all_the_same_then_the_schema_has_no_red_line() -> None:
    accepted = 0
    for number in range(200):
        files = damaged(random.Random(f"{SEED}/{number}"))
        if not judge(files, random.Random(SEED)).accepted:
            continue
        accepted += 1
        for name, content in files.items():
            node = read(name, content, Diagnostics())
            found = [one.message for one in VALIDATOR.iter_errors(as_editors_read(node))] if node is not None else []
            assert found == [], f"scripts/fuzz_flow --seed {SEED} --only {number}: {name}"
    assert accepted > 50


def test_given_every_section_when_looked_up_then_something_is_known_of_it() -> None:
    sections = {key: below for key, below in SCHEMA["properties"].items() if key not in ("steps", "takes", "returns")}
    assert [key for key, below in sections.items() if not below] == []
