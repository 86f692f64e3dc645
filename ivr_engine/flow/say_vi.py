"""Vietnamese, as the North says it: mười lăm, hai mươi mốt, hai mươi tư, một trăm linh năm, không trăm năm mươi.

Every group of three digits after the first is said whole, its empty hundreds included.
"""

# ruff: noqa: SIM905 - as lists, a word a line, the tables would be longer than the grammar.
from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, blank, collected, groups

_ONES = "không một hai ba bốn năm sáu bảy tám chín".split()
_AFTER_TENS = {1: "mốt", 4: "tư", 5: "lăm"}
_UNITS = {10**3: "nghìn", 10**6: "triệu", 10**9: "tỷ"}
_MONEY = {"KRW": ("won", "uôn"), "USD": ("đô la Mỹ",) * 2, "EUR": ("euro", "ơ rô"), "JPY": ("yên",) * 2}
_SMALL = {"USD": "xu", "EUR": "xu"}


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _ONES[ones]
    if tens == 1:
        return "mười" + ("" if ones == 0 else " lăm" if ones == 5 else f" {_ONES[ones]}")
    return f"{_ONES[tens]} mươi" + (f" {_AFTER_TENS.get(ones, _ONES[ones])}" if ones else "")


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = [(f"number/{n}", _below_hundred(n)) for n in range(100)]
    rows += [(f"number/{digit * 100}", f"{_ONES[digit]} trăm") for digit in range(10) if digit]
    rows += [("hundred/0", "không trăm"), *((f"linh/{n}", f"linh {_ONES[n]}") for n in range(1, 10))]
    rows += [(f"unit/{weight}", word) for weight, word in _UNITS.items()]
    rows += [(MINUS, "âm", "âm,"), ("year", "năm", "năm,")]
    rows += [(f"day/{n}", f"ngày {'mùng ' if n <= 10 else ''}{_below_hundred(n)}") for n in range(1, 32)]
    rows += [(f"month/{n}", f"tháng {'tư' if n == 4 else _below_hundred(n)}") for n in range(1, 13)]
    rows += [("hour", "giờ"), ("minute", "phút"), ("second", "giây"), ("days", "ngày")]
    rows += [("ordinal", "thứ", "thứ,"), ("ordinal/1", "thứ nhất"), ("ordinal/4", "thứ tư")]
    rows += [(f"money/{code}", *word) for code, word in _MONEY.items()]
    return [*rows, *((f"cents/{code}", word) for code, word in _SMALL.items())]


def number(value: int) -> Keys:
    """Một tỷ hai trăm nghìn không trăm linh năm; above a thousand million the thousand millions are counted."""
    if value == 0:
        return ("number/0",)
    billions, rest = divmod(value, 10**9)
    keys = [*number(billions), f"unit/{10**9}"] if billions else []
    for weight, group in groups(rest, 1000):
        keys += _group(group, first=not keys)
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def _group(value: int, *, first: bool) -> list[str]:
    hundreds, rest = divmod(value, 100)
    keys = [f"number/{hundreds * 100}"] if hundreds else [] if first else ["hundred/0"]
    if rest:
        keys.append(f"linh/{rest}" if keys and rest < 10 else f"number/{rest}")
    return keys


def digits(value: str) -> Keys:
    """One by one."""
    return tuple(f"number/{digit}" for digit in value)


def day(value: date) -> Keys:
    """Ngày hai mươi ba tháng mười một năm hai nghìn không trăm hai mươi sáu."""
    return (f"day/{value.day}", f"month/{value.month}", "year", *number(value.year))


def time(hour: int, minute: int) -> Keys:
    """Mười bốn giờ năm phút: the clock of twenty-four hours, as it is announced."""
    said = (f"number/{hour}", "hour")
    return (*said, f"number/{minute}", "minute") if minute else said


def span(value: Span) -> Keys:
    """Một ngày hai giờ ba mươi phút."""
    units = ((value.days, "days"), (value.hours, "hour"), (value.minutes, "minute"), (value.seconds, "second"))
    return tuple(key for count, unit in units if count for key in (*number(count), unit)) or ("number/0", "second")


def money(large: int, small: int, currency: Currency) -> Keys:
    """Mười hai đô la Mỹ năm mươi xu."""
    keys = (*number(large), f"money/{currency.code}") if large or not small else ()
    return (*keys, *number(small), f"cents/{currency.code}") if small else keys


def ordinal(value: int) -> Keys:
    """Thứ nhất, thứ hai, thứ tư."""
    return (f"ordinal/{value}",) if value in (1, 4) else ("ordinal", *number(value))


TONGUE = Tongue("vi", collected("vi", _rows()), number, digits, day, time, span, money, ordinal, blank)
