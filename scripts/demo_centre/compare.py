"""Two accounts of the same calls: what the SIP phones saw, and what the engine wrote down. Pure.

The phones know nothing of the engine. A citizen's phone knows when it was answered by the switch and who hung up; a
counsellor's phone knows when its person picked up, for which caller, and who hung up. The engine's account is its
journal, the rows that follow from it, its metrics, and what its feed told the board. All must agree.

*Lost* is a contact whose citizen's leg ended although no citizen hung up, no counsellor or official ended the talk, and
no disposition of the flow ended it. It is judged from the phones, the disposition aside.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.phones import Seen

TOLERANCE_SECONDS = 1.0
"""By how much two clocks of one talk may differ: a few ms of signalling, and SIPp's own delay on two busy cores."""

LAST_WORD_SECONDS = 3.0
"""A citizen whom the last party has left is let go within this (one second after a conference); longer is dead air."""

CONFERENCE_SECONDS = 1.0
"""So long a conference keeps a citizen whom everybody has left; the talk is written down with it."""

SURVEYED = frozenset({"english", "chinese", "japanese", "vietnamese", "mongolian"})
SURVEY_SECONDS = 60.0
"""The desks that ask who stays on the line how it was (dialplans/queues.yaml), and the longest that takes."""

LOST_RACE_SECONDS = 1.0
"""A phone picked up as its ringing was being withdrawn is let go within this; a longer talk is a second agent."""

ENDED_BY_FLOW = frozenset({"self_served", "closed", "rejected", "overflowed", "voicemail", "callback"})
"""Dispositions with which 120 itself ends a call."""

WITHOUT_A_TALK = frozenset({"abandoned", *ENDED_BY_FLOW})
"""What can be written down about a citizen whom no counsellor answered."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One contact as the engine wrote it down."""

    contact: str
    caller: str
    number: str
    queue: str
    agent: str
    disposition: str
    queued_at_ms: int | None
    answered_at_ms: int | None
    ended_at_ms: int | None
    wait_ms: int | None
    talk_ms: int | None
    within_promise: bool


@dataclass(frozen=True, slots=True)
class Outside:
    """What the phones saw. `cut`: callers whom the end of the demo itself hung up."""

    citizens: Sequence[Seen]
    agents: Sequence[Seen]
    officials: Sequence[Seen]
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Inside:
    """What the engine says. `own_phones`: of a person who takes part, whose phone is none of ours."""

    contacts: Sequence[Booked]
    journal: Mapping[str, int]
    metrics: Mapping[str, int]
    board: Mapping[str, int]
    own_phones: frozenset[str] = frozenset()


@dataclass(slots=True)
class Verdict:
    """What does not agree, in words, and who was lost (callers)."""

    differences: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    largest_gap_seconds: float = 0.0
    """Between the two accounts of any one talk's length."""
    talks_compared: int = 0

    @property
    def agrees(self) -> bool:
        return not self.differences and not self.lost


def compare(outside: Outside, inside: Inside) -> Verdict:
    """Call by call, and sum by sum."""
    verdict = Verdict()
    booked = {contact.caller: contact for contact in inside.contacts}
    verdict.differences += _totals(inside)
    verdict.differences += _one_each(outside.citizens, inside)
    answers = _by_caller(outside.agents)
    for citizen in outside.citizens:
        contact = booked.get(citizen.name)
        if contact is not None:
            _judge(citizen, contact, answers.get(citizen.name, ()), outside, inside, verdict)
    return verdict


def dispositions(contacts: Iterable[Booked]) -> Counter[str]:
    """How many contacts ended in which way; `open` for those that have not."""
    return Counter(contact.disposition or "open" for contact in contacts)


def _totals(inside: Inside) -> Iterator[str]:
    # a call that the viewer still has is no fault of the engine's
    rows = dispositions(c for c in inside.contacts if c.disposition or c.caller not in inside.own_phones)
    for name, counted in (("journal", inside.journal), ("metrics", inside.metrics), ("board", inside.board)):
        for disposition in sorted({*rows, *counted}):
            here, there = rows.get(disposition, 0), counted.get(disposition, 0)
            if here != there:
                yield f"{disposition}: {here} in the table of contacts, {there} in the {name}"


def _one_each(citizens: Sequence[Seen], inside: Inside) -> Iterator[str]:
    called = Counter(citizen.name for citizen in citizens)
    wrote = Counter(contact.caller for contact in inside.contacts if contact.caller not in inside.own_phones)
    for caller in sorted({*called, *wrote}):
        if called[caller] != wrote[caller]:
            yield f"{caller}: called {called[caller]} times, written down {wrote[caller]} times"


def _by_caller(agents: Iterable[Seen]) -> dict[str, list[Seen]]:
    answers: dict[str, list[Seen]] = {}
    for phone in agents:
        if phone.answered_at is not None:
            answers.setdefault(phone.other, []).append(phone)
    return answers


