"""The JSON Schema of steps, made from the tables of fields that read them (`shape`)."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from ivr_engine.flow.form import NAME
from ivr_engine.flow.schema_asked import (
    Schema,
    name_schema,
    seconds_schema,
    several,
    text_schema,
    whole_schema,
    word_schema,
)
from ivr_engine.flow.shape import VERBS, Verb
from ivr_engine.flow.shape_fields import (
    KEYS,
    Below,
    Cases,
    Choices,
    Field,
    Formula,
    Formulas,
    Name,
    Named,
    Names,
    Pairs,
    PersonKey,
    Prompts,
    Seconds,
    To,
    Truth,
    Whole,
    Word,
    Written,
)

TARGET = {"$ref": "#/definitions/target"}
FORMULA = {"$ref": "#/definitions/expression"}


def step_definitions() -> Mapping[str, Schema]:
    """One definition for each verb, and `step`: any of them."""
    verbs = {f"step_{name}": _verb(name, verb) for name, verb in VERBS.items()}
    shared: Schema = {
        "target": {
            "description": "A step of this flow, flow:NAME for the beginning of another, or person.",
            "type": "string",
            "pattern": f"^(flow:)?{NAME.pattern}$",
        },
        "expression": {
            "description": "An expression, such as: now.time between 09:00 and 18:00.",
            "type": ["string", "number", "boolean"],
        },
        "step": {"anyOf": [{"$ref": f"#/definitions/{name}"} for name in verbs]},
    }
    return {**shared, **verbs}


def _verb(name: str, verb: Verb) -> Schema:
    schema = fields_schema(verb.fields)
    built = get_type_hints(verb.build).get("return")
    meaning = (getattr(built, "__doc__", None) or "").strip().splitlines()
    return {
        "description": meaning[0] if meaning else name,
        **schema,
        "required": list(dict.fromkeys([name, *schema.get("required", ())])),
    }


def fields_schema(fields: Mapping[str, Field]) -> Schema:
    """A mapping of these fields and no others."""
    required = [key for key, field in fields.items() if field.required]
    schema: Schema = {
        "type": "object",
        "properties": {key: field_schema(field) for key, field in fields.items()},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


def field_schema(field: Field) -> Schema:
    """What may stand in one field. Raises TypeError for a kind of field that nobody taught it."""
    match field:
        case Prompts() | Names():
            return several(name_schema())
        case To():
            return TARGET
        case Whole():
            return whole_schema(field.lowest, field.highest)
        case Seconds():
            return seconds_schema(field.lowest_ms, field.highest_ms)
        case Truth():
            return {"type": "boolean"}
        case Word() | PersonKey():
            return word_schema(field.words)
        case Name():
            return name_schema()
        case Formula():
            return FORMULA
        case _:
            return _mapping_schema(field)


def _mapping_schema(field: Any) -> Schema:
    match field:
        case Formulas():
            schema = _of_names(FORMULA)
            return {"anyOf": [schema, {"enum": ["", None]}]} if field.may_be_empty else schema
        case Pairs():
            return _of_names(name_schema())
        case Choices():
            return _of_names(TARGET, list(KEYS))
        case Cases():
            return {"type": "object", "additionalProperties": TARGET, "minProperties": 1}
        case Below():
            return fields_schema(field.fields)
        case Named():
            whole = fields_schema(field.fields)
            short = field_schema(field.fields[field.short]) if field.short else None
            return _of_names({"anyOf": [whole, short]} if short is not None else whole)
        case Written():
            return _of_names(text_schema(), list(field.languages)) if field.languages else text_schema()
        case _:
            raise TypeError(f"no schema for a field of kind {type(field).__name__}")


def _of_names(value: Schema, names: list[str] | None = None) -> Schema:
    if names is None:
        return {"type": "object", "propertyNames": {"pattern": f"^{NAME.pattern}$"}, "additionalProperties": value}
    return {"type": "object", "propertyNames": {"enum": names}, "additionalProperties": value, "minProperties": 1}
