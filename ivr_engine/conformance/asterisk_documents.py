"""The documents of a scenario as its own engine reads them: a copy with what the scenario has otherwise.

A real switch and a real engine have the hour that it is, and a suite runs at any hour. So the copy has the hour of the
scenario instead: each calendar says all day long what it says at the scenario's first moment. What a shift's end does
in the middle of a scenario is for the levels with a clock of their own.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.hours import Emergency, Holiday, Hours, HoursState, Open, state_at
from ivr_engine.replay.scenario import QueueChange, Scenario

_SECTIONS = ("queues", "hours", "emergency")

_AROUND = timedelta(days=2)
"""The days before and after today that are said to be the holiday: a suite may run past midnight, in any zone."""

DOCUMENTS = 256
"""Kept as they were written: a library has some dozen, of a few folders, in the hours of a few scenarios."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's, where it is there: a run copies documents for hundreds of scenarios while their phones keep time."""

_NOBODY: Mapping[str, Any] = {"week": {"mon-sun": "closed"}, "holidays": "none"}


def copied(source: Path, target: Path, scenario: Scenario, hours: Hours) -> Path:
    """The folder as the scenario wants it; recordings are shared. `hours` are the calendars of `source`."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("prompts"))
    if (source / "prompts").is_dir():
        (target / "prompts").symlink_to((source / "prompts").resolve())
    if not scenario.queues and not hours.calendars:
        return target
    moment = Moment(scenario.starts_at_ms)
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Seoul")).date()
    calendars = tuple(
        _Said(str(name), calendar.zone, calendar.title, state_at(calendar, moment))
        for name, calendar in hours.calendars.items()
    )
    for path in sorted(target.rglob("*.yaml")):
        text = path.read_text()
        changed = _changed(text, scenario.queues, calendars, today) if any(key in text for key in _SECTIONS) else None
        if changed is not None:
            path.write_text(changed)
    _proclaim(target, calendars, today)
    return target


@dataclass(frozen=True, slots=True)
class _Said:
    """What a calendar says all day long."""

    calendar: str
    zone: str
    title: str
    state: HoursState


@lru_cache(maxsize=DOCUMENTS)
def _changed(text: str, changes: tuple[QueueChange, ...], calendars: tuple[_Said, ...], today: date) -> str | None:
    """One document as the scenario wants it, with holidays around `today`; None where it is as it was."""
    sections = yaml.load(text, Loader=_LOADER)
    if not isinstance(sections, dict) or sections.keys().isdisjoint(_SECTIONS):
        return None
    queues = sections.get("queues") or {}
    for change in changes:
        if change.queue in queues:
            queues[change.queue].update(_seconds(change))
    sections.pop("emergency", None)
    for name in sections.get("hours") or ():
        for said in (each for each in calendars if each.calendar == name):
            sections["hours"][name] = _all_day(said, today)
    return str(yaml.dump(sections, Dumper=_DUMPER, allow_unicode=True, sort_keys=False))


def _seconds(change: QueueChange) -> Mapping[str, Any]:
    wanted = {
        "ring_seconds": change.ring_ms,
        "wrap_up_seconds": change.wrap_up_ms,
        "promise_seconds": change.promise_ms,
        "short_abandon_seconds": change.short_abandon_ms,
    }
    return {key: _number(ms) for key, ms in wanted.items() if ms is not None}


def _number(ms: int) -> int | float:
    return ms // 1_000 if ms % 1_000 == 0 else ms / 1_000


# ── the hour ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _all_day(said: _Said, today: date) -> Mapping[str, Any]:
    named = {"title": said.title} if said.title else {}
    if isinstance(said.state, Open):
        return {**named, "zone": said.zone, "week": "always"}
    around = {}
    if isinstance(said.state, Holiday):
        days = f"{today - _AROUND}..{today + _AROUND}"
        around = {"exceptions": {days: {"holiday": said.state.name}}}
    return {**named, "zone": said.zone, **_NOBODY, **around}


def _proclaim(folder: Path, calendars: Sequence[_Said], today: date) -> None:
    """The emergencies that hold at the scenario's first moment, and no other."""
    emergencies = [
        {"message": str(said.state.message), "until": f"{today + _AROUND} 00:00", "calendars": [said.calendar]}
        for said in calendars
        if isinstance(said.state, Emergency)
    ]
    if emergencies:
        path = folder / "emergency-of-the-scenario.yaml"
        path.write_text(yaml.safe_dump({"emergency": emergencies}, allow_unicode=True, sort_keys=False))
