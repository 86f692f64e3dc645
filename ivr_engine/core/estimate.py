"""How long a contact will wait: a range that is honest, or nothing.

Theory of operation. With `ahead` contacts before it and n agents on duty who take each contact for a mean time m, the
contact's turn comes after `ahead + 1` of them have become free: a sum of that many steps of m/n, whose spread grows
with its square root (the Erlang distribution of a busy centre). Agents are shared with other desks, which no formula
here sees; so each desk learns by how much its waits differ from this, and answers with that. Below `KNOWN_AFTER`
contacts nothing is known, and nothing is said.

What was said to somebody is kept by its moments, not by its length: it falls as time passes, new looks may only lower
it, and when its end has gone by without an agent it is not known any more. It never rises silently.
"""

from dataclasses import dataclass
from math import sqrt

from ivr_engine.core.routing_books import Desk

KNOWN_AFTER = 5
"""Contacts of a desk: the mean of fewer is chance."""

MEAN_OF = 16
"""Handle time and correction are means in which each contact counts for one in so many."""

SPREAD = 0.84
"""Standard deviations on either side: three waits of five fall inside."""

CORRECTION_PERCENT = range(25, 401)
"""What one desk may differ from the formula: beyond it, the formula is not what is wrong."""


@dataclass(frozen=True, slots=True)
class WaitRange:
    """From now, in milliseconds."""

    from_ms: int
    mean_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """A range by its moments, with what the first look of all expected: by that the desk learns."""

    from_at_ms: int
    to_at_ms: int
    first_at_ms: int
    first_mean_ms: int


def wait_range(desk: Desk, ahead: int) -> WaitRange | None:
    """Until an agent takes a contact with so many of its desk before it; None: nobody can know."""
    if desk.idle > ahead:
        return WaitRange(0, 0, 0)
    on_duty = desk.on_duty
    if not on_duty or desk.handled < KNOWN_AFTER:
        return None
    step_ms = desk.handle_ms * desk.correction_percent / (100 * on_duty)
    turns = ahead + 1
    spread = SPREAD * sqrt(turns)
    return WaitRange(int(step_ms * max(0.0, turns - spread)), int(step_ms * turns), int(step_ms * (turns + spread)))


def looked(said: Said | None, now: WaitRange | None, now_ms: int) -> Said | None:
    """What is said after one more look: the first that knows anything, and lower ones since."""
    if now is None:
        return said
    if said is None:
        return Said(now_ms + now.from_ms, now_ms + now.to_ms, now_ms, now.mean_ms)
    if now_ms > said.to_at_ms or now_ms + now.to_ms >= said.to_at_ms:
        return said
    from_at_ms = min(said.from_at_ms, now_ms + now.from_ms)
    return Said(from_at_ms, now_ms + now.to_ms, said.first_at_ms, said.first_mean_ms)


def left(said: Said | None, now_ms: int) -> tuple[int, int] | None:
    """The range as it is by now; None: not known, or not any more."""
    if said is None or now_ms > said.to_at_ms:
        return None
    return max(0, said.from_at_ms - now_ms), said.to_at_ms - now_ms


def learn_handle_time(desk: Desk, handle_ms: int) -> None:
    """One contact more has been talked with and worked on for so long."""
    desk.handle_ms = handle_ms if not desk.handle_ms else desk.handle_ms + (handle_ms - desk.handle_ms) // MEAN_OF
    desk.handled = min(desk.handled + 1, KNOWN_AFTER)


def learn_wait(desk: Desk, said: Said, now_ms: int) -> None:
    """Somebody was answered whose wait had been estimated."""
    if not said.first_mean_ms:
        return
    percent = desk.correction_percent * (now_ms - said.first_at_ms) // said.first_mean_ms
    bounded = min(max(percent, CORRECTION_PERCENT[0]), CORRECTION_PERCENT[-1])
    desk.correction_percent += round((bounded - desk.correction_percent) / MEAN_OF)
