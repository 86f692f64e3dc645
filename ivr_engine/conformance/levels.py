"""One scenario on the level that is asked for, with the samples that `/metrics` would show at its end.

A level is imported when it is first asked for: the simulated one needs neither sockets nor a tool chain.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from ivr_engine import __version__
from ivr_engine.core.engine import Engine
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.replay import simulated
from ivr_engine.replay.scenario import Level, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.runtime.ports import JournalEntry

OURS = "ivr_"
"""Samples of the process (memory, open files) are no scenario's business, and differ from run to run."""

UNTOLD = ("ivr_decision_seconds", "ivr_build_info")
"""Measured in real time, or about the machine: two runs of one scenario would differ in them."""


def run(scenario: Scenario, level: Level) -> Run:
    """Performs it there; the run's history has its metrics.

    Raises FlowErrors and PlanError; of the real level AsteriskAbsent, and what the sandbox raises when a tool fails.
    """
    match level:
        case Level.SIMULATED:
            played = simulated.run(scenario)
        case Level.WIRE:
            from ivr_engine.conformance import wire  # noqa: PLC0415

            played = wire.run_on_wire(scenario)
        case Level.ASTERISK:
            from ivr_engine.conformance import asterisk  # noqa: PLC0415

            played = asterisk.run(scenario)
    return played if played.history.metrics else with_metrics(played)


def with_metrics(played: Run) -> Run:
    """The run with the samples of its last engine, as a scrape at the end would read them."""
    return replace(played, history=replace(played.history, metrics=_Samples(played.entries)))


class _Samples(Mapping[str, float]):
    """`samples_of`, read when somebody asks: few scenarios do, and a scrape costs more than most scenarios."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = entries

    @cached_property
    def _read(self) -> Mapping[str, float]:
        return samples_of(self._entries)

    def __getitem__(self, sample: str) -> float:
        return self._read[sample]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def samples_of(entries: Iterable[Entry]) -> dict[str, float]:
    """What the engine that wrote the last of these entries counted, and what it knew at their end.

    Counters begin anew with each life of the engine, as in Prometheus; the gauges are read from a core that is told
    the same facts again, which gives the same state.
    """
    everything = list(entries)
    last_life = [entry for entry in everything if entry.epoch == everything[-1].epoch]
    metrics = Metrics(version=__version__)
    engine = Engine()
    refused = bugs = 0
    for entry in last_life:
        metrics.record(JournalEntry(entry.epoch, entry.seq, entry.at_ms, entry.event, entry.commands, entry.notices))
        try:
            engine.handle(entry.event, entry.at_ms)
        except IllegalEvent:
            engine.unfinished()
            refused += 1
        except Exception:
            # the run itself tells of it; the samples count it, as a service's do
            engine.unfinished()
            bugs += 1
    metrics.view_from(engine.view)
    metrics.read_from("ivr_illegal_events_total", lambda: refused)
    metrics.read_from("ivr_bugs_total", lambda: bugs)
    return {
        f"{sample.name}{_labels(sample.labels)}": sample.value
        for family in metrics.registry.collect()
        if family.name.startswith(OURS) and family.name not in UNTOLD
        for sample in family.samples
    }


def _labels(labels: dict[str, str]) -> str:
    told = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{{told}}}" if told else ""
