"""The core's commands → Asterisk's AMI actions. PURE: what to send, in which order, nothing sent here.

Legs are named by uniqueid, which every action here takes in place of a channel name. A Redirect goes to a *label*:
Asterisk looks it up before it touches the channel and refuses when it is missing, where a bare number can lose the
caller. Marks (Setvar) come before the Redirect that depends on them, on one session, which keeps their order.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ivr_engine.asterisk.music import USUAL_MUSIC
from ivr_engine.core.callback import canonical, fits
from ivr_engine.core.commands import (
    AnnounceWait,
    CallRecipient,
    Command,
    DialCitizen,
    EndLeg,
    HandOver,
    HoldCitizen,
    JoinCitizen,
    LeaveQueue,
    MeetCitizen,
    PlayMusic,
    ResumeTalk,
    ReturnToQueue,
    StartOffer,
    StopDialling,
    WithdrawOffer,
)
from ivr_engine.core.packing import pack_outcome

_NO_DIGIT = re.compile(r"[^0-9+]")

HeaderValue = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class AmiAction:
    """One action. `needed` tells whether its refusal means that the command had no effect."""

    name: str
    headers: dict[str, HeaderValue]
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Endpoints:
    """How phones are dialled here: `agent` with {agent}, `office` and `citizen` with {number}."""

    agent: str = "PJSIP/{agent}"
    office: str = "PJSIP/{number}@ivr-office"
    citizen: str = "PJSIP/{number}@city-trunk"
    citizens: frozenset[str] = frozenset()
    """Patterns of the citizens' numbers that may be dialled at all; none: whatever a queue's own list let through."""
    talks: str = "/var/spool/asterisk/ivr-talks"
    """The folder on the switch below which talks are recorded."""

    def may_dial(self, number: str) -> bool:
        """Looked at once more where the digits leave the house, whatever decided it."""
        return not self.citizens or any(fits(pattern, canonical(number, "+82")) for pattern in self.citizens)


def actions_for(command: Command, endpoints: Endpoints) -> tuple[AmiAction, ...]:  # noqa: PLR0912  (one a command)
    """What one command is in Asterisk's words."""
    match command:
        case StartOffer():
            return (_originate(command, endpoints),)
        case DialCitizen():
            return (_dial(command, endpoints),)
        case StopDialling():
            return (AmiAction("Hangup", {"Channel": command.contact, "Cause": "16"}, needed=False),)
        case MeetCitizen():
            return (_redirect(command.agent_leg, "ivr-offer", "answered"),)
        case WithdrawOffer():
            return (AmiAction("Hangup", {"Channel": command.offer, "Cause": "16"}, needed=False),)
        case EndLeg():
            return (AmiAction("Hangup", {"Channel": command.leg, "Cause": "16"}, needed=False),)
        case HoldCitizen():
            return (
                _set(command.contact, "IVR_AGENT_LEG", command.agent_leg),
                _both(command.contact, "ivr-hold", "begin", command.agent_leg, "ivr-consult", "stand"),
            )
        case ResumeTalk():
            back = _redirect(command.agent_leg, "ivr-talk", "join")
            if command.recipient_leg is None:
                return (back,)
            return (_set(command.recipient_leg, "IVR_LET_GO", "1"), back)
        case CallRecipient():
            leg = command.agent_leg
            marks = (
                _set(leg, "IVR_TARGET", endpoints.office.format(number=command.number)),
                _set(leg, "IVR_TRANSFER", command.transfer),
                _set(leg, "IVR_RING_SECONDS", str(-(-command.ring_ms // 1000))),
            )
            if not command.hold_first:
                return (*marks, _redirect(leg, "ivr-consult", "call"))
            return (
                *marks,
                _set(command.contact, "IVR_AGENT_LEG", leg),
                _both(command.contact, "ivr-hold", "begin", leg, "ivr-consult", "call"),
            )
        case HandOver():
            # the agent's own Dial leaves the recipient to ivr-recipient, which takes the citizen
            return (AmiAction("Hangup", {"Channel": command.agent_leg, "Cause": "16"}),)
        case JoinCitizen():
            return (_redirect(command.contact, "ivr-hold", "join"),)
        case ReturnToQueue():
            return (_redirect(command.contact, "ivr-wait", "announce"),)
        case AnnounceWait():
            return (
                _set(command.contact, "IVR_SAY", command.prompt),
                _set(command.contact, "IVR_LISTEN", "1" if command.listens else ""),
                _redirect(command.contact, "ivr-wait", "say"),
            )
        case PlayMusic():
            # no Redirect: the wait context reads it at its next turn, and an agent may be picking up just now
            return (_set(command.contact, "IVR_MUSIC", command.music or USUAL_MUSIC),)
        case LeaveQueue():
            return (
                _set(command.contact, "IVR_FLOW", command.target),
                _set(command.contact, "IVR_PLACE_IN_FLOW", ""),
                _redirect(command.contact, "ivr-visit", "begin"),
            )


def _originate(offer: StartOffer, endpoints: Endpoints) -> AmiAction:
    variables = [
        f"IVR_OFFER={offer.offer}",
        f"IVR_CONTACT={offer.contact}",
        f"IVR_AGENT={offer.agent}",
        "IVR_STAGE=ready" if offer.callback else "IVR_STAGE=offer",
    ]
    if offer.recording:
        variables.append(f"IVR_RECORD={endpoints.talks}/{offer.recording}")
    words = ("callback" if offer.callback else "", offer.agency or offer.queue, offer.language)
    shown = " ".join(word for word in words if word)
    return AmiAction(
        "Originate",
        {
            "Channel": endpoints.agent.format(agent=offer.agent),
            "ChannelId": offer.offer,
            "Context": "ivr-ready" if offer.callback else "ivr-offer",
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(offer.ring_ms),
            "CallerID": f'"{shown}" <{offer.caller or offer.number}>',
            "Async": "true",
            "Variable": variables,
        },
    )


def _dial(dial: DialCitizen, endpoints: Endpoints) -> AmiAction:
    """A citizen's phone rings. The number fits a list of the site's; nothing but its digits is dialled."""
    number, line = _NO_DIGIT.sub("", dial.number), _NO_DIGIT.sub("", dial.line)
    return AmiAction(
        "Originate",
        {
            "Channel": endpoints.citizen.format(number=number),
            "ChannelId": dial.contact,
            "Context": "ivr-callback",
            "Exten": "s",
            "Priority": "1",
            "Timeout": str(dial.ring_ms),
            "CallerID": f'"{line}" <{line}>',
            "Async": "true",
            "Variable": [
                f"IVR_CONTACT={dial.contact}",
                f"IVR_NUMBER={line}",
                f"IVR_CALLER={number}",
                f"IVR_OUTCOME={pack_outcome(dial.request)}",
                "IVR_STAGE=callback",
            ],
        },
    )


def _set(leg: str, name: str, value: str) -> AmiAction:
    return AmiAction("Setvar", {"Channel": leg, "Variable": name, "Value": value}, needed=False)


def _redirect(leg: str, context: str, label: str) -> AmiAction:
    return AmiAction("Redirect", {"Channel": leg, "Context": context, "Exten": "s", "Priority": label})


def _both(leg: str, context: str, label: str, extra: str, extra_context: str, extra_label: str) -> AmiAction:
    return AmiAction(
        "Redirect",
        {
            "Channel": leg,
            "Context": context,
            "Exten": "s",
            "Priority": label,
            "ExtraChannel": extra,
            "ExtraContext": extra_context,
            "ExtraExten": "s",
            "ExtraPriority": extra_label,
        },
    )
