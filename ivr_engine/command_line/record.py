"""`ivr-engine record` and `ivr-engine verify-journal`: the journal as scenarios, as a recording, and decided again."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ivr_engine import __version__
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import moment_ms
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.replay import recording, simulated
from ivr_engine.replay.determinism import Check, Verified, verify
from ivr_engine.replay.language import ScenarioErrors, read
from ivr_engine.replay.recorder import CannotRecord, scenario_of
from ivr_engine.replay.recording import RecordingError
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scrub import Scrub
from ivr_engine.replay.shipped import dialplans as shipped_dialplans
from ivr_engine.replay.stories import Stories, Story
from ivr_engine.replay.verdict import judge
from ivr_engine.replay.ways import Ways
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage import recovery
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.stretch import epochs, span_of, stretch

AROUND_MS = 60 * 60_000
"""A contact of the last minute of a stretch may go on for an hour; what is longer is reported as not ended."""

T = TypeVar("T")


def record(
    out: Annotated[Path, typer.Option("--out", help="file of one contact; folder, or *.jsonl.gz, of a stretch")],
    contact: Annotated[str | None, typer.Argument(help="its identifier; or say --from and --to")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Seoul's time: '2026-11-23 10:00'")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Seoul's time, not included")] = None,
    folder: Annotated[Path | None, typer.Option("--dialplans", help="the flows then in force")] = None,
) -> None:
    """Make scenarios of contacts, or a recording (*.jsonl.gz) of everything; personal data is replaced.

    Exit status 1: something could not be told as a scenario, or does not come out as it was.
    """
    if (contact is None) == (since is None or until is None):
        give_up("say which: the identifier of one contact, or both --from and --to")
    if contact is None and out.suffix == ".gz":
        entries = _run(_stretch_of(moment_ms(since or ""), moment_ms(until or "")))
        source = f"{since} to {until}"
        try:
            count = recording.write(out, Scrub().entries(entries), engine=__version__, source=source)
        except OSError as error:
            give_up(f"cannot write {out}: {error.strerror or error}")
        print(f"{out}: {count} decisions")
        return
    stories, wanted = _run(_stories(contact, since, until))
    try:
        home = (folder or shipped_dialplans()).resolve()
        ways = Ways(home, loaded(home))
    except FlowErrors as errors:
        give_up(f"{errors.diagnostics[0]}; see all of it with: ivr-engine check {folder or ''}")
    scrub = Scrub()
    failed = 0
    for story in wanted:
        file = out if contact is not None else out / f"{story.began.contact}.scenario.yaml"
        problem = _write(file, story, stories, ways, scrub, home if folder is not None else None)
        if problem:
            failed += 1
            print(f"{story.began.contact}: {problem}", file=sys.stderr)
    print(f"{len(wanted) - failed} of {len(wanted)} contacts come out as they were")
    if failed:
        raise typer.Exit(WRONG)


def _write(file: Path, story: Story, stories: Stories, ways: Ways, scrub: Scrub, home: Path | None) -> str:
    """Writes one scenario and runs it; what is wrong with it, or nothing."""
    try:
        text = scenario_of(story, stories, ways, scrub, dialplans=home)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        [scenario] = read(file)
    except CannotRecord as reason:
        return f"not recorded: {reason}"
    except ScenarioErrors as errors:
        return f"recorded, but it is no scenario yet: {errors.diagnostics[0]}"
    except OSError as error:
        give_up(f"cannot write {file}: {error.strerror or error}")
    played = simulated.run(scenario)
    wrong = [*played.problems, *map(str, judge(scenario, played.history))]
    return f"recorded, but it does not come out as it was: {wrong[0]}" if wrong else ""


def verify_journal(
    epoch: Annotated[int | None, typer.Option(help="one life of the engine only")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="a recording instead of the database")] = None,
) -> None:
    """Decide a recorded journal again: the same commands and notices, byte for byte. Exit status 1: a difference."""
    try:
        if file is not None:
            _, entries = recording.read(file)
            verified = verify(one for one in entries if epoch is None or one.epoch == epoch)
        else:
            verified = _run(_verified(epoch))
    except RecordingError as error:
        give_up(str(error))
    for difference in verified.differences:
        print(difference)
    if not verified.entries:
        give_up("there is nothing to verify" if epoch is None else f"the journal has no epoch {epoch}")
    same = "all as recorded" if not verified.differences else f"{len(verified.differences)} epochs differ"
    print(f"{verified.entries} decisions of {verified.epochs} epochs: {same}")
    if verified.differences:
        raise typer.Exit(WRONG)


# ── the database ────────────────────────────────────────────────────────────────────────────────────────────────────
async def _verified(epoch: int | None) -> Verified:
    async with opened(from_environment().database_url) as database:
        check = Check()
        for life in [epoch] if epoch is not None else await epochs(database):
            after = -1
            while page := await recovery.entries(database, life, after):
                for entry in page:
                    check.take(entry)
                after = page[-1].seq
        return check.result()


async def _stories(contact: str | None, since: str | None, until: str | None) -> tuple[Stories, list[Story]]:
    """Everything told in the stretch, and the contacts that are wanted of it."""
    async with opened(from_environment().database_url) as database:
        if contact is not None:
            span = await span_of(database, contact)
            if span is None:
                give_up(f"the journal has no contact {contact}")
            from_ms, to_ms = span[0], span[1] + 1
        else:
            from_ms, to_ms = moment_ms(since or ""), moment_ms(until or "")
        stories = Stories()
        async for entry in stretch(database, from_ms, to_ms + AROUND_MS):
            stories.take(entry)
    arrived = [story for story in stories.over if from_ms <= story.began.arrived_at_ms < to_ms]
    wanted = [story for story in arrived if contact is None or story.began.contact == contact]
    if not wanted:
        give_up(f"contact {contact} has not ended yet" if contact else "no contact arrived and ended in that time")
    return stories, wanted


async def _stretch_of(from_ms: int, to_ms: int) -> list[JournalEntry]:
    async with opened(from_environment().database_url) as database:
        return [entry async for entry in stretch(database, from_ms, to_ms)]


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except (StorageError, SettingsRefused) as known:
        give_up(str(known))
    except ValueError as foreign:
        give_up(f"the journal cannot be read by this version: {foreign}")
