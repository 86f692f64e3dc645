"""The model's manager interface, byte for byte as a client meets Asterisk's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr_engine.conformance.ami_server import AmiServer, in_a_letter, read_action
from ivr_engine.conformance.wire_time import JumpingLoop, WireTime
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.phones import Exchanges
from ivr_engine.replay.simulator.site import read_site

SECRETS = {"reader": "right"}


class Silent:
    """A phone that takes no interest."""

    def rings(self, leg: Leg) -> None: ...

    def picked_up(self, leg: Leg) -> None: ...

    def over(self, leg: Leg) -> None: ...


class Client:
    """A socket, and what came over it in the pieces in which it came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pieces: list[bytes] = []
        self._reader = reader
        self._writer = writer
        self._held = b""

    async def line(self) -> bytes:
        return await self._until(b"\r\n")

    async def message(self) -> dict[str, str]:
        raw = await self._until(b"\r\n\r\n")
        return dict(line.partition(": ")[::2] for line in raw.decode().split("\r\n") if line)

    async def ask(self, *lines: str) -> dict[str, str]:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")
        return await self.message()

    async def log_in(self, events: str = "off") -> "Client":
        await self.line()
        answer = await self.ask("Action: Login", "Username: reader", "Secret: right", f"Events: {events}")
        assert answer["Response"] == "Success"
        return self

    async def is_over(self) -> bool:
        try:
            return await self._reader.read(1) == b""
        except ConnectionError:
            return True

    async def _until(self, end: bytes) -> bytes:
        while end not in self._held:
            piece = await self._reader.read(65_536)
            assert piece, "the connection is over"
            self.pieces.append(piece)
            self._held += piece
        found, _, self._held = self._held.partition(end)
        return found


class Switch:
    """A model of Asterisk with its manager port."""

    def __init__(self, port: int, server: AmiServer, exchange: Exchange) -> None:
        self.server = server
        self.exchange = exchange
        self._port = port

    async def dial(self) -> Client:
        return Client(*await asyncio.open_connection("127.0.0.1", self._port))

    def leg(self, **variables: str) -> Leg:
        leg = self.exchange.create("1001", Silent())
        leg.variables.update(variables)
        return leg


def on_switch(play: Callable[[Switch], Awaitable[Any]]) -> Any:
    async def stage() -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        exchange = Exchange(WireTime(loop, 0), read_site())
        exchange.phones = Exchanges(exchange, [], [])
        server = AmiServer(WireTime(loop, 0), exchange, SECRETS)
        port = await server.start()
        try:
            return await play(Switch(port, server, exchange))
        finally:
            server.stop()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(stage())


def test_given_a_wrong_secret_when_somebody_logs_in_then_they_are_refused_a_second_later_and_thrown_out() -> None:
    async def play(switch: Switch) -> None:
        client = await switch.dial()
        assert await client.line() == b"Asterisk Call Manager/11.0.0"
        answer = await client.ask("Action: Login", "ActionID: 7", "Username: reader", "Secret: wrong")
        assert answer == {"Response": "Error", "ActionID": "7", "Message": "Authentication failed"}
        assert asyncio.get_running_loop().time() >= 1
        assert await client.is_over()

    on_switch(play)


def test_given_no_login_when_an_action_is_asked_for_then_it_is_not_carried_out() -> None:
    async def play(switch: Switch) -> None:
        client = await switch.dial()
        await client.line()
        answer = await client.ask("Action: Setvar", "Variable: IVR_HEARTBEAT", "Value: 1")
        assert answer["Message"] == "Permission denied"
        assert "IVR_HEARTBEAT" not in switch.exchange.global_variables

    on_switch(play)


def test_given_two_sessions_when_something_happens_then_only_who_wants_events_is_told() -> None:
    async def play(switch: Switch) -> None:
        events, control = await (await switch.dial()).log_in("on"), await (await switch.dial()).log_in("off")
        assert (await events.message())["Event"] == "FullyBooted"
        leg = switch.leg()
        switch.exchange.user_event(leg, "IvrArrived", {"Contact": leg.uniqueid, "Caller": "다산"})
        told = await events.message()
        assert (told["UserEvent"], told["Contact"], told["Caller"]) == ("IvrArrived", leg.uniqueid, "다산")
        assert "Ping" in await control.ask("Action: Ping"), "the other session was told nothing before its pong"

    on_switch(play)


def test_given_events_that_are_late_and_doubled_when_they_come_then_order_is_kept_and_answers_are_in_time() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in("on")
        await client.message()
        switch.server.delay_ms, switch.server.doubles = 2_000, True
        leg = switch.leg()
        switch.exchange.user_event(leg, "First", {})
        switch.server.delay_ms = 0
        switch.exchange.user_event(leg, "Second", {})
        began = asyncio.get_running_loop().time()
        assert (await client.ask("Action: Ping"))["Ping"] == "Pong"
        assert asyncio.get_running_loop().time() - began < 0.1
        assert [(await client.message())["UserEvent"] for _ in range(4)] == ["First", "First", "Second", "Second"]
        assert asyncio.get_running_loop().time() - began == pytest.approx(2, abs=0.1)

    on_switch(play)


