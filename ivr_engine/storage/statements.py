"""The journal's statements, built with SQLAlchemy once for a dialect and then given to the driver as text.

SQLAlchemy's own `executemany` prepares every row anew (about 20 µs each); at 800 entries a second that would cost more
than the database does. The texts below are executed with plain tuples.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Column,
    Connection,
    Dialect,
    Insert,
    Table,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ivr_engine.storage import tables
from ivr_engine.storage.projection import LASTING, Values
from ivr_engine.storage.rows import Row


class Statement:
    """A text with placeholders, and the names of its parameters in the order of the driver."""

    def __init__(self, clause: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None) -> None:
        compiled = clause.compile(dialect=dialect, column_keys=columns)
        self._text = str(compiled)
        order = getattr(compiled, "positiontup", None)
        assert order is not None, f"{dialect.name} numbers no parameters"
        self._order: tuple[str, ...] = tuple(order)

    def execute(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Execute it for each row; a missing value is NULL."""
        parameters = [tuple([_storable(row.get(name)) for name in self._order]) for row in rows]
        if parameters:
            connection.exec_driver_sql(self._text, parameters)


class Statements:
    """All that the journal's writer says to a database."""

    def __init__(self, dialect: Dialect) -> None:
        self._journal = Statement(
            _insert(tables.journal, dialect).on_conflict_do_nothing(), dialect, _names(tables.journal)
        )
        self.contacts = Statement(_upsert(tables.contacts, dialect), dialect, _names(tables.contacts))
        self.offers = Statement(_upsert(tables.offers, dialect), dialect, _names(tables.offers))
        self.transfers = Statement(
            _upsert(tables.transfers, dialect, first_wins="began_at_ms"), dialect, _names(tables.transfers)
        )
        self.callbacks = Statement(
            _upsert(tables.callbacks, dialect, first_wins="asked_at_ms"), dialect, _names(tables.callbacks)
        )
        self.presence = Statement(_presence(), dialect)

    def keys_present(self, connection: Connection, rows: Sequence[Row]) -> set[tuple[int, int]]:
        """Which of the rows the journal has already: asked for each epoch as one stretch of its primary key."""
        present: set[tuple[int, int]] = set()
        for epoch in {row.epoch for row in rows}:
            seqs = [row.seq for row in rows if row.epoch == epoch]
            found = connection.execute(_PRESENT, {"epoch": epoch, "low": min(seqs), "high": max(seqs)})
            present.update((epoch, seq) for (seq,) in found)
        return present

    def insert_journal(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Add the rows; one that is there already stays as it is."""
        self._journal.execute(
            connection,
            (
                {
                    "epoch": row.epoch,
                    "seq": row.seq,
                    "at_ms": row.at_ms,
                    "event_kind": row.event_kind,
                    "contact": row.contact,
                    "payload": row.payload.decode(),
                }
                for row in rows
            ),
        )


_PRESENT = select(tables.journal.c.seq).where(
    tables.journal.c.epoch == bindparam("epoch"), tables.journal.c.seq.between(bindparam("low"), bindparam("high"))
)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _insert(table: Table, dialect: Dialect) -> Any:
    """The dialect's own INSERT; PostgreSQL and SQLite say ON CONFLICT with the same words."""
    return (postgresql if dialect.name == "postgresql" else sqlite).insert(table)


def _upsert(table: Table, dialect: Dialect, first_wins: str = "") -> Insert:
    """Insert, or add what is known to what is there.

    A life of the engine that spooled while a later one went on must not overwrite the later one's word: facts of an
    older epoch only fill what nobody has said yet. Within an epoch the journal is written in order.
    """
    insert = _insert(table, dialect)
    new, old = insert.excluded, table.c
    newer = new.epoch >= old.epoch

    def merged(column: Column[Any]) -> Any:
        if column.name == "epoch":
            return case((newer, new.epoch), else_=old.epoch)
        told, kept = new[column.name], old[column.name]
        if column.name == first_wins:
            return func.coalesce(kept, told)
        return case((newer, func.coalesce(told, kept)), else_=func.coalesce(kept, told))

    changes = {column.name: merged(column) for column in table.columns if not column.primary_key}
    result: Insert = insert.on_conflict_do_update(index_elements=[old.id], set_=changes)
    return result


def _presence() -> Any:
    """Presence and after-work of an agent who is registered; nothing is written where nothing changes."""
    agents = tables.agents
    chosen = or_(agents.c.presence != bindparam("presence"), agents.c.reason != bindparam("reason"))
    return (
        update(agents)
        .where(
            agents.c.id == bindparam("id"),
            agents.c.epoch <= bindparam("epoch"),
            or_(chosen, *(agents.c[name] != bindparam(name) for name in LASTING)),
        )
        .values(
            presence=bindparam("presence"),
            reason=bindparam("reason"),
            changed_at_ms=case((chosen, bindparam("changed_at_ms")), else_=agents.c.changed_at_ms),
            **{name: bindparam(name) for name in LASTING},
            epoch=bindparam("epoch"),
        )
    )


def _storable(value: Any) -> Any:
    """Text without what no database takes: NUL, and half letters, both from callers who mean harm."""
    if isinstance(value, str) and not (value.isascii() and "\0" not in value):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    return value
