"""Korean: Sino-Korean numbers in groups of ten thousand, native ones for hours, places and short durations.

345 삼백사십오 · 10,000 만 (not 일만) · 110,000,000 일억 천만 · 세 시 오 분 · 유월, 시월 · 첫 번째, 스물한 번째
"""

from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, collected, groups

_ONES = ("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")
_NATIVE = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_UNITS = {10**4: "만", 10**8: "억", 10**12: "조"}
_MONEY = {"KRW": "원", "USD": "달러", "EUR": "유로", "JPY": "엔"}
_SMALL = {"USD": "센트", "EUR": "센트"}

_NATIVE_HOURS = 20
"""Up to here hours of a duration are counted natively (열두 시간); 24 and more are said 이십사 시간."""


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "십" if tens == 1 else f"{_ONES[tens]}십") + _ONES[ones] or "영"


def _counted(number: int) -> str:
    """Native, before a counter: 스무 시간, 스물한 번째."""
    tens, ones = divmod(number, 10)
    return "스무" if number == 20 else _NATIVE_TENS[tens] + _NATIVE[ones]


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = [(f"number/{n}", _below_hundred(n)) for n in range(100)]
    for digit in range(1, 10):
        lead = _ONES[digit] if digit > 1 else ""
        rows += [(f"number/{digit * 100}", f"{lead}백"), (f"number/{digit * 1000}", f"{lead}천")]
    rows += [(f"unit/{weight}", word) for weight, word in _UNITS.items()]
    rows += [("digit/0", "공"), (MINUS, "마이너스", "마이너스,")]
    rows += [(f"month/{n}", {6: "유월", 10: "시월"}.get(n, f"{_below_hundred(n)}월")) for n in range(1, 13)]
    rows += [(f"day/{n}", f"{_below_hundred(n)}일") for n in range(1, 32)]
    rows += [("year", "년", "년,"), ("am", "오전", "오전,"), ("pm", "오후", "오후,")]
    rows += [("noon", "정오"), ("midnight", "자정"), ("hour/0", "영 시")]
    rows += [(f"hour/{n}", f"{_counted(n)} 시") for n in range(1, 13)]
    rows += [("minutes", "분"), ("seconds", "초"), ("hours", "시간"), ("days", "일")]
    rows += [("days/1", "하루"), ("days/2", "이틀")]
    rows += [(f"hours/{n}", f"{_counted(n)} 시간") for n in range(1, _NATIVE_HOURS + 1)]
    rows += [(f"money/{code}", word) for code, word in _MONEY.items()]
    rows += [(f"cents/{code}", word) for code, word in _SMALL.items()]
    rows += [("place", "번째"), ("place/1", "첫 번째"), ("place/one", "한 번째")]
    rows += [(f"place/{n}", f"{_counted(n)} 번째") for n in (*range(2, 20), *range(20, 100, 10))]
    return [*rows, *((f"native/{n}", f"{_NATIVE_TENS[n // 10]}") for n in range(20, 100, 10))]


def number(value: int) -> Keys:
    """만 alone is said without its 일, 억 and 조 are not."""
    if value == 0:
        return ("number/0",)
    keys: list[str] = []
    for weight, group in groups(value, 10**4):
        if not (weight == 10**4 and group == 1 and not keys):
            thousands, rest = group // 1000 * 1000, group % 1000
            parts = (thousands, rest // 100 * 100, rest % 100)
            keys += [f"number/{part}" for part in parts if part]
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def digits(value: str) -> Keys:
    """One by one; zero is 공."""
    return tuple("digit/0" if digit == "0" else f"number/{digit}" for digit in value)


def day(value: date) -> Keys:
    """이천이십육 년 십일월 이십삼일."""
    return (*number(value.year), "year", f"month/{value.month}", f"day/{value.day}")


def time(hour: int, minute: int) -> Keys:
    """오후 두 시 오 분."""
    if minute == 0 and hour in (0, 12):
        return ("midnight",) if hour == 0 else ("noon",)
    said = ("am" if hour < 12 else "pm", f"hour/{0 if hour == 0 else (hour - 1) % 12 + 1}")
    return (*said, *number(minute), "minutes") if minute else said


def span(value: Span) -> Keys:
    """하루 세 시간 이십 분 오 초."""
    keys: list[str] = []
    if value.days:
        keys += [f"days/{value.days}"] if value.days <= 2 else [*number(value.days), "days"]
    if value.hours:
        native = value.hours <= _NATIVE_HOURS
        keys += [f"hours/{value.hours}"] if native else [*number(value.hours), "hours"]
    if value.minutes:
        keys += [*number(value.minutes), "minutes"]
    if value.seconds or not keys:
        keys += [*number(value.seconds), "seconds"]
    return tuple(keys)


def money(large: int, small: int, currency: Currency) -> Keys:
    """만 오천 원, 십이 달러 오십 센트."""
    keys = (*number(large), f"money/{currency.code}") if large or not small else ()
    return (*keys, *number(small), f"cents/{currency.code}") if small else keys


def ordinal(value: int) -> Keys:
    """첫 번째, 스물한 번째, 백한 번째."""
    hundreds, rest = value // 100 * 100, value % 100
    lead = (f"number/{hundreds}",) if hundreds else ()
    if rest == 0:
        return (*lead, "place")
    if rest < 20 or rest % 10 == 0:
        return (*lead, "place/one" if hundreds and rest == 1 else f"place/{rest}")
    ones = rest % 10
    return (*lead, f"native/{rest - ones}", "place/one" if ones == 1 else f"place/{ones}")


def seam(before: str, after: str) -> str:
    """Groups of ten thousand are written apart, what is in them together."""
    kind, _, value = before.partition("/")
    if kind == "native" or (kind == "number" and after.startswith("unit/")):
        return ""
    glued = after.startswith("number/") or after.startswith("place/")
    return "" if kind == "number" and int(value) >= 100 and glued else " "


TONGUE = Tongue("ko", collected("ko", _rows()), number, digits, day, time, span, money, ordinal, seam)
