"""The API before the real core and its real loop: only switch and journal are left out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from ivr_engine.api.app import build_app
from ivr_engine.api.feed import Feed
from ivr_engine.api.health import Health
from ivr_engine.core.commands import Command
from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.engine import Engine
from ivr_engine.core.events import Configured, ContactArrived, ContactQueued, Started, SwitchSeen
from ivr_engine.core.vocabulary import AgentId, ContactId, QueueId, Skill
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.runtime.reactor import Reactor
from ivr_engine.settings import Settings
from tests.api.conftest import BEARER, SECRET, Client
from tests.api.desk import NOW_MS, SmallDirectory, SmallPast

GENERAL = QueueSettings(QueueId("general"), frozenset({Skill("general")}))


@dataclass
class Sheet:
    """Clock, switch and journal that only write down."""

    at_ms: int = NOW_MS
    commands: list[Command] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.at_ms

    def execute(self, command: Command) -> None:
        self.commands.append(command)

    def append(self, entry: JournalEntry) -> None:
        self.entries.append(entry)


@dataclass
class Engineroom:
    reactor: Reactor
    sheet: Sheet
    metrics: Metrics
    client: Client


@pytest.fixture
async def room() -> AsyncIterator[Engineroom]:
    sheet, metrics = Sheet(), Metrics(version="test")
    reactor = Reactor(Engine(), clock=sheet, switch=sheet, journal=sheet, epoch=1, on_decided=metrics.decided)
    feed = Feed(reactor)
    reactor.subscribe(metrics.record)
    reactor.subscribe(feed.publish)
    metrics.view_from(reactor.view)
    app = build_app(
        desk=reactor,
        directory=SmallDirectory(),
        past=SmallPast(sheet.entries),
        settings=Settings(api_tokens={"desk": SecretStr(SECRET)}),
        metrics_registry=metrics.registry,
        health=lambda: Health(True, 0.0, reactor.depth, 10),
        feed=feed,
    )
    agents = tuple(AgentSettings(AgentId(name), name, {Skill("general"): 3}) for name in ("1001", "1002"))
    for event in (Started(1), Configured(Configuration((GENERAL,), agents)), SwitchSeen(())):
        reactor.put(event)
    async with TestClient(TestServer(app)) as client:
        yield Engineroom(reactor, sheet, metrics, client)
    reactor.stop()


async def heard(listener: Any) -> Any:
    return await listener.receive_json(timeout=5)


async def test_given_the_real_core_when_an_agent_logs_in_then_picture_feed_and_metrics_agree(room: Engineroom) -> None:
    async with room.client.ws_connect("/v1/feed", headers=BEARER) as listener:
        snapshot = await heard(listener)
        assert snapshot["view"]["agents"][0]["presence"] == "logged_out"
        address = "/v1/agents/1001/presence"
        async with room.client.put(address, headers=BEARER, json={"presence": "available"}) as response:
            assert (response.status, (await response.json())["presence"]) == (200, "available")
        told = await heard(listener)
    assert told["seq"] == snapshot["seq"] + 1
    assert (told["notice"]["kind"], told["notice"]["presence"]) == ("AgentChanged", "available")
    labels = {"presence": "available", "state": "idle"}
    assert room.metrics.registry.get_sample_value("ivr_agents", labels) == 1


async def test_given_the_real_core_when_asked_at_the_wrong_moment_then_its_codes_come_back(room: Engineroom) -> None:
    for path, status, code in (
        ("/v1/agents/1001/hold", 409, "no_contact"),
        ("/v1/agents/1001/wrap-up/finish", 409, "illegal_event"),
        ("/v1/agents/4711/hold", 404, "unknown_agent"),
    ):
        async with room.client.post(path, headers=BEARER) as response:
            problem = await response.json(content_type=None)
            assert (response.status, problem["code"]) == (status, code)
    assert room.metrics.registry.get_sample_value("ivr_decision_seconds_count") == room.reactor.seq


async def test_given_the_real_core_when_a_citizen_queues_then_the_contact_is_shown_masked_and_counted(
    room: Engineroom,
) -> None:
    citizen = ContactId("1290000000.7")
    room.reactor.put(ContactArrived(citizen, "120", "01012345678"))
    request = ToQueue(QueueId("general"), frozenset({Skill("general")}))
    room.reactor.put(ContactQueued(citizen, "120", "01012345678", request, NOW_MS))
    async with room.client.get("/v1/contacts?phase=queued", headers=BEARER) as response:
        told = await response.json()
    assert [(each["id"], each["caller"]) for each in told["contacts"]] == [("1290000000.7", "*******5678")]
    assert room.metrics.registry.get_sample_value("ivr_queued_contacts_total", {"queue": "general"}) == 1
    async with room.client.get("/metrics") as response:
        assert "1290000000.7" not in await response.text()


async def test_given_nobody_free_when_asked_why_a_contact_waits_then_every_agent_is_accounted_for(
    room: Engineroom,
) -> None:
    contact = ContactId("1700000000.7")
    room.reactor.put(ContactQueued(contact, "120", "", ToQueue(GENERAL.id), NOW_MS - 4_000))
    async with room.client.get(f"/v1/contacts/{contact}/why", headers=BEARER) as response:
        told = await response.json()
    why = told["now"]
    assert (response.status, why["candidates"], why["counts"], why["place"]) == (200, 0, {"logged_out": 2}, 1)
    assert [agent["agent"] for agent in why["agents"]] == ["1001", "1002"]
    assert [moment["what"] for moment in told["story"]["moments"]] == ["contact_began", "contact_waits"]
    async with room.client.get("/v1/contacts/nobody/why", headers=BEARER) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (404, "unknown_contact")
