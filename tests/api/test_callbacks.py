"""Promises to call back, asked over HTTP: a list without whole numbers, and taking one back."""

import json
from dataclasses import replace

from ivr_engine.api.feed import _frame
from ivr_engine.core.events import CallbackCancelled
from ivr_engine.core.notices import CallbackPromised
from ivr_engine.core.views import CallbackView
from ivr_engine.core.vocabulary import CallbackId, CallbackState, ContactId, QueueId
from tests.api.conftest import Client, Office
from tests.api.test_resources import get, send

PROMISE = CallbackView(
    id=CallbackId("c9-cb"),
    origin=ContactId("c9"),
    number="01012345678",
    queue=QueueId("general"),
    agency="seoul",
    language="ko",
    state=CallbackState.WAITING,
    asked_at_ms=2_000,
    place_ms=1_000,
    dials=0,
    next_at_ms=None,
    contact=ContactId("c9-cb-e1-1"),
)


def _promise(office: Office, *promises: CallbackView) -> None:
    view = office.desk.view()
    office.desk.view = lambda: replace(view, callbacks=promises)  # type: ignore[method-assign]


async def test_given_promises_when_listed_then_the_oldest_place_is_first_and_numbers_are_masked(
    client: Client, office: Office
) -> None:
    _promise(office, PROMISE, replace(PROMISE, id=CallbackId("c8-cb"), place_ms=500))
    told = await get(client, "/v1/callbacks")
    assert [each["id"] for each in told["callbacks"]] == ["c8-cb", "c9-cb"]
    assert (told["total"], told["callbacks"][0]["number"]) == (2, "*******5678")


async def test_given_a_promise_when_cancelled_then_the_core_is_asked_for_that_one(
    client: Client, office: Office
) -> None:
    _promise(office, PROMISE)
    told = await send(client, "POST", "/v1/callbacks/c9-cb/cancel", 200)
    assert (told["id"], office.desk.asked) == ("c9-cb", [CallbackCancelled(CallbackId("c9-cb"))])


async def test_given_no_such_promise_when_cancelled_then_404_and_nothing_reaches_the_core(
    client: Client, office: Office
) -> None:
    problem = await send(client, "POST", "/v1/callbacks/nobody/cancel", 404)
    assert (problem["code"], office.desk.asked) == ("unknown_callback", [])


def test_given_a_promise_when_the_feed_tells_of_it_then_the_number_is_masked() -> None:
    notice = CallbackPromised(ContactId("c9"), "01012345678", QueueId("general"), (), "seoul", "ko", 0, 1)
    assert json.loads(_frame(1, 2, notice))["notice"]["number"] == "*******5678"
