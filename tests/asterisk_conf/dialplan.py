"""An extensions.conf read into steps, as far as the rules of this project need it: no includes, switches or hints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SECTION = re.compile(r"\[([^\]]+)\]")
_EXTEN = re.compile(r"exten\s*=>?\s*([^,]+),\s*([^,]+),\s*(.+)")
_SAME = re.compile(r"same\s*=>?\s*([^,]+),\s*(.+)")
_PRIORITY = re.compile(r"(n|\d+)(?:\(([^)]+)\))?")
_APPLICATION = re.compile(r"(\w+)(?:\((.*)\))?\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One priority. `comment` is what stands behind it on its line."""

    line: int
    context: str
    extension: str
    priority: int
    label: str | None
    application: str
    arguments: str
    comment: str


@dataclass(frozen=True, slots=True)
class Dialplan:
    steps: tuple[Step, ...]
    contexts: tuple[str, ...]

    def extensions(self, context: str) -> dict[str, list[Step]]:
        """The steps of each extension of a context, in order."""
        found: dict[str, list[Step]] = {}
        for step in self.steps:
            if step.context == context:
                found.setdefault(step.extension, []).append(step)
        return found

    def has(self, context: str, extension: str, priority: str) -> bool:
        """Whether a jump to this place arrives: the priority is a label, or a number that exists."""
        steps = [step for step in self.steps if step.context == context]
        there = [step for step in steps if step.extension == extension]
        if not there:
            there = [step for step in steps if step.extension.startswith("_") and _matches(step.extension, extension)]
        return any(priority in (step.label, str(step.priority)) for step in there)


def read(text: str) -> Dialplan:
    """Raises ValueError with the line for what is neither a section, a variable, an extension nor a step of one."""
    steps: list[Step] = []
    contexts: list[str] = []
    context = extension = ""
    priority = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line, comment = _without_comment(raw)
        if not line or line.startswith("#"):
            continue
        if section := _SECTION.match(line):
            context = section[1]
            if context not in ("general", "globals"):
                contexts.append(context)
            continue
        if context in ("general", "globals"):
            continue
        if exten := _EXTEN.fullmatch(line):
            extension, where, what = exten[1].strip(), exten[2].strip(), exten[3]
            priority = 0
        elif same := _SAME.fullmatch(line):
            where, what = same[1].strip(), same[2]
        else:
            raise ValueError(f"line {number}: cannot read {line!r}")
        place, application = _PRIORITY.fullmatch(where), _APPLICATION.fullmatch(what.strip())
        if place is None or application is None:
            raise ValueError(f"line {number}: cannot read {line!r}")
        priority = priority + 1 if place[1] == "n" else int(place[1])
        steps.append(
            Step(number, context, extension, priority, place[2], application[1], application[2] or "", comment)
        )
    return Dialplan(tuple(steps), tuple(contexts))


def jumps(step: Step) -> Iterator[tuple[str, str, str]]:
    """Every place (context, extension, priority) to which a step can lead, as it is written, `${…}` included."""
    name, arguments = step.application.lower(), step.arguments
    if name in ("goto", "gosub"):
        yield _place(arguments, step)
    elif name in ("gotoif", "gosubif", "gotoiftime"):
        condition = _outside(arguments, "?")
        for branch in split(arguments[condition + 1 :], ":") if condition >= 0 else []:
            if branch:
                yield _place(branch, step)
    elif name == "execif":
        condition = _outside(arguments, "?")
        for branch in split(arguments[condition + 1 :], ":") if condition >= 0 else []:
            if inner := _APPLICATION.fullmatch(branch.strip()):
                yield from jumps(
                    Step(step.line, step.context, step.extension, step.priority, None, inner[1], inner[2] or "", "")
                )
    elif name in ("dial", "bridge", "queue"):
        # F(c^e^p), b(c^e^p(args)), U(c^e^p(args)), B(…): places behind an option letter
        for found in re.finditer(r"[FbBU]\(([\w-]+)\^([\w-]+)\^([\w-]+)", arguments):
            yield found[1], found[2], found[3]
        if name == "queue" and len(parts := split(arguments, ",")) >= 7 and parts[6]:
            yield parts[6], "s", "1"


def _place(text: str, step: Step) -> tuple[str, str, str]:
    places = [part.strip() for part in split(text, ",")]
    priority = places[-1]
    if priority.endswith(")") and "(" in priority:
        priority = priority[: priority.index("(")]  # Gosub's arguments
    if len(places) == 1:
        return step.context, step.extension, priority
    if len(places) == 2:
        return step.context, places[0], priority
    return places[0], places[1], priority


def _outside(text: str, wanted: str) -> int:
    """The first place of a character outside brackets, braces and quotes; -1 when there is none."""
    depth, quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == wanted and depth == 0 and not quoted:
            return position
    return -1


def split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand outside brackets, braces and quotes."""
    parts = []
    while (position := _outside(text, separator)) >= 0:
        parts.append(text[:position])
        text = text[position + 1 :]
    return [*parts, text]


def _without_comment(line: str) -> tuple[str, str]:
    for position, character in enumerate(line):
        if character == ";" and (position == 0 or line[position - 1] != "\\"):
            return line[:position].strip(), line[position + 1 :].strip()
    return line.strip(), ""


def _matches(pattern: str, extension: str) -> bool:
    if "${" in extension:
        return True  # a number taken through FILTER: which pattern takes it is known only in the call
    classes = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
    expression = "".join(
        part if part.startswith("[") else classes.get(part, re.escape(part))
        for part in re.findall(r"\[[^\]]+\]|.", pattern[1:])
    )
    return re.fullmatch(expression, extension) is not None
