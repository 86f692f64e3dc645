"""What the journal says of a contact is what its row says, however the facts are cut into batches."""

from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import select

from ivr_engine.core.notices import (
    AgentChanged,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    Notice,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    TransferEnded,
    TransferMoved,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    Disposition,
    OfferFailure,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    RecipientFailure,
    TransferId,
    TransferResult,
    TransferState,
)
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal
from ivr_engine.storage.projection import NOT_PROJECTED, PROJECTED
from tests.storage.conftest import Entries

C, Q = ContactId("1.1"), QueueId("tax")
MISSED, TAKEN = OfferId("o-1"), OfferId("o-2")
T = TransferId("t-1")
SILENT, QUICK = AgentId("1001"), AgentId("1002")

LIFE: tuple[Notice, ...] = (
    ContactBegan(C, "120", "01000000000", 1_000),
    ContactWaits(C, Q, ("english", "tax"), "seoul", "ko", 2, 2_000),
    OfferMade(MISSED, C, SILENT, Q, 10, 10_000, 2, "longest idle"),
    AgentChanged(SILENT, Presence.AVAILABLE, AgentState.OFFERED, "", 2_010, C),
    OfferEnded(MISSED, C, SILENT, Q, OfferResult.NO_ANSWER, OfferFailure.NO_ANSWER, 10_000),
    AgentChanged(SILENT, Presence.ON_BREAK, AgentState.IDLE, "missed", 12_010),
    ContactWaits(C, Q, ("english", "tax"), "seoul", "ko", 2, 2_000, returns=1),
    OfferMade(TAKEN, C, QUICK, Q, 10_020, 4_000, 1, "the only one"),
    OfferEnded(TAKEN, C, QUICK, Q, OfferResult.ANSWERED, None, 1_000),
    ContactConnected(C, QUICK, TAKEN, Q, "seoul", "ko", 13_030, 11_030, True),
    TransferMoved(T, C, QUICK, TransferState.RINGING, "7001", 20_000),
    TransferMoved(T, C, QUICK, TransferState.CONSULTING, "7001", 22_000),
    TransferEnded(T, C, QUICK, "7001", TransferResult.CANCELLED, RecipientFailure.HUNG_UP, 9_000),
    ContactEnded(
        C, Disposition.ANSWERED, "120", "seoul", "tax", "ko", QUICK, 1_000, 2_000, 13_030, 60_000, 11_030, 46_970,
        True, False, 2,
    ),
)  # fmt: skip


async def rows_of(database: Database, table: Any) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        return [dict(row) for row in (await connection.execute(select(table).order_by(table.c.id))).mappings()]


def test_given_every_notice_when_looked_up_then_somebody_has_decided_whether_it_is_stored() -> None:
    assert {*PROJECTED, *NOT_PROJECTED} == set(get_args(Notice))
    assert not set(PROJECTED) & set(NOT_PROJECTED)


@pytest.mark.parametrize("batch_entries", [1, 3, 100])
@pytest.mark.parametrize("twice", [False, True])
async def test_given_the_life_of_a_contact_when_written_in_batches_then_its_rows_tell_it(
    database: Database, tmp_path: Path, entry: Entries, batch_entries: int, twice: bool
) -> None:
    await database.transact(
        lambda connection: connection.execute(
            tables.agents.insert(),
            [{"id": agent, "name": agent, "skills": {"tax": 3}} for agent in (SILENT, QUICK)],
        )
    )
    journal = WrittenJournal(database, tmp_path, batch_entries=batch_entries)
    await journal.start()
    entries = [entry(None, notice, at_ms=1_000 * number) for number, notice in enumerate(LIFE)]
    for _ in range(1 + twice):
        for one in entries:
            journal.append(one)
        await journal.flush()
    await journal.close()

    (contact,) = await rows_of(database, tables.contacts)
    assert contact == {
        "id": "1.1", "epoch": 1, "number": "120", "caller": "01000000000", "agency": "seoul", "queue": "tax",
        "requirement": "english tax", "language": "ko", "priority": 2, "adopted": False, "arrived_at_ms": 1_000,
        "queued_at_ms": 2_000, "answered_at_ms": 13_030, "ended_at_ms": 60_000, "agent": "1002",
        "disposition": "answered", "wait_ms": 11_030, "talk_ms": 46_970, "within_promise": True,
        "short_abandon": False, "offers": 2,
    }  # fmt: skip
    assert await rows_of(database, tables.offers) == [
        {
            "id": "o-1", "epoch": 1, "contact": "1.1", "agent": "1001", "queue": "tax", "made_at_ms": 2_000,
            "waited_ms": 10, "ring_ms": 10_000, "candidates": 2, "reason": "longest idle", "ended_at_ms": 4_000,
            "result": "no_answer", "cause": "no_answer", "rang_ms": 10_000,
        },
        {
            "id": "o-2", "epoch": 1, "contact": "1.1", "agent": "1002", "queue": "tax", "made_at_ms": 7_000,
            "waited_ms": 10_020, "ring_ms": 4_000, "candidates": 1, "reason": "the only one", "ended_at_ms": 8_000,
            "result": "answered", "cause": "", "rang_ms": 1_000,
        },
    ]  # fmt: skip
    assert await rows_of(database, tables.transfers) == [
        {
            "id": "t-1", "epoch": 1, "contact": "1.1", "agent": "1002", "entry": "7001", "began_at_ms": 20_000,
            "state": "ended", "since_ms": 12_000, "ended_at_ms": 12_000, "result": "cancelled", "cause": "hung_up",
            "lasted_ms": 9_000,
        }
    ]  # fmt: skip
    presences = [
        (row["id"], row["presence"], row["reason"], row["changed_at_ms"])
        for row in await rows_of(database, tables.agents)
    ]
    assert presences == [("1001", "on_break", "missed", 5_000), ("1002", "logged_out", "", 0)]


async def test_given_a_contact_known_by_its_leg_alone_when_adopted_then_what_was_known_stays(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    journal = WrittenJournal(sqlite, tmp_path)
    await journal.start()
    journal.append(entry(None, ContactBegan(C, "120", "01000000000", 1_000), epoch=1))
    journal.append(entry(None, ContactBegan(C, "", "", 1_000, adopted=True), epoch=2))
    await journal.close()
    (contact,) = await rows_of(sqlite, tables.contacts)
    assert (contact["number"], contact["caller"], contact["adopted"], contact["epoch"]) == (
        "120", "01000000000", True, 2,
    )  # fmt: skip


async def test_given_a_citizen_who_waits_too_long_when_the_promise_is_missed_then_the_row_says_so_at_once(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    journal = WrittenJournal(sqlite, tmp_path)
    await journal.start()
    journal.append(entry(None, ContactBegan(C, "120", "01000000000", 1_000), PromiseMissed(C, Q, 2_000, 15_000)))
    await journal.close()
    (contact,) = await rows_of(sqlite, tables.contacts)
    assert (contact["within_promise"], contact["ended_at_ms"]) == (False, None)


async def test_given_an_agent_who_is_not_registered_when_changed_then_no_row_appears(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    journal = WrittenJournal(sqlite, tmp_path)
    await journal.start()
    journal.append(entry(None, AgentChanged(AgentId("ghost"), Presence.AVAILABLE, AgentState.IDLE, "", 1)))
    await journal.close()
    assert (journal.written, await rows_of(sqlite, tables.agents)) == (1, [])
