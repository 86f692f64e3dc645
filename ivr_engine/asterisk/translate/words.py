"""How Asterisk writes what several translators read: headers, numbers, causes, recordings."""

from typing import Protocol

from ivr_engine.core.vocabulary import ContactId, RecipientFailure


class Fields(Protocol):
    """A message as the translator needs it: headers by name, "" when absent."""

    def get(self, key: str, default: str = "", /) -> str: ...


MILLISECONDS_DIGITS = 15
"""The Unix epoch in ms has 13 digits for the next 260 years; Python refuses to read some thousands of them."""

DIAL_ANSWERED = "ANSWER"
"""`DIALSTATUS` from the moment in which the other side picks up."""

CAUSE_REJECTED = "21"
"""Q.850's cause of a call that somebody declined."""

WAV_HEADER_BYTES = 44
WAV_BYTES_EACH_MS = 16
"""8 kHz, 16 bit, mono."""

_RECIPIENT_FAILURES = {
    "BUSY": RecipientFailure.BUSY,
    "NOANSWER": RecipientFailure.NO_ANSWER,
    DIAL_ANSWERED: RecipientFailure.HUNG_UP,
}


def milliseconds(text: str) -> int | None:
    """A number of milliseconds or bytes; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MILLISECONDS_DIGITS else None


def contact(message: Fields) -> ContactId:
    """Whom a message is about."""
    return ContactId(message.get("Contact"))


def wav_ms(size_bytes: int) -> int:
    """How long a recording of so many bytes plays."""
    return max(0, size_bytes - WAV_HEADER_BYTES) // WAV_BYTES_EACH_MS


def recipient_failure(message: Fields) -> RecipientFailure:
    """Why a Dial became no talk."""
    if message.get("Cause") == CAUSE_REJECTED:
        return RecipientFailure.BUSY  # Dial calls a declined call CHANUNAVAIL; somebody is there and has no time
    return _RECIPIENT_FAILURES.get(message.get("Status"), RecipientFailure.UNREACHABLE)
