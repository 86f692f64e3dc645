"""Asterisk's end of a FastAGI session, byte for byte as Asterisk 22 writes it, and a server under test to call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ivr_engine.asterisk.agi import REPLY_SECONDS, AgiServer, AgiSession, Converse
from ivr_engine.asterisk.agi_errors import SessionEnd
from ivr_engine.asterisk.agi_link import AgiLink

PATIENCE_SECONDS = 10
"""Far more than anything here takes; a test that waits longer has failed."""

NONCE = "boot-3f1c"

VARIABLES = {
    "agi_network": "yes",
    "agi_network_script": "visit",
    "agi_request": "agi://127.0.0.1:4573/visit",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "ko",
    "agi_type": "PJSIP",
    "agi_uniqueid": "1795370194.1",
    "agi_callerid": "0212345678",
    "agi_calleridname": "unknown",
    "agi_context": "ivr-visit",
    "agi_extension": "s",
    "agi_priority": "4",
    "agi_accountcode": "",
}
ARGUMENTS = (NONCE, "120", "0212345678", "1795370194.1", "")


def header(*arguments: str, **changed: str) -> bytes:
    """A header block; `changed` replaces or adds variables."""
    given = arguments or ARGUMENTS
    numbered = {f"agi_arg_{index}": value for index, value in enumerate(given, 1)}
    return (
        "".join(f"{name}: {value}\n" for name, value in {**VARIABLES, **changed, **numbered}.items()).encode() + b"\n"
    )


class AgiCaller:
    """One connection, driven from a test; every wait has a deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._writer.write(data)

    def answer(self, text: str = "200 result=0") -> None:
        """Write one line."""
        self.send(text.encode() + b"\n")

    async def command(self) -> str:
        """The next command, soon; "" when the server has closed the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.line()

    async def line(self) -> str:
        """The next command, whenever it comes."""
        try:
            return (await self._reader.readline()).decode().removesuffix("\n")
        except ConnectionResetError:
            return ""

    async def ask(self, answer: str = "200 result=0") -> str:
        """The next command, answered."""
        command = await self.command()
        self.answer(answer)
        return command

    async def is_closed(self) -> bool:
        """Whether the server closes the connection without another word."""
        return await self.command() == ""

    async def close(self) -> None:
        """Hang up the connection itself."""
        self._writer.close()
        with suppress(ConnectionResetError):
            await self._writer.wait_closed()


class Told:
    """What happened inside visits, in order, for a test to wait for."""

    def __init__(self) -> None:
        self.story: list[object] = []
        self._news = asyncio.Event()

    def tell(self, what: object) -> None:
        self.story.append(what)
        self._news.set()

    async def length(self, count: int) -> list[object]:
        """The story, once it has this many parts."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.story) < count:
                self._news.clear()
                await self._news.wait()
        return self.story


class ServerUnderTest(AgiServer):
    """A server whose state a test can wait for."""

    def __init__(self, converse: Converse, *, max_sessions: int, reply_seconds: float, sweep_seconds: float) -> None:
        super().__init__(
            host="127.0.0.1",
            port=0,
            nonce=NONCE,
            converse=converse,
            max_sessions=max_sessions,
            reply_seconds=reply_seconds,
            sweep_seconds=sweep_seconds,
        )
        self._moved = asyncio.Event()

    def admit(self, link: AgiLink) -> None:
        self._moved.set()
        super().admit(link)

    def farewell(self, link: AgiLink, end: SessionEnd) -> None:
        super().farewell(link, end)
        self._moved.set()

    async def call(self, head: bytes = header()) -> AgiCaller:
        """A new connection that has sent this much."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        caller = AgiCaller(reader, writer)
        caller.send(head)
        return caller

    async def until_open(self, count: int) -> None:
        """Until so many connections are open at once."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.open_sessions != count:
                self._moved.clear()
                await self._moved.wait()

    async def until_accepted(self, count: int) -> None:
        """Until so many connections have come, and all of them are gone again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.accepted != count or self.open_sessions:
                self._moved.clear()
                await self._moved.wait()

    def assert_counted(self) -> None:
        """Each connection is counted exactly once."""
        assert self.accepted == self.ends.total() + self.open_sessions


@asynccontextmanager
async def serving(
    converse: Converse, *, max_sessions: int = 100, reply_seconds: float = REPLY_SECONDS, sweep_seconds: float = 0.02
) -> AsyncIterator[ServerUnderTest]:
    """A server on a free port, stopped and checked for what it left behind."""
    server = ServerUnderTest(
        converse, max_sessions=max_sessions, reply_seconds=reply_seconds, sweep_seconds=sweep_seconds
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop(drain_seconds=0)
        assert server.open_sessions == 0
        server.assert_counted()


def one_noop(session: AgiSession) -> None:
    """The shortest visit that says something."""
    session.noop()
