"""The two phones of a callback: whose rings first, and when the other one does. Commands and deadlines, no choice."""

from ivr_engine.core.callback import CallbackStimulus, may_be_dialled
from ivr_engine.core.commands import DialCitizen, StartOffer
from ivr_engine.core.contact import Contact
from ivr_engine.core.deadlines import Due
from ivr_engine.core.offer import ANSWER_OWED_MS, Offer
from ivr_engine.core.queue_rules import CallbackFirst
from ivr_engine.core.recording import recording_of, unrecorded
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import CallbackState

DIAL_OWED_MS = 3_000
"""How long after the ring time the switch may stay silent about a dial (a ping round is 3 s)."""


def start_offer(state: State, contact: Contact, offer: Offer) -> StartOffer:
    """Ring the agent's phone for the contact, whether or not its citizen is on the line."""
    request = contact.request
    assert request is not None
    rules = state.queue(offer.queue).recording
    offer.unrecorded = unrecorded(rules, contact)
    return StartOffer(
        offer=offer.id,
        contact=contact.id,
        agent=offer.agent,
        ring_ms=offer.ring_ms,
        number=contact.number,
        caller=contact.caller,
        agency=request.agency,
        queue=request.queue,
        language=request.language,
        callback=contact.awaited,
        recording=recording_of(rules, contact, offer),
    )


def begin(state: State, contact: Contact, offer: Offer) -> None:
    """An agent was found for a citizen who is called back."""
    assert contact.request is not None
    if state.queue(contact.request.queue).callback.first is CallbackFirst.AGENT:
        state.commands.append(start_offer(state, contact, offer))
        return
    offer.reserved = True
    dial(state, contact)
    stay_open(state, contact, offer)


def dial(state: State, contact: Contact) -> None:
    """The citizen's phone rings; it does so once, however many agents get ready for it."""
    callback = state.callbacks.get(contact.callback) if contact.callback is not None else None
    if callback is None or callback.state is not CallbackState.WAITING:
        return
    rules = state.queue(callback.request.queue).callback
    if not may_be_dialled(rules, callback.number):
        return  # the list became shorter while an agent's phone rang
    callback.dials += 1
    state.move_callback(callback, CallbackStimulus.DIALLED)
    state.deadlines.clear(Due.CALLBACK, callback.id)
    state.deadlines.set(Due.DIAL_OWED, callback.id, state.now_ms + rules.ring_ms + DIAL_OWED_MS)
    state.commands.append(
        DialCitizen(contact.id, callback.number, callback.line, rules.ring_ms, callback.request),
    )


def stay_open(state: State, contact: Contact, offer: Offer) -> None:
    """The offer has no other end than the dial's while the citizen's phone may ring; if that never comes, its own."""
    assert contact.request is not None
    ring_ms = state.queue(contact.request.queue).callback.ring_ms
    state.deadlines.set(Due.ANSWER_OWED, offer.id, state.now_ms + ring_ms + 2 * DIAL_OWED_MS)


def ring_reserved(state: State, contact: Contact, offer: Offer) -> None:
    """The citizen is there: now the phone of the agent who was kept free rings."""
    offer.reserved = False
    offer.made_at_ms = state.now_ms
    state.deadlines.set(Due.ANSWER_OWED, offer.id, state.now_ms + offer.ring_ms + ANSWER_OWED_MS)
    state.commands.append(start_offer(state, contact, offer))
