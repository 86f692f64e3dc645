"""Bringing a database's tables to this version, and telling how far they are.

The migrations themselves are alembic scripts in `migrations/` of the source tree, installed beside this module.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ivr_engine.storage.errors import SchemaMissing, SchemaOld, SchemaUnknown
from ivr_engine.storage.tables import VERSION_TABLE

UPGRADE_HINT = "run `ivr-engine db upgrade`"

_ONE_AT_A_TIME = 0x49_56_52  # "IVR": any number that no other user of the database locks


def scripts_folder() -> Path:
    """Where the migration scripts are: inside an installed package, or at the top of a source tree."""
    installed = Path(__file__).parent / "_migrations"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "migrations"


def bring_to_head(connection: Connection) -> None:
    """Run every migration that is missing, inside the caller's transaction. Raises SchemaUnknown."""
    if connection.dialect.name == "postgresql":
        # Two nodes that start together must not both create the tables.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    _refuse_unknown(revision_of(connection))
    command.upgrade(_config(connection), "head")


def check_schema(connection: Connection) -> None:
    """Raise SchemaMissing, SchemaOld or SchemaUnknown unless the tables are exactly this version's."""
    revision = revision_of(connection)
    if revision is None:
        raise SchemaMissing("the database has no tables of the engine", UPGRADE_HINT)
    _refuse_unknown(revision)
    if revision != head():
        raise SchemaOld(f"the database's tables are of version {revision}, this engine needs {head()}", UPGRADE_HINT)


def revision_of(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def head() -> str:
    """The version of the tables that this engine works with."""
    revision = _scripts().get_current_head()
    assert revision is not None, f"no migrations in {scripts_folder()}"
    return revision


def _refuse_unknown(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaUnknown(
            f"the database's tables are of version {revision}, which this engine does not know",
            "use the engine that upgraded them, or a later one",
        )


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
