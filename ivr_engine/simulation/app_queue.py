"""`app_queue` as its source reads (`apps/app_queue.c`, branch 22), for the comparison: tuned as well as we can.

One queue for each class; the agents are members of those that they have the skill of, with a penalty that grows as
proficiency falls. Each waiting caller has a thread of its own, which looks once a second (or `retry` later, when it
found nobody to ring): it may ring when its rank among the callers of its queue that do not ring yet is below the
number of available members (`autofill=yes`), or when it is first (`autofill=no`, the default in the code). It rings the
member of the least penalty x 1,000,000 + the strategy's metric; one who rings for another queue is skipped.
"""

import heapq
import random
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.simulation.day import SimulatedDay, misses
from ivr_engine.simulation.outcome import Fate, Played

PENALTY = 1_000_000
"""What one step of penalty weighs against any metric (`calc_metric`)."""

POLL_MS = 1_000
BEST_PROFICIENCY = 5
AFTER_MS = 4 * 60 * 60_000


class Strategy(StrEnum):
    """`strategy=` of queues.conf."""

    RINGALL = "ringall"
    LEASTRECENT = "leastrecent"
    FEWESTCALLS = "fewestcalls"
    RANDOM = "random"
    RRMEMORY = "rrmemory"
    LINEAR = "linear"
    WRANDOM = "wrandom"


@dataclass(frozen=True, slots=True)
class AppQueue:
    """The options of queues.conf that matter here. The defaults are the best tuning that we found."""

    strategy: Strategy = Strategy.LEASTRECENT
    autofill: bool = True
    retry_ms: int = 1_000
    timeout_ms: int = 15_000
    """How long one member rings: the code's default."""
    penalties: bool = True

    @property
    def name(self) -> str:
        return f"app_queue {self.strategy}{'' if self.autofill else ', autofill=no'}"


_COMES, _GOES, _ARRIVES, _GIVES_UP, _ANSWERS, _MISSES, _TALKED, _RESTED, _LOOKS = range(9)


def play(day: SimulatedDay, options: AppQueue, progress: Callable[[int], None] | None = None) -> Played:
    """The day to its end."""
    return _Queues(day, options).play(progress)


@dataclass(slots=True, eq=False)
class _Member:
    number: int
    name: str
    contractor: str
    penalties: dict[str, int]
    """By queue."""
    on_duty: bool = False
    busy: bool = False
    """Rings or talks."""
    rests_until_ms: int = 0
    last_call_ms: int = 0
    """Of any queue: `shared_lastcall=yes`."""
    calls: int = 0


