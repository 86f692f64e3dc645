"""Why a contact is with nobody yet, or with this agent: every candidate, and why the others were not.

Asked by a person and not by a call, so it may look at every agent; the list it gives is bounded all the same.
"""

from dataclasses import dataclass

from ivr_engine.core.routing_books import IDLE, STANDINGS
from ivr_engine.core.routing_shares import CENTRE
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, OfferId, QueueId

AGENTS_NAMED = 20
"""A supervisor reads no longer list; the counts hold for everybody."""

KEPT_BACK = "kept_back"
OUT_OF_SIGHT = "out_of_sight"
FREE = "free"
LACKS_SKILLS = "lacks_skills"


@dataclass(frozen=True, slots=True)
class AgentWhy:
    """One agent of the configuration and this contact."""

    agent: AgentId
    why: str
    """`free`, `kept_back` by the reserve of a small desk, `out_of_sight` while the link to the switch is down, or what
    keeps who has the skills: `talking`, `on_break`…"""


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one contact, at one moment."""

    contact: ContactId
    phase: ContactPhase
    queue: QueueId | None
    needs: str
    """The requirement at the present step of relaxation."""
    relaxation_step: int
    waited_ms: int | None
    place: int | None
    """Among those who wait for agents of the same requirement; 1 is next."""
    expected_wait_ms: int | None
    stands_for: str
    """The one agent for whom it waits, for a while."""
    candidates: int
    """Idle agents who may take it now."""
    counts: dict[str, int]
    """Agents by why: those who have the skills by what keeps them, and `lacks_skills`."""
    agents: tuple[AgentWhy, ...]
    """Those with the skills, the nearest to being free first; at most AGENTS_NAMED."""
    last_choice: str
    """Which key won, at the last offer."""
    offer: OfferId | None
    second_offer: OfferId | None


def explain(state: State, contact: ContactId, now_ms: int) -> Why | None:
    """None when no such contact is open."""
    found = state.contacts.get(contact)
    if found is None:
        return None
    routing = state.routing
    waits = routing.stands(contact)
    able = []
    lacking = 0
    for agent, member in routing.books.members.items():
        if not found.needs.met_by(member.crew.skills):
            lacking += 1
            continue
        standing = member.standing
        why = STANDINGS[standing]
        if standing == IDLE:
            why = FREE if not waits or routing.may_take(agent, contact, now_ms) else KEPT_BACK
            if waits and not state.switch_connected:
                why = OUT_OF_SIGHT
        able.append((standing, agent, why))
    able.sort()
    counts: dict[str, int] = {}
    for _, _, why in able:
        counts[why] = counts.get(why, 0) + 1
    if lacking:
        counts[LACKS_SKILLS] = lacking
    ahead = routing.ahead(contact) if waits else None
    queued = found.desk is not None and found.phase in (ContactPhase.QUEUED, ContactPhase.OFFERED)
    return Why(
        contact=contact,
        phase=found.phase,
        queue=found.request.queue if found.request else None,
        needs=str(found.needs),
        relaxation_step=found.relaxed,
        waited_ms=max(0, now_ms - found.place_ms) if queued else None,
        place=None if ahead is None else ahead + 1,
        expected_wait_ms=None if ahead is None or found.desk is None else routing.expected_wait_ms(found.desk, ahead),
        stands_for=routing.stands_for(contact) or "",
        candidates=counts.get(FREE, 0),
        counts=counts,
        agents=tuple(AgentWhy(agent, why) for _, agent, why in able[:AGENTS_NAMED]),
        last_choice=found.reason,
        offer=found.offer,
        second_offer=found.second_offer,
    )


@dataclass(frozen=True, slots=True)
class ShareView:
    """One contractor's account at one queue and set of skills, or of the whole centre, in the present interval."""

    queue: QueueId
    """Empty for the whole centre."""
    skills: tuple[str, ...]
    contractor: str
    since_ms: int
    share_percent: int
    """0 for the whole centre: there it follows from the queues."""
    given: int
    """Contacts in this interval."""
    owed_hundredths: int
    """Of a contact, carried over intervals; below 0: ahead of the share."""


def shares(state: State) -> tuple[ShareView, ...]:
    """Every account of every queue that keeps shares, then the centre's."""
    agreed = {queue.id: queue.contractor_shares for queue in state.configuration.queues if queue.contractor_shares}
    ledger = state.routing.ledger
    views = []
    for name, account in sorted(ledger.accounts(), key=lambda one: (one[0] == CENTRE, one[0])):
        queue, skills = QueueId(name[0]), name[1]
        owed = ledger.owed(name)
        for contractor in sorted(agreed.get(queue, {} if name != CENTRE else owed)):
            share = agreed.get(queue, {}).get(contractor, 0)
            given = account.given.get(contractor, 0)
            views.append(ShareView(queue, skills, contractor, account.since_ms, share, given, owed.get(contractor, 0)))
    return tuple(views)
