"""What surrounds the people of a scenario: where it runs, what the queues do otherwise, and what befalls the engine."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ivr_engine.core.vocabulary import Presence
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.source import Node, Table, Text
from ivr_engine.replay.in_force import EVERYBODY
from ivr_engine.replay.language_words import Page, beside, milliseconds, texts, whole
from ivr_engine.replay.scenario import LONGEST_MS, By, Happening, Level, QueueChange, WorldAct

ALL_QUEUES = "all"
"""`queues: {all: {wrap_up: 0s}}`: every queue that is not named itself."""

QUEUE_KEYS = ("ring", "wrap_up", "promise", "short_abandon")

KINDS = ("presence", "wrap_up", "engine", "inbox", "ami", "events", "database", "clock", "revision", "switch")
"""The word of a happening that says what it is."""

AFTER_CONTACT = "contact"
"""`after: contact`: the presence that is chosen for then."""

VALUES = {
    "presence": tuple(presence.value for presence in Presence),
    "wrap_up": ("finished", "extended"),
    "after": (AFTER_CONTACT,),
    "engine": ("killed", "started", "frozen"),
    "inbox": ("full",),
    "ami": ("cut",),
    "events": ("delayed", "doubled", "swapped"),
    "database": ("away",),
    "switch": ("restarted",),
}
"""What each of those words may be followed by; a revision is a folder, and the clock is set by a time with a sign."""

CLOCK = re.compile(r"([+-])(.+)")
"""`clock: +1h`."""

SWITCH_DOWN_MS = 2_000
"""A dead Asterisk is started again by its supervisor: a second or two (Asterisk's own start takes one)."""

WORLD_KEYS = ("at", "agent", *KINDS, "canary", "after", "reason", "by", "for")

_WHAT = {
    ("presence", ""): Happening.PRESENCE,
    ("wrap_up", "finished"): Happening.WRAP_UP_FINISHED,
    ("wrap_up", "extended"): Happening.WRAP_UP_EXTENDED,
    ("engine", "killed"): Happening.ENGINE_KILLED,
    ("engine", "started"): Happening.ENGINE_STARTED,
    ("engine", "frozen"): Happening.ENGINE_FROZEN,
    ("inbox", "full"): Happening.INBOX_FULL,
    ("ami", "cut"): Happening.AMI_CUT,
    ("events", "delayed"): Happening.EVENTS_DELAYED,
    ("events", "doubled"): Happening.EVENTS_DOUBLED,
    ("events", "swapped"): Happening.EVENTS_SWAPPED,
    ("database", "away"): Happening.DATABASE_AWAY,
    ("switch", "restarted"): Happening.SWITCH_RESTARTED,
}
_LASTING = frozenset(
    {
        Happening.ENGINE_FROZEN,
        Happening.INBOX_FULL,
        Happening.AMI_CUT,
        Happening.EVENTS_DELAYED,
        Happening.EVENTS_DOUBLED,
        Happening.EVENTS_SWAPPED,
        Happening.DATABASE_AWAY,
    }
)
_MAY_LAST = frozenset({Happening.SWITCH_RESTARTED})
_NOT_ON_ASTERISK = {
    Happening.CLOCK_SET: "the clock of the machine is others', too",
    Happening.INBOX_FULL: "no load that a test may put on a machine fills it",
}
"""What the real level cannot make happen, and why not."""
_BY_NAME = "who gets a canary goes by the name of the channel, which is another one each time"
_OF_AGENT = frozenset({Happening.PRESENCE, Happening.WRAP_UP_FINISHED, Happening.WRAP_UP_EXTENDED})


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario may run, and why not elsewhere."""

    levels: frozenset[Level]
    why_not_elsewhere: str


def read_stage(page: Page, told: Diagnostics) -> Stage:
    """`on` and `not_on`."""
    names = [level.value for level in Level]
    on = set(Level)
    if page.has("on"):
        found = texts(page.listed("on"), told, "each of 'on'")
        for text in found:
            if text.value not in names:
                told.error(text.place, "unknown_level", "no such level", found=text.value, allowed=names)
        on = {Level(text.value) for text in found if text.value in names} or on
    without = page.page("not_on", "not_on", names) if page.has("not_on") else None
    reasons = {key: without.text(key) for key in without.table.keys if key in names} if without is not None else {}
    levels = frozenset(on - {Level(name) for name in reasons})
    if not levels:
        page.error("not_on", "nowhere", "this scenario runs nowhere")
    return Stage(levels, "; ".join(f"{level}: {why}" for level, why in reasons.items()))


def read_queues(page: Page, told: Diagnostics, known: Collection[str] | None) -> tuple[QueueChange, ...]:
    """What the queues do otherwise. `known` None: the folder that lists them is broken, and nothing is judged."""
    below = page.page("queues", "queues", None) if page.has("queues") else None
    if below is None:
        return ()
    changes: dict[str, QueueChange] = {}
    for name, node in below.table.entries.items():
        form = Page.at(node, told, f"queue '{name}'", QUEUE_KEYS)
        if known is not None and name not in known and name != ALL_QUEUES:
            told.error(
                below.table.keys[name],
                "unknown_queue",
                "no such queue",
                found=name,
                allowed=(ALL_QUEUES, *sorted(known)),
            )
        elif form is not None:
            changes[name] = QueueChange(name, *(form.maybe_ms(key) for key in QUEUE_KEYS))
    everywhere = changes.pop(ALL_QUEUES, None)
    if everywhere is None:
        return tuple(changes.values())
    return tuple(_over(changes.get(queue), everywhere, queue) for queue in sorted(known or ()))


def _over(own: QueueChange | None, everywhere: QueueChange, queue: str) -> QueueChange:
    own = own or QueueChange(queue)
    return QueueChange(
        queue,
        everywhere.ring_ms if own.ring_ms is None else own.ring_ms,
        everywhere.wrap_up_ms if own.wrap_up_ms is None else own.wrap_up_ms,
        everywhere.promise_ms if own.promise_ms is None else own.promise_ms,
        everywhere.short_abandon_ms if own.short_abandon_ms is None else own.short_abandon_ms,
    )


def read_world(
    page: Page, told: Diagnostics, agents: Collection[str], home: Path, levels: Collection[Level]
) -> tuple[WorldAct, ...]:
    """What happens by itself, in the order written. Folders are relative to `home`, where the file lies."""
    acts = (_happening(node, told, agents, home) for node in page.listed("world"))
    found = tuple(act for act in acts if act is not None)
    for act in found:
        why = _NOT_ON_ASTERISK.get(act.what) if act.percent == EVERYBODY else _BY_NAME
        if why is not None and Level.ASTERISK in levels:
            told.error(act.place, "not_there", f"no real switch can do this: {why}", hint="say not_on: {asterisk: …}")
    return found


def _happening(node: Node, told: Diagnostics, agents: Collection[str], home: Path) -> WorldAct | None:
    form = Page.at(node, told, "a happening", WORLD_KEYS)
    if form is None:
        return None
    if not form.has("at"):
        form.missing("at")
    at_ms = form.duration_ms("at", 0)
    kinds = [kind for kind in KINDS if form.has(kind)]
    if len(kinds) != 1:
        told.error(
            node.place,
            "one_happening",
            f"each of 'world' is one happening, here {' and '.join(kinds) or 'nothing'}",
            allowed=KINDS,
        )
        return None
    kind = kinds[0]
    if kind == "revision":
        _refuse_strangers(form, Happening.REVISION_LOADED)
        percent = _percent(form, told) if form.has("canary") else EVERYBODY
        folder = str(_folder(form, kind, home) or "")
        return WorldAct(Happening.REVISION_LOADED, at_ms, node.place, value=folder, percent=percent)
    if kind == "clock":
        _refuse_strangers(form, Happening.CLOCK_SET)
        return WorldAct(Happening.CLOCK_SET, at_ms, node.place, by_ms=_clock_ms(form))
    word = form.one_of(kind, VALUES[kind])
    what = _WHAT.get((kind, "" if kind == "presence" else word))
    if what is None:
        return None
    _refuse_strangers(form, what)
    lasts_ms = form.duration_ms("for", SWITCH_DOWN_MS if what in _MAY_LAST else 0)
    if what in _LASTING and not lasts_ms:
        form.error("for", "missing", f"'{kind}: {word}' needs to say how long", hint="such as for: 5s")
    if what in _OF_AGENT and not form.has("agent"):
        form.missing("agent")
    if word == Presence.AVAILABLE and form.has("after") and form.has("by") and form.text("by") == By.PHONE:
        form.error("after", "not_here", "no feature code brings an agent back after the contact", hint="by: api does")
    delayed = what is Happening.EVENTS_DELAYED
    if delayed and not form.has("by"):
        form.error("by", "missing", "'events: delayed' needs to say by how much", hint="such as by: 500ms")
    return WorldAct(
        what=what,
        at_ms=at_ms,
        place=node.place,
        agent=form.known("agent", agents, "agent"),
        value=word if what is Happening.PRESENCE else "",
        reason=form.text("reason", ""),
        by=By.API if delayed else By(form.one_of("by", [by.value for by in By], By.API.value)),
        lasts_ms=lasts_ms,
        by_ms=form.duration_ms("by", 0) if delayed else 0,
        after_contact=form.has("after") and form.one_of("after", VALUES["after"]) == AFTER_CONTACT,
    )


def _refuse_strangers(form: Page, what: Happening) -> None:
    allowed = {"at"}
    if what in _OF_AGENT:
        allowed |= {"agent", "by", "presence", "wrap_up"}
    if what is Happening.PRESENCE:
        allowed |= {"reason", "after"}
    if what in _LASTING | _MAY_LAST:
        allowed.add("for")
    if what is Happening.EVENTS_DELAYED:
        allowed.add("by")
    if what is Happening.REVISION_LOADED:
        allowed.add("canary")
    for key in ("agent", "after", "reason", "by", "for", "canary"):
        if form.has(key) and key not in allowed:
            form.error(key, "not_here", f"'{key}' says nothing about this happening")


def _percent(form: Page, told: Diagnostics) -> int:
    """`canary: 10`: for so many of a hundred contacts."""
    percent = whole(form.table.entries["canary"], told, "'canary'")
    if percent is not None and not 1 <= percent < EVERYBODY:
        form.error("canary", "number", "a canary is for 1 to 99 of a hundred contacts")
    return percent or EVERYBODY


def _clock_ms(form: Page) -> int:
    """`+1h`, `-30m`: by how much the wall clock is set."""
    written = CLOCK.fullmatch(form.text("clock"))
    by_ms = milliseconds(written[2]) if written is not None else None
    if written is None or not by_ms:
        form.error("clock", "clock", "this sets no clock", hint="write +1h or -1h")
        return 0
    return by_ms if written[1] == "+" else -by_ms


def _folder(form: Page, key: str, home: Path) -> Path | None:
    word = form.text(key)
    folder = beside(home, word)
    if folder is None or not folder.is_dir():
        form.error(key, "unknown_folder", "there is no such folder", hint="relative to this file")
        return None
    return folder


def read_dialplans(page: Page, home: Path) -> Path | None:
    """The folder of flows that the scenario brings; None for 120's own, and after a diagnostic."""
    return _folder(page, "dialplans", home) if page.has("dialplans") else None


def later_dialplans(page: Page, home: Path) -> tuple[Path, ...]:
    """The folders that come into force in the middle; what is wrong with them is told where they are read."""
    revisions = (item.entries.get("revision") for item in page.listed("world") if isinstance(item, Table))
    folders = (beside(home, text.value) for text in revisions if isinstance(text, Text))
    return tuple(folder for folder in folders if folder is not None)


SCALE = "scale"
"""`time: scale`: on a real switch, minutes may pass in seconds."""


def read_scales(page: Page, levels: Collection[Level]) -> bool:
    """Whether the file allows a faster run on a real switch."""
    if not page.has("time"):
        return False
    if Level.ASTERISK not in levels:
        page.error("time", "not_there", "this runs on no real switch, and elsewhere time costs nothing")
    return page.one_of("time", (SCALE,), SCALE) == SCALE


def read_limit_ms(page: Page) -> int:
    """How long the scenario may take at most, of its own time."""
    limit_ms = page.duration_ms("limit", LONGEST_MS)
    if not limit_ms:
        page.error("limit", "duration", "a scenario takes longer than nothing")
    return limit_ms
