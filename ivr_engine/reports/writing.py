"""A table as text for the terminal, as CSV and as JSON."""

import csv
import io
import json
from typing import Any

from ivr_engine.reports.table import PERCENT, Cell, Table

NOTHING = "–"

SHORT = {
    "first_contact_resolution_percent": "resolved at first %",
    "answered_and_abandoned_percent": "answered or abandoned %",
    "short_abandons_excluded_percent": "short abandons excluded %",
    "flow_outs_counted_percent": "flow-outs counted %",
}


def text(table: Table) -> str:
    """Aligned columns of two-line heads, then what must be known to read them."""
    heads = [_head(name) for name in table.columns]
    body = [[_shown(cell) for cell in row] for row in (*table.rows, *table.total)]
    widths = [max([len(line) for line in head] + [len(row[place]) for row in body]) for place, head in enumerate(heads)]
    depth = max((len(head) for head in heads), default=0)
    lines = [table.title, ""]
    for level in range(depth):
        words = [[*[""] * (depth - len(head)), *head][level] for head in heads]
        lines.append(_aligned(words, widths, table.keys))
    lines.append("  ".join("─" * width for width in widths))
    lines += [_aligned(row, widths, table.keys) for row in body[: len(table.rows)]]
    if table.rows:
        lines.append("  ".join("─" * width for width in widths))
    lines += [_aligned(row, widths, table.keys) for row in body[len(table.rows) :]]
    return "\n".join([*lines, "", *(f"· {note}" for note in table.notes)]) + "\n"


def _head(name: str) -> list[str]:
    words = SHORT.get(name) or name.replace(PERCENT, " %").replace("_seconds", " s").replace("_", " ")
    return words.split(" ") if len(words) > 8 else [words]


def _aligned(words: list[str], widths: list[int], keys: int) -> str:
    cells = [
        word.ljust(width) if place < keys else word.rjust(width)
        for place, (word, width) in enumerate(zip(words, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _shown(cell: Cell) -> str:
    match cell:
        case None | "":
            return NOTHING
        case float():
            return f"{cell:,.1f}"
        case int():
            return f"{cell:,}"
        case _:
            return cell


def as_csv(table: Table) -> str:
    """One line a row and no total: whoever adds up a column must not count everything twice. Notes as comments."""
    out = io.StringIO()
    for note in (table.title, *table.notes):
        out.write(f"# {note}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows or table.total:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    """A name that a spreadsheet would take for a formula is kept a word."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def plain(table: Table) -> dict[str, Any]:
    """What the API answers and `--format json` prints."""
    return {
        "title": table.title,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "total": [list(row) for row in table.total],
        "notes": list(table.notes),
    }


def as_json(table: Table) -> str:
    """The same, as text."""
    return json.dumps(plain(table), ensure_ascii=False, indent=1) + "\n"
