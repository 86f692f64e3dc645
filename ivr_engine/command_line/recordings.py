"""`ivr-engine recordings list` and `purge`: the talks that are kept, and the end of those whose days are over."""

import getpass
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import SEOUL
from ivr_engine.core.configuration import kept_days
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.revision import load
from ivr_engine.kept_talks.folder import TalkFolder
from ivr_engine.runtime.clock import SystemClock
from ivr_engine.runtime.ports import KeptTalk, TalksAway
from ivr_engine.settings import Settings, SettingsRefused, from_environment

app = typer.Typer(help="Recorded talks: what is kept, and what is over.", no_args_is_help=True)


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


Written = Annotated[Format, typer.Option("--format", help="table or json")]


@app.command("list")
def list_recordings(
    contact: Annotated[str, typer.Option(help="only this contact's")] = "", written: Written = Format.TABLE
) -> None:
    """Every recording in the folder, the oldest first."""
    _, talks = _folder()
    try:
        found = talks.of_contact(contact) if contact else talks.all()
    except TalksAway as away:
        _give_up(str(away))
    _write(found, written)


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    written: Written = Format.TABLE,
) -> None:
    """Delete recordings whose days are over; the running engine does so every day. Status 1: some could not go."""
    settings, talks = _folder()
    try:
        keep_days = kept_days(load(settings.dialplans).queues)
    except FlowErrors:
        keep_days = {}
        print("the documents have mistakes: each recording's own days count", file=sys.stderr)
    try:
        purged = talks.purge(keep_days, f"{getpass.getuser()} (command line)", dry_run=dry_run)
    except TalksAway as away:
        _give_up(str(away))
    _write(purged.deleted, written)
    print(f"{len(purged.deleted)} {'are due' if dry_run else 'deleted'}", file=sys.stderr)
    for refused in purged.refused:
        print(f"cannot be deleted: {refused}", file=sys.stderr)
    if purged.refused:
        raise typer.Exit(WRONG)


def _folder() -> tuple[Settings, TalkFolder]:
    try:
        settings = from_environment()
    except SettingsRefused as refused:
        _give_up(str(refused))
    return settings, TalkFolder(settings.talks_folder, SystemClock().now_ms)


def _write(talks: Iterable[KeptTalk], written: Format) -> None:
    if written is Format.JSON:
        rows = [{name: getattr(talk, name) for name in KeptTalk.__slots__} for talk in talks]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("queue", "recording", "ended", "kept for", "size", box=None)
    for talk in talks:
        ended = datetime.fromtimestamp(talk.ended_at_ms / 1000, SEOUL).strftime("%Y-%m-%d %H:%M")
        table.add_row(talk.queue, talk.name, ended, f"{talk.keep_days} days", f"{talk.size_bytes / 1000:.0f} kB")
    Console().print(table)


def _give_up(line: str) -> NoReturn:
    give_up(f"{line} (IVR_TALKS, IVR_TALKS_HERE)")
