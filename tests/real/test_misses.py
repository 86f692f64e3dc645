"""Agents who decline, are busy, silent or not there: the contact keeps its age, and the cause is written down."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ivr_engine.asterisk.actions import Endpoints
from ivr_engine.asterisk.ami import AmiAccount
from ivr_engine.asterisk.switch import AsteriskSwitch
from ivr_engine.core.commands import StartOffer, WithdrawOffer
from ivr_engine.core.events import Event
from ivr_engine.core.vocabulary import AgentId, ContactId, OfferId
from ivr_engine.storage.directory import MemoryDirectory
from sandbox.engine import EngineProcess
from sandbox.phones import Call, Conduct, register
from sandbox.switch import Switch
from tests.real.centre import CITY_NUMBER, Centre, fresh_caller, running_engine
from tests.real.conftest import AGENTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

RING_SECONDS = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    async with running_engine(switch, tmp_path_factory.mktemp("misses"), ring_seconds=RING_SECONDS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def centre(switch: Switch, engine: EngineProcess) -> AsyncIterator[Centre]:
    whole = Centre(switch, engine)
    yield whole
    await whole.at_rest()


@pytest.mark.parametrize(
    ("conduct", "seen_as", "result", "cause"),
    [
        (Conduct(does="decline"), "603", "declined", "declined"),
        (Conduct(does="busy"), "486", "failed", "busy"),
        (Conduct(does="silent"), "cancelled", "no_answer", "no_answer"),
    ],
    ids=["declines", "is_busy", "is_silent"],
)
async def test_given_an_agent_who_does_not_take_it_when_offered_then_the_next_agent_gets_the_contact_with_its_age(
    centre: Centre, conduct: Conduct, seen_as: str, result: str, cause: str
) -> None:
    caller = fresh_caller()
    async with centre.agents({"1001": conduct}) as agents, centre.citizens(Call(CITY_NUMBER, caller)) as citizens:
        before = await centre.contact(caller, phase="queued")
        await centre.engine.available("1001")
        await agents.rung("1001")
        await centre.engine.available("1002")
        after = await centre.contact(caller, phase="connected", agent="1002")
        missed = await centre.agent("1001", misses=1)
        await citizens.hang_up()
        row = await centre.ended(caller)

    assert after["queued_at_ms"] == before["queued_at_ms"] == row["queued_at_ms"]
    assert (row["disposition"], row["agent"], row["offers"]) == ("answered", "1002", 2)
    assert await centre.offers(caller) == [("1001", result, cause), ("1002", "answered", "")]
    assert missed["state"] == "idle"
    assert missed["resting_until_ms"] is not None, "a phone that was missed is not rung at once again"
    assert [call.ended_by for call in agents.seen() if call.name == "1001"] == [seen_as]


async def test_given_a_phone_that_is_not_registered_when_offered_then_the_next_agent_is_rung_at_once(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    async with centre.agents() as agents, centre.citizens(Call(CITY_NUMBER, caller)) as citizens:
        await centre.contact(caller, phase="queued")
        await centre.engine.available("1901")
        await centre.contact(caller, offers=1, phase="queued")
        await centre.engine.available("1002")
        await agents.answered("1002")
        await centre.contact(caller, phase="connected", agent="1002")
        await citizens.hang_up()
        row = await centre.ended(caller)

    assert row["disposition"] == "answered"
    assert await centre.offers(caller) == [("1901", "failed", "unreachable"), ("1002", "answered", "")]


async def test_given_a_registered_phone_that_is_gone_when_offered_then_its_silence_costs_one_ring_time(
    centre: Centre, free_port: int
) -> None:
    caller = fresh_caller()
    await register(centre.switch, {"1902": "secret-1902"}, free_port)  # nothing listens there
    async with centre.agents(), centre.citizens(Call(CITY_NUMBER, caller)) as citizens:
        await centre.contact(caller, phase="queued")
        await centre.engine.available("1902")
        await centre.contact(caller, phase="offered")
        await centre.engine.available("1002")
        await centre.contact(caller, phase="connected", agent="1002")
        await citizens.hang_up()
        await centre.ended(caller)
    await register(centre.switch, {"1902": "secret-1902"}, free_port, expires_seconds=0)

    assert await centre.offers(caller) == [("1902", "no_answer", "no_answer"), ("1002", "answered", "")]
    rang = await centre.rows("select rang_ms from offers where agent = '1902'")
    assert rang[0]["rang_ms"] <= (RING_SECONDS + 3) * 1_000


async def test_given_an_agent_who_misses_three_times_when_the_third_is_over_then_the_agent_is_on_break(
    centre: Centre,
) -> None:
    caller = fresh_caller()
    decline = {"1001": Conduct(does="decline", ring_ms=50)}
    async with centre.agents(decline) as agents, centre.citizens(Call(CITY_NUMBER, caller)) as citizens:
        await centre.engine.available("1001")
        await agents.ended("1001", count=3, seconds=25)  # each decline costs five seconds of rest
        agent = await centre.agent("1001", presence="on_break")
        before = await centre.contact(caller, phase="queued", offers=3)
        await centre.engine.available("1002")
        after = await centre.contact(caller, phase="connected", agent="1002")
        await citizens.hang_up()
        await centre.ended(caller)

    assert (agent["state"], agent["reason"]) == ("idle", "missed_offers")
    assert before["queued_at_ms"] == after["queued_at_ms"]
    assert await centre.offers(caller) == [*[("1001", "declined", "declined")] * 3, ("1002", "answered", "")]
    assert await centre.metric("ivr_offers_total", result="declined", queue="general") >= 3


async def test_given_two_waiting_when_the_first_is_missed_then_it_is_still_served_before_the_second(
    centre: Centre,
) -> None:
    first, second = fresh_caller(), fresh_caller()
    decline, calls = (
        {"1001": Conduct(does="decline", ring_ms=50)},
        (Call(CITY_NUMBER, first), Call(CITY_NUMBER, second)),
    )
    async with centre.agents(decline) as agents, centre.citizens(*calls, rate=2) as citizens:
        await centre.contact(second, phase="queued")
        await centre.engine.available("1001")
        await agents.ended("1001")
        await centre.contact(first, phase="queued", offers=1)
        await centre.engine.available("1002", "1003")
        await centre.contact(first, phase="connected", agent="1002")
        await centre.contact(second, phase="connected", agent="1003")
        await citizens.hang_up()
        await centre.ended(first)
        await centre.ended(second)
    assert {call.name: call.other for call in agents.seen() if call.answered_at} == {"1002": first, "1003": second}


async def test_given_offers_when_each_is_withdrawn_in_the_moment_it_was_made_then_no_phone_rings_on(
    centre: Centre,
) -> None:
    """Beside the engine: what its adapter does when the withdrawal overtakes the Originate."""
    settings = centre.switch.environment()

    def account(which: str) -> AmiAccount:
        user, secret = settings[f"IVR_AMI_{which}_USER"], settings[f"IVR_AMI_{which}_SECRET"]
        return AmiAccount(settings["IVR_AMI_HOST"], int(settings["IVR_AMI_PORT"]), user, secret)

    facts: list[Event] = []
    adapter = AsteriskSwitch(
        account("EVENTS"),
        account("CONTROL"),
        sink=facts.append,
        directory=MemoryDirectory(()),
        nonce="beside",
        endpoints=Endpoints(),
    )
    async with centre.agents(otherwise=Conduct(does="silent")) as agents:
        await adapter.start()
        try:
            for name in AGENTS:
                offer, contact = OfferId(f"withdrawn-{name}"), ContactId("nobody")
                adapter.execute(
                    StartOffer(offer, contact, AgentId(name), 8_000, "120", "0212345678", "", "general", "ko")
                )
                adapter.execute(WithdrawOffer(offer, contact))
            assert await centre.switch.channels_become(0, seconds=4)
        finally:
            await adapter.stop()
        # SIPp writes down what it saw a moment after it happened
        ended = await agents.ended(count=len(agents.seen())) if agents.seen() else []
        assert {call.ended_by for call in ended} <= {"cancelled"}
