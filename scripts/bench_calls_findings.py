"""What scripts/bench_calls is asked to do, and what it finds out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["dial", "app_queue", "desks", "engine"]
"""dial: nobody decides. app_queue: one queue. desks: app_queue with a queue for each desk of 120, an agent in a dozen
of them. engine: what it is all for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything: `rates` in calls/s, each for `load_seconds`, `rounds` times on each side.

    desks_rate: the one rate at which `desks` is looked at; what the others say of more and less holds for it.
    busy_rate: calls/s whose talks are so long that the agents can hardly keep up, for `busy_seconds`.
    """

    rates: tuple[int, ...] = (20, 50, 80)
    desks_rate: int = 50
    load_seconds: float = 10.0
    busy_rate: int = 50
    busy_seconds: float = 20.0
    rounds: int = 2
    few_calls: int = 700
    waiting: int = 1_000


QUICK = Plan(load_seconds=4.0, busy_seconds=12.0, rounds=1, few_calls=200, waiting=200)


@dataclass(frozen=True, slots=True)
class Load:
    """One rate on one side. CPU in seconds of both kinds, from the first call to the last channel's end.

    busy: whether nearly every agent talks nearly always, so that citizens wait; otherwise nobody does.
    others_cpu: share of the machine's CPU that neither the switch, the engine nor the phones used.
    """

    side: Side
    rate: int
    busy: bool
    calls: int
    failed: int
    asterisk_cpu_seconds: float
    engine_cpu_seconds: float
    ami_events: float
    others_cpu: float


@dataclass(frozen=True, slots=True)
class Rings:
    """Free agent → ring on one side, each in ms; how many calls there were and failed, and their CPU as in Load."""

    side: Side
    gaps_ms: tuple[float, ...]
    calls: int
    failed: int
    asterisk_cpu_seconds: float
    engine_cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Memory:
    """The engine's resident bytes: just started, after the load with nobody on the line, with `waiting` citizens."""

    idle_bytes: int
    after_load_bytes: int
    waiting_bytes: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that one run has measured."""

    loads: tuple[Load, ...]
    rings: tuple[Rings, ...]
    memory: Memory
    asterisk_version: str
    warnings: tuple[str, ...]
