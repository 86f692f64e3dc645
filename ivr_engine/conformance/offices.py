"""Other systems as a scenario has them, for the levels with real adapters.

On the wire they are asked through the port, in virtual time; on a real Asterisk by HTTP on loopback, so that the whole
adapter runs: `HttpOffices` serves every source under a folder of its own, and the text gateway under `/_texts`.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from aiohttp import web

from ivr_engine.conformance.wire_time import WireTime
from ivr_engine.core.conversation import Dip, DipFailed, Dipped, NotSent, SendText, Sent
from ivr_engine.flow.steps import DipStep, Flow
from ivr_engine.replay.scenario import OutsideActs, OutsidePlan, TextTurn
from ivr_engine.replay.simulator.outside import Offices

AGAIN_SECONDS = 0.3
"""aiohttp asks a second time at once when a connection breaks without an answer: that is still the same question."""


class WireOffices:
    """Implements `runtime.ports.Dips` and `runtime.ports.Texts` in virtual time."""

    def __init__(self, time: WireTime, plan: OutsidePlan) -> None:
        self._time = time
        self._offices = Offices(plan)

    async def ask(self, dip: Dip) -> Dipped | DipFailed:
        after_ms, reply = self._offices.ask(dip)
        await self._pass(after_ms)
        return reply

    async def send(self, text: SendText) -> Sent | NotSent:
        after_ms, reply = self._offices.send(text)
        await self._pass(after_ms)
        return reply

    async def _pass(self, after_ms: int) -> None:
        """In the scenario's own time, so that its end is not looked for before."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._time.after(after_ms, _settle, over)
        try:
            await over
        finally:
            due.cancel()


def _settle(over: "asyncio.Future[None]") -> None:
    if not over.done():
        over.set_result(None)


class HttpOffices:
    """A small server on 127.0.0.1. `async with` serves; `port` is known then."""

    def __init__(self, plan: OutsidePlan) -> None:
        self._plan = plan
        self._asked: Counter[str] = Counter()
        self._away_at: dict[str, float] = {}
        self._sent = 0
        self._closing = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/_texts", self._text)
        app.router.add_route("*", "/{source}{rest:(/.*)?}", self._dip)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._closing.set()
        await self._runner.cleanup()

    def environment(self) -> dict[str, str]:
        """The settings of an engine that asks here."""
        return {
            "IVR_OUTSIDE_HOSTS": f'["127.0.0.1:{self.port}"]',
            "IVR_TEXT_WEBHOOK": f"http://127.0.0.1:{self.port}/_texts",
        }

    def lead_here(self, documents: Path, flows: Iterable[Flow]) -> None:
        """Rewrites the addresses of data dips in a copy of the documents. Hosts that a scenario names are nobody's."""
        steps = [step for flow in flows for step in flow.steps.values() if isinstance(step, DipStep)]
        if not steps:
            return
        for path in documents.rglob("*.yaml"):
            text = path.read_text()
            for step in steps:
                here = re.sub(r"^https?://[^/?]*", f"http://127.0.0.1:{self.port}/{step.source}", step.url)
                text = text.replace(step.url, here)
            path.write_text(text)

    async def _dip(self, request: web.Request) -> web.StreamResponse:
        source = request.match_info["source"]
        now = asyncio.get_running_loop().time()
        if now - self._away_at.get(source, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return _cut(request)
        turn = self._plan.turn(source, self._asked[source])
        self._asked[source] += 1
        if turn.does is OutsideActs.AWAY:
            self._away_at[source] = now
            return _cut(request)
        if turn.does is OutsideActs.SILENT:
            await self._closing.wait()
        await asyncio.sleep(turn.after_ms / 1_000)
        return web.Response(status=turn.status, body=turn.body.encode())

    async def _text(self, _request: web.Request) -> web.StreamResponse:
        turn = self._plan.text_turn(self._sent)
        self._sent += turn is not TextTurn.SILENT  # one that is tried again is still the same text
        if turn is TextTurn.SILENT:
            await self._closing.wait()
        return web.Response(status=202 if turn is TextTurn.TAKEN else 400)


def _cut(request: web.Request) -> web.StreamResponse:
    """Nobody is there: the nearest that a port which is open can do."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
