"""`Engine.handle(event, now_ms)`: the one place where the state of the centre changes.

One fact goes in with the time at which it was learnt; commands for the switch and notices for everybody come out.
Deadlines that were due before `now_ms` fire first; those due at `now_ms` fire with `TimePassed`, so that a fact of the
same millisecond wins (only a promise breaks before it: after 15.000 s, whatever the next millisecond brings). An
illegal event raises and changes nothing. The same facts at the same times give the same commands, whoever runs the
engine: live, in a test, in a replay.
"""

from dataclasses import dataclass

from ivr_engine.core.adoption import Adoption
from ivr_engine.core.agent import Agent, Intention
from ivr_engine.core.announcing import Announcing
from ivr_engine.core.callbacks import Callbacks
from ivr_engine.core.commands import Command, LeaveQueue
from ivr_engine.core.configuration import Configuration
from ivr_engine.core.deadlines import Due
from ivr_engine.core.dispatch import Dispatch
from ivr_engine.core.errors import UnknownAgent
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CallbackCancelled,
    CallbackRestored,
    CallersRestored,
    CancelRequested,
    CitizenHanded,
    CitizenNotReached,
    CommandRefused,
    CompleteRequested,
    ConferenceRequested,
    Configured,
    ConsultRequested,
    ContactArrived,
    ContactQueued,
    ContactRestored,
    Event,
    FactsNoted,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    HoldRequested,
    LegEnded,
    MessageRecorded,
    OfferAnswered,
    OfferFailed,
    OfferRestored,
    PresenceChosen,
    PresenceRestored,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    RoutingRestored,
    Started,
    SurveyBegan,
    SwitchDied,
    SwitchLost,
    SwitchSeen,
    TalkRecordingBegan,
    TalkRecordingStopped,
    TalkResumed,
    TextSettled,
    TimePassed,
    WaitKeyPressed,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.explanation import ShareView, Why, explain, shares
