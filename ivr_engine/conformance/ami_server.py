"""Asterisk's manager interface as bytes, over the model of the switch: what an `AmiLink` believes to be a real one.

Byte-true where it matters to a client: the greeting, logins that are refused after a second, ActionIDs, lists that end
by `EventList: Complete`, unset variables as `(null)`, lines of at most 1,024 bytes, values written as they are. What it
writes arrives in pieces, cut where a careless reader would break: before the last line feed, inside a letter of
UTF-8, after the first byte.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

from ivr_engine.conformance.wire_time import WireTime
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.manager import Manager
from ivr_engine.replay.simulator.pairs import Pairs
from ivr_engine.replay.simulator.ports import Record, Refused

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
"""Asterisk 22's protocol version."""

WIRE_MS = 1
"""Until an action is carried out, and until an answer or event is written: the way there and back that the simulated
level allows for, because real bytes take no virtual time."""

MAX_LINE_BYTES = 1_024
MAX_LINES = 128
"""manager.c: a longer line is thrown away, of more lines the last ones are."""

REFUSED_AFTER_SECONDS = 1.0
"""Asterisk makes who guesses secrets wait."""

_STATE_WORDS = {"0": "Down", "5": "Ringing", "6": "Up"}

Headers = dict[str, str | list[str]]
Lines = list[tuple[str, str]]


class AmiServer:
    """One Asterisk's manager port. `cut` is the world's: every session dies, and nobody is served before `mend`."""

    def __init__(self, time: WireTime, exchange: Exchange, secrets: dict[str, str]) -> None:
        """`secrets`: user → secret."""
        self.time = time
        self.exchange = exchange
        self.manager = Manager(exchange)
        self.secrets = secrets
        self.delay_ms = 0
        self.doubles = False
        self.actions: list[str] = []
        """The name of every action that was carried out, in order."""
        self._sessions: set[AmiServerSession] = set()
        self._server: asyncio.Server | None = None
        self._serves = True
        self._last_at_ms = 0
        self._port = 0
        self._cuts = cycle(_CUTS)
        self.pairs = Pairs[Record](time.after, self.tell)
        exchange.tell = self.pairs.take

    async def start(self) -> int:
        """Listens on a free port of 127.0.0.1, which it returns; on the same one after a death."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: AmiServerSession(self, next(self._cuts)), "127.0.0.1", self._port
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self._port

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """The link is down: what is on its way is lost, who connects is thrown out."""
        self._serves = False
        self._last_at_ms = 0
        self.pairs.forget()
        for session in list(self._sessions):
            session.abort()

    def mend(self) -> None:
        self._serves = True

    def die(self) -> None:
        """The switch is gone: nobody listens, who connects is refused, until `revive`."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def revive(self) -> None:
        """Another one listens in its place."""
        await self.start()
        self.mend()

    def tell(self, record: Record) -> None:
        """What happened on the switch, to every session that wants events; the order is kept however late it is."""
        self._last_at_ms = max(self._last_at_ms, self.time.now_ms + WIRE_MS + self.delay_ms)
        lines = [("Event", record.get("Event")), ("Privilege", "user,call,all")]
        lines += [(name, value) for name, value in record.headers.items() if name != "Event"]
        listeners = [session for session in self._sessions if session.wants_events]
        for session in listeners:
            for _ in range(2 if self.doubles else 1):
                self.time.after(self._last_at_ms - self.time.now_ms, session.write, lines)

    # what a session asks of its server
    def admit(self, session: "AmiServerSession") -> bool:
        if not self._serves or not self.exchange.runs:
            return False
        self._sessions.add(session)
        return True

    def farewell(self, session: "AmiServerSession") -> None:
        self._sessions.discard(session)


