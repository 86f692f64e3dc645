"""The offer: one contact ringing one agent, for at most the ring time.

Theory of operation. An offer is open from the moment the core decides on it until the switch tells how it went. The
switch itself stops the ringing at the ring time, so that a hang-up of ours can never cross an answer and part a pair
that just met; the core only notices when the switch owes it an answer for too long. Five ends, each final:
answered, declined, no_answer, withdrawn (the citizen left, fell back or was answered elsewhere), failed.
"""

from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.machine import Table
from ivr_engine.core.vocabulary import AgentId, ContactId, OfferFailure, OfferId, OfferResult, QueueId, RecordingState

ANSWER_OWED_MS = 3_000
"""How long after the ring time the switch may stay silent before the offer counts as failed (a ping round is 3 s)."""

EXPLANATION_OWED_MS = 1_000
"""How long after the agent's leg ended the switch may take to say why the offer failed."""


class OfferState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class OfferStimulus(StrEnum):
    PICKED_UP = "picked_up"
    REJECTED = "rejected"
    RANG_OUT = "rang_out"
    NOT_NEEDED = "not_needed"
    UNREACHABLE = "unreachable"


_O, _T = OfferState, OfferStimulus

OFFER_STATES: Table[OfferState, OfferStimulus] = Table(
    name="offer",
    initial=OfferState.OPEN,
    rows={
        (_O.OPEN, _T.PICKED_UP): _O.ANSWERED,
        (_O.OPEN, _T.REJECTED): _O.DECLINED,
        (_O.OPEN, _T.RANG_OUT): _O.NO_ANSWER,
        (_O.OPEN, _T.NOT_NEEDED): _O.WITHDRAWN,
        (_O.OPEN, _T.UNREACHABLE): _O.FAILED,
    },
)

STIMULUS_OF = {
    OfferFailure.DECLINED: OfferStimulus.REJECTED,
    OfferFailure.BUSY: OfferStimulus.UNREACHABLE,
    OfferFailure.NO_ANSWER: OfferStimulus.RANG_OUT,
    OfferFailure.UNREACHABLE: OfferStimulus.UNREACHABLE,
    OfferFailure.LOST: OfferStimulus.NOT_NEEDED,
}


@dataclass(slots=True, eq=False)
class Offer:
    """One open offer, or one that was answered and whose agent's leg still lives."""

    id: OfferId
    contact: ContactId
    agent: AgentId
    queue: QueueId
    made_at_ms: int
    ring_ms: int
    skills: frozenset[str] = frozenset()
    """What queue and flow asked for: the account in which a contractor is booked."""
    state: OfferState = OfferState.OPEN
    reserved: bool = False
    """The agent's phone does not ring yet: a citizen who is called back is dialled first."""
    ready: bool = False
    """The agent picked up, and waits for a citizen who is called back."""
    booked: bool = False
    """Stands in a contractor's account."""
    unrecorded: RecordingState | None = None
    """Why its talk is not recorded; None: it is, or its queue records nobody."""
    leg_ended: bool = False
    """The leg is gone and nobody said yet how the offer went: an answer that comes now is a talk that is over."""

    @property
    def result(self) -> OfferResult:
        """Only of an ended offer. Raises ValueError while it is open."""
        return OfferResult(self.state.value)
