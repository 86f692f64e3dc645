"""Every refusal of the API in one shape (RFC 9457), mapped from our error families once, here.

A client branches on `code`, which is stable; `detail` and `hint` are for the person who reads the log. What is our own
bug is answered with 500 and nothing of its inside, and logged with its trace.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from ivr_engine.core.errors import IllegalEvent, UnknownAgent
from ivr_engine.runtime.ports import DeskError

FOUND_CHARACTERS = 80
"""How much of a wrong value is repeated in the answer: enough to be recognised, too little to be a mirror."""

_log = logging.getLogger("ivr_engine.api")

_BY_STATUS = {
    400: ("bad_request", "see /v1/openapi.json for what this path takes"),
    404: ("no_such_path", "see /v1/openapi.json for the paths there are"),
    405: ("method_not_allowed", "the Allow header names the methods of this path"),
    413: ("body_too_large", "a body may have at most 64 KiB"),
}
"""What aiohttp itself refuses, by status: code and hint."""


@dataclass(frozen=True, slots=True)
class Place:
    """One wrong field: `place` is a dotted path that starts with body, query or path."""

    place: str
    message: str
    found: str = ""


class Problem(Exception):  # noqa: N818  (RFC 9457's word)
    """A refusal on its way out. `code` never changes its meaning; clients and tests depend on it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str = "",
        places: Sequence[Place] = (),
        nearest: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.places = tuple(places)
        self.nearest = tuple(nearest)
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """As `application/problem+json`; empty members are left out."""
        members: dict[str, Any] = {
            "type": f"urn:ivr-engine:problem:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.hint:
            members["hint"] = self.hint
        if self.places:
            members["places"] = [
                {"place": place.place, "message": place.message, "found": place.found} for place in self.places
            ]
        if self.nearest:
            members["nearest"] = list(self.nearest)
        body = json.dumps(members, ensure_ascii=False).encode()
        return web.Response(
            status=self.status, body=body, content_type="application/problem+json", headers=self.headers
        )


def from_validation(error: ValidationError, where: str) -> Problem:
    """Every wrong field of a body or query at once: 422, or 400 where the body is not JSON at all."""
    places = tuple(
        Place(".".join((where, *map(str, fault["loc"]))), fault["msg"], _found(fault["input"]))
        for fault in error.errors(include_url=False, include_context=False)
    )
    if any(fault["type"] == "json_invalid" for fault in error.errors(include_url=False, include_context=False)):
        return Problem(400, "not_json", places[0].message, hint="send one JSON object", places=places)
    count = len(places)
    return Problem(
        422,
        "invalid_field",
        f"{count} field{'s' if count > 1 else ''} of the {where} cannot be taken: "
        + "; ".join(f"{place.place}: {place.message}" for place in places),
        hint="see /v1/openapi.json for what is allowed",
        places=places,
    )


def from_core(error: IllegalEvent) -> Problem:
    """The core's refusal, with the core's own code: 404 for an agent nobody knows, 409 for the wrong moment."""
    if isinstance(error, UnknownAgent):
        return Problem(404, error.code, str(error), hint="GET /v1/agents lists the agents there are")
    return Problem(409, error.code, str(error), hint="nothing was changed; GET /v1/agents/{agent} shows the state")


def _found(value: object) -> str:
    if isinstance(value, (dict, list, bytes)):
        return ""
    text = str(value)
    return text if len(text) <= FOUND_CHARACTERS else text[:FOUND_CHARACTERS] + "…"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost layer: whatever goes wrong inside leaves as a problem."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except IllegalEvent as refused:
        return from_core(refused).response()
    except DeskError as closed:
        return Problem(503, closed.code, str(closed), hint="nothing was changed; ask again in a moment").response()
    except web.HTTPException as refusal:
        code, hint = _BY_STATUS.get(refusal.status, ("http", ""))
        kept = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
        return Problem(refusal.status, code, refusal.reason, hint=hint, headers=kept).response()
    except Exception:
        _log.exception("bug while answering %s %s", request.method, request.path)
        return Problem(500, "bug", "this is our mistake; it has been logged", hint="").response()
