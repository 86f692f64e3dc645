"""The OpenAPI 3.1 document, drawn from the same rows that serve the requests, so that it cannot fall behind them."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ivr_engine.api.pictures import Nothing
from ivr_engine.api.routes import AnyRoute

Json = dict[str, Any]

_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; branch on this"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "places": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["place", "message", "found"],
                "properties": {name: {"type": "string"} for name in ("place", "message", "found")},
            },
        },
        "nearest": {"type": "array", "items": {"type": "string"}},
    },
}

_EVERYWHERE = (
    (401, "unknown_token"),
    (403, "not_allowed: not for the role of this token"),
    (429, "too_many_requests: see Retry-After"),
)


def document(routes: Sequence[AnyRoute], version: str) -> Json:
    """The whole document as plain JSON values."""
    answers = {route.answer for route in routes}
    bodies = {route.body for route in routes if route.body is not Nothing}
    wanted = [(model, "serialization") for model in sorted(answers, key=_name)]
    wanted += [(model, "validation") for model in sorted(bodies, key=_name)]
    _, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    paths["/v1/feed"] = {"get": _FEED}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ivr-engine",
            "version": version,
            "description": "Times are whole milliseconds since the Unix epoch (`*_at_ms`, `*_since_ms`) or durations.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas.get("$defs", {}), "Problem": _PROBLEM},
        },
    }


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(route: AnyRoute) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": {
            str(route.status): {
                "description": "decided; the switch carries it out" if route.status == 202 else "done",
                "content": {"application/json": {"schema": {"$ref": _ref(route.answer)}}},
            },
            **{str(status): _refusal(when) for status, when in (*_EVERYWHERE, *route.refusals)},
        },
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    query = route.query.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, schema in query.get("properties", {}).items():
        required = name in query.get("required", ())
        parameters.append({"name": name, "in": "query", "required": required, "schema": schema})
    if parameters:
        operation["parameters"] = parameters
    if route.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _ref(route.body)}}},
        }
    return operation


def _ref(model: type[BaseModel]) -> str:
    return f"#/components/schemas/{model.__name__}"


def _refusal(when: str) -> Json:
    return {
        "description": when,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


_FEED: Json = {
    "operationId": "feed",
    "summary": "WebSocket: a snapshot, then every notice with a sequence number without gaps",
    "responses": {
        "101": {"description": "the feed begins"},
        "403": _refusal("foreign_origin"),
        "503": _refusal("feed_full"),
        **{str(status): _refusal(when) for status, when in _EVERYWHERE},
    },
}
