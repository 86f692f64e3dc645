"""`ivr-engine graph`: the flows as pictures."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.documents import loaded
from ivr_engine.command_line.ending import give_up
from ivr_engine.flow.diagnostics import nearest
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import FlowId
from ivr_engine.replay.flow_graph import Page, flow_page, whole_page


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
    revision = loaded(folder)
    pages = _pages(revision, flow)
    drawn = {
        f"{page.name}.{_SUFFIXES[form]}": page.svg() if form is GraphForm.SVG else page.mermaid() for page in pages
    }
    if out is None:
        if len(drawn) > 1:
            give_up(f"{len(drawn)} pictures need a folder: say --out DIR, or name one flow")
        print(*drawn.values(), end="")
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, picture in drawn.items():
            (out / name).write_text(picture, encoding="utf-8")
    except OSError as error:
        give_up(f"cannot write into {out}: {error.strerror or error}")
    print(f"{len(drawn)} pictures in {out}: {', '.join(drawn)}")


def _pages(revision: Revision, flow: str) -> list[Page]:
    if not flow:
        return [whole_page(revision), *(flow_page(revision, one) for one in revision.flows.values())]
    found = revision.flows.get(FlowId(flow))
    if found is None:
        near = nearest(flow, revision.flows)
        give_up(f"there is no flow {flow!r}{f'; did you mean {near!r}?' if near else ''}")
    return [flow_page(revision, found)]
