"""Whoever stands behind an AMI link in tests: keeps what the link told, in order, and lets a test wait for it."""

import asyncio
from collections.abc import Awaitable, Callable

from ivr_engine.asterisk.ami import AmiLink, AmiMessage
from tests.asterisk.fake_manager import PATIENCE_SECONDS, FakeManager

WANTED = frozenset({"UserEvent", "Hangup", "OriginateResponse"})


class Watch:
    """The callbacks of a link. `story` is what happened: "up", "down: REASON", "dead", and events by their Uniqueid."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.events: list[AmiMessage] = []
        self.during_up: Callable[[], Awaitable[None]] | None = None
        self.each_event: Callable[[AmiMessage], None] | None = None
        self.each_down: Callable[[], None] | None = None
        self._news = asyncio.Event()

    def on_event(self, event: AmiMessage) -> None:
        self.events.append(event)
        self._tell(event.get("Uniqueid"))
        if self.each_event is not None:
            self.each_event(event)

    async def on_up(self) -> None:
        self._tell("up")
        if self.during_up is not None:
            await self.during_up()

    def on_down(self, reason: str) -> None:
        self._tell(f"down: {reason}")
        if self.each_down is not None:
            self.each_down()

    def on_dead(self) -> None:
        self._tell("dead")

    def _tell(self, what: str) -> None:
        self.story.append(what)
        self.look()

    def look(self) -> None:
        """Whoever waits shall look again."""
        self._news.set()

    @property
    def ups(self) -> int:
        """How often the link came up."""
        return self.story.count("up")

    @property
    def downs(self) -> list[str]:
        """The reasons of its losses."""
        return [what.removeprefix("down: ") for what in self.story if what.startswith("down: ")]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something about the story is so, with a deadline."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():
                self._news.clear()
                await self._news.wait()

    def link(
        self,
        fake: FakeManager,
        *,
        events_secret: str | None = None,
        control_secret: str | None = None,
        control_at: FakeManager | None = None,
        pause: Callable[[int], float] = lambda failures: 0.0,
        ping_seconds: float = 1.0,
        pong_seconds: float = 3.0,
        action_seconds: float = PATIENCE_SECONDS,
        login_seconds: float = PATIENCE_SECONDS,
        max_buffered_events: int = 100,
    ) -> AmiLink:
        """A link of this watch to the fake, which comes back without a pause; `control_at` leads one elsewhere."""
        return AmiLink(
            fake.account("ivr-events", events_secret),
            (control_at or fake).account("ivr-control", control_secret),
            on_event=self.on_event,
            on_up=self.on_up,
            on_down=self.on_down,
            on_dead=self.on_dead,
            wanted=WANTED,
            pause=pause,
            ping_seconds=ping_seconds,
            pong_seconds=pong_seconds,
            action_seconds=action_seconds,
            login_seconds=login_seconds,
            max_buffered_events=max_buffered_events,
        )
