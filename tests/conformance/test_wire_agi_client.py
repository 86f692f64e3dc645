"""Asterisk's side of a visit: the engine's real FastAGI server is called, and every end of a visit is Asterisk's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr_engine.asterisk.agi import AgiServer, AgiSession
from ivr_engine.asterisk.agi_errors import AGIAppError, AGIHangup, AGIInvalidCommand, SessionEnd
from ivr_engine.conformance.agi_client import AgiCalls, words_of
from ivr_engine.conformance.wire_time import JumpingLoop, WireTime
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.phones import Exchanges
from ivr_engine.replay.simulator.site import read_site
from ivr_engine.replay.simulator.sounds import Sounds
from tests.conformance.test_wire_ami_server import Silent

PROMPT = "ivr/ko/greeting"
NONCE = "e0000001"


class Line:
    """A citizen on the line of a switch whose visits are a test's own."""

    def __init__(self, exchange: Exchange, calls: AgiCalls, server: AgiServer, leg: Leg) -> None:
        self.exchange = exchange
        self.calls = calls
        self.server = server
        self.leg = leg

    async def status(self) -> str:
        """AGISTATUS, once the visit is over."""
        await until(lambda: "AGISTATUS" in self.leg.variables, 60)
        return self.leg.variables["AGISTATUS"]

    async def accepted(self) -> None:
        await until(lambda: self.server.accepted > 0)


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Looks every millisecond of virtual time, which costs none."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (nobody is there to set an event: the switch is the one looked at)
            await asyncio.sleep(0.001)


def on_line(converse: Callable[[AgiSession], None], play: Callable[[Line], Awaitable[Any]], nonce: str = NONCE) -> Any:
    async def stage() -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        exchange = Exchange(WireTime(loop, 0), read_site())
        exchange.phones = Exchanges(exchange, [], [])
        folder = dialplans()
        exchange.visits = calls = AgiCalls(Sounds(folder, loaded(folder)))
        server = AgiServer(host="127.0.0.1", port=0, nonce=NONCE, converse=converse)
        await server.start()
        exchange.global_variables |= {"IVR_AGI": f"agi://127.0.0.1:{server.port}/visit", "IVR_NONCE": nonce}
        leg = exchange.call_in("city-trunk", "ivr-entry", "120", Silent(), "0200000001")
        assert leg is not None
        try:
            return await play(Line(exchange, calls, server, leg))
        finally:
            calls.break_off()
            await server.stop(drain_seconds=0)

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(stage())


def test_given_a_visit_when_it_speaks_every_verb_then_each_is_answered_as_asterisk_does() -> None:
    told: list[object] = []

    def converse(session: AgiSession) -> None:
        told.append(session.environment.arguments[:2])
        session.set_variable("WORDS", 'say "seoul" \\ 다산')
        told.append(session.get_variable("WORDS"))
        told.append(session.get_variable("NEVER_SET"))
        told.append(session.channel_status())
        told.append(session.wait_for_digit(500))
        told.append(session.stream_file(PROMPT, "12"))
        session.noop()

    async def play(line: Line) -> str:
        return await line.status()

    assert on_line(converse, play) == "SUCCESS"
    assert told == [("120", "0200000001"), 'say "seoul" \\ 다산', "", 6, "", ""]


def test_given_keys_when_they_are_pressed_then_they_interrupt_are_collected_and_end_a_wait() -> None:
    heard: list[str] = []

    def converse(session: AgiSession) -> None:
        heard.append(session.stream_file(PROMPT, "1"))
        heard.append(session.wait_for_digit(10_000))
        session.reply_seconds = 60
        heard.append(session.get_data(PROMPT, 2_000, 4))
        heard.append(session.get_data(PROMPT, 2_000, 2))

    async def play(line: Line) -> None:
        await line.accepted()
        for at_ms, key in enumerate("912345#67"):
            line.exchange.time.after(100 + 100 * at_ms, line.exchange.press, line.leg, key)
        assert await line.status() == "SUCCESS"

    on_line(converse, play)
    assert heard == ["1", "2", "345", "67"], "9 is none of those that may interrupt, and is lost"


