"""Asterisk's words → the core's facts. PURE: one message in, facts out, nothing remembered.

The dialplan's UserEvents say what happened at the places where a caller can stand; `Hangup` says that a leg is gone;
`OriginateResponse` says how a phone that we made ring ended. A message that is not ours is no fact; one of ours that
does not say enough is refused. What a caller supplied has been filtered by the dialplan and is still only text here.
"""

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import unquote

from ivr_engine.asterisk.told import unpack_facts
from ivr_engine.core.conversation import Ended, ToCallback, ToEntry, ToQueue
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CancelRequested,
    CitizenHanded,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
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
    HoldRequested,
    LegEnded,
    LegSeen,
    MessageRecorded,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    SurveyBegan,
    TalkRecordingBegan,
    TalkRecordingStopped,
    TalkResumed,
    TextSettled,
    WaitKeyPressed,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.packing import OutcomeError, unpack_outcome
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    RecipientFailure,
    Role,
    TransferId,
)


class Fields(Protocol):
    """A message as the translator needs it: headers by name, "" when absent."""

    def get(self, key: str, default: str = "", /) -> str: ...


WANTED = frozenset({"UserEvent", "OriginateResponse", "Hangup"})
"""The events that mean anything to us; manager.conf lets no others through."""

SEEN_VARIABLES = (
    "IVR_CONTACT",
    "IVR_STAGE",
    "IVR_NUMBER",
    "IVR_CALLER",
    "IVR_OUTCOME",
    "IVR_QUEUED_AT",
    "IVR_OFFER",
    "IVR_AGENT",
    "IVR_TALK_SINCE",
    "IVR_TRANSFER",
    "IVR_RECIPIENT",
    "DIALSTATUS",
)
"""What a snapshot asks of every channel."""

CITIZEN_STAGES = frozenset({"entry", "visit", "wait", "hold", "forward", "after", "survey", "fallback", "callback"})
"""Whose `h` means that the citizen has left. An agent's leg still has its phone off the hook while `h` runs: its end
is the `Hangup` event, or the next offer would find the phone busy."""

UP = "6"
"""`ChannelState` of an answered channel (AST_STATE_UP)."""

MILLISECONDS_DIGITS = 15
"""The Unix epoch in ms has 13 digits for the next 260 years; Python refuses to read some thousands of them."""

# AST_CONTROL_* as OriginateResponse reports them (main/manager.c, main/pbx.c)
_REASON_UNTOLD = "0"
_REASON_RINGING = "3"
_REASON_ANSWERED = "4"

_DIAL_ANSWERED = "ANSWER"
"""`DIALSTATUS` from the moment in which the other side picks up."""

WAV_HEADER_BYTES = 44
WAV_BYTES_EACH_MS = 16
"""8 kHz, 16 bit, mono."""

_CAUSE_REJECTED = "21"
_FAILURE_OF_CAUSE = {
    "17": OfferFailure.BUSY,  # 486, 600
    "19": OfferFailure.NO_ANSWER,  # 480, and our own end of the ring time
    _CAUSE_REJECTED: OfferFailure.DECLINED,  # 603, 401, 403
}
"""Q.850 causes that `Hangup` gives for SIP's refusals (res_pjsip's hangup_sip2cause); any other is a dead phone."""


def facts(message: Fields) -> tuple[Event, ...]:
    """What one AMI event means; () for one that means nothing to us.

    Raises OutcomeError for one of ours that makes no sense: it is about nobody, or its outcome is not one of ours.
    """
    name = message.get("Event")
    if name == "UserEvent":
        told = message.get("UserEvent")
        if told not in USER_EVENTS:
            return ()
        about, translate = USER_EVENTS[told]
        for key in about:
            if not message.get(key):
                raise OutcomeError(f"{told} without {key}")
        return translate(message)
    if name == "Hangup":
        leg = message.get("Uniqueid")
        return (LegEnded(LegId(leg)),) if leg else ()
    return ()


def offer_failure(message: Fields) -> OfferFailure | None:
    """Why an `OriginateResponse` is not a talk; None when the phone was answered.

    UNREACHABLE is all that it can say of a refusal: see `explains_itself` and `refusal`.
    """
    if message.get("Response") == "Success" or message.get("Reason") == _REASON_ANSWERED:
        return None
    return OfferFailure.NO_ANSWER if message.get("Reason") == _REASON_RINGING else OfferFailure.UNREACHABLE


