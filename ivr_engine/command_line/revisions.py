"""`ivr-engine reload` and `ivr-engine revisions`: documents into the engine that serves, and who did so before."""

import asyncio
import getpass
import json
import re
import sys
from enum import StrEnum
from typing import Annotated, Any

import aiohttp
import typer

from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import written_moment
from ivr_engine.runtime.ports import RevisionChange, RevisionWas
from ivr_engine.settings import Settings, SettingsRefused, from_environment
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.revision_history import latest_changes

RELOAD_SECONDS = 60.0
"""A set of a thousand steps takes one; a machine under full load several."""


class HistoryForm(StrEnum):
    TEXT = "text"
    JSON = "json"


def reload(
    canary: Annotated[
        int | None, typer.Option("--canary", min=1, max=99, help="try it on so many percent of the contacts")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="end the trial; nothing is loaded")] = False,
    despite: Annotated[bool, typer.Option("--despite", help="also a revision that was rolled back")] = False,
    api: Annotated[str, typer.Option(help="the engine's API; the one of IVR_API_HOST and IVR_API_PORT")] = "",
) -> None:
    """Have the running engine load its folder of documents. Exit status 1: refused, the old ones serve on."""
    if withdraw and canary is not None:
        give_up("--withdraw ends a trial and --canary begins one: say one of them")
    settings = _settings()
    address = api.rstrip("/") or f"http://{settings.api_host}:{settings.api_port}"
    token = settings.own_token()
    if not token:
        give_up("there is no token without a role: set IVR_API_TOKENS to what the engine was started with")
    percent = 0 if withdraw else canary if canary is not None else 100
    body = {"canary_percent": percent, "despite": despite, "by": re.sub(r"[^A-Za-z0-9_.@-]", "_", _user())[:64]}
    try:
        status, answer = asyncio.run(_ask(f"{address}/v1/revisions", token, body))
    except (aiohttp.ClientError, TimeoutError, OSError) as away:
        give_up(f"no engine answers on {address}: {away or type(away).__name__}")
    if status == 409:
        for place in answer.get("places") or [{"message": answer.get("detail", "")}]:
            print(place["message"])
        print(f"ivr-engine: refused ({answer.get('code')}); {answer.get('hint', '')}", file=sys.stderr)
        raise typer.Exit(WRONG)
    if status != 200:
        give_up(f"{address} answers {status}: {answer.get('detail', '')}; {answer.get('hint', '')}")
    tried = f"; {answer['canary']} is tried on {answer['percent']} % of the contacts" if answer["canary"] else ""
    print(f"revision {answer['stable']} is in force{tried}")


def revisions(
    limit: Annotated[int, typer.Option(min=1, max=500, help="how many changes")] = 20,
    form: Annotated[HistoryForm, typer.Option("--format", help="text or json")] = HistoryForm.TEXT,
) -> None:
    """Who changed what citizens hear, and when: the newest first, from the database."""
    settings = _settings()
    try:
        changes = asyncio.run(_history(settings.database_url, limit))
    except StorageError as away:
        give_up(str(away))
    if form is HistoryForm.JSON:
        print(json.dumps([_plain(change) for change in changes], ensure_ascii=False, indent=1))
        return
    for change in changes:
        print(_line(change))


def _line(change: RevisionChange) -> str:
    when = written_moment(change.at_ms)
    share = f" ({change.percent} %)" if change.was is RevisionWas.PUT_ON_TRIAL else ""
    why = change.why.splitlines()
    more = f" (and {len(why) - 1} more)" if len(why) > 1 else ""
    told = f"  {why[0]}{more}" if why else ""
    return f"{when}  {change.revision or '-':12}  {change.was.replace('_', ' ')}{share}  by {change.who or '-'}{told}"


def _plain(change: RevisionChange) -> dict[str, object]:
    return {
        "at_ms": change.at_ms,
        "revision": change.revision,
        "was": change.was,
        "who": change.who,
        "percent": change.percent,
        "why": change.why,
    }


async def _ask(address: str, token: str, body: dict[str, object]) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(RELOAD_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(address, json=body, headers=headers) as answer,
    ):
        told = await answer.json(content_type=None)
        return answer.status, told if isinstance(told, dict) else {}


async def _history(url: str, limit: int) -> tuple[RevisionChange, ...]:
    async with opened(url) as database:
        return await latest_changes(database, limit)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _settings() -> Settings:
    try:
        return from_environment()
    except SettingsRefused as refused:
        give_up(str(refused))
