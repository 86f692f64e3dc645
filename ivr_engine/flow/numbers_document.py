"""The sections `agencies` and `numbers`: the registry as operators write it, and as a spreadsheet gives it back.

    agencies:
      mapo: {kind: district, ko: 마포구, en: Mapo-gu, old_destination: "3141", in_service: {from: 2027-03-01}}
    numbers:
      "02-0000-2141": {agency: mapo, flow: direct, queue: districts}
      "02-0000-2142": {agency: mapo, flow: direct, queue: districts, rolled_back: yes}

`rolled_back: yes` is the one line that takes a number, or a whole agency, out again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import Form
from ivr_engine.flow.hours_patterns import DATE_SCHEMA, read_date
from ivr_engine.flow.numbers import (
    REJECTED,
    Agency,
    AgencyKind,
    NumberEntry,
    Registry,
    Service,
    Transition,
)
from ivr_engine.flow.numbers_spelling import canonical, why_not
from ivr_engine.flow.prompts import LANGUAGES, Manifest
from ivr_engine.flow.shape_reader import Known
from ivr_engine.flow.source import Node, Table, Text
from ivr_engine.flow.steps import FlowId, HoursId, PromptId

SECTIONS = ("agencies", "numbers")
"""What this module reads of a folder."""

NUMBERS = 2_000
"""In one registry: the 69 of the day, and every number that a city of ten million could publish."""

AGENCIES = 500

TRANSITION_KEYS = ("in_service", "old_destination", "rolled_back")
NUMBER_KEYS = (
    *("agency", "flow", "queue", "requirement", "language"),
    *("greeting", "hours", *TRANSITION_KEYS),
)
SERVICE_KEYS = ("from", "notice_until", "until", "after", "notice", "farewell")

_ENTRY = re.compile(r"[0-9]{3,6}", re.ASCII)
"""A code of the directory, as its import takes it."""

_YES = {"yes": True, "true": True, "no": False, "false": False}
"""All of them, here alone: this line is written in a hurry, and must not be refused for its letters."""


def read_numbers(
    node: Node,
    known: Known,
    person: QueueId,
    diagnostics: Diagnostics,
    calendars: frozenset[str] | None = None,
    beside: Registry | None = None,
) -> Registry:
    """The registry as far as it could be read; `person` is the queue of a number that names none.

    What is read may stand `beside` a registry whose agencies and numbers it names: the rows of a spreadsheet do.
    """
    form = Form.of(node, diagnostics, "numbers.yaml", SECTIONS)
    if form is None:
        return Registry()
    reader = NumberReader(known, person, calendars, diagnostics)
    agencies, agency_names = reader.agencies(form)
    if beside is not None:
        agencies = {**beside.agencies, **agencies}
        agency_names = agency_names.union(agencies)
    below = form.below("numbers", "numbers", None, required=True)
    if below is None:
        return Registry(agencies=agencies)
    if not below.table.keys:
        form.error("numbers", "empty", "no number leads anywhere")
    if len(below.table.keys) > NUMBERS:
        form.error("numbers", "too_long", f"{len(below.table.keys)} numbers, at most {NUMBERS}")
        return Registry(agencies=agencies)
    entries: dict[str, NumberEntry] = {}
    places: dict[str, Place] = {}
    forms: dict[str, Form] = {}
    for written, entry in below.forms("number", NUMBER_KEYS):
        number = _number(written, below.table.keys[written], places, diagnostics)
        read = reader.number(number or written, entry, agencies, agency_names)
        if number is not None:
            places[number] = below.table.keys[written]
            forms[number] = entry
            entries[number] = read
    _check_followers(entries, forms, beside or Registry())
    return Registry(entries, agencies, places, form.table.keys["numbers"])


@dataclass(frozen=True, slots=True)
class Named:
    """What the numbers of a folder may name, for who reads them from elsewhere."""

    prompts: frozenset[str]
    queues: frozenset[str]
    skills: frozenset[str]
    flows: frozenset[str]
    calendars: frozenset[str]


def read_rows(rows: Table, named: Named, person: QueueId, beside: Registry, diagnostics: Diagnostics) -> Registry:
    """The numbers of a table alone, such as a spreadsheet's, beside a registry whose agencies and numbers they name."""
    section = Table({"numbers": rows}, {"numbers": rows.place}, rows.place)
    known = Known(prompts=named.prompts, queues=named.queues, skills=named.skills, flows=named.flows)
    return read_numbers(section, known, person, diagnostics, named.calendars, beside)


def check_spoken(registry: Registry, manifest: Manifest, diagnostics: Diagnostics) -> None:
    """What a number says itself is recorded in its language."""
    for entry in registry:
        for prompt in dict.fromkeys(entry.spoken):
            if prompt in manifest.texts and not manifest.speaks(prompt, entry.language):
                diagnostics.error(
                    registry.places[entry.number],
                    "not_spoken",
                    f"number {entry.number} says '{prompt}' in '{entry.language}', which prompts.yaml does not have",
                    found=entry.language,
                    allowed=sorted(manifest.texts[prompt]),
                )


def _number(written: str, place: Place, places: Mapping[str, Place], diagnostics: Diagnostics) -> str | None:
    """Our form of what is written, once."""
    number = canonical(written)
    if number is None:
        diagnostics.error(place, "number_dialled", "this is not a number to dial", found=written, hint=why_not(written))
    elif number in places:
        diagnostics.error(
            place,
            "doubled_number",
            f"this number stands already in {places[number]}",
            found=written,
            hint="only one of the two can be meant",
        )
        return None
    return number


