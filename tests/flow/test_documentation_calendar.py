"""The reference of numbers, hours and expressions is true: every key and name is explained, every example is right."""

import re
from pathlib import Path

import pytest

from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.expressions import parse
from ivr_engine.flow.expressions_contact import contact_types
from ivr_engine.flow.expressions_tree import KEYWORDS
from ivr_engine.flow.hours_document import CALENDAR_KEYS, CLOSING_KEYS, read_hours
from ivr_engine.flow.numbers_document import NUMBER_KEYS, SERVICE_KEYS, read_numbers
from ivr_engine.flow.shape_reader import Known
from ivr_engine.flow.source import Table, read

DOCUMENT = (Path(__file__).parents[2] / "docs" / "dialplan.md").read_text()


def section(title: str) -> str:
    return DOCUMENT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def example(title: str, file: str) -> str:
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", section(title), re.DOTALL)
    return next(text for text in blocks if file in text[:40])


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("Numbers", (*NUMBER_KEYS, *SERVICE_KEYS)),
        ("Hours", (*CALENDAR_KEYS, *CLOSING_KEYS)),
        ("Expressions", (*contact_types((), ()), *KEYWORDS)),
    ],
)
def test_given_a_section_when_looked_through_then_every_key_and_name_stands_in_it(
    title: str, keys: tuple[str, ...]
) -> None:
    text = section(title)
    assert [key for key in keys if not re.search(rf"(?<![a-z_.]){re.escape(key)}(?![a-z_])", text)] == []


def test_given_the_example_of_numbers_when_read_then_it_is_right() -> None:
    diagnostics = Diagnostics()
    document = read("numbers.yaml", example("Numbers", "numbers.yaml").encode(), diagnostics)
    assert isinstance(document, Table)
    registry = read_numbers(document, Known(flows=frozenset({"main", "direct"})), QueueId("general"), diagnostics)
    assert diagnostics.in_order() == ()
    assert list(registry.entries) == ["120", "0200002141", "0200002142"]


def test_given_the_examples_of_hours_when_read_then_they_are_right() -> None:
    diagnostics = Diagnostics()
    hours, emergency = example("Hours", "hours.yaml"), example("Hours", "emergency.yaml")
    node = read("hours.yaml", (hours + emergency).encode(), diagnostics)
    assert node is not None
    calendars = read_hours(node, frozenset({"typhoon"}), diagnostics).hours.calendars
    assert diagnostics.in_order() == ()
    assert [len(one.closings) for one in calendars.values()] == [1, 1, 0]


def test_given_the_examples_of_expressions_when_parsed_then_they_are_right() -> None:
    types = contact_types(("mapo", "waterworks"), ("ko", "en"))
    written = re.findall(r"switch: (.*)", example("Expressions", "flows/main.yaml"))
    written += ["now.time between 22:00 and 06:00", "now.weekday in fri..mon", "'it''s' == caller"]
    assert len(written) == 5
    for one in written:
        assert one in section("Expressions") or one.startswith("'it''s'")
        parse(one, types)