def test_given_channels_when_their_status_is_asked_for_then_the_list_says_what_is_unset_and_where_it_ends() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in()
        leg = switch.leg(IVR_CONTACT="42.1")
        start = await client.ask("Action: Status", "ActionID: 9", "Variables: IVR_STAGE")
        assert (start["Response"], start["EventList"]) == ("Success", "start")
        item = await client.message()
        assert (item["Event"], item["Uniqueid"], item["ActionID"]) == ("Status", leg.uniqueid, "9")
        assert item["Variable"] == "IVR_STAGE=(null)"
        end = await client.message()
        assert (end["Event"], end["EventList"], end["ListItems"]) == ("StatusComplete", "Complete", "1")

    on_switch(play)


def test_given_a_family_of_the_database_when_it_is_asked_for_and_deleted_then_an_empty_one_is_an_error() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in()
        switch.exchange.database["ivr-fallback/7.1"] = "1700000000"
        await client.ask("Action: DBGetTree", "Family: ivr-fallback")
        row = await client.message()
        assert (row["Event"], row["Key"]) == ("DBGetTreeResponse", "/ivr-fallback/7.1")
        assert (await client.message())["EventList"] == "Complete"
        await client.ask("Action: Setvar", "Variable: DB_DELETE(ivr-fallback/7.1)", "Value: 1")
        answer = await client.ask("Action: DBGetTree", "Family: ivr-fallback")
        assert (answer["Response"], answer["Message"]) == ("Error", "Database entry not found")

    on_switch(play)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("Action: Getvar", "Channel: nobody", "Variable: X"), "No such channel"),
        (("Action: Hangup", "Channel: nobody"), "No such channel"),
        (("Action: Atxfer",), "Invalid/unknown command"),
        (("Action: Originate", "Channel: PJSIP/1001"), "originates asynchronously only"),
        (("Action: Redirect", "Channel: {leg}", "Context: ivr-wait", "Exten: s", "Priority: nowhere"), "is invalid"),
    ],
)
def test_given_an_action_that_cannot_be_when_it_is_asked_for_then_the_answer_is_asterisks_error(
    lines: tuple[str, ...], message: str
) -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in()
        leg = switch.leg()
        answer = await client.ask(*(line.format(leg=leg.uniqueid) for line in lines))
        assert answer["Response"] == "Error"
        assert message in answer["Message"]
        assert leg.uniqueid in switch.exchange.legs

    on_switch(play)


def test_given_variables_when_they_are_set_then_they_are_read_again_global_and_of_a_channel() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in()
        leg = switch.leg()
        await client.ask("Action: Setvar", "Variable: IVR_NONCE", "Value: e1")
        await client.ask("Action: Setvar", f"Channel: {leg.uniqueid}", "Variable: IVR_LET_GO", "Value: 1")
        assert (await client.ask("Action: Getvar", "Variable: IVR_NONCE"))["Value"] == "e1"
        assert (await client.ask("Action: Getvar", f"Channel: {leg.uniqueid}", "Variable: IVR_LET_GO"))["Value"] == "1"
        assert switch.server.actions == ["Setvar", "Setvar", "Getvar", "Getvar"]

    on_switch(play)


def test_given_a_restarted_switch_when_its_core_is_asked_then_it_started_at_another_time() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in()
        before = await client.ask("Action: CoreStatus")
        assert await client.ask("Action: CoreStatus") == before
        switch.exchange.restart()
        after = await client.ask("Action: CoreStatus")
        assert after["CoreStartupDate"] != before["CoreStartupDate"]

    on_switch(play)


def test_given_a_cut_when_somebody_connects_then_they_are_thrown_out_until_it_is_mended() -> None:
    async def play(switch: Switch) -> None:
        client = await (await switch.dial()).log_in("on")
        await client.message()
        switch.server.cut()
        assert await client.is_over()
        assert await (await switch.dial()).is_over()
        switch.server.mend()
        await (await switch.dial()).log_in()

    on_switch(play)


def test_given_four_sessions_when_each_is_greeted_then_what_arrives_is_cut_in_awkward_places() -> None:
    async def play(switch: Switch) -> set[tuple[int, ...]]:
        sizes = set()
        for _ in range(4):
            client = await switch.dial()
            await client.line()
            sizes.add(tuple(map(len, client.pieces)))
        return sizes

    assert on_switch(play) == {(15, 15), (29, 1), (27, 3), (1, 29)}


def test_given_a_letter_of_several_bytes_when_a_message_is_cut_then_it_is_cut_inside_it() -> None:
    message = "Caller: 다산\r\n\r\n".encode()
    with pytest.raises(UnicodeDecodeError):
        message[: in_a_letter(message)].decode()


def test_given_a_line_that_is_too_long_when_an_action_is_read_then_that_line_is_missing() -> None:
    read = read_action(b"Action: Setvar\r\nVariable: A=1\r\nValue: " + b"x" * 1_017 + b"\r\nVariable: B=2")
    assert read == {"Action": "Setvar", "Variable": ["A=1", "B=2"]}
