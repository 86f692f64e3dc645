"""The link to Asterisk's manager interface: two sessions that live and die together, and come back by themselves.

Why not panoramisk's own `Manager`: it sends unanswered actions again after a reconnect (one `Originate` arrived twice),
decodes bytes segment by segment, runs coroutine callbacks out of order, and waits for no pong. What is sound stays in
use: `Message` is what events are, and its generator makes the ActionIDs. Framing, correlation, deadlines and reconnect
are ours (`ami_wire`, `ami_session`, here).

Why two sessions: one thread of Asterisk serves each, so that an action which blocks would hold the events back.

The life of the link, again and again until `stop`:

    connect events ─▶ connect control ─▶ on_up ───────────▶ buffered events ─▶ events as they come ─▶ on_down
                      (events are buffered from their login on)               (either session lost: both are)

`on_up` takes the snapshot of the switch. Events that arrive meanwhile are kept and delivered after it, in order, so
that no fact falls between picture and film. In-flight actions of a dead link end as `ActionUnknown`, never sent again.
"""

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from ivr_engine.asterisk.ami_errors import ActionNotSent, AmiError, AmiRefused, LinkDown
from ivr_engine.asterisk.ami_session import (
    AmiAccount,
    AmiCounts,
    AmiSession,
    OnDone,
    OnItems,
    guard,
    log,
    open_session,
    settle,
)
from ivr_engine.asterisk.ami_wire import AmiMessage, Headers

__all__ = ["AmiAccount", "AmiCounts", "AmiLink", "AmiMessage", "pause_seconds"]

