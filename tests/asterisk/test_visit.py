"""A conversation spoken over FastAGI: the commands that Asterisk gets, and the replies that the conversation gets."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ivr_engine.asterisk.agi import REPLY_SECONDS
from ivr_engine.asterisk.agi_errors import SessionEnd
from ivr_engine.asterisk.visit import (
    ACTIONS_PER_VISIT,
    DEAD_MAN_SECONDS,
    MARGIN_SECONDS,
    FlowVisits,
    VisitCount,
    VisitPorts,
)
from ivr_engine.asterisk.visit_keys import IGNORED_KEYS
from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Conversation,
    Done,
    Ended,
    Finish,
    Keys,
    Moment,
    Play,
    Prompt,
    Reply,
    Silence,
    ToQueue,
    Unplayable,
    VisitEnd,
)
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId, Skill
from tests.asterisk.agi_caller import NONCE, AgiCaller, ServerUnderTest, header, serving

MOMENT = Moment(1_700_000_000_000)
GREETING = Prompt("120/greeting", ceiling_ms=4_000)
MENU = Prompt("120/menu", ceiling_ms=6_000)
TO_GENERAL = Finish(ToQueue(QueueId("general"), frozenset({Skill("ko")})))
OUTCOME = 'SET VARIABLE "IVR_OUTCOME" "queue:general:ko::ko:0"'


class Script:
    """A conversation that says what is written, whatever it is told."""

    def __init__(self, actions: Sequence[Action]) -> None:
        self._actions = iter(actions)
        self.card: CallerCard | None = None
        self.replies: list[Reply] = []

    def open(self, card: CallerCard) -> Conversation:
        self.card = card
        return self

    def begin(self) -> Action:
        return next(self._actions)

    def reply(self, reply: Reply) -> Action:
        self.replies.append(reply)
        return next(self._actions)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Stage:
    """A script on a server, and a caller to hear it."""

    def __init__(self, script: Script, visits: FlowVisits, clock: Clock, server: ServerUnderTest) -> None:
        self.script = script
        self.visits = visits
        self.clock = clock
        self.server = server

    async def hear(self, *answers: str, head: bytes = header(), seconds_each: float = 0) -> list[str]:
        """Every command of one visit; `answers` go to the first ones, success to the others."""
        caller = await self.server.call(head)
        heard = []
        given = iter(answers)
        while command := await caller.command():
            heard.append(command)
            self.clock.seconds += seconds_each
            caller.answer(next(given, "200 result=0"))
        await self.server.until_accepted(self.server.accepted)
        return heard

    async def call(self) -> AgiCaller:
        return await self.server.call()


@asynccontextmanager
async def staged(*actions: Action, ports: VisitPorts | None = None) -> AsyncIterator[Stage]:
    """A server that speaks these actions to whoever calls."""
    script = Script(actions)
    clock = Clock()
    visits = FlowVisits(script.open, clock, ports or VisitPorts(moment=lambda: MOMENT))
    async with serving(visits) as server:
        yield Stage(script, visits, clock, server)


def key(letter: str) -> str:
    """Asterisk's answer when this key was pressed."""
    return f"200 result={ord(letter)}"


SILENCE = "200 result=0"
MISSING = "200 result=-1 endpos=0"


# ── the frame of a visit ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_short_visit_when_it_is_spoken_then_it_costs_two_commands_and_ends_with_its_outcome() -> None:
    async with staged(Play((GREETING,)), TO_GENERAL) as stage:
        heard = await stage.hear()

        assert heard == ['STREAM FILE 120/greeting "" 0', OUTCOME]
        assert stage.script.replies == [Done()]
        assert stage.server.ends == {SessionEnd.FINISHED: 1}


async def test_given_an_ending_when_it_is_spoken_then_its_disposition_is_the_outcome() -> None:
    async with staged(Finish(Ended(Disposition.CLOSED, agency="gangnam"))) as stage:
        assert await stage.hear() == ['SET VARIABLE "IVR_OUTCOME" "end:closed:gangnam:ko"']


