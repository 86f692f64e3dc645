"""What pytest collects from a `*.scenario.yaml` file, runs on each level asked for, and shows when it fails.

Loaded by `pytest_plugin` when the first such file is met.
"""

import io
import re
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr, TracebackStyle
from _pytest._io import TerminalWriter

from ivr_engine.conformance.asterisk import AsteriskAbsent
from ivr_engine.conformance.compare import TOLERANCE_MS
from ivr_engine.flow.diagnostics import FlowErrors, Place
from ivr_engine.flow.revision import load
from ivr_engine.pytest_plugin import SESSION
from ivr_engine.replay import coverage, coverage_graph, ladder_svg, ladder_text, shipped, simulated
from ivr_engine.replay.history import History
from ivr_engine.replay.ladder import Ladder, ladder_of
from ivr_engine.replay.language import ScenarioErrors, read
from ivr_engine.replay.scenario import ExpectMetric, Level, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.simulator.plan import PlanError
from ivr_engine.replay.verdict import Failure, judge

RUNGS = 160
"""Of a failure in a terminal: three screens. The picture of --ivr-ladders has all of it."""

ALL_COLUMNS = 9
"""Beyond so many legs in one ladder, only those whom the failure is about are drawn."""


class ScenarioFailed(Exception):  # noqa: N818  (it is a failure, as pytest says it)
    """A run that was not as expected, with everything that a report shows."""

    def __init__(self, run: Run, failures: Sequence[Failure], level: Level) -> None:
        self.run, self.failures, self.level = run, tuple(failures), level
        super().__init__("; ".join([*run.problems, *map(str, failures)]))


class ScenarioTooLong(Exception):  # noqa: N818  (the situation is the name)
    """A scenario took more real time than it may."""


@dataclass(slots=True)
class Session:
    """What the scenarios of one pytest run reached, by the folder of documents that they ran against."""

    config: pytest.Config
    tallies: dict[str, coverage.Tally] = field(default_factory=dict)

    @property
    def wanted(self) -> bool:
        return bool(self.config.getoption("--ivr-coverage"))

    def add(self, scenario: Scenario, run: Run) -> None:
        if self.wanted:
            folder = str((scenario.dialplans or shipped.dialplans()).resolve())
            self.tallies.setdefault(folder, coverage.Tally()).add(run.history, run.reached)

    def to_plain(self) -> dict[str, Any]:
        return {folder: tally.to_plain() for folder, tally in self.tallies.items()}

    def add_plain(self, plain: Mapping[str, Any]) -> None:
        for folder, tally in plain.items():
            self.tallies.setdefault(folder, coverage.Tally()).merge(coverage.Tally.from_plain(tally))

    def tell(self, reporter: pytest.TerminalReporter) -> None:
        """The summary of every folder with its graph as a file, and the outcomes of all."""
        if not self.tallies:
            return
        reporter.section("flow coverage", sep="-")
        whole = coverage.Tally()
        for position, (folder, tally) in enumerate(sorted(self.tallies.items(), key=lambda one: -one[1].scenarios)):
            whole.merge(tally)
            try:
                measured = coverage.measure(load(Path(folder)), tally, _short(Path(folder), self.config.rootpath))
            except FlowErrors as errors:
                reporter.write_line(f"{folder}: cannot be read: {errors.diagnostics[0]}")
                continue
            reporter.write(coverage.summary(measured))
            file = self._graph(position)
            drawn = coverage_graph.mermaid(measured) if file.suffix == ".mmd" else coverage_graph.svg(measured)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(drawn, encoding="utf-8")
            except OSError as error:
                reporter.write_line(f"the graph could not be written: {error}", red=True)
            else:
                reporter.write_line(f"the graph: {_short(file, self.config.invocation_params.dir)}\n")
        reporter.write(coverage.outcome_summary(whole))

    def _graph(self, position: int) -> Path:
        file = self.config.invocation_params.dir / str(self.config.getoption("--ivr-coverage-graph"))
        return file.with_stem(f"{file.stem}-{position + 1}") if position else file


def session_of(config: pytest.Config) -> Session:
    """The one session of this process; made when it is first asked for."""
    return config.stash.setdefault(SESSION, Session(config))


class ScenarioFile(pytest.File):
    """One file: an item for each scenario (a file with examples has one for each of them) on each level."""

    def collect(self) -> Iterator["ScenarioItem"]:
        wanted = {Level(level.strip()) for level in str(self.config.getoption("--ivr-on")).split(",")}
        for scenario in read(self.path):
            for level in (level for level in Level if level in wanted):
                # As pytest names the rows of its own tables: `numbers[0200001003-simulated]`.
                stem, _, row = scenario.name.removesuffix("]").partition("[")
                name = f"{stem}[{row}-{level}]" if row else f"{stem}[{level}]"
                yield ScenarioItem.from_parent(self, name=name, scenario=scenario, level=level)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        if isinstance(excinfo.value, ScenarioErrors):
            return "\n".join(map(str, excinfo.value.diagnostics))
        return super().repr_failure(excinfo)


