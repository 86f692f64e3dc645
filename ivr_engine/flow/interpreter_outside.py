"""What leaves the centre during a flow: the questions of data dips, the texts, the numbers to call back."""

import hashlib
import re

from ivr_engine.core.conversation import CallerCard, Dip, SendText, Value
from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.expressions_tree import Kind
from ivr_engine.flow.interpreter_state import Memory, Voice, as_text, clock_text
from ivr_engine.flow.steps import DipStep, SendStep

TEXT_LETTERS = 1_000
"""Of a whole message: twice what a long text message of Korea carries."""

KEY_LETTERS = 32

_SLOT = re.compile(r"\{([^{}]*)\}")
_CALLABLE = re.compile(r"(?:\+?82|0)(?:2|[3-6][1-5]|70|1[016-9])[0-9]{6,9}", re.ASCII)
"""Numbers in Korea with an area code, 070, or a mobile's. What is called back is keyed by citizens: no number abroad,
no 060 and no short code, or a stranger could have the city pay for calls."""


def dip(step: DipStep, memory: Memory, voice: Voice) -> Dip:
    """The question of a data dip, with its values but not yet with an address."""
    return Dip(
        source=step.source,
        url=step.url,
        outputs=step.outputs,
        values={name: plain_value(expression, memory) for name, expression in step.values.items()},
        method=step.method,
        body=step.body,
        secret=step.secret,
        deadline_ms=step.deadline_ms,
        limit_bytes=step.limit_bytes,
        cache_seconds=step.cache_seconds,
        prompts=voice.prompts(step.prompts, memory.language),
        place=memory.place(),
    )


def text_message(step: SendStep, memory: Memory, card: CallerCard) -> SendText | None:
    """The message in the language spoken, or in the first that was written; None where nobody can be sent it."""
    to = callable_number(as_text(plain_value(step.to, memory)))
    if not to:
        return None
    template = step.texts.get(memory.language) or next(iter(step.texts.values()), "")
    text = _SLOT.sub(lambda slot: _written(step.values.get(slot[1]), memory), template)[:TEXT_LETTERS]
    flow = memory.flow.id if memory.flow is not None else ""
    same = "\0".join((card.contact, flow, memory.label, to, text))
    return SendText(to, text, hashlib.sha256(same.encode()).hexdigest()[:KEY_LETTERS], memory.place())


def callable_number(number: str) -> str:
    """A number as it may be called or sent to, or nothing."""
    plain = number.replace("-", "").replace(" ", "")
    return plain if _CALLABLE.fullmatch(plain) else ""


def plain_value(expression: Expression, memory: Memory) -> Value:
    """What an expression is worth, as recordings, texts and other systems take it: days and times as written."""
    value = memory.compute(expression)
    if expression.type.kind is Kind.TIME and isinstance(value, int):
        return clock_text(value)
    return value if isinstance(value, str | int) else value.isoformat()


def _written(expression: Expression | None, memory: Memory) -> str:
    return as_text(plain_value(expression, memory)) if expression is not None else ""
