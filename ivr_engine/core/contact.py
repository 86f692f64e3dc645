"""The contact: one citizen's interaction with 120, from arrival to exactly one disposition.

Theory of operation. in_flow (talking to the menu) → queued → offered (one agent's phone rings) → connected → ended.
Back edges: a missed offer and a lost agent bring the contact back to its *old place* in the queue, because its place
is its age (`queued_at_ms`, stamped by the switch once) and nothing here changes that. Two phones may ring for it, in a
first and a second offer; it is queued again when neither rings. sent_on: the queue has no use for it (full, too long),
and a flow speaks with it again. falling_back: the switch lost
trust in us and serves the citizen from its static queue; we only watch. Ended is final: late facts about an ended
contact change nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.conversation import Ended, ToEntry, ToQueue
from ivr_engine.core.estimate import Said
from ivr_engine.core.machine import Table
from ivr_engine.core.requirement import ANYBODY, Requirement
from ivr_engine.core.routing_books import Desk
from ivr_engine.core.vocabulary import (
    AgentId,
    CallbackId,
    ContactId,
    ContactPhase,
    Disposition,
    LegId,
    OfferId,
    TransferId,
    TransferState,
)


class ContactStimulus(StrEnum):
    QUEUED = "queued"
    OFFER_STARTED = "offer_started"
    OFFER_OVER = "offer_over"
    ANSWERED = "answered"
    RETURNED = "returned"
    FELL_BACK = "fell_back"
    LEFT = "left"
    SENT_ON = "sent_on"


_C, _S = ContactPhase, ContactStimulus

CONTACT_PHASES: Table[ContactPhase, ContactStimulus] = Table(
    name="contact",
    initial=ContactPhase.IN_FLOW,
    rows={
        (_C.IN_FLOW, _S.QUEUED): _C.QUEUED,
        (_C.IN_FLOW, _S.FELL_BACK): _C.FALLING_BACK,
        (_C.IN_FLOW, _S.LEFT): _C.ENDED,
        (_C.QUEUED, _S.OFFER_STARTED): _C.OFFERED,
        (_C.QUEUED, _S.FELL_BACK): _C.FALLING_BACK,
        (_C.QUEUED, _S.SENT_ON): _C.IN_FLOW,
        (_C.QUEUED, _S.LEFT): _C.ENDED,
        (_C.OFFERED, _S.OFFER_OVER): _C.QUEUED,
        (_C.OFFERED, _S.ANSWERED): _C.CONNECTED,
        (_C.OFFERED, _S.FELL_BACK): _C.FALLING_BACK,
        (_C.OFFERED, _S.LEFT): _C.ENDED,
        (_C.CONNECTED, _S.RETURNED): _C.QUEUED,
        (_C.CONNECTED, _S.FELL_BACK): _C.FALLING_BACK,
        (_C.CONNECTED, _S.LEFT): _C.ENDED,
        (_C.FALLING_BACK, _S.LEFT): _C.ENDED,
        # the switch connected an offer that we had given up, or found the talk after a restart
        (_C.QUEUED, _S.ANSWERED): _C.CONNECTED,
        (_C.IN_FLOW, _S.ANSWERED): _C.CONNECTED,
        (_C.FALLING_BACK, _S.ANSWERED): _C.CONNECTED,
        (_C.FALLING_BACK, _S.FELL_BACK): _C.FALLING_BACK,
        # another offer's answer, after the first agent left and before the citizen said anything
        (_C.CONNECTED, _S.ANSWERED): _C.CONNECTED,
    },
    late=frozenset(
        {
            (_C.QUEUED, _S.ANSWERED),
            (_C.IN_FLOW, _S.ANSWERED),
            (_C.FALLING_BACK, _S.ANSWERED),
            (_C.FALLING_BACK, _S.FELL_BACK),
            (_C.CONNECTED, _S.ANSWERED),
        }
    ),
)

WAITING = frozenset({ContactPhase.QUEUED, ContactPhase.OFFERED})


@dataclass(slots=True, eq=False)
class Contact:
    """One citizen, as the core keeps it. Only the engine changes it."""

    id: ContactId
    number: str
    caller: str
    arrived_at_ms: int
    phase: ContactPhase = ContactPhase.IN_FLOW
    since_ms: int = 0
    request: ToQueue | None = None
    requirement: frozenset[str] = frozenset()
    queued_at_ms: int | None = None
    answered_at_ms: int | None = None
    within_promise: bool = False
    flow_ended: Ended | None = None
    forwarded: ToEntry | None = None
    """The entry of the directory that the flow handed the citizen to."""
    forwarded_at_ms: int = 0
    recordings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Keys of the messages whose fate is known."""
    surveyed_at_ms: int | None = None
    """The talk was over by then, and the citizen stayed to answer."""
    offer: OfferId | None = None
    second_offer: OfferId | None = None
    """Another phone that rings too; never without the first."""
    offers: int = 0
    needs: Requirement = ANYBODY
    """What an agent must have now, after every step of relaxation so far."""
    desk: Desk | None = None
    """Where contacts of these needs stand; None before the first queue."""
    place_ms: int = 0
    """Since when the contact counts as waiting: the clock's start, or earlier for one who called again."""
    promise_at_ms: int = 0
    """When the answer promise ends."""
    recalled: bool = False
    """Called again within minutes, and has the old place back."""
    raised: int = 0
    """What steps while waiting added to the priority."""
    relaxed: int = 0
    """How many steps of the recipe are behind it, and how often the next one was taken."""
    relaxed_times: int = 0
    escalated: int = 0
    preferred: AgentId | None = None
    preferred_until_ms: int = 0
    timed: bool = False
    """Has deadlines while it waits besides the promise's."""
    sent_on_at_ms: int | None = None
    """When the queue sent it to a flow; the switch may tell of the wait for a moment longer."""
    moves: int = 0
    """From queue to queue or flow, by overflow."""
    said: Said | None = None
    """What is estimated of its wait."""
    announced: int = 0
    """How often it was told something while waiting, and when last."""
    announced_at_ms: int | None = None
    announced_place: int = 0
    """The place that it heard last; 0: none yet."""
    announced_range: tuple[int, int] | None = None
    """The moments between which it was told last to expect an answer."""
    pressed: str = ""
    """A key that leads out of the queue as soon as no phone rings."""
    closes_at_ms: int = 0
    """When the hours of its queue end; 0: never."""
    reason: str = ""
    """Why the last choice fell as it did."""
    returns: int = 0
    agent: AgentId | None = None
    agent_leg: LegId | None = None
    last_agent: AgentId | None = None
    transfer: TransferState = TransferState.TALKING
    transfer_id: TransferId | None = None
    transfer_settled: TransferId | None = None
    """The last one whose end was told."""
    transfer_entry: str = ""
    transfer_number: str = ""
    transfer_since_ms: int = 0
    transfer_began_ms: int = 0
    transfers: int = 0
    resumed_at_ms: int | None = None
    """When the switch was last told to bring agent and citizen together again."""
    recipient_leg: LegId | None = None
    callback: CallbackId | None = None
    """The promise that this contact keeps."""
    awaited: bool = False
    """Stands in the order without a leg: called back when an agent is free."""
    recipient_gone: bool = False
    """Of the transfer that is going on: its leg was there and has ended."""

    def disposition(self) -> Disposition:
        """What it means that the citizen's leg ends now."""
        match self.phase:
            case ContactPhase.IN_FLOW if self.flow_ended is not None:
                return self.flow_ended.disposition
            case ContactPhase.IN_FLOW if self.recordings and self.answered_at_ms is None:
                return Disposition.VOICEMAIL
            case ContactPhase.CONNECTED:
                return Disposition.ANSWERED
            case ContactPhase.FALLING_BACK:
                return Disposition.FALLBACK
            case _:
                return Disposition.ANSWERED if self.answered_at_ms is not None else Disposition.ABANDONED
