"""Numbers, dates, times and money as small recordings in the six languages of 120, and the same as words.

Asterisk has no grammar for Korean or Mongolian and no sounds for most of our languages, so the engine composes: a value
becomes fragments (`say/ko/number/300`) that `ivr-engine prompts build` makes and that are played one after the other.

    compose("number", 345, "ko")   → say/ko/number/300, say/ko/number/45
    words("number", 345, "ko")     → "삼백사십오"

Pure: the same value gives the same fragments, always ones that `fragments` lists. A value that cannot be said raises
`CannotSay`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from ivr_engine.flow import say_en, say_ja, say_ko, say_mn, say_vi, say_zh
from ivr_engine.flow.say_parts import (
    CURRENCIES,
    LARGEST,
    LARGEST_ORDINAL,
    MINUS,
    PAUSE,
    Fragment,
    Keys,
    Span,
    Tongue,
    written,
)
from ivr_engine.flow.steps import PromptId

LONGEST_DIGITS = 40
"""Nobody writes down more than that by ear; the longest thing that 120 reads back has 20."""

LONGEST_SECONDS = 100 * 86_400 - 1
"""Below a hundred days: beyond that a date says more."""

_TONGUES: Mapping[str, Tongue] = {
    module.TONGUE.language: module.TONGUE for module in (say_ko, say_en, say_zh, say_ja, say_vi, say_mn)
}
_AMOUNT = re.compile(r"(?P<large>[0-9]{1,13})(?:\.(?P<small>[0-9]{2}))?(?: (?P<currency>[A-Z]{3}))?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,13}", re.ASCII)
# Python reads weeks (2026-W26-6) and T1405 too, which nobody means here.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)
_GROUPED = re.compile(r"[0-9]+(?:[ -][0-9]+)*", re.ASCII)


class Kind(StrEnum):
    """What a value is, and so how it is said."""

    NUMBER = "number"
    """A whole number: `345`."""
    DIGITS = "digits"
    """One by one, as written; `-` and a space are a pause: `1234-56`."""
    PHONE = "phone"
    """Digits in the groups in which Koreans say them: `01012345678`, `+82212345678`, `120`."""
    DATE = "date"
    """`2026-11-23`."""
    TIME = "time"
    """`14:05`, of the day."""
    DURATION = "duration"
    """Whole seconds: `5400` is an hour and a half."""
    MONEY = "money"
    """Won when nothing else is said: `15300`, `12.50 USD`."""
    ORDINAL = "ordinal"
    """A place in a queue: 1 is the first."""


Sayable = int | str | date | time
"""A value of a flow is text or a whole number; from Python also a date or a time."""


class CannotSay(ValueError):  # noqa: N818  (the situation is the name)
    """This value is none of that kind, or too large to be heard; `hint` says what would do."""

    def __init__(self, kind: str, value: object, hint: str) -> None:
        super().__init__(f"{value!r} cannot be said as {kind}: {hint}")
        self.kind = kind
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Said:
    tongue: Tongue
    keys: Keys

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        return tuple(self.tongue.fragments[key] for key in self.keys)


def compose(kind: Kind | str, value: Sayable, language: str) -> tuple[PromptId, ...]:
    """The recordings that say it, in their order. Raises CannotSay."""
    return tuple(fragment.id for fragment in _said(kind, value, language).fragments)


def words(kind: Kind | str, value: Sayable, language: str) -> str:
    """The same in writing, for texts, for `try` and for people who check it. Raises CannotSay."""
    said = _said(kind, value, language)
    texts = ((key, fragment.text) for key, fragment in zip(said.keys, said.fragments, strict=True))
    return written(texts, said.tongue.seam)


def words_of(composed: Sequence[PromptId]) -> str:
    """The words of recordings that `compose` gave, in writing; what is no fragment of ours is left out."""
    known = [id_ for id_ in composed if id_.startswith("say/") and id_.count("/") > 1]
    tongue = _TONGUES.get(known[0].split("/")[1]) if known else None
    if tongue is None:
        return ""
    keys = (id_.split("/", 2)[2] for id_ in known)
    return written([(key, tongue.fragments[key].text) for key in keys if key in tongue.fragments], tongue.seam)


def reading(kind: Kind | str, value: Sayable, language: str) -> str:
    """The same as the voice is given it (kana in Japanese): what can be heard to be wrong. Raises CannotSay."""
    said = _said(kind, value, language)
    texts = ((key, fragment.reading.rstrip(",")) for key, fragment in zip(said.keys, said.fragments, strict=True))
    return written(texts, said.tongue.seam)


def fragments(language: str) -> tuple[Fragment, ...]:
    """Every fragment that `compose` can ever give in a language; none in a language that 120 does not speak."""
    tongue = _TONGUES.get(language)
    return tuple(tongue.fragments.values()) if tongue is not None else ()


def _said(kind: Kind | str, value: Sayable, language: str) -> _Said:
    tongue = _TONGUES.get(language)
    if tongue is None:
        raise CannotSay(str(kind), value, f"no such language as {language!r}: {', '.join(_TONGUES)}")
    try:
        known = Kind(kind)
    except ValueError:
        raise CannotSay(str(kind), value, f"the kinds are {', '.join(Kind)}") from None
    return _Said(tongue, _keys(known, value, tongue))


def _keys(kind: Kind, value: Sayable, tongue: Tongue) -> Keys:
    match kind:
        case Kind.NUMBER:
            number = _whole(kind, value, -LARGEST, LARGEST)
            return tongue.number(number) if number >= 0 else (MINUS, *tongue.number(-number))
        case Kind.DIGITS:
            return _grouped(tongue, re.split("[ -]", _digits(kind, value)))
        case Kind.PHONE:
            return _grouped(tongue, phone_groups(_digits(kind, _at_home(value))))
        case Kind.DATE:
            return tongue.day(_day(value))
        case Kind.TIME:
            moment = _time(value)
            return tongue.time(moment.hour, moment.minute)
        case Kind.DURATION:
            minutes, seconds = divmod(_whole(kind, value, 0, LONGEST_SECONDS), 60)
            hours, minutes = divmod(minutes, 60)
            days, hours = divmod(hours, 24)
            return tongue.span(Span(days, hours, minutes, seconds))
        case Kind.MONEY:
            return _money(value, tongue)
        case Kind.ORDINAL:
            return tongue.ordinal(_whole(kind, value, 1, LARGEST_ORDINAL))


def phone_groups(number: str) -> list[str]:
    """A number in the groups that are said with a breath between: 02-1234-5678, 010-1234-5678, 1588-1234, 120.

    Where groups are written already (`-` or a space), they stay.
    """
    parts = re.split("[ -]", number)
    if len(parts) > 1:
        return parts
    if len(number) <= 4:
        return [number]
    area = 2 if number.startswith("02") else 3 if number.startswith("0") else 0
    head, rest = number[:area], number[area:]
    found = [head] if head else []
    while len(rest) > 8:
        found.append(rest[:4])
        rest = rest[4:]
    return [*found, rest[:-4], rest[-4:]] if len(rest) > 4 else [*found, rest]


def _at_home(value: Sayable) -> Sayable:
    """Korea's own numbers as they are dialled there."""
    return f"0{value[3:]}" if isinstance(value, str) and value.startswith("+82") else value


