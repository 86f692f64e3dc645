"""The composition root: builds the parts, wires them, starts and stops them. No decision is made here.

Start order is safety first: documents and database are checked before any port is opened, every port is opened before
the switch hears a heartbeat, and the switch is seen before anything is offered. Stop is the reverse; citizens who
wait go on hearing music, and talks go on without us.
"""

import asyncio
import logging
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from ivr_engine import __version__
from ivr_engine.alarms import Alarms
from ivr_engine.api.app import build_app
from ivr_engine.api.door import Door
from ivr_engine.api.feed import Feed
from ivr_engine.api.health import Health
from ivr_engine.asterisk.actions import Endpoints
from ivr_engine.asterisk.agi import AgiServer
from ivr_engine.asterisk.agi_errors import SessionEnd
from ivr_engine.asterisk.ami import AmiAccount
from ivr_engine.asterisk.switch import AsteriskSwitch
from ivr_engine.asterisk.visit import FlowVisits, VisitPorts
from ivr_engine.core.engine import Engine
from ivr_engine.core.events import Event, Started
from ivr_engine.flow.revision import Revision, load
from ivr_engine.kept_talks.folder import TalkFolder
from ivr_engine.kept_talks.retention import Retention
from ivr_engine.loading.aside import favour_the_loop
from ivr_engine.loading.loader import Loader
from ivr_engine.loading.watch import words
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.outside.dips import HttpDips
from ivr_engine.outside.texts import WebhookTexts
from ivr_engine.runtime.clock import SystemClock
from ivr_engine.runtime.reactor import MAX_INBOX, Reactor
from ivr_engine.settings import Settings
from ivr_engine.storage import recovery
from ivr_engine.storage.audit import AuditTrail
from ivr_engine.storage.callers import callers
from ivr_engine.storage.database import Database, reaching
from ivr_engine.storage.directory import MemoryDirectory
from ivr_engine.storage.journal import WrittenJournal
from ivr_engine.storage.learnt import learnt
from ivr_engine.storage.reporting import JournalPast

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 3.0
"""For open HTTP requests and feeds at the end; the switch needs nobody to be polite."""


class PortTaken(Exception):  # noqa: N818  (the situation is the name)
    """A port of ours is not to be had."""


