"""What a start knows of callers: the same as the core that heard them had in its memory (invariant I15)."""

from dataclasses import replace
from pathlib import Path

from ivr_engine.core.configuration import Configuration, QueueSettings, RoutingPolicy
from ivr_engine.core.events import CallersRestored, Configured, LastTalk, LeftPlace
from ivr_engine.core.vocabulary import AgentId, QueueId
from ivr_engine.replay.simulator.recovery import Entry, Recovery
from ivr_engine.storage.callers import callers
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal
from tests.core.centre import GENERAL, START_MS, Centre
from tests.storage.conftest import Entries

POLICY = RoutingPolicy(redial_ms=600_000)
STICKY = replace(GENERAL, last_agent_wait_ms=5_000)


async def kept(database: Database, folder: Path, entry: Entries, centre: Centre) -> None:
    journal = WrittenJournal(database, folder)
    await journal.start()
    for notice in centre.notices:
        journal.append(entry(None, notice, epoch=1))
    await journal.close()


async def test_given_callers_who_left_came_again_and_talked_when_read_then_it_is_what_the_core_has(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    centre = Centre("1001", queues=[STICKY], routing=POLICY)
    centre.citizen("c0").queues(caller="0100")
    centre.wait(1_000)
    centre.agent("1001").answers()
    centre.citizen("c1").queues(caller="0101")
    centre.citizen("c2").queues(caller="0102")
    centre.wait(10_000)
    centre.citizen("c1").leaves()
    centre.citizen("c2").leaves()
    centre.wait(5_000)
    centre.citizen("c3").queues(caller="0101")  # has its old place, and leaves again
    centre.citizen("c4").queues(caller="0102")  # has it too, and stands there still
    centre.wait(2_000)
    centre.citizen("c3").leaves()
    await kept(database, tmp_path, entry, centre)

    known = await callers(database, [STICKY], POLICY, centre.now_ms)

    left = LeftPlace("0101", START_MS + 1_000, START_MS + 18_000)
    assert known.callers == (
        CallersRestored(left=(left,), spoke=(LastTalk("0100", AgentId("1001"), START_MS + 1_000),)),
    )
    assert known.callers == tuple(centre.engine._state.recall.facts())
    assert known.places == {"c4": START_MS + 1_000}

    simulated = Recovery()
    simulated.take(
        Entry(1, 0, START_MS, Configured(Configuration((STICKY,), routing=POLICY)), (), tuple(centre.notices))
    )
    assert tuple(fact for fact in simulated.facts() if isinstance(fact, CallersRestored)) == known.callers


async def test_given_a_centre_that_remembers_nobody_when_read_then_there_is_nothing(
    database: Database, tmp_path: Path, entry: Entries
) -> None:
    centre = Centre("1001", log_in=False)
    centre.citizen("c1").queues(caller="0101").leaves()
    await kept(database, tmp_path, entry, centre)
    known = await callers(database, [QueueSettings(QueueId("general"))], RoutingPolicy(), centre.now_ms)
    assert (known.callers, known.places) == ((), {})
