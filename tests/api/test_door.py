"""The door of the API, on a real socket: who is let in, for how long, and what somebody hears who speaks no HTTP."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from ivr_engine.api.door import Door, first_request
from sandbox import ports

Open = Callable[..., Awaitable[tuple[Door, int]]]
PATIENCE_SECONDS = 10.0


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_door(*, connections: int = 8, first_request_seconds: float = 0.05) -> tuple[Door, int]:
            async def answer(request: web.Request) -> web.Response:
                # as long as several of the short patiences of these tests
                await asyncio.sleep(3 * first_request_seconds if first_request_seconds < 1 else 0)
                return web.Response(text="here")

            app = web.Application(middlewares=[first_request])
            app.router.add_get("/", answer)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            door = Door(runner, "127.0.0.1", 0, connections=connections, first_request_seconds=first_request_seconds)
            await door.start()
            return door, int(runner.addresses[0][1])

        yield open_door


async def _says(port: int, sent: bytes) -> bytes:
    """All that comes back until the other side hangs up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(sent)
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize("turns", range(12))
async def test_given_a_start_when_cancelled_at_any_turn_of_the_loop_then_the_port_is_free_again(turns: int) -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    reserved = ports.reserve()
    port = reserved.first
    starting = asyncio.ensure_future(Door(runner, "127.0.0.1", port).start())
    for _ in range(turns):
        await asyncio.sleep(0)

    starting.cancel()
    await asyncio.wait({starting})
    await runner.cleanup()

    with socket.create_server(("127.0.0.1", port)):
        reserved.release()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_given_no_whole_request_when_patience_ends_then_the_connection_is_closed(
    opened: Open, sent: bytes
) -> None:
    door, port = await opened()
    assert await _says(port, sent) == b""
    assert door.open_connections == 0


async def test_given_an_answer_that_takes_long_when_it_was_asked_in_time_then_it_is_waited_for(opened: Open) -> None:
    _, port = await opened()
    answer = await _says(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"here")


async def test_given_a_full_house_when_one_more_comes_then_it_is_closed_and_another_has_room_later(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    door, port = await opened(connections=2, first_request_seconds=PATIENCE_SECONDS)
    ask = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    guests = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    with caplog.at_level(logging.WARNING, "ivr_engine.api"):
        assert await _says(port, b"") == b""
        assert await _says(port, b"") == b""
        assert await _says(port, b"") == b""
    assert (door.open_connections, door.refused) == (2, 3)
    assert len(caplog.records) == 2, "a flood of connections is no flood of lines"
    guests[0][1].close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await guests[0][1].wait_closed()
        while door.open_connections > 1:  # noqa: ASYNC110  (the other side of the socket tells nobody)
            await asyncio.sleep(0)
    assert (await _says(port, ask)).endswith(b"here")
    guests[1][1].close()


async def test_given_no_http_when_answered_then_it_is_a_problem_and_nothing_of_it_is_repeated_or_logged(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    _, port = await opened(first_request_seconds=PATIENCE_SECONDS)
    with caplog.at_level(logging.DEBUG):
        answer = await _says(port, b"GET / HTTP/1.1\r\nAuthorization : Bearer s3cret-of-a-desk\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_request"
    assert b"s3cret" not in answer
    assert "s3cret" not in caplog.text
    assert [record.exc_info for record in caplog.records if record.levelno >= logging.WARNING] == []
