"""The FastAGI server: pyst2's verbs on asyncio, one greenlet for each visit.

`AgiSession` is pyst2's `AGI` with another wire under it: all its verbs and exceptions stay, synchronous, while a
thousand of them wait in one event loop. What it leaves out and why: the constructor (it installs a SIGHUP handler and
reads standard input), `_quote` (it escapes nothing), `send_command` and `get_result` (blocking files that never notice
the end of a connection), and the few verbs that read their answer wrongly.

What an operator should know of the limits is beside each of them. Whatever goes wrong here, the citizen is safe: the
dialplan looks at nothing but the channel variables that a visit left behind.
"""

import asyncio
import errno
import hmac
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from asterisk.agi import AGI, DEFAULT_TIMEOUT

from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIDBError,
    AGIHangup,
    AgiListenError,
    AGIProtocolError,
    AgiRefusedError,
    AGISIGHUPHangup,
    SessionEnd,
)
from ivr_engine.asterisk.agi_link import AgiLink, Greenlets
from ivr_engine.asterisk.agi_wire import AgiEnvironment, Result, command_line, quote, read_environment, read_result

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

MAX_SESSIONS = 1_000
"""50 calls/s with visits of 15 s are 750 at once. Beyond it a connection is closed at once, and the dialplan falls back
in milliseconds instead of waiting for an engine that is late with everybody. Needs as many file descriptors."""

REPLY_SECONDS = 10.0
"""For a command that waits for nobody: Asterisk answers in a millisecond, so this much means that it stands still."""

SWEEP_SECONDS = 0.25
"""How late a deadline may be noticed. One look at all sessions costs less than arming a timer for each command."""

BACKLOG = 1_024
"""Connections that the kernel keeps while the loop is busy: those of 20 s at 50 calls/s."""

AFTER_STOP_SECONDS = 1.0
"""For sockets that were aborted to be reported gone; they need one turn of the loop."""


class AgiSession(AGI):
    """One channel inside a visit: pyst2's verbs, used from the visit's own greenlet.

    A verb raises AGIHangup when the channel left (a hang-up and a redirect look the same), and the rest of
    `agi_errors`. Verbs that wait for a citizen need `reply_seconds` raised first.
    """

    def __init__(self, link: AgiLink, environment: AgiEnvironment, variables: dict[str, str]) -> None:
        """Speak over `link`; made by the server only."""
        self._link = link
        self.environment = environment
        self.env = variables

    @property
    def reply_seconds(self) -> float:
        """How long the next replies may take; past it the session is closed, because a reply is still owed."""
        return self._link.reply_seconds

    @reply_seconds.setter
    def reply_seconds(self, seconds: float) -> None:
        self._link.reply_seconds = seconds

    def wait_for(self, awaitable: Awaitable[_T], seconds: float) -> _T:
        """Await something that is not Asterisk, from inside the visit.

        Raises TimeoutError after `seconds`, and AGIHangup (the awaitable is cancelled) as soon as the channel leaves.
        """
        return self._link.wait_for(awaitable, seconds)

    # pyst2's wire layer, on asyncio

    def _quote(self, string: str | float) -> str:
        return quote(string)

    def _get_agi_env(self) -> None:
        """The header was read before the session began."""

    def test_hangup(self) -> None:
        """Raise AGISIGHUPHangup if Asterisk has said that the channel left."""
        if self._link.channel_left:
            raise AGISIGHUPHangup("Asterisk said HANGUP")

    def execute(self, command: str, *args: str | float) -> Result:
        """One command and its result. Raises AGIArgumentError, with nothing sent, for what must not reach the wire."""
        answer = self._link.ask(command_line(command, args))
        try:
            return read_result(answer)
        except AGIProtocolError as error:
            self._link.corrupt(error)
            raise
        except AGIHangup:
            raise
        except AGIAppError:
            self.test_hangup()
            raise

    def send_command(self, command: str, *args: str | float) -> None:
        """Not on this wire: a command without its reply would leave the reply to the next one."""
        raise NotImplementedError("use execute(): one command, one reply")

    def get_result(self, stdin: Any = None) -> Result:
        """Not on this wire; see `send_command`."""
        raise NotImplementedError("use execute(): one command, one reply")

    # verbs that pyst2 reads wrongly

    def database_get(self, family: str, key: str) -> str:
        """A value of Asterisk's database. Raises AGIDBError when there is none (pyst2 quotes the names twice)."""
        found, value = self.execute("DATABASE GET", quote(family), quote(key))["result"]
        if found != "1":
            raise AGIDBError("no such key in Asterisk's database")
        return value

    def get_data(self, filename: str, timeout: int = DEFAULT_TIMEOUT, max_digits: int = 255) -> str:
        """Play a file and take keys, `timeout` ms apart; "" when none came (pyst2 cannot read `result= (timeout)`)."""
        return self.execute("GET DATA", filename, timeout, max_digits)["result"][0]


