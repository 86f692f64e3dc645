"""What the dialplan and visits tell of a citizen outside a talk, UserEvent by UserEvent."""

from urllib.parse import unquote

from ivr_engine.asterisk.told import unpack_facts
from ivr_engine.asterisk.translate.words import DIAL_ANSWERED, Fields, contact, milliseconds, recipient_failure, wav_ms
from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.events import (
    CallbackAsked,
    ContactArrived,
    ContactQueued,
    Event,
    FactsNoted,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    LegEnded,
    MessageRecorded,
    SurveyBegan,
    TextSettled,
    WaitKeyPressed,
)
from ivr_engine.core.packing import OutcomeError, unpack_outcome
from ivr_engine.core.vocabulary import LegId

CITIZEN_STAGES = frozenset({"entry", "visit", "wait", "hold", "forward", "after", "survey", "fallback", "callback"})
"""Whose `h` means that the citizen has left. An agent's leg still has its phone off the hook while `h` runs: its end
is the `Hangup` event, or the next offer would find the phone busy."""


def arrived(message: Fields) -> tuple[Event, ...]:
    return (ContactArrived(contact(message), message.get("Number"), message.get("Caller")),)


def queued(message: Fields) -> tuple[Event, ...]:
    request = unpack_outcome(message.get("Outcome"))
    queued_at_ms = milliseconds(message.get("QueuedAt"))
    if not isinstance(request, ToQueue) or queued_at_ms is None:
        raise OutcomeError(f"contact {contact(message)} waits with outcome {message.get('Outcome')!r}")
    return (ContactQueued(contact(message), message.get("Number"), message.get("Caller"), request, queued_at_ms),)


def wait_key(message: Fields) -> tuple[Event, ...]:
    return (WaitKeyPressed(contact(message), message.get("Key")[:1]),)


def ended(message: Fields) -> tuple[Event, ...]:
    match unpack_outcome(message.get("Outcome")):
        case Ended() as ended:
            return (FlowEnded(contact(message), ended),)
        case ToCallback() as callback:
            return (CallbackAsked(contact(message), callback),)
        case _:
            return ()


def forward(message: Fields) -> tuple[Event, ...]:
    outcome = unpack_outcome(message.get("Outcome"))
    if not isinstance(outcome, ToEntry):
        raise OutcomeError(f"contact {contact(message)} is handed over with outcome {message.get('Outcome')!r}")
    return (ForwardBegan(contact(message), message.get("Number"), message.get("Caller"), outcome),)


def forward_answered(message: Fields) -> tuple[Event, ...]:
    return (ForwardAnswered(contact(message)),)


def forward_ended(message: Fields) -> tuple[Event, ...]:
    """Told behind the Dial, and by the leg's end within it: there the citizen left, answered or not."""
    status = message.get("Status")
    if status == DIAL_ANSWERED:
        return (ForwardAnswered(contact(message)),)
    if status in ("", "CANCEL"):
        return ()
    return (ForwardFailed(contact(message), recipient_failure(message)),)


def survey(message: Fields) -> tuple[Event, ...]:
    return (SurveyBegan(contact(message)),)


def noted(message: Fields) -> tuple[Event, ...]:
    facts = unpack_facts(message.get("Facts"))
    return (FactsNoted(contact(message), facts, message.get("Survey")),) if facts else ()


def recorded(message: Fields) -> tuple[Event, ...]:
    return (MessageRecorded(contact(message), _file(message), milliseconds(message.get("Milliseconds")) or 0),)


def message_left(message: Fields) -> tuple[Event, ...]:
    """The leg ended while it recorded: the dialplan knows the size of the file, not how long it plays."""
    size = milliseconds(message.get("Bytes")) or 0
    return (MessageRecorded(contact(message), _file(message), wav_ms(size)),)


def _file(message: Fields) -> str:
    """The recording's name; in which folder of which switch it lies is the site's business."""
    return message.get("Recording").rpartition("/")[2]


def texted(message: Fields) -> tuple[Event, ...]:
    sent = message.get("Sent") == "yes"
    return (TextSettled(contact(message), unquote(message.get("Key")), sent, unquote(message.get("Reason"))),)


def fell_back(message: Fields) -> tuple[Event, ...]:
    return (FellBack(contact(message), message.get("Number"), message.get("Caller")),)


def fallback_answered(message: Fields) -> tuple[Event, ...]:
    return (FallbackAnswered(contact(message)),)


def leg_ended(message: Fields) -> tuple[Event, ...]:
    return (LegEnded(LegId(message.get("Leg"))),) if message.get("Stage") in CITIZEN_STAGES else ()
