"""The engine's side of AMI, in this process: commands become actions, records become facts, a heartbeat, a look.

Does what `asterisk.switch.AsteriskSwitch` does, with the same translators, and hears with the same ears (`Hearing`);
only the bytes and the event loop are left out. The link is where the world meddles: it is cut, it delays and doubles
what the switch tells.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from ivr_engine.asterisk.actions import AmiAction, Endpoints, actions_for
from ivr_engine.asterisk.hearing import Hearing
from ivr_engine.asterisk.ringing import Ringing
from ivr_engine.asterisk.translate.snapshot import SEEN_VARIABLES, leg_seen
from ivr_engine.asterisk.translate.user_events import WANTED
from ivr_engine.asterisk.unheard import Unheard
from ivr_engine.core.commands import Command, DialCitizen, StartOffer
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.events import (
    CommandRefused,
    ConsultRequested,
    Event,
    SwitchDied,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.packing import OutcomeError
from ivr_engine.core.vocabulary import ContactId, OfferFailure, OfferId
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.gate import Gate
from ivr_engine.replay.simulator.manager import Manager
from ivr_engine.replay.simulator.pairs import Pairs
from ivr_engine.replay.simulator.ports import Record, Refused
from ivr_engine.replay.virtual import Timer, VirtualTime

HEARTBEAT_MS = 1_000
FALLBACK_FAMILY = "ivr-fallback"
"""The same as in `asterisk.switch`."""

WIRE_MS = 1
"""One way over loopback, with both ends' parsing."""

RECONNECT_MS = 50
"""Until a link that can be had again is up: the engine's first try."""

DEATH_KNOWN_MS = 2_550
"""From the switch's death to the first refused try after `ami.DEAD_SECONDS`."""

ENDPOINTS = Endpoints()


