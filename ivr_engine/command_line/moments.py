"""Moments as people type and read them on the command line: Seoul's time, whatever the machine's own zone is."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ivr_engine.command_line.ending import give_up

SEOUL = ZoneInfo("Asia/Seoul")

FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def moment_ms(written: str) -> int:
    """Seoul's time as it is written, to milliseconds since the Unix epoch; ends the command when it is none."""
    for form in FORMS:
        try:
            moment = datetime.strptime(written, form).replace(tzinfo=SEOUL)
        except ValueError:
            continue
        return int(moment.timestamp()) * 1000
    return give_up(f"{written!r} is no time; write '2026-11-23 10:00'")


def written_moment(at_ms: int) -> str:
    """Milliseconds since the Unix epoch, as a person in Seoul reads them, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, SEOUL).strftime("%Y-%m-%d %H:%M:%S")
