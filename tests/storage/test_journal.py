"""Every entry reaches the database once and in order, whatever happens to the database, the process or the disk."""

import asyncio
import itertools
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ivr_engine.core import notices
from ivr_engine.core.events import ContactArrived, LegEnded, TimePassed
from ivr_engine.core.vocabulary import AgentId, AgentState, ContactId, LegId, Presence
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import recovery, tables
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.journal import WrittenJournal
from tests.storage.conftest import Entries, StoppablePostgres

AT_ONCE = 0.0
NEVER = 3_600.0
C1 = ContactId("1700000000.1")


@asynccontextmanager
async def journal_on(database: Database, folder: Path, **options: Any) -> AsyncIterator[WrittenJournal]:
    journal = WrittenJournal(database, folder / "spool", **options)
    await journal.start()
    try:
        yield journal
    finally:
        await journal.close()


async def keys(database: Database) -> list[tuple[int, int]]:
    table = tables.journal
    async with database.reading() as connection:
        rows = await connection.execute(select(table.c.epoch, table.c.seq).order_by(table.c.epoch, table.c.seq))
        return [(epoch, seq) for epoch, seq in rows]


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Let the loop run until it holds: an event of another thread or process that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (nothing to await: the fact stands in a plain attribute)
            await asyncio.sleep(0.005)


