"""Operators' documents with every kind of slip, and citizens and systems who do anything: for fuzzing the language.

One input is a small set of documents, damaged by one seeded chance. It must be refused with reasons, or be a revision
in which every conversation ends, whatever citizens press; it must never raise anything else and never take long.
`scripts/fuzz_flow` does a million, the tests a few hundred.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Dipped,
    Done,
    Finish,
    Keys,
    Moment,
    NotRecorded,
    NotSent,
    Play,
    Record,
    Recorded,
    Reply,
    SendText,
    Sent,
    Silence,
    Unplayable,
    ValueType,
)
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, FlowErrors
from ivr_engine.flow.documents import assemble
from ivr_engine.flow.interpreter import STEPS_WALKED
from ivr_engine.flow.revision import HOMES, Revision, compiled

SECONDS = 2.0
"""CPU of one input: a hundred times the ordinary; more is a hang in the making."""

REPLIES = 4 * STEPS_WALKED
"""Every step and try counts as walked; what is between them (greetings, facts, thanks) is a few a step."""

_TEXTS = "{ko: 안녕, en: hello}"
PROMPTS = ("greeting", "menu", "wrong_key", "not_in_service", "ask", "again")

DOCUMENTS: Mapping[str, str] = {
    "prompts.yaml": "prompts:\n" + "".join(f"  {name}: {{milliseconds: 1000, text: {_TEXTS}}}\n" for name in PROMPTS),
    "queues.yaml": "skills: [general, english]\nperson: general\nqueues:\n"
    "  general: {requirement: general}\n  english: {requirement: [english], priority: 1, promise_seconds: 20}\n",
    "numbers.yaml": "agencies:\n  mapo: {kind: district, ko: 마포구, en: Mapo-gu}\nnumbers:\n"
    '  "120": {flow: main}\n  "0200002141": {flow: bills, agency: mapo, requirement: english, language: en}\n',
    "hours.yaml": "hours:\n  office:\n    week: {mon-fri: 09:00-18:00, sat-sun: closed}\n    holidays: korea\n"
    "    exceptions: {2026-12-31: 09:00-12:00}\n",
    "proofs.yaml": 'proofs: {person_keys: 3, person_seconds: 300, without_person: ["0200002141"]}\n',
    "flows/main.yaml": """\
title: "120"
language: ko
steps:
  hello: {play: greeting}
  desk_hours: {hours: office, open: topic, closed: night, holiday: night}
  topic:
    menu: [menu]
    choices: {"1": flow:bills, "2": talk, "9": speak, "#": bye}
    tries: 2
    first_key_seconds: 2.5
    wrong_prompt: wrong_key
    on_silence: person
  speak: {language: en, next: topic}
  night: {callback: general, otherwise: talk}
  talk: {queue: english, priority: 2, show: [rounds]}
  bye: {hangup: self_served}
""",
    "flows/bills.yaml": """\
steps:
  begin: {set: {rounds: 0, total: 2 * 3}}
  account:
    collect: account
    prompts: ask
    min_keys: 2
    max_keys: 8
    confirm: {after: again}
    otherwise: person
  look:
    dip: bills
    url: "https://water.example/bills/{account}"
    outputs: {amount: whole_number, paid: {type: truth, at: bill.paid}}
    failed: more
  kind: {switch: amount > 1000 and not paid, cases: {"true": large}, otherwise: more}
  large: {say: amount, as: money, before: again}
  text: {send: {ko: "금액 {amount}", en: "amount {amount}"}, failed: more}
  more: {set: {rounds: rounds + 1}}
  enough: {switch: rounds, cases: {3: note}, otherwise: account}
  note: {record: message, prompts: ask, otherwise: person}
  twice: {call: twice, with: {half: rounds}, into: {total: doubled}}
  often: {switch: now.time between 09:00 and 18:00 or caller.mobile, cases: {"true": ask_all}, otherwise: ask_all}
  ask_all: {survey: care, questions: {mark: ask}, thanks: greeting}
  hand: {transfer: "0201", unreached: general}
