"""The answer of an expression, as closures made once: a step of a flow costs the parts that are looked at.

An expression that was accepted always has an answer. A name without a value is worth nothing of its type (`''`, 0,
false); a division by zero is 0; numbers stop at ±LARGEST. So no citizen ever hears an error of arithmetic.
"""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from ivr_engine.flow.expressions_lexis import LARGEST
from ivr_engine.flow.expressions_tree import (
    COMPARISONS,
    DEFAULTS,
    Among,
    Binary,
    Kind,
    Literal,
    Name,
    Range,
    Tree,
    Type,
    Unary,
    Value,
    names_used,
)

Values = Mapping[str, Value]
"""What the names of an expression are worth now."""

Run = Callable[[Values], Any]
"""Computes one part; its result has the part's type (`Any` because the types were checked by then)."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


def compiled(tree: Tree) -> Run:
    """A closure that computes the tree, which has been typed."""
    match tree:
        case Literal(value=value):
            return lambda _: value
        case Name(name=name, type=of):
            default = DEFAULTS[of.kind]
            return lambda values: values.get(name, default)
        case Unary(operator="-"):
            negated = compiled(tree.operand)
            return lambda values: -negated(values)
        case Unary():
            denied = compiled(tree.operand)
            return lambda values: not denied(values)
        case Among():
            return _among(tree)
        case Binary():
            return _binary(tree.operator, compiled(tree.left), compiled(tree.right))


def _binary(operator: str, left: Run, right: Run) -> Run:
    if operator == "and":
        return lambda values: left(values) and right(values)
    if operator == "or":
        return lambda values: left(values) or right(values)
    if operator == "starts_with":
        return lambda values: left(values).startswith(right(values))
    if operator in COMPARISONS:
        compare = _COMPARE[operator]
        return lambda values: compare(left(values), right(values))
    reckon = ARITHMETIC[operator]
    return lambda values: bounded(reckon(left(values), right(values)))


def bounded(number: int) -> int:
    """Numbers stop at the largest: a wrong sum must not become a value of a million digits."""
    return max(-LARGEST, min(LARGEST, number))


ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left // right if right else 0,
    "%": lambda left, right: left % right if right else 0,
}
"""Whole numbers only: 7 / 2 is 3 and -7 / 2 is -4, the remainder has the sign of the divisor."""


# ── membership ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _among(tree: Among) -> Run:
    value = compiled(tree.value)
    negated = tree.negated
    if all(isinstance(item, Literal) for item in tree.items):
        known = frozenset(item.value for item in tree.items if isinstance(item, Literal))
        return lambda values: (value(values) in known) != negated
    tests = tuple(_test(item) for item in tree.items)

    def run(values: Values) -> bool:
        looked_at = value(values)
        return any(test(looked_at, values) for test in tests) != negated

    return run


def _test(item: Tree | Range) -> Callable[[Any, Values], bool]:
    if not isinstance(item, Range):
        wanted = compiled(item)
        return lambda looked_at, values: bool(looked_at == wanted(values))
    first, last = compiled(item.first), compiled(item.last)
    kind = type_of_tree(item.first)
    if kind.kind is Kind.WORD and isinstance(item.first, Literal) and isinstance(item.last, Literal):
        within = words_between(kind, str(item.first.value), str(item.last.value))
        return lambda looked_at, _: looked_at in within
    if kind.kind is Kind.TIME:
        return lambda looked_at, values: holds(first(values), last(values), looked_at)
    return lambda looked_at, values: bool(first(values) <= looked_at <= last(values))


def holds(first: int, last: int, minutes: int) -> bool:
    """A time of day lies from the first minute up to the last one, which is outside; past midnight if that is earlier.

    09:00..18:00 is over at 18:00:00, as an office is; 22:00..06:00 is a night; 00:00..24:00 is a day.
    """
    return first <= minutes < last if first <= last else minutes >= first or minutes < last


def words_between(kind: Type, first: str, last: str) -> frozenset[str]:
    """From one word of a list to another, round its end if need be: fri..mon is a long weekend."""
    begin, end = kind.words.index(first), kind.words.index(last)
    chosen = kind.words[begin : end + 1] if begin <= end else (*kind.words[begin:], *kind.words[: end + 1])
    return frozenset(chosen)


# ── constants ───────────────────────────────────────────────────────────────────────────────────────────────────────
def type_of_tree(tree: Tree) -> Type:
    """The type of a tree that has been typed."""
    match tree:
        case Literal(type=of) | Name(type=of):
            return of
        case Unary(operator="-"):
            return Type(Kind.WHOLE)
        case Binary(operator=operator) if operator in ARITHMETIC:
            return Type(Kind.WHOLE)
        case _:
            return Type(Kind.TRUTH)


def constant(tree: Tree) -> Value | None:
    """What a tree is worth whoever calls, or None where that depends on the contact."""
    if names_used(tree):
        return None
    value: Value = compiled(tree)({})
    return value


def leaves_numbers(tree: Tree) -> bool:
    """The last operation of a constant has a result that has to be cut."""
    if not isinstance(tree, Binary) or names_used(tree):
        return False
    return abs(ARITHMETIC[tree.operator](compiled(tree.left)({}), compiled(tree.right)({}))) > LARGEST
