"""The whole API on a real socket of loopback, before a small engine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from ivr_engine.api.app import build_app
from ivr_engine.api.feed import Feed
from ivr_engine.api.health import Health
from ivr_engine.runtime.ports import AuditFull, Talks
from ivr_engine.settings import Settings
from tests.api.desk import SmallDesk, SmallDirectory, SmallPast

Client = TestClient[Any, Any]

SECRET = "0123456789abcdef"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@dataclass
class SmallAudit:
    """Keeps looks in memory."""

    full: bool = False
    looks: list[tuple[str, str, str]] = field(default_factory=list)

    def looked(self, who: str, what: str, subject: str) -> None:
        if self.full:
            raise AuditFull("too many wait")
        self.looks.append((who, what, subject))


@dataclass
class Office:
    """What a test may turn: the desk behind the API, its health, its settings, its feed."""

    desk: SmallDesk = field(default_factory=SmallDesk)
    directory: SmallDirectory = field(default_factory=SmallDirectory)
    past: SmallPast = field(default_factory=SmallPast)
    health: Health = field(default_factory=lambda: Health(True, 0.0, 0, 1_000))
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    api_host: str = "127.0.0.1"
    origins: frozenset[str] = frozenset()
    roles: dict[str, str] = field(default_factory=dict)
    feed: Feed | None = None
    audit: SmallAudit = field(default_factory=SmallAudit)
    talks: Talks | None = None

    async def open(self) -> Client:
        self.feed = self.feed or Feed(self.desk)
        app = build_app(
            desk=self.desk,
            directory=self.directory,
            past=self.past,
            settings=Settings(
                api_host=self.api_host,
                api_tokens={"desk": SecretStr(SECRET)},
                api_roles=self.roles,
                api_origins=self.origins,
            ),
            metrics_registry=self.registry,
            health=lambda: self.health,
            feed=self.feed,
            audit=self.audit,
            talks=self.talks,
        )
        client = TestClient(TestServer(app))
        await client.start_server()
        return client


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    opened = await office.open()
    yield opened
    await opened.close()
