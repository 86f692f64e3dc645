"""The `ivr-engine` command: every command by the name under which it is typed."""

import typer

from ivr_engine import __version__
from ivr_engine.command_line import (
    audit,
    check,
    db,
    diff,
    graph,
    hours,
    lists,
    numbers,
    prompts,
    record,
    recordings,
    replay,
    report,
    revisions,
    run,
    schema,
    show,
    simulate,
    staff,
    try_,
    why,
)

app = typer.Typer(
    help="The telephone engine of a city's single number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold secrets; older versions of typer show them
)
app.add_typer(db.app, name="db")
app.add_typer(lists.agent, name="agent")
app.add_typer(lists.directory, name="directory")
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
app.command()(run.run)


@app.command()
def version() -> None:
    """The version of this engine."""
    print(__version__)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
