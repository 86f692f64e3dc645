"""What is true of every call to every number, with the evidence: a person is near, and every path ends.

The promise is a section of the documents:

    proofs:
      person_keys: 2             a person within two keys …
      person_seconds: 60         … and a minute, every sentence heard to its end
      without_person: ["0200001099"]    numbers of which that is not asked

Where it is written, a broken promise is an error; where it is not, the same promise is looked at and a warning told.
Flows and languages are proved once, whatever the number of numbers that lead into them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import Overflow, OverflowAct
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import Form
from ivr_engine.flow.numbers import NumberEntry
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.proofs_calls import calls_of_itself
from ivr_engine.flow.proofs_cost import PromptMs
from ivr_engine.flow.proofs_graph import STATES, Graph, Heard, State, build
from ivr_engine.flow.proofs_loops import Loop, loops
from ivr_engine.flow.proofs_reach import Reach, reach
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import Flow, FlowId, HoursStep
from ivr_engine.flow.steps_branches import CLOSED, EMERGENCY, HOLIDAY, OPEN, in_words

SECTIONS = ("proofs",)
"""What this module reads of a folder."""

PERSON_KEYS = 2
PERSON_SECONDS = 60
"""120's own promise: a person within two keys and a minute."""

MOST_KEYS = 9
MOST_SECONDS = 600

NUMBERS_NAMED = 5
"""How many numbers of a broken proof are listed before their count."""

StepPlaces = Mapping[tuple[FlowId, str], Place]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is to be proved. `place` is where it was written, None where nobody wrote it."""

    keys: int = PERSON_KEYS
    ms: int = PERSON_SECONDS * 1000
    without_person: frozenset[str] = frozenset()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One step on the way to a person: what happens there, how it is left, and what it took up to then."""

    place: Place
    where: str
    does: str
    branch: str
    keys: int
    ms: int


@dataclass(frozen=True, slots=True)
class PersonProof:
    """How near a person is for who dials one of `numbers` and is spoken to in `language`. `keys` None: nowhere."""

    flow: FlowId
    language: str
    numbers: tuple[str, ...]
    hour: str
    holds: bool
    keys: int | None = None
    ms: int = 0
    path: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Proofs:
    """All that was proved of a revision. `persons` has one row for each flow and language that numbers lead into."""

    promise: Promise = field(default_factory=Promise)
    persons: tuple[PersonProof, ...] = ()
    other_hours: tuple[PersonProof, ...] = ()
    """The same while calendars are closed: told, not asked for."""
    loops: tuple[Loop, ...] = ()
    states: int = 0
    """Steps in their languages that citizens can get to."""


def read_promise(node: Node, known_numbers: frozenset[str] | None, diagnostics: Diagnostics) -> Promise:
    """The section `proofs` of a document."""
    document = Form.of(node, diagnostics, "proofs.yaml", SECTIONS)
    form = document.below("proofs", "proofs", ("person_keys", "person_seconds", "without_person")) if document else None
    if form is None:
        return Promise()
    without = form.texts("without_person")
    form.check_names("without_person", without, known_numbers, "number")
    return Promise(
        form.whole("person_keys", 0, MOST_KEYS, PERSON_KEYS),
        form.whole("person_seconds", 1, MOST_SECONDS, PERSON_SECONDS) * 1000,
        frozenset(without),
        form.table.place,
    )


def flows_of_queues(queues: Iterable[QueueSettings]) -> tuple[FlowId, ...]:
    """Flows that queues lead into: surveys after a talk, and ways out of a wait."""
    found: dict[FlowId, None] = {}
    for queue in queues:
        limits = queue.limits
        ways_out: tuple[Overflow, ...] = (limits.full, limits.nobody, limits.unmeetable, limits.too_long, limits.closed)
        ways_out = (*ways_out, *(step.overflow for step in queue.escalation), *queue.announcements.keys.values())
        for out in ways_out:
            if out.act not in (OverflowAct.WAIT, OverflowAct.QUEUE):
                found[FlowId(out.target)] = None
        if queue.survey:
            found[FlowId(queue.survey)] = None
    return tuple(found)


