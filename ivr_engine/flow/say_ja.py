"""Japanese, with the readings that change where numeral and counter meet: さんびゃく, はっせん, よじ, いっぷん.

The words are written in kanji, the readings in kana: the voice cannot read kanji (it says "Chinese letter"). Where the
change reaches back into the tens (じゅっぷん), the fragment holds the whole.
"""

# ruff: noqa: SIM905 - as lists, a word a line, the tables would be longer than the grammar.
from datetime import date

from ivr_engine.flow.say_parts import MINUS, Currency, Keys, Span, Tongue, collected, groups, nothing

_KANJI = "〇一二三四五六七八九"
_KANA = ("ゼロ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")
_TENS = ("", "じゅう", *(f"{ones}じゅう" for ones in _KANA[2:]))
_HUNDREDS = "ひゃく にひゃく さんびゃく よんひゃく ごひゃく ろっぴゃく ななひゃく はっぴゃく きゅうひゃく".split()
_THOUSANDS = "せん にせん さんぜん よんせん ごせん ろくせん ななせん はっせん きゅうせん".split()
_UNITS = {10**4: ("万", "まん"), 10**8: ("億", "おく")}
_MONTHS = "いち に さん し ご ろく しち はち く じゅう じゅういち じゅうに".split()
_HOURS = "れい いち に さん よ ご ろく しち はち く じゅう じゅういち じゅうに".split()
_DAYS = " ついたち ふつか みっか よっか いつか むいか なのか ようか ここのか とおか".split(" ")
_MINUTES = " いっぷん にふん さんぷん よんぷん ごふん ろっぷん ななふん はっぷん きゅうふん".split(" ")
_HOURS_LONG = " いちじかん にじかん さんじかん よじかん ごじかん ろくじかん ななじかん はちじかん くじかん".split(" ")
_MONEY = {"KRW": ("ウォン", "うぉん"), "USD": ("ドル", "どる"), "EUR": ("ユーロ", "ゆーろ"), "JPY": ("円", "えん")}
_SMALL = {"USD": ("セント", "せんと"), "EUR": ("セント", "せんと")}


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number == 0:
        return "ゼロ"
    lead = "" if tens == 0 else "十" if tens == 1 else f"{_KANJI[tens]}十"
    return lead + (_KANJI[ones] if ones else "")


def _kana(number: int) -> str:
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (_KANA[ones] if ones or not tens else "")


