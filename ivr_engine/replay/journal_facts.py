"""The journal's notices → what happened, in the scenario's names: the same facts, whichever level wrote the journal.

A contact is a citizen by the number it called from, which the journal keeps and every level chooses alike
(`callers_of`). Where a notice is only for those who look (an agent's rest, a phase), nothing is told.
"""

from collections.abc import Iterable, Mapping, Sequence

from ivr_engine.core.callback import origin_of
from ivr_engine.core.notices import (
    AgentChanged,
    AgentsRegistered,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactAnnounced,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactForwarded,
    ContactMoved,
    ContactNoted,
    ContactRecorded,
    ContactSentOn,
    ContactTexted,
    ContactWaits,
    ContractorBooked,
    ForwardSettled,
    Notice,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    RequirementUnmet,
    RoutingNoted,
    StepTaken,
    SwitchStateChanged,
    TalkRecorded,
    TransferEnded,
    TransferMoved,
    WaitExplained,
)
from ivr_engine.core.vocabulary import AgentState, ContactPhase
from ivr_engine.replay.history import Happened, Verb
from ivr_engine.replay.scenario import Scenario

FICTITIOUS = "0200{:06d}"
"""Seoul's area code and an exchange that begins with 0: nobody's line."""

FIRST_CITIZEN = 90_001


def callers_of(scenario: Scenario) -> dict[str, str]:
    """The number that each citizen calls from: the plan's own, or a fictitious one, the same on every level."""
    return {
        plan.name: plan.caller or FICTITIOUS.format(FIRST_CITIZEN + index)
        for index, plan in enumerate(scenario.citizens)
    }


class Names:
    """Who is who: citizens by the numbers they call from (in the order of their arrival, where two share one)."""

    def __init__(self, zero_ms: int, callers: Mapping[str, str]) -> None:
        """`callers`: citizen → number, in the order of arrival; `zero_ms` is when the scenario begins (epoch)."""
        self.zero_ms = zero_ms
        self._waiting: dict[str, list[str]] = {}
        self._callers = dict(callers)
        for name, caller in callers.items():
            self._waiting.setdefault(caller, []).append(name)
        self._named: dict[str, str] = {}
        self._recordings: dict[str, str] = {}

    @classmethod
    def of(cls, scenario: Scenario, zero_ms: int | None = None) -> "Names":
        """The names of a scenario; on levels with a clock of their own, `zero_ms` is when it really began."""
        callers = callers_of(scenario)
        arriving = sorted(scenario.citizens, key=lambda plan: plan.arrives_ms)
        return cls(
            scenario.starts_at_ms if zero_ms is None else zero_ms, {plan.name: callers[plan.name] for plan in arriving}
        )

    def began(self, contact: str, caller: str) -> str:
        """The citizen of a contact that is told for the first time; the next who calls from that number."""
        name = self._named.get(contact) or self._named.get(origin_of(contact))
        if name is None:
            waiting = self._waiting.get(caller)
            name = self._named[contact] = waiting.pop(0) if waiting else contact
        return name

    def bind(self, contact: str, name: str) -> None:
        """The level itself knows who it is."""
        if contact not in self._named:
            self._named[contact] = name
            waiting = self._waiting.get(self._callers.get(name, ""), [])
            if name in waiting:
                waiting.remove(name)

    def citizen(self, contact: str) -> str:
        """The contact's own id where nobody is known to it; who is called back is who asked for it."""
        asked = origin_of(contact)
        return self._named.get(contact) or self._named.get(asked, contact)

    def recorded(self, recording: str) -> None:
        """A message has this name, which is made up by chance."""
        self._recordings.setdefault(recording, f"recording {len(self._recordings) + 1}")

    def noted(self, value: str) -> str:
        """What a flow noted, in words that are the same each time that the story is told."""
        return self._recordings.get(value, value)


