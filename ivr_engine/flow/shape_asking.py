"""The fields of the steps that say and ask: play, say, menu, collect, record, survey."""

from collections.abc import Mapping
from typing import Any

from ivr_engine.flow.checksums import LENGTHS
from ivr_engine.flow.expressions_tree import Kind
from ivr_engine.flow.say import Kind as SayKind
from ivr_engine.flow.shape_fields import (
    KEYS,
    PERSON,
    Below,
    Choices,
    Field,
    Formula,
    Name,
    Named,
    PersonKey,
    Prompts,
    Seconds,
    To,
    Truth,
    Whole,
    Word,
)
from ivr_engine.flow.shape_reader import StepReader
from ivr_engine.flow.steps import (
    ONLY_SECRET,
    TRIES,
    Checksum,
    CollectStep,
    MenuStep,
    PlayStep,
    Question,
    ReadBack,
    RecordStep,
    SayStep,
    SurveyStep,
)

MOST_TRIES = 5
MOST_KEYS = 20
"""The longest number a citizen may have to key is a 16-digit account; 20 leaves room."""

HIGHEST_MARK = 9
"""A survey's question is answered by one key."""

_TRIES = Whole(1, MOST_TRIES, TRIES)
_FIRST_KEY = Seconds(500, 20_000, 5_000)
_SPEAKING: Mapping[str, Field] = {"next": To(), "barge_in": Truth(default=True), "person_key": PersonKey()}
_ASKING: Mapping[str, Field] = {
    "otherwise": To(PERSON),
    "on_silence": To(PERSON),
    "tries": _TRIES,
    "wrong_prompt": Prompts(),
    "silence_prompt": Prompts(),
    "first_key_seconds": _FIRST_KEY,
    "barge_in": Truth(default=True),
}
_CHECKSUMS = tuple(Checksum)

PLAY: Mapping[str, Field] = {"play": Prompts(required=True), **_SPEAKING}
SAY: Mapping[str, Field] = {
    "say": Formula(shown="said"),
    "as": Word(tuple(SayKind)),
    "before": Prompts(),
    "after": Prompts(),
    **_SPEAKING,
}
MENU: Mapping[str, Field] = {"menu": Prompts(required=True), "choices": Choices(), **_ASKING, "person_key": PersonKey()}
COLLECT: Mapping[str, Field] = {
    "collect": Name(),
    "prompts": Prompts(required=True),
    "checksum": Word(_CHECKSUMS, Checksum.NONE),
    "min_keys": Whole(1, MOST_KEYS, 0),
    "max_keys": Whole(1, MOST_KEYS, 0),
    "terminator": Word(("#", "*"), "#"),
    "next_key_seconds": Seconds(500, 20_000, 3_000),
    "secret": Truth(default=False),
    "confirm": Below(
        {
            "before": Prompts(),
            "after": Prompts(required=True),
            "as": Word((SayKind.DIGITS, SayKind.PHONE), SayKind.DIGITS),
            "yes": Word(KEYS, "1"),
            "no": Word(KEYS, "2"),
        }
    ),
    "next": To(),
    **_ASKING,
    "person_key": PersonKey(digits=True),
}
RECORD: Mapping[str, Field] = {
    "record": Name(),
    "prompts": Prompts(required=True),
    "longest_seconds": Seconds(5_000, 600_000, 120_000),
    "shortest_seconds": Seconds(0, 10_000, 1_000),
    "silence_seconds": Seconds(1_000, 30_000, 5_000),
    "terminator": Word(("#", "*"), "#"),
    "tries": Whole(1, MOST_TRIES, 2),
    "again_prompt": Prompts(),
    "next": To(),
    "otherwise": To(PERSON),
    "person_key": PersonKey(),
}
SURVEY: Mapping[str, Field] = {
    "survey": Name(),
    "questions": Named({"prompts": Prompts(required=True), "highest": Whole(2, HIGHEST_MARK, 5)}, short="prompts"),
    "thanks": Prompts(),
    "wrong_prompt": Prompts(),
    "tries": Whole(1, MOST_TRIES, 2),
    "first_key_seconds": _FIRST_KEY,
    "next": To(),
    "person_key": PersonKey(default="none"),
}


def play(_step: StepReader, read: Mapping[str, Any]) -> PlayStep:
    return PlayStep(read["play"], read["next"], read["barge_in"], read["person_key"])


