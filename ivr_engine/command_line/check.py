"""`ivr-engine check`: the operators' documents, judged before they can reach a citizen."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine import __version__
from ivr_engine.asterisk.music import music_classes
from ivr_engine.command_line.documents import must_be_whole
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import SEOUL
from ivr_engine.core.vocabulary import Skill
from ivr_engine.flow.check_directory import check_entries
from ivr_engine.flow.check_music import check_music
from ivr_engine.flow.check_staff import check_staff
from ivr_engine.flow.diagnostics import Diagnostic, FlowErrors, Severity
from ivr_engine.flow.proofs_text import counted, written_proofs
from ivr_engine.flow.report import ReportForm, report
from ivr_engine.flow.revision import Revision, load
from ivr_engine.storage.agents_csv import read_agents
from ivr_engine.storage.csv_source import CsvRefused
from ivr_engine.storage.directory import read_directory
from ivr_engine.storage.errors import StorageError


def check(
    folder: Annotated[Path, typer.Argument(help="folder of YAML documents")] = Path("dialplans"),
    form: Annotated[
        ReportForm,
        typer.Option("--format", help="text; json; github: remarks in a pull request; sarif: for code scanning"),
    ] = ReportForm.TEXT,
    proofs: Annotated[
        bool, typer.Option("--proofs", help="also what was proved of every call, with the way that proves it")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option(help="the CSV of the directory: entries that flows and numbers name are in it")
    ] = None,
    agents: Annotated[
        Path | None, typer.Option(help="the CSV of the counsellors: somebody can meet what each queue and step needs")
    ] = None,
    music: Annotated[
        Path | None, typer.Option(help="the switch's musiconhold.conf: each class of music that queues name is in it")
    ] = None,
) -> None:
    """Read and check the operators' documents; nothing is started. Exit status 1: they cannot be used."""
    must_be_whole(folder)
    codes = _codes(directory) if directory is not None else None
    classes = _classes(music) if music is not None else None
    try:
        revision, warnings = _checked(folder, codes, agents, classes)
    except FlowErrors as errors:
        _tell(report(form, folder.as_posix(), errors.diagnostics, __version__))
        raise typer.Exit(WRONG) from None
    _tell(report(form, folder.as_posix(), warnings, __version__))
    if proofs and form is ReportForm.TEXT:
        print(written_proofs(revision))
    if form is ReportForm.TEXT:
        numbers, queues = counted(len(revision.numbers), "number"), counted(len(revision.queues), "queue")
        print(f"{folder}: {numbers}, {queues}, revision {revision.id}: nothing wrong")


def _checked(
    folder: Path,
    codes: frozenset[str] | None,
    agents: Path | None,
    classes: frozenset[str] | None,
) -> tuple[Revision, tuple[Diagnostic, ...]]:
    """The revision and every warning. Raises FlowErrors."""
    revision = load(folder, today=datetime.now(SEOUL).date())
    unknown = check_entries(revision, codes) if codes is not None else ()
    unmet = check_staff(revision, _staff(agents, revision)) if agents is not None else ()
    silent = check_music(revision, classes) if classes is not None else ()
    wrong = (*unknown, *unmet, *silent)
    if any(one.severity is Severity.ERROR for one in wrong):
        raise FlowErrors(wrong)
    return revision, (*revision.warnings, *wrong)


def _staff(agents: Path, revision: Revision) -> list[Mapping[Skill, int]]:
    """What each counsellor can do; a skill that the documents do not have is a slip of the pen."""
    try:
        return [agent.skills for agent in read_agents(agents, revision.skills)]
    except (CsvRefused, StorageError) as refused:
        give_up(str(refused))


def _codes(directory: Path) -> frozenset[str]:
    try:
        return frozenset(entry.entry for entry in read_directory(directory))
    except StorageError as refused:
        give_up(str(refused))


def _classes(file: Path) -> frozenset[str]:
    try:
        return music_classes(file)
    except OSError as error:
        give_up(f"cannot read {file}: {error.strerror}; name the switch's musiconhold.conf")


def _tell(text: str) -> None:
    if text:
        print(text)
