"""The loop round the core: what comes first, what a bug costs, when deadlines fire, what a stop leaves behind."""

import asyncio
import gc
import weakref
from collections.abc import Callable

import pytest

from ivr_engine.core.commands import Command, StartOffer
from ivr_engine.core.configuration import AgentSettings, Configuration, QueueSettings
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.engine import Decision, Engine
from ivr_engine.core.errors import UnknownAgent
from ivr_engine.core.events import (
    Configured,
    ContactArrived,
    ContactQueued,
    Event,
    HoldRequested,
    LegEnded,
    PresenceChosen,
    Started,
    SwitchSeen,
    TimePassed,
)
from ivr_engine.core.notices import OfferMade, PromiseMissed
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, Presence, QueueId
from ivr_engine.runtime.ports import DeskClosed, InboxFull, JournalEntry
from ivr_engine.runtime.reactor import LONGEST_TIMER_MS, MAX_INBOX, Reactor

DAWN_MS = 1_700_000_000_000
GENERAL = QueueSettings(QueueId("general"))
AGENT = AgentId("1001")


class Around:
    """Clock, switch and journal of a reactor: they write down, in one list, who was told what, in which order."""

    def __init__(self, engine: Engine | None = None, queue: QueueSettings = GENERAL) -> None:
        self.story: list[str] = []
        self.entries: list[JournalEntry] = []
        self.commands: list[Command] = []
        self.spent_seconds: list[float] = []
        self.during_execute: Callable[[Command], None] = lambda command: None
        self.reactor = Reactor(
            engine or Engine(), clock=self, switch=self, journal=self, epoch=7, on_decided=self.spent_seconds.append
        )
        self.reactor.put(Started(7))
        self.reactor.put(Configured(Configuration((queue,), (AgentSettings(AGENT, "Kim"),))))
        self.reactor.put(SwitchSeen(()))
        self.began_at = asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return DAWN_MS + round(asyncio.get_running_loop().time() * 1000)

    def execute(self, command: Command) -> None:
        self.commands.append(command)
        self.story.append(type(command).__name__)
        self.during_execute(command)

    def append(self, entry: JournalEntry) -> None:
        self.entries.append(entry)
        self.story.append(f"journal {type(entry.event).__name__}")

    def queued(self, contact: str) -> ContactQueued:
        return ContactQueued(ContactId(contact), "120", "", ToQueue(GENERAL.id), self.now_ms())

    @property
    def events(self) -> list[Event]:
        return [entry.event for entry in self.entries[3:]]

    def noticed(self, kind: type) -> list[int]:
        """When notices of this kind were published, in ms since the dawn."""
        return [entry.at_ms - DAWN_MS for entry in self.entries for notice in entry.notices if isinstance(notice, kind)]


class BreakingEngine(Engine):
    """The core with a bug for contacts named `broken`."""

    def handle(self, event: Event, now_ms: int) -> Decision:
        decision = super().handle(event, now_ms)
        if isinstance(event, ContactArrived) and event.contact == "broken":
            raise ZeroDivisionError("a bug of the core")
        return decision


def arrived(contact: str) -> ContactArrived:
    return ContactArrived(ContactId(contact), "120", "")


class TestOrder:
    async def test_given_a_free_agent_when_a_contact_queues_then_journal_command_subscribers(
        self,
    ) -> None:
        around = Around()
        around.reactor.subscribe(lambda entry: around.story.append("metrics"))
        around.reactor.subscribe(lambda entry: around.story.append("feed"))
        around.reactor.put(PresenceChosen(AGENT, Presence.AVAILABLE))
        around.story.clear()
        around.reactor.put(around.queued("c1"))
        assert around.story == ["journal ContactQueued", "StartOffer", "metrics", "feed"]
        assert isinstance(around.commands[0], StartOffer)

    async def test_given_a_subscriber_that_puts_when_it_is_told_then_its_facts_come_after_and_in_order(self) -> None:
        around = Around()

        def echo(entry: JournalEntry) -> None:
            if entry.event == arrived("c1"):
                around.reactor.put(arrived("c2"))
                around.reactor.put(arrived("c3"))
                assert around.reactor.depth == 2
                around.story.append("echoed")

        around.story.clear()
        around.reactor.subscribe(echo)
        around.reactor.put(arrived("c1"))
        assert around.events == [arrived("c1"), arrived("c2"), arrived("c3")]
        assert around.story == ["journal ContactArrived", "echoed", *["journal ContactArrived"] * 2]
        assert around.reactor.depth == 0

    async def test_given_a_switch_that_puts_at_once_when_it_executes_then_subscribers_hear_of_the_first_decision_first(
        self,
    ) -> None:
        around = Around()
        told: list[int] = []
        around.reactor.subscribe(lambda entry: told.append(entry.seq))
        around.during_execute = lambda command: around.reactor.put(TimePassed())
        around.reactor.put(PresenceChosen(AGENT, Presence.AVAILABLE))
        around.reactor.put(around.queued("c1"))
        assert isinstance(around.events[-1], TimePassed)
        assert told == sorted(told)

    async def test_given_legal_illegal_and_broken_facts_when_decided_then_seq_has_no_gap_and_each_is_journalled(
        self,
    ) -> None:
        around = Around(BreakingEngine())
        for event in (arrived("c1"), HoldRequested(AgentId("nobody")), arrived("broken"), arrived("c2")):
            around.reactor.put(event)
        assert [entry.seq for entry in around.entries] == list(range(1, 8))
        assert {entry.epoch for entry in around.entries} == {7}
        assert len(around.spent_seconds) == 7
        assert min(around.spent_seconds) >= 0


