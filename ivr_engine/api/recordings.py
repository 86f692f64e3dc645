"""Recorded talks of a contact: which there are, and the sound of one. Who listens is written down before it plays."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import Field

from ivr_engine.api.access import TOKEN_NAME
from ivr_engine.api.pictures import Nothing, Picture
from ivr_engine.api.problems import Problem
from ivr_engine.api.routes import AnyRoute, Asked, Route, looked
from ivr_engine.runtime.ports import Audit, KeptTalk, Talks, TalksAway

RECORDING_PATH = "/v1/contacts/{contact}/recordings/{queue}/{name}"


class RecordingPicture(Picture):
    queue: str
    name: str
    size_bytes: int
    ended_at_ms: int = Field(description="when the file was written last")
    keep_days: int = Field(description="deleted after so many days, or fewer where the queue says so by now")


class Recordings(Picture):
    contact: str
    recordings: tuple[RecordingPicture, ...]


async def list_recordings(asked: Asked[Nothing, Nothing]) -> Recordings:
    contact = asked.path["contact"]
    try:
        found = await asyncio.to_thread(_there(asked.talks).of_contact, contact)
    except TalksAway as away:
        raise _unavailable(away) from None
    asked.looked("recordings_listed", contact)
    return Recordings(contact=contact, recordings=tuple(map(_picture, found)))


def listening(talks: Talks | None, audit: Audit | None) -> Handler:
    """Serves the sound as a whole: a talk of ten minutes is ten megabytes."""

    async def listen(request: web.Request) -> web.StreamResponse:
        path, who = request.match_info, str(request[TOKEN_NAME])
        try:
            sound = await asyncio.to_thread(_there(talks).listen, path["contact"], path["queue"], path["name"], who)
        except TalksAway as away:
            raise _unavailable(away) from None
        except KeyError:
            raise Problem(404, "unknown_recording", "this contact has no such recording") from None
        looked(audit, who, "recording_heard", f"{path['contact']} {path['queue']}/{path['name']}")
        return web.Response(body=sound, content_type="audio/wav", headers={"Cache-Control": "no-store"})

    return listen


def _picture(talk: KeptTalk) -> RecordingPicture:
    return RecordingPicture(
        queue=talk.queue,
        name=talk.name,
        size_bytes=talk.size_bytes,
        ended_at_ms=talk.ended_at_ms,
        keep_days=talk.keep_days,
    )


def _there(talks: Talks | None) -> Talks:
    if talks is None:
        raise Problem(503, "talks_away", "recordings are nowhere this engine could look")
    return talks


def _unavailable(away: TalksAway) -> Problem:
    return Problem(503, away.code, "the folder of recordings cannot be used", hint=f"IVR_TALKS, IVR_TALKS_HERE: {away}")


RECORDING_ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/v1/contacts/{contact}/recordings",
        "list_recordings",
        "The recorded talks of a contact that are still kept",
        Recordings,
        list_recordings,
        Nothing,
        Nothing,
        ((503, "talks_away"),),
    ),
)
