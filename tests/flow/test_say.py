"""Numbers, dates, times and money in six languages: tables that people who speak them can check."""

import re
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.say import (
    LONGEST_SECONDS,
    CannotSay,
    Kind,
    Sayable,
    compose,
    fragments,
    phone_groups,
    reading,
    words,
)
from ivr_engine.flow.say_parts import CURRENCIES, LARGEST, LARGEST_ORDINAL
from tests.flow import numerals

REFERENCE = Path(__file__).parents[2] / "docs" / "dialplan.md"

KNOWN = {language: frozenset(fragment.id for fragment in fragments(language)) for language in LANGUAGES}

SAID: list[tuple[str, str, Sayable, str]] = [
    ("ko", "number", 0, "영"),
    ("ko", "number", 10, "십"),
    ("ko", "number", 16, "십육"),
    ("ko", "number", 345, "삼백사십오"),
    ("ko", "number", 1_000, "천"),
    ("ko", "number", 10_000, "만"),
    ("ko", "number", 15_300, "만 오천삼백"),
    ("ko", "number", 110_000_000, "일억 천만"),
    ("ko", "number", 100_010_000, "일억 일만"),
    ("ko", "number", 1_234_567, "백이십삼만 사천오백육십칠"),
    ("ko", "number", 10**12, "일조"),
    ("ko", "number", -7, "마이너스 칠"),
    ("ko", "digits", "120", "일 이 공"),
    ("ko", "phone", "01012345678", "공 일 공, 일 이 삼 사, 오 육 칠 팔"),
    ("ko", "date", "2026-06-20", "이천이십육 년 유월 이십일"),
    ("ko", "date", date(2026, 10, 3), "이천이십육 년 시월 삼일"),
    ("ko", "time", "14:05", "오후 두 시 오 분"),
    ("ko", "time", "00:10", "오전 영 시 십 분"),
    ("ko", "time", time(12, 0), "정오"),
    ("ko", "time", "12:30", "오후 열두 시 삼십 분"),
    ("ko", "duration", 5_405, "한 시간 삼십 분 오 초"),
    ("ko", "duration", 20 * 3600, "스무 시간"),
    ("ko", "duration", 23 * 3600, "이십삼 시간"),
    ("ko", "duration", 49 * 3600, "이틀 한 시간"),
    ("ko", "duration", 0, "영 초"),
    ("ko", "money", 15_300, "만 오천삼백 원"),
    ("ko", "money", "12.50 USD", "십이 달러 오십 센트"),
    ("ko", "ordinal", 1, "첫 번째"),
    ("ko", "ordinal", 3, "세 번째"),
    ("ko", "ordinal", 20, "스무 번째"),
    ("ko", "ordinal", 21, "스물한 번째"),
    ("ko", "ordinal", 30, "서른 번째"),
    ("ko", "ordinal", 101, "백한 번째"),
    ("ko", "ordinal", 200, "이백 번째"),
    ("en", "number", 105, "one hundred and five"),
    ("en", "number", 1_005, "one thousand and five"),
    ("en", "number", 105_200, "one hundred and five thousand two hundred"),
    ("en", "number", 2_000_000_017, "two billion and seventeen"),
    ("en", "number", 10**12, "one trillion"),
    ("en", "phone", "0221334567", "zero two, two one three three, four five six seven"),
    ("en", "date", "2026-11-23", "the twenty-third of November twenty twenty-six"),
    ("en", "date", "2005-01-01", "the first of January two thousand and five"),
    ("en", "date", "1905-03-12", "the twelfth of March nineteen oh five"),
    ("en", "date", "1900-02-02", "the second of February nineteen hundred"),
    ("en", "time", "14:05", "two oh five p.m."),
    ("en", "time", "09:00", "nine a.m."),
    ("en", "time", "00:00", "midnight"),
    ("en", "time", "00:15", "twelve fifteen a.m."),
    ("en", "duration", 3_600, "one hour"),
    ("en", "duration", 93_784, "one day two hours three minutes and four seconds"),
    ("en", "money", 1, "one won"),
    ("en", "money", "1.01 USD", "one dollar and one cent"),
    ("en", "money", "0.50 EUR", "fifty cents"),
    ("en", "ordinal", 12, "twelfth"),
    ("en", "ordinal", 22, "twenty-second"),
    ("en", "ordinal", 103, "one hundred and third"),
    ("en", "ordinal", 300, "three hundredth"),
    ("zh", "number", 10, "十"),
    ("zh", "number", 105, "一百零五"),
    ("zh", "number", 115, "一百一十五"),
    ("zh", "number", 1_015, "一千零一十五"),
    ("zh", "number", 2_222, "两千二百二十二"),
    ("zh", "number", 10_005, "一万零五"),
    ("zh", "number", 20_000, "两万"),
    ("zh", "number", 100_500, "十万零五百"),
    ("zh", "number", 130_000, "十三万"),
    ("zh", "number", 1_100_000, "一百一十万"),
    ("zh", "number", 200_000_000, "两亿"),
    ("zh", "phone", "01012345678", "零幺零, 幺二三四, 五六七八"),
    ("zh", "date", "2026-11-23", "二零二六年十一月二十三日"),
    ("zh", "time", "14:05", "下午两点零五分"),
    ("zh", "time", "12:00", "中午十二点"),
    ("zh", "duration", 7_260, "两小时一分钟"),
    ("zh", "money", 2, "两韩元"),
    ("zh", "money", 15_300, "一万五千三百韩元"),
    ("zh", "ordinal", 2, "第二"),
    ("ja", "number", 345, "三百四十五"),
    ("ja", "number", 10_000_000, "一千万"),
    ("ja", "date", "2024-04-20", "二千二十四年四月二十日"),
    ("ja", "ordinal", 3, "三番目"),
    ("vi", "number", 15, "mười lăm"),
    ("vi", "number", 21, "hai mươi mốt"),
    ("vi", "number", 24, "hai mươi tư"),
    ("vi", "number", 25, "hai mươi lăm"),
    ("vi", "number", 105, "một trăm linh năm"),
    ("vi", "number", 111, "một trăm mười một"),
    ("vi", "number", 1_050, "một nghìn không trăm năm mươi"),
    ("vi", "number", 1_000_005, "một triệu không trăm linh năm"),
    ("vi", "number", 10**12, "một nghìn tỷ"),
    ("vi", "date", "2026-04-05", "ngày mùng năm tháng tư năm hai nghìn không trăm hai mươi sáu"),
    ("vi", "time", "14:05", "mười bốn giờ năm phút"),
    ("vi", "money", "12.50 USD", "mười hai đô la Mỹ năm mươi xu"),
    ("vi", "ordinal", 1, "thứ nhất"),
    ("vi", "ordinal", 4, "thứ tư"),
    ("vi", "ordinal", 5, "thứ năm"),
    ("mn", "number", 1_235, "нэг мянга хоёр зуун гучин тав"),
    ("mn", "money", 15_000, "арван таван мянган вон"),
    ("mn", "money", 300, "гурван зуун вон"),
    ("mn", "date", "2026-11-23", "хоёр мянга хорин зургаан оны арван нэгдүгээр сарын хорин гуравны өдөр"),
    ("mn", "time", "14:05", "арван дөрвөн цаг таван минут"),
    ("mn", "ordinal", 3, "гуравдугаар"),
]