class TestRefusals:
    async def test_given_an_illegal_request_when_asked_then_the_asker_hears_it(self) -> None:
        around = Around()
        with pytest.raises(UnknownAgent):
            await around.reactor.ask(HoldRequested(AgentId("nobody")))
        assert around.reactor.bugs == 0

    async def test_given_an_illegal_fact_when_put_then_it_is_counted_and_nobody_raises(self) -> None:
        around = Around()
        around.reactor.put(HoldRequested(AgentId("nobody")))
        assert (around.reactor.illegal_events, around.reactor.bugs) == (1, 0)

    async def test_given_a_legal_request_when_asked_then_it_is_decided_when_the_answer_comes(self) -> None:
        around = Around()
        await around.reactor.ask(PresenceChosen(AGENT, Presence.AVAILABLE))
        assert around.reactor.view().agents[0].presence is Presence.AVAILABLE

    @pytest.mark.looptime
    async def test_given_a_deadline_due_when_the_next_request_is_refused_then_the_deadline_counts_all_the_same(
        self,
    ) -> None:
        around = Around()
        around.reactor.put(around.queued("c1"))
        engine_was_busy_until = asyncio.get_running_loop().time() + 20
        asyncio.get_running_loop().time = lambda: engine_was_busy_until  # type: ignore[method-assign]
        with pytest.raises(UnknownAgent):
            await around.reactor.ask(HoldRequested(AgentId("nobody")))
        assert around.noticed(PromiseMissed) == [20_000]
        assert isinstance(around.entries[-1].event, HoldRequested)


class TestBugs:
    async def test_given_a_bug_in_the_core_when_put_then_it_is_counted_and_the_next_fact_is_decided(self) -> None:
        around = Around(BreakingEngine())
        around.reactor.put(arrived("broken"))
        around.reactor.put(arrived("c2"))
        assert around.reactor.bugs == 1
        assert "c2" in {contact.id for contact in around.reactor.view().contacts}

    async def test_given_a_bug_in_the_core_when_asked_then_the_asker_is_not_left_waiting(self) -> None:
        around = Around(BreakingEngine())
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(1):
                await around.reactor.ask(arrived("broken"))

    async def test_given_a_bug_in_a_subscriber_when_told_then_the_others_hear_and_the_next_is_decided(
        self,
    ) -> None:
        around = Around()
        heard: list[int] = []

        def broken(entry: JournalEntry) -> None:
            raise KeyError(entry.seq)

        around.reactor.subscribe(broken)
        around.reactor.subscribe(lambda entry: heard.append(entry.seq))
        around.reactor.put(arrived("c1"))
        await around.reactor.ask(arrived("c2"))
        assert around.reactor.bugs == 2
        assert heard == [4, 5]

    @pytest.mark.looptime
    async def test_given_a_bug_in_the_switch_when_it_executes_then_facts_and_deadlines_go_on(self) -> None:
        around = Around()
        heard: list[str] = []

        def broken(command: Command) -> None:
            around.reactor.put(arrived("c2"))
            raise KeyError(type(command).__name__)

        around.during_execute = broken
        around.reactor.subscribe(lambda entry: heard.append(type(entry.event).__name__))
        around.reactor.put(PresenceChosen(AGENT, Presence.AVAILABLE))
        async with asyncio.timeout(1):
            await around.reactor.ask(around.queued("c1"))
        assert heard == ["PresenceChosen", "ContactQueued", "ContactArrived"]
        assert around.reactor.bugs == 1
        await asyncio.sleep(60)
        assert around.noticed(PromiseMissed), "no deadline was armed after the bug"

    async def test_given_a_bug_in_the_journal_when_told_then_the_citizen_is_served_all_the_same(self) -> None:
        around = Around()
        around.reactor.put(PresenceChosen(AGENT, Presence.AVAILABLE))

        def broken(entry: JournalEntry) -> None:
            raise OSError("the disk is gone")

        around.append = broken  # type: ignore[method-assign]
        around.reactor.put(around.queued("c1"))
        assert [type(command) for command in around.commands] == [StartOffer]
        assert around.reactor.bugs == 1


