"""A state machine as a table that can be read, checked and drawn.

An illegal stimulus raises `IllegalEvent` and changes nothing; what is late but harmless is a row like any other, so
that a reader sees every case and a missing one is a mistake, not a default.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from ivr_engine.core.errors import IllegalEvent

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True)
class Table(Generic[S, T]):
    """`rows[state, stimulus]` is the next state. `name` is for messages and diagrams."""

    name: str
    initial: S
    rows: Mapping[tuple[S, T], S]
    late: frozenset[tuple[S, T]] = field(default_factory=frozenset)
    """Rows that exist only because a fact may come late or twice; left out of the diagram."""

    def after(self, state: S, stimulus: T) -> S:
        """The next state. Raises IllegalEvent naming machine, state and what would have been legal."""
        following = self.rows.get((state, stimulus))
        if following is None:
            legal = ", ".join(sorted(t for s, t in self.rows if s == state)) or "nothing"
            raise IllegalEvent(f"{self.name}: {stimulus} is not possible while {state}; possible: {legal}")
        return following

    def legal(self, state: S) -> frozenset[T]:
        """The stimuli that have a row in this state."""
        return frozenset(t for s, t in self.rows if s == state)

    def mermaid(self, *, ends: Iterable[S] = ()) -> str:
        """The diagram as Mermaid text, in the order of the table."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        labels: dict[tuple[S, S], list[str]] = {}
        for (state, stimulus), following in self.rows.items():
            if (state, stimulus) not in self.late:
                labels.setdefault((state, following), []).append(stimulus.value)
        lines += [f"    {a} --> {b} : {' · '.join(stimuli)}" for (a, b), stimuli in labels.items()]
        lines += [f"    {end} --> [*]" for end in ends]
        return "\n".join(lines) + "\n"
