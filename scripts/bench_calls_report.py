"""What scripts/bench_calls makes of its findings: figures against what is wanted, text, JSON, docs/performance.md."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench_calls_findings import Findings, Load, Rings, Side
from bench_chart import Bar, bars

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- calls: written by scripts/bench_calls -->", "<!-- calls: end -->"
COMPARED_RATE = 50
SIDES: tuple[Side, ...] = ("dial", "app_queue", "desks", "engine")
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """One rate on one side, all rounds together; CPU in ms a call."""

    side: Side
    rate: int
    busy: bool
    calls: int
    failed: int
    asterisk_ms: float
    engine_ms: float
    ami_events: float
    others_cpu: float

    @property
    def both_ms(self) -> float:
        return self.asterisk_ms + self.engine_ms


@dataclass(frozen=True, slots=True)
class Spread:
    """Free agent → ring on one side, and what a call cost meanwhile; in ms."""

    side: Side
    count: int
    failed: int
    mean_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    asterisk_ms: float
    engine_ms: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is wanted of the engine, and what was seen."""

    what: str
    wanted: str
    seen: str
    met: bool


def costs(loads: Sequence[Load]) -> list[Cost]:
    """Rounds of the same side and rate added up, in order of rate, the busy one last; each in the order of SIDES."""
    found = []
    for busy, rate in sorted({(load.busy, load.rate) for load in loads}):
        for side in SIDES:
            same = [load for load in loads if (load.side, load.busy, load.rate) == (side, busy, rate)]
            if not same:
                continue
            calls = sum(load.calls for load in same)
            found.append(
                Cost(
                    side=side,
                    rate=rate,
                    busy=busy,
                    calls=calls,
                    failed=sum(load.failed for load in same),
                    asterisk_ms=sum(load.asterisk_cpu_seconds for load in same) / calls * 1_000,
                    engine_ms=sum(load.engine_cpu_seconds for load in same) / calls * 1_000,
                    ami_events=sum(load.ami_events for load in same) / calls,
                    others_cpu=max(load.others_cpu for load in same),
                )
            )
    return found


def spread(rings: Rings) -> Spread:
    """Mean and percentiles (nearest rank)."""
    gaps = sorted(rings.gaps_ms) or [float("nan")]

    def rank(share: float) -> float:
        return gaps[min(len(gaps) - 1, int(len(gaps) * share))]

    mean = sum(gaps) / len(gaps)
    return Spread(
        side=rings.side,
        count=len(rings.gaps_ms),
        failed=rings.failed,
        mean_ms=mean,
        p50_ms=rank(0.5),
        p99_ms=rank(0.99),
        max_ms=gaps[-1],
        asterisk_ms=rings.asterisk_cpu_seconds / rings.calls * 1_000,
        engine_ms=rings.engine_cpu_seconds / rings.calls * 1_000,
    )


def judged(findings: Findings) -> list[Wanted]:
    """The findings against what the engine promises."""
    cost = {(found.side, found.rate): found for found in costs(findings.loads) if not found.busy}
    ring = {found.side: found for found in map(spread, findings.rings)}
    rate = COMPARED_RATE if ("engine", COMPARED_RATE) in cost else max(found for _, found in cost)
    queue, engine = cost["app_queue", rate], cost["engine", rate]
    highest = cost["engine", max(found for _, found in cost)]
    busy = {found.side: found for found in costs(findings.loads) if found.busy}
    events = max(found.ami_events for found in cost.values())
    memory = findings.memory
    return [
        _cheaper(f"CPU per call at {rate} calls/s, engine + Asterisk, nobody waits", engine, queue),
        *(
            _cheaper(
                f"the same, `app_queue` with a queue for each desk of 120, at {desks.rate} calls/s",
                cost["engine", desks.rate],
                desks,
            )
            for desks in cost.values()
            if desks.side == "desks" and ("engine", desks.rate) in cost
        ),
        _cheaper(
            f"CPU per call at {busy['engine'].rate} calls/s, engine + Asterisk, nearly every agent busy",
            busy["engine"],
            busy["app_queue"],
        ),
        Wanted(
            f"failed calls at {highest.rate} calls/s", "0", f"{highest.failed} of {highest.calls}", highest.failed == 0
        ),
        Wanted(
            "free agent → ring, p99",
            "≤ 20 ms",
            f"{ring['engine'].p99_ms:.1f} ms (app_queue: {ring['app_queue'].p99_ms:.0f} ms)",
            ring["engine"].p99_ms <= 20,
        ),
        Wanted("AMI events a call that reach the engine", "≤ 40", f"{events:.1f}", events <= 40),
        Wanted(
            f"memory of the engine with {memory.waiting:,} waiting",
            "< 150 MB",
            f"{memory.waiting_bytes / MB:.0f} MB",
            memory.waiting_bytes < 150 * MB,
        ),
    ]


def _cheaper(what: str, engine: Cost, queue: Cost) -> Wanted:
    ratio = engine.both_ms / queue.both_ms
    seen = f"{engine.both_ms:.1f} ms against {queue.both_ms:.1f} ms: {ratio:.2f}×"
    return Wanted(what, "≤ app_queue alone", seen, ratio <= 1.0)


