"""Retention while the engine serves: recordings whose days are over go at the start and every day, beside the calls."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from ivr_engine.core.configuration import QueueSettings, kept_days
from ivr_engine.kept_talks.folder import TalkFolder
from ivr_engine.runtime.ports import TalksAway

log = logging.getLogger(__name__)

PURGE_SECONDS = 86_400.0
"""Retention is counted in days."""


class Retention:
    """`start` it once, `stop` it once; `queues` are asked anew at every look."""

    def __init__(self, folder: TalkFolder, queues: Callable[[], Sequence[QueueSettings]]) -> None:
        self.deleted = 0
        self.overdue = 0
        """Recordings that were due and could not be deleted at the last look."""
        self._folder = folder
        self._queues = queues
        self._purging: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._purging = asyncio.create_task(self._purge_daily())

    async def stop(self) -> None:
        if self._purging is not None:
            self._purging.cancel()
            await asyncio.gather(self._purging, return_exceptions=True)

    async def _purge_daily(self) -> None:
        while True:
            keep_days = kept_days(self._queues())
            if keep_days or self._folder.exists():  # where nothing records, nothing is looked for
                try:
                    purged = await asyncio.to_thread(self._folder.purge, keep_days, "ivr-engine")
                except TalksAway as away:
                    log.error("recordings of talks cannot be looked through: %s", away)  # noqa: TRY400
                else:
                    self.deleted += len(purged.deleted)
                    self.overdue = len(purged.refused)
                    if purged.deleted:
                        log.info("deleted %d recordings of talks whose days were over", len(purged.deleted))
                    for refused in purged.refused:
                        log.error("a recording whose days are over cannot be deleted: %s", refused)
            await asyncio.sleep(PURGE_SECONDS)
