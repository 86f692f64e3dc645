"""What counsellors do besides talking, by the API that their desks would use.

Each contact's doings follow the plan of its citizen, recognised by the last four digits, which is all that a feed shows
of a caller. A refusal (409) is part of life: the citizen has hung up in the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp

from demo_centre.plan import Break, Citizen, Consult, Plan
from ivr_engine.core.notices import (
    AgentChanged,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    Notice,
    TransferEnded,
    TransferMoved,
)
from ivr_engine.core.vocabulary import AgentState, Presence, TransferState
from sandbox.engine import EngineProcess, EngineRefused

BACK_FROM_BREAK_SECONDS = 6.0
"""After which a counsellor whom three missed offers put on break is back."""

RING_SECONDS = 27.0
"""For an official to answer or not: the engine lets a recipient ring for 25 s."""

GIVES_UP_SECONDS = 4.0
"""After which an agent takes the citizen back from an official who does not answer."""

TOGETHER_SECONDS = 1.5
"""A conference, before the agent leaves it."""


class Desks:
    """All the counsellors' desks. `hear` is told every notice of the feed; what follows runs in tasks of its own."""

    def __init__(self, engine: EngineProcess, plan: Plan, *, own: frozenset[str] = frozenset()) -> None:
        self._engine = engine
        self._citizens = {citizen.caller[-4:]: citizen for citizen in plan.citizens}
        self._own = own
        """Agents whom a person plays; left alone."""
        self._plans: dict[str, Citizen] = {}
        self._consulting: set[str] = set()
        self._steps: dict[str, asyncio.Queue[TransferState]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused = 0
        """Requests that came too late; told in the summary."""

    def hear(self, notice: Notice, _at_ms: int) -> None:
        match notice:
            case ContactBegan():
                citizen = self._citizens.get(notice.caller[-4:])
                if citizen is not None:
                    self._plans[notice.contact] = citizen
            case ContactConnected():
                self._connected(notice)
            case TransferMoved():
                self._tell(notice.contact, notice.state)
            case TransferEnded():
                self._tell(notice.contact, TransferState.ENDED)
            case ContactEnded():
                self._plans.pop(notice.contact, None)
                self._tell(notice.contact, TransferState.ENDED)
            case AgentChanged():
                self._agent_changed(notice)

    async def leave(self, pause: Break, seconds: float) -> None:
        """A counsellor's break, in so many seconds from now."""
        await asyncio.sleep(seconds)
        await self._put_presence(pause.agent, "on_break", "coffee")
        await asyncio.sleep(pause.lasts_ms / 1_000)
        await self._put_presence(pause.agent, "available")

    async def close(self) -> None:
        """Nobody does anything any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(
            error, aiohttp.ClientError
        ):  # an engine that has gone is the feed's news
            asyncio.get_running_loop().call_exception_handler({"message": "a desk failed", "exception": error})

    # what follows from what is heard

    def _connected(self, notice: ContactConnected) -> None:
        citizen = self._plans.get(notice.contact)
        if citizen is None or citizen.consult is None or notice.agent in self._own:
            return
        if notice.contact not in self._consulting:  # a second agent of the same contact just talks
            self._consulting.add(notice.contact)
            self.start(self._consult(notice.contact, notice.agent, citizen.consult))

    def _agent_changed(self, notice: AgentChanged) -> None:
        if notice.agent in self._own:
            return
        if notice.state is AgentState.WRAP_UP:
            citizen = self._plans.get(notice.contact) if notice.contact is not None else None
            self.start(self._finish(notice.agent, citizen.wrap_up_ms if citizen is not None else 1_500))
        if notice.presence is Presence.ON_BREAK and notice.reason == "missed_offers":
            self.start(self._return(notice.agent))

    def _tell(self, contact: str, state: TransferState) -> None:
        if (steps := self._steps.get(contact)) is not None:
            steps.put_nowait(state)

    # what counsellors do

    async def _finish(self, agent: str, after_ms: int) -> None:
        await asyncio.sleep(after_ms / 1_000)
        await self._ask(agent, "wrap-up/finish")

    async def _return(self, agent: str) -> None:
        await asyncio.sleep(BACK_FROM_BREAK_SECONDS)
        await self._put_presence(agent, "available")

    async def _consult(self, contact: str, agent: str, consult: Consult) -> None:
        # a handful of moves for each transfer: the queue needs no limit of its own
        steps = self._steps[contact] = asyncio.Queue()
        try:
            await asyncio.sleep(consult.after_ms / 1_000)
            if consult.hold_first:
                if not await self._ask(agent, "hold"):
                    return
                await asyncio.sleep(0.8)
            if not await self._ask(agent, "consult", {"entry": consult.entry}):
                return
            if await self._reached(steps, GIVES_UP_SECONDS if consult.ending == "silent" else RING_SECONDS):
                await asyncio.sleep(consult.speaks_ms / 1_000)
                await self._end(agent, consult)
            elif consult.ending == "silent":
                await self._ask(agent, "cancel")
        finally:
            del self._steps[contact]
            self._consulting.discard(contact)

    async def _end(self, agent: str, consult: Consult) -> None:
        if consult.ending == "cancel":
            await self._ask(agent, "cancel")
            return
        if consult.ending == "conference":
            if not await self._ask(agent, "conference"):
                return
            await asyncio.sleep(TOGETHER_SECONDS)
        await self._ask(agent, "complete")

    @staticmethod
    async def _reached(steps: asyncio.Queue[TransferState], seconds: float) -> bool:
        """Whether the official answered in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    match await steps.get():
                        case TransferState.CONSULTING:
                            return True
                        case TransferState.TALKING | TransferState.ENDED:
                            return False
        except TimeoutError:
            return False

    async def _put_presence(self, agent: str, presence: str, reason: str = "") -> None:
        await self._engine.put(f"/v1/agents/{agent}/presence", {"presence": presence, "reason": reason})

    async def _ask(self, agent: str, verb: str, body: dict[str, object] | None = None) -> bool:
        try:
            await self._engine.post(f"/v1/agents/{agent}/{verb}", body)
        except EngineRefused as refused:
            if refused.status != 409:
                raise
            self.refused += 1
            return False
        return True