READ: list[tuple[str, Sayable, str]] = [
    ("number", 300, "さんびゃく"),
    ("number", 600, "ろっぴゃく"),
    ("number", 800, "はっぴゃく"),
    ("number", 3_000, "さんぜん"),
    ("number", 8_000, "はっせん"),
    ("number", 1_000, "せん"),
    ("number", 10_000, "いちまん"),
    ("number", 10_000_000, "いっせんまん"),
    ("number", 10**12, "いっちょう"),
    ("time", "04:01", "ごぜんよじいっぷん"),
    ("time", "07:03", "ごぜんしちじさんぷん"),
    ("time", "09:06", "ごぜんくじろっぷん"),
    ("time", "14:10", "ごごにじじゅっぷん"),
    ("time", "14:20", "ごごにじにじゅっぷん"),
    ("time", "14:28", "ごごにじにじゅうはっぷん"),
    ("duration", 4 * 3600, "よじかん"),
    ("duration", 14 * 3600, "じゅうよじかん"),
    ("duration", 10 * 3600, "じゅうじかん"),
    ("duration", 2 * 86_400, "ふつかかん"),
    ("date", "2024-04-01", "にせんにじゅうよねんしがつついたち"),
    ("date", "2026-09-20", "にせんにじゅうろくねんくがつはつか"),
    ("date", "2026-07-14", "にせんにじゅうろくねんしちがつじゅうよっか"),
    ("date", "2026-01-19", "にせんにじゅうろくねんいちがつじゅうくにち"),
    ("money", "4 JPY", "よえん"),
    ("money", "14 JPY", "じゅうよえん"),
    ("money", 8_600, "はっせんろっぴゃくうぉん"),
]

VALUES: dict[Kind, st.SearchStrategy[Sayable]] = {
    Kind.NUMBER: st.integers(-LARGEST, LARGEST),
    Kind.DIGITS: st.from_regex(r"[0-9]{1,20}(-[0-9]{1,10})?", fullmatch=True),
    Kind.PHONE: st.from_regex(r"(\+82)?[0-9]{1,15}", fullmatch=True),
    Kind.DATE: st.dates(),
    Kind.TIME: st.times(),
    Kind.DURATION: st.integers(0, LONGEST_SECONDS),
    Kind.MONEY: st.one_of(
        st.integers(0, LARGEST),
        st.builds(
            lambda large, small, currency: f"{large}.{small:02} {currency}",
            st.integers(0, LARGEST),
            st.integers(0, 99),
            st.sampled_from([code for code, one in CURRENCIES.items() if one.small_units == 100]),
        ),
        st.builds(
            lambda large, currency: f"{large} {currency}", st.integers(0, LARGEST), st.sampled_from([*CURRENCIES])
        ),
    ),
    Kind.ORDINAL: st.integers(1, LARGEST_ORDINAL),
}


