"""New documents, counsellors and officials into an engine that serves: by the API, a signal, a saved file, an import.

A set is read beside the loop and taken whole or not at all; every change is said in the log and kept in the history.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path

from ivr_engine.core.configuration import AgentSettings, Configuration
from ivr_engine.core.events import Configured, Event
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.revision import Revision
from ivr_engine.loading.aside import load_aside
from ivr_engine.loading.revisions import Revisions
from ivr_engine.loading.watch import watch
from ivr_engine.runtime.ports import InboxFull, RevisionChange, RevisionsNow, RevisionWas, SetRefused
from ivr_engine.storage import recovery
from ivr_engine.storage.audit import last_import
from ivr_engine.storage.database import AWAY, Database, reaching
from ivr_engine.storage.directory import MemoryDirectory, stored_entries
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.revision_history import keep_change, latest_changes

log = logging.getLogger(__name__)

LISTS_SECONDS = 1.0
"""Between two looks for an imported list: one number, read in less than a millisecond."""

STARTED = "start"
"""Who put the first revision of a process in force."""


class Loader:
    """Implements `runtime.ports.Loading`. All calls from one event loop; `begin` it once, `stop` it once."""

    def __init__(
        self,
        folder: Path,
        first: Revision,
        *,
        database: Database,
        directory: MemoryDirectory,
        put: Callable[[Event], None],
        now_ms: Callable[[], int],
    ) -> None:
        """`first` is what the folder said at the start; `put` tells the core what is in force."""
        self.revisions = Revisions(first, now_ms, self._changed)
        self._folder = folder
        self._database = database
        self._directory = directory
        self._put = put
        self._now_ms = now_ms
        self._agents: tuple[AgentSettings, ...] = ()
        self._one_at_a_time = asyncio.Lock()
        self._imports = 0
        """The last import of a list that is in force."""
        self._writing: set[asyncio.Task[None]] = set()
        self._looking: set[asyncio.Task[None]] = set()

    @property
    def revision(self) -> Revision:
        """The one that serves whoever comes, but for those on whom another is tried."""
        return self.revisions.stable

    async def begin(self) -> None:
        """Put the first revision and the staff list in force. Raises StorageError."""
        self._imports = await last_import(self._database)
        self._agents = await recovery.agents(self._database)
        self._configure()
        self._changed(RevisionChange(self._now_ms(), self.revision.id, RevisionWas.PUT_IN_FORCE, STARTED))

    def look(self, loaded: bytes, watch_seconds: float) -> None:
        """From now on see for oneself: imported lists, and, every `watch_seconds` (0: never), saved documents.

        `loaded`: the words of the folder as they were before `first` was read (`watch.words`).
        """
        if watch_seconds:
            changed = lambda: self.try_reload("file watch", unless_on_trial=True)  # noqa: E731
            self._beside(self._looking, watch(self._folder, loaded, changed, lambda: asyncio.sleep(watch_seconds)))
        self._beside(self._looking, self._take_imports())

    async def stop(self) -> None:
        """Look no more, and wait until the history is written."""
        for looking in self._looking:
            looking.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        await self.history_is_written()

    async def history_is_written(self) -> None:
        """Every change so far is in the history, or the log says that it is not."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def reload(
        self, who: str = "", percent: int = 100, *, despite: bool = False, unless_on_trial: bool = False
    ) -> None:
        """New documents, agents and directory; a broken set is refused and the old one serves on.

        `percent` below 100 puts the set on trial beside the one in force. One that was rolled back is refused unless
        `despite`; one that is on trial stays so where `unless_on_trial`. Raises FlowErrors, SetRefused or StorageError;
        nothing has changed then. One at a time, so that the last one asked for wins.
        """
        async with self._one_at_a_time:
            try:
                revision = await load_aside(self._folder)
            except FlowErrors as errors:
                self.revisions.refuse("", "\n".join(map(str, errors.diagnostics)), who)
                raise
            if unless_on_trial and self.revisions.trial is not None and self.revisions.trial.revision == revision.id:
                return
            try:
                self.revisions.check(revision, percent, despite=despite)
            except SetRefused as refused:
                self.revisions.refuse(revision.id, str(refused), who)
                raise
            with reaching(self._database.place):
                agents = await recovery.agents(self._database)
                entries = await stored_entries(self._database)
            if percent < 100:
                self.revisions.put_on_trial(revision, percent, who)
            else:
                self.revisions.put_in_force(revision, who)
            self._agents = agents
            self._directory.replace(entries)
            self._configure()

    async def try_reload(self, who: str, *, unless_on_trial: bool = False) -> None:
        """The same for whoever asked without waiting for an answer: a refusal is said in the log."""
        try:
            await self.reload(who, unless_on_trial=unless_on_trial)
        except (FlowErrors, SetRefused):
            pass  # told and kept in the history already
        except Exception as refused:
            told = "; ".join(str(refused).splitlines())
            log.error("reload refused, revision %s serves on: %s", self.revision.id, told)  # noqa: TRY400

    # ── what people may ask by the API ──────────────────────────────────────────────────────────────────────────────
    def now(self) -> RevisionsNow:
        return self.revisions.now()

    async def load(self, who: str, percent: int, *, despite: bool = False) -> RevisionsNow:
        try:
            if percent:
                await self.reload(who, percent, despite=despite)
            else:
                self.revisions.withdraw(who)
        except FlowErrors as errors:
            raise SetRefused("broken_set", tuple(map(str, errors.diagnostics))) from None
        except StorageError as away:
            raise SetRefused("storage", (str(away),)) from None
        return self.revisions.now()

    async def history(self, limit: int) -> tuple[RevisionChange, ...]:
        try:
            with reaching(self._database.place):
                return await latest_changes(self._database, limit)
        except StorageError as away:
            raise SetRefused("storage", (str(away),)) from None

    # ── what changed ────────────────────────────────────────────────────────────────────────────────────────────────
    def _changed(self, change: RevisionChange) -> None:
        told = "; ".join(change.why.splitlines())
        match change.was:
            case RevisionWas.PUT_IN_FORCE if change.who != STARTED:
                log.info("revision %s is in force, by %s", change.revision, change.who)
            case RevisionWas.PUT_ON_TRIAL:
                log.info("revision %s is tried on %d %% of the contacts", change.revision, change.percent)
            case RevisionWas.WITHDRAWN:
                log.info("revision %s is tried no more, by %s", change.revision, change.who)
            case RevisionWas.ROLLED_BACK:
                log.error("revision %s rolled back, %s serves everybody: %s", change.revision, self.revision.id, told)
            case RevisionWas.REFUSED:
                log.error("reload refused, revision %s serves on: %s", self.revision.id, told)
            case _:
                pass  # the end of the start says it
        self._beside(self._writing, self._keep(change))

    async def _keep(self, change: RevisionChange) -> None:
        try:
            with reaching(self._database.place):
                await keep_change(self._database, change)
        except StorageError as away:
            log.error("the history of revisions lacks %s: %s", change, away)  # noqa: TRY400

    async def _take_imports(self) -> None:
        """Staff and directory as they are imported, without the documents: in force for the next decision."""
        while True:
            await asyncio.sleep(LISTS_SECONDS)
            try:
                newest = await last_import(self._database)
                if newest == self._imports:
                    continue
                async with self._one_at_a_time:
                    agents = await recovery.agents(self._database)
                    entries = await stored_entries(self._database)
                    self._agents = agents
                    self._directory.replace(entries)
                    self._configure()
                    self._imports = newest
            except (*AWAY, InboxFull):
                continue  # the next look finds it
            log.info("imported lists are in force: %d agents, %d entries", len(agents), len(entries))

    def _configure(self) -> None:
        stable = self.revision
        self._put(
            Configured(
                Configuration(
                    queues=self.revisions.queues,
                    agents=self._agents,
                    revision=stable.id,
                    routing=stable.routing,
                    phrases=stable.phrases,
                    asked=self.revisions.asked,
                )
            )
        )

    @staticmethod
    def _beside(tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
