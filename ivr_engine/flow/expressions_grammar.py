"""From words to a tree that does not know its types yet: a Pratt parser, with every way out bounded.

    or < and < not < comparison, in, between, starts_with < + - < * / % < minus < value, name, ( )

Comparisons do not chain: `1 < x < 5` is a mistake that is told, not a surprise. After the first mistake of grammar
nothing more is read, because what follows would be guessed.
"""

from ivr_engine.flow.expressions_lexis import Problem, Sort, Token
from ivr_engine.flow.expressions_tree import (
    MINUS_STRENGTH,
    STRENGTH,
    TEXT,
    Among,
    Binary,
    Name,
    Range,
    Tree,
    Unary,
)

DEPTH = 20
"""Brackets inside brackets; nobody can read five."""

ITEMS = 60
"""In one list: the 41 agencies and a few more."""


class _Stop(Exception):  # noqa: N818  (a way out of the grammar, never seen by anybody)
    """Nothing sensible can be read on."""


def grow(words: tuple[Token, ...], problems: list[Problem]) -> Tree | None:
    """The tree of an expression; None, after a problem, when its grammar is wrong or a sign in it is unreadable."""
    if any(word.sort is Sort.UNREADABLE for word in words):
        return None
    grammar = _Grammar(words, problems)
    try:
        return grammar.whole()
    except _Stop:
        return None


class _Grammar:
    def __init__(self, words: tuple[Token, ...], problems: list[Problem]) -> None:
        self._words = words
        self._problems = problems
        self._next = 0
        self._depth = 0

    def whole(self) -> Tree:
        if self._here().sort is Sort.END:
            raise self._stop(
                self._here(), "the expression says nothing", "for example: now.time between 09:00 and 18:00"
            )
        tree = self._expression(0)
        here = self._here()
        if here.sort is not Sort.END:
            hint = "a bracket is closed that was never opened" if here.text in (")", "]") else _BETWEEN
            raise self._stop(here, "the expression should end here", hint)
        return tree

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────
    def _expression(self, least: int) -> Tree:
        """A Pratt parser: operators stronger than `least` belong to this operand. Deep nesting stops."""
        self._depth += 1
        if self._depth > DEPTH:
            raise self._stop(self._here(), f"more than {DEPTH} levels, one inside the other", "make it several steps")
        left = self._operand()
        compared = False
        while (strength := self._strength()) > least:
            if compared and strength == STRENGTH["=="]:
                raise self._stop(self._here(), "comparisons do not chain", "write: a < b and b < c")
            left = self._operator(left, strength)
            compared = strength == STRENGTH["=="]
        self._depth -= 1
        return left

    def _strength(self) -> int:
        here = self._here()
        if here.sort is Sort.WORD and here.text == "not":
            return STRENGTH["in"] if self._words[self._next + 1].text == "in" else 0
        return STRENGTH.get(here.text, 0) if here.sort in (Sort.WORD, Sort.SIGN) else 0

    def _operator(self, left: Tree, strength: int) -> Tree:
        sign = self._take()
        if sign.text == "not":
            self._take()
            return Among(left, self._items(), negated=True, at=sign.at)
        if sign.text == "in":
            return Among(left, self._items(), at=sign.at)
        if sign.text == "between":
            first = self._expression(STRENGTH["=="])
            self._expect("and", "between has two ends: between 09:00 and 18:00")
            return Among(left, (Range(first, self._expression(STRENGTH["=="]), sign.at),), at=sign.at)
        return Binary(sign.text, left, self._expression(strength), sign.at)

    # ── operands ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _operand(self) -> Tree:
        token = self._take()
        if token.literal is not None:
            return token.literal
        if token.sort is Sort.NAME:
            return Name(token.text, TEXT, token.at)
        match token.text:
            case "(":
                tree = self._expression(0)
                self._expect(")", "this bracket is not closed")
                return tree
            case "-":
                return Unary("-", self._expression(MINUS_STRENGTH - 1), token.at)
            case "not":
                return Unary("not", self._expression(STRENGTH["not"] - 1), token.at)
            case "[":
                raise self._stop(token, "a list can only stand after 'in'", "for example: now.weekday in [mon, tue]")
        raise self._stop(token, "a value or a name should stand here", _QUOTES)

    def _items(self) -> tuple[Tree | Range, ...]:
        if self._here().text != "[" or self._here().sort is not Sort.SIGN:
            only = self._item()
            if not isinstance(only, Range):
                raise self._stop(
                    self._here(), "after 'in' comes a list or a range", "for example: in [mon, tue] or in 1..5"
                )
            return (only,)
        self._take()
        items = [self._item()]
        while self._here().text == ",":
            self._take()
            items.append(self._item())
            if len(items) > ITEMS:
                raise self._stop(self._here(), f"a list has at most {ITEMS} values", "")
        self._expect("]", "this list is not closed")
        return tuple(items)

    def _item(self) -> Tree | Range:
        at = self._here().at
        first = self._expression(STRENGTH["=="])
        if self._here().text != "..":
            return first
        self._take()
        return Range(first, self._expression(STRENGTH["=="]), at)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _here(self) -> Token:
        return self._words[self._next]

    def _take(self) -> Token:
        token = self._words[self._next]
        if token.sort is not Sort.END:
            self._next += 1
        return token

    def _expect(self, text: str, hint: str) -> None:
        here = self._here()
        if here.text != text or here.sort not in (Sort.SIGN, Sort.WORD):
            raise self._stop(here, f"'{text}' should stand here", hint)
        self._take()

    def _stop(self, token: Token, message: str, hint: str) -> _Stop:
        found = token.text if token.sort is not Sort.END else None
        self._problems.append(Problem(token.at, "expression_grammar", message, found=found, hint=hint))
        return _Stop()


_BETWEEN = "between two values an operator is missing, or a quote"
_QUOTES = "text stands in quotes: 'like this'"
