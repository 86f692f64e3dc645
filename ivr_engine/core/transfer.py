"""Hold, consult, conference and hand-over: what is going on between citizen, agent and recipient during a contact.

Theory of operation. While connected, a contact is in one of six states. The agent asks (hold, resume, consult,
complete, cancel, conference), the switch tells (answered, failed, resumed, handed), and anybody may leave. Each row
names the next state and the one effect on the switch. Whatever happens, the citizen is with the agent, with the
recipient, or back at the head of the queue with the age kept; never alone.

Hanging up *is* completing: when the agent leaves while the recipient is there, the switch itself gives the citizen to
the recipient, engine or no engine. An agent who leaves while the recipient only rings gives the citizen back to the
queue. Roles and stimuli follow wazo-calld's transfers: transferred (citizen), initiator (agent), recipient.
"""

from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.vocabulary import TransferState

RECIPIENT_RING_MS = 25_000
"""How long an official's phone may ring while the citizen hears music: five rings, then somebody must decide."""

RECIPIENT_MEETS_MS = 500
"""From the official's answer until agent and official are surely in one bridge, on a busy switch too. An agent's leg
that ends before takes the official's along, so a hand-over waits for this; nobody says a word in so short a time."""

RESUMED_LATE_MS = 5_000
"""So long after it was told to bring agent and citizen together the switch may tell that it did: an agent who consults
again meanwhile is not back in the talk by that."""

HAND_OVER_OWED_MS = 3_000
"""How long the switch may take to bring citizen and recipient together before the citizen goes back to the queue."""


class TransferStimulus(StrEnum):
    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    COMPLETE = "complete"
    CANCEL = "cancel"
    CONFERENCE = "conference"
    RECIPIENT_ANSWERED = "recipient_answered"
    RECIPIENT_FAILED = "recipient_failed"
    RESUMED = "resumed"
    HANDED = "handed"
    AGENT_LEFT = "agent_left"
    CITIZEN_LEFT = "citizen_left"
    NOT_HANDED = "not_handed"
    REFUSED = "refused"


class Effect(StrEnum):
    """What the engine must tell the switch."""

    NONE = "none"
    HOLD = "hold"
    RESUME = "resume"
    CALL = "call"
    CALL_FROM_HOLD = "call_from_hold"
    HAND_OVER = "hand_over"
    JOIN = "join"
    RETURN_TO_QUEUE = "return_to_queue"
    END_AGENT_LEG = "end_agent_leg"


@dataclass(frozen=True, slots=True)
class Row:
    state: TransferState
    effect: Effect = Effect.NONE


_X, _T, _E = TransferState, TransferStimulus, Effect

TRANSFER_ROWS: dict[tuple[TransferState, TransferStimulus], Row] = {
    (_X.TALKING, _T.HOLD): Row(_X.HELD, _E.HOLD),
    (_X.TALKING, _T.CONSULT): Row(_X.RINGING, _E.CALL),
    (_X.TALKING, _T.AGENT_LEFT): Row(_X.ENDED),
    (_X.TALKING, _T.CITIZEN_LEFT): Row(_X.ENDED),
    (_X.HELD, _T.RESUME): Row(_X.TALKING, _E.RESUME),
    (_X.HELD, _T.CANCEL): Row(_X.TALKING, _E.RESUME),
    (_X.HELD, _T.CONSULT): Row(_X.RINGING, _E.CALL_FROM_HOLD),
    (_X.HELD, _T.RESUMED): Row(_X.TALKING),
    (_X.HELD, _T.REFUSED): Row(_X.TALKING),
    (_X.HELD, _T.AGENT_LEFT): Row(_X.ENDED, _E.RETURN_TO_QUEUE),
    (_X.HELD, _T.CITIZEN_LEFT): Row(_X.ENDED, _E.END_AGENT_LEG),
    (_X.RINGING, _T.RECIPIENT_ANSWERED): Row(_X.CONSULTING),
    (_X.RINGING, _T.RECIPIENT_FAILED): Row(_X.TALKING),
    (_X.RINGING, _T.CANCEL): Row(_X.TALKING, _E.RESUME),
    (_X.RINGING, _T.RESUMED): Row(_X.TALKING),
    (_X.RINGING, _T.REFUSED): Row(_X.TALKING),
    (_X.RINGING, _T.AGENT_LEFT): Row(_X.ENDED, _E.RETURN_TO_QUEUE),
    (_X.RINGING, _T.CITIZEN_LEFT): Row(_X.ENDED, _E.END_AGENT_LEG),
    (_X.CONSULTING, _T.COMPLETE): Row(_X.HANDED_OVER, _E.HAND_OVER),
    (_X.CONSULTING, _T.CANCEL): Row(_X.TALKING, _E.RESUME),
    (_X.CONSULTING, _T.CONFERENCE): Row(_X.CONFERENCE, _E.JOIN),
    (_X.CONSULTING, _T.RECIPIENT_FAILED): Row(_X.TALKING),
    (_X.CONSULTING, _T.RESUMED): Row(_X.TALKING),
    (_X.CONSULTING, _T.HANDED): Row(_X.HANDED_OVER),
    (_X.CONSULTING, _T.AGENT_LEFT): Row(_X.HANDED_OVER),
    (_X.CONSULTING, _T.CITIZEN_LEFT): Row(_X.ENDED),
    (_X.CONFERENCE, _T.COMPLETE): Row(_X.HANDED_OVER, _E.HAND_OVER),
    (_X.CONFERENCE, _T.CANCEL): Row(_X.TALKING, _E.RESUME),
    (_X.CONFERENCE, _T.RECIPIENT_FAILED): Row(_X.TALKING),
    (_X.CONFERENCE, _T.RESUMED): Row(_X.TALKING),
    (_X.CONFERENCE, _T.REFUSED): Row(_X.CONSULTING),
    (_X.CONFERENCE, _T.HANDED): Row(_X.HANDED_OVER),
    (_X.CONFERENCE, _T.AGENT_LEFT): Row(_X.HANDED_OVER),
    (_X.CONFERENCE, _T.CITIZEN_LEFT): Row(_X.ENDED),
    (_X.HANDED_OVER, _T.HANDED): Row(_X.HANDED_OVER),
    (_X.HANDED_OVER, _T.RESUMED): Row(_X.TALKING),
    (_X.HANDED_OVER, _T.REFUSED): Row(_X.CONSULTING),
    (_X.HANDED_OVER, _T.CITIZEN_LEFT): Row(_X.ENDED),
    (_X.HANDED_OVER, _T.NOT_HANDED): Row(_X.ENDED, _E.RETURN_TO_QUEUE),
}
"""Everything that people and parties can do, and what follows."""

