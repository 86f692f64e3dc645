"""The live board: the centre at a glance in a terminal, drawn from one frozen view and the totals so far.

Pure: `render` gives a rich renderable and asks nobody for the time; `Totals` counts from the notices that the journal
keeps. Whoever shows it (the demo) decides how often.
"""

import io
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ivr_engine.core.notices import (
    AgentChanged,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    OfferEnded,
    PromiseMissed,
    SwitchStateChanged,
    TransferEnded,
    TransferMoved,
)
from ivr_engine.core.views import AgentView, View
from ivr_engine.core.vocabulary import (
    AgentState,
    ContactId,
    ContactPhase,
    Disposition,
    OfferResult,
    Presence,
    TransferState,
)
from ivr_engine.runtime.ports import JournalEntry

LOG_LINES = 8
"""The last events that the board shows; older ones are in the journal."""

MOST_CELLS = 600
"""Agents drawn one by one: the 551 of 120 in its largest year, and some."""

MOST_QUEUES = 16
"""Queues in the table, the busiest first: what fits a terminal with the rest."""

FORMULA = "offered"
"""The service level on the board: answered within the promise / all that joined a queue and were answered or left."""

TARGET_SHARE = 0.80
"""The city's target for answers within the promise; below it the figure turns red."""

_BAR_CELLS = 10
"""So that queues and dispositions stand side by side in 110 columns."""

_CELLS: dict[str, tuple[str, str]] = {
    "idle": ("●", "green"),
    "resting": ("◍", "dark_sea_green4"),
    "ringing": ("◉", "yellow"),
    "talking": ("■", "bright_blue"),
    "wrap-up": ("▣", "magenta"),
    "break": ("○", "dark_orange"),
    "out": ("·", "grey50"),
}
"""How an agent is drawn, by what the agent is doing; the glyphs differ so that colour is not needed."""


class Totals:
    """A `Subscriber` (its `record`): what has happened since it began listening."""

    def __init__(self) -> None:
        self.dispositions: Counter[Disposition] = Counter()
        self.offers: Counter[OfferResult] = Counter()
        self.began = 0
        self.judged = 0
        """Contacts of a queue that were answered or left it unanswered: the denominator of `offered`."""
        self.within_promise = 0
        self.log: deque[tuple[int, str, str]] = deque(maxlen=LOG_LINES)
        """Last events as (at_ms, text, style), the newest last."""
        self._answered: set[ContactId] = set()
        self._counts: dict[type, Callable[[Any, int], None]] = {
            ContactBegan: self._contact_began,
            ContactConnected: self._connected,
            ContactEnded: self._ended,
            OfferEnded: self._offer_ended,
            PromiseMissed: self._missed,
            AgentChanged: self._agent,
            TransferMoved: self._transfer_moved,
            TransferEnded: self._transfer_ended,
            SwitchStateChanged: self._switch,
        }

    @property
    def service_level(self) -> float | None:
        """Share by the formula `offered`; None before the first contact was judged."""
        return self.within_promise / self.judged if self.judged else None

    def record(self, entry: JournalEntry) -> None:
        """Count what one decision published."""
        for notice in entry.notices:
            count = self._counts.get(type(notice))
            if count is not None:
                count(notice, entry.at_ms)

    def _say(self, at_ms: int, text: str, style: str = "") -> None:
        self.log.append((at_ms, text, style))

    def _contact_began(self, notice: ContactBegan, at_ms: int) -> None:
        self.began += 1
        if notice.adopted:
            self._say(at_ms, f"found a contact on the switch, dialled {notice.number}", "cyan")

    def _connected(self, notice: ContactConnected, at_ms: int) -> None:
        self._answered.add(notice.contact)
        self.judged += 1
        self.within_promise += notice.within_promise
        words = f"{notice.agent} answers {notice.queue} after {notice.wait_ms / 1_000:.1f} s"
        self._say(at_ms, words, "" if notice.within_promise else "yellow")

    def _ended(self, notice: ContactEnded, at_ms: int) -> None:
        self.dispositions[notice.disposition] += 1
        if notice.contact in self._answered:
            self._answered.remove(notice.contact)
        elif notice.queued_at_ms is not None and notice.answered_at_ms is None:
            self.judged += 1
        if notice.disposition is not Disposition.ANSWERED:
            where = f" in {notice.queue}" if notice.queue else ""
            bad = notice.disposition in (Disposition.ABANDONED, Disposition.FALLBACK, Disposition.SWITCH_FAILURE)
            self._say(at_ms, f"contact {notice.disposition.value.replace('_', ' ')}{where}", "red" if bad else "")

    def _offer_ended(self, notice: OfferEnded, at_ms: int) -> None:
        self.offers[notice.result] += 1
        if notice.result in (OfferResult.NO_ANSWER, OfferResult.DECLINED, OfferResult.FAILED):
            self._say(at_ms, f"{notice.agent}: offer {notice.result.value.replace('_', ' ')}", "yellow")

    def _missed(self, notice: PromiseMissed, at_ms: int) -> None:
        self._say(at_ms, f"{notice.queue}: a citizen waits longer than {notice.promise_ms / 1_000:g} s", "red")

    def _agent(self, notice: AgentChanged, at_ms: int) -> None:
        if notice.presence is Presence.ON_BREAK and notice.state is AgentState.IDLE:
            self._say(at_ms, f"{notice.agent} on break {notice.reason}".rstrip())

    def _transfer_moved(self, notice: TransferMoved, at_ms: int) -> None:
        if notice.state is not TransferState.TALKING and notice.state is not TransferState.ENDED:
            entry = f" {notice.entry}" if notice.entry else ""
            self._say(at_ms, f"{notice.agent}: transfer{entry} {notice.state.value.replace('_', ' ')}", "cyan")

    def _transfer_ended(self, notice: TransferEnded, at_ms: int) -> None:
        self._say(at_ms, f"{notice.agent}: transfer {notice.entry} {notice.result.value}", "cyan")

    def _switch(self, notice: SwitchStateChanged, at_ms: int) -> None:
        words = f"switch seen, {notice.adopted_contacts} contacts adopted" if notice.connected else "switch lost"
        self._say(at_ms, words, "cyan" if notice.connected else "red")


