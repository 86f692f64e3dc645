"""The agent: what the person chose (presence) and what the engine has them doing (state), two axes side by side.

Theory of operation. Presence is the person's alone, save that a run of missed offers puts the agent on break. State
follows the contact: idle → offered → on_contact → wrap_up → idle. They never multiply: an agent who goes on break
while talking is `on_break` and `on_contact`, and gets no further offer when the talk is over. An agent is *routable*
when available, idle and not resting after a missed offer.

A presence may be chosen for *after this contact*: it waits beside the present one, can be taken back, and takes effect
in the moment in which the agent becomes idle, before anybody is offered. Misses are counted twice: in a row, for the
break after a run of them, and by cause since the agent came, for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr_engine.core.configuration import VOICE, AgentSettings
from ivr_engine.core.machine import Table
from ivr_engine.core.queue_rules import WrapUpMode
from ivr_engine.core.routing_books import IDLE, LOGGED_OUT, ON_BREAK, RESTING, RINGING, TALKING, WRAP_UP, Desk, Standing
from ivr_engine.core.vocabulary import AgentId, AgentState, ContactId, OfferFailure, OfferId, Presence


class AgentStimulus(StrEnum):
    OFFER_STARTED = "offer_started"
    OFFER_ANSWERED = "offer_answered"
    OFFER_OVER = "offer_over"
    CONTACT_OVER = "contact_over"
    WRAP_UP_OVER = "wrap_up_over"
    WRAP_UP_RESTORED = "wrap_up_restored"


_A, _B = AgentState, AgentStimulus

AGENT_STATES: Table[AgentState, AgentStimulus] = Table(
    name="agent",
    initial=AgentState.IDLE,
    rows={
        (_A.IDLE, _B.OFFER_STARTED): _A.OFFERED,
        (_A.OFFERED, _B.OFFER_ANSWERED): _A.ON_CONTACT,
        (_A.OFFERED, _B.OFFER_OVER): _A.IDLE,
        (_A.ON_CONTACT, _B.CONTACT_OVER): _A.WRAP_UP,
        (_A.WRAP_UP, _B.WRAP_UP_OVER): _A.IDLE,
        # an engine before us began it
        (_A.IDLE, _B.WRAP_UP_RESTORED): _A.WRAP_UP,
        # the switch connected an offer that we had given up, or found one after a restart
        (_A.IDLE, _B.OFFER_ANSWERED): _A.ON_CONTACT,
        (_A.WRAP_UP, _B.OFFER_ANSWERED): _A.ON_CONTACT,
    },
    late=frozenset({(_A.IDLE, _B.OFFER_ANSWERED), (_A.WRAP_UP, _B.OFFER_ANSWERED)}),
)


class PresenceStimulus(StrEnum):
    LOG_IN = "log_in"
    GO_ON_BREAK = "go_on_break"
    LOG_OUT = "log_out"


_P, _Q = Presence, PresenceStimulus

AGENT_PRESENCE: Table[Presence, PresenceStimulus] = Table(
    name="presence",
    initial=Presence.LOGGED_OUT,
    rows={
        (_P.LOGGED_OUT, _Q.LOG_IN): _P.AVAILABLE,
        (_P.LOGGED_OUT, _Q.GO_ON_BREAK): _P.ON_BREAK,
        (_P.LOGGED_OUT, _Q.LOG_OUT): _P.LOGGED_OUT,
        (_P.AVAILABLE, _Q.LOG_IN): _P.AVAILABLE,
        (_P.AVAILABLE, _Q.GO_ON_BREAK): _P.ON_BREAK,
        (_P.AVAILABLE, _Q.LOG_OUT): _P.LOGGED_OUT,
        (_P.ON_BREAK, _Q.LOG_IN): _P.AVAILABLE,
        (_P.ON_BREAK, _Q.GO_ON_BREAK): _P.ON_BREAK,
        (_P.ON_BREAK, _Q.LOG_OUT): _P.LOGGED_OUT,
    },
)

CHOOSING = {
    Presence.AVAILABLE: PresenceStimulus.LOG_IN,
    Presence.ON_BREAK: PresenceStimulus.GO_ON_BREAK,
    Presence.LOGGED_OUT: PresenceStimulus.LOG_OUT,
}


_STANDING = {
    AgentState.OFFERED: RINGING,
    AgentState.ON_CONTACT: TALKING,
    AgentState.WRAP_UP: WRAP_UP,
}


@dataclass(frozen=True, slots=True)
class AfterWork:
    """How long the work after the present contact may take, and who ends it."""

    usual_ms: int = 0
    mode: WrapUpMode = WrapUpMode.FIXED
    extension_ms: int = 0
    ceiling_ms: int = 0

    @property
    def lasts_ms(self) -> int:
        """Until its deadline, unless somebody ends it or asks for more."""
        return self.ceiling_ms if self.mode is WrapUpMode.MANUAL else self.usual_ms


NO_AFTER_WORK = AfterWork()


@dataclass(frozen=True, slots=True)
class Intention:
    """What an agent has chosen for after the contact."""

    presence: Presence
    reason: str = ""


@dataclass(slots=True, eq=False)
class Agent:
    """One counsellor, as the core keeps it. Only the engine changes it."""

    settings: AgentSettings
    id: AgentId = field(init=False)
    """The settings' own, one look nearer: it is asked for twenty times a contact."""
    presence: Presence = Presence.LOGGED_OUT
    reason: str = ""
    state: AgentState = AgentState.IDLE
    since_ms: int = 0
    idle_since_ms: int = 0
    contact: ContactId | None = None
    offer: OfferId | None = None
    after_work: AfterWork = NO_AFTER_WORK
    wrap_up_until_ms: int | None = None
    """When the work after the contact ends by itself; None outside of it."""
    intends: Intention | None = None
    desk: Desk | None = None
    """Of the contact that is talked with: whose handle time is learnt."""
    misses: int = 0
    """In a row."""
    missed: dict[OfferFailure, int] = field(default_factory=dict)
    """By cause, since the agent came. As many as there are causes."""
    rests_until_ms: int | None = None
    removed: bool = False
    """No longer in the configuration; forgotten as soon as idle."""

    def __post_init__(self) -> None:
        self.id = self.settings.id

    def capacity(self, channel: str) -> int:
        """How many contacts of that channel at once: one, where nothing else is configured."""
        return self.settings.capacity.get(channel, 1)

    def room(self) -> Mapping[str, int]:
        """Channel → how many more contacts. A voice takes the whole agent: who is rung or talks has room for nobody."""
        channels = sorted({VOICE, *self.settings.capacity})
        return {channel: self.capacity(channel) if self.state is AgentState.IDLE else 0 for channel in channels}

    def take_up(self) -> None:
        """What was chosen for after the contact is chosen now."""
        if self.intends is not None:
            self.presence, self.reason, self.intends = self.intends.presence, self.intends.reason, None

    @property
    def standing(self) -> Standing:
        """Idle for routing, or why not."""
        if self.state is AgentState.IDLE:
            if self.removed or self.presence is Presence.LOGGED_OUT or not self.settings.capacity.get(VOICE, 1):
                return LOGGED_OUT
            if self.presence is Presence.ON_BREAK:
                return ON_BREAK
            return IDLE if self.rests_until_ms is None else RESTING
        return _STANDING[self.state]

    @property
    def routable(self) -> bool:
        return self.standing == IDLE
