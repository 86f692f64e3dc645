"""Asterisk's side of FastAGI as bytes: implements the exchange's `Visits` by calling the engine's real server.

A visit is a connection of its own: the header block, then one command and one answer at a time, until the engine
closes. A leg that leaves is told as Asterisk tells it (`200 result=-1` to the command that runs, `HANGUP`, `511` to
what is asked behind it); a connection that ends without an outcome is AGISTATUS=SUCCESS, one that cannot be made is
FAILURE.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from urllib.parse import urlsplit

from ivr_engine.conformance.ami_server import Dribble, in_a_letter
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.media import MISSING, Media
from ivr_engine.replay.simulator.sounds import Sounds
from ivr_engine.replay.simulator.visits import DEATH_NOTICED_MS

CONNECT_MS = 1
"""As in the simulated level: SYN, accept, header."""

GONE_MS = 3
"""How long Asterisk keeps a session open for what the engine may still say after `HANGUP`."""

FASTAGI_PORT = 4573
"""Where agi:// goes without a port."""

COMMAND_BYTES = 2_048
"""Asterisk's buffer for one command; what is longer is cut without a word."""

_ALL_KEYS = "0123456789*#"

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s\\]|\\.)+))')


class AgiCalls:
    """All visits of one exchange, past and present. Implements `simulator.ports.Visits`."""

    def __init__(self, sounds: Sounds) -> None:
        self.sounds = sounds
        self.commands: Counter[str] = Counter()
        """How often each verb was asked for."""
        self.problems: list[str] = []
        self._calls: dict[Leg, AgiCall] = {}
        self._numbers = count()
        self._connecting: set[asyncio.Task[None]] = set()

    def begin(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        leg.exchange.time.after(CONNECT_MS, self._dial, leg, arguments, done)

    def leave(self, leg: Leg) -> None:
        call = self._calls.pop(leg, None)
        if call is not None:
            call.leave()

    def break_off(self) -> None:
        """The switch dies: every connection ends without a word."""
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.abort()

    def _dial(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        if leg.ended or leg.parked is None or leg.parked.application != "AGI":
            return
        call = AgiCall(self, leg, arguments, done, splits=next(self._numbers) % 2 == 0)
        self._calls[leg] = call
        task = asyncio.get_running_loop().create_task(self._connect(call, arguments[0]))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, call: "AgiCall", url: str) -> None:
        address = urlsplit(url)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: call, address.hostname or "127.0.0.1", address.port or FASTAGI_PORT
            )
        except OSError:
            call.over("FAILURE")

    def forget(self, leg: Leg) -> None:
        self._calls.pop(leg, None)


