"""The small comparison's centre and its ten minutes of calls, drawn from one seed: the same for both sides. PURE."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

SKILLS: Mapping[str, float] = {
    "general": 0.34,
    "transport": 0.20,
    "water": 0.15,
    "tax": 0.13,
    "vehicles": 0.10,
    "welfare": 0.08,
}
"""Each desk's share of the calls."""

COUNSELLORS = 40
SKILLS_OF_ONE = (2, 3)
"""Of every counsellor; how many have which is as the calls are."""

FIRST_COUNSELLOR, FIRST_NUMBER = 1001, 200_001_101

PICK_UP_MS = (500, 2_500)
TALK_MS, SHORTEST_TALK_MS, LONGEST_TALK_MS = 38_000, 8_000, 150_000
"""Mean of a gamma distribution of shape two, as handle times look, and its limits."""

PATIENCE_MS, SHORTEST_PATIENCE_MS = 120_000, 6_000
"""Mean of an exponential one."""

WRAP_UP_SECONDS = 5
RING_SECONDS = 10
PROMISE_SECONDS = 15
BUSY = 0.9
"""The share of the counsellors' time that the calls ask for."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One citizen: when, for which desk, and what happens if a counsellor is reached."""

    caller: str
    skill: str
    arrives_ms: int
    patience_ms: int
    pick_up_ms: int
    talk_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `counsellors`: name → skills."""

    seed: int
    seconds: float
    counsellors: Mapping[str, tuple[str, ...]]
    contacts: tuple[Contact, ...]

    def asked(self) -> float:
        """The share of the counsellors' time that these calls ask for, were all of them answered."""
        work_ms = sum(one.pick_up_ms + one.talk_ms + WRAP_UP_SECONDS * 1_000 for one in self.contacts)
        return work_ms / (self.seconds * 1_000 * len(self.counsellors))


def number(skill: str) -> str:
    """What citizens dial for a desk."""
    return f"0{FIRST_NUMBER + list(SKILLS).index(skill)}"


def drawn(seed: int, seconds: float, *, counsellors: int = COUNSELLORS, talk_ms: int = TALK_MS) -> Plan:
    """The centre and its calls. The same arguments give the same plan."""
    dice = random.Random(seed)
    people = {str(FIRST_COUNSELLOR + n): _skills(dice, n, counsellors) for n in range(counsellors)}
    handled_ms = sum(PICK_UP_MS) / 2 + talk_ms + WRAP_UP_SECONDS * 1_000
    a_second = BUSY * counsellors * 1_000 / handled_ms
    contacts: list[Contact] = []
    at_seconds = dice.expovariate(a_second)
    while at_seconds < seconds:
        [skill] = dice.choices(list(SKILLS), list(SKILLS.values()))
        talk = min(LONGEST_TALK_MS, max(min(SHORTEST_TALK_MS, talk_ms), dice.gammavariate(2, talk_ms / 2)))
        contacts.append(
            Contact(
                caller=f"0212{len(contacts):06}",
                skill=skill,
                arrives_ms=round(at_seconds * 1_000),
                patience_ms=round(max(SHORTEST_PATIENCE_MS, dice.expovariate(1 / PATIENCE_MS))),
                pick_up_ms=dice.randint(*PICK_UP_MS),
                talk_ms=round(talk),
            )
        )
        at_seconds += dice.expovariate(a_second)
    return Plan(seed, seconds, people, tuple(contacts))


def _skills(dice: random.Random, position: int, counsellors: int) -> tuple[str, ...]:
    """A first skill, so that each is had by as many as its share of the calls; the others at random."""
    shares = accumulate(SKILLS.values())
    first = next(skill for skill, share in zip(SKILLS, shares, strict=True) if (position + 0.5) / counsellors < share)
    others = [skill for skill in SKILLS if skill != first]
    return (first, *dice.sample(others, dice.randint(*SKILLS_OF_ONE) - 1))
