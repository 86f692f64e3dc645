"""The schema for editors says what the reader reads: the same words, no more and no less."""

import json
from pathlib import Path
from typing import Any

import pytest

from ivr_engine.replay import language, language_expect, language_files, language_lived, language_people, language_world
from ivr_engine.replay.schema import schema

CHECKED_IN = Path(__file__).parents[1] / "scenarios" / "scenario.schema.json"
DEFINITIONS: dict[str, Any] = schema()["definitions"]
SECTIONS = DEFINITIONS["scenario"]["properties"]


def _names(node: Any) -> list[str]:
    """Every definition that is referred to, anywhere below."""
    if isinstance(node, dict):
        return [
            *([node["$ref"]] if "$ref" in node else []),
            *(name for value in node.values() for name in _names(value)),
        ]
    return [name for item in node for name in _names(item)] if isinstance(node, list) else []


def test_given_the_schema_when_compared_with_the_file_for_editors_then_they_are_one() -> None:
    told = "ivr-engine schema scenario > tests/scenarios/scenario.schema.json"
    assert json.loads(CHECKED_IN.read_text()) == schema(), told


def test_given_the_schema_when_its_references_are_followed_then_each_leads_somewhere_and_none_is_unused() -> None:
    referred = {name.removeprefix("#/definitions/") for name in _names(schema())}
    assert referred == DEFINITIONS.keys()


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        (SECTIONS, language.KEYS),
        (DEFINITIONS["fragment"]["properties"], ("use", *language_files.SHARED)),
        (SECTIONS["citizens"]["additionalProperties"]["properties"], language_people.CITIZEN_KEYS),
        (SECTIONS["agents"]["additionalProperties"]["properties"], language_people.AGENT_KEYS),
        (SECTIONS["officials"]["additionalProperties"]["properties"], language_people.OFFICIAL_KEYS),
        (SECTIONS["queues"]["additionalProperties"]["properties"], language_world.QUEUE_KEYS),
        (SECTIONS["expect"]["properties"], language_expect.GENERAL),
        (DEFINITIONS["press"]["properties"], language_people.PRESS_KEYS),
        (DEFINITIONS["when"]["properties"], language_people.WHEN_KEYS),
        (DEFINITIONS["act"]["properties"], language_people.ACT_KEYS),
        (DEFINITIONS["happening"]["properties"], language_world.WORLD_KEYS),
        (DEFINITIONS["citizen_expects"]["properties"], language_lived.CITIZEN_EXPECTS),
        (DEFINITIONS["agent_expects"]["properties"], language_lived.AGENT_EXPECTS),
        (DEFINITIONS["heard"]["properties"], language_lived.HEARD_KEYS),
        (DEFINITIONS["offer"]["properties"], language_lived.OFFER_KEYS),
        (DEFINITIONS["transfer"]["properties"], language_lived.TRANSFER_KEYS),
        (DEFINITIONS["becoming"]["properties"], language_lived.BECOMES_KEYS),
        (DEFINITIONS["between"]["properties"], language_expect.BETWEEN_KEYS),
    ],
)
def test_given_a_mapping_when_schema_and_reader_are_compared_then_they_know_the_same_keys(
    properties: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert set(properties) == set(words)
