"""The citizen's way: arrival, queueing, the promise, falling back, returning with the age kept, ending once."""

from ivr_engine.core.callbacks import Callbacks
from ivr_engine.core.contact import WAITING, Contact, ContactStimulus
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.deadlines import Due
from ivr_engine.core.events import ContactArrived, ContactQueued, FallbackAnswered, FellBack, FlowEnded
from ivr_engine.core.notices import ContactBegan, ContactEnded, PromiseMissed
from ivr_engine.core.offering import Offering
from ivr_engine.core.recall import KEEP_THEIR_PLACE
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import UNKNOWN_QUEUE, ContactId, ContactPhase, Disposition, TransferState
from ivr_engine.core.waiting import Waiting

LATEST_EVENT_MS = 5 * 60_000
"""How much later than it happened a citizen's arrival may be told: two minutes were seen (asterisk#2145). A stamp of
the switch from before is its clock that was set back, and would be an hour of wait that nobody waited."""

LEFT_BEHIND_MS = 3_000
"""How long after a citizen was sent on an event of the wait context may still come; the next turn of it is 5 s away."""


class Dispatch:
    """The part of the engine that walks a citizen from arrival to disposition."""

    def __init__(self, state: State, offering: Offering, waiting: Waiting, callbacks: Callbacks) -> None:
        self._state = state
        self._offering = offering
        self._waiting = waiting
        self._callbacks = callbacks

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    def arrived(self, event: ContactArrived) -> None:
        self.known(event.contact, event.number, event.caller)

    def known(
        self, contact: ContactId, number: str, caller: str, arrived_at_ms: int | None = None, *, adopted: bool = False
    ) -> Contact | None:
        """The contact, begun if we never saw it; None if it has ended already."""
        state = self._state
        found = state.contacts.get(contact)
        if found is not None or contact in state.ended:
            return found
        arrived = min(state.now_ms, arrived_at_ms if arrived_at_ms is not None else state.now_ms)
        begun = Contact(contact, number, caller, arrived, since_ms=state.now_ms)
        state.contacts[contact] = begun
        state.notices.append(ContactBegan(contact, number, caller, arrived, adopted=adopted))
        return begun

    def queued(self, event: ContactQueued) -> None:
        contact = self.known(event.contact, event.number, event.caller, event.queued_at_ms)
        if contact is None:
            return
        if contact.awaited:
            self._callbacks.picked_up(contact, event.queued_at_ms)
        elif contact.phase is ContactPhase.IN_FLOW:
            if self.just_sent_on(contact):
                return  # told before the citizen was fetched from the wait context
            contact.request = event.request
            contact.queued_at_ms = self.stamped(contact, event.queued_at_ms)
            self.stand(contact)
        elif contact.phase is ContactPhase.QUEUED:
            self._waiting.look(contact)
        elif contact.phase is ContactPhase.FALLING_BACK and contact.request is None:
            # told after the citizen fell back: how long the wait has been is still worth knowing
            contact.request = event.request
            contact.queued_at_ms = self.stamped(contact, event.queued_at_ms)
        elif contact.phase is ContactPhase.CONNECTED and contact.agent is None and not _with_recipient(contact):
            # the other leg went without taking the citizen along, and the citizen says so from the wait context
            self.return_to_queue(contact)

    def just_sent_on(self, contact: Contact) -> bool:
        """The queue let the citizen go, and the switch may not have done it yet."""
        return contact.sent_on_at_ms is not None and self._state.now_ms - contact.sent_on_at_ms < LEFT_BEHIND_MS

    def stamped(self, contact: Contact, at_ms: int) -> int:
        """When the switch says something happened to the contact; now, where only a clock that jumped can say so."""
        now_ms = self._state.now_ms
        return at_ms if contact.arrived_at_ms - LATEST_EVENT_MS <= at_ms <= now_ms else now_ms

    def stand(self, contact: Contact) -> None:
        """Entry into a queue: the promise's clock runs from `queued_at_ms`."""
        first = contact.desk is None
        self._waiting.join(contact)
        if first:
            self._waiting.arrive(contact)
            self._callbacks.called(contact)
        self._state.move_contact(contact, ContactStimulus.QUEUED)
        if contact.answered_at_ms is None:
            # strictly after the promise: answered at 15.000 s is answered
            self._state.deadlines.set(Due.PROMISE, contact.id, contact.promise_at_ms + 1)
        self._waiting.wait(contact)

    def return_to_queue(self, contact: Contact) -> None:
        """Back to the old place: the age is the place."""
        state = self._state
        contact.returns += 1
        contact.agent = None
        contact.agent_leg = None
        contact.transfer = TransferState.TALKING
        state.move_contact(contact, ContactStimulus.RETURNED)
        if contact.request is None or contact.queued_at_ms is None:
            contact.request = contact.request or ToQueue(queue=UNKNOWN_QUEUE)
            contact.queued_at_ms = contact.queued_at_ms or contact.arrived_at_ms
        if contact.desk is None:
            self._waiting.join(contact)
        self._waiting.wait(contact)

    def promise_missed(self, contact: ContactId) -> None:
        waiting = self._state.contacts.get(contact)
        if waiting is not None and waiting.phase in WAITING and waiting.request and waiting.queued_at_ms is not None:
            settings = self._state.queue(waiting.request.queue)
            self._state.routing.missed(self._state.now_ms)
            self._state.notices.append(PromiseMissed(contact, settings.id, waiting.queued_at_ms, settings.promise_ms))

    def flow_ended(self, event: FlowEnded) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is not None and contact.phase is ContactPhase.IN_FLOW:
            contact.flow_ended = event.outcome

    def fell_back(self, event: FellBack) -> None:
        contact = self.known(event.contact, event.number, event.caller)
        if contact is None or contact.phase is ContactPhase.FALLING_BACK:
            return
        if contact.awaited:
            self._callbacks.on_line(contact, self._state.now_ms)
        self.fall_back(contact)

    def fall_back(self, contact: Contact) -> None:
        """The switch serves this citizen from its static queue from now on."""
        self._state.routing.remove(contact.id)
        self._offering.withdraw(contact)
        self._state.waits_no_more(contact)
        self._state.move_contact(contact, ContactStimulus.FELL_BACK)

    def fallback_answered(self, event: FallbackAnswered) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is not None and contact.phase is ContactPhase.FALLING_BACK and contact.answered_at_ms is None:
            contact.answered_at_ms = self._state.now_ms

    def ended(self, contact: Contact, disposition: Disposition | None = None) -> None:
        """The citizen's leg is gone: the one disposition."""
        state = self._state
        final = disposition or contact.disposition()
        state.routing.remove(contact.id)
        self._offering.withdraw(contact)
        state.waits_no_more(contact)
        if contact.desk is not None and contact.answered_at_ms is None:
            state.routing.served(contact.desk, within=False)
        if state.routing.policy.redial_ms and final in KEEP_THEIR_PLACE and contact.desk is not None:
            state.recall.left(contact.caller, contact.place_ms, state.now_ms)
        state.deadlines.clear(Due.HAND_OVER, contact.id)
        state.deadlines.clear(Due.HAND_OVER_OWED, contact.id)
        # what a flow says after the queue is no wait
        sent_on_at_ms = contact.sent_on_at_ms if contact.phase is ContactPhase.IN_FLOW else None
        state.move_contact(contact, ContactStimulus.LEFT)
        left_after = None if contact.queued_at_ms is None else state.now_ms - contact.queued_at_ms
        wait_ms = left_after
        if contact.queued_at_ms is not None and sent_on_at_ms is not None:
            wait_ms = max(0, sent_on_at_ms - contact.queued_at_ms)
        talk_ms = None
        if contact.answered_at_ms is not None:
            talked_until_ms = state.now_ms if contact.surveyed_at_ms is None else contact.surveyed_at_ms
            talk_ms = max(0, talked_until_ms - contact.answered_at_ms)
            if contact.queued_at_ms is not None:
                wait_ms = max(0, contact.answered_at_ms - contact.queued_at_ms)
        request = contact.request
        spoken_for = request or contact.flow_ended or (contact.forwarded.otherwise if contact.forwarded else None)
        short = (
            final is Disposition.ABANDONED
            and request is not None
            and left_after is not None
            and left_after < state.queue(request.queue).short_abandon_ms
        )
        state.notices.append(
            ContactEnded(
                contact=contact.id,
                disposition=final,
                number=contact.number,
                agency=spoken_for.agency if spoken_for else "",
                queue=request.queue if request else "",
                language=spoken_for.language if spoken_for else "",
                agent=contact.last_agent or "",
                arrived_at_ms=contact.arrived_at_ms,
                queued_at_ms=contact.queued_at_ms,
                answered_at_ms=contact.answered_at_ms,
                ended_at_ms=state.now_ms,
                wait_ms=wait_ms,
                talk_ms=talk_ms,
                within_promise=contact.within_promise,
                short_abandon=short,
                offers=contact.offers,
                callback=contact.callback or "",
            )
        )
        state.bury(contact.id)
        self._callbacks.contact_ended(contact, final)


def _with_recipient(contact: Contact) -> bool:
    """Handed over, or about to be."""
    return contact.transfer is TransferState.HANDED_OVER and (
        contact.transfer_id is not None or contact.recipient_leg is not None
    )
