"""`ivr-engine report`: service level by six formulas, agents' times and contractors' shares, from the journal."""

import asyncio
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.ending import give_up
from ivr_engine.command_line.moments import moment_ms
from ivr_engine.core.service_level import HEADLINE, Formula
from ivr_engine.replay import recording
from ivr_engine.replay.recording import RecordingError
from ivr_engine.reports import chart, writing
from ivr_engine.reports.book import Report, report_of
from ivr_engine.reports.ports import PastAway
from ivr_engine.reports.question import (
    HOUR_MS,
    INTERVALS,
    USUAL,
    Dimension,
    Kind,
    Question,
    ReportRefused,
    dimensions,
    known_interval_ms,
)
from ivr_engine.reports.table import table_of
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.reporting import JournalPast

SEOUL_DAY_MS = 24 * HOUR_MS


class Form(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    SVG = "svg"


def report(
    kind: Annotated[Kind, typer.Argument(help="what to add up")] = Kind.SERVICE_LEVEL,
    since: Annotated[str, typer.Option("--from", help="Seoul's time: '2026-11-23 10:00'; without: today")] = "",
    until: Annotated[str, typer.Option("--to", help="Seoul's time, not included; without: now")] = "",
    by: Annotated[str, typer.Option(help=f"split by these, with commas: {', '.join(Dimension)}; `all`: one row")] = "",
    interval: Annotated[str, typer.Option(help=f"one of {', '.join(INTERVALS)}")] = "30m",
    formula: Annotated[Formula, typer.Option(help="the one that comes first; all six are told")] = HEADLINE,
    threshold: Annotated[
        float | None, typer.Option(min=0, help="seconds; without: each queue's own answer promise")
    ] = None,
    again: Annotated[float, typer.Option("--again-hours", min=0.1, max=720, help="who calls again within this")] = 24,
    contractor: Annotated[str, typer.Option(help="only what this contractor may see")] = "",
    form: Annotated[Form, typer.Option("--format", help="table, csv, json or svg")] = Form.TABLE,
    file: Annotated[Path | None, typer.Option("--file", help="a recording instead of the database")] = None,
) -> None:
    """Add up the journal: six service levels side by side, waits, abandons, who was resolved at first; live or past."""
    now_ms = int(time.time() * 1000)
    today_ms = (now_ms + 9 * HOUR_MS) // SEOUL_DAY_MS * SEOUL_DAY_MS - 9 * HOUR_MS
    try:
        question = Question(
            moment_ms(since) if since else today_ms,
            moment_ms(until) if until else now_ms + 1,
            kind,
            () if by == "all" else dimensions(by.split(",")) if by else USUAL[kind],
            known_interval_ms(interval),
            None if threshold is None else round(threshold * 1000),
            round(again * HOUR_MS),
            contractor,
        )
        found = _recorded(file, question, now_ms) if file is not None else asyncio.run(_journalled(question, now_ms))
    except (ReportRefused, SettingsRefused, StorageError, PastAway, RecordingError) as known:
        give_up(str(known))
    table = table_of(found, formula)
    written = {Form.TABLE: writing.text, Form.CSV: writing.as_csv, Form.JSON: writing.as_json, Form.SVG: chart.svg}
    print(written[form](table), end="")


def _recorded(file: Path, question: Question, now_ms: int) -> Report:
    _, entries = recording.read(file)
    return report_of(question, entries, min(now_ms, question.reads_to_ms))


async def _journalled(question: Question, now_ms: int) -> Report:
    async with opened(from_environment().database_url) as database:
        return await JournalPast(database).report(question, now_ms)
