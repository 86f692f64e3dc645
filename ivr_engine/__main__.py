"""The `ivr-engine` command. Exit status: 0 done, 1 found something wrong in what it was asked to judge, 2 could not."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from ivr_engine import __version__, logs, service
from ivr_engine.api.access import TokenError
from ivr_engine.api.roles import RoleError
from ivr_engine.asterisk.agi_errors import AgiListenError
from ivr_engine.asterisk.ami_errors import AmiRefused
from ivr_engine.command_line import (
    audit,
    check,
    diff,
    graph,
    hours,
    numbers,
    prompts,
    record,
    recordings,
    replay,
    report,
    revisions,
    schema,
    show,
    simulate,
    staff,
    try_,
    why,
)
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.settings import Settings, SettingsRefused, from_environment
from ivr_engine.storage.agents_csv import Imported, import_agents
from ivr_engine.storage.audit import AGENTS_IMPORTED, DIRECTORY_IMPORTED, Audited, keep
from ivr_engine.storage.csv_source import CsvRefused
from ivr_engine.storage.database import Database, reaching, upgrade
from ivr_engine.storage.directory import import_directory
from ivr_engine.storage.errors import StorageError

T = TypeVar("T")
OK, WRONG, COULD_NOT = 0, 1, 2

app = typer.Typer(
    help="The telephone engine of a city's single number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold secrets; older versions of typer show them
)
db = typer.Typer(help="The database.", no_args_is_help=True)
agent = typer.Typer(help="The counsellors who take contacts.", no_args_is_help=True)
directory = typer.Typer(help="Officials whom a contact may be handed to.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(agent, name="agent")
app.add_typer(directory, name="directory")
app.add_typer(numbers.app, name="numbers")
app.add_typer(schema.app, name="schema")
app.add_typer(prompts.app, name="prompts")
app.add_typer(recordings.app, name="recordings")
app.command()(check.check)
app.command()(hours.hours)
app.command()(show.show)
app.command()(record.record)
app.command()(replay.replay)
app.command()(report.report)
app.command()(simulate.simulate)
app.command()(staff.staff)
app.command()(revisions.reload)
app.command()(revisions.revisions)
app.command()(why.why)
app.command()(audit.audit)
app.command()(diff.diff)
app.command()(graph.graph)
app.command("try")(try_.rehearse)
app.command("verify-journal")(record.verify_journal)

Retire = Annotated[bool, typer.Option("--retire-missing", help="rows that are not in the file become inactive")]


@app.command()
def run() -> None:
    """Serve, with the settings of the environment (IVR_*), until SIGTERM."""
    settings = _settings()
    if not settings.dialplans.is_dir():
        _give_up(
            f"settings: IVR_DIALPLANS: there is no folder {settings.dialplans}; name the one with numbers.yaml in it"
        )
    logs.configure(as_json=settings.log_json, level=settings.log_level)
    _carry_out(lambda: service.run(settings), fast=True)


@db.command("upgrade")
def db_upgrade() -> None:
    """Create the tables, or bring them to this version."""
    settings = _settings()
    version = _carry_out(lambda: upgrade(settings.database_url))
    print(f"the database is at version {version}")


@agent.command("import")
def agent_import(file: Path, retire_missing: Retire = False) -> None:
    """Counsellors from a CSV: agent, name, contractor, skills (as `transport:3 water:2`), and more."""

    async def work(database: Database) -> str:
        done = import_agents(database, file, retire_missing=retire_missing)
        return await _imported(database, AGENTS_IMPORTED, file, done)

    print(_with_database(work))


@directory.command("import")
def directory_import(file: Path, retire_missing: Retire = False) -> None:
    """Officials from a CSV: entry, department, official, duties, number."""

    async def work(database: Database) -> str:
        done = import_directory(database, file, retire_missing=retire_missing)
        return await _imported(database, DIRECTORY_IMPORTED, file, done)

    print(_with_database(work))


@app.command()
def version() -> None:
    """The version of this engine."""
    print(__version__)


async def _imported(database: Database, what: str, file: Path, work: Awaitable[Imported]) -> str:
    """A running engine looks for this row, and takes the list within a second."""
    done = await work
    await keep(database, Audited(time.time_ns() // 1_000_000, audit.user(), what, file.name, str(done)))
    return str(done)


def _settings() -> Settings:
    try:
        return from_environment()
    except SettingsRefused as refused:
        _give_up(str(refused))


def _with_database(work: Callable[[Database], Awaitable[str]]) -> str:
    settings = _settings()

    async def whole() -> str:
        database = await Database.open(settings.database_url)
        try:
            with reaching(database.place):
                return await work(database)
        finally:
            await database.dispose()

    return _carry_out(whole)


def _carry_out(work: Callable[[], Awaitable[T]], *, fast: bool = False) -> T:
    """Run it; whatever is known to go wrong becomes one line that says what to do."""

    async def main() -> T:
        return await work()

    try:
        with asyncio.Runner(loop_factory=_fast_loop() if fast else None) as runner:
            return runner.run(main())
    except FlowErrors as errors:
        first, more = errors.diagnostics[0], len(errors.diagnostics) - 1
        _give_up(f"{first}{f' (and {more} more)' if more else ''}; see all of it with: ivr-engine check")
    except CsvRefused as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(WRONG) from None
    except AgiListenError as known:
        _give_up(f"{known} (IVR_AGI_PORT; the dialplan's IVR_AGI must name the same)")
    except (StorageError, AmiRefused, TokenError, RoleError, service.PortTaken) as known:
        _give_up(str(known))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  (an extra: the engine runs without it)
    except ImportError:
        return None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return loop_factory


def _give_up(line: str) -> NoReturn:
    print(f"ivr-engine: {line}", file=sys.stderr)
    raise typer.Exit(COULD_NOT)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
