"""The people around the core: citizens who call, wait and give up, agents who come, pick up, miss and leave.

They live on a heap of virtual time and meet the very `Engine` that runs live: facts go in, its commands are carried
out. There is no switch in between: an offer rings, and is answered after its pick-up time or not at all. At one
millisecond facts go before the engine's deadlines, as everywhere.
"""

import gc
import heapq
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum

from ivr_engine.core.commands import StartOffer, WithdrawOffer
from ivr_engine.core.configuration import Configuration, MissSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.duty import MISSED_OFFERS
from ivr_engine.core.engine import Engine
from ivr_engine.core.events import (
    Configured,
    ContactQueued,
    Event,
    LegEnded,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    Started,
    SwitchSeen,
    TimePassed,
)
from ivr_engine.core.notices import AgentChanged
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferFailure, OfferId, Presence, QueueId, Skill
from ivr_engine.simulation.day import SimulatedDay, misses
from ivr_engine.simulation.outcome import Fate, Played

BACK_FROM_MISSES_MS = 60_000
"""Whom the engine sent on a break for missed rings is back after this."""

AFTER_MS = 4 * 60 * 60_000
"""How long after the last arrival a day may go on: the longest talk that anybody draws is shorter."""

DECISIONS_EACH = 1_000
"""A contact takes about five decisions; more than this for each means that a policy goes in circles."""

PROGRESS_EVERY = 1_000


class _Is(IntEnum):
    """What happens. At one moment the earlier rows go first: who comes on duty, then who calls."""

    COMES = 0
    GOES = 1
    ARRIVES = 2
    GIVES_UP = 3
    ANSWERS = 4
    MISSES = 5
    TALKED = 6
    BACK = 7


class Standstill(Exception):  # noqa: N818  (the situation is the name)
    """More decisions than a day can need: the policy goes in circles."""


Configure = Callable[[Configuration], Configuration]
"""A policy of the core: what it makes of the day's configuration."""


def play(day: SimulatedDay, configure: Configure, title: str, progress: Callable[[int], None] | None = None) -> Played:
    """The day to its end. `progress` is told how many citizens have called so far. Raises Standstill."""
    collecting = gc.isenabled()
    gc.disable()  # a day makes millions of small values and no cycles: looking for some takes a third of the time
    try:
        return _Centre(day, configure, title).play(progress)
    finally:
        if collecting:
            gc.enable()


