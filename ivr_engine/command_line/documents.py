"""The operators' documents, for a command that can do nothing without them."""

import sys
from pathlib import Path

import typer

from ivr_engine import __version__
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.report import ReportForm, report
from ivr_engine.flow.revision import Revision, load
from ivr_engine.flow.whole import whole_of


def loaded(folder: Path) -> Revision:
    """What a folder says; ends the command with WRONG and every mistake in it."""
    must_be_whole(folder)
    try:
        return load(folder)
    except FlowErrors as errors:
        print(report(ReportForm.TEXT, folder.as_posix(), errors.diagnostics, __version__), file=sys.stderr)
        raise typer.Exit(WRONG) from None


def must_be_whole(folder: Path) -> None:
    """Ends the command where there is no folder, or only a part of one: nothing can be judged by that."""
    if not folder.is_dir():
        give_up(f"there is no folder {folder}; name the one with numbers.yaml in it")
    whole = whole_of(folder)
    if whole is not None:
        give_up(f"{folder} is a part of {_shown(whole)}, and documents are read as a whole: name {_shown(whole)}")


def _shown(folder: Path) -> str:
    """As one would write it from here."""
    here = Path.cwd()
    return (folder.relative_to(here) if folder.is_relative_to(here) else folder).as_posix()