def _judge(
    citizen: Seen, contact: Booked, answers: Sequence[Seen], outside: Outside, inside: Inside, verdict: Verdict
) -> None:
    def differs(words: str) -> None:
        verdict.differences.append(f"{citizen.name}: {words}")

    if citizen.other != contact.number:
        differs(f"dialled {citizen.other}, written down as {contact.number}")
    if citizen.ended_at is None or contact.ended_at_ms is None:
        differs("the call has not ended" if citizen.ended_at is None else "the contact has not ended")
        return
    if abs(citizen.ended_at - contact.ended_at_ms / 1_000) > TOLERANCE_SECONDS and citizen.name not in outside.cut:
        differs(f"ended {citizen.ended_at - contact.ended_at_ms / 1_000:+.2f} s apart")
    if contact.agent not in inside.own_phones:
        talks = [phone for phone in answers if not _lost_race(phone)]
        _judge_talk(citizen, contact, talks, outside, verdict)
    if _was_lost(citizen, contact, outside, inside):
        verdict.lost.append(citizen.name)


def _lost_race(phone: Seen) -> bool:
    seconds = phone.talk_seconds
    return phone.ended_by == "them" and seconds is not None and seconds < LOST_RACE_SECONDS


def _answered_at(phone: Seen) -> float:
    return phone.answered_at or 0.0


def _at_once(one: Seen, other: Seen) -> bool:
    return one.ended_at is None or one.ended_at - _answered_at(other) > TOLERANCE_SECONDS


def _judge_talk(citizen: Seen, contact: Booked, talks: Sequence[Seen], outside: Outside, verdict: Verdict) -> None:
    def differs(words: str) -> None:
        verdict.differences.append(f"{citizen.name}: {words}")

    heard = ", ".join(sorted({phone.name for phone in talks})) or "nobody"
    if contact.answered_at_ms is None:
        if talks:
            differs(f"{heard} answered, written down as {contact.disposition} without an answer")
        elif contact.disposition not in WITHOUT_A_TALK:
            differs(f"nobody answered, written down as {contact.disposition}")
        return
    if contact.disposition != "answered":
        differs(f"answered by {contact.agent}, yet written down as {contact.disposition}")
    talk = next((phone for phone in talks if phone.name == contact.agent), None)
    if talk is None or talk.answered_at is None or citizen.ended_at is None:
        if citizen.ended_by != "us" or contact.talk_ms is None or contact.talk_ms / 1_000 > LOST_RACE_SECONDS:
            differs(f"{heard} answered, written down as answered by {contact.agent}")
        return
    if any(_at_once(one, other) for one, other in itertools.pairwise(sorted(talks, key=_answered_at))):
        differs(f"{heard} talked with the citizen at the same time")
    if contact.talk_ms is None or citizen.name in outside.cut or len(talks) > 1:
        return  # with a second agent in turn, no single phone knows how long it was
    over_at = citizen.ended_at
    alone_seconds = 0.0
    if contact.queue in SURVEYED:  # the citizen stays for the questions, after the last of the others has left
        others = [party for party in outside.officials if party.other == citizen.name and party.answered_at]
        left = [party.ended_at for party in (talk, *others) if party.ended_at is not None]
        over_at = min(over_at, max(left, default=over_at))
        alone_seconds = CONFERENCE_SECONDS if others else 0.0
    longer_seconds = contact.talk_ms / 1_000 - (over_at - talk.answered_at)
    gap_seconds = min(abs(longer_seconds), abs(longer_seconds - alone_seconds))
    verdict.largest_gap_seconds = max(verdict.largest_gap_seconds, gap_seconds)
    verdict.talks_compared += 1
    if gap_seconds > TOLERANCE_SECONDS:
        seen = over_at - talk.answered_at
        differs(f"talked for {seen:.2f} s, written down as {contact.talk_ms / 1_000:.2f} s")


def _was_lost(citizen: Seen, contact: Booked, outside: Outside, inside: Inside) -> bool:
    if citizen.ended_by in ("us", "cancelled"):
        return False
    if citizen.ended_by != "them":
        return True  # refused by the switch
    if contact.answered_at_ms is None:
        return contact.disposition not in ENDED_BY_FLOW
    parties = itertools.chain(outside.agents, outside.officials)
    within_seconds = SURVEY_SECONDS if contact.queue in SURVEYED else LAST_WORD_SECONDS
    return contact.agent not in inside.own_phones and not any(_let_go(one, citizen, within_seconds) for one in parties)


def _let_go(party: Seen, citizen: Seen, within_seconds: float) -> bool:
    """Whether this counsellor or official ended the citizen's talk by hanging up."""
    if party.other != citizen.name or party.answered_at is None or party.ended_by != "us":
        return False
    if party.ended_at is None or citizen.ended_at is None:
        return False
    return -TOLERANCE_SECONDS < citizen.ended_at - party.ended_at < within_seconds
