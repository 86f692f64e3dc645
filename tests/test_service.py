"""The whole service in one process, before a scripted Asterisk and a database of its own: start, reload, stop."""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from ivr_engine.api.access import TokenError
from ivr_engine.asterisk.agi_errors import AgiListenError
from ivr_engine.asterisk.ami_errors import AmiRefused
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, Presence
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.runtime.ports import DirectoryEntry
from ivr_engine.service import PortTaken, Service, run
from ivr_engine.settings import Settings
from ivr_engine.storage.agents_csv import import_agents
from ivr_engine.storage.audit import AGENTS_IMPORTED, Audited, keep
from ivr_engine.storage.database import Database, upgrade
from ivr_engine.storage.directory import import_directory, stored_entries
from ivr_engine.storage.errors import CannotConnect, SchemaMissing, SpoolUnusable
from sandbox import ports
from tests.armed_timers import armed_timers
from tests.asterisk.fake_asterisk import Asterisk
from tests.asterisk.fake_manager import PATIENCE_SECONDS, Request, success

CITY = Path(__file__).parents[1] / "dialplans"
TOKEN = "0123456789abcdef"
CITIZEN = ContactId("1700000000.1")
AGENT = AgentId("1001")
QUEUED_AT_MS = 1_700_000_000_000
OUTCOME = "queue:general:general::ko:0"
WAITS = {"Contact": CITIZEN, "Number": "120", "Outcome": OUTCOME, "QueuedAt": str(QUEUED_AT_MS)}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two counsellors and one official, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "agents.csv").write_text("agent,name,contractor,skills\n1001,Kim,hanbit,general:3\n1002,Lee,hanbit,\n")
    (folder / "officials.csv").write_text("entry,department,official,duties,number\n7001,Roads,Park,,0226408001\n")

    async def fill() -> None:
        url = f"sqlite+aiosqlite:///{folder / 'engine.sqlite3'}"
        await upgrade(url)
        database = await Database.open(url)
        await import_agents(database, folder / "agents.csv")
        await import_directory(database, folder / "officials.csv")
        await database.dispose()

    asyncio.run(fill())
    return folder / "engine.sqlite3"


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    async with Asterisk() as fake:
        yield fake


@pytest.fixture
def two_ports() -> Iterator[ports.Ports]:
    reserved = ports.reserve(2)
    yield reserved
    reserved.release()


@pytest.fixture
def settings(asterisk: Asterisk, two_ports: ports.Ports, filled: Path, tmp_path: Path) -> Settings:
    shutil.copy(filled, tmp_path / "engine.sqlite3")
    shutil.copytree(CITY, tmp_path / "dialplans", ignore=shutil.ignore_patterns("prompts"))
    (tmp_path / "dialplans" / "prompts").symlink_to(CITY / "prompts")
    return Settings(
        dialplans=tmp_path / "dialplans",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'engine.sqlite3'}",
        spool=tmp_path / "spool",
        ami_port=asterisk.port,
        ami_events_secret=SecretStr(asterisk.secrets["ivr-events"]),
        ami_control_secret=SecretStr(asterisk.secrets["ivr-control"]),
        agi_port=two_ports.first,
        api_port=two_ports.last,
        api_tokens={"desk": SecretStr(TOKEN)},
    )


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Service]:
    service = await Service.start(settings)
    try:
        yield service
    finally:
        await service.stop()


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what tells nobody when it happens: an end of a thread, a door that opens."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not true():  # noqa: ASYNC110  (see above)
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"in vain: {what}")


@asynccontextmanager
async def nothing_left(asterisk: Asterisk) -> AsyncIterator[None]:
    """What is open afterwards is what was open before: tasks, timers, threads, file descriptors, sessions."""
    tasks = asyncio.all_tasks()
    before = _open()
    yield
    await asterisk.until(lambda: not asterisk.connections)
    await until(lambda: _open() <= before, f"back to {before}, now {_open()}")
    assert asyncio.all_tasks() == tasks
    assert [function for _, function in armed_timers() if function.__module__.startswith("ivr_engine")] == []


def _open() -> tuple[int, int]:
    """How many threads (but for those that asyncio keeps for later) and sockets or files."""
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
    return len(threads), len(os.listdir("/proc/self/fd"))


def free(port: int) -> bool:
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def get(settings: Settings, path: str) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    url = f"http://127.0.0.1:{settings.api_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await (answer.text() if path == "/metrics" else answer.json())


def add_queue(settings: Settings) -> None:
    file = settings.dialplans / "queues.yaml"
    file.write_text(file.read_text() + "  nightly: {requirement: general}\n")


