"""One TCP session with Asterisk's manager: log in, send, match answers by ActionID, ping. It dies once, and for good.

Whatever goes wrong (EOF, an endless message, no pong) has one end: `on_lost` with the reason, after every action that
waits has ended as `ActionUnknown`. Nothing is ever sent twice.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

from panoramisk.utils import IdGenerator

from ivr_engine.asterisk.ami_errors import (
    ActionRefused,
    ActionTimedOut,
    ActionUnknown,
    AmiError,
    AmiRefused,
    AnswerDistrusted,
    DoubledHeader,
    LinkCongested,
    LinkDown,
    ListTooLong,
    StreamBroken,
)
from ivr_engine.asterisk.ami_wire import (
    RESPONSE,
    AmiMessage,
    Framer,
    Headers,
    encode_action,
    event_name,
    first_action_id,
    parse,
)

log = logging.getLogger("ivr_engine.asterisk.ami")

MAX_IN_FLIGHT: Final = 2_000
"""Actions without an answer: 80 calls/s × 5 actions × the 5 s after which they are given up."""
MAX_UNSENT_BYTES: Final = 1024 * 1024
"""What Asterisk has not taken yet: 2,000 actions of about 500 bytes. Beyond it new actions are refused, not queued."""
STALL_SECONDS: Final = 0.1
"""A timer later than this means that our own process slept, and the pong may lie unread in the socket: pings sent
before are not judged, those sent after it are."""

# Unguessable (a UUID of the process) and never reused: a smuggled or belated answer finds nobody waiting.
_next_action_id = IdGenerator("ivr")

OnDone = Callable[[AmiMessage | AmiError], None]
OnItems = Callable[[list[AmiMessage] | AmiError], None]


@dataclass(frozen=True, slots=True)
class AmiAccount:
    """Where and as whom to log in. The secret is in no repr."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)


@dataclass(slots=True)
class AmiCounts:
    """What the link has seen since it was made; only ever grows. For metrics, and for tests."""

    events: int = 0
    """Given to the engine."""
    events_skipped: int = 0
    """Of a name that nobody wants."""
    doubled: int = 0
    """Messages dropped for a header that came twice."""
    headless: int = 0
    """Fragments without `Event` or `Response` as first line: the rest of a message with a smuggled empty line."""
    late_answers: int = 0
    timed_out: int = 0
    unknown: int = 0
    """Actions whose link died before their answer."""
    connects: int = 0
    losses: int = 0
    bugs: int = 0
    """Exceptions of a callback; the link went on."""


@dataclass(slots=True)
class _Awaited:
    """An action on its way: what to call, and until when. `items` is a list for an action that answers with one."""

    action: str
    on_done: OnDone | None
    on_items: OnItems | None
    max_items: int
    expiry: asyncio.TimerHandle
    items: list[AmiMessage] = field(default_factory=list)