def _day_kana(day: int) -> str:
    if day <= 10:
        return _DAYS[day]
    if day in (14, 20, 24):
        return {14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか"}[day]
    ones = {7: "しち", 9: "く"}.get(day % 10, _KANA[day % 10] if day % 10 else "")
    return f"{_TENS[day // 10]}{ones}にち"


def _minute_kana(minute: int) -> str:
    tens, ones = divmod(minute, 10)
    return _TENS[tens] + _MINUTES[ones] if ones else _TENS[tens].removesuffix("う") + "っぷん"


def _rows() -> list[tuple[str, str] | tuple[str, str, str]]:
    rows: list[tuple[str, str] | tuple[str, str, str]] = [(f"number/{n}", _kanji(n), _kana(n)) for n in range(100)]
    for digit in range(1, 10):
        lead = _KANJI[digit] if digit > 1 else ""
        rows.append((f"number/{digit * 100}", f"{lead}百", _HUNDREDS[digit - 1]))
        rows.append((f"number/{digit * 1000}", f"{lead}千", _THOUSANDS[digit - 1]))
    rows += [("thousand/one", "一千", "いっせん"), ("trillion/one", "一兆", "いっちょう")]
    rows += [(f"unit/{weight}", *word) for weight, word in _UNITS.items()]
    rows += [(MINUS, "マイナス", "まいなす,"), ("ordinal", "番目", "ばんめ")]
    rows += [(f"month/{n}", f"{_kanji(n)}月", f"{kana}がつ") for n, kana in enumerate(_MONTHS, 1)]
    rows += [(f"day/{n}", f"{_kanji(n)}日", _day_kana(n)) for n in range(1, 32)]
    rows += [("year", "年", "ねん"), ("year/4", "四年", "よねん")]
    rows += [("am", "午前", "ごぜん"), ("pm", "午後", "ごご"), ("noon", "正午", "しょうご")]
    rows += [("hour/0", "零時", "れいじ")]
    rows += [(f"hour/{n}", f"{_kanji(n)}時", f"{_HOURS[n]}じ") for n in range(1, 13)]
    rows += [(f"minute/{n}", f"{_kanji(n)}分", _minute_kana(n)) for n in range(1, 60)]
    rows += [("hours", "時間", "じかん"), ("seconds", "秒", "びょう")]
    rows += [("days", "日間", "にちかん"), ("days/1", "一日", "いちにち"), ("days/long", "間", "かん")]
    rows += [(f"hours/{n}", f"{_KANJI[n]}時間", _HOURS_LONG[n]) for n in range(1, 10)]
    rows += [(f"money/{code}", *word) for code, word in _MONEY.items()]
    rows += [("money/JPY_4", "四円", "よえん")]
    return [*rows, *((f"cents/{code}", *word) for code, word in _SMALL.items())]


def number(value: int) -> Keys:
    """一万 and 一億 keep their one, 千 does not but before 万; 一兆 is the largest."""
    if value == 0:
        return ("number/0",)
    if value == 10**12:
        return ("trillion/one",)
    keys: list[str] = []
    for weight, group in groups(value, 10**4):
        thousands, rest = group // 1000 * 1000, group % 1000
        if thousands == 1000 and weight > 1:
            keys.append("thousand/one")
        elif thousands:
            keys.append(f"number/{thousands}")
        keys += [f"number/{part}" for part in (rest // 100 * 100, rest % 100) if part]
        if weight > 1:
            keys.append(f"unit/{weight}")
    return tuple(keys)


def digits(value: str) -> Keys:
    """One by one: ゼロ, よん, なな, きゅう."""
    return tuple(f"number/{digit}" for digit in value)


def _with_ones(value: int, ones: str) -> Keys:
    """The number without its last digit, then a fragment for that digit and what is counted."""
    tens = value - value % 10
    return (*(number(tens) if tens else ()), ones)


def day(value: date) -> Keys:
    """二千二十六年十一月二十三日; 四年 is よねん."""
    year = _with_ones(value.year, "year/4") if value.year % 10 == 4 else (*number(value.year), "year")
    return (*year, f"month/{value.month}", f"day/{value.day}")


def time(hour: int, minute: int) -> Keys:
    """午後二時五分."""
    if (hour, minute) == (12, 0):
        return ("noon",)
    said = ("am" if hour < 12 else "pm", f"hour/{hour % 12}")
    return (*said, f"minute/{minute}") if minute else said


def span(value: Span) -> Keys:
    """三日間五時間二十分."""
    keys: list[str] = []
    if value.days == 1:
        keys.append("days/1")
    elif value.days:
        keys += [f"day/{value.days}", "days/long"] if value.days <= 31 else [*number(value.days), "days"]
    if value.hours:
        ones = value.hours % 10
        keys += _with_ones(value.hours, f"hours/{ones}") if ones else (*number(value.hours), "hours")
    if value.minutes:
        keys.append(f"minute/{value.minutes}")
    if value.seconds or not keys:
        keys += [*number(value.seconds), "seconds"]
    return tuple(keys)


def money(large: int, small: int, currency: Currency) -> Keys:
    """一万五千ウォン; 四円 is よえん."""
    keys: Keys = ()
    if currency.code == "JPY" and large % 10 == 4:
        keys = _with_ones(large, "money/JPY_4")
    elif large or not small:
        keys = (*number(large), f"money/{currency.code}")
    return (*keys, *number(small), f"cents/{currency.code}") if small else keys


def ordinal(value: int) -> Keys:
    """三番目."""
    return (*number(value), "ordinal")


TONGUE = Tongue("ja", collected("ja", _rows()), number, digits, day, time, span, money, ordinal, nothing)
