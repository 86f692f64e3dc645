"""Flows that call themselves, straight or by way of others: after `CALLS` calls the citizen gets a person instead.

That net is for mistakes; who wants to go round leads back to a step, and the circle is seen by `proofs_loops`.
"""

from collections.abc import Iterator, Mapping

from ivr_engine.flow.proofs_graph import StepName
from ivr_engine.flow.steps import CallStep, Flow, FlowId


def calls_of_itself(flows: Mapping[FlowId, Flow]) -> Iterator[tuple[StepName, tuple[FlowId, ...]]]:
    """Each `call` from which calls lead back to its own flow, and the flows on the shortest such way, from it to it."""
    called = {
        flow: tuple(dict.fromkeys(step.flow for step in each.steps.values() if isinstance(step, CallStep)))
        for flow, each in flows.items()
    }
    for flow, each in flows.items():
        for name, step in each.steps.items():
            if isinstance(step, CallStep) and (way := _way(called, step.flow, flow)):
                yield (flow, name), (flow, *way)


def _way(called: Mapping[FlowId, tuple[FlowId, ...]], start: FlowId, goal: FlowId) -> tuple[FlowId, ...]:
    """The fewest calls from one flow to another; empty: none."""
    seen = {start}
    ways: list[tuple[FlowId, ...]] = [(start,)]
    for way in ways:  # grows while it is walked, by each flow once
        if way[-1] == goal:
            return way
        fresh = [flow for flow in called.get(way[-1], ()) if flow not in seen]
        seen.update(fresh)
        ways += [(*way, flow) for flow in fresh]
    return ()