class AmiSession(asyncio.Protocol):
    """Use `open_session`. All callbacks are synchronous and in the order of arrival."""

    def __init__(
        self,
        account: AmiAccount,
        *,
        wanted: frozenset[bytes],
        on_event: Callable[[AmiMessage], None],
        on_lost: Callable[[str], None],
        counts: AmiCounts,
        pong_seconds: float = 3.0,
    ) -> None:
        self._account = account
        self._wanted = wanted
        self._on_event = on_event
        self._on_lost = on_lost
        self._counts = counts
        self._pong_seconds = pong_seconds
        self._loop = asyncio.get_running_loop()
        self._greeted: asyncio.Future[None] = self._loop.create_future()
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._awaited: dict[str, _Awaited] = {}
        self._listings = 0
        self._congested = False
        self._slept_until: float | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._dead: str | None = None

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, not a check: uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        middle = " in the middle of a message" if self._framer.unfinished else ""
        self.close(f"connection lost{middle}: {exc}" if exc else f"Asterisk closed the connection{middle}")

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False

    def data_received(self, data: bytes) -> None:
        if self._dead is not None:
            return
        try:
            messages = self._framer.feed(data)
        except StreamBroken as broken:
            self.close(str(broken))
            return
        if not self._greeted.done() and self._framer.greeting is not None:
            self._greeted.set_result(None)
        wanted = self._wanted
        skipped = 0
        for raw in messages:
            name = event_name(raw)
            if name is None:
                self._take_other(raw)
            elif name in wanted or self._listings:
                self._take_event(raw, name)
            else:
                skipped += 1
        self._counts.events_skipped += skipped

    # ---- what arrives

    def _take_event(self, raw: bytes, name: bytes) -> None:
        try:
            message = parse(raw)
        except DoubledHeader as doubled:
            self._drop(doubled)
            return
        if self._listings:
            awaited = self._awaited.get(message.get("ActionID"))
            if awaited is not None and awaited.on_items is not None:
                self._take_item(message, awaited)
                return
        if name not in self._wanted:
            self._counts.events_skipped += 1
        elif self._dead is None:
            self._counts.events += 1
            guard(self._counts, self._on_event, message)

    def _take_item(self, message: AmiMessage, awaited: _Awaited) -> None:
        ending = message.get("EventList").lower()
        if ending == "complete":
            self._settle(message.get("ActionID"), awaited.items)
        elif ending == "cancelled":
            self._settle(message.get("ActionID"), ActionRefused(awaited.action, message))
        elif len(awaited.items) >= awaited.max_items:
            self._settle(message.get("ActionID"), ListTooLong(awaited.action, awaited.max_items))
        else:
            awaited.items.append(message)

    def _take_other(self, raw: bytes) -> None:
        if not raw.startswith(RESPONSE):
            if raw.strip():
                self._counts.headless += 1
                _warn_at_powers_of_two(self._counts.headless, "fragment(s) dropped that begin like no message")
            return
        try:
            answer = parse(raw)
        except DoubledHeader as doubled:
            self._drop(doubled)
            action_id = first_action_id(raw)
            if (awaited := self._awaited.get(action_id)) is not None:
                self._settle(action_id, AnswerDistrusted(awaited.action, str(doubled)))
            return
        action_id = answer.get("ActionID")
        awaited = self._awaited.get(action_id)
        if awaited is None:
            self._counts.late_answers += 1
        elif not answer.success:
            self._settle(action_id, ActionRefused(awaited.action, answer))
        elif awaited.on_items is None:
            self._settle(action_id, answer)
        elif answer.get("EventList").lower() != "start":
            self._settle(action_id, AnswerDistrusted(awaited.action, "answered without a list"))

    def _drop(self, doubled: DoubledHeader) -> None:
        self._counts.doubled += 1
        _warn_at_powers_of_two(self._counts.doubled, f"message(s) dropped; {doubled}; {doubled.hint}")

    # ---- what is sent

    def send(
        self,
        action: str,
        headers: Headers,
        *,
        deadline_seconds: float,
        on_done: OnDone | None = None,
        on_items: OnItems | None = None,
        max_items: int = 0,
        urgent: bool = False,
    ) -> str:
        """Send now; call `on_done` or, for a list, `on_items` exactly once, later, with the answer or an `AmiError`.

        Returns the ActionID, which the events that an action causes carry (`OriginateResponse`). Raises a kind of
        `ActionNotSent`, and then calls nothing. `urgent` is for the link's own ping and login.
        """
        if self._dead is not None or self._transport is None:
            raise LinkDown(action, self._dead or "not connected")
        if not urgent and (self._congested or len(self._awaited) >= MAX_IN_FLIGHT):
            raise LinkCongested(action, f"{len(self._awaited)} actions wait for an answer")
        action_id = _next_action_id()
        line = encode_action(action, headers, action_id)
        expiry = self._loop.call_later(deadline_seconds, self._expire, action_id, deadline_seconds)
        self._awaited[action_id] = _Awaited(action, on_done, on_items, max_items, expiry)
        self._listings += on_items is not None
        self._transport.write(line)
        return action_id

    def _expire(self, action_id: str, deadline_seconds: float) -> None:
        self._counts.timed_out += 1
        self._settle(action_id, ActionTimedOut(self._awaited[action_id].action, deadline_seconds))

    def _settle(self, action_id: str, outcome: AmiMessage | list[AmiMessage] | AmiError) -> None:
        awaited = self._awaited.pop(action_id)
        awaited.expiry.cancel()
        if awaited.on_items is not None:
            self._listings -= 1
            assert not isinstance(outcome, AmiMessage)
            guard(self._counts, awaited.on_items, outcome)
        elif awaited.on_done is not None:
            assert not isinstance(outcome, list)
            guard(self._counts, awaited.on_done, outcome)

    # ---- life

    async def log_in(self, *, events: bool, deadline_seconds: float) -> None:
        """Wait for the greeting, then log in: the secret goes to nobody who does not greet as Asterisk.

        Raises `AmiRefused` for a bad account, another `AmiError` when the session ends first, TimeoutError.
        """
        account = self._account
        answered: asyncio.Future[AmiMessage] = self._loop.create_future()
        headers = {"Username": account.user, "Secret": account.secret, "Events": "on" if events else "off"}
        async with asyncio.timeout(deadline_seconds):
            await self._greeted
            self.send(
                "Login", headers, deadline_seconds=deadline_seconds, on_done=partial(settle, answered), urgent=True
            )
            try:
                await answered
            except ActionRefused as refused:
                reason = refused.answer.get("Message", "no reason given")
                raise AmiRefused(account.user, account.host, account.port, reason) from None

    def keep_asking(self, ping_seconds: float) -> None:
        """Ping every `ping_seconds` until the session dies, which a pong that stays away makes it do."""
        if self._dead is None:
            self._ping_timer = self._loop.call_later(ping_seconds, self.keep_asking, ping_seconds)
            judge = partial(self._judge, self._loop.time())
            self.send("Ping", {}, deadline_seconds=self._pong_seconds, on_done=judge, urgent=True)

    def _judge(self, sent: float, pong: AmiMessage | AmiError) -> None:
        now = self._loop.time()
        if not isinstance(pong, ActionTimedOut):
            self._slept_until = None
        elif self._slept_until is None and now - sent - self._pong_seconds > STALL_SECONDS:
            self._slept_until = now
        elif self._slept_until is None or sent > self._slept_until:
            self.close(f"no pong within {self._pong_seconds:g} s")

    def close(self, reason: str) -> None:
        """End the session at once: nothing unsent is sent any more, and every waiting action ends as unknown."""
        if self._dead is not None:
            return
        self._dead = reason
        if not self._greeted.done():
            self._greeted.set_result(None)
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        for action_id in list(self._awaited):
            self._counts.unknown += 1
            self._settle(action_id, ActionUnknown(self._awaited[action_id].action, reason))
        self._on_lost(reason)