async def test_given_entries_when_flushed_then_they_are_in_the_table_as_they_were(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    began = notices.ContactBegan(C1, "120", "01000000000", 5)
    written = [entry(ContactArrived(C1, "120", "01000000000"), began), entry(LegEnded(LegId(C1))), entry()]
    async with journal_on(database, tmp_path) as journal:
        for one in written:
            journal.append(one)
        assert journal.pending == 3
        await journal.flush()
        assert (journal.pending, journal.written, journal.lag_seconds) == (0, 3, 0.0)
    assert await recovery.entries(database, epoch=1) == written
    async with database.reading() as connection:
        rows = (await connection.execute(select(tables.journal).order_by(tables.journal.c.seq))).all()
    assert [(row.event_kind, row.contact) for row in rows] == [
        ("ContactArrived", C1),
        ("LegEnded", None),
        ("TimePassed", None),
    ]
    assert os.listdir(tmp_path / "spool") == ["lock"]


async def test_given_entries_when_nobody_flushes_then_they_are_written_by_themselves(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    async with journal_on(sqlite, tmp_path, gather_seconds=AT_ONCE) as journal:
        for expected in (1, 2, 3):
            journal.append(entry())
            await until(lambda expected=expected: journal.written == expected)  # type: ignore[misc]
            assert journal.lag_seconds == 0.0


async def test_given_an_entry_that_comes_twice_when_written_then_it_counts_once(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    one, two, three = entry(), entry(), entry()
    async with journal_on(database, tmp_path) as journal:
        for each in (one, one, two):
            journal.append(each)
        await journal.flush()
        for each in (two, one, three):
            journal.append(each)
        await journal.flush()
        assert journal.written == 3
    assert await keys(database) == [(1, 1), (1, 2), (1, 3)]


async def test_given_an_old_entry_that_comes_again_when_written_then_the_present_stays(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    agent = AgentId("1001")

    def chose(presence: Presence) -> JournalEntry:
        return entry(None, notices.AgentChanged(agent, presence, AgentState.IDLE, "", 1))

    await database.transact(
        lambda connection: connection.execute(tables.agents.insert(), {"id": agent, "name": "김하늘", "skills": {}})
    )
    available, on_break = chose(Presence.AVAILABLE), chose(Presence.ON_BREAK)
    async with journal_on(database, tmp_path) as journal:
        for each in (available, on_break, available):
            journal.append(each)
            await journal.flush()
    assert [restored.presence for restored in await recovery.presence(database)] == [Presence.ON_BREAK]


async def test_given_a_locked_database_and_full_memory_when_unlocked_then_all_is_there_in_order(
    sqlite: Database, sqlite_url: str, tmp_path: Path, entry: Entries
) -> None:
    lock = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    async with journal_on(sqlite, tmp_path, gather_seconds=AT_ONCE, buffer_entries=5, batch_entries=3) as journal:
        for _ in range(50):
            journal.append(entry())
        assert journal.pending == 5
        await asyncio.sleep(0)
        assert journal.lag_seconds > 0
        lock.execute("COMMIT")
        lock.close()
        for _ in range(20):
            journal.append(entry())
        await journal.flush()
        assert (journal.written, journal.spooled > 0, journal.lost) == (70, True, 0)
        journal.append(entry())
        assert journal.pending == 1, "once it has caught up, memory serves again"
    assert await keys(sqlite) == [(1, seq) for seq in range(1, 72)]


@pytest.mark.postgres
async def test_given_postgresql_stopped_while_writing_when_it_is_back_then_nothing_is_missing_or_doubled(
    stoppable_postgres: StoppablePostgres, tmp_path: Path, entry: Entries
) -> None:
    url = stoppable_postgres.create_database("ivr")
    await upgrade(url)
    database = await Database.open(url)
    count = itertools.count(1)
    async with journal_on(database, tmp_path, gather_seconds=AT_ONCE, buffer_entries=100, batch_entries=7) as journal:

        async def write_on() -> None:
            while True:  # about 2,000 entries a second
                for _ in range(10):
                    journal.append(entry(seq=next(count)))
                await asyncio.sleep(0.005)

        writing = asyncio.create_task(write_on())
        await until(lambda: journal.written > 50)
        await asyncio.to_thread(stoppable_postgres.pause)
        await until(lambda: not journal.connected)
        await until(lambda before=journal.spool_bytes: journal.spool_bytes > before + 50_000)  # type: ignore[misc]
        assert journal.lag_seconds > 0
        await asyncio.to_thread(stoppable_postgres.resume)
        await until(lambda: journal.connected)
        writing.cancel()
        async with asyncio.timeout(60):
            await journal.flush()
        last = next(count) - 1
        assert (journal.written, journal.lost, journal.unreadable) == (last, 0, 0)
        assert journal.retried > 0
        assert journal.spooled > 0
    assert await keys(database) == [(1, seq) for seq in range(1, last + 1)]
    await database.dispose()


@pytest.mark.postgres
async def test_given_postgresql_is_away_when_closed_then_the_next_start_writes_what_was_left(
    stoppable_postgres: StoppablePostgres, tmp_path: Path, entry: Entries
) -> None:
    url = stoppable_postgres.create_database("ivr")
    await upgrade(url)
    database = await Database.open(url)
    journal = WrittenJournal(database, tmp_path / "spool", buffer_entries=5)
    await journal.start()
    await asyncio.to_thread(stoppable_postgres.pause)
    for _ in range(12):
        journal.append(entry())
    await journal.close(wait_seconds=0.5)
    await database.dispose()
    await asyncio.to_thread(stoppable_postgres.resume)
    database = await Database.open(url)
    async with journal_on(database, tmp_path):
        assert await keys(database) == [(1, seq) for seq in range(1, 13)]
    await database.dispose()
    assert os.listdir(tmp_path / "spool") == ["lock"]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from ivr_engine.core.events import TimePassed
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal

async def main(url, folder, written_first):
    journal = WrittenJournal(await Database.open(url), Path(folder), batch_entries=10, gather_seconds=0)
    await journal.start()
    for seq in range(1, 101):
        journal.append(JournalEntry(1, seq, seq, TimePassed(), (), ()))
    while journal.written < written_first:
        await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.mark.parametrize("written_first", [0, 10, 50, 100])
async def test_given_the_engine_killed_between_batches_when_started_again_then_every_entry_is_there_once(
    sqlite: Database, sqlite_url: str, tmp_path: Path, written_first: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, sqlite_url, str(tmp_path / "spool"), str(written_first)
    )
    assert await process.wait() == -signal.SIGKILL
    survived = len(await keys(sqlite))
    assert written_first <= survived
    async with journal_on(sqlite, tmp_path) as journal:
        assert await keys(sqlite) == [(1, seq) for seq in range(1, 101)]
        assert journal.written == 100 - survived


async def test_given_hostile_text_when_written_then_every_entry_is_kept(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    caller = "0\x001\udc80\r\n서울\u2028"
    wanted = [entry(ContactArrived(C1, "120", caller), notices.ContactBegan(C1, "120", caller, 5)), entry()]
    async with journal_on(database, tmp_path) as journal:
        for one in wanted:
            journal.append(one)
        await journal.flush()
        assert (journal.written, journal.unreadable) == (2, 0)
    assert await recovery.entries(database, epoch=1) == wanted
    assert [contact.caller for contact in await recovery.open_contacts(database)] == ["01?\r\n서울\u2028"]


async def test_given_an_entry_that_no_database_takes_when_written_then_it_is_set_aside_and_the_others_go_on(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    async with journal_on(database, tmp_path) as journal:
        for at_ms in (1, 2**63, 3):
            journal.append(entry(at_ms=at_ms))
        await journal.flush()
        assert (journal.written, journal.unreadable) == (2, 1)
    assert await keys(database) == [(1, 1), (1, 3)]
    assert str(2**63) in (tmp_path / "spool/unreadable.txt").read_text()


async def test_given_a_notice_that_no_table_takes_when_written_then_the_entry_itself_is_kept(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    async with journal_on(database, tmp_path) as journal:
        journal.append(entry(None, notices.ContactBegan(C1, "120", "", 2**63)))
        journal.append(entry(None, notices.ContactBegan(ContactId("2"), "120", "", 2)))
        await journal.flush()
        assert (journal.written, journal.unreadable) == (2, 0)
    assert [contact.contact for contact in await recovery.open_contacts(database)] == ["2"]


async def test_given_a_spool_of_another_version_when_started_then_all_that_can_be_kept_is(
    sqlite: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "0000000007.jsonl").write_bytes(
        b'{"epoch":1,"seq":1,"at_ms":1,"event":{"kind":"Future","contact":"c"},"commands":[],"notices":[]}\n'
        b"no JSON at all\n"
        b'{"epoch":1,"seq":true,"at_ms":1}\n'
        b'{"epoch":1,"seq":2,"at_ms":1,"event":{"kind":"TimePassed"},"commands":[],"notices":[]}\n'
        b'{"epoch":1,"seq":3,"at_ms":1,"ev'
    )
    async with journal_on(sqlite, tmp_path) as journal:
        assert (journal.written, journal.unreadable) == (2, 2)
    async with sqlite.reading() as connection:
        rows = (await connection.execute(select(tables.journal).order_by(tables.journal.c.seq))).all()
    assert [(row.seq, row.event_kind, row.contact) for row in rows] == [(1, "Future", "c"), (2, "TimePassed", None)]
    assert (folder / "unreadable.txt").read_text() == 'no JSON at all\n{"epoch":1,"seq":true,"at_ms":1}\n'
    assert not list(folder.glob("*.jsonl"))


async def test_given_a_full_disk_when_appended_then_memory_alone_brings_it_to_the_database(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    async with journal_on(sqlite, tmp_path, spool_bytes=0) as journal:
        for _ in range(10):
            journal.append(entry())
        await journal.flush()
        assert (journal.written, journal.lost) == (10, 0)


async def test_given_a_full_disk_and_full_memory_when_appended_then_the_loss_is_counted(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    async with journal_on(sqlite, tmp_path, spool_bytes=0, buffer_entries=4, gather_seconds=NEVER) as journal:
        for _ in range(10):
            journal.append(entry())
        assert (journal.pending, journal.lost) == (4, 6)
        await journal.flush()
        journal.append(entry())
        await journal.flush()
        assert (journal.written, journal.lost) == (5, 6)


async def test_given_a_slow_disk_when_appended_then_the_spool_rests_and_the_calls_go_on(
    sqlite: Database, tmp_path: Path, entry: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr_engine.storage.journal.SLOW_DISK_SECONDS", -1.0)
    async with journal_on(sqlite, tmp_path, gather_seconds=NEVER) as journal:
        journal.append(entry())
        size_bytes = journal.spool_bytes
        journal.append(entry())
        assert size_bytes == journal.spool_bytes > 0
        await journal.flush()
        assert (journal.written, journal.lost) == (2, 0)


async def test_given_entries_in_memory_alone_when_closed_with_the_database_locked_then_the_next_start_has_them(
    sqlite: Database, sqlite_url: str, tmp_path: Path, entry: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr_engine.storage.journal.SLOW_DISK_SECONDS", -1.0)
    lock = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    journal = WrittenJournal(sqlite, tmp_path / "spool", gather_seconds=AT_ONCE)
    await journal.start()
    for _ in range(3):
        journal.append(entry())
    await journal.close(wait_seconds=0.05)
    assert journal.lost == 0
    lock.execute("COMMIT")
    lock.close()
    async with journal_on(sqlite, tmp_path):
        assert await keys(sqlite) == [(1, 1), (1, 2), (1, 3)]


async def test_given_no_journal_open_or_no_fact_when_appended_then_it_is_counted_and_nothing_raises(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    journal = WrittenJournal(sqlite, tmp_path / "spool")
    journal.append(entry())
    await journal.start()
    journal.append(JournalEntry(1, 1, 1, "no fact", (), ()))  # type: ignore[arg-type]
    await journal.close()
    await journal.close()
    journal.append(entry())
    assert (journal.lost, journal.written) == (3, 0)
    assert await keys(sqlite) == []


async def test_given_a_later_life_has_spoken_when_an_older_spool_comes_then_it_fills_gaps_and_overwrites_nothing(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    connected = notices.ContactConnected(C1, AgentId("2"), "o", "q", "seoul", "ko", 9, 4, True)  # type: ignore[arg-type]
    older = [
        entry(TimePassed(), notices.ContactBegan(C1, "120", "010", 5), epoch=1),
        entry(TimePassed(), notices.ContactWaits(C1, "q", ("tax",), "seoul", "ko", 3, 6), epoch=1),  # type: ignore[arg-type]
    ]
    async with journal_on(database, tmp_path) as journal:
        for each in (entry(TimePassed(), connected, epoch=2), *older):
            journal.append(each)
            await journal.flush()
    (contact,) = await recovery.open_contacts(database)
    assert (contact.agent, contact.answered_at_ms, contact.caller, contact.queued_at_ms) == ("2", 9, "010", 6)
    assert contact.request is not None
    assert (contact.request.priority, set(contact.request.requirement)) == (3, {"tax"})
