"""While citizen and agent are connected: hold, consult, conference, hand-over, and who leaves when.

The table in `transfer` says what is possible and what it does; this part turns rows into commands and keeps the
contact, the agent and the recipient's leg in step with it.
"""

from ivr_engine.core.commands import (
    CallRecipient,
    EndLeg,
    HandOver,
    HoldCitizen,
    JoinCitizen,
    ResumeTalk,
    ReturnToQueue,
)
from ivr_engine.core.contact import Contact
from ivr_engine.core.deadlines import Due
from ivr_engine.core.dispatch import Dispatch
from ivr_engine.core.errors import NoContact
from ivr_engine.core.events import (
    CancelRequested,
    CitizenHanded,
    CommandRefused,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    FellBack,
    HoldRequested,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    TalkResumed,
    TransferRequest,
)
from ivr_engine.core.notices import TransferEnded, TransferMoved
from ivr_engine.core.offer import Offer, OfferState
from ivr_engine.core.offering import Offering
from ivr_engine.core.state import State
from ivr_engine.core.transfer import (
    HAND_OVER_OWED_MS,
    RECIPIENT_MEETS_MS,
    RECIPIENT_RING_MS,
    RESUMED_LATE_MS,
    Effect,
    TransferStimulus,
    transfer_row,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    ContactPhase,
    LegId,
    RecipientFailure,
    TransferId,
    TransferResult,
    TransferState,
)

STIMULUS_OF: dict[type[TransferRequest], TransferStimulus] = {
    HoldRequested: TransferStimulus.HOLD,
    ResumeRequested: TransferStimulus.RESUME,
    ConsultRequested: TransferStimulus.CONSULT,
    CompleteRequested: TransferStimulus.COMPLETE,
    CancelRequested: TransferStimulus.CANCEL,
    ConferenceRequested: TransferStimulus.CONFERENCE,
}

RESULT_OF = {
    TransferStimulus.CANCEL: TransferResult.CANCELLED,
    TransferStimulus.RESUMED: TransferResult.CANCELLED,
    TransferStimulus.REFUSED: TransferResult.FAILED,
    TransferStimulus.RECIPIENT_FAILED: TransferResult.FAILED,
    TransferStimulus.NOT_HANDED: TransferResult.FAILED,
    TransferStimulus.AGENT_LEFT: TransferResult.ABANDONED,
    TransferStimulus.CITIZEN_LEFT: TransferResult.ABANDONED,
    TransferStimulus.HANDED: TransferResult.COMPLETED,
}

STATE_OF_COMMAND = {
    HoldCitizen.__name__: TransferState.HELD,
    CallRecipient.__name__: TransferState.RINGING,
    JoinCitizen.__name__: TransferState.CONFERENCE,
    HandOver.__name__: TransferState.HANDED_OVER,
}
"""The state that a command brings about, so that its refusal is about that state and about no other."""

CONSULTS = frozenset({TransferState.RINGING, TransferState.CONSULTING})
"""When one of these ends by itself the switch says so of the consult too; a hold may end by a key, in one word."""


