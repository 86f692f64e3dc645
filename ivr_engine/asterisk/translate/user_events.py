"""What each message means: the table of UserEvents, and the facts of any event."""

from collections.abc import Callable, Mapping

from ivr_engine.asterisk.translate import citizens, talks
from ivr_engine.asterisk.translate.words import Fields
from ivr_engine.core.events import Event, LegEnded
from ivr_engine.core.packing import OutcomeError
from ivr_engine.core.vocabulary import LegId

WANTED = frozenset({"UserEvent", "OriginateResponse", "Hangup"})
"""The events that mean anything to us; manager.conf lets no others through."""

_CONSULT = ("Contact", "Transfer")

USER_EVENTS: Mapping[str, tuple[tuple[str, ...], Callable[[Fields], tuple[Event, ...]]]] = {
    "IvrArrived": (("Contact",), citizens.arrived),
    "IvrQueued": (("Contact",), citizens.queued),
    "IvrWaitKey": (("Contact", "Key"), citizens.wait_key),
    "IvrEnded": (("Contact",), citizens.ended),
    "IvrForward": (("Contact",), citizens.forward),
    "IvrForwardAnswered": (("Contact",), citizens.forward_answered),
    "IvrForwardEnded": (("Contact",), citizens.forward_ended),
    "IvrSurvey": (("Contact",), citizens.survey),
    "IvrNoted": (("Contact",), citizens.noted),
    "IvrMessageLeft": (("Contact", "Recording"), citizens.message_left),
    "IvrRecorded": (("Contact", "Recording"), citizens.recorded),
    "IvrTalkRecording": (("Contact", "Offer", "Agent", "Recording"), talks.talk_recording),
    "IvrTalkRecorded": (("Contact", "Offer", "Agent", "Recording"), talks.talk_recorded),
    "IvrTexted": (("Contact", "Key"), citizens.texted),
    "IvrFallback": (("Contact",), citizens.fell_back),
    "IvrFallbackAnswered": (("Contact",), citizens.fallback_answered),
    "IvrLegEnded": (("Leg",), citizens.leg_ended),
    "IvrAnswered": (("Offer", "Contact", "Agent"), talks.answered),
    "IvrReady": (("Offer", "Contact", "Agent"), talks.ready),
    "IvrOfferLost": (("Offer",), talks.offer_lost),
    "IvrResumed": (("Contact",), talks.resumed),
    "IvrRecipientRinging": ((*_CONSULT, "Leg"), talks.recipient_ringing),
    "IvrRecipientAnswered": (_CONSULT, talks.recipient_answered),
    "IvrConsultEnded": (_CONSULT, talks.consult_ended),
    "IvrHanded": (_CONSULT, talks.handed),
    "IvrFeature": (("Agent",), talks.feature),
    "IvrAgentPhone": (("Agent",), talks.agent_phone),
}
"""What dialplan and visits tell, whom it must be about, and what it means."""

OF_VISITS = frozenset({"IvrNoted", "IvrRecorded", "IvrTexted"})
"""What a visit says, and no context of the dialplan."""

UNTOLD = frozenset({"IvrHeld", "IvrApart"})
"""For whoever reads the switch's own log: what they say, the core knows from its own command or from the leg's end."""


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
