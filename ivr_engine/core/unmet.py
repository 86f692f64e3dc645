"""What nobody can meet: judged when the staff list or the rules change, and when somebody leaves.

Theory of operation. The list is one thing and who is at work another. That nobody of the list can meet what a queue or
a flow asks for is an alarm in the moment in which the list is in force, whether or not anybody waits, and a weaker one
where the queue's recipe leads to somebody. That nobody is at work is an alarm only while somebody waits: who goes home
at night is no fault. Either way the citizen goes where the operators decided.
"""

from collections.abc import Iterable

from ivr_engine.core.configuration import Configuration
from ivr_engine.core.contact import Contact
from ivr_engine.core.notices import RequirementUnmet
from ivr_engine.core.relaxation import widest
from ivr_engine.core.requirement import Requirement
from ivr_engine.core.routing_books import Desk
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import ContactId, QueueId, Skill


def judge_list(state: State) -> None:
    """After a new configuration: what none of its agents can meet is an alarm, once for each need.

    Of what flows ask for beside a queue, only where that is worse than what is said of the queue itself.
    """
    configuration = state.configuration
    if not state.routing.policy.explains or not configuration.agents:
        return
    staff = _Staff(configuration)
    unmet: dict[QueueId, bool] = {}
    asked = sorted((asked.queue, tuple(sorted(asked.skills))) for asked in configuration.asked)
    for queue, skills in dict.fromkeys([*((known.id, ()) for known in configuration.queues), *asked]):
        settings = state.queues.get(queue)
        if settings is None:
            continue
        needs = state.needs(settings, frozenset(skills))
        if staff.can(needs):
            continue
        relaxed = staff.can(widest(needs, settings))
        if queue in unmet and (relaxed or not unmet[queue]):
            continue
        if not skills:
            unmet[queue] = bool(relaxed)
        desk = state.routing.books.desks.get(needs)
        waiting = desk.waiting if desk is not None else 0
        state.notices.append(RequirementUnmet(queue, str(needs), 0, waiting, relaxed))


def tell_unmet(state: State, desk: Desk, waiting: Iterable[ContactId]) -> None:
    """Nobody is at work for those who wait at a desk."""
    if not state.routing.policy.explains:
        return
    contacts = [state.contacts[contact] for contact in waiting]
    can: dict[QueueId, int] = {}
    for contact in contacts:
        if contact.request is not None:
            relaxed = 0 if desk.enrolled else able_later(state, contact)
            can[contact.request.queue] = max(relaxed, can.get(contact.request.queue, 0))
    for queue, relaxed in sorted(can.items()):
        state.notices.append(RequirementUnmet(queue, str(desk.requirement), desk.enrolled, len(contacts), relaxed))


def can_be_met(state: State, contact: Contact) -> bool:
    """Somebody of the list can take this contact, now or after steps that are still to come."""
    assert contact.desk is not None
    return contact.desk.enrolled > 0 or able_later(state, contact) > 0


def able_later(state: State, contact: Contact) -> int:
    """How many agents of the list can take a contact that waits, after every step that is still to come."""
    assert contact.request is not None
    settings = state.queue(contact.request.queue)
    needs = widest(contact.needs, settings, contact.relaxed, contact.escalated)
    return sum(sum(crew.counts) for crew in state.routing.books.crews.values() if needs.met_by(crew.skills))


class _Staff:
    """The list in groups of equal skills: who talks on after being deleted from it is none of them."""

    def __init__(self, configuration: Configuration) -> None:
        self._groups: dict[frozenset[tuple[Skill, int]], int] = {}
        for agent in configuration.agents:
            skills = frozenset(agent.skills.items())
            self._groups[skills] = self._groups.get(skills, 0) + 1

    def can(self, needs: Requirement) -> int:
        return sum(count for skills, count in self._groups.items() if needs.met_by(dict(skills)))
