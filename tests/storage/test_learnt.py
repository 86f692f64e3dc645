"""What a start knows of the router: the last note and every booking since, as the simulated switch has it too (I15)."""

from dataclasses import replace
from pathlib import Path

from ivr_engine.core.configuration import RoutingPolicy
from ivr_engine.core.events import RoutingRestored
from ivr_engine.core.notices import ContractorBooked, RoutingNoted
from ivr_engine.core.routing_memory import noted
from ivr_engine.replay.simulator.recovery import Entry, Recovery
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal
from ivr_engine.storage.learnt import WINDOW_MS, learnt
from tests.core.centre import GENERAL, START_MS, Centre, counsellor
from tests.storage.conftest import Entries

POLICY = RoutingPolicy(note_every_ms=60_000)
SHARED = replace(GENERAL, contractor_shares={"han": 60, "nam": 40})


def served(centre: Centre, citizens: int) -> None:
    for _ in range(citizens):
        centre.citizen(f"c{len(centre.rings())}").queues()
        centre.agent(centre.rings()[-1][1]).answers().hangs_up()
        centre.wait(25_000)


async def kept(database: Database, folder: Path, entry: Entries, centre: Centre) -> Recovery:
    journal, simulated = WrittenJournal(database, folder), Recovery()
    await journal.start()
    for notice in centre.notices:
        one = entry(None, notice, at_ms=START_MS + 1)
        journal.append(one)
        simulated.take(Entry(1, one.seq, one.at_ms, one.event, (), (notice,)))
    await journal.close()
    return simulated


async def test_given_notes_and_bookings_when_read_then_it_is_the_last_note_with_the_accounts_of_the_last_booking(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    agents = (replace(counsellor("1001"), contractor="han"), replace(counsellor("1002"), contractor="nam"))
    centre = Centre(*agents, queues=[SHARED], routing=POLICY)
    served(centre, 8)
    simulated = await kept(database, tmp_path, entry, centre)
    notes = centre.told(RoutingNoted)
    assert len(notes) >= 2
    assert isinstance(centre.notices[-1], ContractorBooked) is False

    found = await learnt(database, START_MS + 500_000)

    assert found is not None
    assert (found.learnt.at_ms, found.learnt.desks) == (notes[-1].learnt.at_ms, notes[-1].learnt.desks)
    now = noted(centre.engine._state.routing, centre.now_ms).learnt
    assert [account.owed_hundredths for account in found.learnt.accounts] == [
        account.owed_hundredths for account in sorted(now.accounts, key=lambda one: one.queue)
    ]
    assert [fact for fact in simulated.facts() if isinstance(fact, RoutingRestored)] == [found]


async def test_given_a_journal_without_a_note_when_read_then_nothing_is_known(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    centre = Centre("1001")
    served(centre, 2)
    await kept(database, tmp_path, entry, centre)
    assert await learnt(database, centre.now_ms) is None


async def test_given_a_note_of_long_ago_when_read_then_nothing_is_known(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    centre = Centre("1001", routing=POLICY)
    served(centre, 4)
    await kept(database, tmp_path, entry, centre)
    assert await learnt(database, START_MS + 1 + WINDOW_MS) is not None
    assert await learnt(database, START_MS + 2 + WINDOW_MS) is None
