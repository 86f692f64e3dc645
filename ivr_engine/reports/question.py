"""What a report is asked: of which time, split by what, and by whose clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from ivr_engine.core.configuration import Configuration
from ivr_engine.core.events import Configured, Event
from ivr_engine.core.notices import (
    AgentChanged,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactSentOn,
    ContactWaits,
    ContractorBooked,
    Notice,
    OfferEnded,
    TalkRecorded,
)

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

INTERVALS_MS = (15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, DAY_MS)
SEOUL_MS = 9 * HOUR_MS
"""Ahead of UTC; Korea has had no summer time since 1988, so that an interval's start is plain arithmetic."""

AGAIN_MS = DAY_MS
"""Who joins the same queue again within this was not helped the first time, unless the question says otherwise."""

SHIFT_MS = 12 * HOUR_MS
"""How long before its first moment a report reads, to know who was logged in then, and at least how long it reads
on: no shift is longer, and no contact."""

FLOW_MS = HOUR_MS
"""The same for those who joined a queue in its first moment: nobody stays in the menus for longer."""

LONGEST_MS = 400 * DAY_MS
"""A year with a month to compare; more belongs into several reports."""

ROWS = 100_000
"""In one report: 190 agents by quarters of an hour over five days. Nobody reads more, and each row costs 1 KB."""


class ReportRefused(ValueError):  # noqa: N818  (the situation is the name)
    """The question makes no sense, or its answer would be too large; `hint` says what to ask instead."""

    code = "report_refused"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}; {self.hint}"


class Kind(StrEnum):
    """Which report."""

    SERVICE_LEVEL = "service-level"
    AGENTS = "agents"
    CONTRACTORS = "contractors"


class Dimension(StrEnum):
    """By what the rows of a report are split."""

    QUEUE = "queue"
    SKILL = "skill"
    AGENCY = "agency"
    LANGUAGE = "language"
    CONTRACTOR = "contractor"
    AGENT = "agent"
    NUMBER = "number"
    INTERVAL = "interval"


ALLOWED: dict[Kind, frozenset[Dimension]] = {
    Kind.SERVICE_LEVEL: frozenset(Dimension),
    Kind.AGENTS: frozenset({Dimension.AGENT, Dimension.CONTRACTOR, Dimension.INTERVAL}),
    Kind.CONTRACTORS: frozenset({Dimension.QUEUE, Dimension.SKILL, Dimension.INTERVAL}),
}
_CONTACTS = (ContactBegan, ContactConnected, ContactEnded, ContactSentOn, ContactWaits, TalkRecorded)
_OF: dict[Kind, frozenset[type]] = {
    Kind.SERVICE_LEVEL: frozenset(_CONTACTS),
    Kind.AGENTS: frozenset(),
    Kind.CONTRACTORS: frozenset({ContactWaits, ContactEnded, ContractorBooked}),
}
_OF_AGENTS: frozenset[type] = frozenset({AgentChanged, OfferEnded})

USUAL: dict[Kind, tuple[Dimension, ...]] = {
    Kind.SERVICE_LEVEL: (Dimension.QUEUE,),
    Kind.AGENTS: (Dimension.AGENT,),
    Kind.CONTRACTORS: (Dimension.QUEUE,),
}

Key = tuple[str | int, ...]
"""The values of a row in the order of `by`; an interval is its start (epoch, ms), what is not known is empty."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that shapes a report. Raises ReportRefused for one that makes no sense."""

    from_ms: int
    to_ms: int
    """Not included."""
    kind: Kind = Kind.SERVICE_LEVEL
    by: tuple[Dimension, ...] = ()
    interval_ms: int = 30 * MINUTE_MS
    threshold_ms: int | None = None
    """T of every formula; None: each queue's own answer promise."""
    again_ms: int = AGAIN_MS
    contractor: str = ""
    """Only what this contractor may see: its own agents, and the contacts that they took."""

    def __post_init__(self) -> None:
        if self.to_ms <= self.from_ms:
            raise ReportRefused("the report ends before it begins", "`from` is the earlier moment, `to` the later")
        if self.to_ms - self.from_ms > LONGEST_MS:
            raise ReportRefused(f"more than {LONGEST_MS // DAY_MS} days", "ask for several reports")
        if self.interval_ms not in INTERVALS_MS:
            raise ReportRefused("no such interval", "15m, 30m, 60m or day")
        wrong = [one for one in self.by if one not in ALLOWED[self.kind]]
        if wrong:
            allowed = ", ".join(sorted(ALLOWED[self.kind]))
            raise ReportRefused(f"a report of {self.kind} cannot be split by {wrong[0]}", f"allowed: {allowed}")
        if len(set(self.by)) < len(self.by):
            raise ReportRefused("split twice by the same", "name each dimension once")

    @property
    def tells_of_agents(self) -> bool:
        """Rows are agents, contractors or intervals alone: an agent's idle time belongs to no queue."""
        return self.kind is not Kind.CONTRACTORS and ALLOWED[Kind.AGENTS].issuperset(self.by)

    @property
    def looks_at(self) -> frozenset[type]:
        """Whoever reads the journal for this report need not decode any other notice."""
        agents = _OF_AGENTS if self.tells_of_agents else frozenset()
        return agents | _OF[self.kind]

    @property
    def reads_from_ms(self) -> int:
        """Who was logged in at the first moment is known from before it, and who arrived in the menus."""
        return self.from_ms - (SHIFT_MS if self.tells_of_agents else FLOW_MS)

    @property
    def reads_to_ms(self) -> int:
        """Who called again is known only later, and so is how a contact ended that joined in the last moment."""
        return self.to_ms + (max(self.again_ms, SHIFT_MS) if self.kind is Kind.SERVICE_LEVEL else 0)

    def covers(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms < self.to_ms

    def interval_of(self, at_ms: int) -> int:
        """Where the interval begins in which that moment lies, by Seoul's clocks."""
        return at_ms - (at_ms + SEOUL_MS) % self.interval_ms


class Told(NamedTuple):
    """What a report looks at of one decision."""

    at_ms: int
    configuration: Configuration | None
    notices: tuple[Notice, ...]


class Entry(Protocol):
    """A decision of the journal, whoever keeps it."""

    @property
    def at_ms(self) -> int: ...
    @property
    def event(self) -> Event: ...
    @property
    def notices(self) -> tuple[Notice, ...]: ...


def told(entry: Entry) -> Told:
    """The same of a whole entry."""
    configured = entry.event.configuration if isinstance(entry.event, Configured) else None
    return Told(entry.at_ms, configured, entry.notices)


def dimensions(words: Iterable[str]) -> tuple[Dimension, ...]:
    """From what people write. Raises ReportRefused."""
    found = []
    for word in words:
        try:
            found.append(Dimension(word))
        except ValueError:
            raise ReportRefused(f"there is no {word!r} to split by", f"allowed: {', '.join(Dimension)}") from None
    return tuple(found)


INTERVALS = {"15m": INTERVALS_MS[0], "30m": INTERVALS_MS[1], "60m": INTERVALS_MS[2], "day": INTERVALS_MS[3]}


def known_interval_ms(word: str) -> int:
    """From what people write. Raises ReportRefused."""
    try:
        return INTERVALS[word]
    except KeyError:
        raise ReportRefused(f"there is no interval {word!r}", f"one of {', '.join(INTERVALS)}") from None
