"""The switch port on a real Asterisk: commands out, facts in, a heartbeat, and a look after every connect.

The dialplan serves citizens from its static queue as soon as the heartbeat counter stands still, so it is sent once a
second and only while the link lives. After every connect the switch is looked at before any event counts: what the
snapshot shows is the truth, and what was in flight on the old link is judged by it, never sent again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from ivr_engine.asterisk.actions import AmiAction, Endpoints, actions_for
from ivr_engine.asterisk.ami import AmiAccount, AmiLink, AmiMessage, pause_seconds
from ivr_engine.asterisk.ami_errors import ActionRefused, ActionTimedOut, ActionUnknown, AmiError
from ivr_engine.asterisk.hearing import Hearing
from ivr_engine.asterisk.ringing import Ringing, stopped_leg
from ivr_engine.asterisk.translate.snapshot import SEEN_VARIABLES, leg_seen
from ivr_engine.asterisk.translate.user_events import WANTED
from ivr_engine.asterisk.unheard import Unheard
from ivr_engine.core.commands import Command, DialCitizen, StartOffer
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.events import (
    CitizenNotReached,
    CommandRefused,
    ConsultRequested,
    Event,
    LegSeen,
    SwitchDied,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.packing import OutcomeError
from ivr_engine.core.vocabulary import ContactId, OfferFailure, OfferId
from ivr_engine.runtime.ports import Directory, InboxFull

HEARTBEAT_SECONDS = 1.0
"""Callers look every 5 s; four beats may be lost before one leaves for the fallback queue."""

WITHDRAW_AGAIN_SECONDS = 0.05
"""An offer that is withdrawn in the moment in which it was made has a leg a few ms later."""

FALLBACK_FAMILY = "ivr-fallback"
"""Where the dialplan notes who went to the static queue."""

log = logging.getLogger(__name__)


class AsteriskSwitch:
    """One Asterisk. `sink` takes facts in order; it is never called from inside `execute`."""

    def __init__(
        self,
        events: AmiAccount,
        control: AmiAccount,
        *,
        sink: Callable[[Event], None],
        directory: Directory,
        nonce: str,
        endpoints: Endpoints,
        pause: Callable[[int], float] = pause_seconds,
    ) -> None:
        """`pause`: seconds before the link tries again after so many failures; runs in virtual time have their own."""
        self._sink = sink
        self._directory = directory
        self._nonce = nonce
        self._endpoints = endpoints
        self._ringing = Ringing(self._tell, _after)
        self._unheard = Unheard(self._tell, lambda: self.link.up)
        self._hearing = Hearing(self._ringing, self._unheard, tell=self._tell, named=self._named)
        self._beats = 0
        self._beat_timer: asyncio.TimerHandle | None = None
        self._startup = ""
        self._loss_untold = False
        """The core was too busy to hear of it: before the next look it must."""
        self.events = 0
        self.untranslatable = 0
        self.refused = 0
        self.link = AmiLink(
            events,
            control,
            on_event=self._on_event,
            on_up=self._on_up,
            on_down=self._on_down,
            on_dead=self._on_dead,
            wanted=WANTED,
            pause=pause,
        )

    async def start(self) -> None:
        """Returns when the switch has been seen. Raises AmiRefused when an account is not accepted."""
        await self.link.start()

    async def stop(self) -> None:
        """The heartbeat ends first: citizens who wait go to the fallback queue by themselves."""
        self._stop_beating()
        self._ringing.forget()
        await self.link.stop()
        self._stop_beating()  # the answer that a look waited for may have come just before, and begun the heartbeat

    # ── commands out ────────────────────────────────────────────────────────────────────────────────────────────────
    def execute(self, command: Command) -> None:
        if isinstance(command, DialCitizen) and not self._endpoints.may_dial(command.number):
            log.error("contact %s: its number is not on the site's list, nobody is dialled", command.contact)
            refused = CitizenNotReached(command.contact, OfferFailure.UNREACHABLE)
            asyncio.get_running_loop().call_soon(self._tell, refused)
            return
        for action in actions_for(command, self._endpoints):
            action_id = self.link.send(action.name, action.headers, partial(self._on_done, command, action))
            if isinstance(command, StartOffer) and action_id:
                self._ringing.begin(command.offer, action_id)
            elif isinstance(command, DialCitizen) and action_id:
                self._ringing.begin(OfferId(command.contact), action_id, citizen=True)

    def _on_done(self, command: Command, action: AmiAction, answer: AmiMessage | AmiError) -> None:
        stopped = stopped_leg(command)
        if stopped is not None and isinstance(answer, ActionRefused) and stopped in self._ringing:
            # Originate is carried out beside us: there was no channel yet to hang up. While nobody answered and nothing
            # failed, a Hangup of this one leg can be sent again.
            asyncio.get_running_loop().call_later(WITHDRAW_AGAIN_SECONDS, self._withdraw_again, command, stopped)
            return
        if not isinstance(answer, AmiError) or not action.needed:
            return
        self.refused += 1
        log.warning("%s refused for contact %s: %s", type(command).__name__, command.contact, answer)
        if isinstance(answer, ActionUnknown | ActionTimedOut):
            return  # nobody knows whether it took effect: the next look, or the offer's deadline, tells
        if isinstance(command, StartOffer):
            self._ringing.failed(command.offer, OfferFailure.UNREACHABLE)
        elif isinstance(command, DialCitizen):
            self._ringing.failed(OfferId(command.contact), OfferFailure.UNREACHABLE)
        else:
            reason = answer.answer.get("Message") if isinstance(answer, ActionRefused) else str(answer)
            self._tell(CommandRefused(command.contact, type(command).__name__, reason))

    def _withdraw_again(self, command: Command, leg: OfferId) -> None:
        if self._ringing.withdraw_again(leg):
            self.execute(command)

    # ── facts in ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _tell(self, event: Event) -> bool:
        """Whether the fact was taken. One that was not is lost, and only a look at the switch can make up for it."""
        try:
            self._sink(event)
        except InboxFull as full:
            log.error("%s: facts are lost, the switch is looked at anew", full)  # noqa: TRY400  (a state, no bug)
            self.link.renew(str(full))
            return False
        return True

    def _on_event(self, message: AmiMessage) -> None:
        self.events += 1
        try:
            self._hearing.take(message)
        except OutcomeError as error:
            self.untranslatable += 1
            log.warning("an event of ours that makes no sense: %s", error)

    def said(self, card: CallerCard, name: str, fields: Mapping[str, str]) -> None:
        """What a visit of this engine said: should AMI not tell of it, we do."""
        self._unheard.said(card, name, fields)

    def _named(self, event: ConsultRequested) -> ConsultRequested | None:
        """Keys name an entry of the directory; digits that are none call nobody."""
        entry = self._directory.find(event.entry)
        if entry is None:
            log.info("agent %s keyed %s, which is no entry of the directory", event.agent, event.entry)
            return None
        return ConsultRequested(event.agent, entry.entry, entry.number)

    # ── the look after a connect ────────────────────────────────────────────────────────────────────────────────────
    async def _on_up(self) -> None:
        await self.link.action("Setvar", {"Variable": "IVR_NONCE", "Value": self._nonce})
        self._beat()
        seen = await self.look()
        if not self._loss_untold or self._tell(SwitchLost()):
            self._loss_untold = False
            self._tell(seen)

    def _on_down(self, reason: str) -> None:
        self._stop_beating()
        self._ringing.forget()
        log.warning("the switch is out of sight: %s", reason)
        self._loss_untold = not self._tell(SwitchLost())
        self._unheard.lost()

    def _on_dead(self) -> None:
        log.warning("nobody listens where the switch did: it is dead, and its calls are gone")
        self._tell(SwitchDied())

    async def look(self) -> SwitchSeen:
        """Every leg of ours on the switch, and who fell back. Raises AmiError."""
        status = await self.link.action("CoreStatus")
        startup = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        restarted = bool(self._startup) and startup != self._startup
        channels = await self.link.collect("Status", {"Variables": ",".join(SEEN_VARIABLES)})
        legs: list[LegSeen] = []
        for channel in channels:
            leg = leg_seen(channel, channel.variables("Variable"))
            if leg is not None:
                legs.append(leg)
        fell_back = await self._fell_back()
        alive = frozenset[str](leg.leg for leg in legs)
        for contact in fell_back:
            if contact not in alive:
                self._forget_fallback(contact)
        self._startup = startup  # not before: a look that fails half-way must not be the one that knew of a restart
        return SwitchSeen(tuple(legs), frozenset(fell_back), restarted)

    async def _fell_back(self) -> list[ContactId]:
        try:
            rows = await self.link.collect("DBGetTree", {"Family": FALLBACK_FAMILY})
        except ActionRefused:
            return []  # no such family: nobody ever fell back
        return [ContactId(row.get("Key").rsplit("/", 1)[-1]) for row in rows if row.get("Key")]

    def _forget_fallback(self, contact: ContactId) -> None:
        self.link.send(
            "Setvar", {"Variable": f"DB_DELETE({FALLBACK_FAMILY}/{contact})", "Value": "1"}, lambda _answer: None
        )

    # ── the heartbeat ───────────────────────────────────────────────────────────────────────────────────────────────
    def _beat(self) -> None:
        self._beats += 1
        self.link.send("Setvar", {"Variable": "IVR_HEARTBEAT", "Value": self._beat_value()}, lambda _answer: None)
        self._beat_timer = asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self._beat)

    def _beat_value(self) -> str:
        # the nonce keeps a restarted engine from repeating the value at which its predecessor died
        return f"{self._nonce[:8]}.{self._beats}"

    def _stop_beating(self) -> None:
        if self._beat_timer is not None:
            self._beat_timer.cancel()
            self._beat_timer = None


def _after(delay_ms: int, action: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_ms / 1_000, action)
