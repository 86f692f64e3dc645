"""The FastAGI server against whoever may connect: Asterisk, a dying Asterisk, and nobody's friend."""

import asyncio
import gc
import logging
import socket
import weakref
from collections.abc import Callable
from contextvars import ContextVar

import pytest
from greenlet import getcurrent

from ivr_engine.asterisk.agi import AgiServer, AgiSession
from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIArgumentError,
    AGIConnectionHangup,
    AGIDeadChannelHangup,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AgiListenError,
    AGIProtocolError,
    AGISIGHUPHangup,
    AGIStoppingError,
    AGIUsageError,
    SessionEnd,
)
from ivr_engine.asterisk.agi_link import KEPT_GREENLETS, Greenlets
from ivr_engine.asterisk.agi_wire import HEADER_BYTES
from sandbox import ports
from tests.asterisk.agi_caller import ARGUMENTS, NONCE, PATIENCE_SECONDS, Told, header, one_noop, serving

# ── an ordinary session ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_session_when_the_visit_uses_verbs_then_asterisk_gets_commands_and_the_visit_results() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        told.tell(session.environment.arguments)
        told.tell(session.env["agi_channel"])
        session.set_variable("X", 'a "b" \\')
        told.tell(session.stream_file("120/menu", "12#"))
        told.tell(session.wait_for_digit(5000))
        told.tell(session.get_variable("Y"))
        told.tell(session.get_data("120/pin", 3000, 4))
        told.tell(session.database_get("family", "key"))
        told.tell(session.execute("STREAM FILE", "120/end", "12")["endpos"])

    async with serving(visit) as server:
        caller = await server.call()
        heard = [
            await caller.ask(answer)
            for answer in (
                "200 result=1",
                "200 result=50 endpos=8000",
                "200 result=0",
                "200 result=1 (값)",
                "200 result=12 (timeout)",
                "200 result=1 (value)",
                "200 result=0 endpos=160",
            )
        ]
        assert await caller.is_closed()

        assert heard == [
            'SET VARIABLE "X" "a \\"b\\" \\\\"',
            'STREAM FILE 120/menu "12#" 0',
            "WAIT FOR DIGIT 5000",
            'GET VARIABLE "Y"',
            "GET DATA 120/pin 3000 4",
            'DATABASE GET "family" "key"',
            "STREAM FILE 120/end 12",
        ]
        assert told.story == [
            ARGUMENTS[1:],
            "PJSIP/trunk-00000001",
            "2",
            "",
            "값",
            "12",
            "value",
            ("160", ""),
        ]
        await server.until_accepted(1)
        assert server.ends == {SessionEnd.FINISHED: 1}


async def test_given_many_sessions_at_once_when_each_waits_then_none_holds_up_another() -> None:
    order = Told()

    def visit(session: AgiSession) -> None:
        order.tell(("in", session.environment.arguments[0]))
        session.wait_for_digit(10_000)
        order.tell(("out", session.environment.arguments[0]))

    async with serving(visit) as server:
        callers = {name: await server.call(header(NONCE, name)) for name in "abc"}
        await order.length(3)
        for name in "bca":
            await callers[name].ask()
            assert await callers[name].is_closed()
        assert order.story[3:] == [("out", "b"), ("out", "c"), ("out", "a")]


async def test_given_a_reply_that_comes_byte_by_byte_when_the_visit_waits_then_it_reads_the_same_value() -> None:
    told = Told()

    async with serving(lambda session: told.tell(session.get_variable("X"))) as server:
        caller = await server.call(b"")
        for byte in header():
            caller.send(bytes([byte]))
            await asyncio.sleep(0)
        await caller.command()
        for byte in "200 result=1 (서울 值 🙂)\n".encode():
            caller.send(bytes([byte]))
            await asyncio.sleep(0)

        assert await told.length(1) == ["서울 值 🙂"]


# ── the channel leaves ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_connections_that_close_at_once_when_they_come_then_the_server_goes_on_and_keeps_none() -> None:
    async with serving(one_noop) as server:
        for head in (b"", header()[:50], b"\n") * 10:
            caller = await server.call(head)
            await caller.close()
        await server.until_accepted(30)
        caller = await server.call()
        assert await caller.ask() == "NOOP"
        await server.until_accepted(31)

        assert server.ends == {SessionEnd.CLOSED_EARLY: 30, SessionEnd.FINISHED: 1}


