"""A new life of the engine learns from the journal what the last one left."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ivr_engine.core.configuration import AgentSettings, Configuration
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import Configured, ContactRestored, PresenceRestored
from ivr_engine.core.notices import (
    AgentChanged,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    Notice,
    OfferEnded,
    OfferMade,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    CallbackEnd,
    CallbackId,
    CallbackState,
    ContactId,
    Disposition,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    Skill,
)
from ivr_engine.runtime.clock import ClockBase
from ivr_engine.storage import recovery, tables
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal
from tests.storage.conftest import Entries

C, Q, A = ContactId("1.1"), QueueId("tax"), AgentId("1001")
BEGAN = ContactBegan(C, "120", "01000000000", 1_000)
WAITS = ContactWaits(C, Q, ("english", "tax"), "seoul", "ko", 2, 2_000)
TALKS = ContactConnected(C, A, OfferId("o"), Q, "seoul", "ko", 5_000, 3_000, True)
ENDED = ContactEnded(
    C, Disposition.ABANDONED, "120", "seoul", "tax", "ko", "", 1_000, 2_000, None, 6_000, 4_000, None, False, True, 0
)
REQUEST = ToQueue(Q, frozenset({Skill("english"), Skill("tax")}), "seoul", "ko", 2)


async def write(database: Database, folder: Path, entry: Entries, *notices: Notice, epoch: int = 1) -> None:
    journal = WrittenJournal(database, folder)
    await journal.start()
    for notice in notices:
        journal.append(entry(None, notice, epoch=epoch))
    await journal.close()


async def register(database: Database, *agents: str, active: bool = True) -> None:
    await database.transact(
        lambda connection: connection.execute(
            tables.agents.insert(),
            [{"id": agent, "name": f"name of {agent}", "skills": {"tax": 3}, "active": active} for agent in agents],
        )
    )


async def test_given_starts_one_after_the_other_when_counted_then_every_epoch_is_new(database: Database) -> None:
    assert [await recovery.next_epoch(database, "0.1.0", now_ms) for now_ms in (10, 20, 30)] == [1, 2, 3]
    async with database.reading() as connection:
        rows = (await connection.execute(select(tables.boots).order_by(tables.boots.c.epoch))).all()
    assert [tuple(row)[:3] for row in rows] == [(1, 10, "0.1.0"), (2, 20, "0.1.0"), (3, 30, "0.1.0")]


async def test_given_starts_at_the_same_time_when_counted_then_no_two_are_equal(database: Database) -> None:
    epochs = await asyncio.gather(*(recovery.next_epoch(database, "0.1.0", 1) for _ in range(5)))
    assert sorted(epochs) == [1, 2, 3, 4, 5]


async def test_given_a_spool_that_outlived_its_database_when_started_then_its_epochs_are_not_used_again(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    await write(sqlite, tmp_path, entry, BEGAN, epoch=41)
    assert await recovery.next_epoch(sqlite, "0.1.0", 1) == 42


@pytest.mark.parametrize(
    ("facts", "restored"),
    [
        ((BEGAN,), ContactRestored(C, "120", "01000000000", 1_000)),
        ((BEGAN, WAITS), ContactRestored(C, "120", "01000000000", 1_000, REQUEST, 2_000)),
        ((BEGAN, WAITS, TALKS), ContactRestored(C, "120", "01000000000", 1_000, REQUEST, 2_000, 5_000, A)),
        ((BEGAN, WAITS, TALKS, WAITS), ContactRestored(C, "120", "01000000000", 1_000, REQUEST, 2_000)),
        ((BEGAN, WAITS, ENDED), None),
        ((WAITS,), ContactRestored(C, "", "", 2_000, REQUEST, 2_000)),
    ],
    ids=["in the flow", "waiting", "talking", "back in the queue", "ended", "arrival unknown"],
)
async def test_given_a_contact_left_by_the_last_life_when_asked_then_it_is_as_it_was(
    database: Database, tmp_path: Path, entry: Entries, facts: tuple[Notice, ...], restored: ContactRestored | None
) -> None:
    await write(database, tmp_path, entry, *facts)
    assert await recovery.open_contacts(database) == ([restored] if restored else [])


async def test_given_many_open_contacts_when_asked_then_the_oldest_comes_first(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    began = [ContactBegan(ContactId(str(number)), "120", "", at_ms) for number, at_ms in enumerate((30, 10, 20))]
    await write(sqlite, tmp_path, entry, *began)
    assert [contact.arrived_at_ms for contact in await recovery.open_contacts(sqlite)] == [10, 20, 30]


async def test_given_agents_who_chose_when_asked_then_those_at_work_are_told(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    await register(database, "1001", "1002", "1003")
    await register(database, "1009", active=False)
    chosen = [
        AgentChanged(AgentId("1002"), Presence.ON_BREAK, AgentState.ON_CONTACT, "lunch", 1),
        AgentChanged(AgentId("1001"), Presence.AVAILABLE, AgentState.IDLE, "", 1),
        AgentChanged(AgentId("1003"), Presence.AVAILABLE, AgentState.IDLE, "", 1),
        AgentChanged(AgentId("1003"), Presence.LOGGED_OUT, AgentState.IDLE, "", 2),
        AgentChanged(AgentId("1009"), Presence.AVAILABLE, AgentState.IDLE, "", 1),
    ]
    await write(database, tmp_path, entry, *chosen)
    assert await recovery.presence(database) == [
        PresenceRestored(AgentId("1001"), Presence.AVAILABLE, ""),
        PresenceRestored(AgentId("1002"), Presence.ON_BREAK, "lunch"),
    ]


async def test_given_work_after_a_contact_when_asked_then_since_when_and_of_which_queue_is_told_while_it_lasts(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    await register(database, "1001", "1002")
    other, gone_home = AgentId("1002"), Presence.LOGGED_OUT
    facts: list[Notice] = [
        OfferMade(OfferId("o"), C, A, Q, 0, 10_000, 1, ""),
        OfferEnded(OfferId("o"), C, A, Q, OfferResult.ANSWERED, None, 1_000),
        AgentChanged(A, Presence.AVAILABLE, AgentState.WRAP_UP, "", 7_000),
        AgentChanged(other, gone_home, AgentState.WRAP_UP, "", 8_000),
    ]
    await write(database, tmp_path, entry, *facts)
    assert await recovery.presence(database) == [
        PresenceRestored(A, Presence.AVAILABLE, "", 7_000, Q),
        PresenceRestored(other, gone_home, "", 8_000, None),
    ]
    over = [AgentChanged(agent, gone_home, AgentState.IDLE, "", 9_000) for agent in (A, other)]
    await write(database, tmp_path, entry, *over, epoch=2)
    assert await recovery.presence(database) == []


async def test_given_offers_that_nobody_ended_when_asked_then_those_of_open_contacts_are_told_and_all_are_counted(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    gone = ContactId("1.2")
    facts: list[Notice] = [
        BEGAN,
        OfferMade(OfferId("o.1"), C, A, Q, 0, 10_000, 1, ""),
        OfferEnded(OfferId("o.1"), C, A, Q, OfferResult.NO_ANSWER, None, 10_000),
        OfferMade(OfferId("o.2"), C, AgentId("1002"), Q, 0, 10_000, 1, ""),
        ContactBegan(gone, "120", "", 1_500),
        OfferMade(OfferId("o.3"), gone, A, Q, 0, 10_000, 1, ""),
        replace(ENDED, contact=gone),
    ]
    await write(database, tmp_path, entry, *facts)
    (offer,) = await recovery.open_offers(database)
    assert (offer.offer, offer.contact, offer.agent, offer.queue) == ("o.2", C, "1002", Q)
    assert [(contact.contact, contact.offers) for contact in await recovery.open_contacts(database)] == [(C, 2)]


HOUR_MS = 3_600_000


@pytest.mark.parametrize("by_ms", [HOUR_MS, -HOUR_MS])
async def test_given_a_wall_clock_that_was_set_when_started_on_the_same_machine_then_open_times_are_set_with_it(
    database: Database, tmp_path: Path, entry: Entries, by_ms: int
) -> None:
    await register(database, "1001")
    await recovery.next_epoch(database, "0.1.0", 1_000, ClockBase("this boot", 10_000_000))
    facts: list[Notice] = [
        BEGAN,
        WAITS,
        OfferMade(OfferId("o"), C, A, Q, 0, 10_000, 1, ""),
        AgentChanged(A, Presence.AVAILABLE, AgentState.WRAP_UP, "", 7_000),
        replace(BEGAN, contact=ContactId("1.2")),
        replace(ENDED, contact=ContactId("1.2")),
    ]
    await write(database, tmp_path, entry, *facts)
    (before,) = await recovery.open_offers(database)
    await recovery.next_epoch(database, "0.1.0", 2_000, ClockBase("this boot", 10_000_000 + by_ms))
    (contact,) = await recovery.open_contacts(database)
    assert (contact.arrived_at_ms, contact.queued_at_ms) == (1_000 + by_ms, 2_000 + by_ms)
    assert [offer.made_at_ms for offer in await recovery.open_offers(database)] == [before.made_at_ms + by_ms]
    assert [restored.wrap_up_since_ms for restored in await recovery.presence(database)] == [7_000 + by_ms]
    async with database.reading() as connection:
        over = await connection.scalar(select(tables.contacts.c.arrived_at_ms).where(tables.contacts.c.id == "1.2"))
    assert over == 1_000, "what is over stays as it was told"


@pytest.mark.parametrize("machine", ["another boot", ""])
async def test_given_another_machine_when_started_then_its_clock_says_nothing_of_ours(
    sqlite: Database, tmp_path: Path, entry: Entries, machine: str
) -> None:
    await recovery.next_epoch(sqlite, "0.1.0", 1_000, ClockBase("this boot", 0))
    await write(sqlite, tmp_path, entry, BEGAN)
    await recovery.next_epoch(sqlite, "0.1.0", 2_000, ClockBase(machine, HOUR_MS))
    assert [contact.arrived_at_ms for contact in await recovery.open_contacts(sqlite)] == [1_000]


async def test_given_a_start_that_is_killed_before_presence_is_restored_when_asked_again_then_it_is_not_forgotten(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    await register(sqlite, "1001")
    await write(sqlite, tmp_path, entry, AgentChanged(A, Presence.AVAILABLE, AgentState.IDLE, "", 1), epoch=1)
    journal = WrittenJournal(sqlite, tmp_path)
    await journal.start()
    logged_out = AgentChanged(A, Presence.LOGGED_OUT, AgentState.IDLE, "", 2)
    journal.append(entry(Configured(Configuration(())), logged_out, epoch=2))
    await journal.close()
    assert [restored.presence for restored in await recovery.presence(sqlite)] == [Presence.AVAILABLE]


async def test_given_a_clock_set_back_between_two_lives_when_presence_changes_then_the_later_life_is_right(
    sqlite: Database, tmp_path: Path, entry: Entries
) -> None:
    await register(sqlite, "1001")
    await write(sqlite, tmp_path, entry, AgentChanged(A, Presence.AVAILABLE, AgentState.IDLE, "", 7_200_000), epoch=1)
    await write(sqlite, tmp_path, entry, AgentChanged(A, Presence.ON_BREAK, AgentState.IDLE, "", 3_600_000), epoch=2)
    assert [restored.presence for restored in await recovery.presence(sqlite)] == [Presence.ON_BREAK]


async def test_given_registered_agents_when_asked_then_the_active_ones_are_told(database: Database) -> None:
    await register(database, "1002", "1001")
    await register(database, "1009", active=False)
    assert await recovery.agents(database) == (
        AgentSettings(AgentId("1001"), "name of 1001", {Skill("tax"): 3}),
        AgentSettings(AgentId("1002"), "name of 1002", {Skill("tax"): 3}),
    )


async def test_given_a_long_journal_when_read_in_pages_then_each_entry_comes_once(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    await write(database, tmp_path, entry, *[BEGAN] * 7)
    await write(database, tmp_path, entry, BEGAN, epoch=2)
    seqs: list[int] = []
    while page := await recovery.entries(database, 1, after_seq=seqs[-1] if seqs else -1, limit=3):
        seqs += [one.seq for one in page]
    assert seqs == [1, 2, 3, 4, 5, 6, 7]


async def test_given_an_agent_with_plans_when_the_engine_dies_then_the_next_one_is_told_of_them(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    await register(database, "1001")
    plans = AgentChanged(
        A, Presence.AVAILABLE, AgentState.WRAP_UP, "", 7_000, None, None, 47_000, Presence.LOGGED_OUT, "home"
    )
    await write(database, tmp_path, entry, plans)
    (restored,) = await recovery.presence(database)
    assert (restored.wrap_up_since_ms, restored.wrap_up_until_ms) == (7_000, 47_000)
    assert (restored.intends, restored.intends_reason) == (Presence.LOGGED_OUT, "home")
    await write(
        database, tmp_path, entry, AgentChanged(A, Presence.LOGGED_OUT, AgentState.IDLE, "home", 47_000), epoch=2
    )
    assert await recovery.presence(database) == []


# ── promises to call back ───────────────────────────────────────────────────────────────────────────────────────────
PROMISED = CallbackPromised(
    C, "01012345678", Q, ("water",), "seoul", "en", 2, 3_000, callback="1.1-cb", line="120", place_ms=2_000
)
PROMISE = CallbackId("1.1-cb")


async def test_given_a_promise_that_was_dialled_when_asked_then_the_next_life_knows_the_dial_and_its_offer(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    facts: list[Notice] = [
        PROMISED,
        CallbackMoved(PROMISE, C, Q, CallbackState.WAITING, 0, "d1"),
        OfferMade(OfferId("o.1"), ContactId("d1"), A, Q, 0, 10_000, 1, ""),
        CallbackMoved(PROMISE, C, Q, CallbackState.DIALLED, 1, "d1"),
    ]
    await write(database, tmp_path, entry, *facts)
    (promise,) = await recovery.open_callbacks(database)
    assert (promise.callback, promise.number, promise.line) == (PROMISE, "01012345678", "120")
    assert (promise.dials, promise.leg, promise.place_ms, promise.asked_at_ms) == (1, "d1", 2_000, 3_000)
    assert promise.request == ToQueue(Q, frozenset({Skill("water")}), "seoul", "en", 2)
    assert [offer.offer for offer in await recovery.open_offers(database)] == ["o.1"]


async def test_given_a_promise_that_rests_or_ended_when_asked_then_no_dial_and_no_promise_is_told(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    other = replace(PROMISED, contact=ContactId("1.2"), callback="1.2-cb")
    facts: list[Notice] = [
        PROMISED,
        CallbackMoved(PROMISE, C, Q, CallbackState.RESTING, 1, "d1", 90_000, "busy"),
        other,
        CallbackEnded(CallbackId("1.2-cb"), ContactId("1.2"), Q, "seoul", "en", CallbackEnd.REACHED, 1, 5_000),
        replace(PROMISED, contact=ContactId("1.3"), callback=""),
    ]
    await write(database, tmp_path, entry, *facts)
    (promise,) = await recovery.open_callbacks(database)
    assert (promise.callback, promise.leg, promise.dials, promise.next_at_ms) == (PROMISE, None, 1, 90_000)
