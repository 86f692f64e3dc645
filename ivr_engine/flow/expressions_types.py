"""What sort of value every part of an expression has, or what is wrong with it, before any citizen calls.

    and, or, not             truths                                   → a truth
    ==, !=                   two of the same type                     → a truth
    <, <=, >, >=             whole numbers, times, dates              → a truth
    in, between              values of the type; ranges of whole      → a truth
                             numbers, times, dates and words
    starts_with              two texts                                → a truth
    + - * / %                whole numbers                            → a whole number

A bare word beside something that has a list of words (`language`, `agency`, `now.weekday`) is one of that list, also
where a variable has the same name: a new variable never changes what an old expression means.
"""

from collections.abc import Mapping

from ivr_engine.flow.expressions_lexis import LARGEST, Problem
from ivr_engine.flow.expressions_run import constant, leaves_numbers
from ivr_engine.flow.expressions_tree import (
    COMPARISONS,
    TEXT,
    TRUTH,
    WHOLE,
    Among,
    Binary,
    Kind,
    Literal,
    Name,
    Range,
    Tree,
    Type,
    Unary,
)

Types = Mapping[str, Type]
"""Everything that an expression may name."""

ORDERED = (Kind.WHOLE, Kind.TIME, Kind.DATE)


class _Wrong(Exception):  # noqa: N818  (a way out of one part, never seen by anybody)
    """The type of this part cannot be told; the problem has been."""


def typed(tree: Tree, types: Types, problems: list[Problem]) -> tuple[Tree, Type] | None:
    """The tree with its words resolved, and its type; None, after problems, when there is no such thing."""
    typing = _Typing(types, problems)
    try:
        return typing.of(tree, None)
    except _Wrong:
        return None