def _two_commands(told: Told) -> Callable[[AgiSession], None]:
    """Two commands; what each gave is told."""

    def visit(session: AgiSession) -> None:
        for _ in range(2):
            try:
                told.tell(session.wait_for_digit(1000))
            except AGIError as error:
                told.tell(type(error))

    return visit


@pytest.mark.parametrize(
    ("answer", "story"),
    [
        (b"200 result=-1\nHANGUP\n", [AGISIGHUPHangup, AGISIGHUPHangup]),
        (b"HANGUP\n200 result=-1\n", [AGISIGHUPHangup, AGISIGHUPHangup]),
        (b"200 result=49\nHANGUP\n", ["1", AGISIGHUPHangup]),
        (b"HANGUP\n200 result=49\n", ["1", AGISIGHUPHangup]),
        (b"HANGUP\nHANGUP\n511 Command Not Permitted on a dead channel\n", [AGIDeadChannelHangup, AGISIGHUPHangup]),
    ],
    ids=["behind -1", "before -1", "behind a key", "before a key", "twice before 511"],
)
async def test_given_a_hangup_round_a_reply_when_it_is_read_then_the_reply_counts_and_no_command_follows(
    answer: bytes, story: list[object]
) -> None:
    told = Told()

    async with serving(_two_commands(told)) as server:
        caller = await server.call()
        await caller.command()
        caller.send(answer)

        assert await told.length(2) == story
        assert await caller.is_closed()


async def test_given_a_hangup_when_the_visit_waits_for_something_else_then_it_hears_of_it_at_once() -> None:
    told = Told()

    async def something_else() -> None:
        told.tell("waiting")
        await asyncio.Event().wait()

    def visit(session: AgiSession) -> None:
        try:
            session.wait_for(something_else(), 10 * PATIENCE_SECONDS)
        except AGIHangup as error:
            told.tell(type(error))
        session.noop()

    async with serving(visit) as server:
        caller = await server.call()
        await told.length(1)
        caller.answer("HANGUP")
        assert await told.length(2) == ["waiting", AGISIGHUPHangup]
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}


async def test_given_a_hangup_in_the_header_s_segment_when_the_visit_speaks_then_nothing_is_sent() -> None:
    async with serving(one_noop) as server:
        caller = await server.call(header() + b"HANGUP\n")
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}


@pytest.mark.parametrize("part", [b"", b"200 resu", b"520-Invalid\nUsage\n", b"HANGUP\n"])
async def test_given_a_connection_that_ends_in_mid_reply_when_the_visit_waits_then_the_channel_left(
    part: bytes,
) -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        try:
            session.stream_file("120/menu")
        except AGIHangup as error:
            told.tell(type(error))
            raise

    async with serving(visit) as server:
        caller = await server.call()
        await caller.command()
        caller.send(part)
        await caller.close()
        await server.until_accepted(1)

        assert told.story == [AGIConnectionHangup]
        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}


# ── answers that are errors ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ("510 Invalid or unknown command", AGIInvalidCommand, "Invalid or unknown"),
        ("511 Command Not Permitted on a dead channel", AGIDeadChannelHangup, "dead channel"),
        ("520 Invalid command syntax.  Proper usage not available.", AGIUsageError, "not available"),
        ("520-Invalid\n사용법\n520 End of proper usage.", AGIUsageError, "사용법"),
        ("200 result=-1", AGIAppError, "failed"),
    ],
    ids=["510", "511", "520 in one line", "520 in many", "-1"],
)
async def test_given_an_error_when_the_visit_catches_it_then_the_next_command_has_its_own_answer(
    answer: str, error: type[AGIError], text: str
) -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        with pytest.raises(error, match=text):
            session.stream_file("120/menu")
        told.tell(session.get_variable("X"))

    async with serving(visit) as server:
        caller = await server.call()
        await caller.ask(answer)
        await caller.ask("200 result=1 (mine)")

        assert await told.length(1) == ["mine"]


@pytest.mark.parametrize(
    "answer",
    [
        "200 result=0\n200 result=0",
        "200 result=1 (a line\nfeed)",
        "200 result=1 (a)\n200 result=49)",
        "200 OK",
        "x" * 70_000,
    ],
    ids=["two", "line feed in a value", "forged answer in a value", "no result", "endless"],
)
async def test_given_an_answer_that_cannot_be_matched_when_it_comes_then_the_session_ends_and_nothing_is_asked(
    answer: str,
) -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        for _ in range(2):
            try:
                told.tell(session.get_variable("X"))
            except AGIError as error:
                told.tell(type(error))

    async with serving(visit) as server:
        caller = await server.call()
        await caller.ask(answer)
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert told.story == [AGIProtocolError, AGIProtocolError]
        assert server.ends == {SessionEnd.PROTOCOL: 1}


