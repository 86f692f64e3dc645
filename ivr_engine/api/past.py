"""What people ask of the past: reports, and why a contact waited. Read from the journal, beside the loop."""

from ivr_engine.api.past_pictures import ContactWhyPicture, ReportPicture, ReportQuery, StoryPicture
from ivr_engine.api.pictures import Nothing, WhyPicture
from ivr_engine.api.problems import Problem
from ivr_engine.api.routes import AnyRoute, Asked, Route
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.reports.ports import PastAway
from ivr_engine.reports.question import (
    DAY_MS,
    HOUR_MS,
    SEOUL_MS,
    USUAL,
    Kind,
    Question,
    ReportRefused,
    dimensions,
    known_interval_ms,
)
from ivr_engine.reports.table import table_of

LONGEST_MS = 31 * DAY_MS
"""In one request: a month of 120 is minutes of a core. For a year there is the command line, on another machine."""

_AWAY = (503, "journal_away, or reports_busy: others are made, ask again later")


async def report(asked: Asked[Nothing, ReportQuery]) -> ReportPicture:
    query, now_ms = asked.query, asked.desk.view().at_ms
    to_ms = now_ms + 1 if query.to_ms is None else query.to_ms
    midnight_ms = (to_ms - 1 + SEOUL_MS) // DAY_MS * DAY_MS - SEOUL_MS
    try:
        kind = Kind(asked.path["kind"])
    except ValueError:
        raise Problem(
            404, "unknown_report", "there is no such report", hint=f"one of {', '.join(Kind)}", nearest=tuple(Kind)
        ) from None
    try:
        question = Question(
            midnight_ms if query.from_ms is None else query.from_ms,
            to_ms,
            kind,
            USUAL[kind] if query.by is None else dimensions(word for word in query.by.split(",") if word),
            known_interval_ms(query.interval),
            query.threshold_ms,
            round(query.again_hours * HOUR_MS),
            asked.grant.contractor_asked(query.contractor),
        )
        _check_length(question)
        found = await asked.past.report(question, now_ms)
    except ReportRefused as refused:
        raise Problem(422, refused.code, refused.args[0], hint=refused.hint) from None
    except PastAway as away:
        raise _unavailable(away) from None
    table = table_of(found, query.formula)
    return ReportPicture(
        title=table.title,
        formula=query.formula,
        from_ms=question.from_ms,
        to_ms=question.to_ms,
        read_to_ms=found.read_to_ms,
        columns=table.columns,
        rows=table.rows,
        total=table.total,
        notes=table.notes,
    )


def _check_length(question: Question) -> None:
    if question.to_ms - question.from_ms > LONGEST_MS:
        raise ReportRefused(f"more than {LONGEST_MS // DAY_MS} days", "ask for several, or use ivr-engine report")


async def explain_contact(asked: Asked[Nothing, Nothing]) -> ContactWhyPicture:
    contact = asked.path["contact"]
    now = asked.desk.why(ContactId(contact))
    try:
        story = await asked.past.story(contact)
    except PastAway as away:
        if now is None:
            raise _unavailable(away) from None
        story = None
    if now is None and story is None:
        raise Problem(404, "unknown_contact", "no contact of that name", hint="neither open nor in the journal")
    return ContactWhyPicture(
        contact=contact,
        now=None if now is None else WhyPicture.model_validate(now),
        story=None if story is None else StoryPicture.model_validate(story),
    )


def _unavailable(away: PastAway) -> Problem:
    return Problem(503, away.code, str(away), hint="calls go on without it; ask again later")


PAST_ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/v1/contacts/{contact}/why",
        "explain_contact",
        "Why a contact waits or waited: candidates, what keeps the others, which key won, step by step",
        ContactWhyPicture,
        explain_contact,
        Nothing,
        Nothing,
        ((404, "unknown_contact"), _AWAY),
    ),
    Route(
        "GET",
        "/v1/reports/{kind}",
        "report",
        "service-level (six formulas side by side), agents (times) or contractors (shares), from the journal",
        ReportPicture,
        report,
        Nothing,
        ReportQuery,
        ((404, "unknown_report"), (422, "invalid_field, or report_refused: the question makes no sense"), _AWAY),
    ),
)