UNTOLD = frozenset[type](
    {
        ContactAnnounced,
        ContactSentOn,
        ContractorBooked,
        RequirementUnmet,
        RoutingNoted,
        StepTaken,
        WaitExplained,
    }
)
"""Notices that explain or count what other facts of a scenario show: who is offered to whom, and where a citizen is."""


class Telling:
    """Turns decisions into facts one after the other; remembers what each agent was told to be."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._agents: dict[str, tuple[str, str, str]] = {}
        self._talks: dict[str, str] = {}
        """Contact → the agent it talks to, so that a new life which finds them talking tells nothing new."""

    def facts(self, at_ms: int, notices: Sequence[Notice]) -> list[Happened]:
        """The facts of one decision. A configuration chooses nobody's presence, and is not told of agents."""
        if not notices:
            return []
        at = at_ms - self._names.zero_ms
        configured = any(type(notice) is AgentsRegistered for notice in notices)
        found: list[Happened] = []
        for notice in notices:
            match notice:
                case AgentChanged():
                    self._agent(at, notice, found, silent=configured)
                case ContactMoved():
                    self._moved(at, notice, notices, found)
                case AgentsRegistered():
                    pass
                case _ if type(notice) in UNTOLD:
                    pass
                case SwitchStateChanged():
                    found.append(Happened(at, Verb.SWITCH, "", {"connected": _yes(notice.connected)}))
                case _:
                    found.append(self._of_citizen(at, notice))
        return found

    def _agent(self, at: int, notice: AgentChanged, found: list[Happened], *, silent: bool) -> None:
        now = (notice.presence.value, notice.state.value, notice.reason)
        before = self._agents.get(notice.agent)
        self._agents[notice.agent] = now
        if silent or before == now:
            return
        details = {"presence": now[0], "state": now[1], "reason": now[2]}
        found.append(Happened(at, Verb.AGENT, notice.agent, details))

    def _moved(self, at: int, moved: ContactMoved, notices: Sequence[Notice], found: list[Happened]) -> None:
        """Of the phases only those are told that no other notice tells: falling back, and a second agent's answer."""
        citizen = self._names.citizen(moved.contact)
        if moved.phase is ContactPhase.FALLING_BACK:
            found.append(Happened(at, Verb.FELL_BACK, citizen))
        elif moved.phase is ContactPhase.CONNECTED and not any(
            type(notice) is ContactConnected and notice.contact == moved.contact for notice in notices
        ):
            agent = next(
                (
                    notice.agent
                    for notice in notices
                    if type(notice) is AgentChanged
                    and notice.state is AgentState.ON_CONTACT
                    and notice.contact == moved.contact
                ),
                "",
            )
            if agent and self._talks.get(moved.contact) != agent:
                self._talks[moved.contact] = agent
                found.append(Happened(at, Verb.CONNECTED, citizen, {"agent": agent}))

    def _of_citizen(self, at: int, notice: Notice) -> Happened:  # noqa: PLR0912  (one branch for each notice)
        match notice:
            case ContactBegan():
                citizen = self._names.began(notice.contact, notice.caller)
                return Happened(at, Verb.ARRIVED, citizen, {"number": notice.number})
            case ContactWaits():
                self._talks.pop(notice.contact, None)
                details = {
                    "queue": notice.queue,
                    "requirement": " ".join(notice.requirement),
                    "agency": notice.agency,
                    "language": notice.language,
                    "returns": str(notice.returns),
                }
                return Happened(at, Verb.QUEUED, self._names.citizen(notice.contact), details)
            case OfferMade():
                details = {"agent": notice.agent, "reason": notice.reason}
                return Happened(at, Verb.OFFERED, self._names.citizen(notice.contact), details)
            case OfferEnded():
                details = {
                    "agent": notice.agent,
                    "result": notice.result.value,
                    "cause": notice.cause.value if notice.cause is not None else "",
                }
                return Happened(at, Verb.OFFER_ENDED, self._names.citizen(notice.contact), details)
            case PromiseMissed():
                return Happened(at, Verb.PROMISE_MISSED, self._names.citizen(notice.contact), {"queue": notice.queue})
            case ContactConnected():
                self._talks[notice.contact] = notice.agent
                details = {
                    "agent": notice.agent,
                    "within_promise": _yes(notice.within_promise),
                    "wait_ms": str(notice.wait_ms),
                }
                return Happened(at, Verb.CONNECTED, self._names.citizen(notice.contact), details)
            case TransferMoved():
                details = {"state": notice.state.value, "entry": notice.entry, "agent": notice.agent}
                return Happened(at, Verb.TRANSFER, self._names.citizen(notice.contact), details)
            case TransferEnded():
                details = {
                    "result": notice.result.value,
                    "cause": notice.cause.value if notice.cause is not None else "",
                    "entry": notice.entry,
                    "agent": notice.agent,
                }
                return Happened(at, Verb.TRANSFER_ENDED, self._names.citizen(notice.contact), details)
            case ContactForwarded():
                details = {"entry": notice.entry, "agency": notice.agency}
                return Happened(at, Verb.FORWARDED, self._names.citizen(notice.contact), details)
            case ForwardSettled():
                details = {
                    "result": "answered" if notice.answered else "failed",
                    "cause": notice.cause.value if notice.cause is not None else "",
                    "entry": notice.entry,
                }
                return Happened(at, Verb.FORWARD_ENDED, self._names.citizen(notice.contact), details)
            case CallbackPromised():
                details = {"number": notice.number, "queue": notice.queue}
                return Happened(at, Verb.CALLBACK, self._names.citizen(notice.contact), details)
            case CallbackMoved():
                details = {"state": notice.state.value, "cause": notice.cause}
                return Happened(at, Verb.CALLBACK_MOVED, self._names.citizen(notice.origin), details)
            case CallbackEnded():
                details = {"end": notice.end.value, "dials": str(notice.dials)}
                return Happened(at, Verb.CALLBACK_ENDED, self._names.citizen(notice.origin), details)
            case ContactNoted():
                facts = " ".join(f"{name}={self._names.noted(value)}" for name, value in sorted(notice.facts.items()))
                details = {"facts": facts, "survey": notice.survey}
                return Happened(at, Verb.NOTED, self._names.citizen(notice.contact), details)
            case ContactRecorded():
                self._names.recorded(notice.recording)
                details = {"length_ms": str(notice.length_ms)}
                return Happened(at, Verb.RECORDED, self._names.citizen(notice.contact), details)
            case TalkRecorded():
                details = {"state": notice.state.value, "agent": notice.agent, "length_ms": str(notice.length_ms)}
                return Happened(at, Verb.TALK_RECORDED, self._names.citizen(notice.contact), details)
            case ContactTexted():
                return Happened(at, Verb.TEXTED, self._names.citizen(notice.contact), {"sent": _yes(notice.sent)})
            case ContactEnded():
                self._talks.pop(notice.contact, None)
                details = {
                    "disposition": notice.disposition.value,
                    "agency": notice.agency,
                    "queue": notice.queue,
                    "agent": notice.agent,
                    "short_abandon": _yes(notice.short_abandon),
                    "offers": str(notice.offers),
                }
                return Happened(at, Verb.ENDED, self._names.citizen(notice.contact), details)
        raise TypeError(f"{type(notice).__name__} is a notice that no fact tells: teach journal_facts")


def facts_of(entries: Iterable[tuple[int, Sequence[Notice]]], names: Names) -> list[Happened]:
    """All facts of a journal: of each entry its time (epoch, ms) and its notices. Times count from `names.zero_ms`.

    What was decided before the scenario began is learnt from, but is none of its facts.
    """
    telling = Telling(names)
    found: list[Happened] = []
    for at_ms, notices in entries:
        facts = telling.facts(at_ms, notices)
        if at_ms >= names.zero_ms:
            found += facts
    return found


def _yes(value: bool) -> str:
    return "true" if value else "false"
