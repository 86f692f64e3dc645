"""Service level from a journal: six formulas of the worked example, what counts where, and who called again."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings
from ivr_engine.core.events import Configured, Event, TimePassed
from ivr_engine.core.notices import (
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    Notice,
    TalkRecorded,
)
from ivr_engine.core.queue_rules import ClockStart, RecordingRules
from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import AgentId, ContactId, Disposition, OfferId, QueueId, RecordingState
from ivr_engine.reports.book import report_of
from ivr_engine.reports.figures import Figures
from ivr_engine.reports.question import HOUR_MS, MINUTE_MS, Dimension, Question, ReportRefused
from ivr_engine.reports.service_level import Row, ServiceLevelReport
from ivr_engine.reports.table import table_of
from ivr_engine.runtime.ports import JournalEntry

NINE_MS = 1_700_006_400_000
"""9:00 in Seoul, on a full hour."""

AGENTS = (
    AgentSettings(AgentId("1001"), "Agent", contractor="han"),
    AgentSettings(AgentId("2001"), "Agent", contractor="nam"),
)
QUEUES = (QueueSettings(QueueId("general")), QueueSettings(QueueId("water"), promise_ms=30_000))


class Book:
    """Writes a journal, contact by contact."""

    def __init__(self, *queues: QueueSettings) -> None:
        self.entries: list[JournalEntry] = []
        self.tell(NINE_MS - HOUR_MS, Configured(Configuration(queues or QUEUES, AGENTS)))
        self._contacts = 0

    def tell(self, at_ms: int, event: Event, *notices: Notice) -> None:
        self.entries.append(JournalEntry(1, len(self.entries) + 1, at_ms, event, (), notices))

    def contact(
        self,
        disposition: Disposition,
        wait_ms: int,
        *,
        at_ms: int = NINE_MS,
        queue: str = "general",
        agent: str = "",
        caller: str = "",
        skills: tuple[str, ...] = (),
        in_flow_ms: int = 0,
        ends: bool = True,
    ) -> None:
        """Joins at `at_ms`, waits, talks for a minute."""
        self._contacts += 1
        contact, answered = ContactId(f"c{self._contacts}"), disposition is Disposition.ANSWERED
        agent = agent or ("1001" if answered else "")
        began = ContactBegan(contact, "120", caller, at_ms - in_flow_ms)
        waits = ContactWaits(contact, QueueId(queue), skills, "seoul", "ko", 0, at_ms)
        self.tell(at_ms - in_flow_ms, TimePassed(), began)
        self.tell(at_ms, TimePassed(), waits)
        if answered:
            talks = ContactConnected(
                contact,
                AgentId(agent),
                OfferId(f"o-{contact}"),
                QueueId(queue),
                "seoul",
                "ko",
                at_ms + wait_ms,
                wait_ms,
                wait_ms <= 15_000,
            )
            self.tell(at_ms + wait_ms, TimePassed(), talks)
        if ends:
            ended_at_ms = at_ms + wait_ms + (60_000 if answered else 0)
            ended = ContactEnded(
                contact=contact,
                disposition=disposition,
                number="120",
                agency="seoul",
                queue=queue,
                language="ko",
                agent=agent,
                arrived_at_ms=at_ms - in_flow_ms,
                queued_at_ms=at_ms,
                answered_at_ms=at_ms + wait_ms if answered else None,
                ended_at_ms=ended_at_ms,
                wait_ms=wait_ms,
                talk_ms=60_000 if answered else None,
                within_promise=answered and wait_ms <= 15_000,
                short_abandon=disposition is Disposition.ABANDONED and wait_ms < 5_000,
                offers=1,
            )
            self.tell(ended_at_ms, TimePassed(), ended)

    def report(
        self, *by: Dimension, hours: int = 1, until_ms: int = NINE_MS + 100 * HOUR_MS, **given: object
    ) -> "Rows":
        question = Question(NINE_MS, NINE_MS + hours * HOUR_MS, by=by)
        entries = sorted(self.entries, key=lambda entry: entry.at_ms)
        found = report_of(replace(question, **given), entries, until_ms)  # type: ignore[arg-type]
        assert isinstance(found, ServiceLevelReport)
        return Rows(found)


class Rows:
    """A report, asked by the keys of its rows."""

    def __init__(self, report: ServiceLevelReport) -> None:
        self.report = report
        self.total = report.total.figures
        self.keys = [row.key for row in report.rows]

    def __getitem__(self, key: str | int) -> Row:
        return next(row for row in self.report.rows if row.key == (key,))


def worked_example() -> Book:
    book = Book()
    for times, disposition, wait_ms in (
        (700, Disposition.ANSWERED, 15_000),
        (100, Disposition.ANSWERED, 15_001),
        (40, Disposition.ABANDONED, 4_999),
        (50, Disposition.ABANDONED, 15_000),
        (60, Disposition.ABANDONED, 40_000),
        (20, Disposition.CALLBACK, 3_000),
        (30, Disposition.OVERFLOWED, 16_000),
    ):
        for _ in range(times):
            book.contact(disposition, wait_ms)
    return book


def test_given_the_worked_example_as_a_journal_when_reported_then_six_formulas_differ_as_they_should() -> None:
    levels = worked_example().report().total.tally.levels()
    assert {formula: round(100 * (level or 0), 1) for formula, level in levels.items()} == {
        Formula.OFFERED: 70.0,
        Formula.ANSWERED: 87.5,
        Formula.ANSWERED_AND_ABANDONED: 83.2,
        Formula.REMOVED: 81.0,
        Formula.SHORT_ABANDONS_EXCLUDED: 76.9,
        Formula.FLOW_OUTS_COUNTED: 72.9,
    }


def test_given_the_worked_example_when_reported_then_waits_and_abandons_are_those_of_its_contacts() -> None:
    total = worked_example().report().total
    assert total.average_wait_ms == pytest.approx((700 * 15_000 + 100 * 15_001) / 800)
    assert (total.longest_wait_ms, total.tally.short_abandons, total.abandoned_share) == (40_000, 40, 0.15)
    assert total.average_talk_ms == 60_000


def test_given_queues_with_other_promises_when_reported_then_each_is_held_to_its_own() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 20_000)
    book.contact(Disposition.ANSWERED, 20_000, queue="water")
    rows = book.report(Dimension.QUEUE)
    assert (rows["general"].figures.tally.answered_within, rows["water"].figures.tally.answered_within) == (0, 1)
    assert book.report(Dimension.QUEUE, threshold_ms=20_000)["general"].figures.tally.answered_within == 1


def test_given_a_queue_whose_clock_starts_at_arrival_when_reported_then_the_menus_count_and_it_is_said() -> None:
    book = Book(QueueSettings(QueueId("general"), clock_start=ClockStart.ARRIVED))
    book.contact(Disposition.ANSWERED, 10_000, in_flow_ms=8_000)
    rows = book.report()
    assert (rows.total.tally.answered_within, rows.total.waits_ms) == (0, 18_000)
    assert rows.report.clock == "from queue entry to a human voice; in general from arrival"


def test_given_contacts_over_two_intervals_when_split_then_each_counts_where_it_joined() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 60_000, at_ms=NINE_MS + 30 * MINUTE_MS - 1)
    book.contact(Disposition.ANSWERED, 1_000, at_ms=NINE_MS + 30 * MINUTE_MS)
    rows = book.report(Dimension.INTERVAL)
    assert rows.keys == [(NINE_MS,), (NINE_MS + 30 * MINUTE_MS,)]
    assert [row.figures.tally.offered for row in rows.report.rows] == [1, 1]


def test_given_contacts_before_and_after_the_time_when_reported_then_only_those_in_it_count() -> None:
    book = Book()
    for at_ms in (NINE_MS - 1, NINE_MS, NINE_MS + HOUR_MS - 1, NINE_MS + HOUR_MS):
        book.contact(Disposition.ABANDONED, 6_000, at_ms=at_ms)
    assert book.report().total.tally.offered == 2


def test_given_two_skills_when_split_by_skill_then_both_rows_have_the_contact_and_the_total_has_it_once() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 1_000, skills=("english", "water"))
    rows = book.report(Dimension.SKILL)
    assert (rows.keys, rows.total.tally.offered) == ([("english",), ("water",)], 1)


def test_given_a_contractor_s_question_when_reported_then_only_its_own_contacts_are_seen() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 1_000, agent="1001")
    book.contact(Disposition.ANSWERED, 1_000, agent="2001")
    book.contact(Disposition.ABANDONED, 9_000)
    rows = book.report(Dimension.CONTRACTOR, contractor="nam")
    assert (rows.keys, rows.total.tally.offered) == ([("nam",)], 1)
    assert book.report(Dimension.CONTRACTOR).keys == [("",), ("han",), ("nam",)]


def test_given_a_talk_that_goes_on_and_a_wait_when_reported_live_then_the_one_is_answered_the_other_open() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 4_000, ends=False)
    book.contact(Disposition.ABANDONED, 0, ends=False)
    total = book.report(until_ms=NINE_MS + 10_000).total
    assert (total.tally.offered, total.tally.answered_within, total.open) == (1, 1, 1)


def test_given_a_caller_who_joins_the_same_queue_again_when_reported_then_the_first_was_not_resolved() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 1_000, caller="01012345678")
    book.contact(Disposition.ANSWERED, 1_000, caller="01012345678", at_ms=NINE_MS + 5 * HOUR_MS)
    book.contact(Disposition.ANSWERED, 1_000, caller="01099999999")
    book.contact(Disposition.ANSWERED, 1_000, caller="01099999999", queue="water", at_ms=NINE_MS + 5 * HOUR_MS)
    book.contact(Disposition.ANSWERED, 1_000)
    total = book.report().total
    assert (total.again, total.resolved, total.undecided, total.first_contact_resolution) == (1, 1, 0, 0.5)
    assert book.report(again_ms=2 * HOUR_MS).total.first_contact_resolution == 1.0


def test_given_a_time_to_call_again_that_is_not_over_when_reported_then_nobody_is_said_to_be_resolved() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 1_000, caller="01012345678")
    total = book.report(until_ms=NINE_MS + 23 * HOUR_MS).total
    assert (total.undecided, total.first_contact_resolution) == (1, None)


def test_given_talks_of_a_queue_that_records_when_reported_then_each_counts_in_its_own_queue() -> None:
    recording = RecordingRules(notice="told", keep_days=30)
    book = Book(QueueSettings(QueueId("general"), recording=recording), QUEUES[1])

    def recorded(contact: str, at_ms: int, state: RecordingState, queue: str = "general", agent: str = "1001") -> None:
        name = ContactId(contact)
        told = TalkRecorded(name, AgentId(agent), queue, "", state, 0, OfferId(f"{contact}-{agent}"))
        book.tell(NINE_MS + at_ms, TimePassed(), told)

    for _ in range(4):
        book.contact(Disposition.ANSWERED, 1_000, queue="water", agent="2001")
    recorded("c1", 2_000, RecordingState.RUNNING)
    recorded("c1", 9_000, RecordingState.KEPT)  # then the citizen was put through to water, which records nobody
    recorded("c2", 2_000, RecordingState.RUNNING, "water", "2001")
    recorded("c2", 62_000, RecordingState.FAILED, "water", "2001")  # told after the contact had ended
    recorded("c3", 2_000, RecordingState.NOT_IN_SHARE, "water", "2001")
    recorded("c4", 2_000, RecordingState.RUNNING, "water", "2001")
    rows = book.report(Dimension.QUEUE)

    def figures(of: Figures) -> tuple[int, int, int, int]:
        return of.recorded, of.recordings_failed, of.recordings_untold, of.not_recorded

    assert (figures(rows["general"].figures), figures(rows["water"].figures)) == ((1, 0, 0, 0), (0, 1, 0, 1))
    assert figures(rows.total) == (1, 1, 0, 1)
    assert (rows["general"].figures.tally.offered, rows.total.tally.offered) == (0, 4)
    han = book.report(Dimension.CONTRACTOR, contractor="han")
    assert (figures(han.total), han.total.tally.offered) == ((1, 0, 0, 0), 0)
    assert "talks_recorded" in table_of(rows.report).columns
    assert "talks_recorded" not in table_of(Book().report().report).columns


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"to_ms": NINE_MS}, "ends before it begins"),
        ({"interval_ms": 7}, "no such interval"),
        ({"by": (Dimension.QUEUE, Dimension.QUEUE)}, "split twice"),
        ({"to_ms": NINE_MS + 401 * 24 * HOUR_MS}, "more than 400 days"),
    ],
)
def test_given_a_question_that_makes_no_sense_when_asked_then_it_is_refused_with_a_hint(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(ReportRefused, match=said) as refused:
        replace(Question(NINE_MS, NINE_MS + HOUR_MS), **given)  # type: ignore[arg-type]
    assert refused.value.hint
