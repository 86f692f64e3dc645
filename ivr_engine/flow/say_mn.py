"""Mongolian, for texts and for a person who records it: no voice that we can ship reads it.

A numeral before what it counts takes -н (гурав, but гурван минут); so there are two forms of each, and the last word
of a number is in the second form where something is counted.
"""

# ruff: noqa: SIM905 - as lists, a word a line, the tables would be longer than the grammar.
from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, blank, collected, groups

_ONES = "тэг нэг хоёр гурав дөрөв тав зургаа долоо найм ес".split()
_ONES_BEFORE = "тэг нэг хоёр гурван дөрвөн таван зургаан долоон найман есөн".split()
_TENS = " арав хорь гуч дөч тавь жар дал ная ер".split(" ")
_TENS_BEFORE = " арван хорин гучин дөчин тавин жаран далан наян ерэн".split(" ")
_OF_THE = " нэгний хоёрны гуравны дөрөвний тавны зургааны долооны наймны есний".split(" ")
_OF_THE_TENS = {10: "аравны", 20: "хорины", 30: "гучны"}
_ORDINALS = (
    " нэгдүгээр хоёрдугаар гуравдугаар дөрөвдүгээр тавдугаар зургаадугаар долоодугаар наймдугаар есдүгээр"
).split(" ")
_ORDINAL_TENS = (" аравдугаар хорьдугаар гучдугаар дөчдүгээр тавьдугаар жардугаар далдугаар наядугаар ердүгээр").split(
    " "
)
_UNITS = {10**3: "мянга", 10**6: "сая", 10**9: "тэрбум", 10**12: "их наяд"}
_MONEY = {"KRW": "вон", "USD": "доллар", "EUR": "евро", "JPY": "иен"}
_SMALL = {"USD": "цент", "EUR": "цент"}


def _below_hundred(number: int, ones: list[str], tens: list[str]) -> str:
    """`ones` and `tens` are the words for the last place; tens before ones always take -н."""
    ten, one = divmod(number, 10)
    if ten == 0:
        return ones[one]
    return f"{_TENS_BEFORE[ten]} {ones[one]}" if one else tens[ten]


def _of_the(day: int) -> str:
    return _OF_THE_TENS[day] if day in _OF_THE_TENS else _below_hundred(day, _OF_THE, _TENS)


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = []
    rows += [(f"number/{n}", _below_hundred(n, _ONES, _TENS)) for n in range(100)]
    rows += [(f"before/{n}", _below_hundred(n, _ONES_BEFORE, _TENS_BEFORE)) for n in range(100)]
    for digit in range(1, 10):
        lead = f"{_ONES_BEFORE[digit]} " if digit > 1 else ""
        rows += [(f"number/{digit * 100}", f"{lead}зуу"), (f"before/{digit * 100}", f"{lead}зуун")]
    rows += [(f"unit/{weight}", word) for weight, word in _UNITS.items()]
    rows += [("before/1000", "мянган"), (MINUS, "хасах"), ("year", "оны")]
    rows += [(f"month/{n}", f"{_below_hundred(n, _ORDINALS, _ORDINAL_TENS)} сарын") for n in range(1, 13)]
    rows += [(f"day/{n}", f"{_of_the(n)} өдөр") for n in range(1, 32)]
    rows += [("hour", "цаг"), ("minute", "минут"), ("second", "секунд"), ("days", "хоног")]
    rows += [(f"money/{code}", word) for code, word in _MONEY.items()]
    rows += [(f"cents/{code}", word) for code, word in _SMALL.items()]
    rows += [("ordinal/hundred", "зуудугаар")]
    return [*rows, *((f"ordinal/{n}", _below_hundred(n, _ORDINALS, _ORDINAL_TENS)) for n in range(1, 100))]


def number(value: int) -> Keys:
    """Нэг мянга хоёр зуун гучин тав."""
    if value == 0:
        return ("number/0",)
    keys: list[str] = []
    for weight, group in groups(value, 1000):
        hundreds, rest = group // 100 * 100, group % 100
        if hundreds:
            keys.append(f"before/{hundreds}" if rest or weight > 1 else f"number/{hundreds}")
        if rest:
            keys.append(f"before/{rest}" if weight > 1 else f"number/{rest}")
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def _count(value: int) -> Keys:
    """The same before what is counted."""
    *before, last = number(value)
    if last.startswith("number/"):
        last = last.replace("number/", "before/")
    elif last == "unit/1000":
        last = "before/1000"
    return (*before, last)


def digits(value: str) -> Keys:
    """One by one."""
    return tuple(f"number/{digit}" for digit in value)


def day(value: date) -> Keys:
    """Хоёр мянга хорин зургаан оны арван нэгдүгээр сарын хорин гуравны өдөр."""
    return (*_count(value.year), "year", f"month/{value.month}", f"day/{value.day}")


def time(hour: int, minute: int) -> Keys:
    """Арван дөрвөн цаг таван минут."""
    said = (*_count(hour), "hour")
    return (*said, *_count(minute), "minute") if minute else said


def span(value: Span) -> Keys:
    """Нэг хоног хоёр цаг гучин минут."""
    units = ((value.days, "days"), (value.hours, "hour"), (value.minutes, "minute"), (value.seconds, "second"))
    return tuple(key for count, unit in units if count for key in (*_count(count), unit)) or ("before/0", "second")


def money(large: int, small: int, currency: Currency) -> Keys:
    """Арван таван мянган вон."""
    keys = (*_count(large), f"money/{currency.code}") if large or not small else ()
    return (*keys, *_count(small), f"cents/{currency.code}") if small else keys


def ordinal(value: int) -> Keys:
    """Нэгдүгээр, хорин нэгдүгээр, зуун гуравдугаар."""
    hundreds, rest = value // 100 * 100, value % 100
    if rest:
        return (*((f"before/{hundreds}",) if hundreds else ()), f"ordinal/{rest}")
    return (*((f"before/{hundreds // 100}",) if hundreds > 100 else ()), "ordinal/hundred")


TONGUE = Tongue("mn", collected("mn", _rows()), number, digits, day, time, span, money, ordinal, blank)
