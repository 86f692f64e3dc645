"""What a viewer sees: the live board on a terminal, a line now and then anywhere else, a picture at the end."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from demo_centre.centre import YOU, Centre
from ivr_engine.board import Totals, render
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import AgentState, ContactPhase, TransferState

REFRESH_SECONDS = 0.5
"""Twice a second: as fast as a person reads figures, and a few per cent of one core."""

LINE_SECONDS = 3.0
"""Between two lines in a log."""

PICTURE_COLUMNS = 110

LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        (36, 41, 47),  # black
        (207, 34, 46),
        (26, 127, 55),
        (154, 103, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (255, 255, 255),  # white: on coloured grounds only
    ],
    [
        (87, 96, 106),
        (164, 14, 38),
        (45, 164, 78),
        (191, 135, 0),
        (33, 139, 255),
        (164, 117, 249),
        (49, 146, 170),
        (140, 149, 159),
    ],
)
"""Dark ink on white, for a page; yellow is ochre there, or nobody could read it."""

PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
<rect x="1" y="1" width="99.8%" height="99.7%" rx="10" fill="#ffffff" stroke="#d0d7de" />
<text x="50%" y="30" text-anchor="middle" font-family="sans-serif" font-size="17" fill="#57606a">./scripts/demo</text>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""A frame without the dots, and without the web font that Rich would have fetched: a page shows it offline too."""


class Screen(Protocol):
    """Where the board goes."""

    def show(self, view: View, totals: Totals) -> None: ...

    def close(self) -> None: ...


class Board:
    """The live board, on a screen of its own; what was there before comes back when it closes."""

    def __init__(self, centre: Centre) -> None:
        self._address = address(centre)
        self._live = Live(Text("…"), console=Console(), screen=True, auto_refresh=False)
        self._live.start()

    def show(self, view: View, totals: Totals) -> None:
        self._live.update(fitting(self._live.console, render(view, totals), self._address), refresh=True)

    def close(self) -> None:
        self._live.stop()


class Lines:
    """One line every few seconds, for a log."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._said_at = 0.0
        Console(width=PICTURE_COLUMNS, highlight=False, soft_wrap=True).print(in_lines(centre))

    def show(self, view: View, totals: Totals) -> None:
        if time.monotonic() - self._said_at < LINE_SECONDS:
            return
        self._said_at = time.monotonic()
        figures = figures_of(view)
        level = totals.service_level
        words = [f"{name.replace('_', ' ')} {count}" for name, count in figures.items()]
        words.append(f"within 15 s {'–' if level is None else f'{level:.0%}'}")
        words.append(f"ended {totals.dispositions.total()} of {len(self._centre.plan.citizens)}")
        print(f"{time.strftime('%H:%M:%S')}  " + "  ".join(words), flush=True)

    def close(self) -> None:
        """Nothing to give back."""


class Camera:
    """Keeps the liveliest board, for the picture."""

    def __init__(self) -> None:
        self._best: tuple[tuple[int, ...], RenderableType] | None = None

    def look(self, view: View, totals: Totals) -> None:
        figures = figures_of(view)
        score = (
            sum(count > 0 for count in figures.values()),
            len(totals.dispositions),
            min(figures["talking"], 7),
            -figures["waiting"],
            totals.dispositions.total(),
        )
        if self._best is None or score > self._best[0]:
            self._best = score, render(view, totals)

    def save(self, path: Path) -> None:
        """As SVG. Nothing, if there was nothing to see."""
        if self._best is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(picture(self._best[1]), encoding="utf-8")


def fitting(console: Console, board: RenderableType, address: RenderableType) -> RenderableType:
    """As much of the board as the terminal has lines for: the address always, the events and then the tables if not."""
    parts = list(board.renderables) if isinstance(board, Group) else [board]
    while len(parts) > 1 and len(console.render_lines(Group(*parts, address))) > console.height:
        parts.pop()
    return Group(*parts, address)


async def watch(centre: Centre, camera: Camera | None = None) -> None:
    """Shows the centre until it is cancelled."""
    on_terminal = sys.stdout.isatty() and not Console().is_dumb_terminal
    screen: Screen = Board(centre) if on_terminal else Lines(centre)
    try:
        while True:
            view = await centre.feed.view()
            screen.show(view, centre.feed.totals)
            if camera is not None:
                camera.look(view, centre.feed.totals)
            await asyncio.sleep(REFRESH_SECONDS)
    finally:
        screen.close()


def figures_of(view: View) -> dict[str, int]:
    """The moment in numbers."""
    phases = Counter(contact.phase for contact in view.contacts)
    quiet = (None, TransferState.TALKING, TransferState.ENDED)
    return {
        "in_flow": phases[ContactPhase.IN_FLOW],
        "waiting": phases[ContactPhase.QUEUED] + phases[ContactPhase.FALLING_BACK],
        "ringing": phases[ContactPhase.OFFERED],
        "talking": phases[ContactPhase.CONNECTED],
        "in_transfer": sum(contact.transfer_state not in quiet for contact in view.contacts),
        "in_wrap_up": sum(agent.state is AgentState.WRAP_UP for agent in view.agents),
    }


def in_lines(centre: Centre) -> str:
    """Where everything is, for a log."""
    base = f"http://127.0.0.1:{centre.engine.api_port}"
    return "\n".join(
        [
            f"API        {base}/v1/agents   metrics {base}/metrics   token {centre.engine.token}",
            f"softphone  SIP {YOU}, password {centre.password}, server 127.0.0.1:{centre.switch.sip_port}, UDP",
            "           dial *11 to log in as a counsellor, *13 to leave, 120 to be a citizen",
        ]
    )


def address(centre: Centre) -> RenderableType:
    """Where everything is, under the board."""
    base = f"http://127.0.0.1:{centre.engine.api_port}"
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("API", f"{base}/v1/agents   token {centre.engine.token}")
    table.add_row("metrics", f"{base}/metrics")
    table.add_row("softphone", f"SIP {YOU}@127.0.0.1:{centre.switch.sip_port} (UDP)   password {centre.password}")
    table.add_row("", "dial *11 to log in as a counsellor, *13 to leave, 120 to be a citizen")
    left = f"seed {centre.plan.seed} · Ctrl-C ends it"
    return Panel(table, title="join in", subtitle=left, box=box.ROUNDED, border_style="blue", title_align="left")


def picture(board: RenderableType) -> str:
    """The board as SVG, dark on white, complete in itself."""
    console = Console(
        record=True, width=PICTURE_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(board)
    return console.export_svg(theme=LIGHT, code_format=PICTURE, unique_id="demo")
