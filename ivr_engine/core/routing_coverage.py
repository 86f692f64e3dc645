"""What one idle agent less would cost a desk: expected contacts that find nobody, from live arrivals.

`a` contacts are expected within the horizon and `n` agents of the desk are idle. Erlang's loss formula says which share
finds all of them taken; what one agent less adds to it, times `a`, is the cost of taking one. So an agent who is one
of forty costs nothing, and the last who signs costs about every contact that is expected. Only + - × ÷ on floats and
literal constants: a replay on another machine gives the same bits.
"""

from dataclasses import dataclass

STEPS = 16
"""Of one half-life: the rate decays step by step, by a constant, and not by a library's exponential."""

DECAY = 0.957603280698574
"""2 ** (-1 / STEPS)."""

FORGOTTEN = 40 * STEPS
"""After so many steps less than one millionth of a millionth is left."""

PLENTY = 60
"""With so many idle agents nobody misses one: the formula is not worth its loop."""

MANY = 100.0
"""Agents on duty of a desk that counts once."""

FEWEST = 5
"""Fewer agents on duty count as so many: the last of two is four hundred times the one of a hundred, which is enough to
keep them for their own, and no more than that. Without it the agents of the smallest desks stood idle too long beside
contacts of rare districts (docs/routing.md)."""

UNIT = 1.4426950408889634
"""1 / ln 2: a steady stream weighs rate × half-life × this."""


@dataclass(slots=True)
class Coverage:
    """One desk's live arrival rate, and the cost that follows from it."""

    weight: float = 0.0
    """Arrivals, each counting half after the half-life."""
    step: int = 0

    def decay(self, now_ms: int, half_life_ms: int) -> None:
        step = now_ms * STEPS // half_life_ms
        behind = step - self.step
        if behind <= 0:
            return
        self.step = step
        if self.weight:
            if behind > FORGOTTEN:
                self.weight = 0.0
            else:
                for _ in range(behind):
                    self.weight *= DECAY

    def expected(self, within_ms: int, half_life_ms: int) -> float:
        """Contacts within that time, if it goes on as it did."""
        return self.weight * within_ms / (half_life_ms * UNIT)

    def cost(self, idle: int, now_ms: int, horizon_ms: int, half_life_ms: int) -> float:
        """Expected contacts that find nobody if one of the idle agents is taken, beyond those that do anyway."""
        if idle > PLENTY or not self.weight:
            return 0.0
        if now_ms * STEPS // half_life_ms > self.step:
            self.decay(now_ms, half_life_ms)
        return lost_by_one_less(idle, self.expected(horizon_ms, half_life_ms))


def lost_by_one_less(idle: int, expected: float) -> float:
    """`expected` × (Erlang-B of one agent less - Erlang-B of all)."""
    blocking, before = 1.0, 1.0
    for agents in range(1, idle + 1):
        before = blocking
        load = expected * blocking
        blocking = load / (agents + load)
    return expected * (before - blocking) if idle else 0.0


def weighted(cost: float, on_duty: int) -> float:
    """The cost to a desk, by the square of how few work there: a tenth of the agents counts a hundredfold.

    The horizon is the time until anybody is free, which is right for a large desk. Whoever finds nobody at a desk of
    nine waits ten times as long for the next as at one of ninety, and loses the promise, where the other is only late.
    """
    if not on_duty:
        return cost
    share = MANY / (on_duty if on_duty > FEWEST else FEWEST)
    return cost * share * share
