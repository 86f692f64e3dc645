"""Flows as panels of boxes: laid out and drawn as SVG, or written as Mermaid. What the colours mean is the caller's.

Each panel is drawn from its first box to the right; what lies outside of it is a small end of its arrows. A line goes
to the next column only, where nothing stands in its way: what leads back or farther says where, beside its row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from ivr_engine.replay.drawing import FONT, clipped, width

_STYLE = (
    f"text{{{FONT}}}"
    + """
.title{font-size:17px;font-weight:600}.flow{font-size:14px;font-weight:600}.step{font-weight:600}
.kind{font-size:10px;fill:#6e7781}.count{font-size:11px;font-variant-numeric:tabular-nums}.why{font-size:11px;fill:#57606a}
.tag{font-size:10px;paint-order:stroke;stroke:#f6f8fa;stroke-width:4px}
"""
)
_MARGIN, _PANEL, _BOX, _PITCH, _HEAD, _ROW, _APART = 28, 20, 176, 272, 40, 20, 18
_STUB = 8
"""How far the arrow of a tag sticks out of its box."""

QUIET = "#57606a"
"""Ink of what is told beside the matter."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How something is drawn: `line` also of arrows."""

    fill: str
    line: str
    ink: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a box, to another box of the panel or to an end of these words."""

    name: str
    to: str
    paint: Paint
    note: str = ""
    note_ink: str = QUIET
    dashed: bool = False
    thick: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `key` is its name in its panel."""

    key: str
    does: str
    paint: Paint
    note: str = ""
    note_ink: str = QUIET
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """What lies outside of a panel, by the words that ways call it."""

    paint: Paint
    note: str = ""
    note_ink: str = QUIET


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    note: str
    first: str
    boxes: tuple[Box, ...]
    ends: dict[str, End] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Placed:
    x: int
    y: int
    width: int
    height: int
    box: Box | None
    label: str = ""
    end: End | None = None


# ── Mermaid ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def mermaid(panels: Sequence[Panel], classes: dict[str, Paint]) -> str:
    """All panels as subgraphs. `classes` are the paints by name; a box is of the class that has its paint."""
    names = {paint: name for name, paint in classes.items()}
    lines = ["flowchart LR"]
    links: list[str] = []
    styled: dict[str, list[int]] = {}
    for panel in panels:
        lines.append(f'  subgraph {_id(panel.name)}["{_label(panel.name)}"]')
        known = {box.key for box in panel.boxes}
        for box in panel.boxes:
            note = f" · {box.note}" if box.note else ""
            kind = names.get(box.paint, "")
            suffix = f":::{kind}" if kind else ""
            text = f"{_label(box.key)}<br/>{_label(box.does)}{note}"
            lines.append(f'    {_id(panel.name)}__{_id(box.key)}["{text}"]{suffix}')
        lines.append("  end")
        for box in panel.boxes:
            for way in box.ways:
                for style in _link_styles(way):
                    styled.setdefault(style, []).append(len(links))
                arrow = "-.->" if way.dashed else "==>" if way.thick else "-->"
                to = f"{_id(panel.name)}__{_id(way.to)}" if way.to in known else _end_id(panels, way.to)
                links.append(f'  {_id(panel.name)}__{_id(box.key)} {arrow}|"{_label(way.name)}"| {to}')
    ends = {way.to for panel in panels for box in panel.boxes for way in box.ways} & {PERSON_END}
    lines += ['  person(["a person: the queue of the number"])'] if ends else []
    lines += links
    for name, paint in classes.items():
        lines.append(f"  classDef {name} fill:{paint.fill},stroke:{paint.line},color:{paint.ink}")
    lines += [f"  linkStyle {','.join(map(str, which))} {style}" for style, which in styled.items()]
    return "\n".join(lines) + "\n"


PERSON_END = "→ a person"
"""The end that every panel may have: the queue of the number."""


def _end_id(panels: Sequence[Panel], words: str) -> str:
    if words == PERSON_END:
        return "person"
    name = words.removeprefix("→ ")
    panel = next((one for one in panels if one.name == name), None)
    return f"{_id(name)}__{_id(panel.first)}" if panel is not None else f'end_{_id(name)}(["{_label(name)}"])'


def _link_styles(way: Way) -> Iterator[str]:
    if way.dashed or way.thick:
        yield f"stroke:{way.paint.line}"


def _id(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _label(words: str) -> str:
    return words.replace('"', "'").replace("<", "‹").replace(">", "›")


# ── SVG ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def svg(panels: Sequence[Panel], title: str, legend: Sequence[tuple[Paint, str]], label: str) -> str:
    """A page with every panel below the other."""
    laid = [(panel, _lay(panel)) for panel in panels]
    every = [placed for _, boxes in laid for placed in boxes.values()]
    right = max((placed.x + placed.width for placed in every), default=0)
    tagged = any(_tags(panel, boxes, right) for panel, boxes in laid)
    wide = max(640, right + 2 * _PANEL + (_PITCH - _BOX if tagged else 0))
    parts: list[str] = []
    down = 86
    for panel, boxes in laid:
        high = max((placed.y + placed.height for placed in boxes.values()), default=0) + _PANEL + 44
        parts.append(f'<g transform="translate({_MARGIN},{down})">')
        parts.append(f'<rect width="{wide}" height="{high}" rx="10" fill="#f6f8fa" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_PANEL}" y="26" class="flow">{escape(panel.name)}</text>')
        parts.append(f'<text x="{wide - _PANEL}" y="26" class="why" text-anchor="end">{escape(panel.note)}</text>')
        parts.append(f'<g transform="translate({_PANEL},44)">')
        parts.extend(_wires(panel, boxes))
        for placed in boxes.values():
            parts.extend(_drawn(placed))
        parts.append("</g></g>")
        down += high + 20
    whole, height = wide + 2 * _MARGIN, down + 16
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height}" width="{whole}" height="{height}" '
        f'role="img" aria-label="{escape(label)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{whole}" height="{height}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="36" class="title">{escape(title)}</text>',
        *_legend(legend),
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _lay(panel: Panel) -> dict[str, _Placed]:
    """Columns by the number of boxes from the first; ends stand one column right of who leads there first."""
    by_key = {box.key: box for box in panel.boxes}
    depth: dict[str, int] = {}
    ends: dict[str, int] = {}
    for root in (panel.first, *(key for key in by_key if key != panel.first)):
        front = [(root, 0)] if root not in depth else []
        while front:
            key, column = front.pop(0)
            if key in depth or key not in by_key:
                continue
            depth[key] = column
            for way in by_key[key].ways:
                if way.to in by_key:
                    front.append((way.to, column + 1))
                else:
                    ends[way.to] = min(ends.get(way.to, column + 1), column + 1)
    placed: dict[str, _Placed] = {}
    filled: dict[int, int] = {}
    for key, column in [*depth.items(), *ends.items()]:
        box = by_key.get(key)
        height = _HEAD + _ROW * len(_ports(box)) + (6 if _ports(box) else 0) if box else 28
        y = filled.get(column, 0)
        placed[key] = _Placed(column * _PITCH, y, _BOX, height, box, "" if box else key, panel.ends.get(key))
        filled[column] = y + height + _APART
    return placed


def _ports(box: Box | None) -> tuple[Way, ...]:
    """The ways out that get a row of their own: a box with a single one is its own row."""
    return box.ways if box is not None and len(box.ways) > 1 else ()


def _wires(panel: Panel, placed: dict[str, _Placed]) -> Iterator[str]:
    ways = [(box, row, way) for box in panel.boxes for row, way in enumerate(box.ways)]
    # What stands out lies on top.
    for box, row, way in sorted(ways, key=lambda one: (one[2].thick, not one[2].dashed)):
        source, target = placed[box.key], placed[way.to]
        if target is source:
            continue  # another try: told in its row
        x = source.x + source.width
        y = source.y + (_HEAD + _ROW * row + _ROW // 2 if _ports(box) else source.height // 2)
        dashed = ' stroke-dasharray="4 3"' if way.dashed else ""
        stroke = f'stroke="{way.paint.line}" stroke-width="{3 if way.thick else 1.6}"{dashed}'
        if _is_tag(source, target):
            yield f'<path d="M{x} {y}h{_STUB}" {stroke}/>'
            yield f'<path d="M{x + _STUB + 6} {y}l-7 -4v8z" fill="{way.paint.line}"/>'
            words = "" if way.name == way.to and _ports(box) else clipped(way.to.removeprefix("→ "), _TAG, 10)
            ink = f"fill:{way.paint.ink if way.thick else QUIET}" + (";font-weight:600" if way.thick else "")
            yield f'<text x="{x + _STUB + 10}" y="{y + 4}" class="tag" style="{ink}">{escape(words)}</text>'
            continue
        end_x, end_y = target.x - 1, target.y + min(20, target.height // 2)
        bend = max(40, abs(end_x - x) // 2)
        yield f'<path d="M{x} {y}C{x + bend} {y} {end_x - bend} {end_y} {end_x - 6} {end_y}" fill="none" {stroke}/>'
        yield f'<path d="M{end_x} {end_y}l-8 -4v8z" fill="{way.paint.line}"/>'


_TAG = _PITCH - _BOX - _STUB - 14
"""Room for the words of a tag: up to the next column."""


def _is_tag(source: _Placed, target: _Placed) -> bool:
    """A line back, down its own column or past the next one would run behind boxes."""
    return target.x != source.x + _PITCH


def _tags(panel: Panel, placed: dict[str, _Placed], right: int) -> bool:
    """Whether words stand beside the last column."""
    last = [box for box in panel.boxes if placed[box.key].x + placed[box.key].width == right]
    return any(placed[way.to] is not placed[box.key] for box in last for way in box.ways)


def _drawn(placed: _Placed) -> Iterator[str]:
    box = placed.box
    if box is None:
        end = placed.end
        line = end.paint.line if end is not None else QUIET
        yield (
            f'<rect x="{placed.x}" y="{placed.y}" width="{placed.width}" height="{placed.height}" rx="14" fill="#fff" '
            f'stroke="{line}"/>'
        )
        words = clipped(placed.label, placed.width - 24, 12)
        yield f'<text x="{placed.x + 14}" y="{placed.y + 18}">{escape(words)}</text>'
        if end is not None and end.note:
            yield _note(placed.x + placed.width - 14, placed.y + 18, end.note, end.note_ink)
        return
    yield (
        f'<rect x="{placed.x}" y="{placed.y}" width="{placed.width}" height="{placed.height}" rx="8" '
        f'fill="{box.paint.fill}" stroke="{box.paint.line}" stroke-width="1.4"/>'
    )
    room = 110 if box.note else _BOX - 24
    yield f'<text x="{placed.x + 12}" y="{placed.y + 18}" class="step">{escape(clipped(box.key, room, 12))}</text>'
    if box.note:
        yield _note(placed.x + placed.width - 12, placed.y + 18, box.note, box.note_ink)
    what = clipped(box.does, _BOX - 24, 10)
    yield f'<text x="{placed.x + 12}" y="{placed.y + 32}" class="kind">{escape(what)}</text>'
    for row, way in enumerate(_ports(box)):
        y = placed.y + _HEAD + _ROW * row
        yield (
            f'<line x1="{placed.x}" y1="{y}" x2="{placed.x + placed.width}" y2="{y}" stroke="{box.paint.line}" '
            'opacity=".35"/>'
        )
        again = "  ↻" if way.to == box.key else ""
        name = clipped(way.name, 120 if way.note else _BOX - 30, 11)
        weight = ";font-weight:600" if way.thick else ""
        style = f"fill:{way.paint.ink}{weight}"
        yield f'<text x="{placed.x + 12}" y="{y + 14}" class="why" style="{style}">{escape(name)}{again}</text>'
        if way.note:
            yield _note(placed.x + placed.width - 12, y + 14, way.note, way.note_ink)


def _note(x: int, y: int, words: str, ink: str) -> str:
    return f'<text x="{x}" y="{y}" class="count" text-anchor="end" style="fill:{ink}">{escape(words)}</text>'


def _legend(legend: Sequence[tuple[Paint, str]]) -> Iterator[str]:
    x = _MARGIN
    for paint, words in legend:
        yield f'<rect x="{x}" y="52" width="14" height="12" rx="3" fill="{paint.fill}" stroke="{paint.line}"/>'
        yield f'<text x="{x + 20}" y="62" class="why">{escape(words)}</text>'
        x += 44 + int(width(words, 11))
