"""What another system answered → the outputs that the operators declared, with their types, or nothing at all.

A flow is checked for values of known types, so an answer that lacks one, or has another type, is no answer: the citizen
takes the branch for failure instead of hearing "your bill is null won".
"""

import json
from collections.abc import Iterable

from ivr_engine.core.conversation import Output, Value, ValueType

TEXT_LETTERS = 200
"""A name or an address line; what is longer is not said on a telephone."""

LARGEST_NUMBER = 10**15
"""A thousand times the city's budget in won; larger ones are identifiers and should come as text."""


class AnswerUnreadable(Exception):  # noqa: N818  (the situation is the name)
    """The answer is not what was declared. The text names the place and never what stood there."""


def read_answer(body: bytes, outputs: Iterable[Output]) -> dict[str, Value]:
    """The value of each output by its name. Raises AnswerUnreadable."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerUnreadable("the answer is no JSON") from None
    return {output.name: _value(_at(tree, output.at), output) for output in outputs}


def _at(tree: object, place: str) -> object:
    for word in place.split("."):
        if isinstance(tree, dict) and word in tree:
            tree = tree[word]
        elif isinstance(tree, list) and word.isascii() and word.isdigit() and int(word[:6]) < len(tree):
            tree = tree[int(word[:6])]
        else:
            raise AnswerUnreadable(f"the answer has no {place!r}")
    return tree


def _value(found: object, output: Output) -> Value:
    match output.type, found:
        case ValueType.TRUTH, bool():
            return found
        case ValueType.WHOLE_NUMBER, int() if not isinstance(found, bool) and abs(found) <= LARGEST_NUMBER:
            return found
        case ValueType.TEXT, str() if len(found) <= TEXT_LETTERS and (found.isprintable() or not found):
            return found
    raise AnswerUnreadable(f"{output.at!r} is no {output.type.value.replace('_', ' ')}, or is too long")
