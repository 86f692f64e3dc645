"""Patterns of facts: `hong connected 1001`, `contact ended abandoned`, `{offered: {of: kim, agent: "1003"}}`.

One grammar for order, counts, never and between. The first word is who: a citizen, an agent, `contact` (any citizen),
`agent` (any agent), `switch` or `engine`. The second is the verb, the third its most telling detail; any detail can be
written `key=value`. Of an agent, a citizen's verb means the agent's part in it: `1001 offered`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ivr_engine.core.vocabulary import (
    AgentState,
    CallbackEnd,
    CallbackState,
    Disposition,
    OfferFailure,
    OfferResult,
    Presence,
    RecipientFailure,
    RecordingState,
    TransferResult,
    TransferState,
)
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.source import Node, Text
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language_words import Page, in_quotes, near, single
from ivr_engine.replay.scenario import FactPattern

DETAILS: Mapping[Verb, tuple[str, ...]] = {
    Verb.HEARD: ("prompt", "language"),
    Verb.PRESSED: ("keys",),
    Verb.SPOKE: ("lasts_ms",),
    Verb.ARRIVED: ("number",),
    Verb.QUEUED: ("queue", "requirement", "agency", "language", "returns"),
    Verb.OFFERED: ("agent", "reason"),
    Verb.OFFER_ENDED: ("result", "agent", "cause"),
    Verb.PROMISE_MISSED: ("queue",),
    Verb.CONNECTED: ("agent", "within_promise", "wait_ms"),
    Verb.TRANSFER: ("state", "entry", "agent"),
    Verb.TRANSFER_ENDED: ("result", "cause", "entry", "agent"),
    Verb.FORWARDED: ("entry", "agency"),
    Verb.FORWARD_ENDED: ("result", "cause", "entry"),
    Verb.CALLBACK: ("number", "queue"),
    Verb.CALLBACK_MOVED: ("state", "cause"),
    Verb.CALLBACK_ENDED: ("end", "dials"),
    Verb.NOTED: ("facts", "survey"),
    Verb.RECORDED: ("length_ms",),
    Verb.TALK_RECORDED: ("state", "agent", "length_ms"),
    Verb.TEXTED: ("sent",),
    Verb.FELL_BACK: (),
    Verb.ENDED: ("disposition", "agency", "queue", "agent", "short_abandon", "offers"),
    Verb.AGENT: ("state", "presence", "reason"),
    Verb.SWITCH: ("connected",),
    Verb.ENGINE: ("started", "killed", "frozen", "thawed"),
    Verb.CANARY: ("tried", "rolled_back"),
}
"""The details that can be told of each verb; the first one needs no `key=`."""

WORDS: Mapping[tuple[Verb, str], tuple[str, ...]] = {
    (Verb.OFFER_ENDED, "result"): tuple(OfferResult),
    (Verb.OFFER_ENDED, "cause"): tuple(OfferFailure),
    (Verb.TRANSFER, "state"): tuple(TransferState),
    (Verb.TRANSFER_ENDED, "result"): tuple(TransferResult),
    (Verb.TRANSFER_ENDED, "cause"): tuple(RecipientFailure),
    (Verb.FORWARD_ENDED, "result"): ("answered", "failed"),
    (Verb.FORWARD_ENDED, "cause"): tuple(RecipientFailure),
    (Verb.CALLBACK_MOVED, "state"): tuple(CallbackState),
    (Verb.CALLBACK_ENDED, "end"): tuple(CallbackEnd),
    (Verb.TALK_RECORDED, "state"): tuple(RecordingState),
    (Verb.TEXTED, "sent"): ("true", "false"),
    (Verb.ENDED, "disposition"): tuple(Disposition),
    (Verb.ENDED, "short_abandon"): ("true", "false"),
    (Verb.CONNECTED, "within_promise"): ("true", "false"),
    (Verb.AGENT, "state"): tuple(AgentState),
    (Verb.AGENT, "presence"): tuple(Presence),
    (Verb.SWITCH, "connected"): ("true", "false"),
    (Verb.ENGINE, "started"): ("true",),
    (Verb.ENGINE, "killed"): ("true",),
    (Verb.ENGINE, "frozen"): ("true",),
    (Verb.ENGINE, "thawed"): ("true",),
    (Verb.CANARY, "tried"): ("true",),
    (Verb.CANARY, "rolled_back"): ("true",),
}
"""Details that have only a few values."""

BECOMES = "becomes"
"""`1001 becomes idle`: an agent's own state or presence, as against the agent's part in somebody's contact."""

