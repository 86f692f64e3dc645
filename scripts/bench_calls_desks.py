"""app_queue set up to do what the engine does: a queue for each desk of 120, an agent in each whose work he knows.

A counsellor of the shipped day knows transport and general matters, two of water, welfare, tax and vehicles, and eight
districts. `app_queue` tells each state of a phone to every queue of which it is a member, so the desks have their price
for every call, whichever of them it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr_engine.core.vocabulary import Skill
from ivr_engine.simulation.shipped import shipped
from ivr_engine.simulation.workload import drawn
from ivr_engine.simulation.workload_file import workload

HEAD = """strategy = leastrecent
musicclass = ivr-wait
autofill = yes
ringinuse = no
timeout = 10
retry = 1
wrapuptime = 0
joinempty = yes
leavewhenempty = no
announce-frequency = 0
"""
"""Of every queue of this comparison: as its users set it up, and as it decides best."""

DESK_CALLED = Skill("general")
"""Which everybody knows, so that the same 200 agents take the same calls as from one queue."""

BEST = 5
"""The proficiency of one's own desk: no penalty."""


def queue(name: str, members: Mapping[str, int]) -> str:
    """A queue's section of queues.conf; `members`: agent → penalty."""
    lines = (f"member => PJSIP/{agent},{penalty}" for agent, penalty in members.items())
    return "\n".join([f"[{name}]", HEAD, *lines, ""])


def desks(agents: Sequence[str]) -> dict[str, dict[str, int]]:
    """Desk → who takes its calls, with penalty: the counsellors of the shipped ordinary day, in their order."""
    file = shipped("ordinary")
    day = drawn(workload(file.name, file.read_bytes()), seed=1)
    known = [one.skills for one in day.agents if one.skills.get(DESK_CALLED) == BEST]
    found: dict[str, dict[str, int]] = {}
    for number, agent in enumerate(agents):
        for skill, proficiency in known[number % len(known)].items():
            found.setdefault(skill, {})[agent] = BEST - proficiency
    return found


def queues(agents: Sequence[str]) -> str:
    """All desks as sections of queues.conf."""
    return "\n".join(queue(f"desk-{desk}", members) for desk, members in desks(agents).items())
