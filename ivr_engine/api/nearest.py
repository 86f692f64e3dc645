"""Which directory entries a mistyped code may have meant: one wrong, missing, extra or swapped digit.

The directory answers only for exact codes, and 46,528 entries are not compared one by one while a citizen holds the
line; the at most 150 codes one slip away are simply looked up.
"""

from collections.abc import Callable

SUGGESTIONS = 5
"""More would no longer be a suggestion."""

_DIGITS = "0123456789"


def nearest_entries(entry: str, exists: Callable[[str], bool]) -> tuple[str, ...]:
    """Existing codes one slip away from `entry`, swaps first (the commonest slip of a typing hand), then in order."""
    swapped = [entry[:i] + entry[i + 1] + entry[i] + entry[i + 2 :] for i in range(len(entry) - 1)]
    wrong = [entry[:i] + digit + entry[i + 1 :] for i in range(len(entry)) for digit in _DIGITS]
    extra = [entry[:i] + entry[i + 1 :] for i in range(len(entry))]
    missing = [entry[:i] + digit + entry[i:] for i in range(len(entry) + 1) for digit in _DIGITS]
    found: list[str] = []
    for slips in (swapped, wrong, extra, missing):
        for code in sorted(set(slips)):
            if code != entry and code not in found and exists(code):
                found.append(code)
                if len(found) == SUGGESTIONS:
                    return tuple(found)
    return tuple(found)