class Talk:
    """The part of the engine that acts on connected contacts."""

    def __init__(self, state: State, dispatch: Dispatch, offering: Offering) -> None:
        self._state = state
        self._dispatch = dispatch
        self._offering = offering

    # ── what the agent asks ─────────────────────────────────────────────────────────────────────────────────────────
    def requested(self, event: TransferRequest) -> None:
        """Raises NoContact when the agent talks to nobody, IllegalEvent when the table has no row."""
        contact = self._contact_of(event.agent)
        stimulus = STIMULUS_OF[type(event)]
        row = transfer_row(contact.transfer, stimulus)
        if isinstance(event, ConsultRequested):
            contact.transfers += 1
            contact.transfer_id = TransferId(f"{contact.agent_leg}-t{contact.transfers}")
            contact.transfer_entry = event.entry
            contact.transfer_number = event.number
            contact.transfer_began_ms = self._state.now_ms
            contact.recipient_gone = False
        self._enter(contact, row.state, stimulus, row.effect)

    def _contact_of(self, agent: AgentId) -> Contact:
        asking = self._state.agent(agent)
        contact = self._state.contacts.get(asking.contact) if asking.contact is not None else None
        if contact is None or contact.agent != agent:
            raise NoContact(f"agent {agent} is not talking to anybody")
        return contact

    # ── what the switch tells ───────────────────────────────────────────────────────────────────────────────────────
    def recipient_ringing(self, event: RecipientRinging) -> None:
        contact = self._current(event.contact, event.transfer)
        if contact is not None:
            contact.recipient_leg = event.leg
            contact.recipient_gone = False
            self._state.recipients[event.leg] = contact.id

    def recipient_answered(self, event: RecipientAnswered) -> None:
        contact = self._current(event.contact, event.transfer)
        if contact is not None:
            self.step(contact, TransferStimulus.RECIPIENT_ANSWERED)

    def recipient_failed(self, event: RecipientFailed) -> None:
        contact = self._current(event.contact, event.transfer)
        if contact is not None:
            self.step(contact, TransferStimulus.RECIPIENT_FAILED, event.cause)

    def handed(self, event: CitizenHanded) -> None:
        contact = self._current(event.contact, event.transfer)
        if contact is not None:
            self._clear_deadlines(contact)
            self.step(contact, TransferStimulus.HANDED)
            self._settle(contact, TransferStimulus.HANDED, None)

    def resumed(self, event: TalkResumed) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is None or contact.phase is not ContactPhase.CONNECTED or contact.agent is None:
            return
        told_ms = contact.resumed_at_ms
        late = told_ms is not None and self._state.now_ms - told_ms < RESUMED_LATE_MS
        if late and contact.transfer in CONSULTS:
            return  # told of the talk before this consult
        self.step(contact, TransferStimulus.RESUMED)

    def refused(self, event: CommandRefused) -> None:
        contact = self._state.contacts.get(event.contact)
        if contact is None or contact.phase is not ContactPhase.CONNECTED or contact.agent is None:
            return
        if contact.transfer is STATE_OF_COMMAND.get(event.command):
            self.step(contact, TransferStimulus.REFUSED)

    def _current(self, contact: ContactId, transfer: TransferId) -> Contact | None:
        """The contact, if this transfer is the one that is going on; an older one's facts are late."""
        found = self._state.contacts.get(contact)
        return found if found is not None and found.transfer_id == transfer else None

    # ── who leaves ──────────────────────────────────────────────────────────────────────────────────────────────────
    def agent_left(self, offer: Offer) -> None:
        """The agent's leg of a talk is gone."""
        state = self._state
        state.offers.pop(offer.id, None)
        state.spend(offer.id, leg_ended=True)
        agent = state.agents.get(offer.agent)
        contact = state.contacts.get(offer.contact)
        if contact is not None and contact.agent_leg == LegId(offer.id):
            contact.agent = None
            contact.agent_leg = None
            if contact.phase is ContactPhase.CONNECTED:
                self.step(contact, TransferStimulus.AGENT_LEFT)
                self._return_if_alone(contact)
        if agent is not None and agent.offer == offer.id and offer.state is OfferState.ANSWERED:
            self._offering.contact_over(agent)

    def citizen_left(self, contact: Contact) -> None:
        """Before the contact ends: what becomes of the others."""
        if contact.phase is ContactPhase.CONNECTED and contact.transfer is not TransferState.ENDED:
            self.step(contact, TransferStimulus.CITIZEN_LEFT)
        if contact.recipient_leg is not None:
            self._state.recipients.pop(contact.recipient_leg, None)

    def fell_back(self, event: FellBack) -> None:
        """The static queue has the citizen; told late of one who talks by now, it means nothing."""
        contact = self._state.contacts.get(event.contact)
        if contact is not None and contact.phase is ContactPhase.CONNECTED:
            if contact.agent is not None and contact.transfer is TransferState.TALKING:
                return
            self.let_go(contact)
        self._dispatch.fell_back(event)

    def let_go(self, contact: Contact) -> None:
        """The citizen stands somewhere else by now: whatever was going on with agent and recipient is over."""
        self._clear_deadlines(contact)
        self._settle(contact, TransferStimulus.CITIZEN_LEFT, None)
        contact.transfer = TransferState.ENDED
        contact.agent = None
        contact.agent_leg = None

    def recipient_left(self, leg: LegId) -> None:
        contact = self._state.contacts.get(self._state.recipients.pop(leg))
        if contact is not None and contact.recipient_leg == leg:
            contact.recipient_leg = None
            contact.recipient_gone = True
            if contact.transfer is TransferState.CONFERENCE:
                # agent and citizen stay together in the bridge of three; no dialplan has anything to tell
                self.step(contact, TransferStimulus.RECIPIENT_FAILED, RecipientFailure.HUNG_UP)
            self._return_if_alone(contact)

    def _return_if_alone(self, contact: Contact) -> None:
        """Agent and recipient left before the recipient had the citizen: nobody will come, and it is known already."""
        if (
            contact.transfer is TransferState.HANDED_OVER
            and contact.transfer_id is not None
            and contact.recipient_gone
            and contact.agent is None
        ):
            self.step(contact, TransferStimulus.NOT_HANDED)

    def hand_over(self, contact: ContactId) -> None:
        """Agent and recipient have met by now: the agent's leg may end. One who was left alone keeps the citizen."""
        handing = self._state.contacts.get(contact)
        if handing is None or handing.transfer is not TransferState.HANDED_OVER or handing.transfer_id is None:
            return
        if handing.agent_leg is not None and not handing.recipient_gone:
            self._state.commands.append(HandOver(handing.id, handing.agent_leg))
        self._state.deadlines.set(Due.HAND_OVER_OWED, contact, self._state.now_ms + HAND_OVER_OWED_MS)

    def _clear_deadlines(self, contact: Contact) -> None:
        self._state.deadlines.clear(Due.HAND_OVER, contact.id)
        self._state.deadlines.clear(Due.HAND_OVER_OWED, contact.id)

    def hand_over_owed(self, contact: ContactId) -> None:
        """Citizen and recipient were not brought together: back to an agent who is still there, or to the queue."""
        owed = self._state.contacts.get(contact)
        if owed is None or owed.transfer is not TransferState.HANDED_OVER or owed.transfer_id is None:
            return
        if owed.agent is not None:
            self.step(owed, TransferStimulus.REFUSED)
            return
        recipient = owed.recipient_leg
        self.step(owed, TransferStimulus.NOT_HANDED)
        if recipient is not None:
            # after the citizen is out of reach, or a late hand-over would take the citizen from the next agent
            self._state.commands.append(EndLeg(recipient, owed.id))

    # ── one step of the table ───────────────────────────────────────────────────────────────────────────────────────
    def step(self, contact: Contact, stimulus: TransferStimulus, cause: RecipientFailure | None = None) -> None:
        row = transfer_row(contact.transfer, stimulus)
        self._enter(contact, row.state, stimulus, row.effect, cause)

    def _enter(
        self,
        contact: Contact,
        following: TransferState,
        stimulus: TransferStimulus,
        effect: Effect,
        cause: RecipientFailure | None = None,
    ) -> None:
        state = self._state
        moved = following is not contact.transfer
        already_together = contact.transfer is TransferState.CONFERENCE
        met_at_ms = state.now_ms if already_together else contact.transfer_since_ms + RECIPIENT_MEETS_MS
        contact.transfer = following
        if moved:
            contact.transfer_since_ms = state.now_ms
            self._clear_deadlines(contact)
        if moved and (contact.transfer_id is not None or following is not TransferState.ENDED):
            state.notices.append(
                TransferMoved(
                    transfer=contact.transfer_id or TransferId(""),
                    contact=contact.id,
                    agent=contact.agent or contact.last_agent or AgentId(""),
                    state=following,
                    entry=contact.transfer_entry,
                    since_ms=state.now_ms,
                )
            )
        if moved and following is TransferState.HANDED_OVER:
            if already_together:
                self._settle(contact, TransferStimulus.HANDED, None)
            elif effect is Effect.HAND_OVER and met_at_ms > state.now_ms:
                state.deadlines.set(Due.HAND_OVER, contact.id, met_at_ms)
                effect = Effect.NONE
            elif stimulus is not TransferStimulus.HANDED:
                state.deadlines.set(Due.HAND_OVER_OWED, contact.id, state.now_ms + HAND_OVER_OWED_MS)
        self._tell_switch(contact, effect)
        if moved and following in (TransferState.TALKING, TransferState.ENDED):
            self._settle(contact, stimulus, cause)
        if effect is Effect.RETURN_TO_QUEUE:
            state.commands.append(ReturnToQueue(contact.id))
            self._dispatch.return_to_queue(contact)

    def _tell_switch(self, contact: Contact, effect: Effect) -> None:
        state = self._state
        leg = contact.agent_leg
        match effect:
            case Effect.HOLD if leg:
                state.commands.append(HoldCitizen(contact.id, leg))
            case Effect.RESUME if leg:
                state.commands.append(ResumeTalk(contact.id, leg, contact.recipient_leg))
                contact.resumed_at_ms = state.now_ms
            case Effect.CALL | Effect.CALL_FROM_HOLD if leg and contact.transfer_id:
                state.commands.append(
                    CallRecipient(
                        contact=contact.id,
                        agent_leg=leg,
                        transfer=contact.transfer_id,
                        number=contact.transfer_number,
                        ring_ms=RECIPIENT_RING_MS,
                        hold_first=effect is Effect.CALL,
                    )
                )
            case Effect.HAND_OVER if leg:
                state.commands.append(HandOver(contact.id, leg))
            case Effect.JOIN if leg:
                state.commands.append(JoinCitizen(contact.id, leg))
            case Effect.END_AGENT_LEG if leg:
                state.commands.append(EndLeg(leg, contact.id))

    def _settle(self, contact: Contact, stimulus: TransferStimulus, cause: RecipientFailure | None) -> None:
        """The consult, if there was one, has its result."""
        if contact.transfer_id is None:
            return
        if contact.transfer_id != contact.transfer_settled:  # seen again after an end that the switch never heard of
            self._state.notices.append(
                TransferEnded(
                    transfer=contact.transfer_id,
                    contact=contact.id,
                    agent=contact.agent or contact.last_agent or AgentId(""),
                    entry=contact.transfer_entry,
                    result=RESULT_OF[stimulus],
                    cause=cause,
                    lasted_ms=max(0, self._state.now_ms - contact.transfer_began_ms),
                )
            )
        contact.transfer_settled = contact.transfer_id
        contact.transfer_id = None
        contact.transfer_entry = ""
        contact.transfer_number = ""

    def adopt(self, contact: Contact, transfer: TransferState, transfer_id: TransferId | None) -> None:
        """What a snapshot of the switch shows, without an effect."""
        contact.transfer = transfer
        contact.transfer_id = transfer_id
        contact.transfer_began_ms = contact.transfer_since_ms = self._state.now_ms
