"""What the six languages of `say` have in common: recorded fragments, and the duties of a language.

A number is said by playing a few recordings one after the other. The fragments are as large as sensible (every number
below a hundred is one recording), because each seam is heard. A language knows which fragments it has and in which
order they make a number, a date or an amount; nothing here knows a telephone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ivr_engine.flow.steps import PromptId

LARGEST = 10**12
"""Numbers and amounts go up to here: a city's budget in won has fourteen digits, what is told to a caller has fewer."""

LARGEST_ORDINAL = 999
"""A place in a queue beyond this is not a place that anybody should be told."""

PAUSE = "pause"
"""The breath between the groups of a telephone number: a recording of silence."""

MINUS = "minus"

Keys = tuple[str, ...]
"""Fragments of one language in the order they are played, without `say/LANGUAGE/`: `("number/300", "number/45")`."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One small recording. `reading` is what the voice is given: it cannot read kanji, and a comma at the end keeps
    its pitch up where something always follows. An empty reading is silence."""

    id: PromptId
    text: str
    reading: str


@dataclass(frozen=True, slots=True)
class Currency:
    """Money of one kind: how many of the small unit make the large one, 1 where there is no small one."""

    code: str
    small_units: int


CURRENCIES: Mapping[str, Currency] = {
    code: Currency(code, small_units) for code, small_units in (("KRW", 1), ("USD", 100), ("EUR", 100), ("JPY", 1))
}
"""Won is what a city takes, the others are what visitors ask about. A new one is a row here and one in each module."""


@dataclass(frozen=True, slots=True)
class Span:
    """A duration as people say it; every part may be zero."""

    days: int
    hours: int
    minutes: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one language says each kind of thing, for values whose limits were checked before (`say`)."""

    language: str
    fragments: Mapping[str, Fragment]
    number: Callable[[int], Keys]
    """0 to LARGEST."""
    digits: Callable[[str], Keys]
    day: Callable[[date], Keys]
    time: Callable[[int, int], Keys]
    """Hour 0–23 and minute."""
    span: Callable[[Span], Keys]
    money: Callable[[int, int, Currency], Keys]
    """Large units and small ones."""
    ordinal: Callable[[int], Keys]
    """1 to LARGEST_ORDINAL."""
    seam: Callable[[str, str], str]
    """What stands between two fragments in writing."""


def collected(language: str, rows: Iterable[tuple[str, str] | tuple[str, str, str]]) -> dict[str, Fragment]:
    """The fragments of a language from rows of key, text and, where the voice needs another one, reading."""
    found = {PAUSE: Fragment(PromptId(f"say/{language}/{PAUSE}"), ",", "")}
    for row in rows:
        key, text = row[0], row[1]
        found[key] = Fragment(PromptId(f"say/{language}/{key}"), text, row[2] if len(row) == 3 else text)
    return found


def written(fragments: Iterable[tuple[str, str]], seam: Callable[[str, str], str]) -> str:
    """The words of fragments (key and text), with what the language puts between them; no space before a comma."""
    listed = list(fragments)
    if not listed:
        return ""
    words = [listed[0][1]]
    for (before, _), (after, text) in pairwise(listed):
        words += ["" if after == PAUSE else " " if before == PAUSE else seam(before, after), text]
    return "".join(words)


def groups(number: int, base: int) -> list[tuple[int, int]]:
    """The number cut into (weight, value below `base`), the heaviest first, without those that are zero."""
    found = []
    weight = 1
    while number:
        number, value = divmod(number, base)
        if value:
            found.append((weight, value))
        weight *= base
    return found[::-1]


def blank(_before: str, _after: str) -> str:
    """The seam of a language that writes words apart."""
    return " "


def nothing(_before: str, _after: str) -> str:
    """The seam of a language that does not."""
    return ""
