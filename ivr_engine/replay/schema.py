"""The JSON Schema of `*.scenario.yaml` and `*.fragment.yaml`, for editors: completion and a red line while one writes.

It knows the words, their shapes and their closed lists; who is in a scenario and what can happen in it only the reader
(`language`) knows. The words come from the modules that read them, so that neither can learn one alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ivr_engine.core.vocabulary import (
    AgentState,
    Disposition,
    OfferFailure,
    OfferResult,
    Presence,
    RecipientFailure,
    TransferResult,
    TransferState,
)
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.replay import language, language_expect, language_files
from ivr_engine.replay import language_people as people
from ivr_engine.replay import language_world as world
from ivr_engine.replay.language_words import COUNT_KEYS
from ivr_engine.replay.scenario import Answering, By, Level, TalkAct, TextTurn, Trigger

Schema = dict[str, Any]

_VARIABLE = r"\$\{"
_MEANINGS = {
    "title": "What the scenario promises, as a sentence.",
    "at": "Seoul's time at the start: 2026-11-23 10:00, or 10:00 alone.",
    "on": "The levels on which it runs; all when it does not say.",
    "not_on": "Levels on which it does not run, each with its reason.",
    "dialplans": "A folder of flows, relative to this file; 120's own when it does not say.",
    "queues": "What the queues do otherwise than queues.yaml says; `all` is every queue.",
    "let": "Variables: ${name} stands for the value anywhere else.",
    "use": "Fragments whose agents, officials, citizens, queues and variables this file takes over.",
    "agents": "Counsellors, by the name of their phone.",
    "officials": "Whom a contact can be handed to, by their entry in the directory.",
    "citizens": "Who dials, and what they do.",
    "dips": "How other systems answer data dips, each turn by turn: JSON, silent, away, or answers, after and status.",
    "texts": "What becomes of text messages, turn by turn.",
    "world": "What happens by itself, at a time since the start.",
    "expect": "What must have happened.",
    "examples": "A table: one scenario for each row; the columns are variables.",
    "time": "scale: on a real switch, times of minutes may be divided by a factor that changes nothing else.",
    "limit": "The scenario fails when it takes longer.",
    "tags": "Words to choose scenarios by.",
}


def schema() -> Schema:
    """The schema as JSON would hold it."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Call scenario of ivr-engine",
        "anyOf": [{"$ref": "#/definitions/scenario"}, {"$ref": "#/definitions/fragment"}],
        "definitions": _definitions(),
    }


