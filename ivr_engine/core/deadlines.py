"""Due times that belong to a state and die with it.

The runtime arms one timer for `next_ms`; nobody else counts time. A deadline is kept by its owner: set again, it
replaces the old one; cleared, it never fires (invariant: at most once, never after its state was left).
"""

import heapq
from dataclasses import dataclass, field
from enum import StrEnum


class Due(StrEnum):
    """What a deadline is about."""

    PROMISE = "promise"
    HAND_OVER = "hand_over"
    ANSWER_OWED = "answer_owed"
    WRAP_UP = "wrap_up"
    REST = "rest"
    HAND_OVER_OWED = "hand_over_owed"
    RELAX = "relax"
    ESCALATE = "escalate"
    YIELD = "yield"
    PREFERRED = "preferred"
    SECOND_OFFER = "second_offer"
    TOO_LONG = "too_long"
    ANNOUNCE = "announce"
    CLOSED = "closed"
    CALLBACK = "callback"
    DIAL_OWED = "dial_owed"


Owner = tuple[Due, str]

BEFORE_FACTS = frozenset({Due.PROMISE})
"""Due before a fact of the same millisecond: an answer at 15.001 s comes too late, and the promise says so first."""

Entry = tuple[int, bool, Owner]
"""When, whether a fact of that millisecond goes first, and whose."""


@dataclass(slots=True)
class Deadlines:
    """A heap with lazy removal; at most one live deadline for each owner."""

    _due: dict[Owner, int] = field(default_factory=dict)
    _heap: list[Entry] = field(default_factory=list)

    def set(self, due: Due, subject: str, at_ms: int) -> None:
        owner = (due, subject)
        if self._due.get(owner) != at_ms:
            self._due[owner] = at_ms
            heapq.heappush(self._heap, _entry(at_ms, owner))
            if len(self._heap) > 64 + 4 * len(self._due):
                # stale entries outnumber live ones: rebuild, so that memory follows the live deadlines
                self._heap = [_entry(at, owner) for owner, at in self._due.items()]
                heapq.heapify(self._heap)

    def clear(self, due: Due, subject: str) -> None:
        self._due.pop((due, subject), None)

    def next_ms(self) -> int | None:
        """When the runtime must call again, if nothing happens before."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def quiet(self, now_ms: int) -> bool:
        """Nothing can be due yet, said from the top of the heap alone: true of most facts, and asked for each."""
        return not self._heap or self._heap[0][0] > now_ms

    def pop_due(self, now_ms: int, *, inclusive: bool) -> tuple[int, Due, str] | None:
        """The earliest deadline before `now_ms` (at it: if inclusive, or of those before facts), taken off."""
        at_ms = self.next_ms()
        if at_ms is None or at_ms > now_ms or (at_ms == now_ms and not inclusive and self._heap[0][1]):
            return None
        _, _, owner = heapq.heappop(self._heap)
        del self._due[owner]
        return at_ms, owner[0], owner[1]

    def __len__(self) -> int:
        return len(self._due)


def _entry(at_ms: int, owner: Owner) -> Entry:
    return at_ms, owner[0] not in BEFORE_FACTS, owner
