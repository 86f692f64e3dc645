"""The JSON Schema of the operators' documents, for editors: completion, and a red line while one writes.

Nothing is listed here: sections and their keys are learnt from the readers (`schema_asked`), steps from the tables that
read them (`schema_fields`). What an editor cannot know (names in other files, paths, expressions) is `check`'s.
"""

from collections.abc import Callable, Mapping

from ivr_engine.core.conversation import ValueType
from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.hours_document import read_hours
from ivr_engine.flow.numbers_document import read_numbers
from ivr_engine.flow.prompts import read_prompts
from ivr_engine.flow.proofs import read_promise
from ivr_engine.flow.queues import read_queues
from ivr_engine.flow.revision import HOMES
from ivr_engine.flow.schema_asked import AskedTable, Schema, word_schema
from ivr_engine.flow.schema_fields import step_definitions
from ivr_engine.flow.shape import HEAD, shape_flow
from ivr_engine.flow.shape_reader import Known
from ivr_engine.flow.steps import FlowId

FILE = "dialplan.schema.json"
"""Where it stands beside the documents."""


def schema() -> Schema:
    """The schema as JSON would hold it."""
    flow = _flow()
    sections = {name: _section(home, name) for home, names in HOMES.items() for name in names}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Documents of ivr-engine: sections in any file, and one flow a file",
        "type": "object",
        "properties": {
            **sections,
            "flows": {"type": "object", "additionalProperties": {"$ref": "#/definitions/flow"}},
            **{key: flow["properties"][key] for key in HEAD},
        },
        "additionalProperties": False,
        "definitions": {"flow": flow, **step_definitions()},
    }


def _flow() -> Schema:
    asked = AskedTable(HEAD)
    shape_flow(FlowId("name"), asked, Known(), Diagnostics())
    declared = {"type": "object", "additionalProperties": word_schema(ValueType)}
    steps = {"type": "object", "additionalProperties": {"$ref": "#/definitions/step"}, "minProperties": 1}
    learnt: Mapping[str, Schema] = asked.schema["properties"]
    return {**asked.schema, "properties": {**learnt, "takes": declared, "returns": declared, "steps": steps}}


def _section(home: str, name: str) -> Schema:
    asked = AskedTable(HOMES[home])
    _READERS[home](asked)
    learnt: Schema = asked.schema["properties"][name]
    return learnt


_READERS: Mapping[str, Callable[[AskedTable], object]] = {
    "prompts.yaml": lambda asked: read_prompts(asked, {}, Diagnostics()),
    "queues.yaml": lambda asked: read_queues(asked, Diagnostics()),
    "numbers.yaml": lambda asked: read_numbers(asked, Known(), QueueId(""), Diagnostics()),
    "hours.yaml": lambda asked: read_hours(asked, None, Diagnostics()),
    "proofs.yaml": lambda asked: read_promise(asked, None, Diagnostics()),
}
"""How the sections of each home are read: one row for each of HOMES."""