class _Queues:
    def __init__(self, day: SimulatedDay, options: AppQueue) -> None:
        self._day = day
        self._options = options
        self._lot = random.Random(day.seed)
        self._now_ms = 0
        self._members = []
        for number, agent in enumerate(day.agents):
            penalties = {
                str(queue.id): BEST_PROFICIENCY - max(agent.skills[skill] for skill in queue.requirement)
                for queue in day.queues
                if queue.requirement and queue.requirement <= agent.skills.keys()
            }
            if not options.penalties:
                penalties = dict.fromkeys(penalties, 0)
            self._members.append(_Member(number, agent.id, agent.contractor, penalties))
        self._by_name = {member.name: member for member in self._members}
        self._free: dict[str, list[_Member]] = {str(queue.id): [] for queue in day.queues}
        """Available members of each queue."""
        self._waiting: dict[str, list[int]] = {str(queue.id): [] for queue in day.queues}
        """Callers that do not ring, by arrival."""
        self._ringing: dict[int, list[_Member]] = {}
        self._tries: dict[int, int] = {}
        self._turn: dict[str, int] = {}
        """rrmemory: who is next."""
        count = len(day.citizens)
        self._answered: list[int | None] = [None] * count
        self._by: list[str] = [""] * count
        self._gone: list[int | None] = [None] * count
        self._heap: list[tuple[int, int, int, int]] = []
        """When, what, which caller or member, and which try of the caller."""
        self._worked_ms = 0
        self._missed = 0
        self._looks_done = 0

    def play(self, progress: Callable[[int], None] | None) -> Played:
        day, heap = self._day, self._heap
        for spell in day.spells:
            number = self._by_name[spell.agent].number
            heap += [(spell.from_ms, _COMES, number, 0), (spell.to_ms, _GOES, number, 0)]
        heap += [(citizen.arrival_ms, _ARRIVES, index, 0) for index, citizen in enumerate(day.citizens)]
        heapq.heapify(heap)
        ends_ms = day.citizens[-1].arrival_ms + AFTER_MS if day.citizens else 0
        happen = (
            self._comes,
            self._goes,
            self._arrives,
            self._gives_up,
            self._answers,
            self._misses,
            self._talked,
            self._rested,
            self._looks,
        )
        called = 0
        while heap and heap[0][0] <= ends_ms:
            self._now_ms, what, who, attempt = heapq.heappop(heap)
            happen[what](who, attempt)
            if progress is not None and what == _ARRIVES:
                called += 1
                if called % 1_000 == 0:
                    progress(called)
        duty_ms = max(sum(spell.to_ms - spell.from_ms for spell in day.spells), self._worked_ms)
        fates = tuple(map(Fate, self._answered, self._by, self._gone))
        return Played(day, self._options.name, fates, self._worked_ms, duty_ms, self._missed, self._looks_done)

    # ── members ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _comes(self, number: int, _: int) -> None:
        member = self._members[number]
        member.on_duty = True
        self._free_again(member)

    def _goes(self, number: int, _: int) -> None:
        member = self._members[number]
        self._take(member)
        member.on_duty = False

    def _rested(self, number: int, _: int) -> None:
        self._free_again(self._members[number])

    def _free_again(self, member: _Member) -> None:
        if not member.on_duty or member.busy or member.rests_until_ms > self._now_ms:
            return
        for queue in member.penalties:
            if member not in self._free[queue]:
                self._free[queue].append(member)

    def _take(self, member: _Member) -> None:
        for queue in member.penalties:
            if member in self._free[queue]:
                self._free[queue].remove(member)

    # ── callers ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _arrives(self, index: int, _: int) -> None:
        citizen = self._day.citizens[index]
        self._waiting[citizen.queue].append(index)
        heapq.heappush(self._heap, (self._now_ms + citizen.patience_ms, _GIVES_UP, index, 0))
        self._looks(index, 0)

    def _gives_up(self, index: int, _: int) -> None:
        if self._answered[index] is not None:
            return
        self._gone[index] = self._now_ms
        ringing = self._ringing.pop(index, None)
        if ringing is None:
            self._waiting[self._day.citizens[index].queue].remove(index)
            return
        for member in ringing:
            member.busy = False
            self._free_again(member)

    def _looks(self, index: int, _: int) -> None:
        if self._gone[index] is not None or index in self._ringing or self._answered[index] is not None:
            return
        self._looks_done += 1
        citizen = self._day.citizens[index]
        waiting = self._waiting[citizen.queue]
        free = self._free[citizen.queue]
        if citizen.contractor:
            free = [member for member in free if member.contractor == citizen.contractor]
        rank = 0 if not free or waiting[0] == index else waiting.index(index)
        may = bool(free) and (rank < len(free) if self._options.autofill else waiting[0] == index)
        if not may:
            heapq.heappush(self._heap, (self._now_ms + POLL_MS, _LOOKS, index, 0))
            return
        waiting.remove(index)
        self._ring(index, self._chosen(citizen.queue, free))

    def _chosen(self, queue: str, free: list[_Member]) -> list[_Member]:
        options = self._options
        if options.strategy is Strategy.RINGALL:
            least = min(member.penalties[queue] for member in free)
            return [member for member in free if member.penalties[queue] == least]
        first = self._turn.get(queue, 0)
        best: _Member | None = None
        lowest = 0.0
        for member in free:
            metric = member.penalties[queue] * PENALTY + self._metric(member, queue, first)
            if best is None or (metric, member.number) < (lowest, best.number):
                best, lowest = member, metric
        assert best is not None
        self._turn[queue] = best.number + 1
        return [best]

    def _metric(self, member: _Member, queue: str, first: int) -> float:
        match self._options.strategy:
            case Strategy.LEASTRECENT:
                # time() - lastcall in whole seconds: who talked longest ago is least
                return PENALTY - 1 - min((self._now_ms - member.last_call_ms) // 1000, PENALTY - 1)
            case Strategy.FEWESTCALLS:
                return member.calls
            case Strategy.RRMEMORY:
                return (member.number - first) % len(self._members)
            case Strategy.LINEAR:
                return member.number
            case Strategy.WRANDOM:
                return self._lot.random() * 1000 * (1 + member.penalties[queue])
            case _:
                return self._lot.random() * 1000

    def _ring(self, index: int, members: list[_Member]) -> None:
        citizen, options = self._day.citizens[index], self._options
        attempt = self._tries[index] = self._tries.get(index, 0) + 1
        self._ringing[index] = members
        for member in members:
            member.busy = True
            self._take(member)
        alone = len(members) == 1
        missed = citizen.pickup_ms > options.timeout_ms or (alone and misses(self._day, index, attempt))
        delay_ms, what = (options.timeout_ms, _MISSES) if missed else (citizen.pickup_ms, _ANSWERS)
        heapq.heappush(self._heap, (self._now_ms + delay_ms, what, index, attempt))

    def _answers(self, index: int, attempt: int) -> None:
        ringing = self._ringing.get(index)
        if ringing is None or attempt != self._tries[index]:
            return
        del self._ringing[index]
        citizen = self._day.citizens[index]
        # of several phones one is picked up first, and nobody knows which
        winner = ringing[0] if len(ringing) == 1 else self._lot.choice(ringing)
        for member in ringing:
            if member is not winner:
                member.busy = False
                self._free_again(member)
        self._answered[index] = self._now_ms
        self._by[index] = winner.name
        self._worked_ms += citizen.pickup_ms + citizen.handle_ms
        heapq.heappush(self._heap, (self._now_ms + citizen.handle_ms, _TALKED, winner.number, 0))

    def _misses(self, index: int, attempt: int) -> None:
        ringing = self._ringing.get(index)
        if ringing is None or attempt != self._tries[index]:
            return
        del self._ringing[index]
        self._missed += 1
        for member in ringing:
            member.busy = False
            member.rests_until_ms = self._now_ms + self._day.rest_ms
            heapq.heappush(self._heap, (member.rests_until_ms, _RESTED, member.number, 0))
        insort(self._waiting[self._day.citizens[index].queue], index)
        heapq.heappush(self._heap, (self._now_ms + self._options.retry_ms, _LOOKS, index, 0))

    def _talked(self, number: int, _: int) -> None:
        member = self._members[number]
        member.busy = False
        member.last_call_ms = self._now_ms
        member.calls += 1
        self._free_again(member)