LATE_ROWS: dict[tuple[TransferState, TransferStimulus], Row] = {
    # facts that cross a decision on the wire
    (_X.TALKING, _T.RESUMED): Row(_X.TALKING),
    (_X.TALKING, _T.RECIPIENT_ANSWERED): Row(_X.TALKING),
    (_X.TALKING, _T.RECIPIENT_FAILED): Row(_X.TALKING),
    (_X.TALKING, _T.REFUSED): Row(_X.TALKING),
    (_X.HELD, _T.RECIPIENT_FAILED): Row(_X.HELD),
    (_X.HELD, _T.RECIPIENT_ANSWERED): Row(_X.HELD),
    (_X.CONSULTING, _T.RECIPIENT_ANSWERED): Row(_X.CONSULTING),
    (_X.CONSULTING, _T.REFUSED): Row(_X.CONSULTING),
    (_X.CONFERENCE, _T.RECIPIENT_ANSWERED): Row(_X.CONFERENCE),
    (_X.HANDED_OVER, _T.AGENT_LEFT): Row(_X.HANDED_OVER),
    (_X.HANDED_OVER, _T.RECIPIENT_ANSWERED): Row(_X.HANDED_OVER),
    (_X.HANDED_OVER, _T.RECIPIENT_FAILED): Row(_X.HANDED_OVER),
    # the recipient's answer was told late, or never
    (_X.RINGING, _T.HANDED): Row(_X.HANDED_OVER),
}

REQUESTS = frozenset({_T.HOLD, _T.RESUME, _T.CONSULT, _T.COMPLETE, _T.CANCEL, _T.CONFERENCE})
"""What an agent may ask for; everything else is a fact."""


def transfer_row(state: TransferState, stimulus: TransferStimulus) -> Row:
    """The row. Raises IllegalEvent naming what would have been possible."""
    row = TRANSFER_ROWS.get((state, stimulus)) or LATE_ROWS.get((state, stimulus))
    if row is None:
        legal = ", ".join(sorted(t for s, t in TRANSFER_ROWS if s == state and t in REQUESTS)) or "nothing"
        raise IllegalEvent(f"transfer: {stimulus} is not possible while {state}; possible: {legal}")
    return row


def mermaid() -> str:
    """The diagram as Mermaid text; rows that exist for late facts only are left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {TransferState.TALKING}"]
    labels: dict[tuple[TransferState, TransferState], list[str]] = {}
    for (state, stimulus), row in TRANSFER_ROWS.items():
        labels.setdefault((state, row.state), []).append(stimulus.value)
    lines += [f"    {a} --> {b} : {' · '.join(stimuli)}" for (a, b), stimuli in labels.items()]
    return "\n".join([*lines, f"    {TransferState.ENDED} --> [*]"]) + "\n"
