"""The journal of a simulated engine: a table of entries, and a spool while nobody takes them.

Does what `storage.journal` does: nothing waits for the database; while it is away entries gather on the disk, outlive
the engine there, and come into the table in order and once when it is back.
"""

from ivr_engine.replay.simulator.recovery import Entry, Recovery


class SimulatedJournal:
    """One for all lives of an engine, as the disk is."""

    def __init__(self, *, keep_entries: bool) -> None:
        self._keep = keep_entries
        self._spool: list[Entry] = []
        self._last = (0, 0)
        self._decided = 0
        self._rows = 0
        self.away = False
        """Nothing can be written."""
        self.entries: list[Entry] = []
        """The table, unless the run keeps none."""
        self.recovery = Recovery()
        """What the table tells a new life."""

    def append(self, entry: Entry) -> None:
        """Take the entry and return."""
        self._decided += 1
        if self.away:
            self._spool.append(entry)
        else:
            self._write(entry)

    def lose_database(self) -> None:
        """Until it is found again."""
        self.away = True

    def find_database(self) -> None:
        """What waited comes first."""
        self.away = False
        spool, self._spool = self._spool, []
        for entry in spool:
            self._write(entry)

    def problems(self) -> tuple[str, ...]:
        """Entries that are not in the table exactly once, at the end of a run."""
        if self.away or self._rows == self._decided:
            return ()
        return (f"the journal has {self._rows} of {self._decided} entries",)

    def _write(self, entry: Entry) -> None:
        key = (entry.epoch, entry.seq)
        assert key > self._last, f"entry {key} after {self._last}: twice, or out of its order"
        self._last = key
        self._rows += 1
        if self._keep:
            self.entries.append(entry)
        self.recovery.take(entry)
