"""`ivr-engine prompts build|check|list`: what 120 can say, and the recordings that are missing.

Exit status: 0 done or nothing wrong, 1 something is missing, too long or could not be made, 2 could not begin.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.flow.built import MarksUnreadable, read_marks
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.recordings import FOLDER
from ivr_engine.voice.build import build, marks_file, remove
from ivr_engine.voice.plan import TO_BUILD, Found, State, Wanted, leftovers, read_manifest, survey, wanted
from ivr_engine.voice.recording import NARROW, WIDE
from ivr_engine.voice.tools import ToolsMissing, find_tools

SHOWN = 60
"""Letters of a text in a line of `list`: a terminal's width less the other columns."""

app = typer.Typer(help="What can be said, and the recordings of it.", no_args_is_help=True)


class Form(StrEnum):
    """How `list` tells what there is."""

    TEXT = "text"
    JSON = "json"


Folder = Annotated[Path, typer.Argument(help="folder of YAML documents")]
Language = Annotated[str | None, typer.Option("--language", help="this language alone")]


@app.command("build")
def build_command(
    folder: Folder = Path("dialplans"),
    only: Annotated[list[str] | None, typer.Option("--only", help="these prompts alone, by name")] = None,
    language: Language = None,
    everything: Annotated[bool, typer.Option("--all", help="make anew also what is up to date")] = False,
    wide: Annotated[bool, typer.Option("--wide", help="16 kHz (.wav16) instead of 8 kHz (.wav)")] = False,
    tools: Annotated[Path | None, typer.Option("--tools", help="folder with espeak-ng and sox in it")] = None,
) -> None:
    """Make the recordings that are missing or whose text has changed. A person's recording is never overwritten."""
    rate = WIDE if wide else NARROW
    root = folder / FOLDER
    manifest = _manifest(folder)
    wishes = list(wanted(manifest))
    chosen = [one for one in wishes if _is_chosen(one, only, language)]
    if only and not chosen:
        give_up(f"no such prompt as {', '.join(only)}")
    with _known_trouble():
        found = survey(root, chosen, read_marks(marks_file(root, rate)), rate)
        again = (*TO_BUILD, State.BUILT) if everything else TO_BUILD
        jobs = [(one.wanted, one.wanted.voice) for one in found if one.state in again and one.wanted.voice is not None]
        failures = []
        if jobs:
            found_tools = find_tools(tools)
            with _progress() as progress:
                bar = progress.add_task("recordings", total=len(jobs))
                failures = build(root, jobs, found_tools, rate, lambda _: progress.advance(bar))
        gone = [] if only or language else leftovers(root, wishes, read_marks(marks_file(root, rate)), rate)
        if gone:
            remove(root, gone, rate)
    for failure in failures:
        print(f"{FOLDER}/{failure.name}{rate.suffix}: {failure.reason}", file=sys.stderr)
    kept = sum(1 for one in found if one.state is State.RECORDED)
    print(
        f"{root}: {len(jobs) - len(failures)} made, {len(found) - len(jobs)} as they were"
        f" ({kept} recorded by people), {len(gone)} taken away"
    )
    unreadable = [one.wanted.name for one in found if one.state is State.UNREADABLE]
    for name in unreadable:
        print(f"{FOLDER}/{name}: the voice cannot read this text; give the prompt a reading in kana", file=sys.stderr)
    if failures or unreadable:
        raise typer.Exit(WRONG)


@app.command()
def check(folder: Folder = Path("dialplans"), language: Language = None) -> None:
    """What is missing, out of date or too long, and in which languages nobody speaks. Exit status 1: something is."""
    found = _found(folder, language)
    wrong = [one for one in found if one.state in (*TO_BUILD, State.UNREADABLE) or one.too_long]
    for one in wrong:
        print(f"{FOLDER}/{one.wanted.name}.wav: {_trouble(one)}")
    instead = _manifest(folder).instead
    for silent in sorted({one.wanted.language for one in found if one.state is State.UNVOICED}):
        count = sum(1 for one in found if one.state is State.UNVOICED and one.wanted.language == silent)
        heard = f"{instead[silent]} is heard" if silent in instead else "nothing is heard"
        print(f"{silent}: {count} sentences without a voice; {heard}")
    print(f"{folder / FOLDER}: {len(found)} recordings wanted, {len(wrong)} wrong")
    if wrong:
        raise typer.Exit(WRONG)


@app.command("list")
def list_command(
    folder: Folder = Path("dialplans"),
    language: Language = None,
    values: Annotated[bool, typer.Option("--values", help="the fragments of numbers and dates too")] = False,
    form: Annotated[Form, typer.Option("--format", help="text, or a JSON list")] = Form.TEXT,
) -> None:
    """Every sentence: its recording, its length, and who speaks it."""
    found = [one for one in _found(folder, language) if values or not one.wanted.is_fragment]
    if form is Form.JSON:
        rows = [
            {
                "recording": one.wanted.name,
                "language": one.wanted.language,
                "state": one.state.value,
                "milliseconds": one.length_ms,
                "text": one.wanted.text,
            }
            for one in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in found:
        length = f"{one.length_ms:>6} ms" if one.length_ms is not None else "         "
        print(f"{one.state.value:<10} {length}  {one.wanted.name:<40} {one.wanted.text[:SHOWN]}")


def _found(folder: Path, language: str | None) -> list[Found]:
    chosen = [one for one in wanted(_manifest(folder)) if _is_chosen(one, None, language)]
    root = folder / FOLDER
    with _known_trouble():
        return survey(root, chosen, read_marks(marks_file(root)))


def _is_chosen(one: Wanted, only: list[str] | None, language: str | None) -> bool:
    named = not only or one.name.partition("/")[2] in only
    return named and language in (None, one.language)


def _trouble(one: Found) -> str:
    if one.too_long:
        return f"takes {one.length_ms} ms, may take {one.wanted.ceiling_ms}"
    match one.state:
        case State.STALE:
            return "says another text than the manifest; ivr-engine prompts build makes it anew"
        case State.UNREADABLE:
            return "the voice cannot read this text; give the prompt a reading in kana"
        case _:
            return "missing; record it, or: ivr-engine prompts build"


def _manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        give_up(f"there is no folder {folder}; name the one with prompts.yaml in it")
    try:
        return read_manifest(folder)
    except FlowErrors as errors:
        print(errors, file=sys.stderr)
        raise typer.Exit(WRONG) from None


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


@contextmanager
def _known_trouble() -> Iterator[None]:
    try:
        yield
    except (ToolsMissing, MarksUnreadable) as known:
        give_up(str(known))
    except OSError as error:
        give_up(f"{error.filename or FOLDER}: {error.strerror or error}")
