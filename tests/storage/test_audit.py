"""Who looked at what: kept while the database is away, told newest first, and forgotten after two years."""

import asyncio

import pytest

from ivr_engine.runtime.ports import AuditFull
from ivr_engine.storage.audit import (
    AGENTS_IMPORTED,
    DIRECTORY_IMPORTED,
    KEPT_MS,
    WAITING,
    Audited,
    AuditQuestion,
    AuditTrail,
    keep,
    last_import,
    latest,
    purge,
)
from ivr_engine.storage.database import Database

NOW_MS = 1_700_000_000_000


class Noon:
    def now_ms(self) -> int:
        return NOW_MS


def look(number: int, who: str = "desk", what: str = "contact_shown") -> Audited:
    return Audited(NOW_MS + number, who, what, f"c{number}")


async def until_kept(database: Database, count: int) -> None:
    """As many rows are there, in real time: the writer is a task of its own, and forgets the old ones."""
    async with asyncio.timeout(10):
        while [row.at_ms for row in await latest(database, AuditQuestion())] != [NOW_MS] * count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_given_looks_when_asked_then_the_newest_come_first_and_a_question_narrows_them(
    database: Database,
) -> None:
    rows = [look(1), look(2, "wall"), look(3)]
    await keep(database, *rows)
    assert await latest(database, AuditQuestion()) == tuple(reversed(rows))
    assert await latest(database, AuditQuestion(who="desk", limit=1)) == (rows[2],)
    assert await latest(database, AuditQuestion(subject="c2")) == (rows[1],)
    assert await latest(database, AuditQuestion(from_ms=NOW_MS + 2)) == (rows[2], rows[1])


async def test_given_a_row_of_two_years_when_purged_then_only_what_is_older_goes(database: Database) -> None:
    await keep(database, look(-KEPT_MS - 1), look(-KEPT_MS), look(0))
    assert await purge(database, NOW_MS) == 1
    assert len(await latest(database, AuditQuestion())) == 2


async def test_given_imports_between_looks_when_asked_for_the_last_then_it_rises_with_imports_alone(
    database: Database,
) -> None:
    assert await last_import(database) == 0
    await keep(database, look(1))
    assert await last_import(database) == 0
    await keep(database, look(2, what=AGENTS_IMPORTED))
    first = await last_import(database)
    await keep(database, look(3), look(4, what=DIRECTORY_IMPORTED), look(5))
    assert 0 < first < await last_import(database)


async def test_given_a_trail_when_somebody_looks_then_it_is_written_and_old_rows_are_forgotten(
    database: Database,
) -> None:
    await keep(database, look(-KEPT_MS - 1))
    trail = AuditTrail(database, Noon())
    trail.start()
    trail.looked("desk", "contact_shown", "c1")
    await until_kept(database, 1)
    assert await latest(database, AuditQuestion()) == (Audited(NOW_MS, "desk", "contact_shown", "c1"),)
    await trail.close()


async def test_given_an_engine_that_stops_when_looks_wait_then_they_are_written_last(database: Database) -> None:
    trail = AuditTrail(database, Noon())
    trail.looked("desk", "contact_shown", "c1")
    trail.looked("desk", "contact_shown", "c2")
    await trail.close()
    assert [row.subject for row in await latest(database, AuditQuestion())] == ["c2", "c1"]


async def test_given_a_database_that_is_away_when_too_many_look_then_the_next_is_refused_and_the_log_has_them(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    trail = AuditTrail(sqlite, Noon())
    for number in range(WAITING):
        trail.looked("desk", "contact_shown", f"c{number}")
    with pytest.raises(AuditFull):
        trail.looked("desk", "contact_shown", "one more")
    async with sqlite.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE audit")
    await trail.close()
    assert len([record for record in caplog.records if "not kept in the audit" in record.message]) == WAITING
