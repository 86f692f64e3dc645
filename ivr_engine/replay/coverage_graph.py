"""The flows as a graph whose colours say what scenarios reached: as Mermaid for a page, as SVG for a picture.

Green was reached with every way out, amber was reached but some way out never was, red was never reached. Each flow is
a panel of its own, drawn from its first step to the right; other flows and *a person* are small ends of its arrows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ivr_engine.flow.steps import Target
from ivr_engine.flow.steps_branches import in_words
from ivr_engine.replay.coverage import Branch, Coverage, StepReach
from ivr_engine.replay.drawing import FONT, clipped, width

GREEN, AMBER, RED = "full", "part", "none"

_FILL = {GREEN: "#f0fff4", AMBER: "#fff8e5", RED: "#fff0ee"}
_LINE = {GREEN: "#4ac26b", AMBER: "#d4a72c", RED: "#ff8182"}
_INK = {GREEN: "#1a7f37", AMBER: "#9a6700", RED: "#cf222e"}
_STYLE = (
    f"text{{{FONT}}}"
    + """
.title{font-size:17px;font-weight:600}.flow{font-size:14px;font-weight:600}.step{font-weight:600}
.kind{font-size:10px;fill:#6e7781}.count{font-size:11px;font-variant-numeric:tabular-nums}.why{font-size:11px;fill:#57606a}
"""
)
_MARGIN, _PANEL, _BOX, _PITCH, _HEAD, _ROW, _APART = 28, 20, 176, 262, 40, 20, 18


def verdict(one: StepReach) -> str:
    """GREEN, AMBER or RED."""
    if not one.reached:
        return RED
    return GREEN if all(branch.taken for branch in one.branches) else AMBER


# ── Mermaid ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def mermaid(coverage: Coverage) -> str:
    """The whole graph; ways out that were never taken are dashed and red."""
    lines = ["flowchart LR"]
    links: list[str] = []
    never: list[int] = []
    for flow, steps in coverage.flows.items():
        lines.append(f'  subgraph {flow}["{flow}"]')
        for one in steps:
            lines.append(
                f'    {flow}__{one.name}["{one.name}<br/>{in_words(one.step)} · {one.reached}"]:::{verdict(one)}'
            )
        lines.append("  end")
        for one in steps:
            for branch in one.branches:
                if not branch.taken:
                    never.append(len(links))
                arrow = "-->" if branch.taken else "-.->"
                links.append(f'  {flow}__{one.name} {arrow}|"{branch.name}"| {_node(coverage, branch.target)}')
    if any(branch.target is None for steps in coverage.flows.values() for one in steps for branch in one.branches):
        lines.append('  person(["a person: the queue of the number"])')
    lines += links
    lines += [f"  classDef {name} fill:{_FILL[name]},stroke:{_LINE[name]},color:{_INK[name]}" for name in _FILL]
    if never:
        lines.append(f"  linkStyle {','.join(map(str, never))} stroke:{_LINE[RED]}")
    return "\n".join(lines) + "\n"


def _node(coverage: Coverage, target: Target | None) -> str:
    if target is None:
        return "person"
    return f"{target.flow}__{target.step or coverage.firsts.get(target.flow, '')}"


# ── SVG ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Box:
    """A step, or an end outside of its flow, with its place in the panel."""

    x: int
    y: int
    width: int
    height: int
    one: StepReach | None
    label: str = ""
    taken: int = 0


def svg(coverage: Coverage) -> str:
    """The picture; its size grows with the steps."""
    laid = {flow: _lay(coverage, flow, steps) for flow, steps in coverage.flows.items()}
    every = [box for boxes in laid.values() for box in boxes.values()]
    wide = max([640, *(box.x + box.width + 2 * _PANEL for box in every)])
    parts: list[str] = []
    down = 86
    for flow, boxes in laid.items():
        steps = coverage.flows[flow]
        high = max((box.y + box.height for box in boxes.values()), default=0) + _PANEL + 44
        seen = f"{sum(1 for one in steps if one.reached)} of {len(steps)} steps reached"
        parts.append(f'<g transform="translate({_MARGIN},{down})">')
        parts.append(f'<rect width="{wide}" height="{high}" rx="10" fill="#f6f8fa" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_PANEL}" y="26" class="flow">{escape(flow)}</text>')
        parts.append(f'<text x="{wide - _PANEL}" y="26" class="why" text-anchor="end">{seen}</text>')
        parts.append(f'<g transform="translate({_PANEL},44)">')
        parts.extend(_wires(coverage, flow, steps, boxes))
        for box in boxes.values():
            parts.extend(_drawn(box))
        parts.append("</g></g>")
        down += high + 20
    whole, height = wide + 2 * _MARGIN, down + 16
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height}" width="{whole}" height="{height}" '
        f'role="img" aria-label="flow coverage">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{whole}" height="{height}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="36" class="title">What {coverage.scenarios} scenarios reached</text>',
        *_legend(),
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _lay(coverage: Coverage, flow: str, steps: tuple[StepReach, ...]) -> dict[str, _Box]:
    """Columns by the number of steps from the first; ends stand one column right of who leads there first."""
    by_name = {one.name: one for one in steps}
    depth: dict[str, int] = {}
    ends: dict[str, int] = {}
    first = coverage.firsts.get(flow, "")
    order = [first, *(one.name for one in steps if one.name != first)]
    for root in order:
        front = [(root, 0)] if root not in depth else []
        while front:
            name, column = front.pop(0)
            if name in depth or name not in by_name:
                continue
            depth[name] = column
            for branch in by_name[name].branches:
                key = _key(coverage, flow, branch)
                if key in by_name:
                    front.append((key, column + 1))
                else:
                    ends[key] = max(ends.get(key, 0), column + 1)
    taken: dict[str, int] = dict.fromkeys(ends, 0)
    for one in steps:
        for branch in one.branches:
            key = _key(coverage, flow, branch)
            if key in taken:
                taken[key] += branch.taken
    boxes: dict[str, _Box] = {}
    filled: dict[int, int] = {}
    for key, column in [*depth.items(), *ends.items()]:
        found = by_name.get(key)
        height = _HEAD + _ROW * len(_ports(found)) + (6 if _ports(found) else 0) if found else 28
        y = filled.get(column, 0)
        boxes[key] = _Box(column * _PITCH, y, _BOX, height, found, "" if found else key, taken.get(key, 0))
        filled[column] = y + height + _APART
    return boxes


def _key(coverage: Coverage, flow: str, branch: Branch) -> str:
    """The name of a step of this flow, or the words of an end outside."""
    if branch.target is None:
        return "→ a person"
    if branch.target.flow != flow:
        return f"→ {branch.target.flow}"
    return branch.target.step or coverage.firsts.get(flow, "")


def _ports(one: StepReach | None) -> tuple[Branch, ...]:
    """The ways out that get a row of their own: a step with a single one is its own row."""
    return one.branches if one is not None and len(one.branches) > 1 else ()


def _wires(coverage: Coverage, flow: str, steps: tuple[StepReach, ...], boxes: dict[str, _Box]) -> Iterator[str]:
    ways = [(one, place, branch) for one in steps for place, branch in enumerate(one.branches)]
    # What was taken lies on top.
    for one, place, branch in sorted(ways, key=lambda way: way[2].taken > 0):
        box, ports = boxes[one.name], _ports(one)
        target = boxes[_key(coverage, flow, branch)]
        if target is box:
            continue  # another try: told in its row
        x, y = box.x + box.width, box.y + (_HEAD + _ROW * place + _ROW // 2 if ports else box.height // 2)
        end_x, end_y = target.x - 1, target.y + min(20, target.height // 2)
        ink = _LINE[GREEN] if branch.taken else _LINE[RED]
        dashed = "" if branch.taken else ' stroke-dasharray="4 3"'
        bend = max(40, abs(end_x - x) // 2)
        yield (
            f'<path d="M{x} {y}C{x + bend} {y} {end_x - bend} {end_y} {end_x - 6} {end_y}" fill="none" '
            f'stroke="{ink}" stroke-width="1.6"{dashed}/>'
        )
        yield f'<path d="M{end_x} {end_y}l-8 -4v8z" fill="{ink}"/>'


def _drawn(box: _Box) -> Iterator[str]:
    one = box.one
    if one is None:
        colour = GREEN if box.taken else RED
        yield (
            f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="14" fill="#fff" '
            f'stroke="{_LINE[colour]}"/>'
        )
        yield f'<text x="{box.x + 14}" y="{box.y + 18}">{escape(box.label)}</text>'
        yield _count(box.x + box.width - 14, box.y + 18, box.taken)
        return
    colour = verdict(one)
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" fill="{_FILL[colour]}" '
        f'stroke="{_LINE[colour]}" stroke-width="1.4"/>'
    )
    yield f'<text x="{box.x + 12}" y="{box.y + 18}" class="step">{escape(clipped(one.name, 110, 12))}</text>'
    yield _count(box.x + box.width - 12, box.y + 18, one.reached)
    what = clipped(in_words(one.step), _BOX - 24, 10)
    yield f'<text x="{box.x + 12}" y="{box.y + 32}" class="kind">{escape(what)}</text>'
    for place, branch in enumerate(_ports(one)):
        y = box.y + _HEAD + _ROW * place
        ink = _INK[GREEN] if branch.taken else _INK[RED]
        yield f'<line x1="{box.x}" y1="{y}" x2="{box.x + box.width}" y2="{y}" stroke="{_LINE[colour]}" opacity=".35"/>'
        again = "  ↻" if branch.target is not None and branch.target.step == one.name else ""
        yield f'<text x="{box.x + 12}" y="{y + 14}" class="why" style="fill:{ink}">{escape(branch.name)}{again}</text>'
        yield _count(box.x + box.width - 12, y + 14, branch.taken)


def _count(x: int, y: int, count: int) -> str:
    words, ink = (f"×{count}", "#57606a") if count else ("never", _INK[RED])
    return f'<text x="{x}" y="{y}" class="count" text-anchor="end" style="fill:{ink}">{words}</text>'


def _legend() -> Iterator[str]:
    x = _MARGIN
    for colour, words in (
        (GREEN, "reached, every way out"),
        (AMBER, "reached, not every way out"),
        (RED, "never reached"),
    ):
        yield f'<rect x="{x}" y="52" width="14" height="12" rx="3" fill="{_FILL[colour]}" stroke="{_LINE[colour]}"/>'
        yield f'<text x="{x + 20}" y="62" class="why">{words}</text>'
        x += 44 + int(width(words, 11))
