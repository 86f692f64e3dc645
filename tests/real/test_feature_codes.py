"""features.conf on a real Asterisk: codes work for the agent's leg, in Bridge() and in Dial(), and never for the
citizen's.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from sandbox import ports
from sandbox.phones import Call, Callees, Callers, Conduct, Key, keys
from sandbox.switch import Switch
from tests.real.raw_manager import RawManager, value

# The way an agent's leg stands in ivr-offer and in ivr-consult, without engine and queue around it.
STAND = """
[ivr-entry](+)
exten => 999,1,Set(IVR_CONTACT=${UNIQUEID})
 same => n,Answer(,i)
 same => n,UserEvent(Standing)
 same => n,BridgeWait(test,participant,e(m)m(ivr-wait)S(30))

[test-bridging]
exten => s,1,Set(DYNAMIC_FEATURES=ivr-hold#ivr-complete#ivr-cancel#ivr-conference)
 same => n,UserEvent(Together)
 same => n,Bridge(${IVR_CONTACT},F(test-after^s^1))

[test-dialling]
exten => s,1,Set(DYNAMIC_FEATURES=ivr-hold#ivr-complete#ivr-cancel#ivr-conference)
 same => n,Dial(PJSIP/1002,20,gU(test-together))

[test-together]
exten => s,1,UserEvent(Together)
 same => n,Return()

[test-after]
exten => s,1,Hangup()
"""
EVERY_CODE = "*2*3*4*5"
PAYLOAD_TYPE = 101


@dataclass(frozen=True, slots=True)
class Talk:
    """A switch, and the two sessions with which a test brings an agent and somebody else together and watches."""

    switch: Switch
    events: RawManager
    control: RawManager

    async def originate(self, agent: str, context: str, contact: str = "") -> str:
        """Rings the agent's phone for `context`; its channel, when it has answered and the two are together."""
        await self.control.ask(
            "Originate",
            ("Variable", f"IVR_CONTACT={contact}"),
            ("Variable", f"IVR_AGENT={agent}"),
            Channel=f"PJSIP/{agent}",
            Context=context,
            Exten="s",
            Priority="1",
            Timeout="5000",
            Async="true",
        )
        together = await self.events.event("UserEvent: Together")
        return value(together, "Channel")

    async def features(self, count: int) -> list[tuple[str, str]]:
        """The next `count` codes that Asterisk understood: agent and feature."""
        told = [await self.events.event("UserEvent: IvrFeature") for _ in range(count)]
        return [(value(message, "Agent"), value(message, "Feature")) for message in told]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch() -> AsyncIterator[Switch]:
    reserved = ports.reserve(udp_only=True)
    async with Switch(
        agents=("1001", "1002"), agent_contact_port=reserved.first, additions={"extensions.conf": STAND}
    ) as running:
        yield running
    reserved.release()


@pytest_asyncio.fixture
async def talk(switch: Switch) -> AsyncIterator[Talk]:
    events, control = await RawManager.login(switch, "events"), await RawManager.login(switch, "control")
    yield Talk(switch, events, control)
    events.close()
    control.close()


async def test_given_an_agent_in_bridge_when_it_presses_the_codes_then_each_is_told_and_the_citizen_hears_none(
    talk: Talk,
) -> None:
    pressed = (*keys(EVERY_CODE, after_ms=300), *keys("7"))
    agents = Callees({"1001": Conduct(keys=pressed)}, port=talk.switch.agent_contact_port)
    citizens = Callers(talk.switch, [Call("999", "0212345678")], hears_keys=True)
    async with agents, citizens:
        contact = value(await talk.events.event("UserEvent: Standing"), "Uniqueid")
        await talk.originate("1001", "test-bridging", contact)

        told = await talk.features(4)
        await citizens.until(lambda facts: [fact for fact in facts if fact.detail == "7"])
        await citizens.hang_up()

    assert told == [("1001", feature) for feature in ("hold", "complete", "cancel", "conference")]
    assert citizens.seen()[0].heard == "7"


async def test_given_a_citizen_in_bridge_when_it_presses_the_codes_then_they_are_just_keys_for_the_agent(
    talk: Talk,
) -> None:
    agents = Callees({"1001": Conduct(ring_ms=50)}, port=talk.switch.agent_contact_port, hears_keys=True)
    citizens = Callers(talk.switch, [Call("999", "0212345678", keys=keys(EVERY_CODE, after_ms=1_000))])
    async with agents, citizens:
        contact = value(await talk.events.event("UserEvent: Standing"), "Uniqueid")
        await talk.originate("1001", "test-bridging", contact)
        await agents.until(lambda facts: [fact for fact in facts if fact.detail == "5"])
        await citizens.hang_up()
        await talk.events.event("Event: Hangup", f"Uniqueid: {contact}")

    assert agents.seen()[0].heard == EVERY_CODE
    assert not any("UserEvent: IvrFeature" in message for message in talk.events.events)


async def test_given_an_agent_in_dial_when_it_presses_a_code_then_it_is_told_and_the_officials_own_is_not(
    talk: Talk,
) -> None:
    conducts = {
        "1001": Conduct(keys=keys("*3", after_ms=3_000)),
        "1002": Conduct(ring_ms=50, keys=(*keys("*4", after_ms=300), Key("9"))),
    }
    async with Callees(conducts, port=talk.switch.agent_contact_port, hears_keys=True) as agents:
        channel = await talk.originate("1001", "test-dialling")
        await agents.until(lambda facts: [fact for fact in facts if fact.detail == "9"])
        told = await talk.features(1)
        await talk.control.ask("Hangup", Channel=channel)
        await talk.events.event("Event: Hangup", f"Channel: {channel}")

    assert told == [("1001", "complete")]
    assert [call.heard for call in agents.seen() if call.name == "1001"] == ["*49"]


@pytest.mark.parametrize("gap_ms", [150, 1_200])
async def test_given_rfc_4733_digits_when_the_agent_presses_a_code_then_it_is_told(talk: Talk, gap_ms: int) -> None:
    agents = Callees({"1001": Conduct(ring_ms=50)}, port=talk.switch.agent_contact_port)
    citizens = Callers(talk.switch, [Call("999", "0212345678")], hears_keys=True)
    async with agents, citizens:
        contact = value(await talk.events.event("UserEvent: Standing"), "Uniqueid")
        channel = await talk.originate("1001", "test-bridging", contact)
        address = await talk.control.ask("Getvar", Channel=channel, Variable="CHANNEL(rtp,src)")
        await press(value(address[0], "Value"), "*2", gap_ms)

        if gap_ms < 1_000:
            assert await talk.features(1) == [("1001", "hold")]
        else:
            # featuredigittimeout is one second: who presses more slowly pressed two single keys
            await citizens.until(lambda facts: [fact for fact in facts if fact.detail == "2"])
        await citizens.hang_up()

    assert citizens.seen()[0].heard == ("" if gap_ms < 1_000 else "*2")
    assert not any("UserEvent: IvrFeature" in message for message in talk.events.events)


async def press(address: str, digits: str, gap_ms: int) -> None:
    """Digits as RFC 4733 packets to Asterisk's media address: six packets each, the last three say "ended"."""
    host, _, port = address.rpartition(":")
    sequence, timestamp = 1, 160
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        for digit in digits:
            event = "0123456789*#".index(digit)
            for step in range(6):
                ended = 0x80 if step >= 3 else 0
                header = struct.pack("!BBHII", 0x80, PAYLOAD_TYPE | (0x80 if step == 0 else 0), sequence, timestamp, 7)
                payload = struct.pack("!BBH", event, ended | 10, min(160 * (step + 1), 640))
                phone.sendto(header + payload, (host, int(port)))
                sequence += 1
                await asyncio.sleep(0.02)  # a phone's own pace: one packet every 20 ms
            timestamp += 8 * (120 + gap_ms)
            await asyncio.sleep(gap_ms / 1000)
