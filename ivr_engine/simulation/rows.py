"""Contacts and agents of a day from two CSV files, and the fates back into one: what other tools read and write.

Times are seconds from the day's own zero, decimals allowed. Every mistake is told with file, line and column, and
nothing is played before all are mended.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.vocabulary import AgentId, QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostics, FlowErrors, Place
from ivr_engine.flow.form import NAME, NAME_HINT
from ivr_engine.simulation.day import Citizen, SimulatedDay, Spell
from ivr_engine.simulation.outcome import Played

CONTACTS = (
    *("contact", "arrival_seconds", "queue", "requirement"),
    *("priority", "handle_seconds", "patience_seconds", "pickup_seconds"),
)
AGENTS = ("agent", "contractor", "skills", "from_seconds", "to_seconds")
RESULTS = ("contact", "answered_seconds", "agent", "abandoned_seconds")

MOST_ROWS = 5_000_000
"""More does not fit into memory beside its fates."""

LONGEST_SECONDS = 31 * 86_400.0
"""A month: times beyond it are milliseconds or dates by mistake."""

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_PRIORITY = re.compile(r"-?[0-9]{1,3}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_SKILL = re.compile(r"([a-z][a-z0-9_]{0,31}):([1-5])", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A name to tell mistakes by, and what is in it."""

    name: str
    content: bytes


def day(contacts: File, agents: File, seed: int = 0, missed_share: float = 0.0) -> SimulatedDay:
    """The day of two files. Raises FlowErrors with every mistake of both."""
    found = Diagnostics()
    roster, spells = _agents(agents, found)
    known = sorted({str(skill) for agent in roster for skill in agent.skills})
    citizens = _citizens(contacts, known, found)
    if not roster and not found.errors:
        found.error(Place(agents.name), "no_agents", "nobody is ever on duty", hint="one row for each spell on duty")
    if found.errors:
        raise FlowErrors(found.in_order())
    queues = tuple(QueueSettings(QueueId(name)) for name in sorted({citizen.queue for citizen in citizens}))
    source = f"{contacts.name}, {agents.name} (seed {seed})"
    return SimulatedDay(source, citizens, queues, roster, spells, missed_share=missed_share, seed=seed)