class AmiServerSession(asyncio.Protocol):
    """One connection: reads actions, carries each out a moment later, writes answers and events in their order."""

    def __init__(self, server: AmiServer, cut: Callable[[bytes], int]) -> None:
        self.wants_events = False
        self._server = server
        self._user = ""
        self._received = b""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out = Dribble(cut)

    # ── asyncio.Protocol ────────────────────────────────────────────────────────────────────────────────────────────
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._out.open(transport)
        if self._server.admit(self):
            self._out.write(GREETING)
        else:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.wants_events = False
        self._out.close()
        self._server.farewell(self)

    def data_received(self, data: bytes) -> None:
        *actions, self._received = (self._received + data).split(b"\r\n\r\n")
        for action in actions:
            self._server.time.beat(WIRE_MS, self._act, read_action(action))

    def abort(self) -> None:
        self.wants_events = False
        self._out.close()
        if self._transport is not None:
            self._transport.abort()

    def write(self, lines: Lines) -> None:
        """One message; nothing when the session is over."""
        self._out.write("".join(f"{name}: {value}\r\n" for name, value in lines).encode() + b"\r\n")

    # ── actions ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _act(self, headers: Headers) -> None:
        if self._out.closed:
            return
        name = _one(headers, "Action")
        action_id = _one(headers, "ActionID")
        if name == "Login":
            self._log_in(headers, action_id)
        elif not self._user:
            self._answer("Error", action_id, ("Message", "Permission denied"))
        else:
            self._server.actions.append(name)
            try:
                self._perform(name, headers, action_id)
            except Refused as refusal:
                self._answer("Error", action_id, ("Message", str(refusal)))

    def _perform(self, name: str, headers: Headers, action_id: str) -> None:
        match name:
            case "Ping":
                stamp = f"{self._server.exchange.time.now_ms / 1_000:.6f}"
                self._answer("Success", action_id, ("Ping", "Pong"), ("Timestamp", stamp))
            case "CoreStatus":
                self._answer("Success", action_id, *self._core_status())
            case "Status":
                self._list(action_id, "Channel status will follow", "Status", self._channels(headers))
            case "DBGetTree":
                self._list(action_id, "Result will follow", "DBGetTree", self._rows(_one(headers, "Family")))
            case "Getvar":
                variable = _one(headers, "Variable")
                self._answer("Success", action_id, ("Variable", variable), ("Value", self._variable(headers, variable)))
            case "Originate" if _one(headers, "Async").lower() != "true":
                raise Refused("the model of the switch originates asynchronously only")
            case _:
                done = self._server.manager.act(name, headers, action_id)
                self._answer("Success", action_id, ("Message", done))

    def _log_in(self, headers: Headers, action_id: str) -> None:
        user = _one(headers, "Username")
        if self._server.secrets.get(user) != _one(headers, "Secret"):
            self._loop.call_later(REFUSED_AFTER_SECONDS, self._turn_away, action_id)
            return
        self._user = user
        self._answer("Success", action_id, ("Message", "Authentication accepted"))
        if _one(headers, "Events") != "off":
            self.wants_events = True
            self._say([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")])

    def _turn_away(self, action_id: str) -> None:
        self.write([("Response", "Error"), ("ActionID", action_id), ("Message", "Authentication failed")])
        if self._transport is not None:
            self._loop.call_later(WIRE_MS / 1_000, self._transport.close)

    def _core_status(self) -> Lines:
        began = time.gmtime(86_400 * self._server.exchange.started)
        day, hour = time.strftime("%Y-%m-%d", began), time.strftime("%H:%M:%S", began)
        stamps = [("CoreStartupDate", day), ("CoreStartupTime", hour), ("CoreReloadDate", day)]
        return [*stamps, ("CoreReloadTime", hour), ("CoreCurrentCalls", str(len(self._server.exchange.legs)))]

    def _channels(self, headers: Headers) -> Iterator[Lines]:
        wanted = [name for name in _one(headers, "Variables").split(",") if name]
        for channel, variables in self._server.manager.status(wanted):
            state = channel.get("ChannelState")
            yield [
                ("Privilege", "Call"),
                ("Channel", channel.get("Channel")),
                ("ChannelState", state),
                ("ChannelStateDesc", _STATE_WORDS[state]),
                ("Language", "ko"),
                ("Uniqueid", channel.get("Uniqueid")),
                *(("Variable", f"{name}={variables.get(name, '(null)')}") for name in wanted),
            ]

    def _rows(self, family: str) -> Iterator[Lines]:
        rows = self._server.manager.entries(family)
        if not rows:
            raise Refused("Database entry not found")
        for key, value in rows.items():
            yield [("Key", f"/{key}"), ("Val", value)]

    def _variable(self, headers: Headers, name: str) -> str:
        channel = _one(headers, "Channel")
        if not channel:
            return self._server.exchange.global_variables.get(name, "")
        leg = self._server.exchange.legs.find(channel)
        if leg is None:
            raise Refused("No such channel")
        return leg.variables.get(name, "")

    def _answer(self, response: str, action_id: str, *lines: tuple[str, str]) -> None:
        self._say([("Response", response), *([("ActionID", action_id)] if action_id else []), *lines])

    def _list(self, action_id: str, message: str, name: str, items: Iterator[Lines]) -> None:
        told = list(items)
        item = "DBGetTreeResponse" if name == "DBGetTree" else name
        self._answer("Success", action_id, ("EventList", "start"), ("Message", message))
        for lines in told:
            self._say([("Event", item), *lines, ("ActionID", action_id)])
        ending = [("Event", f"{name}Complete"), ("ActionID", action_id), ("EventList", "Complete")]
        self._say([*ending, ("ListItems", str(len(told)))])

    def _say(self, lines: Lines) -> None:
        self._server.time.beat(WIRE_MS, self.write, lines)


class Dribble:
    """Writes in order, each message in two pieces that the peer reads apart."""

    def __init__(self, cut: Callable[[bytes], int]) -> None:
        """`cut`: after how many bytes of a message the network pauses."""
        self._cut = cut
        self._pieces: deque[bytes] = deque()
        self._transport: asyncio.WriteTransport | None = None
        self._busy = False
        self.closed = False

    def open(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport

    def close(self) -> None:
        """What was not written yet never is."""
        self.closed = True
        self._pieces.clear()

    def write(self, message: bytes) -> None:
        if self.closed:
            return
        at = self._cut(message)
        self._pieces += [piece for piece in (message[:at], message[at:]) if piece]
        if not self._busy:
            self._busy = True
            self._next()

    def _next(self) -> None:
        if not self._pieces or self._transport is None:
            self._busy = False
            return
        self._transport.write(self._pieces.popleft())
        # The reader is served in the next turn of the loop, and what follows is written in the one after it.
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._next)


def read_action(raw: bytes) -> Headers:
    """The headers of one action as manager.c takes them; a header that comes again becomes a list."""
    headers: Headers = {}
    lines = [line for line in raw.split(b"\r\n") if len(line) + 2 <= MAX_LINE_BYTES]
    for line in lines[:MAX_LINES]:
        name, colon, value = line.decode(errors="replace").partition(":")
        if not colon:
            continue
        value = value.lstrip(" ")
        known = headers.get(name)
        if known is None:
            headers[name] = value
        else:
            headers[name] = [*known, value] if isinstance(known, list) else [known, value]
    return headers


def _one(headers: Headers, name: str) -> str:
    value = headers.get(name, "")
    return value if isinstance(value, str) else value[0]


def _after_the_first_byte(_message: bytes) -> int:
    return 1


def _before_the_last_byte(message: bytes) -> int:
    return len(message) - 1


def _inside_the_end(message: bytes) -> int:
    return len(message) - 3


def in_a_letter(message: bytes) -> int:
    """After the first byte of the first letter that has several; in the middle where there is none."""
    return next((at + 1 for at, byte in enumerate(message) if byte >= 0xC0), len(message) // 2)


_CUTS: Sequence[Callable[[bytes], int]] = (in_a_letter, _before_the_last_byte, _inside_the_end, _after_the_first_byte)
"""Each session has one of them, in turn."""