def _definitions() -> Schema:
    sections = _sections()
    shared = {key: sections[key] for key in ("use", *language_files.SHARED)}
    return {
        "scenario": {**_table(sections), "required": ["title", "expect"]},
        "fragment": _table(shared),
        "duration": {
            "description": "5s, 500ms, 1.5m",
            "anyOf": [{"type": "string", "pattern": rf"^[0-9.]+ ?(ms|s|m|h)$|{_VARIABLE}"}, {"const": 0}],
        },
        "near": {
            "description": "6s ± 500ms; without ± it may be off by 250ms",
            "anyOf": [
                {
                    "type": "string",
                    "pattern": rf"^[0-9.]+ ?(ms|s|m|h)( ?(±|\+-|\+/-) ?[0-9.]+ ?(ms|s|m|h))?$|{_VARIABLE}",
                },
                {"const": 0},
            ],
        },
        "digits": {"description": "Digits, in quotes.", "type": "string"},
        "word": {"type": "string"},
        "count": _either({"type": "integer", "minimum": 0}, _table(dict.fromkeys(COUNT_KEYS, _WHOLE)), _FILLED),
        "ring": _either(_words(Answering), _table(_rings())),
        "when": _table(_when()),
        "press": _table({"keys": _ref("digits"), "gap": _ref("duration"), **_when()}),
        "act": _table(_act()),
        "happening": _table(_happening()),
        "heard": _table(_heard()),
        "offer": _table(_offer()),
        "transfer": _table(_transfer()),
        "becoming": _table(_becoming()),
        "between": _table({"from": _ref("fact"), "to": _ref("fact"), "takes": _ref("near")}),
        "fact": _either({"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}),
        "citizen_expects": _table(_citizen_expects()),
        "agent_expects": _table(_agent_expects()),
    }


# ── small shapes ────────────────────────────────────────────────────────────────────────────────────────────────────
_FILLED = {"type": "string", "pattern": _VARIABLE}
_WHOLE = {"anyOf": [{"type": "integer", "minimum": 0}, _FILLED]}
_TRUTH = {"anyOf": [{"type": "boolean"}, _FILLED]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _table(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _named(each: Schema) -> Schema:
    return {"type": "object", "additionalProperties": each}


def _either(*shapes: Schema) -> Schema:
    return {"anyOf": list(shapes)}


def _words(words: Iterable[str]) -> Schema:
    return {"anyOf": [{"enum": [str(word) for word in words]}, _FILLED]}


def _list(each: Schema) -> Schema:
    """One, or a list."""
    return {"anyOf": [each, {"type": "array", "items": each}]}


# ── sections ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _sections() -> dict[str, Schema]:
    scalars = _named({"type": ["string", "number", "boolean"]})
    shapes: dict[str, Schema] = {
        "title": _ref("word"),
        "at": _ref("word"),
        "on": _list(_words(Level)),
        "not_on": _table({level.value: _ref("word") for level in Level}),
        "dialplans": _ref("word"),
        "queues": _named(_table(dict.fromkeys(world.QUEUE_KEYS, _ref("duration")))),
        "let": scalars,
        "use": _list(_ref("word")),
        "agents": _named(_table(_agent())),
        "officials": _named(_table({"number": _ref("digits"), "rings": _list(_ref("ring")), **_rings()})),
        "citizens": _named(_table(_citizen())),
        "dips": _named(_list(_either(_ref("word"), _table(_dip_turn())))),
        "texts": _list(_words(TextTurn)),
        "world": _list(_ref("happening")),
        "expect": _expect(),
        "examples": {"type": "array", "items": scalars, "minItems": 1},
        "time": _words((world.SCALE,)),
        "limit": _ref("duration"),
        "tags": _list(_ref("word")),
    }
    return {key: {"description": _MEANINGS[key], **shapes[key]} for key in language.KEYS}


def _dip_turn() -> dict[str, Schema]:
    return {"answers": {"type": "string"}, "after": _ref("duration"), "status": _WHOLE}


def _rings() -> dict[str, Schema]:
    after = _either(_ref("duration"), {"const": True})
    rings: dict[str, Schema] = {answering.value: after for answering in Answering}
    talks = _either(_ref("duration"), {"const": people.UNTIL_HANGUP})
    return {**rings, "talks": talks}


def _when() -> dict[str, Schema]:
    triggers: dict[str, Schema] = {trigger.value: _ref("duration") for trigger in Trigger}
    heard = {"description": "The prompt that began to play.", "type": "string"}
    return {**triggers, Trigger.HEARD.value: heard, "after": _ref("duration"), "nth": _WHOLE}


def _citizen() -> dict[str, Schema]:
    return {
        "dials": _ref("digits"),
        "caller": _ref("digits"),
        "arrives": _ref("duration"),
        "presses": _list(_ref("press")),
        "speaks": _list(_either(_ref("duration"), _table({"for": _ref("duration"), **_when()}))),
        "language": _words(LANGUAGES),
        "hangs_up": _list(_either(_ref("duration"), _ref("when"))),
        "patience": _ref("duration"),
        "re_invites": _list(_either(_ref("duration"), _ref("when"))),
        "offers": _words(people.OFFERS),
        "rung": _list(_ref("ring")),
    }


def _agent() -> dict[str, Schema]:
    return {
        "skills": _either(_list(_ref("word")), _named(_WHOLE)),
        "contractor": _ref("word"),
        "presence": _words(Presence),
        "registered": _TRUTH,
        "rings": _list(_ref("ring")),
        **_rings(),
        "wrap_up_done": _ref("duration"),
        "does": _list(_ref("act")),
    }


def _act() -> dict[str, Schema]:
    acts: dict[str, Schema] = {act.value: _ref("duration") for act in TalkAct}
    return {**acts, "entry": _ref("digits"), "by": _words(By), "nth": _WHOLE}


def _happening() -> dict[str, Schema]:
    words: dict[str, Schema] = {key: _words(values) for key, values in world.VALUES.items()}
    return {
        "at": _ref("duration"),
        "agent": _ref("digits"),
        **words,
        "revision": _ref("word"),
        "canary": _WHOLE,
        "clock": {"description": "+1h, -1h", "type": "string", "pattern": rf"^[+-][0-9.]+ ?(ms|s|m|h)$|{_VARIABLE}"},
        "reason": _ref("word"),
        "by": _either(_words(By), _ref("duration")),
        "for": _ref("duration"),
    }


# ── expectations ────────────────────────────────────────────────────────────────────────────────────────────────────
def _expect() -> Schema:
    general: dict[str, Schema] = {
        "order": {"type": "array", "items": _ref("fact"), "minItems": 2},
        "counts": _named(_ref("count")),
        "never": _list(_ref("fact")),
        "between": _list(_ref("between")),
        "metrics": _named(_either({"type": "number"}, _FILLED)),
        "journal": _table(dict.fromkeys(language_expect.NOTICES, _ref("count"))),
    }
    somebody = _either(_ref("citizen_expects"), _ref("agent_expects"))
    return {"type": "object", "properties": general, "additionalProperties": somebody, "minProperties": 1}


def _heard() -> dict[str, Schema]:
    return {"prompt": _ref("word"), "language": _words(LANGUAGES), "at": _ref("near")}


def _offer() -> dict[str, Schema]:
    return {
        "to": _ref("digits"),
        "ends": _words(OfferResult),
        "cause": _words(OfferFailure),
        "at": _ref("near"),
        "ends_at": _ref("near"),
        "reason": _ref("word"),
    }


def _transfer() -> dict[str, Schema]:
    return {
        "state": _words(TransferState),
        "ends": _words(TransferResult),
        "entry": _ref("digits"),
        "agent": _ref("digits"),
        "cause": _words(RecipientFailure),
        "at": _ref("near"),
    }


def _ends() -> dict[str, Schema]:
    return {
        "as": _words(Disposition),
        "at": _ref("near"),
        "agency": _ref("word"),
        "queue": _ref("word"),
        "agent": _ref("digits"),
        "short_abandon": _TRUTH,
        "offers": _WHOLE,
    }


def _becoming() -> dict[str, Schema]:
    return {
        "state": _words(AgentState),
        "presence": _words(Presence),
        "reason": _ref("word"),
        "at": _ref("near"),
    }


def _citizen_expects() -> dict[str, Schema]:
    digits, word, near = _ref("digits"), _ref("word"), _ref("near")
    return {
        "hears": _list(_either(word, _ref("heard"))),
        "presses": _list(digits),
        "queue": _list(word),
        "agency": word,
        "language": _words(LANGUAGES),
        "offers": _list(_either(digits, _ref("offer"))),
        "waits": near,
        "answered_by": _list(digits),
        "within_promise": _TRUTH,
        "transfers": _list(_either(word, _ref("transfer"))),
        "returns": _WHOLE,
        "talks": near,
        "fell_back": _TRUTH,
        "recorded": _TRUTH,
        "ends": _either(_words(Disposition), _table(_ends())),
    }


def _agent_expects() -> dict[str, Schema]:
    return {"becomes": _list(_either(_ref("word"), _ref("becoming"))), "presence": _words(Presence)}
