"""Whoever does not speak in time: a slow client, a switch that stands still, a question that nobody answers.

In virtual time: the limits are the real ones, the seconds pass at once.
"""

import asyncio

import pytest

from ivr_engine.asterisk.agi import REPLY_SECONDS, SWEEP_SECONDS, AgiSession
from ivr_engine.asterisk.agi_errors import AGIError, AGIReplyOverdueError, AGISIGHUPHangup, SessionEnd
from ivr_engine.asterisk.agi_link import AFTER_HANGUP_SECONDS, HEADER_SECONDS
from tests.asterisk.agi_caller import AgiCaller, Told, header, one_noop, serving

pytestmark = pytest.mark.looptime


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _seconds_until_closed(caller: AgiCaller) -> float:
    """Waited for without a deadline of the test's own: virtual seconds cost nothing."""
    since = _now()
    while await caller.line():
        pass
    return _now() - since


async def test_given_a_client_that_says_nothing_when_time_is_up_then_it_is_closed_and_counted() -> None:
    async with serving(one_noop, sweep_seconds=SWEEP_SECONDS) as server:
        caller = await server.call(b"")
        waited_seconds = await _seconds_until_closed(caller)
        await server.until_accepted(1)

        assert HEADER_SECONDS <= waited_seconds <= HEADER_SECONDS + 2 * SWEEP_SECONDS
        assert server.ends == {SessionEnd.HEADER_OVERDUE: 1}


async def test_given_a_client_that_sends_a_byte_a_second_when_time_is_up_then_its_bytes_bought_it_nothing() -> None:
    async with serving(one_noop, sweep_seconds=SWEEP_SECONDS) as server:
        caller = await server.call(b"")

        async def drip() -> None:
            for byte in header():
                caller.send(bytes([byte]))
                await asyncio.sleep(1)

        dripping = asyncio.create_task(drip())
        waited_seconds = await _seconds_until_closed(caller)
        dripping.cancel()
        await server.until_accepted(1)

        assert waited_seconds <= HEADER_SECONDS + 2 * SWEEP_SECONDS
        assert server.ends == {SessionEnd.HEADER_OVERDUE: 1}


async def test_given_a_reply_that_never_comes_when_time_is_up_then_a_late_one_is_nobodys_answer() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        for name in ("A", "B"):
            try:
                told.tell(session.get_variable(name))
            except AGIError as error:
                told.tell(type(error))

    async with serving(visit, sweep_seconds=SWEEP_SECONDS) as server:
        caller = await server.call()
        assert await caller.line() == 'GET VARIABLE "A"'
        waited_seconds = await _seconds_until_closed(caller)
        caller.answer("200 result=1 (late)")
        await server.until_accepted(1)

        assert REPLY_SECONDS <= waited_seconds <= REPLY_SECONDS + 2 * SWEEP_SECONDS
        assert told.story == [AGIReplyOverdueError, AGIReplyOverdueError]
        assert server.ends == {SessionEnd.REPLY_OVERDUE: 1}


async def test_given_a_command_that_may_take_long_when_its_reply_comes_within_that_then_nothing_is_overdue() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        session.reply_seconds = 60
        told.tell(session.stream_file("120/long"))

    async with serving(visit, sweep_seconds=SWEEP_SECONDS) as server:
        caller = await server.call()
        await caller.line()
        await asyncio.sleep(59)
        caller.answer("200 result=49 endpos=0")

        assert await told.length(1) == ["1"]


async def test_given_a_hangup_without_the_owed_reply_when_a_moment_has_passed_then_the_session_ends() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        session.reply_seconds = 3600
        try:
            session.record_file("120/message", timeout=3_600_000)
        except AGISIGHUPHangup:
            told.tell(_now())
            raise

    async with serving(visit, sweep_seconds=SWEEP_SECONDS) as server:
        caller = await server.call()
        await caller.line()
        caller.answer("HANGUP")
        waited_seconds = await _seconds_until_closed(caller)
        await server.until_accepted(1)

        assert AFTER_HANGUP_SECONDS <= waited_seconds <= AFTER_HANGUP_SECONDS + 2 * SWEEP_SECONDS
        assert len(told.story) == 1
        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}


async def test_given_something_else_to_wait_for_when_it_does_not_come_then_the_visit_speaks_on_without_it() -> None:
    def visit(session: AgiSession) -> None:
        with pytest.raises(TimeoutError):
            session.wait_for(asyncio.Event().wait(), 3)
        session.noop()

    async with serving(visit, sweep_seconds=SWEEP_SECONDS) as server:
        since = _now()
        caller = await server.call()
        assert await caller.line() == "NOOP"
        waited_seconds = _now() - since
        caller.answer()
        await server.until_accepted(1)

        assert 3 <= waited_seconds <= 3 + 2 * SWEEP_SECONDS
        assert server.ends == {SessionEnd.FINISHED: 1}
