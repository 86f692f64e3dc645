"""The nouns of the centre: identifiers, the axes of an agent, the phases of a contact, and how things end.

Everything that enters, leaves or is kept by the core is said in these words, so that a reader never has to ask
whether a *busy* agent is talking, wrapping up or at lunch. Times are whole milliseconds since the Unix epoch
(`*_at_ms`) or durations in milliseconds (`*_ms`): integers, so that "answered at 15.000 s" is exact and a replay
is byte for byte the same.
"""

from enum import StrEnum
from typing import NewType

ContactId = NewType("ContactId", str)
"""One interaction with 120. On the switch it is the uniqueid of the citizen's channel."""

AgentId = NewType("AgentId", str)
"""A counsellor; also the name of the agent's phone on the switch."""

OfferId = NewType("OfferId", str)
"""One contact ringing one agent. On the switch it is the uniqueid of the agent's channel, chosen by us."""

LegId = NewType("LegId", str)
"""One channel of the switch in a role; equal to a `ContactId` or an `OfferId` for citizens and agents."""

TransferId = NewType("TransferId", str)
CallbackId = NewType("CallbackId", str)
"""One promise to call a citizen back."""

QueueId = NewType("QueueId", str)
Skill = NewType("Skill", str)

UNKNOWN_QUEUE = QueueId("unknown")
"""Where a contact is counted whose queue nobody can tell any more; never a reason to lose it."""


class Role(StrEnum):
    """Whose leg it is."""

    CITIZEN = "citizen"
    AGENT = "agent"
    RECIPIENT = "recipient"


class Presence(StrEnum):
    """What the agent chose."""

    LOGGED_OUT = "logged_out"
    AVAILABLE = "available"
    ON_BREAK = "on_break"


class AgentState(StrEnum):
    """What the engine has the agent doing."""

    IDLE = "idle"
    OFFERED = "offered"
    ON_CONTACT = "on_contact"
    WRAP_UP = "wrap_up"


class ContactPhase(StrEnum):
    """Where a contact stands between arrival and its one disposition."""

    IN_FLOW = "in_flow"
    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTED = "connected"
    FALLING_BACK = "falling_back"
    ENDED = "ended"


class OfferResult(StrEnum):
    """How one offer ended."""

    ANSWERED = "answered"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


class OfferFailure(StrEnum):
    """Why an offer did not become a talk, as the switch tells it."""

    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    LOST = "lost"


class Disposition(StrEnum):
    """How a contact ended; every contact gets exactly one."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    SELF_SERVED = "self_served"
    CLOSED = "closed"
    OVERFLOWED = "overflowed"
    FALLBACK = "fallback"
    REJECTED = "rejected"
    SWITCH_FAILURE = "switch_failure"


class RecordingState(StrEnum):
    """Where the recording of a talk stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """The citizen is on hold, or the agent speaks with somebody else."""
    KEPT = "kept"
    FAILED = "failed"
    """The talk went on, and the switch could not write it."""
    UNTOLD = "untold"
    """The talk is over, and its end was told while nobody listened: the folder knows."""
    NOT_HEARD = "not_heard"
    """Not recorded: the queue records, and this citizen has not heard its notice to the end."""
    NOT_IN_SHARE = "not_in_share"
    """Not recorded: the contact is not of the share that the queue records."""


class CallbackState(StrEnum):
    """Where a promised callback stands."""

    PROMISED = "promised"
    WAITING = "waiting"
    RESTING = "resting"
    DIALLED = "dialled"
    ON_LINE = "on_line"
    ENDED = "ended"


class CallbackEnd(StrEnum):
    """How a promised callback ended; each has exactly one."""

    REACHED = "reached"
    """An agent talked with the citizen, or the fallback queue took the citizen."""
    FAILED = "failed"
    """Dialled as often as agreed, in vain."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    """Somebody of ours decided so."""
    WITHDRAWN = "withdrawn"
    """The citizen called first or asked again, and the age went with them; or was served in another way."""
    REFUSED = "refused"
    """A number that is not dialled from here."""


class TransferState(StrEnum):
    """What is going on between citizen, agent and recipient while a contact is connected."""

    TALKING = "talking"
    HELD = "held"
    RINGING = "ringing"
    CONSULTING = "consulting"
    CONFERENCE = "conference"
    HANDED_OVER = "handed_over"
    ENDED = "ended"


class TransferResult(StrEnum):
    """How a consult transfer ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    FAILED = "failed"


class RecipientFailure(StrEnum):
    """Why a recipient was not reached."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung_up"