@pytest.mark.parametrize(("place", "kept"), [("", None), ("main.2", "main.2")])
async def test_given_the_arguments_when_a_visit_begins_then_the_conversation_has_the_card(
    place: str, kept: str | None
) -> None:
    async with staged(TO_GENERAL) as stage:
        await stage.hear(head=header(NONCE, "1588-0120", "0212345678", "c-7", place))

        assert stage.script.card == CallerCard(ContactId("c-7"), "1588-0120", "0212345678", kept, MOMENT)
        assert stage.visits.counts[VisitCount.RESUMED] == (kept is not None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("120", "02", "c-7"),
        ("120", "02", "c-7", "", "survey", "1700000000000", "2", "r1", "en", "notice", "more"),
        ("", "02", "c-7", ""),
        ("120", "02", "", ""),
    ],
    ids=["too few", "too many", "no number", "no contact"],
)
async def test_given_wrong_arguments_when_a_visit_begins_then_it_ends_without_an_outcome(
    arguments: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async with staged(TO_GENERAL) as stage:
        assert await stage.hear(head=header(NONCE, *arguments)) == []

        assert stage.server.ends == {SessionEnd.BUG: 1}
        assert "VisitError" in caplog.text


async def test_given_a_conversation_that_never_finishes_when_it_loops_then_the_visit_ends_without_an_outcome() -> None:
    async with staged(*[Play((GREETING,))] * (ACTIONS_PER_VISIT + 1), TO_GENERAL) as stage:
        heard = await stage.hear()

        assert len(heard) == ACTIONS_PER_VISIT
        assert stage.server.ends == {SessionEnd.BUG: 1}


@pytest.mark.parametrize("last", ["200 result=-1\nHANGUP", "HANGUP\n200 result=0", "511 Command Not Permitted"])
async def test_given_a_citizen_who_leaves_when_the_visit_notices_then_no_outcome_is_set(last: str) -> None:
    async with staged(Ask((MENU,)), TO_GENERAL) as stage:
        heard = await stage.hear(SILENCE, last)

        assert heard == ['STREAM FILE 120/menu "0123456789*#" 0', "WAIT FOR DIGIT 5000"]
        assert stage.server.ends == {SessionEnd.CHANNEL_LEFT: 1}


@pytest.mark.parametrize("gone", ["HANGUP", "511 Command Not Permitted"])
async def test_given_a_hangup_that_is_said_after_the_reply_when_the_visit_waited_for_a_key_then_it_is_no_bug(
    gone: str,
) -> None:
    async with staged(Ask(()), TO_GENERAL) as stage:
        caller = await stage.call()
        await caller.ask("200 result=-1")
        assert await caller.ask(gone) == "NOOP"
        await caller.close()
        await stage.server.until_accepted(1)

        assert stage.server.ends == {SessionEnd.CHANNEL_LEFT: 1}


async def test_given_a_wait_that_fails_when_the_citizen_is_still_there_then_the_dialplan_takes_over() -> None:
    async with staged(Ask(()), TO_GENERAL) as stage:
        assert await stage.hear("200 result=-1") == ["WAIT FOR DIGIT 5000", "NOOP"]

        assert stage.server.ends == {SessionEnd.BUG: 1}


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ask", "answers", "reply", "waits"),
    [
        (Ask((MENU,), terminator=""), [key("3")], Keys("3"), []),
        (Ask((MENU,), terminator=""), [SILENCE, key("3")], Keys("3"), [5000]),
        (Ask((MENU,), terminator=""), [SILENCE, SILENCE], Silence(), [5000]),
        (Ask((MENU,), keys="12"), [SILENCE, key("9"), key("1")], Keys("1"), [5000, 5000]),
        (Ask((MENU,), max_keys=4), [key("1"), key("2"), key("3"), key("4")], Keys("1234"), [3000] * 3),
        (Ask((MENU,), max_keys=4), [key("1"), key("2"), SILENCE], Keys("12"), [3000] * 2),
        (Ask((MENU,), max_keys=4), [key("1"), key("#")], Keys("1"), [3000]),
        (Ask((MENU,), max_keys=4), [key("#")], Keys(""), []),
        (Ask((MENU,), keys="0123", max_keys=4, terminator="*"), [SILENCE, key("*")], Keys(""), [5000]),
        (Ask((), first_key_ms=0), [SILENCE], Silence(), [1]),
    ],
    ids=[
        "during the prompt",
        "after it",
        "nothing",
        "a key not listened for",
        "as many as wanted",
        "fewer, then silence",
        "fewer, then the terminator",
        "the terminator alone",
        "another terminator",
        "no prompt, no time",
    ],
)
async def test_given_a_question_when_keys_are_pressed_then_the_answer_is_theirs(
    ask: Ask, answers: list[str], reply: Reply, waits: list[int]
) -> None:
    async with staged(ask, TO_GENERAL) as stage:
        heard = await stage.hear(*answers)

        assert stage.script.replies == [reply]
        assert [command for command in heard if "WAIT" in command] == [f"WAIT FOR DIGIT {wait}" for wait in waits]
        assert heard[-1] == OUTCOME


