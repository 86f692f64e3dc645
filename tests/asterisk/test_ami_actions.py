"""Actions over the link: whose answer it is, when it is too late, where a list ends, what is never sent."""

import asyncio
from collections.abc import Sequence

import pytest

from ivr_engine.asterisk.ami import AmiLink, AmiMessage
from ivr_engine.asterisk.ami_errors import (
    ActionRefused,
    ActionTimedOut,
    AmiError,
    AnswerDistrusted,
    ForbiddenCharacter,
    LinkCongested,
    LinkDown,
    ListTooLong,
)
from ivr_engine.asterisk.ami_session import MAX_IN_FLIGHT, AmiCounts, AmiSession, open_session
from tests.asterisk.ami_watch import WANTED, Watch
from tests.asterisk.fake_manager import FakeManager, Request, listing, message, refusal, success

SHORT_SECONDS = 0.02


class Outcomes:
    """What `send` called back with."""

    def __init__(self) -> None:
        self.all: list[AmiMessage | AmiError] = []
        self._news = asyncio.Event()

    def __call__(self, outcome: AmiMessage | AmiError) -> None:
        self.all.append(outcome)
        self._news.set()

    async def first(self) -> AmiMessage | AmiError:
        async with asyncio.timeout(5):
            await self._news.wait()
        return self.all[0]


async def up(fake: FakeManager, watch: Watch | None = None) -> AmiLink:
    link = (watch or Watch()).link(fake)
    await link.start()
    return link


