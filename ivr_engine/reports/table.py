"""A report as columns and cells: the one picture that the table, the CSV, the JSON and the chart are made of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivr_engine.core.service_level import HEADLINE, Formula
from ivr_engine.reports.agent_times import Times
from ivr_engine.reports.agents import AgentsReport
from ivr_engine.reports.book import Report
from ivr_engine.reports.contractor_shares import ContractorReport, ShareRow
from ivr_engine.reports.figures import Figures
from ivr_engine.reports.question import DAY_MS, SEOUL_MS, Dimension, Key, Question
from ivr_engine.reports.service_level import Row, ServiceLevelReport

Cell = str | int | float | None

PERCENT = "_percent"
SECONDS = "_seconds"


@dataclass(frozen=True, slots=True)
class Table:
    """Names end in their unit (`_percent`, `_seconds`); a cell is None where there is nothing to tell."""

    title: str
    columns: tuple[str, ...]
    keys: int
    """So many columns say what the row is about."""
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    """What must be known to read the figures: the clock above all."""


def table_of(report: Report, formula: Formula = HEADLINE) -> Table:
    """`formula` comes first among the six."""
    match report:
        case ServiceLevelReport():
            return _service_level(report, formula)
        case AgentsReport():
            return _agents(report)
        case ContractorReport():
            return _contractors(report)


def moment(at_ms: int) -> str:
    """Seoul's time, to the second."""
    return _seoul(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def _seoul(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(milliseconds=SEOUL_MS)


def key_cells(question: Question, key: Key) -> tuple[Cell, ...]:
    """What a row is about; an interval by its start."""
    form = "%Y-%m-%d" if question.interval_ms == DAY_MS else "%Y-%m-%d %H:%M"
    return tuple(
        _seoul(int(value)).strftime(form) if by is Dimension.INTERVAL else value
        for by, value in zip(question.by, key, strict=True)
    )


def _total_cells(question: Question) -> tuple[Cell, ...]:
    return ("total", *("" for _ in question.by[1:])) if question.by else ()


def _span(report: Report) -> str:
    question = report.question
    scope = f", contractor {question.contractor}" if question.contractor else ""
    return f"{moment(question.from_ms)} to {moment(question.to_ms)} (Seoul){scope}"


def _so_far(report: Report) -> tuple[str, ...]:
    if report.read_to_ms >= report.question.to_ms:
        return ()
    return (f"so far: the journal was read until {moment(report.read_to_ms)}",)


# ── service level ───────────────────────────────────────────────────────────────────────────────────────────────────
_COUNTS = (
    "offered",
    "answered",
    "within",
    "abandoned",
    "short_abandons",
    "flow_outs",
    "open",
    "never_queued",
    "average_wait_seconds",
    "longest_wait_seconds",
    "average_talk_seconds",
    "first_contact_resolution_percent",
)
_RECORDINGS = ("talks_recorded", "recordings_failed", "recordings_untold", "talks_not_recorded")
_OCCUPANCY = ("occupancy_percent", "logged_in_hours")


def _service_level(report: ServiceLevelReport, formula: Formula) -> Table:
    question = report.question
    formulas = (formula, *(one for one in Formula if one is not formula))
    timed = report.total.times is not None
    columns = (
        *question.by,
        *(f"{one}{PERCENT}" for one in formulas),
        *_COUNTS,
        *(_RECORDINGS if report.records else ()),
        *(_OCCUPANCY if timed else ()),
    )

    def cells(row: Row) -> tuple[Cell, ...]:
        figures, tally = row.figures, row.figures.tally
        return (
            *(_percent(tally.level(one)) for one in formulas),
            tally.offered,
            tally.answered,
            tally.answered_within,
            tally.abandoned,
            tally.short_abandons,
            tally.flow_outs,
            figures.open,
            figures.never_queued,
            _seconds(figures.average_wait_ms),
            _seconds(figures.longest_wait_ms),
            _seconds(figures.average_talk_ms),
            _percent(figures.first_contact_resolution),
            *_recordings(figures, report.records),
            *((_percent((row.times or _NO_TIMES).occupancy), _hours((row.times or _NO_TIMES).logged_in_ms)) * timed),
        )

    undecided = report.total.figures.undecided
    again = f"{question.again_ms / 3_600_000:g} h"
    notes = [
        f"clock: {report.clock}; T = {report.threshold}",
        "a contact counts in the interval in which it joined, in the queue where it stood last",
        f"first-contact resolution: the same caller did not join the same queue again within {again}"
        + (f" ({undecided} too recent to tell)" if undecided else ""),
    ]
    if question.by and {Dimension.AGENT, Dimension.CONTRACTOR}.intersection(question.by):
        notes.append("who was answered by nobody belongs to no agent: compare these rows by `answered` only")
    if report.records:
        notes.append("a talk counts in its own queue; not recorded: the notice was not heard, or not in the share")
    if Dimension.SKILL in question.by:
        notes.append("a contact that needs two skills counts in both rows, and once in the total")
    return Table(
        f"service level by `{formula}`, {_span(report)}",
        columns,
        len(question.by),
        tuple((*key_cells(question, row.key), *cells(row)) for row in report.rows),
        ((*_total_cells(question), *cells(report.total)),),
        (*notes, *_so_far(report)),
    )


_NO_TIMES = Times()


def _recordings(figures: Figures, records: bool) -> tuple[Cell, ...]:
    if not records:
        return ()
    return (figures.recorded, figures.recordings_failed, figures.recordings_untold, figures.not_recorded)


# ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _agents(report: AgentsReport) -> Table:
    question = report.question
    reasons = sorted(report.total.times.break_ms)
    columns = (
        *question.by,
        "logged_in_seconds",
        "idle_seconds",
        "offered_seconds",
        "on_contact_seconds",
        "wrap_up_seconds",
        "break_seconds",
        *(f"break_{reason or 'without_reason'}{SECONDS}" for reason in reasons),
        "occupancy_percent",
        "offers_answered",
        "offers_missed",
    )

    def cells(times: Times) -> tuple[Cell, ...]:
        return (
            times.logged_in_ms / 1000,
            times.idle_ms / 1000,
            times.offered_ms / 1000,
            times.on_contact_ms / 1000,
            times.wrap_up_ms / 1000,
            times.breaks_ms / 1000,
            *(times.break_ms.get(reason, 0) / 1000 for reason in reasons),
            _percent(times.occupancy),
            times.offers_answered,
            times.offers_missed,
        )

    return Table(
        f"agents' times, {_span(report)}",
        columns,
        len(question.by),
        tuple((*key_cells(question, row.key), *cells(row.times)) for row in report.rows),
        ((*_total_cells(question), *cells(report.total.times)),),
        (
            "logged in = idle + offered + on contact + wrap-up + breaks",
            "occupancy: (on contact + wrap-up) / (logged in - breaks)",
            *_so_far(report),
        ),
    )


# ── contractors ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _contractors(report: ContractorReport) -> Table:
    question = report.question
    columns = (
        *question.by,
        "contractor",
        "target_percent",
        "got_percent",
        "target_contacts",
        "got_contacts",
        "difference_contacts",
        "taken_back",
        "owed_contacts",
    )

    def cells(row: ShareRow) -> tuple[Cell, ...]:
        share, target = row.share, row.share.target_hundredths / 100
        return (
            row.contractor,
            _percent(target / row.of) if row.of else None,
            _percent(share.got / row.of) if row.of else None,
            round(target, 2),
            share.got,
            round(share.got - target, 2),
            share.back,
            sum(share.owed_hundredths.values()) / 100,
        )

    return Table(
        f"contractors' shares, {_span(report)}",
        columns,
        len(question.by) + 1,
        tuple((*key_cells(question, row.key), *cells(row)) for row in report.rows),
        tuple((*_total_cells(question), *cells(row)) for row in report.total),
        (
            "counted: offers for which the ledger was asked, less those taken back",
            "owed: what the ledger carried after the row's last booking; below 0, the contractor is ahead",
            *_so_far(report),
        ),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _seconds(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms / 1000, 2)


def _hours(value_ms: int) -> float:
    return round(value_ms / 3_600_000, 2)
