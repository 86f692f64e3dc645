"""A table that can be away, behind the engine's real journal: spool, retries and catching up run for real.

Only scenarios in which something befalls the database pay for it.
"""

from collections.abc import Callable, Sequence

from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.storage.rows import Row, entry_of


class WireTable:
    """Implements `storage.journal.Batches`. `entries` are its rows, in the order in which they came."""

    def __init__(self, on_written: Callable[[Entry], None]) -> None:
        self._on_written = on_written
        self._keys: set[tuple[int, int]] = set()
        self.away = False
        self.written = 0
        self.unreadable = 0
        self.entries: list[Entry] = []

    async def write(self, rows: Sequence[Row]) -> None:
        """Each row once, however often it is given. Raises OSError while it is away."""
        if self.away:
            raise OSError("the scenario's database is away")
        for row in rows:
            if (row.epoch, row.seq) not in self._keys:
                self._keys.add((row.epoch, row.seq))
                self.written += 1
                told = entry_of(row.payload)
                entry = Entry(told.epoch, told.seq, told.at_ms, told.event, told.commands, told.notices)
                self.entries.append(entry)
                self._on_written(entry)

    def problems(self, decided: Sequence[Entry]) -> tuple[str, ...]:
        """What is not in the table once and in its order, of all that was decided."""
        if self.away or self.entries == list(decided):
            return ()
        written = [(entry.epoch, entry.seq) for entry in self.entries]
        wanted = [(entry.epoch, entry.seq) for entry in decided]
        return (f"the journal has {len(written)} of {len(wanted)} entries, or not as they were decided",)
