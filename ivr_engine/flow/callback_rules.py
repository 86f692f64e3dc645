"""The `callback:` of a queue: how a promise to call a citizen back is kept, read and checked. See docs/callback.md."""

import re

from ivr_engine.core.callback import DAY_MINUTES
from ivr_engine.core.queue_rules import CallbackFirst, CallbackRules
from ivr_engine.flow.form import Form

KEYS = (
    "dials",
    "first",
    "ring_seconds",
    "spacing_seconds",
    "expires_seconds",
    "from",
    "to",
    "numbers",
)

DIALS = 3
"""As often as a centre tries that says nothing else."""

_AREAS = "031 032 033 041 042 043 044 051 052 053 054 055 061 062 063 064"
NUMBERS = (
    *("010XXXXXXXX", "070XXXXXXXX", "02XXXXXXX", "02XXXXXXXX"),
    *(area + digits for area in _AREAS.split() for digits in ("XXXXXXX", "XXXXXXXX")),
)
"""Korea's mobiles, landlines and internet telephones; no 060 (paid services), no 00 (abroad), no short numbers."""

_NUMBER = re.compile(r"[0-9X]{7,15}", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
HOUR_MS = 3_600_000


def read_callback(form: Form) -> CallbackRules:
    """The rules that the queue says; a queue without `callback` dials nobody."""
    below = form.below("callback", "callback", KEYS)
    if below is None:
        return CallbackRules()
    usual = CallbackRules()
    return CallbackRules(
        dials=below.whole("dials", 1, 10, DIALS),
        first=CallbackFirst(below.one_of("first", tuple(CallbackFirst), usual.first)),
        ring_ms=below.seconds_as_ms("ring_seconds", 5_000, 60_000, usual.ring_ms),
        spacing_ms=below.seconds_as_ms("spacing_seconds", 1_000, 24 * HOUR_MS, usual.spacing_ms),
        expires_ms=below.seconds_as_ms("expires_seconds", 60_000, 7 * 24 * HOUR_MS, usual.expires_ms),
        from_minute=_minute(below, "from"),
        to_minute=_minute(below, "to"),
        numbers=_numbers(below),
    )


def _minute(form: Form, key: str) -> int:
    text = form.text(key, "", empty=True)
    match = _TIME.fullmatch(text) if text else None
    if text and (match is None or text > "24:00"):
        form.error(key, "callback", f"'{key}' is no time of the day", hint="such as 09:00, in quotes")
        return 0
    other = "to" if key == "from" else "from"
    if text and not form.has(other):
        form.error(key, "callback", f"hours have two ends: '{key}' stands without '{other}'")
    return (int(match[1]) * 60 + int(match[2])) % DAY_MINUTES if match is not None else 0


def _numbers(form: Form) -> tuple[str, ...]:
    numbers = form.texts("numbers")
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            form.error(
                "numbers", "callback", f"'{number}' is no pattern of numbers", hint="7 to 15 digits, X for any of them"
            )
            return ()
    return numbers or NUMBERS
