"""The words of an expression: `now.time`, `09:00`, `'010'`, `>=`, each with where it stands.

A word that is none becomes a problem and reading goes on, so that the operator sees the others too.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ivr_engine.flow.expressions_tree import DATE, KEYWORDS, TEXT, TIME, TRUTH, WHOLE, Literal

CHARACTERS = 500
"""Five lines on a screen: what is longer belongs into several steps."""

TOKENS = 150
"""A list of the 25 districts has 51."""

LARGEST = 10**15 - 1
"""Whole numbers have at most 15 digits: money, meters and customer numbers do, and every reader of JSON keeps them."""


class Sort(StrEnum):
    """What a token is."""

    LITERAL = "value"
    NAME = "name"
    WORD = "word"
    SIGN = "sign"
    UNREADABLE = "unreadable"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `text` as written, `at` in characters from the beginning, `literal` where it is a value."""

    sort: Sort
    text: str
    at: int
    literal: Literal | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in an expression, `at` so many characters from its beginning. Becomes a `Diagnostic` with a place."""

    at: int
    code: str
    message: str
    found: str | None = None
    allowed: tuple[str, ...] = ()
    hint: str = ""


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'(?:[^']|'')*'|"[^"]*")
    |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))
    |(?P<time>[0-9]{1,2}:[0-9]{2}(?![0-9:]))
    |(?P<whole>[0-9]+(?![0-9A-Za-z_:]|\.[0-9]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.(?!\.)[A-Za-z0-9_]*)*)
    |(?P<foreign><>|&&|\|\||[&|!~=](?!=)|≤|≥|≠)
    |(?P<sign>\.\.|==|!=|<=|>=|[-+*/%<>()\[\],])
    |(?P<other>[0-9][0-9A-Za-z_:.]*|\S)""",
    re.VERBOSE | re.ASCII,
)

INSTEAD = {
    **{"=": "==", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="},
    **{"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "~": "not"},
}
"""What people write who know other languages."""


def tokens(source: str, problems: list[Problem]) -> tuple[Token, ...]:
    """The words of an expression and an end; what is no word goes to `problems`."""
    if len(source) > CHARACTERS:
        problems.append(
            Problem(0, "expression_long", f"the expression has {len(source)} characters, at most {CHARACTERS}")
        )
        return (Token(Sort.UNREADABLE, "", 0),)
    found: list[Token] = []
    for match in _TOKEN.finditer(source):
        token = _token(match.lastgroup or "other", match.group(), match.start(), problems)
        if token is not None:
            found.append(token)
    if len(found) > TOKENS:
        at = found[TOKENS].at
        problems.append(Problem(at, "expression_long", f"the expression has {len(found)} words, at most {TOKENS}"))
        return (Token(Sort.UNREADABLE, "", at),)
    return (*found, Token(Sort.END, "", len(source)))


def _token(group: str, text: str, at: int, problems: list[Problem]) -> Token | None:
    match group:
        case "space":
            return None
        case "text":
            inside = text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
            return Token(Sort.LITERAL, text, at, Literal(TEXT, inside, at))
        case "date" | "time" | "whole":
            return _number(group, text, at, problems)
        case "name":
            return _name(text, at, problems)
        case "sign":
            return Token(Sort.SIGN, text, at)
        case "foreign":
            meant = INSTEAD[text]
            problems.append(Problem(at, "expression_sign", "this is no operator", found=text, hint=f"write {meant}"))
            return Token(Sort.WORD if meant in KEYWORDS else Sort.SIGN, meant, at)
    hint = "text stands in quotes: '…'"
    if text in "'\"":
        hint = "the quote is not closed"
    elif text[0].isdigit():
        hint = "numbers are whole, times are 09:00, dates 2027-01-31; digits that are none of these stand in quotes"
    problems.append(Problem(at, "expression_sign", "this is no part of an expression", found=text, hint=hint))
    return Token(Sort.UNREADABLE, text, at)


def _name(text: str, at: int, problems: list[Problem]) -> Token:
    if text in ("true", "false"):
        return Token(Sort.LITERAL, text, at, Literal(TRUTH, text == "true", at))
    if text in KEYWORDS:
        return Token(Sort.WORD, text, at)
    if text.lower() in KEYWORDS:
        problems.append(
            Problem(at, "expression_sign", "words of the language are small", found=text, hint=f"write {text.lower()}")
        )
        return _name(text.lower(), at, [])
    return Token(Sort.NAME, text, at)


def _number(group: str, text: str, at: int, problems: list[Problem]) -> Token:
    """A date, a time or a whole number; one that does not exist is told and replaced by a harmless one."""
    if group == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError:
            problems.append(Problem(at, "expression_date", "there is no such day", found=text))
            day = date(2000, 1, 1)
        return Token(Sort.LITERAL, text, at, Literal(DATE, day, at))
    if group == "time":
        hour, minute = map(int, text.split(":"))
        minutes = hour * 60 + minute
        if minute > 59 or minutes > 24 * 60:
            problems.append(Problem(at, "expression_time", "times go from 00:00 to 24:00", found=text))
            minutes = 0
        return Token(Sort.LITERAL, text, at, Literal(TIME, minutes, at))
    digits = int(text) if len(text) <= 15 else LARGEST + 1
    if digits > LARGEST:
        problems.append(
            Problem(
                at, "expression_number", f"whole numbers go up to {LARGEST}", found=text, hint=_AS_TEXT.format(text)
            )
        )
        digits = 0
    elif text[0] == "0" and len(text) > 1:
        problems.append(
            Problem(
                at, "expression_number", "a whole number has no 0 before it", found=text, hint=_AS_TEXT.format(text)
            )
        )
    return Token(Sort.LITERAL, text, at, Literal(WHOLE, digits, at))


_AS_TEXT = "digits that are no number, such as those of a telephone, stand in quotes: '{}'"
