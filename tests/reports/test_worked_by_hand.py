"""A night worked out by hand: fourteen contacts through the real core, and every cut of the report beside its figures.

From 23:25 to 0:06 in Seoul; seconds count from 23:25:00, so that intervals begin at 300 (23:30) and 2100 (midnight).
Promises: general and tax 15 s, english 30 s; short abandons are those before 5 s; wrap-up is 10 s everywhere.

| who  | joined (agency, language, caller) | what happens                                             | wait |   |
|------|---------------------------------|----------------------------------------------------------|------|---|
| c1   | 10 general (seoul, ko, A)       | 1001 answers at 14, talks till 74                        |    4 | a |
| c2   | 20 general (mapo, ko, B)        | 2001 misses till 30, rests till 40, answers at 44, till 104 |   24 | l |
| c3   | 50 english (seoul, en, C)       | gives up at 70                                           |   20 | g |
| c4   | 55 general (mapo, ko, E)        | gives up at 58                                           |    3 | s |
| c5   | 90 english (seoul, en, C)       | redial: 1001 answers at 93, talks till 153               |    3 | a |
| c6   | 120 general (seoul, ko, D)      | 2001 answers at 125, hands over at 175, citizen till 235 |    5 | a |
| c7   | 295 general (mapo, ko, A)       | 1001 answers at 302 (over the border), talks till 362    |    7 | a |
| c8   | 400 general (seoul, ko, F)      | sent to a flow at 460, which ends at 475 (overflowed)    |   60 | o |
| c9   | 405 general (seoul, ko, G)      | presses the key at 415, flow promises a callback till 426 |   10 | o |
| cb   | 481 our call to G               | 1001 picks up at 481, G at 490, talk till 520            |      |   |
| c10  | 600 english (mapo, en, H)       | 1001 is back at 615, answers at 620, talks till 680      |   20 | a |
| c11  | 2095 general (seoul, ko, I)     | 2001 answers at 2105 (over midnight), talks till 2165    |   10 | a |
| c12  | 2200 tax (mapo, ko, J)          | overflows to english at 2218, 1001 answers at 2225, till 2285 |   25 | l |
| c13  | 2300 never joins (seoul, ko, K) | self-served at 2310                                      |      |   |
| c14  | 2400 general (seoul, ko, L)     | 1001 answers at 2402, talks till 2460                    |    2 | a |
| c15  | 2401 english (seoul, en, M)     | gives up at 2431, exactly at the promise                 |   30 | g |

a answered in time, l answered late, g gave up within the promise, s short abandon, o left for something
else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from ivr_engine.core.commands import DialCitizen
from ivr_engine.core.configuration import AgentSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import Ended, ToCallback, ToQueue
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CitizenHanded,
    CompleteRequested,
    ContactArrived,
    ContactQueued,
    FlowEnded,
    LegEnded,
    WaitKeyPressed,
)
from ivr_engine.core.queue_rules import Announcements, CallbackRules, Overflow, OverflowAct, QueueLimits
from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import AgentId, ContactId, Disposition, LegId, QueueId, Skill
from ivr_engine.reports.book import report_of
from ivr_engine.reports.live import EVERYTHING, LiveLevels
from ivr_engine.reports.question import DAY_MS, Dimension, Key, Question
from ivr_engine.reports.service_level import Row, ServiceLevelReport
from ivr_engine.reports.table import table_of
from ivr_engine.reports.writing import plain
from tests.core.centre import START_MS, Counsellor
from tests.reports.journalled import Journalled

ZERO_MS = START_MS + 58_300_000
"""23:25:00 in Seoul."""
TO_FLOW, TO_CALLBACK = Overflow(OverflowAct.FLOW, "sorry"), Overflow(OverflowAct.CALLBACK, "back")
TO_ENGLISH = Overflow(OverflowAct.QUEUE, "english")
MOBILE = "01012345678"


def queue(name: str, promise_s: int, limits: QueueLimits, **given: object) -> QueueSettings:
    needs = frozenset({Skill(name)})
    return QueueSettings(QueueId(name), needs, promise_s * 1_000, wrap_up_ms=10_000, limits=limits, **given)  # type: ignore[arg-type]


QUEUES = (
    queue(
        "general",
        15,
        QueueLimits(longest_wait_ms=60_000, too_long=TO_FLOW),
        announcements=Announcements(keys={"1": TO_CALLBACK}),
        callback=CallbackRules(dials=1, numbers=("010XXXXXXXX",)),
    ),
    queue("english", 30, QueueLimits()),
    queue("tax", 15, QueueLimits(longest_wait_ms=18_000, too_long=TO_ENGLISH)),
)
AGENTS = (
    AgentSettings(AgentId("1001"), "Agent", {Skill(one): 3 for one in ("general", "english", "tax")}, "han"),
    AgentSettings(AgentId("2001"), "Agent", {Skill("general"): 3}, "nam"),
)


class Night:
    """The table above, told to the core."""

    def __init__(self, until_s: int = 10_000) -> None:
        self.centre = centre = Journalled(
            *AGENTS, queues=QUEUES, routing=RoutingPolicy(redial_ms=600_000), log_in=False
        )
        self.until_s = until_s
        self.one, self.two = centre.agent("1001"), centre.agent("2001")
        for at_s, act in sorted(self._acts(), key=lambda one: one[0]):
            if at_s <= until_s:
                self._wait_until(at_s)
                act()
        self._wait_until(min(until_s, 2_600))

    @property
    def now_ms(self) -> int:
        return self.centre.now_ms

    def _wait_until(self, at_s: int) -> None:
        self.centre.wait(ZERO_MS + at_s * 1_000 - self.centre.now_ms)

    def _joins(self, name: str, queue: str, agency: str, language: str, caller: str) -> Callable[[], object]:
        request = ToQueue(QueueId(queue), agency=agency, language=language)

        def join() -> None:
            self.centre.tell(ContactQueued(ContactId(name), "120", caller, request, self.now_ms))

        return join

    def _leaves(self, name: str, agent: Counsellor | None = None) -> Callable[[], object]:
        def leave() -> None:
            self.centre.tell(LegEnded(LegId(name)))
            if agent is not None:
                agent.hangs_up()

        return leave

    def _acts(self) -> list[tuple[int, Callable[[], object]]]:
        one, two, tell, leaves = self.one, self.two, self.centre.tell, self._leaves

        def hands_over() -> None:
            transfer = two.transfer
            two.asks(CompleteRequested)
            tell(CitizenHanded(ContactId("c6"), transfer))
            two.hangs_up()

        def is_dialled() -> None:
            dial = self.centre.sent(DialCitizen)[-1]
            tell(ContactQueued(dial.contact, dial.line, dial.number, dial.request, self.now_ms))
            one.answers()

        def citizen_leaves() -> None:
            tell(LegEnded(LegId(one.offer.contact)))
            one.hangs_up()

        promised = ToCallback(MOBILE, ToQueue(QueueId("general"), agency="seoul"))
        overflowed = FlowEnded(ContactId("c8"), Ended(Disposition.OVERFLOWED, "seoul"))
        served = FlowEnded(ContactId("c13"), Ended(Disposition.SELF_SERVED, "seoul"))
        return [
            (0, one.logs_in),
            (0, two.logs_in),
            (10, self._joins("c1", "general", "seoul", "ko", "A")),
            (14, one.answers),
            (74, leaves("c1", one)),
            (20, self._joins("c2", "general", "mapo", "ko", "B")),
            (30, two.misses),
            (44, two.answers),
            (104, leaves("c2", two)),
            (50, self._joins("c3", "english", "seoul", "en", "C")),
            (70, leaves("c3")),
            (55, self._joins("c4", "general", "mapo", "ko", "E")),
            (58, leaves("c4")),
            (90, self._joins("c5", "english", "seoul", "en", "C")),
            (93, one.answers),
            (153, leaves("c5", one)),
            (120, self._joins("c6", "general", "seoul", "ko", "D")),
            (125, two.answers),
            (155, two.consults),
            (165, two.reaches_the_recipient),
            (175, hands_over),
            (235, leaves("c6")),
            (295, self._joins("c7", "general", "mapo", "ko", "A")),
            (302, one.answers),
            (362, leaves("c7", one)),
            (390, one.takes_a_break),
            (390, two.takes_a_break),
            (400, self._joins("c8", "general", "seoul", "ko", "F")),
            (475, lambda: tell(overflowed)),
            (476, leaves("c8")),
            (405, self._joins("c9", "general", "seoul", "ko", MOBILE)),
            (415, lambda: tell(WaitKeyPressed(ContactId("c9"), "1"))),
            (425, lambda: tell(CallbackAsked(ContactId("c9"), promised))),
            (426, leaves("c9")),
            (480, one.logs_in),
            (481, lambda: tell(AgentReady(one.offer.offer, one.offer.contact, one.id))),
            (490, is_dialled),
            (520, citizen_leaves),
            (500, two.logs_in),
            (590, one.takes_a_break),
            (600, self._joins("c10", "english", "mapo", "en", "H")),
            (615, one.logs_in),
            (620, one.answers),
            (680, leaves("c10", one)),
            (2095, self._joins("c11", "general", "seoul", "ko", "I")),
            (2105, two.answers),
            (2165, leaves("c11", two)),
            (2190, one.takes_a_break),
            (2200, self._joins("c12", "tax", "mapo", "ko", "J")),
            (2220, one.logs_in),
            (2225, one.answers),
            (2285, leaves("c12", one)),
            (2300, two.logs_out),
            (2300, lambda: tell(ContactArrived(ContactId("c13"), "120", "K"))),
            (2310, lambda: tell(served, LegEnded(LegId("c13")))),
            (2400, self._joins("c14", "general", "seoul", "ko", "L")),
            (2402, one.answers),
            (2460, leaves("c14", one)),
            (2401, self._joins("c15", "english", "seoul", "en", "M")),
            (2431, leaves("c15")),
            (2500, one.logs_out),
        ]

    def report(
        self, *by: Dimension, from_s: int = 0, read_at_ms: int | None = None, **given: object
    ) -> ServiceLevelReport:
        asked = Question(ZERO_MS + from_s * 1_000, ZERO_MS + 2_600_000, by=by, **given)  # type: ignore[arg-type]
        found = report_of(asked, self.centre.entries, asked.reads_to_ms if read_at_ms is None else read_at_ms)
        assert isinstance(found, ServiceLevelReport)
        return found


@dataclass(frozen=True)
class Expected:
    """One row, by hand. Waits and talks are sums of seconds; a level is a numerator over a denominator."""

    counts: tuple[int, int, int, int, int, int, int]
    """answered, of them within; abandoned, within, short; left for something else, within."""
    offered: tuple[int, int]
    answered: tuple[int, int]
    answered_and_abandoned: tuple[int, int]
    removed: tuple[int, int]
    short_abandons_excluded: tuple[int, int]
    flow_outs_counted: tuple[int, int]
    waited_s: int
    longest_s: int
    talked_s: int
    resolved: tuple[int, int]
    never_queued: int = 0
    occupancy: tuple[int, int] | None = None

    def check(self, row: Row) -> None:
        figures, tally = row.figures, row.figures.tally
        assert (
            tally.answered,
            tally.answered_within,
            tally.abandoned,
            tally.abandoned_within,
            tally.short_abandons,
            tally.flow_outs,
            tally.flow_outs_within,
        ) == self.counts
        for formula in Formula:
            within, of = getattr(self, formula)
            assert tally.level(formula) == (within / of if of else None), formula
        assert tally.offered == self.offered[1]
        answered = self.counts[0]
        assert figures.average_wait_ms == (1_000 * self.waited_s / answered if answered else None)
        assert figures.average_talk_ms == (1_000 * self.talked_s / answered if answered else None)
        assert figures.longest_wait_ms == 1_000 * self.longest_s
        assert (figures.resolved, figures.resolved + figures.again) == self.resolved
        assert (figures.never_queued, figures.open, figures.undecided) == (self.never_queued, 0, 0)
        if self.occupancy is None:
            assert row.times is None
        else:
            busy_s, ready_s = self.occupancy
            assert row.times is not None
            assert row.times.occupancy == busy_s / ready_s


GENERAL = Expected((6, 5, 1, 1, 1, 2, 1), (5, 9), (5, 6), (6, 7), (7, 9), (5, 6), (5, 8), 52, 60, 408, (5, 6))
ENGLISH = Expected((3, 2, 2, 2, 0, 0, 0), (2, 5), (2, 3), (4, 5), (4, 5), (2, 5), (2, 5), 48, 30, 180, (3, 3))
MENUS = Expected((0, 0, 0, 0, 0, 0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), 0, 0, 0, (0, 0), never_queued=1)
SEOUL = Expected(
    (5, 5, 2, 2, 0, 2, 1), (5, 9), (5, 5), (7, 7), (8, 9), (5, 7), (5, 9), 24, 60, 348, (4, 5), never_queued=1
)
MAPO = Expected((4, 2, 1, 1, 1, 0, 0), (2, 5), (2, 4), (3, 5), (3, 5), (2, 4), (2, 4), 76, 25, 240, (4, 4))
KOREAN = Expected(
    (7, 5, 1, 1, 1, 2, 1), (5, 10), (5, 7), (6, 8), (7, 10), (5, 7), (5, 9), 77, 60, 468, (6, 7), never_queued=1
)
IN_ENGLISH = Expected((2, 2, 2, 2, 0, 0, 0), (2, 4), (2, 2), (4, 4), (4, 4), (2, 4), (2, 4), 23, 30, 120, (2, 2))
NOBODY = Expected(
    (0, 0, 3, 3, 1, 2, 1), (0, 5), (0, 0), (3, 3), (4, 5), (0, 2), (0, 4), 0, 60, 0, (0, 0), never_queued=1,
    occupancy=None,
)  # fmt: skip
HAN = Expected(
    (6, 5, 0, 0, 0, 0, 0), (5, 6), (5, 6), (5, 6), (5, 6), (5, 6), (5, 6), 61, 25, 358, (5, 6), occupancy=(458, 2355)
)
NAM = Expected(
    (3, 2, 0, 0, 0, 0, 0), (2, 3), (2, 3), (2, 3), (2, 3), (2, 3), (2, 3), 39, 24, 230, (3, 3), occupancy=(200, 2190)
)
TOTAL = Expected(
    (9, 7, 3, 3, 1, 2, 1), (7, 14), (7, 9), (10, 12), (11, 14), (7, 11), (7, 13), 100, 60, 588, (8, 9), never_queued=1
)
EVENING = Expected(
    (5, 4, 2, 2, 1, 0, 0), (4, 7), (4, 5), (6, 7), (6, 7), (4, 6), (4, 6), 43, 24, 350, (4, 5), occupancy=(270, 600)
)
LATE = Expected(
    (2, 2, 0, 0, 0, 2, 1), (2, 4), (2, 2), (2, 2), (3, 4), (2, 2), (2, 4), 30, 60, 120, (2, 2), occupancy=(180, 3375)
)
MIDNIGHT = Expected(
    (2, 1, 1, 1, 0, 0, 0), (1, 3), (1, 2), (2, 3), (2, 3), (1, 3), (1, 3), 27, 30, 118, (2, 2), never_queued=1,
    occupancy=(208, 570),
)  # fmt: skip
BORDERS_MS = (ZERO_MS - 1_500_000, ZERO_MS + 300_000, ZERO_MS + 2_100_000)


@pytest.fixture(scope="module")
def night() -> Night:
    return Night()


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (Dimension.QUEUE, {("",): MENUS, ("english",): ENGLISH, ("general",): GENERAL}),
        (Dimension.SKILL, {("",): MENUS, ("english",): ENGLISH, ("general",): GENERAL}),
        (Dimension.AGENCY, {("mapo",): MAPO, ("seoul",): SEOUL}),
        (Dimension.LANGUAGE, {("en",): IN_ENGLISH, ("ko",): KOREAN}),
        (Dimension.NUMBER, {("120",): TOTAL}),
        (Dimension.CONTRACTOR, {("",): NOBODY, ("han",): HAN, ("nam",): NAM}),
        (Dimension.AGENT, {("",): NOBODY, ("1001",): HAN, ("2001",): NAM}),
        (Dimension.INTERVAL, dict(zip([(one,) for one in BORDERS_MS], (EVENING, LATE, MIDNIGHT), strict=True))),
    ],
)
def test_given_a_night_worked_out_by_hand_when_cut_then_every_row_and_formula_is_as_on_paper(
    night: Night, by: Dimension, expected: dict[Key, Expected]
) -> None:
    report = night.report(by)
    assert [row.key for row in report.rows] == list(expected)
    for row in report.rows:
        expected[row.key].check(row)


def test_given_the_same_night_when_not_cut_then_the_total_is_as_on_paper_and_the_table_writes_it(night: Night) -> None:
    report = night.report()
    replace(TOTAL, occupancy=(658, 4545)).check(report.total)
    told = plain(table_of(night.report(Dimension.QUEUE)))
    assert dict(zip(told["columns"], told["rows"][1], strict=True)) == {
        "queue": "english",
        "offered_percent": 40.0,
        "answered_percent": 66.67,
        "answered_and_abandoned_percent": 80.0,
        "removed_percent": 80.0,
        "short_abandons_excluded_percent": 40.0,
        "flow_outs_counted_percent": 40.0,
        "offered": 5,
        "answered": 3,
        "within": 2,
        "abandoned": 2,
        "short_abandons": 0,
        "flow_outs": 0,
        "open": 0,
        "never_queued": 0,
        "average_wait_seconds": 16.0,
        "longest_wait_seconds": 30.0,
        "average_talk_seconds": 60.0,
        "first_contact_resolution_percent": 100.0,
    }


def test_given_the_same_night_by_day_when_cut_then_midnight_is_seoul_s(night: Night) -> None:
    report = night.report(Dimension.INTERVAL, interval_ms=DAY_MS)
    assert [row.figures.tally.offered for row in report.rows] == [11, 3]
    assert [row.times.logged_in_ms for row in report.rows if row.times] == [4_200_000, 600_000]


def test_given_one_threshold_for_all_when_asked_then_promises_do_not_count(night: Night) -> None:
    tally = night.report(threshold_ms=20_000).total.figures.tally
    assert (tally.answered_within, tally.abandoned_within, tally.flow_outs_within) == (7, 2, 1)


@pytest.mark.parametrize(
    ("until_s", "since_s", "open_"),
    [(1_740, 0, 0), (2_420, 660, 1)],
    ids=["all of them are over", "one talks, one waits"],
)
def test_given_the_night_so_far_when_read_live_then_the_gauges_of_now_and_the_report_are_the_same(
    until_s: int, since_s: int, open_: int
) -> None:
    night, live = Night(until_s), LiveLevels()
    for entry in night.centre.entries:
        live.take(entry)
    report = night.report(Dimension.QUEUE, from_s=since_s, read_at_ms=night.now_ms)
    told = {str(row.key[0]): row.figures.tally.levels() for row in report.rows if row.figures.tally.offered}
    assert live.levels(night.now_ms) == {**told, EVERYTHING: report.total.figures.tally.levels()}
    assert report.total.figures.open == open_
    assert report.total.figures.tally.answered == (6 if open_ == 0 else 3)
