"""`ivr-engine graph`: the flows as pictures."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ivr_engine import __version__
from ivr_engine.flow.diagnostics import FlowErrors, nearest
from ivr_engine.flow.report import ReportForm, report
from ivr_engine.flow.revision import Revision, load
from ivr_engine.flow.steps import FlowId
from ivr_engine.replay.flow_graph import Page, flow_page, whole_page

WRONG, COULD_NOT = 1, 2


class GraphForm(StrEnum):
    SVG = "svg"
    MERMAID = "mermaid"


_SUFFIXES = {GraphForm.SVG: "svg", GraphForm.MERMAID: "mmd"}


def graph(
    flow: Annotated[str, typer.Argument(help="only this flow; all of them, and the whole, unless said")] = "",
    folder: Annotated[Path, typer.Option("--dialplans", help="folder of YAML documents")] = Path("dialplans"),
    form: Annotated[GraphForm, typer.Option("--format", help="svg, or mermaid for pages that draw it")] = GraphForm.SVG,
    out: Annotated[
        Path | None, typer.Option("--out", help="folder for the pictures; a single one is printed without it")
    ] = None,
) -> None:
    """Draw each flow, and a page of the whole; the longest way to a person is marked."""
    revision = _loaded(folder)
    pages = _pages(revision, flow)
    drawn = {
        f"{page.name}.{_SUFFIXES[form]}": page.svg() if form is GraphForm.SVG else page.mermaid() for page in pages
    }
    if out is None:
        if len(drawn) > 1:
            _give_up(f"{len(drawn)} pictures need a folder: say --out DIR, or name one flow")
        print(*drawn.values(), end="")
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn.items():
            (out / name).write_text(picture, encoding="utf-8")
    except OSError as error:
        _give_up(f"cannot write into {out}: {error.strerror or error}")
    print(f"{len(drawn)} pictures in {out}: {', '.join(drawn)}")


def _pages(revision: Revision, flow: str) -> list[Page]:
    if not flow:
        return [whole_page(revision), *(flow_page(revision, one) for one in revision.flows.values())]
    found = revision.flows.get(FlowId(flow))
    if found is None:
        near = nearest(flow, revision.flows)
        _give_up(f"there is no flow {flow!r}{f'; did you mean {near!r}?' if near else ''}")
    return [flow_page(revision, found)]


def _loaded(folder: Path) -> Revision:
    if not folder.is_dir():
        _give_up(f"there is no folder {folder}; name the one with numbers.yaml in it")
    try:
        return load(folder)
    except FlowErrors as errors:
        print(report(ReportForm.TEXT, folder.as_posix(), errors.diagnostics, __version__), file=sys.stderr)
        raise typer.Exit(WRONG) from None


def _give_up(line: str) -> NoReturn:
    print(f"ivr-engine: {line}", file=sys.stderr)
    raise typer.Exit(COULD_NOT)
