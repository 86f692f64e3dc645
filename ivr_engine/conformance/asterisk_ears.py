"""What the switch itself saw a citizen hear and press: an AMI account of its own that listens to nothing else.

Independent of the engine on purpose: `AGIExecStart` says which recording Asterisk began to play on which channel,
`Newexten` which ones the dialplan itself plays one after the other, `MusicOnHoldStart` what plays between them, and
`DTMFEnd` which key it understood. Nobody has to believe the engine's own account.
"""

import asyncio
import contextlib
import re
import secrets
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ivr_engine.replay.history import USUAL_MUSIC

ACCOUNT = "conformance"
MESSAGE_BYTES = 1 << 20
LOGIN_SECONDS = 10.0
AGAIN_SECONDS = 0.1
"""Between two looks for a switch that was restarted: nothing tells when it listens."""

MOST_SOUNDS = 20_000
"""In one scenario: half an hour of a key a second by ten citizens."""

_SPEAKS = {"Playback": 0, "Read": 1}
"""Application → which of its arguments the recordings are."""

_RECORDING = re.compile(r"ivr/([a-z]+)/([A-Za-z0-9_/-]+)")

_PLAYED = re.compile(r'STREAM FILE "?ivr/([a-z]+)/([A-Za-z0-9_/-]+)"?')


@dataclass(frozen=True, slots=True)
class Played:
    """A recording began to play on a channel, `file` as the manifest names it below the language's folder."""

    at_ms: int
    uniqueid: str
    language: str
    file: str
    after: tuple[str, ...] = ()
    """The recordings that are heard first, `language/file` each."""


@dataclass(frozen=True, slots=True)
class Music:
    """Music on hold of this class began to play on a channel, or began again after a turn of the dialplan."""

    at_ms: int
    uniqueid: str
    music: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key from the phone of a channel."""

    at_ms: int
    uniqueid: str
    key: str


class Ears:
    """Listens from `start` to `stop`, also to a switch that is started again. `at_ms` are of the wall clock."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        self._secret = secret
        self._task: asyncio.Task[None] | None = None
        self.sounds: list[Played | Music | Pressed] = []

    @staticmethod
    def account(secret: str) -> str:
        """What a sandbox's manager.conf needs for it."""
        return f"""[{ACCOUNT}]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = agi,call,dtmf,dialplan
write =
eventfilter(action(include),name(AGIExecStart)) =
eventfilter(action(include),name(Newexten),header(Application),method(exact)) = Playback
eventfilter(action(include),name(Newexten),header(Application),method(exact)) = Read
eventfilter(action(include),name(MusicOnHoldStart)) =
eventfilter(action(include),name(DTMFEnd)) =
"""

    @staticmethod
    def secret() -> str:
        """A word for the account of one run."""
        return secrets.token_hex(16)

    async def start(self) -> None:
        """Returns when it listens. Raises OSError, or PermissionError when the account is not known."""
        reader, writer = await self._login()
        self._task = asyncio.create_task(self._listen(reader, writer))

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _login(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=MESSAGE_BYTES)
        async with asyncio.timeout(LOGIN_SECONDS):
            await reader.readline()
            writer.write(f"Action: Login\r\nUsername: {ACCOUNT}\r\nSecret: {self._secret}\r\n\r\n".encode())
            if not (await reader.readuntil(b"\r\n\r\n")).startswith(b"Response: Success"):
                raise PermissionError(f"the switch does not know the AMI account {ACCOUNT}")
        return reader, writer

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                with contextlib.suppress(OSError, EOFError):
                    while len(self.sounds) < MOST_SOUNDS:
                        self._take(await reader.readuntil(b"\r\n\r\n"))
            finally:
                writer.transport.abort()
            while True:
                await asyncio.sleep(AGAIN_SECONDS)
                with contextlib.suppress(OSError, EOFError, TimeoutError):
                    reader, writer = await self._login()
                    break

    def _take(self, message: bytes) -> None:
        fields = dict(line.split(": ", 1) for line in message.decode(errors="replace").split("\r\n") if ": " in line)
        now_ms = time.time_ns() // 1_000_000
        match fields.get("Event"):
            case "AGIExecStart":
                if played := _PLAYED.search(fields.get("Command", "")):
                    self.sounds.append(Played(now_ms, fields["Uniqueid"], played[1], played[2]))
            case "Newexten" if (application := fields.get("Application", "")) in _SPEAKS:
                before: tuple[str, ...] = ()
                listed = fields.get("AppData", "").split(",")[_SPEAKS[application] :][:1]
                for recording in _RECORDING.finditer("".join(listed)):
                    self.sounds.append(Played(now_ms, fields["Uniqueid"], recording[1], recording[2], before))
                    before = (*before, f"{recording[1]}/{recording[2]}")
            case "MusicOnHoldStart" if fields.get("Class", USUAL_MUSIC) != USUAL_MUSIC:
                self.sounds.append(Music(now_ms, fields["Uniqueid"], fields["Class"]))
            case "DTMFEnd" if fields.get("Direction") == "Received":
                self.sounds.append(Pressed(now_ms, fields["Uniqueid"], fields["Digit"]))