from ivr_engine.core.notices import AgentsRegistered, Notice
from ivr_engine.core.offer import OfferState
from ivr_engine.core.offering import Offering
from ivr_engine.core.pictures import picture
from ivr_engine.core.recording import Recording
from ivr_engine.core.requirement import Requirement
from ivr_engine.core.routing_memory import noted, restore
from ivr_engine.core.self_service import SelfService
from ivr_engine.core.state import State
from ivr_engine.core.talk import Talk
from ivr_engine.core.unmet import judge_list
from ivr_engine.core.views import View
from ivr_engine.core.vocabulary import AgentId, AgentState, CallbackId, ContactId, LegId, OfferFailure, OfferId
from ivr_engine.core.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one event."""

    commands: tuple[Command, ...]
    notices: tuple[Notice, ...]


class Engine:
    """The core, composed: dispatch, talk and adoption over one state."""

    def __init__(self) -> None:
        self._state = State()
        self._notes_at_ms = 0
        self._offering = Offering(self._state)
        self._waiting = Waiting(self._state, self._offering)
        self._announcing = Announcing(self._state, self._waiting)
        self._callbacks = Callbacks(self._state, self._offering, self._waiting)
        self._dispatch = Dispatch(self._state, self._offering, self._waiting, self._callbacks)
        self._self_service = SelfService(self._state, self._dispatch, self._callbacks)
        self._talk = Talk(self._state, self._dispatch, self._offering)
        self._recording = Recording(self._state)
        self._adoption = Adoption(
            self._state, self._dispatch, self._offering, self._talk, self._waiting, self._callbacks
        )

    def handle(self, event: Event, now_ms: int) -> Decision:
        """Decide. `now_ms` never goes back; an earlier one counts as the last (the wall clock is not our problem).

        Raises IllegalEvent (and subclasses) for a request that is not possible now; nothing has changed then, save
        for deadlines that were due anyway.
        """
        state = self._state
        state.now_ms = max(state.now_ms, now_ms)
        state.commands.clear()
        state.notices.clear()
        self._fire(inclusive=isinstance(event, TimePassed))
        self._decide(event)
        self._offering.match_wanting()
        if state.routing.somebody_left:
            state.routing.somebody_left = False
            self._waiting.judge_staff()
        if state.routing.loosened:
            state.routing.loosened = False
            if state.switch_connected:
                self._offering.match_all()
        if state.routing.policy.note_every_ms:
            self._note()
        return Decision(tuple(state.commands), tuple(state.notices))

    def _note(self) -> None:
        """What the router learnt, now and then; a life begins by having nothing to tell."""
        state = self._state
        if state.now_ms < self._notes_at_ms:
            return
        if self._notes_at_ms:
            state.notices.append(noted(state.routing, state.now_ms))
        self._notes_at_ms = state.now_ms + state.routing.policy.note_every_ms

    def unfinished(self) -> Decision:
        """What deadlines decided before the last event was refused; it left with the refusal otherwise."""
        return Decision(tuple(self._state.commands), tuple(self._state.notices))

    def next_deadline_ms(self) -> int | None:
        """When `TimePassed` must come if nothing else does."""
        return self._state.deadlines.next_ms()

    def view(self, now_ms: int = 0) -> View:
        """A frozen picture, with waits as long as they are at `now_ms` (at the last decision, if that was later)."""
        return picture(self._state, max(now_ms, self._state.now_ms))

    def why(self, contact: ContactId, now_ms: int = 0) -> Why | None:
        """Who could take the contact and why nobody, or this agent, does; None when it is not open."""
        return explain(self._state, contact, max(now_ms, self._state.now_ms))

    def shares(self) -> tuple[ShareView, ...]:
        """What each contractor was given and is owed."""
        return shares(self._state)

    def _fire(self, *, inclusive: bool) -> None:  # noqa: PLR0912  (one branch a deadline)
        state = self._state
        now_ms = state.now_ms
        if state.deadlines.quiet(now_ms):
            return
        moment: tuple[int, Due] | None = None
        while (due := state.deadlines.pop_due(now_ms, inclusive=inclusive)) is not None:
            due_ms, kind, subject = due
            if moment != (due_ms, kind):
                # whom one millisecond lets go for one reason seeks together
                self._offering.match_wanting()
                moment = (due_ms, kind)
            match kind:
                case Due.PROMISE:
                    self._dispatch.promise_missed(ContactId(subject))
                case Due.ANSWER_OWED:
                    self._offering.answer_owed(OfferId(subject))
                case Due.WRAP_UP:
                    self._offering.wrap_up_over(AgentId(subject))
                case Due.REST:
                    self._offering.rested(AgentId(subject))
                case Due.HAND_OVER:
                    self._talk.hand_over(ContactId(subject))
                case Due.HAND_OVER_OWED:
                    self._talk.hand_over_owed(ContactId(subject))
                case Due.RELAX:
                    self._waiting.relax_due(ContactId(subject))
                case Due.ESCALATE:
                    self._waiting.escalation_due(ContactId(subject))
                case Due.TOO_LONG:
                    self._waiting.too_long(ContactId(subject))
                case Due.CLOSED:
                    self._waiting.closed(ContactId(subject))
                case Due.ANNOUNCE:
                    self._announcing.due(ContactId(subject))
                case Due.YIELD | Due.PREFERRED:
                    self._offering.seek_again(ContactId(subject))
                case Due.SECOND_OFFER:
                    self._offering.second_due(ContactId(subject))
                case Due.CALLBACK:
                    self._callbacks.look(CallbackId(subject))
                case Due.DIAL_OWED:
                    self._callbacks.dial_owed(CallbackId(subject))
        self._offering.match_wanting()

    def _decide(self, event: Event) -> None:  # noqa: PLR0912, PLR0915  (one branch an event: a table of contents)
        dispatch, offering, talk, adoption = self._dispatch, self._offering, self._talk, self._adoption
        match event:
            case LegEnded():
                self._leg_ended(event.leg)
                self._recording.leg_ended(OfferId(event.leg))
            case ContactArrived():
                dispatch.arrived(event)
            case ContactQueued():
                dispatch.queued(event)
            case OfferAnswered():
                self._offer_answered(event)
            case OfferFailed():
                offering.failed(event)
            case AgentReady():
                self._callbacks.agent_ready(event)
            case CitizenNotReached():
                self._callbacks.not_reached(event.contact, event.cause)
            case CallbackCancelled():
                self._callbacks.cancelled(event)
            case CallbackRestored():
                self._callbacks.restored(event)
            case CallersRestored():
                self._state.recall.restore(event, self._state.now_ms)
            case RoutingRestored():
                restore(self._state.routing, event.learnt, self._state.now_ms)
            case TimePassed():
                pass
            case WaitKeyPressed():
                self._announcing.pressed(event)
            case FlowEnded():
                dispatch.flow_ended(event)
            case (
                CallbackAsked()
                | ForwardBegan()
                | ForwardAnswered()
                | ForwardFailed()
                | FactsNoted()
                | MessageRecorded()
                | TextSettled()
                | SurveyBegan()
            ):
                self._self_service.told(event)
            case FellBack():
                talk.fell_back(event)
            case FallbackAnswered():
                dispatch.fallback_answered(event)
            case PresenceChosen():
                offering.presence(event)
            case WrapUpFinished():
                offering.wrap_up_finished(event)
            case WrapUpExtended():
                offering.wrap_up_extended(event)
            case (
                HoldRequested()
                | ResumeRequested()
                | ConsultRequested()
                | CompleteRequested()
                | CancelRequested()
                | ConferenceRequested()
            ):
                talk.requested(event)
            case RecipientRinging():
                talk.recipient_ringing(event)
            case RecipientAnswered():
                talk.recipient_answered(event)
            case RecipientFailed():
                talk.recipient_failed(event)
            case TalkResumed():
                talk.resumed(event)
            case CitizenHanded():
                talk.handed(event)
            case TalkRecordingBegan():
                self._recording.began(event)
            case TalkRecordingStopped():
                self._recording.stopped(event)
            case CommandRefused(command=LeaveQueue.__name__):
                self._waiting.not_sent_on(event.contact)
            case CommandRefused():
                talk.refused(event)
            case SwitchSeen():
                adoption.seen(event)
                self._recording.sweep()
            case SwitchLost():
                adoption.lost()
            case SwitchDied():
                adoption.died()
                self._recording.sweep()
            case ContactRestored():
                adoption.restored(event)
            case OfferRestored():
                adoption.offer_restored(event)
            case PresenceRestored():
                self._presence_restored(event)
            case Configured():
                self._configured(event.configuration)
            case Started():
                self._state.epoch = event.epoch

    def _offer_answered(self, event: OfferAnswered) -> None:
        offer = self._offering.answered(event)
        if offer is not None and offer.leg_ended:
            self._talk.agent_left(offer)

    def _leg_ended(self, leg: LegId) -> None:
        state = self._state
        contact = state.contacts.get(ContactId(leg))
        if contact is not None and contact.awaited:
            self._callbacks.not_reached(contact.id, OfferFailure.UNREACHABLE)
            return
        if contact is not None:
            self._talk.citizen_left(contact)
            self._dispatch.ended(contact)
            return
        offer = state.offers.get(OfferId(leg))
        if offer is not None:
            if offer.state is OfferState.OPEN:
                self._offering.agent_leg_ended_unanswered(offer)
            else:
                self._talk.agent_left(offer)
        elif leg in state.recipients:
            self._talk.recipient_left(leg)
        elif OfferId(leg) in state.spent:
            state.spend(OfferId(leg), leg_ended=True)

    def _configured(self, configuration: Configuration) -> None:
        state = self._state
        state.configuration = configuration
        state.queues = {queue.id: queue for queue in configuration.queues}
        state.asked_before.clear()
        wanted = {settings.id: settings for settings in configuration.agents}
        needs: dict[Requirement, int] = {}
        for queue in configuration.queues:
            needed = state.needs(queue, frozenset())
            needs[needed] = max(queue.weight_percent, needs.get(needed, 0))
        protected = {state.needs(queue, frozenset()) for queue in configuration.queues if queue.protected}
        state.routing.configure(configuration, needs, protected)
        for gone in [agent for agent in state.agents.values() if agent.id not in wanted]:
            gone.removed = True
            state.agent_changed(gone)
        for settings in configuration.agents:
            agent = state.agents.get(settings.id)
            if agent is None:
                agent = state.agents[settings.id] = Agent(settings, since_ms=state.now_ms, idle_since_ms=state.now_ms)
            agent.settings = settings
            agent.removed = False
            state.routing.enrol(agent.id, settings.skills, settings.contractor)
            state.agent_changed(agent)
        state.notices.append(
            AgentsRegistered(configuration.revision, tuple(sorted(state.agents)), tuple(sorted(state.queues)))
        )
        self._offering.release_all()
        self._offering.match_all()
        judge_list(state)
        self._waiting.judge_staff()
        self._callbacks.look_at_all()

    def _presence_restored(self, event: PresenceRestored) -> None:
        agent = self._state.agents.get(event.agent)
        if agent is None:
            return
        agent.presence = event.presence
        agent.reason = event.reason
        agent.intends = None if event.intends is None else Intention(event.intends, event.intends_reason)
        if agent.state is AgentState.IDLE and event.wrap_up_since_ms is not None:
            since_ms, until_ms = event.wrap_up_since_ms, event.wrap_up_until_ms
            self._offering.restore_wrap_up(agent, since_ms, event.wrap_up_queue, until_ms)
        else:
            self._state.agent_changed(agent)
        if agent.state is AgentState.IDLE:
            self._offering.seek_contact(agent)


__all__ = ["Decision", "Engine", "UnknownAgent"]
