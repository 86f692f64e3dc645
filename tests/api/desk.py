"""A small engine to ask: canned views, plain rules, and a record of what reached it."""

import asyncio
from dataclasses import dataclass, field, replace

from ivr_engine.core.errors import IllegalEvent, NoContact, UnknownAgent
from ivr_engine.core.events import CallbackCancelled, Event, HoldRequested, PresenceChosen, WrapUpFinished
from ivr_engine.core.explanation import AgentWhy, Why
from ivr_engine.core.views import AgentView, ContactView, QueueView, View
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    ContactPhase,
    Presence,
    QueueId,
    TransferState,
)
from ivr_engine.reports.book import Report, report_of
from ivr_engine.reports.ports import PastAway
from ivr_engine.reports.question import Question
from ivr_engine.reports.why import Story, story_of
from ivr_engine.runtime.ports import DirectoryEntry, JournalEntry

NOW_MS = 1_290_000_000_000


def agent(name: str, **changes: object) -> AgentView:
    base = AgentView(
        id=AgentId(name),
        name=f"상담사 {name}",
        contractor="north",
        skills={"general": 3},
        presence=Presence.AVAILABLE,
        reason="",
        state=AgentState.IDLE,
        since_ms=NOW_MS - 5_000,
        contact=None,
        resting_until_ms=None,
        misses=0,
        missed={},
        wrap_up_until_ms=None,
        intends=None,
        intends_reason="",
        team="",
        languages=(),
        room={"voice": 1},
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def contact(name: str, **changes: object) -> ContactView:
    base = ContactView(
        id=ContactId(name),
        number="120",
        caller="01012345678",
        agency="seoul",
        language="ko",
        phase=ContactPhase.QUEUED,
        since_ms=NOW_MS - 4_000,
        arrived_at_ms=NOW_MS - 9_000,
        queue=QueueId("general"),
        requirement=("general",),
        priority=0,
        queued_at_ms=NOW_MS - 4_000,
        answered_at_ms=None,
        agent=None,
        offer=None,
        offers=0,
        transfer_state=None,
        transfer_entry="",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def queue(name: str, **changes: object) -> QueueView:
    base = QueueView(
        id=QueueId(name),
        requirement=("general",),
        promise_ms=15_000,
        waiting=1,
        offered=0,
        connected=1,
        longest_wait_ms=4_000,
        idle_agents=1,
        logged_in_agents=2,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def view() -> View:
    return View(
        at_ms=NOW_MS,
        switch_connected=True,
        agents=(
            agent("1001"),
            agent("1002", state=AgentState.ON_CONTACT, contact=ContactId("c2")),
            agent("1003", presence=Presence.LOGGED_OUT),
        ),
        contacts=(
            contact("c1"),
            contact(
                "c2",
                phase=ContactPhase.CONNECTED,
                arrived_at_ms=NOW_MS - 60_000,
                answered_at_ms=NOW_MS - 40_000,
                agent=AgentId("1002"),
                transfer_state=TransferState.HELD,
            ),
        ),
        queues=(queue("general"), queue("water", waiting=0, connected=0, longest_wait_ms=0)),
    )


@dataclass
class SmallDesk:
    """Implements `ports.Desk`: presence and wrap-up change the picture, a hold needs a talk, the rest is accepted."""

    now: View = field(default_factory=view)
    asked: list[Event] = field(default_factory=list)
    frozen: bool = False
    """Never decide, as an engine that is stuck."""
    bug: bool = False

    async def ask(self, event: Event) -> None:
        if self.bug:
            raise ZeroDivisionError("secret inside")
        if self.frozen:
            await asyncio.Event().wait()
        self.asked.append(event)
        if isinstance(event, CallbackCancelled):
            return
        name: AgentId = event.agent  # type: ignore[union-attr,assignment]
        one = next((each for each in self.now.agents if each.id == name), None)
        if one is None:
            raise UnknownAgent(f"no agent {name} in the configuration")
        match event:
            case PresenceChosen():
                self._put(replace(one, presence=event.presence, reason=event.reason))
            case WrapUpFinished() if one.state is not AgentState.WRAP_UP:
                raise IllegalEvent(f"{name} is {one.state.value}, not in wrap-up")
            case HoldRequested() if one.contact is None:
                raise NoContact(f"{name} talks to nobody")

    def view(self) -> View:
        return self.now

    def why(self, contact: ContactId) -> Why | None:
        """Of any contact that is there: it waits for 1001, who talks."""
        found = next((each for each in self.now.contacts if each.id == contact), None)
        if found is None:
            return None
        agents = (AgentWhy(AgentId("1001"), "talking"),)
        return Why(
            contact,
            found.phase,
            found.queue,
            "general",
            0,
            4_000,
            1,
            None,
            "",
            0,
            {"talking": 1},
            agents,
            "",
            None,
            None,
        )

    def _put(self, changed: AgentView) -> None:
        agents = tuple(changed if each.id == changed.id else each for each in self.now.agents)
        self.now = replace(self.now, agents=agents)


@dataclass
class SmallDirectory:
    """Implements `ports.Directory` over a handful of entries."""

    entries: tuple[DirectoryEntry, ...] = (
        DirectoryEntry("7001", "상수도사업본부", "김수도", "누수 신고", "0200007001"),
        DirectoryEntry("7010", "교통정책과", "이교통", "버스 노선", "0200007010"),
        DirectoryEntry("8001", "Tax division", "Official Tax", "vehicle tax", "0200008001"),
    )

    def find(self, entry: str) -> DirectoryEntry | None:
        return next((each for each in self.entries if each.entry == entry), None)

    def search(self, words: str, limit: int = 20) -> tuple[DirectoryEntry, ...]:
        wanted = words.lower().split()
        found = [
            each
            for each in self.entries
            if all(word in f"{each.department} {each.official} {each.duties}".lower() for word in wanted)
        ]
        return tuple(found[:limit])


@dataclass
class SmallPast:
    """Implements `reports.ports.Past` over entries in memory."""

    entries: list[JournalEntry] = field(default_factory=list)
    away: bool = False
    asked: list[Question] = field(default_factory=list)

    async def report(self, question: Question, now_ms: int) -> Report:
        if self.away:
            raise PastAway("the database does not answer")
        self.asked.append(question)
        return report_of(question, self.entries, now_ms)

    async def story(self, contact: str) -> Story | None:
        if self.away:
            raise PastAway("the database does not answer")
        story = story_of(contact, self.entries)
        return story if story.moments else None
