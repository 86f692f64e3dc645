"""A bare AMI client: what the accounts of manager.conf may see and do is tested without the engine's own link."""

from __future__ import annotations

import asyncio
from typing import Self

from sandbox.switch import Switch

ANSWER_SECONDS = 5.0

Message = list[str]


class RawManager:
    """One AMI session: `await RawManager.login(switch, "control")`, then `ask`, and `events` with what else arrived."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._asked = 0
        self.events: list[Message] = []

    @classmethod
    async def login(cls, switch: Switch, account: str, secret: str | None = None) -> Self:
        """Logs in as ivr-ACCOUNT. Raises PermissionError when Asterisk refuses."""
        reader, writer = await asyncio.open_connection("127.0.0.1", switch.ami_port, limit=1 << 20)
        await reader.readline()
        session = cls(reader, writer)
        known = switch.environment()[f"IVR_AMI_{account.upper()}_SECRET"]
        answer = await session.ask("Login", Username=f"ivr-{account}", Secret=known if secret is None else secret)
        if answer[0][0] != "Response: Success":
            session.close()
            raise PermissionError(answer[0])
        return session

    async def ask(self, action: str, *more: tuple[str, str], **headers: str) -> list[Message]:
        """Sends an action; its answer, and the items of the list when the answer is one."""
        self._asked += 1
        mine = f"ActionID: raw-{self._asked}"
        lines = [f"Action: {action}", mine, *(f"{key}: {value}" for key, value in [*headers.items(), *more])]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        answers: list[Message] = []
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                message = await self.read()
                if mine not in message or message[0] == "Event: OriginateResponse":
                    self.events.append(message)
                    continue
                answers.append(message)
                if "EventList: start" not in message and (len(answers) == 1 or "EventList: Complete" in message):
                    return answers

    async def event(self, *lines: str) -> Message:
        """The first event, arrived or still to come, that has all these lines; it is taken out of `events`."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                for message in self.events:
                    if all(line in message for line in lines):
                        self.events.remove(message)
                        return message
                self.events.append(await self.read())

    async def read(self) -> Message:
        lines = []
        while line := (await self._reader.readuntil(b"\r\n")).decode().rstrip("\r\n"):
            lines.append(line)
        return lines

    def close(self) -> None:
        self._writer.close()


def value(message: Message, key: str) -> str:
    """The value of a header. Raises KeyError when the message has none."""
    for line in message:
        name, _, text = line.partition(": ")
        if name == key:
            return text
    raise KeyError(key)
