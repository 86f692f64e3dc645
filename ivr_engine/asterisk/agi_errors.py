"""What can go wrong in a FastAGI visit: pyst2's family, with ours put beside it where it had no word.

    AGIError
    ├─ AGIAppError              the verb failed (`200 result=-1`): a missing file, a refused application
    │  └─ AGIHangup             the channel left; nothing more can be said to it
    │     ├─ AGISIGHUPHangup        Asterisk said `HANGUP`
    │     ├─ AGIResultHangup        a reply said `(hangup)`
    │     ├─ AGIDeadChannelHangup   a reply said 511                        (ours)
    │     └─ AGIConnectionHangup    the connection ended                    (ours)
    ├─ AGIInvalidCommand        510: Asterisk has no such command
    ├─ AGIUsageError            520: the command, with Asterisk's own usage text
    ├─ AGIArgumentError         nothing was sent: a value that must not reach the wire (ours)
    ├─ AGIProtocolError         what came is not AGI, or nobody asked for it; the session is closed (ours)
    ├─ AGIReplyOverdueError     a reply did not come in time; the session is closed (ours)
    └─ AGIStoppingError         this server is stopping; the session is closed (ours)

A hang-up and an AMI `Redirect` look the same from here: the channel left. Which of the two it was is for whoever reads
AMI to say.
"""

from enum import StrEnum

from asterisk.agi import (
    AGIAppError,
    AGIDBError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGISIGHUPHangup,
    AGIUnknownError,
    AGIUsageError,
)

__all__ = [
    "AGIAppError",
    "AGIArgumentError",
    "AGIConnectionHangup",
    "AGIDBError",
    "AGIDeadChannelHangup",
    "AGIError",
    "AGIHangup",
    "AGIInvalidCommand",
    "AGIProtocolError",
    "AGIReplyOverdueError",
    "AGIResultHangup",
    "AGISIGHUPHangup",
    "AGIStoppingError",
    "AGIUnknownError",
    "AGIUsageError",
    "AgiListenError",
    "AgiRefusedError",
    "SessionEnd",
]


class AGIDeadChannelHangup(AGIHangup):
    """511: the channel is gone, and Asterisk was not told to leave AGI with it (`AGIEXITONHANGUP`)."""


class AGIConnectionHangup(AGIHangup):
    """The connection ended: the channel left, or Asterisk died with it."""


class AGIArgumentError(AGIError, ValueError):
    """CR, LF, NUL or a line too long for Asterisk; nothing was sent, and the visit may go on."""


class AGIProtocolError(AGIError):
    """Bytes that are not an answer to what was asked: which answer belongs to which question is no longer known."""


class AGIReplyOverdueError(AGIError):
    """Asterisk owes a reply for too long; it would be taken for the answer to the next command, so none is sent."""


class AGIStoppingError(AGIError):
    """The server is stopping; the dialplan goes on with what the visit left on the channel."""


class AgiListenError(Exception):
    """The FastAGI address cannot be listened on; one line, with what to do."""


class SessionEnd(StrEnum):
    """Why a connection ended: each accepted one ends in exactly one of these, so that the counts add up."""

    FINISHED = "finished"
    CHANNEL_LEFT = "channel_left"
    BUG = "bug"
    ARGUMENT = "argument"
    REPLY_OVERDUE = "reply_overdue"
    PROTOCOL = "protocol"
    STOPPED = "stopped"
    REFUSED_FULL = "refused_full"
    REFUSED_HEADER = "refused_header"
    REFUSED_NONCE = "refused_nonce"
    HEADER_OVERDUE = "header_overdue"
    CLOSED_EARLY = "closed_early"


class AgiRefusedError(Exception):
    """A connection that does not get a session."""

    def __init__(self, end: SessionEnd, why: str) -> None:
        """Count it under `end`; `why` is for the log and never repeats what the peer sent."""
        super().__init__(why)
        self.end = end
