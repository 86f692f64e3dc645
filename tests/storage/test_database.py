"""A database opens with our tables, or says in one line why not."""

import asyncio
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ivr_engine.storage import errors, migrations
from ivr_engine.storage.database import Database, upgrade

SECRET = "pa55-w0rd"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", errors.BadDatabaseUrl),
        ("nonsense", errors.BadDatabaseUrl),
        (f"postgresql+asyncpg://ivr:{SECRET}@host:port/ivr", errors.BadDatabaseUrl),
        (f"postgresql+asyncpg://ivr:{SECRET}@host", errors.BadDatabaseUrl),
        ("sqlite+aiosqlite://", errors.BadDatabaseUrl),
        ("sqlite+aiosqlite:///:memory:", errors.BadDatabaseUrl),
        ("sqlite+aiosqlite:///file:engine?mode=memory&uri=true", errors.BadDatabaseUrl),
        ("sqlite:///engine.sqlite3", errors.UnknownDriver),
        (f"postgresql://ivr:{SECRET}@host/ivr", errors.UnknownDriver),
        (f"mysql+aiomysql://ivr:{SECRET}@host/ivr", errors.UnknownDriver),
        (f"postgresql+asyncpg://ivr:{SECRET}@127.0.0.1:1/ivr", errors.CannotConnect),
        (f"postgresql+asyncpg:///ivr?host=/nonexistent&password={SECRET}", errors.CannotConnect),
    ],
)
async def test_given_a_wrong_url_when_opened_then_one_line_says_what_to_do_without_the_password(
    url: str, error: type[errors.StorageError]
) -> None:
    for open_it in (Database.open, upgrade):
        with pytest.raises(error) as caught:
            await open_it(url)
        assert "\n" not in str(caught.value)
        assert caught.value.hint
        assert SECRET not in str(caught.value)


async def test_given_a_folder_that_is_not_there_when_upgraded_then_it_cannot_connect(tmp_path: Path) -> None:
    with pytest.raises(errors.CannotConnect, match="unable to open database file; is the folder there"):
        await upgrade(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'engine.sqlite3'}")


async def test_given_a_mistyped_path_when_opened_then_no_file_is_made(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(errors.SchemaMissing, match="db upgrade"):
        await Database.open(sqlite_url)
    assert os.listdir(tmp_path) == []


async def test_given_a_file_that_is_no_database_when_opened_then_it_says_so_and_leaves_no_thread(
    sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "engine.sqlite3").write_text("a letter, not a database\n" * 100)
    for open_it in (Database.open, upgrade):
        threads = set(threading.enumerate())
        with pytest.raises(errors.CannotConnect, match="file is not a database"):
            await open_it(sqlite_url)
        started = set(threading.enumerate()) - threads
        assert [thread.name for thread in started if not thread.name.startswith("asyncio_")] == []


async def test_given_a_database_without_our_tables_when_opened_then_the_hint_is_to_upgrade(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        sqlite3.connect(empty_url.removeprefix("sqlite+aiosqlite:///")).execute("CREATE TABLE other (id)")
    with pytest.raises(errors.SchemaMissing, match="ivr-engine db upgrade"):
        await Database.open(empty_url)


@pytest.mark.parametrize(("revision", "error"), [("9999", errors.SchemaUnknown), ("", errors.SchemaMissing)])
async def test_given_tables_of_another_version_when_opened_then_they_are_not_touched(
    sqlite: Database, sqlite_url: str, revision: str, error: type[errors.StorageError]
) -> None:
    async with sqlite.writing() as connection:
        await connection.execute(text("DELETE FROM ivr_alembic_version"))
        if revision:
            await connection.execute(text("INSERT INTO ivr_alembic_version VALUES (:it)"), {"it": revision})
    with pytest.raises(error):
        await Database.open(sqlite_url)


async def test_given_tables_of_a_later_version_when_upgraded_then_it_is_refused(
    sqlite: Database, sqlite_url: str
) -> None:
    async with sqlite.writing() as connection:
        await connection.execute(text("UPDATE ivr_alembic_version SET version_num = '9999'"))
    with pytest.raises(errors.SchemaUnknown, match="9999"):
        await upgrade(sqlite_url)


async def test_given_tables_of_an_earlier_version_when_opened_then_the_hint_is_to_upgrade(
    sqlite: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = f"version {migrations.head()}, this engine needs 9999; run `ivr-engine db upgrade`"
    monkeypatch.setattr("ivr_engine.storage.migrations.head", lambda: "9999")
    with pytest.raises(errors.SchemaOld, match=says):
        await Database.open(sqlite_url)


async def test_given_sqlite_when_connected_then_it_keeps_a_log_waits_for_locks_and_minds_keys(sqlite: Database) -> None:
    async with sqlite.reading() as connection:
        values = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 1, 1, 5000]


async def test_given_work_that_fails_when_transacted_then_nothing_of_it_stays(database: Database) -> None:
    def work(connection: Connection, fail: bool) -> None:
        connection.execute(text("INSERT INTO boots (epoch, started_at_ms, version) VALUES (1, 1, 'x')"))
        if fail:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.transact(lambda connection: work(connection, True))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM boots")) == 0
    await database.transact(lambda connection: work(connection, False))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM boots")) == 1


async def test_given_an_open_reader_when_written_then_neither_waits(database: Database) -> None:
    async with asyncio.timeout(2), database.reading() as reader:
        assert await reader.scalar(text("SELECT count(*) FROM boots")) == 0
        row = text("INSERT INTO boots (epoch, started_at_ms, version) VALUES (1, 1, 'x')")
        await database.transact(lambda connection: connection.execute(row))


async def test_given_a_password_when_opened_then_the_place_for_logs_has_none(postgres_url: str) -> None:
    await upgrade(f"{postgres_url}&password={SECRET}")
    database = await Database.open(f"{postgres_url}&password={SECRET}")
    assert database.place.startswith("postgresql+asyncpg:///")
    assert SECRET not in database.place
    assert SECRET not in repr(database.engine.url)
    await database.dispose()
