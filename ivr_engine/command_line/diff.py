"""`ivr-engine diff`: what callers notice of a change, before they do."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from ivr_engine import __version__
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import SEOUL
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.differences import REPLIES, compare
from ivr_engine.flow.differences_text import as_markdown, as_plain, as_text
from ivr_engine.flow.recordings import Sounds, read_sounds
from ivr_engine.flow.report import ReportForm, report
from ivr_engine.flow.revision import Revision, load

GIT_SECONDS = 60.0


class DiffForm(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def diff(
    old: Annotated[str, typer.Argument(help="a folder, or a revision of git: HEAD~1, main, a tag")],
    new: Annotated[str, typer.Argument(help="the same; the folder of --dialplans unless said")] = "",
    folder: Annotated[Path, typer.Option("--dialplans", help="where the documents stand in git")] = Path("dialplans"),
    replies: Annotated[
        int, typer.Option("--keys", min=0, max=6, help="how many replies callers are followed")
    ] = REPLIES,
    week: Annotated[str | None, typer.Option(help="a day of the week that is looked at: 2027-02-01; next week")] = None,
    form: Annotated[DiffForm, typer.Option("--format", help="text, markdown or json")] = DiffForm.TEXT,
) -> None:
    """What changes for callers between two sets of documents, per number, in words."""
    monday = _monday(week)
    with _documents(old, folder) as before, _documents(new or str(folder), folder) as after:
        revisions = _loaded(before, old), _loaded(after, new or str(folder))
        found = compare(*revisions, monday, replies, (_sounds(before), _sounds(after)))
    match form:
        case DiffForm.TEXT:
            print(as_text(found))
        case DiffForm.MARKDOWN:
            print(as_markdown(found))
        case DiffForm.JSON:
            print(json.dumps(as_plain(found), ensure_ascii=False, indent=1))


@contextmanager
def _documents(name: str, folder: Path) -> Iterator[Path]:
    """The folder of that name, or what git has there, for as long as it is needed."""
    if Path(name).is_dir():
        yield Path(name)
        return
    if name.startswith("-"):
        give_up(f"{name} is neither a folder nor a revision of git")
    command = ["git", "archive", "--format=tar", f"{name}:./{folder.as_posix()}"]
    try:
        packed = subprocess.run(command, capture_output=True, timeout=GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        give_up(f"{name} is no folder, and git cannot be asked: {error}")
    if packed.returncode:
        said = packed.stderr.decode(errors="replace").strip().splitlines()
        give_up(f"{name} is no folder, and git has no {folder} there: {said[-1] if said else 'it does not say why'}")
    with TemporaryDirectory(prefix="ivr-diff-") as unpacked, tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        _unpack(archive, Path(unpacked))
        yield Path(unpacked)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Its plain files, below the folder alone: `extractall` knows no filter in the Python 3.11.2 of Debian 12."""
    for member in archive:
        path = folder / member.name
        content = archive.extractfile(member) if member.isfile() else None
        if content is not None and path.resolve().is_relative_to(folder.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def _loaded(folder: Path, name: str) -> Revision:
    try:
        return load(folder)
    except FlowErrors as errors:
        print(report(ReportForm.TEXT, name, errors.diagnostics, __version__), file=sys.stderr)
        raise typer.Exit(WRONG) from None


def _sounds(folder: Path) -> Sounds:
    try:
        return read_sounds(folder)
    except OSError as error:
        give_up(f"cannot read the recordings: {error}")


def _monday(week: str | None) -> date:
    if week is None:
        day = datetime.now(SEOUL).date() + timedelta(days=7)
    else:
        try:
            day = date.fromisoformat(week)
        except ValueError:
            give_up(f"--week: {week!r} is no day; write it as 2027-02-01")
    return day - timedelta(days=day.weekday())
