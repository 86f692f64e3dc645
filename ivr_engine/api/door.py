"""Who comes in to the API: so many at once, and none who stands in the door without asking.

A connection that says nothing, or a request that arrives by the letter, would hold a file descriptor for ever; the
links to the switch need theirs in the same process. What is no HTTP is answered like every other refusal, is not
repeated to its sender, and never reaches the log: a broken header may hold somebody's token.
"""

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from ivr_engine.api.problems import Problem

CONNECTIONS = 512
"""The 64 of the feed, the desks that ask meanwhile, and room; a process may open 1,024 files at least."""
FIRST_REQUEST_SECONDS = 10.0
"""From the connection to the end of the first request's headers; browsers open one ahead, and open another one then."""
IDLE_SECONDS = 75.0
"""Between two requests of one connection: longer than Prometheus' scrapes and a desk's questions are apart."""

_OPTIONS: Any = {"access_log": None, "keepalive_timeout": IDLE_SECONDS}
"""Nobody's log of who asked: what must be known of looks is in the audit."""

_log = logging.getLogger("ivr_engine.api")


class Connection(web.RequestHandler):
    """One connection: aiohttp's, with an end to its patience."""

    __slots__ = ("_counted", "_deadline", "_door")

    def __init__(self, door: "Door", server: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop, **_OPTIONS)
        self._door = door
        self._counted = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._counted = self._door.admits()
        if not self._counted:
            self.force_close()
            return
        self._deadline = asyncio.get_running_loop().call_later(self._door.first_request_seconds, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.asked()
        if self._counted:
            self._counted = False
            self._door.open_connections -= 1
        super().connection_lost(exc)

    def asked(self) -> None:
        """A whole request is here; from now on aiohttp's own limits hold."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What could not be read as HTTP (400). Anything else here is a bug of ours, and aiohttp tells of it."""
        if status != 400:
            return super().handle_error(request, status, exc, message)
        _log.info("refused what is no HTTP, from %s: %s", request.remote, type(exc).__name__)
        response = Problem(400, "bad_request", "this is no HTTP that is understood here").response()
        response.force_close()
        return response


class Door(web.BaseSite):
    """Listens where the API does. Raises OSError from `start` where it cannot."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        connections: int = CONNECTIONS,
        first_request_seconds: float = FIRST_REQUEST_SECONDS,
    ) -> None:
        super().__init__(runner)
        self._address = host, port
        self._most = connections
        self.first_request_seconds = first_request_seconds
        self.open_connections = 0
        self.refused = 0

    @property
    def name(self) -> str:
        """As aiohttp names it in what it tells."""
        return f"http://{self._address[0]}:{self._address[1]}"

    async def start(self) -> None:
        """Listen; the runner's clean-up ends it."""
        await super().start()
        server, loop = self._runner.server, asyncio.get_running_loop()
        if server is None:
            raise RuntimeError("the runner is set up first")
        listening = await loop.create_server(
            lambda: Connection(self, server, loop),
            *self._address,
            start_serving=False,  # it waits a moment once it serves: cancelled there, nobody would know the open port
        )
        self._server = listening
        await listening.start_serving()

    def admits(self) -> bool:
        """Whether one more has room; counted if so."""
        if self.open_connections >= self._most:
            self.refused += 1
            if self.refused.bit_count() == 1:  # the 1st, 2nd, 4th …: whoever floods does not fill the log as well
                _log.warning(
                    "%d connections to the API are open: no room for more, %d refused", self._most, self.refused
                )
            return False
        self.open_connections += 1
        return True


@web.middleware
async def first_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: the connection has asked something."""
    if isinstance(request.protocol, Connection):
        request.protocol.asked()
    return await handler(request)
