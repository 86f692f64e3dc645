"""A day as the simulator plays it: who calls when wanting what, how patient, and who is on duty.

What 120 cannot change is in here, drawn beforehand, so that two policies meet the very same citizens: the difference
between them is theirs and not luck's. Times are milliseconds from the day's own zero.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill


class Citizen(NamedTuple):
    """One contact. `patience_ms` counts while a phone rings for it, too."""

    id: str
    arrival_ms: int
    queue: QueueId
    requirement: frozenset[Skill]
    """On top of what the queue asks for."""
    priority: int
    handle_ms: int
    """Talk and after-contact work, which keep the agent."""
    patience_ms: int
    pickup_ms: int
    """How long a phone rings until its agent takes this contact; longer than the offer's ring time, it is missed."""
    contractor: str = ""
    """Bound to this contractor's agents beforehand, where the day is one of separate contractors."""


class Spell(NamedTuple):
    """An agent is available from then until then; a talk that has begun is finished."""

    agent: AgentId
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """All of it. `spells` of one agent do not overlap."""

    source: str
    citizens: tuple[Citizen, ...]
    """By arrival."""
    queues: tuple[QueueSettings, ...]
    agents: tuple[AgentSettings, ...]
    spells: tuple[Spell, ...]
    missed_share: float = 0.0
    """Of offers: the phone rings in vain, and its agent rests."""
    rest_ms: int = 60_000
    seed: int = 0

    @property
    def staffed_hours(self) -> float:
        return sum(spell.to_ms - spell.from_ms for spell in self.spells) / 3_600_000


def misses(day: SimulatedDay, citizen: int, attempt: int) -> bool:
    """Whether the phone of this attempt (from 1) rings in vain: of seed and citizen alone, whatever the policy."""
    if not day.missed_share:
        return False
    mixed = (day.seed * 0x9E3779B97F4A7C15 + citizen * 0xBF58476D1CE4E5B9 + attempt * 0x94D049BB133111EB) & _BITS
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _BITS
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _BITS
    return (mixed ^ mixed >> 31) < day.missed_share * (_BITS + 1)


_BITS = (1 << 64) - 1
