"""The real level: scenarios on real Asterisks, many side by side.

Needs the tool chain of a source checkout (`scripts/sandbox`: Asterisk and SIPp, some hundred megabytes at the first
time). Each scenario has a switch, an engine and phones of its own; what limits their number is the machine.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from ivr_engine.conformance.asterisk_scale import Scaled, scaled
from ivr_engine.replay import simulated
from ivr_engine.replay.history import History
from ivr_engine.replay.scenario import Scenario
from ivr_engine.replay.simulated import Run

AT_ONCE_FOR_EACH_CORE = 16
"""A scenario mostly waits: its start costs most of a second of a core, its calls a few milliseconds each. With 9 the
cores are idle for half of the time; with so many as here an engine that starts in mid-story comes up too late now and
then, and its story is told again by itself (`everywhere.conform`)."""

STARTS_FOR_EACH_CORE = 2
"""Of those that run side by side, how many may be starting."""

Outcome = Run | Exception
OnDone = Callable[[Scenario, Outcome], None]


class AsteriskAbsent(Exception):  # noqa: N818  (the situation is the name)
    """Scenarios cannot run on a real Asterisk here. The text says what is missing."""


def check_present() -> None:
    """Raises AsteriskAbsent unless the checkout's tool chain can be imported."""
    scripts = Path(__file__).parents[2] / "scripts"
    if find_spec("sandbox") is None and (scripts / "sandbox").is_dir():
        sys.path.append(str(scripts))
    if find_spec("sandbox") is None:
        raise AsteriskAbsent(
            "scenarios run on a real Asterisk from a source checkout only, and the folder scripts/sandbox is not here: "
            "clone the repository, or leave out the level asterisk"
        )


def run(scenario: Scenario, foreseen: History | None = None) -> Run:
    """One scenario, by itself. `foreseen`: the history of the simulated level, where it is known already.

    Raises AsteriskAbsent, and whatever the sandbox raises when a tool fails.
    """
    known = {} if foreseen is None else {scenario.name: foreseen}
    [outcome] = run_all([scenario], known).values()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def run_all(
    scenarios: Iterable[Scenario],
    foreseen: Mapping[str, History] | None = None,
    *,
    at_once: int | None = None,
    on_done: OnDone | None = None,
) -> Mapping[str, Outcome]:
    """All of them, the longest first; by name, what each gave or why it could not run.

    An exception of one scenario ends that scenario alone. `on_done` is called as each is done. Raises AsteriskAbsent.
    """
    check_present()
    known = foreseen or {}
    tasks = [_task(each, known[each.name] if each.name in known else simulated.run(each).history) for each in scenarios]
    tasks.sort(key=lambda task: -max((fact.at_ms for fact in task.foreseen.facts), default=0))
    return asyncio.run(_all(tasks, at_once or AT_ONCE_FOR_EACH_CORE * (os.cpu_count() or 1), on_done))


@dataclass(frozen=True, slots=True)
class _Task:
    """One scenario as it runs, which may be faster than its file says."""

    scenario: Scenario
    performed: Scenario
    foreseen: History
    faster: Scaled | None

    def told(self, run: Run) -> Run:
        """The run in the times of the file."""
        return run if self.faster is None else replace(run, history=self.faster.back(run.history))


def _task(scenario: Scenario, foreseen: History) -> _Task:
    faster = scaled(scenario, foreseen)
    if faster is None:
        return _Task(scenario, scenario, foreseen, None)
    return _Task(scenario, faster.scenario, faster.foreseen, faster)


async def _all(tasks: Iterable[_Task], at_once: int, on_done: OnDone | None) -> Mapping[str, Outcome]:
    # What imports the sandbox is imported when it is known to be there.
    from ivr_engine.conformance.asterisk_people import People, empty_database  # noqa: PLC0415
    from ivr_engine.conformance.asterisk_run import perform  # noqa: PLC0415
    from sandbox.nursery import Nursery  # noqa: PLC0415

    places = asyncio.Semaphore(at_once)
    starting = asyncio.Semaphore(STARTS_FOR_EACH_CORE * (os.cpu_count() or 1))
    outcomes: dict[str, Outcome] = {}

    async def one(task: _Task, people: People, nursery: Nursery) -> None:
        outcome: Outcome
        async with places:
            try:
                outcome = task.told(await perform(task.performed, task.foreseen, people, nursery, starting))
            except Exception as problem:
                outcome = problem
        outcomes[task.scenario.name] = outcome
        if on_done is not None:
            on_done(task.scenario, outcome)

    with tempfile.TemporaryDirectory(prefix="ivr-conformance-") as folder, Nursery() as nursery:
        people = People(await empty_database(Path(folder)))
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(one(task, people, nursery))
    return outcomes
