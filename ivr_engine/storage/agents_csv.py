"""Counsellors from a CSV file: `agent,name,contractor,skills`, skills as `transport:3 water:2`; and more.

The contractors' staff lists are the source; the engine keeps only what routing needs. An import changes the presence of
nobody but those whom it retires: they are logged out.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from sqlalchemy import Connection, select

from ivr_engine.core.configuration import VOICE, AgentSettings
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.vocabulary import AgentId, Presence, Skill
from ivr_engine.storage import tables
from ivr_engine.storage.csv_source import CsvProblem, CsvRefused, CsvRow, read_rows
from ivr_engine.storage.database import Database

COLUMNS = ("agent", "name", "contractor", "skills")
OPTIONAL = ("team", "languages", "capacity", "wrap_up_seconds", "wrap_up_mode")
CAPACITIES = range(21)
"""Of one channel; nobody writes with more than a handful of people at once."""
WRAP_UP_SECONDS = range(601)
"""As in a queue."""
PROFICIENCIES = range(1, 6)

_AGENT = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SKILL = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, by count. `retired`: no longer in the file, and taken out because that was asked for."""

    added: int
    changed: int
    unchanged: int
    retired: int

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged, {self.retired} retired"


def read_agents(path: Path, known_skills: Collection[str] = ()) -> tuple[AgentSettings, ...]:
    """The counsellors of the file, in its order.

    `known_skills`, where given, are those of the operators' documents: any other is a slip of the pen. Raises
    CsvRefused with every mistake, or StorageError if there is no such file.
    """
    problems: list[CsvProblem] = []
    agents: dict[str, tuple[int, AgentSettings]] = {}
    for row in read_rows(path, COLUMNS, problems, OPTIONAL):
        agent = row.cells["agent"]
        if not _AGENT.fullmatch(agent):
            problems.append(row.problem("agent", repr(agent), "the name of a phone: 1 to 32 of A-Z a-z 0-9 _ -"))
        elif agent in agents:
            problems.append(row.problem("agent", repr(agent), f"it stands in line {agents[agent][0]} already"))
        if not row.cells["name"]:
            problems.append(row.problem("name", "nothing", "a name is needed"))
        skills = _skills(row, known_skills, problems)
        settings = AgentSettings(
            AgentId(agent),
            row.cells["name"],
            skills,
            row.cells["contractor"],
            team=row.cells["team"],
            languages=_languages(row, problems),
            capacity=_capacity(row, problems),
            wrap_up_ms=_wrap_up_ms(row, problems),
            wrap_up_mode=_wrap_up_mode(row, problems),
        )
        agents.setdefault(agent, (row.line, settings))
    if problems:
        raise CsvRefused(path.name, tuple(sorted(problems, key=lambda problem: (problem.line, problem.at))))
    return tuple(settings for _, settings in agents.values())


async def import_agents(database: Database, path: Path, *, retire_missing: bool = False) -> Imported:
    """Bring the table to what the file says, in one transaction. Raises as `read_agents`, and `database.AWAY`.

    Agents who are not in the file stay as they are, unless `retire_missing` makes them inactive. One who comes back is
    made active again.
    """
    agents = read_agents(path)
    return await database.transact(lambda connection: _store(connection, agents, retire_missing))


