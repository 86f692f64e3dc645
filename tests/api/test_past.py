"""Reports and stories over HTTP: the same computation as the command line's, and typed refusals."""

from typing import Any

import pytest

from ivr_engine.api.past import LONGEST_MS
from ivr_engine.core.events import TimePassed
from ivr_engine.core.notices import Notice
from ivr_engine.reports.question import Dimension
from ivr_engine.runtime.ports import JournalEntry
from tests.api.conftest import BEARER, Client, Office
from tests.small_day import DAWN_MS, began, connected, ended, waits


@pytest.fixture
def office() -> Office:
    office = Office()
    at_ms = DAWN_MS - 5_000
    told: tuple[Notice, ...] = (began(), waits(), connected(), ended())
    for number, notice in enumerate(told, start=1):
        office.past.entries.append(JournalEntry(1, number, at_ms + number, TimePassed(), (), (notice,)))
    return office


async def get(client: Client, path: str, status: int = 200) -> Any:
    async with client.get(path, headers=BEARER) as response:
        assert response.status == status, await response.text()
        return await response.json(content_type=None)


SPAN = f"from_ms={DAWN_MS - 60_000}&to_ms={DAWN_MS + 60_000}"


async def test_given_a_journal_when_a_report_is_asked_then_six_formulas_come_with_the_clock_s_start(
    client: Client,
) -> None:
    told = await get(client, f"/v1/reports/service-level?{SPAN}&by=queue,interval&formula=answered")
    assert told["columns"][:4] == ["queue", "interval", "answered_percent", "offered_percent"]
    assert told["rows"][0][:4] == ["general", "2010-11-17 22:00", 100.0, 100.0]
    assert told["notes"][0].startswith("clock: from queue entry to a human voice")
    assert len([name for name in told["columns"] if name.endswith("_percent")]) == 7


async def test_given_no_time_when_asked_then_it_is_today_until_now(client: Client, office: Office) -> None:
    await get(client, "/v1/reports/agents")
    [question] = office.past.asked
    assert question.to_ms == office.desk.now.at_ms + 1
    assert (question.to_ms - question.from_ms) < 24 * 3_600_000
    assert question.by == (Dimension.AGENT,)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/reports/weather", 404, "unknown_report"),
        (f"/v1/reports/service-level?{SPAN}&by=mood", 422, "report_refused"),
        (f"/v1/reports/agents?{SPAN}&by=queue", 422, "report_refused"),
        (f"/v1/reports/agents?{SPAN}&interval=7m", 422, "report_refused"),
        (f"/v1/reports/agents?{SPAN}&formula=best", 422, "invalid_field"),
        (f"/v1/reports/agents?from_ms=0&to_ms={LONGEST_MS + 1}", 422, "report_refused"),
    ],
)
async def test_given_a_question_that_makes_no_sense_when_asked_then_it_is_refused_by_code(
    client: Client, path: str, status: int, code: str
) -> None:
    problem = await get(client, path, status)
    assert problem["code"] == code


async def test_given_a_database_that_is_away_when_asked_then_503_and_why_still_says_how_things_stand(
    client: Client, office: Office
) -> None:
    office.past.away = True
    assert (await get(client, "/v1/reports/agents", 503))["code"] == "journal_away"
    told = await get(client, "/v1/contacts/c1/why")
    assert (told["now"]["counts"], told["story"]) == ({"talking": 1}, None)
    assert (await get(client, "/v1/contacts/gone/why", 503))["code"] == "journal_away"


async def test_given_a_contact_that_is_over_when_asked_why_then_its_story_comes_without_a_now(
    client: Client, office: Office
) -> None:
    office.desk.now = office.desk.now.__class__(office.desk.now.at_ms, True, (), (), ())
    told = await get(client, "/v1/contacts/c1/why")
    assert told["now"] is None
    assert (told["story"]["disposition"], told["story"]["waited_ms"]) == ("answered", 4_000)
    assert "01012345678" not in str(told)
