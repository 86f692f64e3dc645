"""What happens to a contact because it waits: steps of relaxation and escalation, limits, and being sent on.

Theory of operation. A contact that found no agent stands in its place. Its queue's recipe makes it need less, step by
step and never back; around the end of the promise escalation does what is left to do; and a queue that is full, has
nobody, or has let somebody wait too long hands the contact to what the operators decided. Each time has its deadline,
which dies with the waiting; whoever needs less seeks again in the same moment.
"""

from collections.abc import Mapping
from dataclasses import replace

from ivr_engine.core.commands import AnnounceWait, LeaveQueue, PlayMusic
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.contact import WAITING, Contact, ContactStimulus
from ivr_engine.core.deadlines import Due
from ivr_engine.core.estimate import looked, wait_range
from ivr_engine.core.notices import ContactSentOn, ContactWaits, StepTaken
from ivr_engine.core.offering import Offering
from ivr_engine.core.queue_rules import Announcements, ClockStart, EscalationAct, EscalationStep, Overflow, OverflowAct
from ivr_engine.core.relaxation import LOOK_AGAIN_MS, also, conditional, due_after_ms, holds, relaxed
from ivr_engine.core.state import State
from ivr_engine.core.unmet import can_be_met, tell_unmet
from ivr_engine.core.vocabulary import AgentId, ContactId, ContactPhase, QueueId

MOVES = 3
"""From queue to queue or flow: those that overflow into each other must not play ball with a citizen."""


