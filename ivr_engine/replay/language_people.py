"""Who is in a scenario: citizens with what they do, agents and officials with how their phones are taken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ivr_engine.core.vocabulary import Presence
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import NAME, NAME_HINT
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.shape_fields import KEYS
from ivr_engine.flow.source import Node, Table, Text
from ivr_engine.replay.language_facts import RESERVED, Names
from ivr_engine.replay.language_words import Page, duration_ms, texts, whole
from ivr_engine.replay.scenario import (
    AgentAct,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    HangUp,
    Press,
    RecipientPlan,
    Speech,
    TalkAct,
    Trigger,
    When,
)

CITIZENS = 2_000
"""In one file; a recorded hour of 120 has fewer."""

AGENTS = 1_000

PROFICIENCY = 3
"""Of a skill that is only named: the middle of 1 to 5."""

PATIENT_MS = 30_000
SENTENCE_MS = 1_000
"""How long a citizen speaks of whom no more is said."""

UNTIL_HANGUP = "until_hangup"
"""`talks: until_hangup`: stays in the talk until the other side ends it."""

CITIZEN_KEYS = (
    "dials",
    "caller",
    "language",
    "arrives",
    "presses",
    "speaks",
    "hangs_up",
    "patience",
    "re_invites",
    "offers",
    "rung",
)
OFFERS = ("audio", "video")
WHEN_KEYS = (*(trigger.value for trigger in Trigger), "after", "nth")
SPEECH_KEYS = ("for", *WHEN_KEYS)
PRESS_KEYS = ("keys", "gap", *WHEN_KEYS)
RING_KEYS = (*(answering.value for answering in Answering), "talks")
CONDUCT_KEYS = frozenset({*RING_KEYS, "rings"})
AGENT_KEYS = ("skills", "contractor", "presence", "registered", "rings", *RING_KEYS, "wrap_up_done", "does")
ACT_KEYS = (*(act.value for act in TalkAct), "entry", "by", "nth")
OFFICIAL_KEYS = ("number", "rings", *RING_KEYS)

_AGENT = re.compile(r"[A-Za-z0-9_-]{1,32}")
_ENTRY = re.compile(r"[0-9]{3,6}")
_NUMBER = re.compile(r"\+?[0-9]{2,15}", re.ASCII)
_SKILLS = re.compile(r"([a-z][a-z0-9_]{0,31})(?::([0-9]))?")
_DEFAULT = Conduct()


@dataclass(frozen=True, slots=True)
class People:
    """Everybody whom the file names."""

    citizens: tuple[CitizenPlan, ...]
    agents: tuple[AgentPlan, ...]
    officials: tuple[RecipientPlan, ...]


def read_people(page: Page, told: Diagnostics, names: Names) -> People:
    """The people as far as they could be read; `names` are what flows and queues know."""
    officials = tuple(_official(entry, form) for entry, form in _each(page, told, "officials", OFFICIAL_KEYS, AGENTS))
    return People(
        tuple(_citizen(name, form, names) for name, form in _each(page, told, "citizens", CITIZEN_KEYS, CITIZENS)),
        tuple(_agent(agent, form, names) for agent, form in _each(page, told, "agents", AGENT_KEYS, AGENTS)),
        officials,
    )


def page_keys(page: Page, section: str) -> tuple[str, ...]:
    """The names that a section defines, also where what they name is wrong (that is told there)."""
    node = page.node(section)
    return tuple(node.keys) if isinstance(node, Table) else ()


def _each(page: Page, told: Diagnostics, section: str, keys: tuple[str, ...], most: int) -> Iterator[tuple[str, Page]]:
    below = page.page(section, section, None)
    if below is None:
        return
    if len(below.table.keys) > most:
        page.error(section, "too_long", f"{len(below.table.keys)} {section}, at most {most}")
        return
    for name, node in below.table.entries.items():
        form = Page.at(node, told, f"{section[:-1]} '{name}'", keys)
        if form is not None:
            # The place of somebody is the name, not the bracket after it.
            form.table = Table(form.table.entries, form.table.keys, below.table.keys[name])
            yield name, form


# ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _citizen(name: str, form: Page, names: Names) -> CitizenPlan:
    told, place = form.diagnostics, form.table.place
    if name in RESERVED:
        told.error(place, "name", "this word means something else under 'expect'", found=name, hint="take another name")
    elif not NAME.fullmatch(name):
        told.error(place, "name", "this is no name for a citizen", found=name, hint=NAME_HINT)
    presses = (_press(node, told, names) for node in form.listed("presses"))
    speaks = (_speech(node, told, names) for node in form.listed("speaks"))
    leaves = (_hang_up(node, told, names) for node in form.listed("hangs_up"))
    moments = (_moment(node, told, names, "a re-INVITE", "'re_invites'") for node in form.listed("re_invites"))
    return CitizenPlan(
        name=name,
        dials=_number(form, "dials"),
        place=place,
        caller=_number(form, "caller") if form.has("caller") else "",
        arrives_ms=form.duration_ms("arrives", 0),
        acts=tuple(act for act in (*presses, *speaks, *leaves) if act is not None),
        patience_ms=form.maybe_ms("patience"),
        re_invites=tuple(when for when in moments if when is not None),
        offers_video=form.one_of("offers", OFFERS, "audio") == "video",
        rung=tuple(ring for ring in (_ring(node, told) for node in form.listed("rung")) if ring is not None),
        language=form.one_of("language", LANGUAGES, "") if form.has("language") else "",
    )


def _number(form: Page, key: str) -> str:
    number = form.digits(key)
    if number and not _NUMBER.fullmatch(number):
        form.error(key, "number_dialled", f"'{key}' is not a number to dial", hint="2 to 15 digits in quotes")
        return ""
    return number


def _press(node: Node, told: Diagnostics, names: Names) -> Press | None:
    form = Page.at(node, told, "a press", PRESS_KEYS)
    if form is None:
        return None
    keys = form.digits("keys")
    wrong = next((key for key in keys if key not in KEYS), None)
    if wrong is not None:
        form.error("keys", "key", f"a telephone has no key '{wrong}'", allowed=KEYS)
    return Press(keys, _when(form, names, required=True), node.place, form.duration_ms("gap", 200))


def _speech(node: Node, told: Diagnostics, names: Names) -> Speech | None:
    """`{connected: 1s, for: 2s}`; `10s` since dialling."""
    if isinstance(node, Text):
        return Speech(When(after_ms=duration_ms(node, told, "'speaks'") or 0), SENTENCE_MS, node.place)
    form = Page.at(node, told, "a speech", SPEECH_KEYS)
    if form is None:
        return None
    lasts_ms = form.duration_ms("for", SENTENCE_MS)
    if not lasts_ms:
        form.error("for", "duration", "who speaks does it for a while")
    return Speech(_when(form, names, required=False), lasts_ms, node.place)


def _hang_up(node: Node, told: Diagnostics, names: Names) -> HangUp | None:
    when = _moment(node, told, names, "a hang-up", "'hangs_up'")
    return HangUp(when, node.place) if when is not None else None


def _moment(node: Node, told: Diagnostics, names: Names, what: str, key: str) -> When | None:
    """`10s` since dialling, or a trigger with its delay."""
    if isinstance(node, Text):
        return When(after_ms=duration_ms(node, told, key) or 0)
    form = Page.at(node, told, what, WHEN_KEYS)
    return _when(form, names, required=False) if form is not None else None


def _when(form: Page, names: Names, *, required: bool) -> When:
    """`heard: menu, after: 1s`; `ringing: 1s`; `after: 10s` since dialling."""
    named = [trigger for trigger in Trigger if form.has(trigger.value)]
    for other in named[1:]:
        form.error(other.value, "two_triggers", f"one act waits for one thing, here for '{named[0]}' and for '{other}'")
    after_ms = form.duration_ms("after", 0)
    nth = _nth(form)
    if not named:
        if required and not form.has("after"):
            form.diagnostics.error(
                form.table.place,
                "missing",
                f"{form.what} needs to say when",
                hint="such as heard: menu, or connected: 2s; after: 5s is since dialling",
            )
        return When(after_ms=after_ms, nth=nth)
    trigger = named[0]
    if trigger is Trigger.HEARD:
        prompt = form.text(trigger.value)
        if prompt and names.prompts is not None and prompt not in names.prompts:
            form.error(trigger.value, "unknown_prompt", "no such prompt", allowed=names.prompts)
        return When(trigger, after_ms, prompt, nth)
    if form.has("after"):
        form.error("after", "two_delays", f"write {trigger}: 2s, without 'after'")
    return When(trigger, form.duration_ms(trigger.value, 0), nth=nth)


def _nth(form: Page) -> int:
    node = form.node("nth")
    nth = whole(node, form.diagnostics, "'nth'") if node is not None else 1
    if nth == 0:
        form.error("nth", "number", "the first time is nth: 1")
    return nth or 1


# ── phones ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _conducts(form: Page) -> tuple[Conduct, ...]:
    """Either `rings`, one conduct for each ring in turn, or the words of a single one beside the others."""
    said = [key for key in RING_KEYS if form.has(key)]
    if form.has("rings"):
        for key in said:
            form.error(key, "two_conducts", f"'rings' and '{key}' both say how the phone is taken")
        found = tuple(_ring(node, form.diagnostics) for node in form.listed("rings"))
        return tuple(conduct for conduct in found if conduct is not None) or (_DEFAULT,)
    return (_conduct(form),) if said else (_DEFAULT,)


def _ring(node: Node, told: Diagnostics) -> Conduct | None:
    """`silent`, or `{answers: 1s, talks: 30s}`."""
    if isinstance(node, Text):
        words = [answering.value for answering in Answering]
        if node.value not in words:
            told.error(node.place, "not_allowed", "a phone does not do this", found=node.value, allowed=words)
            return None
        return Conduct(Answering(node.value))
    form = Page.at(node, told, "a ring", RING_KEYS)
    return _conduct(form) if form is not None else None


def _conduct(form: Page) -> Conduct:
    does = [answering for answering in Answering if form.has(answering.value)]
    for other in does[1:]:
        form.error(other.value, "two_conducts", f"one ring is taken in one way, here as '{does[0]}' and '{other}'")
    what = does[0] if does else Answering.ANSWERS
    after_ms = _DEFAULT.after_ms
    if does and what is not Answering.SILENT and not _is_true(form, what.value):
        after_ms = form.duration_ms(what.value, after_ms)
    if what is not Answering.ANSWERS and form.has("talks"):
        form.error("talks", "two_conducts", f"a phone that is '{what}' does not talk")
    return Conduct(what, after_ms, _talk_ms(form))


def _is_true(form: Page, key: str) -> bool:
    node = form.node(key)
    return isinstance(node, Text) and node.value == "true"


def _talk_ms(form: Page) -> int | None:
    node = form.node("talks")
    if isinstance(node, Text) and node.value == UNTIL_HANGUP:
        return None
    return form.duration_ms("talks", _DEFAULT.talk_ms or PATIENT_MS)


def _official(entry: str, form: Page) -> RecipientPlan:
    if not _ENTRY.fullmatch(entry):
        form.diagnostics.error(
            form.table.place, "name", "this is no entry of the directory", found=entry, hint="3 to 6 digits"
        )
    return RecipientPlan(entry, form.table.place, _number(form, "number"), _conducts(form))


# ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _agent(agent: str, form: Page, names: Names) -> AgentPlan:
    if not _AGENT.fullmatch(agent):
        form.diagnostics.error(
            form.table.place, "name", "this is no name of a phone", found=agent, hint="letters, digits, _ and -"
        )
    presences = [presence.value for presence in Presence]
    plan = AgentPlan(
        id=agent,
        place=form.table.place,
        skills=_skills(form, names),
        contractor=form.text("contractor", ""),
        presence=form.one_of("presence", presences, Presence.AVAILABLE.value),
        registered=form.truth("registered", default=True),
        conducts=_conducts(form),
        finishes_wrap_up_after_ms=form.maybe_ms("wrap_up_done"),
    )
    acts = (_act(node, form.diagnostics, names) for node in form.listed("does"))
    return replace(plan, acts=tuple(act for act in acts if act is not None))


def _skills(form: Page, names: Names) -> dict[str, int]:
    """`general`, `[general, water]`, `"general:5 water:2"` or `{general: 5, water: 2}`; `[]` is nobody's help."""
    node = form.node("skills")
    if node is None:
        form.diagnostics.error(form.table.place, "missing", f"{form.what} needs 'skills'", hint="such as general")
        return {}
    words: list[tuple[str, Place]]
    if isinstance(node, Table):
        words = [
            (f"{skill}:{level.value if isinstance(level, Text) else ''}", level.place)
            for skill, level in node.entries.items()
        ]
    else:
        found = texts(form.listed("skills"), form.diagnostics, "each of 'skills'")
        words = [(word, text.place) for text in found for word in text.value.split()]
    skills: dict[str, int] = {}
    for word, place in words:
        match = _SKILLS.fullmatch(word)
        level = int(match[2] or PROFICIENCY) if match else 0
        if match is None or not 1 <= level <= 5:
            form.diagnostics.error(
                place, "skill", "this is no skill", found=word, hint="a name, and a proficiency from 1 to 5: water:2"
            )
        elif names.skills is not None and match[1] not in names.skills:
            form.diagnostics.error(
                place, "unknown_skill", "no queue, number or step asks for it", found=match[1], allowed=names.skills
            )
        else:
            skills[match[1]] = level
    return skills


def _act(node: Node, told: Diagnostics, names: Names) -> AgentAct | None:
    """`{hold: 3s}`, `{consult: 3s, entry: "7001", by: phone}`."""
    form = Page.at(node, told, "an act", ACT_KEYS)
    if form is None:
        return None
    acts = [act for act in TalkAct if form.has(act.value)]
    if len(acts) != 1:
        said = f"here {' and '.join(acts)}" if acts else "here nothing"
        told.error(node.place, "one_act", f"each of 'does' is one act, {said}", allowed=[act.value for act in TalkAct])
        return None
    act = acts[0]
    if act is TalkAct.CONSULT:
        form.text("entry")
    elif form.has("entry"):
        form.error("entry", "entry", f"'{act}' asks nobody", hint="only consult does")
    return AgentAct(
        does=act,
        after_ms=form.duration_ms(act.value, 0),
        place=node.place,
        entry=form.known("entry", names.entries, "official") if act is TalkAct.CONSULT else "",
        by=By(form.one_of("by", [by.value for by in By], By.API.value)),
        nth=_nth(form),
    )
