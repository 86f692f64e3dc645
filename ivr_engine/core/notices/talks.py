"""What goes on while agent and citizen talk: transfers, and the recording."""

from dataclasses import dataclass

from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    OfferId,
    RecipientFailure,
    RecordingState,
    TransferId,
    TransferResult,
    TransferState,
)


@dataclass(frozen=True, slots=True)
class TransferMoved:
    """What is going on between citizen, agent and recipient."""

    transfer: TransferId
    contact: ContactId
    agent: AgentId
    state: TransferState
    entry: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class TransferEnded:
    transfer: TransferId
    contact: ContactId
    agent: AgentId
    entry: str
    result: TransferResult
    cause: RecipientFailure | None
    lasted_ms: int


@dataclass(frozen=True, slots=True)
class TalkRecorded:
    """The recording of a talk begins, stops for a while, or has its end; or why a queue that records has none of it.

    `recording`: `QUEUE/OFFER.DAYSd`, empty where there is none.
    """

    contact: ContactId
    agent: AgentId
    queue: str
    recording: str
    state: RecordingState
    length_ms: int
    """What is in the file by then; 0 while it is not known."""
    offer: OfferId
