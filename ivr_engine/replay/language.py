"""A `*.scenario.yaml` file → scenarios, or everything that is wrong with it, each with its place.

    title: a missed ring costs the citizen nothing
    agents:
      "1001": {skills: general, rings: silent}
      "1002": {skills: general, answers: 1s, talks: 30s}
    citizens:
      hong: {dials: "120", patience: 60s}
    expect:
      hong: {answered_by: "1002", ends: answered}

`language_files` puts fragments and examples in, `language_people`, `language_world` and `language_expect` read the
sections, `language_reach` looks at what can happen at all. One file is one scenario, or one for each of its examples.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, Place
from ivr_engine.flow.source import Table, Text
from ivr_engine.replay.language_expect import read_expectations
from ivr_engine.replay.language_facts import Names
from ivr_engine.replay.language_files import Gathered, Row, filled, gather
from ivr_engine.replay.language_outside import read_outside
from ivr_engine.replay.language_people import page_keys, read_people
from ivr_engine.replay.language_reach import Centre, centre, check_reach
from ivr_engine.replay.language_words import Page, moment_ms, texts
from ivr_engine.replay.language_world import (
    later_dialplans,
    read_dialplans,
    read_limit_ms,
    read_queues,
    read_scales,
    read_stage,
    read_world,
)
from ivr_engine.replay.scenario import QueueChange, Scenario

SUFFIX = ".scenario.yaml"
"""By which a file is known for a scenario."""

KEYS = (
    "title",
    "at",
    "on",
    "not_on",
    "dialplans",
    "queues",
    "let",
    "use",
    "agents",
    "officials",
    "citizens",
    "dips",
    "texts",
    "world",
    "expect",
    "examples",
    "time",
    "limit",
    "tags",
)
ORDINARY_TIME = "10:00"

LABEL = 60
"""Letters of an example's values in the name of its scenario."""


class ScenarioErrors(Exception):  # noqa: N818  (several at once is the point)
    """The file is no scenario. `diagnostics` are all that is wrong with it, in the order of files and lines."""

    code = "scenario_errors"

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


