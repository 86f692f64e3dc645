"""The files of `asterisk-conf/` as one value: read and compiled once for all runs of a process."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ivr_engine.replay.simulator.applications import compile_plan
from ivr_engine.replay.simulator.plan import Plan, conf_folder, feature_codes, queue_settings, read_plan


@dataclass(frozen=True, slots=True)
class Site:
    """What a real Asterisk would include."""

    plan: Plan
    features: dict[str, tuple[str, str, str, str]]
    """Name → code, context, extension, priority."""
    queues: dict[str, dict[str, str]]


def read_site(folder: Path | None = None) -> Site:
    """Our own files, or those of another folder (with a planted mistake). Raises PlanError."""
    found = folder or conf_folder()
    stamp = tuple((found / name).stat().st_mtime_ns for name in ("extensions.conf", "features.conf", "queues.conf"))
    return _read(found, stamp)


@cache
def _read(folder: Path, _stamp: tuple[int, ...]) -> Site:
    plan = read_plan((folder / "extensions.conf").read_text())
    compile_plan(plan)
    return Site(
        plan,
        feature_codes((folder / "features.conf").read_text()),
        queue_settings((folder / "queues.conf").read_text()),
    )
