"""Every route and every role: what the table opens is answered, everything else is 403 and reaches nobody (I18)."""

from dataclasses import replace

import pytest

from ivr_engine.api.callbacks import CALLBACK_ROUTES
from ivr_engine.api.past import PAST_ROUTES
from ivr_engine.api.problems import Problem
from ivr_engine.api.recordings import RECORDING_PATH, RECORDING_ROUTES
from ivr_engine.api.resources import ROUTES
from ivr_engine.api.revisions import REVISION_ROUTES
from ivr_engine.api.roles import ALLOWED, SCOPED, WHOLE, Grant, Role, RoleError, grants
from ivr_engine.reports.question import Kind
from tests.api.conftest import BEARER, Office
from tests.api.desk import agent

EVERY = (*ROUTES, *CALLBACK_ROUTES, *PAST_ROUTES, *RECORDING_ROUTES, *REVISION_ROUTES)
OTHER_PATHS = {
    "feed": "/v1/feed",
    "openapi": "/v1/openapi.json",
    "metrics": "/metrics",
    "listen_to_recording": RECORDING_PATH,
}
ASKED = [(route.name, route.method, route.path) for route in EVERY]
ASKED += [(name, "GET", path) for name, path in OTHER_PATHS.items()]


def said(role: Role) -> str:
    return f"{role}:1001" if role in SCOPED else str(role)


def test_given_all_routes_when_compared_with_the_table_then_each_has_its_row_and_no_row_is_left_over() -> None:
    assert {name for name, _, _ in ASKED} == set(ALLOWED)


@pytest.mark.parametrize("role", Role)
async def test_given_a_role_when_it_asks_every_route_then_only_its_own_are_not_refused(
    office: Office, role: Role
) -> None:
    office.roles = {"desk": said(role)}
    office.api_host = "0.0.0.0"
    client = await office.open()
    try:
        for name, method, path in ASKED:
            where = path.format(agent="1001", contact="c1", callback="b1", kind="agents", queue="tax", name="r1")
            answer = await client.request(method, where, headers=BEARER)
            code = (await answer.json())["code"] if answer.status == 403 else ""
            assert (code == "not_allowed") is (role not in ALLOWED[name]), (name, answer.status)
    finally:
        await client.close()


async def test_given_an_agents_token_when_it_moves_somebody_elses_phone_then_it_is_refused_and_nothing_is_decided(
    office: Office,
) -> None:
    office.roles = {"desk": "agent:1001"}
    client = await office.open()
    try:
        body = {"presence": "available"}
        other = await client.put("/v1/agents/1002/presence", headers=BEARER, json=body)
        assert (other.status, office.desk.asked) == (403, [])
        own = await client.put("/v1/agents/1001/presence", headers=BEARER, json=body)
        assert own.status == 200
    finally:
        await client.close()


async def test_given_a_contractors_token_when_it_asks_for_agents_then_it_sees_its_own_and_no_other_exists(
    office: Office,
) -> None:
    office.roles = {"desk": "contractor:north"}
    office.desk.now = replace(office.desk.now, agents=(agent("1001"), agent("2001", contractor="south")))
    client = await office.open()
    try:
        listed = await (await client.get("/v1/agents", headers=BEARER)).json()
        assert [each["id"] for each in listed["agents"]] == ["1001"]
        assert (await client.get("/v1/agents/1001", headers=BEARER)).status == 200
        foreign = await client.get("/v1/agents/2001", headers=BEARER)
        assert (foreign.status, (await foreign.json())["code"]) == (404, "unknown_agent")
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("role", "asked", "shown"),
    [
        ("contractor:north", "", "north"),
        ("contractor:north", "north", "north"),
        ("contractor:north", "south", None),
        ("supervisor", "", ""),
        ("supervisor", "south", "south"),
    ],
)
async def test_given_a_report_when_it_is_asked_then_a_contractors_token_sees_its_own_figures_alone(
    office: Office, role: str, asked: str, shown: str | None
) -> None:
    office.roles = {"desk": role}
    client = await office.open()
    try:
        for kind in Kind:
            answer = await client.get(f"/v1/reports/{kind}", params={"contractor": asked}, headers=BEARER)
            assert answer.status == (403 if shown is None else 200)
        assert {question.contractor for question in office.past.asked} == (set() if shown is None else {shown})
    finally:
        await client.close()


def test_given_a_route_that_is_in_no_row_when_a_role_asks_then_it_is_closed_and_open_without_a_role() -> None:
    WHOLE.permit("brand_new", {})
    with pytest.raises(Problem):
        Grant(Role.SUPERVISOR).permit("brand_new", {})


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"nobody": "auditor"}, "'nobody' is no name"),
        ({"desk": "king"}, "there are agent, supervisor"),
        ({"desk": "agent"}, "write agent:WHO"),
        ({"desk": "auditor:1001"}, "write auditor$"),
    ],
)
def test_given_roles_that_cannot_be_when_read_then_the_message_says_what_to_write(
    roles: dict[str, str], message: str
) -> None:
    with pytest.raises(RoleError, match=message):
        grants(roles, {"desk": object()})
