"""Makes happen what no phone does by itself: requests by API, feature codes dialled from a desk, faults of the world.

It acts at the scenario's times, or when the engine's own feed tells the moment (an agent was connected, a wrap-up
began). A request that the engine refuses is part of the story: it is noted, and the history says what came of it.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from ivr_engine.conformance.asterisk_site import Site, presence
from ivr_engine.core.codec import decode
from ivr_engine.core.notices import AgentChanged, ContactConnected
from ivr_engine.core.vocabulary import AgentState
from ivr_engine.replay.history import Happened, Verb
from ivr_engine.replay.scenario import AgentAct, By, Happening, TalkAct, WorldAct
from ivr_engine.replay.simulator.performance import ENGINE_WORDS, THAWED
from sandbox.engine import EngineFailed, EngineRefused
from sandbox.phones import dial_from_agent

FEED_AGAIN_SECONDS = 0.05
"""Between two looks for the feed of an engine that was killed: nothing tells when it serves again."""

FEED_SECONDS = 15.0
"""For the first word of a feed: a moment, on a machine that is not busy."""

PHONE_CODES = {
    "available": "*11",
    "on_break": "*12",
    "logged_out": "*13",
    Happening.WRAP_UP_FINISHED.value: "*14",
    Happening.WRAP_UP_EXTENDED.value: "*15",
}
AFTER_CONTACT_CODES = {"on_break": "*16", "logged_out": "*17"}
"""What an agent's phone dials, as in extensions.conf."""

ENGINE_STARTS_MS = 400
"""From the fork of an engine to its first look at the switch; so much earlier it is started, to be there in time."""

SWITCH_STARTS_MS = 500
"""Of the time that a switch is down, what its start takes."""

VERBS = {
    TalkAct.HOLD: "hold",
    TalkAct.RESUME: "resume",
    TalkAct.CONSULT: "consult",
    TalkAct.COMPLETE: "complete",
    TalkAct.CANCEL: "cancel",
    TalkAct.CONFERENCE: "conference",
}