def explains_itself(message: Fields) -> bool:
    """Whether a failed `OriginateResponse` says why. It has reason 0 for 486, 603, 480, 503 and a phone that is not
    registered alike (seen on 22.10.1): only the leg's `Hangup`, some ms before or after it, tells them apart, and a
    phone that is not registered never has a leg.
    """
    return message.get("Reason") != _REASON_UNTOLD


def refusal(hangup: Fields) -> OfferFailure:
    """Why a leg that nobody answered is gone."""
    return _FAILURE_OF_CAUSE.get(hangup.get("Cause"), OfferFailure.UNREACHABLE)


def leg_seen(channel: Fields, variables: Mapping[str, str]) -> LegSeen | None:
    """One channel of a `Status` list with `SEEN_VARIABLES`; None when it is not one of ours."""
    leg = channel.get("Uniqueid")
    contact = variables.get("IVR_CONTACT", "")
    if not leg or not contact:
        return None
    up = channel.get("ChannelState") == UP
    place = variables.get("IVR_STAGE", "")
    transfer = variables.get("IVR_TRANSFER", "")
    if leg == contact:
        if place == "forward" and variables.get("DIALSTATUS") == _DIAL_ANSWERED:
            place = "forwarded"
        return LegSeen(
            leg=LegId(leg),
            role=Role.CITIZEN,
            contact=ContactId(contact),
            up=up,
            place=place,
            number=variables.get("IVR_NUMBER", ""),
            caller=variables.get("IVR_CALLER", ""),
            request=_request(variables.get("IVR_OUTCOME", "")),
            queued_at_ms=_milliseconds(variables.get("IVR_QUEUED_AT", "")),
        )
    if variables.get("IVR_RECIPIENT") == leg:
        return LegSeen(
            leg=LegId(leg),
            role=Role.RECIPIENT,
            contact=ContactId(contact),
            up=up,
            place=place,
            transfer=TransferId(transfer) if transfer else None,
        )
    if variables.get("IVR_OFFER") == leg:
        return LegSeen(
            leg=LegId(leg),
            role=Role.AGENT,
            contact=ContactId(contact),
            agent=AgentId(variables.get("IVR_AGENT", "")),
            up=up,
            place=place,
            talking_since_ms=_milliseconds(variables.get("IVR_TALK_SINCE", "")),
            transfer=TransferId(transfer) if transfer else None,
        )
    return None


def _request(packed: str) -> ToQueue | None:
    if not packed:
        return None
    try:
        outcome = unpack_outcome(packed)
    except OutcomeError:
        return None
    return outcome if isinstance(outcome, ToQueue) else None


def _milliseconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MILLISECONDS_DIGITS else None


def _contact(message: Fields) -> ContactId:
    return ContactId(message.get("Contact"))


def _arrived(message: Fields) -> tuple[Event, ...]:
    return (ContactArrived(_contact(message), message.get("Number"), message.get("Caller")),)


def _queued(message: Fields) -> tuple[Event, ...]:
    request = unpack_outcome(message.get("Outcome"))
    queued_at_ms = _milliseconds(message.get("QueuedAt"))
    if not isinstance(request, ToQueue) or queued_at_ms is None:
        raise OutcomeError(f"contact {_contact(message)} waits with outcome {message.get('Outcome')!r}")
    return (ContactQueued(_contact(message), message.get("Number"), message.get("Caller"), request, queued_at_ms),)


def _wait_key(message: Fields) -> tuple[Event, ...]:
    return (WaitKeyPressed(ContactId(message.get("Contact")), message.get("Key")[:1]),)


def _ended(message: Fields) -> tuple[Event, ...]:
    match unpack_outcome(message.get("Outcome")):
        case Ended() as ended:
            return (FlowEnded(_contact(message), ended),)
        case ToCallback() as callback:
            return (CallbackAsked(_contact(message), callback),)
        case _:
            return ()


def _forward(message: Fields) -> tuple[Event, ...]:
    outcome = unpack_outcome(message.get("Outcome"))
    if not isinstance(outcome, ToEntry):
        raise OutcomeError(f"contact {_contact(message)} is handed over with outcome {message.get('Outcome')!r}")
    return (ForwardBegan(_contact(message), message.get("Number"), message.get("Caller"), outcome),)


def _forward_answered(message: Fields) -> tuple[Event, ...]:
    return (ForwardAnswered(_contact(message)),)


