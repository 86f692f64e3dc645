"""What the router learnt outlives a restart: what is noted and taken up again is what was in memory (invariant I15)."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.events import RoutingRestored
from ivr_engine.core.learnt import AccountLearnt, DeskLearnt, Learnt
from ivr_engine.core.notices import ContractorBooked, RoutingNoted
from ivr_engine.core.queue_rules import LendingRules
from ivr_engine.core.requirement import requirement_of
from ivr_engine.core.routing import Routing
from ivr_engine.core.routing_memory import ACCOUNTS_NOTED, DESKS_NOTED, noted, restore, up_to_date
from ivr_engine.core.routing_shares import CENTRE, account_of
from ivr_engine.core.vocabulary import ContactId, OfferId, QueueId, Skill
from tests.core.centre import GENERAL, START_MS, Centre, counsellor

POLICY = RoutingPolicy(note_every_ms=60_000, lending=LendingRules(), crowded_percent=16, rate_half_life_ms=900_000)
SHARED = replace(GENERAL, contractor_shares={"han": 60, "nam": 40})
SIGN = QueueSettings(QueueId("sign"), requirement=frozenset({Skill("sign")}), protected=True)
AGENTS = (
    replace(counsellor("1001", "sign"), contractor="han"),
    replace(counsellor("1002", "sign"), contractor="nam"),
)


def busy_morning() -> Centre:
    """Seven minutes of two agents: talks, contacts that wait too long, and some who give up."""
    centre = Centre(*AGENTS, queues=[SHARED, SIGN], routing=POLICY)
    for number in range(12):
        citizen = centre.citizen(f"c{number}").queues("sign" if number % 3 == 0 else "general")
        ringing = [agent for contact, agent in centre.rings() if contact == f"c{number}"]
        if ringing and number % 4 == 1:
            citizen.leaves()
        elif ringing and number % 4 == 2:
            centre.wait(16_000)
            citizen.leaves()
        elif ringing:
            talking = centre.agent(ringing[-1]).answers()
            centre.wait(20_000)
            citizen.leaves()
            talking.hangs_up()
        centre.wait(15_500)
    return centre


def known(routing: Routing) -> dict[str, tuple[object, ...]]:
    return {
        str(desk.requirement): (
            round(desk.coverage.weight * 1_000_000),
            desk.coverage.step,
            desk.handle_ms,
            desk.handled,
            desk.correction_percent,
            None if desk.purse is None else round(desk.purse * 1_000_000),
        )
        for desk in routing.books.desks.values()
    }


def test_given_a_busy_morning_when_another_life_is_told_of_it_then_its_router_knows_the_same() -> None:
    centre = busy_morning()
    routing = centre.engine._state.routing
    told = noted(routing, centre.now_ms).learnt

    fresh = Centre(*AGENTS, queues=[SHARED, SIGN], routing=POLICY)
    fresh.wait(centre.now_ms - fresh.now_ms)
    fresh.tell(RoutingRestored(told))

    learnt = fresh.engine._state.routing
    assert known(learnt) == known(routing)
    assert all(values[0] for values in known(learnt).values())
    assert list(learnt.ledger.accounts()) == list(routing.ledger.accounts())
    assert learnt.joined.weight == pytest.approx(routing.joined.weight, abs=1e-6)
    assert learnt.late.weight == pytest.approx(routing.late.weight, abs=1e-6) != 0
    assert learnt.joined.step == routing.joined.step
    assert noted(learnt, fresh.now_ms).learnt == told

    fresh.tell(RoutingRestored(told))  # told twice, it is the same
    assert noted(learnt, fresh.now_ms).learnt == told


def test_given_a_minute_between_notes_when_the_centre_works_then_each_has_one_and_the_first_decision_none() -> None:
    centre = Centre("1001", routing=RoutingPolicy(note_every_ms=60_000))
    centre.wait(59_999)
    centre.citizen("c1").queues()
    assert centre.told(RoutingNoted) == []
    centre.wait(1)
    centre.citizen("c2").queues()
    centre.citizen("c3").queues()
    assert [note.learnt.at_ms for note in centre.told(RoutingNoted)] == [START_MS + 60_000]
    assert [desk.arrivals_millionths for desk in centre.told(RoutingNoted)[0].learnt.desks] == [2_000_000]
    centre.wait(60_000)
    centre.citizen("c4").queues()
    assert len(centre.told(RoutingNoted)) == 2


def test_given_no_notes_asked_for_when_the_centre_works_then_none_is_told() -> None:
    centre = Centre("1001")
    centre.citizen("c1").queues()
    centre.wait(600_000)
    assert centre.told(RoutingNoted) == []


def test_given_bookings_after_the_note_when_brought_up_to_date_then_accounts_are_those_of_the_last_decision() -> None:
    centre = Centre(*AGENTS, queues=[SHARED], routing=POLICY)
    note = noted(centre.engine._state.routing, centre.now_ms).learnt
    for number in range(5):
        centre.citizen(f"c{number}").queues()
        centre.agent(centre.rings()[-1][1]).answers().hangs_up()
        centre.wait(25_000)
    bookings = [(centre.now_ms, one) for one in centre.told(ContractorBooked)]
    assert len(bookings) == 5

    routing = Routing(policy=POLICY)
    restore(routing, up_to_date(note, bookings).learnt, centre.now_ms)

    ledger = centre.engine._state.routing.ledger
    assert {name: (account.owed, account.given) for name, account in routing.ledger.accounts()} == {
        name: (account.owed, account.given) for name, account in ledger.accounts()
    }
    assert [name for name, _ in routing.ledger.accounts()] == [CENTRE, account_of("general", ())]


def test_given_a_booking_of_an_engine_without_a_centre_s_account_when_brought_up_to_date_then_there_is_none() -> None:
    old = ContractorBooked(OfferId("o"), ContactId("c"), QueueId("general"), "han", 1, {"han": -40, "nam": 40})
    told = up_to_date(Learnt(START_MS), [(START_MS + 5, old)]).learnt
    assert told.accounts == (
        AccountLearnt("general", (), START_MS + 5, owed_hundredths={"han": -40, "nam": 40}, given={"han": 1}),
    )


def test_given_a_note_of_a_clock_that_was_ahead_when_taken_up_then_no_time_is_in_the_future() -> None:
    routing = Routing(policy=POLICY)
    account = AccountLearnt("general", (), START_MS + 900_000, owed_hundredths={"han": 5})
    desk = DeskLearnt(requirement_of(frozenset()), 4_000_000)
    restore(routing, Learnt(START_MS + 900_000, (desk,), (account,)), START_MS)
    assert [account.since_ms for _, account in routing.ledger.accounts()] == [START_MS]
    coverage = routing.books.desk(desk.requirement).coverage
    coverage.decay(START_MS + 900_000, POLICY.rate_half_life_ms)
    assert coverage.weight == pytest.approx(2.0)


def test_given_more_desks_and_accounts_than_a_note_holds_when_noted_then_the_busiest_and_last_used_are_in_it() -> None:
    routing = Routing(policy=POLICY)
    desks = tuple(
        DeskLearnt(requirement_of(frozenset({Skill(f"s{number:04}")})), number * 1_000_000)
        for number in range(1, DESKS_NOTED + 11)
    )
    accounts = tuple(
        AccountLearnt(f"q{number:04}", (), START_MS - number, owed_hundredths={"han": 1})
        for number in range(ACCOUNTS_NOTED + 10)
    )
    restore(routing, Learnt(START_MS, desks, (*accounts, AccountLearnt("", (), 0))), START_MS)
    told = noted(routing, START_MS).learnt
    assert (len(told.desks), min(desk.arrivals_millionths for desk in told.desks)) == (DESKS_NOTED, 11_000_000)
    assert (len(told.accounts), told.accounts[0].queue, told.accounts[-1].queue) == (ACCOUNTS_NOTED, "", "q0298")