""",
    "flows/twice.yaml": "takes: {half: whole_number}\nreturns: {doubled: whole_number}\n"
    "steps:\n  say: {play: greeting}\n  back: {return: {doubled: half * 2}}\n",
}
"""A small set with every kind of step."""

RECORDINGS: Mapping[str, int | None] = {f"{language}/{name}": 100 for language in ("ko", "en") for name in PROMPTS}

WORDS = (
    *("steps", "play", "menu", "person", "flow:main", "flow:twice", "next", "&a", "*a", "!!int", "<<", "---", "..."),
    *("0120", "12:30", "no", "~", "null", "true", "가", "|", "- ", "{", "}", "[", "]", ": ", '"', "'", "#", "?", "%"),
    *("\t", "\n", "\n  ", "\n    ", "\x00", "\u2028", "\u202e", "\ufeff", "-1", "1e9", "99999999999", "0.5", ".."),
    *(
        "and",
        "or",
        "not",
        "in",
        "between",
        "(",
        ")",
        "==",
        "+",
        "now.time",
        "now.weekday",
        "caller",
        "rounds",
        "amount",
    ),
    *(
        "account",
        "half",
        "hours",
        "switch",
        "set",
        "call",
        "return",
        "dip",
        "queue",
        "goto",
        "hangup",
        "closed",
        "22:00",
    ),
)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What became of one input."""

    accepted: bool
    walks: int = 0


_BASE = (
    "prompts: {"
    + ", ".join(f"{name}: {{text: {_TEXTS}}}" for name in ("greeting", "menu", "ask"))
    + "}\nskills: [general, english]\nperson: general\nqueues: {general: {}, english: {requirement: english}}\n"
    'numbers: {"120": {flow: main}}\nhours: {office: {week: {mon-fri: 09:00-18:00, sat-sun: closed}}}\n'
)

_STEPS = (
    *("play: greeting, next: {to}", "play: [greeting, menu], barge_in: false", "goto: {to}", "language: en"),
    'menu: menu, choices: {{"1": {to}, "2": {to}}}, on_silence: {to}',
    'menu: menu, choices: {{"1": {to}, "*": flow:other}}, tries: 1, otherwise: {to}, person_key: none',
    "collect: account, prompts: ask, max_keys: 4, on_silence: {to}",
    "collect: pin, prompts: ask, secret: true, min_keys: 4, max_keys: 4, otherwise: {to}, on_silence: {to}",
    *("set: {{rounds: 0}}", "set: {{rounds: rounds + 1}}", "set: {{known: caller.mobile or rounds > 3}}"),
    *("switch: rounds, cases: {{2: {to}, 5: {to}}}, otherwise: {to}", "switch: known, cases: {{true: {to}}}"),
    "switch: 'now.time between 22:00 and 06:00 and now.weekday in [fri, sat]', cases: {{true: {to}}}, otherwise: {to}",
    *("hours: office, open: {to}, closed: {to}", "say: rounds * 7, as: number, next: {to}"),
    'dip: bills, url: "https://water.example/b", outputs: {{amount: whole_number}}, failed: {to}',
    *('send: {{ko: "{{rounds}}", en: x}}, failed: {to}', "record: message, prompts: ask, otherwise: {to}"),
    *("survey: care, questions: {{mark: ask, rounds: menu}}", "call: other, with: {{given: 1}}, into: {{rounds: sum}}"),
    *("queue: english, show: [rounds]", "callback: general, otherwise: {to}", 'transfer: "0201"', "hangup: closed"),
)
"""Steps to make flows of; `{to}` is wherever chance leads."""


def damaged(chance: random.Random) -> dict[str, bytes]:
    """A flow of any steps, or the set with every kind of step; with up to four slips, mostly in one document."""
    is_composed = chance.random() < 0.93
    files = _composed(chance) if is_composed else {name: text.encode() for name, text in DOCUMENTS.items()}
    names = tuple(files)
    name = chance.choice(names)
    for _ in range(chance.choice((0, 0, 0, 1, 2)) if is_composed else chance.choice((1, 1, 1, 2, 2, 3, 4))):
        if chance.random() < 0.1:
            name = chance.choice(names)
        files[name] = chance.choice(_SLIPS)(files[name], chance)
    if chance.random() < 0.02:
        files[chance.choice(("more.yaml", "a/flows/main.yaml", "flows/other.yaml"))] = files[name]
    if chance.random() < 0.02:
        files.pop(chance.choice(names))
    return files


