"""One FastAGI connection and the greenlet that converses over it.

pyst2's verbs are synchronous: `stream_file` returns a key. Here each visit runs in a greenlet of its own. A verb writes
its line and switches back to the event loop's greenlet; the bytes that complete the answer switch into the visit again:

    event loop ── header complete ──▶ visit runs ── verb writes ──▶ event loop serves the others
         ▲                                                                     │
         └────────────── verb writes, or visit is over ◀── visit runs ◀── answer complete

`sqlalchemy.util.concurrency.greenlet_spawn` is the same idea through a task for each visit and a future for each
command; switching straight from `buffer_updated` leaves both out. The rules that keep it safe: only the event
loop switches in, only `ask` and `wait_for` switch out, a visit is over by the time its connection is gone, and no
exception of a visit leaves its greenlet.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from math import inf
from typing import Any, Protocol, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

from ivr_engine.asterisk.agi_errors import (
    AGIArgumentError,
    AGIConnectionHangup,
    AGIError,
    AGIHangup,
    AGIProtocolError,
    AgiRefusedError,
    AGIReplyOverdueError,
    AGISIGHUPHangup,
    AGIStoppingError,
    SessionEnd,
)
from ivr_engine.asterisk.agi_wire import HANGUP, AnswerStream, HeaderStream

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

HEADER_SECONDS = 5.0
"""From the connection to the end of its header, in all: Asterisk sends it in one piece, a slow client has no claim."""

BUFFER_BYTES = 2_048
"""Asterisk writes a header line or an answer at a time. A buffer of our own, because asyncio otherwise allocates and
returns 256 KB for each read, which costs more than all the rest of a command."""

AFTER_HANGUP_SECONDS = 2.0
"""Behind a `HANGUP` the owed reply or the end of the connection follows at once."""

REFUSALS = 10
"""A visit that goes on asking after its end (a loop round an `except AGIError`) would hold the event loop for ever."""


KEPT_GREENLETS = 64
"""A new greenlet costs 10 µs, mostly to map the memory of its frames; that is a tenth of a short visit. At 50 calls/s
one visit in twenty milliseconds ends and begins, so that a few kept ones serve them all; each keeps 16 KB."""


class Greenlets:
    """Greenlets that speak one visit after the other."""

    def __init__(self) -> None:
        """None yet."""
        self._idle: list[greenlet] = []

    def take(self) -> greenlet:
        """One that waits for a visit: `switch` to it with what it shall run, from the greenlet that called this."""
        hub = getcurrent()
        if not self._idle:
            greenlet(self._live, hub).switch()  # what it is started with, it would keep for life: so with nothing
        kept = self._idle.pop()
        kept.parent = hub
        return kept

    def close(self) -> None:
        """End the idle ones; those in a visit end with it."""
        while self._idle:
            kept = self._idle.pop()
            kept.parent = getcurrent()
            kept.throw()

    def _live(self) -> None:
        this = getcurrent()
        while len(self._idle) < KEPT_GREENLETS:
            self._idle.append(this)
            assert this.parent is not None
            visit: Callable[[], None] = this.parent.switch()
            visit()
            del visit  # an idle greenlet keeps nothing of its last session


class Host(Protocol):
    """What a connection asks of its server."""

    reply_seconds: float
    greenlets: Greenlets

    def admit(self, link: "AgiLink") -> None:
        """Take the connection in. Raises AgiRefusedError when there is no room."""

    def welcome(self, link: "AgiLink", variables: dict[str, str]) -> Callable[[], None]:
        """The visit for this header. Raises AgiRefusedError for a stranger."""

    def farewell(self, link: "AgiLink", end: SessionEnd) -> None:
        """The connection is gone and its visit with it; called once for each one admitted or refused."""


class AgiLink(asyncio.BufferedProtocol):
    """The bytes, the deadline and the greenlet of one session; `AgiSession` is its face towards the visit."""

    __slots__ = (
        "_answers",
        "_buffer",
        "_end",
        "_header",
        "_host",
        "_hub",
        "_loop",
        "_over",
        "_owed",
        "_refusals",
        "_task",
        "_transport",
        "_view",
        "_visit",
        "channel_left",
        "deadline",
        "reply_seconds",
    )

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        """Not yet connected; the event loop makes one for each connection."""
        self._host = host
        self._loop = loop
        self._transport: asyncio.Transport
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._header: HeaderStream | None = HeaderStream()
        self._answers = AnswerStream()
        self._hub: greenlet
        self._visit: greenlet | None = None
        """While it speaks, the greenlet that may use this link; it belongs to another visit afterwards."""
        self._owed = False
        self._task: asyncio.Future[Any] | None = None
        self._over: AGIError | None = None
        self._end: SessionEnd | None = None
        self._refusals = 0
        self.channel_left = False
        self.deadline = inf
        """When patience ends, on the event loop's clock; the server looks at it from time to time."""
        self.reply_seconds = host.reply_seconds

    # towards the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there; it has HEADER_SECONDS to say who it is."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self.deadline = self._loop.time() + HEADER_SECONDS
        try:
            self._host.admit(self)
        except AgiRefusedError as refusal:
            self._refuse(refusal)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Header, answers, `HANGUP`: whatever they complete goes on from here."""
        if self._end is not None:
            return
        data = self._view[:nbytes].tobytes()
        if self._header is not None:
            self._read_header(self._header, data)
            return
        try:
            answer = self._the_answer(data)
        except AGIProtocolError as error:
            self._break(error, SessionEnd.PROTOCOL)
            return
        if answer is not None:
            self._owed = False
            self._switch_in(answer)
        elif self.channel_left:
            self._notice_hangup()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing comes any more: end the visit, then let the server forget it."""
        if self.is_conversing:
            self._over = self._over or AGIConnectionHangup("the connection ended")
            self._throw(self._over)
        self._host.farewell(self, self._end or SessionEnd.CLOSED_EARLY)

    # towards the visit, in its greenlet

    def ask(self, line: bytes) -> str:
        """Write one command and wait for its answer.

        Raises, without writing, what ended the session; while waiting AGIHangup, AGIReplyOverdueError,
        AGIProtocolError or AGIStoppingError.
        """
        self._check()
        self._transport.write(line)
        self._owed = True
        self.deadline = self._loop.time() + self.reply_seconds
        answer: str = self._hub.switch()
        return answer

    def wait_for(self, awaitable: Awaitable[_T], seconds: float) -> _T:
        """Wait for something that is not Asterisk. Raises TimeoutError, or AGIHangup as soon as the channel leaves."""
        task = asyncio.ensure_future(awaitable, loop=self._loop)
        try:
            self._check()
            self._task = task
            task.add_done_callback(self._task_done)
            self.deadline = self._loop.time() + seconds
            self._hub.switch()
        except BaseException:
            task.cancel()
            raise
        finally:
            self._task = None
        return task.result()

    def corrupt(self, error: AGIProtocolError) -> None:
        """What came cannot be matched to what was asked any more; the session is closed."""
        self._close(error, SessionEnd.PROTOCOL)

    # towards the server

    def overdue(self) -> None:
        """Patience has ended: with a client that does not introduce itself, a reply, or something else waited for."""
        self.deadline = inf
        if self._header is not None:
            self._refuse(AgiRefusedError(SessionEnd.HEADER_OVERDUE, f"no whole header within {HEADER_SECONDS:g} s"))
        elif self._task is not None:
            self._throw(TimeoutError("what the visit waited for did not come in time"))
        elif self.channel_left:
            self._break(AGISIGHUPHangup("Asterisk said HANGUP"), SessionEnd.CHANNEL_LEFT)
        else:
            error = AGIReplyOverdueError(f"no reply within {self.reply_seconds:g} s")
            self._break(error, SessionEnd.REPLY_OVERDUE)

    def stop(self) -> None:
        """The server has waited long enough."""
        if self._header is not None:
            self._refuse(AgiRefusedError(SessionEnd.STOPPED, "the server is stopping"))
        elif self.is_conversing:
            self._break(AGIStoppingError("the server is stopping"), SessionEnd.STOPPED)

    @property
    def is_conversing(self) -> bool:
        """Past its header, and its visit is not over."""
        return self._visit is not None

    # inside

    def _read_header(self, stream: HeaderStream, data: bytes) -> None:
        try:
            header = stream.feed(data)
            if header is None:
                return
            self._answer_early(header.rest)
            converse = self._host.welcome(self, header.variables)
        except AgiRefusedError as refusal:
            self._refuse(refusal)
            return
        self.deadline = inf
        self._header = None
        self._hub = getcurrent()
        self._visit = self._host.greenlets.take()
        self._visit.gr_context = copy_context()
        self._visit.switch(partial(self._converse, converse))

    def _answer_early(self, rest: bytes) -> None:
        """Before the first command only `HANGUP` may come."""
        try:
            self._the_answer(rest)
        except AGIProtocolError as error:
            raise AgiRefusedError(SessionEnd.REFUSED_HEADER, "something stands behind the header's end") from error

    def _converse(self, converse: Callable[[], None]) -> None:
        """The whole life of a visit; whatever it raises stays in here."""
        end = SessionEnd.BUG
        try:
            converse()
            end = SessionEnd.FINISHED if self._over is None else SessionEnd.CHANNEL_LEFT
        except AGIHangup:
            end = SessionEnd.CHANNEL_LEFT
        except AGIArgumentError:
            end = SessionEnd.ARGUMENT
            _log.warning("a visit was ended: a value must not reach the wire", exc_info=True)
        except GreenletExit:
            _log.error("a visit was ended: it asked %d times after its end", REFUSALS)
        except (Exception, asyncio.CancelledError) as error:
            if error is not self._over:
                _log.exception("a visit was ended by a bug; the service goes on")
        finally:
            self._visit = None
            self._end = self._end or end
            self.deadline = inf
            self._transport.abort()  # every command was answered: a polite close could only wait for the peer

    def _the_answer(self, data: bytes) -> str | None:
        """The one that is owed, if these bytes complete it. Raises AGIProtocolError for one that nobody asked for."""
        if self._owed and (only := self._answers.feed_one(data)):
            return only
        owed = None
        for answer in self._answers.feed(data):
            if answer == HANGUP:
                self.channel_left = True
            elif owed is None and self._owed:
                owed = answer
            else:
                raise AGIProtocolError("an answer that nobody asked for")
        return owed

    def _notice_hangup(self) -> None:
        if self._task is not None:
            self._throw(AGISIGHUPHangup("Asterisk said HANGUP"))
        elif self._owed:
            self.deadline = min(self.deadline, self._loop.time() + AFTER_HANGUP_SECONDS)

    def _check(self) -> None:
        """Refuse a verb that cannot be answered."""
        if getcurrent() is not self._visit:
            raise RuntimeError("a verb was used outside its visit; only the greenlet of the visit may speak")
        if self._over is None and not self.channel_left:
            return
        self._refusals += 1
        if self._refusals >= REFUSALS:
            raise GreenletExit
        raise self._over or AGISIGHUPHangup("Asterisk said HANGUP")

    def _switch_in(self, value: object) -> None:
        assert self._visit is not None
        self.deadline = inf
        self._visit.switch(value)

    def _throw(self, error: Exception) -> None:
        assert self._visit is not None
        self.deadline = inf
        self._visit.throw(error)

    def _task_done(self, task: asyncio.Future[Any]) -> None:
        if self._task is task:
            self._switch_in(None)

    def _refuse(self, refusal: AgiRefusedError) -> None:
        _log.warning("a FastAGI connection was refused: %s", refusal)
        self._end = self._end or refusal.end
        self.deadline = inf
        self._transport.abort()

    def _close(self, error: AGIError, end: SessionEnd) -> None:
        _log.warning("a FastAGI session is closed: %s", error)
        self._over = self._over or error
        self._end = self._end or end
        self._transport.abort()

    def _break(self, error: AGIError, end: SessionEnd) -> None:
        """Close the session and let a visit that is waiting know why."""
        self._close(error, end)
        if self.is_conversing:
            self._throw(error)