class Waiting:
    """The part of the engine for contacts that stand in a queue."""

    def __init__(self, state: State, offering: Offering) -> None:
        self._state = state
        self._offering = offering

    # ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def join(self, contact: Contact) -> None:
        """What the contact's queue asks and promises; its place by the promise's clock, or the old one."""
        state, request = self._state, contact.request
        assert request is not None
        assert contact.queued_at_ms is not None
        settings = state.queue(request.queue)
        contact.requirement, desk = state.asked(settings, request.requirement)
        contact.desk, contact.needs = desk, desk.requirement
        arrived = settings.clock_start is ClockStart.ARRIVED
        start_ms = contact.arrived_at_ms if arrived else contact.queued_at_ms
        contact.promise_at_ms = start_ms + settings.promise_ms
        contact.place_ms = min(start_ms, contact.place_ms) if contact.recalled else start_ms
        contact.relaxed = contact.relaxed_times = contact.escalated = contact.raised = 0
        closes_in = request.closes_in_seconds
        contact.closes_at_ms = 0 if closes_in is None else contact.queued_at_ms + closes_in * 1_000
        if request.agent:
            contact.preferred = AgentId(request.agent)
            contact.preferred_until_ms = state.now_ms + request.agent_wait_ms

    def arrive(self, contact: Contact) -> None:
        """At the first queue of a contact: it is expected no more, and who was here before is known again."""
        state, request = self._state, contact.request
        assert request is not None
        assert contact.desk is not None
        policy = state.routing.policy
        state.routing.arrived(contact.desk, state.now_ms)
        if not contact.caller:
            return
        if policy.redial_ms:
            old_ms = state.recall.old_place_ms(contact.caller, policy.redial_ms, state.now_ms)
            if old_ms is not None and old_ms < contact.place_ms:
                contact.place_ms, contact.recalled = old_ms, True
        wait_ms = state.queue(request.queue).last_agent_wait_ms
        if wait_ms and not request.agent:
            contact.preferred = state.recall.last_agent(contact.caller, policy.last_agent_memory_ms, state.now_ms)
            contact.preferred_until_ms = state.now_ms + wait_ms

    def _closed(self, contact: Contact, settings: QueueSettings) -> bool:
        """The hours were over when the flow asked; who was told so and is here all the same will wait."""
        request, limits = contact.request, settings.limits
        asked_before = contact.returns or contact.sent_on_at_ms is not None or contact.callback is not None
        over = request is not None and request.closes_in_seconds == 0 and limits.closed.act is not OverflowAct.WAIT
        return over and not asked_before and self._state.switch_connected

    def wait(self, contact: Contact) -> None:
        """Stand in the queue: told, with what is due done at once, and offered to whoever is free."""
        state, request = self._state, contact.request
        assert request is not None, "only who joined a queue can wait"
        assert contact.queued_at_ms is not None
        settings = state.queue(request.queue)
        state.notices.append(
            ContactWaits(
                contact=contact.id,
                queue=request.queue,
                requirement=tuple(sorted(contact.requirement)),
                agency=request.agency,
                language=request.language,
                priority=request.priority + settings.priority,
                queued_at_ms=contact.queued_at_ms,
                returns=contact.returns,
            )
        )
        if self._closed(contact, settings):
            self.send_on(contact, settings.limits.closed, "closed")
            return
        if contact.closes_at_ms and settings.limits.closing_grace_ms:
            self._set(contact, Due.CLOSED, max(contact.closes_at_ms + settings.limits.closing_grace_ms, state.now_ms))
        if settings.relaxation:
            self._relax(contact, settings)
        if settings.escalation:
            self._arm_escalation(contact, settings)
        if settings.limits.longest_wait_ms:
            contact.timed = True
            began_ms = contact.place_ms if contact.callback is None else contact.queued_at_ms
            if contact.answered_at_ms is not None:
                began_ms = state.now_ms  # a talk is no wait
            at_ms = began_ms + settings.limits.longest_wait_ms
            state.deadlines.set(Due.TOO_LONG, contact.id, max(at_ms, state.now_ms))
        if settings.announcements.first_after_ms:
            self._arm_announcements(contact, settings.announcements)
        if contact.phase is ContactPhase.QUEUED:
            self._offering.seek_agent(contact)
        # a flow has spoken, or we dialled: whoever is here will wait
        came_back = contact.returns or contact.sent_on_at_ms is not None or contact.callback is not None
        if contact.phase is ContactPhase.QUEUED and state.switch_connected and not came_back:
            why, overflow = self._refused(contact, settings)
            self.send_on(contact, overflow, why)
        self.look(contact)

    def await_agent(self, contact: Contact) -> None:
        """A citizen who is called back stands in the order: nothing is said to anybody, and no limit holds."""
        assert contact.request is not None
        settings = self._state.queue(contact.request.queue)
        if settings.relaxation:
            self._relax(contact, settings)
        self._offering.wants_agent(contact)

    def look(self, contact: Contact) -> None:
        """One more look at how long it will be, while nobody has answered."""
        if contact.phase is ContactPhase.QUEUED and contact.answered_at_ms is None and contact.desk is not None:
            routing = self._state.routing
            now = wait_range(contact.desk, routing.ahead(contact.id))
            contact.said = looked(contact.said, now, self._state.now_ms)

    def _refused(self, contact: Contact, settings: QueueSettings) -> tuple[str, Overflow]:
        """Why the queue does not hold somebody whom nobody is free for, and what happens then."""
        limits, desk = settings.limits, contact.desk
        assert desk is not None
        if limits.unmeetable.act is not OverflowAct.WAIT and not can_be_met(self._state, contact):
            return "unmeetable", limits.unmeetable
        if not desk.on_duty and limits.nobody.act is not OverflowAct.WAIT:
            return "nobody", limits.nobody
        if limits.waiting and desk.waiting > limits.waiting:
            return "full", limits.full
        if limits.expected_wait_ms:
            expected_ms = self._state.routing.expected_wait_ms(desk, desk.waiting - 1)
            if expected_ms is not None and expected_ms > limits.expected_wait_ms:
                return "expected_wait", limits.full
        return "", Overflow()

    # ── relaxation ──────────────────────────────────────────────────────────────────────────────────────────────────
    def relax_due(self, contact: ContactId) -> None:
        waiting = self._waiting(contact)
        if waiting is None or waiting.request is None:
            return
        if self._relax(waiting, self._state.queue(waiting.request.queue)):
            self._wants_agent(waiting)

    def _relax(self, contact: Contact, settings: QueueSettings) -> bool:
        """Takes every step that is due; True when something changed. The next one has its deadline."""
        state, steps = self._state, settings.relaxation
        changed = False
        while contact.relaxed < len(steps):
            step = steps[contact.relaxed]
            due_ms = contact.place_ms + due_after_ms(step, contact.relaxed_times)
            if due_ms > state.now_ms:
                self._set(contact, Due.RELAX, due_ms)
                return changed
            if conditional(step) and not self._holds(contact, settings):
                self._set(contact, Due.RELAX, state.now_ms + LOOK_AGAIN_MS)
                return changed
            number = contact.relaxed + 1
            contact.needs = relaxed(contact.needs, step)
            contact.desk = state.routing.books.desk(contact.needs)
            contact.raised += step.raise_priority
            contact.relaxed_times += 1
            if not step.every_ms or contact.relaxed_times >= step.times:
                contact.relaxed += 1
                contact.relaxed_times = 0
            changed = True
            self._told(contact, settings, f"relaxation {number}")
        return changed

    def _holds(self, contact: Contact, settings: QueueSettings) -> bool:
        routing, desk = self._state.routing, contact.desk
        assert desk is not None
        ahead = routing.ahead(contact.id)
        return holds(
            settings.relaxation[contact.relaxed],
            place=ahead + 1,
            free_agents=desk.idle,
            expected_wait_ms=routing.expected_wait_ms(desk, ahead),
        )

    # ── announcements ───────────────────────────────────────────────────────────────────────────────────────────────
    def _arm_announcements(self, contact: Contact, rules: Announcements) -> None:
        """The first sentence counts from the beginning of the wait, the next one from the last that was heard."""
        contact.pressed = ""
        if contact.announced_at_ms is None:
            began_ms = contact.queued_at_ms if contact.callback is not None else contact.place_ms
            assert began_ms is not None
            self._set(contact, Due.ANNOUNCE, max(began_ms + rules.first_after_ms, self._state.now_ms))
        elif rules.every_ms:
            self._set(contact, Due.ANNOUNCE, max(contact.announced_at_ms + rules.every_ms, self._state.now_ms))

    # ── escalation ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _arm_escalation(self, contact: Contact, settings: QueueSettings) -> None:
        if contact.answered_at_ms is None and contact.escalated < len(settings.escalation):
            at_ms = contact.promise_at_ms + settings.escalation[contact.escalated].from_promise_ms
            self._set(contact, Due.ESCALATE, max(at_ms, self._state.now_ms))

    def escalation_due(self, contact: ContactId) -> None:
        waiting = self._waiting(contact)
        if waiting is None or waiting.request is None:
            return
        settings = self._state.queue(waiting.request.queue)
        if waiting.escalated >= len(settings.escalation):
            return
        step = settings.escalation[waiting.escalated]
        leaves = step.act in (EscalationAct.OVERFLOW, EscalationAct.CALLBACK)
        if leaves and self._must_stay(waiting):
            self._set(waiting, Due.ESCALATE, self._state.now_ms + LOOK_AGAIN_MS)
            return
        waiting.escalated += 1
        self._arm_escalation(waiting, settings)
        self._escalate(waiting, settings, step)

    def _escalate(self, contact: Contact, settings: QueueSettings, step: EscalationStep) -> None:
        state = self._state
        said = f"escalation {contact.escalated}: {step.act}"
        match step.act:
            case EscalationAct.RELAX:
                contact.needs = also(contact.needs, step.also)
                contact.desk = state.routing.books.desk(contact.needs)
                self._told(contact, settings, said)
                self._wants_agent(contact)
            case EscalationAct.RAISE:
                contact.raised += step.raise_priority
                self._told(contact, settings, said)
                self._wants_agent(contact)
            case EscalationAct.ANNOUNCE:
                self._told(contact, settings, said)
                prompt = in_language(step.prompts, contact.request.language if contact.request else "")
                if contact.phase is ContactPhase.QUEUED and prompt:
                    contact.announced_at_ms = state.now_ms
                    state.commands.append(AnnounceWait(contact.id, prompt))
            case EscalationAct.OVERFLOW:
                self._told(contact, settings, said)
                self.send_on(contact, step.overflow, "promise")
            case EscalationAct.CALLBACK:
                self._told(contact, settings, said)
                self.send_on(contact, Overflow(OverflowAct.CALLBACK, step.overflow.target), "promise")

    # ── being sent on ───────────────────────────────────────────────────────────────────────────────────────────────
    def too_long(self, contact: ContactId) -> None:
        """The longest wait is over."""
        self._over(contact, Due.TOO_LONG)

    def closed(self, contact: ContactId) -> None:
        """The hours ended, and the grace after them."""
        self._over(contact, Due.CLOSED)

    def _must_stay(self, contact: Contact) -> bool:
        """A phone rings: whoever picks up is better than any way out. Or the switch is out of sight, and would not hear
        that anybody shall go."""
        return contact.phase is ContactPhase.OFFERED or not self._state.switch_connected

    def _over(self, contact: ContactId, due: Due) -> None:
        waiting = self._waiting(contact)
        if waiting is None or waiting.request is None:
            return
        if self._must_stay(waiting):
            self._set(waiting, due, self._state.now_ms + LOOK_AGAIN_MS)
            return
        limits = self._state.queue(waiting.request.queue).limits
        self.send_on(waiting, limits.closed if due is Due.CLOSED else limits.too_long, due)

    def send_on(self, contact: Contact, overflow: Overflow, why: str, *, asked: bool = False) -> None:
        """Out of the queue, to what was configured. `asked`: the citizen chose it, so that it counts as no move."""
        state, request = self._state, contact.request
        assert request is not None
        if overflow.act is OverflowAct.WAIT or contact.phase is not ContactPhase.QUEUED or contact.awaited:
            return
        if contact.moves >= MOVES and not asked:
            return
        state.notices.append(ContactSentOn(contact.id, request.queue, why, overflow.act, overflow.target))
        state.routing.remove(contact.id)
        state.waits_no_more(contact)
        contact.preferred = None
        contact.moves += not asked
        if overflow.act is OverflowAct.QUEUE:
            contact.request = replace(request, queue=QueueId(overflow.target), closes_in_seconds=None, agent="")
            place_ms, promise_at_ms = contact.place_ms, contact.promise_at_ms
            self.join(contact)
            # the citizen knows of one wait and one promise only
            contact.place_ms, contact.promise_at_ms = place_ms, promise_at_ms
            self.promise(contact)
            music = state.queue(contact.request.queue).music
            if music != state.queue(request.queue).music:
                state.commands.append(PlayMusic(contact.id, music))
            self.wait(contact)
            return
        contact.sent_on_at_ms = state.now_ms
        state.move_contact(contact, ContactStimulus.SENT_ON)
        state.commands.append(LeaveQueue(contact.id, overflow.act, overflow.target))

    def not_sent_on(self, contact: ContactId) -> None:
        """The switch did not let the citizen go: told of again by the wait context, they stand as before."""
        found = self._state.contacts.get(contact)
        if found is not None and found.phase is ContactPhase.IN_FLOW:
            found.sent_on_at_ms = None

    def promise(self, contact: Contact) -> None:
        """The promise's own deadline, while nobody has kept it."""
        if contact.answered_at_ms is None and contact.promise_at_ms >= self._state.now_ms:
            # strictly after the promise: answered at 15.000 s is answered
            self._state.deadlines.set(Due.PROMISE, contact.id, contact.promise_at_ms + 1)

    # ── nobody can ──────────────────────────────────────────────────────────────────────────────────────────────────
    def judge_staff(self) -> None:
        """Somebody left, or came: who waits at a desk without anybody goes where the operators decided."""
        state = self._state
        if not state.routing.waiting or not state.switch_connected:
            return
        left: list[ContactId] = []
        for desk in [desk for desk in state.routing.books.desks.values() if desk.lines and not desk.on_duty]:
            waiting = [contact for line in desk.lines.values() for _, contact in line.places]
            tell_unmet(state, desk, waiting)
            left += waiting
        for contact in [state.contacts[name] for name in state.routing.in_order(state.now_ms, left)]:
            assert contact.request is not None
            limits = state.queue(contact.request.queue).limits
            if limits.unmeetable.act is OverflowAct.WAIT or can_be_met(state, contact):
                self.send_on(contact, limits.nobody, "nobody")
            else:
                self.send_on(contact, limits.unmeetable, "unmeetable")

    # ── small words ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _waiting(self, contact: ContactId) -> Contact | None:
        found = self._state.contacts.get(contact)
        return found if found is not None and found.phase in WAITING else None

    def _wants_agent(self, contact: Contact) -> None:
        if contact.phase is ContactPhase.QUEUED:
            self._offering.wants_agent(contact)

    def _set(self, contact: Contact, due: Due, at_ms: int) -> None:
        contact.timed = True
        self._state.deadlines.set(due, contact.id, at_ms)

    def _told(self, contact: Contact, settings: QueueSettings, step: str) -> None:
        state = self._state
        assert contact.request is not None
        priority = contact.request.priority + settings.priority + contact.raised
        waited_ms = max(0, state.now_ms - contact.place_ms)
        state.notices.append(StepTaken(contact.id, settings.id, step, str(contact.needs), priority, waited_ms))


def in_language(prompts: Mapping[str, str], language: str) -> str:
    """The recording for a citizen of that language; who speaks another hears the first."""
    return prompts.get(language) or next(iter(prompts.values()), "")
