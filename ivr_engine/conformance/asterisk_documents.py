"""The documents of a scenario as its own engine reads them: a copy with what the scenario has otherwise.

A real switch and a real engine have the hour that it is, and a suite runs at any hour. So the copy has the hour of the
scenario instead: each calendar says all day long what it says at the scenario's first moment. What a shift's end does
in the middle of a scenario is for the levels with a clock of their own.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ivr_engine.core.conversation import Moment
from ivr_engine.flow.hours import Calendar, Emergency, Holiday, Hours, HoursState, Open, state_at
from ivr_engine.replay.scenario import QueueChange, Scenario

DAYS_AROUND = 2
"""The days before and after today that are said to be the holiday: a suite may run past midnight, in any zone."""

_NOBODY: Mapping[str, Any] = {"week": {"mon-sun": "closed"}, "holidays": "none"}


def copied(source: Path, target: Path, scenario: Scenario, hours: Hours) -> Path:
    """The folder as the scenario wants it; recordings are shared. `hours` are the calendars of `source`."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("prompts"))
    if (source / "prompts").is_dir():
        (target / "prompts").symlink_to((source / "prompts").resolve())
    if not scenario.queues and not hours.calendars:
        return target
    moment = Moment(scenario.starts_at_ms)
    states = {str(name): state_at(calendar, moment) for name, calendar in hours.calendars.items()}
    for path in sorted(target.rglob("*.yaml")):
        sections = yaml.safe_load(path.read_text())
        if isinstance(sections, dict) and not sections.keys().isdisjoint({"queues", "hours", "emergency"}):
            _change(sections, scenario.queues, hours, states)
            path.write_text(yaml.safe_dump(sections, allow_unicode=True, sort_keys=False))
    _proclaim(target, states)
    return target


def _change(
    sections: dict[str, Any], changes: Sequence[QueueChange], hours: Hours, states: Mapping[str, HoursState]
) -> None:
    queues = sections.get("queues") or {}
    for change in changes:
        if change.queue in queues:
            queues[change.queue].update(_seconds(change))
    sections.pop("emergency", None)
    for name in sections.get("hours") or ():
        for calendar in (each for each in hours.calendars.values() if each.id == name):
            sections["hours"][name] = _all_day(calendar, states[name])


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
def _all_day(calendar: Calendar, state: HoursState) -> Mapping[str, Any]:
    named = {"title": calendar.title} if calendar.title else {}
    if isinstance(state, Open):
        return {**named, "zone": calendar.zone, "week": "always"}
    around = {}
    if isinstance(state, Holiday):
        around = {"exceptions": {f"{_day(-DAYS_AROUND)}..{_day(DAYS_AROUND)}": {"holiday": state.name}}}
    return {**named, "zone": calendar.zone, **_NOBODY, **around}


def _proclaim(folder: Path, states: Mapping[str, HoursState]) -> None:
    """The emergencies that hold at the scenario's first moment, and no other."""
    emergencies = [
        {"message": str(state.message), "until": f"{_day(DAYS_AROUND)} 00:00", "calendars": [name]}
        for name, state in states.items()
        if isinstance(state, Emergency)
    ]
    if emergencies:
        path = folder / "emergency-of-the-scenario.yaml"
        path.write_text(yaml.safe_dump({"emergency": emergencies}, allow_unicode=True, sort_keys=False))


def _day(away: int) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Seoul")).date() + timedelta(days=away)