def _composed(chance: random.Random) -> dict[str, bytes]:
    return {
        "all.yaml": _BASE.encode(),
        "flows/main.yaml": _flow(chance, "", "").encode(),
        "flows/other.yaml": _flow(
            chance,
            "takes: {given: whole_number}\nreturns: {sum: whole_number}\n",
            "  back: {return: {sum: given + 1}}\n",
        ).encode(),
    }


def _flow(chance: random.Random, head: str, last: str) -> str:
    labels = [f"s{number}" for number in range(chance.randint(1, 7))]
    steps = ["  begin: {set: {rounds: 0, known: false}}\n"]
    for number, label in enumerate(labels):
        later = (*labels[number + 1 :], "person", "person")
        targets = later if chance.random() < 0.9 else (*labels, "flow:main", "flow:other")
        parts = chance.choice(_STEPS).split("{to}")
        step = parts[0] + "".join(chance.choice(targets) + part for part in parts[1:])
        steps.append(f"  {label}: {{{step.replace('{{', '{').replace('}}', '}')}}}\n")
    return f"{head}steps:\n" + "".join(steps) + last


def judge(files: Mapping[str, bytes], chance: random.Random) -> Fuzzed:
    """Load it and, where it is accepted, walk. Raises AssertionError for what must not be, and whatever was raised."""
    begun = time.process_time()
    diagnostics = Diagnostics()
    reasons: tuple[Diagnostic, ...] = ()
    revision: Revision | None
    try:
        documents = assemble(sorted(files.items()), HOMES, diagnostics)
        revision = compiled(documents, RECORDINGS, diagnostics)
    except FlowErrors as errors:
        reasons = errors.diagnostics
        revision = None
    if revision is None:
        assert reasons, "refused without a reason"
        assert all(len(str(one).splitlines()) == 1 for one in reasons), "a reason of several lines"
        assert time.process_time() - begun < SECONDS, "it takes too long to refuse"
        return Fuzzed(False)
    numbers = [entry.number for entry in revision.numbers]
    for number in chance.sample(numbers, min(3, len(numbers))):
        walk(revision, number, chance)
    assert time.process_time() - begun < SECONDS, "it takes too long to load or to walk"
    return Fuzzed(True, min(3, len(numbers)))


def walk(revision: Revision, number: str, chance: random.Random) -> None:
    """One citizen who does anything; raises AssertionError when the conversation does not end."""
    moment = Moment(1_767_582_000_000 + chance.randrange(400 * 86_400_000))
    card = CallerCard(ContactId("c"), number, chance.choice(("01012345678", "", "021234567")), moment=moment)
    conversation = revision.converse(card)
    action = conversation.begin()
    for _ in range(REPLIES):
        if isinstance(action, Finish):
            return
        action = conversation.reply(any_reply(action, chance))
    raise AssertionError(f"the conversation of {number} does not end")


def any_reply(action: Action, chance: random.Random) -> Reply:
    """What a citizen, a switch or another system can answer to an action."""
    if isinstance(action, Play | Ask | Record) and action.leave and chance.random() < 0.05:
        return Keys(chance.choice(action.leave))
    if isinstance(action, Play | Ask | Record) and action.prompts and chance.random() < 0.02:
        return Unplayable(chance.choice(action.prompts).file)
    match action:
        case Ask():
            keys = "".join(chance.choice(action.keys) for _ in range(chance.randint(1, action.max_keys)))
            return Keys(keys) if chance.random() < 0.8 else Silence()
        case Record():
            return Recorded("r-1", chance.choice((0, 900, 9_000))) if chance.random() < 0.8 else NotRecorded()
        case Dip():
            told = {one.name: _value(one.type, chance) for one in action.outputs}
            return Dipped(told) if chance.random() < 0.7 else DipFailed(chance.choice(tuple(DipFailure)))
        case SendText():
            return Sent() if chance.random() < 0.7 else NotSent()
        case _:
            return Done()


