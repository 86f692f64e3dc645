"""What befalls the simulated engine from outside: it stands still, its events change places, its database is away."""

import pytest

from ivr_engine.core.events import Started, TimePassed
from ivr_engine.core.notices import AgentChanged, ContactBegan, ContactEnded, OfferEnded, OfferMade
from ivr_engine.core.vocabulary import (
    AgentId,
    AgentState,
    ContactId,
    Disposition,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
)
from ivr_engine.replay.simulator.gate import Gate
from ivr_engine.replay.simulator.invariants import Books
from ivr_engine.replay.simulator.journal import SimulatedJournal
from ivr_engine.replay.simulator.pairs import CLOSELY_MS, Pairs
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.replay.virtual import VirtualTime


# ── the gate ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_gate_that_is_shut_when_it_opens_then_all_that_waited_comes_in_its_order() -> None:
    gate, done = Gate(), list[int]()
    gate(done.append, 1)
    gate.shut()
    gate(done.append, 2)
    gate(done.append, 3)
    assert done == [1]
    gate.open()
    gate(done.append, 4)
    assert done == [1, 2, 3, 4]


def test_given_a_gate_when_it_is_shut_again_by_what_waited_then_the_rest_waits_on() -> None:
    gate, done = Gate(), list[int]()
    gate.shut()
    gate(gate.shut)
    gate(done.append, 1)
    gate.open()
    assert done == []
    gate.open()
    assert done == [1]


def test_given_a_gate_that_is_shut_when_its_engine_dies_then_what_waited_never_comes() -> None:
    gate, done = Gate(), list[int]()
    gate.shut()
    gate(done.append, 1)
    gate.forget()
    gate.open()
    assert done == []


# ── pairs ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def paired() -> tuple[VirtualTime, Pairs[int], list[int]]:
    time, told = VirtualTime(0), list[int]()
    pairs = Pairs[int](time.after, told.append)
    pairs.swaps = True
    return time, pairs, told


def test_given_pairs_when_two_come_closely_then_they_change_places_and_one_that_is_alone_is_only_late() -> None:
    time, pairs, told = paired()
    for number in (1, 2, 3):
        pairs.take(number)
    assert told == [2, 1]
    time.run(CLOSELY_MS)
    assert told == [2, 1, 3]


def test_given_one_that_is_kept_when_the_swapping_ends_then_it_still_changes_places_with_the_next() -> None:
    _, pairs, told = paired()
    pairs.take(1)
    pairs.swaps = False
    pairs.take(2)
    pairs.take(3)
    assert told == [2, 1, 3]


def test_given_one_that_is_kept_when_the_link_goes_then_it_is_lost() -> None:
    time, pairs, told = paired()
    pairs.take(1)
    pairs.forget()
    time.run(CLOSELY_MS)
    assert (told, time.pending) == ([], 0)


# ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────────────
def entry(epoch: int, seq: int, *notices: AgentChanged) -> Entry:
    return Entry(epoch, seq, 1_000, Started(epoch) if seq == 1 else TimePassed(), (), notices)


def test_given_a_database_that_is_away_when_it_is_back_then_all_is_there_once_and_in_order() -> None:
    journal = SimulatedJournal(keep_entries=True)
    wanted = [entry(1, 1), entry(1, 2), entry(2, 1), entry(2, 2)]
    journal.append(wanted[0])
    journal.lose_database()
    for one in wanted[1:3]:
        journal.append(one)
    assert journal.entries == wanted[:1]
    journal.find_database()
    journal.append(wanted[3])
    assert (journal.entries, journal.problems()) == (wanted, ())


def test_given_an_entry_that_comes_again_when_it_is_written_then_it_is_a_bug() -> None:
    journal = SimulatedJournal(keep_entries=True)
    journal.append(entry(1, 1))
    with pytest.raises(AssertionError, match=r"entry \(1, 1\) after \(1, 1\)"):
        journal.append(entry(1, 1))


def test_given_what_an_engine_decided_while_the_database_was_away_when_recovered_then_it_is_known() -> None:
    journal = SimulatedJournal(keep_entries=True)
    journal.lose_database()
    journal.append(entry(1, 1, AgentChanged(AgentId("1001"), Presence.AVAILABLE, AgentState.IDLE, "", 1)))
    assert journal.recovery.facts() == []
    journal.find_database()
    assert len(journal.recovery.facts()) == 1


# ── the books of all lives ──────────────────────────────────────────────────────────────────────────────────────────
C, A, Q = ContactId("c1"), AgentId("1001"), QueueId("general")
BEGAN = ContactBegan(C, "120", "", 0)
ENDED = ContactEnded(
    C,
    Disposition.ANSWERED,
    "",
    "",
    "",
    "",
    "",
    0,
    None,
    None,
    0,
    None,
    None,
    within_promise=False,
    short_abandon=False,
    offers=1,
)
MADE = OfferMade(OfferId("o1"), C, A, Q, 0, 0, 1, "")
MISSED = OfferEnded(OfferId("o1"), C, A, Q, OfferResult.NO_ANSWER, None, 0)


def test_given_beginnings_and_ends_in_different_lives_when_each_has_one_then_nothing_is_wrong() -> None:
    books = Books()
    for life in ((BEGAN, MADE), (MISSED, ENDED)):
        books.take(life)
    assert books.problems() == ()


def test_given_an_end_that_is_told_again_or_never_when_the_books_are_closed_then_it_is_named() -> None:
    books = Books()
    books.take((BEGAN, MADE, ENDED))
    books.take((ENDED,))
    assert books.problems() == (
        "I1: contact c1 began 1 times and ended 2 times",
        "I5: offer o1 began 1 times and ended 0 times",
    )
