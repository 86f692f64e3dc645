"""The live feed: one snapshot, then every notice in order, numbered without gaps.

Costs an addition for each decision while nobody listens. With listeners each notice is encoded once, and every listener
has a bounded queue of references to the same text. Who reads too slowly is closed with 4408, never waited for: coming
back costs one snapshot, and the sequence number tells that nothing in between was silently lost.

Snapshot and numbering agree because `publish` is called in the same turn of the loop as the decision it tells of.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Collection
from dataclasses import replace

from aiohttp import WSCloseCode, WSMsgType, web

from ivr_engine.api.access import BEARER_PROTOCOL, check_origin
from ivr_engine.api.pictures import ViewPicture, mask
from ivr_engine.api.problems import Problem
from ivr_engine.core.codec import encode
from ivr_engine.core.notices import CallbackPromised, ContactBegan, Notice
from ivr_engine.runtime.ports import Desk, JournalEntry

QUEUE_MESSAGES = 8_192
"""Unsent notices for one listener: some five seconds of 80 calls/s, hours of a quiet night. The texts are shared
between listeners, so that a full queue costs 64 KiB of references each."""

MOST_LISTENERS = 64
"""Wallboards, supervisors' desks and consoles of one centre, with room; beyond that a relay should fan out."""

HEARTBEAT_SECONDS = 20.0
"""Shorter than the 30–60 s after which firewalls forget a silent connection; a dead one is found in 1.5 of these."""

CLOSE_SECONDS = 5.0
"""For a slow listener to read up to its close frame; then the connection is cut."""

CLIENT_MESSAGE_BYTES = 1_024
"""The feed takes no messages; a larger frame is refused before it is read."""

TOO_SLOW = 4408
"""Close code: the listener's queue overflowed. Come back for a new snapshot."""


class Feed:
    """A `Subscriber` (its `publish`) and the WebSocket behind `/v1/feed`. All calls from one event loop."""

    def __init__(
        self, desk: Desk, *, queue_messages: int = QUEUE_MESSAGES, most_listeners: int = MOST_LISTENERS
    ) -> None:
        self._desk = desk
        self._queue_messages = queue_messages
        self._most_listeners = most_listeners
        self._listeners: set[_Listener] = set()
        self._places_taken = 0
        self.seq = 0
        """Number of the last notice published since the start of the process."""
        self.closed_slow = 0
        """Listeners closed because they read too slowly; for the metrics."""

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def publish(self, entry: JournalEntry) -> None:
        """Number the entry's notices and hand them to whoever listens."""
        if not self._listeners:
            self.seq += len(entry.notices)
            return
        frames = []
        for notice in entry.notices:
            self.seq += 1
            frames.append(_frame(self.seq, entry.at_ms, notice))
        for listener in self._listeners:
            self.closed_slow += not listener.takes(frames)

    def close(self) -> None:
        """Send every listener away, because the engine stops."""
        for listener in self._listeners:
            listener.end(WSCloseCode.GOING_AWAY)

    async def serve(self, request: web.Request, origins: Collection[str] = ()) -> web.WebSocketResponse:
        """One listener, from its snapshot to its end. Raises Problem 403, 426 or 503 before the feed begins."""
        check_origin(request, origins)
        socket = web.WebSocketResponse(
            protocols=(BEARER_PROTOCOL,),
            heartbeat=HEARTBEAT_SECONDS,
            max_msg_size=CLIENT_MESSAGE_BYTES,
            compress=False,
            timeout=2 * CLOSE_SECONDS,  # never the first to expire: aiohttp would then leave the connection open
        )
        if not socket.can_prepare(request):
            raise Problem(426, "websocket_only", "this path speaks WebSocket", headers={"Upgrade": "websocket"})
        if self._places_taken >= self._most_listeners:
            raise Problem(503, "feed_full", f"{self._most_listeners} listen already", hint="share one through a relay")
        self._places_taken += 1
        try:
            await socket.prepare(request)
            await self._tell(socket, request.transport)
        finally:
            self._places_taken -= 1
        return socket

    async def _tell(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        listener = _Listener(socket, transport, self._snapshot(), self._queue_messages)
        self._listeners.add(listener)
        try:
            await listener.run()
        finally:
            self._listeners.discard(listener)

    def _snapshot(self) -> bytes:
        view = ViewPicture.model_validate(self._desk.view()).model_dump_json()
        return f'{{"type":"snapshot","seq":{self.seq},"view":{view}}}'.encode()


class _Listener:
    """One WebSocket and what it has not yet been sent."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        snapshot: bytes,
        queue_messages: int,
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._unsent = deque((snapshot,))
        self._queue_messages = queue_messages
        self._news = asyncio.Event()
        self._news.set()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def takes(self, frames: list[bytes]) -> bool:
        """Queue them; False, once, for a listener that has too many unsent already and is given up."""
        if self._ended.done():
            return True
        if len(self._unsent) + len(frames) > self._queue_messages:
            self._unsent.clear()
            self.end(TOO_SLOW)
            return False
        self._unsent.extend(frames)
        self._news.set()
        return True

    def end(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)

    async def run(self) -> None:
        """Send until the listener leaves, breaks or is given up, and close with the code that says which."""
        sending, reading = asyncio.create_task(self._send()), asyncio.create_task(self._read())
        try:
            done, _ = await asyncio.wait((sending, reading, self._ended), return_when=asyncio.FIRST_COMPLETED)
            code = self._ended.result() if self._ended in done else WSCloseCode.OK
            if reading in done and self._ended not in done:
                code = reading.result()
            # The sender is not cancelled before this: aiohttp's tasks share one future while a connection is congested,
            # and cancelling one of them cancels all.
            await self._close(code)
            if sending in done:
                sending.result()
        finally:
            sending.cancel()
            reading.cancel()
            await asyncio.gather(sending, reading, return_exceptions=True)

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code, message=_CLOSE_WORDS.get(code, b""))
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    async def _send(self) -> None:
        """For ever, or until the connection breaks; anything else that ends it is a bug and is raised by `run`."""
        with contextlib.suppress(ConnectionError):
            while True:
                await self._news.wait()
                self._news.clear()
                while self._unsent:
                    await self._socket.send_frame(self._unsent.popleft(), WSMsgType.TEXT)

    async def _read(self) -> int:
        """Wait for the end: pings and pongs are answered below us, and a listener has nothing to say."""
        message = await self._socket.receive()
        spoke = message.type in (WSMsgType.TEXT, WSMsgType.BINARY)
        return WSCloseCode.POLICY_VIOLATION if spoke else WSCloseCode.OK


_CLOSE_WORDS = {
    TOO_SLOW: b"too slow: come back for a new snapshot",
    WSCloseCode.POLICY_VIOLATION: b"the feed takes no messages",
    WSCloseCode.GOING_AWAY: b"the engine stops",
}


def _frame(seq: int, at_ms: int, notice: Notice) -> bytes:
    if type(notice) is ContactBegan:
        notice = replace(notice, caller=mask(notice.caller))
    elif type(notice) is CallbackPromised:
        notice = replace(notice, number=mask(notice.number))
    told = json.dumps(encode(notice), ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"notice","seq":{seq},"at_ms":{at_ms},"notice":{told}}}'.encode()
