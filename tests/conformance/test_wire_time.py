"""Virtual time with real sockets: hours pass at once, and never past a byte that is on its way."""

import asyncio
import contextvars
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from ivr_engine.conformance.wire_time import PROCESS, JumpingLoop, Standing, WireTime

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(coroutine)


def wire_time(now_ms: int = 1_000_000) -> WireTime:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    return WireTime(loop, now_ms)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while received := await reader.read(65_536):
        writer.write(received)
    writer.close()


async def dial() -> tuple[asyncio.Server, asyncio.StreamReader, asyncio.StreamWriter]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    return server, reader, writer


def test_given_half_an_hour_when_it_is_slept_then_hardly_any_real_time_passes() -> None:
    async def sleep() -> float:
        await asyncio.sleep(1_800)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(sleep()) == pytest.approx(1_800)
    assert time.monotonic() - began < 60


def test_given_a_timer_of_a_millisecond_when_bytes_go_to_and_fro_then_the_bytes_are_first() -> None:
    async def race() -> list[float]:
        server, reader, writer = await dial()
        loop = asyncio.get_running_loop()
        late: list[float] = []
        for size in (1, 1_000, 300_000):
            began = loop.time()
            timer = loop.call_later(0.001, lambda: late.append(loop.time()))
            writer.write(b"x" * size)
            await reader.readexactly(size)
            assert loop.time() == began, "time stood still while bytes were on their way"
            timer.cancel()
        writer.close()
        server.close()
        return late

    assert run(race()) == []


def test_given_a_peer_that_leaves_when_a_timer_is_due_later_then_the_end_is_heard_before_it() -> None:
    async def hear() -> float:
        server, reader, writer = await dial()
        timer = asyncio.get_running_loop().call_later(0.001, writer.close)
        writer.write_eof()
        assert await reader.read() == b""
        timer.cancel()
        writer.close()
        server.close()
        return asyncio.get_running_loop().time()

    assert run(hear()) == 0


def test_given_nobody_who_could_ever_wake_somebody_when_it_is_waited_for_then_it_is_told() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Standing, match="somebody waits"):
        run(wait())


def test_given_things_of_one_moment_when_it_comes_then_they_happen_in_the_order_asked_for() -> None:
    async def happen() -> list[int]:
        clock = wire_time()
        order: list[int] = []
        dues = [clock.after(delay, order.append, number) for number, delay in enumerate([7, 5, 7, 5, 0, 7, 5])]
        dues[3].cancel()
        dues[3].cancel()
        assert clock.pending == 6, "what is cancelled is not waited for, and only once"
        await asyncio.sleep(0.01)
        assert (clock.pending, clock.last_ms, clock.now_ms) == (0, 1_000_007, 1_000_010)
        dues[0].cancel()
        assert clock.pending == 0, "it has happened already"
        return order

    assert run(happen()) == [4, 1, 6, 0, 2, 5]


def test_given_what_repeats_for_ever_when_it_beats_then_no_run_goes_on_for_its_sake() -> None:
    async def beat() -> tuple[int, int, list[int]]:
        clock = wire_time()
        beats: list[int] = []
        clock.beat(5, beats.append, 1)
        pending = clock.pending
        await asyncio.sleep(0.01)
        return pending, clock.last_ms, beats

    assert run(beat()) == (0, 1_000_000, [1])


def test_given_two_things_of_one_moment_when_the_first_writes_then_its_answer_comes_before_the_second() -> None:
    async def happen() -> list[str]:
        server, reader, writer = await dial()
        clock, order = wire_time(), ["began"]

        async def answer() -> None:
            await reader.readexactly(1)
            order.append("answered")

        answering = asyncio.create_task(answer())
        clock.after(5, writer.write, b"x")
        clock.after(5, order.append, "second")
        await asyncio.sleep(0.006)
        await answering
        writer.close()
        server.close()
        return order

    assert run(happen()) == ["began", "answered", "second"]


# ── a process that is stopped ───────────────────────────────────────────────────────────────────────────────────────
def of_process(number: int, coroutine: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    context = contextvars.copy_context()
    context.run(PROCESS.set, number)
    return asyncio.get_running_loop().create_task(coroutine, context=context)


def test_given_a_process_that_is_stopped_when_time_passes_then_only_it_stands_still() -> None:
    beats: list[tuple[int, float]] = []

    async def beat(number: int) -> None:
        for _ in range(5):
            await asyncio.sleep(1)
            beats.append((number, round(asyncio.get_running_loop().time(), 3)))

    async def both() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        first, second = of_process(1, beat(1)), of_process(2, beat(2))
        await asyncio.sleep(1.5)
        loop.freeze(1)
        await asyncio.sleep(10)
        loop.thaw()
        await asyncio.gather(first, second)

    run(both())
    assert [at for number, at in beats if number == 2] == [1, 2, 3, 4, 5]
    assert [at for number, at in beats if number == 1] == [1, 11.5, 12.5, 13.5, 14.5]


def test_given_a_process_that_is_stopped_when_bytes_come_for_it_then_it_reads_them_before_its_timers_are_late() -> None:
    told: list[str] = []

    class Reader(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            asyncio.get_running_loop().call_later(3, told.append, "too late")

        def data_received(self, data: bytes) -> None:
            told.append(data.decode())

    async def engine() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Reader, "127.0.0.1", 0)

    async def stopped() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        server = await of_process(1, engine())
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await asyncio.sleep(1)
        loop.freeze(1)
        writer.write(b"a word")
        await asyncio.sleep(60)
        assert told == []
        loop.thaw()
        await asyncio.sleep(1)
        writer.close()
        server.close()

    run(stopped())
    assert told == ["a word", "too late"]


def test_given_work_for_a_thread_when_awaited_then_it_is_done_and_no_time_has_passed() -> None:
    async def work() -> tuple[int, float]:
        asyncio.get_running_loop().call_later(0.001, lambda: None)
        found = await asyncio.to_thread(sum, [1, 2])
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(divmod, 1, 0)
        return found, asyncio.get_running_loop().time()

    assert run(work()) == (3, 0)
