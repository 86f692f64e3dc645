"""Hold, consult, conference and hand-over on real channels; whoever hangs up when, the citizen is never left alone.

Roles: the citizen is transferred, the agent initiates, the official receives. What a phone hears cannot be seen here;
who stands in one bridge with whom can, and that is asked of the switch.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess, EngineRefused
from sandbox.phones import Call, Callees, Callers, Conduct
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, bridges, fresh_caller, hang_up, running_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENTRY, OFFICIAL = "7001", "0200007001"
STAYING = Conduct(ring_ms=50)
SILENT = Conduct(does="silent")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("transfers")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


@dataclass(frozen=True, slots=True)
class Talk:
    """A citizen who talks to 1001, and an office."""

    centre: Centre
    caller: str
    citizen: Callers
    agents: Callees
    office: Callees
    queued_at_ms: int

    async def consult(self, until: str = "consulting") -> None:
        await self.centre.ask("1001", "consult", {"entry": ENTRY})
        await self.state(until)

    async def state(self, state: str | None) -> None:
        await self.centre.contact(self.caller, transfer_state=state)

    async def together(self, *who: str) -> None:
        """Waits until exactly these ("citizen", "agent", "official") stand in one bridge that is no music."""
        legs = {"citizen": "city-trunk", "agent": "1001", "official": "ivr-office"}

        async def met() -> bool:
            return sorted(legs[name] for name in who) in await bridges(self.centre.switch)

        await self.centre.until(met, f"{who} are together")

    async def agent_leaves(self) -> None:
        """The agent's phone hangs up: a callee does that by its own talk time only, so the leg is ended for it."""
        await hang_up(self.centre.switch, "1001")

    async def official_leaves(self) -> None:
        await hang_up(self.centre.switch, "ivr-office")


@asynccontextmanager
async def talking(centre: Centre, official: Conduct = STAYING) -> AsyncIterator[Talk]:
    """1001 has answered; afterwards the citizen hangs up, and everything is over."""
    caller = fresh_caller()
    async with centre.officials(official) as office, centre.agents() as agents:
        async with centre.citizens(Call(CITY_NUMBER, caller)) as citizen:
            await centre.engine.available("1001")
            contact = await centre.contact(caller, phase="connected", agent="1001")
            talk = Talk(centre, caller, citizen, agents, office, contact["queued_at_ms"])
            await talk.together("citizen", "agent")
            yield talk
            await citizen.hang_up()
            assert (await centre.ended(caller))["disposition"] == "answered"
        await agents.until(lambda _: all(call.ended_at for call in agents.seen()))
        await office.until(lambda _: all(call.ended_at for call in office.seen()) or None)


async def test_given_a_talk_when_it_is_held_and_resumed_then_the_citizen_hears_music_and_then_the_agent(
    centre: Centre,
) -> None:
    async with talking(centre) as talk:
        await centre.ask("1001", "hold")
        await talk.state("held")
        await centre.until(lambda: alone(centre), "nobody is together")
        await centre.ask("1001", "resume")
        await talk.together("citizen", "agent")
        await talk.state("talking")
    assert await centre.transfers(talk.caller) == []


async def alone(centre: Centre) -> bool:
    return all(len(legs) < 2 for legs in await bridges(centre.switch))


async def test_given_a_consult_when_it_is_completed_then_citizen_and_official_talk_and_the_agent_is_free(
    centre: Centre,
) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await talk.together("agent", "official")
        await centre.ask("1001", "complete")
        await talk.together("citizen", "official")
        await centre.agent("1001", state="idle")
        await talk.state("handed_over")
        assert [call.ended_by for call in talk.agents.seen()] == ["them"]
    assert await centre.transfers(talk.caller) == [(ENTRY, "completed", "")]
    assert [call.name for call in talk.office.seen()] == [OFFICIAL]


async def test_given_a_consult_when_it_is_cancelled_while_ringing_then_the_agent_has_the_citizen_again(
    centre: Centre,
) -> None:
    async with talking(centre, SILENT) as talk:
        await talk.consult("ringing")
        await talk.office.rung()
        await centre.ask("1001", "cancel")
        await talk.together("citizen", "agent")
        assert (await talk.office.ended())[0].ended_by == "cancelled"
    assert await centre.transfers(talk.caller) == [(ENTRY, "cancelled", "")]


async def test_given_a_consult_when_it_is_cancelled_while_talking_then_the_agent_has_the_citizen_again(
    centre: Centre,
) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await centre.ask("1001", "cancel")
        await talk.together("citizen", "agent")
        assert (await talk.office.ended())[0].ended_by == "them"
    assert await centre.transfers(talk.caller) == [(ENTRY, "cancelled", "")]