Converse = Callable[[AgiSession], None]
"""A visit: synchronous, in a greenlet of its own. When it returns, the dialplan goes on."""


class AgiServer:
    """Listens for Asterisk and gives each accepted connection its visit.

    `ends` counts every connection once, so that `accepted == ends.total() + len(open connections)` always holds.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        nonce: str,
        converse: Converse,
        max_sessions: int = MAX_SESSIONS,
        reply_seconds: float = REPLY_SECONDS,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        """`port` 0 takes a free one. `nonce` is the first AGI argument of everyone who is let in; not empty."""
        if not nonce:
            raise ValueError("an empty nonce would let everybody in")
        self._host = host
        self._port = port
        self._nonce = nonce.encode()
        self._converse = converse
        self._max_sessions = max_sessions
        self._sweep_seconds = sweep_seconds
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._links: set[AgiLink] = set()
        self._changed = asyncio.Event()
        self.reply_seconds = reply_seconds
        self.greenlets = Greenlets()
        self.accepted = 0
        self.ends: Counter[SessionEnd] = Counter()

    @property
    def port(self) -> int:
        """The port that is listened on; known after `start` when 0 was asked for."""
        return self._port

    @property
    def open_sessions(self) -> int:
        """Connections now open, those that have not introduced themselves among them."""
        return len(self._links)

    async def start(self) -> None:
        """Listen. Raises AgiListenError with one line that says what to do."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: AgiLink(self, loop),
                self._host,
                self._port,
                backlog=BACKLOG,
                start_serving=False,  # it waits a moment once it serves: cancelled there, the port would stay open
            )
            await self._server.start_serving()
        except OSError as error:
            what = (
                "is in use: stop the other process or choose another port"
                if error.errno == errno.EADDRINUSE
                else f"cannot be listened on ({error.strerror}): choose an address of this machine"
            )
            raise AgiListenError(f"the FastAGI address {self._host}:{self._port} {what}") from error
        self._port = self._server.sockets[0].getsockname()[1]
        self._look_at_deadlines()

    async def stop(self, drain_seconds: float = 2.0) -> None:
        """Take no one in any more, let visits end for `drain_seconds`, then end them (AGIStoppingError)."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for link in [link for link in self._links if not link.is_conversing]:
            link.stop()
        await self._wait_until_empty(drain_seconds)
        if self._links:
            _log.warning("%d FastAGI visits are ended: they did not within %g s", len(self._links), drain_seconds)
        for link in list(self._links):
            link.stop()
        await self._wait_until_empty(AFTER_STOP_SECONDS)
        self.greenlets.close()
        if self._sweep is not None:
            self._sweep.cancel()

    # what a connection asks of its server

    def admit(self, link: AgiLink) -> None:
        """Take a connection in. Raises AgiRefusedError when there is no room, or no service any more."""
        self.accepted += 1
        full = len(self._links) >= self._max_sessions
        self._links.add(link)
        if self._server is None:
            raise AgiRefusedError(SessionEnd.STOPPED, "the server is stopping")
        if full:
            raise AgiRefusedError(SessionEnd.REFUSED_FULL, f"{self._max_sessions} sessions are open, no room for more")

    def welcome(self, link: AgiLink, variables: dict[str, str]) -> Callable[[], None]:
        """The visit for a header. Raises AgiRefusedError for the wrong nonce, compared in constant time."""
        nonce, environment = read_environment(variables)
        if not hmac.compare_digest(nonce.encode(), self._nonce):
            raise AgiRefusedError(SessionEnd.REFUSED_NONCE, "the first argument is not this boot's nonce")
        session = AgiSession(link, environment, variables)
        return lambda: self._converse(session)

    def farewell(self, link: AgiLink, end: SessionEnd) -> None:
        """Forget a connection that is gone."""
        self._links.discard(link)
        self.ends[end] += 1
        self._changed.set()

    # inside

    def _look_at_deadlines(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for link in [link for link in self._links if link.deadline <= now]:
            link.overdue()
        self._sweep = loop.call_later(self._sweep_seconds, self._look_at_deadlines)

    async def _wait_until_empty(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._links:
                    self._changed.clear()
                    await self._changed.wait()
