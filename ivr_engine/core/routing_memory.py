"""The router's memory over a restart: noted in the journal now and then, and taken up again by the next life.

Theory of operation. Arrival rates, handle times, the purses of desks that lend and the accounts of contractors take an
hour or a day to learn, and a router that forgot them would lend what it cannot spare and owe what it paid. So every
`RoutingPolicy.note_every_ms` the core tells what it learnt (`RoutingNoted`), and a start takes up the last note
(`RoutingRestored`). What was learnt after it is lost, but for the accounts: each booking in the journal tells its
account as it was then, so the bookings since the note bring the accounts to where they were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ivr_engine.core.events import RoutingRestored
from ivr_engine.core.learnt import AccountLearnt, DeskLearnt, Learnt
from ivr_engine.core.notices import ContractorBooked, RoutingNoted
from ivr_engine.core.routing import Routing
from ivr_engine.core.routing_books import Desk
from ivr_engine.core.routing_coverage import STEPS, Coverage
from ivr_engine.core.routing_shares import CENTRE, HUNDRED, Account, AccountName

DESKS_NOTED = 300
"""The busiest: 120 has thirty, and one note stays below 100 kB of the journal."""

ACCOUNTS_NOTED = 300
"""The last used."""

MILLION = 1_000_000


def noted(routing: Routing, now_ms: int) -> RoutingNoted:
    """Everything worth knowing tomorrow; the busiest desks and the last used accounts, if there are too many."""
    half_life_ms = routing.policy.rate_half_life_ms
    desks = []
    for desk in routing.books.desks.values():
        desk.coverage.decay(now_ms, half_life_ms)
        arrivals = _millionths(desk.coverage.weight)
        if arrivals or desk.handled or desk.purse is not None:
            purse = None if desk.purse is None else _millionths(desk.purse)
            learnt = DeskLearnt(
                desk.requirement, arrivals, desk.handle_ms, desk.handled, desk.correction_percent, purse
            )
            desks.append((-arrivals, str(desk.requirement), learnt))
    accounts = sorted(routing.ledger.accounts(), key=lambda one: (one[0] != CENTRE, -one[1].since_ms, one[0]))
    for centre in (routing.joined, routing.late):
        centre.decay(now_ms, half_life_ms)
    return RoutingNoted(
        Learnt(
            at_ms=now_ms,
            desks=tuple(learnt for _, _, learnt in sorted(desks, key=lambda one: one[:2])[:DESKS_NOTED]),
            accounts=tuple(_account(name, account) for name, account in accounts[:ACCOUNTS_NOTED]),
            joined_millionths=_millionths(routing.joined.weight),
            late_millionths=_millionths(routing.late.weight),
        )
    )


def restore(routing: Routing, learnt: Learnt, now_ms: int) -> None:
    """Go on from there; told twice, it is the same. The clock of that life may have been ahead of ours."""
    at_ms = min(learnt.at_ms, now_ms)
    step = at_ms * STEPS // routing.policy.rate_half_life_ms
    for one in learnt.desks:
        _take_up(routing.books.desk(one.requirement), one, step)
    routing.joined = Coverage(learnt.joined_millionths / MILLION, step)
    routing.late = Coverage(learnt.late_millionths / MILLION, step)
    for account in learnt.accounts:
        owed = {name: account.whole * owed // HUNDRED for name, owed in account.owed_hundredths.items()}
        known = Account(min(account.since_ms, at_ms), account.whole, owed, dict(account.given))
        routing.ledger.restore((account.queue, account.skills), known)


def up_to_date(note: Learnt, bookings: Iterable[tuple[int, ContractorBooked]]) -> RoutingRestored:
    """A note, and every booking since (with its moment, in order): what a start is told."""
    accounts = {(one.queue, one.skills): one for one in note.accounts}
    for at_ms, booked in bookings:
        _book(accounts, (booked.queue, booked.skills), at_ms, booked, booked.owed)
        _book(accounts, CENTRE, at_ms, booked, booked.owed_by_centre)
    return RoutingRestored(replace(note, accounts=tuple(accounts[name] for name in sorted(accounts))))


def _book(
    accounts: dict[AccountName, AccountLearnt],
    name: AccountName,
    at_ms: int,
    booked: ContractorBooked,
    owed: Mapping[str, int],
) -> None:
    if not owed:
        return  # told by an engine that kept no such account
    known = accounts.get(name) or AccountLearnt(*name, since_ms=at_ms)
    given = {**known.given, booked.contractor: known.given.get(booked.contractor, 0) + booked.by}
    accounts[name] = replace(known, since_ms=at_ms, owed_hundredths=owed, given=given)


def _take_up(desk: Desk, learnt: DeskLearnt, step: int) -> None:
    desk.coverage = Coverage(learnt.arrivals_millionths / MILLION, step)
    desk.handle_ms, desk.handled = learnt.handle_ms, learnt.handled
    desk.correction_percent = learnt.correction_percent
    desk.purse = None if learnt.purse_millionths is None else learnt.purse_millionths / MILLION
    desk.dirty = True


def _account(name: AccountName, account: Account) -> AccountLearnt:
    owed = {one: HUNDRED * owed // account.whole for one, owed in account.owed.items()}
    return AccountLearnt(*name, account.since_ms, account.whole, owed, dict(account.given))


def _millionths(number: float) -> int:
    return round(number * MILLION)
