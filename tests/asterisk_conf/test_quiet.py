"""The file that silences AMI events for a whole switch must never silence one that somebody of ours waits for."""

from __future__ import annotations

from pathlib import Path

from ivr_engine.asterisk.translate.user_events import WANTED

QUIET = Path(__file__).parents[2] / "asterisk-conf" / "quiet.conf"


def settings() -> list[str]:
    return [line for line in QUIET.read_text().splitlines() if line and not line.startswith(";")]


def test_given_the_quiet_file_when_read_then_it_silences_nothing_that_the_engine_reads() -> None:
    (line,) = settings()
    key, _, names = line.partition(" = ")
    silenced = names.split(",")
    assert key == "disabledevents"
    assert not set(silenced) & (WANTED | {"FullyBooted"})
    assert {"VarSet", "Newexten"} <= set(silenced), "the two that are two thirds of all"
    assert len(silenced) == len(set(silenced))
