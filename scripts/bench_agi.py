#!/usr/bin/env python3
"""FastAGI sessions of 8 commands per CPU-second: ours, panoramisk's, pyst2's in threads, and a bare asyncio server.

Each server runs in a process of its own, against the same simulated Asterisk in another process whose CPU is not
counted, with SESSIONS_AT_ONCE sessions open all the time. CPU seconds, not wall seconds: the machine may be shared. The
servers take turns, and the best turn counts: what disturbs a turn only ever makes it dearer.

    scripts/bench_agi.py [SECONDS]      seconds for each server in all (default 6)
"""

import asyncio
import multiprocessing
import socket
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from io import TextIOBase
from multiprocessing.connection import Connection
from typing import cast

import panoramisk.fast_agi
from asterisk.agi import AGI

from ivr_engine.asterisk.agi import AgiServer, AgiSession

Row = tuple[str, float, float, float, float]
"""What was measured, ours, the peer's, their ratio, and the ratio that is wanted."""

SESSIONS_AT_ONCE = 200
"""Enough that no server ever waits for the client; few enough for a thread each."""

TURNS = 6
WARM_UP_SECONDS = 0.4
NONCE = "bench-nonce"

HEADER = f"""agi_network: yes
agi_network_script: visit
agi_request: agi://127.0.0.1/visit
agi_channel: PJSIP/trunk-00000001
agi_language: ko
agi_type: PJSIP
agi_uniqueid: 1795370194.1
agi_version: 22.10.1
agi_callerid: 0212345678
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 120
agi_rdnis: unknown
agi_context: ivr-visit
agi_extension: s
agi_priority: 4
agi_enhanced: 0.0
agi_accountcode:{" "}
agi_threadid: 140682255939264
agi_arg_1: {NONCE}
agi_arg_2: 120
agi_arg_3: 0212345678
agi_arg_4: 1795370194.1
agi_arg_5:{" "}

""".encode()

COMMANDS = (
    "ANSWER",
    'SET VARIABLE "IVR_PLACE_IN_FLOW" "main"',
    'STREAM FILE 120/greeting "0123456789*#" 0',
    "WAIT FOR DIGIT 5000",
    'GET VARIABLE "IVR_NUMBER"',
    'STREAM FILE 120/menu "123" 0',
    "WAIT FOR DIGIT 5000",
    'SET VARIABLE "IVR_OUTCOME" "queue:general:ko::ko:0"',
)


def speak(agi: AGI) -> None:
    """The 8 commands in pyst2's verbs."""
    agi.answer()
    agi.set_variable("IVR_PLACE_IN_FLOW", "main")
    agi.stream_file("120/greeting", "0123456789*#")
    agi.wait_for_digit(5000)
    agi.get_variable("IVR_NUMBER")
    agi.stream_file("120/menu", "123")
    agi.wait_for_digit(5000)
    agi.set_variable("IVR_OUTCOME", "queue:general:ko::ko:0")


class _Switch(asyncio.Protocol):
    """A channel of the simulated Asterisk: answers each command at once, and calls again when the session ends."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._transport.write(HEADER)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._transport.write(b"200 result=1 (120)\n" if line.startswith(b"GET VARIABLE") else b"200 result=0\n")

    def connection_lost(self, exc: Exception | None) -> None:
        loop = asyncio.get_running_loop()
        if loop.is_running():
            _calls.add(task := loop.create_task(_call(self._port)))
            task.add_done_callback(_calls.discard)


_calls: set[asyncio.Task[None]] = set()


async def _call(port: int) -> None:
    while True:
        try:
            await asyncio.get_running_loop().create_connection(lambda: _Switch(port), "127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)  # the backlog of a slow server is full: a real switch waits, too
        else:
            return


def _stay_awake() -> None:
    """A client that sleeps must be woken, which is charged to the server that happens to write first."""
    asyncio.get_running_loop().call_soon(_stay_awake)


def _client(port: int) -> None:
    async def main() -> None:
        await asyncio.gather(*(_call(port) for _ in range(SESSIONS_AT_ONCE)))
        _stay_awake()
        await asyncio.Event().wait()

    if find_spec("uvloop"):
        import uvloop  # noqa: PLC0415  (an extra)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())
    else:
        asyncio.run(main())


class _Tally:
    """Sessions that ended after all 8 commands."""

    def __init__(self) -> None:
        self.sessions = 0


async def _ours(tally: _Tally) -> int:
    def converse(session: AgiSession) -> None:
        speak(session)
        tally.sessions += 1

    server = AgiServer(host="127.0.0.1", port=0, nonce=NONCE, converse=converse)
    await server.start()
    return server.port


async def _listen(
    session: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> int:
    server = await asyncio.start_server(session, "127.0.0.1", 0, backlog=1024)  # type: ignore[arg-type]
    _kept.append(server)
    return int(server.sockets[0].getsockname()[1])


_kept: list[object] = []
"""Servers live as long as their process."""


async def _bare(tally: _Tally) -> int:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            header = await reader.readuntil(b"\n\n")
            assert dict(line.split(": ", 1) for line in header.decode().split("\n") if line)["agi_arg_1"] == NONCE
            for command in COMMANDS:
                writer.write(command.encode() + b"\n")
                await writer.drain()
                assert (await reader.readline()).startswith(b"200 result=")
            tally.sessions += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return await _listen(session)


class _UntilTheEnd(asyncio.StreamReader):
    """Where panoramisk spins: `read` gives b"" for ever at the end of a connection."""

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        if not data:
            raise ConnectionResetError
        return data


async def _panoramisk(tally: _Tally) -> int:
    async def route(request: panoramisk.fast_agi.Request) -> None:
        for command in COMMANDS:
            result = await request.send_command(command)
            assert "error" not in result
        tally.sessions += 1

    application = panoramisk.fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("visit", route)

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader.__class__ = _UntilTheEnd
        try:
            await application.handler(reader, writer)
        except ConnectionError:
            writer.close()

    return await _listen(session)


class _ThreadAgi(AGI):
    """pyst2 as it is, without the SIGHUP handler that it may install on the main thread only."""

    def __init__(self, stream: object, stderr: TextIOBase) -> None:
        self.stdin = stream
        self.stdout = _Encoder(stream)
        self.stderr = stderr
        self._got_sighup = False
        self.env = {}
        self._get_agi_env()


class _Encoder:
    """pyst2 writes text, the socket's file takes bytes."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())  # type: ignore[attr-defined]

    def flush(self) -> None:
        self._stream.flush()  # type: ignore[attr-defined]


