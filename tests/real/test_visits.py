"""A conversation spoken to a citizen on a real Asterisk: what the wire's own tests take for granted, seen there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from ivr_engine.asterisk.agi import AgiServer, AgiSession, Converse
from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGIUsageError,
    SessionEnd,
)
from ivr_engine.asterisk.visit import FlowVisits, VisitCount
from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Conversation,
    Ended,
    Finish,
    Keys,
    Play,
    Prompt,
    Reply,
    Unplayable,
)
from ivr_engine.core.vocabulary import Disposition
from sandbox.phones import Call, Callers, Seen, keys
from sandbox.switch import Switch

PATIENCE_SECONDS = 20.0
NONCE = "boot-3f1c"
GREETING = Prompt("demo-congrats")
SERVED = Finish(Ended(Disposition.SELF_SERVED))


class Script:
    """A conversation that says what is written; an exception in it is a bug of the flow."""

    def __init__(self, actions: Sequence[Action | Exception]) -> None:
        self._actions = iter(actions)
        self.cards: list[CallerCard] = []
        self.replies: list[Reply] = []
        self.asked = asyncio.Event()

    def open(self, card: CallerCard) -> Conversation:
        self.cards.append(card)
        return self

    def begin(self) -> Action:
        return self._next()

    def reply(self, reply: Reply) -> Action:
        self.replies.append(reply)
        return self._next()

    def _next(self) -> Action:
        action = next(self._actions)
        if isinstance(action, Exception):
            raise action
        self.asked.set()
        return action


@asynccontextmanager
async def engine(switch: Switch, converse: Converse) -> AsyncIterator[AgiServer]:
    """What the dialplan's visits connect to."""
    await switch.cli(f"dialplan set global IVR_NONCE {NONCE}")
    server = AgiServer(host="127.0.0.1", port=switch.agi_port, nonce=NONCE, converse=converse)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(drain_seconds=0)


async def call_120(switch: Switch, pressed: str = "", after_ms: int = 1_000) -> Seen:
    call = Call("120", "0212345678", keys=keys(pressed, after_ms=after_ms))
    [seen] = await Callers(switch, [call]).run(PATIENCE_SECONDS)
    return seen


async def stands_in(switch: Switch, context: str) -> bool:
    """Whether a channel comes to stand in a context, in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if context in await switch.cli("core show channels concise"):
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)  # no event of an account of ours tells it


async def test_given_a_conversation_when_a_citizen_calls_and_presses_keys_then_it_is_spoken_to_its_outcome(
    switch: Switch,
) -> None:
    script = Script(
        [
            Play((Prompt("no-such-prompt", ceiling_ms=1_000),)),
            Ask((GREETING,), keys="0123456789", max_keys=4, place="pin"),
            SERVED,
        ]
    )
    visits = FlowVisits(script.open)
    async with engine(switch, visits) as server:
        seen = await call_120(switch, "12#")

        assert script.replies == [Unplayable("no-such-prompt"), Keys("12")]
        assert (script.cards[0].number, script.cards[0].caller, script.cards[0].place) == ("120", "0212345678", None)
        assert visits.counts == {VisitCount.UNPLAYABLE_PROMPT: 1, VisitCount.DEAD_MAN_RENEWED: 1}
        assert server.ends == {SessionEnd.FINISHED: 1}
        assert seen.ended_by == "them"


@pytest.mark.parametrize(
    "ask",
    [Ask((GREETING,)), Ask((), first_key_ms=20_000)],
    ids=["in a prompt", "in silence"],
)
async def test_given_a_question_when_the_citizen_hangs_up_then_the_visit_ends_at_once_without_an_outcome(
    switch: Switch, ask: Ask
) -> None:
    script = Script([ask, SERVED])
    async with engine(switch, FlowVisits(script.open)) as server:
        async with Callers(switch, [Call("120", "0212345678")]) as citizens:
            await asyncio.wait_for(script.asked.wait(), PATIENCE_SECONDS)
            await citizens.hang_up()
            assert await switch.channels_become(0, seconds=3)
        await server.stop(drain_seconds=PATIENCE_SECONDS)

        assert server.ends == {SessionEnd.CHANNEL_LEFT: 1}
        assert script.replies == []


async def test_given_a_visit_that_breaks_when_the_dialplan_tries_again_then_it_resumes_at_the_place_kept(
    switch: Switch,
) -> None:
    script = Script([Ask((), place="main.menu:2", first_key_ms=10), LookupError("a slip of the flow"), SERVED])
    visits = FlowVisits(script.open)
    async with engine(switch, visits) as server:
        seen = await call_120(switch)

        assert [card.place for card in script.cards] == [None, "main.menu:2"]
        assert script.cards[0].contact == script.cards[1].contact
        assert server.ends == {SessionEnd.BUG: 1, SessionEnd.FINISHED: 1}
        assert seen.ended_by == "them"


async def test_given_the_wire_when_a_visit_uses_it_to_its_limits_then_asterisk_and_we_understand_each_other(
    switch: Switch,
) -> None:
    seen: dict[str, object] = {}

    def visit(session: AgiSession) -> None:
        for value in (
            "",
            'say "yes" \\ or \\"no\\"',
            "서울 120 다산콜 🙂",
            "a) endpos=7 (b",
            " spaces ",
            "${IVR_NUMBER}",
        ):
            session.set_variable("TRIED", value)
            assert session.get_variable("TRIED") == value
        long = "y" * 1_900
        session.set_variable("TRIED", long)
        seen["cut"] = len(session.get_variable("TRIED"))
        wrong: list[tuple[type[AGIError], Callable[[], object]]] = [
            (AGIInvalidCommand, lambda: session.execute("NO SUCH COMMAND")),
            (AGIUsageError, lambda: session.execute("STREAM FILE")),
            (AGIAppError, lambda: session.stream_file("no-such-prompt")),
            (AGIAppError, lambda: session.get_data("no-such-prompt", 100, 1)),
        ]
        for error, verb in wrong:
            with pytest.raises(error) as raised:
                verb()
            assert not isinstance(raised.value, AGIHangup)
            assert session.get_variable("IVR_NUMBER") == "120"
        session.set_variable("TIMEOUT(absolute)", 77)
        seen["left"] = float(session.get_full_variable("${TIMEOUT(absolute)}"))
        seen["silence"] = session.wait_for_digit(20)
        seen["data"] = session.get_data("beep", 20, 3)
        session.set_variable("IVR_OUTCOME", "end:self_served::ko")

    async with engine(switch, visit) as server:
        await call_120(switch)

        assert server.ends == {SessionEnd.FINISHED: 1}
    assert seen.pop("left") == pytest.approx(77, abs=0.5)
    assert seen == {"cut": 1_023, "silence": "", "data": ""}


async def test_given_a_wrong_nonce_when_the_dialplan_calls_then_the_citizen_reaches_the_fallback(
    switch: Switch,
) -> None:
    script = Script([SERVED])
    async with engine(switch, FlowVisits(script.open)) as server:
        await switch.cli("dialplan set global IVR_NONCE of-an-older-boot")
        async with Callers(switch, [Call("120", "0212345678")]) as citizens:
            assert await stands_in(switch, "ivr-fallback")
            await citizens.hang_up()

        assert script.cards == []
        assert server.ends == {SessionEnd.REFUSED_NONCE: 2}
