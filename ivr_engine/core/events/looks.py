"""The link to the switch: a look at all that it holds, and what is known when there is none."""

from dataclasses import dataclass, field

from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, Role, TransferId, TransferState


@dataclass(frozen=True, slots=True)
class LegSeen:
    """One channel of ours found on the switch, read from its variables."""

    leg: LegId
    role: Role
    contact: ContactId
    agent: AgentId | None = None
    up: bool = True
    """The leg was answered (an agent's leg that still rings is not up)."""
    place: str = ""
    """The dialplan place where it stands: visit, wait, offer, talk, hold, consult, after, fallback."""
    number: str = ""
    caller: str = ""
    request: ToQueue | None = None
    queued_at_ms: int | None = None
    talking_since_ms: int | None = None
    transfer: TransferId | None = None
    transfer_state: TransferState | None = None


@dataclass(frozen=True, slots=True)
class SwitchSeen:
    """The whole truth of the switch at one moment. What memory holds and this does not, has gone."""

    legs: tuple[LegSeen, ...]
    fell_back: frozenset[ContactId] = field(default_factory=frozenset)
    """Citizens who went through the fallback queue while nobody listened."""
    restarted: bool = False
    """The switch itself began anew: every call from before is gone with it."""


@dataclass(frozen=True, slots=True)
class SwitchLost:
    """The link to the switch is down; nothing is decided until it is seen again."""


@dataclass(frozen=True, slots=True)
class SwitchDied:
    """Nobody listens where the switch did: its process is gone, and with it every call. Follows a `SwitchLost`."""