def read(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file: one, or one for each example. Raises ScenarioErrors and nothing else."""
    told = Diagnostics()
    gathered = gather(path, KEYS, told)
    if gathered is None:
        raise ScenarioErrors(told.in_order())
    if gathered.table.entries.get("examples") is not None and not gathered.rows:
        raise ScenarioErrors(told.in_order())
    scenarios: list[Scenario] = []
    findings: dict[Diagnostic, list[Row | None]] = {}
    rows: tuple[Row | None, ...] = gathered.rows or (None,)
    names = _names(path, gathered.rows)
    for row, name in zip(rows, names, strict=True):
        mine = Diagnostics()
        scenarios.append(_one(path, name, gathered, row, mine))
        for found in mine.in_order():
            findings.setdefault(found, []).append(row)
    for found in _without_echoes(findings, len(rows)):
        told.add(found)
    if told.errors:
        raise ScenarioErrors(told.in_order())
    return tuple(scenarios)


def _without_echoes(findings: dict[Diagnostic, list[Row | None]], rows: int) -> Iterable[Diagnostic]:
    """Each mistake once: of all examples together, and not again for a value whose variable has no name."""
    unfilled = {found.place for found in findings if found.code == "unknown_variable"}
    for found, where in findings.items():
        if found.place in unfilled and found.code != "unknown_variable":
            continue
        first = where[0]
        if first is not None and len(where) < rows:
            hint = f"{found.hint}; " if found.hint else ""
            yield replace(found, hint=f"{hint}with the example at line {first.place.line}")
        else:
            yield found


def _names(path: Path, rows: tuple[Row, ...]) -> tuple[str, ...]:
    stem = path.name.removesuffix(SUFFIX).removesuffix(".yaml")
    if not rows:
        return (stem,)
    labels = ["-".join(row.values.values())[:LABEL] for row in rows]
    return tuple(
        f"{stem}[{label}]" if labels.count(label) == 1 else f"{stem}[{label}-{number}]"
        for number, label in enumerate(labels, start=1)
    )


def _one(path: Path, name: str, gathered: Gathered, row: Row | None, told: Diagnostics) -> Scenario:
    variables = {**gathered.variables, **(row.values if row is not None else {})}
    # The definitions themselves, and the files, were read before there were variables.
    table = gathered.table
    kept = ("let", "use", "examples")
    fillable = replace(table, entries={key: node for key, node in table.entries.items() if key not in kept})
    fillable = replace(fillable, keys={key: table.keys[key] for key in fillable.entries})
    page = Page(filled(fillable, variables, told), told, "a scenario", None)

    home = path.parent
    folder = read_dialplans(page, home)
    at = centre(page, folder, later_dialplans(page, home), told)
    stage = read_stage(page, told)
    agents, citizens = page_keys(page, "agents"), page_keys(page, "citizens")
    known = Names(
        citizens=citizens,
        agents=agents,
        entries=page_keys(page, "officials"),
        prompts=at.prompts if at is not None else None,
        queues=at.queues if at is not None else None,
        agencies=at.agencies if at is not None else None,
        skills=at.skills if at is not None else None,
    )
    people = read_people(page, told, known)
    known = replace(known, understands={one.name: one.language for one in people.citizens if one.language})
    queues = read_queues(page, told, known.queues)
    _check_promises(page, queues, at)
    scenario = Scenario(
        name=name,
        title=page.text("title"),
        place=row.place if row is not None else Place(path.as_posix()),
        starts_at_ms=_starts_at_ms(page, told),
        dialplans=folder,
        queues=queues,
        agents=people.agents,
        recipients=people.officials,
        citizens=people.citizens,
        world=read_world(page, told, agents, home, stage.levels),
        outside=read_outside(page, told),
        expectations=read_expectations(page, told, known),
        levels=stage.levels,
        why_not_elsewhere=stage.why_not_elsewhere,
        scales=read_scales(page, stage.levels),
        limit_ms=read_limit_ms(page),
        tags=frozenset(text.value for text in texts(page.listed("tags"), told, "each of 'tags'")),
    )
    if not scenario.citizens and not scenario.world:
        told.error(page.table.place, "nothing_happens", "no citizen dials and nothing happens")
    _check_both(page, citizens, agents, told)
    check_reach(scenario, at, told)
    return scenario


def _starts_at_ms(page: Page, told: Diagnostics) -> int:
    node = page.node("at")
    written = page.text("at", ORDINARY_TIME)
    return moment_ms(Text(written, node.place if node is not None else page.table.place), told)


def _check_both(page: Page, citizens: tuple[str, ...], agents: tuple[str, ...], told: Diagnostics) -> None:
    section = page.node("citizens")
    for name in citizens:
        if name in agents and isinstance(section, Table):
            told.error(section.keys[name], "name", "a citizen and an agent have one name", found=name)


def _check_promises(page: Page, queues: tuple[QueueChange, ...], at: Centre | None) -> None:
    """A queue whose one ring outlasts its promise is refused in the flows, and so it is here."""
    settings = {str(queue.id): queue for queue in at.revisions[0].queues} if at is not None else {}
    for change in queues:
        queue = settings.get(change.queue)
        if queue is None:
            continue
        ring_ms = queue.ring_ms if change.ring_ms is None else change.ring_ms
        promise_ms = queue.promise_ms if change.promise_ms is None else change.promise_ms
        if ring_ms >= promise_ms:
            page.error(
                "queues",
                "ring_too_long",
                f"one phone of '{change.queue}' rings {ring_ms / 1000:g} s, but the promise is {promise_ms / 1000:g} s",
                hint="ring shorter, so that a second phone can still keep the promise",
            )
            return