def _store(connection: Connection, agents: tuple[AgentSettings, ...], retire_missing: bool) -> Imported:
    table = tables.agents
    names = (
        "name", "contractor", "skills", "active", "team", "languages", "capacity", "wrap_up_ms", "wrap_up_mode",
    )  # fmt: skip
    columns = [table.c.id, *(table.c[name] for name in names)]
    before = {row[0]: tuple(row[1:]) for row in connection.execute(select(*columns))}
    wanted = {
        agent.id: (
            agent.name,
            agent.contractor,
            dict(agent.skills),
            True,
            agent.team,
            " ".join(agent.languages),
            " ".join(f"{channel}:{count}" for channel, count in sorted(agent.capacity.items())),
            agent.wrap_up_ms,
            agent.wrap_up_mode.value if agent.wrap_up_mode else "",
        )
        for agent in agents
    }
    added = [key for key in wanted if key not in before]
    changed = [key for key, values in wanted.items() if key in before and before[key] != values]
    retired = [key for key, values in before.items() if key not in wanted and values[3]] if retire_missing else []
    for key in added:
        connection.execute(table.insert().values(id=key, **dict(zip(names, wanted[key], strict=True))))
    for key in changed:
        connection.execute(table.update().where(table.c.id == key).values(**dict(zip(names, wanted[key], strict=True))))
    for key in retired:
        gone = {"active": False, "presence": Presence.LOGGED_OUT.value, "reason": "", "intends": ""}
        connection.execute(table.update().where(table.c.id == key).values(**gone))
    return Imported(len(added), len(changed), len(wanted) - len(added) - len(changed), len(retired))


def _skills(row: CsvRow, known: Collection[str], problems: list[CsvProblem]) -> dict[Skill, int]:
    skills: dict[Skill, int] = {}
    for word in row.cells["skills"].split():
        skill, _, level = word.partition(":")
        if not _SKILL.fullmatch(skill) or level not in map(str, PROFICIENCIES):
            allowed = "skill:proficiency, such as transport:3; proficiency is 1 to 5, skills are parted by spaces"
        elif skill in skills:
            allowed = f"{skill} stands there twice"
        elif known and skill not in known:
            near = get_close_matches(skill, known, n=1)
            allowed = f"`skills` of the documents has no {skill}; " + (
                f"did you mean {near[0]}?" if near else f"it has {' '.join(sorted(known))}"
            )
        else:
            skills[Skill(skill)] = int(level)
            continue
        problems.append(row.problem("skills", repr(word), allowed))
    return skills


def _languages(row: CsvRow, problems: list[CsvProblem]) -> tuple[str, ...]:
    languages: list[str] = []
    for word in row.cells["languages"].split():
        if not _LANGUAGE.fullmatch(word) or word in languages:
            allowed = f"{word} stands there twice" if word in languages else "codes parted by spaces, such as ko en"
            problems.append(row.problem("languages", repr(word), allowed))
        else:
            languages.append(word)
    return tuple(languages)


def _capacity(row: CsvRow, problems: list[CsvProblem]) -> dict[str, int]:
    capacity: dict[str, int] = {}
    for word in row.cells["capacity"].split():
        channel, _, count = word.partition(":")
        if not _SKILL.fullmatch(channel) or count not in map(str, CAPACITIES):
            allowed = "channel:contacts, such as chat:3, from 0 to 20, channels are parted by spaces"
        elif channel == VOICE and int(count) > 1:
            allowed = "one voice at a time: voice:1, or voice:0 for who is never rung"
        elif channel in capacity:
            allowed = f"{channel} stands there twice"
        else:
            capacity[channel] = int(count)
            continue
        problems.append(row.problem("capacity", repr(word), allowed))
    return capacity


def _wrap_up_ms(row: CsvRow, problems: list[CsvProblem]) -> int | None:
    cell = row.cells["wrap_up_seconds"]
    if not cell:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", cell) or int(cell) not in WRAP_UP_SECONDS:
        problems.append(row.problem("wrap_up_seconds", repr(cell), "0 to 600, or nothing for the queue's"))
        return None
    return int(cell) * 1_000


def _wrap_up_mode(row: CsvRow, problems: list[CsvProblem]) -> WrapUpMode | None:
    cell = row.cells["wrap_up_mode"]
    if not cell:
        return None
    if cell not in set(WrapUpMode):
        modes = ", ".join(WrapUpMode)
        problems.append(row.problem("wrap_up_mode", repr(cell), f"{modes}, or nothing for the queue's"))
        return None
    return WrapUpMode(cell)
