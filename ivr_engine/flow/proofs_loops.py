"""Circles in flows, and what bounds each: no citizen goes round for ever without doing anything.

A circle that needs a key each time round goes on for as long as the citizen wants it. One that needs none must have a
counter: a switch that leads out, on a variable that a `set` of the same circle moves. (A walk ends at a person
after so many steps in any case; that is the last net, not a design.)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr_engine.flow.proofs_graph import Graph, State, StepName
from ivr_engine.flow.steps import Flow, FlowId, SetStep, SwitchStep


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that lead back to one another. `bounded_by` tells what ends it; empty: nothing does."""

    steps: tuple[StepName, ...]
    bounded_by: str


def loops(flows: Mapping[FlowId, Flow], graph: Graph) -> tuple[Loop, ...]:
    """Every circle once, whatever the languages in which it is walked."""
    found: list[Loop] = []
    seen: set[frozenset[StepName]] = set()
    silent: set[StepName] = set()
    for circle in _circles(graph, silent=True):
        steps = _in_order(graph, circle)
        silent.update(steps)
        if frozenset(steps) not in seen:
            seen.add(frozenset(steps))
            counter = _counter(flows, graph, circle)
            found.append(Loop(steps, f"the counter '{counter}'" if counter else ""))
    for circle in _circles(graph, silent=False):
        steps = _in_order(graph, circle)
        if silent.isdisjoint(steps) and frozenset(steps) not in seen:
            seen.add(frozenset(steps))
            found.append(Loop(steps, "a key that the citizen presses each time"))
    return tuple(found)


def _onward(graph: Graph, state: State, *, silent: bool) -> Iterator[State]:
    for way in graph.ways.get(state, ()):
        for edge in way.edges:
            if isinstance(edge.to, State) and not (silent and edge.keys):
                yield edge.to


def _circles(graph: Graph, *, silent: bool) -> Iterator[frozenset[State]]:
    """Strongly connected parts with a circle in them: Tarjan, without recursion (flows can be long)."""
    index: dict[State, int] = {}
    low: dict[State, int] = {}
    stack: list[State] = []
    on_stack: set[State] = set()
    for root in graph.ways:
        if root in index:
            continue
        work = [(root, _onward(graph, root, silent=silent))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            state, onward = work[-1]
            for to in onward:
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    on_stack.add(to)
                    work.append((to, _onward(graph, to, silent=silent)))
                    break
                if to in on_stack:
                    low[state] = min(low[state], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == index[state]:
                    part = _taken(stack, on_stack, state)
                    if len(part) > 1 or state in _onward(graph, state, silent=silent):
                        yield part


def _taken(stack: list[State], on_stack: set[State], until: State) -> frozenset[State]:
    part: set[State] = set()
    while until not in part:
        state = stack.pop()
        on_stack.discard(state)
        part.add(state)
    return frozenset(part)


def _in_order(graph: Graph, circle: frozenset[State]) -> tuple[StepName, ...]:
    """The steps of a circle as they are met, begun at the one that citizens come to first."""
    seen: dict[StepName, None] = {}
    at: State | None = next(state for state in graph.ways if state in circle)
    visited: set[State] = set()
    while at is not None and at not in visited:
        visited.add(at)
        seen[at.flow, at.step] = None
        at = next((to for to in _onward(graph, at, silent=False) if to in circle and to not in visited), None)
    return tuple(seen)


def _counter(flows: Mapping[FlowId, Flow], graph: Graph, circle: frozenset[State]) -> str:
    moved = _moved(flows[state.flow].steps[state.step] for state in circle)
    for state in circle:
        step = flows[state.flow].steps[state.step]
        if not isinstance(step, SwitchStep):
            continue
        leads_out = any(edge.to not in circle for way in graph.ways[state] for edge in way.edges)
        if leads_out and (counters := sorted(step.value.names & moved)):
            return counters[0]
    return ""


def _moved(steps: Iterable[object]) -> frozenset[str]:
    """Variables that are set to something made of their own old value."""
    return frozenset(
        name
        for step in steps
        if isinstance(step, SetStep)
        for name, expression in step.values.items()
        if name in expression.names
    )