class TestOneAnswer:
    async def test_given_two_actions_when_the_answers_are_swapped_then_each_gets_its_own(self) -> None:
        async with FakeManager() as fake:
            held: list[Request] = []

            def swap(request: Request) -> Sequence[bytes]:
                held.append(request)
                if len(held) < 2:
                    return ()
                return [success(one, Value=one.get("Variable")) for one in reversed(held)]

            fake.answers["Getvar"] = swap
            link = await up(fake)
            answers = await asyncio.gather(*(link.action("Getvar", {"Variable": name}) for name in ("A", "B")))
            assert [answer["Value"] for answer in answers] == ["A", "B"]
            await link.stop()

    async def test_given_an_error_when_answered_then_it_is_raised_with_the_answer(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Hangup"] = lambda request: [refusal(request, "No such channel")]
            link = await up(fake)
            with pytest.raises(ActionRefused, match="Hangup: No such channel") as refused:
                await link.action("Hangup", {"Channel": "PJSIP/1"})
            assert refused.value.answer["Response"] == "Error"
            await link.stop()

    async def test_given_no_answer_when_the_deadline_passes_then_it_ends_and_its_late_answer_is_ignored(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Originate"] = fake.silent
            link = await up(fake)
            with pytest.raises(ActionTimedOut, match=r"0\.02 s"):
                await link.action("Originate", {"Channel": "PJSIP/1"}, deadline_seconds=SHORT_SECONDS)
            late = success(fake.named("Originate")[0], Value="late")
            fake.answers["Getvar"] = lambda request: [late, success(request, Value="fresh")]
            assert (await link.action("Getvar"))["Value"] == "fresh"
            assert (link.counts.timed_out, link.counts.late_answers) == (1, 1)
            await link.stop()

    async def test_given_an_async_originate_when_it_is_queued_then_that_is_its_answer(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Originate"] = lambda request: [success(request, Message="Originate successfully queued")]
            link = await up(fake)
            answer = await link.action("Originate", {"Channel": "PJSIP/1", "Async": "true"})
            assert answer["Message"] == "Originate successfully queued"
            await link.stop()

    async def test_given_the_value_of_a_hostile_caller_when_it_doubles_a_header_then_the_answer_is_distrusted_at_once(
        self,
    ) -> None:
        async with FakeManager() as fake:
            fake.answers["Getvar"] = lambda request: [success(request, Variable="X", Value="a\r\nValue: b")]
            link = await up(fake)
            with pytest.raises(AnswerDistrusted):
                await link.action("Getvar", {"Variable": "X"})
            assert link.counts.doubled == 1
            await link.stop()

    async def test_given_a_smuggled_answer_when_its_action_id_is_guessed_then_nobody_takes_it(self) -> None:
        async with FakeManager() as fake:

            def forge(request: Request) -> Sequence[bytes]:
                prefix, _, number = request.get("ActionID").rpartition("/")
                assert len(prefix) > 36  # the UUID of the process, which no caller knows
                forged = message("Response", "Success", ActionID=f"ivr/1/{number}", Value="forged")
                return [forged, success(request, Value="genuine")]

            fake.answers["Getvar"] = forge
            link = await up(fake)
            assert (await link.action("Getvar"))["Value"] == "genuine"
            assert link.counts.late_answers == 1
            await link.stop()


class TestLists:
    async def test_given_a_list_when_collected_then_its_items_come_in_order_until_complete(self) -> None:
        async with FakeManager() as fake:
            items = [{"Channel": f"PJSIP/{n}", "Message": "Complete"} for n in range(3)]
            fake.answers["Status"] = lambda request: listing(request, "Status", items)
            link = await up(fake)
            assert [item["Channel"] for item in await link.collect("Status")] == ["PJSIP/0", "PJSIP/1", "PJSIP/2"]
            await link.stop()

    async def test_given_an_empty_list_when_collected_then_it_is_empty(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Status"] = lambda request: listing(request, "Status", [])
            link = await up(fake)
            assert await link.collect("Status") == []
            await link.stop()

    async def test_given_two_lists_when_their_items_mix_then_each_gets_its_own(self) -> None:
        async with FakeManager() as fake:
            held: list[list[bytes]] = []

            def weave(request: Request) -> Sequence[bytes]:
                held.append(listing(request, "Status", [{"Channel": request.get("Channel")}] * 2))
                return [raw for pair in zip(*held, strict=True) for raw in pair] if len(held) == 2 else ()

            fake.answers["Status"] = weave
            link = await up(fake)
            lists = await asyncio.gather(*(link.collect("Status", {"Channel": name}) for name in ("a", "b")))
            assert [[item["Channel"] for item in items] for items in lists] == [["a", "a"], ["b", "b"]]
            await link.stop()

    async def test_given_a_refused_list_when_collected_then_it_is_raised(self) -> None:
        async with FakeManager() as fake:
            fake.answers["BridgeInfo"] = lambda request: [refusal(request, "Bridge not found")]
            link = await up(fake)
            with pytest.raises(ActionRefused, match="Bridge not found"):
                await link.collect("BridgeInfo")
            await link.stop()

    async def test_given_an_action_without_list_when_collected_then_that_is_said_at_once(self) -> None:
        async with FakeManager() as fake:
            link = await up(fake)
            with pytest.raises(AnswerDistrusted, match="without a list"):
                await link.collect("Getvar")
            await link.stop()

    async def test_given_a_list_without_end_when_it_passes_the_limit_then_it_ends_and_the_rest_is_ignored(self) -> None:
        async with FakeManager() as fake:
            items = [{"Channel": f"PJSIP/{n}"} for n in range(4)]
            fake.answers["Status"] = lambda request: listing(request, "Status", items)
            link = await up(fake)
            with pytest.raises(ListTooLong, match="3 items"):
                await link.collect("Status", max_items=3)
            assert len(await link.collect("Status", max_items=4)) == 4
            await link.stop()

    async def test_given_a_list_that_stops_halfway_when_the_deadline_passes_then_it_ends(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Status"] = lambda request: listing(request, "Status", [{"Channel": "a"}])[:-1]
            link = await up(fake)
            with pytest.raises(ActionTimedOut):
                await link.collect("Status", deadline_seconds=SHORT_SECONDS)
            await link.stop()

    async def test_given_one_hostile_item_when_collected_then_only_that_one_is_left_out(self) -> None:
        async with FakeManager() as fake:
            items = [{"Channel": "good"}, {"Channel": "bad", "CallerIDName": "x\r\nChannel: good"}, {"Channel": "too"}]
            fake.answers["Status"] = lambda request: listing(request, "Status", items)
            link = await up(fake)
            assert [item["Channel"] for item in await link.collect("Status")] == ["good", "too"]
            assert link.counts.doubled == 1
            await link.stop()


class TestSend:
    async def test_given_an_action_when_sent_then_its_callback_gets_the_answer_once_and_later(self) -> None:
        async with FakeManager() as fake:
            link = await up(fake)
            outcomes = Outcomes()
            action_id = link.send("Setvar", {"Variable": "X", "Value": "1"}, outcomes)
            assert outcomes.all == []
            assert (await fake.received("Setvar")).get("ActionID") == action_id
            answer = await outcomes.first()
            assert isinstance(answer, AmiMessage)
            assert answer.success
            await link.action("Ping")
            assert len(outcomes.all) == 1
            await link.stop()

    async def test_given_a_line_end_in_a_value_when_sent_then_nothing_reaches_asterisk(self) -> None:
        async with FakeManager() as fake:
            link = await up(fake)
            outcomes = Outcomes()
            link.send("Setvar", {"Variable": "X", "Value": "1\r\n\r\nAction: Hangup"}, outcomes)
            assert outcomes.all == []
            refused = await outcomes.first()
            assert isinstance(refused, ForbiddenCharacter)
            assert refused.header == "Value"
            await link.action("Getvar")
            assert {request.action for request in fake.requests} <= {"Login", "Ping", "Getvar"}
            await link.stop()

    async def test_given_a_callback_with_a_bug_when_called_then_the_others_get_their_answers(self) -> None:
        async with FakeManager() as fake:
            link = await up(fake)

            def bug(outcome: AmiMessage | AmiError) -> None:
                raise ZeroDivisionError(outcome)

            fine = Outcomes()
            link.send("Setvar", {}, bug)
            link.send("Setvar", {}, fine)
            assert isinstance(await fine.first(), AmiMessage)
            assert link.counts.bugs == 1
            assert link.up
            await link.stop()

    async def test_given_no_link_when_sent_then_it_is_said_that_nothing_was_sent(self) -> None:
        async with FakeManager() as fake:
            link = Watch().link(fake)
            outcomes = Outcomes()
            assert link.send("Setvar", {}, outcomes) == ""
            assert isinstance(await outcomes.first(), LinkDown)
            with pytest.raises(LinkDown):
                await link.action("Setvar")
            with pytest.raises(LinkDown):
                await link.collect("Status")


class TestLimits:
    async def test_given_an_asterisk_that_answers_nothing_when_too_many_wait_then_more_are_refused(self) -> None:
        async with FakeManager() as fake:
            fake.answers["Setvar"] = fake.silent
            link = await up(fake)
            waiting, refused = Outcomes(), Outcomes()
            # A ping of the link's own may be among those in flight.
            for _ in range(MAX_IN_FLIGHT - 1):
                link.send("Setvar", {}, waiting)
            for _ in range(2):
                link.send("Setvar", {}, refused)
            assert isinstance(await refused.first(), LinkCongested)
            assert waiting.all == []
            await link.stop()

    async def test_given_an_asterisk_that_does_not_read_when_bytes_pile_up_then_actions_are_refused_and_pings_go_on(
        self,
    ) -> None:
        async with FakeManager() as fake:
            lost: list[str] = []

            def make() -> AmiSession:
                return AmiSession(
                    fake.account(), wanted=frozenset(), on_event=print, on_lost=lost.append, counts=AmiCounts()
                )

            session = await open_session(make, fake.account(), events=False, ping_seconds=0.01, deadline_seconds=5)
            session.pause_writing()
            with pytest.raises(LinkCongested):
                session.send("Setvar", {}, deadline_seconds=5)
            await fake.received("Ping", count=len(fake.named("Ping")) + 2)
            session.resume_writing()
            session.send("Setvar", {}, deadline_seconds=5)
            await fake.received("Setvar")
            session.close("done")
            assert lost == ["done"]

    async def test_given_the_names_of_wanted_events_when_others_come_then_they_are_only_counted(self) -> None:
        watch = Watch()
        async with FakeManager() as fake:
            link = await up(fake, watch)
            for name in ("Newexten", *sorted(WANTED), "VarSet"):
                fake.emit(name, Uniqueid=name)
            await watch.until(lambda: len(watch.events) == len(WANTED))
            fake.emit("Hangup", Uniqueid="last")
            await watch.until(lambda: watch.story[-1] == "last")
            assert watch.story == ["up", *sorted(WANTED), "last"]
            assert link.counts.events_skipped == 2
            await link.stop()