@pytest.mark.parametrize(("language", "kind", "value", "expected"), SAID)
def test_given_a_value_when_it_is_put_into_words_then_they_are_what_people_say(
    language: str, kind: str, value: Sayable, expected: str
) -> None:
    assert words(kind, value, language) == expected


@pytest.mark.parametrize(("kind", "value", "expected"), READ)
def test_given_a_japanese_value_when_it_is_read_then_numeral_and_counter_have_met(
    kind: str, value: Sayable, expected: str
) -> None:
    assert reading(kind, value, "ja") == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=30)
@given(choice=st.data())
def test_given_any_value_when_it_is_composed_then_every_fragment_is_one_that_gets_recorded(
    kind: Kind, language: str, choice: st.DataObject
) -> None:
    value = choice.draw(VALUES[kind])
    composed = compose(kind, value, language)
    assert composed
    assert KNOWN[language].issuperset(composed)


@given(number=st.integers(0, LARGEST))
def test_given_any_number_when_its_words_are_read_back_then_it_is_the_same_number(number: int) -> None:
    assert numerals.korean(words("number", number, "ko")) == number
    assert numerals.english(words("number", number, "en")) == number


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_every_number_that_is_one_recording_when_compared_then_no_two_sound_the_same(language: str) -> None:
    said = [reading("number", number, language) for number in (*range(100), *range(100, 1000, 100))]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_the_fragments_of_a_language_when_listed_then_each_has_its_own_name_that_a_file_may_have(
    language: str,
) -> None:
    listed = fragments(language)
    assert len({fragment.id for fragment in listed}) == len(listed)
    assert all(fragment.id.startswith(f"say/{language}/") and fragment.text for fragment in listed)
    assert all(part.replace("_", "").isalnum() for fragment in listed for part in fragment.id.split("/"))
    # prompts/LANGUAGE/say/KIND/VALUE is as deep as a folder of documents is read.
    assert all(len(fragment.id.split("/")) <= 4 for fragment in listed)


def test_given_a_number_when_it_is_composed_then_the_fragments_are_as_large_as_they_can_be() -> None:
    assert compose("number", 345, "ko") == ("say/ko/number/300", "say/ko/number/45")
    assert compose(Kind.MONEY, 20_000, "zh") == ("say/zh/two", "say/zh/unit/10000", "say/zh/money/KRW")


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("120", ["120"]),
        ("15881234", ["1588", "1234"]),
        ("021234567", ["02", "123", "4567"]),
        ("0221334567", ["02", "2133", "4567"]),
        ("01012345678", ["010", "1234", "5678"]),
        ("010-123-4567", ["010", "123", "4567"]),
        ("14155552671", ["1415", "555", "2671"]),
    ],
)
def test_given_a_phone_number_when_grouped_then_it_is_as_koreans_say_it(number: str, parts: list[str]) -> None:
    assert phone_groups(number) == parts


@pytest.mark.parametrize(
    ("kind", "value", "language"),
    [
        ("number", LARGEST + 1, "ko"),
        ("number", "12a", "ko"),
        ("number", True, "ko"),
        ("digits", "", "ko"),
        ("digits", "12 ", "ko"),
        ("digits", "1" * 41, "ko"),
        ("digits", "٣", "ko"),
        ("phone", "+1415", "ko"),
        ("phone", "1+82", "ko"),
        ("date", "2026-W26-6", "en"),
        ("time", "T1405", "en"),
        ("date", "2026-02-30", "en"),
        ("date", "20260230", "en"),
        ("time", "25:00", "en"),
        ("time", 5, "en"),
        ("duration", -1, "en"),
        ("money", "1.5 USD", "en"),
        ("money", "1.50", "en"),
        ("money", "1 XYZ", "en"),
        ("money", "-1", "en"),
        ("ordinal", 0, "en"),
        ("ordinal", 1000, "en"),
        ("weight", 1, "en"),
        ("number", 1, "fr"),
    ],
)
def test_given_what_cannot_be_said_when_composed_then_the_error_says_what_would_do(
    kind: str, value: Sayable, language: str
) -> None:
    with pytest.raises(CannotSay, match="cannot be said as") as raised:
        compose(kind, value, language)
    assert raised.value.hint


def test_given_the_table_of_the_reference_when_its_values_are_said_then_the_words_are_those() -> None:
    section = REFERENCE.read_text().split("### Values")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)`[^|]*\| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert [kind for kind, *_ in rows] == list(Kind)
    for kind, value, korean, english in rows:
        assert words(kind, value, "ko") == korean
        assert words(kind, value, "en").startswith(english.removesuffix(", …"))
