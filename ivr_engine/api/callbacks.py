"""Promises to call citizens back: who is still to be called, and taking one back."""

from typing import Any

from pydantic import Field

from ivr_engine.api.pictures import Masked, Nothing, Picture
from ivr_engine.api.problems import Problem
from ivr_engine.api.routes import AnyRoute, Asked, Route
from ivr_engine.core.events import CallbackCancelled
from ivr_engine.core.vocabulary import CallbackState

MOST_CALLBACKS = 1_000
"""In one answer; `total` tells of the rest."""


class CallbackPicture(Picture):
    """One promise; the number is masked, since whoever calls is the engine."""

    id: str
    origin: str = Field(description="the contact that asked for it")
    number: Masked
    queue: str
    agency: str
    language: str
    state: CallbackState
    asked_at_ms: int
    place_ms: int = Field(description="since when the citizen counts as waiting")
    dials: int
    next_at_ms: int | None = Field(description="rests until then")
    contact: str | None = Field(description="the dial that stands in the order, rings or is on the line")


class Callbacks(Picture):
    at_ms: int
    total: int
    callbacks: tuple[CallbackPicture, ...]


async def list_callbacks(asked: Asked[Nothing, Nothing]) -> Callbacks:
    view = asked.desk.view()
    oldest_first = sorted(view.callbacks, key=lambda callback: (callback.place_ms, callback.id))
    pictures = tuple(CallbackPicture.model_validate(callback) for callback in oldest_first[:MOST_CALLBACKS])
    return Callbacks(at_ms=view.at_ms, total=len(view.callbacks), callbacks=pictures)


async def cancel_callback(asked: Asked[Nothing, Nothing]) -> CallbackPicture:
    name = asked.path["callback"]
    known = next((callback for callback in asked.desk.view().callbacks if callback.id == name), None)
    if known is None:
        raise Problem(404, "unknown_callback", "no open callback of that name", hint="GET /v1/callbacks lists them")
    await asked.decide(CallbackCancelled(known.id))
    return CallbackPicture.model_validate(known)


def _route(
    method: str, path: str, name: str, summary: str, answer: type[Any], respond: Any, *refusals: Any
) -> AnyRoute:
    return Route(method, path, name, summary, answer, respond, Nothing, Nothing, refusals)


CALLBACK_ROUTES: tuple[AnyRoute, ...] = (
    _route("GET", "/v1/callbacks", "list_callbacks", "Citizens who are to be called back", Callbacks, list_callbacks),
    _route(
        "POST",
        "/v1/callbacks/{callback}/cancel",
        "cancel_callback",
        "Call this citizen back no more; answers with the promise as it was",
        CallbackPicture,
        cancel_callback,
        (404, "unknown_callback"),
        (409, "illegal_event: the citizen is on the line"),
    ),
)
