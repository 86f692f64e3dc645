"""Callers who were here before: the place that they gave up, and the agent they spoke with.

Both are favours and no promises, so both tables are bounded and the oldest entry goes first. A caller is the number
that the trunk told; a withheld one is nobody's. A new life of the engine has the tables from the journal.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from ivr_engine.core.events import CallersRestored, LastTalk, LeftPlace
from ivr_engine.core.vocabulary import AgentId, Disposition

E = TypeVar("E")

CALLERS = 20_000
"""In each table: half a day of 120."""

CALLERS_AT_ONCE = 1_000
"""In one fact of a start: some 100 kB of the journal."""

KEEP_THEIR_PLACE = (Disposition.ABANDONED, Disposition.SWITCH_FAILURE)
"""How a wait ends whose place the caller has again on dialling again: by them, or by a switch that took their call."""


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

    def restore(self, event: CallersRestored, now_ms: int) -> None:
        """What an earlier life remembered; its clock may have been ahead of ours."""
        for left in event.left:
            self.left(left.caller, min(left.place_ms, now_ms), min(left.left_at_ms, now_ms))
        for talk in event.spoke:
            self.spoke(talk.caller, talk.agent, min(talk.at_ms, now_ms))

    def facts(self) -> list[CallersRestored]:
        """All of it for another life, the oldest first, in portions of `CALLERS_AT_ONCE`."""
        left = [LeftPlace(caller, place_ms, at_ms) for caller, (place_ms, at_ms) in self._places.items()]
        spoke = [LastTalk(caller, agent, at_ms) for caller, (agent, at_ms) in self._agents.items()]
        return [
            CallersRestored(tuple(left[start : start + CALLERS_AT_ONCE]), tuple(spoke[start : start + CALLERS_AT_ONCE]))
            for start in range(0, max(len(left), len(spoke)), CALLERS_AT_ONCE)
        ]


def _keep(table: OrderedDict[str, E], caller: str, entry: E) -> None:
    table[caller] = entry
    table.move_to_end(caller)
    if len(table) > CALLERS:
        table.popitem(last=False)
