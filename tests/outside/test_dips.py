"""Data dips over HTTP against a small server of ours: what is asked, what comes back, what never holds a call."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from ivr_engine.core.conversation import DipFailed, DipFailure, Dipped, Output, ValueType
from ivr_engine.outside.breaker import FAILURES, OPEN_MS, BreakerState
from ivr_engine.outside.dips import HttpDips
from tests.outside.offices import Offices, dip

TEXT, NUMBER, TRUTH = ValueType.TEXT, ValueType.WHOLE_NUMBER, ValueType.TRUTH


class Desk:
    """An adapter with a clock of its own and its counts."""

    def __init__(self, *hosts: str, **how: int) -> None:
        self.now_seconds = 1_000.0
        self.counted: Counter[tuple[str, str]] = Counter()
        self.dips = HttpDips(hosts, told=self._count, clock=lambda: self.now_seconds, **how)

    def _count(self, source: str, result: str, _seconds: float) -> None:
        self.counted[source, result] += 1


async def test_given_a_water_account_when_asked_then_the_bill_comes_in_its_types() -> None:
    outputs = (Output("won", NUMBER, "bill.won"), Output("due", TEXT, "bill.due"), Output("paid", TRUTH, "bill.paid"))
    async with Offices() as offices:
        desk = Desk(offices.host)
        reply = await desk.dips.ask(
            dip(offices.at("/water/bills/{account}"), *outputs, values={"account": "0123456789"}, source="water")
        )
        await desk.dips.close()
    assert reply == Dipped({"won": 34_500, "due": "2026-12-31", "paid": False})
    assert desk.counted == {("water", "ok"): 1}


async def test_given_a_bus_stop_when_asked_then_the_first_arrival_comes_out_of_the_list() -> None:
    outputs = (Output("route", TEXT, "arrivals.0.route"), Output("minutes", NUMBER, "arrivals.0.minutes"))
    async with Offices() as offices:
        desk = Desk(offices.host)
        at = offices.at("/transit/arrivals?stop={stop}")
        there = await desk.dips.ask(dip(at, *outputs, values={"stop": "01-234"}))
        nowhere = await desk.dips.ask(dip(at, *outputs, values={"stop": "99-999"}))
        await desk.dips.close()
    assert there == Dipped({"route": "472", "minutes": 3})
    assert nowhere == DipFailed(DipFailure.UNREADABLE)


async def test_given_a_licence_plate_when_posted_then_it_travels_in_the_body_only() -> None:
    outputs = (Output("won", NUMBER, "tax.won"), Output("paid", TRUTH, "tax.paid"))
    async with Offices() as offices:
        desk = Desk(offices.host)
        question = dip(
            offices.at("/vehicle/tax"), *outputs, values={"plate": "12가3456", "x": 1}, method="POST", body=("plate",)
        )
        reply = await desk.dips.ask(question)
        await desk.dips.close()
    assert reply == Dipped({"won": 182_000, "paid": True})
    assert offices.asked == [("POST", "/vehicle/tax", {"plate": "12가3456"})]


async def test_given_digits_that_mean_something_in_an_address_when_asked_then_they_arrive_as_digits() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        await desk.dips.ask(dip(offices.at("/water/bills/{a}"), values={"a": "../../texts?x=1#y%2F"}))
        await desk.dips.close()
    assert offices.asked == [("GET", "/water/bills/..%2F..%2Ftexts%3Fx%3D1%23y%252F", None)]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/status/404", DipFailure.STATUS),
        ("/status/500", DipFailure.STATUS),
        ("/elsewhere", DipFailure.STATUS),
        ("/page", DipFailure.UNREADABLE),
        ("/large?bytes=70000", DipFailure.TOO_LARGE),
        ("/large?bytes=100", DipFailure.UNREADABLE),
        ("/cut", DipFailure.UNREACHABLE),
    ],
)
async def test_given_anything_but_the_declared_answer_when_asked_then_it_is_a_failure_with_its_word(
    path: str, reason: DipFailure
) -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        assert await desk.dips.ask(dip(offices.at(path))) == DipFailed(reason)
        await desk.dips.close()
    assert desk.counted == {("office", reason.value): 1}
    assert not any("/water/" in path for _, path, _ in offices.asked), "a redirect is never followed"


@pytest.mark.parametrize("path", ["/silent", "/drip"])
async def test_given_a_source_that_does_not_answer_when_the_deadline_is_over_then_the_citizen_goes_on(
    path: str,
) -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await desk.dips.ask(dip(offices.at(path), deadline_ms=50)) == DipFailed(DipFailure.SLOW)
        took = loop.time() - began
        await desk.dips.close()
    assert 0.05 <= took < 0.5


async def test_given_nobody_listens_when_asked_then_it_is_unreachable() -> None:
    async with Offices() as offices:
        host = offices.host
    desk = Desk(host)
    assert await desk.dips.ask(dip(f"http://{host}/x")) == DipFailed(DipFailure.UNREACHABLE)
    await desk.dips.close()


async def test_given_a_host_that_is_not_listed_when_asked_then_no_connection_is_made() -> None:
    async with Offices() as offices:
        desk = Desk("other.example")
        assert await desk.dips.ask(dip(offices.at("/status/200"))) == DipFailed(DipFailure.REFUSED)
        await desk.dips.close()
    assert offices.asked == []


@pytest.mark.parametrize("how", [{"method": "DELETE"}, {"method": "POST", "body": ("missing",)}])
async def test_given_a_question_that_cannot_be_asked_when_asked_then_it_is_refused(how: dict[str, Any]) -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        assert await desk.dips.ask(dip(offices.at("/status/200"), **how)) == DipFailed(DipFailure.REFUSED)
        await desk.dips.close()
    assert offices.asked == []


async def test_given_a_source_that_fails_again_and_again_when_asked_then_it_rests_and_is_probed_once() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        broken, well = dip(offices.at("/status/503")), dip(offices.at("/status/200"))
        for _ in range(FAILURES):
            assert await desk.dips.ask(broken) == DipFailed(DipFailure.STATUS)
        assert desk.dips.state("office") is BreakerState.OPEN
        assert await desk.dips.ask(well) == DipFailed(DipFailure.RESTING)
        assert await desk.dips.ask(dip(offices.at("/status/200"), source="another")) == Dipped({"a": 1})
        desk.now_seconds += OPEN_MS / 1_000
        assert await desk.dips.ask(well) == Dipped({"a": 1})
        assert desk.dips.state("office") is BreakerState.CLOSED
        await desk.dips.close()
    assert len(offices.asked) == FAILURES + 2


async def test_given_citizens_who_key_wrong_accounts_when_asked_then_the_source_does_not_rest_for_it() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        for _ in range(FAILURES + 1):
            await desk.dips.ask(dip(offices.at("/water/bills/9")))
        await desk.dips.close()
    assert desk.counted == {("office", "status"): FAILURES + 1}


async def test_given_a_cache_when_the_same_is_asked_again_then_the_source_is_not_until_it_expires() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        question = dip(offices.at("/status/{s}"), values={"s": 200}, cache_seconds=30)
        assert await desk.dips.ask(question) == await desk.dips.ask(question) == Dipped({"a": 1})
        await desk.dips.ask(dip(offices.at("/status/{s}"), values={"s": 404}, cache_seconds=30))
        assert len(offices.asked) == 2
        desk.now_seconds += 30
        await desk.dips.ask(question)
        await desk.dips.close()
    assert len(offices.asked) == 3
    assert desk.counted["office", "cached"] == 1


async def test_given_a_failure_when_the_same_is_asked_again_then_it_is_asked_again() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        question = dip(offices.at("/status/404"), cache_seconds=30)
        await desk.dips.ask(question)
        await desk.dips.ask(question)
        await desk.dips.close()
    assert len(offices.asked) == 2


async def test_given_one_source_has_all_its_room_taken_when_asked_then_it_is_busy_and_others_are_served() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host, open_questions_of_a_source=2)
        waiting = [asyncio.create_task(desk.dips.ask(dip(offices.at("/silent"), deadline_ms=5_000))) for _ in range(2)]
        await asyncio.sleep(0)
        assert await desk.dips.ask(dip(offices.at("/status/200"))) == DipFailed(DipFailure.BUSY)
        assert await desk.dips.ask(dip(offices.at("/status/200"), source="another")) == Dipped({"a": 1})
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await desk.dips.ask(dip(offices.at("/status/200"))) == Dipped({"a": 1}), "who hung up frees the room"
        await desk.dips.close()


async def test_given_a_cookie_when_the_next_citizen_asks_then_it_does_not_go_along() -> None:
    async with Offices() as offices:
        desk = Desk(offices.host)
        await desk.dips.ask(dip(offices.at("/cookie")))
        await desk.dips.ask(dip(offices.at("/cookie")))
        await desk.dips.close()
    assert all("Cookie" not in headers for headers in offices.headers)


async def test_given_secret_values_when_a_dip_fails_then_no_log_line_has_them(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="ivr_engine")
    async with Offices() as offices:
        desk = Desk(offices.host)
        for path in ("/water/bills/{card}", "/nowhere/{card}", "/page?x={card}"):
            await desk.dips.ask(dip(offices.at(path), values={"card": "4556737586899855"}, secret=frozenset({"card"})))
        await desk.dips.ask(dip("http://other.example/{card}", values={"card": "4556737586899855"}))
        await desk.dips.close()
    assert caplog.records
    assert "4556737586899855" not in caplog.text
