"""The connection to the database: opened with errors that a person can act on, closed without leftovers.

SQLite is the embedded default, PostgreSQL the grown-up one; everything above this module is the same for both.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ivr_engine.storage import migrations
from ivr_engine.storage.errors import BadDatabaseUrl, CannotConnect, SchemaMissing, UnknownDriver

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")

CONNECT_SECONDS = 5.0
"""A database that takes longer than this to answer is away, as far as a start is concerned."""

STATEMENT_SECONDS = 30.0
"""No statement of ours takes a second; a connection that hangs longer is dead and must not keep the journal."""

LOCK_WAIT_SECONDS = 5.0
"""How long SQLite waits for another writer (a backup, an import) before it says so."""

CONNECTIONS = 5
"""The journal's writer, a recovery or an import, and three readers for reports."""

AWAY = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a database that is away, restarting or full raises: SQLAlchemy wraps most of the drivers' errors, not all."""

_WRITES = "ivr_writes"

T = TypeVar("T")


class Database:
    """One engine of SQLAlchemy, whose tables were found to be this version's."""

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self.engine = engine
        self.place = place
        """What it is, for logs: driver, host and name; never an account or a password."""
        self._threaded: Engine | None = None
        if engine.dialect.name == "sqlite":
            self._threaded = create_engine(engine.url.set(drivername="sqlite"), pool_size=1, max_overflow=0)
            _listen_to_sqlite(self._threaded)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect and check the tables.

        Raises BadDatabaseUrl, UnknownDriver, CannotConnect, SchemaMissing, SchemaOld or SchemaUnknown; nothing is
        created and nothing stays open then.
        """
        parsed = _parse(url)
        file = _sqlite_file(parsed)
        if file is not None and not file.exists():
            # To connect would create it, and a start with a mistyped path would go on with an empty journal.
            raise SchemaMissing(f"there is no database {file} yet", migrations.UPGRADE_HINT)
        await _try_sqlite(parsed)
        database = cls(_engine(parsed), _place(parsed))
        try:
            with reaching(database.place):
                async with database.reading() as connection:
                    await connection.run_sync(migrations.check_schema)
        except BaseException:
            await database.dispose()
            raise
        return database

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one moment of the database. Raises what is in `AWAY`."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back by an exception. Raises what is in `AWAY`."""
        async with self.engine.connect() as connection:
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Do the work in one transaction and commit it. Raises what is in `AWAY`, and what the work raises.

        For work of many statements: on SQLite all of it is done in one thread, where aiosqlite would change threads
        four times for each statement (measured: half of the journal's CPU). A cancelled caller leaves it unknown
        whether the work was committed.
        """
        if self._threaded is None:
            async with self.writing() as connection:
                return await connection.run_sync(work)
        return await asyncio.to_thread(_transact, self._threaded, work)

    async def dispose(self) -> None:
        """Close all connections (aiosqlite keeps a thread for each)."""
        await self.engine.dispose()
        if self._threaded is not None:
            self._threaded.dispose()


async def upgrade(url: str) -> str:
    """Create the tables, or bring them to this version: all of it or nothing. Returns the version they have now.

    Raises BadDatabaseUrl, UnknownDriver, CannotConnect or SchemaUnknown. Safe while other nodes do the same.
    """
    parsed = _parse(url)
    await _try_sqlite(parsed)
    # A new index over years of journal takes longer than any statement of the running engine may.
    database = Database(_engine(parsed, statement_seconds=None), _place(parsed))
    try:
        with reaching(database.place):
            async with database.writing() as connection:
                await connection.run_sync(migrations.bring_to_head)
    finally:
        await database.dispose()
    return migrations.head()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database for one errand, closed behind it. Raises as `Database.open`, and CannotConnect when it goes away."""
    database = await Database.open(url)
    try:
        with reaching(database.place):
            yield database
    finally:
        await database.dispose()


@contextmanager
def reaching(place: str) -> Iterator[None]:
    """What a database that is away raises becomes CannotConnect, for whoever cannot go on without it."""
    try:
        yield
    except AWAY as error:
        likely = "is the folder there and writable" if place.startswith("sqlite") else "is it running"
        raise CannotConnect(
            f"cannot use the database {place}: {_reason(error)}", f"{likely}, and IVR_DATABASE_URL right?"
        ) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Neither the URL nor the parser's words: both may hold the password.
        raise BadDatabaseUrl("the database URL cannot be read", _examples()) from None
    if parsed.drivername not in DRIVERS:
        raise UnknownDriver(f"the database URL begins with {parsed.drivername!r}", _examples())
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        raise BadDatabaseUrl("the database URL names no database that keeps anything", _examples())
    password = parsed.query.get("password")
    if isinstance(password, str):  # in its own place no representation of the URL shows it
        parsed = parsed.difference_update_query(["password"]).set(password=password)
    return parsed


def _examples() -> str:
    return (
        "use sqlite+aiosqlite:///ivr-engine.sqlite3 or postgresql+asyncpg://USER:PASSWORD@HOST/NAME in IVR_DATABASE_URL"
    )


def _place(url: URL) -> str:
    return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


async def _try_sqlite(url: URL) -> None:
    """Open the file once without aiosqlite: a connection that fails there leaves a thread, which may complain later."""

    def open_once() -> None:
        with closing(sqlite3.connect(str(url.database), timeout=LOCK_WAIT_SECONDS)) as connection:
            connection.execute("PRAGMA schema_version")

    if url.drivername.startswith("sqlite"):
        with reaching(_place(url)):
            await asyncio.to_thread(open_once)


def _sqlite_file(url: URL) -> Path | None:
    return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None


def _reason(error: BaseException) -> str:
    """The driver's own words in one line, without the statement that SQLAlchemy appends."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_SECONDS:.0f} s"
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return " ".join(words.split()) or type(error).__name__


def _engine(url: URL, statement_seconds: float | None = STATEMENT_SECONDS) -> AsyncEngine:
    connect: dict[str, Any] = {}
    if url.drivername.startswith("postgresql"):
        connect = {
            "timeout": CONNECT_SECONDS,
            "command_timeout": statement_seconds,
            "server_settings": {"application_name": "ivr-engine"},
        }
    try:
        engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0, connect_args=connect)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise UnknownDriver(f"the driver {url.drivername} cannot be loaded", "reinstall ivr-engine") from error
    if engine.dialect.name == "sqlite":
        _listen_to_sqlite(engine.sync_engine)
    return engine


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            return work(connection)


def _listen_to_sqlite(engine: Engine) -> None:
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


_PRAGMAS = (
    "journal_mode = WAL",  # readers and the journal's writer do not wait for each other
    "synchronous = NORMAL",  # one sync a checkpoint: a killed process loses nothing, a power cut the last commits
    "foreign_keys = ON",
    f"busy_timeout = {int(LOCK_WAIT_SECONDS * 1000)}",
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin late and leave out DDL; ours are begun by hand below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for the lock; who means to write takes it at once.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
