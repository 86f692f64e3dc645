"""What the small comparison found: figures, a table, a chart, and the page docs/routing-on-asterisk.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_chart import Bar, bars
from bench_desks_plan import PROMISE_SECONDS, RING_SECONDS, SKILLS, WRAP_UP_SECONDS, Plan
from bench_desks_sides import Fate, SideTold

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, CHART = DOCS / "routing-on-asterisk.md", DOCS / "images" / "routing-on-asterisk.svg"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one side, or of one desk on it. Shares are of all who called; seconds are of those who were answered."""

    offered: int
    in_time: float
    abandoned: float
    asa_seconds: float
    p99_seconds: float
    longest_seconds: float

    @classmethod
    def of(cls, fates: Sequence[Fate]) -> Figures:
        waits = sorted(fate.wait_ms / 1_000 for fate in fates if fate.answered)
        offered = max(1, len(fates))
        return cls(
            len(fates),
            sum(wait <= PROMISE_SECONDS for wait in waits) / offered,
            sum(not fate.answered for fate in fates) / offered,
            sum(waits) / max(1, len(waits)),
            waits[min(len(waits) - 1, int(len(waits) * 0.99))] if waits else 0.0,
            waits[-1] if waits else 0.0,
        )


def by_desk(told: SideTold) -> Mapping[str, Figures]:
    """Each desk's own."""
    return {skill: Figures.of([fate for fate in told.fates if fate.contact.skill == skill]) for skill in SKILLS}


def worst(told: SideTold) -> tuple[str, float]:
    """The desk that kept its promise least, and how often it did."""
    desks = {skill: desk.in_time for skill, desk in by_desk(told).items() if desk.offered}
    skill = min(desks, key=lambda name: desks[name])
    return skill, desks[skill]


def table(sides: Sequence[SideTold]) -> str:
    """As Markdown: a row for each figure, a column for each side."""
    figures = [Figures.of(side.fates) for side in sides]
    rows: list[tuple[str, Callable[[int], str]]] = [
        ("contacts", lambda n: str(figures[n].offered)),
        (f"answered within {PROMISE_SECONDS} s, of all offered", lambda n: _percent(figures[n].in_time)),
        ("average speed of answer", lambda n: f"{figures[n].asa_seconds:.1f} s"),
        ("99th percentile of the wait", lambda n: f"{figures[n].p99_seconds:.1f} s"),
        ("longest wait", lambda n: f"{figures[n].longest_seconds:.1f} s"),
        ("abandoned", lambda n: _percent(figures[n].abandoned)),
        ("worst desk, answered in time", lambda n: "{}, {:.1%}".format(*worst(sides[n]))),
        ("counsellors busy", lambda n: _percent(sides[n].busy)),
    ]
    head = "| | " + " | ".join(side.name for side in sides) + " |\n|---|" + "---:|" * len(sides)
    return "\n".join(
        [head, *("| " + " | ".join([what, *map(value, range(len(sides)))]) + " |" for what, value in rows)]
    )


def desks(sides: Sequence[SideTold]) -> str:
    """As Markdown: answered in time and abandoned, desk by desk."""
    told = [by_desk(side) for side in sides]
    head = "| desk | contacts | " + " | ".join(f"{side.name}: in time, abandoned" for side in sides) + " |"
    lines = [head, "|---|---:|" + "---:|" * len(sides)]
    for skill in SKILLS:
        cells = [f"{_percent(side[skill].in_time)}, {_percent(side[skill].abandoned)}" for side in told]
        lines.append("| " + " | ".join([skill, str(told[0][skill].offered), *cells]) + " |")
    return "\n".join(lines)


def write_page(plan: Plan, sides: Sequence[SideTold], version: str) -> None:
    """The page and its chart."""
    groups = [
        [
            Bar(f"{skill}: {side.name}", (100 * by_desk(side)[skill].in_time,), (position,))
            for position, side in enumerate(sides)
        ]
        for skill in SKILLS
    ]
    title = f"Answered within {PROMISE_SECONDS} s, of all offered, by desk"
    CHART.write_text(bars(title, "%", groups, [side.name for side in sides]))
    PAGE.write_text(
        _PAGE.format(
            counsellors=len(plan.counsellors),
            minutes=plan.seconds / 60,
            seed=plan.seed,
            contacts=len(plan.contacts),
            asked=_percent(plan.asked()),
            version=version,
            ring=RING_SECONDS,
            wrap_up=WRAP_UP_SECONDS,
            table=table(sides),
            desks=desks(sides),
        )
    )


def _percent(share: float) -> str:
    return f"{share:.1%}"


_PAGE = """# Routing on a real Asterisk: app_queue and the engine side by side

Written by `scripts/bench_desks`. {counsellors} simulated counsellors with two or three of six skills, {minutes:g}
minutes of calls over SIP, on two sandboxes ({version}) at the same time: one routes by app_queue, one by the engine.
Both get the same {contacts} contacts (seed {seed}): the same arrivals, desks, talks, pick-ups and patience. The calls
ask for {asked} of the counsellors' time. All figures are the phones' own: from the citizen's INVITE to the
counsellor's 200 OK.

app_queue is tuned as well as it can be: one queue for each desk, members by skill, `leastrecent` with
`shared_lastcall`, `autofill`, a heavier `weight` for a rarer desk, `ringinuse=no`. Both ring a phone for at most
{ring} s and leave {wrap_up} s after each talk. The engine's documents say the desks' skills and the promise, and
nothing else about routing.

{table}

![Answered in time, by desk](images/routing-on-asterisk.svg)

{desks}

One run of this length is one sample: differences of a few percent between two seeds are chance. What the policies do
over weeks of calls is compared in simulated time ([routing](routing.md)).
"""
