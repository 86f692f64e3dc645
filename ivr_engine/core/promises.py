"""Promises to call back while nobody is dialled: made, in the order without a leg, at rest, dropped.

Theory of operation. A callback that may be dialled stands in its queue as a contact that is *awaited*: same line, same
order, with the age of the first call, and routing gives it an agent like any other. Outside the hours, between two
dials and while its queue is gone it rests, out of the order. It is dropped when it expires, when its number may not be
dialled, and when the citizen calls first: then the age goes with them.
"""

from ivr_engine.core.callback import (
    Callback,
    CallbackStimulus,
    callback_of,
    canonical,
    closes_at_ms,
    may_be_dialled,
    opens_at_ms,
)
from ivr_engine.core.commands import StopDialling
from ivr_engine.core.contact import Contact, ContactStimulus
from ivr_engine.core.conversation import ToCallback
from ivr_engine.core.deadlines import Due
from ivr_engine.core.errors import IllegalEvent
from ivr_engine.core.events import CallbackCancelled, CallbackRestored
from ivr_engine.core.notices import CallbackPromised
from ivr_engine.core.offering import Offering
from ivr_engine.core.queue_rules import CallbackRules
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import CallbackEnd, CallbackId, CallbackState, ContactId, ContactPhase
from ivr_engine.core.waiting import Waiting

CALLBACKS = 5_000
"""Open at once: an eighth of a day of 120, and no more than one start can put into its inbox. Beyond it a promise is
refused by the engine, at once."""

LOOK_AGAIN_MS = 3_000
"""While an agent's phone rings for a callback whose hours end."""