def render(
    view: View, totals: Totals, *, title: str = "120", footer: str = "", zone: tzinfo | None = None
) -> RenderableType:
    """The whole board. `zone` is where the clock hangs, None for the machine's own."""
    return Group(
        _head(view, totals, title, zone),
        _figures(view, totals),
        _agents(view),
        Columns([_queues(view), _dispositions(totals)], padding=(0, 1)),
        _log(totals, zone),
        *([Text(footer, style="dim", justify="center")] if footer else []),
    )


def export_svg(board: RenderableType, *, title: str = "ivr-engine", width: int = 110) -> str:
    """The board as an SVG picture, for documents; the same board gives the same text."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(board)
    return console.export_svg(title=title, unique_id="board")


def _head(view: View, totals: Totals, title: str, zone: tzinfo | None) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(justify="left", ratio=1)
    line.add_column(justify="center", ratio=1)
    line.add_column(justify="right", ratio=1)
    seen = Text("● switch", "green") if view.switch_connected else Text("✕ switch lost", "bold white on red")
    counted = Text(f"{totals.began} contacts so far", "dim")
    # assembled: a Text's own style would paint the whole of its column
    line.add_row(
        Text.assemble((f" {title} ", "bold white on blue")),
        counted,
        Text.assemble(seen, "  ", _clock(view.at_ms, zone)),
    )
    return line


def _clock(at_ms: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, zone).strftime("%H:%M:%S")


def _figures(view: View, totals: Totals) -> RenderableType:
    phases = Counter(contact.phase for contact in view.contacts)
    in_transfer = sum(
        contact.transfer_state not in (None, TransferState.TALKING, TransferState.ENDED) for contact in view.contacts
    )
    longest_ms = max((queue.longest_wait_ms for queue in view.queues), default=0)
    promise_ms = min((queue.promise_ms for queue in view.queues), default=15_000)
    share = totals.service_level
    waiting = phases[ContactPhase.QUEUED] + phases[ContactPhase.FALLING_BACK]
    level = "dim" if share is None else "green" if share >= TARGET_SHARE else "red"
    figures = (
        ("waiting", str(waiting), "yellow" if waiting else "dim", ""),
        ("ringing", str(phases[ContactPhase.OFFERED]), "bright_yellow" if phases[ContactPhase.OFFERED] else "dim", ""),
        (
            "talking",
            str(phases[ContactPhase.CONNECTED]),
            "bright_blue" if phases[ContactPhase.CONNECTED] else "dim",
            "",
        ),
        (f"within {promise_ms / 1_000:g} s", "–" if share is None else f"{share:.1%}", level, f"of {FORMULA}"),
        ("longest wait", f"{longest_ms / 1_000:.1f} s", "red" if longest_ms > promise_ms else "green", ""),
        ("in transfer", str(in_transfer), "cyan" if in_transfer else "dim", ""),
    )
    table = Table(box=box.ROUNDED, expand=True, padding=0, border_style="dim")
    for name, *_ in figures:
        table.add_column(Text(name, "dim"), ratio=1, justify="center")
    table.add_row(*(Text(value, f"bold {style}") for _, value, style, _ in figures))
    table.add_row(*(Text(note, "dim") for *_, note in figures))
    return table


def _doing(agent: AgentView, at_ms: int) -> str:
    if agent.state is AgentState.OFFERED:
        return "ringing"
    if agent.state is AgentState.ON_CONTACT:
        return "talking"
    if agent.state is AgentState.WRAP_UP:
        return "wrap-up"
    if agent.presence is Presence.LOGGED_OUT:
        return "out"
    if agent.presence is Presence.ON_BREAK:
        return "break"
    resting = agent.resting_until_ms is not None and agent.resting_until_ms > at_ms
    return "resting" if resting else "idle"


def _agents(view: View) -> RenderableType:
    doing = [_doing(agent, view.at_ms) for agent in sorted(view.agents, key=lambda agent: agent.id)]
    cells = Text(" ").join(Text(*_CELLS[each]) for each in doing[:MOST_CELLS])
    counts = Counter(doing)
    legend = Text("   ").join(
        Text.assemble((f"{glyph} ", style), (f"{name} ", "dim"), f"{counts[name]}")
        for name, (glyph, style) in _CELLS.items()
        if counts[name] or name in ("idle", "ringing", "talking", "wrap-up")
    )
    nobody = Text("nobody is configured", "dim")
    return Panel(Group(cells if doing else nobody, Text(), legend), title=f"{len(doing)} agents", border_style="dim")


def _queues(view: View) -> RenderableType:
    table = Table(box=box.ROUNDED, border_style="dim", header_style="dim")
    table.add_column("queue")
    for name in ("waiting", "ringing", "talking", "longest", "idle", "logged in"):
        table.add_column(name, justify="right")
    busiest = sorted(view.queues, key=lambda queue: (-queue.waiting, -queue.offered - queue.connected, queue.id))
    for queue in busiest[:MOST_QUEUES]:
        late = queue.longest_wait_ms > queue.promise_ms
        longest = f"{queue.longest_wait_ms / 1_000:.1f} s" if queue.longest_wait_ms else ""
        unattended = queue.waiting and not queue.logged_in_agents
        table.add_row(
            Text(queue.id, "bold red" if unattended else ""),
            _count(queue.waiting, "yellow"),
            _count(queue.offered, "bright_yellow"),
            _count(queue.connected, "bright_blue"),
            Text(longest, "red" if late else ""),
            _count(queue.idle_agents, "green"),
            _count(queue.logged_in_agents, ""),
        )
    if len(busiest) > MOST_QUEUES:
        table.caption = f"and {len(busiest) - MOST_QUEUES} quieter queues"
    return table


def _count(number: int, style: str) -> Text:
    return Text(str(number), style) if number else Text("·", "dim")


def _dispositions(totals: Totals) -> RenderableType:
    table = Table(box=box.ROUNDED, border_style="dim", header_style="dim")
    table.add_column("ended")
    table.add_column("", justify="right")
    table.add_column("", width=_BAR_CELLS)
    most = max(totals.dispositions.values(), default=0)
    for disposition, bar in _bars(totals, most):
        good = disposition in (Disposition.ANSWERED, Disposition.SELF_SERVED)
        style = "green" if good else "red" if disposition is Disposition.ABANDONED else "yellow"
        name = Text(disposition.value.replace("_", " "))
        table.add_row(name, str(totals.dispositions[disposition]), Text(bar, style))
    table.add_row(Text("all", "dim"), str(totals.dispositions.total()), "")
    return table


def _bars(totals: Totals, most: int) -> Iterator[tuple[Disposition, str]]:
    for disposition, count in totals.dispositions.most_common():
        yield disposition, "█" * max(1, round(_BAR_CELLS * count / most))


def _log(totals: Totals, zone: tzinfo | None) -> RenderableType:
    lines = [Text.assemble((_clock(at_ms, zone), "dim"), "  ", (text, style)) for at_ms, text, style in totals.log]
    return Panel(Group(*(lines or [Text("nothing yet", "dim")])), title="last events", border_style="dim")