class _Centre:
    def __init__(self, day: SimulatedDay, configure: Configure, title: str) -> None:
        self._day = day
        self._configure = configure
        self._title = title
        self._engine = Engine()
        self._now_ms = 0
        self._heap: list[tuple[int, int, int, str]] = []
        """When, what, of which citizen or spell, and the offer or agent that it is about."""
        self._open: dict[OfferId, tuple[AgentId, int]] = {}
        """Phones that ring: whose, and since when."""
        self._index = {citizen.id: index for index, citizen in enumerate(day.citizens)}
        self._attempts: dict[int, int] = {}
        self._answered: list[int | None] = [None] * len(day.citizens)
        self._agents: list[str] = [""] * len(day.citizens)
        self._gone: list[int | None] = [None] * len(day.citizens)
        self._on_duty: set[AgentId] = set()
        self._worked_ms = 0
        self._missed = 0
        self._decisions = 0
        self._requests: dict[tuple[QueueId, frozenset[Skill], int], ToQueue] = {}
        for citizen in day.citizens:
            wanted = (citizen.queue, citizen.requirement, citizen.priority)
            if wanted not in self._requests:
                self._requests[wanted] = ToQueue(citizen.queue, citizen.requirement, priority=citizen.priority)

    def play(self, progress: Callable[[int], None] | None) -> Played:
        day, heap = self._day, self._heap
        self._take(Started(1))
        self._take(Configured(self._configuration()))
        self._take(SwitchSeen(()))
        ends_ms = 0
        for index, spell in enumerate(day.spells):
            heap.append((spell.from_ms, _Is.COMES, index, spell.agent))
            heap.append((spell.to_ms, _Is.GOES, index, spell.agent))
        for index, citizen in enumerate(day.citizens):
            heap.append((citizen.arrival_ms, _Is.ARRIVES, index, ""))
            ends_ms = citizen.arrival_ms + AFTER_MS
        heapq.heapify(heap)
        engine, happen = self._engine, self._happenings()
        limit = DECISIONS_EACH * (len(day.citizens) + len(day.spells) + 10)
        called = 0
        while heap and heap[0][0] <= ends_ms:
            due_ms = engine.next_deadline_ms()
            if due_ms is not None and due_ms < heap[0][0]:
                self._now_ms = max(due_ms, self._now_ms)
                self._take(TimePassed())
                if self._decisions > limit:
                    raise Standstill(f"{self._decisions} decisions, and it is only {self._now_ms / 1000:.0f} s")
                continue
            self._now_ms, what, index, who = heapq.heappop(heap)
            happen[what](index, who)
            if progress is not None and what == _Is.ARRIVES:
                called += 1
                if called % PROGRESS_EVERY == 0:
                    progress(called)
        fates = tuple(map(Fate, self._answered, self._agents, self._gone))
        duty_ms = max(sum(spell.to_ms - spell.from_ms for spell in day.spells), self._worked_ms)
        return Played(day, self._title, fates, self._worked_ms, duty_ms, self._missed, self._decisions)

    def _configuration(self) -> Configuration:
        day = self._day
        resting = {**MissSettings().rest_ms, OfferFailure.NO_ANSWER: day.rest_ms}
        configuration = Configuration(
            # what a citizen keeps an agent for is one figure here: wrap-up is in it
            queues=tuple(replace(queue, wrap_up_ms=0) for queue in day.queues),
            agents=day.agents,
            misses=MissSettings(rest_ms=resting),
            revision="simulated",
        )
        return self._configure(configuration)

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────
    def _happenings(self) -> tuple[Callable[[int, str], None], ...]:
        """By `_Is`."""
        return (
            self._comes,
            self._goes,
            self._arrives,
            self._gives_up,
            self._answers,
            self._misses,
            self._talked,
            self._back,
        )

    def _comes(self, _: int, agent: str) -> None:
        self._on_duty.add(AgentId(agent))
        self._take(PresenceChosen(AgentId(agent), Presence.AVAILABLE))

    def _goes(self, _: int, agent: str) -> None:
        self._on_duty.discard(AgentId(agent))
        self._take(PresenceChosen(AgentId(agent), Presence.LOGGED_OUT))

    def _back(self, _: int, agent: str) -> None:
        if agent in self._on_duty:
            self._take(PresenceChosen(AgentId(agent), Presence.AVAILABLE))

    def _arrives(self, index: int, _: str) -> None:
        citizen = self._day.citizens[index]
        heapq.heappush(self._heap, (self._now_ms + citizen.patience_ms, _Is.GIVES_UP, index, ""))
        request = self._requests[citizen.queue, citizen.requirement, citizen.priority]
        self._take(ContactQueued(ContactId(citizen.id), "120", "", request, self._now_ms))

    def _gives_up(self, index: int, _: str) -> None:
        if self._answered[index] is None:
            self._gone[index] = self._now_ms
            self._take(LegEnded(LegId(self._day.citizens[index].id)))

    def _rings(self, offer: StartOffer) -> None:
        index = self._index[offer.contact]
        citizen = self._day.citizens[index]
        attempt = self._attempts[index] = self._attempts.get(index, 0) + 1
        self._open[offer.offer] = (offer.agent, self._now_ms)
        if citizen.pickup_ms > offer.ring_ms or misses(self._day, index, attempt):
            heapq.heappush(self._heap, (self._now_ms + offer.ring_ms, _Is.MISSES, index, offer.offer))
        else:
            heapq.heappush(self._heap, (self._now_ms + citizen.pickup_ms, _Is.ANSWERS, index, offer.offer))

    def _misses(self, _: int, offer: str) -> None:
        rang = self._open.pop(OfferId(offer), None)
        if rang is not None:
            self._missed += 1
            self._worked_ms += self._now_ms - rang[1]
            self._take(OfferFailed(OfferId(offer), OfferFailure.NO_ANSWER))

    def _answers(self, index: int, name: str) -> None:
        offer = OfferId(name)
        rang = self._open.pop(offer, None)
        if rang is None:
            return
        agent, since_ms = rang
        citizen = self._day.citizens[index]
        self._answered[index] = self._now_ms
        self._agents[index] = agent
        self._worked_ms += self._now_ms - since_ms + citizen.handle_ms
        heapq.heappush(self._heap, (self._now_ms + citizen.handle_ms, _Is.TALKED, index, offer))
        self._take(OfferAnswered(offer, ContactId(citizen.id), agent))

    def _talked(self, index: int, offer: str) -> None:
        self._take(LegEnded(LegId(self._day.citizens[index].id)))
        self._take(LegEnded(LegId(offer)))

    # ── the core ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _take(self, event: Event) -> None:
        decision = self._engine.handle(event, self._now_ms)
        self._decisions += 1
        for command in decision.commands:
            if isinstance(command, StartOffer):
                self._rings(command)
            elif isinstance(command, WithdrawOffer):
                rang = self._open.pop(command.offer, None)
                if rang is not None:
                    self._worked_ms += self._now_ms - rang[1]
        for notice in decision.notices:
            if isinstance(notice, AgentChanged) and notice.reason == MISSED_OFFERS:
                heapq.heappush(self._heap, (self._now_ms + BACK_FROM_MISSES_MS, _Is.BACK, 0, notice.agent))
