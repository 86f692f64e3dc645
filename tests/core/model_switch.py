"""A switch in a few lines: legs that stand in places, commands that move them, facts that come when they come.

It does what the dialplan does (`asterisk-conf/extensions.conf`), so far as the core can tell. Facts of one leg keep
their order; those of different legs may overtake each other, as may the answer to an originate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr_engine.core.commands import (
    AnnounceWait,
    CallRecipient,
    Command,
    DialCitizen,
    EndLeg,
    HandOver,
    HoldCitizen,
    JoinCitizen,
    LeaveQueue,
    MeetCitizen,
    ResumeTalk,
    ReturnToQueue,
    StartOffer,
    StopDialling,
    WithdrawOffer,
)
from ivr_engine.core.conversation import Ended, ToQueue
from ivr_engine.core.events import (
    CitizenHanded,
    CommandRefused,
    ContactArrived,
    ContactQueued,
    Event,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    LegEnded,
    LegSeen,
    OfferAnswered,
    OfferFailed,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    SwitchSeen,
    TalkResumed,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    OfferId,
    RecipientFailure,
    Role,
)


@dataclass
class CitizenLeg:
    id: ContactId
    place: str = "visit"
    request: ToQueue | None = None
    queued_at_ms: int | None = None
    caller: str = "02"


@dataclass
class AgentLeg:
    """`place`: offer (ringing), talk, or consult (the citizen on hold)."""

    id: OfferId
    contact: ContactId
    agent: AgentId
    place: str = "offer"
    since_ms: int = 0


@dataclass
class RecipientLeg:
    """`place`: ringing, recipient (talks with the agent), handed (talks with the citizen)."""

    id: LegId
    call: CallRecipient
    place: str = "ringing"


@dataclass
class ModelSwitch:
    now_ms: int = 0
    citizens: dict[ContactId, CitizenLeg] = field(default_factory=dict)
    agents: dict[OfferId, AgentLeg] = field(default_factory=dict)
    recipients: dict[LegId, RecipientLeg] = field(default_factory=dict)
    facts: dict[str, list[Event]] = field(default_factory=dict)
    """Not yet told, by the leg that tells them."""
    told: list[Event] = field(default_factory=list)
    used: set[OfferId] = field(default_factory=set)
    officials: int = 0

    def say(self, leg: str, fact: Event) -> None:
        self.facts.setdefault(leg, []).append(fact)

    def take(self, leg: str) -> Event:
        fact = self.facts[leg].pop(0)
        if not self.facts[leg]:
            del self.facts[leg]
        self.told = [*self.told[-20:], fact]
        return fact

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    def arrive(self, contact: ContactId, caller: str = "02") -> None:
        self.citizens[contact] = CitizenLeg(contact, caller=caller)
        self.say(contact, ContactArrived(contact, "120", caller))

    def queue(self, contact: ContactId, request: ToQueue | None = None) -> None:
        """Into the wait context, or another turn of it."""
        leg = self.citizens[contact]
        leg.place = "wait"
        leg.request = leg.request or request
        if leg.queued_at_ms is None:
            leg.queued_at_ms = self.now_ms
        assert leg.request is not None
        self.say(contact, ContactQueued(contact, "120", leg.caller, leg.request, leg.queued_at_ms))

    def fall_back(self, contact: ContactId) -> None:
        self.citizens[contact].place = "fallback"
        self.say(contact, FellBack(contact, "120", self.citizens[contact].caller))

    def answer_in_fallback(self, contact: ContactId) -> None:
        self.say(contact, FallbackAnswered(contact))

    def citizen_leaves(self, contact: ContactId) -> None:
        del self.citizens[contact]
        self.say(contact, LegEnded(LegId(contact)))
        for agent in self._agents_of(contact, "talk"):
            self._end_agent(agent)
        for recipient in self.recipients_of(contact, "handed"):
            self._end_recipient(recipient)

    def talker(self, contact: ContactId) -> AgentLeg | None:
        """Whoever holds the lock on this citizen."""
        return next((leg for leg in self.agents.values() if leg.contact == contact and leg.place != "offer"), None)

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def answer(self, offer: OfferId) -> None:
        leg = self.agents[offer]
        citizen = self.citizens.get(leg.contact)
        if citizen is None or citizen.place == "visit" or self.talker(leg.contact) is not None:
            self.say(f"{offer} originate", OfferFailed(offer, OfferFailure.LOST))
            self._end_agent(leg)
            return
        leg.place, leg.since_ms = "talk", self.now_ms
        self.citizens[leg.contact].place = "talk"
        self.say(offer, OfferAnswered(offer, leg.contact, leg.agent))

    def fail(self, offer: OfferId, cause: OfferFailure) -> None:
        leg = self.agents[offer]
        self.say(f"{offer} originate", OfferFailed(offer, cause))
        self._end_agent(leg)

    def agent_leaves(self, offer: OfferId) -> None:
        leg = self.agents[offer]
        self._end_agent(leg)
        citizen = self.citizens.get(leg.contact)
        for recipient in self.recipients_of(leg.contact, "ringing"):
            self._end_recipient(recipient)
        for recipient in self.recipients_of(leg.contact, "recipient"):
            if citizen is not None and citizen.place == "conference":
                return  # the two others talk on
            recipient.place = "handed"
            self.say(recipient.id, CitizenHanded(leg.contact, recipient.call.transfer))
            if citizen is None:
                self._end_recipient(recipient)
            else:
                citizen.place = "talk"
            return
        if citizen is not None and (leg.place == "talk" or citizen.place == "conference"):
            self.citizen_leaves(leg.contact)

    # ── recipients ──────────────────────────────────────────────────────────────────────────────────────────────────
    def recipient_answers(self, recipient: LegId) -> None:
        leg = self.recipients[recipient]
        leg.place = "recipient"
        self.say(recipient, RecipientAnswered(leg.call.contact, leg.call.transfer))

    def recipient_leaves(self, recipient: LegId) -> None:
        leg = self.recipients[recipient]
        self._end_recipient(leg)
        contact, citizen = leg.call.contact, self.citizens.get(leg.call.contact)
        agent = self.talker(contact)
        if leg.place == "handed" or (citizen is not None and citizen.place == "conference" and agent is None):
            if citizen is not None:
                self.citizen_leaves(contact)
            return
        if agent is not None:
            self.say(agent.id, RecipientFailed(contact, leg.call.transfer, RecipientFailure.HUNG_UP))
            self._rejoin(agent)

    def _rejoin(self, agent: AgentLeg) -> None:
        agent.place = "talk"
        self.say(agent.id, TalkResumed(agent.contact))
        if agent.contact in self.citizens:
            self.citizens[agent.contact].place = "talk"
        else:
            self._end_agent(agent)

    def _end_agent(self, leg: AgentLeg) -> None:
        del self.agents[leg.id]
        self.say(leg.id, LegEnded(LegId(leg.id)))

    def _end_recipient(self, leg: RecipientLeg) -> None:
        del self.recipients[leg.id]
        self.say(leg.id, LegEnded(leg.id))

    def _agents_of(self, contact: ContactId, place: str) -> list[AgentLeg]:
        return [leg for leg in self.agents.values() if leg.contact == contact and leg.place == place]

    def recipients_of(self, contact: ContactId, place: str = "") -> list[RecipientLeg]:
        """Those in that place; without one, all."""
        return [leg for leg in self.recipients.values() if leg.call.contact == contact and place in ("", leg.place)]

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────
    def execute(self, command: Command) -> None:
        match command:
            case StartOffer():
                self._ring(command)
            case WithdrawOffer():
                if command.offer in self.agents:
                    self.fail(command.offer, OfferFailure.DECLINED)
            case EndLeg():
                self._end(command.leg)
            case ReturnToQueue():
                if command.contact in self.citizens:
                    self.queue(command.contact)
            case AnnounceWait():
                pass  # who hears a sentence waits all the same
            case DialCitizen() | StopDialling() | MeetCitizen():
                pass  # nobody here was promised a call
            case LeaveQueue():
                self._leave_queue(command.contact)
            case _:
                self._with_agent(command, command.agent_leg)

    def _ring(self, command: StartOffer) -> None:
        assert command.offer not in self.used, "an identifier was used twice"
        self.used.add(command.offer)
        self.agents[command.offer] = AgentLeg(command.offer, command.contact, command.agent)
        if any(leg.agent == command.agent and leg.id != command.offer for leg in self.agents.values()):
            self.fail(command.offer, OfferFailure.BUSY)

    def _leave_queue(self, contact: ContactId) -> None:
        citizen = self.citizens.get(contact)
        if citizen is None or citizen.place != "wait":
            self.say(f"{contact} refused", CommandRefused(contact, LeaveQueue.__name__, "no such channel"))
            return
        citizen.place = "visit"

    def end_flow(self, contact: ContactId) -> None:
        """A flow that the citizen was sent on to is the answer."""
        self.say(contact, FlowEnded(contact, Ended(Disposition.VOICEMAIL)))
        self.citizen_leaves(contact)

    def _end(self, leg: LegId) -> None:
        if OfferId(leg) in self.agents:
            self.agent_leaves(OfferId(leg))
        elif leg in self.recipients:
            self.recipient_leaves(leg)

    def _with_agent(
        self, command: HoldCitizen | ResumeTalk | CallRecipient | HandOver | JoinCitizen, leg: LegId
    ) -> None:
        agent, citizen = self.agents.get(OfferId(leg)), self.citizens.get(command.contact)
        if agent is None or citizen is None:
            self.say(f"{leg} refused", CommandRefused(command.contact, type(command).__name__, "no such channel"))
            return
        if not isinstance(command, HandOver | JoinCitizen):
            for recipient in [*self.recipients_of(command.contact, "ringing")]:
                self._end_recipient(recipient)
            for recipient in [*self.recipients_of(command.contact, "recipient")]:
                self._end_recipient(recipient)
        match command:
            case HoldCitizen():
                agent.place, citizen.place = "consult", "hold"
            case ResumeTalk():
                self._rejoin(agent)
            case CallRecipient():
                agent.place, citizen.place = "consult", "hold"
                self.officials += 1
                recipient = RecipientLeg(LegId(f"r{self.officials}"), command)
                self.recipients[recipient.id] = recipient
                self.say(recipient.id, RecipientRinging(command.contact, command.transfer, recipient.id))
            case HandOver():
                self.agent_leaves(agent.id)
            case JoinCitizen():
                citizen.place = "conference"

    # ── a look ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def look(self) -> SwitchSeen:
        """All of it, after which no older fact is told any more."""
        self.facts.clear()
        self.told.clear()
        citizens = [
            LegSeen(
                LegId(leg.id),
                Role.CITIZEN,
                leg.id,
                place="wait" if leg.place == "talk" else leg.place,  # being fetched does not change a leg's stage
                number="120",
                caller=leg.caller,
                request=leg.request,
                queued_at_ms=leg.queued_at_ms,
            )
            for leg in self.citizens.values()
        ]
        agents = [
            LegSeen(
                LegId(leg.id),
                Role.AGENT,
                leg.contact,
                agent=leg.agent,
                up=leg.place != "offer",
                place=leg.place,
                talking_since_ms=leg.since_ms or None,
            )
            for leg in self.agents.values()
        ]
        recipients = [
            LegSeen(
                leg.id,
                Role.RECIPIENT,
                leg.call.contact,
                up=leg.place != "ringing",
                place="handed" if leg.place == "handed" else "recipient",
                transfer=leg.call.transfer,
            )
            for leg in self.recipients.values()
        ]
        return SwitchSeen((*citizens, *agents, *recipients))

    def everybody_leaves(self, tell: Callable[[Event], None]) -> None:
        """All hang up, all is told, until nothing moves any more."""
        while self.facts or self.citizens or self.agents or self.recipients:
            for contact in list(self.citizens):
                if contact in self.citizens:
                    self.citizen_leaves(contact)
            for offer in list(self.agents):
                if offer in self.agents:
                    self.agent_leaves(offer)
            for recipient in list(self.recipients):
                if recipient in self.recipients:
                    self.recipient_leaves(recipient)
            while self.facts:
                tell(self.take(next(iter(self.facts))))
