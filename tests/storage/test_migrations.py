"""The migrations make exactly the tables that the code says, on both databases, and can be found when installed."""

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from ivr_engine.storage import migrations
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.tables import VERSION_TABLE, metadata


async def test_given_an_empty_database_when_upgraded_then_it_is_what_the_tables_say(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_given_an_upgraded_database_when_upgraded_again_then_nothing_is_lost(empty_url: str) -> None:
    await upgrade(empty_url)
    database = await Database.open(empty_url)
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO boots (epoch, started_at_ms, version) VALUES (7, 1, 'x')"))
    assert await upgrade(empty_url) == migrations.head()
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT epoch FROM boots")) == 7
    await database.dispose()


async def test_given_asterisks_own_tables_beside_ours_when_upgraded_then_they_are_left_alone(empty_url: str) -> None:
    await upgrade(empty_url)
    database = await Database.open(empty_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('asterisk')"))
    await upgrade(empty_url)
    async with database.reading() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "asterisk"
    assert {"alembic_version", VERSION_TABLE, *metadata.tables} == set(names)
    await database.dispose()


async def test_given_two_nodes_that_start_together_when_both_upgrade_then_both_succeed(empty_url: str) -> None:
    assert list(await asyncio.gather(upgrade(empty_url), upgrade(empty_url))) == [migrations.head()] * 2


async def test_given_the_latest_tables_when_every_migration_is_undone_then_none_is_left(empty_url: str) -> None:
    def undo(connection: Connection) -> set[str]:
        config = Config()
        config.set_main_option("script_location", str(migrations.scripts_folder()))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return set(inspect(connection).get_table_names())

    await upgrade(empty_url)
    database = await Database.open(empty_url)
    async with database.writing() as connection:
        assert await connection.run_sync(undo) == {VERSION_TABLE}
    await database.dispose()


def test_given_the_scripts_when_listed_then_they_are_one_line_without_branches() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts_folder()))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    assert [script.revision for script in scripts.walk_revisions()][-1] == "0001"
