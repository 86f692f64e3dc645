"""`ivr-engine show CONTACT`: what happened to one citizen, from the journal, as a ladder.

Shown to people with a shell on the machine; the caller's number is masked there too, because ladders are copied into
tickets and mails.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ivr_engine.api.pictures import mask
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import written_moment
from ivr_engine.replay import ladder_svg, ladder_text
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.journal_facts import Names, facts_of
from ivr_engine.replay.ladder import Ladder, ladder_of
from ivr_engine.settings import SettingsRefused, from_environment
from ivr_engine.storage.database import opened
from ivr_engine.storage.errors import StorageError
from ivr_engine.storage.lookup import ENTRIES, ContactPast, nearest, past_of


class NoSuchContact(Exception):  # noqa: N818  (the situation is the name)
    """The journal has nothing of that identifier."""


def show(
    contact: Annotated[str, typer.Argument(help="its identifier: the uniqueid of the citizen's channel")],
    svg: Annotated[Path | None, typer.Option("--svg", help="draw it into this file instead", dir_okay=False)] = None,
) -> None:
    """What happened to one contact, as a ladder: legs, bridges, offers with reasons, times."""
    try:
        past = asyncio.run(_look(from_environment().database_url, contact))
    except NoSuchContact as missing:
        print(missing, file=sys.stderr)
        raise typer.Exit(WRONG) from None
    except (StorageError, SettingsRefused) as known:
        give_up(str(known))
    except ValueError as foreign:
        give_up(f"the journal of {contact} cannot be read by this version: {foreign}")
    ladder = ladder_of_past(past)
    if svg is None:
        screen = Console()
        columns = max(80, screen.width) if screen.is_terminal else ladder_text.COLUMNS
        print(ladder_text.written(ladder, columns, colour=screen.is_terminal and not screen.no_color), end="")
    else:
        try:
            svg.write_text(ladder_svg.draw(ladder), encoding="utf-8")
        except OSError as error:
            give_up(f"cannot write {svg}: {error.strerror or os.fspath(svg)}")
        print(f"{svg}: {len(ladder.rungs)} rungs")
    if len(past.entries) == ENTRIES:
        print(f"ivr-engine: only the first {ENTRIES} decisions were looked at", file=sys.stderr)


def ladder_of_past(past: ContactPast) -> Ladder:
    """The ladder of a contact as the journal tells it. Times count from its arrival."""
    names = Names(past.arrived_at_ms, {})
    who = f"…{mask(past.caller).lstrip('*')}" if past.caller else "citizen"
    names.bind(past.contact, who)
    facts = facts_of(((entry.at_ms, entry.notices) for entry in past.entries), names)
    started = {"started": "true"}
    facts += [Happened(at_ms - past.arrived_at_ms, Verb.ENGINE, "", started) for at_ms in past.starts_ms]
    facts.sort(key=lambda fact: fact.at_ms)
    arrived = written_moment(past.arrived_at_ms)
    title = f"{past.contact} · {past.number or 'number unknown'} · {arrived} · {past.disposition or 'still open'}"
    return ladder_of(History(tuple(facts)), who, title=title)


async def _look(url: str, contact: str) -> ContactPast:
    async with opened(url) as database:
        past = await past_of(database, contact)
        if past is None:
            known = ", ".join(await nearest(database, contact)) or "none at all"
            raise NoSuchContact(f"the journal has no contact {contact}; the newest that could be meant: {known}")
        return past
