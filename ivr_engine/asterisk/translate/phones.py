"""How a phone that we made ring ended: `OriginateResponse`, and the `Hangup` of its leg."""

from ivr_engine.asterisk.translate.words import CAUSE_REJECTED, Fields
from ivr_engine.core.vocabulary import OfferFailure

# AST_CONTROL_* as OriginateResponse reports them (main/manager.c, main/pbx.c)
_REASON_UNTOLD = "0"
_REASON_RINGING = "3"
_REASON_ANSWERED = "4"

_FAILURE_OF_CAUSE = {
    "17": OfferFailure.BUSY,  # 486, 600
    "19": OfferFailure.NO_ANSWER,  # 480, and our own end of the ring time
    CAUSE_REJECTED: OfferFailure.DECLINED,  # 603, 401, 403
}
"""Q.850 causes that `Hangup` gives for SIP's refusals (res_pjsip's hangup_sip2cause); any other is a dead phone."""


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