ANY_CITIZEN, ANY_AGENT = "contact", "agent"
WORLDLY = {Verb.SWITCH.value: Verb.SWITCH, Verb.ENGINE.value: Verb.ENGINE, Verb.CANARY.value: Verb.CANARY}
_BEFELL = {
    ("switch", "connected"): "connected=true",
    ("switch", "lost"): "connected=false",
    ("engine", "started"): "started=true",
    ("engine", "killed"): "killed=true",
    ("engine", "frozen"): "frozen=true",
    ("engine", "thawed"): "thawed=true",
    ("canary", "tried"): "tried=true",
    ("canary", "rolled_back"): "rolled_back=true",
}
"""What is said of the world in one word."""
_OF_AGENTS = frozenset({Verb.AGENT})
_OF_WORLD = frozenset(WORLDLY.values())
OF_CITIZENS = tuple(verb for verb in Verb if verb not in _OF_AGENTS | _OF_WORLD)
_NOUNS = frozenset({*WORLDLY, ANY_CITIZEN, ANY_AGENT, "order", "counts", "never", "between", "metrics", "journal"})
RESERVED = tuple(sorted(_NOUNS))
"""What no citizen can be called."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what expectations may speak of; None where the folder that lists them is broken."""

    citizens: Collection[str]
    agents: Collection[str]
    entries: Collection[str] = ()
    prompts: Collection[str] | None = None
    queues: Collection[str] | None = None
    agencies: Collection[str] | None = None
    skills: Collection[str] | None = None
    understands: Mapping[str, str] = field(default_factory=dict)
    """Citizen → language, of those of whom the file says it."""

    def everybody(self) -> tuple[str, ...]:
        """All who can be the first word of a pattern."""
        return (*self.citizens, *self.agents, ANY_CITIZEN, ANY_AGENT, *WORLDLY)

    def of_detail(self, verb: Verb, key: str) -> Collection[str] | None:
        """What a detail may be; None when anything."""
        if (verb, key) in WORDS:
            return WORDS[verb, key]
        by_key: Mapping[str, Collection[str] | None] = {
            "agent": self.agents,
            "entry": self.entries,
            "prompt": self.prompts,
            "queue": self.queues,
            "agency": self.agencies,
        }
        return by_key.get(key)


def pattern(node: Node, told: Diagnostics, names: Names) -> FactPattern | None:
    """A pattern as one line, or as a verb (or line) with a mapping of details; None after a diagnostic."""
    if isinstance(node, Text):
        return line(node, told, names)
    page = Page.at(node, told, "a fact", None)
    if page is None:
        return None
    if len(page.table.keys) != 1:
        told.error(node.place, "one_fact", "one fact is one verb with its details", hint='{offered: {agent: "1001"}}')
        return None
    ((key, below),) = page.table.entries.items()
    found = line(Text(key, page.table.keys[key], quoted=True), told, names)
    details = Page.at(below, told, f"'{key}'", None)
    return found if found is None or details is None else _detailed(found, details, names)


def line(text: Text, told: Diagnostics, names: Names) -> FactPattern | None:
    """`hong connected 1001 within_promise=true`, or a verb alone; None after a diagnostic."""
    words = text.value.split()
    if not words:
        single(text, told, "a fact")
        return None
    verbs = [verb.value for verb in OF_CITIZENS]
    if words[0] in verbs and words[0] not in names.citizens:
        return _with_words(FactPattern(words[0], place=text.place), words[1:], told, names)
    who, rest = words[0], words[1:]
    if who not in names.everybody():
        everybody = (*names.everybody(), *verbs)
        told.error(text.place, "unknown_name", "nobody of this name is in the scenario", found=who, allowed=everybody)
        return None
    if who in WORLDLY:
        said = [_BEFELL.get((who, word), word) for word in rest]
        return _with_words(FactPattern(WORLDLY[who], place=text.place), said, told, names)
    if not rest:
        told.error(text.place, "no_verb", f"what of '{who}'?", found=text.value, allowed=verbs)
        return None
    verb, *details = rest
    of_agent = who in names.agents or who == ANY_AGENT
    if of_agent and verb in (BECOMES, Verb.AGENT):
        subject = "" if who == ANY_AGENT else who
        return _becoming(FactPattern(Verb.AGENT, subject, place=text.place), details, told, names)
    if verb not in verbs:
        allowed = (BECOMES, *verbs) if of_agent else verbs
        told.error(text.place, "unknown_verb", "nothing of this name can happen", found=verb, allowed=allowed)
        return None
    if not of_agent:
        subject = "" if who == ANY_CITIZEN else who
        return _with_words(FactPattern(verb, subject, place=text.place), details, told, names)
    return _part_of_agent(FactPattern(verb, place=text.place), who, details, told, names)


