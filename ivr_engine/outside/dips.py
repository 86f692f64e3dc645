"""Data dips: bounded HTTP questions on behalf of a flow, while a citizen waits on the line.

    an answer kept from before ──────────────────────────────────────────────▶ answer
    address not listed · source resting · no room ───────────────────────────▶ failure, at once
    question ── deadline, size limit, no redirect ── 200 ── declared types ──▶ answer
                     └───────────── anything else ───────────────────────────▶ failure

A source rests (its breaker is open) after failing several times in a row by silence, by no connection or by a status of
500 and above. One that answers in time, only not what was hoped for (an account that does not exist), is not down.

Asking never raises and never takes longer than its deadline: what goes wrong is a word (`DipFailure`) with which the
flow takes its branch for failure. Nothing of a question or an answer is logged: values may be a citizen's.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping

import aiohttp
from yarl import URL

from ivr_engine.core.conversation import Dip, DipFailed, DipFailure, Dipped, Value
from ivr_engine.outside.address import AddressRefused, address
from ivr_engine.outside.answer import AnswerUnreadable, read_answer
from ivr_engine.outside.breaker import Breaker, BreakerState
from ivr_engine.outside.cache import AnswerCache

log = logging.getLogger(__name__)

OPEN_QUESTIONS = 200
"""At once, in all: each is a citizen who waits and a socket. 50 calls/s of which all ask for 0.8 s are 40."""

OPEN_QUESTIONS_OF_A_SOURCE = 64
"""One slow system must not take the room of the others."""

SOURCES = 200
"""Breakers kept; a revision has a dozen sources, so that the least recently asked of so many is of an old one."""

LONGEST_MS = 5_000
"""Whatever a flow asks for: nobody waits longer than that in silence."""

LARGEST_BYTES = 1_000_000
"""The same for its size; reading it out of JSON takes some milliseconds, in which no other call is served."""

TOO_MANY = 429
"""HTTP's "too many requests": to ask more would not help."""

Told = Callable[[str, str, float], None]
"""Source, result (`ok`, `cached` or a DipFailure) and seconds: for whoever counts."""