def _forward_ended(message: Fields) -> tuple[Event, ...]:
    """Told behind the Dial, and by the leg's end within it: there the citizen left, answered or not."""
    status = message.get("Status")
    if status == _DIAL_ANSWERED:
        return (ForwardAnswered(_contact(message)),)
    if status in ("", "CANCEL"):
        return ()
    return (ForwardFailed(_contact(message), _recipient_failure(message)),)


def _survey(message: Fields) -> tuple[Event, ...]:
    return (SurveyBegan(_contact(message)),)


def _noted(message: Fields) -> tuple[Event, ...]:
    facts = unpack_facts(message.get("Facts"))
    return (FactsNoted(_contact(message), facts, message.get("Survey")),) if facts else ()


def _recorded(message: Fields) -> tuple[Event, ...]:
    return (MessageRecorded(_contact(message), _file(message), _milliseconds(message.get("Milliseconds")) or 0),)


def _message_left(message: Fields) -> tuple[Event, ...]:
    """The leg ended while it recorded: the dialplan knows the size of the file, not how long it plays."""
    size = _milliseconds(message.get("Bytes")) or 0
    length_ms = max(0, size - WAV_HEADER_BYTES) // WAV_BYTES_EACH_MS
    return (MessageRecorded(_contact(message), _file(message), length_ms),)


def _file(message: Fields) -> str:
    """The recording's name; in which folder of which switch it lies is the site's business."""
    return message.get("Recording").rpartition("/")[2]


def _talk_recording(message: Fields) -> tuple[Event, ...]:
    offer, agent = OfferId(message.get("Offer")), AgentId(message.get("Agent"))
    return (TalkRecordingBegan(_contact(message), offer, agent, _talk(message)),)


def _talk_recorded(message: Fields) -> tuple[Event, ...]:
    """Of a file that is not there STAT says nothing, or 0: the folder could not be written."""
    size = _milliseconds(message.get("Bytes")) or 0
    return (
        TalkRecordingStopped(
            contact=_contact(message),
            offer=OfferId(message.get("Offer")),
            agent=AgentId(message.get("Agent")),
            recording=_talk(message),
            length_ms=max(0, size - WAV_HEADER_BYTES) // WAV_BYTES_EACH_MS,
            written=size >= WAV_HEADER_BYTES,
            over=message.get("Stage") == "talk",
        ),
    )


def _talk(message: Fields) -> str:
    """Queue and name; in which folder of which switch that lies is the site's business."""
    return "/".join(message.get("Recording").split("/")[-2:])


def _texted(message: Fields) -> tuple[Event, ...]:
    sent = message.get("Sent") == "yes"
    return (TextSettled(_contact(message), unquote(message.get("Key")), sent, unquote(message.get("Reason"))),)


def _fell_back(message: Fields) -> tuple[Event, ...]:
    return (FellBack(_contact(message), message.get("Number"), message.get("Caller")),)


def _fallback_answered(message: Fields) -> tuple[Event, ...]:
    return (FallbackAnswered(_contact(message)),)


def _leg_ended(message: Fields) -> tuple[Event, ...]:
    return (LegEnded(LegId(message.get("Leg"))),) if message.get("Stage") in CITIZEN_STAGES else ()


def _answered(message: Fields) -> tuple[Event, ...]:
    return (OfferAnswered(OfferId(message.get("Offer")), _contact(message), AgentId(message.get("Agent"))),)


def _ready(message: Fields) -> tuple[Event, ...]:
    return (AgentReady(OfferId(message.get("Offer")), _contact(message), AgentId(message.get("Agent"))),)


def _offer_lost(message: Fields) -> tuple[Event, ...]:
    return (OfferFailed(OfferId(message.get("Offer")), OfferFailure.LOST),)


def _resumed(message: Fields) -> tuple[Event, ...]:
    return (TalkResumed(_contact(message)),)


def _recipient_ringing(message: Fields) -> tuple[Event, ...]:
    return (RecipientRinging(_contact(message), TransferId(message.get("Transfer")), LegId(message.get("Leg"))),)


def _recipient_answered(message: Fields) -> tuple[Event, ...]:
    return (RecipientAnswered(_contact(message), TransferId(message.get("Transfer"))),)


_RECIPIENT_FAILURES = {
    "BUSY": RecipientFailure.BUSY,
    "NOANSWER": RecipientFailure.NO_ANSWER,
    _DIAL_ANSWERED: RecipientFailure.HUNG_UP,
}


