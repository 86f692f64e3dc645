"""The life of the link: coming up, buffering, dying in every way, and coming back without doing anything twice."""

import asyncio
import logging

import pytest

from ivr_engine.asterisk import ami
from ivr_engine.asterisk.ami import (
    FIRST_PAUSE_SECONDS,
    LEAVE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    STEADY_SECONDS,
    AmiMessage,
    pause_seconds,
)
from ivr_engine.asterisk.ami_errors import ActionUnknown, AmiError, AmiRefused, LinkDown
from ivr_engine.asterisk.ami_session import AmiAccount, AmiCounts, AmiSession
from ivr_engine.asterisk.ami_wire import MAX_MESSAGE_BYTES
from tests.asterisk.ami_watch import Watch
from tests.asterisk.fake_manager import FakeManager, Request, message, success

HANGUP = message("Event", "Hangup", Privilege="call,all", Uniqueid="1.1", CallerIDName="강남구청")


class TestLogin:
    @pytest.mark.parametrize("wrong", ["ivr-events", "ivr-control"])
    async def test_given_a_wrong_secret_when_started_then_one_line_says_so_and_nothing_stays_open(
        self, wrong: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(
                fake,
                events_secret="wr0ng-secret" if wrong == "ivr-events" else None,
                control_secret="wr0ng-secret" if wrong == "ivr-control" else None,
            )
            with pytest.raises(
                AmiRefused, match=f"refused the AMI account '{wrong}': Authentication failed"
            ) as refused:
                await link.start()
            await fake.until(lambda: not fake.connections)
            assert watch.story == []
            assert "\n" not in str(refused.value)
            for text in (str(refused.value), caplog.text):
                assert "wr0ng-secret" not in text
                assert "-secret" not in text

    async def test_given_an_account_when_shown_then_its_secret_is_not(self) -> None:
        async with FakeManager() as fake:
            assert "e-secret" not in repr(fake.account())

    async def test_given_two_accounts_when_started_then_only_one_session_has_events(self) -> None:
        async with FakeManager() as fake:
            link = Watch().link(fake)
            await link.start()
            logins = {request.get("Username"): request.get("Events") for request in fake.named("Login")}
            assert logins == {"ivr-events": "on", "ivr-control": "off"}
            await link.stop()

    async def test_given_a_later_refusal_when_reconnecting_then_the_link_tries_on(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            secret, fake.secrets["ivr-control"] = fake.secrets["ivr-control"], "changed"
            fake.cut()
            await fake.received("Login", count=8)
            fake.secrets["ivr-control"] = secret
            await watch.until(lambda: watch.ups == 2)
            await fake.until(lambda: len(fake.connections) == 2)
            await link.stop()

    async def test_given_another_service_on_the_port_when_connecting_then_it_never_sees_the_secret(self) -> None:
        async with FakeManager(greeting=b"SSH-2.0-OpenSSH_9.2\r\n") as fake:
            link = Watch().link(fake)
            starting = asyncio.create_task(link.start())
            await fake.until(lambda: fake.accepted >= 3)
            assert fake.requests == []
            starting.cancel()
            await asyncio.wait({starting})

    async def test_given_a_peer_that_never_speaks_when_connecting_then_the_link_gives_it_up(self) -> None:
        async with FakeManager(greeting=b"") as fake:
            link = Watch().link(fake, login_seconds=0.02)
            starting = asyncio.create_task(link.start())
            await fake.until(lambda: fake.accepted >= 3)
            starting.cancel()
            await asyncio.wait({starting})


class TestPauses:
    async def test_given_connect_and_close_when_it_goes_on_then_each_attempt_waits_its_pause(self) -> None:
        watch = Watch()
        asked: list[int] = []

        def pause(failures: int) -> float:
            asked.append(failures)
            return 0.001

        async with FakeManager(close_at_once=True) as fake:
            link = watch.link(fake, pause=pause)
            starting = asyncio.create_task(link.start())
            await fake.until(lambda: fake.accepted >= 6)
            assert asked[:5] == [0, 1, 2, 3, 4]
            assert fake.accepted <= len(asked) + 1  # never an attempt without a pause before it
            fake.close_at_once = False
            await starting
            assert watch.story == ["up"]
            await link.stop()

    async def test_given_a_pause_when_it_is_asked_for_then_it_is_kept(self) -> None:
        loop = asyncio.get_running_loop()
        async with FakeManager(close_at_once=True) as fake:
            began = loop.time()
            link = Watch().link(fake, pause=lambda failures: 0.02)
            starting = asyncio.create_task(link.start())
            await fake.until(lambda: fake.accepted >= 4)
            assert loop.time() - began >= 3 * 0.02
            starting.cancel()
            await asyncio.wait({starting})

    async def test_given_a_link_that_flaps_when_it_has_been_steady_then_its_pauses_begin_anew(self) -> None:
        watch = Watch()
        loop = asyncio.get_running_loop()
        clock, passed_seconds = loop.time, 0.0
        loop.time = lambda: clock() + passed_seconds  # type: ignore[method-assign]
        asked: list[int] = []

        def pause(failures: int) -> float:
            asked.append(failures)
            return 0.0

        async with FakeManager() as fake:
            link = watch.link(fake, pause=pause, ping_seconds=1000.0, pong_seconds=1000.0, action_seconds=1000.0)
            await link.start()
            for ups in (2, 3):
                fake.cut()
                await watch.until(lambda ups=ups: link.up and watch.ups == ups)  # type: ignore[misc]
            passed_seconds = STEADY_SECONDS
            fake.cut()
            await watch.until(lambda: watch.ups == 4)
            assert asked == [0, 1, 0]
            await link.stop()

    async def test_given_no_asterisk_when_started_then_the_link_comes_up_with_it(self) -> None:
        watch = Watch()
        fake = FakeManager()
        await fake.listen()
        await fake.leave()
        attempts = asyncio.Event()

        def pause(failures: int) -> float:
            if failures == 2:
                attempts.set()
            return 0.001

        link = watch.link(fake, pause=pause)
        starting = asyncio.create_task(link.start())
        await attempts.wait()
        await fake.listen()
        await starting
        assert watch.story == ["up"]
        await link.stop()
        await fake.leave()

    async def test_given_nobody_who_listens_when_connecting_then_the_log_names_the_address(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with FakeManager() as fake:
            link, port = Watch().link(fake), fake.account().port
        starting = asyncio.create_task(link.start())
        async with asyncio.timeout(10):
            while f"AMI link to 127.0.0.1:{port} is down" not in caplog.text:
                assert not starting.done()
                await asyncio.sleep(0)
        await link.stop()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)

    async def test_given_only_one_session_when_the_other_finds_nobody_then_the_first_is_closed_each_time(self) -> None:
        watch = Watch()
        async with FakeManager() as fake, FakeManager() as nobody:
            await nobody.leave()
            link = watch.link(fake, control_at=nobody)
            starting = asyncio.create_task(link.start())
            await fake.until(lambda: fake.accepted >= 4 and len(fake.connections) <= 1)
            assert watch.story == []
            starting.cancel()
            await asyncio.wait({starting})

    def test_given_failures_in_a_row_when_pausing_then_it_doubles_up_to_a_bound_and_half_of_it_is_random(self) -> None:
        longest = [pause_seconds(failures, lambda: 1.0) for failures in range(50)]
        assert longest[:4] == [FIRST_PAUSE_SECONDS * factor for factor in (1, 2, 4, 8)]
        assert max(longest) == longest[-1] == LONGEST_PAUSE_SECONDS
        assert [pause_seconds(failures, lambda: 0.0) for failures in range(50)] == [half / 2 for half in longest]


class TestEvents:
    @pytest.mark.parametrize("split_bytes", [0, 1, 7])
    async def test_given_events_in_pieces_when_they_come_then_they_are_whole_and_in_order(
        self, split_bytes: int
    ) -> None:
        watch = Watch()
        async with FakeManager(split_bytes=split_bytes) as fake:
            link = watch.link(fake)
            await link.start()
            for number in range(50):
                fake.emit("Hangup", Uniqueid=str(number), CallerIDName="강남구청 민원실")
            await watch.until(lambda: len(watch.events) == 50)
            assert watch.story == ["up", *map(str, range(50))]
            assert {event["CallerIDName"] for event in watch.events} == {"강남구청 민원실"}
            await link.stop()

    async def test_given_an_event_when_it_comes_byte_by_byte_then_it_is_the_same(self) -> None:
        seen: list[AmiMessage] = []
        session = AmiSession(
            AmiAccount("127.0.0.1", 0, "nobody", ""),
            wanted=frozenset({b"Hangup"}),
            on_event=seen.append,
            on_lost=print,
            counts=AmiCounts(),
        )
        for byte in b"Asterisk Call Manager/11.0.0\r\n" + HANGUP * 2:
            session.data_received(bytes([byte]))
        assert [event["CallerIDName"] for event in seen] == ["강남구청"] * 2

    async def test_given_a_bug_in_on_event_when_it_raises_then_the_next_event_still_comes(self) -> None:
        watch = Watch()

        def bug(event: AmiMessage) -> None:
            if event["Uniqueid"] == "1":
                raise ZeroDivisionError

        watch.each_event = bug
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.emit_raw(b"".join(message("Event", "Hangup", Uniqueid=str(number)) for number in (1, 2)))
            await watch.until(lambda: len(watch.events) == 2)
            assert link.counts.bugs == 1
            assert link.up
            await link.stop()

    async def test_given_a_smuggled_header_when_it_doubles_one_then_that_event_alone_is_dropped_and_reported(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            for number in range(5):
                fake.emit("UserEvent", ("%s\x1b[2J", "1"), ("%s\x1b[2J", "2"), UserEvent="Ivr", Contact=str(number))
            fake.emit("Hangup", Uniqueid="after")
            await watch.until(lambda: watch.story[-1] == "after")
            assert watch.story == ["up", "after"]
            assert link.counts.doubled == 5
            warnings = [text for record in caplog.records if "came twice" in (text := record.getMessage())]
            assert len(warnings) == 3  # the first, second and fourth: a flood of forgeries is no flood of lines
            assert all(r"'%s\x1b[2J' came twice" in text and text.isprintable() for text in warnings)
            await link.stop()

    async def test_given_a_smuggled_empty_line_when_a_rest_is_left_then_it_is_counted(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.emit("Newexten", CallerIDName="x\r\n\r\nEvent: Newstate\r\n", Uniqueid="1.1")
            fake.emit("Hangup", Uniqueid="after")
            await watch.until(lambda: watch.story[-1] == "after")
            assert link.counts.headless == 1
            await link.stop()

    async def test_given_a_burst_when_the_reader_is_slower_then_nothing_is_lost_and_the_link_stays(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake, ping_seconds=0.02)
            await link.start()
            fake.emit_raw(b"".join(message("Event", "Hangup", Uniqueid=str(number)) for number in range(20_000)))
            await watch.until(lambda: len(watch.events) == 20_000)
            assert watch.story == ["up", *map(str, range(20_000))]
            await link.stop()


class TestSnapshotFirst:
    async def test_given_events_during_on_up_when_it_returns_then_they_follow_in_order(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:

            async def snapshot() -> None:
                fake.emit("Hangup", Uniqueid="1")
                await link.action("Status")
                fake.emit("Hangup", Uniqueid="2")
                await link.action("Status")
                assert not link.up
                watch.story.append("snapshot")

            watch.during_up = snapshot
            link = watch.link(fake)
            await link.start()
            assert link.up
            fake.emit("Hangup", Uniqueid="3")
            await watch.until(lambda: "3" in watch.story)
            assert watch.story == ["up", "snapshot", "1", "2", "3"]
            await link.stop()

    async def test_given_events_before_the_second_login_when_up_then_they_are_not_lost(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:

            def login(request: Request) -> list[bytes]:
                user = request.get("Username")
                connection = next(one for one in fake.connections if one.number == request.session)
                connection.user, connection.events = user, request.get("Events") == "on"
                if user == "ivr-control":
                    fake.emit("Hangup", Uniqueid="early")
                return [success(request)]

            fake.answers["Login"] = login
            link = watch.link(fake)
            await link.start()
            await watch.until(lambda: "early" in watch.story)
            assert watch.story == ["up", "early"]
            await link.stop()

    async def test_given_too_many_events_during_on_up_when_the_buffer_is_full_then_the_snapshot_is_taken_anew(
        self,
    ) -> None:
        watch = Watch()
        async with FakeManager() as fake:

            async def slow_once() -> None:
                if watch.ups == 1:
                    for number in range(11):
                        fake.emit("Hangup", Uniqueid=str(number))
                    await asyncio.Event().wait()

            watch.during_up = slow_once
            link = watch.link(fake, max_buffered_events=10)
            await link.start()
            assert watch.story == ["up", "down: more than 10 events during on_up", "up"]
            await link.stop()

    @pytest.mark.parametrize("error", [ZeroDivisionError("oops"), AmiError("refused"), asyncio.CancelledError()])
    async def test_given_an_on_up_that_fails_when_it_raises_then_the_link_goes_down_and_tries_again(
        self, error: BaseException
    ) -> None:
        watch = Watch()

        async def fail_once() -> None:
            if watch.ups == 1:
                raise error

        watch.during_up = fail_once
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            assert [what[:5] for what in watch.story] == ["up", "down:", "up"]
            assert link.counts.bugs == (1 if isinstance(error, ZeroDivisionError) else 0)
            assert len(fake.connections) == 2
            await link.stop()

    async def test_given_a_snapshot_under_way_when_the_link_dies_then_it_is_cancelled_and_taken_anew(self) -> None:
        watch = Watch()
        cancelled = asyncio.Event()
        async with FakeManager() as fake:

            async def cut_once() -> None:
                if watch.ups == 1:
                    fake.cut()
                    try:
                        await asyncio.Event().wait()
                    finally:
                        cancelled.set()

            watch.during_up = cut_once
            link = watch.link(fake)
            await link.start()
            assert cancelled.is_set()
            assert [what[:5] for what in watch.story] == ["up", "down:", "up"]
            await link.stop()

    async def test_given_a_snapshot_that_ignores_its_cancellation_when_it_ends_late_then_the_next_one_is_not_disturbed(
        self,
    ) -> None:
        watch = Watch()
        loop = asyncio.get_running_loop()
        clock, passed_seconds = loop.time, 0.0
        loop.time = lambda: clock() + passed_seconds  # type: ignore[method-assign]
        released, ended = asyncio.Event(), asyncio.Event()
        async with FakeManager() as fake:

            async def stubborn_once() -> None:
                nonlocal passed_seconds
                if watch.ups == 1:
                    fake.cut()
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        passed_seconds = 2 * LEAVE_SECONDS
                        await released.wait()
                        ended.set()
                else:
                    fake.emit("Hangup", Uniqueid="kept")
                    await link.action("Status")
                    released.set()
                    await ended.wait()
                    await link.action("Status")
                    assert not link.up
                    watch.story.append("snapshot")

            watch.during_up = stubborn_once
            link = watch.link(fake, ping_seconds=1000.0, pong_seconds=1000.0, action_seconds=1000.0)
            await link.start()
            assert [what[:8] for what in watch.story if what[:5] != "down:"] == ["up", "up", "snapshot", "kept"]
            await link.stop()


class TestDeath:
    @pytest.mark.parametrize("user", ["ivr-events", "ivr-control"])
    async def test_given_either_session_when_it_is_cut_then_both_die_and_come_back(self, user: str) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            fake.answers["Setvar"] = fake.silent
            link = watch.link(fake)
            await link.start()
            outcomes: list[AmiMessage | AmiError] = []
            link.send("Setvar", {}, outcomes.append)
            await fake.received("Setvar")
            known_when_down: list[int] = []
            watch.each_down = lambda: known_when_down.append(len(outcomes))
            fake.cut(user)
            await watch.until(lambda: watch.ups == 2)
            assert [type(outcome) for outcome in outcomes] == [ActionUnknown]
            assert known_when_down == [1]
            await fake.until(lambda: len(fake.connections) == 2)
            assert sorted(request.get("Username") for request in fake.named("Login")) == [
                *["ivr-control"] * 2,
                *["ivr-events"] * 2,
            ]
            await link.stop()

    async def test_given_an_originate_in_flight_when_the_link_drops_then_it_is_unknown_and_never_sent_again(
        self,
    ) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            fake.answers["Originate"] = fake.silent
            link = watch.link(fake)
            await link.start()
            outcomes: list[AmiMessage | AmiError] = []
            link.send("Originate", {"Channel": "PJSIP/1001", "ChannelId": "offer-1"}, outcomes.append)
            await fake.received("Originate")
            fake.cut()
            await watch.until(lambda: watch.ups == 2)
            fake.emit("Hangup", Uniqueid="after")
            await watch.until(lambda: watch.story[-1] == "after")
            await link.action("Getvar")
            assert [type(outcome) for outcome in outcomes] == [ActionUnknown]
            assert len(fake.named("Originate")) == 1
            assert link.counts.unknown >= 1
            await link.stop()

    @pytest.mark.parametrize("session", [0, 1])
    async def test_given_a_lost_pong_when_its_deadline_passes_then_the_link_is_dead_and_comes_back(
        self, session: int
    ) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            fake.answers["Ping"] = lambda request: (
                () if request.session == session else [message("Response", "Success", ActionID=request.get("ActionID"))]
            )
            link = watch.link(fake, ping_seconds=0.01, pong_seconds=0.04)
            await link.start()
            await watch.until(lambda: watch.ups >= 2)
            assert watch.downs[0] == "no pong within 0.04 s"
            await link.stop()

    async def test_given_an_engine_that_slept_when_it_wakes_then_asterisk_is_not_blamed(self) -> None:
        watch = Watch()
        loop = asyncio.get_running_loop()
        clock, slept_seconds = loop.time, 0.0
        loop.time = lambda: clock() + slept_seconds  # type: ignore[method-assign]
        async with FakeManager() as fake:
            fake.answers["Ping"] = fake.silent
            link = watch.link(fake, ping_seconds=0.01, pong_seconds=30.0)
            await link.start()
            await fake.received("Ping", count=6)
            del fake.answers["Ping"]
            slept_seconds = 100.0
            await fake.received("Ping", count=len(fake.named("Ping")) + 6)
            assert watch.story == ["up"]
            fake.answers["Ping"] = fake.silent
            await fake.received("Ping", count=len(fake.named("Ping")) + 6)
            slept_seconds = 200.0
            await fake.received("Ping", count=len(fake.named("Ping")) + 6)
            assert watch.story == ["up"]
            slept_seconds = 300.0
            await watch.until(lambda: watch.downs == ["no pong within 30 s"])
            await link.stop()

    async def test_given_half_a_message_when_the_stream_ends_then_it_is_not_delivered(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.emit_raw(HANGUP + HANGUP[:-4])
            fake.of("ivr-events").writer.close()
            await watch.until(lambda: watch.ups == 2)
            assert watch.story == ["up", "1.1", "down: Asterisk closed the connection in the middle of a message", "up"]
            await link.stop()

    async def test_given_a_message_without_end_when_it_passes_the_limit_then_the_link_is_dropped(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.emit_raw(b"Event: Hangup\r\nCallerIDName: " + b"x" * MAX_MESSAGE_BYTES)
            await watch.until(lambda: watch.ups == 2)
            assert watch.downs == [f"a message goes on beyond {MAX_MESSAGE_BYTES} bytes"]
            assert watch.events == []
            await link.stop()

    async def test_given_a_bug_in_on_down_when_it_raises_then_the_link_comes_back(self) -> None:
        watch = Watch()

        def bug(reason: str) -> None:
            raise ZeroDivisionError(reason)

        watch.on_down = bug  # type: ignore[method-assign]
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.cut()
            await watch.until(lambda: watch.ups == 2)
            assert link.counts.bugs == 1
            await link.stop()

    async def test_given_ten_cuts_when_each_is_healed_then_no_session_is_left_over(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            tasks = len(asyncio.all_tasks())
            for ups in range(2, 12):
                fake.cut()
                await watch.until(lambda ups=ups: watch.ups == ups)  # type: ignore[misc]
            await fake.until(lambda: len(fake.connections) == 2)
            assert len(watch.downs) == 10
            assert (link.counts.connects, link.counts.losses) == (11, 10)
            assert len(asyncio.all_tasks()) <= tasks + 1
            await link.stop()


class TestStop:
    async def test_given_a_link_when_stopped_then_sessions_close_and_waiting_actions_end(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            fake.answers["Setvar"] = fake.silent
            link = watch.link(fake)
            await link.start()
            waiting = asyncio.create_task(link.action("Setvar"))
            await fake.received("Setvar")
            await link.stop()
            with pytest.raises(ActionUnknown, match="stopped"):
                await waiting
            with pytest.raises(LinkDown):
                await link.action("Setvar")
            await fake.until(lambda: not fake.connections)
            assert watch.story == ["up"]
            await link.stop()

    async def test_given_a_start_when_it_is_cancelled_then_nothing_goes_on(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Login"] = fake.silent
            link = Watch().link(fake)
            starting = asyncio.create_task(link.start())
            await fake.received("Login")
            starting.cancel()
            await asyncio.wait({starting})
            await fake.until(lambda: not fake.connections)


def test_given_uvloop_when_the_link_dies_and_comes_back_then_it_behaves_the_same() -> None:
    uvloop = pytest.importorskip("uvloop", reason="the extra `speed` is not installed")

    async def story() -> list[str]:
        watch = Watch()
        async with FakeManager(split_bytes=3) as fake:
            link = watch.link(fake)
            await link.start()
            fake.emit_raw(HANGUP * 3)
            await watch.until(lambda: len(watch.events) == 3)
            fake.cut("ivr-control")
            await watch.until(lambda: watch.ups == 2)
            fake.emit_raw(HANGUP)
            await watch.until(lambda: len(watch.events) == 4)
            await link.stop()
        return [what[:5] for what in watch.story]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(story()) == ["up", "1.1", "1.1", "1.1", "down:", "up", "1.1"]


class TestDeadSwitch:
    """A process that is gone refuses; a network that is away is silent."""

    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ami, "DEAD_SECONDS", 0.05)

    async def test_given_a_link_that_was_up_when_nobody_listens_any_more_then_the_switch_is_dead_once(self) -> None:
        watch, tries = Watch(), list[int]()

        def pause(failures: int) -> float:
            tries.append(failures)
            watch.look()
            return 0.0

        async with FakeManager() as fake:
            link = watch.link(fake, pause=pause)
            await link.start()
            await fake.leave()
            await watch.until(lambda: "dead" in watch.story)
            before = len(tries)
            await watch.until(lambda: len(tries) > before + 20)
            assert [word for word in watch.story if word in ("up", "dead")] == ["up", "dead"]
            await link.stop()

    async def test_given_a_link_that_was_up_when_sessions_are_cut_and_taken_again_then_the_switch_is_not_dead(
        self,
    ) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = watch.link(fake)
            await link.start()
            fake.cut()
            await watch.until(lambda: watch.ups == 2)
            fake.cut()
            await watch.until(lambda: watch.ups == 3)
            assert "dead" not in watch.story
            await link.stop()