async def test_given_a_citizen_leaning_on_a_key_that_is_not_listened_for_when_it_repeats_then_it_is_silence() -> None:
    async with staged(Ask((), keys="1"), TO_GENERAL) as stage:
        heard = await stage.hear(*[key("9")] * (IGNORED_KEYS + 5))

        assert len(heard) == IGNORED_KEYS + 1
        assert stage.script.replies == [Silence()]


async def test_given_several_prompts_when_a_key_is_pressed_in_one_then_the_others_are_not_played() -> None:
    async with staged(Ask((GREETING, MENU), keys="123", terminator=""), TO_GENERAL) as stage:
        heard = await stage.hear(key("2"))

        assert heard == ['STREAM FILE 120/greeting "123" 0', OUTCOME]


async def test_given_no_barge_in_when_the_prompt_is_played_then_no_key_stops_it() -> None:
    async with staged(Ask((MENU,), barge_in=False), TO_GENERAL) as stage:
        heard = await stage.hear(SILENCE, key("1"))

        assert heard[0] == 'STREAM FILE 120/menu "" 0'
        assert stage.script.replies == [Keys("1")]


async def test_given_a_key_during_a_play_when_the_next_question_comes_then_the_key_is_its_answer() -> None:
    play = Play((GREETING, MENU), interrupt="12")
    async with staged(play, play, Ask((MENU,), max_keys=2), Ask((MENU,)), TO_GENERAL) as stage:
        heard = await stage.hear(key("1"), key("5"))

        assert heard[:2] == ['STREAM FILE 120/greeting "12" 0', "WAIT FOR DIGIT 3000"]
        assert stage.script.replies == [Done(), Done(), Keys("15"), Silence()]


async def test_given_a_key_during_a_play_when_the_question_does_not_listen_for_it_then_it_is_forgotten() -> None:
    async with staged(Play((GREETING,), interrupt="9"), Ask((MENU,), keys="12"), TO_GENERAL) as stage:
        heard = await stage.hear(key("9"), key("1"))

        assert heard[1] == 'STREAM FILE 120/menu "12#" 0'
        assert stage.script.replies == [Done(), Keys("1")]


async def test_given_a_key_during_a_play_when_the_question_allows_no_barge_in_then_its_prompt_is_still_heard() -> None:
    async with staged(Play((GREETING,), interrupt="1"), Ask((MENU,), barge_in=False), TO_GENERAL) as stage:
        heard = await stage.hear(key("1"))

        assert heard[1:] == ['STREAM FILE 120/menu "" 0', OUTCOME]
        assert stage.script.replies == [Done(), Keys("1")]


# ── the place in the flow ────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_questions_when_they_have_places_then_each_new_place_is_kept_before_the_citizen_is_waited_for() -> (
    None
):
    questions = [Ask((), place=place, terminator="") for place in ("main", "main", "sub")]
    async with staged(*questions, TO_GENERAL) as stage:
        heard = await stage.hear(SILENCE, key("1"), key("1"), SILENCE, key("1"))

        assert [command.split('"')[-2] if '"' in command else "wait" for command in heard] == [
            "main",
            "wait",
            "wait",
            "sub",
            "wait",
            "queue:general:ko::ko:0",
        ]


async def test_given_a_second_try_when_it_asks_at_the_kept_place_then_the_place_is_not_kept_again() -> None:
    async with staged(Ask((), place="main"), TO_GENERAL) as stage:
        heard = await stage.hear(head=header(NONCE, "120", "02", "c-7", "main"))

        assert heard == ["WAIT FOR DIGIT 5000", OUTCOME]


# ── the dead man's time ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_long_conversation_when_it_is_spoken_then_the_dead_mans_time_never_runs_out() -> None:
    async with staged(*[Play((MENU,))] * 20, TO_GENERAL) as stage:
        heard = await stage.hear(seconds_each=6)
        renewals = [index for index, command in enumerate(heard) if "TIMEOUT" in command]
        between = [later - earlier for earlier, later in zip([-1, *renewals], [*renewals, len(heard)], strict=True)]

        assert heard[renewals[0]] == f'SET VARIABLE "TIMEOUT(absolute)" "{DEAD_MAN_SECONDS}"'
        assert all(6 * (commands - 1) <= DEAD_MAN_SECONDS for commands in between)
        assert stage.visits.counts[VisitCount.DEAD_MAN_RENEWED] == len(renewals)
        assert len(renewals) < 20 / 2


@pytest.mark.parametrize(("seconds", "renewals"), [(DEAD_MAN_SECONDS - MARGIN_SECONDS, 0), (26, 1)])
async def test_given_a_command_when_it_could_outlast_what_is_left_then_and_only_then_the_time_is_renewed(
    seconds: int, renewals: int
) -> None:
    async with staged(Play((Prompt("long", ceiling_ms=seconds * 1_000),)), TO_GENERAL) as stage:
        heard = await stage.hear()

        assert len(heard) == 2 + renewals


