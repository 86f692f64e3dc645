"""Puts the API together: layers, routes, the feed, health. No decision is made here."""

import asyncio
import json
from collections.abc import Callable
from functools import cache

from aiohttp import web
from prometheus_client import CollectorRegistry

from ivr_engine import __version__
from ivr_engine.api.access import Tokens, access, is_loopback
from ivr_engine.api.callbacks import CALLBACK_ROUTES
from ivr_engine.api.door import first_request
from ivr_engine.api.feed import Feed
from ivr_engine.api.health import Health, add_health
from ivr_engine.api.openapi import document
from ivr_engine.api.past import PAST_ROUTES
from ivr_engine.api.problems import problems
from ivr_engine.api.recordings import RECORDING_PATH, RECORDING_ROUTES, listening
from ivr_engine.api.resources import ROUTES
from ivr_engine.api.revisions import REVISION_ROUTES
from ivr_engine.api.roles import grants
from ivr_engine.api.routes import BODY_BYTES, endpoint
from ivr_engine.reports.ports import Past
from ivr_engine.runtime.ports import Audit, Desk, Directory, Loading, Talks
from ivr_engine.settings import Settings


def build_app(
    *,
    desk: Desk,
    directory: Directory,
    past: Past,
    settings: Settings,
    metrics_registry: CollectorRegistry,
    health: Callable[[], Health],
    feed: Feed,
    loading: Loading | None = None,
    audit: Audit | None = None,
    talks: Talks | None = None,
) -> web.Application:
    """The whole HTTP side of the engine, to be run by the service.

    `/metrics` needs no token while `settings.api_host` is a loopback address. Raises `access.TokenError` for tokens
    that would let somebody in by mistake, `roles.RoleError` for roles that do not exist.
    """
    tokens = Tokens(settings.api_tokens)
    granted = grants(settings.api_roles, settings.api_tokens)
    app = web.Application(
        middlewares=[
            first_request,
            problems,
            access(tokens, open_metrics=is_loopback(settings.api_host), granted=granted),
        ],
        client_max_size=BODY_BYTES,
    )
    routes = (*ROUTES, *CALLBACK_ROUTES, *PAST_ROUTES, *RECORDING_ROUTES, *REVISION_ROUTES)
    for route in routes:
        served = endpoint(route, desk, directory, past, loading, audit, talks)
        app.router.add_route(route.method, route.path, served, name=route.name)

    @cache
    def described() -> bytes:
        return json.dumps(document(routes, __version__), ensure_ascii=False).encode()

    async def describe(_: web.Request) -> web.Response:
        # written when first asked for: a start has no tenth of a second for what few read
        return web.Response(body=await asyncio.to_thread(described), content_type="application/json")

    async def listen(request: web.Request) -> web.StreamResponse:
        return await feed.serve(request, settings.api_origins)

    async def send_away(_: web.Application) -> None:
        feed.close()

    app.router.add_get(RECORDING_PATH, listening(talks, audit), allow_head=False, name="listen_to_recording")
    app.router.add_get("/v1/openapi.json", describe, name="openapi")
    app.router.add_get("/v1/feed", listen, allow_head=False, name="feed")
    add_health(app, version=__version__, health=health, registry=metrics_registry)
    app.on_shutdown.append(send_away)
    return app