def _part_of_agent(
    found: FactPattern, who: str, details: list[str], told: Diagnostics, names: Names
) -> FactPattern | None:
    """`1001 offered`: the facts of citizens in which this agent has a part."""
    keys = DETAILS[Verb(found.verb)]
    if "agent" not in keys or found.place is None:
        told.error(
            found.place or Place(""),
            "unknown_verb",
            f"an agent has no part in '{found.verb}'",
            found=found.verb,
            allowed=(BECOMES, *(verb for verb in OF_CITIZENS if "agent" in DETAILS[verb])),
        )
        return None
    if who != ANY_AGENT:
        found = replace(found, details={"agent": who})
    return _with_words(found, details, told, names, tuple(key for key in keys if key != "agent"))


def _becoming(found: FactPattern, words: list[str], told: Diagnostics, names: Names) -> FactPattern | None:
    if words and words[0] in tuple(Presence):
        words = [f"presence={words[0]}", *words[1:]]
    return _with_words(found, words, told, names)


def _with_words(
    found: FactPattern, words: list[str], told: Diagnostics, names: Names, keys: tuple[str, ...] | None = None
) -> FactPattern:
    """The pattern with `value` and `key=value` words; the first bare word is the verb's first detail."""
    verb = Verb(found.verb)
    keys = DETAILS[verb] if keys is None else keys
    details = dict(found.details)
    place = found.place or Place("")
    for position, word in enumerate(words):
        key, sign, value = word.partition("=")
        if not sign and position == 0 and keys:
            key, value = keys[0], word
        if key not in keys or not value:
            told.error(place, "unknown_detail", f"'{verb}' tells no such thing", found=word, allowed=keys)
        else:
            details[key] = judged(verb, key, Text(value, place, quoted=True), told, names)
    return replace(found, details=details)


def _detailed(found: FactPattern, details: Page, names: Names) -> FactPattern:
    """The pattern with a mapping of details, `of` (whose) and `at` (when)."""
    verb, told = Verb(found.verb), details.diagnostics
    keys = (*DETAILS[verb], "of", "at")
    added = dict(found.details)
    for key, node in details.table.entries.items():
        if key not in keys:
            told.error(details.table.keys[key], "unknown_key", f"'{verb}' tells no such thing", found=key, allowed=keys)
        elif key == "of":
            owners = names.agents if verb is Verb.AGENT else names.citizens
            found = replace(found, subject=details.known("of", owners, "agent" if verb is Verb.AGENT else "citizen"))
        elif key == "at":
            found = replace(found, at=near(node, told, "'at'"))
        else:
            text = single(node, told, f"'{key}'")
            added[key] = judged(verb, key, text, told, names) if text is not None else ""
    return replace(found, details=added)


def judged(verb: Verb, key: str, text: Text, told: Diagnostics, names: Names) -> str:
    """The value of a detail; what cannot be is told, with what can."""
    allowed = names.of_detail(verb, key)
    if allowed is not None and text.value not in allowed:
        kind = key if key in ("agent", "entry", "prompt", "queue", "agency") else "word"
        if key in ("agent", "entry") and not in_quotes(text, told):
            return text.value
        told.error(text.place, f"unknown_{kind}", f"'{key}' cannot be this", found=text.value, allowed=sorted(allowed))
    elif key in ("agent", "entry", "keys", "number"):
        in_quotes(text, told)
    return text.value