def results(played: Played) -> str:
    """The fates, in the order of the contacts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(RESULTS)
    for citizen, fate in zip(played.day.citizens, played.fates, strict=True):
        writer.writerow((citizen.id, _written(fate.answered_ms), fate.agent, _written(fate.abandoned_ms)))
    return out.getvalue()


def _written(at_ms: int | None) -> str:
    return "" if at_ms is None else f"{at_ms / 1000:.3f}"


def _citizens(file: File, known: list[str], found: Diagnostics) -> tuple[Citizen, ...]:
    seen: dict[str, int] = {}
    citizens = []
    requirements: dict[str, frozenset[Skill]] = {}
    for row in _rows(file, CONTACTS, found):
        contact = row.id("contact")
        if contact in seen:
            row.error("contact", "doubled", f"this contact stands in line {seen[contact]} already")
        seen[contact] = row.line
        queue = row.text("queue")
        if not NAME.fullmatch(queue):
            row.error("queue", "name", "this is not a name", hint=NAME_HINT)
        written = row.text("requirement")
        requirement = requirements.get(written)
        if requirement is None:
            requirement = requirements[written] = frozenset(map(Skill, written.split()))
            for skill in sorted(requirement):
                if known and skill not in known:
                    row.error("requirement", "unknown_skill", "no agent has this skill", word=skill, allowed=known)
        priority = row.text("priority") or "0"
        if not _PRIORITY.fullmatch(priority):
            row.error("priority", "number", "a priority is a whole number, as 0 or 5")
            priority = "0"
        citizens.append(
            Citizen(
                id=contact,
                arrival_ms=row.ms("arrival_seconds"),
                queue=QueueId(queue),
                requirement=requirement,
                priority=int(priority),
                handle_ms=row.ms("handle_seconds"),
                patience_ms=row.ms("patience_seconds"),
                pickup_ms=row.ms("pickup_seconds"),
            )
        )
    return tuple(sorted(citizens, key=lambda citizen: (citizen.arrival_ms, citizen.id)))


def _agents(file: File, found: Diagnostics) -> tuple[tuple[AgentSettings, ...], tuple[Spell, ...]]:
    agents: dict[str, tuple[int, AgentSettings]] = {}
    spells: list[tuple[int, Spell]] = []
    for row in _rows(file, AGENTS, found):
        name = row.id("agent")
        skills = {}
        for written in row.text("skills").split():
            match = _SKILL.fullmatch(written)
            if match is None:
                row.error("skills", "skill", "a skill is written name:proficiency, as water:3", word=written)
            else:
                skills[Skill(match[1])] = int(match[2])
        settings = AgentSettings(AgentId(name), name, skills, row.text("contractor"))
        line, before = agents.setdefault(name, (row.line, settings))
        if before != settings:
            row.error("agent", "doubled", f"another contractor or other skills than in line {line}")
        from_ms, to_ms = row.ms("from_seconds"), row.ms("to_seconds")
        if to_ms <= from_ms and row.sound:
            row.error("to_seconds", "spell", "a spell ends after it begins")
        spells.append((row.line, Spell(AgentId(name), from_ms, to_ms)))
    ordered = sorted(spells, key=lambda pair: (pair[1].agent, pair[1].from_ms))
    for (_, earlier), (line, later) in pairwise(ordered):
        if earlier.agent == later.agent and later.from_ms < earlier.to_ms:
            place = Place(file.name, line)
            found.error(place, "overlap", "this spell begins before the last one ends", found=later.agent)
    return tuple(settings for _, settings in agents.values()), tuple(spell for _, spell in spells)


@dataclass(slots=True)
class _Row:
    file: str
    line: int
    cells: dict[str, str]
    columns: dict[str, int]
    found: Diagnostics
    sound: bool = True

    def text(self, column: str) -> str:
        return self.cells[column]

    def id(self, column: str) -> str:
        cell = self.cells[column]
        if not _ID.fullmatch(cell):
            self.error(column, "name", "1 to 64 of A-Z a-z 0-9 . _ : -")
        return cell

    def ms(self, column: str) -> int:
        cell = self.cells[column]
        seconds = float(cell) if _SECONDS.fullmatch(cell) else -1.0
        if not 0 <= seconds <= LONGEST_SECONDS:
            what = f"seconds from 0 to {LONGEST_SECONDS:.0f}"
            self.error(column, "negative" if cell.startswith("-") else "seconds", what)
            return 0
        return round(seconds * 1000)

    def error(
        self,
        column: str,
        code: str,
        message: str,
        *,
        word: str | None = None,
        allowed: list[str] | None = None,
        hint: str = "",
    ) -> None:
        self.sound = False
        place = Place(self.file, self.line, self.columns[column])
        found = (self.cells[column] or None) if word is None else word
        self.found.error(place, code, f"{column}: {message}", found=found, allowed=allowed or (), hint=hint)


def _rows(file: File, columns: tuple[str, ...], found: Diagnostics) -> Iterator[_Row]:
    """The rows below a header with exactly these columns, in any order; cells trimmed."""
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        found.error(Place(file.name, line), "encoding", "the file is not UTF-8", hint="save it as CSV UTF-8")
        return
    lines = text.splitlines()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for count, cells in enumerate(reader):
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if sorted(header) != sorted(columns):
                    for name in header:
                        if name not in columns:
                            found.error(
                                Place(file.name, line), "unknown_column", "no such column", found=name, allowed=columns
                            )
                    missing = [name for name in columns if name not in header]
                    if missing or len(header) != len(set(header)):
                        what = f"missing: {', '.join(missing)}" if missing else "a column stands twice"
                        found.error(Place(file.name, line), "columns", what, allowed=columns)
                    return
                continue
            if count > MOST_ROWS:
                found.error(Place(file.name, line), "too_many", f"more than {MOST_ROWS} rows", hint="split the day")
                return
            if len(cells) != len(header):
                found.error(Place(file.name, line), "cells", f"{len(cells)} cells; the header has {len(header)}")
                continue
            at = _columns(lines[line - 1] if line <= len(lines) else "", cells)
            by_name = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            yield _Row(file.name, line, by_name, dict(zip(header, at, strict=True)), found)
    except csv.Error as error:
        found.error(
            Place(file.name, reader.line_num), "csv", str(error), hint='a quote in a quoted cell is doubled: ""'
        )
        return
    if header is None:
        found.error(Place(file.name), "empty", "the file is empty", hint=f"the first line is {','.join(columns)}")


def _columns(line: str, cells: list[str]) -> list[int]:
    """Where each cell begins in its line, from 1; of quoted rows, which cell it is."""
    if '"' in line:
        return list(range(1, len(cells) + 1))
    at, found = 1, []
    for cell in cells:
        found.append(at)
        at += len(cell) + 1
    return found
