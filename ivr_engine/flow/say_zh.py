"""Mandarin: groups of ten thousand with 零 for what is skipped, 一十五 inside a number, 两 before what is counted.

Phone numbers say 幺 for one, years are read digit by digit. The voice is given pinyin where a character has several
readings or changes its tone.
"""

from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, collected, groups, nothing

_ONES = "零一二三四五六七八九"
_UNITS = {10**4: "万", 10**8: "亿", 10**12: "万亿"}
_MONEY = {"KRW": "韩元", "USD": "美元", "EUR": "欧元", "JPY": "日元"}
_SMALL = {"USD": "美分", "EUR": "欧分"}


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else f"{_ONES[tens]}十"
    return lead + (_ONES[ones] if ones or not tens else "")


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = [(f"number/{n}", _below_hundred(n)) for n in range(100)]
    for digit in range(1, 10):
        rows += [(f"number/{digit * 100}", f"{_ONES[digit]}百"), (f"number/{digit * 1000}", f"{_ONES[digit]}千")]
    rows += [("number/100", "一百", "yi4 bai3"), ("number/1000", "一千", "yi4 qian1"), ("number/2000", "两千")]
    rows += [(f"inner/{n}", f"一{_below_hundred(n)}") for n in range(10, 20)]
    rows += [(f"unit/{weight}", word) for weight, word in _UNITS.items()]
    rows += [("two", "两", "liang3"), ("digit/1", "幺", "yao1"), (MINUS, "负", "fu4"), ("ordinal", "第", "di4")]
    rows += [("year", "年"), *((f"month/{n}", f"{_below_hundred(n)}月") for n in range(1, 13))]
    rows += [(f"day/{n}", f"{_below_hundred(n)}日") for n in range(1, 32)]
    rows += [("am", "上午"), ("pm", "下午"), ("noon", "中午十二点"), ("midnight", "零点")]
    rows += [(f"hour/{n}", "两点" if n == 2 else f"{_below_hundred(n)}点") for n in range(13)]
    rows += [(f"minute/{n}", f"零{_ONES[n]}分") for n in range(1, 10)]
    rows += [("minute", "分"), ("days", "天"), ("hours", "小时"), ("minutes", "分钟"), ("seconds", "秒")]
    rows += [(f"money/{code}", word) for code, word in _MONEY.items()]
    return [*rows, *((f"cents/{code}", word) for code, word in _SMALL.items())]


def number(value: int) -> Keys:
    """一万零五, 十万零五百, 一百一十五, 两万."""
    if value == 0:
        return ("number/0",)
    keys: list[str] = []
    for weight, group in groups(value, 10**4):
        if keys and group < 1000:
            keys.append("number/0")
        keys += ["two"] if weight > 1 and group == 2 else _group(group, first=not keys)
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def _group(value: int, *, first: bool) -> list[str]:
    """Below ten thousand; `first` where nothing was said before it, so that ten is 十 and not 一十."""
    thousands, hundreds, rest = value // 1000, value % 1000 // 100, value % 100
    keys = [f"number/{thousands * 1000}"] if thousands else []
    if hundreds:
        keys.append(f"number/{hundreds * 100}")
    if rest and ((thousands and not hundreds) or (hundreds and rest < 10)):
        keys.append("number/0")
    if rest:
        keys.append(f"inner/{rest}" if 10 <= rest < 20 and (keys or not first) else f"number/{rest}")
    return keys


def _count(value: int) -> Keys:
    """Before what is counted, two is 两."""
    return ("two",) if value == 2 else number(value)


def digits(value: str) -> Keys:
    """One by one; one is 幺, which nobody takes for seven."""
    return tuple("digit/1" if digit == "1" else f"number/{digit}" for digit in value)


def day(value: date) -> Keys:
    """二零二六年十一月二十三日."""
    year = tuple(f"number/{digit}" for digit in str(value.year))
    return (*year, "year", f"month/{value.month}", f"day/{value.day}")


def time(hour: int, minute: int) -> Keys:
    """下午两点零五分."""
    if minute == 0 and hour in (0, 12):
        return ("midnight",) if hour == 0 else ("noon",)
    said = ("am" if hour < 12 else "pm", f"hour/{0 if hour == 0 else (hour - 1) % 12 + 1}")
    if minute == 0:
        return said
    return (*said, f"minute/{minute}") if minute < 10 else (*said, f"number/{minute}", "minute")


def span(value: Span) -> Keys:
    """一天两小时三十分钟."""
    units = ((value.days, "days"), (value.hours, "hours"), (value.minutes, "minutes"), (value.seconds, "seconds"))
    keys = tuple(key for count, unit in units if count for key in (*_count(count), unit))
    return keys or ("number/0", "seconds")


def money(large: int, small: int, currency: Currency) -> Keys:
    """十二美元五十美分."""
    keys = (*_count(large), f"money/{currency.code}") if large or not small else ()
    return (*keys, *_count(small), f"cents/{currency.code}") if small else keys


def ordinal(value: int) -> Keys:
    """第二, never 第两."""
    return ("ordinal", *number(value))


TONGUE = Tongue("zh", collected("zh", _rows()), number, digits, day, time, span, money, ordinal, nothing)
