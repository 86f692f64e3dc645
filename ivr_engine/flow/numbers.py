"""The number registry: which number that a citizen dials belongs to which agency, and what it means on a day.

120 replaces the numbers of 41 agencies; each of those still rings here, so that no citizen with an old number in the
address book is lost, and the counsellor sees whose number was dialled. Agencies join in steps. A number has a life:

    before `since`               forwarded to its old destination
    since … notice_until         served, after the notice that this number is now 120
    notice_until … until         served
    after `until`                the farewell, then rejected, or on to another number
    rolled back, on any day      forwarded to its old destination

`Registry.meaning` is that table; the day is told, and is the civil day of the centre.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Place
from ivr_engine.flow.numbers_spelling import canonical, spellings
from ivr_engine.flow.steps import FlowId, HoursId, PromptId

REJECTED = "rejected"
"""What may come after the farewell instead of another number."""


class AgencyKind(StrEnum):
    """Whose agency: the city's own, or one of the 25 districts."""

    CITY = "city"
    DISTRICT = "district"


# ── transition ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Service:
    """From when to when a number is answered here. Days belong to it; None is always."""

    since: date | None = None
    notice_until: date | None = None
    """The last day on which the notice is said."""
    until: date | None = None
    after: str = REJECTED
    """What follows the farewell: REJECTED, or a number of the registry."""
    notice: tuple[PromptId, ...] = ()
    farewell: tuple[PromptId, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """How an agency or one number comes over to 120, as far as it is written there; what is not is None."""

    service: Service | None = None
    old_destination: str | None = None
    """A code of the directory, which is the list of all that may be called."""
    rolled_back: bool | None = None

    def over(self, other: "Transition") -> "Transition":
        """This one where it says something, the other elsewhere."""
        return Transition(
            self.service if self.service is not None else other.service,
            self.old_destination if self.old_destination is not None else other.old_destination,
            self.rolled_back if self.rolled_back is not None else other.rolled_back,
        )


# ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Agency:
    """One of the bodies whose number was merged into 120; names for people, id for everything else."""

    id: str
    kind: AgencyKind
    korean: str
    english: str
    transition: Transition = field(default=Transition())
    """Holds for those of its numbers that say nothing themselves."""


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """What one number means. `queue` is where *person* leads for who dialled it."""

    number: str
    flow: FlowId
    queue: QueueId
    agency: Agency | None = None
    requirement: frozenset[Skill] = frozenset()
    """Skills beyond the queue's, when the citizen goes to this number's queue."""
    language: str = "ko"
    greeting: tuple[PromptId, ...] = ()
    """Said before the flow begins."""
    hours: HoursId | None = None
    """The calendar of a step that asks for hours and names none."""
    transition: Transition = field(default=Transition())
    """As written for this number; `in_force` has what holds."""

    @property
    def in_force(self) -> Transition:
        """What holds for this number: its own words, else those of its agency."""
        return self.transition.over(self.agency.transition) if self.agency is not None else self.transition

    @property
    def spoken(self) -> tuple[PromptId, ...]:
        """Every prompt that the number itself may say, in its own language."""
        service = self.in_force.service
        return (*self.greeting, *(service.notice if service else ()), *(service.farewell if service else ()))


# ── meanings ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Serve:
    """Say `say`, then begin the flow of `entry`. The agency is that of `dialled`: it differs after a retirement."""

    entry: NumberEntry
    dialled: NumberEntry
    say: tuple[PromptId, ...] = ()


@dataclass(frozen=True, slots=True)
class Forward:
    """Connect with `entry_code` of the directory; who is not reached there goes to the number's own queue."""

    dialled: NumberEntry
    entry_code: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Say `say`, in the language of `dialled`, and end as rejected. `dialled` None: nobody's number."""

    dialled: NumberEntry | None
    say: tuple[PromptId, ...] = ()


NumberMeaning = Serve | Forward | Reject


@dataclass(frozen=True, slots=True)
class Registry:
    """All numbers by our form of them (`numbers_spelling`); iterates in the order written."""

    entries: Mapping[str, NumberEntry] = field(default_factory=dict)
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each number is written."""
    section: Place | None = field(default=None, compare=False, repr=False)
    """Where the section `numbers` begins."""
    _spelled: dict[str, NumberEntry] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for entry in self.entries.values():
            for spelling in spellings(entry.number):
                self._spelled[spelling] = entry

    def find(self, number: str) -> NumberEntry | None:
        """The entry of a number in whatever form the switch tells it, or None: nobody's number."""
        known = self._spelled.get(number)
        if known is not None or number.isdecimal():
            return known
        return self.entries.get(canonical(number) or "")

    def meaning(self, number: str, today: date) -> NumberMeaning:
        """What a number means on a day."""
        entry = self.find(number)
        if entry is None:
            return Reject(None)
        held = entry.in_force
        service = held.service or _ALWAYS
        if held.old_destination is not None:
            early = service.since is not None and today < service.since
            if early or held.rolled_back:
                return Forward(entry, held.old_destination)
        if service.until is not None and today > service.until:
            after = self.find(service.after)
            return Serve(after, entry, service.farewell) if after is not None else Reject(entry, service.farewell)
        noticed = service.notice_until is not None and today <= service.notice_until
        return Serve(entry, entry, (*(service.notice if noticed else ()), *entry.greeting))

    def __iter__(self) -> Iterator[NumberEntry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)


_ALWAYS = Service()