class HttpDips:
    """Implements `runtime.ports.Dips` over one aiohttp session. `start` it in the loop that asks, `close` it once."""

    def __init__(
        self,
        hosts: Collection[str],
        *,
        told: Told | None = None,
        clock: Callable[[], float] = time.monotonic,
        open_questions: int = OPEN_QUESTIONS,
        open_questions_of_a_source: int = OPEN_QUESTIONS_OF_A_SOURCE,
    ) -> None:
        """`hosts` may be asked, `name` or `name:port` in small letters; `clock` counts seconds from anywhere."""
        self._hosts = frozenset(host.lower() for host in hosts)
        self._tell = told
        self._clock = clock
        self._room = open_questions
        self._room_of_a_source = open_questions_of_a_source
        self._open: dict[str, int] = {}
        self._breakers: OrderedDict[str, Breaker] = OrderedDict()
        self._cache: AnswerCache[Mapping[str, Value]] = AnswerCache()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Connections that are kept for the next question are closed."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def state(self, source: str) -> BreakerState:
        """Whether a source is asked at the moment."""
        breaker = self._breakers.get(source)
        return breaker.state if breaker is not None else BreakerState.CLOSED

    async def ask(self, dip: Dip) -> Dipped | DipFailed:
        """The answer within the dip's deadline, or why there is none; never raises but CancelledError."""
        began = self._clock()
        reply: Dipped | DipFailed
        try:
            whole, body = self._question(dip)
        except AddressRefused as refused:
            log.warning("data dip %s is not asked: %s", dip.source, refused)
            return self._told(dip, DipFailed(DipFailure.REFUSED), began)
        key = f"{dip.method} {whole} {body or ''} {dip.outputs}"
        kept = self._cache.find(key, self._now_ms())
        if kept is not None:
            self._count(dip.source, "cached", began)
            return Dipped(kept)
        if sum(self._open.values()) >= self._room or self._open.get(dip.source, 0) >= self._room_of_a_source:
            return self._told(dip, DipFailed(DipFailure.BUSY), began)
        breaker = self._breaker(dip.source)
        if not breaker.admits(self._now_ms()):
            return self._told(dip, DipFailed(DipFailure.RESTING), began)
        self._open[dip.source] = self._open.get(dip.source, 0) + 1
        try:
            reply, alive = await self._asked(dip, whole, body)
        finally:
            self._open[dip.source] -= 1
            if not self._open[dip.source]:
                del self._open[dip.source]
        breaker.told(self._now_ms(), good=alive)
        if isinstance(reply, Dipped):
            self._cache.keep(key, reply.outputs, self._now_ms(), dip.cache_seconds * 1_000)
        return self._told(dip, reply, began)

    def _question(self, dip: Dip) -> tuple[str, str | None]:
        """The address, and the body of a POST. Raises AddressRefused."""
        whole = address(dip.url, dip.values, self._hosts)
        if dip.method == "GET":
            return whole, None
        if dip.method != "POST":
            raise AddressRefused(f"{dip.method[:10]!r} changes things: only GET and POST are asked")
        missing = [name for name in dip.body if name not in dip.values]
        if missing:
            raise AddressRefused(f"there is no value {missing[0]!r} to send")
        return whole, json.dumps({name: dip.values[name] for name in dip.body})

    async def _asked(self, dip: Dip, whole: str, body: str | None) -> tuple[Dipped | DipFailed, bool]:
        """The reply, and whether the source is alive."""
        deadline_ms = min(max(1, dip.deadline_ms), LONGEST_MS)
        try:
            async with asyncio.timeout(deadline_ms / 1_000):
                return await self._over_http(dip, whole, body)
        except TimeoutError:
            return self._failed(dip, DipFailure.SLOW, f"nothing within {deadline_ms} ms"), False
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._failed(dip, DipFailure.UNREACHABLE, type(error).__name__), False

    async def _over_http(self, dip: Dip, whole: str, body: str | None) -> tuple[Dipped | DipFailed, bool]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        limit = min(dip.limit_bytes, LARGEST_BYTES)
        async with self._http().request(
            dip.method, URL(whole, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            if response.status != 200:
                alive = response.status < 500 and response.status != TOO_MANY
                return self._failed(dip, DipFailure.STATUS, f"HTTP {response.status}"), alive
            content = bytearray()
            async for piece in response.content.iter_chunked(16_384):
                content += piece
                if len(content) > limit:  # counted unpacked: a small archive may hold much
                    return self._failed(dip, DipFailure.TOO_LARGE, f"more than {limit} bytes"), True
        try:
            return Dipped(read_answer(bytes(content), dip.outputs)), True
        except AnswerUnreadable as unreadable:
            return self._failed(dip, DipFailure.UNREADABLE, str(unreadable)), True

    def _failed(self, dip: Dip, reason: DipFailure, why: str) -> DipFailed:
        log.info("data dip %s failed: %s", dip.source, why)
        return DipFailed(reason)

    def _http(self) -> aiohttp.ClientSession:
        """Made at the first question, inside its loop. No cookies: one citizen's must not go along with the next."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._room, keepalive_timeout=15.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # the deadline is the dip's own
                headers={"User-Agent": "ivr-engine"},
                trust_env=False,
            )
        return self._session

    def _breaker(self, source: str) -> Breaker:
        breaker = self._breakers.get(source)
        if breaker is None:
            breaker = self._breakers[source] = Breaker()
            if len(self._breakers) > SOURCES:
                self._breakers.popitem(last=False)
        self._breakers.move_to_end(source)
        return breaker

    def _told(self, dip: Dip, reply: Dipped | DipFailed, began: float) -> Dipped | DipFailed:
        self._count(dip.source, "ok" if isinstance(reply, Dipped) else reply.reason.value, began)
        return reply

    def _count(self, source: str, result: str, began: float) -> None:
        if self._tell is not None:
            self._tell(source, result, self._clock() - began)

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)
