"""One batch of journal rows → one transaction: the rows and all that follows from them, or nothing."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from ivr_engine.storage.database import Database
from ivr_engine.storage.projection import LASTING, Fold
from ivr_engine.storage.rows import Row
from ivr_engine.storage.statements import Statements

_log = logging.getLogger(__name__)

_REFUSED = (DataError, IntegrityError, OverflowError, UnicodeError)
_REFUSED_CLASSES = ("22", "23", "54")
"""SQLSTATE classes that speak of the data and not of the server: data exception, constraint, program limit."""

_Presence = dict[str, tuple[object, ...]]
"""Agent → epoch, presence, reason, since when in the work after a contact."""


class BatchWriter:
    """Writes batches so that each entry counts once, however often it is given. Used by one task at a time."""

    def __init__(self, database: Database, set_aside: Callable[[bytes], Path]) -> None:
        self._database = database
        self._statements = Statements(database.engine.dialect)
        self._set_aside = set_aside
        self._presence: _Presence = {}
        """What this process last wrote of each agent: most changes of an agent are of state, not of presence."""
        self.written = 0
        """Entries that came into the table here."""
        self.unreadable = 0
        """Entries that no database takes, kept in a file beside the spool."""

    async def write(self, rows: Sequence[Row]) -> None:
        """Commit the rows. Raises what is in `database.AWAY`, and then it is unknown whether they were committed."""
        try:
            await self._commit(rows)
        except (*_REFUSED, DBAPIError) as error:
            if not _is_refusal(error):
                raise
            await self._write_singly(rows)

    async def _commit(self, rows: Sequence[Row], *, project: bool = True) -> None:
        # Until this is known to be committed, nothing is known of what the table says.
        known, self._presence = self._presence, {}
        count, presence = await self._database.transact(
            lambda connection: self._apply(connection, rows, project, known)
        )
        self._presence = known | presence
        self.written += count

    def _apply(
        self, connection: Connection, rows: Sequence[Row], project: bool, known: _Presence
    ) -> tuple[int, _Presence]:
        """All of it in the caller's transaction, in whatever thread that has; changes nothing of this object."""
        statements = self._statements
        present = statements.keys_present(connection, rows)
        fresh: dict[tuple[int, int], Row] = {}
        for row in rows:
            key = (row.epoch, row.seq)
            if key not in present:
                fresh.setdefault(key, row)
        fold = Fold()
        if project:
            for row in fresh.values():
                fold.take(row)
        presence = {
            agent: tuple(values[name] for name in ("epoch", "presence", "reason", *LASTING))
            for agent, values in fold.agents.items()
        }
        changed = [fold.agents[agent] for agent, chosen in presence.items() if known.get(agent) != chosen]
        statements.insert_journal(connection, list(fresh.values()))
        statements.contacts.execute(connection, fold.contacts.values())
        statements.offers.execute(connection, fold.offers.values())
        statements.transfers.execute(connection, fold.transfers.values())
        statements.callbacks.execute(connection, fold.callbacks.values())
        statements.presence.execute(connection, changed)
        return len(fresh), presence

    async def _write_singly(self, rows: Sequence[Row]) -> None:
        """One entry of the batch is refused for what it says: it must not keep the others."""
        for row in rows:
            if not await self._accepted(row, project=True) and not await self._accepted(row, project=False):
                self.unreadable += 1
                path = self._set_aside(row.payload)
                _log.error("journal entry %d/%d is refused by the database; kept in %s", row.epoch, row.seq, path)

    async def _accepted(self, row: Row, *, project: bool) -> bool:
        try:
            await self._commit([row], project=project)
        except (*_REFUSED, DBAPIError) as error:
            if not _is_refusal(error):
                raise
            _log.warning("journal entry %d/%d: %s", row.epoch, row.seq, " ".join(str(error).split())[:200])
            return False
        return True


def _is_refusal(error: BaseException) -> bool:
    """Whether the database objects to the rows, rather than being away or full."""
    if isinstance(error, _REFUSED):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(state, str) and state[:2] in _REFUSED_CLASSES
