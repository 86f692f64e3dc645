"""Agents, contacts, queues and the directory, asked over HTTP."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from ivr_engine.api import routes
from ivr_engine.api.resources import ROUTES
from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    HoldRequested,
    PresenceChosen,
    ResumeRequested,
)
from ivr_engine.core.vocabulary import AgentId, AgentState, Presence
from tests.api.conftest import BEARER, Client, Office
from tests.api.desk import agent, contact


async def get(client: Client, path: str, status: int = 200) -> Any:
    async with client.get(path, headers=BEARER) as response:
        assert response.status == status, await response.text()
        return await response.json(content_type=None)


async def send(client: Client, method: str, path: str, status: int, body: object = None) -> Any:
    async with client.request(method, path, headers=BEARER, json=body) as response:
        assert response.status == status, await response.text()
        return await response.json(content_type=None)


async def test_given_three_agents_when_listed_then_all_are_there_with_presence_and_state(client: Client) -> None:
    told = await get(client, "/v1/agents")
    assert [(each["id"], each["presence"], each["state"]) for each in told["agents"]] == [
        ("1001", "available", "idle"),
        ("1002", "available", "on_contact"),
        ("1003", "logged_out", "idle"),
    ]
    assert told["agents"][0]["name"] == "상담사 1001"


async def test_given_an_agent_when_asked_for_alone_then_only_that_one_comes(client: Client) -> None:
    told = await get(client, "/v1/agents/1002")
    assert (told["id"], told["contact"], told["skills"]) == ("1002", "c2", {"general": 3})


@pytest.mark.parametrize("name", ["9999", "a%20b", "x" * 65, "%0d%0aX"])
async def test_given_no_such_agent_when_asked_for_then_404_and_nothing_reaches_the_core(
    client: Client, office: Office, name: str
) -> None:
    problem = await get(client, f"/v1/agents/{name}", 404)
    assert problem["code"] == "unknown_agent"
    assert "GET /v1/agents" in problem["hint"]
    assert office.desk.asked == []


async def test_given_a_strange_name_when_presence_is_chosen_then_the_core_never_sees_it(
    client: Client, office: Office
) -> None:
    await send(client, "PUT", "/v1/agents/a%0ab/presence", 404, {"presence": "available"})
    assert office.desk.asked == []


async def test_given_an_agent_when_going_on_break_then_the_core_is_asked_and_the_new_picture_comes_back(
    client: Client, office: Office
) -> None:
    told = await send(client, "PUT", "/v1/agents/1001/presence", 200, {"presence": "on_break", "reason": "lunch"})
    assert (told["presence"], told["reason"]) == ("on_break", "lunch")
    assert office.desk.asked == [PresenceChosen(AgentId("1001"), Presence.ON_BREAK, "lunch")]


async def test_given_an_unknown_agent_when_presence_is_chosen_then_the_cores_own_code_comes_back(
    client: Client,
) -> None:
    problem = await send(client, "PUT", "/v1/agents/4711/presence", 404, {"presence": "available"})
    assert problem["code"] == "unknown_agent"
    assert "4711" in problem["detail"]


async def test_given_an_agent_in_wrap_up_when_finished_then_done_and_elsewhere_409(
    client: Client, office: Office
) -> None:
    office.desk.now = replace(office.desk.now, agents=(agent("1001", state=AgentState.WRAP_UP), agent("1002")))
    await send(client, "POST", "/v1/agents/1001/wrap-up/finish", 200)
    problem = await send(client, "POST", "/v1/agents/1002/wrap-up/finish", 409)
    assert problem["code"] == "illegal_event"
    assert "idle" in problem["detail"]


@pytest.mark.parametrize(
    ("verb", "event"),
    [
        ("hold", HoldRequested),
        ("resume", ResumeRequested),
        ("complete", CompleteRequested),
        ("cancel", CancelRequested),
        ("conference", ConferenceRequested),
    ],
)
async def test_given_a_talk_when_a_verb_is_posted_then_its_event_is_decided_and_202_returned(
    client: Client, office: Office, verb: str, event: Any
) -> None:
    told = await send(client, "POST", f"/v1/agents/1002/{verb}", 202)
    assert told["id"] == "1002"
    assert office.desk.asked == [event(AgentId("1002"))]


async def test_given_no_talk_when_holding_then_409_with_the_cores_code(client: Client) -> None:
    problem = await send(client, "POST", "/v1/agents/1001/hold", 409)
    assert problem["code"] == "no_contact"
    assert problem["hint"].startswith("nothing was changed")


async def test_given_a_directory_entry_when_consulting_then_the_number_comes_from_the_directory(
    client: Client, office: Office
) -> None:
    await send(client, "POST", "/v1/agents/1002/consult", 202, {"entry": "7001"})
    assert office.desk.asked == [ConsultRequested(AgentId("1002"), "7001", "0200007001")]


async def test_given_a_mistyped_entry_when_consulting_then_404_names_the_nearest_and_nobody_is_called(
    client: Client, office: Office
) -> None:
    problem = await send(client, "POST", "/v1/agents/1002/consult", 404, {"entry": "7100"})
    assert problem["code"] == "unknown_entry"
    assert problem["nearest"] == ["7010"]
    assert office.desk.asked == []


@pytest.mark.parametrize("entry", ["0200007001", "70", "70a1", "+8227001", 7001, None])
async def test_given_digits_that_are_no_entry_code_when_consulting_then_422_at_that_field(
    client: Client, office: Office, entry: object
) -> None:
    problem = await send(client, "POST", "/v1/agents/1002/consult", 422, {"entry": entry})
    assert [place["place"] for place in problem["places"]] == ["body.entry"]
    assert office.desk.asked == []


async def test_given_two_wrong_fields_when_sent_then_both_are_named_with_what_was_found(client: Client) -> None:
    body = {"presence": "gone", "reason": 7, "resaon": "lunch"}
    problem = await send(client, "PUT", "/v1/agents/1001/presence", 422, body)
    assert problem["code"] == "invalid_field"
    found = {place["place"]: place["found"] for place in problem["places"]}
    assert found == {"body.presence": "gone", "body.reason": "7", "body.resaon": "lunch"}
    assert "'available'" in problem["detail"]


async def test_given_a_reason_with_a_line_break_when_sent_then_it_is_refused(client: Client, office: Office) -> None:
    body = {"presence": "on_break", "reason": "a\r\nAction: Logoff"}
    await send(client, "PUT", "/v1/agents/1001/presence", 422, body)
    assert office.desk.asked == []


async def test_given_contacts_when_listed_then_the_oldest_comes_first_and_callers_are_masked(client: Client) -> None:
    told = await get(client, "/v1/contacts")
    assert [each["id"] for each in told["contacts"]] == ["c2", "c1"]
    assert {each["caller"] for each in told["contacts"]} == {"*******5678"}
    assert told["total"] == 2


async def test_given_contacts_when_filtered_then_only_those_match_and_the_total_survives_the_limit(
    client: Client, office: Office
) -> None:
    many = tuple(contact(f"c{number}") for number in range(5))
    office.desk.now = replace(office.desk.now, contacts=many)
    told = await get(client, "/v1/contacts?phase=queued&queue=general&limit=2")
    assert (len(told["contacts"]), told["total"]) == (2, 5)
    assert (await get(client, "/v1/contacts?phase=connected"))["total"] == 0
    assert (await get(client, "/v1/contacts?queue=water"))["total"] == 0


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("phase=lost", "query.phase"),
        ("limit=0", "query.limit"),
        ("qeue=x", "query.qeue"),
        ("limit=1&limit=2", "query.limit"),
    ],
)
async def test_given_a_wrong_query_when_listing_then_422_names_the_parameter(
    client: Client, query: str, place: str
) -> None:
    problem = await get(client, f"/v1/contacts?{query}", 422)
    assert [each["place"] for each in problem["places"]] == [place]


async def test_given_one_contact_when_looked_at_then_the_number_is_whole_and_the_look_is_kept(
    client: Client, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ivr_engine.api.audit"):
        told = await get(client, "/v1/contacts/c1")
    assert told["caller"] == "01012345678"
    assert [record.getMessage() for record in caplog.records] == ["contact_shown c1, token desk"]
    assert office.audit.looks == [("desk", "contact_shown", "c1")]


async def test_given_an_audit_that_cannot_take_more_when_a_contact_is_looked_at_then_it_is_not_shown(
    client: Client, office: Office
) -> None:
    office.audit.full = True
    problem = await get(client, "/v1/contacts/c1", 503)
    assert (problem["code"], "01012345678" in str(problem)) == ("audit_full", False)


async def test_given_no_such_contact_when_looked_at_then_404(client: Client) -> None:
    assert (await get(client, "/v1/contacts/c9", 404))["code"] == "unknown_contact"


async def test_given_queues_when_listed_then_their_counts_are_there(client: Client) -> None:
    told = await get(client, "/v1/queues")
    assert [(each["id"], each["waiting"], each["promise_ms"]) for each in told["queues"]] == [
        ("general", 1, 15_000),
        ("water", 0, 15_000),
    ]
    assert told["switch_connected"] is True


async def test_given_words_when_searched_then_entries_come_without_their_numbers(client: Client) -> None:
    told = await get(client, "/v1/directory?q=누수")
    assert told["entries"] == [
        {"entry": "7001", "department": "상수도사업본부", "official": "김수도", "duties": "누수 신고"}
    ]


async def test_given_no_words_when_searched_then_422(client: Client) -> None:
    problem = await get(client, "/v1/directory", 422)
    assert [place["place"] for place in problem["places"]] == ["query.q"]


async def test_given_any_get_when_asked_then_the_core_receives_nothing(client: Client, office: Office) -> None:
    paths = [route.path for route in ROUTES if route.method == "GET"]
    assert len(paths) >= 6
    for path in paths:
        where = path.replace("{agent}", "1001").replace("{contact}", "c1")
        await get(client, f"{where}?q=x" if where.endswith("directory") else where)
    assert office.desk.asked == []


async def test_given_an_engine_that_does_not_decide_when_asked_then_504_and_not_a_hang(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.desk.frozen = True
    monkeypatch.setattr(routes, "DECISION_SECONDS", 0.02)
    problem = await send(client, "POST", "/v1/agents/1002/hold", 504)
    assert problem["code"] == "no_decision"


async def test_given_a_bug_when_asked_then_500_tells_nothing_of_the_inside_and_the_trace_is_logged(
    client: Client, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.desk.bug = True
    problem = await send(client, "POST", "/v1/agents/1002/hold", 500)
    assert problem["code"] == "bug"
    assert "secret inside" not in str(problem)
    assert "secret inside" in caplog.text
