"""`ivr-engine db upgrade`: the tables of this version."""

import asyncio

import typer

from ivr_engine.command_line.ending import give_up
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.database import upgrade as upgraded
from ivr_engine.storage.errors import StorageError

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Create the tables, or bring them to this version."""
    try:
        version = asyncio.run(upgraded(from_environment().database_url))
    except (SettingsRefused, StorageError) as known:
        give_up(str(known))
    print(f"the database is at version {version}")
