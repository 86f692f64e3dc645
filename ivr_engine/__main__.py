"""The `ivr-engine` command: every command by the name under which it is typed.

A command is imported when it is asked for: whoever wants to see a number's hours does not wait for the database.
"""

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

COMMANDS = {
    "db": "db:app",
    "agent": "lists:agent",
    "directory": "lists:directory",
    "numbers": "numbers:app",
    "schema": "schema:app",
    "prompts": "prompts:app",
    "recordings": "recordings:app",
    "check": "check:check",
    "hours": "hours:hours",
    "show": "show:show",
    "record": "record:record",
    "replay": "replay:replay",
    "report": "report:report",
    "simulate": "simulate:simulate",
    "staff": "staff:staff",
    "reload": "revisions:reload",
    "revisions": "revisions:revisions",
    "why": "why:why",
    "audit": "audit:audit",
    "diff": "diff:diff",
    "graph": "graph:graph",
    "try": "try_:rehearse",
    "verify-journal": "record:verify_journal",
    "run": "run:run",
    "version": "version:version",
}
"""Name → module of `ivr_engine.command_line`, and what in it is the command, or the group of commands."""


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with these of the COMMANDS."""
    app = typer.Typer(
        help="The telephone engine of a city's single number.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,  # they hold secrets; older versions of typer show them
    )
    for name in names:
        module, _, word = COMMANDS[name].partition(":")
        command = getattr(import_module(f"ivr_engine.command_line.{module}"), word)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    app.callback()(_by_name)
    return app


def _by_name() -> None:
    """Keeps the names in force: typer would give a program of one command none."""


def main() -> None:
    """Entry point of the console script."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    command_line([asked] if asked in COMMANDS else COMMANDS)()


if __name__ == "__main__":
    main()
