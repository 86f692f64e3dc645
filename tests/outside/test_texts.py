"""Texts through the webhook: what arrives, what is tried again, and that one message stays one."""

import asyncio

import pytest

from ivr_engine.core.conversation import NotSent, SendText, Sent
from ivr_engine.outside import texts
from ivr_engine.outside.texts import TEXT_LETTERS, TRIES, WebhookTexts
from tests.outside.offices import Offices

HELLO = SendText("01012345678", "안내: 내일 9시", key="7.1-hello")


class Gateway:
    """An adapter and what it counted."""

    def __init__(self, url: str, token: str = "") -> None:
        self.results: list[str] = []
        self.texts = WebhookTexts(url, token, told=lambda result, _seconds: self.results.append(result))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PAUSES_SECONDS", (0.0, 0.0))


async def test_given_a_gateway_when_a_text_is_sent_then_it_arrives_once_with_key_and_token() -> None:
    async with Offices() as offices:
        gateway = Gateway(offices.at("/texts"), "t0ken")
        assert await gateway.texts.send(HELLO) == Sent()
        await gateway.texts.close()
    assert offices.texts == [{"to": "01012345678", "text": "안내: 내일 9시", "key": "7.1-hello"}]
    assert offices.headers[0]["Idempotency-Key"] == "7.1-hello"
    assert offices.headers[0]["Authorization"] == "Bearer t0ken"
    assert gateway.results == ["sent"]


async def test_given_a_gateway_that_stumbles_when_a_text_is_sent_then_it_is_tried_again_with_the_same_key() -> None:
    async with Offices() as offices:
        offices.statuses = [503, 429]
        gateway = Gateway(offices.at("/texts"))
        assert await gateway.texts.send(HELLO) == Sent()
        await gateway.texts.close()
    assert [text["key"] for text in offices.texts] == ["7.1-hello"] * 3
    assert gateway.results == ["sent"]


async def test_given_a_gateway_that_stays_down_when_tried_often_enough_then_the_flow_is_told() -> None:
    async with Offices() as offices:
        offices.statuses = [500] * 9
        gateway = Gateway(offices.at("/texts"))
        assert await gateway.texts.send(HELLO) == NotSent("HTTP 500")
        await gateway.texts.close()
    assert len(offices.texts) == TRIES
    assert gateway.results == ["unreachable"]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422])
async def test_given_a_gateway_that_refuses_when_a_text_is_sent_then_it_is_not_tried_again(status: int) -> None:
    async with Offices() as offices:
        offices.statuses = [status]
        gateway = Gateway(offices.at("/texts"))
        assert await gateway.texts.send(HELLO) == NotSent(f"HTTP {status}")
        await gateway.texts.close()
    assert len(offices.texts) == 1
    assert gateway.results == ["refused"]


async def test_given_a_silent_gateway_when_the_deadline_is_over_then_the_citizen_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "DEADLINE_SECONDS", 0.05)
    async with Offices() as offices:
        gateway = Gateway(offices.at("/drip"))
        began = asyncio.get_running_loop().time()
        assert isinstance(await gateway.texts.send(HELLO), NotSent)
        assert asyncio.get_running_loop().time() - began < 1
        await gateway.texts.close()


@pytest.mark.parametrize(
    "text",
    [
        SendText("", "x", "k"),
        SendText("010 1234", "x", "k"),
        SendText("sip:a@b", "x", "k"),
        SendText("01012345678", "", "k"),
        SendText("01012345678", "x" * (TEXT_LETTERS + 1), "k"),
    ],
)
async def test_given_a_text_that_is_none_when_sent_then_the_gateway_never_hears_of_it(text: SendText) -> None:
    async with Offices() as offices:
        gateway = Gateway(offices.at("/texts"))
        assert isinstance(await gateway.texts.send(text), NotSent)
        await gateway.texts.close()
    assert offices.texts == []
    assert gateway.results == ["refused"]


async def test_given_no_gateway_when_a_text_is_sent_then_it_is_not_taken() -> None:
    gateway = Gateway("")
    assert isinstance(await gateway.texts.send(HELLO), NotSent)
    assert gateway.results == ["no_gateway"]


async def test_given_a_refusal_when_it_is_logged_then_neither_number_nor_words_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="ivr_engine")
    async with Offices() as offices:
        offices.statuses = [400]
        gateway = Gateway(offices.at("/texts"))
        await gateway.texts.send(HELLO)
        await gateway.texts.close()
    assert caplog.records
    assert "01012345678" not in caplog.text
    assert "내일" not in caplog.text
