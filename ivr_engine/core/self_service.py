"""What a flow does besides leading to a queue: hand over to an official, promise a call, note, record, send a text.

Theory of operation. The switch acts by itself (its dialplan dials the official, and queues whom nobody answered); what
comes here are facts, kept on the contact as far as its one disposition depends on them and published for the rest. A
fact that is told twice is published once.
"""

from ivr_engine.core.callbacks import Callbacks
from ivr_engine.core.contact import Contact
from ivr_engine.core.conversation import Ended
from ivr_engine.core.dispatch import Dispatch
from ivr_engine.core.events import (
    CallbackAsked,
    FactsNoted,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    MessageRecorded,
    SelfServed,
    SurveyBegan,
    TextSettled,
)
from ivr_engine.core.notices import (
    ContactForwarded,
    ContactNoted,
    ContactRecorded,
    ContactTexted,
    ForwardSettled,
)
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import ContactId, ContactPhase, Disposition, RecipientFailure

SHORTEST_MESSAGE_MS = 1_000
"""What is shorter was a cough, or a citizen who hung up at the tone."""

RECORDINGS_OF_A_CONTACT = 20
"""More than that a flow does not ask for; a contact must not grow without end."""

TEXTS_OF_A_CONTACT = 20


class SelfService:
    """The part of the engine for contacts that no agent has a part in."""

    def __init__(self, state: State, dispatch: Dispatch, callbacks: Callbacks) -> None:
        self._state = state
        self._dispatch = dispatch
        self._callbacks = callbacks

    def told(self, event: SelfServed) -> None:
        match event:
            case CallbackAsked():
                self._callback_asked(event)
            case ForwardBegan():
                self._forward_began(event)
            case ForwardAnswered():
                self._forward_answered(event)
            case ForwardFailed():
                self._forward_failed(event)
            case FactsNoted():
                self._noted(event)
            case MessageRecorded():
                self._recorded(event)
            case TextSettled():
                self._texted(event)
            case SurveyBegan():
                self._survey_began(event)

    # ── to an official ──────────────────────────────────────────────────────────────────────────────────────────────
    def _forward_began(self, event: ForwardBegan) -> None:
        contact = self._dispatch.known(event.contact, event.number, event.caller)
        if contact is None or contact.phase is not ContactPhase.IN_FLOW or contact.forwarded is not None:
            return
        contact.forwarded = event.outcome
        contact.forwarded_at_ms = self._state.now_ms
        otherwise = event.outcome.otherwise
        self._state.notices.append(
            ContactForwarded(contact.id, event.outcome.entry, otherwise.agency, otherwise.language)
        )

    def _forward_answered(self, event: ForwardAnswered) -> None:
        contact = self._forwarded(event.contact)
        if contact is not None and contact.answered_at_ms is None:
            contact.answered_at_ms = self._state.now_ms
            self._settle(contact, None)

    def _forward_failed(self, event: ForwardFailed) -> None:
        contact = self._forwarded(event.contact)
        if contact is not None and contact.answered_at_ms is None:
            self._settle(contact, event.cause)

    def _forwarded(self, contact: ContactId) -> Contact | None:
        found = self._state.contacts.get(contact)
        return found if found is not None and found.forwarded is not None and found.forwarded_at_ms else None

    def _settle(self, contact: Contact, cause: RecipientFailure | None) -> None:
        assert contact.forwarded is not None
        self._state.notices.append(
            ForwardSettled(
                contact=contact.id,
                entry=contact.forwarded.entry,
                answered=cause is None,
                cause=cause,
                rang_ms=max(0, self._state.now_ms - contact.forwarded_at_ms),
                queue=contact.forwarded.otherwise.queue,
            )
        )
        contact.forwarded_at_ms = 0

    # ── a call back ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _callback_asked(self, event: CallbackAsked) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is None or contact.phase is not ContactPhase.IN_FLOW or contact.flow_ended is not None:
            return
        request = event.outcome.request
        contact.flow_ended = Ended(Disposition.CALLBACK, request.agency, request.language)
        self._callbacks.promised(contact, event.outcome)

    # ── what is kept of it ──────────────────────────────────────────────────────────────────────────────────────────
    def _noted(self, event: FactsNoted) -> None:
        if event.contact in self._state.contacts:
            self._state.notices.append(ContactNoted(event.contact, event.facts, event.survey))

    def _recorded(self, event: MessageRecorded) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is None or event.length_ms < SHORTEST_MESSAGE_MS or event.recording in contact.recordings:
            return
        contact.recordings = (*contact.recordings, event.recording)[-RECORDINGS_OF_A_CONTACT:]
        self._state.notices.append(ContactRecorded(contact.id, event.recording, event.length_ms))

    def _texted(self, event: TextSettled) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is None or (event.sent and event.key in contact.texts):
            return
        if event.sent:
            contact.texts = (*contact.texts, event.key)[-TEXTS_OF_A_CONTACT:]
        self._state.notices.append(ContactTexted(contact.id, event.key, event.sent, event.reason))

    def _survey_began(self, event: SurveyBegan) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is not None and contact.surveyed_at_ms is None and contact.phase is ContactPhase.CONNECTED:
            contact.surveyed_at_ms = self._state.now_ms
