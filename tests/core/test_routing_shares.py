"""The ledger of contractors' shares: accounts of queues and skills, and the centre's, which evens out the whole."""

from ivr_engine.core.routing_shares import (
    ACCOUNTS,
    CARRIED,
    CARRIED_BY_CENTRE,
    CENTRE,
    AccountName,
    Ledger,
    account_of,
)

SHARES = {"han": 60, "nam": 40}
HALF_HOUR_MS = 1_800_000
GENERAL, SIGN = account_of("general", ()), account_of("general", ("sign",))


def booked(ledger: Ledger, contractor: str, times: int = 1, *, name: AccountName = GENERAL, now_ms: int = 0) -> None:
    for _ in range(times):
        ledger.book(name, SHARES, HALF_HOUR_MS, contractor, now_ms, by=1)


def behind(ledger: Ledger, *, name: AccountName = GENERAL, tolerance_percent: int = 100, now_ms: int = 0) -> list[str]:
    return ledger.behind(name, SHARES, HALF_HOUR_MS, tolerance_percent, now_ms)


def test_given_skills_in_any_order_when_named_then_it_is_one_account() -> None:
    assert account_of("general", ("tax", "english")) == account_of("general", ("english", "tax"))


def test_given_one_contractor_got_all_when_asked_then_the_other_is_behind_here_and_in_the_centre() -> None:
    ledger = Ledger()
    booked(ledger, "han")
    assert ledger.owed(GENERAL) == ledger.owed(CENTRE) == {"han": -40, "nam": 40}
    assert behind(ledger, tolerance_percent=200) == []  # 0.4 here and 4 times 0.4 in all
    assert behind(ledger, tolerance_percent=199) == ["nam"]


def test_given_a_desk_of_one_contractor_when_others_choose_then_they_make_good_what_it_cannot() -> None:
    ledger = Ledger()
    booked(ledger, "han", 10, name=SIGN)
    assert ledger.owed(GENERAL) == {}
    assert behind(ledger) == ["nam"]
    while behind(ledger, tolerance_percent=0) == ["nam"]:
        booked(ledger, "nam")
    # the desk still owes 4; the whole is even but for what the other desk sets against it
    assert ledger.owed(SIGN) == {"han": -400, "nam": 400}
    assert -100 < ledger.owed(CENTRE)["han"] < 0


def test_given_two_who_are_behind_when_asked_then_the_one_who_is_owed_most_is_first_and_ties_fall_to_the_name() -> None:
    ledger, shares = Ledger(), {"c": 20, "b": 20, "a": 30, "d": 30}
    for _ in range(10):
        ledger.book(GENERAL, shares, HALF_HOUR_MS, "d", 0, by=1)
    assert ledger.behind(GENERAL, shares, HALF_HOUR_MS, 100, 0) == ["a", "b", "c"]


def test_given_a_ring_in_vain_when_taken_back_then_nothing_is_left_of_it() -> None:
    ledger = Ledger()
    ledger.book(GENERAL, {"han": 2, "nam": 1}, HALF_HOUR_MS, "han", 0, by=1)
    assert ledger.owed(GENERAL) == {"han": -34, "nam": 33}
    ledger.book(GENERAL, {"han": 2, "nam": 1}, HALF_HOUR_MS, "han", 0, by=-1)
    assert set(ledger.owed(GENERAL).values()) | set(ledger.owed(CENTRE).values()) == {0}
    assert [account.given["han"] for _, account in ledger.accounts()] == [0, 0]


def test_given_nobody_agreed_shares_when_booked_then_nothing_is_counted() -> None:
    ledger = Ledger()
    ledger.book(GENERAL, {}, HALF_HOUR_MS, "han", 0, by=1)
    assert list(ledger.accounts()) == []


def test_given_a_new_interval_when_asked_then_a_bounded_rest_is_carried_and_the_centre_carries_more() -> None:
    ledger = Ledger()
    booked(ledger, "han", 2_000, now_ms=HALF_HOUR_MS - 1)
    assert ledger.owed(GENERAL)["nam"] == 80_000
    behind(ledger, now_ms=HALF_HOUR_MS)
    assert ledger.owed(GENERAL) == {"han": -100 * CARRIED, "nam": 100 * CARRIED}
    assert ledger.owed(CENTRE) == {"han": -100 * CARRIED_BY_CENTRE, "nam": 100 * CARRIED_BY_CENTRE}
    assert [(account.since_ms, dict(account.given)) for _, account in ledger.accounts()] == [(HALF_HOUR_MS, {})] * 2


def test_given_a_clock_that_went_back_when_asked_then_the_interval_is_the_same() -> None:
    ledger = Ledger()
    booked(ledger, "han", 100, now_ms=HALF_HOUR_MS)
    behind(ledger, now_ms=HALF_HOUR_MS - 1)
    assert [(account.since_ms, account.given) for _, account in ledger.accounts()] == [
        (HALF_HOUR_MS, {"han": 100}),
        (HALF_HOUR_MS, {"han": 100}),
    ]


def test_given_other_shares_of_another_whole_when_asked_then_the_old_ones_are_owed_no_more() -> None:
    ledger = Ledger()
    booked(ledger, "han", 10)
    ledger.book(GENERAL, {"han": 1, "nam": 1}, HALF_HOUR_MS, "nam", 0, by=1)
    assert ledger.owed(GENERAL) == {"han": 50, "nam": -50}
    assert ledger.owed(CENTRE) == {"han": -350, "nam": 350}


def test_given_more_accounts_than_are_kept_when_booked_then_the_oldest_goes_and_never_the_centre_s() -> None:
    ledger = Ledger()
    for number in range(ACCOUNTS + 10):
        booked(ledger, "han", name=account_of(f"queue-{number:05}", ()), now_ms=number * HALF_HOUR_MS)
    names = [name for name, _ in ledger.accounts()]
    assert (len(names), names[0], names[1]) == (ACCOUNTS, CENTRE, account_of("queue-00011", ()))
