"""Reports and stories from the journal in the database: beside the loop, so that no citizen waits for a figure."""

import asyncio

from ivr_engine.core.codec import CodecError
from ivr_engine.reports.book import Report, opened
from ivr_engine.reports.ports import PastAway, PastBusy, PastForeign
from ivr_engine.reports.question import Question
from ivr_engine.reports.why import Story, story_of
from ivr_engine.storage.database import AWAY, Database
from ivr_engine.storage.lookup import past_of
from ivr_engine.storage.telling import pages, told_of

MOST_WAITING = 4
"""Reports that wait for their turn: a wallboard or two. Each takes seconds, and a longer line only hides that."""


class JournalPast:
    """Implements `reports.ports.Past`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._asked = 0

    async def report(self, question: Question, now_ms: int) -> Report:
        """One at a time: who asks while another is made waits for it."""
        book = opened(question)

        def take(payloads: list[bytes]) -> None:
            for told in told_of(payloads, question.looks_at):
                book.take(told)

        read_to_ms = min(question.reads_to_ms, now_ms + 1)
        if self._asked > MOST_WAITING:
            raise PastBusy(f"{MOST_WAITING} reports wait already")
        self._asked += 1
        try:
            async with self._turn:
                async for page in pages(self._database, question.reads_from_ms, read_to_ms):
                    await asyncio.to_thread(take, page)
                return await asyncio.to_thread(book.report, read_to_ms)
        except AWAY as error:
            raise PastAway("the database does not answer") from error
        except CodecError as error:
            raise PastForeign(f"another version wrote some of that time: {error}") from error
        finally:
            self._asked -= 1

    async def story(self, contact: str) -> Story | None:
        """What is journalled so far of a contact, open or over."""
        try:
            past = await past_of(self._database, contact)
        except AWAY as error:
            raise PastAway("the database does not answer") from error
        except CodecError as error:
            raise PastForeign(f"another version wrote some of it: {error}") from error
        return None if past is None else await asyncio.to_thread(story_of, contact, past.entries)
