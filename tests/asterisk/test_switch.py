"""The switch port before a scripted Asterisk on real sockets: what is sent, what is told, what only once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from ivr_engine.asterisk import ringing
from ivr_engine.asterisk import switch as switch_module
from ivr_engine.asterisk.actions import Endpoints
from ivr_engine.asterisk.ami_errors import AmiRefused
from ivr_engine.asterisk.switch import AsteriskSwitch
from ivr_engine.asterisk.translate.snapshot import SEEN_VARIABLES
from ivr_engine.core.commands import Command, HoldCitizen, ReturnToQueue, StartOffer, WithdrawOffer
from ivr_engine.core.events import (
    CommandRefused,
    ConsultRequested,
    ContactArrived,
    Event,
    HoldRequested,
    LegEnded,
    OfferAnswered,
    OfferFailed,
    SwitchLost,
    SwitchSeen,
)
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferFailure, OfferId, Role
from ivr_engine.runtime.ports import DirectoryEntry, InboxFull
from ivr_engine.storage.directory import MemoryDirectory
from tests.armed_timers import armed_timers
from tests.asterisk.fake_asterisk import Asterisk
from tests.asterisk.fake_manager import PATIENCE_SECONDS, FakeManager, Request, refusal, success

NONCE = "0123456789abcdef0123456789abcdef"
C = ContactId("1700000000.1")
OFFICE = DirectoryEntry("7001", "Roads", "Lee", "potholes", "0226408001")


def offer(number: int = 1) -> StartOffer:
    return StartOffer(OfferId(f"o.{number}"), C, AgentId(f"100{number}"), 10_000, "120", "010", "", "general", "ko")


class Told:
    """The sink: every fact in order, and a way to wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.before: Callable[[Event], None] = lambda _event: None
        """May refuse it."""
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.before(event)
        self.events.append(event)
        self._news.set()

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type, count: int = 1) -> Event:
        """Wait for the fact of this kind that is number `count`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return self.of(kind)[count - 1]

    async def nothing_else(self, fake: FakeManager) -> None:
        """All that was sent before now has been told: a last event of ours has come through behind it."""
        arrived = len(self.of(ContactArrived)) + 1
        fake.emit("UserEvent", UserEvent="IvrArrived", Contact=f"last-{arrived}")
        await self.until(ContactArrived, arrived)

    def facts(self) -> list[Event]:
        """All but the look at the switch and the last one of `nothing_else`."""
        return [
            event
            for event in self.events
            if not isinstance(event, SwitchSeen)
            and not (isinstance(event, ContactArrived) and event.contact.startswith("last-"))
        ]


def make(fake: FakeManager, told: Callable[[Event], None], nonce: str = NONCE) -> AsteriskSwitch:
    return AsteriskSwitch(
        fake.account("ivr-events"),
        fake.account("ivr-control"),
        sink=told,
        directory=MemoryDirectory((OFFICE,)),
        nonce=nonce,
        endpoints=Endpoints(),
    )


@asynccontextmanager
async def running(fake: FakeManager) -> AsyncIterator[tuple[AsteriskSwitch, Told]]:
    told = Told()
    switch = make(fake, told)
    await switch.start()
    try:
        yield switch, told
    finally:
        await switch.stop()
    assert timers_of(switch) == []


def timers_of(switch: AsteriskSwitch) -> list[asyncio.TimerHandle]:
    """What the event loop still holds for it, and for its book of what rings."""
    owners = (switch, switch._ringing)
    return [handle for handle, callback in armed_timers() if getattr(callback, "__self__", None) in owners]


@pytest.fixture
async def fake() -> AsyncIterator[Asterisk]:
    asterisk = Asterisk()
    async with asterisk:
        yield asterisk


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_module, "HEARTBEAT_SECONDS", 0.01)


class TestConnect:
    async def test_given_a_switch_when_connected_then_nonce_heartbeat_look_in_this_order(self, fake: Asterisk) -> None:
        async with running(fake):
            actions = [request.get("Variable") or request.action for request in fake.requests]
            assert [action for action in actions if action not in {"Login", "Ping"}] == [
                "IVR_NONCE",
                "IVR_HEARTBEAT",
                "CoreStatus",
                "Status",
                "DBGetTree",
            ]
            assert fake.setvars("IVR_NONCE") == [NONCE]
            (status,) = fake.named("Status")
            assert status.get("Variables").split(",") == list(SEEN_VARIABLES)

    async def test_given_events_during_the_look_when_it_ends_then_the_picture_comes_first(self, fake: Asterisk) -> None:
        fake.during_status = lambda: fake.emit("UserEvent", UserEvent="IvrArrived", Contact=C, Number="120")
        async with running(fake) as (_, told):
            await told.until(ContactArrived)
            assert [type(event) for event in told.events] == [SwitchSeen, ContactArrived]

    async def test_given_legs_on_the_switch_when_seen_then_ours_are_told_and_others_are_not(
        self, fake: Asterisk
    ) -> None:
        fake.channels = [
            {"Uniqueid": C, "ChannelState": "6", "IVR_CONTACT": C, "IVR_STAGE": "talk", "IVR_QUEUED_AT": "1700000001"},
            {"Uniqueid": "o.1", "ChannelState": "5", "IVR_CONTACT": C, "IVR_OFFER": "o.1", "IVR_AGENT": "1001"},
            {"Uniqueid": "x.1", "ChannelState": "6"},
        ]
        async with running(fake) as (_, told):
            seen = await told.until(SwitchSeen)
            assert isinstance(seen, SwitchSeen)
            assert [(leg.leg, leg.role, leg.up) for leg in seen.legs] == [
                (C, Role.CITIZEN, True),
                ("o.1", Role.AGENT, False),
            ]
            assert seen.legs[0].queued_at_ms == 1_700_000_001
            assert seen.legs[0].request is None
            assert (seen.fell_back, seen.restarted) == (frozenset(), False)

    async def test_given_citizens_who_fell_back_when_seen_then_those_who_left_are_told_and_forgotten(
        self, fake: Asterisk
    ) -> None:
        fake.fell_back = [C, "1699999999.5"]
        fake.channels = [{"Uniqueid": C, "ChannelState": "6", "IVR_CONTACT": C, "IVR_STAGE": "fallback"}]
        async with running(fake) as (_, told):
            seen = await told.until(SwitchSeen)
            assert isinstance(seen, SwitchSeen)
            assert seen.fell_back == {C, "1699999999.5"}
            await fake.until(lambda: fake.setvars("DB_DELETE(ivr-fallback/1699999999.5)") == ["1"])
            assert fake.setvars(f"DB_DELETE(ivr-fallback/{C})") == []

    async def test_given_a_wrong_secret_when_started_then_it_is_refused_and_nothing_goes_on(
        self, fake: Asterisk
    ) -> None:
        fake.secrets["ivr-control"] = "another"
        switch = AsteriskSwitch(
            fake.account("ivr-events"),
            fake.account("ivr-control", "wrong"),
            sink=Told(),
            directory=MemoryDirectory(()),
            nonce=NONCE,
            endpoints=Endpoints(),
        )
        with pytest.raises(AmiRefused):
            await switch.start()
        assert fake.setvars("IVR_HEARTBEAT") == []
        assert timers_of(switch) == []


class TestLinkLoss:
    async def test_given_the_link_is_lost_when_it_is_back_then_lost_and_seen_are_told_and_nothing_is_sent_again(
        self, fake: Asterisk
    ) -> None:
        fake.answers["Originate"] = fake.silent
        fake.answers["Redirect"] = fake.silent
        async with running(fake) as (switch, told):
            switch.execute(offer())
            switch.execute(ReturnToQueue(C))
            await fake.received("Redirect")
            fake.cut()
            await told.until(SwitchSeen, 2)
            await told.nothing_else(fake)
            assert told.facts() == [SwitchLost()]
            assert [type(event) for event in told.events[:3]] == [SwitchSeen, SwitchLost, SwitchSeen]
            assert (len(fake.named("Originate")), len(fake.named("Redirect"))) == (1, 1)
            assert fake.setvars("IVR_NONCE") == [NONCE, NONCE]

    async def test_given_an_offer_of_the_old_link_when_its_end_is_told_on_the_new_one_then_the_look_has_judged_it(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            fake.cut()
            await told.until(SwitchSeen, 2)
            fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="3")
            await told.nothing_else(fake)
            assert told.facts() == [SwitchLost()]

    async def test_given_an_offer_that_waits_for_its_cause_when_the_link_is_lost_then_the_next_look_judges_it(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="0")
            await told.nothing_else(fake)
            assert len(timers_of(switch)) == 2, "the heartbeat, and the wait for the cause"
            await fake.leave()
            await told.until(SwitchLost)
            assert timers_of(switch) == []

    async def test_given_the_link_is_down_when_told_to_act_then_the_refusal_comes_later_and_not_inside(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            await fake.leave()
            await told.until(SwitchLost)
            before = len(told.events)
            switch.execute(offer())
            switch.execute(ReturnToQueue(C))
            switch.execute(WithdrawOffer(OfferId("o.9"), C))
            assert len(told.events) == before
            refused = await told.until(CommandRefused)
            assert isinstance(refused, CommandRefused)
            assert (refused.contact, refused.command) == (C, "ReturnToQueue")
            assert told.of(OfferFailed) == [OfferFailed(OfferId("o.1"), OfferFailure.UNREACHABLE)]
            assert len(told.events) == before + 2

    @pytest.mark.parametrize(("startup", "restarted"), [("2026-11-22", False), ("2026-11-23", True)])
    async def test_given_the_link_is_back_when_seen_then_another_startup_is_a_restart(
        self, fake: Asterisk, startup: str, restarted: bool
    ) -> None:
        async with running(fake) as (_, told):
            fake.started = startup
            fake.cut()
            seen = await told.until(SwitchSeen, 2)
            assert isinstance(seen, SwitchSeen)
            assert seen.restarted is restarted

    async def test_given_a_restart_whose_first_look_fails_when_the_next_succeeds_then_the_restart_is_still_told(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (_, told):
            fake.started = "2026-11-23"
            whole = fake.answers["Status"]

            def once(request: Request) -> Sequence[bytes]:
                fake.answers["Status"] = whole
                return [refusal(request, "not yet")]

            fake.answers["Status"] = once
            fake.cut()
            seen = await told.until(SwitchSeen, 2)
            assert isinstance(seen, SwitchSeen)
            assert seen.restarted


class TestHeartbeat:
    @pytest.mark.usefixtures("quick_beats")
    async def test_given_a_link_when_it_lives_then_the_counter_never_stands_still(self, fake: Asterisk) -> None:
        async with running(fake):
            await fake.until(lambda: len(fake.setvars("IVR_HEARTBEAT")) >= 5)
            beats = fake.setvars("IVR_HEARTBEAT")
            assert len(set(beats)) == len(beats)

    @pytest.mark.usefixtures("quick_beats")
    async def test_given_a_restarted_engine_when_it_beats_then_no_value_of_its_predecessor_comes_again(
        self, fake: Asterisk
    ) -> None:
        for nonce in ("a" * 32, "b" * 32):
            switch = make(fake, Told(), nonce)
            await switch.start()
            count = len(fake.setvars("IVR_HEARTBEAT"))
            await fake.until(lambda wanted=count + 2: len(fake.setvars("IVR_HEARTBEAT")) >= wanted)  # type: ignore[misc]
            await switch.stop()
        beats = fake.setvars("IVR_HEARTBEAT")
        assert len(set(beats)) == len(beats)

    async def test_given_a_lost_link_when_told_then_the_heart_stands_still_until_it_is_back(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            assert len(timers_of(switch)) == 1
            await fake.leave()
            await told.until(SwitchLost)
            assert timers_of(switch) == []
            await fake.listen()
            await told.until(SwitchSeen, 2)
            assert len(timers_of(switch)) == 1

    async def test_given_a_stop_when_it_begins_then_the_heart_stands_still_at_once(self, fake: Asterisk) -> None:
        switch = make(fake, told := Told())
        await switch.start()
        stopping = asyncio.ensure_future(switch.stop())
        await asyncio.sleep(0)
        assert timers_of(switch) == []
        await stopping
        assert told.of(SwitchLost) == []

    async def test_given_a_stop_at_any_moment_of_the_start_when_stopped_then_no_heart_goes_on_beating(
        self, fake: Asterisk
    ) -> None:
        for turns in range(40):
            switch = make(fake, Told())
            starting = asyncio.ensure_future(switch.start())
            await fake.until(lambda wanted=turns + 1: len(fake.setvars("IVR_NONCE")) >= wanted)  # type: ignore[misc]
            for _ in range(turns):
                await asyncio.sleep(0)
            await switch.stop()
            starting.cancel()
            await asyncio.wait({starting})
            assert timers_of(switch) == [], f"stopped {turns} turns of the loop after the nonce arrived"


class TestRefusals:
    @pytest.mark.parametrize(
        ("command", "refused", "fact"),
        [
            (offer(), "Originate", OfferFailed(OfferId("o.1"), OfferFailure.UNREACHABLE)),
            (ReturnToQueue(C), "Redirect", CommandRefused(C, "ReturnToQueue", "Channel does not exist")),
            (HoldCitizen(C, LegId("o.1")), "Redirect", CommandRefused(C, "HoldCitizen", "Channel does not exist")),
            (HoldCitizen(C, LegId("o.1")), "Setvar", None),
            (WithdrawOffer(OfferId("o.1"), C), "Hangup", None),
        ],
        ids=str,
    )
    async def test_given_a_refused_action_when_answered_then_the_core_hears_of_what_it_needs_to_know(
        self, fake: Asterisk, command: Command, refused: str, fact: Event | None
    ) -> None:
        async with running(fake) as (switch, told):
            fake.answers[refused] = lambda request: [refusal(request, "Channel does not exist")]
            switch.execute(command)
            await fake.received(refused, len(fake.named(refused)) + 1)
            await switch.link.action("Ping")
            await told.nothing_else(fake)
            assert told.facts() == ([fact] if fact is not None else [])
            assert switch.refused == len(told.facts())

    async def test_given_a_refused_originate_when_the_leg_of_that_name_ends_then_it_has_not_failed_twice(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            fake.answers["Originate"] = lambda request: [refusal(request, "Channel ID in use")]
            switch.execute(offer())
            await told.until(OfferFailed)
            fake.emit("Hangup", Uniqueid="o.1", Cause="17")
            await told.nothing_else(fake)
            assert told.facts() == [OfferFailed(OfferId("o.1"), OfferFailure.UNREACHABLE), LegEnded(LegId("o.1"))]


class TestOffers:
    async def test_given_two_phones_that_ring_when_one_is_silent_then_the_action_id_says_which(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer(1))
            switch.execute(offer(2))
            second = await fake.received("Originate", 2)
            for _ in range(2):
                fake.emit("OriginateResponse", ActionID=second.get("ActionID"), Response="Failure", Reason="3")
            await told.nothing_else(fake)
            assert told.facts() == [OfferFailed(OfferId("o.2"), OfferFailure.NO_ANSWER)]

    @pytest.mark.parametrize("order", ["hangup first", "response first"])
    @pytest.mark.parametrize(
        ("cause", "failure"),
        [("17", OfferFailure.BUSY), ("21", OfferFailure.DECLINED), ("20", OfferFailure.UNREACHABLE)],
    )
    async def test_given_a_phone_that_refuses_when_both_events_came_then_the_cause_is_told_once(
        self, fake: Asterisk, order: str, cause: str, failure: OfferFailure
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            events: list[Callable[[], None]] = [
                lambda: fake.emit("Hangup", Uniqueid="o.1", Cause=cause),
                lambda: fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="0"),
            ]
            for emit in events if order == "hangup first" else reversed(events):
                emit()
            await told.nothing_else(fake)
            assert told.facts() == [OfferFailed(OfferId("o.1"), failure), LegEnded(LegId("o.1"))]
            assert len(timers_of(switch)) == 1, "the heartbeat alone"

    async def test_given_a_phone_that_is_not_registered_when_no_leg_ends_then_it_is_unreachable_all_the_same(
        self, fake: Asterisk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ringing, "CAUSE_OWED_MS", 10)
        async with running(fake) as (switch, told):
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="0")
            assert await told.until(OfferFailed) == OfferFailed(OfferId("o.1"), OfferFailure.UNREACHABLE)

    @pytest.mark.parametrize("order", ["response first", "hangup first"])
    async def test_given_an_offer_that_was_answered_when_the_agent_hangs_up_at_once_then_it_has_not_failed(
        self, fake: Asterisk, order: str
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            fake.emit("UserEvent", UserEvent="IvrAnswered", Contact=C, Offer="o.1", Agent="1001")
            events: list[Callable[[], None]] = [
                lambda: fake.emit("OriginateResponse", ActionID=action_id, Response="Success", Reason="4"),
                lambda: fake.emit("Hangup", Uniqueid="o.1", Cause="16"),
            ]
            for emit in events if order == "response first" else reversed(events):
                emit()
            await told.nothing_else(fake)
            assert told.facts() == [OfferAnswered(OfferId("o.1"), C, AgentId("1001")), LegEnded(LegId("o.1"))]

    async def test_given_an_offer_that_lost_the_citizen_when_its_leg_ends_then_lost_is_all_that_is_told(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            switch.execute(offer())
            await fake.received("Originate")
            fake.emit("UserEvent", UserEvent="IvrOfferLost", Contact=C, Offer="o.1", Agent="1001")
            fake.emit("Hangup", Uniqueid="o.1", Cause="16")
            await told.nothing_else(fake)
            assert told.facts() == [OfferFailed(OfferId("o.1"), OfferFailure.LOST), LegEnded(LegId("o.1"))]

    async def test_given_more_phones_than_any_centre_has_when_they_ring_then_the_oldest_is_left_to_its_deadline(
        self, fake: Asterisk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ringing, "MAX_RINGING", 2)
        async with running(fake) as (switch, told):
            for number in (1, 2, 3):
                switch.execute(offer(number))
            await fake.received("Originate", 3)
            for number, originate in enumerate(fake.named("Originate"), 1):
                fake.emit("Hangup", Uniqueid=f"o.{number}", Cause="17")
                action_id = originate.get("ActionID")
                fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="0")
            await told.nothing_else(fake)
            assert told.of(OfferFailed) == [OfferFailed(OfferId(f"o.{number}"), OfferFailure.BUSY) for number in (2, 3)]


@pytest.fixture
def quick_withdrawals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_module, "WITHDRAW_AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(ringing, "WITHDRAW_TRIES", 3)


@pytest.mark.usefixtures("quick_withdrawals")
class TestWithdrawals:
    async def settled(self, switch: AsteriskSwitch) -> None:
        """Until nothing but the heart beats: every answer is in, and no more tries are to come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await switch.link.action("Ping")
            while len(timers_of(switch)) > 1:
                await switch.link.action("Ping")

    async def test_given_an_offer_withdrawn_before_its_leg_is_there_when_refused_then_it_is_withdrawn_again(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            fake.answers["Hangup"] = lambda request: (
                [refusal(request, "No such channel")] if len(fake.named("Hangup")) == 1 else [success(request)]
            )
            switch.execute(offer())
            switch.execute(WithdrawOffer(OfferId("o.1"), C))
            await fake.received("Hangup", 2)
            await self.settled(switch)
            assert [request.get("Channel") for request in fake.named("Hangup")] == ["o.1", "o.1"]
            await told.nothing_else(fake)
            assert told.facts() == []

    async def test_given_a_leg_that_never_comes_when_withdrawn_then_trying_has_an_end(self, fake: Asterisk) -> None:
        async with running(fake) as (switch, _):
            fake.answers["Hangup"] = lambda request: [refusal(request, "No such channel")]
            switch.execute(offer())
            switch.execute(WithdrawOffer(OfferId("o.1"), C))
            await fake.received("Hangup", 4)
            await self.settled(switch)
            assert len(fake.named("Hangup")) == 4

    async def test_given_an_offer_that_failed_by_itself_when_withdrawn_and_refused_then_that_is_the_end(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            fake.answers["Hangup"] = lambda request: [refusal(request, "No such channel")]
            switch.execute(offer())
            action_id = (await fake.received("Originate")).get("ActionID")
            fake.emit("OriginateResponse", ActionID=action_id, Response="Failure", Reason="3")
            await told.until(OfferFailed)
            switch.execute(WithdrawOffer(OfferId("o.1"), C))
            await fake.received("Hangup")
            await self.settled(switch)
            assert len(fake.named("Hangup")) == 1


class TestFacts:
    async def test_given_a_leg_that_ends_when_told_by_h_and_by_hangup_then_the_core_hears_it_once(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (_, told):
            fake.emit("UserEvent", UserEvent="IvrLegEnded", Leg="c.1", Stage="wait", Cause="16")
            fake.emit("Hangup", Uniqueid="c.1", Cause="16")
            fake.emit("Hangup", Uniqueid="c.2", Cause="16")
            fake.emit("Hangup", Uniqueid="c.2", Cause="16")
            await told.nothing_else(fake)
            assert told.facts() == [LegEnded(LegId("c.1")), LegEnded(LegId("c.2"))]

    @pytest.mark.parametrize(
        ("keys", "asked"), [("7001", [ConsultRequested(AgentId("1001"), "7001", OFFICE.number)]), ("0226408001", [])]
    )
    async def test_given_keys_for_a_consult_when_pressed_then_only_an_entry_of_the_directory_is_called(
        self, fake: Asterisk, keys: str, asked: list[Event]
    ) -> None:
        async with running(fake) as (_, told):
            fake.emit("UserEvent", UserEvent="IvrFeature", Agent="1001", Feature="consult", Entry=keys)
            await told.nothing_else(fake)
            assert told.facts() == asked

    async def test_given_an_event_that_makes_no_sense_when_it_comes_then_it_is_counted_and_the_next_is_told(
        self, fake: Asterisk
    ) -> None:
        async with running(fake) as (switch, told):
            fake.emit("UserEvent", UserEvent="IvrQueued", Contact=C, Outcome="queue:", QueuedAt="soon")
            fake.emit("UserEvent", UserEvent="IvrFeature", Agent="1001", Feature="hold")
            await told.nothing_else(fake)
            assert told.facts() == [HoldRequested(AgentId("1001"))]
            assert switch.untranslatable == 1

    async def test_given_a_core_that_raises_when_told_then_the_next_fact_comes_all_the_same(
        self, fake: Asterisk
    ) -> None:
        told = Told()

        def broken(event: Event) -> None:
            told(event)
            if isinstance(event, HoldRequested):
                raise KeyError(event)

        switch = make(fake, broken)
        await switch.start()
        fake.emit("UserEvent", UserEvent="IvrFeature", Agent="1001", Feature="hold")
        await told.nothing_else(fake)
        await switch.stop()
        assert switch.link.counts.bugs == 1


class TestFullInbox:
    async def test_given_a_core_without_room_when_a_fact_comes_then_the_switch_is_looked_at_anew(
        self, fake: Asterisk
    ) -> None:
        full: list[Event] = []
        async with running(fake) as (_, told):

            def refuse(event: Event) -> None:
                if isinstance(event, ContactArrived | SwitchLost) and len(full) < 2:
                    full.append(event)
                    raise InboxFull("no room")

            told.before = refuse
            fake.emit("UserEvent", UserEvent="IvrArrived", Contact=C, Number="120", Caller="010")
            await told.until(SwitchSeen, 2)
            assert full == [ContactArrived(C, "120", "010"), SwitchLost()]
            assert [type(event) for event in told.events] == [SwitchSeen, SwitchLost, SwitchSeen]
