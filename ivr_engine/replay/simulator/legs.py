"""A leg as the model keeps it: one channel, where it stands in the plan, what it waits for, who is at its other end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivr_engine.replay.simulator.exchange import Exchange
    from ivr_engine.replay.simulator.plan import Extension
    from ivr_engine.replay.virtual import Timer

Place = tuple[str, str, str]
"""Context, extension and priority or label."""

KEYS_KEPT = 64
"""Keys that nobody has listened to yet; Asterisk's own read queue is no longer."""


class Phone(Protocol):
    """Whoever is at the other end of a leg. Every call comes after the way through SIP."""

    def rings(self, leg: Leg) -> None:
        """It may answer or refuse, or let it ring."""

    def picked_up(self, leg: Leg) -> None:
        """The other side answered: what was dialled from here is up."""

    def over(self, leg: Leg) -> None:
        """The switch ended the leg."""


@dataclass(slots=True, eq=False)
class Parked:
    """What a leg waits for. `stop` takes it out of there (a redirect, a hang-up); `key` hears what is pressed."""

    application: str
    stop: Callable[[], None]
    key: Callable[[str], None] | None = None
    deaf: bool = False
    """A redirect does not reach it before it comes back by itself: AGI without AGIEXITONHANGUP."""


@dataclass(slots=True, eq=False)
class Bridge:
    """Legs that hear each other. When one is left alone, it is put out."""

    legs: list[Leg] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Leg:
    """One channel."""

    exchange: Exchange
    uniqueid: str
    name: str
    endpoint: str
    phone: Phone
    state: str = "down"
    """down, ringing or up."""
    context: str = ""
    exten: str = ""
    extension: Extension | None = None
    """Where it stands in the plan; None for a leg that another one's Dial or Queue looks after."""
    index: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    from_header: str = ""
    cause: str = ""
    parked: Parked | None = None
    bridge: Bridge | None = None
    left_by: Leg | None = None
    """Whose leaving emptied the bridge that it was in."""
    left_bridge: Callable[[], None] | None = None
    """What happens when the bridge puts it out."""
    afterwards: Place | None = None
    """Where it goes then, said by who took it into the bridge: F() of Bridge and Dial."""
    owner: Callable[[str], None] | None = None
    """The Originate, Dial or Queue that made it, until it is answered; told of a refusal by cause."""
    on_answer: Callable[[], None] | None = None
    absolute: Timer | None = None
    redirected: Place | None = None
    """A redirect that a deaf application keeps from it."""
    recording: tuple[str, int] | None = None
    """The file that the talk of this leg goes to, and since when."""
    locks: list[str] = field(default_factory=list)
    """What TRYLOCK gave it; they are free again when it has gone."""
    keys: deque[str] = field(default_factory=lambda: deque(maxlen=KEYS_KEPT))
    code: str = ""
    code_at_ms: int = 0
    running: bool = False
    ended: bool = False

    def set(self, name: str, value: str) -> None:
        """A variable; leading underscores (inheritance) stand beside the name, as in Asterisk."""
        self.variables[name.lstrip("_")] = value
        if name.startswith("_"):
            self.variables[name] = value

    def inherited(self) -> dict[str, str]:
        """What a leg that this one makes begins with: `__NAME` for ever, `_NAME` once."""
        heirs: dict[str, str] = {}
        for name, value in self.variables.items():
            if name.startswith("__"):
                heirs[name] = value
                heirs[name[2:]] = value
            elif name.startswith("_"):
                heirs[name[1:]] = value
        return heirs
