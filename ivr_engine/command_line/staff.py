"""`ivr-engine staff`: how many agents of each skill, half hour by half hour, meet a target."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.simulate import Form, read_workload
from ivr_engine.simulation.policy import POLICIES
from ivr_engine.simulation.shipped import SHIPPED
from ivr_engine.simulation.staffing import checked, staffed
from ivr_engine.simulation.staffing_page import svg as drawn_svg
from ivr_engine.simulation.staffing_page import text
from ivr_engine.simulation.staffing_together import staffed_together


def staff(
    file: Annotated[Path, typer.Argument(help=f"a workload (YAML), or a shipped day: {', '.join(SHIPPED)}")],
    target: Annotated[
        float, typer.Option(min=1, max=99, help="per cent of those offered, answered within 15 s, for each crew")
    ] = 80.0,
    together: Annotated[
        float | None,
        typer.Option(
            min=1, max=99, help="the same of all contacts of the day; --target is then the small desks' alone"
        ),
    ] = None,
    policy: Annotated[str, typer.Option(help=f"one of: {'; '.join(POLICIES)}")] = "default",
    seeds: Annotated[int, typer.Option(min=1, max=50, help="days that each roster is tried on")] = 2,
    form: Annotated[Form, typer.Option("--format", help="table or json")] = Form.TABLE,
    svg: Annotated[Path | None, typer.Option(help="draw the day into this file")] = None,
) -> None:
    """Find the roster that meets a target, by simulation. Exit status 1: none was found; 2: the input is wrong."""
    if policy not in POLICIES:
        give_up(f"--policy: there is no {policy!r}; see --help for all")
    workload = read_workload(file)
    show = sys.stderr.isatty()

    def told(line: str) -> None:
        if show:
            print(line, file=sys.stderr)

    days = range(1, seeds + 1)
    if together is None:
        found = staffed(workload, POLICIES[policy], target / 100, days, told)
        wanted, begun = f"{target:g} % for each crew", "Erlang-A for each crew alone"
    else:
        wanted, begun = f"{together:g} % of all contacts, {target:g} % for each small desk", "the workload's own roster"
        try:
            found = staffed_together(workload, POLICIES[policy], together / 100, target / 100, days, told)
        except ValueError as error:
            give_up(f"--together: {error}")
    if svg is not None:
        try:
            svg.write_text(drawn_svg(found, f"{workload.title}: {wanted} within 15 s"), encoding="utf-8")
        except OSError as error:
            give_up(f"cannot write {svg}: {error.strerror or error}")
    erlang_c = checked(workload, found.roster)
    if form is Form.JSON:
        print(json.dumps({**asdict(found), "busiest_half_hour_by_erlang_c": erlang_c}, ensure_ascii=False, indent=1))
    else:
        print(text(found), end="")
        print(
            f"{found.hours:.1f} hours in round {found.rounds}, {100 * found.together:.2f} % of all contacts; "
            f"{begun}: {found.started_hours:.1f}"
        )
        alone = ", ".join(
            f"{crew} {'–' if level is None else f'{100 * level:.0f} %'}" for crew, level in erlang_c.items()
        )
        print(f"within 15 s in the busiest half hour by Erlang-C, each crew alone and nobody giving up: {alone}")
    if not found.met:
        print(f"ivr-engine: no roster with {wanted} was found", file=sys.stderr)
        raise typer.Exit(WRONG)
