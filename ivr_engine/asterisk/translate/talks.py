"""What the dialplan tells of talks, transfers and the phones of agents, UserEvent by UserEvent."""

from ivr_engine.asterisk.translate.words import (
    WAV_HEADER_BYTES,
    Fields,
    contact,
    milliseconds,
    recipient_failure,
    wav_ms,
)
from ivr_engine.core.events import (
    AgentReady,
    CancelRequested,
    CitizenHanded,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    Event,
    HoldRequested,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    TalkRecordingBegan,
    TalkRecordingStopped,
    TalkResumed,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.vocabulary import AgentId, LegId, OfferFailure, OfferId, Presence, TransferId


def talk_recording(message: Fields) -> tuple[Event, ...]:
    offer, agent = OfferId(message.get("Offer")), AgentId(message.get("Agent"))
    return (TalkRecordingBegan(contact(message), offer, agent, _talk(message)),)


def talk_recorded(message: Fields) -> tuple[Event, ...]:
    """Of a file that is not there STAT says nothing, or 0: the folder could not be written."""
    size = milliseconds(message.get("Bytes")) or 0
    return (
        TalkRecordingStopped(
            contact=contact(message),
            offer=OfferId(message.get("Offer")),
            agent=AgentId(message.get("Agent")),
            recording=_talk(message),
            length_ms=wav_ms(size),
            written=size >= WAV_HEADER_BYTES,
            over=message.get("Stage") == "talk",
        ),
    )


def _talk(message: Fields) -> str:
    """Queue and name; in which folder of which switch that lies is the site's business."""
    return "/".join(message.get("Recording").split("/")[-2:])


def answered(message: Fields) -> tuple[Event, ...]:
    return (OfferAnswered(OfferId(message.get("Offer")), contact(message), AgentId(message.get("Agent"))),)


def ready(message: Fields) -> tuple[Event, ...]:
    return (AgentReady(OfferId(message.get("Offer")), contact(message), AgentId(message.get("Agent"))),)


def offer_lost(message: Fields) -> tuple[Event, ...]:
    return (OfferFailed(OfferId(message.get("Offer")), OfferFailure.LOST),)


def resumed(message: Fields) -> tuple[Event, ...]:
    return (TalkResumed(contact(message)),)


def recipient_ringing(message: Fields) -> tuple[Event, ...]:
    return (RecipientRinging(contact(message), TransferId(message.get("Transfer")), LegId(message.get("Leg"))),)


def recipient_answered(message: Fields) -> tuple[Event, ...]:
    return (RecipientAnswered(contact(message), TransferId(message.get("Transfer"))),)


def consult_ended(message: Fields) -> tuple[Event, ...]:
    return (RecipientFailed(contact(message), TransferId(message.get("Transfer")), recipient_failure(message)),)


def handed(message: Fields) -> tuple[Event, ...]:
    return (CitizenHanded(contact(message), TransferId(message.get("Transfer"))),)


def feature(message: Fields) -> tuple[Event, ...]:
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


def agent_phone(message: Fields) -> tuple[Event, ...]:
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
