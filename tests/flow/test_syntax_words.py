"""Slips of the hand in YAML, each told in the words of somebody who has never programmed."""

import pytest

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.source import read

STEPS = """\
steps:
  greeting:
    play: greeting
  topic:
    menu: menu
    choices:
      "1": hours
      "0": person
  hours:
    play: hours
"""

SLIPS = {
    "a key without its colon": ("  topic:", "  topic", "5:9", "the line before has no colon; write 'topic:' in line 4"),
    "a step too far right": (
        "  topic:",
        "   topic:",
        "4:4",
        "in no column of the lines above it; it stands below 'greeting:' in line 2: one of these two lines",
    ),
    "a step too far left": (
        "  topic:",
        "topic:",
        "9:3",
        "in no column of the lines above it; it stands below 'topic:' in line 4: one of these two lines",
    ),
    "a key too far right": (
        "    choices:",
        "      choices:",
        "6:14",
        "this line stands deeper than the one before, which has its value already; begin it in the same column as",
    ),
    "a tab": ("    menu", "\tmenu", "5:1", "a tab stands at the beginning of the line; indent with spaces"),
    "a quote left open": ('"1": hours', '"1: hours', "8:8", "a quote is not closed; count the quotes in line 7"),
    "a quote left open to the end": (
        "play: hours",
        'play: "hours',
        "11:1",
        "a quote is not closed; write the closing quote",
    ),
    "a bracket left open": (
        "menu: menu",
        "menu: [menu",
        "6:12",
        "a list [ is not closed, or a comma is missing in it; close it with ']'; it begins at 5:11",
    ),
    "a brace left open": (
        "  topic:",
        "  other: {play: hours",
        "5:9",
        "a mapping { is not closed, or a comma is missing in it; close it with '}'; it begins at 4:10",
    ),
    "flow: with a space": (
        "hours\n      ",
        "flow: main\n      ",
        "7:16",
        "there are two colons in this line; put the text",
    ),
    "a dash before one step": (
        "  greeting:",
        "  - greeting:",
        "4:3",
        "the lines above are a list (-), and this one is none",
    ),
    "a sign at the beginning": (
        "play: greeting",
        "play: @hello",
        "3:11",
        "a value cannot begin with @; put the whole value",
    ),
    "a star as a key": (
        '"0": person',
        "*: person",
        "8:8",
        'means something else in YAML; put keys such as "*" and "#" in',
    ),
}


@pytest.mark.parametrize(("right", "wrong", "place", "told"), SLIPS.values(), ids=SLIPS)
def test_given_a_slip_when_read_then_it_is_told_where_and_what_to_do(
    right: str, wrong: str, place: str, told: str
) -> None:
    assert right in STEPS
    diagnostics = Diagnostics()
    read("a.yaml", STEPS.replace(right, wrong, 1).encode(), diagnostics)
    (said,) = map(str, diagnostics.in_order())
    assert said.startswith(f"a.yaml:{place}: syntax: ")
    assert told in said
