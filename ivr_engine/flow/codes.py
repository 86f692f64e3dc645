"""Every code that `check` may say: what it means, how to mend it, and an example that has it and one that has not.

The table is the source of `docs/checks.md` and of the rules in SARIF reports. A test loads each example, and finds each
code in the package that has no row here.
"""

from collections.abc import Mapping

from ivr_engine.flow.codes_documents import DOCUMENT_CODES
from ivr_engine.flow.codes_flows import FLOW_CODES
from ivr_engine.flow.codes_hours import EXPRESSION_CODES, HOURS_CODES
from ivr_engine.flow.codes_names import NAME_CODES
from ivr_engine.flow.codes_numbers import NUMBER_CODES
from ivr_engine.flow.codes_queues import QUEUE_CODES
from ivr_engine.flow.codes_row import Code
from ivr_engine.flow.codes_steps import STEP_CODES

GROUPS: Mapping[str, tuple[Code, ...]] = {
    "Files and YAML": DOCUMENT_CODES,
    "Fields and names": NAME_CODES,
    "Queues": QUEUE_CODES,
    "Steps and flows": FLOW_CODES,
    "Variables and what verbs need": STEP_CODES,
    "Numbers": NUMBER_CODES,
    "Hours": HOURS_CODES,
    "Expressions": EXPRESSION_CODES,
}
"""Title in the docs → its codes."""

CODES: Mapping[str, Code] = {row.code: row for rows in GROUPS.values() for row in rows}


def page() -> str:
    """The text of `docs/checks.md`."""
    parts = [
        "# What `ivr-engine check` says",
        "",
        "Each mistake is one line, `file:line:column: code: …`, with what was found, what is allowed and the nearest",
        "name. Codes never change their meaning. `scripts/write_checks` makes this page from the tables in",
        "`ivr_engine/flow/codes*.py`, and a test loads the examples.",
    ]
    for title, rows in GROUPS.items():
        parts += ["", f"## {title}"]
        for row in rows:
            parts += ["", f"### `{row.code}`", f"{row.meaning} {row.mending}"]
            if row.bad:
                parts += ["", "```yaml", f"# {row.file}: wrong", row.bad.rstrip(), "```"]
                parts += ["", "```yaml", f"# {row.file}: right", row.good.rstrip(), "```"]
    return "\n".join(parts) + "\n"