@pytest.mark.looptime
class TestDeadlines:
    async def test_given_a_waiting_contact_when_nothing_else_happens_then_its_promise_breaks_on_time(self) -> None:
        around = Around()
        around.reactor.put(around.queued("c1"))
        await asyncio.sleep(14.9)
        assert around.noticed(PromiseMissed) == []
        await asyncio.sleep(0.2)
        (missed_at_ms,) = around.noticed(PromiseMissed)
        assert 15_000 <= missed_at_ms <= 15_001

    async def test_given_a_later_and_an_earlier_deadline_when_time_passes_then_the_one_timer_serves_both(self) -> None:
        around = Around()
        around.reactor.put(around.queued("c1"))
        await asyncio.sleep(5)
        around.reactor.put(around.queued("c2"))
        await asyncio.sleep(16)
        first, second = around.noticed(PromiseMissed)
        assert (first // 10, second // 10) == (1_500, 2_000)

    async def test_given_a_deadline_far_away_when_it_comes_then_the_timer_was_armed_again_and_again(self) -> None:
        around = Around(queue=QueueSettings(GENERAL.id, promise_ms=3 * LONGEST_TIMER_MS))
        around.reactor.put(around.queued("c1"))
        await asyncio.sleep(3 * LONGEST_TIMER_MS / 1000 + 1)
        (missed_at_ms,) = around.noticed(PromiseMissed)
        assert 3 * LONGEST_TIMER_MS <= missed_at_ms <= 3 * LONGEST_TIMER_MS + 1
        assert 3 <= sum(isinstance(event, TimePassed) for event in around.events) <= 5

    async def test_given_a_deadline_whose_contact_has_left_when_it_would_come_then_the_core_is_left_alone(self) -> None:
        around = Around()
        around.reactor.put(around.queued("c1"))
        around.reactor.put(LegEnded(LegId("c1")))
        await asyncio.sleep(60)
        assert [type(event) for event in around.events] == [ContactQueued, LegEnded]

    async def test_given_nothing_due_when_an_hour_passes_then_the_core_is_left_alone(self) -> None:
        around = Around()
        await asyncio.sleep(3_600)
        assert around.events == []


class TestLimits:
    async def test_given_a_full_inbox_when_one_more_is_put_then_it_is_refused_and_the_others_are_decided(self) -> None:
        around = Around()
        refused: list[InboxFull] = []

        def flood(entry: JournalEntry) -> None:
            if entry.event != arrived("c1"):
                return
            for _ in range(MAX_INBOX):
                around.reactor.put(TimePassed())
            try:
                around.reactor.put(TimePassed())
            except InboxFull as full:
                refused.append(full)

        around.reactor.subscribe(flood)
        around.reactor.put(arrived("c1"))
        assert len(refused) == 1
        assert refused[0].code == "inbox_full"
        assert len(around.events) == 1 + MAX_INBOX
        assert around.reactor.depth == 0


class TestStop:
    @pytest.mark.looptime
    async def test_given_a_stopped_reactor_when_time_passes_and_facts_come_then_nothing_is_decided(self) -> None:
        around = Around()
        around.reactor.put(around.queued("c1"))
        around.reactor.stop()
        before = len(around.entries)
        around.reactor.put(arrived("c2"))
        await asyncio.sleep(60)
        assert len(around.entries) == before

    async def test_given_a_stopped_reactor_when_asked_then_the_desk_is_closed(self) -> None:
        around = Around()
        around.reactor.stop()
        with pytest.raises(DeskClosed):
            await around.reactor.ask(PresenceChosen(AGENT, Presence.AVAILABLE))

    async def test_given_a_stop_in_the_middle_of_a_decision_when_it_is_over_then_no_timer_is_left(self) -> None:
        around = Around()
        reactor = around.reactor
        reactor.subscribe(lambda entry, stop=reactor.stop: stop())  # type: ignore[misc]
        reactor.put(around.queued("c1"))
        gone = weakref.ref(reactor)
        del around, reactor
        gc.collect()
        assert gone() is None, "the event loop still holds a timer of it"


async def test_given_an_agent_who_comes_free_when_put_then_the_offer_has_left_before_put_returns() -> None:
    around = Around()
    around.reactor.put(around.queued("c1"))
    around.reactor.put(PresenceChosen(AGENT, Presence.AVAILABLE))
    assert around.noticed(OfferMade)
    assert [type(command) for command in around.commands] == [StartOffer]
