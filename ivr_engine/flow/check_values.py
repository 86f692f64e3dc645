"""Variables have a value before they are used, on every way that a citizen can come.

A walk that meets a variable without a value takes an empty text, 0 or false, so that no citizen is lost by it; but the
operator meant something else. What surely has a value where: forward over the graph of all states, what all ways that
lead into a state have in common. A way on which the value is missing is the evidence.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.proofs_graph import Edge, Graph, State, StepName
from ivr_engine.flow.steps import (
    CallbackStep,
    CallStep,
    CollectStep,
    DipStep,
    Flow,
    FlowId,
    RecordStep,
    ReturnStep,
    SayStep,
    SendStep,
    SetStep,
    Step,
    SurveyStep,
    SwitchStep,
)
from ivr_engine.flow.steps_branches import NEXT

HOPS_SHOWN = 8
"""Steps of an evidence that are told; the last ones matter."""


def check_values(
    flows: Mapping[FlowId, Flow],
    graph: Graph,
    variables: frozenset[str],
    places: Mapping[StepName, Place],
    diagnostics: Diagnostics,
) -> None:
    """Tell every step that uses a variable which may have no value there, with a way on which it has none."""
    if not graph.complete or not any(_uses(step) for flow in flows.values() for step in flow.steps.values()):
        return
    sure = _sure(flows, graph)
    told: set[tuple[FlowId, str, str]] = set()
    for state, known in sure.items():
        step = flows[state.flow].steps[state.step]
        for name in sorted((_uses(step) & variables) - known):
            if (state.flow, state.step, name) in told:
                continue
            told.add((state.flow, state.step, name))
            way = " → ".join(f"{one.flow}/{one.step}" for one in _way_without(flows, graph, state, name)[-HOPS_SHOWN:])
            diagnostics.error(
                places.get((state.flow, state.step), Place(f"flows/{state.flow}.yaml")),
                "unset",
                f"'{name}' may have no value in step '{state.step}'",
                hint=f"on this way it has none: {way}; give it one with 'set' before",
            )


def _sure(flows: Mapping[FlowId, Flow], graph: Graph) -> dict[State, frozenset[str]]:
    """For each state the variables that have a value on every way into it."""
    known: dict[State, frozenset[str]] = dict.fromkeys(graph.starts.values(), frozenset())
    open_states = deque(known)
    while open_states:
        state = open_states.popleft()
        for edge in _edges(graph, state):
            if not isinstance(edge.to, State):
                continue
            after = known[state] | _given(flows, state, edge)
            before = known.get(edge.to)
            common = after if before is None else before & after
            if common != before:
                known[edge.to] = common
                open_states.append(edge.to)
    return known


def _edges(graph: Graph, state: State) -> Iterator[Edge]:
    for way in graph.ways.get(state, ()):
        yield from way.edges


def _given(flows: Mapping[FlowId, Flow], state: State, edge: Edge) -> frozenset[str]:
    """What gets a value when a step is left by this edge."""
    step = flows[state.flow].steps[state.step]
    match step:
        case SetStep():
            return frozenset(step.values)
        case CallStep():
            return frozenset(step.arguments)
        case ReturnStep():
            call = flows[state.back[-1][0]].steps[state.back[-1][1]] if state.back else None
            return frozenset(step.values) | frozenset(call.results if isinstance(call, CallStep) else ())
        case CollectStep() | RecordStep() if edge.branch == NEXT:
            return frozenset((step.variable,))
        case DipStep() if edge.branch == NEXT:
            return frozenset(output.name for output in step.outputs)
        case SurveyStep() if edge.branch == NEXT:
            return frozenset(question.variable for question in step.questions)  # who was silent has marked 0
        case _:
            return frozenset()


def _uses(step: Step) -> frozenset[str]:
    """What has to have a value when the step is met."""
    match step:
        case SayStep() | SwitchStep():
            return step.value.names
        case SetStep():
            return _in_turn(step.values.items())
        case CallStep():
            return _in_turn(step.arguments.items())
        case ReturnStep() | DipStep():
            return _names(step.values.values())
        case SendStep():
            return _names((*step.values.values(), step.to))
        case CallbackStep():
            return step.number.names
        case _:
            return frozenset()


def _names(expressions: Iterable[Expression]) -> frozenset[str]:
    return frozenset(name for expression in expressions for name in expression.names)


def _in_turn(values: Iterable[tuple[str, Expression]]) -> frozenset[str]:
    """One after the other: a later expression may use an earlier name."""
    used: set[str] = set()
    given: set[str] = set()
    for name, expression in values:
        used |= expression.names - given
        given.add(name)
    return frozenset(used)


def _way_without(flows: Mapping[FlowId, Flow], graph: Graph, to: State, name: str) -> list[State]:
    """The shortest way from a beginning to a state on which a variable gets no value."""
    came: dict[State, State | None] = dict.fromkeys(graph.starts.values())
    open_states = deque(came)
    while open_states:
        state = open_states.popleft()
        if state == to:
            break
        for edge in _edges(graph, state):
            if isinstance(edge.to, State) and edge.to not in came and name not in _given(flows, state, edge):
                came[edge.to] = state
                open_states.append(edge.to)
    way: list[State] = []
    at: State | None = to
    while at is not None:
        way.append(at)
        at = came.get(at)
    return way[::-1]