@pytest.mark.parametrize(
    ("official", "cause"),
    [(Conduct(does="busy", ring_ms=50), "busy"), (Conduct(does="decline", ring_ms=50), "busy")],
    ids=["busy", "declines"],
)
async def test_given_an_official_who_does_not_take_it_when_consulted_then_the_agent_has_the_citizen_again(
    centre: Centre, official: Conduct, cause: str
) -> None:
    async with talking(centre, official) as talk:
        await centre.ask("1001", "consult", {"entry": ENTRY})
        await talk.office.ended()
        await talk.state("talking")
        await talk.together("citizen", "agent")
    assert await centre.transfers(talk.caller) == [(ENTRY, "failed", cause)]


@pytest.mark.slow
async def test_given_a_silent_official_when_the_ring_time_is_over_then_the_agent_has_the_citizen_again(
    centre: Centre,
) -> None:
    async with talking(centre, SILENT) as talk:
        await talk.consult("ringing")
        assert (await talk.office.ended(seconds=35))[0].ended_by == "cancelled"  # 25 s, five rings
        await talk.state("talking")
        await talk.together("citizen", "agent")
    assert await centre.transfers(talk.caller) == [(ENTRY, "failed", "no_answer")]


async def test_given_a_consult_when_the_official_hangs_up_then_the_agent_has_the_citizen_again(centre: Centre) -> None:
    async with talking(centre, Conduct(ring_ms=50, talk_ms=300)) as talk:
        await centre.ask("1001", "consult", {"entry": ENTRY})
        await talk.office.ended()
        await talk.state("talking")
        await talk.together("citizen", "agent")
    assert await centre.transfers(talk.caller) == [(ENTRY, "failed", "hung_up")]


async def test_given_a_failed_consult_when_another_is_asked_for_then_it_is_completed(centre: Centre) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await talk.official_leaves()
        await talk.together("citizen", "agent")
        await talk.state("talking")
        await centre.ask("1001", "hold")
        await talk.state("held")
        await talk.consult()
        await centre.ask("1001", "complete")
        await talk.together("citizen", "official")
    assert [result for _, result, _ in await centre.transfers(talk.caller)] == ["failed", "completed"]


@pytest.mark.parametrize("official", [STAYING, SILENT], ids=["held", "ringing"])
async def test_given_a_citizen_on_hold_when_the_agent_hangs_up_then_the_next_agent_gets_the_citizen_with_its_age(
    centre: Centre, official: Conduct
) -> None:
    async with talking(centre, official) as talk:
        if official is SILENT:
            await talk.consult("ringing")
            await talk.office.rung()
        else:
            await centre.ask("1001", "hold")
            await talk.state("held")
        await centre.engine.put("/v1/agents/1001/presence", {"presence": "on_break"})
        await talk.agent_leaves()
        contact = await centre.contact(talk.caller, phase="queued")
        assert contact["queued_at_ms"] == talk.queued_at_ms
        await centre.engine.available("1002")
        await centre.contact(talk.caller, phase="connected", agent="1002")
        assert ["1002", "city-trunk"] in await bridges(centre.switch)
    row = await centre.ended(talk.caller)
    assert (row["agent"], row["queued_at_ms"]) == ("1002", talk.queued_at_ms)
    assert await centre.transfers(talk.caller) == ([(ENTRY, "abandoned", "")] if official is SILENT else [])


async def test_given_a_consult_when_the_agent_hangs_up_then_the_citizen_is_handed_to_the_official(
    centre: Centre,
) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await talk.agent_leaves()
        await talk.together("citizen", "official")
        await talk.state("handed_over")
        await centre.agent("1001", state="idle")
    assert await centre.transfers(talk.caller) == [(ENTRY, "completed", "")]


async def test_given_a_hand_over_when_the_official_hangs_up_then_the_citizens_call_is_over(centre: Centre) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await centre.ask("1001", "complete")
        await talk.together("citizen", "official")
        await talk.official_leaves()
        assert (await talk.citizen.ended())[0].ended_by == "them"
        row = await centre.ended(talk.caller)
        assert row["disposition"] == "answered"


