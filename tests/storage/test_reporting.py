"""Reports read from a database: pages in order, only what is asked for, and the same figures as everywhere else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ivr_engine.core.commands import DialCitizen
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.events import AgentReady, CallbackAsked, ContactQueued, LegEnded, PresenceChosen, TimePassed
from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.queue_rules import CallbackRules
from ivr_engine.core.vocabulary import ContactId, Disposition, LegId, OfferFailure, Presence, QueueId
from ivr_engine.metrics.subscriber import Metrics
from ivr_engine.reports.book import report_of
from ivr_engine.reports.ports import PastAway, PastBusy, PastForeign
from ivr_engine.reports.question import HOUR_MS, Dimension, Kind, Question, Told, told
from ivr_engine.reports.service_level import ServiceLevelReport
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import tables
from ivr_engine.storage.batches import BatchWriter
from ivr_engine.storage.database import Database
from ivr_engine.storage.reporting import MOST_WAITING, JournalPast
from ivr_engine.storage.rows import row_of
from ivr_engine.storage.telling import pages, told_of
from tests.core.centre import START_MS, counsellor
from tests.reports.journalled import Journalled
from tests.reports.test_worked_by_hand import Night

QUEUES = (QueueSettings(QueueId("general")), QueueSettings(QueueId("water"), promise_ms=20_000))


async def written(database: Database, entries: list[JournalEntry], folder: Path) -> None:
    await BatchWriter(database, lambda line: folder / "aside").write([row_of(entry) for entry in entries])


def day() -> Journalled:
    """Forty citizens and three agents: answers in time and late, misses, short and long abandons, a callback."""
    centre = Journalled(*(counsellor(name) for name in ("1001", "1002", "1003")), queues=QUEUES)
    for number in range(40):
        citizen = centre.citizen(f"c{number}").queues("water" if number % 3 else "general", caller=f"0212{number % 7}")
        centre.wait((number % 5) * 4_000)
        if number % 8 == 7:
            citizen.leaves()
            continue
        ringing = [agent for agent in ("1001", "1002", "1003") if centre.agent(agent).view.state == "offered"]
        for agent in ringing:
            if number % 6 == 5:
                centre.agent(agent).misses(OfferFailure.DECLINED)
            else:
                talking = centre.agent(agent).answers()
                centre.wait(30_000)
                centre.citizen(talking.offer.contact).leaves()
                talking.hangs_up()
        if number % 10 == 9:
            centre.tell(PresenceChosen(centre.settings[0].id, Presence.AVAILABLE))
    return centre


async def test_given_one_day_when_counted_by_metrics_rows_and_journal_then_all_three_say_the_same(
    database: Database, tmp_path: Path
) -> None:
    centre = day()
    await written(database, centre.entries, tmp_path)
    metrics = Metrics(version="test")
    for entry in centre.entries:
        metrics.record(entry)
    question = Question(START_MS, centre.now_ms + HOUR_MS, by=(Dimension.QUEUE,))

    report = await JournalPast(database).report(question, centre.now_ms)
    assert isinstance(report, ServiceLevelReport)

    notices = [one for entry in centre.entries for one in entry.notices if isinstance(one, ContactEnded)]
    assert Counter(one.disposition for one in notices)[Disposition.ANSWERED] > 10
    contacts = tables.contacts
    for row in report.rows:
        queue, tally = str(row.key[0]), row.figures.tally
        here = [one for one in notices if one.queue == queue]
        for disposition, counted in (
            (Disposition.ANSWERED, tally.answered),
            (Disposition.ABANDONED, tally.abandoned),
        ):
            where = (contacts.c.queue == queue, contacts.c.disposition == disposition.value)
            async with database.reading() as connection:
                rows = await connection.scalar(select(func.count()).where(*where))
            labels = {"disposition": disposition.value, "queue": queue}
            told_by_metrics = metrics.registry.get_sample_value("ivr_contacts_total", labels)
            assert counted == rows == told_by_metrics == sum(one.disposition is disposition for one in here)
        async with database.reading() as connection:
            in_time = await connection.scalar(
                select(func.count()).where(contacts.c.queue == queue, contacts.c.within_promise)
            )
        within = metrics.registry.get_sample_value("ivr_answered_within_promise_total", {"queue": queue})
        assert tally.answered_within == in_time == within
        joined = metrics.registry.get_sample_value("ivr_queued_contacts_total", {"queue": queue})
        assert tally.offered + row.figures.open == joined


@pytest.mark.parametrize("by", [(), (Dimension.QUEUE,), (Dimension.AGENT, Dimension.INTERVAL)])
async def test_given_a_journal_in_a_database_when_reported_then_it_is_what_the_journal_in_memory_says(
    sqlite: Database, tmp_path: Path, by: tuple[Dimension, ...]
) -> None:
    centre = day()
    await written(sqlite, centre.entries, tmp_path)
    question = Question(START_MS, centre.now_ms + 1, by=by)
    there = await JournalPast(sqlite).report(question, centre.now_ms)
    assert there == report_of(question, centre.entries, centre.now_ms + 1)


async def test_given_three_lives_when_a_stretch_is_read_then_pages_come_in_order_and_nothing_else_is_read(
    database: Database, tmp_path: Path
) -> None:
    centre = Journalled("1001")
    configured = centre.entries[1]
    entries = [JournalEntry(1, 1, 100, configured.event, (), configured.notices)]
    for epoch, began_ms in ((1, 200), (2, 2_000), (5, 3_000)):
        entries += [
            JournalEntry(epoch, seq, began_ms + 10 * seq, TimePassed(), (), ()) for seq in range(2, 60, 1 + epoch % 2)
        ]
    await written(database, entries, tmp_path)

    found = [page async for page in pages(database, 2_100, 3_100, page=7)]

    assert all(len(page) <= 7 for page in found)
    read = [told_of([payload], ()) for page in found[:1] for payload in page]
    assert read == [[Told(100, told(entries[0]).configuration, ())]]
    times = [int(str(payload).split('"at_ms":')[1].split(",")[0]) for page in found[1:] for payload in page]
    assert times == [entry.at_ms for entry in entries if 2_100 <= entry.at_ms < 3_100]


async def test_given_a_report_that_looks_at_little_when_told_then_nothing_else_is_decoded(tmp_path: Path) -> None:
    centre = day()
    payloads = [row_of(entry).payload for entry in centre.entries]
    found = told_of(payloads, (ContactEnded,))
    assert {type(notice) for one in found for notice in one.notices} == {ContactEnded}
    assert len(found) < len(payloads) / 2


async def test_given_a_journal_that_another_version_wrote_when_reported_then_it_is_refused_and_not_half_counted(
    sqlite: Database, tmp_path: Path
) -> None:
    centre = day()
    rows = [row_of(entry) for entry in centre.entries]
    changed = [row._replace(payload=row.payload.replace(b'"short_abandon"', b'"brief_abandon"')) for row in rows]
    await BatchWriter(sqlite, lambda line: tmp_path / "aside").write(changed)
    with pytest.raises(PastForeign, match="brief_abandon"):
        await JournalPast(sqlite).report(Question(START_MS, centre.now_ms), centre.now_ms)
    with pytest.raises(PastForeign):
        await JournalPast(sqlite).story("c0")


class _Slow(Database):
    """A database that answers when it is let."""

    def __init__(self, wrapped: Database) -> None:
        self._wrapped, self.let = wrapped, asyncio.Event()

    def reading(self) -> "AsyncIterator[object]":  # type: ignore[override]
        return _Slowly(self)  # type: ignore[return-value]


class _Slowly:
    def __init__(self, slow: _Slow) -> None:
        self._slow = slow

    async def __aenter__(self) -> object:
        await self._slow.let.wait()
        raise OSError("gone")

    async def __aexit__(self, *_: object) -> None: ...


async def test_given_a_slow_database_when_many_ask_then_some_wait_and_the_rest_are_sent_away_at_once(
    sqlite: Database,
) -> None:
    slow = _Slow(sqlite)
    past = JournalPast(slow)
    question = Question(START_MS, START_MS + HOUR_MS, Kind.AGENTS)
    waiting = [asyncio.create_task(past.report(question, START_MS)) for _ in range(MOST_WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(PastBusy):
        await past.report(question, START_MS)
    slow.let.set()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in ended] == [PastAway] * (MOST_WAITING + 1)


@pytest.mark.parametrize("by", [Dimension.QUEUE, Dimension.INTERVAL, Dimension.CONTRACTOR])
async def test_given_the_night_worked_out_by_hand_when_read_from_the_database_then_no_figure_is_another(
    database: Database, tmp_path: Path, by: Dimension
) -> None:
    night = Night()
    await written(database, night.centre.entries, tmp_path)
    wanted = night.report(by)
    told = await JournalPast(database).report(wanted.question, wanted.question.reads_to_ms)
    assert isinstance(told, ServiceLevelReport)
    assert (told.rows, told.total) == (wanted.rows, wanted.total)


async def test_given_a_call_back_long_after_the_citizen_hung_up_when_asked_why_then_both_calls_have_their_story(
    database: Database, tmp_path: Path
) -> None:
    queue = QueueSettings(QueueId("general"), callback=CallbackRules(dials=1, numbers=("010XXXXXXXX",)))
    centre = Journalled("1001", queues=(queue,))
    agent = centre.agent("1001").takes_a_break()
    promised = ToCallback("01012345678", ToQueue(QueueId("general")))
    centre.citizen("c1").arrives()
    centre.tell(CallbackAsked(ContactId("c1"), promised), LegEnded(LegId("c1")))
    centre.wait(HOUR_MS)
    offer = agent.logs_in().offer
    centre.tell(AgentReady(offer.offer, offer.contact, offer.agent))
    centre.wait(4_000)
    dial = centre.sent(DialCitizen)[-1]
    centre.tell(ContactQueued(dial.contact, dial.line, dial.number, dial.request, centre.now_ms))
    agent.answers()
    await written(database, centre.entries, tmp_path)

    asked = await JournalPast(database).story("c1")
    assert asked is not None
    words = [moment.words for moment in asked.moments]
    assert f"the call back is dialled, dialled 1 time so far; its own story: {dial.contact}" in words
    assert words[-1] == f"the call back ended: reached, {HOUR_MS / 1_000 + 4:.1f} s after it was promised"

    called = await JournalPast(database).story(dial.contact)
    assert called is not None
    assert [moment.what for moment in called.moments] == [
        "callback_moved",
        "offer_made",
        "callback_moved",
        "contact_began",
        "callback_moved",
        "contact_waits",
        "offer_ended",
        "contact_connected",
        "callback_ended",
    ]
    assert (called.moments[3].words, called.offers) == ("picked up our call", 1)
