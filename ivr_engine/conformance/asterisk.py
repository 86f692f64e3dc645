"""The real level: scenarios on real Asterisks, many side by side.

Needs the tool chain of a source checkout (`scripts/sandbox`: Asterisk, SIPp, a fetch of some hundred megabytes at the
first time). Each scenario has a switch, an engine and phones of its own; what limits their number is the machine.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_engine.replay.history import History
from ivr_engine.replay.scenario import Level, Scenario

if TYPE_CHECKING:
    from ivr_engine.conformance.asterisk_run import Performed

AT_ONCE_FOR_EACH_CORE = 6
"""A scenario mostly waits: its start costs two seconds of a core, its calls a few milliseconds each."""

SLACK_MS = 1_000
"""How much later or earlier than told a thing may happen here before an expectation fails."""


class AsteriskAbsent(Exception):  # noqa: N818  (the situation is the name)
    """Scenarios cannot run on a real Asterisk here. The text says what is missing."""


@dataclass(frozen=True, slots=True)
class Task:
    """One scenario, and what the simulated level foresaw."""

    scenario: Scenario
    foreseen: History

    @property
    def length_ms(self) -> int:
        """How long it takes in its own time, which is real time here."""
        return max((fact.at_ms for fact in self.foreseen.facts), default=0)


Outcome = "Performed | Exception"
OnDone = Callable[[Scenario, "Performed | Exception"], None]


def check_present() -> None:
    """Raises AsteriskAbsent unless the checkout's tool chain can be imported."""
    scripts = Path(__file__).parents[2] / "scripts"
    if find_spec("sandbox") is None and (scripts / "sandbox").is_dir():
        sys.path.append(str(scripts))
    if find_spec("sandbox") is None:
        raise AsteriskAbsent(
            "scenarios run on a real Asterisk from a source checkout only: the folder scripts/ with its package "
            "'sandbox' is not here; clone the repository, or use --ivr-on=simulated,wire"
        )


def perform(scenario: Scenario, foreseen: History) -> "Performed":
    """One scenario, by itself. Raises AsteriskAbsent, and whatever the sandbox raises when a tool fails."""
    [outcome] = perform_all([Task(scenario, foreseen)]).values()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def perform_all(
    tasks: Sequence[Task], *, at_once: int | None = None, on_done: OnDone | None = None
) -> Mapping[str, "Performed | Exception"]:
    """All of them, the longest first; by name, what each gave or why it could not run. Raises AsteriskAbsent.

    An exception of one scenario ends that scenario alone.
    """
    check_present()
    return asyncio.run(_all(tasks, at_once or AT_ONCE_FOR_EACH_CORE * (os.cpu_count() or 1), on_done))


async def _all(tasks: Sequence[Task], at_once: int, on_done: OnDone | None) -> Mapping[str, "Performed | Exception"]:
    from ivr_engine.conformance import asterisk_run  # noqa: PLC0415  (imports the sandbox)
    from ivr_engine.conformance.asterisk_site import empty_database  # noqa: PLC0415

    places = asyncio.Semaphore(at_once)
    outcomes: dict[str, Performed | Exception] = {}

    async def one(task: Task, template: Path) -> None:
        async with places:
            try:
                outcome: Performed | Exception = await asterisk_run.perform(task.scenario, task.foreseen, template)
            except Exception as problem:  # one scenario's switch that does not start is no reason to stop the others
                outcome = problem
        outcomes[task.scenario.name] = outcome
        if on_done is not None:
            on_done(task.scenario, outcome)

    with tempfile.TemporaryDirectory(prefix="ivr-conformance-") as folder:
        template = await empty_database(Path(folder))
        ordered = sorted(tasks, key=lambda task: -task.length_ms)
        async with asyncio.TaskGroup() as group:
            for task in ordered:
                group.create_task(one(task, template))
    return outcomes


def can_run(scenario: Scenario) -> bool:
    """The scenario does not exclude this level."""
    return Level.ASTERISK in scenario.levels