def test_given_a_recording_that_is_not_there_when_it_is_played_then_the_visit_is_a_failure() -> None:
    def converse(session: AgiSession) -> None:
        with pytest.raises(AGIAppError):
            session.stream_file("ivr/ko/never_recorded", "")
        session.noop()

    async def play(line: Line) -> str:
        return await line.status()

    assert on_line(converse, play) == "FAILURE"


def test_given_an_unknown_command_when_it_is_sent_then_it_is_refused_and_told_to_whoever_runs_the_scenario() -> None:
    def converse(session: AgiSession) -> None:
        with pytest.raises(AGIInvalidCommand):
            session.execute("TDD MODE", "on")

    async def play(line: Line) -> list[str]:
        await line.status()
        return line.calls.problems

    assert "TDD MODE on" in on_line(converse, play)[0]


def test_given_another_boots_nonce_when_a_visit_begins_then_it_is_turned_away_and_called_a_success() -> None:
    def converse(session: AgiSession) -> None:
        raise AssertionError("a stranger was let in")

    async def play(line: Line) -> tuple[str, int]:
        return await line.status(), line.server.ends[SessionEnd.REFUSED_NONCE]

    assert on_line(converse, play, nonce="e0000002") == ("SUCCESS", 1)


def test_given_nobody_who_listens_when_a_visit_begins_then_it_is_a_failure_and_the_citizen_falls_back() -> None:
    async def play(line: Line) -> str:
        line.exchange.global_variables["IVR_AGI"] = "agi://127.0.0.1:1/visit"
        await until(lambda: line.leg.context == "ivr-fallback")
        return line.leg.variables["AGISTATUS"]

    assert on_line(lambda _session: None, play) == "FAILURE"


@pytest.mark.parametrize("asks_again", [False, True])
def test_given_a_citizen_who_hangs_up_when_a_command_runs_then_the_visit_hears_a_hangup(asks_again: bool) -> None:
    raised: list[type[BaseException]] = []

    def converse(session: AgiSession) -> None:
        session.reply_seconds = 60
        try:
            session.wait_for_digit(30_000)
        except AGIAppError as error:
            raised.append(type(error))
            if not asks_again:
                raise
            session.noop()

    async def play(line: Line) -> int:
        await line.accepted()
        line.exchange.time.after(1_000, line.exchange.leave, line.leg)
        await until(lambda: line.server.ends.total() > 0)
        assert "AGISTATUS" not in line.leg.variables, "a leg that left is told nothing any more"
        return line.server.ends[SessionEnd.CHANNEL_LEFT] + line.server.ends[SessionEnd.BUG]

    assert on_line(converse, play) == 1
    assert issubclass(raised[0], AGIAppError | AGIHangup)


def test_given_an_engine_that_dies_when_a_visit_goes_on_then_asterisk_calls_it_a_success_moments_later() -> None:
    def converse(session: AgiSession) -> None:
        session.reply_seconds = 60
        session.wait_for_digit(30_000)

    async def play(line: Line) -> tuple[str, float]:
        await line.accepted()
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        died = loop.time()
        await line.server.stop(drain_seconds=0)
        return await line.status(), loop.time() - died

    status, seconds = on_line(converse, play)
    assert status == "SUCCESS"
    assert seconds == pytest.approx(0.003, abs=0.001), "measured on a real one: 3 ms"


def test_given_words_in_quotes_when_a_command_is_read_then_they_are_what_the_engine_wrote() -> None:
    assert words_of(r'SET VARIABLE IVR_OUTCOME "a \"b\" \\ c"') == ["SET", "VARIABLE", "IVR_OUTCOME", r'a "b" \ c']
    assert words_of('STREAM FILE greeting ""') == ["STREAM", "FILE", "greeting", ""]