def break_flow(settings: Settings) -> None:
    file = settings.dialplans / "flows" / "main.yaml"
    file.write_text(file.read_text().replace("queue: water", "queue: watre"))


class TestStart:
    async def test_given_all_it_needs_when_started_then_it_is_ready_and_when_stopped_nothing_is_left(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with nothing_left(asterisk):
            async with serving(settings) as service:
                assert service.health().reasons() == ()
                assert await get(settings, "/readyz") == (200, {"ready": True, "reasons": []})
                status, exposition = await get(settings, "/metrics")
                assert (status, "ivr_ami_connects_total 1.0" in exposition) == (200, True)
                assert {agent.id for agent in service.reactor.view().agents} == {"1001", "1002"}
                just_now = {**WAITS, "QueuedAt": str(time.time_ns() // 1_000_000)}
                asterisk.emit("UserEvent", UserEvent="IvrQueued", **just_now)
                await until(lambda: len(service.reactor.view().contacts) == 1, "a promise, with its deadline")
            assert free(settings.agi_port)
            assert free(settings.api_port)

    async def test_given_a_start_when_the_switch_hears_the_first_heartbeat_then_every_door_is_open(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        closed: list[int] = []

        def look(request: Request) -> Sequence[bytes]:
            closed.extend(port for port in (settings.agi_port, settings.api_port) if free(port))
            return [success(request)]

        asterisk.answers["Setvar"] = look
        async with serving(settings):
            assert asterisk.setvars("IVR_HEARTBEAT")
        assert closed == []

    async def test_given_a_recording_over_its_days_when_started_then_it_goes_and_is_counted(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        talks = tmp_path / "talks"
        (talks / "tax").mkdir(parents=True)
        old, new = talks / "tax" / "1-1-e1-1.30d.wav", talks / "tax" / "1-2-e1-1.30d.wav"
        for file in (old, new):
            file.write_bytes(b"RIFF")
        os.utime(old, (0, 0))
        async with serving(settings.model_copy(update={"talks_here": talks})) as service:
            await until(lambda: service.retention.deleted == 1, "the old one is gone")
            assert "ivr_recordings_deleted_total 1.0" in (await get(settings, "/metrics"))[1]
        assert (old.exists(), new.exists()) == (False, True)

    async def test_given_no_switch_yet_when_started_then_it_waits_and_nothing_is_ready(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with nothing_left(asterisk):
            await asterisk.leave()
            starting = asyncio.ensure_future(Service.start(settings))
            await until(lambda: not free(settings.api_port), "the API's door opens")
            status, answer = await get(settings, "/readyz")
            assert (status, [reason["code"] for reason in answer["reasons"]]) == (503, ["switch_down"])
            await asterisk.listen()
            service = await asyncio.wait_for(starting, PATIENCE_SECONDS)
            assert (await get(settings, "/readyz"))[0] == 200
            await service.stop()

    async def test_given_a_lost_switch_when_asked_then_it_is_not_ready_until_it_is_back(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as service:
            await asterisk.leave()
            await until(lambda: not service.health().switch_connected, "the loss is seen")
            assert (await get(settings, "/readyz"))[0] == 503
            await asterisk.listen()
            await until(lambda: service.health().switch_connected, "the link is back")
            assert (await get(settings, "/readyz"))[0] == 200


def no_tables(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_url": settings.database_url.replace("engine.", "other.")})


def dropped_table(settings: Settings) -> Settings:
    with sqlite3.connect(settings.database_url.removeprefix("sqlite+aiosqlite:///")) as connection:
        connection.execute("DROP TABLE directory")
    return settings


def broken_flow(settings: Settings) -> Settings:
    break_flow(settings)
    return settings


def spool_is_a_file(settings: Settings) -> Settings:
    settings.spool.write_text("")
    return settings


def wrong_secret(settings: Settings) -> Settings:
    return settings.model_copy(update={"ami_control_secret": SecretStr("wrong")})


def empty_token(settings: Settings) -> Settings:
    return settings.model_copy(update={"api_tokens": {"desk": SecretStr("")}})


def foreign_agi_host(settings: Settings) -> Settings:
    return settings.model_copy(update={"agi_host": "192.0.2.1"})


def foreign_api_host(settings: Settings) -> Settings:
    return settings.model_copy(update={"api_host": "192.0.2.1"})


class TestFailedStart:
    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (broken_flow, FlowErrors),
            (no_tables, SchemaMissing),
            (dropped_table, CannotConnect),
            (spool_is_a_file, SpoolUnusable),
            (foreign_agi_host, AgiListenError),
            (foreign_api_host, PortTaken),
            (empty_token, TokenError),
            (wrong_secret, AmiRefused),
        ],
        ids=lambda given: given.__name__,
    )
    async def test_given_something_wrong_when_started_then_nothing_is_left_open_and_no_citizen_is_told_we_live(
        self, asterisk: Asterisk, settings: Settings, spoil: Callable[[Settings], Settings], error: type[Exception]
    ) -> None:
        spoiled = spoil(settings)
        async with nothing_left(asterisk):
            with pytest.raises(error):
                await Service.start(spoiled)
            assert free(settings.agi_port)
            assert free(settings.api_port)
        assert asterisk.setvars("IVR_HEARTBEAT") == []

    async def test_given_a_failed_start_when_it_is_mended_then_the_next_one_serves(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        with pytest.raises(AmiRefused):
            await Service.start(wrong_secret(settings))
        async with serving(settings) as service:
            assert service.health().reasons() == ()

    async def test_given_another_engine_on_the_same_spool_when_started_then_the_first_serves_on(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as first:
            with pytest.raises(SpoolUnusable):
                await Service.start(settings)
            assert first.health().reasons() == ()
            assert (await get(settings, "/readyz"))[0] == 200

    async def test_given_a_start_that_waits_for_the_switch_when_cancelled_then_nothing_is_left(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        await asterisk.leave()
        async with nothing_left(asterisk):
            starting = asyncio.ensure_future(Service.start(settings))
            await until(lambda: not free(settings.api_port), "the API's door opens")
            starting.cancel()
            await asyncio.wait({starting})
            assert starting.cancelled()
            assert free(settings.agi_port)
            assert free(settings.api_port)


class TestReload:
    async def test_given_new_documents_agents_and_officials_when_reloaded_then_all_are_in_force(
        self, asterisk: Asterisk, settings: Settings, tmp_path: Path
    ) -> None:
        async with serving(settings) as service:
            before = service.loading.revision.id
            add_queue(settings)
            (tmp_path / "agents.csv").write_text("agent,name,contractor,skills\n1003,Choi,saebit,general:1\n")
            (tmp_path / "officials.csv").write_text(
                "entry,department,official,duties,number\n7002,Water,Jung,,0231461001\n"
            )
            await import_agents(service.database, tmp_path / "agents.csv")
            await import_directory(service.database, tmp_path / "officials.csv")
            await service.loading.reload()
            assert service.loading.revision.id != before
            view = service.reactor.view()
            assert AgentId("1003") in {agent.id for agent in view.agents}
            assert "nightly" in {queue.id for queue in view.queues}
            assert service.directory.find("7002") is not None

    async def test_given_lists_that_are_imported_when_the_service_runs_then_they_are_in_force_without_a_reload(
        self, asterisk: Asterisk, settings: Settings, tmp_path: Path
    ) -> None:
        async with serving(settings) as service:
            before = service.loading.revision.id
            (tmp_path / "agents.csv").write_text("agent,name,contractor,skills\n1003,Choi,saebit,general:1\n")
            (tmp_path / "officials.csv").write_text(
                "entry,department,official,duties,number\n7002,Water,Jung,,0231461001\n"
            )
            await import_agents(service.database, tmp_path / "agents.csv")
            await import_directory(service.database, tmp_path / "officials.csv")
            await keep(service.database, Audited(1, "cli:kim", AGENTS_IMPORTED, "agents.csv"))
            known = lambda: AgentId("1003") in {agent.id for agent in service.reactor.view().agents}  # noqa: E731
            await until(known, "the agent who was imported is known")
            assert service.directory.find("7002") is not None
            assert service.loading.revision.id == before

    async def test_given_a_broken_document_when_reloaded_then_it_is_refused_and_the_old_one_serves_on(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as service:
            before, decided = service.loading.revision, service.reactor.seq
            break_flow(settings)
            add_queue(settings)
            with pytest.raises(FlowErrors):
                await service.loading.reload()
            assert service.loading.revision is before
            assert service.reactor.seq == decided
            assert service.loading.revision.converse(CallerCard(CITIZEN, "120")).begin()

    async def test_given_a_database_that_is_away_when_reloaded_then_nothing_has_changed(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as service:
            before, decided = service.loading.revision, service.reactor.seq
            add_queue(settings)
            dropped_table(settings)
            with pytest.raises(CannotConnect):
                await service.loading.reload()
            assert service.loading.revision is before
            assert service.reactor.seq == decided
            assert service.directory.find("7001") is not None

    async def test_given_a_slow_reload_when_a_second_is_asked_for_then_the_second_set_is_in_force_at_the_end(
        self, asterisk: Asterisk, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow, goes_on = asyncio.Event(), asyncio.Event()

        async def late_the_first_time(database: Database) -> tuple[DirectoryEntry, ...]:
            if not slow.is_set():
                slow.set()
                await goes_on.wait()
            return await stored_entries(database)

        async with serving(settings) as service:
            monkeypatch.setattr("ivr_engine.loading.loader.stored_entries", late_the_first_time)
            first = asyncio.ensure_future(service.loading.reload())
            await slow.wait()
            add_queue(settings)
            second = asyncio.ensure_future(service.loading.reload())
            await asyncio.wait({second}, timeout=0.05)
            goes_on.set()
            await asyncio.gather(first, second)
            assert "nightly" in {queue.id for queue in service.loading.revision.queues}

    async def test_given_an_agent_on_break_when_reloaded_then_presence_is_kept(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as service:
            asterisk.emit("UserEvent", UserEvent="IvrAgentPhone", Agent=AGENT, Feature="on_break")
            await until(lambda: presence(service) is Presence.ON_BREAK, "the break is known")
            await service.loading.reload()
            assert presence(service) is Presence.ON_BREAK


def presence(service: Service) -> Presence:
    return next(agent.presence for agent in service.reactor.view().agents if agent.id == AGENT)


def latest_epoch(settings: Settings) -> int:
    with sqlite3.connect(settings.database_url.removeprefix("sqlite+aiosqlite:///")) as connection:
        return int(connection.execute("SELECT max(epoch) FROM journal").fetchone()[0])


class TestAgain:
    async def test_given_a_waiting_citizen_and_an_agent_on_break_when_started_anew_then_both_are_as_they_were(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with serving(settings) as first:
            asterisk.emit("UserEvent", UserEvent="IvrAgentPhone", Agent=AGENT, Feature="on_break")
            asterisk.emit("UserEvent", UserEvent="IvrQueued", **WAITS)
            await until(lambda: len(first.reactor.view().contacts) == 1, "the citizen waits")
        first_epoch = latest_epoch(settings)
        asterisk.channels = [
            {
                "Uniqueid": CITIZEN,
                "ChannelState": "6",
                "IVR_CONTACT": CITIZEN,
                "IVR_STAGE": "wait",
                "IVR_NUMBER": "120",
                "IVR_OUTCOME": OUTCOME,
                "IVR_QUEUED_AT": str(QUEUED_AT_MS),
            }
        ]
        async with serving(settings) as second:
            assert presence(second) is Presence.ON_BREAK
            (contact,) = second.reactor.view().contacts
            assert (contact.id, contact.phase) == (CITIZEN, ContactPhase.QUEUED)
            assert contact.queued_at_ms == QUEUED_AT_MS
            await until(lambda: latest_epoch(settings) == first_epoch + 1, "the new life is in the journal")


class TestSignals:
    @asynccontextmanager
    async def running(self, settings: Settings) -> AsyncIterator["asyncio.Task[None]"]:
        task = asyncio.create_task(run(settings))
        try:
            await until(lambda: not free(settings.api_port) or task.done(), "the API's door opens")
            yield task
        finally:
            if not task.done():
                os.kill(os.getpid(), signal.SIGTERM)
            done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if not done:
                task.cancel()
                pytest.fail("SIGTERM did not end it")
            task.result()

    async def test_given_sigterm_when_serving_then_it_ends_and_nothing_is_left(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        async with nothing_left(asterisk):
            async with self.running(settings):
                await asterisk.received("DBGetTree")
            assert free(settings.agi_port)

    async def test_given_sigterm_when_it_still_waits_for_the_switch_then_it_ends_and_nothing_is_left(
        self, asterisk: Asterisk, settings: Settings
    ) -> None:
        await asterisk.leave()
        async with nothing_left(asterisk), self.running(settings) as task:
            assert not task.done()

    async def test_given_sighup_when_the_documents_are_broken_then_mended_then_it_serves_all_the_while(
        self, asterisk: Asterisk, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        good = (settings.dialplans / "flows" / "main.yaml").read_text()
        async with self.running(settings) as task:
            await until(lambda: "serving revision" in caplog.text, "the start is over")
            break_flow(settings)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: "reload refused" in caplog.text, "the broken set is refused")
            assert "watre" in caplog.text
            assert (await get(settings, "/readyz"))[0] == 200
            (settings.dialplans / "flows" / "main.yaml").write_text(good)
            add_queue(settings)
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: "is in force" in caplog.text, "the good set is taken")
            assert "nightly" in {queue["id"] for queue in (await get(settings, "/v1/queues"))[1]["queues"]}
            assert not task.done()