@pytest.mark.parametrize("state", ["held", "ringing", "consulting", "conference", "handed_over"])
async def test_given_each_state_when_the_citizen_hangs_up_then_nobody_is_left_on_the_line(
    centre: Centre, state: str
) -> None:
    async with talking(centre, SILENT if state == "ringing" else STAYING) as talk:
        if state == "held":
            await centre.ask("1001", "hold")
        else:
            await talk.consult("ringing" if state == "ringing" else "consulting")
        if state == "conference":
            await centre.ask("1001", "conference")
            await talk.together("citizen", "agent", "official")
        if state == "handed_over":
            await centre.ask("1001", "complete")
            await talk.together("citizen", "official")
        await talk.state(state)
        await talk.citizen.hang_up()
        row = await centre.ended(talk.caller)
        assert row["disposition"] == "answered"
        if state in ("consulting", "conference"):
            # agent and official may say goodbye; the agent is busy as long as that takes
            await talk.together("agent", "official")
            await centre.agent("1001", state="on_contact")
            await talk.agent_leaves()
        await centre.agent("1001", state="idle")


@pytest.mark.parametrize("leaving", ["agent", "official", "citizen"])
async def test_given_a_conference_when_one_leaves_then_the_other_two_go_on(centre: Centre, leaving: str) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await centre.ask("1001", "conference")
        await talk.together("citizen", "agent", "official")
        await talk.state("conference")
        match leaving:
            case "agent":
                await talk.agent_leaves()
                await talk.together("citizen", "official")
                await talk.state("handed_over")
                await centre.agent("1001", state="idle")
            case "official":
                await talk.official_leaves()
                await talk.together("citizen", "agent")
                await talk.state("talking")
                await centre.agent("1001", state="on_contact")
            case "citizen":
                await talk.citizen.hang_up()
                await talk.together("agent", "official")
                await talk.official_leaves()
                await centre.agent("1001", state="idle")


@pytest.mark.parametrize("verb", ["complete", "cancel"])
async def test_given_a_conference_when_it_is_completed_or_cancelled_then_the_citizen_is_with_the_one_who_stays(
    centre: Centre, verb: str
) -> None:
    async with talking(centre) as talk:
        await talk.consult()
        await centre.ask("1001", "conference")
        await talk.together("citizen", "agent", "official")
        await centre.ask("1001", verb)
        if verb == "complete":
            await talk.together("citizen", "official")
            await centre.agent("1001", state="idle")
        else:
            await talk.together("citizen", "agent")
            await talk.state("talking")
            assert (await talk.office.ended())[0].ended_by == "them"
    results = [result for _, result, _ in await centre.transfers(talk.caller)]
    assert results == ["completed" if verb == "complete" else "cancelled"]


async def test_given_what_is_not_possible_when_it_is_asked_for_then_it_is_refused_and_the_talk_goes_on(
    centre: Centre,
) -> None:
    async with talking(centre) as talk:
        for verb, body, status, code in (
            ("consult", {"entry": "9999"}, 404, "unknown_entry"),
            ("consult", {"entry": "0212345678"}, 422, "invalid_field"),
            ("resume", None, 409, "illegal_event"),
            ("complete", None, 409, "illegal_event"),
            ("conference", None, 409, "illegal_event"),
        ):
            with pytest.raises(EngineRefused) as refused:
                await centre.ask("1001", verb, body)
            assert (refused.value.status, refused.value.problem["code"]) == (status, code)
        with pytest.raises(EngineRefused) as refused:
            await centre.ask("1002", "hold")
        assert (refused.value.status, refused.value.problem["code"]) == (409, "no_contact")
        await talk.together("citizen", "agent")
    assert talk.office.seen() == []


@pytest.mark.parametrize("ask", ["complete", "conference", "cancel"])
async def test_given_a_consult_when_the_agent_acts_in_the_moment_of_the_answer_then_the_citizen_is_where_that_leads(
    centre: Centre, ask: str
) -> None:
    """The engine knows of the answer before the switch has brought agent and official together."""
    async with talking(centre) as talk:
        async with centre.engine.feed() as notices:
            await centre.ask("1001", "consult", {"entry": ENTRY})
            async for notice in notices:
                if notice["kind"] == "TransferMoved" and notice["state"] == "consulting":
                    break
            await centre.ask("1001", ask)
        match ask:
            case "complete":
                await talk.together("citizen", "official")
                await centre.agent("1001", state="idle")
            case "conference":
                await talk.together("citizen", "agent", "official")
                await talk.agent_leaves()
                await talk.together("citizen", "official")
            case _:
                await talk.together("citizen", "agent")
                await talk.state("talking")
    result = "cancelled" if ask == "cancel" else "completed"
    assert await centre.transfers(talk.caller) == [(ENTRY, result, "")]
