"""What must never happen in the core, looked for after every decision of a simulated scenario (I1 to I6).

Reads the engine's own state: a frozen view cannot show that two of its books disagree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from ivr_engine.core.engine import Engine
from ivr_engine.core.notices import ContactBegan, ContactEnded, Notice, OfferEnded, OfferMade
from ivr_engine.core.offer import OfferState
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import AgentState, ContactId, ContactPhase, OfferId


class Watch:
    """Remembers what was told once, so that it is not told twice. One for each life of the engine."""

    def __init__(self, engine: Engine) -> None:
        self._state: State = engine._state
        self._ended: set[ContactId] = set()
        self._offers: set[OfferId] = set()
        self._offers_ended: set[OfferId] = set()

    def after(self, notices: Iterable[Notice]) -> str:
        """The first invariant that is broken, in words; "" when all hold."""
        for notice in notices:
            told = self._told(notice)
            if told:
                return told
        return next(broken(self._state), "")

    def _told(self, notice: Notice) -> str:
        match notice:
            case ContactEnded():
                if notice.contact in self._ended:
                    return f"I1: contact {notice.contact} ended twice"
                self._ended.add(notice.contact)
            case OfferMade():
                if notice.offer in self._offers:
                    return f"I5: offer {notice.offer} was made twice"
                self._offers.add(notice.offer)
            case OfferEnded():
                if notice.offer in self._offers_ended:
                    return f"I5: offer {notice.offer} ended twice"
                self._offers_ended.add(notice.offer)
            case _:
                pass
        for name in ("wait_ms", "talk_ms", "rang_ms", "lasted_ms", "waited_ms"):
            duration = getattr(notice, name, None)
            if duration is not None and duration < 0:
                return f"I12: {name} is {duration} in {notice}"
        return ""


class Books:
    """Beginnings and ends over all lives of the engine: what one life began, another may have to end (I1, I5)."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()

    def take(self, notices: Iterable[Notice]) -> None:
        """What one decision told."""
        for notice in notices:
            match notice:
                case OfferMade():
                    self._begun[f"I5: offer {notice.offer}"] += 1
                case OfferEnded():
                    self._ended[f"I5: offer {notice.offer}"] += 1
                case ContactBegan():
                    self._begun[f"I1: contact {notice.contact}"] += 1
                case ContactEnded():
                    self._ended[f"I1: contact {notice.contact}"] += 1
                case _:
                    pass

    def problems(self) -> tuple[str, ...]:
        """What is wrong at the end, when nobody is on the line any more and an engine has seen that."""
        return tuple(
            f"{what} began {self._begun[what]} times and ended {self._ended[what]} times"
            for what in sorted(self._begun | self._ended)
            if (self._begun[what], self._ended[what]) != (1, 1)
        )


def broken(state: State) -> Iterator[str]:  # noqa: PLR0912  (one branch for each thing that may not be)
    """Every invariant that the state breaks, in words."""
    for contact in state.contacts.values():
        if contact.phase is ContactPhase.ENDED:
            yield f"I1: contact {contact.id} has ended and lives"
        if (contact.phase is ContactPhase.OFFERED) != (contact.offer is not None):
            yield f"I1: contact {contact.id} is {contact.phase} with offer {contact.offer}"
        if contact.offer is not None:
            offer = state.offers[contact.offer]
            if offer.state is not OfferState.OPEN or state.agents[offer.agent].offer != offer.id:
                yield f"I4: contact {contact.id} and agent {offer.agent} disagree about offer {offer.id}"
        if contact.agent is not None and state.agents[contact.agent].state is not AgentState.ON_CONTACT:
            yield f"I4: contact {contact.id} is with agent {contact.agent}, who is not on a contact"
    for agent in state.agents.values():
        passing = agent.state in (AgentState.OFFERED, AgentState.ON_CONTACT)
        if passing != (agent.offer is not None):
            yield f"I3: agent {agent.id} is {agent.state} with offer {agent.offer}"
        if agent.routable != state.routing.is_idle(agent.id):
            yield f"I6: agent {agent.id} stands wrongly in the books of the idle"
    due_ms = state.deadlines.next_ms()
    if state.switch_connected and state.routing.idle and (due_ms is None or due_ms > state.now_ms):
        waiting = [state.contacts[contact] for contact in state.routing.in_order(state.now_ms)]
        for agent in state.agents.values():
            for contact in waiting if agent.routable else ():
                if state.routing.may_take(agent.id, contact.id, state.now_ms):
                    yield f"I6: agent {agent.id} is idle while contact {contact.id} waits"
