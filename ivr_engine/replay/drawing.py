"""What the pictures of this package have in common: how wide a text will be where no font is at hand, and its style."""

from unicodedata import east_asian_width

FONT = (
    "font-family:Inter,'Segoe UI','Noto Sans','Noto Sans KR','Noto Sans CJK KR',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:12px;fill:#24292f"
)
"""The reader's own sans-serif, with a Korean one among the choices."""


def width(words: str, size: int) -> float:
    """Of a text in px, near enough to lay things out: the reader's font is another one."""
    return sum(1.0 if east_asian_width(char) in "WF" else 0.56 for char in words) * size


def clipped(words: str, room: float, size: int) -> str:
    """The words, or as many of them as fit, with `…`."""
    if width(words, size) <= room:
        return words
    while words and width(words, size) > room - size:
        words = words[:-1]
    return words.rstrip() + "…"
