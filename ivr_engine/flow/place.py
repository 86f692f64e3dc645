"""Where a citizen stands in a flow, as one word on the citizen's channel.

A visit that breaks off is tried again, on this node or another, and goes on where it was. The word carries what limits
and choices need: step, language, failed tries of this step, steps walked so far, and the digits collected. It never
carries secret digits. `flow:step:language:tries:walked:name.digits:…`
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PLACE_BYTES = 200
"""A channel variable travels in one AMI line beside others."""

VALUES_BYTES = 110
"""What is left for collected digits beside two names of 32, a language and two counters."""

_PLACE = re.compile(
    r"([a-z][a-z0-9_]{0,31}):([a-z][a-z0-9_]{0,31}):([a-z]{2}):([0-9]):([0-9]{1,3})"
    r"((?::[a-z][a-z0-9_]{0,31}\.[0-9]{1,20})*)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a walk through a flow has got to."""

    flow: str
    step: str
    language: str
    tries: int = 0
    """Failed tries of this step."""
    walked: int = 0
    """Steps and tries so far in this contact."""
    collected: Mapping[str, str] = field(default_factory=dict)


def write_place(standing: Standing) -> str:
    """The word for a standing: at most PLACE_BYTES of `[a-z0-9_.:]`. Its `collected` holds nothing secret."""
    values = "".join(f":{name}.{digits}" for name, digits in sorted(standing.collected.items()))
    return f"{standing.flow}:{standing.step}:{standing.language}:{standing.tries}:{standing.walked}{values}"


def read_place(place: str) -> Standing | None:
    """The standing that `write_place` wrote, or None for anything else: it comes back from outside."""
    if len(place) > PLACE_BYTES:
        return None
    match = _PLACE.fullmatch(place)
    if match is None:
        return None
    flow, step, language, tries, walked, values = match.groups()
    collected = dict(value.split(".", 1) for value in values.split(":") if value)
    return Standing(flow, step, language, int(tries), int(walked), collected)


def kept_bytes(variable: str, max_keys: int) -> int:
    """What one collected variable takes at most in a place."""
    return len(variable) + max_keys + 2
