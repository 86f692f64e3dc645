"""Who is offered to whom: skill match, longest idle agent first, oldest contact of the highest priority first.

Contacts stand in groups of equal requirement and priority, agents in groups of equal skills; each group keeps its own
order. A decision looks at the head of each group, so it costs the number of groups and not agents times contacts.
The order is total (ties fall to the identifier) and every decision says which key won.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TypeVar

from ivr_engine.core.vocabulary import AgentId, ContactId

Skills = frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """An agent for a contact, and why."""

    agent: AgentId
    contact: ContactId
    candidates: int
    reason: str


@dataclass(slots=True)
class IdlePool:
    """The routable agents, grouped by skills, each group by idle since."""

    _groups: dict[Skills, list[tuple[int, AgentId]]] = field(default_factory=dict)
    _entries: dict[AgentId, tuple[Skills, int]] = field(default_factory=dict)

    def add(self, agent: AgentId, skills: Skills, idle_since_ms: int) -> None:
        self.remove(agent)
        self._entries[agent] = (skills, idle_since_ms)
        insort(self._groups.setdefault(skills, []), (idle_since_ms, agent))

    def remove(self, agent: AgentId) -> None:
        entry = self._entries.pop(agent, None)
        if entry is not None:
            skills, idle_since_ms = entry
            _discard(self._groups, skills, (idle_since_ms, agent))

    def choose(self, requirement: Skills, now_ms: int) -> tuple[AgentId, int, str] | None:
        """The longest idle agent with all required skills, how many there were, and the reason."""
        best: tuple[int, AgentId] | None = None
        candidates = 0
        for skills, group in self._groups.items():
            if requirement <= skills:
                candidates += len(group)
                if best is None or group[0] < best:
                    best = group[0]
        if best is None:
            return None
        idle_since_ms, agent = best
        return agent, candidates, f"longest idle ({(now_ms - idle_since_ms) / 1000:.1f} s) of {candidates}"

    def count(self, requirement: Skills) -> int:
        return sum(len(group) for skills, group in self._groups.items() if requirement <= skills)

    def __contains__(self, agent: AgentId) -> bool:
        return agent in self._entries

    def __len__(self) -> int:
        return len(self._entries)


Group = tuple[Skills, int]
"""A requirement and a priority."""


@dataclass(slots=True)
class WaitingPool:
    """The contacts that wait for an agent, grouped by requirement and priority, each group by age."""

    _groups: dict[Group, list[tuple[int, ContactId]]] = field(default_factory=dict)
    _entries: dict[ContactId, tuple[Group, int]] = field(default_factory=dict)

    def add(self, contact: ContactId, requirement: Skills, priority: int, queued_at_ms: int) -> None:
        self.remove(contact)
        group = (requirement, priority)
        self._entries[contact] = (group, queued_at_ms)
        insort(self._groups.setdefault(group, []), (queued_at_ms, contact))

    def remove(self, contact: ContactId) -> None:
        entry = self._entries.pop(contact, None)
        if entry is not None:
            group, queued_at_ms = entry
            _discard(self._groups, group, (queued_at_ms, contact))

    def choose(self, skills: Skills, now_ms: int) -> tuple[ContactId, int, str] | None:
        """The contact that this agent should take, of how many, and why: highest priority, then oldest."""
        best: tuple[int, int, ContactId] | None = None
        candidates = 0
        for (requirement, priority), group in self._groups.items():
            if requirement <= skills:
                candidates += len(group)
                head = (-priority, *group[0])
                if best is None or head < best:
                    best = head
        if best is None:
            return None
        _, queued_at_ms, contact = best
        return contact, candidates, f"waited longest ({(now_ms - queued_at_ms) / 1000:.1f} s) of {candidates}"

    def __contains__(self, contact: ContactId) -> bool:
        return contact in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def in_order(self) -> list[ContactId]:
        """All waiting contacts, the most urgent first: the order in which a freed centre would serve them."""
        everyone = [
            (-priority, queued_at_ms, contact)
            for (_, priority), group in self._groups.items()
            for queued_at_ms, contact in group
        ]
        return [contact for *_, contact in sorted(everyone)]


K = TypeVar("K")
Id = TypeVar("Id", AgentId, ContactId)


def _discard(groups: dict[K, list[tuple[int, Id]]], key: K, entry: tuple[int, Id]) -> None:
    group = groups[key]
    del group[bisect_left(group, entry)]
    if not group:
        del groups[key]
