"""What the engine tells: its notices as they come, and a whole picture whenever the board wants one.

A reader like any other: it has the address and a token, and nothing that the engine does not show to all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
from pydantic import TypeAdapter

from ivr_engine.board import Totals
from ivr_engine.core.codec import decode
from ivr_engine.core.events import TimePassed
from ivr_engine.core.notices import Notice
from ivr_engine.core.views import View
from ivr_engine.runtime.ports import JournalEntry

ANSWER_SECONDS = 10.0
"""For a snapshot or a first word; a machine with both cores busy needs a fraction of one."""

Listener = Callable[[Notice, int], None]
"""Told of each notice and its moment (milliseconds since the epoch); must return at once."""

_VIEW = TypeAdapter(View)


class FeedBroken(Exception):  # noqa: N818 - the name says the situation
    """The engine closed the feed, or sent a number that was not the next."""


class Feed:
    """`/v1/feed` of one engine."""

    def __init__(self, api: str, token: str) -> None:
        self.url = f"{api}/v1/feed"
        self.totals = Totals()
        self._http = aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"})

    async def close(self) -> None:
        await self._http.close()

    async def view(self) -> View:
        """The centre now: the snapshot with which every feed begins. Raises FeedBroken."""
        async with self._open() as (_, first):
            return _VIEW.validate_python(first["view"])

    async def follow(self, listener: Listener) -> None:
        """Every notice from now on, counted in `totals` and told to `listener`. Raises FeedBroken when it ends."""
        async with self._open() as (socket, first):
            expected = first["seq"] + 1
            async for message in socket:
                told = json.loads(message.data)
                if told["seq"] != expected:
                    raise FeedBroken(f"notice {told['seq']} came where {expected} was due")
                expected += 1
                notice, at_ms = cast(Notice, decode(told["notice"])), told["at_ms"]
                self.totals.record(JournalEntry(0, told["seq"], at_ms, TimePassed(), (), (notice,)))
                listener(notice, at_ms)
            raise FeedBroken(f"the engine closed the feed ({socket.close_code})")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]]:
        """A feed, and the snapshot with which it begins."""
        try:
            async with self._http.ws_connect(self.url, max_msg_size=0) as socket:
                first = await socket.receive(timeout=ANSWER_SECONDS)
                if first.type is not aiohttp.WSMsgType.TEXT:
                    raise FeedBroken("the engine closed the feed before the snapshot")
                yield socket, json.loads(first.data)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise FeedBroken(f"no feed: {error}") from error