class AgiCall(asyncio.Protocol):
    """One visit."""

    def __init__(
        self, calls: AgiCalls, leg: Leg, arguments: list[str], done: Callable[[str], None], *, splits: bool
    ) -> None:
        self._calls = calls
        self._leg = leg
        self._arguments = arguments
        self._done: Callable[[str], None] | None = done
        self._media = Media(leg, calls.sounds)
        self._out = Dribble(in_a_letter if splits else len)
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._runs = False
        self._left = False
        self._failed = False

    # ── asyncio.Protocol ────────────────────────────────────────────────────────────────────────────────────────────
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._done is None:  # left while it was being connected
            transport.abort()
            return
        self._out.open(transport)
        self._out.write(self._header())

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            if self._left:
                self._write("511 Command Not Permitted on a dead channel or intercept routine")
            elif self._runs:
                self._calls.problems.append(f"a second command before the first was answered: {line!r}")
            else:
                self._command(line[:COMMAND_BYTES].decode(errors="replace"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._out.close()
        if not self._left:
            self._media.close()
            status = "FAILURE" if self._failed else "SUCCESS"
            if self._runs:
                self._leg.exchange.time.after(DEATH_NOTICED_MS, self.over, status)
            else:
                self.over(status)

    def over(self, status: str) -> None:
        """The visit has ended by itself: the leg goes on in the dialplan."""
        done, self._done = self._done, None
        if done is not None:
            self._media.close()
            self._calls.forget(self._leg)
            done(status)

    def leave(self) -> None:
        """The leg is out of the visit: hung up, redirected, or out of time."""
        self._left = True
        self._done = None
        self._media.close()
        if self._transport is None:
            return
        if self._runs:
            self._runs = False
            self._write("200 result=-1 endpos=0")
        self._write("HANGUP")
        asyncio.get_running_loop().call_later(GONE_MS / 1_000, self._transport.close)

    def abort(self) -> None:
        self._left = True
        self._done = None
        self._media.close()
        self._out.close()
        if self._transport is not None:
            self._transport.abort()

    # ── what is said ────────────────────────────────────────────────────────────────────────────────────────────────
    def _header(self) -> bytes:
        leg, address = self._leg, self._arguments[0]
        lines = {
            "network": "yes",
            "network_script": urlsplit(address).path.lstrip("/"),
            "request": address,
            "channel": leg.name,
            "language": "ko",
            "type": "PJSIP",
            "uniqueid": leg.uniqueid,
            "version": "22.10.1",
            "callerid": "120",
            "calleridname": "다산콜",
            "context": leg.context,
            "extension": leg.exten,
            "priority": str(leg.index + 1),
            "enhanced": "0.0",
            "threadid": "139872",
        }
        lines |= {f"arg_{number}": value for number, value in enumerate(self._arguments[1:], start=1)}
        return "".join(f"agi_{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n".encode())

    def _result(self, value: str | int, more: str = "") -> None:
        self._runs = False
        self._write(f"200 result={value}{more}")

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _command(self, line: str) -> None:
        words = words_of(line)
        self._runs = True
        for length in (3, 2, 1):
            verb = " ".join(words[:length]).upper()
            perform = _VERBS.get(verb)
            if perform is not None and len(words) >= length:
                self._calls.commands[verb] += 1
                perform(self, *words[length:])
                return
        self._runs = False
        self._calls.problems.append(f"a command that the model of the switch does not know: {line!r}")
        self._write("510 Invalid or unknown command")

    def _stream_file(self, file: str, escapes: str = "", _offset: str = "0") -> None:
        self._media.play(file, escapes, self._played)

    def _wait_for_digit(self, wait: str) -> None:
        self._media.wait(max(1, int(wait)), lambda key: self._result(ord(key) if key else 0))

    def _set_variable(self, name: str, value: str = "") -> None:
        if name == "TIMEOUT(absolute)":
            self._leg.exchange.set_absolute(self._leg, int(value))
        else:
            self._leg.set(name, value)
        self._result(1)

    def _get_variable(self, name: str) -> None:
        value = self._leg.variables.get(name)
        if value is None:
            self._result(0)
        else:
            self._result(1, f" ({value})")

    def _record_file(self, file: str, _form: str, stops: str, longest: str, *_more: str) -> None:
        self._media.record(file, stops, int(longest), self._recorded)

    def _recorded(self, key: str, length_ms: int) -> None:
        if key:
            self._result(ord(key), f" (dtmf) endpos={length_ms * 8}")
        else:
            self._result(0, f" (timeout) endpos={length_ms * 8}")

    def _exec(self, application: str, arguments: str = "") -> None:
        """One application that our visits use; it goes by the same names as in a dialplan."""
        name, *pairs = arguments.split(",")
        if application.lower() != "userevent":
            self._result(-2)
            return
        fields = (pair.partition(":") for pair in pairs)
        self._leg.exchange.user_event(self._leg, name, {key.strip(): value.strip() for key, _, value in fields})
        self._result(0)

    def _channel_status(self, _channel: str = "") -> None:
        self._result(6 if self._leg.state == "up" else 4)

    def _noop(self, *_words: str) -> None:
        self._result(0)

    def _hang_up(self, _channel: str = "") -> None:
        self._result(1)
        self._leg.exchange.hang_up(self._leg)

    def _played(self, key: str) -> None:
        if key == MISSING:
            self._failed = True
            self._result(-1, " endpos=0")
        else:
            self._result(ord(key) if key else 0, " endpos=8000")

    def _get_data(self, file: str, wait: str = "5000", most: str = "255") -> None:
        """Keys up to `most` or #, each within `wait` ms of the one before."""
        wait_ms, keys = int(wait), ""

        def take(key: str) -> None:
            nonlocal keys
            if key == MISSING:
                self._failed = True
                self._result(-1)
            elif key == "#":
                self._result(keys)
            elif not key:
                self._result(keys, " (timeout)")
            else:
                keys += key
                if len(keys) >= int(most):
                    self._result(keys)
                else:
                    self._media.wait(wait_ms, take)

        def played(key: str) -> None:
            if key:
                take(key)
            else:
                self._media.wait(wait_ms, take)

        self._media.play(file, _ALL_KEYS, played)


_VERBS: Mapping[str, Callable[..., None]] = {
    "STREAM FILE": AgiCall._stream_file,
    "GET DATA": AgiCall._get_data,
    "WAIT FOR DIGIT": AgiCall._wait_for_digit,
    "SET VARIABLE": AgiCall._set_variable,
    "GET VARIABLE": AgiCall._get_variable,
    "CHANNEL STATUS": AgiCall._channel_status,
    "RECORD FILE": AgiCall._record_file,
    "EXEC": AgiCall._exec,
    "ANSWER": AgiCall._noop,
    "NOOP": AgiCall._noop,
    "VERBOSE": AgiCall._noop,
    "HANGUP": AgiCall._hang_up,
}
"""What the model understands; the engine's visits use seven of them."""


def words_of(line: str) -> list[str]:
    """A command's words as res_agi.c parses them: double quotes hold a word together, a backslash keeps a letter."""
    return [
        re.sub(r"\\(.)", r"\1", quoted if quoted or not bare else bare)
        for quoted, bare in (match.groups(default="") for match in _WORD.finditer(line))
    ]
