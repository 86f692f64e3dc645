"""The number registry: which number that a citizen dials belongs to which agency and leads into which flow.

120 replaces the numbers of 41 agencies; each of those still rings here, so that no citizen with an old number in the
address book is lost, and the counsellor sees whose number was dialled.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.form import Form
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.shape import Known
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import FlowId

SECTIONS = ("agencies", "numbers")
"""What this module reads of a folder."""

NUMBERS = 2_000
"""In one registry: the 69 of the day, and every number that a city of ten million could publish."""

AGENCIES = 500

_NUMBER = re.compile(r"\+?[0-9]{2,15}", re.ASCII)
"""A number as it is dialled; E.164 ends at 15 digits, and short codes such as 120 are numbers too."""


class AgencyKind(StrEnum):
    """Whose agency: the city's own, or one of the 25 districts."""

    CITY = "city"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Agency:
    """One of the bodies whose number was merged into 120; names for people, id for everything else."""

    id: str
    kind: AgencyKind
    korean: str
    english: str


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


@dataclass(frozen=True, slots=True)
class Registry:
    """All numbers; iterates in the order written."""

    entries: Mapping[str, NumberEntry] = field(default_factory=dict)
    agencies: Mapping[str, Agency] = field(default_factory=dict)

    def find(self, number: str) -> NumberEntry | None:
        """The entry of a number exactly as the switch tells it, or None: nobody's number."""
        return self.entries.get(number)

    def __iter__(self) -> Iterator[NumberEntry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)


def read_numbers(node: Node, known: Known, person: QueueId, diagnostics: Diagnostics) -> Registry:
    """The registry as far as it could be read; `person` is the queue of a number that names none."""
    form = Form.of(node, diagnostics, "numbers.yaml", SECTIONS)
    if form is None:
        return Registry()
    agencies, agency_names = _agencies(form)
    below = form.below("numbers", "numbers", None, required=True)
    if below is None:
        return Registry(agencies=agencies)
    if not below.table.keys:
        form.error("numbers", "empty", "no number leads anywhere")
    if len(below.table.keys) > NUMBERS:
        form.error("numbers", "too_long", f"{len(below.table.keys)} numbers, at most {NUMBERS}")
        return Registry(agencies=agencies)
    entries: dict[str, NumberEntry] = {}
    for number, entry in below.forms("number", ("agency", "flow", "queue", "requirement", "language")):
        if not _NUMBER.fullmatch(number):
            diagnostics.error(
                below.table.keys[number],
                "number_dialled",
                "this is not a number to dial",
                found=number,
                hint="2 to 15 digits without spaces or hyphens",
            )
        else:
            agency = entry.name("agency", "")
            entry.check_names("agency", [agency] if agency else [], agency_names, "agency")
            entries[number] = _number(number, entry, known, person, agencies.get(agency))
    return Registry(entries, agencies)


def _agencies(form: Form) -> tuple[dict[str, Agency], frozenset[str]]:
    below = form.below("agencies", "agencies", None)
    if below is None:
        return {}, frozenset()
    if len(below.table.keys) > AGENCIES:
        form.error("agencies", "too_long", f"{len(below.table.keys)} agencies, at most {AGENCIES}")
        return {}, frozenset(below.table.keys)
    agencies = {
        name: Agency(
            name,
            AgencyKind(entry.one_of("kind", [kind.value for kind in AgencyKind]) or AgencyKind.CITY),
            entry.text("ko"),
            entry.text("en"),
        )
        for name, entry in below.forms("agency", ("kind", "ko", "en"))
        if below.key_is_name(name)
    }
    return agencies, frozenset(below.table.keys)


def _number(
    number: str,
    entry: Form,
    known: Known,
    person: QueueId,
    agency: Agency | None,
) -> NumberEntry:
    flow = entry.name("flow")
    entry.check_names("flow", [flow] if flow else [], known.flows, "flow")
    queue = entry.name("queue", person)
    entry.check_names("queue", [queue] if entry.has("queue") and queue else [], known.queues, "queue")
    skills = entry.names("requirement")
    entry.check_names("requirement", skills, known.skills, "skill")
    return NumberEntry(
        number=number,
        flow=FlowId(flow),
        queue=QueueId(queue),
        agency=agency,
        requirement=frozenset(map(Skill, skills)),
        language=entry.one_of("language", LANGUAGES, "ko"),
    )
