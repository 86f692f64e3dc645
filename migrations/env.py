"""Where alembic meets the engine's tables: with a connection of the engine's, or by IVR_DATABASE_URL for developers."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ivr_engine.storage.tables import VERSION_TABLE, metadata


def migrate(connection: Connection | None, url: str | None = None) -> None:
    """Run what alembic was asked for, in one transaction."""
    context.configure(
        connection=connection,
        url=url,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        # A database shared with Asterisk's own tables: what is not ours is neither compared nor dropped.
        include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
        # SQLite alters tables by copying them.
        render_as_batch=True,
        literal_binds=connection is None,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_by_environment() -> None:
    """What the `alembic` command line does."""
    engine = create_async_engine(make_url(os.environ["IVR_DATABASE_URL"]))
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    migrate(None, os.environ["IVR_DATABASE_URL"])
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(migrate_by_environment())
