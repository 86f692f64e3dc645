"""A wire between engine and Asterisk that can be cut, slowed and made to stammer.

The engine is told the proxy's port as Asterisk's. What an engine sends goes through untouched; of what Asterisk sends,
events can be held back or said twice, as a real one does under load (asterisk#2145), while answers pass.
"""

import asyncio
import contextlib
from collections import deque
from types import TracebackType
from typing import Self

from ivr_engine.replay.simulator.pairs import Pairs

CHUNK_BYTES = 65_536
MESSAGE_BYTES = 1 << 20
"""Far above the 128 lines of 1,024 bytes that Asterisk ever says at once."""

HELD_BYTES = 16 << 20
"""Of events held back: minutes of a busy switch. Beyond that the wire is cut, as Asterisk does to a slow client."""


class AmiProxy:
    """`await start()`, give `port` to the engine, then `cut`, `delay`, `double`, and always `await stop()`."""

    def __init__(self, switch_port: int, host: str = "127.0.0.1") -> None:
        self._host = host
        self._switch_port = switch_port
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.Task[None]] = set()
        self._down_until = 0.0
        self._late_until = 0.0
        self._late_seconds = 0.0
        self._double_until = 0.0
        self._swap_until = 0.0
        self.port = 0

    async def start(self) -> None:
        """Listens on a port of the kernel's choice, after a death on the same one. Raises OSError."""
        self._server = await asyncio.start_server(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Every wire is cut and nobody listens; doing it twice is harmless."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._cut_all()
        await asyncio.gather(*self._wires, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def cut(self, lasts_ms: int) -> None:
        """Both directions end now; who connects within `lasts_ms` hears nothing until then: the network is away."""
        self._down_until = _now() + lasts_ms / 1_000
        self._cut_all()

    def die(self) -> None:
        """Nobody listens any more, as where the switch was: who connects is refused, until `start`."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._cut_all()

    def delay(self, by_ms: int, lasts_ms: int) -> None:
        """For `lasts_ms`, events arrive `by_ms` late; none overtakes another."""
        self._late_seconds = by_ms / 1_000
        self._late_until = _now() + lasts_ms / 1_000

    def double(self, lasts_ms: int) -> None:
        """For `lasts_ms`, every event arrives twice."""
        self._double_until = _now() + lasts_ms / 1_000

    def swap(self, lasts_ms: int) -> None:
        """For `lasts_ms`, of two events that follow each other closely the second one arrives first."""
        self._swap_until = _now() + lasts_ms / 1_000

    def _cut_all(self) -> None:
        for wire in self._wires:
            wire.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._wires.add(task)
        try:
            await asyncio.sleep(max(0.0, self._down_until - _now()))
            await self._wire(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError, asyncio.LimitOverrunError):
            pass  # one side has gone, or the wire was cut: the other side learns it by the same end
        finally:
            self._wires.discard(task)
            writer.transport.abort()

    async def _wire(self, engine: asyncio.StreamReader, to_engine: asyncio.StreamWriter) -> None:
        switch, to_switch = await asyncio.open_connection(self._host, self._switch_port, limit=MESSAGE_BYTES)
        sides = [
            asyncio.create_task(_copy(engine, to_switch)),
            asyncio.create_task(_Events(self, switch, to_engine).run()),
        ]
        try:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
            for side in done:
                side.result()
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)
            to_switch.transport.abort()

    def lateness_seconds(self) -> float:
        """How late an event is to arrive now."""
        return self._late_seconds if _now() < self._late_until else 0.0

    def swaps(self) -> bool:
        """Whether events change places now."""
        return _now() < self._swap_until

    def doubles(self) -> bool:
        """Whether an event is said twice now."""
        return _now() < self._double_until


class _Events:
    """One direction, from Asterisk: messages whole, events through a queue that keeps their order."""

    def __init__(self, proxy: AmiProxy, switch: asyncio.StreamReader, engine: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._switch = switch
        self._engine = engine
        self._held: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._news = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._pairs = Pairs[bytes](lambda delay_ms, action: loop.call_later(delay_ms / 1_000, action), self._hold)

    async def run(self) -> None:
        sending = asyncio.create_task(self._send_held())
        try:
            self._engine.write(await self._switch.readuntil(b"\r\n"))  # the banner, which no blank line ends
            while True:
                message = await self._switch.readuntil(b"\r\n\r\n")
                if not message.startswith(b"Event:"):
                    self._engine.write(message)
                    await self._engine.drain()
                    continue
                self._pairs.swaps = self._proxy.swaps()
                self._pairs.take(message)
                if self._proxy.doubles():
                    self._pairs.take(message)
        finally:
            sending.cancel()
            self._pairs.forget()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending

    def _hold(self, message: bytes) -> None:
        due = _now() + self._proxy.lateness_seconds()
        if self._held:
            due = max(due, self._held[-1][0])
        self._held.append((due, message))
        self._held_bytes += len(message)
        if self._held_bytes > HELD_BYTES:
            raise EOFError("too many events held back")
        self._news.set()

    async def _send_held(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._held:
                await asyncio.sleep(max(0.0, self._held[0][0] - _now()))
                _, message = self._held.popleft()
                self._held_bytes -= len(message)
                self._engine.write(message)
            await self._engine.drain()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK_BYTES):
        target.write(chunk)
        await target.drain()


def _now() -> float:
    return asyncio.get_running_loop().time()
