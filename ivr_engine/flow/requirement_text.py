"""`english >= 3 and (tax or general)`: a requirement as operators write it, into its canonical form.

`and` binds closer than `or`; a skill without a number is needed at any proficiency. What cannot be read is one
mistake, with what was found and what may stand there.
"""

import re
from collections.abc import Collection

from ivr_engine.core.requirement import (
    ALTERNATIVES,
    PROFICIENCY,
    Need,
    Requirement,
    TooManyAlternatives,
    both,
    either,
)
from ivr_engine.core.vocabulary import Skill

CHARACTERS = 500
"""More than the longest desk of a city takes; beyond it several queues are easier to read."""

DEPTH = 20
"""Brackets within brackets."""

_TOKEN = re.compile(r"\s*(>=|[()]|[a-z][a-z0-9_]*|[0-9]+|\S)")


class RequirementError(ValueError):
    """What is wrong with a requirement; `found` is the word, `allowed` what may stand there."""

    def __init__(self, message: str, found: str = "", allowed: Collection[str] = ()) -> None:
        super().__init__(message)
        self.found = found
        self.allowed = tuple(allowed)


def read_requirement(text: str, skills: Collection[str]) -> Requirement:
    """The requirement that the text says. Raises RequirementError."""
    if len(text) > CHARACTERS:
        raise RequirementError(f"a requirement has at most {CHARACTERS} characters")
    reader = _Reader(_TOKEN.findall(text), frozenset(skills))
    try:
        return reader.whole()
    except TooManyAlternatives:
        raise RequirementError(f"more than {ALTERNATIVES} alternatives: split the queue") from None


class _Reader:
    def __init__(self, words: list[str], skills: frozenset[str]) -> None:
        self._words = [*words, ""]
        self._skills = skills
        self._at = 0
        self._depth = 0

    def whole(self) -> Requirement:
        requirement = self._any()
        if self._word:
            raise RequirementError("nothing more was expected here", self._word, ("and", "or"))
        return requirement

    @property
    def _word(self) -> str:
        return self._words[self._at]

    def _take(self) -> str:
        word = self._word
        self._at += 1
        return word

    def _any(self) -> Requirement:
        found = self._all()
        while self._word == "or":
            self._take()
            found = either(found, self._all())
        return found

    def _all(self) -> Requirement:
        found = self._one()
        while self._word == "and":
            self._take()
            found = both(found, self._one())
        return found

    def _one(self) -> Requirement:
        word = self._take() if self._word else ""
        if word == "(":
            self._depth += 1
            if self._depth > DEPTH:
                raise RequirementError(f"more than {DEPTH} brackets within each other")
            found = self._any()
            if self._word != ")":
                raise RequirementError("a bracket is not closed", self._word, (")",))
            self._take()
            self._depth -= 1
            return found
        if word not in self._skills:
            raise RequirementError("no such skill", word, sorted(self._skills))
        least = 1
        if self._word == ">=":
            self._take()
            number = self._take() if self._word else ""
            if not number.isdigit() or int(number) not in PROFICIENCY:
                raise RequirementError("a proficiency is 1 to 5", number, tuple(map(str, PROFICIENCY)))
            least = int(number)
        return Requirement(((Need(Skill(word), least),),))
