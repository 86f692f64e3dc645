"""The feed: snapshot, numbering, masking, and what becomes of listeners who are slow, foreign, loud or too many."""

import asyncio
import json
import socket
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from ivr_engine.api import feed as feed_module
from ivr_engine.api.feed import TOO_SLOW, Feed
from ivr_engine.core.events import TimePassed
from ivr_engine.core.notices import AgentsRegistered, ContactBegan, ContactMoved, Notice, SwitchStateChanged
from ivr_engine.core.vocabulary import ContactId, ContactPhase
from ivr_engine.runtime.ports import JournalEntry
from tests.api.conftest import BEARER, SECRET, Client, Office
from tests.api.desk import NOW_MS

PATIENCE_SECONDS = 5.0


def entry(*notices: Notice) -> JournalEntry:
    return JournalEntry(1, 1, NOW_MS + 7, TimePassed(), (), notices)


def moved(name: str) -> ContactMoved:
    return ContactMoved(ContactId(name), ContactPhase.QUEUED, NOW_MS)


async def heard(listener: ClientWebSocketResponse) -> Any:
    return json.loads(await listener.receive_str(timeout=PATIENCE_SECONDS))


async def until(true: Any) -> None:
    """Let the loop turn until the condition holds; a test's own deadline, not a wait for time to pass."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110 (what is awaited has no event of its own)
            await asyncio.sleep(0)


async def test_given_a_listener_when_connected_then_the_snapshot_comes_first_with_callers_masked(
    client: Client, office: Office
) -> None:
    assert office.feed
    office.feed.publish(entry(moved("c1"), moved("c2")))
    async with client.ws_connect("/v1/feed", headers=BEARER) as listener:
        first = await heard(listener)
    assert (first["type"], first["seq"]) == ("snapshot", 2)
    assert [each["id"] for each in first["view"]["agents"]] == ["1001", "1002", "1003"]
    assert {each["caller"] for each in first["view"]["contacts"]} == {"*******5678"}
    assert first["view"]["queues"][0]["id"] == "general"


async def test_given_a_listener_when_decisions_are_made_then_every_notice_comes_numbered_without_a_gap(
    client: Client, office: Office
) -> None:
    assert office.feed
    async with client.ws_connect("/v1/feed", headers=BEARER) as listener:
        assert (await heard(listener))["seq"] == 0
        office.feed.publish(entry(moved("c1"), moved("c2")))
        office.feed.publish(entry())
        office.feed.publish(entry(SwitchStateChanged(connected=False)))
        told = [await heard(listener) for _ in range(3)]
    assert [each["seq"] for each in told] == [1, 2, 3]
    assert {each["type"] for each in told} == {"notice"}
    assert told[0] == {
        "type": "notice",
        "seq": 1,
        "at_ms": NOW_MS + 7,
        "notice": {"kind": "ContactMoved", "contact": "c1", "phase": "queued", "since_ms": NOW_MS},
    }
    assert told[2]["notice"] == {"kind": "SwitchStateChanged", "connected": False, "adopted_contacts": 0}


async def test_given_decisions_between_two_listeners_when_the_second_comes_then_its_number_goes_on_from_there(
    client: Client, office: Office
) -> None:
    assert office.feed
    async with client.ws_connect("/v1/feed", headers=BEARER) as first:
        await heard(first)
        office.feed.publish(entry(moved("c1")))
        async with client.ws_connect("/v1/feed", headers=BEARER) as second:
            assert (await heard(second))["seq"] == 1
            office.feed.publish(entry(moved("c2")))
            assert [(await heard(first))["seq"], (await heard(first))["seq"]] == [1, 2]
            assert (await heard(second))["seq"] == 2
    await until(lambda: office.feed and office.feed.listeners == 0)


async def test_given_a_contact_begins_when_told_then_the_callers_number_is_masked(
    client: Client, office: Office
) -> None:
    assert office.feed
    async with client.ws_connect("/v1/feed", headers=BEARER) as listener:
        await heard(listener)
        office.feed.publish(entry(ContactBegan(ContactId("c7"), "120", "01098765432", NOW_MS)))
        told = await listener.receive_str(timeout=PATIENCE_SECONDS)
    assert json.loads(told)["notice"]["caller"] == "*******5432"
    assert "98765432" not in told


async def test_given_a_browser_when_it_offers_its_token_as_protocol_then_it_may_listen(client: Client) -> None:
    async with client.ws_connect("/v1/feed", protocols=("bearer", SECRET)) as listener:
        assert (await heard(listener))["type"] == "snapshot"
        assert listener.protocol == "bearer"


@pytest.mark.parametrize("protocols", [("bearer",), ("bearer", "wrong"), (SECRET,), (SECRET, "bearer")])
async def test_given_a_wrong_protocol_offer_when_connecting_then_401(
    client: Client, protocols: tuple[str, ...]
) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect("/v1/feed", protocols=protocols)
    assert refused.value.status == 401


async def test_given_a_token_in_the_address_when_connecting_then_401_because_addresses_are_logged(
    client: Client,
) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(f"/v1/feed?token={SECRET}")
    assert refused.value.status == 401


async def test_given_a_page_of_another_site_when_it_connects_then_403(client: Client, office: Office) -> None:
    for origin in ("https://evil.example", "null", f"http://{client.host}.evil.example"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/v1/feed", headers={**BEARER, "Origin": origin})
        assert refused.value.status == 403
    assert office.feed
    assert office.feed.listeners == 0


async def test_given_a_page_of_this_host_or_a_configured_one_when_it_connects_then_it_may_listen(
    office: Office,
) -> None:
    office.origins = frozenset({"https://desk.example"})
    client = await office.open()
    for origin in (f"http://{client.host}:{client.port}", "https://desk.example"):
        async with client.ws_connect("/v1/feed", headers={**BEARER, "Origin": origin}) as listener:
            assert (await heard(listener))["type"] == "snapshot"
    await client.close()


async def test_given_a_plain_get_when_the_feed_is_asked_then_426(client: Client) -> None:
    async with client.get("/v1/feed", headers=BEARER) as response:
        assert response.status == 426
        assert (await response.json(content_type=None))["code"] == "websocket_only"


async def test_given_a_full_feed_when_one_more_comes_then_503_and_a_place_left_is_a_place_again(
    office: Office,
) -> None:
    office.feed = Feed(office.desk, most_listeners=1)
    client = await office.open()
    async with client.ws_connect("/v1/feed", headers=BEARER) as first:
        await heard(first)
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/v1/feed", headers=BEARER)
        assert refused.value.status == 503
    await until(lambda: office.feed and office.feed.listeners == 0)
    async with client.ws_connect("/v1/feed", headers=BEARER) as again:
        assert (await heard(again))["type"] == "snapshot"
    await client.close()


async def test_given_a_listener_that_talks_when_heard_then_it_is_closed_1008(client: Client) -> None:
    async with client.ws_connect("/v1/feed", headers=BEARER) as listener:
        await heard(listener)
        await listener.send_str("subscribe")
        closing = await listener.receive(timeout=PATIENCE_SECONDS)
        assert (closing.type, closing.data) == (WSMsgType.CLOSE, 1008)


async def test_given_a_listener_whose_queue_overflows_when_it_reads_on_then_4408_and_a_new_snapshot_is_there(
    office: Office,
) -> None:
    office.feed = Feed(office.desk, queue_messages=4)
    client = await office.open()
    async with client.ws_connect("/v1/feed", headers=BEARER) as slow:
        await heard(slow)
        office.feed.publish(entry(*(moved(f"c{number}") for number in range(5))))
        closing = await slow.receive(timeout=PATIENCE_SECONDS)
        assert (closing.type, closing.data) == (WSMsgType.CLOSE, TOO_SLOW)
    await until(lambda: office.feed and office.feed.listeners == 0)
    assert office.feed.closed_slow == 1
    async with client.ws_connect("/v1/feed", headers=BEARER) as again:
        assert (await heard(again))["seq"] == 5
    await client.close()


async def test_given_a_listener_that_never_reads_when_flooded_then_it_is_cut_and_others_miss_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "CLOSE_SECONDS", 0.05)
    office.feed = Feed(office.desk, queue_messages=64)
    client = await office.open()
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stuck.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stuck, (client.host, client.port))
    await loop.sock_sendall(
        stuck,
        b"GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "
        + SECRET.encode()
        + b"\r\n\r\n",
    )
    await until(lambda: office.feed and office.feed.listeners == 1)
    long = entry(AgentsRegistered("r" * 60_000, (), ()))
    async with client.ws_connect("/v1/feed", headers=BEARER) as quick:
        await heard(quick)
        seq = 0
        while office.feed.listeners == 2:
            office.feed.publish(long)
            seq += 1
            assert (await heard(quick))["seq"] == seq
            assert seq < 2_000, "the stuck listener was never given up"
        assert office.feed.listeners == 1
        await until(lambda: office.feed and office.feed.closed_slow == 1)
    connections = client.server.handler
    assert connections
    await until(lambda: not connections.connections)
    stuck.close()
    await client.close()


async def test_given_listeners_when_the_server_stops_then_they_are_told_1001(office: Office) -> None:
    client = await office.open()
    listener = await client.ws_connect("/v1/feed", headers=BEARER)
    await heard(listener)
    stopping = asyncio.create_task(client.server.close())
    closing = await listener.receive(timeout=PATIENCE_SECONDS)
    assert (closing.type, closing.data) == (WSMsgType.CLOSE, 1001)
    await asyncio.wait_for(stopping, PATIENCE_SECONDS)
    await client.close()


def test_given_nobody_listens_when_published_then_nothing_is_encoded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "encode", None)
    feed = Feed(office.desk)
    feed.publish(entry(moved("c1"), moved("c2")))
    assert feed.seq == 2
