"""What the engine hears of the switch, message by message: each fact told once, whoever said it first. PURE.

A phone that rings is over in up to three messages (`ringing`), a leg ends in the dialplan's word and in Asterisk's own,
and what a visit said may come by the switch as well (`unheard`). The live switch and the simulated one hear with this.
"""

from collections import OrderedDict
from collections.abc import Callable

from ivr_engine.asterisk.ringing import Ringing
from ivr_engine.asterisk.translate.user_events import facts
from ivr_engine.asterisk.translate.words import Fields
from ivr_engine.asterisk.unheard import Unheard
from ivr_engine.core.events import AgentReady, ConsultRequested, Event, LegEnded, OfferAnswered, OfferFailed
from ivr_engine.core.vocabulary import LegId

REMEMBERED_ENDS = 4_096
"""Leg ends are told twice (by `h` and by Hangup, some ms apart): as many as 30 s of 80 calls/s cause."""


class Hearing:
    """Of one link. `tell` takes the facts; `named` puts the number behind a keyed entry, None where there is none."""

    def __init__(
        self,
        ringing: Ringing,
        unheard: Unheard,
        *,
        tell: Callable[[Event], object],
        named: Callable[[ConsultRequested], ConsultRequested | None],
    ) -> None:
        self._ringing = ringing
        self._unheard = unheard
        self._tell = tell
        self._named = named
        self._ended: OrderedDict[LegId, None] = OrderedDict()

    def take(self, message: Fields) -> None:
        """One message of the switch. Raises OutcomeError for one of ours that makes no sense; nothing was told then."""
        name = message.get("Event")
        if name == "OriginateResponse":
            self._ringing.responded(message)
            return
        if name == "Hangup":
            self._ringing.hung_up(message)
        for event in facts(message):
            if isinstance(event, LegEnded) and self._told_before(event.leg):
                continue
            if isinstance(event, OfferAnswered | OfferFailed | AgentReady):
                self._ringing.over(event.offer)
            if isinstance(event, ConsultRequested):
                named = self._named(event)
                if named is not None:
                    self._tell(named)
            elif self._unheard.heard(event):
                self._tell(event)

    def _told_before(self, leg: LegId) -> bool:
        if leg in self._ended:
            return True
        self._ended[leg] = None
        if len(self._ended) > REMEMBERED_ENDS:
            self._ended.popitem(last=False)
        return False