async def test_given_an_answer_that_nobody_asked_for_when_the_visit_waits_elsewhere_then_the_session_ends() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        session.noop()
        told.tell("waiting")
        session.wait_for(asyncio.Event().wait(), PATIENCE_SECONDS)

    async with serving(visit) as server:
        caller = await server.call()
        await caller.ask()
        await told.length(1)
        caller.answer("200 result=0")
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.PROTOCOL: 1}


async def test_given_a_value_with_a_line_feed_when_a_verb_takes_it_then_nothing_is_sent_and_the_visit_may_go_on() -> (
    None
):
    def visit(session: AgiSession) -> None:
        verbs: list[Callable[[], object]] = [
            lambda: session.set_variable("X", "a\nHANGUP"),
            lambda: session.set_variable("X\r\nY", "a"),
            lambda: session.stream_file("120/menu\nHANGUP"),
            lambda: session.set_callerid("02\0"),
            lambda: session.exec_command("Dial", "PJSIP/a\nHANGUP"),
            lambda: session.execute("NOOP\nHANGUP"),
        ]
        for verb in verbs:
            with pytest.raises(AGIArgumentError):
                verb()
        session.verbose("fine")
        session.set_variable("X", "a\nb")

    async with serving(visit) as server:
        caller = await server.call()
        assert await caller.ask() == 'VERBOSE "fine" 1'
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.ARGUMENT: 1}


# ── strangers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "end"),
    [
        (header("wrong", "120"), SessionEnd.REFUSED_NONCE),
        (header(NONCE[:-1], "120"), SessionEnd.REFUSED_NONCE),
        (header("논스", "120"), SessionEnd.REFUSED_NONCE),
        (header("", "120"), SessionEnd.REFUSED_NONCE),
        (b"agi_network: yes\n\n", SessionEnd.REFUSED_NONCE),
        (header(agi_calleridname="x\n\nagi_callerid: 1"), SessionEnd.REFUSED_HEADER),
        (header(NONCE, "120\n\n200 result=49"), SessionEnd.REFUSED_HEADER),
        (header(agi_calleridname="x\nagi_callerid: 110"), SessionEnd.REFUSED_HEADER),
        (b"x" * (HEADER_BYTES + 1), SessionEnd.REFUSED_HEADER),
        (b"GET / HTTP/1.1\n\n", SessionEnd.REFUSED_HEADER),
    ],
    ids=[
        "wrong nonce",
        "short nonce",
        "nonce beyond ASCII",
        "empty nonce",
        "no nonce",
        "header cut by a name",
        "answer in an argument",
        "doubled name",
        "endless",
        "http",
    ],
)
async def test_given_a_stranger_when_it_calls_then_it_is_closed_without_a_word_and_counted(
    head: bytes, end: SessionEnd
) -> None:
    async with serving(one_noop) as server:
        caller = await server.call(head)
        assert await caller.is_closed()
        await server.until_accepted(1)

        assert server.ends == {end: 1}


def test_given_an_empty_nonce_when_the_server_is_made_then_it_refuses() -> None:
    with pytest.raises(ValueError, match="everybody"):
        AgiServer(host="127.0.0.1", port=0, nonce="", converse=one_noop)


async def test_given_a_full_server_when_one_more_calls_then_it_is_closed_at_once_until_there_is_room() -> None:
    inside = Told()

    def visit(session: AgiSession) -> None:
        inside.tell("in")
        session.noop()

    async with serving(visit, max_sessions=2) as server:
        first, second = await server.call(), await server.call()
        await inside.length(2)
        third = await server.call()
        assert await third.is_closed()
        await first.ask()
        assert await first.is_closed()
        fourth = await server.call()
        assert await fourth.ask() == "NOOP"
        await second.ask()
        await server.until_accepted(4)

        assert server.ends == {SessionEnd.FINISHED: 3, SessionEnd.REFUSED_FULL: 1}


