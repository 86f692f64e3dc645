"""`extensions.conf` as the model runs it: contexts of extensions of steps, each step compiled once.

The model reads the file that a real Asterisk includes, so that a mistake in a context shows in milliseconds, on every
level. It knows the applications and functions that this file uses and no other; a word that it does not know is
refused when the file is read, with its line.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_engine.replay.simulator.legs import Leg

_SECTION = re.compile(r"\[([^\]]+)\]")
_EXTEN = re.compile(r"exten\s*=>?\s*([^,]+),\s*([^,]+?),\s*(.+)")
_SAME = re.compile(r"same\s*=>?\s*([^,]+?),\s*(.+)")
_PRIORITY = re.compile(r"(n|\d+)(?:\(([^)]+)\))?")
_APPLICATION = re.compile(r"(\w+)(?:\((.*)\))?\s*$", re.DOTALL)
_GLOBAL = re.compile(r"(\w+)\s*=>?\s*(.*)")

Move = int
NEXT, JUMPED, PARKED, OVER, RETURNED = range(5)
"""What a step says: to the next priority, it went elsewhere, it waits, the leg has ended, the subroutine is over."""

Run = Callable[["Leg"], Move]


class PlanError(ValueError):
    """The file says something that the model does not know; `line` is where."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"extensions.conf:{line}: {problem}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Written:
    """One priority as it stands in the file."""

    line: int
    application: str
    arguments: str


@dataclass(slots=True)
class Extension:
    """The priorities of one extension, numbered from 1 without gaps, and their labels."""

    context: str
    name: str
    written: list[Written] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def index(self, priority: str) -> int | None:
        """The index of a label or a number; None where there is none."""
        if priority in self.labels:
            return self.labels[priority]
        if priority.isdigit() and 1 <= int(priority) <= len(self.written):
            return int(priority) - 1
        return None


@dataclass(slots=True)
class Plan:
    """A whole file."""

    contexts: dict[str, dict[str, Extension]] = field(default_factory=dict)
    global_variables: dict[str, str] = field(default_factory=dict)

    def find(self, context: str, exten: str) -> Extension | None:
        """The extension that Asterisk would take: the exact one, else the first pattern that fits."""
        extensions = self.contexts.get(context)
        if extensions is None:
            return None
        exact = extensions.get(exten)
        if exact is not None:
            return exact
        for name, extension in extensions.items():
            if name.startswith("_") and matches(name[1:], exten):
                return extension
        return None


def matches(pattern: str, exten: str) -> bool:
    """Whether an extension pattern (without its underscore) fits: X, Z, N, [set], `.` and `!`."""
    at = 0
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == ".":
            return at < len(exten)
        if letter == "!":
            return True
        if letter == "[":
            end = pattern.index("]", position)
            allowed = letters(pattern[position + 1 : end])
            position = end
        else:
            allowed = _CLASSES.get(letter, letter)
        if at >= len(exten) or exten[at] not in allowed:
            return False
        at += 1
        position += 1
    return at == len(exten)


_CLASSES: Mapping[str, str] = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


def letters(spec: str) -> str:
    """The letters of `0-9+`: ranges and single ones, as FILTER() and patterns write them."""
    found = []
    position = 0
    while position < len(spec):
        if position + 2 < len(spec) and spec[position + 1] == "-":
            found += [chr(code) for code in range(ord(spec[position]), ord(spec[position + 2]) + 1)]
            position += 3
        else:
            found.append(spec[position])
            position += 1
    return "".join(found)


def conf_folder() -> Path:
    """Where the contexts are: inside an installed package, or at the top of a source tree."""
    installed = Path(__file__).parents[2] / "_asterisk_conf"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "asterisk-conf"


def read_plan(text: str) -> Plan:
    """Raises PlanError for what is neither a section, a variable, an extension nor a step of one."""
    plan = Plan()
    section = ""
    extension: Extension | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _without_comment(raw).strip()
        if not line or line.startswith("#"):
            continue
        if found := _SECTION.match(line):
            section, extension = found[1], None
            if section != "globals":
                plan.contexts.setdefault(section, {})
        elif section == "globals":
            if not (found := _GLOBAL.match(line)):
                raise PlanError(number, f"this is no variable: {line}")
            plan.global_variables[found[1]] = found[2].strip()
        elif found := _EXTEN.match(line):
            name = found[1].strip()
            extension = plan.contexts[section].setdefault(name, Extension(section, name))
            _append(extension, number, found[2], found[3])
        elif (found := _SAME.match(line)) and extension is not None:
            _append(extension, number, found[1], found[2])
        else:
            raise PlanError(number, f"this is neither an extension nor a step of one: {line}")
    return plan


def _append(extension: Extension, line: int, priority: str, application: str) -> None:
    numbered = _PRIORITY.fullmatch(priority.strip())
    called = _APPLICATION.match(application.strip())
    if numbered is None or called is None:
        raise PlanError(line, f"priority {priority!r} with {application!r} makes no step")
    if numbered[1] != "n" and int(numbered[1]) != len(extension.written) + 1:
        raise PlanError(line, f"priority {numbered[1]} leaves a gap behind {len(extension.written)}")
    if numbered[2]:
        extension.labels[numbered[2]] = len(extension.written)
    extension.written.append(Written(line, called[1], called[2] or ""))


def _without_comment(line: str) -> str:
    """The line up to a `;` that is not escaped, as Asterisk's own reader cuts it."""
    for position, letter in enumerate(line):
        if letter == ";" and (position == 0 or line[position - 1] != "\\"):
            return line[:position].rstrip()
    return line


def feature_codes(text: str) -> dict[str, tuple[str, str, str, str]]:
    """The application map of features.conf: name → (code, context, extension, priority).

    Raises PlanError for a feature that is not a subroutine on the own leg: the model runs no other.
    """
    codes: dict[str, tuple[str, str, str, str]] = {}
    section = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _without_comment(raw).strip()
        if found := _SECTION.match(line):
            section = found[1]
        elif line and section == "applicationmap":
            called = re.fullmatch(r"([\w-]+)\s*=>?\s*([^,]+),\s*self,\s*Gosub\(([\w-]+),([\w-]+),(\w+)\)", line)
            if called is None:
                raise PlanError(number, f"no feature that the model knows: {line}")
            codes[called[1]] = (called[2].strip(), called[3], called[4], called[5])
    return codes


def queue_settings(text: str) -> dict[str, dict[str, str]]:
    """The keys of each section of queues.conf."""
    queues: dict[str, dict[str, str]] = {}
    section = ""
    for raw in text.splitlines():
        line = _without_comment(raw).strip()
        if found := _SECTION.match(line):
            section = found[1]
            queues.setdefault(section, {})
        elif section and "=" in line:
            key, _, value = line.partition("=")
            queues[section][key.strip()] = value.lstrip(">").strip()
    return queues
