"""A small server on loopback that stands for other offices: waterworks, transit, vehicle tax, and a text gateway.

Everything that was asked is kept, so that a test sees what left the engine, and not what it meant to send.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from ivr_engine.core.conversation import Dip, Output, Value, ValueType

BILLS = {"0123456789": {"won": 34_500, "due": "2026-12-31", "paid": False}}
STOPS = {"01-234": [{"route": "472", "minutes": 3}, {"route": "N13", "minutes": 11}]}
TAXES = {"12가3456": {"tax": {"won": 182_000, "paid": True}}}


@dataclass
class Offices:
    """`async with Offices() as offices`: serves while open. `silent` holds back answers until it is set."""

    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path with query as it arrived, JSON body."""
    headers: list[dict[str, str]] = field(default_factory=list)
    texts: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What the next texts are answered with; 202 when nothing is left."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._keep])
        app.add_routes(
            [
                web.get("/water/bills/{account}", self._bill),
                web.get("/transit/arrivals", self._arrivals),
                web.post("/vehicle/tax", self._tax),
                web.post("/texts", self._text),
                web.get("/silent", self._silent),
                web.get("/drip", self._drip),
                web.get("/status/{status}", self._status),
                web.get("/elsewhere", self._elsewhere),
                web.get("/large", self._large),
                web.get("/page", self._page),
                web.get("/cookie", self._cookie),
                web.get("/cut", self._cut),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.closing.set()
        await self._runner.cleanup()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def at(self, path: str) -> str:
        return f"http://{self.host}{path}"

    @web.middleware
    async def _keep(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, request.raw_path, body))
        self.headers.append(dict(request.headers))
        return await handler(request)

    async def _bill(self, request: web.Request) -> web.Response:
        bill = BILLS.get(request.match_info["account"])
        return web.json_response({"bill": bill}) if bill else web.json_response({"error": "no account"}, status=404)

    async def _arrivals(self, request: web.Request) -> web.Response:
        return web.json_response({"arrivals": STOPS.get(request.query["stop"], [])})

    async def _tax(self, request: web.Request) -> web.Response:
        return web.json_response(TAXES.get((await request.json())["plate"], {}))

    async def _text(self, request: web.Request) -> web.Response:
        self.texts.append(await request.json())
        return web.Response(status=self.statuses.pop(0) if self.statuses else 202)

    async def _silent(self, _request: web.Request) -> web.Response:
        await self.closing.wait()
        return web.json_response({})

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        """Headers at once, the body never whole."""
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"a":')
        await self.closing.wait()
        return response

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response({"a": 1}, status=int(request.match_info["status"]))

    async def _elsewhere(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("/water/bills/0123456789")

    async def _large(self, request: web.Request) -> web.StreamResponse:
        response = web.Response(text='{"a": "' + "x" * int(request.query["bytes"]) + '"}')
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<html>maintenance</html>", content_type="text/html")

    async def _cookie(self, _request: web.Request) -> web.Response:
        response = web.json_response({"a": 1})
        response.set_cookie("session", "of-one-citizen")
        return response

    async def _cut(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


def dip(url: str, *outputs: Output, values: dict[str, Value] | None = None, **how: Any) -> Dip:
    """A data dip of source `office` that wants the number `a` unless outputs are given."""
    wanted = outputs or (Output("a", ValueType.WHOLE_NUMBER, "a"),)
    return Dip(how.pop("source", "office"), url, wanted, values or {}, **how)