def _value(of: ValueType, chance: random.Random) -> str | int | bool:
    match of:
        case ValueType.TEXT:
            return chance.choice(("", "2026-11-23", "가나다" * 50, "1"))
        case ValueType.WHOLE_NUMBER:
            return chance.choice((0, 1, -1, 999_999_999_999, 15_300))
        case ValueType.TRUTH:
            return chance.random() < 0.5


# ── slips ───────────────────────────────────────────────────────────────────────────────────────────────────────────
Slip = Callable[[bytes, random.Random], bytes]


def _byte(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + bytes((chance.randrange(256),)) + content[at + chance.randint(0, 1) :]


def _word(content: bytes, chance: random.Random) -> bytes:
    """A word put in, or in the place of another."""
    at = chance.randrange(len(content) + 1)
    gone = chance.choice((0, 0, 1, 3, 8))
    return content[:at] + chance.choice(WORDS).encode("utf-8", "surrogatepass") + content[at + gone :]


def _other_word(content: bytes, chance: random.Random) -> bytes:
    """One word of the document in the place of another one: the slip that still looks right."""
    words = content.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(words).strip(b"\n") or b"x"
    return b" ".join(words)


def _line(content: bytes, chance: random.Random) -> bytes:
    """A line lost, doubled, moved, or indented otherwise."""
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(chance.randrange(len(lines)), lines[at])
        case 2:
            lines.insert(chance.randrange(len(lines)), lines.pop(at))
        case _:
            lines[at] = b" " * chance.randint(0, 6) + lines[at].lstrip()
    return b"\n".join(lines)


def _target(content: bytes, chance: random.Random) -> bytes:
    """A step leads elsewhere: what is accepted then has circles that nobody meant."""
    labels = [line.split(b":")[0].strip() for line in content.split(b"\n") if line.startswith(b"  ") and b":" in line]
    if not labels:
        return _word(content, chance)
    keys = (b"next: ", b"otherwise: ", b"on_silence: ", b"failed: ", b"closed: ", b'"1": ')
    key = chance.choice([key for key in keys if key in content] or [b"{"])
    before, _, after = content.partition(key)
    end = min((found for found in map(after.find, (b",", b"}", b"\n")) if found >= 0), default=len(after))
    return before + key + chance.choice(labels) + after[end:]


def _structure(content: bytes, chance: random.Random) -> bytes:
    """A whole value of another shape, as deep as chance wants it."""
    at = content.find(b": ", chance.randrange(max(1, len(content) - 1)))
    if at < 0:
        return _word(content, chance)
    end = content.find(b"\n", at)
    return content[: at + 2] + _any_value(chance, 4).encode() + (content[end:] if end >= 0 else b"")


def _any_value(chance: random.Random, depth: int) -> str:
    kind = chance.randrange(4) if depth else 3
    if kind == 0:
        return "[" + ", ".join(_any_value(chance, depth - 1) for _ in range(chance.randrange(4))) + "]"
    if kind == 1:
        keys = ("play", "menu", "next", "choices", "steps", "set", "switch", "cases", "text", "ko", "1", "week", "dip")
        entries = [f"{chance.choice(keys)}: {_any_value(chance, depth - 1)}" for _ in range(chance.randrange(4))]
        return "{" + ", ".join(entries) + "}"
    return chance.choice(("greeting", "person", "120", "true", '""', "'a b'", "09:00-18:00", "rounds + 1", "topic"))


def _cut(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] if chance.random() < 0.5 else content[at:]


_SLIPS: tuple[Slip, ...] = (
    *(_byte, _cut),
    *(_word, _word),
    *(_other_word, _other_word, _other_word),
    *(_line, _line),
    *(_target, _target, _target),
    *(_structure, _structure),
)
