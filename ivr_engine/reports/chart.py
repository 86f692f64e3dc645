"""A report as a picture: bars for rows, lines where the rows are intervals; light, and readable when printed grey."""

from collections.abc import Sequence
from html import escape

from ivr_engine.core.service_level import Formula
from ivr_engine.replay.drawing import FONT, clipped
from ivr_engine.reports.table import PERCENT, Cell, Table

WIDTH = 960
LEFT = 210
RIGHT = 70
BAR = 20
ROWS_DRAWN = 60
"""A picture of more rows is not read; the table has them all."""

LINES_DRAWN = 6
"""Lines that an eye can follow; the first by what was offered."""

PLOT = 220
TARGET = 80
"""Per cent: the target that 120 is held to, drawn as a line to compare with."""

COLOURS = ("#1f6feb", "#d1570a", "#1a7f37", "#8250df", "#bf3989", "#57606a")
GRID, FAINT = "#d8dee4", "#57606a"


def svg(table: Table) -> str:
    """The first column that is a share, row by row, and the six formulas of everything side by side."""
    shares = [place for place, name in enumerate(table.columns) if name.endswith(PERCENT)]
    if not shares:
        return _page([_words(LEFT, 40, "nothing in this report is a share")], 80, table)
    first = shares[0]
    parts: list[str] = []
    top = 56
    formulas = [place for place in shares if table.columns[place].removesuffix(PERCENT) in set(Formula)]
    if len(formulas) > 1:
        labels = [(table.columns[place].removesuffix(PERCENT), table.total[0][place]) for place in formulas]
        parts.append(_words(16, top, "everything, by each formula", bold=True))
        drawn, top = _bars(labels, top + 12)
        parts += [*drawn]
        top += 40
    column = table.columns[first].removesuffix(PERCENT)
    if "interval" in table.columns[: table.keys] and table.rows:
        parts.append(_words(16, top, f"{column}, per cent", bold=True))
        drawn, top = _lines(table, first, top + 16)
    elif table.rows:
        parts.append(_words(16, top, f"{column}, per cent", bold=True))
        named = [(" · ".join(str(one) for one in row[: table.keys] if one != ""), row[first]) for row in table.rows]
        drawn, top = _bars(named[:ROWS_DRAWN], top + 12)
        if len(named) > ROWS_DRAWN:
            drawn.append(_words(LEFT, top + 4, f"and {len(named) - ROWS_DRAWN} more rows", faint=True))
            top += 16
    else:
        drawn = []
    return _page([*parts, *drawn], top + 16, table)


def _bars(rows: Sequence[tuple[str, Cell]], top: int) -> tuple[list[str], int]:
    span = WIDTH - LEFT - RIGHT
    parts = []
    bottom = top + BAR * len(rows)
    for tick in (0, 20, 40, 60, 80, 100):
        x = LEFT + span * tick / 100
        parts.append(_line(x, top, x, bottom, GRID))
    for place, (name, value) in enumerate(rows):
        y = top + BAR * place
        parts.append(_words(LEFT - 8, y + 14, clipped(name or "–", LEFT - 24, 12), end=True))
        if isinstance(value, int | float):
            length = span * min(100.0, max(0.0, value)) / 100
            parts.append(f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="{BAR - 6}" fill="{COLOURS[0]}"/>')
            parts.append(_words(LEFT + length + 6, y + 14, f"{value:.1f}"))
        else:
            parts.append(_words(LEFT + 6, y + 14, "nobody", faint=True))
    x = LEFT + span * TARGET / 100
    parts.append(_line(x, top, x, bottom, COLOURS[1], dashed=True))
    return parts, bottom


def _lines(table: Table, share: int, top: int) -> tuple[list[str], int]:
    """One line for each of the other keys; a gap where nobody was counted."""
    place = table.columns.index("interval")
    offered = table.columns.index("offered") if "offered" in table.columns else None
    times = sorted({str(row[place]) for row in table.rows})
    lines: dict[str, dict[str, float]] = {}
    sizes: dict[str, int] = {}
    for row in table.rows:
        name = " · ".join(str(one) for index, one in enumerate(row[: table.keys]) if index != place)
        value = row[share]
        counted = row[offered] if offered is not None else 1
        sizes[name] = sizes.get(name, 0) + (counted if isinstance(counted, int) else 0)
        if isinstance(value, int | float):
            lines.setdefault(name, {})[str(row[place])] = float(value)
    shown = sorted(lines, key=lambda name: (-sizes[name], name))[:LINES_DRAWN]
    span, bottom = WIDTH - 60 - RIGHT, top + PLOT
    step = span / max(1, len(times) - 1)
    parts = []
    for tick in (0, 20, 40, 60, 80, 100):
        y = bottom - PLOT * tick / 100
        parts += [_line(60, y, 60 + span, y, GRID), _words(52, y + 4, str(tick), end=True, faint=True)]
    y = bottom - PLOT * TARGET / 100
    parts.append(_line(60, y, 60 + span, y, COLOURS[1], dashed=True))
    every = max(1, len(times) // 8)
    for index, name in enumerate(times):
        if index % every == 0:
            parts.append(_words(60 + step * index, bottom + 18, name[5:], faint=True, middle=True))
    for number, name in enumerate(shown):
        known = lines[name]
        run: list[str] = []
        for index, time in enumerate([*times, ""]):
            if time in known:
                run.append(f"{60 + step * index:.1f},{bottom - PLOT * min(100.0, known[time]) / 100:.1f}")
            elif run:
                parts.append(_run(run, COLOURS[number]))
                run = []
        parts.append(_words(60 + 150 * number, bottom + 40, clipped(name or "all", 130, 12), colour=COLOURS[number]))
    if len(lines) > len(shown):
        parts.append(_words(60, bottom + 58, f"and {len(lines) - len(shown)} more in the table", faint=True))
    return parts, bottom + 58


def _run(points: list[str], colour: str) -> str:
    if len(points) == 1:
        x, y = points[0].split(",")
        return f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
    return f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _page(parts: Sequence[str], height: int, table: Table) -> str:
    notes = [
        _words(16, height + 16 * place, note, faint=True) for place, note in enumerate((*table.notes, _DASHED), start=1)
    ]
    whole = height + 16 * (len(table.notes) + 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" width="{WIDTH}" height="{whole}" '
        f'role="img" aria-label="{escape(table.title, quote=True)}">'
        f"<style>text{{{FONT}}}.b{{font-weight:600}}</style>"
        f'<rect width="{WIDTH}" height="{whole}" fill="#fff"/>'
        f"{_words(16, 28, table.title, bold=True)}{''.join(parts)}{''.join(notes)}</svg>\n"
    )


_DASHED = f"dashed: {TARGET} %"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dash}/>'


def _words(
    x: float,
    y: float,
    words: str,
    *,
    bold: bool = False,
    faint: bool = False,
    end: bool = False,
    middle: bool = False,
    colour: str = "",
) -> str:
    anchor = ' text-anchor="end"' if end else ' text-anchor="middle"' if middle else ""
    fill = f' style="fill:{colour or FAINT}"' if faint or colour else ""
    weight = ' class="b"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}{weight}{fill}>{escape(words)}</text>'
