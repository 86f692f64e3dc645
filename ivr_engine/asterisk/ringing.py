"""The phones that we made ring, until somebody says how it ended: exactly once, though Asterisk says it up to thrice.

An offer that rings is told of by `OriginateResponse`, by the `Hangup` of its leg and by the dialplan's own events, in
any order, some of them never; so is the phone of a citizen who is called back. PURE: messages in, at most one
`OfferFailed` (`CitizenNotReached`) for each out; whoever owns it lends the clock. The live switch and the simulated one
use this same book.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ivr_engine.asterisk.translate.phones import explains_itself, offer_failure, refusal
from ivr_engine.asterisk.translate.words import Fields
from ivr_engine.core.commands import Command, StopDialling, WithdrawOffer
from ivr_engine.core.events import CitizenNotReached, OfferFailed
from ivr_engine.core.vocabulary import ContactId, OfferFailure, OfferId

MAX_RINGING = 4_096
"""More phones than ring in any centre; beyond it the oldest is forgotten and its offer fails by its deadline."""

CAUSE_OWED_MS = 250
"""How long a failed Originate waits for the Hangup that says why: they come within milliseconds of each other. A phone
that is not registered has no leg, hence no Hangup, and costs its citizen this quarter of a second."""

WITHDRAW_TRIES = 40
"""Trying ends with the answer to the Originate, or after 2 s: an answer that was lost must not keep us asking for ever,
and who answers a late ring is turned away by the dialplan."""


class Timer(Protocol):
    """Something that is to happen."""

    def cancel(self) -> None:
        """It does not happen."""


After = Callable[[int, Callable[[], None]], Timer]
"""Calls back once, in so many milliseconds."""


@dataclass(slots=True)
class _Ring:
    action_id: str
    citizen: bool = False
    withdrawals: int = 0
    owed: Timer | None = None
    """Runs while a failure waits for its cause."""


class Ringing:
    """One link's. `tell` takes the failures."""

    def __init__(self, tell: Callable[[OfferFailed | CitizenNotReached], object], after: After) -> None:
        self._tell = tell
        self._after = after
        self._rings: OrderedDict[OfferId, _Ring] = OrderedDict()
        self._offers: dict[str, OfferId] = {}
        """By the ActionID of their Originate."""

    def begin(self, offer: OfferId, action_id: str, *, citizen: bool = False) -> None:
        """An Originate is on its way; `citizen`: of somebody who is called back, whose leg is named by the contact."""
        self._rings[offer] = _Ring(action_id, citizen=citizen)
        self._offers[action_id] = offer
        if len(self._rings) > MAX_RINGING:
            self.over(next(iter(self._rings)))

    def __contains__(self, offer: OfferId) -> bool:
        """Whether it may still ring, for all we were told."""
        return offer in self._rings

    def __len__(self) -> int:
        return len(self._rings)

    def withdraw_again(self, offer: OfferId) -> bool:
        """Whether a Hangup that met no channel is worth another try; counts it."""
        ring = self._rings.get(offer)
        if ring is None or ring.withdrawals >= WITHDRAW_TRIES:
            return False
        ring.withdrawals += 1
        return True

    def responded(self, response: Fields) -> None:
        """`OriginateResponse`: answered, or failed, perhaps without a cause, which then is owed."""
        offer = self._offers.pop(response.get("ActionID"), None)
        ring = self._rings.get(offer) if offer is not None else None
        if offer is None or ring is None:
            return
        failure = offer_failure(response)
        if failure is None:
            self.over(offer)
        elif explains_itself(response):
            self.failed(offer, failure)
        else:
            ring.owed = self._after(CAUSE_OWED_MS, partial(self.failed, offer, failure))

    def hung_up(self, hangup: Fields) -> None:
        """A leg has gone. If it still rang, its cause is why; of one that was answered, the core knows better."""
        offer = OfferId(hangup.get("Uniqueid"))
        if offer in self._rings:
            self.failed(offer, refusal(hangup))

    def failed(self, offer: OfferId, failure: OfferFailure) -> None:
        """It became no talk."""
        ring = self._rings.get(offer)
        self.over(offer)
        if ring is not None and ring.citizen:
            self._tell(CitizenNotReached(ContactId(offer), failure))
        else:
            self._tell(OfferFailed(offer, failure))

    def over(self, offer: OfferId) -> None:
        """How it ended is told; whatever else the switch says of its ringing would be told a second time."""
        ring = self._rings.pop(offer, None)
        if ring is None:
            return
        self._offers.pop(ring.action_id, None)
        if ring.owed is not None:
            ring.owed.cancel()

    def forget(self) -> None:
        """The link is down: nobody will say anything of these any more."""
        for offer in list(self._rings):
            self.over(offer)


def stopped_leg(command: Command) -> OfferId | None:
    """The leg that a command stops ringing; None for any other command."""
    match command:
        case WithdrawOffer():
            return command.offer
        case StopDialling():
            return OfferId(command.contact)
        case _:
            return None
