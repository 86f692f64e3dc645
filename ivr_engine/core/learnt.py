"""What the router learnt of the centre, as plain facts: what a new life of the engine is told of the last one.

Numbers that are fractions inside (`routing_coverage`, `routing_lending`) stand here in millionths: the journal keeps
whole numbers only, and nobody decides by the seventh digit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.requirement import Requirement


@dataclass(frozen=True, slots=True)
class DeskLearnt:
    """Of the contacts of one requirement."""

    requirement: Requirement
    arrivals_millionths: int = 0
    """Contacts, each counting half after the half-life."""
    handle_ms: int = 0
    handled: int = 0
    correction_percent: int = 100
    purse_millionths: int | None = None
    """Of a contact. None: none of its own was counted yet."""


@dataclass(frozen=True, slots=True)
class AccountLearnt:
    """One account of contractors' shares (`routing_shares`); an empty queue is the whole centre."""

    queue: str
    skills: tuple[str, ...]
    since_ms: int
    whole: int = 100
    """The shares that were agreed, together."""
    owed_hundredths: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learnt:
    """All of it, at one moment."""

    at_ms: int
    desks: tuple[DeskLearnt, ...] = ()
    accounts: tuple[AccountLearnt, ...] = ()
    joined_millionths: int = 0
    """Contacts that joined a queue, each counting half after the half-life."""
    late_millionths: int = 0
    """Those of them that missed their promise."""
