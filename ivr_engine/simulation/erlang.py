"""Erlang's B, C and A: what a pool of equal agents does in the long run, exactly.

They are where staffing starts and what the simulator is checked against. `load` is in erlangs (arrivals x handling),
times are in seconds; handling and patience are exponential. All are stable for thousands of agents: only ratios are
carried from one agent to the next, never factorials.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import exp

TAIL = 1e-15
"""States of a queue that are less likely than this, all together, do not change a printed digit."""

STEPS = 600
"""Of Simpson's rule over a wait: the error is below the ninth digit."""


def blocked(agents: int, load: float) -> float:
    """Erlang-B: the share of arrivals that find all agents busy where nobody waits. No agents: everybody."""
    blocking = 1.0
    for number in range(1, agents + 1):
        blocking = load * blocking / (number + load * blocking)
    return blocking


@dataclass(frozen=True, slots=True)
class Patient:
    """Erlang-C: everybody waits for ever."""

    waits: float
    within: float
    """Share of those offered whose wait is at most the threshold."""
    wait_seconds: float
    """Mean, of all."""


def patient(agents: int, load: float, handle_seconds: float, threshold_seconds: float) -> Patient:
    """Raises ValueError where the load is no less than the agents: the queue would grow without end."""
    if load >= agents:
        raise ValueError(f"{agents} agents cannot carry {load:g} erlangs of citizens who never give up")
    blocking = blocked(agents, load)
    waits = agents * blocking / (agents - load * (1 - blocking))
    rate = (agents - load) / handle_seconds
    return Patient(waits, 1 - waits * exp(-rate * threshold_seconds), waits / rate)


@dataclass(frozen=True, slots=True)
class Impatient:
    """Erlang-A: who waits too long gives up."""

    abandons: float
    within: float
    """Share of those *offered* who are answered within the threshold."""
    wait_seconds: float
    """Mean, of the answered."""
    occupancy: float


def impatient(
    agents: int, load: float, handle_seconds: float, patience_seconds: float, threshold_seconds: float
) -> Impatient:
    """An arrival who finds all busy would wait v with density p x n/h x exp(load x s/h x (1 - e^(-v/s)) - v x n/h),
    s the patience; he is answered if he has not left by then (e^(-v/s))."""
    if load <= 0:
        return Impatient(0.0, 1.0, 0.0, 0.0)
    chain = _chain(agents, load, handle_seconds, patience_seconds)
    answered = 1 - chain.abandons
    return Impatient(
        abandons=chain.abandons,
        within=chain.within(threshold_seconds),
        wait_seconds=chain.waited(chain.longest(), 1) / answered,
        occupancy=load * answered / agents,
    )


@dataclass(frozen=True, slots=True)
class _Chain:
    """The long run of one pool. Rates are a second's."""

    arrivals: float
    served: float
    """By all agents together."""
    leave: float
    idle: float
    """Probability that an agent is."""
    full: float
    """Probability that all are busy and nobody waits."""
    abandons: float

    def within(self, threshold_seconds: float) -> float:
        return self.idle + (self.waited(threshold_seconds, 0) if threshold_seconds > 0 else 0.0)

    def waited(self, until_seconds: float, power: int) -> float:
        """The integral of v^power over the waits up to then of those who are answered."""
        step = until_seconds / STEPS
        growth, decay, total = self.arrivals / self.leave, self.served + self.leave, 0.0
        for number in range(STEPS + 1):
            v = number * step
            density = exp(growth * (1 - exp(-self.leave * v)) - decay * v) * v**power
            total += density * (1 if number in (0, STEPS) else 4 if number % 2 else 2)
        return total * step / 3 * self.full * self.served

    def longest(self) -> float:
        """A wait so long that nearly nobody has it: where the exponent of the density is below -40."""
        growth, seconds = self.arrivals / self.leave, 1.0
        while growth * (1 - exp(-self.leave * seconds)) - (self.served + self.leave) * seconds > -40:
            seconds *= 2
        return seconds


def _chain(agents: int, load: float, handle_seconds: float, patience_seconds: float) -> _Chain:
    arrivals, served, leave = load / handle_seconds, agents / handle_seconds, 1 / patience_seconds
    # probabilities relative to the state in which all agents are busy and nobody waits
    below, state = 0.0, 1.0
    for number in range(agents, 0, -1):
        state *= number / load
        below += state
        if state < TAIL * below:
            break
    above, state, queued, waiting = 0.0, 1.0, 0, 0.0
    while True:
        above += state
        waiting += queued * state
        queued += 1
        state *= arrivals / (served + queued * leave)
        if state < TAIL * above:
            break
    whole = below + above
    return _Chain(arrivals, served, leave, below / whole, 1 / whole, waiting / whole * leave / arrivals)


@lru_cache(maxsize=1_024)  # a day asks for each half hour of seven crews, and most hours are two alike
def agents_for(
    load: float, handle_seconds: float, patience_seconds: float, threshold_seconds: float, target: float
) -> int:
    """The fewest agents who answer that share of those offered within the threshold (Erlang-A)."""
    if load <= 0:
        return 0

    def enough(agents: int) -> bool:
        return _chain(agents, load, handle_seconds, patience_seconds).within(threshold_seconds) >= target

    low, high = 0, 1
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
