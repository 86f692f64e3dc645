"""What somebody should read in the log, once for each alarm."""

import logging

import pytest

from ivr_engine.alarms import Alarms
from ivr_engine.core.notices import RequirementUnmet
from ivr_engine.core.vocabulary import QueueId
from tests.small_day import entry, waits


@pytest.mark.parametrize(
    ("known", "waiting", "relaxed", "level", "told"),
    [
        (0, 2, 0, logging.ERROR, "queue sign needs sign >= 3, and no agent of the staff list can: 2 wait"),
        (
            0,
            1,
            7,
            logging.WARNING,
            "queue sign needs sign >= 3, and of the staff list only who comes with its relaxation can (7): 1 wait",
        ),
        (0, 0, 0, logging.WARNING, "queue sign needs sign >= 3, and no agent of the staff list can: 0 wait"),
        (
            4,
            2,
            0,
            logging.WARNING,
            "queue sign: 2 wait for sign >= 3, and nobody of the 4 who can is logged in or at work",
        ),
    ],
)
def test_given_a_requirement_that_nobody_meets_when_told_then_the_log_says_whose_it_is_and_who_waits(
    known: int, waiting: int, relaxed: int, level: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    alarms = Alarms()
    alarms.speak()
    alarms.take(entry(waits(), RequirementUnmet(QueueId("sign"), "sign >= 3", known, waiting, relaxed)))
    assert [(record.levelno, record.message) for record in caplog.records] == [(level, told)]


def test_given_an_engine_that_is_starting_when_an_alarm_comes_then_it_is_said_once_it_serves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alarms = Alarms()
    alarms.take(entry(waits(), RequirementUnmet(QueueId("sign"), "sign >= 3", 0, 0)))
    assert not caplog.records
    alarms.speak()
    assert len(caplog.records) == 1