def prove(
    flows: Mapping[FlowId, Flow],
    numbers: Iterable[NumberEntry],
    promise: Promise,
    heard: Heard,
    places: StepPlaces,
    elsewhere: Iterable[FlowId],
    diagnostics: Diagnostics,
) -> tuple[Graph, Proofs]:
    """Prove what can be proved; what does not hold goes to `diagnostics`.

    Flows `elsewhere` are not entered from a number: surveys after a talk, offers to who waits.
    """
    entered: dict[tuple[FlowId, str], list[NumberEntry]] = {}
    for entry in numbers:
        if entry.flow in flows:
            entered.setdefault((entry.flow, entry.language), []).append(entry)
    graph = _whole_graph(flows, entered, tuple(elsewhere), heard)
    if not graph.complete:
        first = min(places.values(), default=Place("."))
        diagnostics.error(
            first, "too_many_states", f"more than {STATES} places where a citizen can stand", hint=_SMALLER
        )
        return graph, Proofs(promise)
    for step, way in calls_of_itself(flows):
        diagnostics.error(
            places.get(step, Place(f"flows/{step[0]}.yaml")),
            "calls_itself",
            f"calls lead back to the flow that they came from: {' → '.join(way)}",
            hint="lead 'next' back to a step instead, with a counter that ends it",
        )
    found = _loops(flows, graph, heard)
    for loop in found:
        if not loop.bounded_by:
            _tell_loop(loop, places, diagnostics)
    if diagnostics.errors:  # of a set that is not whole nothing is proved
        return graph, Proofs(promise, loops=found, states=len(graph.ways))
    prover = _Prover(flows, graph, promise, places, heard.prompt_ms)
    persons = prover.persons(entered, OPEN)
    has_hours = any(isinstance(step, HoursStep) for flow in flows.values() for step in flow.steps.values())
    hours = (CLOSED, HOLIDAY, EMERGENCY) if has_hours else ()
    others = tuple(row for hour in hours for row in prover.persons(entered, hour))
    for row in persons:
        if not row.holds:
            prover.tell(row, diagnostics)
    return graph, Proofs(promise, persons, others, found, len(graph.ways))


def _whole_graph(
    flows: Mapping[FlowId, Flow],
    entered: Iterable[tuple[FlowId, str]],
    elsewhere: tuple[FlowId, ...],
    heard: Heard,
) -> Graph:
    """Flows `elsewhere` go on in the language that the contact has come to speak: any that some way leads to."""
    graph = build(flows, entered, heard)
    spoken: set[str] = set()
    while elsewhere and (more := {state.language for state in graph.ways} - spoken):
        spoken |= more
        later = [(flow, language) for flow in elsewhere for language in LANGUAGES if language in spoken]
        graph = build(flows, dict.fromkeys([*entered, *later]), heard)
    return graph


_SMALLER = "fewer flows that call one another, or fewer languages"


def _loops(flows: Mapping[FlowId, Flow], graph: Graph, heard: Heard) -> tuple[Loop, ...]:
    """Also of flows that no number leads into yet: they may be entered from elsewhere, or tomorrow."""
    entered = {state.flow for state in graph.ways}
    others = [(name, flow.language or LANGUAGES[0]) for name, flow in flows.items() if name not in entered]
    return (*loops(flows, graph), *loops(flows, build(flows, others, heard)))


