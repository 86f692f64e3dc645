"""Readers of spoken numbers, written without a look at the composition: from the words back to the number."""

KO_DIGITS = {word: value for value, word in enumerate("영일이삼사오육칠팔구")}
KO_SMALL = {"십": 10, "백": 100, "천": 1000}
KO_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12}

EN_ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "  # noqa: SIM905
        "seventeen eighteen nineteen".split()
    )
}
EN_TENS = {
    word: value
    for value, word in zip(
        range(20, 100, 10),
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
        strict=True,
    )
}
EN_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def korean(words: str) -> int:
    """만 오천삼백 → 15300."""
    total = group = digit = 0
    for letter in words.replace(" ", ""):
        if letter in KO_DIGITS:
            digit = KO_DIGITS[letter]
        elif letter in KO_SMALL:
            group += (digit or 1) * KO_SMALL[letter]
            digit = 0
        else:
            total += ((group + digit) or 1) * KO_LARGE[letter]
            group = digit = 0
    return total + group + digit


def english(words: str) -> int:
    """One hundred and five → 105."""
    total = group = 0
    for word in words.replace("-", " ").split():
        if word == "hundred":
            group *= 100
        elif word in EN_LARGE:
            total += group * EN_LARGE[word]
            group = 0
        elif word != "and":
            group += EN_TENS[word] if word in EN_TENS else EN_ONES[word]
    return total + group
