"""The wire between engine and Asterisk: whole while nothing is asked of it, and broken in the way that is asked for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ivr_engine.conformance.asterisk_proxy import AmiProxy

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
ANSWER = b"Response: Success\r\nPing: Pong\r\n\r\n"


def event(number: int) -> bytes:
    return f"Event: UserEvent\r\nNumber: {number}\r\n\r\n".encode()


class Manager:
    """Asterisk's side: whoever connects gets the banner; `say` reaches everybody, what is heard is kept."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.heard = asyncio.Queue[bytes]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(BANNER)
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                self.heard.put_nowait(line)
        writer.close()

    def say(self, *messages: bytes) -> None:
        for writer in self.writers:
            writer.write(b"".join(messages))


class Engine:
    """The engine's side, connected through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, proxy: AmiProxy) -> "Engine":
        engine = cls(*await asyncio.open_connection("127.0.0.1", proxy.port))
        assert await engine.reader.readline() == BANNER
        return engine

    async def message(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.readuntil(b"\r\n\r\n")


@pytest_asyncio.fixture
async def manager() -> AsyncIterator[tuple[Manager, AmiProxy]]:
    manager = Manager()
    server = await asyncio.start_server(manager.serve, "127.0.0.1", 0)
    async with AmiProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield manager, proxy
    server.close()
    await server.wait_closed()


Both = tuple[Manager, AmiProxy]


async def test_given_a_whole_wire_when_both_sides_speak_then_every_byte_arrives_in_order(manager: Both) -> None:
    asterisk, proxy = manager
    engine = await Engine.connect(proxy)
    engine.writer.write(b"Action: Ping\r\n")
    assert await asterisk.heard.get() == b"Action: Ping\r\n"
    asterisk.say(ANSWER, event(1), event(2))
    assert sorted([await engine.message() for _ in range(3)]) == sorted([ANSWER, event(1), event(2)])
    engine.writer.close()


async def test_given_late_events_when_an_answer_comes_after_them_then_the_answer_is_first(manager: Both) -> None:
    asterisk, proxy = manager
    engine = await Engine.connect(proxy)
    loop = asyncio.get_running_loop()
    proxy.delay(by_ms=200, lasts_ms=10_000)
    began = loop.time()
    asterisk.say(event(1), event(2), ANSWER)
    assert await engine.message() == ANSWER
    assert [await engine.message() for _ in range(2)] == [event(1), event(2)]
    assert loop.time() - began >= 0.2
    engine.writer.close()


async def test_given_doubled_events_when_one_is_said_then_it_arrives_twice_and_an_answer_once(manager: Both) -> None:
    asterisk, proxy = manager
    engine = await Engine.connect(proxy)
    proxy.double(lasts_ms=10_000)
    asterisk.say(event(1), event(2))
    assert [await engine.message() for _ in range(4)] == [event(1), event(1), event(2), event(2)]
    asterisk.say(ANSWER, event(3))
    assert sorted([await engine.message() for _ in range(3)]) == sorted([ANSWER, event(3), event(3)])
    engine.writer.close()


async def test_given_a_cut_when_the_engine_connects_again_then_it_is_served_when_the_cut_is_over(manager: Both) -> None:
    _, proxy = manager
    engine = await Engine.connect(proxy)
    proxy.cut(lasts_ms=150)
    with contextlib.suppress(ConnectionError):
        assert await engine.reader.read() == b""
    began = asyncio.get_running_loop().time()
    again = await Engine.connect(proxy)
    assert asyncio.get_running_loop().time() - began >= 0.1, "nobody is served while the wire is cut"
    again.writer.close()


async def test_given_asterisk_is_gone_when_the_engine_connects_then_its_wire_ends(free_port: int) -> None:
    async with AmiProxy(free_port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


@pytest.fixture
def free_port(unused_tcp_port: int) -> int:
    return unused_tcp_port


async def test_given_events_that_change_places_when_two_come_closely_then_the_second_is_first_and_the_third_alone(
    manager: tuple[Manager, AmiProxy],
) -> None:
    asterisk, proxy = manager
    engine = await Engine.connect(proxy)
    proxy.swap(60_000)
    asterisk.say(event(1), event(2), event(3))
    assert [await engine.message() for _ in range(3)] == [event(2), event(1), event(3)]
    asterisk.say(ANSWER)
    assert await engine.message() == ANSWER


async def test_given_a_switch_that_died_when_somebody_connects_then_it_is_refused_until_another_one_is_there(
    manager: tuple[Manager, AmiProxy],
) -> None:
    _, proxy = manager
    engine = await Engine.connect(proxy)
    proxy.die()
    assert await engine.reader.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await Engine.connect(proxy)
    await proxy.start()
    await Engine.connect(proxy)
