"""Who stands where: the channels of a `Status` list with the variables that the dialplan left on them."""

from collections.abc import Mapping

from ivr_engine.asterisk.translate.words import DIAL_ANSWERED, Fields, milliseconds
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import LegSeen
from ivr_engine.core.packing import OutcomeError, unpack_outcome
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, Role, TransferId

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

UP = "6"
"""`ChannelState` of an answered channel (AST_STATE_UP)."""


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
        if place == "forward" and variables.get("DIALSTATUS") == DIAL_ANSWERED:
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
            queued_at_ms=milliseconds(variables.get("IVR_QUEUED_AT", "")),
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
            talking_since_ms=milliseconds(variables.get("IVR_TALK_SINCE", "")),
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
