"""The documents of one scenario: its queues, and its hour, at whatever hour a suite runs."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr_engine.conformance.asterisk_documents import copied
from ivr_engine.core.conversation import Moment
from ivr_engine.flow.hours import state_at
from ivr_engine.flow.revision import load
from ivr_engine.replay.language import read
from ivr_engine.replay.scenario import QueueChange, Scenario
from ivr_engine.replay.shipped import dialplans

LIBRARY = Path(__file__).parents[1] / "scenarios"
NOW_MS = round(datetime.now(UTC).timestamp() * 1_000)
HOUR_MS = 3_600_000


def answered() -> Scenario:
    (found,) = read(LIBRARY / "offer/answered.scenario.yaml")
    return found


def at(written: str) -> int:
    return round(datetime.fromisoformat(f"{written}+09:00").timestamp() * 1_000)


@pytest.mark.parametrize(
    "when",
    [
        "2026-11-23 10:00",
        "2026-11-23 23:00",
        "2026-11-28 11:00",
        "2026-12-25 11:00",
        "2040-05-18 11:00",
        "2040-05-21 11:00",
    ],
)
def test_given_an_hour_of_a_scenario_when_copied_then_every_calendar_says_all_day_what_it_says_then(
    when: str, tmp_path: Path
) -> None:
    calendars = load(dialplans()).hours
    own = load(copied(dialplans(), tmp_path / "own", replace(answered(), starts_at_ms=at(when)), calendars)).hours
    assert own.calendars.keys() == calendars.calendars.keys()
    for name, calendar in calendars.calendars.items():
        expected = state_at(calendar, Moment(at(when)))
        for hour in range(24):
            assert state_at(own.calendars[name], Moment(NOW_MS + hour * HOUR_MS)) == expected, f"{name}, in {hour} h"


def test_given_changes_of_a_queue_when_copied_then_that_queue_has_them_and_the_others_have_theirs(
    tmp_path: Path,
) -> None:
    scenario = replace(answered(), queues=(QueueChange("general", 2_500, 0, 7_000, 1_000),))
    shipped = load(dialplans())
    before = {queue.id: queue for queue in shipped.queues}
    for queue in load(copied(dialplans(), tmp_path / "own", scenario, shipped.hours)).queues:
        if queue.id == "general":
            assert (queue.ring_ms, queue.wrap_up_ms, queue.promise_ms, queue.short_abandon_ms) == (
                2_500,
                0,
                7_000,
                1_000,
            )
        else:
            assert queue == before[queue.id]


def test_given_documents_in_one_file_when_a_queue_is_changed_then_it_is_found_there(tmp_path: Path) -> None:
    folder = LIBRARY / "flows_of_steps"
    revision = load(folder)
    queue = str(revision.queues[0].id)
    scenario = replace(answered(), queues=(QueueChange(queue, 2_500, None, None, None),))
    own = load(copied(folder, tmp_path / "own", scenario, revision.hours))
    assert {each.id: each.ring_ms for each in own.queues}[revision.queues[0].id] == 2_500
