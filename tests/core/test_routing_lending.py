"""The price at which a small desk lends, and the purse that it lends from: every rule against arithmetic by hand."""

from dataclasses import replace

import pytest

from ivr_engine.core.queue_rules import LendingRules
from ivr_engine.core.routing_lending import LONGEST_PURSE, put_in
from ivr_engine.core.routing_shares import ACCOUNTS, CARRIED, CARRIED_BY_CENTRE, CENTRE, Ledger, account_of
from tests.core.floor import tolerated

RULES = LendingRules()
NEED_OF_ONE = {"inside": 1, "on_duty": 100, "handle_ms": 200_000}
"""Together exactly `need_ms`: the price that is written is the price that is paid."""


@pytest.mark.parametrize(
    ("purse", "price"),
    [(0.5, 0.14 * 1.05), (5.0, 0.14 * 1.5), (0.0, 0.14), (-0.5, 0.14 / 1.3**2), (-5.0, 0.14 / 16.0)],
)
def test_given_a_purse_when_the_price_is_asked_then_savings_raise_it_a_little_and_debts_cut_it(
    purse: float, price: float
) -> None:
    assert tolerated(RULES, purse, **NEED_OF_ONE) == pytest.approx(price)


@pytest.mark.parametrize(("inside", "times"), [(0, 0.2), (1, 1.0), (2, 2.0), (4, 4.0), (5, 4.0)])
def test_given_more_inside_their_promise_when_the_price_is_asked_then_the_need_multiplies_it_within_bounds(
    inside: int, times: float
) -> None:
    assert tolerated(RULES, 0.0, inside, 100, 200_000) == pytest.approx(0.14 * times)


def test_given_twice_the_agents_when_the_price_is_asked_then_the_need_is_half() -> None:
    assert tolerated(RULES, 0.0, 3, 200, 200_000) == pytest.approx(0.14 * 1.5)
    assert tolerated(RULES, 0.0, 3, 1, 1_000) == pytest.approx(0.14 * 1.5)


def test_given_another_target_when_citizens_are_served_then_the_purse_follows_that_target() -> None:
    strict = replace(RULES, target_percent=90)
    assert put_in(1.0, within=True, rules=strict) == pytest.approx(1.1)
    assert put_in(1.0, within=False, rules=strict) == pytest.approx(0.1)
    assert put_in(4.95, within=True, rules=strict) == LONGEST_PURSE == 5.0
    assert put_in(-4.95, within=False, rules=strict) == -5.0


# ── the ledger's edges ──────────────────────────────────────────────────────────────────────────────────────────────
def test_given_nobody_got_anything_when_asked_without_tolerance_then_nobody_is_behind() -> None:
    assert Ledger().behind(account_of("general", ()), {"han": 60, "nam": 40}, 1_000, 0, 0) == []


def test_given_a_contractor_without_a_share_when_booked_then_what_it_took_is_owed_to_the_others() -> None:
    ledger, name = Ledger(), account_of("general", ())
    ledger.book(name, {"han": 60, "nam": 40}, 1_000, "other", 0, by=1)
    assert ledger.owed(name) == ledger.owed(CENTRE) == {"han": 60, "nam": 40, "other": -100}


def test_given_more_accounts_than_are_kept_when_booked_then_the_centre_s_has_counted_them_all() -> None:
    assert (CARRIED, CARRIED_BY_CENTRE, ACCOUNTS) == (20, 500, 2_000)
    ledger = Ledger()
    for number in range(ACCOUNTS + 10):
        ledger.book(account_of(f"queue-{number:05}", ()), {"han": 100}, 10**12, "han", 0, by=1)
    centre = dict(ledger.accounts())[CENTRE]
    assert centre.given == {"han": ACCOUNTS + 10}
