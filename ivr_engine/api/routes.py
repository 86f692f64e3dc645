"""One row for each thing that can be asked: the same row serves it, checks it and documents it.

The ready-made OpenAPI layers for aiohttp are stale; what they would bring is this dataclass and `openapi.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from ivr_engine.api.access import GRANT, TOKEN_NAME
from ivr_engine.api.pictures import Nothing
from ivr_engine.api.problems import Place, Problem, from_validation
from ivr_engine.api.roles import WHOLE, Grant
from ivr_engine.core.events import Event
from ivr_engine.reports.ports import Past
from ivr_engine.runtime.ports import Audit, AuditFull, Desk, Directory, Loading, Talks

BODY_BYTES = 64 * 1024
"""No body of ours is longer than a few hundred bytes; a stranger's may not fill the memory."""

BODY_SECONDS = 5.0
"""For a body to arrive whole: a client that drips bytes gives its connection back."""

DECISION_SECONDS = 5.0
"""A decision takes under a millisecond; after five seconds the engine is not well and the client must be told."""

_audit = logging.getLogger("ivr_engine.api.audit")

BodyT = TypeVar("BodyT", bound=BaseModel)
QueryT = TypeVar("QueryT", bound=BaseModel)


def looked(audit: Audit | None, token_name: str, what: str, subject: str) -> None:
    """Write down who is about to see what. Raises Problem 503 when that is not possible."""
    _audit.info("%s %s, token %s", what, subject, token_name)
    if audit is not None:
        try:
            audit.looked(token_name, what, subject)
        except AuditFull as full:
            raise Problem(
                503, "audit_full", str(full), hint="what cannot be written down is not shown; ask again later"
            ) from None


@dataclass(frozen=True, slots=True)
class Asked(Generic[BodyT, QueryT]):
    """One request, read and checked."""

    desk: Desk
    directory: Directory
    past: Past
    path: dict[str, str]
    body: BodyT
    query: QueryT
    token_name: str
    loading: Loading | None = None
    talks: Talks | None = None
    grant: Grant = WHOLE
    audit: Audit | None = None

    def looked(self, what: str, subject: str) -> None:
        """Somebody is about to see a citizen's data. Raises Problem 503 when that cannot be written down."""
        looked(self.audit, self.token_name, what, subject)

    async def decide(self, event: Event) -> None:
        """Put the fact before the core. Raises IllegalEvent when it refuses, Problem 504 when it does not answer."""
        try:
            async with asyncio.timeout(DECISION_SECONDS):
                await self.desk.ask(event)
        except TimeoutError:
            raise Problem(
                504,
                "no_decision",
                f"the engine did not decide within {DECISION_SECONDS:g} s",
                hint="look at the state before asking again: it may still decide",
            ) from None


@dataclass(frozen=True, slots=True)
class Route(Generic[BodyT, QueryT]):
    """What is asked (method, path, body, query), what answers, and how it can be refused (status → when)."""

    method: str
    path: str
    name: str
    summary: str
    answer: type[BaseModel]
    respond: Callable[[Asked[BodyT, QueryT]], Awaitable[BaseModel]]
    body: type[BodyT]
    query: type[QueryT]
    refusals: tuple[tuple[int, str], ...] = ()
    status: int = 200


AnyRoute = Route[Any, Any]


def endpoint(
    route: AnyRoute,
    desk: Desk,
    directory: Directory,
    past: Past,
    loading: Loading | None = None,
    audit: Audit | None = None,
    talks: Talks | None = None,
) -> Handler:
    """The aiohttp side of a route."""

    async def serve(request: web.Request) -> web.StreamResponse:
        asked = Asked(
            desk=desk,
            directory=directory,
            past=past,
            path=dict(request.match_info),
            body=await _read_body(request, route.body),
            query=_read_query(request, route.query),
            token_name=request[TOKEN_NAME],
            loading=loading,
            talks=talks,
            grant=request[GRANT],
            audit=audit,
        )
        answer = await route.respond(asked)
        return web.Response(
            status=route.status,
            body=answer.model_dump_json().encode(),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return serve


async def _read_body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    if model is Nothing:
        return Nothing()
    if request.content_type != "application/json":
        raise Problem(
            415, "not_json", f"the body is {request.content_type}", hint="send Content-Type: application/json"
        )
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise Problem(408, "body_too_slow", f"the body did not arrive within {BODY_SECONDS:g} s") from None
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise from_validation(error, "body") from None


def _read_query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    doubled = sorted(name for name in set(request.query) if len(request.query.getall(name)) > 1)
    if doubled:
        places = tuple(Place(f"query.{name}", "given more than once") for name in doubled)
        raise Problem(422, "invalid_field", f"given more than once: {', '.join(doubled)}", places=places)
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise from_validation(error, "query") from None
