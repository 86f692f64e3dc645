"""One number, however it is written: `02-0000-1001`, `0200001001`, `+82 2 0000 1001` and `82200001001` are the same.

Switches and trunks tell the dialled number in forms of their own, and people write a third one. The form of ours is
what is dialled inside the country: digits, with the leading 0; a number of another country begins with +. Short codes
such as 120 belong to no country's plan and are left alone.
"""

import phonenumbers
from phonenumbers import NumberParseException

REGION, COUNTRY = "KR", "82"

SHORT_DIGITS = 5
"""Up to here it is a short code: 120, 110, 1330."""

CHARACTERS = 32
"""What is longer is nobody's number, and is not looked at: it comes from outside."""

_BETWEEN = str.maketrans("", "", " -.()/·‐‑–\u00a0")
_SERVICE_DIGITS = 8
"""1588-0000 and its like: eight digits that are dialled without a 0."""


def canonical(written: str) -> str | None:
    """Our form of a number, or None when it is none. Raises nothing, whatever is written."""
    if len(written) > CHARACTERS:
        return None
    dialled = written.translate(_BETWEEN)
    digits = dialled.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 2 <= len(digits) <= 15):
        return None
    if len(digits) <= SHORT_DIGITS:
        return digits if digits == dialled else None
    if _lost_zero(dialled):
        return None
    try:
        number = phonenumbers.parse(dialled, REGION)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    if number.country_code != int(COUNTRY):
        return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    national = str(number.national_number)
    return national if len(national) == _SERVICE_DIGITS and national[0] == "1" else f"0{national}"


def spellings(number: str) -> tuple[str, ...]:
    """The forms in which a switch may tell a number of ours, so that looking it up costs one look."""
    if len(number) <= SHORT_DIGITS or number[0] == "+":
        return (number,)
    national = number.removeprefix("0")
    return number, f"+{COUNTRY}{national}", f"{COUNTRY}{national}"


def why_not(written: str) -> str:
    """What an operator should do about something that is no number."""
    dialled = written.translate(_BETWEEN)
    if dialled.isdecimal() and len(dialled) > SHORT_DIGITS and _lost_zero(dialled):
        return f"a spreadsheet has eaten the leading 0: write 0{dialled}, or +{COUNTRY}{dialled}"
    return "for example 120, 02-0000-1001 or +82 2 0000 1001"


def _lost_zero(dialled: str) -> bool:
    return dialled[0] not in "0+1" and not dialled.startswith(COUNTRY)
