"""The layers round every path: tokens, limits, problems, health, the OpenAPI document."""

import asyncio
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Gauge
from pydantic import SecretStr

from ivr_engine import api
from ivr_engine.api import routes
from ivr_engine.api.access import Allowance, TokenError, Tokens, access, is_loopback
from ivr_engine.api.health import Health
from ivr_engine.api.past import PAST_ROUTES
from ivr_engine.api.problems import _BY_STATUS, problems
from ivr_engine.api.resources import ROUTES
from ivr_engine.core.notices import Notice
from tests.api.conftest import BEARER, SECRET, Client, Office


async def test_given_no_token_when_any_path_is_asked_then_401_as_a_problem(client: Client, office: Office) -> None:
    paths = [(route.method, route.path) for route in ROUTES]
    paths += [("GET", "/v1/openapi.json"), ("GET", "/v1/feed"), ("GET", "/"), ("GET", "/v1/nowhere")]
    for method, path in paths:
        async with client.request(method, path.replace("{agent}", "1001").replace("{contact}", "c1")) as response:
            assert response.status == 401, path
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert response.content_type == "application/problem+json"
            assert (await response.json(content_type=None))["code"] == "unknown_token"
    assert office.desk.asked == []


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", f"Bearer {SECRET}x", f"Bearer {SECRET[:-1]}", f"Basic {SECRET}", SECRET, "Bearer \xe9"],
)
async def test_given_a_wrong_token_when_asking_then_401(client: Client, header: str) -> None:
    async with client.get("/v1/agents", headers={"Authorization": header}) as response:
        assert response.status == 401


async def test_given_a_right_token_when_the_scheme_is_in_other_letters_then_it_counts(client: Client) -> None:
    async with client.get("/v1/agents", headers={"Authorization": f"bEaReR {SECRET}"}) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"


def test_given_an_empty_secret_when_tokens_are_read_then_it_is_refused_with_its_name() -> None:
    with pytest.raises(TokenError, match="'wallboard' is empty"):
        Tokens({"desk": SecretStr("a" * 16), "wallboard": SecretStr("")})


def test_given_two_names_with_one_secret_when_tokens_are_read_then_both_are_named() -> None:
    with pytest.raises(TokenError, match="'a' and 'b'"):
        Tokens({"a": SecretStr("same"), "b": SecretStr("same")})


def test_given_no_tokens_when_somebody_comes_without_one_then_nobody_is_known() -> None:
    assert Tokens({}).name_of("") is None


def test_given_a_bucket_when_emptied_then_it_tells_the_wait_and_fills_again_only_to_its_burst() -> None:
    now = [100.0]
    bucket = Allowance(per_second=8, burst=2, now=lambda: now[0])
    assert [bucket.wait_seconds(), bucket.wait_seconds()] == [0.0, 0.0]
    assert bucket.wait_seconds() == 0.125
    now[0] += 0.125
    assert bucket.wait_seconds() == 0.0
    now[0] += 3_600
    assert [bucket.wait_seconds() > 0 for _ in range(3)] == [False, False, True]


async def test_given_a_token_beyond_its_allowance_when_asking_then_429_for_it_and_not_for_others() -> None:
    tokens = Tokens({"wild": SecretStr("wild"), "calm": SecretStr("calm")})
    layer = access(tokens, open_metrics=True, per_second=1, burst=3, now=lambda: 100.0)
    app = web.Application(middlewares=[problems, layer])
    app.router.add_get("/v1/thing", _fine)
    async with TestClient(TestServer(app)) as client:
        statuses = []
        for secret in ("wild", "wild", "wild", "wild", "calm"):
            async with client.get("/v1/thing", headers={"Authorization": f"Bearer {secret}"}) as response:
                statuses.append(response.status)
                if response.status == 429:
                    assert int(response.headers["Retry-After"]) >= 1
                    assert (await response.json(content_type=None))["code"] == "too_many_requests"
    assert statuses == [200, 200, 200, 429, 200]


