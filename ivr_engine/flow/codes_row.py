"""One row of the table of codes (`codes`), which is too long for one module."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `bad` and `good` are whole documents `file`, put into the place of one in a small correct folder.

    They are empty where a document cannot show it: an encoding, a link, a file that is too large.
    """

    code: str
    meaning: str
    mending: str
    file: str = ""
    bad: str = ""
    good: str = ""
