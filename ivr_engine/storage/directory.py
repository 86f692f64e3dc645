"""The directory of departments and officials: imported from CSV, searched in memory.

Nobody else can be called by a transfer, so what is imported here is the allow-list against toll fraud. In memory,
because the whole of it is a few megabytes and an agent who types expects the answer before the next letter.
"""

import re
import unicodedata
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from ivr_engine.runtime.ports import DirectoryEntry
from ivr_engine.storage import tables
from ivr_engine.storage.agents_csv import Imported
from ivr_engine.storage.csv_source import CsvProblem, CsvRefused, read_rows
from ivr_engine.storage.database import Database

COLUMNS = ("entry", "department", "official", "duties", "number")

SEARCH_WORDS = 8
"""Nobody types more, and each word is a walk through what the words before it left."""

SEARCH_LIMIT = 200
"""More results than a screen holds are a question that needs another word."""

_ENTRY = re.compile(r"[0-9]{3,6}")
_NUMBER = re.compile(r"[0-9+]{2,15}")
_BETWEEN_FIELDS = "\x1f"


class MemoryDirectory:
    """Implements `runtime.ports.Directory`."""

    def __init__(self, entries: tuple[DirectoryEntry, ...] = ()) -> None:
        self._entries: dict[str, DirectoryEntry] = {}
        self._texts: list[tuple[str, DirectoryEntry]] = []
        self.replace(entries)

    @classmethod
    async def load(cls, database: Database) -> "MemoryDirectory":
        """The directory as it is in the table now. Raises what is in `database.AWAY`."""
        return cls(await stored_entries(database))

    def replace(self, entries: tuple[DirectoryEntry, ...]) -> None:
        """Another import's entries, at once."""
        ordered = sorted(entries, key=lambda entry: entry.entry)
        self._texts = [
            (_folded(_BETWEEN_FIELDS.join((entry.department, entry.official, entry.duties))), entry)
            for entry in ordered
        ]
        self._entries = {entry.entry: entry for entry in ordered}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, entry: str) -> DirectoryEntry | None:
        """The entry of that code."""
        return self._entries.get(entry)

    def search(self, words: str, limit: int = 20) -> tuple[DirectoryEntry, ...]:
        """Entries whose department, official or duties contain all the words, by code; nothing for no words."""
        wanted = _folded(words).split()[:SEARCH_WORDS]
        if not wanted:
            return ()
        wanted.sort(key=len, reverse=True)
        longest, *others = wanted
        found = (entry for text, entry in self._texts if longest in text and all(word in text for word in others))
        return tuple(islice(found, max(0, min(limit, SEARCH_LIMIT))))


async def stored_entries(database: Database) -> tuple[DirectoryEntry, ...]:
    """All entries of the table, by code."""
    async with database.reading() as connection:
        rows = (await connection.execute(select(tables.directory).order_by(tables.directory.c.entry))).all()
    return tuple(DirectoryEntry(row.entry, row.department, row.official, row.duties, row.number) for row in rows)


def read_directory(path: Path) -> tuple[DirectoryEntry, ...]:
    """The entries of the file, in its order. Raises CsvRefused with every mistake, or StorageError."""
    problems: list[CsvProblem] = []
    lines: dict[str, int] = {}
    entries: list[DirectoryEntry] = []
    for row in read_rows(path, COLUMNS, problems):
        entry = DirectoryEntry(**row.cells)
        if not _ENTRY.fullmatch(entry.entry):
            problems.append(row.problem("entry", repr(entry.entry), "a code of 3 to 6 digits"))
        elif entry.entry in lines:
            problems.append(row.problem("entry", repr(entry.entry), f"it stands in line {lines[entry.entry]} already"))
        if not entry.department:
            problems.append(row.problem("department", "nothing", "a department is needed"))
        if not _NUMBER.fullmatch(entry.number):
            problems.append(row.problem("number", repr(entry.number), "2 to 15 of the digits 0-9 and +, nothing else"))
        lines.setdefault(entry.entry, row.line)
        entries.append(entry)
    if problems:
        raise CsvRefused(path.name, tuple(sorted(problems, key=lambda problem: (problem.line, problem.at))))
    return tuple(entries)


async def import_directory(database: Database, path: Path, *, retire_missing: bool = False) -> Imported:
    """Bring the table to what the file says, in one transaction. Raises as `read_directory`, and `database.AWAY`.

    Entries that are not in the file stay, unless `retire_missing` removes them.
    """
    entries = read_directory(path)
    return await database.transact(lambda connection: _store(connection, entries, retire_missing))


def _store(connection: Connection, entries: tuple[DirectoryEntry, ...], retire_missing: bool) -> Imported:
    table = tables.directory
    before = {row.entry: tuple(row) for row in connection.execute(select(table))}
    wanted = {
        entry.entry: (entry.entry, entry.department, entry.official, entry.duties, entry.number) for entry in entries
    }
    added = [values for key, values in wanted.items() if key not in before]
    changed = [values for key, values in wanted.items() if key in before and before[key] != values]
    retired = [key for key in before if key not in wanted] if retire_missing else []
    for key in (*retired, *(values[0] for values in changed)):
        connection.execute(table.delete().where(table.c.entry == key))
    new = [dict(zip(COLUMNS, values, strict=True)) for values in (*added, *changed)]
    if new:
        connection.execute(table.insert(), new)
    return Imported(len(added), len(changed), len(wanted) - len(added) - len(changed), len(retired))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