class _Nowhere(TextIOBase):
    """pyst2 writes every line to standard error; this is the cheapest one there is."""

    def write(self, text: str) -> int:
        return len(text)


def _pyst2_threads(tally: _Tally) -> int:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    nowhere = _Nowhere()

    def session(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rwb") as stream:
            try:
                speak(_ThreadAgi(stream, nowhere))
            except (OSError, ValueError):
                return
        tally.sessions += 1

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=session, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


_ASYNC = {"ours": _ours, "bare asyncio": _bare, "panoramisk fast_agi": _panoramisk}


def _serve(kind: str, loop_name: str, seconds: float, pipe: Connection) -> None:
    """One server for one turn: sends its port, waits, sends (sessions, CPU seconds)."""
    tally = _Tally()

    def measure() -> tuple[int, float]:
        time.sleep(WARM_UP_SECONDS)
        sessions, cpu = tally.sessions, time.process_time()
        time.sleep(seconds)
        return tally.sessions - sessions, time.process_time() - cpu

    async def main() -> None:
        pipe.send(await _ASYNC[kind](tally))
        pipe.send(await asyncio.to_thread(measure))
        await asyncio.Event().wait()  # to be killed: a hundred sessions cut short have nothing to tell

    if kind == "pyst2 in threads":
        pipe.send(_pyst2_threads(tally))
        pipe.send(measure())
        threading.Event().wait()
    elif loop_name == "uvloop":
        import uvloop  # noqa: PLC0415  (an extra)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())
    else:
        asyncio.run(main())


def _turn(kind: str, loop_name: str, seconds: float) -> float:
    """Sessions per CPU-second of one server in one turn."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(kind, loop_name, seconds, theirs), daemon=True)
    server.start()
    theirs.close()  # the end of the server is then the end of the pipe
    started = [server]
    try:
        client = context.Process(target=_client, args=(ours.recv(),), daemon=True)
        client.start()
        started.append(client)
        sessions, cpu_seconds = ours.recv()
    finally:
        for process in started:
            process.kill()
            process.join()
    return float(sessions / cpu_seconds)


def run(seconds: float) -> list[Row]:
    """Measure every server for `seconds` in all; rows for the table of `scripts/bench_wire`."""
    servers = [("ours", "asyncio"), *((kind, "asyncio") for kind in ("panoramisk fast_agi", "pyst2 in threads"))]
    servers.append(("bare asyncio", "asyncio"))
    if find_spec("uvloop"):
        servers += [("ours", "uvloop"), ("bare asyncio", "uvloop")]
    turns: dict[tuple[str, str], list[float]] = {server: [] for server in servers}
    for _ in range(TURNS):
        for server in servers:
            turns[server].append(_turn(*server, seconds / TURNS))
    rate = {server: max(rates) for server, rates in turns.items()}
    wanted = {"panoramisk fast_agi": 1.0, "pyst2 in threads": 2.5, "bare asyncio": 0.85}
    return [
        (
            f"FastAGI sessions of 8 commands per CPU-second, against {kind} ({loop_name})",
            rate["ours", loop_name],
            rate[kind, loop_name],
            rate["ours", loop_name] / rate[kind, loop_name],
            wanted[kind],
        )
        for kind, loop_name in servers
        if kind != "ours"
    ]


if __name__ == "__main__":
    for what, ours, peer, ratio, wanted in run(float(sys.argv[1]) if len(sys.argv) > 1 else 6.0):
        print(f"{what:86} {ours:8.0f} {peer:8.0f}  x{ratio:5.2f}  wanted x{wanted:g}")
