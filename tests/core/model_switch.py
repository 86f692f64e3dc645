"""A switch in a few lines: legs that stand in places, commands that move them, facts that come when they come.

It does what the dialplan does (`asterisk-conf/extensions.conf`), so far as the core can tell. Facts of one leg keep
their order; those of different legs may overtake each other, as may the answer to an originate.
"""

import random
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
    PlayMusic,
    ResumeTalk,
    ReturnToQueue,
    StartOffer,
    StopDialling,
    WithdrawOffer,
)
from ivr_engine.core.conversation import Ended, ToCallback, ToQueue
from ivr_engine.core.events import (
    AgentReady,
    CallbackAsked,
    CitizenHanded,
    CitizenNotReached,
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
    WaitKeyPressed,
)
from ivr_engine.core.queue_rules import OverflowAct
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
    wants_a_call: bool = False
    """The queue let the citizen go to be called back."""


@dataclass
class DialLeg:
    """A citizen's phone that rings because we promised it."""

    id: ContactId
    number: str
    line: str
    request: ToQueue


@dataclass
class AgentLeg:
    """`place`: offer (ringing), ready (for a citizen who is called back), talk, or consult (the citizen on hold)."""

    id: OfferId
    contact: ContactId
    agent: AgentId
    place: str = "offer"
    since_ms: int = 0
    callback: bool = False


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
    dials: dict[ContactId, DialLeg] = field(default_factory=dict)
    dialled: set[ContactId] = field(default_factory=set)
    facts: dict[str, list[Event]] = field(default_factory=dict)
    """Not yet told, by the leg that tells them."""
    told: list[Event] = field(default_factory=list)
    used: set[OfferId] = field(default_factory=set)
    officials: int = 0
    said: int = 0
    concerned: dict[str, frozenset[str]] = field(default_factory=dict)
    """Leg → contact, agent and caller: facts that have one of them in common may hang together."""
    ranks: dict[int, int] = field(default_factory=dict)
    """Of the facts that are under way, by their identity: which happened first."""

    def say(self, leg: str, fact: Event) -> None:
        self.facts.setdefault(leg, []).append(fact)
        self.said += 1
        self.ranks[id(fact)] = self.said

    def take(self, leg: str) -> Event:
        fact = self.facts[leg].pop(0)
        self.ranks.pop(id(fact), None)
        if not self.facts[leg]:
            del self.facts[leg]
        self.told = [*self.told[-20:], fact]
        return fact

    def lose(self) -> None:
        """Whatever is under way is told to nobody."""
        self.facts.clear()
        self.ranks.clear()

    def in_an_order(self, chance: random.Random) -> list[Event]:
        """What is under way, as it may arrive: what can hang together keeps the order in which it happened."""
        left = sorted(
            (self.ranks[id(fact)], leg.partition(" ")[0], fact) for leg, facts in self.facts.items() for fact in facts
        )
        order: list[Event] = []
        while left:
            free = [
                number
                for number, (_, leg, _) in enumerate(left)
                if not any(self.concerned[leg] & self.concerned[before] for _, before, _ in left[:number])
            ]
            order.append(left.pop(chance.choice(free))[2])
        return order

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    def arrive(self, contact: ContactId, caller: str = "02") -> None:
        self.citizens[contact] = CitizenLeg(contact, caller=caller)
        self.concerned[contact] = frozenset({contact, caller})
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
        alone = ("offer", "ready")
        return next((leg for leg in self.agents.values() if leg.contact == contact and leg.place not in alone), None)

    def press(self, contact: ContactId, key: str) -> None:
        self.say(contact, WaitKeyPressed(contact, key))

    def ask_for_a_call(self, contact: ContactId, request: ToQueue) -> None:
        """A flow promises it, and the citizen hangs up."""
        self.say(contact, CallbackAsked(contact, ToCallback(self.citizens[contact].caller, request)))
        self.citizen_leaves(contact)

    # ── citizens who are called back ────────────────────────────────────────────────────────────────────────────────
    def pick_up(self, dial: ContactId) -> None:
        leg = self.dials.pop(dial)
        self.citizens[dial] = CitizenLeg(dial, caller=leg.number)
        self.queue(dial, leg.request)

    def not_reached(self, dial: ContactId, cause: OfferFailure) -> None:
        del self.dials[dial]
        self.say(dial, CitizenNotReached(dial, cause))
        self.say(dial, LegEnded(LegId(dial)))

    # ── agents ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def answer(self, offer: OfferId) -> None:
        leg = self.agents[offer]
        if leg.callback and leg.place == "offer":
            leg.place = "ready"
            self.say(offer, AgentReady(offer, leg.contact, leg.agent))
            return
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
        if leg.place != "ready":  # its originate has been answered
            self.say(f"{offer} originate", OfferFailed(offer, cause))
        self._end_agent(leg)

    def agent_leaves(self, offer: OfferId) -> None:
        leg = self.agents[offer]
        self._end_agent(leg)
        if leg.place == "ready":
            return
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
            case AnnounceWait() | PlayMusic():
                pass  # who hears a sentence, or other music, waits all the same
            case DialCitizen():
                self._dial(command)
            case StopDialling():
                self._stop_dialling(command.contact)
            case MeetCitizen():
                self._meet(command)
            case LeaveQueue():
                self._leave_queue(command)
            case _:
                self._with_agent(command, command.agent_leg)

    def _ring(self, command: StartOffer) -> None:
        assert command.offer not in self.used, "an identifier was used twice"
        self.concerned[command.offer] = frozenset({command.contact, command.agent, command.caller})
        self.used.add(command.offer)
        self.agents[command.offer] = AgentLeg(command.offer, command.contact, command.agent, callback=command.callback)
        if any(leg.agent == command.agent and leg.id != command.offer for leg in self.agents.values()):
            self.fail(command.offer, OfferFailure.BUSY)

    def _dial(self, command: DialCitizen) -> None:
        assert command.contact not in self.dialled, "a dial's name was used twice"
        self.dialled.add(command.contact)
        ringing = [dial.id for dial in self.dials.values() if dial.number == command.number]
        assert not ringing, f"I1 one telephone is dialled twice at once: {ringing}, {command}"
        self.concerned[command.contact] = frozenset({command.contact, command.number})
        self.dials[command.contact] = DialLeg(command.contact, command.number, command.line, command.request)

    def _stop_dialling(self, leg: ContactId) -> None:
        """Hangs up whatever has that name by now."""
        if leg in self.dials:
            self.not_reached(leg, OfferFailure.UNREACHABLE)
        elif leg in self.citizens:
            self.citizen_leaves(leg)
        elif OfferId(leg) in self.agents:
            self.agent_leaves(OfferId(leg))

    def _meet(self, command: MeetCitizen) -> None:
        offer = OfferId(command.agent_leg)
        if offer in self.agents:
            self.answer(offer)
        else:
            self.say(f"{offer} refused", CommandRefused(command.contact, MeetCitizen.__name__, "no such channel"))

    def _leave_queue(self, command: LeaveQueue) -> None:
        contact = command.contact
        citizen = self.citizens.get(contact)
        if citizen is None or citizen.place != "wait":
            self.say(f"{contact} refused", CommandRefused(contact, LeaveQueue.__name__, "no such channel"))
            return
        citizen.place = "visit"
        citizen.wants_a_call = command.act is OverflowAct.CALLBACK

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
                self.concerned[recipient.id] = self.concerned[agent.id]
                self.say(recipient.id, RecipientRinging(command.contact, command.transfer, recipient.id))
            case HandOver():
                self.agent_leaves(agent.id)
            case JoinCitizen():
                citizen.place = "conference"

    # ── a look ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def look(self) -> SwitchSeen:
        """All of it, after which no older fact is told any more."""
        self.lose()
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
        dials = [
            LegSeen(
                LegId(leg.id),
                Role.CITIZEN,
                leg.id,
                up=False,
                place="callback",
                number=leg.line,
                caller=leg.number,
                request=leg.request,
            )
            for leg in self.dials.values()
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
        return SwitchSeen((*citizens, *dials, *agents, *recipients))

    def everybody_leaves(self, tell: Callable[[Event], None]) -> None:
        """All hang up, all is told, until nothing moves any more."""
        while self.facts or self.citizens or self.agents or self.recipients or self.dials:
            for dial in list(self.dials):
                self.not_reached(dial, OfferFailure.NO_ANSWER)
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