async def test_given_a_prompt_longer_than_the_dead_mans_time_when_it_is_played_then_the_time_is_made_long_enough() -> (
    None
):
    async with staged(Play((Prompt("notice", ceiling_ms=45_500),)), TO_GENERAL) as stage:
        heard = await stage.hear()

        assert heard[0] == f'SET VARIABLE "TIMEOUT(absolute)" "{46 + MARGIN_SECONDS}"'


@pytest.mark.looptime
async def test_given_a_prompt_longer_than_a_reply_may_take_when_it_is_played_to_its_end_then_the_visit_goes_on() -> (
    None
):
    async with staged(Play((Prompt("notice", ceiling_ms=45_000),)), TO_GENERAL) as stage:
        caller = await stage.call()
        await caller.ask()
        assert await caller.line() == 'STREAM FILE notice "" 0'
        await asyncio.sleep(REPLY_SECONDS + 40)
        caller.answer()

        assert await caller.line() == OUTCOME


# ── prompts that are not there ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", [Play((GREETING, MENU)), Ask((GREETING, MENU))])
async def test_given_a_missing_prompt_when_it_is_played_then_the_conversation_is_told_and_goes_on(
    action: Action, caplog: pytest.LogCaptureFixture
) -> None:
    async with staged(action, Play((MENU,)), TO_GENERAL) as stage:
        heard = await stage.hear(MISSING)

        assert [command.split()[0] for command in heard] == ["STREAM", "NOOP", "STREAM", "SET"]
        assert stage.script.replies == [Unplayable("120/greeting"), Done()]
        assert stage.visits.counts[VisitCount.UNPLAYABLE_PROMPT] == 1
        assert "120/greeting" in caplog.text
        assert stage.server.ends == {SessionEnd.FINISHED: 1}


@pytest.mark.parametrize("gone", ["HANGUP", "511 Command Not Permitted on a dead channel", "200 result=-1\nHANGUP"])
async def test_given_a_prompt_cut_short_by_a_hangup_when_it_looks_like_a_missing_one_then_it_is_not_counted(
    gone: str,
) -> None:
    async with staged(Play((GREETING,)), TO_GENERAL) as stage:
        caller = await stage.call()
        await caller.ask(MISSING)
        assert await caller.ask(gone) == "NOOP"
        await caller.close()
        await stage.server.until_accepted(1)

        assert stage.script.replies == []
        assert stage.visits.counts[VisitCount.UNPLAYABLE_PROMPT] == 0
        assert stage.server.ends == {SessionEnd.CHANNEL_LEFT: 1}


# ── what must not be seen ────────────────────────────────────────────────────────────────────────────────────────────


async def test_given_a_secret_question_when_it_is_answered_then_its_keys_are_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with staged(Ask((MENU,), max_keys=4, secret=True), Play((GREETING,)), TO_GENERAL) as stage:
        await stage.hear(key("4"), key("7"), key("1"), key("1"), MISSING)

        assert stage.script.replies[0] == Keys("4711")
        assert "4711" not in caplog.text
        assert "result=" not in caplog.text


async def test_given_a_first_visit_when_it_has_a_revision_then_the_channel_keeps_it_and_a_later_visit_is_told_it() -> (
    None
):
    ended: list[tuple[str, VisitEnd | None]] = []
    ports = VisitPorts(
        revision_for=lambda card: card.revision or "r2",
        visited=lambda card, end: ended.append((card.revision, end)),
    )
    for kept, asked in (("", ['SET VARIABLE "IVR_REVISION" "r2"', OUTCOME]), ("r1", [OUTCOME])):
        async with staged(TO_GENERAL, ports=ports) as stage:
            head = header(NONCE, "120", "01012345678", "1700000000.7", "", "", "", "1", kept)
            assert await stage.hear(head=head) == asked
            assert stage.script.card is not None
            assert stage.script.card.revision == (kept or "r2")
            assert stage.script.card.language == ""
    assert ended == [("r2", VisitEnd.FINISHED), ("r1", VisitEnd.FINISHED)]


async def test_given_a_survey_when_the_talk_was_in_english_then_the_conversation_is_told_the_language() -> None:
    async with staged(TO_GENERAL) as stage:
        await stage.hear(
            head=header(NONCE, "120", "01012345678", "1700000000.7", "", "satisfaction", "", "2", "r1", "en")
        )
        assert stage.script.card is not None
        assert (stage.script.card.flow, stage.script.card.language) == ("satisfaction", "en")
