"""The databases of scenarios: at the newest schema, with the counsellors and officials that a scenario has.

Made once for each set and copied: migrations cost seconds of CPU, an import a hundred turns of the loop that all phones
and proxies of a run share; a copy costs one.
"""

import asyncio
import csv
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ivr_engine.replay.scenario import AgentPlan, RecipientPlan
from ivr_engine.storage import agents_csv, directory
from ivr_engine.storage.database import Database, upgrade


async def empty_database(folder: Path) -> Path:
    """A database at the newest schema, to be copied."""
    path = folder / "empty.sqlite3"
    await upgrade(f"sqlite+aiosqlite:///{path}")
    _settle(path)
    return path


Row = tuple[str, ...]


class People:
    """Gives each scenario the file to copy; `template` is an empty database, the others are made beside it."""

    def __init__(self, template: Path) -> None:
        self._template = template
        self._made: dict[tuple[tuple[Row, ...], tuple[Row, ...]], asyncio.Task[Path]] = {}

    async def database(self, agents: Sequence[AgentPlan], recipients: Sequence[RecipientPlan]) -> Path:
        """A file to be copied, as an import from the contractors' lists leaves it."""
        staff = tuple(
            (each.id, each.id, each.contractor, " ".join(f"{skill}:{level}" for skill, level in each.skills.items()))
            for each in agents
        )
        officials = tuple((each.entry, "office", each.entry, "", each.number) for each in recipients)
        key = (staff, officials)
        if key not in self._made:
            path = self._template.with_name(f"people-{len(self._made)}.sqlite3")
            self._made[key] = asyncio.create_task(self._make(path, staff, officials))
        return await asyncio.shield(self._made[key])

    async def _make(self, path: Path, staff: Sequence[Row], officials: Sequence[Row]) -> Path:
        shutil.copy(self._template, path)
        database = await Database.open(f"sqlite+aiosqlite:///{path}")
        try:
            if staff:
                await agents_csv.import_agents(database, _csv(path, ".agents.csv", agents_csv.COLUMNS, staff))
            if officials:
                columns = directory.COLUMNS
                await directory.import_directory(database, _csv(path, ".directory.csv", columns, officials))
        finally:
            await database.dispose()
        _settle(path)
        return path


def _csv(beside: Path, suffix: str, columns: Row, rows: Sequence[Row]) -> Path:
    path = beside.with_suffix(suffix)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def _settle(path: Path) -> None:
    """Everything is in the file itself, so that a copy of it is whole."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
