"""The language is fast enough to be checked at every save: a city of a thousand steps and a thousand numbers."""

import time
from pathlib import Path

from bench_flow_set import write_set
from ivr_engine.flow.revision import load

CPU_SECONDS = 1.0


def test_given_a_thousand_steps_and_numbers_when_checked_and_compiled_then_it_takes_less_than_a_second(
    tmp_path: Path,
) -> None:
    write_set(tmp_path, steps=1_000, numbers=1_000)
    took = []
    for _ in range(2):  # the first one also warms up what the process loads once
        begun = time.process_time()
        revision = load(tmp_path)
        took.append(time.process_time() - begun)
    assert revision.warnings == ()
    assert sum(len(flow.steps) for flow in revision.flows.values()) == 1_000
    assert len(revision.numbers) == 1_000
    assert min(took) < CPU_SECONDS
