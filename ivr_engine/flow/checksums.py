"""What keyed digits must satisfy besides their number: a slip of one finger is found before anybody is asked about it.

Each rule is the one that the number's issuer publishes; a number that satisfies it is well formed, not real.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence

from ivr_engine.flow.steps import Checksum

_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_CORPORATION_WEIGHTS = (1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2)

_CENTURIES = {
    "1": 1900,
    "2": 1900,
    "5": 1900,
    "6": 1900,
    "3": 2000,
    "4": 2000,
    "7": 2000,
    "8": 2000,
    "9": 1800,
    "0": 1800,
}
"""The seventh digit of a resident number: sex, century, and whether the holder is a national."""

_FOREIGN = frozenset("5678")
_RULE_ENDED_YEAR, _RULE_ENDED_MONTH = 2020, 10
"""Numbers given out since October 2020 have no check digit; one cannot tell from the number when it was given out, but
who was born before then and keeps the old number has one."""


def satisfies(checksum: Checksum, digits: str) -> bool:
    """Whether digits are well formed by that rule. False, too, for anything that is not digits."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    rule = _RULES.get(checksum)
    return rule is None or rule(digits)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + position % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return len(digits) > 1 and total % 10 == 0


def _card_number(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and _luhn(digits)


def _business_number(digits: str) -> bool:
    """The National Tax Service's rule: the ninth digit times five also gives its tens."""
    if len(digits) != 10:
        return False
    total = _weighted(digits, _BUSINESS_WEIGHTS) + int(digits[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(digits[9])


def _corporation_number(digits: str) -> bool:
    """The court registry's rule."""
    if len(digits) != 13:
        return False
    return (10 - _weighted(digits, _CORPORATION_WEIGHTS) % 10) % 10 == int(digits[12])


def _resident_number(digits: str) -> bool:
    """A day of birth that there is; the check digit only for who was born when there was one."""
    if len(digits) != 13:
        return False
    year = _CENTURIES[digits[6]] + int(digits[:2])
    if not _is_day(year, int(digits[2:4]), int(digits[4:6])):
        return False
    if (year, int(digits[2:4])) >= (_RULE_ENDED_YEAR, _RULE_ENDED_MONTH):
        return True
    check = (11 - _weighted(digits, _RESIDENT_WEIGHTS) % 11) % 10
    return int(digits[12]) in ({check, (check + 2) % 10} if digits[6] in _FOREIGN else {check})


def _mobile_number(digits: str) -> bool:
    if digits.startswith("010"):
        return len(digits) == 11
    return digits.startswith(("011", "016", "017", "018", "019")) and len(digits) in (10, 11)


def _date(digits: str) -> bool:
    return len(digits) == 8 and _is_day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _is_day(year: int, month: int, day: int) -> bool:
    return 1800 <= year <= 2999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


_RULES: Mapping[Checksum, Callable[[str], bool]] = {
    Checksum.LUHN: _luhn,
    Checksum.CARD_NUMBER: _card_number,
    Checksum.BUSINESS_NUMBER: _business_number,
    Checksum.CORPORATION_NUMBER: _corporation_number,
    Checksum.RESIDENT_NUMBER: _resident_number,
    Checksum.MOBILE_NUMBER: _mobile_number,
    Checksum.DATE: _date,
}

LENGTHS: Mapping[Checksum, tuple[int, int]] = {
    Checksum.NONE: (1, 20),
    Checksum.LUHN: (2, 20),
    Checksum.CARD_NUMBER: (13, 19),
    Checksum.BUSINESS_NUMBER: (10, 10),
    Checksum.CORPORATION_NUMBER: (13, 13),
    Checksum.RESIDENT_NUMBER: (13, 13),
    Checksum.MOBILE_NUMBER: (10, 11),
    Checksum.DATE: (8, 8),
}
"""How few and how many digits such a number has: what `min_keys` and `max_keys` are where nothing else is written."""

_BASES = ("0100000000", "2026010", "90010110000")
"""What a mobile number, a date and a resident number begin with; the others may be any digits."""


def example(checksum: Checksum, fewest: int, most: int) -> str:
    """Digits that satisfy the rule, of an allowed length where there are some: for who only needs to get past it."""
    for length in range(most, fewest - 1, -1):
        for base in (*_BASES, "1" * length):
            begun = base[: length - 1].ljust(length - 1, "0")
            for last in "1234567890":
                if satisfies(checksum, begun + last):
                    return begun + last
    return "1" * most
