"""Fixtures of the real tools, for every test that wants one.

A tool that is missing is an error with a hint, never a skip: a green run has run everything that it was asked for.
`./scripts/test --fast` leaves the tests out by their markers instead.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sandbox import tools
from sandbox.postgres import PostgresServer

# A machine that does something else besides is no fault of a strategy or of what it tests.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

REAL = Path(__file__).parent / "real"

_MARKED_BY_FIXTURE = {"postgres_server": "postgres", "asterisk_tools": "asterisk"}
"""Whoever asks for the fixture bears the marker, so that none can be forgotten."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the tools that they use, before `-m` chooses among them.

    Those on a real switch measure times, so scripts/test runs them alone, one after another. What they measure is real
    time on a machine that others use too, so one that fails is run once more, and said so (RERUN in the summary); one
    that fails twice has failed. Nothing in virtual time gets a second chance.
    """
    for item in items:
        for fixture, marker in _MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if REAL in item.path.parents:
            item.add_marker("asterisk")
        if item.get_closest_marker("asterisk"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def asterisk_tools() -> tools.AsteriskTools:
    """Asterisk, SIPp, and where their modules and sounds are."""
    return tools.asterisk_tools()


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own checker of metrics and alert rules."""
    return tools.promtool()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session; each xdist worker has its own, started when first asked for."""
    with PostgresServer() as server:
        yield server


_database_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database that this test alone sees."""
    name = f"test_{next(_database_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)