def _consult_ended(message: Fields) -> tuple[Event, ...]:
    return (RecipientFailed(_contact(message), TransferId(message.get("Transfer")), _recipient_failure(message)),)


def _recipient_failure(message: Fields) -> RecipientFailure:
    if message.get("Cause") == _CAUSE_REJECTED:
        return RecipientFailure.BUSY  # Dial calls a declined call CHANUNAVAIL; somebody is there and has no time
    return _RECIPIENT_FAILURES.get(message.get("Status"), RecipientFailure.UNREACHABLE)


def _handed(message: Fields) -> tuple[Event, ...]:
    return (CitizenHanded(_contact(message), TransferId(message.get("Transfer"))),)


def _feature(message: Fields) -> tuple[Event, ...]:
    agent = AgentId(message.get("Agent"))
    match message.get("Feature"):
        case "hold":
            return (HoldRequested(agent),)
        case "resume":
            return (ResumeRequested(agent),)
        case "consult":
            # the number behind the entry is the directory's to say: whoever feeds the core puts it in
            return (ConsultRequested(agent, message.get("Entry"), ""),)
        case "complete":
            return (CompleteRequested(agent),)
        case "cancel":
            return (CancelRequested(agent),)
        case "conference":
            return (ConferenceRequested(agent),)
        case _:
            return ()


PHONE = "phone"
"""The reason given for a presence that was chosen by feature code."""


def _agent_phone(message: Fields) -> tuple[Event, ...]:
    agent = AgentId(message.get("Agent"))
    match message.get("Feature"):
        case "wrap_up_finished":
            return (WrapUpFinished(agent),)
        case "wrap_up_extended":
            return (WrapUpExtended(agent),)
        case ("on_break_after_contact" | "logged_out_after_contact") as feature:
            return (PresenceChosen(agent, Presence(feature.removesuffix("_after_contact")), PHONE, after_contact=True),)
        case ("available" | "on_break" | "logged_out") as presence:
            return (PresenceChosen(agent, Presence(presence), PHONE),)
        case _:
            return ()


_CONSULT = ("Contact", "Transfer")

USER_EVENTS: Mapping[str, tuple[tuple[str, ...], Callable[[Fields], tuple[Event, ...]]]] = {
    "IvrArrived": (("Contact",), _arrived),
    "IvrQueued": (("Contact",), _queued),
    "IvrWaitKey": (("Contact", "Key"), _wait_key),
    "IvrEnded": (("Contact",), _ended),
    "IvrForward": (("Contact",), _forward),
    "IvrForwardAnswered": (("Contact",), _forward_answered),
    "IvrForwardEnded": (("Contact",), _forward_ended),
    "IvrSurvey": (("Contact",), _survey),
    "IvrNoted": (("Contact",), _noted),
    "IvrMessageLeft": (("Contact", "Recording"), _message_left),
    "IvrRecorded": (("Contact", "Recording"), _recorded),
    "IvrTalkRecording": (("Contact", "Offer", "Agent", "Recording"), _talk_recording),
    "IvrTalkRecorded": (("Contact", "Offer", "Agent", "Recording"), _talk_recorded),
    "IvrTexted": (("Contact", "Key"), _texted),
    "IvrFallback": (("Contact",), _fell_back),
    "IvrFallbackAnswered": (("Contact",), _fallback_answered),
    "IvrLegEnded": (("Leg",), _leg_ended),
    "IvrAnswered": (("Offer", "Contact", "Agent"), _answered),
    "IvrReady": (("Offer", "Contact", "Agent"), _ready),
    "IvrOfferLost": (("Offer",), _offer_lost),
    "IvrResumed": (("Contact",), _resumed),
    "IvrRecipientRinging": ((*_CONSULT, "Leg"), _recipient_ringing),
    "IvrRecipientAnswered": (_CONSULT, _recipient_answered),
    "IvrConsultEnded": (_CONSULT, _consult_ended),
    "IvrHanded": (_CONSULT, _handed),
    "IvrFeature": (("Agent",), _feature),
    "IvrAgentPhone": (("Agent",), _agent_phone),
}
"""What dialplan and visits tell, whom it must be about, and what it means."""

OF_VISITS = frozenset({"IvrNoted", "IvrRecorded", "IvrTexted"})
"""What a visit says, and no context of the dialplan."""

UNTOLD = frozenset({"IvrHeld", "IvrApart"})
"""For whoever reads the switch's own log: what they say, the core knows from its own command or from the leg's end."""
