"""Every scenario on every level that it allows, judged on each and laid side by side: what `scripts/conformance` runs.

The cheap levels come first, one scenario after another; then all that a real Asterisk can run, many at once, with
nothing else going on in this process that would spoil their times.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr_engine.conformance import asterisk, levels
from ivr_engine.conformance.compare import TOLERANCE_MS, Difference, compare
from ivr_engine.flow.diagnostics import Diagnostic
from ivr_engine.replay.history import History
from ivr_engine.replay.language import SUFFIX, ScenarioErrors, read
from ivr_engine.replay.scenario import Level, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.verdict import judge

AGAIN_AT_MOST = 12
"""Scenarios that are run a second time: more than these are not the machine's doing."""

AGAIN_AT_ONCE = 3
"""Of them side by side: as good as alone, and a story of half a minute does not wait for another."""

Outcome = Run | Exception
OnDone = Callable[[Scenario, Level, Outcome], None]


class NameTaken(Exception):  # noqa: N818  (the situation is the name)
    """Two scenarios of one run have one name, and could not be told apart in what is printed."""


@dataclass(slots=True)
class Told:
    """One scenario: what came of it on each level, and what is wrong with that."""

    scenario: Scenario
    outcomes: dict[Level, Outcome] = field(default_factory=dict)
    wrong: dict[Level, tuple[str, ...]] = field(default_factory=dict)
    """Failed expectations, problems of the run, differences from the first level; empty where all is well."""
    differences: tuple[Difference, ...] = ()
    at_first: tuple[str, ...] = ()
    """What was wrong on the real switch beside two dozen others, of a scenario that ran there a second time."""

    @property
    def well(self) -> bool:
        return not any(self.wrong.values())

    @property
    def only_real(self) -> bool:
        """Something is wrong on the real switch, and only there."""
        return {level for level, wrong in self.wrong.items() if wrong} == {Level.ASTERISK}

    def histories(self) -> dict[Level, History]:
        """Of the levels that gave one."""
        return {level: run.history for level, run in self.outcomes.items() if isinstance(run, Run)}


def read_all(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """The scenarios of files and folders, in their order. Raises ScenarioErrors with the mistakes of all, NameTaken."""
    files = [file for path in paths for file in (sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path])]
    scenarios: dict[str, Scenario] = {}
    wrong: list[Diagnostic] = []
    for file in files:
        try:
            found = read(file)
        except ScenarioErrors as errors:
            wrong += errors.diagnostics
            continue
        for scenario in found:
            if scenario.name in scenarios:
                other = scenarios[scenario.name].place
                raise NameTaken(f"{scenario.place}: {scenario.name!r} is also at {other}; rename one of the files")
            scenarios[scenario.name] = scenario
    if wrong:
        raise ScenarioErrors(wrong)
    return tuple(scenarios.values())


def conform(
    scenarios: Sequence[Scenario],
    wanted: Collection[Level] = tuple(Level),
    *,
    at_once: int | None = None,
    on_done: OnDone | None = None,
) -> tuple[Told, ...]:
    """Runs them all. Raises AsteriskAbsent where the real level is wanted and cannot be had.

    What differs on a real Asterisk alone is run there a second time, nearly by itself: two cores with two dozen
    switches are sometimes late, and a mistake of the engine does not go away with the others. `Told.at_first` keeps
    what was wrong, so that nothing that comes and goes is hidden.
    """
    told = {scenario.name: Told(scenario) for scenario in scenarios}

    def done(scenario: Scenario, level: Level, outcome: Outcome) -> None:
        told[scenario.name].outcomes[level] = outcome
        if on_done is not None:
            on_done(scenario, level, outcome)

    for level in (Level.SIMULATED, Level.WIRE):
        for scenario in scenarios:
            if level in wanted and level in scenario.levels:
                done(scenario, level, _one(scenario, level))
    for each in told.values():
        _judge(each)
    if Level.ASTERISK in wanted:
        real = [each for each in told.values() if Level.ASTERISK in each.scenario.levels]
        _on_asterisk(real, at_once, done)
        again = [each for each in real if each.only_real]
        if 0 < len(again) <= AGAIN_AT_MOST:
            for each in again:
                each.at_first = each.wrong[Level.ASTERISK]
            _on_asterisk(again, AGAIN_AT_ONCE, done)
    return tuple(told.values())


def _on_asterisk(told: Sequence[Told], at_once: int | None, done: OnDone) -> None:
    foreseen = {each.scenario.name: each.histories() for each in told}
    asterisk.run_all(
        [each.scenario for each in told],
        {name: runs[Level.SIMULATED] for name, runs in foreseen.items() if Level.SIMULATED in runs},
        at_once=at_once,
        on_done=lambda scenario, outcome: done(scenario, Level.ASTERISK, outcome),
    )
    for each in told:
        _judge(each)


def _one(scenario: Scenario, level: Level) -> Outcome:
    try:
        return levels.run(scenario, level)
    except Exception as problem:
        return problem


def _judge(told: Told) -> None:
    told.differences = compare(told.histories())
    for level, outcome in told.outcomes.items():
        if isinstance(outcome, Exception):
            told.wrong[level] = (f"{type(outcome).__name__}: {outcome}",)
            continue
        failures = judge(told.scenario, outcome.history, TOLERANCE_MS[level])
        differences = (difference for difference in told.differences if difference.other is level)
        told.wrong[level] = (*outcome.problems, *map(str, failures), *map(str, differences))


def summary(told: Iterable[Told]) -> Mapping[Level, tuple[int, int]]:
    """Of each level: how many ran, and of how many something is wrong."""
    counts: dict[Level, tuple[int, int]] = {}
    for each in told:
        for level, wrong in each.wrong.items():
            ran, bad = counts.get(level, (0, 0))
            counts[level] = (ran + 1, bad + bool(wrong))
    return counts
