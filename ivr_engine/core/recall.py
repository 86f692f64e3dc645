"""Callers who were here before: the place that they gave up, and the agent they spoke with.

Both are favours and no promises, so both tables are bounded and the oldest entry goes first. A caller is the number
that the trunk told; a withheld one is nobody's.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from ivr_engine.core.vocabulary import AgentId

E = TypeVar("E")

CALLERS = 20_000
"""In each table: half a day of 120."""


@dataclass(slots=True)
class Recall:
    _places: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict)
    """Caller → since when they had waited, and when they left."""
    _agents: OrderedDict[str, tuple[AgentId, int]] = field(default_factory=OrderedDict)

    def left(self, caller: str, place_ms: int, now_ms: int) -> None:
        """The caller gave up waiting."""
        if caller:
            _keep(self._places, caller, (place_ms, now_ms))

    def old_place_ms(self, caller: str, within_ms: int, now_ms: int) -> int | None:
        """Since when a caller waits who left within that time; taken back once."""
        place_ms, left_at_ms = self._places.pop(caller, (0, -within_ms - 1))
        return place_ms if now_ms - left_at_ms <= within_ms else None

    def spoke(self, caller: str, agent: AgentId, now_ms: int) -> None:
        if caller:
            _keep(self._agents, caller, (agent, now_ms))

    def last_agent(self, caller: str, within_ms: int, now_ms: int) -> AgentId | None:
        agent, at_ms = self._agents.get(caller, (None, 0))
        return agent if agent is not None and now_ms - at_ms <= within_ms else None


def _keep(table: OrderedDict[str, E], caller: str, entry: E) -> None:
    table[caller] = entry
    table.move_to_end(caller)
    if len(table) > CALLERS:
        table.popitem(last=False)
