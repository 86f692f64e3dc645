"""Calling back: two phones, one dial at a time, trying again, and what a look at the switch shows of it.

Theory of operation. Agent first: the phone of the agent whom routing found rings, and when it is picked up the citizen
is dialled. Citizen first: the agent is kept free and the citizen is dialled. Who picks up is told of by the wait
context like every citizen who waits, and is an ordinary contact from then on; an engine that dies meanwhile leaves
them to music and the fallback queue. A dial in vain frees the agent and lets the promise rest. Each dial has a leg with
a name of its own, so nothing that comes late is taken for the next one.
"""

from dataclasses import replace

from ivr_engine.core.callback import Callback, CallbackStimulus, callback_of
from ivr_engine.core.commands import MeetCitizen, StopDialling, WithdrawOffer
from ivr_engine.core.contact import Contact
from ivr_engine.core.deadlines import Due
from ivr_engine.core.dialling import dial, ring_reserved, stay_open
from ivr_engine.core.events import AgentReady, SwitchSeen
from ivr_engine.core.notices import ContactBegan, ContactMoved
from ivr_engine.core.offer import ANSWER_OWED_MS, Offer, OfferState
from ivr_engine.core.offering import Offering
from ivr_engine.core.promises import Promises
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import (
    CallbackEnd,
    CallbackId,
    CallbackState,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    OfferId,
    Role,
)
from ivr_engine.core.waiting import Waiting

RINGING_PLACE = "callback"
"""`IVR_STAGE` of a citizen's leg that we dialled and nobody picked up yet."""

READY_PLACE = "ready"
"""Of an agent's who waits for that."""

VAIN = {
    Disposition.ABANDONED: "hung_up",
    Disposition.SWITCH_FAILURE: "lost",
    Disposition.CLOSED: "turned_away",
    Disposition.OVERFLOWED: "turned_away",
    Disposition.REJECTED: "turned_away",
}
"""How the call of a citizen who picked up ends before an agent spoke with them: a dial in vain, and why."""

ANOTHER_WAY = frozenset({Disposition.CALLBACK, Disposition.VOICEMAIL, Disposition.SELF_SERVED})
"""Or by the citizen's own choice, who asked again or needs no agent any more."""


