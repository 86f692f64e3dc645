"""The fields of the steps that reach outside or end the flow: dip, send, queue, callback, transfer, hangup."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ivr_engine.core.conversation import DIP_BYTES, DIP_DEADLINE_MS, Output, ValueType
from ivr_engine.core.vocabulary import Disposition, QueueId, Skill
from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.expressions_tree import TEXT
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.shape_fields import (
    BELOW,
    PERSON,
    REQUIRED,
    Field,
    Formula,
    Formulas,
    Name,
    Named,
    Names,
    Prompts,
    Seconds,
    Shown,
    To,
    Truth,
    Whole,
    Word,
    Written,
)
from ivr_engine.flow.shape_reader import StepReader
from ivr_engine.flow.source import Text
from ivr_engine.flow.steps import (
    PRIORITY,
    CallbackStep,
    DipStep,
    HangupStep,
    QueueStep,
    SendStep,
    TransferStep,
)

ENDS = (
    Disposition.SELF_SERVED.value,
    Disposition.CLOSED.value,
    Disposition.REJECTED.value,
    Disposition.VOICEMAIL.value,
)
"""How a flow itself may end a contact; every other disposition is the outcome of something that happened."""

DEADLINE_MS = 5_000
"""The longest that a citizen is kept by another system, with comfort meanwhile."""

CACHE_SECONDS = 86_400

AGENT_WAIT_MS = 10_000
"""For a named agent: long enough for the end of a talk that is nearly over, and inside the promise."""

AGENT_WAIT_LONGEST_MS = 600_000

_STANDING: Mapping[str, Field] = {
    "requirement": Names("skill"),
    "priority": Whole(0, PRIORITY, 0),
    "show": Shown(),
}
DIP: Mapping[str, Field] = {
    "dip": Name(),
    "url": Written(),
    "method": Word(("GET", "POST"), "GET"),
    "values": Formulas(),
    "body": Names(""),
    "sends_secret": Truth(default=False),
    "outputs": Named({"type": Word(tuple(ValueType)), "at": Written(required=False)}, short="type"),
    "deadline_seconds": Seconds(100, DEADLINE_MS, DIP_DEADLINE_MS),
    "limit_bytes": Whole(100, 999_999, DIP_BYTES),
    "cache_seconds": Whole(0, CACHE_SECONDS, 0),
    "comfort": Prompts(),
    "next": To(),
    "failed": To(REQUIRED),
}
SEND: Mapping[str, Field] = {
    "send": Written(languages=LANGUAGES),
    "to": Formula(TEXT, shown="a number to send to", default="caller"),
    "next": To(BELOW),
    "failed": To("next"),
}
QUEUE: Mapping[str, Field] = {
    "queue": Name("queue"),
    "agent": Formula(TEXT, shown="the number of an agent", default='""'),
    "agent_wait_seconds": Seconds(1_000, AGENT_WAIT_LONGEST_MS, AGENT_WAIT_MS),
    **_STANDING,
}
CALLBACK: Mapping[str, Field] = {
    "callback": Name("queue"),
    "number": Formula(TEXT, shown="a number to call", default="caller"),
    "otherwise": To(PERSON),
    **_STANDING,
}
TRANSFER: Mapping[str, Field] = {
    "transfer": Written(),
    "unreached": Name("queue", required=False),
    **_STANDING,
}
HANGUP: Mapping[str, Field] = {"hangup": Word(ENDS)}

_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,255}(?:/[!-~]*)?", re.ASCII)
_SLOT = re.compile(r"\{([^{}]*)\}")
_AT = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,9}", re.ASCII)
_ENTRY = re.compile(r"[0-9]{3,6}", re.ASCII)
"""A code of the directory."""


def dip(step: StepReader, read: Mapping[str, Any]) -> DipStep:
    url = read["url"].get("")
    values = dict(read["values"])
    if url is not None:
        if not _URL.fullmatch(url.value):
            step.form.error(
                "url", "url", "this is no address to ask", hint="http:// or https://, a host without values, no spaces"
            )
        _fill(step, [slot[1] for slot in _SLOT.finditer(url.value)], url, values)
    body = _body(step, url, values)
    secret = frozenset(name for name, value in values.items() if step.secret_in(value))
    if secret and not read["sends_secret"]:
        step.form.error(
            "values" if step.form.has("values") else "url",
            "secret",
            f"'{min(secret)}' is secret",
            hint="say sends_secret: true if that system may know it",
        )
    if body and read["method"] == "GET":
        step.form.error("body", "not_allowed", "GET has no body", hint="method: POST")
    return DipStep(
        source=read["dip"],
        url=url.value if url is not None else "",
        outputs=tuple(_outputs(step, read["outputs"])),
        next=read["next"],
        failed=read["failed"],
        values=values,
        method=read["method"],
        body=body,
        secret=secret,
        deadline_ms=read["deadline_seconds"],
        limit_bytes=read["limit_bytes"],
        cache_seconds=read["cache_seconds"],
        prompts=read["comfort"],
    )


def _body(step: StepReader, url: Text | None, values: dict[str, Expression]) -> tuple[str, ...]:
    names = step.form.names("body") if step.form.has("body") else ()
    for name in names:
        if name not in values:
            place = step.form.name_place("body", name)
            found = step.expression_of(step.form, Text(name, place))
            if found is not None:
                values[name] = found
    return names


def _fill(step: StepReader, names: list[str], text: Text, values: dict[str, Expression]) -> None:
    """A place of an address that no value is written for takes the variable of that name."""
    for name in names:
        if name not in values and (found := step.expression_of(step.form, Text(name, text.place))) is not None:
            values[name] = found


def _outputs(step: StepReader, read: Mapping[str, Mapping[str, Any]]) -> Iterator[Output]:
    for name, one in read.items():
        written = one["at"].get("")
        at = written.value if written is not None and written.value else name
        if not _AT.fullmatch(at):
            step.form.error(
                "outputs", "output_at", f"'{name}' stands nowhere in an answer", hint="bill.amount, stops.0.name"
            )
        yield Output(name, ValueType(one["type"]), at)


def send(step: StepReader, read: Mapping[str, Any]) -> SendStep:
    values: dict[str, Expression] = {}
    for text in read["send"].values():
        for slot in _SLOT.finditer(text.value):
            found = step.expression_of(step.form, Text(slot[1], text.place), shown="sent in a text")
            if found is not None:
                values[slot[1]] = found
    texts = {language: text.value for language, text in read["send"].items()}
    return SendStep(texts, values, read["to"], read["next"], read["failed"])


def queue(_step: StepReader, read: Mapping[str, Any]) -> QueueStep:
    return QueueStep(
        QueueId(read["queue"]), agent=read["agent"], agent_wait_ms=read["agent_wait_seconds"], **_standing(read)
    )


def callback(_step: StepReader, read: Mapping[str, Any]) -> CallbackStep:
    return CallbackStep(QueueId(read["callback"]), read["number"], read["otherwise"], **_standing(read))


def transfer(step: StepReader, read: Mapping[str, Any]) -> TransferStep:
    entry = read["transfer"].get("")
    if entry is not None and entry.value and not _ENTRY.fullmatch(entry.value):
        step.form.error(
            "transfer", "entry", "this is no code of the directory", hint="3 to 6 digits, never a number to dial"
        )
    unreached = read["unreached"]
    return TransferStep(
        entry.value if entry is not None else "", QueueId(unreached) if unreached else None, **_standing(read)
    )


def hangup(_step: StepReader, read: Mapping[str, Any]) -> HangupStep:
    return HangupStep(Disposition(read["hangup"]))


def _standing(read: Mapping[str, Any]) -> dict[str, Any]:
    skills = frozenset(map(Skill, read["requirement"]))
    return {"requirement": skills, "priority": read["priority"], "show": read["show"]}
