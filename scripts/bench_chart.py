"""Bar charts as SVG, in plain Python: no library of plots for two pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, GAP, LEFT, RIGHT, TOP = 720, 22, 16, 150, 90, 64
COLOURS = ("#4c78a8", "#f58518", "#72b7b2", "#e45756")
INK, PALE, PAPER = "#222222", "#dddddd", "#ffffff"
FONT = 'font-family="system-ui, sans-serif"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, the lengths of its parts in the chart's unit, and the colour of each part by number."""

    name: str
    parts: tuple[float, ...]
    colours: tuple[int, ...]


def bars(title: str, unit: str, groups: Sequence[Sequence[Bar]], legend: Sequence[str], *, log: bool = False) -> str:
    """A chart of horizontal bars, in groups; `legend` names the colours. With `log`, lengths are logarithmic from 1."""
    longest = max(sum(bar.parts) for group in groups for bar in group)

    def x(value: float) -> float:
        share = math.log10(max(value, 1.0)) / math.log10(longest) if log else value / longest
        return share * (WIDTH - LEFT - RIGHT)

    drawn: list[str] = []
    y = TOP
    for group in groups:
        for bar in group:
            drawn.append(_text(LEFT - 8, y + 15, bar.name, anchor="end"))
            before = 0.0
            for part, colour in zip(bar.parts, bar.colours, strict=True):
                begin, end = x(before) if before else 0.0, x(before + part)
                drawn.append(
                    f'<rect x="{LEFT + begin:.1f}" y="{y}" width="{end - begin:.1f}" height="{ROW - 4}" '
                    f'fill="{COLOURS[colour]}"/>'
                )
                before += part
            drawn.append(_text(LEFT + x(before) + 6, y + 14, f"{before:.1f} {unit}"))
            y += ROW
        y += GAP
    keys, at = [], LEFT
    for number, name in enumerate(legend):
        keys.append(f'<rect x="{at}" y="36" width="12" height="12" fill="{COLOURS[number]}"/>')
        keys.append(_text(at + 17, 47, name))
        at += 36 + 8 * len(name)
    height = y
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            f'<text x="16" y="24" font-size="15" font-weight="600" fill="{INK}" {FONT}>{escape(title)}</text>',
            *keys,
            f'<line x1="{LEFT}" y1="{TOP - 6}" x2="{LEFT}" y2="{height - GAP}" stroke="{PALE}"/>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" font-size="12" text-anchor="{anchor}" fill="{INK}" {FONT}>{escape(words)}</text>'
