"""How far away a person is: the fewest milliseconds with so many keys, whatever the world answers.

A game of two: the citizen picks a way, the world picks the worst edge of it. Knuth's Dijkstra for such graphs: a way is
worth its worst edge and is known when all of them are; a state is worth its best way and is known with the first. One
layer for each number of keys, so that both limits are kept: few keys and little time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ivr_engine.flow.proofs_graph import Edge, End, Graph, State, Way
from ivr_engine.flow.steps_branches import OPEN


@dataclass(frozen=True, slots=True)
class Reached:
    """The best that a citizen can do from one state with so many keys."""

    ms: int
    edge: Edge
    """The first edge of the way: the worst one where the world decides."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of an evidence path: where, by which branch, and what had been pressed and waited when it was left."""

    state: State
    branch: str
    keys: int
    ms: int


Layer = Mapping[State, Reached]


@dataclass(slots=True)
class _Open:
    """A way whose edges are not all known yet."""

    state: State
    missing: int
    worst_ms: int
    worst: Edge | None


@dataclass(frozen=True, slots=True)
class Reach:
    """For each number of keys, from none to the most asked for, what can be reached from where."""

    layers: tuple[Layer, ...] = field(default_factory=tuple)

    def within(self, state: State, most_ms: int) -> tuple[int, int] | None:
        """The fewest keys that reach a person in `most_ms`, and the milliseconds it takes; None when none do."""
        for keys, layer in enumerate(self.layers):
            found = layer.get(state)
            if found is not None and found.ms <= most_ms:
                return keys, found.ms
        return None

    def nearest(self, state: State) -> tuple[int, int] | None:
        """The fewest keys that reach a person at all, and the milliseconds it takes."""
        return self.within(state, 1 << 60)

    def path(self, state: State, keys: int) -> tuple[Hop, ...]:
        """The evidence: step by step to the person, with what was pressed and waited so far."""
        hops: list[Hop] = []
        at: State | End = state
        pressed = ms = 0
        while isinstance(at, State):
            edge = self.layers[keys - pressed][at].edge
            pressed, ms = pressed + edge.keys, ms + edge.ms
            hops.append(Hop(at, edge.branch, pressed, ms))
            at = edge.to
        return tuple(hops)


def reach(graph: Graph, most_keys: int, hour: str = OPEN) -> Reach:
    """Solve the graph for 0 to `most_keys` keys. `hour` is the state of every calendar meanwhile."""
    layers: list[dict[State, Reached]] = []
    for _ in range(most_keys + 1):
        layers.append(_layer(graph, layers, hour))
    return Reach(tuple(layers))


def _layer(graph: Graph, below: list[dict[State, Reached]], hour: str) -> dict[State, Reached]:
    """One more key than in the layers below."""
    keys = len(below)
    known: dict[State, Reached] = {}
    waiting: dict[State, list[tuple[_Open, Edge]]] = {}
    heap: list[tuple[int, int, State, Edge]] = []
    number = 0  # states have no order of their own
    for state, ways in graph.ways.items():
        for way in ways:
            edges = _possible(way, hour)
            if any(edge.keys > keys for edge in edges):
                continue
            still_open = _Open(state, 0, -1, None)
            if not _settle(still_open, edges, below, waiting, keys) or still_open.missing or still_open.worst is None:
                continue
            number += 1
            heappush(heap, (still_open.worst_ms, number, state, still_open.worst))
    while heap:
        ms, _, state, edge = heappop(heap)
        if state in known:
            continue
        known[state] = Reached(ms, edge)
        for still_open, into in waiting.pop(state, ()):
            still_open.missing -= 1
            if ms + into.ms > still_open.worst_ms:
                still_open.worst_ms, still_open.worst = ms + into.ms, into
            if still_open.missing == 0 and still_open.worst is not None and still_open.state not in known:
                number += 1
                heappush(heap, (still_open.worst_ms, number, still_open.state, still_open.worst))
    return known


def _possible(way: Way, hour: str) -> tuple[Edge, ...]:
    return tuple(edge for edge in way.edges if edge.branch == hour) if way.by_hours else way.edges


def _settle(
    still_open: _Open,
    edges: tuple[Edge, ...],
    below: list[dict[State, Reached]],
    waiting: dict[State, list[tuple[_Open, Edge]]],
    keys: int,
) -> bool:
    """Count what is known of a way already; wait for the rest. False: one of its edges leads to no person at all."""
    later: list[tuple[State, Edge]] = []
    for edge in edges:
        if edge.to is End.OVER:
            return False
        worth = edge.ms
        if isinstance(edge.to, State):
            if not edge.keys:
                later.append((edge.to, edge))
                continue
            found = below[keys - edge.keys].get(edge.to)
            if found is None:
                return False
            worth += found.ms
        if worth > still_open.worst_ms:
            still_open.worst_ms, still_open.worst = worth, edge
    still_open.missing = len(later)
    for to, edge in later:
        waiting.setdefault(to, []).append((still_open, edge))
    return True