class Director:
    """One scenario's: `await listen()`, `begin()`, `await finish()`. `facts`, `notes` and `pending` say how it goes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._starts_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._feed: asyncio.Task[None] | None = None
        self._talks: Counter[str] = Counter()
        self._connected: set[str] = set()
        self._states: dict[str, AgentState] = {}
        self._in_talk: dict[str, list[asyncio.Task[None]]] = {}
        self.facts: list[Happened] = []
        """What happened to the engine itself, which its journal cannot tell."""
        self.notes: list[str] = []
        """Requests that were refused, and what could not be done at all."""

    @property
    def pending(self) -> int:
        """Acts that are still to come, or going on."""
        return len(self._tasks)

    async def listen(self) -> None:
        """Returns when the feed has said where everybody stands. Raises TimeoutError."""
        listening = asyncio.Event()
        self._feed = asyncio.create_task(self._listen(listening))
        async with asyncio.timeout(FEED_SECONDS):
            await listening.wait()

    def begin(self, starts_at: float) -> None:
        """Plans every act that has a time; `starts_at` is the scenario's zero, in the event loop's time."""
        self._starts_at = starts_at
        for act in self._site.scenario.world:
            early_ms = ENGINE_STARTS_MS if act.what is Happening.ENGINE_STARTED else 0
            # what is so from the beginning is so before the first citizen dials
            at = starts_at + (act.at_ms - early_ms) / 1_000 if act.at_ms else 0.0
            self._later(at, partial(self._world, act), f"{act.what} at {act.at_ms} ms")

    async def finish(self) -> None:
        """Nothing more happens."""
        tasks = [task for task in (*self._tasks, self._feed) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _now_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self._starts_at) * 1_000)

    def _later(self, at: float, act: Callable[[], Awaitable[None]], what: str) -> asyncio.Task[None]:
        async def due() -> None:
            try:
                await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
                await act()
            except (EngineRefused, EngineFailed, aiohttp.ClientError, OSError) as problem:
                self.notes.append(f"{self._now_ms()} ms: {what}: {problem}")

        task = asyncio.create_task(due())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # what the feed tells

    async def _listen(self, listening: asyncio.Event) -> None:
        engine = self._site.engine
        url = f"http://127.0.0.1:{engine.api_port}/v1/feed"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {engine.token}"}) as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with http.ws_connect(url, max_msg_size=0) as feed:
                        async for message in feed:
                            self._told(json.loads(message.data))
                            listening.set()
                await asyncio.sleep(FEED_AGAIN_SECONDS)

    def _told(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "notice":
            return
        match decode(frame["notice"]):
            case ContactConnected(contact=contact, agent=agent, offer=offer):
                if f"{contact} {offer}" not in self._connected:  # an engine that was restarted tells it again
                    self._connected.add(f"{contact} {offer}")
                    self._talks[agent] += 1
                    self._talk_begins(agent)
            case AgentChanged(agent=agent, state=state):
                before = self._states.get(agent)
                self._states[agent] = state
                if state is not AgentState.ON_CONTACT:
                    for task in self._in_talk.pop(agent, ()):
                        task.cancel()  # what was to be done in a talk that is over
                if state is AgentState.WRAP_UP and before is not state:
                    self._wrap_up_begins(agent)
            case _:
                pass

    def _talk_begins(self, agent: str) -> None:
        now = asyncio.get_running_loop().time()
        for plan in self._site.scenario.agents:
            for act in plan.acts if plan.id == agent else ():
                if act.nth == self._talks[agent] and act.by is By.API and act.does in VERBS:
                    at = now + act.after_ms / 1_000
                    task = self._later(at, partial(self._ask, agent, act), f"{agent} {act.does}")
                    self._in_talk.setdefault(agent, []).append(task)

    def _wrap_up_begins(self, agent: str) -> None:
        now = asyncio.get_running_loop().time()
        for plan in self._site.scenario.agents:
            if plan.id == agent and plan.finishes_wrap_up_after_ms is not None:
                self._later(
                    now + plan.finishes_wrap_up_after_ms / 1_000, partial(self._finishes, agent), f"{agent} finishes"
                )

    # what is done

    async def _ask(self, agent: str, act: AgentAct) -> None:
        body = {"entry": act.entry} if act.does is TalkAct.CONSULT else None
        await self._site.engine.post(f"/v1/agents/{agent}/{VERBS[act.does]}", body)

    async def _finishes(self, agent: str) -> None:
        await self._site.engine.post(f"/v1/agents/{agent}/wrap-up/finish")

    async def _world(self, act: WorldAct) -> None:
        match act.what:
            case Happening.PRESENCE if act.by is By.PHONE:
                codes = AFTER_CONTACT_CODES if act.after_contact else PHONE_CODES
                await self._dial(act.agent, codes[act.value])
            case Happening.PRESENCE:
                body = presence(act.value, act.reason, after_contact=act.after_contact)
                await self._site.engine.put(f"/v1/agents/{act.agent}/presence", body)
            case Happening.WRAP_UP_FINISHED | Happening.WRAP_UP_EXTENDED if act.by is By.PHONE:
                await self._dial(act.agent, PHONE_CODES[act.what.value])
            case Happening.WRAP_UP_FINISHED:
                await self._finishes(act.agent)
            case Happening.WRAP_UP_EXTENDED:
                await self._site.engine.post(f"/v1/agents/{act.agent}/wrap-up/extend")
            case Happening.AMI_CUT | Happening.EVENTS_DELAYED | Happening.EVENTS_DOUBLED | Happening.EVENTS_SWAPPED:
                self._wire(act)
            case _:
                await self._machines(act)

    def _wire(self, act: WorldAct) -> None:
        """What befalls the link, which becomes whole again by itself."""
        match act.what:
            case Happening.AMI_CUT:
                self._site.proxy.cut(act.lasts_ms)
            case Happening.EVENTS_DELAYED:
                self._site.proxy.delay(act.by_ms, act.lasts_ms)
            case Happening.EVENTS_SWAPPED:
                self._site.proxy.swap(act.lasts_ms)
            case _:
                self._site.proxy.double(act.lasts_ms)

    async def _machines(self, act: WorldAct) -> None:
        """What befalls engine, database and switch."""
        site = self._site
        match act.what:
            case Happening.ENGINE_KILLED:
                site.engine.kill()
                self._engine(ENGINE_WORDS[act.what])
            case Happening.ENGINE_STARTED:
                self._engine(ENGINE_WORDS[act.what])
                await site.engine.start()
            case Happening.ENGINE_FROZEN:
                pid = site.engine.pid
                os.kill(pid, signal.SIGSTOP)
                self._engine(ENGINE_WORDS[act.what])
                await asyncio.sleep(act.lasts_ms / 1_000)
                with contextlib.suppress(ProcessLookupError):  # killed as it stood
                    os.kill(pid, signal.SIGCONT)
                self._engine(THAWED)
            case Happening.DATABASE_AWAY:
                await site.database_away(act.lasts_ms)
            case Happening.REVISION_LOADED:
                site.load_revision(Path(act.value))
                os.kill(site.engine.pid, signal.SIGHUP)
            case Happening.SWITCH_RESTARTED:
                site.switch.kill()
                site.proxy.die()
                await asyncio.sleep((act.lasts_ms - SWITCH_STARTS_MS) / 1_000)
                await site.switch.start_again()
                await site.proxy.start()

    def _engine(self, word: str) -> None:
        self.facts.append(Happened(self._now_ms(), Verb.ENGINE, details={word: "true"}))

    async def _dial(self, agent: str, code: str) -> None:
        await dial_from_agent(self._site.switch, agent, f"secret-{agent}", code)
