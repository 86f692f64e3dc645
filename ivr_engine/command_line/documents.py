"""The operators' documents, for a command that can do nothing without them."""

import sys
from pathlib import Path

import typer

from ivr_engine import __version__
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.report import ReportForm, report
from ivr_engine.flow.revision import Revision, load


def loaded(folder: Path) -> Revision:
    """What a folder says; ends the command with WRONG and every mistake in it."""
    if not folder.is_dir():
        give_up(f"there is no folder {folder}; name the one with numbers.yaml in it")
    try:
        return load(folder)
    except FlowErrors as errors:
        print(report(ReportForm.TEXT, folder.as_posix(), errors.diagnostics, __version__), file=sys.stderr)
        raise typer.Exit(WRONG) from None
