"""`ivr-engine agent import` and `ivr-engine directory import`: the lists that a site keeps of its people.

A running engine looks for the audit's row of an import, and takes the list within a second.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.audit import user
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.agents_csv import Imported, import_agents
from ivr_engine.storage.audit import AGENTS_IMPORTED, DIRECTORY_IMPORTED, Audited, keep
from ivr_engine.storage.csv_source import CsvRefused
from ivr_engine.storage.database import Database, opened
from ivr_engine.storage.directory import import_directory
from ivr_engine.storage.errors import StorageError

agent = typer.Typer(help="The counsellors who take contacts.", no_args_is_help=True)
directory = typer.Typer(help="Officials whom a contact may be handed to.", no_args_is_help=True)

Retire = Annotated[bool, typer.Option("--retire-missing", help="rows that are not in the file become inactive")]


@agent.command("import")
def agent_import(file: Path, retire_missing: Retire = False) -> None:
    """Counsellors from a CSV: agent, name, contractor, skills (as `transport:3 water:2`), and more."""
    _take(AGENTS_IMPORTED, file, lambda database: import_agents(database, file, retire_missing=retire_missing))


@directory.command("import")
def directory_import(file: Path, retire_missing: Retire = False) -> None:
    """Officials from a CSV: entry, department, official, duties, number."""
    _take(DIRECTORY_IMPORTED, file, lambda database: import_directory(database, file, retire_missing=retire_missing))


def _take(what: str, file: Path, work: Callable[[Database], Awaitable[Imported]]) -> None:
    try:
        print(asyncio.run(_imported(from_environment().database_url, what, file, work)))
    except CsvRefused as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(WRONG) from None
    except (SettingsRefused, StorageError) as known:
        give_up(str(known))


async def _imported(url: str, what: str, file: Path, work: Callable[[Database], Awaitable[Imported]]) -> str:
    async with opened(url) as database:
        done = await work(database)
        await keep(database, Audited(time.time_ns() // 1_000_000, user(), what, file.name, str(done)))
        return str(done)
