"""Everywhere that a citizen can stand: step, language and what was called, and the ways on from there.

A way that the citizen chooses (a key, silence) stands for itself; where the world decides (the answer of another
system, a value, the hour), the way has several edges, and whoever proves something must look at the worst of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.proofs_cost import PromptMs, cost
from ivr_engine.flow.steps import (
    CALLS,
    CallbackStep,
    CallStep,
    DipStep,
    Flow,
    FlowId,
    HangupStep,
    HoursStep,
    LanguageStep,
    PromptId,
    QueueStep,
    RecordStep,
    ReturnStep,
    SendStep,
    Step,
    SwitchStep,
    Target,
    TransferStep,
)
from ivr_engine.flow.steps_branches import CALLED, OTHERWISE, RETURNED, branches

STATES = 100_000
"""A thousand steps in six languages, called from several places. More is a set that nobody understands."""


class End(StrEnum):
    """Where a conversation is over."""

    PERSON = "person"
    """A counsellor, an official, or a call back from one."""
    OVER = "over"
    """Hung up by the flow."""


StepName = tuple[FlowId, str]
"""A step of the set: flow and name."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a citizen stands."""

    flow: FlowId
    step: str
    language: str
    back: tuple[StepName, ...] = ()
    """The calls that the citizen is inside of, the last one at the end."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way on, and what it costs."""

    branch: str
    to: State | End
    keys: int
    ms: int


@dataclass(frozen=True, slots=True)
class Way:
    """What a citizen can choose. More than one edge: the world decides which of them it is."""

    edges: tuple[Edge, ...]
    by_hours: bool = False
    """The hour decides: each edge is a state of the calendar."""


@dataclass(frozen=True, slots=True)
class Graph:
    """All states that any number leads to."""

    ways: Mapping[State, tuple[Way, ...]] = field(default_factory=dict)
    starts: Mapping[tuple[FlowId, str], State] = field(default_factory=dict)
    """Flow of a number and its language → where that begins."""
    complete: bool = True
    """False: there were more than STATES; nothing is proved then."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How long citizens listen: to each sentence, and to the notice of a queue that records."""

    prompt_ms: PromptMs
    notices: Mapping[QueueId, PromptId] = field(default_factory=dict)

    def notice_ms(self, queue: QueueId | None, language: str) -> int:
        """Before that queue; None: before whichever queue is a person's there, the longest."""
        said = self.notices.values() if queue is None else filter(None, (self.notices.get(queue),))
        return max((self.prompt_ms(prompt, language) for prompt in said), default=0)


def build(flows: Mapping[FlowId, Flow], entered: Iterable[tuple[FlowId, str]], heard: Heard) -> Graph:
    """The graph from every flow and language that numbers lead into. Steps that are missing lead to a person."""
    ways: dict[State, tuple[Way, ...]] = {}
    starts: dict[tuple[FlowId, str], State] = {}
    for flow, language in entered:
        begun = _at(flows, Target(flow, ""), language, ())
        if isinstance(begun, State):
            starts[flow, language] = begun
    open_states = list(starts.values())
    while open_states:
        state = open_states.pop()
        if state in ways:
            continue
        if len(ways) >= STATES:
            return Graph(ways, starts, complete=False)
        ways[state] = tuple(_ways(flows, state, heard))
        open_states += [
            edge.to for way in ways[state] for edge in way.edges if isinstance(edge.to, State) and edge.to not in ways
        ]
    return Graph(ways, starts)


def _at(
    flows: Mapping[FlowId, Flow],
    target: Target | None,
    language: str,
    back: tuple[StepName, ...],
    inside: FlowId | None = None,
) -> State | End:
    """`inside` is the flow where the citizen is already: only another one changes the language."""
    flow = flows.get(target.flow) if target is not None else None
    if target is None or flow is None:
        return End.PERSON
    label = target.step or flow.first
    spoken = language if flow.id == inside else flow.language or language
    return State(flow.id, label, spoken, back) if label in flow.steps else End.PERSON


def _returned(flows: Mapping[FlowId, Flow], state: State) -> State | End:
    """Behind the call, in the language that is spoken by now."""
    if not state.back:
        return End.PERSON
    flow, label = state.back[-1]
    call = flows[flow].steps[label]
    following = call.next if isinstance(call, CallStep) else None
    return _at(flows, following, state.language, state.back[:-1], flow)


def _ways(flows: Mapping[FlowId, Flow], state: State, heard: Heard) -> Iterable[Way]:
    step = flows[state.flow].steps[state.step]
    match step:
        case QueueStep():
            yield Way((Edge("", End.PERSON, 0, heard.notice_ms(step.queue, state.language)),))
        case TransferStep():
            yield Way((Edge("", End.PERSON, 0, 0),))
        case HangupStep():
            yield Way((Edge("", End.OVER, 0, 0),))
        case ReturnStep():
            yield Way((Edge(RETURNED, _returned(flows, state), 0, 0),))
        case CallStep():
            back = (*state.back, (state.flow, state.step))
            into = Target(step.flow, "")
            called = _at(flows, into, state.language, back, state.flow) if len(back) <= CALLS else End.PERSON
            yield Way((Edge(CALLED, called, 0, 0),))
        case CallbackStep():
            unknown = Edge(OTHERWISE, _at(flows, step.otherwise, state.language, state.back, state.flow), 0, 0)
            yield Way((Edge("", End.PERSON, 0, 0), unknown))
        case _:
            yield from _branching(flows, state, step, heard)


def _branching(flows: Mapping[FlowId, Flow], state: State, step: Step, heard: Heard) -> Iterable[Way]:
    language = step.language if isinstance(step, LanguageStep) else state.language
    edges = []
    for branch in branches(step):
        keys, ms = cost(step, branch.name, state.language, heard.prompt_ms)
        to = _at(flows, branch.target, language, state.back, state.flow)
        if to is End.PERSON:
            ms += heard.notice_ms(flows[state.flow].queue, language)
        edges.append(Edge(branch.name, to, keys, ms))
    match step:
        case SwitchStep() | DipStep() | SendStep():
            yield Way(tuple(edges))
        case HoursStep():
            yield Way(tuple(edges), by_hours=True)
        case RecordStep():
            yield Way(tuple(edge for edge in edges if edge.keys == 0))
            yield from (Way((edge,)) for edge in edges if edge.keys)
        case _:
            yield from (Way((edge,)) for edge in edges)