class _Typing:
    def __init__(self, types: Types, problems: list[Problem]) -> None:
        self._types = types
        self._problems = problems

    def of(self, tree: Tree, beside: Type | None) -> tuple[Tree, Type]:
        """`beside` is the type of what this part is compared with: a bare word may be one of its words."""
        match tree:
            case Literal():
                return self._literal(tree, beside)
            case Name():
                return self._name(tree, beside)
            case Unary(operator="-"):
                return self._arithmetic(Unary("-", self._is(tree.operand, WHOLE, "minus"), tree.at)), WHOLE
            case Unary():
                return Unary("not", self._is(tree.operand, TRUTH, "not"), tree.at), TRUTH
            case Among():
                return self._among(tree), TRUTH
            case Binary() if tree.operator in COMPARISONS:
                return self._comparison(tree), TRUTH
            case Binary(operator="and" | "or"):
                return self._both(tree, TRUTH), TRUTH
            case Binary(operator="starts_with"):
                return self._both(tree, TEXT), TRUTH
            case Binary():
                return self._arithmetic(self._both(tree, WHOLE)), WHOLE

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _literal(self, tree: Literal, beside: Type | None) -> tuple[Tree, Type]:
        if tree.type.kind is Kind.TEXT and beside is not None and beside.kind is Kind.WORD:
            return self._word(str(tree.value), tree.at, beside)
        return tree, tree.type

    def _name(self, tree: Name, beside: Type | None) -> tuple[Tree, Type]:
        if beside is not None and beside.kind is Kind.WORD and tree.name in beside.words:
            return Literal(beside, tree.name, tree.at), beside
        if (known := self._types.get(tree.name)) is not None:
            return Name(tree.name, known, tree.at), known
        if beside is not None and beside.kind is Kind.WORD:
            return self._word(tree.name, tree.at, beside)
        hint = "text stands in quotes" if beside is not None and beside.kind is Kind.TEXT else ""
        raise self._wrong(
            tree.at, "unknown_name", "no such name", found=tree.name, allowed=tuple(sorted(self._types)), hint=hint
        )

    def _word(self, word: str, at: int, beside: Type) -> tuple[Tree, Type]:
        if word in beside.words:
            return Literal(beside, word, at), beside
        raise self._wrong(at, "unknown_word", f"this is no {beside}", found=word, allowed=beside.words)

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────
    def _is(self, tree: Tree, wanted: Type, operator: str) -> Tree:
        found, is_type = self.of(tree, wanted)
        if is_type != wanted:
            raise self._wrong(
                tree.at, "type", f"'{operator}' wants a {wanted}, this is a {is_type}", hint=_hint(tree, wanted)
            )
        return found

    def _both(self, tree: Binary, wanted: Type) -> Binary:
        """Both operands, and the mistakes of both."""
        sides: list[Tree] = []
        for side in (tree.left, tree.right):
            try:
                sides.append(self._is(side, wanted, tree.operator))
            except _Wrong:
                continue
        if len(sides) < 2:
            raise _Wrong
        return Binary(tree.operator, sides[0], sides[1], tree.at)

    def _comparison(self, tree: Binary) -> Tree:
        if self._bare(tree.left) and not self._bare(tree.right):
            right, right_type = self.of(tree.right, None)
            left, left_type = self.of(tree.left, right_type)
        else:
            left, left_type = self.of(tree.left, None)
            right, right_type = self.of(tree.right, left_type)
            if left_type.kind is Kind.TEXT and right_type.kind is Kind.WORD:
                left, left_type = self.of(tree.left, right_type)
        if left_type != right_type:
            raise self._wrong(
                tree.right.at,
                "type",
                f"a {left_type} cannot be compared with a {right_type}",
                hint=_hint(tree.right, left_type) or _hint(tree.left, right_type),
            )
        if tree.operator not in ("==", "!=") and left_type.kind not in ORDERED:
            raise self._wrong(
                tree.at,
                "type",
                f"a {left_type} is neither smaller nor larger",
                found=tree.operator,
                allowed=("==", "!=", "in"),
            )
        return Binary(tree.operator, left, right, tree.at)

    def _bare(self, tree: Tree) -> bool:
        """A word that means something only beside something else."""
        return isinstance(tree, Name) and tree.name not in self._types

    def _among(self, tree: Among) -> Tree:
        value, value_type = self.of(tree.value, None)
        items: list[Tree | Range] = []
        wrong = False
        for item in tree.items:
            try:
                items.append(self._item(item, value_type))
            except _Wrong:
                wrong = True
        if wrong:
            raise _Wrong
        return Among(value, tuple(items), tree.negated, tree.at)

    def _item(self, item: Tree | Range, wanted: Type) -> Tree | Range:
        if not isinstance(item, Range):
            found, is_type = self.of(item, wanted)
            if is_type != wanted:
                raise self._wrong(
                    item.at, "type", f"a {wanted} cannot be among values of {is_type}", hint=_hint(item, wanted)
                )
            return found
        if wanted.kind not in (*ORDERED, Kind.WORD):
            raise self._wrong(item.at, "type", f"there is no range of {wanted}", hint="write a list: in [.., ..]")
        first = self._item(item.first, wanted)
        last = self._item(item.last, wanted)
        if isinstance(first, Range) or isinstance(last, Range):
            raise _Wrong
        if wanted.kind is Kind.WORD and not (isinstance(first, Literal) and isinstance(last, Literal)):
            raise self._wrong(
                item.at, "type", "a range of words goes from one word to another", hint="for example: mon..fri"
            )
        self._not_empty(first, last, wanted, item)
        return Range(first, last, item.at)

    def _not_empty(self, first: Tree, last: Tree, wanted: Type, item: Range) -> None:
        """Times and weekdays go past midnight and past Sunday; numbers and dates do not turn round."""
        if wanted.kind not in (Kind.WHOLE, Kind.DATE):
            return
        low, high = constant(first), constant(last)
        if low is not None and high is not None and low > high:  # type: ignore[operator]  # of one type: see above
            raise self._wrong(
                item.first.at, "empty_range", "nothing can be in this range", hint="the smaller value stands first"
            )

    def _arithmetic(self, tree: Tree) -> Tree:
        """What can be computed now must not divide by zero or leave the numbers."""
        if isinstance(tree, Binary) and tree.operator in ("/", "%") and constant(tree.right) == 0:
            raise self._wrong(tree.at, "division", "this divides by zero", found=tree.operator)
        if leaves_numbers(tree):
            raise self._wrong(tree.at, "expression_number", f"the result is beyond ±{LARGEST}")
        return tree

    def _wrong(
        self,
        at: int,
        code: str,
        message: str,
        *,
        found: str | None = None,
        allowed: tuple[str, ...] = (),
        hint: str = "",
    ) -> _Wrong:
        """Tells the mistake; the caller raises what comes back, because nothing more is known of this part."""
        self._problems.append(Problem(at, code, message, found, allowed, hint))
        return _Wrong()


def _hint(tree: Tree, wanted: Type) -> str:
    """What was probably meant."""
    if isinstance(tree, Literal) and wanted.kind is Kind.TEXT and tree.type.kind is not Kind.TEXT:
        return "text stands in quotes"
    if isinstance(tree, Literal) and tree.type.kind is Kind.TEXT and wanted.kind is not Kind.WORD:
        return f"a {wanted} stands without quotes"
    if wanted.kind is Kind.TRUTH:
        return "compare it with something"
    return ""