def machine() -> str:
    """The machine in words, without its name."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores of {model}, {gigabytes:.0f} GB; Linux"


def tables(findings: Findings) -> str:
    """The findings as Markdown tables."""
    lines = ["| wanted of the engine | | seen | |", "|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.wanted} | {row.seen} | {'yes' if row.met else '**no**'} |" for row in judged(findings)
    ]
    lines += [
        "",
        "| calls/s | through | calls | failed | Asterisk CPU/call | engine CPU/call | together | AMI events/call |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {_load_name(cost)} | {cost.side} | {cost.calls:,} | {cost.failed} | {cost.asterisk_ms:.1f} ms | "
        f"{cost.engine_ms:.1f} ms | {cost.both_ms:.1f} ms | {cost.ami_events:.1f} |"
        for cost in costs(findings.loads)
    ]
    found = costs(findings.loads)
    sides = {side: {_load_name(cost): cost.both_ms for cost in found if cost.side == side} for side in SIDES}
    dial, queue, desks, engine = (sides[side] for side in SIDES)
    ratios = [f"{both_ms / queue[load]:.2f} at {load}" for load, both_ms in engine.items()]
    above = [
        f"{queue[load] - both_ms:.1f} and {engine[load] - both_ms:.1f} ms at {load}" for load, both_ms in dial.items()
    ]
    spreads = [spread(rings) for rings in findings.rings]
    lines += [
        "",
        f"Engine and Asterisk together cost, in parts of what `app_queue` costs alone, by calls/s: "
        f"{', '.join(ratios)}. "
        "In parts of what it costs with a queue for each desk of 120 (`desks`): "
        f"{', '.join(f'{engine[load] / both_ms:.2f} at {load}' for load, both_ms in desks.items())}.",
        "What `app_queue`, and what engine and Asterisk together, cost above a greeting and a bare `Dial` with nobody "
        f"deciding, by calls/s: {', '.join(above)}.",
        "",
        "| free agent → ring, callers waiting | rings | failed calls | mean | p50 | p99 | max | CPU/call, together |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {row.side} | {row.count:,} | {row.failed} | {row.mean_ms:.1f} ms | {row.p50_ms:.1f} ms | "
            f"{row.p99_ms:.1f} ms | {row.max_ms:.1f} ms | {row.asterisk_ms + row.engine_ms:.1f} ms |"
            for row in spreads
        ),
    ]
    by_side = {row.side: row for row in spreads}
    memory = findings.memory
    lines += [
        "",
        f"`app_queue` takes {by_side['app_queue'].mean_ms / by_side['engine'].mean_ms:.0f} times as long on average.",
        "",
        "| memory of the engine | |",
        "|---|---|",
        f"| started, 230 agents, nobody on the line | {memory.idle_bytes / MB:.0f} MB |",
        f"| after the load | {memory.after_load_bytes / MB:.0f} MB |",
        f"| {memory.waiting:,} citizens waiting | {memory.waiting_bytes / MB:.0f} MB |",
    ]
    return "\n".join(lines)


def _load_name(cost: Cost) -> str:
    return f"{cost.rate}, agents busy" if cost.busy else str(cost.rate)


def write_page(findings: Findings) -> None:
    """Puts the findings between the marks in docs/performance.md, and draws its pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    found = costs(findings.loads)
    groups = [
        [
            Bar(f"{cost.side}, {_load_name(cost)}", (cost.asterisk_ms, cost.engine_ms), (0, 1))
            for cost in found
            if _load_name(cost) == load
        ]
        for load in dict.fromkeys(map(_load_name, found))
    ]
    (IMAGES / "bench_calls_cpu.svg").write_text(bars("CPU per call", "ms", groups, ("Asterisk", "engine")))
    spreads = [spread(rings) for rings in findings.rings]
    groups = [
        [Bar(f"{row.side}, {name}", (getattr(row, field),), (colour,)) for colour, row in enumerate(spreads)]
        for name, field in (("mean", "mean_ms"), ("p50", "p50_ms"), ("p99", "p99_ms"), ("max", "max_ms"))
    ]
    (IMAGES / "bench_calls_ring.svg").write_text(
        bars("Free agent → ring, callers waiting (logarithmic)", "ms", groups, [row.side for row in spreads], log=True)
    )
    others = max(cost.others_cpu for cost in found)
    written = f"""{BEGIN}

{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, {machine()} {platform.release().split("-")[0]},
Python {platform.python_version()}, {findings.asterisk_version}, SIPp on the same cores.
Other work on the machine took up to {others:.0%} of its CPU meanwhile.

{tables(findings)}

![CPU per call](images/bench_calls_cpu.svg)

![Free agent to ring](images/bench_calls_ring.svg)

{END}"""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN, 1)
    PAGE.write_text(before + written + rest.split(END, 1)[1])


def as_json(findings: Findings) -> dict[str, Any]:
    """Everything, for a script that compares runs."""
    return {
        "machine": machine(),
        "asterisk": findings.asterisk_version,
        "costs": [asdict(cost) | {"both_ms": cost.both_ms} for cost in costs(findings.loads)],
        "rounds": [asdict(load) for load in findings.loads],
        "rings": [asdict(spread(rings)) for rings in findings.rings],
        "memory": asdict(findings.memory),
        "wanted": [asdict(row) for row in judged(findings)],
        "warnings": list(findings.warnings),
    }