def say(step: StepReader, read: Mapping[str, Any]) -> SayStep:
    value, kind = read["say"], read["as"]
    of = value.type.kind
    sayable = {
        SayKind.DATE: (Kind.DATE, Kind.TEXT),
        SayKind.TIME: (Kind.TIME, Kind.TEXT),
    }.get(kind, (Kind.WHOLE, Kind.TEXT))
    if of not in sayable:
        step.form.error("say", "type", f"a {value.type} cannot be said as {kind}")
    return SayStep(value, kind, read["next"], read["before"], read["after"], read["barge_in"], read["person_key"])


def menu(step: StepReader, read: Mapping[str, Any]) -> MenuStep:
    return MenuStep(prompts=read["menu"], choices=read["choices"], person_key=read["person_key"], **_asked(step, read))


def collect(step: StepReader, read: Mapping[str, Any]) -> CollectStep:
    form, checksum = step.form, Checksum(read["checksum"])
    fewest, most = LENGTHS[checksum]
    min_keys, max_keys = read["min_keys"] or fewest, read["max_keys"] or most
    if min_keys > max_keys:
        form.error("min_keys", "number", f"'min_keys' is larger than 'max_keys' ({max_keys})")
    elif max_keys < fewest or min_keys > most:
        key = "max_keys" if max_keys < fewest else "min_keys"
        form.error(key, "number", f"a {_in_words(checksum)} has {fewest} to {most} digits")
    if checksum in ONLY_SECRET and not read["secret"]:
        form.error(
            "checksum", "must_be_secret", f"a {_in_words(checksum)} may only be asked as a secret", hint="secret: true"
        )
    confirm = read["confirm"]
    if confirm is not None and read["secret"]:
        form.error("confirm", "secret", "what is secret is not read back")
    if confirm is not None and confirm["yes"] == confirm["no"]:
        form.error("confirm", "number", "'yes' and 'no' of 'confirm' are the same key")
    if read["person_key"] == read["terminator"]:
        if form.has("person_key"):
            form.error("person_key", "not_allowed", "'person_key' ends the digits already", allowed=("*", "#"))
        read = {**read, "person_key": "#" if read["terminator"] == "*" else "*"}
    return CollectStep(
        variable=read["collect"],
        prompts=read["prompts"],
        min_keys=min_keys,
        max_keys=max_keys,
        next=read["next"],
        terminator=read["terminator"],
        next_key_ms=read["next_key_seconds"],
        secret=read["secret"],
        person_key=read["person_key"],
        checksum=checksum,
        confirm=ReadBack(confirm["after"], confirm["before"], confirm["as"], confirm["yes"], confirm["no"])
        if confirm is not None
        else None,
        **_asked(step, read),
    )


def record(_step: StepReader, read: Mapping[str, Any]) -> RecordStep:
    return RecordStep(
        variable=read["record"],
        prompts=read["prompts"],
        next=read["next"],
        otherwise=read["otherwise"],
        longest_ms=read["longest_seconds"],
        shortest_ms=read["shortest_seconds"],
        silence_ms=read["silence_seconds"],
        terminator=read["terminator"],
        tries=read["tries"],
        again_prompt=read["again_prompt"],
        person_key="" if read["person_key"] == read["terminator"] else read["person_key"],
    )


def survey(_step: StepReader, read: Mapping[str, Any]) -> SurveyStep:
    questions = read["questions"].items()
    return SurveyStep(
        survey=read["survey"],
        questions=tuple(Question(name, one["prompts"], one["highest"]) for name, one in questions),
        next=read["next"],
        thanks=read["thanks"],
        wrong_prompt=read["wrong_prompt"],
        tries=read["tries"],
        first_key_ms=read["first_key_seconds"],
        person_key=read["person_key"],
    )


def _asked(step: StepReader, read: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "otherwise": read["otherwise"],
        "silence": read["on_silence"],
        "silence_leaves": step.form.has("on_silence"),
        "tries": read["tries"],
        "wrong_prompt": read["wrong_prompt"],
        "silence_prompt": read["silence_prompt"],
        "first_key_ms": read["first_key_seconds"],
        "barge_in": read["barge_in"],
    }


def _in_words(checksum: Checksum) -> str:
    return checksum.value.replace("_", " ")
