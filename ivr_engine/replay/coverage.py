"""What no scenario has ever reached: steps and branches of the flows, prompts, numbers, and ways to end.

A flow that nobody has walked in a scenario is changed blindly. A `Tally` counts what runs reached, can be carried
between processes and added up; `measure` lays it over a revision and tells what is there and was never reached, as
text here and as the flow's own graph in `coverage_graph`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ivr_engine.core.vocabulary import (
    Disposition,
    OfferFailure,
    OfferResult,
    RecipientFailure,
    TransferResult,
    TransferState,
)
from ivr_engine.flow.interpreter import NOT_IN_SERVICE
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CollectStep, Flow, MenuStep, Step, Target
from ivr_engine.flow.steps_branches import OTHERWISE, SILENCE, branches, spoken
from ivr_engine.replay.history import History, Verb

WRONG = "wrong"
"""The branch that leads back to a question: another key, and a try left."""

LISTED = 8
"""Names of one kind in the text before `… and 57 more`."""

_OUTCOMES: Mapping[str, tuple[tuple[Verb, str], Iterable[StrEnum]]] = {
    "dispositions": ((Verb.ENDED, "disposition"), Disposition),
    "offers": ((Verb.OFFER_ENDED, "result"), OfferResult),
    "offer causes": ((Verb.OFFER_ENDED, "cause"), OfferFailure),
    "transfers": ((Verb.TRANSFER_ENDED, "result"), TransferResult),
    "transfer causes": ((Verb.TRANSFER_ENDED, "cause"), RecipientFailure),
    "transfer states": (
        (Verb.TRANSFER, "state"),
        [state for state in TransferState if state is not TransferState.ENDED],
    ),
}


@dataclass(slots=True)
class Tally:
    """How often each thing was reached, over any number of runs against one folder of documents."""

    scenarios: int = 0
    passed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(flow, step, branch); an empty branch counts the step itself."""
    prompts: Counter[tuple[str, str]] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, history: History, passed: Mapping[tuple[str, str, str], int] | None = None) -> None:
        """One run: what happened, and how often citizens came through each branch of the flow."""
        self.scenarios += 1
        self.passed.update(passed or {})
        for fact in history.facts:
            told = fact.details
            if fact.verb is Verb.HEARD:
                self.prompts[told.get("prompt", ""), told.get("language", "")] += 1
            elif fact.verb is Verb.ARRIVED:
                self.numbers[told.get("number", "")] += 1
            for kind, ((verb, key), _) in _OUTCOMES.items():
                if fact.verb is verb and told.get(key):
                    self.outcomes[kind, told[key]] += 1

    def merge(self, other: "Tally") -> None:
        self.scenarios += other.scenarios
        self.passed.update(other.passed)
        self.prompts.update(other.prompts)
        self.numbers.update(other.numbers)
        self.outcomes.update(other.outcomes)

    def to_plain(self) -> dict[str, object]:
        """Made of lists, texts and numbers only: what crosses from one test process to another."""
        return {
            "scenarios": self.scenarios,
            "passed": [[*key, count] for key, count in self.passed.items()],
            "prompts": [[*key, count] for key, count in self.prompts.items()],
            "numbers": [[key, count] for key, count in self.numbers.items()],
            "outcomes": [[*key, count] for key, count in self.outcomes.items()],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> "Tally":
        """What `to_plain` made. Raises KeyError, TypeError or ValueError for anything else."""
        rows = {key: _rows(plain[key]) for key in ("passed", "prompts", "numbers", "outcomes")}
        return cls(
            scenarios=int(str(plain["scenarios"])),
            passed=Counter({(str(f), str(s), str(b)): int(count) for f, s, b, count in rows["passed"]}),
            prompts=Counter({(str(p), str(lang)): int(count) for p, lang, count in rows["prompts"]}),
            numbers=Counter({str(number): int(count) for number, count in rows["numbers"]}),
            outcomes=Counter({(str(kind), str(name)): int(count) for kind, name, count in rows["outcomes"]}),
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a step: where it leads (None: a person) and how often it was taken."""

    name: str
    target: Target | None
    taken: int


@dataclass(frozen=True, slots=True)
class StepReach:
    """One step: how often a citizen got there, and its ways out."""

    name: str
    step: Step
    reached: int
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """One kind of thing: everything there is, with how often it was reached."""

    kind: str
    counts: Mapping[str, int]

    @property
    def never(self) -> tuple[str, ...]:
        return tuple(name for name, count in self.counts.items() if not count)

    @property
    def reached(self) -> int:
        return sum(1 for count in self.counts.values() if count)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A revision with how often scenarios reached each part of it."""

    label: str
    scenarios: int
    flows: Mapping[str, tuple[StepReach, ...]]
    firsts: Mapping[str, str]
    """The first step of each flow."""
    reaches: tuple[Reach, ...]


def measure(revision: Revision, tally: Tally, label: str = "dialplans") -> Coverage:
    """Lay what was reached over everything that the revision has."""
    flows = {str(name): _steps(flow, tally) for name, flow in revision.flows.items()}
    steps = {f"{flow}.{one.name}": one.reached for flow, ones in flows.items() for one in ones}
    keys, ways = _branches(flows)
    said = {str(prompt) for flow in revision.flows.values() for step in flow.steps.values() for prompt in spoken(step)}
    if any(prompt == NOT_IN_SERVICE for prompt, _ in revision.manifest.files):
        said.add(str(NOT_IN_SERVICE))
    heard: Counter[str] = Counter()
    for (prompt, _), count in tally.prompts.items():
        heard[prompt] += count
    return Coverage(
        label=label,
        scenarios=tally.scenarios,
        flows=flows,
        firsts={str(name): flow.first for name, flow in revision.flows.items()},
        reaches=(
            Reach("steps", steps),
            Reach("keys", keys),
            Reach("other branches", ways),
            Reach("prompts", {prompt: heard[prompt] for prompt in sorted(said)}),
            Reach("numbers", {entry.number: tally.numbers[entry.number] for entry in revision.numbers}),
        ),
    )


def outcomes(tally: Tally) -> tuple[Reach, ...]:
    """How contacts, offers and transfers ended: the engine's own words, whatever the documents say."""
    return tuple(
        Reach(kind, {str(name): tally.outcomes[kind, str(name)] for name in names})
        for kind, (_, names) in _OUTCOMES.items()
    )


def summary(coverage: Coverage) -> str:
    """What of the documents was reached, and the names of what was not: plain text of at most 100 columns."""
    return table(f"flow coverage of {coverage.label}, {_scenarios(coverage.scenarios)}", coverage.reaches)


def outcome_summary(tally: Tally) -> str:
    """Which outcomes were reached, in the same form."""
    return table(f"outcomes of {_scenarios(tally.scenarios)}", outcomes(tally))


def table(heading: str, reaches: Iterable[Reach]) -> str:
    """A row for each kind of thing that there is."""
    lines = [heading]
    for reach in reaches:
        whole = len(reach.counts)
        if not whole:
            continue
        share = 100 * reach.reached // whole
        row = f"  {reach.kind:<16}{reach.reached:>5} of {whole:<5}{share:>4} %"
        never = reach.never
        if never:
            names = ", ".join(never[:LISTED])
            more = f" … and {len(never) - LISTED} more" if len(never) > LISTED else ""
            row = _wrapped(f"{row}  never: ", f"{names}{more}")
        lines.append(row)
    return "\n".join(lines) + "\n"


def _scenarios(count: int) -> str:
    return f"{count} scenario{'' if count == 1 else 's'}"


def _wrapped(head: str, words: str, columns: int = 100) -> str:
    lines, line = [], head
    for position, word in enumerate(words.split(" ")):
        if position and len(line) + 1 + len(word) > columns:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += word if line.endswith(" ") else f" {word}"
    return "\n".join([*lines, line])


def _steps(flow: Flow, tally: Tally) -> tuple[StepReach, ...]:
    found = []
    for name, step in flow.steps.items():
        taken = {branch: tally.passed[flow.id, name, branch] for branch, _ in ways_out(flow, name)}
        seen = sum(count for (of, label, _), count in tally.passed.items() if (of, label) == (flow.id, name))
        branches = tuple(Branch(branch, target, taken[branch]) for branch, target in ways_out(flow, name))
        # A step whose branches were taken was reached, whether or not it was counted itself.
        reached = tally.passed[flow.id, name, ""] or seen
        found.append(StepReach(name, step, reached, branches))
    return tuple(found)


def ways_out(flow: Flow, name: str) -> tuple[tuple[str, Target | None], ...]:
    """Every way out of a step with where it leads; a try that is left leads back to the step itself."""
    step, again = flow.steps[name], Target(flow.id, name)
    out = [(branch.name, branch.target) for branch in branches(step)]
    if isinstance(step, MenuStep | CollectStep) and step.tries > 1:
        left = [name for name, _ in out if name in (SILENCE, OTHERWISE)]
        tried = ((WRONG, again),) if step.silence_leaves else ((WRONG, again), (SILENCE, again))
        out[-len(left) : -len(left)] = tried
    return tuple(out)


def _branches(flows: Mapping[str, tuple[StepReach, ...]]) -> tuple[dict[str, int], dict[str, int]]:
    keys: dict[str, int] = {}
    ways: dict[str, int] = {}
    for flow, steps in flows.items():
        for one in steps:
            for branch in one.branches:
                is_key = isinstance(one.step, MenuStep) and branch.name in one.step.choices
                (keys if is_key else ways)[f"{flow}.{one.name}:{branch.name}"] = branch.taken
    return keys, ways


def _rows(plain: object) -> list[list[Any]]:
    if not isinstance(plain, list) or not all(isinstance(row, list) for row in plain):
        raise TypeError("a tally's rows are lists")
    return plain
