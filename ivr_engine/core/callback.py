"""The callback: a citizen who hung up with a promise, and whose place in the queue waits without a leg.

Theory of operation. promised (still on the line) → waiting (stands in the queue's order, with the age of the first
call) → dialled (the citizen's phone rings) → on_line (picked up; a contact like any other from there) → ended. Back
edges lead to resting: outside the hours, and between two dials. Ended is final and has one outcome. Whatever lives on
the switch has the name of one dial (`leg`), so that two dials never meet, not even across lives of the engine.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.machine import Table
from ivr_engine.core.queue_rules import CallbackRules
from ivr_engine.core.vocabulary import CallbackId, CallbackState, ContactId

DAY_MINUTES = 24 * 60
_MINUTE_MS = 60_000

_CALLBACK = "-cb"
"""Behind the origin's uniqueid, which has digits and dots alone on a real switch."""


class CallbackStimulus(StrEnum):
    STOOD = "stood"
    RESTED = "rested"
    DIALLED = "dialled"
    PICKED_UP = "picked_up"
    NOT_REACHED = "not_reached"
    OVER = "over"


_C, _S = CallbackState, CallbackStimulus

CALLBACK_STATES: Table[CallbackState, CallbackStimulus] = Table(
    name="callback",
    initial=CallbackState.PROMISED,
    rows={
        (_C.PROMISED, _S.STOOD): _C.WAITING,
        (_C.PROMISED, _S.RESTED): _C.RESTING,
        (_C.PROMISED, _S.OVER): _C.ENDED,
        (_C.WAITING, _S.RESTED): _C.RESTING,
        (_C.WAITING, _S.DIALLED): _C.DIALLED,
        (_C.WAITING, _S.OVER): _C.ENDED,
        (_C.RESTING, _S.STOOD): _C.WAITING,
        (_C.RESTING, _S.OVER): _C.ENDED,
        (_C.DIALLED, _S.PICKED_UP): _C.ON_LINE,
        (_C.DIALLED, _S.NOT_REACHED): _C.RESTING,
        (_C.DIALLED, _S.OVER): _C.ENDED,
        (_C.ON_LINE, _S.NOT_REACHED): _C.RESTING,
        (_C.ON_LINE, _S.OVER): _C.ENDED,
        # the journal knew of a dial, and the switch shows what became of it
        (_C.RESTING, _S.PICKED_UP): _C.ON_LINE,
    },
    late=frozenset({(_C.RESTING, _S.PICKED_UP)}),
)


@dataclass(slots=True, eq=False)
class Callback:
    """One promise, as the core keeps it. Only the engine changes it."""

    id: CallbackId
    origin: ContactId
    """The contact that asked for it."""
    number: str
    line: str
    """The number of ours that was dialled then."""
    request: ToQueue
    asked_at_ms: int
    place_ms: int
    """Since when the citizen counts as waiting: the age of the first call."""
    state: CallbackState = CallbackState.PROMISED
    dials: int = 0
    leg: ContactId | None = None
    """Of the dial that stands in the order, rings or is on the line: the uniqueid of the citizen's channel."""
    next_at_ms: int = 0
    """Rests until then."""
    stood: int = 0
    """How often it took its place in the order: what its legs are numbered by."""
    telephone: str = ""
    """The number as `canonical` has it: by which a caller is known again."""


def callback_of(origin: ContactId) -> CallbackId:
    """The name of what this contact was promised; one contact is promised one callback."""
    return CallbackId(f"{origin}{_CALLBACK}")


def origin_of(contact: str) -> str:
    """The contact whose promise this dial keeps; any other contact is its own origin."""
    return contact.partition(_CALLBACK)[0]


def keeps_a_promise(contact: str) -> bool:
    """We dialled this citizen: the call that was promised was counted as offered already, and is not counted again."""
    return _CALLBACK in contact


def canonical(number: str, country: str) -> str:
    """The same for one telephone, whether it was written at home (010…) or with the country before it (+8210…)."""
    return "0" + number[len(country) :] if country and number.startswith(country) else number


def may_be_dialled(rules: CallbackRules, number: str) -> bool:
    """One of the site's patterns (`X` is any digit) fits the whole number; without a pattern nobody is dialled."""
    digits = canonical(number, rules.country)
    return any(fits(pattern, digits) for pattern in rules.numbers)


def fits(pattern: str, digits: str) -> bool:
    """`010XXXXXXXX`: digits as they are, and any digit for each X; the whole number."""
    return re.fullmatch(pattern.replace("X", "[0-9]"), digits, re.ASCII) is not None


def opens_at_ms(rules: CallbackRules, now_ms: int) -> int:
    """When citizens may be rung: `now_ms` within the hours, else their next beginning."""
    if rules.from_minute == rules.to_minute:
        return now_ms
    minute = (now_ms // _MINUTE_MS + rules.utc_offset_minutes) % DAY_MINUTES
    if _within(rules, minute):
        return now_ms
    wait_minutes = (rules.from_minute - minute) % DAY_MINUTES
    return now_ms - now_ms % _MINUTE_MS + wait_minutes * _MINUTE_MS


def closes_at_ms(rules: CallbackRules, now_ms: int) -> int | None:
    """The end of the hours that are open at `now_ms`; None where they never end."""
    if rules.from_minute == rules.to_minute:
        return None
    minute = (now_ms // _MINUTE_MS + rules.utc_offset_minutes) % DAY_MINUTES
    return now_ms - now_ms % _MINUTE_MS + ((rules.to_minute - minute) % DAY_MINUTES) * _MINUTE_MS


def _within(rules: CallbackRules, minute: int) -> bool:
    if rules.from_minute < rules.to_minute:
        return rules.from_minute <= minute < rules.to_minute
    return minute >= rules.from_minute or minute < rules.to_minute
