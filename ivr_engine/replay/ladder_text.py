"""A ladder for the terminal: times on the left, the legs' columns, what happened in words on the right.

A hundred columns wide unless told otherwise, in colours where the terminal has them; without colours every leg state
still has a sign of its own, so that a log file reads as well as a screen.
"""

import io

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ivr_engine.replay.ladder import Ladder, Rung
from ivr_engine.replay.ladder_words import Line, Part, Tone

DETAIL_LINES = 3
"""Below a rung: why somebody rings takes two; a queue's needs can be any length."""

COLUMNS = 100
"""What a terminal beside an editor has, and what a mail or a review shows without wrapping."""

GAP_MS = 2_000
"""A pause longer than this is told in a line of its own."""

_TIME = 10
_NARROW, _WIDE = 6, 13
_WORDS, _FEW_WORDS = 34, 26

_COLOURS = {
    Tone.QUIET: "bright_black",
    Tone.FLOW: "blue",
    Tone.WAIT: "yellow",
    Tone.RING: "bright_yellow",
    Tone.TALK: "green",
    Tone.HOLD: "magenta",
    Tone.AFTER: "cyan",
    Tone.AWAY: "bright_black",
    Tone.BAD: "red",
}
_SIGNS = {
    Tone.QUIET: "│",
    Tone.FLOW: "┃",
    Tone.WAIT: "░",
    Tone.RING: "▒",
    Tone.TALK: "█",
    Tone.HOLD: "▓",
    Tone.AFTER: "╏",
    Tone.AWAY: "┊",
    Tone.BAD: "┃",
}
_LEGEND = (
    (Tone.FLOW, "in flow"),
    (Tone.WAIT, "waits"),
    (Tone.RING, "rings"),
    (Tone.TALK, "talks"),
    (Tone.HOLD, "on hold"),
    (Tone.AFTER, "wrap-up"),
    (Tone.AWAY, "away"),
)


def draw(ladder: Ladder, columns: int = COLUMNS) -> Text:
    """The ladder as styled text. With very many columns the words give way, never below `_FEW_WORDS` cells."""
    pitch = _pitch(ladder, columns)
    left = _TIME + pitch // 2
    seats = [left + pitch * seat for seat in range(len(ladder.columns))]
    width = _TIME + pitch * len(ladder.columns)
    text = Text(no_wrap=True, overflow="ignore")
    if ladder.title:
        text.append(f"{ladder.title}\n", "bold")
    text.append_text(_heading(ladder, seats, width, pitch))
    last_ms, legs = None, ladder.before
    for rung in ladder.rungs:
        if last_ms is not None and rung.at_ms - last_ms >= GAP_MS and rung.line is not Line.LEFT_OUT:
            paused = f"{(rung.at_ms - last_ms) / 1000:.1f} s later"
            text.append_text(_row("", legs, seats, width, []))
            text.append(f"  {paused}\n", "bright_black italic")
        if rung.mark:
            text.append(_clipped(f">>> not as expected: {rung.mark}", 4 * columns) + "\n", "bold red")
        text.append_text(_rung(rung, legs, seats, width, columns))
        last_ms, legs = rung.at_ms, rung.legs
    used = {tone for rung in (*ladder.rungs,) for tone in rung.legs} | set(ladder.before)
    legend = "  ".join(f"{_SIGNS[tone]} {word}" for tone, word in _LEGEND if tone in used)
    if legend:
        text.append(f"{'':{_TIME}}{legend}\n", "bright_black")
    return text


def written(ladder: Ladder, columns: int = COLUMNS, *, colour: bool = False) -> str:
    """The drawing as a string, with ANSI colours if asked for."""
    file = io.StringIO()
    console = Console(
        file=file, width=max(columns, 20), force_terminal=colour, color_system="standard" if colour else None,
        highlight=False, soft_wrap=True, legacy_windows=False,
    )  # fmt: skip
    console.print(draw(ladder, columns), end="", soft_wrap=True)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _pitch(ladder: Ladder, columns: int) -> int:
    room = (columns - _TIME - _WORDS) // max(1, len(ladder.columns))
    return max(_NARROW, min(_WIDE, room))


