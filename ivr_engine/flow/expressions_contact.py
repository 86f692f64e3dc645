"""What every expression may ask of the contact, and of the moment it was told.

    now.time now.date now.weekday now.hour now.day now.month now.year
    caller caller.mobile caller.withheld
    number agency language
    visits tries waited_seconds

One moment holds for a whole visit, and it is the civil time of the centre's zone: a flow reads no clock.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ivr_engine.core.conversation import CallerCard, Moment, ValueType
from ivr_engine.flow.expressions_tree import DATE, TEXT, TIME, TRUTH, WEEKDAY, WEEKDAYS, WHOLE, Kind, Type, Value

NOBODY = "none"
"""The word for the agency of a number that is nobody's in particular, as 120 itself."""

TYPES: Mapping[ValueType, Type] = {
    ValueType.TEXT: TEXT,
    ValueType.WHOLE_NUMBER: WHOLE,
    ValueType.TRUTH: TRUTH,
}
"""The types that a variable may have."""

_MOBILE = re.compile(r"(?:0|\+?82)1[016-9][0-9]{7,8}", re.ASCII)
"""Korean mobile numbers: 010 with eight digits, 011 and 016 to 019 with seven or eight."""

_DIGITS = re.compile(r"\+?[0-9]{2,}", re.ASCII)


def contact_types(agencies: Iterable[str], languages: Iterable[str]) -> dict[str, Type]:
    """Every name of the contact with its type; a flow's variables are added to these."""
    return {
        "now.time": TIME,
        "now.date": DATE,
        "now.weekday": WEEKDAY,
        "now.hour": WHOLE,
        "now.day": WHOLE,
        "now.month": WHOLE,
        "now.year": WHOLE,
        "caller": TEXT,
        "caller.mobile": TRUTH,
        "caller.withheld": TRUTH,
        "number": TEXT,
        "agency": Type(Kind.WORD, "agency", (*dict.fromkeys((*agencies, NOBODY)),)),
        "language": Type(Kind.WORD, "language", tuple(languages)),
        "visits": WHOLE,
        "tries": WHOLE,
        "waited_seconds": WHOLE,
    }


RESERVED = frozenset(contact_types((), ()))
"""No variable can be called so."""


def contact_values(card: CallerCard, *, number: str, agency: str, language: str, tries: int) -> dict[str, Value]:
    """What those names are worth for one contact now.

    `number` is the dialled one as the registry writes it, `agency` may be empty, `tries` are the failed tries of the
    question asked last.
    """
    return {
        **moment_values(card.moment),
        "caller": card.caller,
        "caller.mobile": _MOBILE.fullmatch(card.caller) is not None,
        "caller.withheld": _DIGITS.fullmatch(card.caller) is None,
        "number": number,
        "agency": agency or NOBODY,
        "language": language,
        "visits": card.visits,
        "tries": tries,
        "waited_seconds": card.waited_seconds,
    }


@lru_cache(maxsize=64)
def moment_values(moment: Moment) -> Mapping[str, Value]:
    """What `now` means; kept for the moments of the visits in progress, because every step may ask again."""
    now = civil(moment)
    return {
        "now.time": now.hour * 60 + now.minute,
        "now.date": now.date(),
        "now.weekday": WEEKDAYS[now.weekday()],
        "now.hour": now.hour,
        "now.day": now.day,
        "now.month": now.month,
        "now.year": now.year,
    }


def civil(moment: Moment, zone: str = "") -> datetime:
    """The moment on the clocks of a zone; of its own where none is named."""
    return datetime.fromtimestamp(moment.at_ms / 1000, UTC).astimezone(ZoneInfo(zone or moment.zone))