@dataclass(slots=True)
class Service:
    """One engine, running. Made by `Service.start`; `stop` it once."""

    settings: Settings
    loading: Loader
    database: Database
    journal: WrittenJournal
    reactor: Reactor
    switch: AsteriskSwitch
    visits: AgiServer
    directory: MemoryDirectory
    metrics: Metrics
    feed: Feed
    dips: HttpDips
    texts: WebhookTexts
    audit: AuditTrail
    alarms: Alarms
    talks: TalkFolder
    retention: Retention
    api: web.AppRunner | None = None

    @classmethod
    async def start(cls, settings: Settings) -> "Service":
        """Everything up and the switch seen, or nothing at all.

        Raises FlowErrors, StorageError, SpoolUnusable, PortTaken, AgiListenError, AmiRefused or TokenError.
        """
        loaded = words(settings.dialplans)  # before it is read: what is saved meanwhile is a change
        revision = load(settings.dialplans)
        for warning in revision.warnings:
            log.warning("%s", warning)
        database = await Database.open(settings.database_url)
        journal = WrittenJournal(database, settings.spool)
        try:
            await journal.start()
            with reaching(database.place):
                service = await cls._assemble(settings, revision, database, journal)
        except BaseException:
            await journal.close()
            await database.dispose()
            raise
        try:
            await service.visits.start()
            service.audit.start()
            service.loading.look(loaded, settings.watch_seconds)
            service.retention.start()
            await service._serve_api()
            await service.switch.start()
        except BaseException:
            await service.stop()
            raise
        log.info("serving revision %s, API on %s:%d", revision.id, settings.api_host, service.api_port)
        service.alarms.speak()
        return service

    @classmethod
    async def _assemble(
        cls, settings: Settings, revision: Revision, database: Database, journal: WrittenJournal
    ) -> "Service":
        clock = SystemClock()
        epoch = await recovery.next_epoch(database, __version__, clock.now_ms(), clock.base())
        directory = await MemoryDirectory.load(database)
        metrics = Metrics(version=__version__)
        nonce = settings.agi_nonce.get_secret_value()

        def put(event: Event) -> None:
            reactor.put(event)

        switch = AsteriskSwitch(
            AmiAccount(
                settings.ami_host,
                settings.ami_port,
                settings.ami_events_user,
                settings.ami_events_secret.get_secret_value(),
            ),
            AmiAccount(
                settings.ami_host,
                settings.ami_port,
                settings.ami_control_user,
                settings.ami_control_secret.get_secret_value(),
            ),
            sink=put,
            directory=directory,
            nonce=nonce,
            endpoints=Endpoints(
                settings.agent_endpoint,
                settings.office_endpoint,
                settings.citizen_endpoint,
                settings.callback_numbers,
                settings.talks,
            ),
        )
        reactor = Reactor(
            Engine(), clock=clock, switch=switch, journal=journal, epoch=epoch, on_decided=metrics.decided
        )
        feed = Feed(reactor)
        reactor.subscribe(metrics.record)
        reactor.subscribe(feed.publish)
        alarms = Alarms()
        reactor.subscribe(alarms.take)

        loading = Loader(
            settings.dialplans,
            revision,
            database=database,
            directory=directory,
            put=reactor.put,
            now_ms=clock.now_ms,
        )
        revisions = loading.revisions
        dips = HttpDips(settings.outside_hosts, told=metrics.outside.dipped)
        texts = WebhookTexts(settings.text_webhook, settings.text_token.get_secret_value(), told=metrics.outside.texted)
        around = VisitPorts(
            directory=directory,
            office_endpoint=settings.office_endpoint,
            dips=dips,
            texts=texts,
            recordings=settings.recordings,
            survey_of=revisions.survey_of,
            music_of=revisions.music_of,
            revision_for=revisions.revision_for,
            visited=revisions.visited,
            said=switch.said,
        )
        speak = FlowVisits(revisions.converse, ports=around)
        visits = AgiServer(host=settings.agi_host, port=settings.agi_port, nonce=nonce, converse=speak)
        audit = AuditTrail(database, clock)
        talks = TalkFolder(settings.talks_folder, clock.now_ms)
        service: Service = cls(
            settings,
            loading,
            database,
            journal,
            reactor,
            switch,
            visits,
            directory,
            metrics,
            feed,
            dips,
            texts,
            audit,
            alarms,
            talks,
            Retention(talks, lambda: revisions.queues),
        )
        service._measure()
        reactor.put(Started(epoch))
        await loading.begin()
        known_routing = await learnt(database, clock.now_ms())
        if known_routing is not None:
            reactor.put(known_routing)
        for presence in await recovery.presence(database):
            reactor.put(presence)
        remembered = await callers(database, revisions.queues, revisions.stable.routing, clock.now_ms())
        for known in remembered.callers:
            reactor.put(known)
        for contact in await recovery.open_contacts(database):
            reactor.put(replace(contact, place_ms=remembered.places.get(contact.contact)))
        for offer in await recovery.open_offers(database):
            reactor.put(offer)
        for callback in await recovery.open_callbacks(database):
            reactor.put(callback)
        return service

    async def stop(self) -> None:
        """The heartbeat ends, doors close, what was decided is written. Safe after a failed start."""
        await self.switch.stop()
        await self.visits.stop()
        await self.dips.close()
        await self.texts.close()
        if self.api is not None:
            await self.api.cleanup()
        self.reactor.stop()
        await self.loading.stop()
        await self.retention.stop()
        await self.audit.close()
        await self.journal.close()
        await self.database.dispose()

    @property
    def api_port(self) -> int:
        """The port that the API really has (settings may ask for any free one with 0)."""
        if self.api is None or not self.api.addresses:
            return self.settings.api_port
        return int(self.api.addresses[0][1])

    def health(self) -> Health:
        return Health(
            switch_connected=self.switch.link.up,
            journal_lag_seconds=self.journal.lag_seconds,
            inbox_depth=self.reactor.depth,
            inbox_limit=MAX_INBOX,
        )

    async def _serve_api(self) -> None:
        app = build_app(
            desk=self.reactor,
            directory=self.directory,
            past=JournalPast(self.database),
            settings=self.settings,
            metrics_registry=self.metrics.registry,
            health=self.health,
            feed=self.feed,
            loading=self.loading,
            audit=self.audit,
            talks=self.talks,
        )
        self.api = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self.api.setup()
        host, port = self.settings.api_host, self.settings.api_port
        try:
            await Door(self.api, host, port).start()
        except OSError as error:
            raise PortTaken(
                f"API: cannot listen on {host}:{port} ({error.strerror}); free the port or set IVR_API_PORT"
            ) from error

    def _measure(self) -> None:
        reactor, journal, link, visits, feed = self.reactor, self.journal, self.switch.link, self.visits, self.feed
        self.metrics.view_from(reactor.view)
        read = self.metrics.read_from
        read("ivr_inbox_depth", lambda: reactor.depth)
        read("ivr_illegal_events_total", lambda: reactor.illegal_events)
        read("ivr_bugs_total", lambda: reactor.bugs + link.counts.bugs)
        read("ivr_journal_lag_seconds", lambda: journal.lag_seconds)
        read("ivr_journal_written_total", lambda: journal.written)
        read("ivr_journal_spooled_total", lambda: journal.spooled)
        read("ivr_journal_retried_total", lambda: journal.retried)
        read("ivr_journal_lost_total", lambda: journal.lost)
        read("ivr_ami_events_total", lambda: link.counts.events + link.counts.events_skipped)
        read("ivr_ami_connects_total", lambda: link.counts.connects)
        read("ivr_visits_total", lambda: _by_end(visits.ends))
        read("ivr_open_visits", lambda: visits.open_sessions)
        revisions, retention = self.loading.revisions, self.retention
        read("ivr_revision_in_force", lambda: {revisions.stable.id: 1})
        read("ivr_canary_share", lambda: {trial.revision: trial.percent / 100} if (trial := revisions.trial) else {})
        read("ivr_refused_loads_total", lambda: revisions.refused)
        read("ivr_canary_roll_backs_total", lambda: revisions.roll_backs)
        read("ivr_recordings_deleted_total", lambda: retention.deleted)
        read("ivr_recordings_overdue", lambda: retention.overdue)
        read("ivr_feed_listeners", lambda: feed.listeners)
        read("ivr_feed_closed_slow_total", lambda: feed.closed_slow)


def _by_end(ends: Mapping[SessionEnd, int]) -> Mapping[str, float]:
    return {end.value: count for end, count in ends.items()}


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP loads documents, agents and directory anew. Raises as `Service.start`."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    reloads: set[asyncio.Task[None]] = set()
    starting = asyncio.create_task(Service.start(settings))

    def stop() -> None:
        stopping.set()
        if not starting.done():
            starting.cancel()

    def reload() -> None:
        if starting.done() and not starting.cancelled() and starting.exception() is None:
            task = asyncio.create_task(starting.result().loading.try_reload("signal"))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        service = await starting
    except asyncio.CancelledError:
        if stopping.is_set():
            return
        raise
    favour_the_loop()
    await stopping.wait()
    await service.stop()
