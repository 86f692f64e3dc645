"""`ivr-engine schema`: the JSON Schemas that editors use."""

import json

import typer

from ivr_engine.flow import schema as dialplan_schema
from ivr_engine.replay import schema as scenario_schema

app = typer.Typer(help="JSON Schemas for editors: of the operators' documents, and of scenarios.")


@app.callback(invoke_without_command=True)
def schema(context: typer.Context) -> None:
    """Of the operators' documents, when nothing else is asked for; it is checked in beside them."""
    if context.invoked_subcommand is None:
        _tell(dialplan_schema.schema())


@app.command("dialplan")
def dialplan() -> None:
    """Of the documents under dialplans/: sections and flows."""
    _tell(dialplan_schema.schema())


@app.command("scenario")
def scenario() -> None:
    """Of `*.scenario.yaml` and `*.fragment.yaml`, for completion and red lines."""
    _tell(scenario_schema.schema())


def _tell(schema: dict[str, object]) -> None:
    print(json.dumps(schema, indent=2, ensure_ascii=False))