async def _fine(_: web.Request) -> web.Response:
    return web.Response()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v1/nowhere", 404, "no_such_path"), ("DELETE", "/v1/agents", 405, "method_not_allowed")],
)
async def test_given_a_path_or_method_that_is_not_there_when_asked_then_a_problem_says_so(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    async with client.request(method, path, headers=BEARER) as response:
        assert response.status == status
        assert (await response.json(content_type=None))["code"] == code
        assert ("Allow" in response.headers) == (status == 405)


async def test_given_a_body_over_the_limit_when_sent_then_413(client: Client) -> None:
    body = json.dumps({"presence": "available", "reason": "x" * routes.BODY_BYTES})
    headers = {**BEARER, "Content-Type": "application/json"}
    async with client.put("/v1/agents/1001/presence", data=body, headers=headers) as response:
        assert response.status == 413
        assert (await response.json(content_type=None))["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"presence":"available"}', "text/plain", 415),
    ],
)
async def test_given_a_body_that_is_no_json_object_when_sent_then_it_is_refused_typed(
    client: Client, office: Office, body: bytes, kind: str, status: int
) -> None:
    headers = {**BEARER, "Content-Type": kind}
    async with client.put("/v1/agents/1001/presence", data=body, headers=headers) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
    assert office.desk.asked == []


async def test_given_a_body_that_never_arrives_when_waited_for_then_408(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "BODY_SECONDS", 0.02)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(
        b"PUT /v1/agents/1001/presence HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 40\r\nAuthorization: Bearer " + SECRET.encode() + b'\r\n\r\n{"presence":'
    )
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_given_a_living_process_when_asked_then_healthz_says_so_without_a_token(client: Client) -> None:
    async with client.get("/healthz") as response:
        assert (response.status, (await response.json())["alive"]) == (200, True)


@pytest.mark.parametrize(
    ("health", "codes"),
    [
        (Health(True, 0.0, 0, 1_000), []),
        (Health(True, 30.0, 799, 1_000), []),
        (Health(False, 0.0, 0, 1_000), ["switch_down"]),
        (Health(False, 30.1, 800, 1_000), ["switch_down", "journal_behind", "inbox_full"]),
    ],
)
async def test_given_the_engines_health_when_asked_then_readyz_tells_every_reason(
    client: Client, office: Office, health: Health, codes: list[str]
) -> None:
    office.health = health
    async with client.get("/readyz") as response:
        told = await response.json()
        assert response.status == (503 if codes else 200)
        assert told["ready"] is not bool(codes)
        assert [reason["code"] for reason in told["reasons"]] == codes
        assert all(reason["hint"] for reason in told["reasons"])


async def test_given_a_loopback_engine_when_metrics_are_scraped_then_no_token_is_needed(office: Office) -> None:
    office.registry = CollectorRegistry()
    Gauge("ivr_thing", "A thing.", registry=office.registry).set(3)
    client = await office.open()
    async with client.get("/metrics") as response:
        assert (response.status, "ivr_thing 3.0" in await response.text()) == (200, True)
    await client.close()


async def test_given_an_engine_on_all_addresses_when_metrics_are_scraped_then_a_token_is_needed(
    office: Office,
) -> None:
    office.api_host = "0.0.0.0"
    client = await office.open()
    async with client.get("/metrics") as response:
        assert response.status == 401
    async with client.get("/metrics", headers=BEARER) as response:
        assert response.status == 200
    await client.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_given_a_host_of_this_machine_when_judged_then_it_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "engine.example", ""])
def test_given_a_host_that_others_reach_when_judged_then_it_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


async def test_given_the_routes_when_described_then_the_document_names_each_and_every_reference_resolves(
    client: Client,
) -> None:
    async with client.get("/v1/openapi.json", headers=BEARER) as response:
        document = await response.json()
    assert document["openapi"].startswith("3.1")
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert str(route.status) in operation["responses"]
        assert {"401", "429"} <= set(operation["responses"])
    schemas = document["components"]["schemas"]
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "')[1:]]
    assert len(references) > 20
    for reference in references:
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[1] in schemas
    consult = document["paths"]["/v1/agents/{agent}/consult"]["post"]
    assert consult["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ConsultBody"
    }
    assert [each["name"] for each in consult["parameters"]] == ["agent"]


def test_given_the_reference_when_read_then_it_names_every_path_every_kind_of_notice_and_every_code() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    for route in (*ROUTES, *PAST_ROUTES):
        path = route.path.replace("{agent}", "{id}").replace("{contact}", "{id}")
        assert f"`{route.method} {path}" in reference
    kinds = sorted(kind.__name__ for kind in get_args(Notice))
    assert ", ".join(kinds) in " ".join(reference.split())
    source = "".join(path.read_text("utf-8") for path in sorted(Path(api.__path__[0]).glob("*.py")))
    codes = set(re.findall(r"Problem\(\s*\d{3},\s*\"(\w+)\"", source)) | {code for code, _ in _BY_STATUS.values()}
    assert len(codes) > 12
    assert [code for code in sorted(codes) if f"`{code}`" not in reference] == []
