"""A stretch of the journal: the configuration of before, then everything in it, once, over lives and pages."""

from pathlib import Path

from ivr_engine.core.configuration import Configuration
from ivr_engine.core.events import Configured, Event, TimePassed
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage.database import Database
from ivr_engine.storage.journal import WrittenJournal
from ivr_engine.storage.stretch import epochs, span_of, stretch


async def test_given_a_journal_of_two_lives_when_a_stretch_is_read_then_it_comes_in_order_with_its_configuration(
    database: Database, tmp_path: Path
) -> None:
    old, then = (Configured(Configuration((), revision=name)) for name in ("old", "then"))
    journal = WrittenJournal(database, tmp_path / "spool")
    await journal.start()
    told: list[tuple[int, int, int, Event]] = [
        (1, 1, 100, old),
        (1, 2, 200, then),
        *((1, seq, 1_000 + seq, TimePassed()) for seq in range(3, 8)),
        *((2, seq, 2_000 + seq, TimePassed()) for seq in range(1, 4)),
        (2, 4, 9_000, TimePassed()),
    ]
    for epoch, seq, at_ms, event in told:
        journal.append(JournalEntry(epoch, seq, at_ms, event, (), ()))
    await journal.close()

    found = [one async for one in stretch(database, 1_000, 9_000, page=3)]

    assert found[0].event == then
    assert [(one.epoch, one.seq) for one in found[1:]] == [
        *((1, seq) for seq in range(3, 8)),
        *((2, seq) for seq in range(1, 4)),
    ]
    assert await epochs(database) == [1, 2]
    assert await span_of(database, "nobody") is None
