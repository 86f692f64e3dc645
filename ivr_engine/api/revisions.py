"""The operators' documents while the engine serves: what is in force, what is on trial, who changed what, and loading.

A load reads the engine's own folder: nobody can send documents here, because a token of a desk is no editor's.
"""

from typing import Any

from pydantic import Field

from ivr_engine.api.pictures import Body, Nothing, Picture
from ivr_engine.api.problems import Place, Problem
from ivr_engine.api.routes import AnyRoute, Asked, Route
from ivr_engine.runtime.ports import Loading, RevisionWas, SetRefused

MOST_CHANGES = 500
"""In one answer: months of them."""

LINES_TOLD = 200
"""Mistakes of a set in one refusal; no more are found (flow.diagnostics)."""


class RevisionsPicture(Picture):
    stable: str = Field(description="the revision in force")
    canary: str = Field(description="the one on trial; empty: none")
    percent: int = Field(description="of the contacts that come, on trial")
    since_ms: int
    visits: int = Field(description="first visits of contacts on trial that have ended")
    abandons: int
    errors: int
    stable_visits: int
    stable_abandons: int
    stable_errors: int


class ChangePicture(Picture):
    at_ms: int
    revision: str = Field(description="empty for a set with mistakes")
    was: RevisionWas
    who: str
    percent: int
    why: str


class RevisionsAnswer(Picture):
    now: RevisionsPicture
    changes: tuple[ChangePicture, ...] = Field(description="the newest first")


class ChangesQuery(Body):
    limit: int = Field(default=50, ge=1, le=MOST_CHANGES)


class LoadBody(Body):
    canary_percent: int = Field(
        default=100, ge=0, le=100, description="100: for everybody; 1–99: on trial; 0: end the trial, load nothing"
    )
    despite: bool = Field(default=False, description="also a revision that was rolled back")
    by: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9_.@-]*$", description="who asked for it")


async def show_revisions(asked: Asked[Nothing, ChangesQuery]) -> RevisionsAnswer:
    loading = _loading(asked)
    try:
        changes = await loading.history(asked.query.limit)
    except SetRefused as refused:
        raise _problem(refused) from None
    return RevisionsAnswer(
        now=RevisionsPicture.model_validate(loading.now()),
        changes=tuple(ChangePicture.model_validate(change) for change in changes),
    )


async def load_revision(asked: Asked[LoadBody, Nothing]) -> RevisionsPicture:
    body = asked.body
    who = f"{asked.token_name}/{body.by}" if body.by else asked.token_name
    try:
        now = await _loading(asked).load(who, body.canary_percent, despite=body.despite)
    except SetRefused as refused:
        raise _problem(refused) from None
    return RevisionsPicture.model_validate(now)


def _loading(asked: Asked[Any, Any]) -> Loading:
    if asked.loading is None:
        raise Problem(503, "no_documents", "this API serves an engine without documents")
    return asked.loading


def _problem(refused: SetRefused) -> Problem:
    if refused.code == "storage":
        return Problem(503, "storage", str(refused), hint="nothing was changed; is the database up?")
    places = tuple(Place("dialplans", line) for line in refused.lines[:LINES_TOLD])
    hint = "nothing was changed; the revision in force serves on"
    return Problem(409, refused.code, refused.lines[0] if refused.lines else "", hint=hint, places=places)


REVISION_ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/v1/revisions",
        "list_revisions",
        "What is in force, what is on trial, and who changed what",
        RevisionsAnswer,
        show_revisions,
        Nothing,
        ChangesQuery,
        ((503, "storage: the history cannot be read"),),
    ),
    Route(
        "POST",
        "/v1/revisions",
        "load_revision",
        "Load the folder of documents, agents and directory: for everybody, or on trial",
        RevisionsPicture,
        load_revision,
        LoadBody,
        Nothing,
        (
            (409, "broken_set with every mistake in `places`, rolled_back, already_in_force, or no_trial"),
            (422, "invalid_field: each wrong field with its place"),
            (503, "storage"),
        ),
    ),
)
