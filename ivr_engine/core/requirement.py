"""What a contact needs of an agent, as an expression over skills in one canonical, frozen form.

An operator writes `english and (tax or general >= 3)`; here it is the list of its *alternatives*, each a conjunction
of least proficiencies, the weaker ones absorbed. So two ways of writing one thing are one value: contacts of equal
need stand in one group, and whether a group of agents fits is asked once and remembered. `preferred` never excludes
anybody; it decides between agents who all fit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ivr_engine.core.vocabulary import Skill

ALTERNATIVES = 32
"""Of one expression; and/or of city desks stay below ten, and each doubles the work of a new group."""

PROFICIENCY = range(1, 6)
"""1 can do it with help, 3 does it, 5 teaches it."""


class TooManyAlternatives(ValueError):  # noqa: N818  (read where it is raised)
    """An expression that multiplies out to more than ALTERNATIVES."""


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """At least this proficiency in this skill."""

    skill: Skill
    least: int = 1


@dataclass(frozen=True, slots=True)
class Requirement:
    """Alternatives of needs, in canonical order: make one with `requirement_of`, `both`, `either`, not by hand.

    No alternatives at all: nobody can meet it. One empty alternative: everybody does.
    """

    alternatives: tuple[tuple[Need, ...], ...] = ((),)
    preferred: tuple[Need, ...] = ()

    def met_by(self, skills: Mapping[Skill, int]) -> bool:
        """An agent with this proficiency in each skill may take the contact."""
        return any(
            all(skills.get(need.skill, 0) >= need.least for need in alternative) for alternative in self.alternatives
        )

    def preference_met(self, skills: Mapping[Skill, int]) -> int:
        """How many of the preferred needs the agent meets: more go first."""
        return sum(skills.get(need.skill, 0) >= need.least for need in self.preferred)

    def skills(self) -> tuple[Skill, ...]:
        """Every skill that is asked for, sorted."""
        return tuple(sorted({need.skill for alternative in self.alternatives for need in alternative}))

    def __str__(self) -> str:
        said = " or ".join(_conjunction(alternative) for alternative in self.alternatives) or "nobody"
        return f"{said}, rather {_conjunction(self.preferred)}" if self.preferred else said


ANYBODY = Requirement()


@lru_cache(maxsize=4_096)
def requirement_of(skills: frozenset[Skill]) -> Requirement:
    """All of these skills, at any proficiency. Remembered: there are as many as kinds of contacts."""
    return Requirement((tuple(Need(skill) for skill in sorted(skills)),))


@lru_cache(maxsize=4_096)
def both(one: Requirement, other: Requirement) -> Requirement:
    """Who meets this meets both. Raises TooManyAlternatives."""
    if one.alternatives == ((),):
        product: tuple[tuple[Need, ...], ...] = other.alternatives
    elif other.alternatives == ((),):
        product = one.alternatives
    else:
        product = canonical((*a, *b) for a in one.alternatives for b in other.alternatives)
    return Requirement(product, _strongest((*one.preferred, *other.preferred)))


def either(one: Requirement, other: Requirement) -> Requirement:
    """Who meets one of them meets this. Raises TooManyAlternatives."""
    return Requirement(
        canonical((*one.alternatives, *other.alternatives)), _strongest((*one.preferred, *other.preferred))
    )


def preferring(wanted: Requirement, preferred: Iterable[Need]) -> Requirement:
    """The same need, with more to prefer."""
    return Requirement(wanted.alternatives, _strongest((*wanted.preferred, *preferred)))


def canonical(alternatives: Iterable[Iterable[Need]]) -> tuple[tuple[Need, ...], ...]:
    """Each alternative with the strongest need of a skill, sorted; those that another one implies are gone."""
    strongest = {_strongest(alternative) for alternative in alternatives}
    kept = [one for one in strongest if not any(other is not one and _implies(one, other) for other in strongest)]
    if len(kept) > ALTERNATIVES:
        raise TooManyAlternatives(f"{len(kept)} alternatives, at most {ALTERNATIVES}: split the queue")
    return tuple(sorted(kept))


def _strongest(needs: Iterable[Need]) -> tuple[Need, ...]:
    least: dict[Skill, int] = {}
    for need in needs:
        least[need.skill] = max(need.least, least.get(need.skill, 0))
    return tuple(Need(skill, least[skill]) for skill in sorted(least))


def _implies(one: tuple[Need, ...], other: tuple[Need, ...]) -> bool:
    """Whoever meets the first meets the second."""
    have = {need.skill: need.least for need in one}
    return all(have.get(need.skill, 0) >= need.least for need in other)


def _conjunction(needs: tuple[Need, ...]) -> str:
    return " and ".join(n.skill if n.least == 1 else f"{n.skill} >= {n.least}" for n in needs) or "anybody"
