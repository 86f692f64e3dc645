"""manager.conf on a real Asterisk: what each account may do and see, and what callers can write into its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.phones import Call, Callees, Callers, Conduct
from sandbox.switch import Switch
from tests.real.raw_manager import RawManager, value

LET_THROUGH = {"UserEvent", "OriginateResponse", "Hangup", "FullyBooted"}


@pytest_asyncio.fixture
async def events(switch: Switch) -> AsyncIterator[RawManager]:
    session = await RawManager.login(switch, "events")
    yield session
    session.close()


@pytest_asyncio.fixture
async def control(switch: Switch) -> AsyncIterator[RawManager]:
    session = await RawManager.login(switch, "control")
    yield session
    session.close()


def success(answers: list[list[str]]) -> bool:
    return answers[0][0] == "Response: Success"


async def offer(control: RawManager, agent: str, channel_id: str) -> None:
    """An originate as the engine makes it, into a context that just waits."""
    answers = await control.ask(
        "Originate",
        Channel=f"PJSIP/{agent}",
        ChannelId=channel_id,
        Context="ivr-hold",
        Exten="s",
        Priority="begin",
        Timeout="5000",
        Async="true",
        CallerID="120 <120>",
        Variable="IVR_AGENT=" + agent,
    )
    assert success(answers), answers


async def test_given_the_account_for_events_when_a_whole_call_runs_then_only_what_the_engine_reads_arrives(
    switch: Switch, events: RawManager, control: RawManager
) -> None:
    await events.event("Event: FullyBooted")
    phones = {"1001": Conduct(ring_ms=50), "1002": Conduct("busy")}
    async with Callees(phones, port=switch.agent_contact_port) as agents:
        [seen] = await Callers(switch, [Call("120", "0212345678", stay_ms=700)]).run()
        assert seen.answered_at is not None
        await offer(control, "1001", "offer-seen")
        await agents.answered("1001")
        assert success(await control.ask("Hangup", Channel="/^PJSIP/1001-.*$/"))
        await events.event("Event: Hangup", "Uniqueid: offer-seen")
        await offer(control, "1002", "offer-refused")
        await events.event("Event: OriginateResponse", "Response: Failure")

    kinds = Counter(value(message, "Event") for message in events.events)
    assert set(kinds) <= LET_THROUGH
    assert kinds["UserEvent"] >= 1
    assert kinds["OriginateResponse"] == 0, "an Originate that succeeded is told by the dialplan"
    assert "IvrLegEnded" not in {value(m, "UserEvent") for m in events.events if value(m, "Event") == "UserEvent"}
    # the way of one call through arrival, its end and one offer: far below the 40 that the engine may cost
    assert sum(kinds.values()) + 2 <= 15, kinds


async def test_given_the_account_for_control_when_a_call_runs_then_no_event_reaches_it(
    switch: Switch, control: RawManager
) -> None:
    await Callers(switch, [Call("120", "0212345678", stay_ms=200)]).run()
    await control.ask("Ping")
    assert control.events == []


async def test_given_the_account_for_control_when_the_engine_needs_an_action_then_it_may(
    switch: Switch, control: RawManager, events: RawManager
) -> None:
    async with Callees({"1001": Conduct(ring_ms=20)}, port=switch.agent_contact_port) as agents:
        await offer(control, "1001", "offer-allowed")
        await agents.answered("1001")
        channel = "offer-allowed"

        allowed = {
            "Ping": await control.ask("Ping"),
            "Setvar": await control.ask("Setvar", Channel=channel, Variable="IVR_TARGET", Value="x"),
            "Getvar": await control.ask("Getvar", Channel=channel, Variable="IVR_TARGET"),
            "Setvar, global": await control.ask("Setvar", Variable="IVR_HEARTBEAT", Value="7"),
            "Status": await control.ask("Status", Variables="IVR_AGENT,IVR_TARGET"),
            "CoreShowChannels": await control.ask("CoreShowChannels"),
            "BridgeList": await control.ask("BridgeList"),
            "Redirect": await control.ask("Redirect", Channel=channel, Context="ivr-hold", Exten="s", Priority="turn"),
            "Hangup": await control.ask("Hangup", Channel=channel),
        }
        await events.event("Event: Hangup", "Uniqueid: offer-allowed")

    assert {action: answers[0] for action, answers in allowed.items() if not success(answers)} == {}
    assert "Variable: IVR_TARGET=x" in allowed["Status"][1] or "Variable(IVR_TARGET): x" in "\n".join(
        allowed["Status"][1]
    ), allowed["Status"]


async def test_given_what_the_fallback_wrote_when_the_engine_reads_it_then_it_can_read_and_remove(
    switch: Switch, control: RawManager
) -> None:
    await switch.cli("database put ivr-fallback sandbox-1.2 1795370000")
    [_, entry, _] = await control.ask("DBGet", Family="ivr-fallback", Key="sandbox-1.2")
    tree = await control.ask("DBGetTree", Family="ivr-fallback")
    assert value(entry, "Val") == "1795370000"
    assert [value(item, "Key") for item in tree[1:-1]] == ["/ivr-fallback/sandbox-1.2"]

    assert success(await control.ask("Setvar", Variable="DB_DELETE(ivr-fallback/sandbox-1.2)", Value=""))

    assert "sandbox-1.2" not in await switch.cli("database show ivr-fallback")
    assert not success(await control.ask("DBGet", Family="ivr-fallback", Key="sandbox-1.2"))


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("DBDel", {"Family": "ivr-fallback", "Key": "x"}),
        ("Reload", {}),
        ("ModuleLoad", {"LoadType": "reload"}),
        ("QueueAdd", {"Queue": "ivr-fallback", "Interface": "PJSIP/1001"}),
        ("Setvar", {"Variable": "SHELL(true)", "Value": "x"}),
        ("Setvar", {"Variable": "DB(ivr-fallback/x)", "Value": "1"}),
        (
            "Originate",
            {"Channel": "PJSIP/1001", "Application": "System", "Data": "true", "Async": "true"},
        ),
    ],
)
async def test_given_the_account_for_control_when_it_asks_for_more_than_it_needs_then_it_is_refused(
    control: RawManager, action: str, headers: dict[str, str]
) -> None:
    answers = await control.ask(action, **headers)
    assert answers[0][0] == "Response: Error", answers


@pytest.mark.parametrize("action", ["Originate", "Hangup", "Setvar", "Command", "Redirect"])
async def test_given_the_account_for_events_when_it_tries_to_act_then_it_is_refused(
    events: RawManager, action: str
) -> None:
    answers = await events.ask(action, Channel="PJSIP/1001-00000001", Variable="X", Value="y", Command="help")
    assert answers[0][:1] == ["Response: Error"]
    assert "Permission denied" in "\n".join(answers[0])


@pytest.mark.parametrize("account", ["events", "control"])
async def test_given_a_wrong_or_an_empty_secret_when_somebody_logs_in_then_asterisk_refuses(
    switch: Switch, account: str
) -> None:
    for secret in ("", "guessed"):
        with pytest.raises(PermissionError):
            await RawManager.login(switch, account, secret)


@pytest.mark.parametrize(
    ("number", "caller"),
    [
        ("120", "0212%0d%0aInjected%3a%20yes%0d%0a%0d%0aEvent%3a%20Evil"),
        ("120%0d%0aInjected%3a%20yes%0d%0a%0d%0aEvent%3a%20Evil", "0212345678"),
    ],
    ids=["in the caller's number", "in the number dialled"],
)
async def test_given_line_breaks_in_what_a_caller_supplies_when_it_calls_then_no_event_is_forged(
    switch: Switch, events: RawManager, number: str, caller: str
) -> None:
    await Callers(switch, [Call(number, caller, stay_ms=300)]).run()
    arrived = await events.event("UserEvent: IvrArrived")
    await events.event("Event: Hangup")

    assert value(arrived, "Number") == "120"
    assert value(arrived, "Caller").isdigit()
    for message in [arrived, *events.events]:
        assert value(message, "Event") in LET_THROUGH, message
        assert not any(line.startswith("Injected") for line in message), message
