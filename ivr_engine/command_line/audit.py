"""`ivr-engine audit`: who looked at which citizen's data, and who imported which list."""

import asyncio
import getpass
import json
import re
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from ivr_engine.command_line.ending import give_up
from ivr_engine.command_line.moments import SEOUL, written_moment
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.audit import Audited, AuditQuestion, latest
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError


class AuditForm(StrEnum):
    TEXT = "text"
    JSON = "json"


def audit(
    who: Annotated[str, typer.Option(help="name of a token, or cli:USER")] = "",
    contact: Annotated[str, typer.Option(help="whose data, or which file")] = "",
    since: Annotated[str, typer.Option("--from", help="Seoul's day: 2026-11-23")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    form: Annotated[AuditForm, typer.Option("--format", help="text or json")] = AuditForm.TEXT,
) -> None:
    """Who looked at which citizen's data, and who imported which list: the newest first. Kept for two years."""
    try:
        rows = asyncio.run(
            _read(from_environment().database_url, AuditQuestion(who, contact, _moment_ms(since), limit))
        )
    except (StorageError, SettingsRefused) as known:
        give_up(str(known))
    if form is AuditForm.JSON:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return
    for row in rows:
        print(_line(row))


def user() -> str:
    """Who works at this machine, as the audit names them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return "cli:" + re.sub(r"[^A-Za-z0-9_.@-]", "_", name)[:64]


def _line(row: Audited) -> str:
    when = written_moment(row.at_ms)
    detail = f"  {row.detail}" if row.detail else ""
    return f"{when}  {row.who:16}  {row.what.replace('_', ' '):20}  {row.subject}{detail}"


def _moment_ms(day: str) -> int:
    if not day:
        return 0
    try:
        return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=SEOUL).timestamp() * 1000)
    except ValueError:
        give_up(f"--from {day}: write a day as 2026-11-23")


async def _read(url: str, question: AuditQuestion) -> tuple[Audited, ...]:
    async with opened(url) as database:
        return await latest(database, question)