async def open_session(
    make: Callable[[], AmiSession],
    account: AmiAccount,
    *,
    events: bool,
    ping_seconds: float,
    deadline_seconds: float,
    tls: ssl.SSLContext | None = None,
) -> AmiSession:
    """Connect, log in, begin to ping. Raises OSError, TimeoutError or an `AmiError`; then nothing stays open."""
    async with asyncio.timeout(deadline_seconds):
        loop = asyncio.get_running_loop()
        _, session = await loop.create_connection(make, account.host, account.port, ssl=tls)
    try:
        await session.log_in(events=events, deadline_seconds=deadline_seconds)
    except BaseException:
        session.close("login failed")
        raise
    session.keep_asking(ping_seconds)
    return session


def guard(counts: AmiCounts, callback: Callable[[Any], None], argument: object) -> None:
    """Call it: a bug of one callback must not cost the others their answer, nor the stream its place."""
    try:
        callback(argument)
    except Exception:
        counts.bugs += 1
        log.exception("AMI: a callback failed")


def settle(future: "asyncio.Future[Any]", outcome: object) -> None:
    """End a future with an answer or an error, unless whoever waited has left."""
    if future.done():
        return
    if isinstance(outcome, AmiError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _warn_at_powers_of_two(count: int, text: str) -> None:
    """A flood of forged calls must not become a flood of log lines: the 1st, 2nd, 4th, 8th … is written."""
    if count & (count - 1) == 0:
        log.warning("AMI: %d %s", count, text)
