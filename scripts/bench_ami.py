"""AMI events per CPU-second: ours against panoramisk's own manager, fed the same bytes in one process.

The events are those of Asterisk 22.10.1. Both sides get them as their transport would hand them over, in chunks of
64 KB, and a callback reads three headers of each event that is wanted. CPU seconds, not wall seconds: the machine may
be shared. The two take turns, and the median of the turns counts.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from ivr_engine.asterisk.ami_session import AmiAccount, AmiCounts, AmiSession

Row = tuple[str, float, float, float, float]
"""What was measured, ours, the peer's, their ratio, and the ratio that is wanted."""

CHUNK_BYTES = 64 * 1024
EVENTS_A_TURN = 2_000
"""About 1 MB: several dozen chunks, so that messages are split at many places."""
LEAST_TURNS = 5
GREETING = b"Asterisk Call Manager/11.0.0\r\n"

CHANNEL = """Channel: PJSIP/city-trunk-{number:08x}\r
ChannelState: 6\r
ChannelStateDesc: Up\r
CallerIDNum: 021234{number:04d}\r
CallerIDName: 서울특별시\r
ConnectedLineNum: <unknown>\r
ConnectedLineName: <unknown>\r
Language: ko\r
AccountCode: \r
Context: ivr-wait\r
Exten: s\r
Priority: 7\r
Uniqueid: 1795370188.{number}\r
Linkedid: 1795370188.{number}\r
"""

WANTED = (
    "Event: Hangup\r\nPrivilege: call,all\r\n" + CHANNEL + "Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n",
    "Event: UserEvent\r\nPrivilege: user,all\r\n"
    + CHANNEL
    + "UserEvent: IvrQueued\r\nContact: 1795370188.{number}\r\nOutcome: queue:general:ko:69-25\r\n\r\n",
    "Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: ivr/8ca1f8dc/1/{number}\r\nResponse: Success\r\n"
    "Channel: PJSIP/1001-{number:08x}\r\nContext: ivr-offer\r\nExten: s\r\nReason: 4\r\nUniqueid: offer-{number}\r\n"
    "CallerIDNum: 1001\r\nCallerIDName: <unknown>\r\n\r\n",
)
IGNORED = (
    "Event: Newexten\r\nPrivilege: dialplan,all\r\n"
    + CHANNEL
    + "Extension: s\r\nApplication: BridgeWait\r\nAppData: hold,participant,e(m)S(10)\r\n\r\n",
    "Event: VarSet\r\nPrivilege: dialplan,all\r\n" + CHANNEL + "Variable: IVR_BEAT\r\nValue: {number}\r\n\r\n",
    "Event: Newstate\r\nPrivilege: call,all\r\n" + CHANNEL + "\r\n",
    "Event: BridgeEnter\r\nPrivilege: call,all\r\nBridgeUniqueid: 7d0a\r\nBridgeType: holding\r\n"
    "BridgeTechnology: holding_bridge\r\nBridgeCreator: BridgeWait\r\nBridgeName: hold\r\n"
    "BridgeNumChannels: {number}\r\nBridgeVideoSourceMode: none\r\n" + CHANNEL + "\r\n",
)
NAMES = frozenset({b"Hangup", b"UserEvent", b"OriginateResponse"})


class _Nowhere(asyncio.Transport):
    """Takes what a protocol writes; nothing is written here but what its start asks for."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def chunks(texts: tuple[str, ...]) -> list[bytes]:
    """`EVENTS_A_TURN` events of these kinds, one after the other, each with numbers of its own."""
    stream = "".join(texts[number % len(texts)].format(number=number) for number in range(EVENTS_A_TURN)).encode()
    return [stream[start : start + CHUNK_BYTES] for start in range(0, len(stream), CHUNK_BYTES)]


def cpu_seconds(feed: Callable[[bytes], None], pieces: list[bytes]) -> float:
    """What feeding all the pieces costs."""
    began = time.process_time()
    for piece in pieces:
        feed(piece)
    return time.process_time() - began


def ours(seen: list[int]) -> Callable[[bytes], None]:
    """Where our session takes bytes; needs a running loop."""

    def on_event(event: Any) -> None:
        seen[0] += event.get("Uniqueid") != "" and event.get("Channel") != "" and event.get("Privilege") != ""

    session = AmiSession(
        AmiAccount("127.0.0.1", 5038, "bench", ""), wanted=NAMES, on_event=on_event, on_lost=print, counts=AmiCounts()
    )
    session.connection_made(_Nowhere())
    session.data_received(GREETING)
    return session.data_received


def theirs(seen: list[int]) -> Callable[[bytes], None]:
    """Where panoramisk's protocol takes bytes, put together as its manager does after connecting."""
    loop = asyncio.get_running_loop()

    def on_event(manager: Manager, event: Any) -> None:
        del manager
        seen[0] += event["Uniqueid"] != "" and event["Channel"] != "" and event["Privilege"] != ""

    manager = Manager(loop=loop)
    for name in NAMES:
        manager.register_event(name.decode(), on_event)
    protocol = AMIProtocol()
    protocol.connection_made(_Nowhere())
    connected: asyncio.Future[Any] = loop.create_future()
    connected.set_result((None, protocol))
    manager.connection_made(connected)
    manager.pinger.cancel()
    protocol.data_received(GREETING)
    return protocol.data_received


def run(seconds: float) -> list[Row]:
    """Measure for about so many seconds in all."""
    return asyncio.run(_run(seconds))


async def _run(seconds: float) -> list[Row]:
    rows: list[Row] = []
    for what, texts, wanted in (("wanted", WANTED, 2.0), ("ignored", IGNORED, 6.0)):
        pieces = chunks(texts)
        seen_ours, seen_theirs = [0], [0]
        sides = ours(seen_ours), theirs(seen_theirs)
        turns: list[tuple[float, float]] = []
        until = time.monotonic() + seconds / 2
        while len(turns) < LEAST_TURNS or time.monotonic() < until:
            turns.append((cpu_seconds(sides[0], pieces), cpu_seconds(sides[1], pieces)))
        expected = [EVENTS_A_TURN * len(turns) if texts is WANTED else 0]
        if not seen_ours == seen_theirs == expected:
            raise RuntimeError(f"{what}: ours saw {seen_ours}, panoramisk {seen_theirs}, expected {expected}")
        our_rate, their_rate = (EVENTS_A_TURN / statistics.median(side) for side in zip(*turns, strict=True))
        rows.append((f"AMI events {what}, a CPU-second", our_rate, their_rate, our_rate / their_rate, wanted))
    return rows


if __name__ == "__main__":
    for row in run(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0):
        print(*row)
