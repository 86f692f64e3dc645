"""What is wrong with a line that is no YAML, for people who have never heard of a scanner, a token or a mapping.

libyaml tells where it gave up, which is often the line after the slip; the lines around say which slip it was.
"""

from dataclasses import dataclass

from ivr_engine.flow.diagnostics import Place

QUOTED_KEYS = 'put keys such as "*" and "#" in quotes'
_ANYWHERE = "look at the indentation and at missing quotes in this line and the one before"
_KEY_VALUE = "write 'key: value', with a space after the colon"
_NOT_CLOSED = {"']'": ("list", "["), "'}'": ("mapping", "{")}


@dataclass(frozen=True, slots=True)
class Slip:
    """What libyaml found, and where; `began` is what it was in the middle of."""

    problem: str
    place: Place
    began: Place | None = None


def syntax_words(slip: Slip, text: str) -> tuple[str, str]:
    """(what is wrong, what to do about it)."""
    lines = text.split("\n")
    line = _line(lines, slip.place.line)
    above_number, above = _above(lines, slip.place.line)
    if any("\t" in one[: len(one) - len(one.lstrip())] for one in (above, line)):
        return "a tab stands at the beginning of the line", "indent with spaces"
    if any(one.lstrip(" -").startswith(("*", "#:", "%", "@", "`")) or ": *" in one for one in (above, line)):
        return "this begins with a sign that means something else in YAML", QUOTED_KEYS
    problem = slip.problem
    if problem.startswith("mapping values are not allowed"):
        return _colon(slip, line, above_number, above)
    for bracket, (what, opens) in _NOT_CLOSED.items():
        if problem.startswith("did not find expected ','") and bracket in problem:
            return f"a {what} {opens} is not closed, or a comma is missing in it", _from(
                slip, f"close it with {bracket}"
            )
    if problem.startswith("did not find expected '-'"):
        return "the lines above are a list (-), and this one is none", "take the '-' out there, or write one here"
    if problem.startswith("found character that cannot start any token"):
        return (
            f"a value cannot begin with {line[slip.place.column - 1 : slip.place.column]}",
            "put the whole value in quotes",
        )
    if problem.startswith("found unexpected end of stream"):
        return "a quote is not closed", _from(slip, "write the closing quote")
    if problem.startswith("could not find expected ':'"):
        return _no_colon(above_number, above) if ":" not in above else ("a key without a colon stands here", _KEY_VALUE)
    if problem.startswith("did not find expected key"):
        if above.count('"') % 2 or line.count('"') % 2:
            number = above_number if above.count('"') % 2 else slip.place.line
            return "a quote is not closed", f"count the quotes in line {number}"
        return "this line begins in no column of the lines above it", _column(lines, slip.place)
    return f"not YAML: {problem}", _ANYWHERE


def _colon(slip: Slip, line: str, above_number: int, above: str) -> tuple[str, str]:
    if ": " in line[: slip.place.column - 1]:
        return (
            "there are two colons in this line",
            "put the text that has one in quotes; flow:NAME and queue:NAME have no space",
        )
    if ":" not in above:
        return _no_colon(above_number, above)
    return (
        "this line stands deeper than the one before, which has its value already",
        f"begin it in the same column as line {above_number}",
    )


def _no_colon(number: int, line: str) -> tuple[str, str]:
    return "the line before has no colon", f"write '{line.strip()}:' in line {number}"


def _column(lines: list[str], place: Place) -> str:
    """The line that YAML takes for the parent of this one is as often the one that slipped."""
    for number in range(place.line - 1, 0, -1):
        line = lines[number - 1]
        word = line.strip()
        if word and not word.startswith("#") and len(line) - len(line.lstrip()) < place.column - 1:
            return f"it stands below '{word[:30]}' in line {number}: one of these two lines is too far left or right"
    return "lines of one block begin in the same column"


def _from(slip: Slip, hint: str) -> str:
    return hint if slip.began is None else f"{hint}; it begins at {slip.began.line}:{slip.began.column}"


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _above(lines: list[str], number: int) -> tuple[int, str]:
    """The nearest line before that says something, without its comment."""
    for before in range(min(number, len(lines) + 1) - 1, 0, -1):
        said = lines[before - 1].split(" #")[0]
        if said.strip() and not said.lstrip().startswith("#"):
            return before, said
    return 0, ""
