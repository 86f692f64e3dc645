"""The intents that leave the core for the switch. Each may be lost; none may hurt when it is late.

A command names contacts, agents and offers; which channel, context and verb that means is the adapter's business.
Nothing here is ever sent again without a look (a second `Bridge` or `Redirect` of a talking pair parts them).
"""

from dataclasses import dataclass

from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.queue_rules import OverflowAct
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferId, TransferId


@dataclass(frozen=True, slots=True)
class StartOffer:
    """Ring the agent for at most `ring_ms`; who picks up is connected by the switch itself."""

    offer: OfferId
    contact: ContactId
    agent: AgentId
    ring_ms: int
    number: str
    caller: str
    agency: str
    queue: str
    language: str
    callback: bool = False
    """The citizen is dialled when the agent is there."""
    recording: str = ""
    """The talk is recorded under this name; empty: it is not."""


@dataclass(frozen=True, slots=True)
class DialCitizen:
    """Ring a citizen who was promised a call, for at most `ring_ms`; who picks up waits as `request` says."""

    contact: ContactId
    """The leg's name, of this one dial."""
    number: str
    line: str
    """The number of ours that the citizen knows."""
    ring_ms: int
    request: ToQueue


@dataclass(frozen=True, slots=True)
class StopDialling:
    """Nobody needs the citizen to pick up any more."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class MeetCitizen:
    """The citizen who was called back is there: the agent who waits for that takes them."""

    contact: ContactId
    agent_leg: LegId


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Stop the ringing: the citizen left, or another agent was faster."""

    offer: OfferId
    contact: ContactId


@dataclass(frozen=True, slots=True)
class HoldCitizen:
    """Citizen to music, agent to silence where the keys are heard."""

    contact: ContactId
    agent_leg: LegId


@dataclass(frozen=True, slots=True)
class ResumeTalk:
    """Agent and citizen together again, whatever the agent was doing; a recipient that rings or talks is let go."""

    contact: ContactId
    agent_leg: LegId
    recipient_leg: LegId | None = None


@dataclass(frozen=True, slots=True)
class CallRecipient:
    """Citizen to music (if not there already), agent's leg calls the recipient."""

    contact: ContactId
    agent_leg: LegId
    transfer: TransferId
    number: str
    ring_ms: int
    hold_first: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """Citizen and recipient together, the agent out: the switch does it when the agent's leg ends."""

    contact: ContactId
    agent_leg: LegId


@dataclass(frozen=True, slots=True)
class JoinCitizen:
    """The citizen joins agent and recipient: three in one bridge."""

    contact: ContactId
    agent_leg: LegId


@dataclass(frozen=True, slots=True)
class ReturnToQueue:
    """The citizen back to the wait context, with the age that the switch has on record."""

    contact: ContactId


@dataclass(frozen=True, slots=True)
class AnnounceWait:
    """Recordings for a citizen who waits, who then goes on waiting; an agent who picks up meanwhile cuts them short."""

    contact: ContactId
    prompt: str
    """Joined by `&`."""
    listens: bool = False
    """A key is heard during it and for a moment after it."""


@dataclass(frozen=True, slots=True)
class PlayMusic:
    """From its next turn of music on a citizen who waits hears this class: their queue is another one now."""

    contact: ContactId
    music: str
    """A class of the switch's; empty: everybody's."""


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The citizen waits no longer and goes to a flow (of a callback, a voicemail, a farewell); `target` names it."""

    contact: ContactId
    act: OverflowAct
    target: str


@dataclass(frozen=True, slots=True)
class EndLeg:
    """A leg that nobody needs any more."""

    leg: LegId
    contact: ContactId


Command = (
    StartOffer
    | DialCitizen
    | StopDialling
    | MeetCitizen
    | WithdrawOffer
    | HoldCitizen
    | ResumeTalk
    | CallRecipient
    | HandOver
    | JoinCitizen
    | ReturnToQueue
    | AnnounceWait
    | PlayMusic
    | LeaveQueue
    | EndLeg
)