class ScenarioItem(pytest.Item):
    """One scenario on one level."""

    def __init__(self, *, scenario: Scenario, level: Level, **rest: Any) -> None:
        super().__init__(**rest)
        self.scenario, self.level = scenario, level
        self.extra_keyword_matches |= scenario.tags | {str(level)}

    def runtest(self) -> None:
        if self.level not in self.scenario.levels:
            pytest.skip(self.scenario.why_not_elsewhere or f"not on {self.level}")
        with _limited(float(self.config.getoption("--ivr-limit-seconds"))):
            run = perform(self.scenario, self.level)
        session_of(self.config).add(self.scenario, run)
        failures = judge(self.scenario, run.history, TOLERANCE_MS[self.level])
        if failures or run.problems:
            raise ScenarioFailed(run, failures, self.level)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        match excinfo.value:
            case ScenarioFailed() as failed:
                return ScenarioReport(self, failed, self._picture(failed))
            case FlowErrors() as errors:
                return "\n".join(["its dialplans cannot be used:", *map(str, errors.diagnostics)])
            case ScenarioTooLong() | AsteriskAbsent() | PlanError() as known:
                return f"{_told(self.scenario.place)}: {known}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, max(0, self.scenario.place.line - 1), self.name

    def _picture(self, failed: ScenarioFailed) -> str:
        """Where the picture of what happened is, if one was asked for."""
        folder = self.config.getoption("--ivr-ladders")
        if not folder:
            return ""
        file = (
            self.config.invocation_params.dir / folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', self.name).strip('-')}.svg"
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        title = f"{self.scenario.title} ({self.level})"
        drawn = ladder_svg.draw(ladder_of(failed.run.history, title=title, marks=_marks(failed)))
        file.write_text(drawn, encoding="utf-8")
        return _short(file, self.config.invocation_params.dir)


class ScenarioReport(TerminalRepr):
    """A failed scenario for a person: each thing expected with its place, then what happened, as a ladder."""

    def __init__(self, item: ScenarioItem, failed: ScenarioFailed, picture: str) -> None:
        self.title, self.level, self.picture = item.scenario.title, failed.level, picture
        self.place = _told(item.scenario.place)
        self.lines = [*failed.run.problems, *(_line(failure) for failure in failed.failures)]
        self.ladder = _ladder(failed)
        # pytest's last lines and JUnit's reports take their one line from here.
        self.reprcrash = SimpleNamespace(message=self.lines[0].replace("\n   ", ";"))

    def toterminal(self, tw: TerminalWriter) -> None:
        tw.line(f"{self.title} (on {self.level})", bold=True)
        tw.line(self.place)
        tw.line()
        for line in self.lines:
            tw.line(f"E   {line}".replace("\n", "\nE   "), red=True)
        tw.line()
        columns = max(80, min(tw.fullwidth, 160))
        for line in ladder_text.written(self.ladder, columns, colour=tw.hasmarkup).splitlines():
            tw.line(line)
        if self.picture:
            tw.line(f"drawn: {self.picture}")

    def __str__(self) -> str:
        file = io.StringIO()
        self.toterminal(TerminalWriter(file))
        return file.getvalue().rstrip()


def perform(scenario: Scenario, level: Level) -> Run:
    """One run on one level; with its metrics (three times the work of a simulated run) where they are expected.

    Raises FlowErrors, PlanError, and what the level raises that cannot be had here.
    """
    if level is Level.SIMULATED and not any(isinstance(one, ExpectMetric) for one in scenario.expectations):
        return simulated.run(scenario)
    from ivr_engine.conformance import levels  # noqa: PLC0415  (loads the metrics library, and what a level needs)

    return levels.run(scenario, level)


def _ladder(failed: ScenarioFailed) -> Ladder:
    """The whole run; of a crowd, those whom the first divergence is about."""
    history, marks = failed.run.history, _marks(failed)
    whole = ladder_of(history, marks=marks, most=RUNGS)
    if len(whole.columns) <= ALL_COLUMNS:
        return whole
    subject = _first_subject(history, failed.failures)
    return ladder_of(history, subject, marks=marks, most=RUNGS) if subject else whole


def _marks(failed: ScenarioFailed) -> dict[int, str]:
    """Fact → what was expected there; several at one fact stand together.

    What never happened is marked at the fact that comes nearest to it, else at the end.
    """
    marks: dict[int, list[str]] = {}
    for failure in failed.failures:
        index = _divergence(failed.run.history, failure)
        if index is not None:
            marks.setdefault(index, []).append(failure.expected)
    return {index: "; ".join(words) for index, words in marks.items()}


def _divergence(history: History, failure: Failure) -> int | None:
    if failure.diverges_at is None or failure.diverges_at < len(history.facts) or failure.nearest is None:
        return failure.diverges_at
    return next((index for index, fact in enumerate(history.facts) if fact is failure.nearest), failure.diverges_at)


def _first_subject(history: History, failures: Sequence[Failure]) -> str:
    """Whom the first failure is about: a citizen where it can be told."""
    for failure in failures:
        index = _divergence(history, failure)
        if index is not None and index < len(history.facts) and history.facts[index].subject:
            return history.facts[index].subject
    return ""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends what takes too long. Where signals are not ours (another thread, another timer), nothing is limited."""
    mine = (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0.0
    )
    if not mine or seconds <= 0:
        yield
        return

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise ScenarioTooLong(f"it took more than {seconds:g} s of real time (--ivr-limit-seconds)")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _line(failure: Failure) -> str:
    """The failure with its place as an editor opens it, and what was found under what was expected."""
    return f"{_told(failure.place)}: expected {failure.expected}\n    {failure.found}"


def _told(place: Place) -> str:
    """The place as an editor opens it, seen from where pytest was started."""
    return str(Place(_short(Path(place.file), Path.cwd()), place.line, place.column))


def _short(path: Path, folder: Path) -> str:
    try:
        return str(path.relative_to(folder))
    except ValueError:
        return str(path)
