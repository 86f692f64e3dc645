"""`ivr-engine replay`: a recorded day against other flows or another policy, and what would have been different."""

import asyncio
import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import moment_ms
from ivr_engine.core.service_level import HEADLINE, Formula
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.replay import recording
from ivr_engine.replay.day import Day, day_of, ordinary_day
from ivr_engine.replay.recording import RecordingError
from ivr_engine.replay.rerun import Played, Policy, rerun
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.shipped import dialplans
from ivr_engine.replay.whatif import Outcome, as_json, chart, compare, table
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.stretch import stretch

ORDINARY_MS = int(datetime(2026, 11, 22, 15, tzinfo=UTC).timestamp()) * 1000
"""Midnight in Seoul before Monday, 23 November 2026: the day on which scenarios begin, too."""

LONGEST_SECONDS = 600.0

POLICY_WORDS = ("ring", "wrap_up", "promise", "break_after")


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"


def replay(
    against: Annotated[Path, typer.Option("--against", help="the flows to try")],
    base: Annotated[
        Path | None, typer.Option("--base", help="flows to compare with; otherwise what the journal says happened")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="a recording (ivr-engine record … --out x.jsonl.gz)")
    ] = None,
    ordinary: Annotated[
        bool, typer.Option("--ordinary", help="120's ordinary day of 42,097 contacts, assumed")
    ] = False,
    url: Annotated[str | None, typer.Option("--db", help="a database; otherwise IVR_DATABASE_URL")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Seoul's time, with a database")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Seoul's time, not included")] = None,
    policy: Annotated[str, typer.Option(help="as 'ring=8s,wrap_up=15s,promise=15s,break_after=3'")] = "",
    formula: Annotated[Formula, typer.Option(help="the service level that decides")] = HEADLINE,
    allow: Annotated[float, typer.Option(help="points of it that may be lost")] = 0.0,
    form: Annotated[Form, typer.Option("--format", help="text or json")] = Form.TEXT,
    svg: Annotated[Path | None, typer.Option("--svg", help="draw the service levels into this file")] = None,
) -> None:
    """What a day would have been with other flows. Exit status 1: the service level is worse than allowed."""
    wanted = _policy(policy)
    day = _day(file, ordinary, url, since, until)
    if not day.arrivals:
        give_up("nobody called in that time")
    after = _play(day, against, wanted)
    if base is None and day.recorded:
        before = Outcome("recorded", day.recorded, {})
    else:
        other = base or dialplans()
        before = Outcome(f"{other.name} (base)", (played := _play(day, other, None)).ended, played.keys)
    compared = compare(before, Outcome(against.name or "against", after.ended, after.keys), after.lost_ways)
    if svg is not None:
        try:
            svg.write_text(chart(compared), encoding="utf-8")
        except OSError as error:
            give_up(f"cannot write {svg}: {error.strerror or error}")
    lost = compared.loss(formula)
    if form is Form.JSON:
        verdict = {"formula": str(formula), "points_lost": round(lost, 3), "allowed": allow, "worse": lost > allow}
        print(json.dumps({"day": day.source, **as_json(compared), "verdict": verdict}, ensure_ascii=False, indent=1))
    else:
        print(f"{day.source}: {len(day.arrivals)} contacts, {len(day.agents)} agents\n{table(compared)}", end="")
        if after.unfinished:
            print(f"{after.unfinished} contacts were not over two hours after the last one called")
        print(f"{formula}: {-lost:+.1f} points, {'worse than' if lost > allow else 'within'} the {allow:g} allowed")
    if lost > allow:
        raise typer.Exit(WRONG)


def _play(day: Day, folder: Path, policy: Policy | None) -> Played:
    if not folder.is_dir():
        give_up(f"there is no folder {folder}; name the one with numbers.yaml in it")
    try:
        return rerun(day, folder, loaded(folder), policy)
    except FlowErrors as errors:
        give_up(f"{errors.diagnostics[0]}; see all of it with: ivr-engine check {folder}")


def _day(file: Path | None, ordinary: bool, url: str | None, since: str | None, until: str | None) -> Day:
    if sum((file is not None, ordinary, since is not None or until is not None)) != 1:
        give_up("say which day: --file RECORDING, --ordinary, or --from and --to of a database")
    if ordinary:
        return ordinary_day(ORDINARY_MS)
    if file is not None:
        try:
            header, entries = recording.read(file)
            return day_of(entries, header.source or file.name)
        except RecordingError as error:
            give_up(str(error))
    if since is None or until is None:
        give_up("a day of a database has both --from and --to")
    try:
        entries_of_day = asyncio.run(_entries(url, moment_ms(since), moment_ms(until)))
    except (StorageError, SettingsRefused) as known:
        give_up(str(known))
    except ValueError as foreign:
        give_up(f"the journal cannot be read by this version: {foreign}")
    return day_of(entries_of_day, f"{since} to {until}")


async def _entries(url: str | None, from_ms: int, to_ms: int) -> list[JournalEntry]:
    async with opened(url or from_environment().database_url) as database:
        return [entry async for entry in stretch(database, from_ms, to_ms)]


def _policy(written: str) -> Policy:
    """From `ring=8s,break_after=3`."""
    words: dict[str, int] = {}
    for part in filter(None, (one.strip() for one in written.split(","))):
        name, _, value = part.partition("=")
        if name not in POLICY_WORDS:
            give_up(f"--policy: there is no {name!r}; allowed: {', '.join(POLICY_WORDS)}")
        counts = name == "break_after"
        try:
            number = float(value if counts else value.removesuffix("s"))
        except ValueError:
            number = -1.0
        if not 0 < number <= LONGEST_SECONDS and not (name == "wrap_up" and number == 0):
            example = "3" if counts else "8s"
            give_up(f"--policy: {name} must be more than 0 and at most {LONGEST_SECONDS:g}; write {name}={example}")
        words[name] = int(number) if counts else int(number * 1000)
    return Policy(words.get("ring"), words.get("wrap_up"), words.get("promise"), words.get("break_after"))