class NumberReader:
    """Reads agencies and numbers, from a document or from the rows of a spreadsheet."""

    def __init__(
        self, known: Known, person: QueueId, calendars: frozenset[str] | None, diagnostics: Diagnostics
    ) -> None:
        self._known = known
        self._person = person
        self._calendars = calendars
        self._diagnostics = diagnostics

    def agencies(self, form: Form) -> tuple[dict[str, Agency], frozenset[str]]:
        """The agencies, and the names of all that are written, also of those that are wrong."""
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
                self._transition(entry),
            )
            for name, entry in below.forms("agency", ("kind", "ko", "en", *TRANSITION_KEYS))
            if below.key_is_name(name)
        }
        return agencies, frozenset(below.table.keys)

    def number(
        self, number: str, form: Form, agencies: Mapping[str, Agency], agency_names: frozenset[str]
    ) -> NumberEntry:
        """One entry, as far as it could be read."""
        agency = form.name("agency", "")
        form.check_names("agency", [agency] if agency else [], agency_names, "agency")
        flow = form.name("flow")
        form.check_names("flow", [flow] if flow else [], self._known.flows, "flow")
        queue = form.name("queue", self._person)
        form.check_names("queue", [queue] if form.has("queue") and queue else [], self._known.queues, "queue")
        skills = form.names("requirement")
        form.check_names("requirement", skills, self._known.skills, "skill")
        hours = form.name("hours", "")
        form.check_names("hours", [hours] if hours else [], self._calendars, "calendar")
        entry = NumberEntry(
            number=number,
            flow=FlowId(flow),
            queue=QueueId(queue),
            agency=agencies.get(agency),
            requirement=frozenset(map(Skill, skills)),
            language=form.one_of("language", LANGUAGES, "ko"),
            greeting=self._prompts(form, "greeting"),
            hours=HoursId(hours) if hours else None,
            transition=self._transition(form),
        )
        self._has_destination(entry, form)
        return entry

    def _prompts(self, form: Form, key: str) -> tuple[PromptId, ...]:
        names = form.names(key)
        form.check_names(key, names, self._known.prompts, "prompt")
        return tuple(map(PromptId, names))

    # ── transition ───────────────────────────────────────────────────────────────────────────────────────────────
    def _transition(self, form: Form) -> Transition:
        destination = form.text("old_destination", "") or None
        if destination is not None and not _ENTRY.fullmatch(destination):
            form.error(
                "old_destination",
                "old_destination",
                "this is no code of the directory",
                hint="3 to 6 digits: put the old number into the directory first, nothing else may be called",
            )
            destination = None
        rolled_back = form.one_of("rolled_back", _YES, "no") if form.has("rolled_back") else None
        below = form.below("in_service", f"'in_service' of {form.what}", SERVICE_KEYS)
        return Transition(
            self._service(below) if below is not None else None,
            destination,
            _YES.get(rolled_back or "no") if rolled_back is not None else None,
        )

    def _service(self, form: Form) -> Service:
        since, notice_until, until = (self._date(form, key) for key in ("from", "notice_until", "until"))
        for key, first, last in (
            ("notice_until", since, notice_until),
            ("until", since, until),
            ("until", notice_until, until),
        ):
            if first is not None and last is not None and last < first:
                form.error(key, "date", f"'{key}' is before {first}", hint="days go from, notice_until, until")
                break
        service = Service(
            since,
            notice_until,
            until,
            form.text("after", REJECTED),
            self._prompts(form, "notice"),
            self._prompts(form, "farewell"),
        )
        for key, needed, prompts in (
            ("notice", notice_until, service.notice),
            ("farewell", until, service.farewell),
        ):
            if needed is not None and not prompts and not form.has(key):
                form.missing(key)
        return service

    def _date(self, form: Form, key: str) -> date | None:
        form.looks(key, DATE_SCHEMA)
        node = form.table.entries.get(key)
        if node is None:
            return None
        if isinstance(node, Text):
            return read_date(node.value, node.place, self._diagnostics)
        form.error(key, "not_a_value", f"'{key}' must be one date")
        return None

    def _has_destination(self, entry: NumberEntry, form: Form) -> None:
        held = entry.in_force
        needs = held.rolled_back or (held.service is not None and held.service.since is not None)
        if needs and held.old_destination is None:
            self._diagnostics.error(
                form.table.place,
                "no_old_destination",
                f"number {entry.number} is to be forwarded, but nobody says where to",
                hint="write old_destination with a code of the directory, here or at the agency",
            )


def _check_followers(entries: Mapping[str, NumberEntry], forms: Mapping[str, Form], beside: Registry) -> None:
    """What follows a farewell is a number that has none itself, so that nobody is sent in a circle."""
    every = {**beside.entries, **entries}
    followers = {number for number, entry in every.items() if entry.in_force.service is None}
    for number, entry in entries.items():
        service = entry.in_force.service
        if service is None or service.after == REJECTED or canonical(service.after) in followers:
            continue
        forms[number].diagnostics.error(
            forms[number].table.place,
            "after",
            f"after its farewell, number {number} goes on to no number that is always in service",
            found=service.after,
            allowed=(REJECTED, *sorted(followers)),
        )