def _heading(ladder: Ladder, seats: list[int], width: int, pitch: int) -> Text:
    names, parts = [" "] * width, [" "] * width
    for column, seat in zip(ladder.columns, seats, strict=True):
        plain = column.part in (Part.SWITCH, Part.ENGINE)
        _put(names, seat, column.part if plain else column.name or "?", pitch - 1)
        if not plain:
            part = column.part if len(column.part) < pitch else f"{column.part[: pitch - 3]}."
            _put(parts, seat, part, pitch - 1)
    text = Text()
    text.append("".join(names).rstrip() + "\n", "bold")
    text.append("".join(parts).rstrip() + "\n", "bright_black")
    return text


def _put(cells: list[str], seat: int, word: str, room: int) -> None:
    """A word centred on a seat; a wide letter takes two cells, the second of them empty."""
    word = set_cell_size(word, min(room, cell_len(word)))
    start = max(0, seat - cell_len(word) // 2)
    place = start
    for char in word:
        if place < len(cells):
            cells[place] = char
            for more in range(1, cell_len(char)):
                cells[place + more] = ""
        place += cell_len(char)


def _row(
    time: str, legs: tuple[Tone | None, ...], seats: list[int], width: int, drawn: list[tuple[int, str, str]]
) -> Text:
    cells: list[tuple[str, str]] = [(" ", "")] * width
    for seat, tone in zip(seats, legs, strict=True):
        if tone is not None:
            cells[seat] = (_SIGNS[tone], _COLOURS[tone])
    for place, char, style in drawn:
        if 0 <= place < width:
            cells[place] = (char, style)
    text = Text(f"{time:>{_TIME - 2}}  ", "bright_black")
    for char, style in cells[_TIME:]:
        text.append(char, style)
    return text


def _rung(rung: Rung, before: tuple[Tone | None, ...], seats: list[int], width: int, columns: int) -> Text:
    # A leg that ends here is still drawn in this row: its cross needs something to stand on.
    legs = tuple(after if after is not None else earlier for after, earlier in zip(rung.legs, before, strict=True))
    style = _COLOURS[rung.tone] + (" bold" if rung.mark else "")
    drawn = _strokes(rung, seats, width, style)
    if rung.line is Line.LEFT_OUT:
        text = _row("⋮", rung.legs, seats, width, [])
        return text.append(f"  … {rung.words} …\n", "bright_black italic")
    text = _row(f"{rung.at_ms / 1000:.3f}", legs, seats, width, drawn)
    text.append("  ")
    room = max(_FEW_WORDS, columns - width) - 2
    words = _clipped(rung.words, room)
    text.append(words, style if rung.tone is not Tone.QUIET else "")
    left = room - cell_len(words) - 2
    if rung.detail and cell_len(rung.detail) > left:
        for line in _folded(rung.detail, room - 2):
            text.append("\n")
            text.append_text(_row("", rung.legs, seats, width, []))
            text.append(f"    {line}", "bright_black")
    elif rung.detail:
        text.append(f"  {rung.detail}", "bright_black")
    return text.append("\n")


def _strokes(rung: Rung, seats: list[int], width: int, style: str) -> list[tuple[int, str, str]]:
    start, end = seats[rung.source], seats[rung.target]
    low, high = min(start, end), max(start, end)
    match rung.line:
        case Line.ARROW:
            line = [(place, "─", style) for place in range(low + 1, high)]
            head = (high - 1, "▶", style) if end > start else (low + 1, "◀", style)
            return [*line, head]
        case Line.BRIDGE:
            return [(place, "═", style) for place in range(low + 1, high)]
        case Line.END:
            return [(start, "✕", style)]
        case Line.NOTE:
            return [(start + 1, "◂", style)]
        case Line.WORLD:
            return [(place, "╌", style) for place in range(_TIME, width)]
        case Line.LEFT_OUT:
            return []


def _clipped(words: str, room: int) -> str:
    return words if cell_len(words) <= room else set_cell_size(words, max(1, room - 1)).rstrip() + "…"


def _folded(words: str, room: int) -> list[str]:
    """The words on as many lines as they need, at most DETAIL_LINES; a word that fits on none is cut."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= room or len(lines) == DETAIL_LINES or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_clipped(line, room) for line in lines]
