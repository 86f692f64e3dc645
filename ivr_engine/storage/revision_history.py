"""Who changed what citizens hear, and when: every set put in force, on trial, taken back, refused."""

from sqlalchemy import select

from ivr_engine.runtime.ports import RevisionChange, RevisionWas
from ivr_engine.storage.database import Database
from ivr_engine.storage.tables import revisions

WHY_LETTERS = 4_000
"""The first dozens of mistakes; all of them are told to whoever asked for the load."""


async def keep_change(database: Database, change: RevisionChange) -> None:
    """Write one down. Raises what is in `database.AWAY`."""
    async with database.writing() as connection:
        row = {
            "at_ms": change.at_ms,
            "revision": change.revision,
            "was": change.was.value,
            "who": change.who,
            "percent": change.percent,
            "why": change.why[:WHY_LETTERS],
        }
        await connection.execute(revisions.insert(), row)


async def latest_changes(database: Database, limit: int) -> tuple[RevisionChange, ...]:
    """The newest first. Raises what is in `database.AWAY`."""
    async with database.reading() as connection:
        rows = await connection.execute(select(revisions).order_by(revisions.c.change.desc()).limit(limit))
        return tuple(
            RevisionChange(row.at_ms, row.revision, RevisionWas(row.was), row.who, row.percent, row.why) for row in rows
        )
