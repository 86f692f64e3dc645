"""How a command ends: its exit status, and the one line that says why it could not do what it was asked."""

import sys
from typing import NoReturn

import typer

OK, WRONG, COULD_NOT = 0, 1, 2
"""Done; found something wrong in what it was asked to judge; could not."""


def give_up(line: str) -> NoReturn:
    """Say what to do, and end with COULD_NOT."""
    print(f"ivr-engine: {line}", file=sys.stderr)
    raise typer.Exit(COULD_NOT)
