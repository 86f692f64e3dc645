"""The book of what rings: each phone's end is told once, whatever the switch says and in which order."""

from collections.abc import Callable

import pytest

from ivr_engine.asterisk.ringing import CAUSE_OWED_MS, WITHDRAW_TRIES, Ringing
from ivr_engine.core.events import CitizenNotReached, OfferFailed
from ivr_engine.core.vocabulary import OfferFailure, OfferId
from ivr_engine.replay.simulator.ports import Record
from ivr_engine.replay.virtual import VirtualTime

O = OfferId("o.1")  # noqa: E741  (an offer, as C is a contact elsewhere)
UNTOLD = Record({"ActionID": "a.1", "Response": "Failure", "Reason": "0"})
RANG_OUT = Record({"ActionID": "a.1", "Response": "Failure", "Reason": "3"})
ANSWERED = Record({"ActionID": "a.1", "Response": "Success", "Reason": "4"})
BUSY = Record({"Uniqueid": O, "Cause": "17"})


class Book:
    def __init__(self) -> None:
        self.time = VirtualTime(0)
        self.told: list[OfferFailed | CitizenNotReached] = []
        self.ringing = Ringing(self.told.append, self.time.after)
        self.ringing.begin(O, "a.1")


@pytest.fixture
def book() -> Book:
    return Book()


def test_given_a_failure_without_a_cause_when_the_hangup_says_why_then_that_is_told_once(book: Book) -> None:
    book.ringing.responded(UNTOLD)
    book.ringing.hung_up(BUSY)
    book.time.run(CAUSE_OWED_MS * 2)
    assert book.told == [OfferFailed(O, OfferFailure.BUSY)]
    assert O not in book.ringing


def test_given_a_failure_without_a_cause_when_no_leg_ever_ends_then_it_is_unreachable_in_time(book: Book) -> None:
    book.ringing.responded(UNTOLD)
    book.time.run(CAUSE_OWED_MS - 1)
    assert (book.told, O in book.ringing) == ([], True)
    book.time.run(CAUSE_OWED_MS)
    assert book.told == [OfferFailed(O, OfferFailure.UNREACHABLE)]


@pytest.mark.parametrize(
    "says",
    [
        lambda ringing: ringing.responded(ANSWERED),
        lambda ringing: ringing.over(O),
        lambda ringing: ringing.forget(),
    ],
    ids=["answered", "told by the dialplan", "the link is down"],
)
def test_given_a_ring_that_is_over_when_more_is_said_of_it_then_nothing_is_told(
    book: Book, says: Callable[[Ringing], None]
) -> None:
    says(book.ringing)
    book.ringing.hung_up(BUSY)
    book.ringing.responded(RANG_OUT)
    book.time.run(CAUSE_OWED_MS * 2)
    assert (book.told, len(book.ringing)) == ([], 0)


def test_given_a_leg_that_is_not_there_yet_when_withdrawn_again_and_again_then_trying_has_an_end(book: Book) -> None:
    tries = [book.ringing.withdraw_again(O) for _ in range(WITHDRAW_TRIES + 1)]
    assert tries == [True] * WITHDRAW_TRIES + [False]


def test_given_a_failure_that_is_owed_a_cause_when_the_link_goes_then_its_timer_dies_with_it(book: Book) -> None:
    book.ringing.responded(UNTOLD)
    book.ringing.forget()
    assert book.time.pending == 0
