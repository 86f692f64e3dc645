"""What is wrong with a document of an operator, said so that the operator can mend it without asking anybody.

Operators are not programmers. A mistake is named with its file, line and column, with what was found, what is allowed
and the nearest allowed name; every independent mistake of a folder is told at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

DIAGNOSTICS = 200
"""Who has more mistakes than this in one folder mends the first ones and looks again."""

SHOWN = 60
"""How many characters of a wrong word are repeated: enough to find it, too few to flood a terminal."""

NAMES_SHOWN = 12
"""How many allowed names are listed before `…`."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a word stands: file relative to the folder loaded, line and column counted from 1 as editors do."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(StrEnum):
    """An error keeps the folder from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. `code` is stable, for tests and searches; the rest is for people."""

    place: Place
    code: str
    message: str
    found: str | None = None
    allowed: tuple[str, ...] = ()
    nearest: str | None = None
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        kind = "warning " if self.severity is Severity.WARNING else ""
        return f"{on_one_line(str(self.place))}: {kind}{self.code}: {self.sentence()}"

    def sentence(self) -> str:
        """What is wrong, found and allowed, without place and code: for forms that tell those apart."""
        line = self.message
        if self.found is not None:
            line += f"; found {shown(self.found)}"
        if self.nearest is not None:
            line += f"; did you mean '{self.nearest}'?"
        if self.allowed:
            more = ", …" if len(self.allowed) > NAMES_SHOWN else ""
            line += f"; allowed: {', '.join(self.allowed[:NAMES_SHOWN])}{more}"
        return on_one_line(f"{line}; {self.hint}" if self.hint else line)


class FlowErrors(Exception):  # noqa: N818  (several at once is the point)
    """The folder cannot be used. `diagnostics` are all that is wrong with it, in the order of files and lines."""

    code = "flow_errors"

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class Diagnostics:
    """Collects what the passes find; forgets nothing up to DIAGNOSTICS, counts the rest."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._errors = 0
        self._left_out = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep one; beyond the limit only the number is kept."""
        if diagnostic.severity is Severity.ERROR:
            self._errors += 1
        if len(self._found) < DIAGNOSTICS:
            self._found.append(diagnostic)
        else:
            self._left_out += 1

    def error(
        self,
        place: Place,
        code: str,
        message: str,
        *,
        found: str | None = None,
        allowed: Iterable[str] = (),
        hint: str = "",
    ) -> None:
        """Keep an error; with something found and something allowed, the nearest name is looked up."""
        names = tuple(allowed)
        close = nearest(found, names) if found is not None else None
        self.add(Diagnostic(place, code, message, found, names, close, hint))

    def warning(self, place: Place, code: str, message: str, *, hint: str = "") -> None:
        """Keep something that is probably not meant, but hurts no citizen."""
        self.add(Diagnostic(place, code, message, hint=hint, severity=Severity.WARNING))

    @property
    def errors(self) -> int:
        """How many errors so far, those beyond the limit included."""
        return self._errors

    def in_order(self) -> tuple[Diagnostic, ...]:
        """By file and line, with a last one that tells how many were left out."""
        ordered = sorted(self._found, key=lambda one: (one.place, one.code))
        if self._left_out:
            last = ordered[-1].place
            ordered.append(Diagnostic(last, "more", f"and {self._left_out} more; mend the first ones and look again"))
        return tuple(ordered)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The allowed name that the operator most likely meant, or None. Cost is bounded: only short words are compared."""
    if not word or len(word) > SHOWN:
        return None
    matches = get_close_matches(word, list(names), n=1, cutoff=0.6)
    return matches[0] if matches else None


def shown(word: str) -> str:
    """A word in quotes on one line of bounded length, whatever is in it."""
    cut = word if len(word) <= SHOWN else word[: SHOWN - 1] + "…"
    return f"'{on_one_line(cut)}'"


def on_one_line(text: str) -> str:
    """Without anything that cannot be seen or that ends a line: messages repeat words, and file names, as written."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
