"""`ivr-engine numbers import` and `export`: the registry in a spreadsheet, and back without losing a letter."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ivr_engine.command_line.documents import must_be_whole
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.flow.diagnostics import Diagnostics, FlowErrors
from ivr_engine.flow.numbers import NumberEntry, Registry
from ivr_engine.flow.numbers_csv import csv_of, numbers_of
from ivr_engine.flow.numbers_document import Named, read_rows
from ivr_engine.flow.numbers_yaml import changes, edited
from ivr_engine.flow.revision import Revision, load

app = typer.Typer(help="The numbers that citizens dial.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="folder of YAML documents")]


@app.command("export")
def export_numbers(
    folder: Folder = Path("dialplans"),
    out: Annotated[Path | None, typer.Option("--out", help="write into this file instead", dir_okay=False)] = None,
) -> None:
    """Every number as CSV, for a spreadsheet."""
    shown = csv_of(_loaded(folder).numbers)
    if out is None:
        print(shown, end="")
        return
    try:
        out.write_text(shown, encoding="utf-8", newline="")
    except OSError as error:
        give_up(f"cannot write {out}: {error.strerror or os.fspath(out)}")


@app.command("import")
def import_numbers(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of `export`", dir_okay=False)],
    folder: Folder = Path("dialplans"),
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="numbers that are not in the file go")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change, and change nothing")] = False,
) -> None:
    """Numbers from a CSV into the folder, all or nothing. Exit status 1: something in the file is wrong."""
    revision = _loaded(folder)
    document = _home(revision.numbers, folder)
    imported = _imported(file, revision)
    kept = {} if remove_missing else revision.numbers.entries
    entries = {**kept, **imported.entries}
    added, changed, same, removed = changes(revision.numbers.entries, entries)
    content = edited(_read(document), revision.numbers, entries)
    _must_load(folder, document, content, entries)
    if not dry_run and added + changed + removed:
        _replace(document, content)
    would = "would be " if dry_run else ""
    print(f"{document}: {added} {would}added, {changed} changed, {same} as they were, {removed} removed")


def _imported(file: Path, revision: Revision) -> Registry:
    diagnostics = Diagnostics()
    try:
        rows = numbers_of(file.name, file.read_bytes(), diagnostics)
    except OSError as error:
        give_up(f"cannot read {file}: {error.strerror or os.fspath(file)}")
    if rows is None:
        _refuse(diagnostics)
    known = Named(
        prompts=frozenset(revision.manifest.texts),
        queues=frozenset(queue.id for queue in revision.queues),
        skills=revision.skills,
        flows=frozenset(revision.flows),
        calendars=frozenset(revision.hours.calendars),
    )
    registry = read_rows(rows, known, revision.person, revision.numbers, diagnostics)
    if diagnostics.errors:
        _refuse(diagnostics)
    return registry


def _home(registry: Registry, folder: Path) -> Path:
    """The one document in which the numbers stand."""
    files = sorted({place.file for place in registry.places.values()})
    if len(files) != 1:
        give_up(f"the numbers stand in several documents ({', '.join(files)}): make them one before an import")
    return folder / files[0]


def _read(document: Path) -> str:
    try:
        return document.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        give_up(f"cannot read {document}: {error}")


def _must_load(folder: Path, document: Path, content: str, entries: dict[str, NumberEntry]) -> None:
    """The folder with the new document is right and means just what was asked for, before anything is replaced."""
    with tempfile.TemporaryDirectory() as made:
        trial = Path(made) / "dialplans"
        shutil.copytree(folder, trial, ignore=lambda _, names: [name for name in names if name in ("prompts", ".git")])
        if (folder / "prompts").is_dir():
            (trial / "prompts").symlink_to((folder / "prompts").resolve())
        (trial / document.relative_to(folder)).write_text(content, encoding="utf-8")
        try:
            numbers = load(trial).numbers
        except FlowErrors as errors:
            print("\n".join(map(str, errors.diagnostics)), file=sys.stderr)
            raise typer.Exit(WRONG) from None
    if numbers.entries != entries:
        give_up(f"cannot write the numbers into {document}: give the section 'numbers' a line of its own")


def _replace(document: Path, content: str) -> None:
    """At once, so that whoever reads meanwhile sees the old document or the new one."""
    new = document.with_name(f".{document.name}.new")
    try:
        new.write_text(content, encoding="utf-8")
        if document.exists():
            shutil.copymode(document, new)
        new.replace(document)
    except OSError as error:
        new.unlink(missing_ok=True)
        give_up(f"cannot write {document}: {error.strerror or os.fspath(document)}")


def _loaded(folder: Path) -> Revision:
    must_be_whole(folder)
    try:
        return load(folder)
    except FlowErrors as errors:
        print(f"{errors.diagnostics[0]}; see all of it with: ivr-engine check {folder}", file=sys.stderr)
        raise typer.Exit(WRONG) from None


def _refuse(diagnostics: Diagnostics) -> NoReturn:
    print("\n".join(map(str, diagnostics.in_order())), file=sys.stderr)
    raise typer.Exit(WRONG)
