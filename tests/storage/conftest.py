"""Databases with the engine's tables, on both kinds of servers, and entries to write into them."""

import asyncio
import itertools
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ivr_engine.core.commands import Command
from ivr_engine.core.events import Event, TimePassed
from ivr_engine.core.notices import Notice
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.tables import metadata
from sandbox.postgres import STOP_SECONDS, PostgresServer


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A place for a database that nobody has made yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'engine.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the tables, to be copied: a migration for each test would take most of the time."""
    file = tmp_path_factory.mktemp("migrated") / "engine.sqlite3"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The URL of a PostgreSQL database with the tables, emptied for each test: to create one takes 20 times as long."""
    url = postgres_server.create_database("storage")
    asyncio.run(upgrade(url))
    return url


@pytest.fixture
async def sqlite(sqlite_url: str, migrated_file: Path) -> AsyncIterator[Database]:
    """A SQLite database with the tables."""
    shutil.copy(migrated_file, sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    database = await Database.open(sqlite_url)
    yield database
    await database.dispose()


@pytest.fixture
async def postgres(migrated_postgres: str) -> AsyncIterator[Database]:
    """A PostgreSQL database with the tables, and nothing in them."""
    database = await Database.open(migrated_postgres)
    async with database.writing() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))
    yield database
    await database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """One of each kind: whoever takes this runs twice."""
    database: Database = request.getfixturevalue(request.param)
    return database


Entries = Callable[..., JournalEntry]


@pytest.fixture
def entry() -> Entries:
    """Makes entries with rising numbers: `entry(event, *notices)`."""
    numbers = itertools.count(1)

    def make(
        event: Event | None = None, *notices: Notice, commands: tuple[Command, ...] = (), epoch: int = 1, **given: Any
    ) -> JournalEntry:
        seq = given.get("seq") or next(numbers)
        return JournalEntry(epoch, seq, given.get("at_ms", 1_000 + seq), event or TimePassed(), commands, notices)

    return make


class StoppablePostgres(PostgresServer):
    """A server that can be away for a while and come back with its data."""

    def pause(self) -> None:
        """A fast shutdown: transactions under way are broken off, connections cut."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(STOP_SECONDS)

    def resume(self) -> None:
        """Start it again on the same data."""
        self._launch()
        self._wait_until_ready()


@pytest.fixture
def stoppable_postgres() -> Iterator[StoppablePostgres]:
    """A server of this test alone."""
    with StoppablePostgres() as server:
        yield server
