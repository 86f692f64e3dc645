"""What an expression is once it has been read: frozen nodes with types, and how they are written again.

Operators compare, count and ask for the time; they do not program. So there are values, names, a few operators and
membership, and nothing that could call, index or loop. `written` and the grammar are each other's inverse.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

KEYWORDS = frozenset({"and", "or", "not", "in", "between", "starts_with", "true", "false"})
"""Words of the language itself: no variable can be called so."""

WORD = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*", re.ASCII)

Value = str | int | bool | date
"""text and words are `str`, whole numbers and times of day (minutes since midnight) `int`, truths `bool`."""


class Kind(StrEnum):
    """What sort of value; the words are those that operators read in messages."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "true or false"
    TIME = "time of day"
    DATE = "date"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value. A word belongs to a list of words that has a name, such as the languages."""

    kind: Kind
    list_name: str = ""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.list_name if self.kind is Kind.WORD else self.kind.value


TEXT = Type(Kind.TEXT)
WHOLE = Type(Kind.WHOLE)
TRUTH = Type(Kind.TRUTH)
TIME = Type(Kind.TIME)
DATE = Type(Kind.DATE)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = Type(Kind.WORD, "weekday", WEEKDAYS)

DEFAULTS: dict[Kind, Value] = {
    Kind.TEXT: "",
    Kind.WHOLE: 0,
    Kind.TRUTH: False,
    Kind.TIME: 0,
    Kind.DATE: date(1970, 1, 1),
    Kind.WORD: "",
}
"""What a name is worth that nobody gave a value: an expression always has an answer."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that was written. `at` is where, in characters from the beginning of the expression."""

    type: Type
    value: Value
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """Something known of the contact, or a variable."""

    name: str
    type: Type
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` of a truth, `-` of a number."""

    operator: str
    operand: "Tree"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values and what is asked or made of them."""

    operator: str
    left: "Tree"
    right: "Tree"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """From the first to the last. Both belong to it, but a time of day ends before its last minute (`holds`)."""

    first: "Tree"
    last: "Tree"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Among:
    """`x in [a, b..c]`, `x in a..b`, `x between a and b` (the same question), and their `not in`."""

    value: "Tree"
    items: tuple["Tree | Range", ...]
    negated: bool = False
    at: int = field(default=0, compare=False)


Tree = Literal | Name | Unary | Binary | Among

COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
STRENGTH = {
    "or": 1,
    "and": 2,
    "not": 3,
    **dict.fromkeys((*COMPARISONS, "in", "between", "starts_with"), 4),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
"""How strongly an operator holds its operands; comparisons do not chain."""

MINUS_STRENGTH = 7


def written(tree: Tree) -> str:
    """The expression as an operator would write it: read again, it gives the same tree."""
    return _written(tree, 0)


def _written(tree: Tree, least: int) -> str:
    match tree:
        case Literal():
            return literal(tree.type, tree.value)
        case Name():
            return tree.name
        case Unary(operator="-"):
            own, text = MINUS_STRENGTH, f"-{_written(tree.operand, MINUS_STRENGTH)}"
        case Unary():
            own = STRENGTH["not"]
            text = f"not {_written(tree.operand, own)}"
        case Binary():
            own = STRENGTH[tree.operator]
            chained = own == STRENGTH["=="]
            left = _written(tree.left, own + 1 if chained else own)
            text = f"{left} {tree.operator} {_written(tree.right, own + 1)}"
        case Among():
            own = STRENGTH["in"]
            items = [_item(item) for item in tree.items]
            only_range = len(tree.items) == 1 and isinstance(tree.items[0], Range)
            listed = items[0] if only_range else f"[{', '.join(items)}]"
            text = f"{_written(tree.value, own + 1)} {'not in' if tree.negated else 'in'} {listed}"
    return text if own >= least else f"({text})"


def _item(item: Tree | Range) -> str:
    strength = STRENGTH["+"]
    if isinstance(item, Range):
        return f"{_written(item.first, strength)}..{_written(item.last, strength)}"
    return _written(item, strength)


def literal(kind: Type, value: Value) -> str:
    """A value as it is written in an expression."""
    match kind.kind, value:
        case Kind.TEXT, str():
            return quoted(value)
        case Kind.WORD, str():
            return value if WORD.fullmatch(value) and value not in KEYWORDS else quoted(value)
        case Kind.TRUTH, _:
            return "true" if value else "false"
        case Kind.TIME, int():
            return f"{value // 60:02d}:{value % 60:02d}"
        case Kind.DATE, date():
            return value.isoformat()
        case _:
            return str(value)


def quoted(text: str) -> str:
    """Text in quotes; the quote itself is doubled inside, as in YAML."""
    return "'" + text.replace("'", "''") + "'"


def names_used(tree: Tree) -> frozenset[str]:
    """Every name that the answer depends on: for whoever must know that it was set, or that it is secret."""
    found: set[str] = set()
    waiting: list[Tree | Range] = [tree]
    while waiting:
        match waiting.pop():
            case Name(name=name):
                found.add(name)
            case Unary(operand=operand):
                waiting.append(operand)
            case Binary(left=left, right=right):
                waiting += (left, right)
            case Among(value=value, items=items):
                waiting += (value, *items)
            case Range(first=first, last=last):
                waiting += (first, last)
            case Literal():
                pass
    return frozenset(found)