class Link:
    """One engine's connection to the exchange. A new engine has a new one."""

    def __init__(
        self,
        time: VirtualTime,
        exchange: Exchange,
        *,
        sink: Callable[[Event], bool],
        directory: Callable[[str], str | None],
        nonce: str,
        gate: Gate,
    ) -> None:
        """`directory` tells the number behind an entry, `sink` whether it took the fact; `gate` is the engine's."""
        self._time = time
        self._exchange = exchange
        self._manager = Manager(exchange)
        self._sink = sink
        self._gate = gate
        self._directory = directory
        self._nonce = nonce
        self._ringing = Ringing(self._tell, self._after)
        self._unheard = Unheard(self._tell, lambda: self.up)
        self._hearing = Hearing(self._ringing, self._unheard, tell=self._tell, named=self._named)
        self._beats = 0
        self._beating: Timer | None = None
        self._action = 0
        self._seen_started: int | None = None
        self._closed = False
        self._life = 0
        """Which connection this is: what was on its way over an earlier one never arrives."""
        self._last_at_ms = 0
        self.up = False
        self._loss_untold = False
        self._pairs = Pairs[Record](time.after, self._on_record)
        self.delay_ms = 0
        self.doubles = False
        self.refused = 0

    @property
    def swaps(self) -> bool:
        """Whether events change places now."""
        return self._pairs.swaps

    @swaps.setter
    def swaps(self, swaps: bool) -> None:
        self._pairs.swaps = swaps

    # ── up and down ─────────────────────────────────────────────────────────────────────────────────────────────────
    def connect(self) -> None:
        """Listens, greets the switch, looks at it: what the look shows is the first fact."""
        if self.up or self._closed or not self._exchange.runs:
            return
        self.up = True
        self._life += 1
        self._last_at_ms = 0
        self._exchange.tell = self._pairs.take
        self._ringing.forget()
        self._manager.act("Setvar", {"Variable": "IVR_NONCE", "Value": self._nonce})
        self._beat()
        seen = self.look()
        if not self._loss_untold or self._tell(SwitchLost()):
            self._loss_untold = False
            self._tell(seen)

    def cut(self) -> None:
        """The connection is gone: what was on its way is lost, both ways."""
        if self.up:
            self._lose()
            self._gate(self._tell_loss)

    def reconnect(self) -> None:
        """The engine's next try, which finds the switch."""
        self._time.after(RECONNECT_MS, self._gate, self.connect)

    def outlive(self) -> None:
        """The switch has died: should nobody listen there for long, the engine knows that its calls are gone."""
        self._time.after(DEATH_KNOWN_MS, self._gate, self._tell_death, self._life)

    def _tell_loss(self) -> None:
        self._loss_untold = not self._tell(SwitchLost())
        self._unheard.lost()

    def said(self, card: CallerCard, name: str, fields: Mapping[str, str]) -> None:
        """What a visit of this engine said."""
        self._unheard.said(card, name, fields)

    def _tell_death(self, life: int) -> None:
        if life == self._life and not self._exchange.runs:
            self._tell(SwitchDied())

    def _tell(self, event: Event) -> bool:
        """A fact that is not taken is lost, and the link is had anew: the look makes up for it."""
        if self._sink(event):
            return True
        if self.up:
            self._lose()
            self._time.after(0, self._tell_loss)
            self.reconnect()
        return False

    def _after(self, delay_ms: int, action: Callable[[], None]) -> Timer:
        return self._time.after(delay_ms, self._gate, action)

    def close(self) -> None:
        """The engine is gone."""
        self._closed = True
        self._lose()

    def _lose(self) -> None:
        self.up = False
        self._life += 1
        self._exchange.tell = _to_nobody
        self._pairs.forget()
        self._ringing.forget()
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None

    def look(self) -> SwitchSeen:
        """Every leg of ours, and who fell back."""
        exchange = self._exchange
        restarted = self._seen_started is not None and self._seen_started != exchange.started
        self._seen_started = exchange.started
        seen = [leg_seen(channel, variables) for channel, variables in self._manager.status(SEEN_VARIABLES)]
        legs = tuple(leg for leg in seen if leg is not None)
        fell_back = [ContactId(key.rsplit("/", 1)[-1]) for key in self._manager.entries(FALLBACK_FAMILY)]
        alive = {str(leg.leg) for leg in legs}
        for contact in fell_back:
            if contact not in alive:
                self._manager.act("Setvar", {"Variable": f"DB_DELETE({FALLBACK_FAMILY}/{contact})", "Value": "1"})
        return SwitchSeen(legs, frozenset(fell_back), restarted)

    def _beat(self) -> None:
        self._beats += 1
        self._exchange.global_variables["IVR_HEARTBEAT"] = f"{self._nonce}.{self._beats}"
        self._beating = self._time.beat(HEARTBEAT_MS, self._gate, self._beat_in, self._life)

    def _beat_in(self, life: int) -> None:
        if life == self._life:
            self._beat()

    # ── commands out ────────────────────────────────────────────────────────────────────────────────────────────────
    def execute(self, command: Command) -> None:
        for action in actions_for(command, ENDPOINTS):
            self._action += 1
            action_id = f"{self._nonce}-{self._action}"
            if not self.up:
                self._time.after(0, self._done, command, action, "the AMI link is down")
                continue
            if isinstance(command, StartOffer):
                self._ringing.begin(command.offer, action_id)
            elif isinstance(command, DialCitizen):
                self._ringing.begin(OfferId(command.contact), action_id, citizen=True)
            self._time.after(WIRE_MS, self._perform, self._life, command, action, action_id)

    def _perform(self, life: int, command: Command, action: AmiAction, action_id: str) -> None:
        if life != self._life:
            return  # lost with the connection: nobody knows, the next look tells
        try:
            self._manager.act(action.name, action.headers, action_id)
        except Refused as error:
            self._time.after(WIRE_MS, self._gate, self._done_in, life, command, action, str(error))

    def _done_in(self, life: int, command: Command, action: AmiAction, problem: str) -> None:
        if life == self._life:
            self._done(command, action, problem)

    def _done(self, command: Command, action: AmiAction, problem: str) -> None:
        if not action.needed:
            return
        self.refused += 1
        if isinstance(command, StartOffer):
            self._ringing.failed(command.offer, OfferFailure.UNREACHABLE)
        elif isinstance(command, DialCitizen):
            self._ringing.failed(OfferId(command.contact), OfferFailure.UNREACHABLE)
        else:
            self._tell(CommandRefused(command.contact, type(command).__name__, problem))

    # ── records in ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _on_record(self, record: Record) -> None:
        if record.get("Event") not in WANTED:
            return
        # however late, the order of one connection is kept
        self._last_at_ms = max(self._last_at_ms, self._time.now_ms + WIRE_MS + self.delay_ms)
        for _ in range(2 if self.doubles else 1):
            self._time.after(self._last_at_ms - self._time.now_ms, self._gate, self._arrived, self._life, record)

    def _arrived(self, life: int, record: Record) -> None:
        if life != self._life:
            return
        with suppress(OutcomeError):
            self._hearing.take(record)

    def _named(self, event: ConsultRequested) -> ConsultRequested | None:
        number = self._directory(event.entry)
        return None if number is None else ConsultRequested(event.agent, event.entry, number)


def _to_nobody(_record: Record) -> None: ...
