"""English, as Britain says it: one hundred and five, the twenty-third of November, five past in figures (two oh five).

The year is said in pairs (twenty twenty-six) but for the first ten of a thousand.
"""

# ruff: noqa: SIM905 - as lists, a word a line, the tables would be longer than the grammar.
from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, collected, groups

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = " ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ")
_ORDINALS = (
    " first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split(" ")
_MONTHS = "January February March April May June July August September October November December".split()
_UNITS = {10**3: "thousand", 10**6: "million", 10**9: "billion", 10**12: "trillion"}
_MONEY = {"KRW": ("won", "won"), "USD": ("dollar", "dollars"), "EUR": ("euro", "euros"), "JPY": ("yen", "yen")}
_SMALL = {"USD": ("cent", "cents"), "EUR": ("cent", "cents")}
_SPANS = ("day", "hour", "minute", "second")


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]


def _th(number: int) -> str:
    if number < 20:
        return _ORDINALS[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_ORDINALS[ones]}" if ones else f"{_TENS[tens][:-1]}ieth"


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = [(f"number/{n}", _below_hundred(n)) for n in range(100)]
    for digit in range(1, 10):
        hundred = f"{_ONES[digit]} hundred"
        rows += [(f"number/{digit * 100}", hundred), (f"hundred_and/{digit}", f"{hundred} and", f"{hundred} and,")]
    rows += [(f"unit/{weight}", word) for weight, word in _UNITS.items()]
    rows += [("and", "and", "and,"), (MINUS, "minus", "minus,"), ("hundred", "hundred"), ("hundredth", "hundredth")]
    rows += [(f"oh/{n}", f"oh {_ONES[n]}") for n in range(1, 10)]
    rows += [(f"day/{n}", f"the {_th(n)} of", f"the {_th(n)} of,") for n in range(1, 32)]
    rows += [(f"month/{n}", name) for n, name in enumerate(_MONTHS, 1)]
    rows += [("am", "a.m.", "A M"), ("pm", "p.m.", "P M"), ("noon", "noon"), ("midnight", "midnight")]
    for unit in _SPANS:
        rows += [(f"{unit}_one", f"one {unit}"), (f"{unit}s", f"{unit}s")]
    for code, (one, many) in _MONEY.items():
        rows += [(f"money/{code}", many), (f"money/{code}_one", f"one {one}")]
    for code, (one, many) in _SMALL.items():
        rows += [(f"cents/{code}", many), (f"cents/{code}_one", f"one {one}")]
    return [*rows, *((f"ordinal/{n}", _th(n)) for n in (*range(1, 20), *range(20, 100, 10)))]


def number(value: int) -> Keys:
    """One million two hundred thousand and five."""
    if value == 0:
        return ("number/0",)
    keys: list[str] = []
    for weight, group in groups(value, 1000):
        hundreds, rest = divmod(group, 100)
        if hundreds:
            keys.append(f"hundred_and/{hundreds}" if rest else f"number/{hundreds * 100}")
        elif weight == 1 and keys:
            keys.append("and")
        if rest:
            keys.append(f"number/{rest}")
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def digits(value: str) -> Keys:
    """One by one."""
    return tuple(f"number/{digit}" for digit in value)


def _year(year: int) -> Keys:
    pair, rest = divmod(year, 100)
    if year < 1100 or year % 1000 < 10:
        return number(year)
    if rest == 0:
        return (f"number/{pair}", "hundred")
    return (f"number/{pair}", f"oh/{rest}" if rest < 10 else f"number/{rest}")


def day(value: date) -> Keys:
    """The twenty-third of November twenty twenty-six."""
    return (f"day/{value.day}", f"month/{value.month}", *_year(value.year))


def time(hour: int, minute: int) -> Keys:
    """Two oh five p.m."""
    if minute == 0 and hour in (0, 12):
        return ("midnight",) if hour == 0 else ("noon",)
    said: Keys = (f"number/{(hour - 1) % 12 + 1}",)
    if minute:
        said += (f"oh/{minute}" if minute < 10 else f"number/{minute}",)
    return (*said, "am" if hour < 12 else "pm")


def span(value: Span) -> Keys:
    """One hour thirty minutes and five seconds."""
    counts = (value.days, value.hours, value.minutes, value.seconds)
    parts = [_several(count, unit) for count, unit in zip(counts, _SPANS, strict=True) if count]
    if not parts:
        return ("number/0", "seconds")
    *before, last = parts
    return (*(key for part in before for key in part), *(("and",) if before else ()), *last)


def _several(count: int, unit: str) -> Keys:
    return (f"{unit}_one",) if count == 1 else (*number(count), f"{unit}s")


def money(large: int, small: int, currency: Currency) -> Keys:
    """Twelve dollars and fifty cents."""
    keys: Keys = _amount(large, f"money/{currency.code}") if large or not small else ()
    if not small:
        return keys
    return (*keys, *(("and",) if keys else ()), *_amount(small, f"cents/{currency.code}"))


def _amount(count: int, unit: str) -> Keys:
    return (f"{unit}_one",) if count == 1 else (*number(count), unit)


def ordinal(value: int) -> Keys:
    """Twenty-first, one hundred and third, two hundredth."""
    hundreds, rest = divmod(value, 100)
    if rest == 0:
        return (f"number/{hundreds}", "hundredth")
    lead = (f"hundred_and/{hundreds}",) if hundreds else ()
    if rest < 20 or rest % 10 == 0:
        return (*lead, f"ordinal/{rest}")
    return (*lead, f"number/{rest // 10 * 10}", f"ordinal/{rest % 10}")


def seam(before: str, after: str) -> str:
    """A hyphen in twenty-first, where the two are recorded apart."""
    return "-" if before.startswith("number/") and after.startswith("ordinal/") else " "


TONGUE = Tongue("en", collected("en", _rows()), number, digits, day, time, span, money, ordinal, seam)
