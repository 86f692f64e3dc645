"""`ivr-engine hours`: a year of the calendars, printed or drawn, so that a wrong day is seen before it comes."""

import json
import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ivr_engine.command_line.documents import must_be_whole
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.hours import SEOUL, Calendar
from ivr_engine.flow.hours_drawing import draw
from ivr_engine.flow.hours_holidays import FIRST_YEAR, LAST_YEAR
from ivr_engine.flow.hours_text import text_of
from ivr_engine.flow.hours_year import minutes_by_hue, year_of
from ivr_engine.flow.revision import load
from ivr_engine.flow.steps import HoursId


class YearForm(StrEnum):
    """How a year is shown."""

    TEXT = "text"
    SVG = "svg"
    JSON = "json"


def hours(
    folder: Annotated[Path, typer.Argument(help="folder of YAML documents")] = Path("dialplans"),
    year: Annotated[int | None, typer.Option(help="of the civil calendar; this one unless said")] = None,
    calendar: Annotated[list[str] | None, typer.Option(help="only this one; can be said several times")] = None,
    form: Annotated[YearForm, typer.Option("--format", help="text, an SVG picture, or JSON")] = YearForm.TEXT,
    out: Annotated[Path | None, typer.Option("--out", help="write into this file instead", dir_okay=False)] = None,
) -> None:
    """Print or draw a year of the calendars in the section `hours`."""
    wanted = year if year is not None else datetime.now(ZoneInfo(SEOUL)).year
    if not FIRST_YEAR <= wanted <= LAST_YEAR:
        give_up(f"holidays are known from {FIRST_YEAR} to {LAST_YEAR}, not for {wanted}")
    chosen = _chosen(folder, calendar or [])
    match form:
        case YearForm.TEXT:
            shown = "\n".join(text_of(one, wanted) for one in chosen)
        case YearForm.SVG:
            shown = draw(chosen, wanted)
        case YearForm.JSON:
            shown = json.dumps([_listed(one, wanted) for one in chosen], ensure_ascii=False, indent=1) + "\n"
    if out is None:
        print(shown, end="")
        return
    try:
        out.write_text(shown, encoding="utf-8")
    except OSError as error:
        give_up(f"cannot write {out}: {error.strerror or os.fspath(out)}")


def _chosen(folder: Path, names: list[str]) -> tuple[Calendar, ...]:
    must_be_whole(folder)
    try:
        calendars = load(folder).hours.calendars
    except FlowErrors as errors:
        print(f"{errors.diagnostics[0]}; see all of it with: ivr-engine check {folder}", file=sys.stderr)
        raise typer.Exit(WRONG) from None
    if not calendars:
        give_up(f"{folder} has no calendars: write them into the section 'hours' of a document")
    unknown = [name for name in names if name not in calendars]
    if unknown:
        give_up(f"there is no calendar '{unknown[0]}'; there are {', '.join(calendars)}")
    return tuple(calendars[HoursId(name)] for name in names) if names else tuple(calendars.values())


def _listed(calendar: Calendar, year: int) -> dict[str, object]:
    days = year_of(calendar, year)
    return {
        "calendar": calendar.id,
        "title": calendar.title,
        "year": year,
        "zone": calendar.zone,
        "minutes": {hue.value: count for hue, count in sorted(minutes_by_hue(days).items())},
        "days": [
            {
                "date": view.day.isoformat(),
                "state": view.hue.value,
                "open": [str(shift) for shift in view.opened],
                "open_minutes": view.open_minutes,
                "holiday": view.holiday,
                "exception": view.special,
            }
            for view in days
        ],
    }
