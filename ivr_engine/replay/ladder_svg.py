"""A ladder as one SVG: for a report, a review or an incident's page. No script, no font of its own, no dependency.

Legs are bars whose colour says what they are doing; a bridge is a band between them; what was said of a fact stands on
its line, why it was so stands in the margin. Light on white, and readable when printed without colours: every rung has
its words.
"""

from collections.abc import Iterator
from html import escape

from ivr_engine.replay.drawing import FONT, clipped, width
from ivr_engine.replay.ladder import Ladder, Rung
from ivr_engine.replay.ladder_words import Line, Part, Tone

GAP_MS = 2_000
"""A pause longer than this gets room, and is told."""

_FILL = {
    Tone.QUIET: "#c9d1d9",
    Tone.FLOW: "#54aeff",
    Tone.WAIT: "#eac54f",
    Tone.RING: "#fb8f44",
    Tone.TALK: "#4ac26b",
    Tone.HOLD: "#c297ff",
    Tone.AFTER: "#76d2d9",
    Tone.AWAY: "#e1e4e8",
    Tone.BAD: "#ff8182",
}
_INK = {
    Tone.QUIET: "#57606a",
    Tone.FLOW: "#0969da",
    Tone.WAIT: "#7d4e00",
    Tone.RING: "#bc4c00",
    Tone.TALK: "#1a7f37",
    Tone.HOLD: "#8250df",
    Tone.AFTER: "#1b7c83",
    Tone.AWAY: "#6e7781",
    Tone.BAD: "#cf222e",
}
_LEGEND = (
    (Tone.FLOW, "in the flow"),
    (Tone.WAIT, "waits"),
    (Tone.RING, "rings"),
    (Tone.TALK, "talks"),
    (Tone.HOLD, "on hold"),
    (Tone.AFTER, "wrap-up"),
    (Tone.AWAY, "away"),
)
_STYLE = (
    f"text{{{FONT}}}"
    + """
.title{font-size:17px;font-weight:600}.name{font-size:13px;font-weight:600}.part{font-size:10px;fill:#6e7781}
.time,.gap{font-size:11px;fill:#6e7781;font-variant-numeric:tabular-nums}.gap{font-style:italic;fill:#8c959f}
.why{font-size:11px;fill:#57606a}.said{stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.mark{font-weight:600;fill:#cf222e;stroke:#ffebe9;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
"""
)
_LEFT, _TOP, _ROW, _PAUSE, _MARK = 86, 112, 34, 18, 24
_MARGIN = 28
_NARROW, _WIDE = 124, 210
_BAR = 10
_WHY = 340