def _grouped(tongue: Tongue, parts: list[str]) -> Keys:
    keys: list[str] = []
    for part in parts:
        keys += [*((PAUSE,) if keys else ()), *tongue.digits(part)]
    return tuple(keys)


def _whole(kind: Kind, value: Sayable, lowest: int, highest: int) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise CannotSay(kind, value, f"a whole number from {lowest} to {highest}")
    return value


def _digits(kind: Kind, value: Sayable) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if len(text) > LONGEST_DIGITS or not _GROUPED.fullmatch(text):
        raise CannotSay(kind, value, f"1 to {LONGEST_DIGITS} digits, - or a space between groups")
    return text


def _day(value: Sayable) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    if isinstance(value, date):
        return value
    raise CannotSay(Kind.DATE, value, "a day as 2026-11-23")


def _time(value: Sayable) -> time:
    try:
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            return time.fromisoformat(value)
    except ValueError:
        pass
    if isinstance(value, time):
        return value
    raise CannotSay(Kind.TIME, value, "a time of day as 14:05")


def _money(value: Sayable, tongue: Tongue) -> Keys:
    found = _AMOUNT.fullmatch(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    currency = CURRENCIES.get(found["currency"] or "KRW") if found else None
    hint = f"an amount as 15300 or 12.50 USD, up to {LARGEST}, in one of {', '.join(CURRENCIES)}"
    if found is None or currency is None or int(found["large"]) > LARGEST:
        raise CannotSay(Kind.MONEY, value, hint)
    if found["small"] is not None and currency.small_units == 1:
        raise CannotSay(Kind.MONEY, value, f"{currency.code} has no small unit")
    return tongue.money(int(found["large"]), int(found["small"] or 0), currency)
