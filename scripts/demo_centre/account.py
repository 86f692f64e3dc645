"""The engine's own account, read where anybody could read it: its database and its metrics."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo_centre.compare import Booked


@dataclass(frozen=True, slots=True)
class Written:
    """What the database has: contacts, how often each disposition stands in the journal, and how transfers ended."""

    contacts: tuple[Booked, ...]
    journal: Counter[str]
    transfers: Counter[str]


def read_database(path: Path) -> Written:
    """All of it. The journal must have been written to its end."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    try:
        asked = "select coalesce(result, 'open') from transfers where entry != ''"  # without an entry it is a mere hold
        results = Counter(result for (result,) in database.execute(asked))
        contacts = tuple(
            Booked(
                contact=row["id"],
                caller=row["caller"] or "",
                number=row["number"] or "",
                queue=row["queue"] or "",
                agent=row["agent"] or "",
                disposition=row["disposition"] or "",
                queued_at_ms=row["queued_at_ms"],
                answered_at_ms=row["answered_at_ms"],
                ended_at_ms=row["ended_at_ms"],
                wait_ms=row["wait_ms"],
                talk_ms=row["talk_ms"],
                within_promise=bool(row["within_promise"]),
            )
            for row in database.execute("select * from contacts order by arrived_at_ms")
        )
        return Written(contacts, Counter(_ended_in_journal(database)), results)
    finally:
        database.close()


def _ended_in_journal(database: sqlite3.Connection) -> Iterator[str]:
    for (payload,) in database.execute("select payload from journal where payload like '%ContactEnded%'"):
        for notice in json.loads(payload)["notices"]:
            if notice["kind"] == "ContactEnded":
                yield notice["disposition"]


def read_metrics(exposition: str) -> Counter[str]:
    """Contacts by disposition, as `/metrics` counts them."""
    counted: Counter[str] = Counter()
    for line in exposition.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("ivr_contacts_total{"):
            counted[name.partition('disposition="')[2].partition('"')[0]] += int(float(value))
    return +counted
