"""Rules of digits, against numbers that are published or follow from the rule by hand."""

import pytest

from ivr_engine.flow.checksums import LENGTHS, example, satisfies
from ivr_engine.flow.steps import Checksum


@pytest.mark.parametrize(
    ("checksum", "digits"),
    [
        (Checksum.NONE, "1"),
        (Checksum.LUHN, "79927398713"),  # the example of ISO/IEC 7812-1's literature
        (Checksum.CARD_NUMBER, "4111111111111111"),  # the card industry's test number
        (Checksum.BUSINESS_NUMBER, "1248100998"),  # Samsung Electronics, as printed on its papers
        (Checksum.BUSINESS_NUMBER, "2208162517"),  # Naver
        (Checksum.CORPORATION_NUMBER, "1301110006246"),  # Samsung Electronics
        (Checksum.RESIDENT_NUMBER, "8001011000008"),
        (Checksum.RESIDENT_NUMBER, "2011013000001"),  # given out without a check digit
        (Checksum.MOBILE_NUMBER, "01012345678"),
        (Checksum.MOBILE_NUMBER, "0111234567"),
        (Checksum.DATE, "20280229"),
    ],
)
def test_given_a_number_that_follows_its_rule_when_checked_then_it_satisfies(checksum: Checksum, digits: str) -> None:
    assert satisfies(checksum, digits)


@pytest.mark.parametrize(
    ("checksum", "digits"),
    [
        (Checksum.NONE, ""),
        (Checksum.NONE, "1a"),
        (Checksum.NONE, "١٢"),
        (Checksum.LUHN, "0"),
        (Checksum.LUHN, "79927398710"),
        (Checksum.CARD_NUMBER, "79927398713"),
        (Checksum.BUSINESS_NUMBER, "1248100999"),
        (Checksum.BUSINESS_NUMBER, "124810099"),
        (Checksum.CORPORATION_NUMBER, "1301110006247"),
        (Checksum.RESIDENT_NUMBER, "8001011000009"),
        (Checksum.RESIDENT_NUMBER, "8013011000008"),
        (Checksum.MOBILE_NUMBER, "0101234567"),
        (Checksum.MOBILE_NUMBER, "0212345678"),
        (Checksum.DATE, "20270229"),
        (Checksum.DATE, "20271301"),
        (Checksum.DATE, "2027010"),
    ],
)
def test_given_a_number_that_breaks_its_rule_when_checked_then_it_does_not(checksum: Checksum, digits: str) -> None:
    assert not satisfies(checksum, digits)


@pytest.mark.parametrize("checksum", [one for one in Checksum if one is not Checksum.NONE])
def test_given_any_digit_changed_when_checked_then_the_checksums_with_a_check_digit_notice(checksum: Checksum) -> None:
    examples = {
        Checksum.LUHN: "79927398713",
        Checksum.CARD_NUMBER: "4111111111111111",
        Checksum.BUSINESS_NUMBER: "1248100998",
    }
    digits = examples.get(checksum)
    assert LENGTHS[checksum][0] <= LENGTHS[checksum][1] <= 20
    for place in range(len(digits or "")):
        assert digits is not None
        changed = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
        assert not satisfies(checksum, changed), changed


@pytest.mark.parametrize("checksum", list(Checksum))
def test_given_a_rule_when_an_example_is_wanted_then_it_satisfies_within_the_lengths(checksum: Checksum) -> None:
    fewest, most = LENGTHS[checksum]
    digits = example(checksum, fewest, most)
    assert satisfies(checksum, digits)
    assert fewest <= len(digits) <= most
