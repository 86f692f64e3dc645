"""A scriptable Asterisk manager over real sockets: the far end of the AMI link in tests.

    async with FakeManager() as fake:
        link = AmiLink(fake.account("ivr-events"), fake.account("ivr-control"), …)
        fake.answers["Originate"] = fake.silent                # never answered
        fake.answers["Status"] = lambda request: listing(request, "Status", [{"Channel": "PJSIP/1"}])
        await link.start()
        fake.emit("Hangup", Uniqueid="1.1")                    # to every session with `Events: on`
        request = await fake.received("Originate")             # waits, with a deadline
        fake.cut()                                             # every connection, at once

It answers `Login`, `Ping` and whatever has no script with success, as Asterisk would.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ivr_engine.asterisk.ami_session import AmiAccount

PATIENCE_SECONDS = 5.0
"""The deadline of every wait in a test: only a failing test ever reaches it."""


@dataclass(frozen=True)
class Request:
    """One action as it arrived; `headers` in order, repeated ones too. `session` counts connections from 0."""

    session: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def get_all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def action(self) -> str:
        """The name of the action."""
        return self.get("Action")


Script = Callable[[Request], Sequence[bytes]]
"""What to write for a request: whole messages, or parts of them; nothing for silence."""


def message(first: str, value: str, /, *lines: tuple[str, str], **headers: str) -> bytes:
    """One message as Asterisk writes it; `lines` come before `headers`."""
    every = [(first, value), *lines, *headers.items()]
    return "".join(f"{key}: {text}\r\n" for key, text in every).encode() + b"\r\n"


def success(request: Request, **headers: str) -> bytes:
    """`Response: Success` for the request."""
    return message("Response", "Success", ActionID=request.get("ActionID"), **headers)


def refusal(request: Request, reason: str) -> bytes:
    """`Response: Error` for the request."""
    return message("Response", "Error", ActionID=request.get("ActionID"), Message=reason)


def listing(request: Request, name: str, items: Sequence[dict[str, str]]) -> list[bytes]:
    """A whole list as Asterisk 22 writes it: `start`, items with their ActionID last, `Complete`."""
    action_id = request.get("ActionID")
    return [
        success(request, EventList="start", Message="a list will follow"),
        *(message("Event", name, *item.items(), ActionID=action_id) for item in items),
        message("Event", f"{name}Complete", ActionID=action_id, EventList="Complete", ListItems=str(len(items))),
    ]


@dataclass(eq=False)
class Connection:
    """One client of the fake."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    user: str = ""
    events: bool = False
    task: "asyncio.Task[None] | None" = None


@dataclass(eq=False)
class FakeManager:
    """Use as an async context manager. `secrets` maps users to secrets; change `answers` at any time."""

    secrets: dict[str, str] = field(default_factory=lambda: {"ivr-events": "e-secret", "ivr-control": "c-secret"})
    greeting: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    answers: dict[str, Script] = field(default_factory=dict)
    split_bytes: int = 0
    """Write in pieces of this many bytes, each its own TCP segment where the kernel lets us; 0 writes whole."""
    close_at_once: bool = False
    """Accept, and close without a word."""
    requests: list[Request] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def listen(self) -> None:
        """Open the port, the same one after a `leave`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def leave(self) -> None:
        """Close the port and cut every connection: Asterisk died."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PATIENCE_SECONDS)

    def account(self, user: str = "ivr-events", secret: str | None = None) -> AmiAccount:
        """The account of a user at this fake, with another secret if one is given."""
        return AmiAccount("127.0.0.1", self.port, user, self.secrets.get(user, "") if secret is None else secret)

    # ---- what the test does

    @staticmethod
    def silent(request: Request) -> Sequence[bytes]:
        """A script that never answers."""
        del request
        return ()

    def emit(self, name: str, *lines: tuple[str, str], **headers: str) -> None:
        """An event to every session that asked for events."""
        self.emit_raw(message("Event", name, *lines, **headers))

    def emit_raw(self, raw: bytes) -> None:
        """Bytes, as they are, to every session that asked for events."""
        for connection in self.connections:
            if connection.events:
                self.write(connection, raw)

    def write(self, connection: Connection, raw: bytes) -> None:
        """Bytes, as they are, to one session."""
        step = self.split_bytes or len(raw) or 1
        for start in range(0, len(raw), step):
            connection.writer.write(raw[start : start + step])

    def of(self, user: str) -> Connection:
        """The live session of a user."""
        return next(one for one in self.connections if one.user == user)

    def cut(self, user: str | None = None) -> None:
        """Reset every connection, or those of one user: no FIN, no tail."""
        for connection in list(self.connections):
            if user is None or connection.user == user:
                sock = connection.writer.get_extra_info("socket")
                if sock is not None and sock.fileno() >= 0:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.writer.transport.abort()

    async def received(self, action: str, count: int = 1) -> Request:
        """Wait until an action of this name arrived `count` times; the last of them."""
        await self.until(lambda: len(self.named(action)) >= count)
        return self.named(action)[count - 1]

    def named(self, action: str) -> list[Request]:
        """Every request of this name so far."""
        return [request for request in self.requests if request.action.lower() == action.lower()]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something about the fake is so; looked at after each connection, request and end."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(true)

    # ---- what Asterisk does

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self.accepted, reader, writer, task=asyncio.current_task())
        self.accepted += 1
        assert connection.task is not None
        self._tasks.add(connection.task)
        self.connections.append(connection)
        await self._tell()
        try:
            if self.close_at_once:
                return
            self.write(connection, self.greeting)
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = tuple(
                    (key, value) for key, _, value in (line.partition(": ") for line in block.split("\r\n") if line)
                )
                request = Request(connection.number, lines)
                self.requests.append(request)
                for raw in self._answer(connection, request):
                    self.write(connection, raw)
                await self._tell()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connections.remove(connection)
            self._tasks.discard(connection.task)
            writer.close()
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _answer(self, connection: Connection, request: Request) -> Sequence[bytes]:
        script = self.answers.get(request.action)
        if script is not None:
            return script(request)
        if request.action == "Login":
            if self.secrets.get(request.get("Username")) != request.get("Secret"):
                return [refusal(request, "Authentication failed")]
            connection.user = request.get("Username")
            connection.events = request.get("Events").lower() == "on"
            return [success(request, Message="Authentication accepted")]
        if request.action == "Ping":
            return [success(request, Ping="Pong", Timestamp="1795370188.577005")]
        return [success(request, Message="Done")]