# ── bugs in a visit ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_bug_in_a_visit_when_it_raises_then_it_alone_ends_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def visit(session: AgiSession) -> None:
        session.noop()
        if session.environment.arguments == ("bug",):
            raise KeyError("a slip of the flow")

    async with serving(visit) as server:
        other = await server.call()
        broken = await server.call(header(NONCE, "bug"))
        with caplog.at_level(logging.ERROR):
            await broken.ask()
            assert await broken.is_closed()
        await other.ask()
        await server.until_accepted(2)

        assert server.ends == {SessionEnd.BUG: 1, SessionEnd.FINISHED: 1}
        assert "a slip of the flow" in caplog.text
        assert NONCE not in caplog.text


async def test_given_a_visit_that_goes_on_asking_after_the_end_when_it_loops_then_it_is_ended() -> None:
    def visit(session: AgiSession) -> None:
        while True:
            try:
                session.wait_for_digit(1000)
            except AGIError:
                continue

    async with serving(visit) as server:
        caller = await server.call()
        await caller.command()
        await caller.close()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.BUG: 1}


async def test_given_a_session_kept_from_its_visit_when_another_uses_it_then_it_refuses() -> None:
    kept: list[AgiSession] = []

    def visit(session: AgiSession) -> None:
        kept.append(session)
        session.noop()

    async with serving(visit) as server:
        caller = await server.call()
        await caller.command()
        with pytest.raises(RuntimeError, match="outside its visit"):
            kept[0].noop()
        caller.answer()
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.FINISHED: 1}


async def test_given_a_session_kept_from_its_visit_when_the_next_visit_uses_it_then_it_refuses() -> None:
    kept: list[AgiSession] = []
    word = ContextVar("word", default="nothing")
    found: list[str] = []

    def visit(session: AgiSession) -> None:
        found.append(word.get())
        word.set("something")
        kept.append(session)
        if len(kept) > 1:
            with pytest.raises(RuntimeError, match="outside its visit"):
                kept[0].noop()
        session.noop()

    async with serving(visit) as server:
        for count in (1, 2):
            caller = await server.call()
            assert await caller.ask() == "NOOP"
            await server.until_accepted(count)

        assert server.ends == {SessionEnd.FINISHED: 2}
        assert found == ["nothing", "nothing"]


def test_given_more_greenlets_than_are_kept_when_their_visits_end_then_the_others_end_with_them() -> None:
    greenlets = Greenlets()
    taken = [greenlets.take() for _ in range(KEPT_GREENLETS + 3)]
    hub = getcurrent()
    for each in taken:
        each.switch(hub.switch)
    for each in taken:
        each.switch()

    assert sum(each.dead for each in taken) == 3
    assert greenlets.take() in taken
    greenlets.close()
    assert sum(each.dead for each in taken) == len(taken) - 1


async def test_given_a_session_when_a_command_is_sent_without_waiting_for_its_reply_then_it_refuses() -> None:
    def visit(session: AgiSession) -> None:
        with pytest.raises(NotImplementedError):
            session.send_command("NOOP")
        with pytest.raises(NotImplementedError):
            session.get_result()
        session.noop()

    async with serving(visit) as server:
        caller = await server.call()
        assert await caller.ask() == "NOOP"
        await server.until_accepted(1)

        assert server.ends == {SessionEnd.FINISHED: 1}


# ── waiting for something else ───────────────────────────────────────────────────────────────────────────────────────


async def test_given_something_else_to_wait_for_when_it_comes_then_the_visit_has_it_and_speaks_on() -> None:
    told = Told()

    async def answer() -> str:
        await asyncio.sleep(0)
        return "open until 18:00"

    async def break_down() -> str:
        raise LookupError("no such office")

    def visit(session: AgiSession) -> None:
        told.tell(session.wait_for(answer(), PATIENCE_SECONDS))
        with pytest.raises(LookupError):
            session.wait_for(break_down(), PATIENCE_SECONDS)
        session.noop()

    async with serving(visit) as server:
        caller = await server.call()
        assert await caller.ask() == "NOOP"
        await server.until_accepted(1)

        assert told.story == ["open until 18:00"]
        assert server.ends == {SessionEnd.FINISHED: 1}


async def test_given_something_else_to_wait_for_when_the_connection_ends_then_it_is_cancelled() -> None:
    told = Told()

    async def question() -> None:
        told.tell("asked")
        try:
            await asyncio.Event().wait()
        finally:
            told.tell("cancelled")

    async with serving(lambda session: session.wait_for(question(), PATIENCE_SECONDS)) as server:
        caller = await server.call()
        await told.length(1)
        await caller.close()

        assert await told.length(2) == ["asked", "cancelled"]
        await server.until_accepted(1)
        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}


# ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_port_in_use_when_a_second_server_starts_then_it_says_in_one_line_what_to_do() -> None:
    async with serving(one_noop) as server:
        second = AgiServer(host="127.0.0.1", port=server.port, nonce=NONCE, converse=one_noop)
        with pytest.raises(AgiListenError, match="is in use: stop the other process or choose another port") as error:
            await second.start()

        assert "\n" not in str(error.value)
        await second.stop()


@pytest.mark.parametrize("turns", range(12))
async def test_given_a_start_when_cancelled_at_any_turn_of_the_loop_then_the_port_is_free_again(turns: int) -> None:
    reserved = ports.reserve()
    server = AgiServer(host="127.0.0.1", port=reserved.first, nonce=NONCE, converse=one_noop)
    starting = asyncio.ensure_future(server.start())
    for _ in range(turns):
        await asyncio.sleep(0)

    starting.cancel()
    await asyncio.wait({starting})
    await server.stop()

    with socket.create_server(("127.0.0.1", reserved.first)):
        reserved.release()


async def test_given_an_address_of_another_machine_when_the_server_starts_then_it_says_so() -> None:
    server = AgiServer(host="192.0.2.1", port=0, nonce=NONCE, converse=one_noop)
    with pytest.raises(AgiListenError, match="choose an address of this machine"):
        await server.start()


async def test_given_an_open_session_when_the_server_stops_then_the_visit_may_end_and_nobody_new_comes_in() -> None:
    async with serving(one_noop) as server:
        caller = await server.call()
        await caller.command()
        waiting = await server.call(b"agi_network: yes\n")
        await server.until_open(2)
        stopping = asyncio.create_task(server.stop(drain_seconds=PATIENCE_SECONDS))
        assert await waiting.is_closed()
        with pytest.raises(OSError, match=r"Connect|refused"):
            await server.call()
        caller.answer()
        await stopping

        assert server.ends == {SessionEnd.FINISHED: 1, SessionEnd.STOPPED: 1}


async def test_given_a_session_that_does_not_end_when_the_server_stops_then_it_is_ended_after_the_drain() -> None:
    told = Told()

    def visit(session: AgiSession) -> None:
        try:
            session.wait_for_digit(60_000)
        except AGIError as error:
            told.tell(type(error))
            session.set_variable("IVR_OUTCOME", "never")

    async with serving(visit) as server:
        callers = [await server.call() for _ in range(3)]
        for caller in callers:
            await caller.command()
        await server.stop(drain_seconds=0.01)
        for caller in callers:
            assert await caller.is_closed()

        assert told.story == [AGIStoppingError] * 3
        assert server.ends == {SessionEnd.STOPPED: 3}


async def test_given_a_stopped_server_when_it_is_stopped_again_then_nothing_happens() -> None:
    async with serving(one_noop) as server:
        await server.stop()
        await server.stop()


async def test_given_a_session_that_is_over_when_nobody_keeps_it_then_the_server_does_not_either() -> None:
    sessions: list[weakref.ref[AgiSession]] = []

    def visit(session: AgiSession) -> None:
        sessions.append(weakref.ref(session))
        session.noop()

    async with serving(visit) as server:
        caller = await server.call()
        await caller.ask()
        await server.until_accepted(1)
        await asyncio.sleep(0)
        gc.collect()

        assert sessions[0]() is None


async def test_given_a_stopped_server_when_nobody_keeps_it_then_the_event_loop_does_not_either() -> None:
    async with serving(one_noop) as server:
        caller = await server.call()
        await caller.ask()
        await server.until_accepted(1)
        kept = weakref.ref(server), weakref.ref(server.greenlets)
    del server
    await asyncio.sleep(0)
    gc.collect()

    assert [each() for each in kept] == [None, None]


async def test_given_sessions_that_ended_in_every_way_when_the_server_has_stopped_then_no_task_is_left() -> None:
    before = asyncio.all_tasks()
    async with serving(one_noop) as server:
        for head in (header(), b"", header("wrong")):
            caller = await server.call(head)
            await caller.close()
        await server.until_accepted(3)

    assert asyncio.all_tasks() == before