class Callbacks(Promises):
    """The part of the engine for citizens who are called back."""

    def __init__(self, state: State, offering: Offering, waiting: Waiting) -> None:
        super().__init__(state, offering, waiting)
        self._picked_up_unheard: dict[ContactId, CallbackId] = {}
        """During a look at the switch: the dials of an earlier life that a citizen answered."""

    # ── two phones ──────────────────────────────────────────────────────────────────────────────────────────────────
    def agent_ready(self, event: AgentReady) -> None:
        """The agent is there: dial the citizen, or bring the two together."""
        state = self._state
        offer, contact = state.offers.get(event.offer), state.contacts.get(event.contact)
        if offer is None or offer.state is not OfferState.OPEN or contact is None:
            state.commands.append(WithdrawOffer(event.offer, event.contact))
            return
        offer.ready = True
        if contact.awaited:
            dial(state, contact)
            stay_open(state, contact, offer)
            callback = state.callbacks.get(contact.callback) if contact.callback is not None else None
            if callback is not None and callback.state is CallbackState.WAITING:
                self._cannot_be_dialled(callback)  # since the agent's phone began to ring
        else:
            self._meet(contact, offer)

    def _meet(self, contact: Contact, offer: Offer) -> None:
        state = self._state
        state.commands.append(MeetCitizen(contact.id, LegId(offer.id)))
        state.deadlines.set(Due.ANSWER_OWED, offer.id, state.now_ms + ANSWER_OWED_MS)

    def picked_up(self, contact: Contact, at_ms: int) -> None:
        """The citizen is on the line and stands in the wait context: a contact like any other from now on."""
        state = self._state
        self.on_line(contact, at_ms)
        self._waiting.promise(contact)
        self._waiting.wait(contact)
        for offer in [state.offers[known] for known in (contact.offer, contact.second_offer) if known is not None]:
            if offer.ready:
                self._meet(contact, offer)
            elif offer.reserved:
                ring_reserved(state, contact, offer)

    def on_line(self, contact: Contact, picked_up_at_ms: int) -> None:
        """The contact begins: its own wait and its promise count from here, its place from the first call."""
        state = self._state
        callback = state.callbacks.get(contact.callback) if contact.callback is not None else None
        contact.awaited = False
        contact.arrived_at_ms = contact.since_ms = state.now_ms
        contact.queued_at_ms = min(picked_up_at_ms, state.now_ms)
        assert contact.request is not None
        contact.promise_at_ms = contact.queued_at_ms + state.queue(contact.request.queue).promise_ms
        state.notices.append(
            ContactBegan(contact.id, contact.number, contact.caller, state.now_ms, callback=contact.callback or "")
        )
        if callback is not None and callback.state in (CallbackState.DIALLED, CallbackState.RESTING):
            state.deadlines.clear(Due.DIAL_OWED, callback.id)
            state.deadlines.clear(Due.CALLBACK, callback.id)
            state.move_callback(callback, CallbackStimulus.PICKED_UP)
        state.notices.append(ContactMoved(contact.id, contact.phase, state.now_ms))

    # ── in vain ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def not_reached(self, leg: ContactId, cause: OfferFailure) -> None:
        """Busy, silent, declined, nobody there; late or twice it changes nothing."""
        contact = self._state.contacts.get(leg)
        if contact is None or not contact.awaited or contact.callback is None:
            return
        callback = self._state.callbacks.get(contact.callback)
        if callback is not None and callback.state is CallbackState.DIALLED:
            self._failed(callback, cause.value)

    def dial_owed(self, callback_id: CallbackId) -> None:
        """The switch never told how the dial went."""
        callback = self._state.callbacks.get(callback_id)
        if callback is not None and callback.state is CallbackState.DIALLED and callback.leg is not None:
            self._state.commands.append(StopDialling(callback.leg))
            self._failed(callback, OfferFailure.UNREACHABLE.value)

    def contact_ended(self, contact: Contact, disposition: Disposition) -> None:
        """A leg has gone: of the call that was promised one back, or of the call that should keep the promise."""
        asked = self._state.callbacks.get(callback_of(contact.id))
        if asked is not None and asked.state is CallbackState.PROMISED:
            self._look(asked)
        callback = self._state.callbacks.get(contact.callback) if contact.callback is not None else None
        if callback is None or callback.leg != contact.id or callback.state is not CallbackState.ON_LINE:
            return
        if disposition in VAIN:
            self._failed(callback, VAIN[disposition])
        else:
            other = disposition in ANOTHER_WAY
            self._state.end_callback(callback, CallbackEnd.WITHDRAWN if other else CallbackEnd.REACHED)

    def _failed(self, callback: Callback, cause: str) -> None:
        """One dial is used up."""
        state, rules = self._state, self._rules(callback)
        self._forget_contact(callback)
        state.deadlines.clear(Due.DIAL_OWED, callback.id)
        callback.next_at_ms = state.now_ms + rules.spacing_ms
        last = self._used_up(callback)
        if last:
            callback.next_at_ms = 0
        state.move_callback(callback, CallbackStimulus.NOT_REACHED, cause)
        callback.leg = None
        if last:
            state.end_callback(callback, CallbackEnd.FAILED)
        else:
            self._look(callback)

    # ── what the switch shows ───────────────────────────────────────────────────────────────────────────────────────
    def seen_before(self, event: SwitchSeen, *, was_lost: bool) -> SwitchSeen:
        """Judges the dials that were going on (not lost between: begun since); what remains are legs like any other."""
        state = self._state
        legs = {leg.contact: leg for leg in event.legs if leg.role is Role.CITIZEN}
        for callback in list(state.callbacks.values()):
            leg = legs.get(callback.leg) if callback.leg is not None else None
            if callback.leg is None or callback.state is CallbackState.WAITING:
                continue
            known = state.contacts.get(callback.leg)
            if callback.state is CallbackState.RESTING:
                self._dial_of_another_life(callback, up=leg is not None and leg.place != RINGING_PLACE, seen=event)
            elif leg is None and callback.state is CallbackState.DIALLED and was_lost:
                self._failed(callback, OfferFailure.LOST.value)
            elif leg is not None and callback.state is CallbackState.DIALLED and leg.place != RINGING_PLACE and known:
                self.picked_up(known, leg.queued_at_ms or state.now_ms)
        # made ring for a callback by an engine before us, or not stopped as a command was lost: nobody knows what for
        both = (READY_PLACE, RINGING_PLACE)
        lost = {leg.leg for leg in event.legs if leg.place in both and leg.contact not in state.contacts}
        for gone in sorted(lost):
            state.commands.append(StopDialling(ContactId(gone)))
            state.spend(OfferId(gone), leg_ended=False)  # a look that still shows it finds no offer in it
        others = tuple(leg for leg in event.legs if leg.place != RINGING_PLACE and leg.leg not in lost)
        return replace(event, legs=others)

    def _dial_of_another_life(self, callback: Callback, *, up: bool, seen: SwitchSeen) -> None:
        state = self._state
        assert callback.leg is not None
        if up:
            state.move_callback(callback, CallbackStimulus.PICKED_UP)
            self._picked_up_unheard[callback.leg] = callback.id
            return
        if callback.leg in seen.fell_back:
            state.end_callback(callback, CallbackEnd.REACHED)
            return
        callback.leg = None
        callback.next_at_ms = state.now_ms + self._rules(callback).spacing_ms
        if self._used_up(callback):
            state.end_callback(callback, CallbackEnd.FAILED)

    def found(self, contact: Contact) -> None:
        """Before a citizen who was seen takes a place: one who answered a dial has the place of the promise."""
        callback = self._state.callbacks.get(self._picked_up_unheard.get(contact.id, CallbackId("")))
        if callback is not None:
            contact.callback = callback.id
            contact.place_ms = min(contact.place_ms or callback.place_ms, callback.place_ms)
            contact.recalled = True

    def seen(self) -> None:
        """After every leg has its place: who talks has been reached, who rests looks at the clock."""
        state = self._state
        self._picked_up_unheard.clear()
        for callback in list(state.callbacks.values()):
            contact = state.contacts.get(callback.leg) if callback.leg is not None else None
            if callback.state is CallbackState.ON_LINE and (contact is None or contact.agent is not None):
                state.end_callback(callback, CallbackEnd.REACHED)
            elif callback.state in (CallbackState.RESTING, CallbackState.WAITING):
                self._look(callback)
