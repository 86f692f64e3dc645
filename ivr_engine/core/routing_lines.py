"""The order of contacts: who of those that wait is next.

A line is one desk's contacts of equal rules, by age. Its next contact follows from its rules and the moment:

- *guarded*, before everything else: who has been overtaken long enough (late for `guard_ms` under `promise_first`, or
  waiting for `aging_ms`), or is late in an old place that it came back to; among them age alone counts, so nobody
  waits for ever;
- then the higher priority; within it, under `promise_first`, who can still be answered inside the promise;
- then age, then the identifier: the order is total.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr_engine.core.queue_rules import TWO_STEPS, LateRules, OrderPolicy
from ivr_engine.core.vocabulary import ContactId

Place = tuple[int, ContactId]
"""Since when the contact counts as waiting, and which: its place in a line."""

Rank = tuple[int, int, int, int, ContactId]
"""Guarded (0) or not (1), minus the priority, how late (see WORDS), since when, which. The least goes first."""

INSIDE, SECOND, FRESH, LATE, BEYOND = range(5)
"""The steps of `promise_first`."""

WORDS = {
    (0, 0): "overtaken for too long",
    (1, 0): "waited longest",
    (1, SECOND): "late, and the second promise ends soon",
    (1, FRESH): "has not waited long, and nobody near the end of a promise",
    (1, LATE): "late, and nobody inside the promise",
    (1, BEYOND): "late twice, and nobody inside a promise",
}


@dataclass(frozen=True, slots=True)
class LineRules:
    """What contacts of one line have in common besides the requirement."""

    priority: int = 0
    promise_ms: int = 0
    promise_first: bool = False
    guard_ms: int = 0
    aging_ms: int = 0
    late: LateRules = TWO_STEPS

    @classmethod
    def of(
        cls,
        *,
        priority: int,
        promise_ms: int,
        order: OrderPolicy,
        guard_ms: int,
        aging_ms: int,
        returning: bool,
        late: LateRules = TWO_STEPS,
    ) -> "LineRules":
        """`returning`: back from a talk, or from a call some minutes ago, to an old place that nobody takes away."""
        first = order is OrderPolicy.PROMISE_FIRST
        if not first or returning:
            return cls(priority, promise_ms, first, 0, aging_ms)
        return cls(priority, promise_ms, first, guard_ms, aging_ms, late)

    def guarded_after_ms(self, *, crowded: bool) -> int:
        """The age from which nobody is before this contact but who is older."""
        calm_ms = self.late.calm_guard_ms
        return self.promise_ms + (self.guard_ms if crowded or not calm_ms else calm_ms)


@dataclass(slots=True, eq=False)
class Line:
    rules: LineRules
    places: list[Place] = field(default_factory=list)

    def next(self, now_ms: int, answer_ms: int, *, crowded: bool = True) -> Rank:
        """The rank of the contact that is next. Only of a line in which somebody waits."""
        places, rules = self.places, self.rules
        since_ms, contact = places[0]
        age_ms = now_ms - since_ms
        if 0 < rules.aging_ms <= age_ms:
            return 0, 0, 0, since_ms, contact
        if not rules.promise_first:
            return 1, -rules.priority, 0, since_ms, contact
        if age_ms <= rules.promise_ms - answer_ms:
            return 1, -rules.priority, FRESH if age_ms < rules.late.fresh_ms else INSIDE, since_ms, contact
        if age_ms >= rules.guarded_after_ms(crowded=crowded):
            return 0, 0, 0, since_ms, contact
        inside = bisect_left(places, (now_ms - rules.promise_ms + answer_ms,))
        first = places[inside] if inside < len(places) else None
        late = rules.late
        if first is not None and now_ms - first[0] >= late.fresh_ms:
            return 1, -rules.priority, INSIDE, *first
        second_ms = late.second_promise_ms
        if not second_ms:
            step, place = (FRESH, first) if first is not None else (LATE, places[0])
            return 1, -rules.priority, step, *place
        index = bisect_left(places, (now_ms - second_ms,))
        held = places[index] if index < inside else None
        if held is not None and now_ms - held[0] >= second_ms - late.second_window_ms:
            return 1, -rules.priority, SECOND, *held
        if first is not None:
            return 1, -rules.priority, FRESH, *first
        return 1, -rules.priority, LATE if held is not None else BEYOND, *(held or places[0])

    def rank(self, place: Place, now_ms: int, answer_ms: int, *, crowded: bool = True) -> Rank:
        """The rank of any of its contacts."""
        return Line(self.rules, [place]).next(now_ms, answer_ms, crowded=crowded)

    def ranks(self, now_ms: int, answer_ms: int) -> Iterator[Rank]:
        """Of all its contacts."""
        return (self.rank(place, now_ms, answer_ms) for place in self.places)
