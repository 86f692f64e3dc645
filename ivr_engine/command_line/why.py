"""`ivr-engine why CONTACT`: why a citizen waited, and why it was that agent, as a story with times."""

import asyncio
import sys
from datetime import datetime
from typing import Any

import typer
from aiohttp import ClientError, ClientSession, ClientTimeout

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import SEOUL
from ivr_engine.reports.ports import PastAway
from ivr_engine.reports.why import Story, written
from ivr_engine.settings import Settings, SettingsRefused, from_environment
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.lookup import nearest
from ivr_engine.storage.reporting import JournalPast

ENGINE_SECONDS = 2.0
"""For the running engine on this machine to say how things stand now; the journal's story is told without it."""


def why(contact: str = typer.Argument(help="its identifier: the uniqueid of the citizen's channel")) -> None:
    """Why a contact waited, and why that agent: candidates, what kept the others, which key won, steps, promises."""
    try:
        settings = from_environment()
        story, near = asyncio.run(_look(settings.database_url, contact))
    except (StorageError, SettingsRefused, PastAway) as known:
        give_up(str(known))
    if story is None:
        print(f"the journal has no contact {contact}; the newest that could be meant: {near}", file=sys.stderr)
        raise typer.Exit(WRONG)
    clock = [datetime.fromtimestamp(moment.at_ms / 1000, SEOUL).strftime("%H:%M:%S") for moment in story.moments]
    print(written(story, clock), end="")
    if not story.disposition:
        print(asyncio.run(_now(settings, contact)))


async def _look(url: str, contact: str) -> tuple[Story | None, str]:
    async with opened(url) as database:
        story = await JournalPast(database).story(contact)
        near = ", ".join(await nearest(database, contact)) if story is None else ""
        return story, near or "none at all"


async def _now(settings: Settings, contact: str) -> str:
    """What the running engine says of a contact that is open."""
    token = settings.own_token()
    if token is None:
        return "now: no token without a role in IVR_API_TOKENS, so the running engine was not asked"
    url = f"http://{settings.api_host}:{settings.api_port}/v1/contacts/{contact}/why"
    head = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=ENGINE_SECONDS)) as session,
            session.get(url, headers=head) as response,
        ):
            told = (await response.json(content_type=None)).get("now") if response.status == 200 else None
    except (ClientError, TimeoutError, ValueError):
        return f"now: no engine answers on {settings.api_host}:{settings.api_port}"
    return _standing(told) if told else "now: the engine knows no open contact of that name"


def _standing(now: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {why}" for why, count in sorted(now["counts"].items()))
    place = f"place {now['place']}" if now["place"] is not None else now["phase"]
    expected = f", expected wait {now['expected_wait_ms'] / 1000:.0f} s" if now["expected_wait_ms"] is not None else ""
    near = ", ".join(f"{one['agent']} {one['why']}" for one in now["agents"][:5])
    return (
        f"now: {place}{expected}; needs {now['needs'] or 'anybody'}; agents: {counts or 'none'}; nearest: {near or '–'}"
    )