class _Prover:
    def __init__(
        self,
        flows: Mapping[FlowId, Flow],
        graph: Graph,
        promise: Promise,
        places: StepPlaces,
        prompt_ms: PromptMs,
    ) -> None:
        self._prompt_ms = prompt_ms
        self._flows = flows
        self._graph = graph
        self._promise = promise
        self._places = places

    def persons(self, entered: Mapping[tuple[FlowId, str], list[NumberEntry]], hour: str) -> tuple[PersonProof, ...]:
        begun = [(start, numbers) for start, numbers in sorted(entered.items()) if start in self._graph.starts]
        reached = reach(self._graph, self._promise.keys, hour)
        if hour == OPEN and any(reached.nearest(self._graph.starts[start]) is None for start, _ in begun):
            reached = reach(self._graph, MOST_KEYS, hour)  # how far away a person is, then
        return tuple(self._person(reached, *start, numbers, hour) for start, numbers in begun)

    def _person(
        self, reached: Reach, flow: FlowId, language: str, entries: list[NumberEntry], hour: str
    ) -> PersonProof:
        """For several numbers the one that says most before its flow begins."""
        numbers = tuple(entry.number for entry in entries)
        first_ms = max(sum(self._prompt_ms(prompt, language) for prompt in entry.spoken) for entry in entries)
        start = self._graph.starts[flow, language]
        found = reached.within(start, self._promise.ms - first_ms) or reached.nearest(start)
        asked = any(number not in self._promise.without_person for number in numbers)
        if found is None:
            return PersonProof(flow, language, numbers, hour, not asked)
        keys, ms = found[0], first_ms + found[1]
        holds = not asked or (keys <= self._promise.keys and ms <= self._promise.ms)
        path = tuple(
            Evidence(
                self._place(hop.state),
                f"{hop.state.flow}/{hop.state.step}",
                in_words(self._flows[hop.state.flow].steps[hop.state.step]),
                hop.branch,
                hop.keys,
                first_ms + hop.ms,
            )
            for hop in reached.path(start, keys)
        )
        return PersonProof(flow, language, numbers, hour, holds, keys, ms, path)

    def _place(self, state: State) -> Place:
        return self._places.get((state.flow, state.step), Place(f"flows/{state.flow}.yaml"))

    def tell(self, row: PersonProof, diagnostics: Diagnostics) -> None:
        promise = self._promise
        asked = tuple(number for number in row.numbers if number not in promise.without_person)
        place = self._place(self._graph.starts[row.flow, row.language])
        wanted = f"{promise.keys} keys and {promise.ms / 1000:g} s"
        who = f"who dials {_named(asked)} and is spoken to in '{row.language}'"
        say = diagnostics.warning if promise.place is None else diagnostics.error
        if row.keys is None:
            say(
                place,
                "no_person",
                f"{who} reaches no person with up to {MOST_KEYS} keys",
                hint="lead a key, 'otherwise' or 'on_silence' to person, or list the number under without_person",
            )
            return
        say(
            place,
            "person_far",
            f"{who} reaches a person with {_keys(row.keys)} and {row.ms / 1000:.1f} s; promised are {wanted}",
            hint=f"the way: {written_path(row.path)}",
        )


def written_path(path: Iterable[Evidence]) -> str:
    """An evidence path on one line."""
    return " → ".join(f"{one.where} ({one.branch or 'there'}, {one.keys} keys, {one.ms / 1000:.1f} s)" for one in path)


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"


def _named(numbers: tuple[str, ...]) -> str:
    more = f" or {len(numbers) - NUMBERS_NAMED} others" if len(numbers) > NUMBERS_NAMED else ""
    return ", ".join(numbers[:NUMBERS_NAMED]) + more


def _tell_loop(loop: Loop, places: StepPlaces, diagnostics: Diagnostics) -> None:
    first = loop.steps[0]
    names = " → ".join(f"{flow}/{step}" for flow, step in (*loop.steps[:8], first))
    diagnostics.error(
        places.get(first, Place(f"flows/{first[0]}.yaml")),
        "endless",
        f"who presses nothing never leaves: {names}",
        hint="lead 'next', 'otherwise' or 'on_silence' to a queue, to a hangup or to person",
    )
