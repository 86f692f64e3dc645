"""A contact centre in virtual time: people do things, the clock is told, and what the core decided is kept.

No switch and no clock of its own: `centre.citizen("c1").queues()` is the fact that a switch would tell, and
`centre.wait(15_000)` lets every deadline of those 15 s fire at its own millisecond. The invariants are looked for after
every single fact.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from ivr_engine.core.commands import Command, StartOffer
from ivr_engine.core.configuration import AgentSettings, Configuration, MissSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import Ended, ToQueue
from ivr_engine.core.engine import Decision, Engine
from ivr_engine.core.events import (
    Configured,
    ConsultRequested,
    ContactArrived,
    ContactQueued,
    Event,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    HoldRequested,
    LegEnded,
    LegSeen,
    OfferAnswered,
    OfferFailed,
    PresenceChosen,
    RecipientAnswered,
    RecipientRinging,
    Started,
    SwitchSeen,
    TimePassed,
    WrapUpFinished,
)
from ivr_engine.core.notices import ContactEnded, Notice, TransferMoved
from ivr_engine.core.views import AgentView, ContactView
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    OfferId,
    Presence,
    QueueId,
    Role,
    Skill,
    TransferId,
)
from tests.core.invariants import Watch

START_MS = 1_700_000_000_000
GENERAL = QueueSettings(QueueId("general"))
N = TypeVar("N", bound=Notice)
C = TypeVar("C", bound=Command)


def counsellor(name: str, *skills: str) -> AgentSettings:
    return AgentSettings(AgentId(name), name=f"Agent {name}", skills={Skill(skill): 3 for skill in skills})


class Centre:
    """An engine with its clock; agents `1001`… are logged in unless told otherwise."""

    def __init__(
        self,
        *agents: AgentSettings | str,
        queues: Iterable[QueueSettings] = (GENERAL,),
        misses: MissSettings | None = None,
        routing: RoutingPolicy | None = None,
        log_in: bool = True,
        seen: bool = True,
    ) -> None:
        self.engine = Engine()
        self.watch = Watch(self.engine)
        self.now_ms = START_MS
        self.epoch = 1
        self.commands: list[Command] = []
        self.notices: list[Notice] = []
        self.settings = tuple(counsellor(agent) if isinstance(agent, str) else agent for agent in agents)
        self.queues = tuple(queues)
        self.misses = misses or MissSettings()
        self.routing = routing or RoutingPolicy()
        self.tell(Started(self.epoch))
        self.configure()
        if seen:
            self.tell(SwitchSeen(()))
        if log_in:
            for agent in self.settings:
                self.agent(agent.id).logs_in()
        self.forget()

    def configure(self, *agents: AgentSettings) -> None:
        """Also a reload: without agents, the configuration as it is."""
        self.settings = agents or self.settings
        self.tell(Configured(Configuration(self.queues, self.settings, self.misses, "r1", self.routing)))

    def tell(self, *events: Event) -> Decision:
        """Facts, now. What they decide is kept in `commands` and `notices`; returns the last decision."""
        decision = Decision((), ())
        for event in events:
            decision = self.engine.handle(event, self.now_ms)
            self._keep(decision)
        return decision

    def wait(self, ms: int) -> None:
        """Time passes; each deadline fires when it is due."""
        until_ms = self.now_ms + ms
        while (due_ms := self.engine.next_deadline_ms()) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.tell(TimePassed())
        self.now_ms = until_ms

    def silently(self, ms: int) -> None:
        """Time passes and nobody tells the engine: the next fact comes first."""
        self.now_ms += ms

    def forget(self) -> None:
        self.commands.clear()
        self.notices.clear()

    def _keep(self, decision: Decision) -> None:
        self.commands += decision.commands
        self.notices += decision.notices
        self.watch.after(decision)

    # ── who ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def citizen(self, name: str) -> "Citizen":
        return Citizen(self, ContactId(name))

    def agent(self, name: str) -> "Counsellor":
        return Counsellor(self, AgentId(name))

    # ── what was decided ────────────────────────────────────────────────────────────────────────────────────────────
    def told(self, kind: type[N]) -> list[N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def sent(self, kind: type[C]) -> list[C]:
        return [command for command in self.commands if isinstance(command, kind)]

    def rings(self) -> list[tuple[str, str]]:
        """(contact, agent) of every offer, in order."""
        return [(offer.contact, offer.agent) for offer in self.sent(StartOffer)]

    def disposition(self, contact: str) -> Disposition:
        (ended,) = [notice for notice in self.told(ContactEnded) if notice.contact == contact]
        return ended.disposition

    def snapshot(self) -> object:
        """All that a view shows, without the moment at which it was taken."""
        view = self.engine.view()
        return view.switch_connected, view.agents, view.contacts

    def is_empty(self) -> bool:
        """Nobody there, nothing ringing, no deadline left."""
        return not self.engine.view().contacts and self.engine.next_deadline_ms() is None


class Citizen:
    """Somebody who called."""

    def __init__(self, centre: Centre, contact: ContactId) -> None:
        self._centre = centre
        self.id = contact

    def arrives(self) -> "Citizen":
        self._centre.tell(ContactArrived(self.id, "120", "0212345678"))
        return self

    def queues(
        self,
        queue: str = "general",
        *skills: str,
        priority: int = 0,
        queued_at_ms: int | None = None,
        caller: str = "0212345678",
    ) -> "Citizen":
        request = ToQueue(QueueId(queue), frozenset(Skill(skill) for skill in skills), priority=priority)
        at_ms = self._centre.now_ms if queued_at_ms is None else queued_at_ms
        self._centre.tell(ContactQueued(self.id, "120", caller, request, at_ms))
        return self

    def hears_the_end(self, disposition: Disposition) -> "Citizen":
        self._centre.tell(FlowEnded(self.id, Ended(disposition)))
        return self

    def falls_back(self) -> "Citizen":
        self._centre.tell(FellBack(self.id, "120", "0212345678"))
        return self

    def is_answered_in_fallback(self) -> "Citizen":
        self._centre.tell(FallbackAnswered(self.id))
        return self

    def leaves(self) -> "Citizen":
        self._centre.tell(LegEnded(LegId(self.id)))
        return self

    @property
    def seen(self) -> ContactView | None:
        return next((c for c in self._centre.engine.view().contacts if c.id == self.id), None)

    @property
    def view(self) -> ContactView:
        found = self.seen
        assert found is not None, f"{self.id} is not here"
        return found


class Counsellor:
    """An agent and the agent's phone."""

    def __init__(self, centre: Centre, agent: AgentId) -> None:
        self._centre = centre
        self.id = agent

    def _chooses(self, presence: Presence, reason: str = "") -> "Counsellor":
        self._centre.tell(PresenceChosen(self.id, presence, reason))
        return self

    def logs_in(self) -> "Counsellor":
        return self._chooses(Presence.AVAILABLE)

    def logs_out(self) -> "Counsellor":
        return self._chooses(Presence.LOGGED_OUT)

    def takes_a_break(self, reason: str = "lunch") -> "Counsellor":
        return self._chooses(Presence.ON_BREAK, reason)

    @property
    def offer(self) -> StartOffer:
        """The last offer that rang here."""
        return next(o for o in reversed(self._centre.sent(StartOffer)) if o.agent == self.id)

    def answers(self, offer: StartOffer | None = None) -> "Counsellor":
        ringing = offer or self.offer
        self._centre.tell(OfferAnswered(ringing.offer, ringing.contact, self.id))
        return self

    def misses(self, cause: OfferFailure = OfferFailure.NO_ANSWER, offer: StartOffer | None = None) -> "Counsellor":
        self._centre.tell(OfferFailed((offer or self.offer).offer, cause))
        return self

    def hangs_up(self, offer: StartOffer | None = None) -> "Counsellor":
        self._centre.tell(LegEnded(LegId((offer or self.offer).offer)))
        return self

    def is_done(self) -> "Counsellor":
        self._centre.tell(WrapUpFinished(self.id))
        return self

    def asks(self, request: Callable[[AgentId], Event]) -> "Counsellor":
        self._centre.tell(request(self.id))
        return self

    def holds(self) -> "Counsellor":
        return self.asks(HoldRequested)

    def consults(self, entry: str = "77001") -> "Counsellor":
        self._centre.tell(ConsultRequested(self.id, entry, "021330000"))
        return self

    @property
    def transfer(self) -> TransferId:
        """The consult that this agent began last."""
        return next(m.transfer for m in reversed(self._centre.told(TransferMoved)) if m.transfer)

    def reaches_the_recipient(self, leg: str = "r1") -> "Counsellor":
        contact = self.offer.contact
        self._centre.tell(
            RecipientRinging(contact, self.transfer, LegId(leg)), RecipientAnswered(contact, self.transfer)
        )
        return self

    @property
    def seen(self) -> AgentView | None:
        return next((a for a in self._centre.engine.view().agents if a.id == self.id), None)

    @property
    def view(self) -> AgentView:
        found = self.seen
        assert found is not None, f"{self.id} is not known"
        return found


# ── what a look at the switch shows ─────────────────────────────────────────────────────────────────────────────────
def citizen_leg(contact: str, place: str, *, queued_at_ms: int | None = None, queue: str | None = None) -> LegSeen:
    request = ToQueue(QueueId(queue)) if queue else None
    return LegSeen(
        LegId(contact),
        Role.CITIZEN,
        ContactId(contact),
        place=place,
        number="120",
        caller="0212345678",
        request=request,
        queued_at_ms=queued_at_ms,
    )


def agent_leg(
    offer: str, contact: str, agent: str, place: str, *, up: bool = True, since_ms: int | None = None
) -> LegSeen:
    return LegSeen(
        LegId(offer),
        Role.AGENT,
        ContactId(contact),
        agent=AgentId(agent),
        up=up,
        place=place,
        talking_since_ms=since_ms,
    )


def recipient_leg(leg: str, contact: str, place: str, transfer: str, *, up: bool = True) -> LegSeen:
    return LegSeen(LegId(leg), Role.RECIPIENT, ContactId(contact), up=up, place=place, transfer=TransferId(transfer))


def offer_id(contact: str, number: int = 1, epoch: int = 1) -> OfferId:
    return OfferId(f"{contact}-e{epoch}-{number}")