def draw(ladder: Ladder) -> str:
    """The picture. Its size grows with columns and rungs (about 34 px each); an empty ladder is a heading."""
    pitch = _pitch(ladder)
    seats = [_LEFT + pitch // 2 + pitch * seat for seat in range(len(ladder.columns))]
    tops, bottom = _tops(ladder)
    margin = _LEFT + pitch * len(ladder.columns) + 6
    why = max((width(rung.detail, 11) for rung in ladder.rungs), default=0)
    wide = int(max(margin + min(_WHY, max(why, 60)) + _MARGIN, width(ladder.title, 17) + 2 * _MARGIN))
    height = bottom + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {height}" width="{wide}" height="{height}" '
        f'role="img" aria-label="{escape(ladder.title or "ladder", quote=True)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{wide}" height="{height}" fill="#fff"/>',
        _text(_MARGIN, 36, ladder.title, "title"),
        *_heads(ladder, seats, pitch),
    ]
    for rung, top in zip(ladder.rungs, tops, strict=True):
        if rung.mark:
            above, high = top - _ROW // 2 - _MARK, _ROW + _MARK
            parts.append(f'<rect x="0" y="{above}" width="{wide}" height="{high}" fill="#ffebe9"/>')
            parts.append(f'<rect x="0" y="{above}" width="4" height="{high}" fill="#cf222e"/>')
    parts.extend(_lifelines(ladder, seats, tops, bottom))
    last_ms: int | None = None
    for rung, top in zip(ladder.rungs, tops, strict=True):
        if last_ms is not None and rung.at_ms - last_ms >= GAP_MS and rung.line is not Line.LEFT_OUT:
            above = top - _ROW // 2 - _PAUSE // 2 - (_MARK if rung.mark else 0) + 1
            parts.append(_text(_LEFT - 14, above, f"+{_pause(rung.at_ms - last_ms)}", "gap", "end"))
        if rung.mark:
            words = clipped(f"not as expected: {rung.mark}", wide - 40, 12)
            parts.append(_text(_MARGIN - 12, top - _ROW // 2 - _MARK + 17, words, "mark"))
        parts.extend(_rung(rung, top, seats, margin))
        last_ms = rung.at_ms
    parts.extend(_legend(ladder, bottom + 38))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _pitch(ladder: Ladder) -> int:
    """Wide enough for what is said between neighbours, within reason."""
    widest = float(_NARROW)
    for rung in ladder.rungs:
        apart = abs(rung.target - rung.source)
        if apart:
            widest = max(widest, (width(rung.words, 12) + 34) / apart)
    return int(min(_WIDE, widest))


def _tops(ladder: Ladder) -> tuple[list[int], int]:
    """Where each rung lies, and where the last ends."""
    tops: list[int] = []
    down, last_ms = _TOP, None
    for rung in ladder.rungs:
        if last_ms is not None and rung.at_ms - last_ms >= GAP_MS:
            down += _PAUSE
        if rung.mark:
            down += _MARK
        down += _ROW
        tops.append(down - _ROW // 2)
        last_ms = rung.at_ms
    return tops, down


def _heads(ladder: Ladder, seats: list[int], pitch: int) -> Iterator[str]:
    for column, seat in zip(ladder.columns, seats, strict=True):
        ours = column.part in (Part.SWITCH, Part.ENGINE)
        name = {Part.SWITCH: "Asterisk", Part.ENGINE: "ivr-engine"}.get(column.part, column.name)
        under = {Part.SWITCH: "switch · flow", Part.ENGINE: "engine"}.get(column.part, str(column.part))
        wide = min(pitch - 14, 132)
        yield (
            f'<rect x="{seat - wide / 2:g}" y="58" width="{wide}" height="42" rx="8" '
            f'fill="{"#f6f8fa" if ours else "#eef6ff"}" stroke="{"#d0d7de" if ours else "#b6d9ff"}"/>'
        )
        yield _text(seat, 76, clipped(name, wide - 10, 13), "name", "middle")
        yield _text(seat, 91, under, "part", "middle")


def _lifelines(ladder: Ladder, seats: list[int], tops: list[int], bottom: int) -> Iterator[str]:
    """For each column a thin line, and bars of one colour for as long as its leg does one thing."""
    for column, seat in enumerate(seats):
        yield f'<line x1="{seat}" y1="{_TOP - 12}" x2="{seat}" y2="{bottom}" stroke="#d8dee4" stroke-dasharray="2 4"/>'
        start, tone = _TOP - 6, ladder.before[column] if ladder.before else None
        for rung, top in zip(ladder.rungs, tops, strict=True):
            now = rung.legs[column]
            if now is not tone:
                yield from _bar(seat, start, top, tone)
                start, tone = top, now
        yield from _bar(seat, start, bottom, tone)


def _bar(seat: int, start: int, end: int, tone: Tone | None) -> Iterator[str]:
    if tone is None or end <= start:
        return
    if tone is Tone.QUIET:
        yield f'<line x1="{seat}" y1="{start}" x2="{seat}" y2="{end}" stroke="{_FILL[tone]}" stroke-width="2"/>'
        return
    yield (
        f'<rect x="{seat - _BAR // 2}" y="{start}" width="{_BAR}" height="{end - start}" rx="2" fill="{_FILL[tone]}" '
        f'stroke="#fff"/>'
    )


def _rung(rung: Rung, top: int, seats: list[int], margin: int) -> Iterator[str]:
    ink = _INK[rung.tone]
    if rung.line is Line.LEFT_OUT:
        yield _text(margin, top + 4, f"… {rung.words} …", "gap")
        return
    yield _text(_LEFT - 14, top + 4, f"{rung.at_ms / 1000:.3f} s", "time", "end")
    start, end = seats[rung.source], seats[rung.target]
    middle = (start + end) / 2
    side = 1 if end > start else -1
    words = escape(rung.words)
    match rung.line:
        case Line.ARROW:
            near, far = start + side * (_BAR // 2 + 2), end - side * (_BAR // 2 + 2)
            dashed = ' stroke-dasharray="5 3"' if rung.tone is Tone.RING else ""
            yield (
                f'<line x1="{near}" y1="{top}" x2="{far - side * 6}" y2="{top}" stroke="{ink}" stroke-width="1.6"'
                f"{dashed}/>"
            )
            yield f'<path d="M{far} {top}l{-side * 8} -4.5v9z" fill="{ink}"/>'
            yield _said(middle, top - 6, words, ink)
        case Line.BRIDGE:
            low, high = min(start, end), max(start, end)
            yield (
                f'<rect x="{low}" y="{top - 4}" width="{high - low}" height="8" rx="4" fill="{_FILL[rung.tone]}" '
                f'fill-opacity=".45" stroke="{ink}" stroke-opacity=".55"/>'
            )
            for seat in (low, high):
                yield f'<circle cx="{seat}" cy="{top}" r="6" fill="{_FILL[rung.tone]}" stroke="{ink}"/>'
            yield _said(middle, top - 8, words, ink)
        case Line.END:
            yield f'<circle cx="{start}" cy="{top}" r="8" fill="#fff" stroke="{ink}" stroke-width="1.6"/>'
            yield f'<path d="M{start - 3.5} {top - 3.5}l7 7m0 -7l-7 7" stroke="{ink}" stroke-width="1.8"/>'
            yield _said(start + 14, top + 4, words, ink, "start")
        case Line.NOTE:
            yield f'<circle cx="{start}" cy="{top}" r="4.5" fill="#fff" stroke="{ink}" stroke-width="1.8"/>'
            yield _said(start + 12, top + 4, words, ink, "start")
        case Line.WORLD:
            yield (
                f'<line x1="{_LEFT}" y1="{top}" x2="{margin - 10}" y2="{top}" stroke="{ink}" stroke-width="1.2" '
                f'stroke-dasharray="1 4" stroke-linecap="round"/>'
            )
            yield _said((_LEFT + margin) / 2, top + 4, words, ink)
    if rung.detail:
        yield _text(margin, top + 4, clipped(rung.detail, _WHY, 11), "why", whole=rung.detail)


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start", whole: str = "") -> str:
    more = f"<title>{escape(whole)}</title>" if whole and whole != words else ""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}{more}</text>'


def _said(x: float, y: float, words: str, ink: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="said" style="fill:{ink}">{words}</text>'


def _legend(ladder: Ladder, y: int) -> Iterator[str]:
    used = {tone for rung in ladder.rungs for tone in rung.legs} | set(ladder.before)
    x = float(_LEFT)
    for tone, word in _LEGEND:
        if tone in used:
            yield f'<rect x="{x:g}" y="{y - 9}" width="14" height="10" rx="2" fill="{_FILL[tone]}"/>'
            yield _text(x + 20, y, word, "why")
            x += 20 + width(word, 11) + 22


def _pause(pause_ms: int) -> str:
    minutes, rest_ms = divmod(pause_ms, 60_000)
    return f"{minutes} min {rest_ms // 1000:02d} s" if minutes else f"{rest_ms / 1000:.1f} s"
