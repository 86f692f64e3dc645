"""`queues.yaml`: the skills there are, the queues, and which of them is the queue of last resort.

The skills are listed once, so that a misspelt requirement is a diagnostic and not a citizen whom nobody can answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.configuration import (
    ANSWER_PROMISE_MS,
    RING_MS,
    SHORT_ABANDON_MS,
    WRAP_UP_MS,
    QueueSettings,
    RoutingPolicy,
)
from ivr_engine.core.routing_standard import standard_queue
from ivr_engine.core.vocabulary import QueueId, Skill
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import Form
from ivr_engine.flow.queue_announcements import PHRASES, Phrases, check_phrases, read_phrases
from ivr_engine.flow.queue_rules import KEYS as RULES
from ivr_engine.flow.queue_rules import with_rules
from ivr_engine.flow.queue_words import Names
from ivr_engine.flow.routing_rules import ROUTING_KEYS, USUAL_ROUTING, read_routing
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import PRIORITY

SECTIONS = ("skills", "person", "queues", "routing", "announcements", "music")
"""What this module reads of a folder."""

QUEUES = 200
"""In one centre: 41 agencies, six languages and their night desks fit several times."""

_KEYS = (
    "title",
    "requirement",
    "promise_seconds",
    "ring_seconds",
    "wrap_up_seconds",
    "short_abandon_seconds",
    "priority",
    "survey",
    "music",
    *RULES,
)


_NOWHERE = QueueId("")


@dataclass(frozen=True, slots=True)
class Queues:
    """What `queues.yaml` says. `person` is where a contact goes when nothing else says where."""

    settings: Mapping[QueueId, QueueSettings] = field(default_factory=dict)
    skills: frozenset[Skill] = frozenset()
    person: QueueId = _NOWHERE
    routing: RoutingPolicy = USUAL_ROUTING
    phrases: Phrases = field(default_factory=dict)
    """How place and wait are said to who waits."""
    music: Mapping[str, Place] = field(default_factory=dict)
    """Class of the switch's music → where it is listed."""


def read_queues(
    node: Node,
    diagnostics: Diagnostics,
    flows: frozenset[str] | None = None,
    prompts: Mapping[str, Mapping[str, str]] | None = None,
    calendars: frozenset[str] | None = None,
) -> Queues:
    """The queues as far as they could be read.

    `flows` are those that surveys and ways out may name, `prompts` (prompt → language → recording) what may be said
    to who waits, `calendars` those of `hours`; None judges nothing.
    """
    form = Form.of(node, diagnostics, "queues.yaml", SECTIONS)
    if form is None:
        return Queues()
    skills = frozenset(form.names("skills", required=True))
    below = form.below("queues", "queues", None, required=True)
    person = form.name("person")
    if below is None:
        return Queues(skills=frozenset(map(Skill, skills)))
    if len(below.table.keys) > QUEUES:
        form.error("queues", "too_long", f"{len(below.table.keys)} queues, at most {QUEUES}")
        return Queues()
    form.check_names("person", [person] if person else [], frozenset(below.table.keys), "queue")
    routing = read_routing(form.below("routing", "routing", ROUTING_KEYS))
    phrases = read_phrases(form.below("announcements", "announcements", PHRASES), prompts)
    music = frozenset(form.names("music"))
    names = Names(skills, frozenset(below.table.keys), flows, prompts, calendars)
    settings = {
        QueueId(name): with_rules(standard_queue(_queue(name, entry, skills, flows, music)), entry, names)
        for name, entry in below.forms("queue", _KEYS)
        if below.key_is_name(name)
    }
    check_phrases(below, settings.values(), phrases)
    listed = dict.fromkeys(sorted(music), form.place("music"))
    return Queues(settings, frozenset(map(Skill, skills)), QueueId(person), routing, phrases, listed)


def _queue(
    name: str, entry: Form, skills: frozenset[str], flows: frozenset[str] | None, music: frozenset[str]
) -> QueueSettings:
    entry.text("title", "", empty=True)
    requirement = entry.names("requirement")
    entry.check_names("requirement", requirement, skills, "skill")
    promise_ms = entry.seconds_as_ms("promise_seconds", 1_000, 3_600_000, ANSWER_PROMISE_MS)
    ring_ms = entry.seconds_as_ms("ring_seconds", 2_000, 60_000, RING_MS)
    if ring_ms >= promise_ms:
        key = "ring_seconds" if entry.has("ring_seconds") else "promise_seconds"
        entry.error(
            key,
            "ring_too_long",
            f"one phone rings {ring_ms / 1000:g} s, but the promise is {promise_ms / 1000:g} s",
            hint="ring shorter, so that a second phone can still keep the promise",
        )
    survey = entry.name("survey", "")
    entry.check_names("survey", [survey] if survey else [], flows, "flow")
    played = entry.name("music", "")
    entry.check_names("music", [played] if played else [], music, "music")
    return QueueSettings(
        id=QueueId(name),
        requirement=frozenset(map(Skill, requirement)),
        promise_ms=promise_ms,
        ring_ms=ring_ms,
        wrap_up_ms=entry.seconds_as_ms("wrap_up_seconds", 0, 600_000, WRAP_UP_MS),
        short_abandon_ms=entry.seconds_as_ms("short_abandon_seconds", 0, 60_000, SHORT_ABANDON_MS),
        priority=entry.whole("priority", 0, PRIORITY, 0),
        survey=survey,
        music=played,
    )