class Promises:
    """The part of the engine that keeps the places of citizens who hung up."""

    def __init__(self, state: State, offering: Offering, waiting: Waiting) -> None:
        self._state = state
        self._offering = offering
        self._waiting = waiting

    # ── the promise ─────────────────────────────────────────────────────────────────────────────────────────────────
    def promised(self, contact: Contact, outcome: ToCallback) -> None:
        """Told when the flow ended; nobody is dialled before that leg has gone."""
        state, request = self._state, outcome.request
        settings = state.queue(request.queue)
        rules = settings.callback
        place_ms = state.now_ms if contact.queued_at_ms is None else contact.place_ms
        older = self._open_for(outcome.number, rules)
        if older is not None:
            place_ms = min(place_ms, older.place_ms)
            self._drop(older, CallbackEnd.WITHDRAWN)
        callback = Callback(
            callback_of(contact.id), contact.id, outcome.number, contact.number, request, state.now_ms, place_ms
        )
        state.notices.append(
            CallbackPromised(
                contact=contact.id,
                number=outcome.number,
                queue=request.queue,
                requirement=tuple(sorted(frozenset(settings.requirement) | request.requirement)),
                agency=request.agency,
                language=request.language,
                priority=request.priority + settings.priority,
                asked_at_ms=state.now_ms,
                callback=callback.id if rules.dials else "",
                line=contact.number,
                place_ms=place_ms,
            )
        )
        if not rules.dials:
            return
        self._keep(callback)
        if not may_be_dialled(rules, outcome.number) or len(state.callbacks) > CALLBACKS:
            state.end_callback(callback, CallbackEnd.REFUSED)

    def restored(self, event: CallbackRestored) -> None:
        """From the journal, whose clock may have been ahead of ours; it rests until the switch was seen."""
        now_ms = self._state.now_ms
        callback = Callback(
            event.callback,
            event.origin,
            event.number,
            event.line,
            event.request,
            min(event.asked_at_ms, now_ms),
            min(event.place_ms, now_ms),
            CallbackState.RESTING,
            event.dials,
            event.leg,
            event.next_at_ms,
            event.dials,
        )
        self._keep(callback)

    def _keep(self, callback: Callback) -> None:
        callback.telephone = canonical(callback.number, self._rules(callback).country)
        self._state.callbacks[callback.id] = callback
        self._state.promised[callback.telephone] = callback.id

    def cancelled(self, event: CallbackCancelled) -> None:
        """Raises IllegalEvent while the citizen is on the line, and for a promise that is not open."""
        callback = self._state.callbacks.get(event.callback)
        if callback is None:
            raise IllegalEvent(f"callback {event.callback} is not open")
        if callback.state is CallbackState.ON_LINE:
            raise IllegalEvent(f"callback {event.callback}: the citizen is on the line")
        self._drop(callback, CallbackEnd.CANCELLED)

    # ── in the order, or not now ────────────────────────────────────────────────────────────────────────────────────
    def look(self, callback_id: CallbackId) -> None:
        """Its deadline: the rest is over, the hours begin or end, or it has expired."""
        callback = self._state.callbacks.get(callback_id)
        if callback is not None:
            self._look(callback)

    def look_at_all(self) -> None:
        """After a new configuration: hours, numbers and limits may be others."""
        for callback in list(self._state.callbacks.values()):
            if callback.state in (CallbackState.WAITING, CallbackState.RESTING) and self._state.switch_connected:
                self._look(callback)

    def _look(self, callback: Callback) -> None:
        state, rules = self._state, self._rules(callback)
        waits = callback.state is CallbackState.WAITING
        if callback.state not in (CallbackState.RESTING, CallbackState.PROMISED, CallbackState.WAITING):
            return
        contact = state.contacts.get(callback.leg) if callback.leg is not None else None
        if waits and contact is not None and contact.phase is ContactPhase.OFFERED:
            # an agent's phone rings for it: they decide, even where it has expired meanwhile
            state.deadlines.set(Due.CALLBACK, callback.id, state.now_ms + LOOK_AGAIN_MS)
            return
        if state.now_ms >= callback.asked_at_ms + rules.expires_ms:
            self._drop(callback, CallbackEnd.EXPIRED)
            return
        if self._cannot_be_dialled(callback):
            return
        at_ms = opens_at_ms(rules, max(state.now_ms, callback.next_at_ms))
        if at_ms > state.now_ms:
            self._rest(callback, at_ms)
        elif not waits:
            self._stand(callback)
        else:
            self._again(callback, closes_at_ms(rules, state.now_ms))

    def _cannot_be_dialled(self, callback: Callback) -> bool:
        """The site changed its mind meanwhile, which ends the promise; or it took the queue away, a canary's perhaps:
        then no rules say whether the citizen may be dialled, and the promise rests until the queue is back."""
        if callback.request.queue not in self._state.queues:
            self._lay_down(callback)
            self._again(callback, None)
            return True
        if not may_be_dialled(self._rules(callback), callback.number):
            self._drop(callback, CallbackEnd.REFUSED)
            return True
        return False

    def _rest(self, callback: Callback, until_ms: int) -> None:
        callback.next_at_ms = until_ms
        self._lay_down(callback)
        self._again(callback, until_ms)

    def _lay_down(self, callback: Callback) -> None:
        """Out of the order, if it stood there."""
        if callback.state is not CallbackState.RESTING:
            self._forget_contact(callback)
            callback.leg = None
            self._state.move_callback(callback, CallbackStimulus.RESTED)

    def _stand(self, callback: Callback) -> None:
        """Into the queue's order, at the age of the first call."""
        state = self._state
        callback.stood += 1
        callback.leg = ContactId(f"{callback.id}-e{state.epoch}-{callback.stood}")
        contact = Contact(
            callback.leg, callback.line, callback.number, callback.place_ms, since_ms=state.now_ms, awaited=True
        )
        contact.callback = callback.id
        contact.request = callback.request
        contact.queued_at_ms = callback.place_ms
        state.contacts[contact.id] = contact
        state.move_callback(callback, CallbackStimulus.STOOD)
        self._waiting.join(contact)
        state.move_contact(contact, ContactStimulus.QUEUED)
        self._again(callback, closes_at_ms(self._rules(callback), state.now_ms))
        self._waiting.await_agent(contact)

    def _again(self, callback: Callback, at_ms: int | None) -> None:
        """The next look, at the latest when it expires."""
        expires_at_ms = callback.asked_at_ms + self._rules(callback).expires_ms
        due_ms = expires_at_ms if at_ms is None else min(at_ms, expires_at_ms)
        self._state.deadlines.set(Due.CALLBACK, callback.id, max(due_ms, self._state.now_ms))

    # ── the citizen was faster ──────────────────────────────────────────────────────────────────────────────────────
    def called(self, contact: Contact) -> None:
        """A caller stands in a queue: one who was promised a call has the place of it, and is not called any more."""
        if not self._state.callbacks or contact.callback is not None or not contact.caller:
            return
        assert contact.request is not None
        callback = self._open_for(contact.caller, self._state.queue(contact.request.queue).callback)
        if callback is None or callback.origin == contact.id:
            return
        if callback.place_ms < contact.place_ms:
            contact.place_ms, contact.recalled = callback.place_ms, True
        self._drop(callback, CallbackEnd.WITHDRAWN)

    def _open_for(self, number: str, rules: CallbackRules) -> Callback | None:
        """The promise to this number that is not being kept right now."""
        known = self._state.promised.get(canonical(number, rules.country))
        callback = self._state.callbacks.get(known) if known is not None else None
        return callback if callback is not None and callback.state is not CallbackState.ON_LINE else None

    def _drop(self, callback: Callback, end: CallbackEnd) -> None:
        """Over, wherever it stands; a phone that rings for it stops."""
        if callback.state is CallbackState.DIALLED and callback.leg is not None:
            self._state.commands.append(StopDialling(callback.leg))
        self._forget_contact(callback)
        self._state.end_callback(callback, end)

    def _forget_contact(self, callback: Callback) -> None:
        """Out of the order; no contact ever began, so none ends. Its agent is free for others."""
        state = self._state
        contact = state.contacts.get(callback.leg) if callback.leg is not None else None
        if contact is None or not contact.awaited:
            return
        state.routing.remove(contact.id)
        state.waits_no_more(contact)
        self._offering.withdraw(contact)
        del state.contacts[contact.id]

    def _used_up(self, callback: Callback) -> bool:
        """Dialled as often as agreed; how often that is nobody knows while its queue is gone."""
        return callback.request.queue in self._state.queues and callback.dials >= self._rules(callback).dials

    def _rules(self, callback: Callback) -> CallbackRules:
        return self._state.queue(callback.request.queue).callback
