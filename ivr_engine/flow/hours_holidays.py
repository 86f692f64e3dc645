"""Public holidays, with lunar dates and substitute days, from a library that knows the rules and is told the year.

Seollal, Chuseok and Buddha's Birthday follow the moon; since 2014 more and more holidays that fall on a weekend, or on
each other, are given back on a later day. A holiday that the government declares for one year alone is an exception
of the calendar: nobody's rules know it before.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from holidays import country_holidays

KOREA = "korea"
NONE = "none"
SOURCES = (KOREA, NONE)

FIRST_YEAR, LAST_YEAR = 2000, 2050
"""What the lunar tables of the library cover, and nobody looks further back."""


@lru_cache(maxsize=64)
def korean_holidays(year: int) -> Mapping[date, str]:
    """The public holidays of a year with their Korean names; none outside FIRST_YEAR to LAST_YEAR.

    Kept, because the rules of a year cost milliseconds and a call asks in the middle of a sentence.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    return {day: str(name) for day, name in sorted(country_holidays("KR", years=year, language="ko").items())}


def holiday_of(source: str, day: date) -> str:
    """The name of a day's holiday, empty on other days."""
    return korean_holidays(day.year).get(day, "") if source == KOREA else ""
