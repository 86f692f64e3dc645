"""`ivr-engine simulate`: a day that never was through the core that runs live, and how it comes out."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ivr_engine.command_line.ending import COULD_NOT, give_up
from ivr_engine.flow.diagnostics import FlowErrors, nearest
from ivr_engine.simulation import rows
from ivr_engine.simulation.centre import Standstill
from ivr_engine.simulation.day import SimulatedDay
from ivr_engine.simulation.outcome import Played, figures, table
from ivr_engine.simulation.policy import POLICIES, played
from ivr_engine.simulation.shipped import SHIPPED, shipped
from ivr_engine.simulation.workload import Workload, drawn
from ivr_engine.simulation.workload_file import workload

LARGEST_BYTES = 512 << 20
"""Five million rows of a hundred letters."""


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"


def simulate(
    file: Annotated[
        Path | None, typer.Argument(help=f"a workload (YAML), or one of the shipped days: {', '.join(SHIPPED)}")
    ] = None,
    contacts: Annotated[Path | None, typer.Option(help=f"instead: a CSV of {','.join(rows.CONTACTS)}")] = None,
    agents: Annotated[Path | None, typer.Option(help=f"with it: a CSV of {','.join(rows.AGENTS)}")] = None,
    policy: Annotated[str, typer.Option(help=f"one of: {'; '.join(POLICIES)}")] = "default",
    missed: Annotated[
        float | None, typer.Option("--misses", min=0.0, max=1.0, help="share of offers that ring in vain")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn; the same seed, the same day")] = 120,
    as_json: Annotated[bool, typer.Option("--json", help="the same as --format json")] = False,
    form: Annotated[Form, typer.Option("--format", help="table or json")] = Form.TABLE,
    results: Annotated[Path | None, typer.Option(help=f"write a CSV of {','.join(rows.RESULTS)}")] = None,
) -> None:
    """Play a day in virtual time: 42,097 contacts in seconds. Exit status 2: something in the input is wrong."""
    chosen = POLICIES.get(policy)
    if chosen is None:
        near = nearest(policy, POLICIES)
        give_up(f"--policy: there is no {policy!r}{f'; did you mean {near!r}?' if near else ''}; see --help for all")
    day = _day(file, contacts, agents, seed)
    if missed is not None:
        day = replace(day, missed_share=missed)
    try:
        with progress(len(day.citizens)) as tell:
            done = played(day, chosen, tell)
    except Standstill as reason:
        give_up(str(reason))
    if results is not None:
        try:
            results.write_text(rows.results(done), encoding="utf-8")
        except OSError as error:
            give_up(f"cannot write {results}: {error.strerror or error}")
    if as_json or form is Form.JSON:
        print(json.dumps(told(done), ensure_ascii=False, indent=1))
    else:
        print(f"{day.source}, {done.policy}, {day.staffed_hours:.0f} staffed hours\n{table(figures(done))}", end="")


def told(done: Played) -> dict[str, Any]:
    """A day as JSON."""
    head = {"day": done.day.source, "policy": done.policy, "seed": done.day.seed}
    return {**head, "staffed_hours": round(done.day.staffed_hours, 3), **figures(done).json()}


def _day(file: Path | None, contacts: Path | None, agents: Path | None, seed: int) -> SimulatedDay:
    if file is not None and contacts is None and agents is None:
        return drawn(read_workload(file), seed)
    if file is not None or contacts is None or agents is None:
        give_up("say which day: a workload file, or --contacts and --agents together")
    try:
        return rows.day(rows.File(str(contacts), content(contacts)), rows.File(str(agents), content(agents)), seed)
    except FlowErrors as errors:
        give_up_all(errors)


def read_workload(file: Path) -> Workload:
    """A file, or a shipped day by its name."""
    path = shipped(str(file)) if str(file) in SHIPPED and not file.exists() else file
    if not path.exists():
        give_up(f"cannot read {path}: there is no such file; the shipped days are {', '.join(SHIPPED)}")
    try:
        return workload(str(file), content(path))
    except FlowErrors as errors:
        give_up_all(errors)


def content(path: Path) -> bytes:
    """What is in the file."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            give_up(f"{path} is larger than {LARGEST_BYTES >> 20} MiB; split the day")
        return path.read_bytes()
    except OSError as error:
        give_up(f"cannot read {path}: {error.strerror or error}")


@contextmanager
def progress(citizens: int) -> Iterator[Callable[[int], None] | None]:
    """A bar for who watches a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=citizens, label="citizens", file=sys.stderr) as bar:
        yield lambda called: bar.update(called - bar.pos)


def give_up_all(errors: FlowErrors) -> NoReturn:
    """Every mistake of the input."""
    for found in errors.diagnostics:
        print(found, file=sys.stderr)
    raise typer.Exit(COULD_NOT)