MAX_BUFFERED_EVENTS: Final = 10_000
"""While `on_up` runs: 80 calls/s × 40 events × 3 s. Beyond it the snapshot is stale, and is taken anew."""
MAX_LIST_ITEMS: Final = 10_000
"""Of one list: 1,000 waiting and 1,000 talking citizens are 3,000 channels; the rest is head room."""
LOGIN_SECONDS: Final = 5.0
"""For connecting, and again for logging in: Asterisk waits 1 s before it refuses."""
STEADY_SECONDS: Final = 2.0
"""A link that stayed up this long begins its pauses anew; one that flaps goes on with longer ones."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
"""A dead Asterisk must be found again well within 30 s; two attempts a second at most trouble nobody."""
DEAD_SECONDS: Final = 2.5
"""So long must nobody have listened where Asterisk did before it counts as dead: a network that is away is silent and
refuses nothing, and with the longest pause it is known within 5 s."""
EVENTS_A_SLICE: Final = 200
"""Buffered events are delivered in slices of about 10 ms, so that pings and answers are not kept waiting."""
LEAVE_SECONDS: Final = 1.0
"""How long an `on_up` that is no longer needed may take to notice its cancellation."""

NO_HEADERS: Final[Headers] = MappingProxyType({})


def pause_seconds(failures: int, jitter: Callable[[], float] = random.random) -> float:
    """The pause before the next attempt after so many failures in a row: doubled each time, bounded, half of it random.

    Random, so that several engines do not knock at a restarted Asterisk in step. `jitter` gives 0 ≤ x < 1.
    """
    ceiling: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures, 10))
    return ceiling * (0.5 + 0.5 * jitter())


class AmiLink:
    """The engine's way to one Asterisk. All callbacks run in the event loop, one at a time.

    `on_event` gets the events named in `wanted`, in order. `on_up` (plain or coroutine function) runs when both
    sessions are logged in; actions work inside it. `on_down` follows every `on_up` that was begun, with the reason,
    unless `stop` ended the link; `on_dead` follows it when every attempt since was refused for DEAD_SECONDS, because a
    process that is gone refuses and a network that is away does not. An exception in a callback is counted and logged;
    one in `on_up` takes the link down.
    """

    def __init__(
        self,
        events: AmiAccount,
        control: AmiAccount,
        *,
        on_event: Callable[[AmiMessage], None],
        on_up: Callable[[], Awaitable[None] | None],
        on_down: Callable[[str], None],
        on_dead: Callable[[], None] = lambda: None,
        wanted: frozenset[str],
        ping_seconds: float = 1.0,
        pong_seconds: float = 3.0,
        action_seconds: float = 5.0,
        login_seconds: float = LOGIN_SECONDS,
        pause: Callable[[int], float] = pause_seconds,
        max_buffered_events: int = MAX_BUFFERED_EVENTS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._accounts = (events, control)
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._on_dead = on_dead
        self._wanted = frozenset(name.encode() for name in wanted)
        self._ping_seconds = ping_seconds
        self._pong_seconds = pong_seconds
        self._action_seconds = action_seconds
        self._login_seconds = login_seconds
        self._pause = pause
        self._max_buffered_events = max_buffered_events
        self._tls = tls
        self._sessions: list[AmiSession] = []
        self._control: AmiSession | None = None
        self._buffer: deque[AmiMessage] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._up = False
        self._up_at: float | None = None
        self.counts = AmiCounts()

    @property
    def up(self) -> bool:
        """Whether the snapshot is taken and events are delivered as they come."""
        return self._up

    # ---- life

    async def start(self) -> None:
        """Connect; return when the link is up for the first time, however long Asterisk takes to be there.

        Raises `AmiRefused` when an account is not accepted. Later refusals (manager.conf was changed) only delay.
        """
        assert self._keeper is None, "a link is started once"
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(first), name="ami-link")
        try:
            await first
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close both sessions and stay down. Actions that wait end as unknown."""
        keeper, self._keeper = self._keeper, None
        self._lose("stopped")
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})

    def renew(self, reason: str) -> None:
        """Lose the link and have it again, with a look: what was told meanwhile is not to be relied on."""
        self._lose(reason)

    async def _keep(self, first: "asyncio.Future[None]") -> None:
        """Connect and serve for ever. `first` ends when the link is up for the first time, or can never be."""
        loop = asyncio.get_running_loop()
        failures = 0
        lost_at: float | None = None
        """When the link that was up last went down; None while nobody has to be told that Asterisk is dead."""
        while True:
            refused_connection = False
            try:
                reason = await self._connect_and_serve(first)
            except AmiRefused as refused:
                if not first.done():
                    first.set_exception(refused)
                    return
                reason = str(refused)
            except (OSError, AmiError) as failed:
                refused_connection = isinstance(failed, ConnectionRefusedError)
                reason = str(failed) or f"no answer within {self._login_seconds:g} s"
            except Exception as bug:
                # Whatever it was, an engine without a link is the worse outcome: it costs this attempt only.
                self.counts.bugs += 1
                reason = repr(bug)
                log.exception("AMI: an attempt to connect failed")
            if self._up_at is not None:
                lost_at = loop.time()
                failures = 0 if lost_at - self._up_at >= STEADY_SECONDS else failures
            elif not refused_connection:
                lost_at = None
            elif lost_at is not None and loop.time() - lost_at >= DEAD_SECONDS:
                lost_at = None
                self._on_dead()
            wait_seconds = self._pause(failures)
            if failures & (failures - 1) == 0:
                at = self._accounts[0]
                log.warning(
                    "AMI link to %s:%d is down: %s; next attempt in %.1f s", at.host, at.port, reason, wait_seconds
                )
            failures += 1
            await asyncio.sleep(wait_seconds)

    async def _connect_and_serve(self, first: "asyncio.Future[None]") -> str:
        self._up_at = None
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        try:
            await self._connect(lost)
            return await self._serve(lost, first)
        finally:
            self._lose("the other session could not be opened")

    async def _connect(self, lost: "asyncio.Future[str]") -> None:
        self._buffer = deque()
        events, control = self._accounts
        self._sessions.append(await self._open(events, self._wanted, lost, events=True))
        self._control = await self._open(control, frozenset(), lost, events=False)
        self._sessions.append(self._control)

    async def _open(
        self, account: AmiAccount, wanted: frozenset[bytes], lost: "asyncio.Future[str]", *, events: bool
    ) -> AmiSession:
        def make() -> AmiSession:
            return AmiSession(
                account,
                wanted=wanted,
                on_event=self._take,
                on_lost=partial(self._note_loss, lost),
                counts=self.counts,
                pong_seconds=self._pong_seconds,
            )

        return await open_session(
            make,
            account,
            events=events,
            ping_seconds=self._ping_seconds,
            deadline_seconds=self._login_seconds,
            tls=self._tls,
        )

    def _note_loss(self, lost: "asyncio.Future[str]", reason: str) -> None:
        if not lost.done():
            lost.set_result(reason)
            self._lose("the other session was lost")

    def _lose(self, reason: str) -> None:
        self._control = None
        self._buffer = None
        self._up = False
        while self._sessions:
            self._sessions.pop().close(reason)

    async def _serve(self, lost: "asyncio.Future[str]", first: "asyncio.Future[None]") -> str:
        """From `on_up` to the loss of a session, whose reason is returned."""
        if lost.done():
            return lost.result()
        self.counts.connects += 1
        coming_up = asyncio.create_task(self._come_up(), name="ami-on-up")
        either: set[asyncio.Future[Any]] = {coming_up, lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._up and not first.done():
                first.set_result(None)
            if coming_up.done() and not self._up:
                self._lose(self._why_not_up(coming_up))
            reason = await lost
        finally:
            coming_up.cancel()
            await asyncio.wait({coming_up}, timeout=LEAVE_SECONDS)
        self.counts.losses += 1
        guard(self.counts, self._on_down, reason)
        return reason

    def _why_not_up(self, coming_up: "asyncio.Task[None]") -> str:
        """An action of `on_up` without a good answer is the weather; anything else that it raises is a bug."""
        failure = None if coming_up.cancelled() else coming_up.exception()
        if failure is not None and not isinstance(failure, AmiError):
            self.counts.bugs += 1
            log.error("AMI: on_up failed", exc_info=failure)
        return f"on_up failed: {failure or 'it was cancelled'}"

    async def _come_up(self) -> None:
        # An `on_up` that ignores its cancellation may end in the life of a later link, whose buffer is another one.
        buffer = self._buffer
        waiting = self._on_up()
        if waiting is not None:
            await waiting
        while buffer and self._buffer is buffer:
            for _ in range(min(EVENTS_A_SLICE, len(buffer))):
                guard(self.counts, self._on_event, buffer.popleft())
            await asyncio.sleep(0)
        if buffer is not None and self._buffer is buffer:
            self._buffer = None
            self._up = True
            self._up_at = asyncio.get_running_loop().time()

    def _take(self, event: AmiMessage) -> None:
        if self._buffer is None:
            self._on_event(event)
        elif len(self._buffer) < self._max_buffered_events:
            self._buffer.append(event)
        else:
            self._lose(f"more than {self._max_buffered_events} events during on_up")

    # ---- actions

    async def action(
        self, name: str, headers: Headers = NO_HEADERS, *, deadline_seconds: float | None = None
    ) -> AmiMessage:
        """Send one action and wait for its answer.

        Raises a kind of `ActionFailed`: `ActionNotSent` and its kinds, `ActionRefused`, `ActionTimedOut`,
        `ActionUnknown`, `AnswerDistrusted`.
        """
        answered: asyncio.Future[AmiMessage] = asyncio.get_running_loop().create_future()
        self._send(name, headers, deadline_seconds, on_done=partial(settle, answered))
        return await answered

    async def collect(
        self,
        name: str,
        headers: Headers = NO_HEADERS,
        *,
        deadline_seconds: float | None = None,
        max_items: int = MAX_LIST_ITEMS,
    ) -> list[AmiMessage]:
        """Send an action that answers with a list, and wait for its items, up to `EventList: Complete`.

        Raises as `action` does, and `ListTooLong`. An item with a doubled header is left out (and counted): one
        hostile caller must not be able to spoil the snapshot of all the others.
        """
        answered: asyncio.Future[list[AmiMessage]] = asyncio.get_running_loop().create_future()
        self._send(name, headers, deadline_seconds, on_items=partial(settle, answered), max_items=max_items)
        return await answered

    def send(self, name: str, headers: Headers, on_done: OnDone, *, deadline_seconds: float | None = None) -> str:
        """Send one action and return its ActionID, "" when it was not sent; without a task for each. Raises nothing.

        `on_done` is called exactly once, never from inside this call, with the answer or what `action` would raise.
        """
        try:
            return self._send(name, headers, deadline_seconds, on_done=on_done)
        except ActionNotSent as not_sent:
            asyncio.get_running_loop().call_soon(guard, self.counts, on_done, not_sent)
            return ""

    def _send(
        self,
        name: str,
        headers: Headers,
        deadline_seconds: float | None,
        *,
        on_done: OnDone | None = None,
        on_items: OnItems | None = None,
        max_items: int = 0,
    ) -> str:
        if self._control is None:
            raise LinkDown(name, "the AMI link is down")
        seconds = self._action_seconds if deadline_seconds is None else deadline_seconds
        return self._control.send(
            name, headers, deadline_seconds=seconds, on_done=on_done, on_items=on_items, max_items=max_items
        )
