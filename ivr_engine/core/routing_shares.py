"""Contractors' shares: who is behind what was agreed, in this interval; asked only between idle agents.

Two kinds of accounts. Each queue and set of skills has one, so that no contractor gets the easy subjects and another
the hard ones; and the centre has one, because a desk where only one contractor's agents sit can never come out even by
itself, and the day has to: what one desk leaves open, all others make good. Who is behind is asked of both together.

The ledger counts what was offered and not what was wished for, so nobody ever waits for a quota: the contact goes to a
contractor who is behind *if* one of that contractor's agents is idle and fits, else to whoever is there. Who is within
the tolerance is not behind, so that the choice of agent stays free where shares are kept anyway. What an interval
leaves open is carried into the next, or small desks would never come out even.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CARRIED = 20
"""Contacts that an interval may leave to the next: a contractor whose agents were away for a day owes no week."""

CARRIED_BY_CENTRE = 500
"""The same of the centre's account, which is to come out even over a day: about one hundredth of 120's."""

CENTRE_COUNTS = 4
"""Times a desk's own account: where half of all contacts come to a desk that has no choice, the other half makes good
four fifths of it."""

ACCOUNTS = 2_000
"""As many as requirements that are remembered (`routing_books.DESKS`); then the one that was used longest ago goes."""

AccountName = tuple[str, tuple[str, ...]]
"""A queue, and the skills that its contact needs, sorted."""

CENTRE: AccountName = ("", ())
"""All queues together."""

HUNDRED = 100
"""Parts of a contact in which the centre's account is kept: queues may count in others."""


def account_of(queue: str, skills: Iterable[str]) -> AccountName:
    """Where a contact is booked that came to this queue and needs these."""
    return queue, tuple(sorted(skills))


@dataclass(slots=True)
class Account:
    """One, in the interval that began at `since_ms`. Owed in parts of a contact, of which `whole` make one."""

    since_ms: int = 0
    whole: int = 100
    owed: dict[str, int] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """What each contractor is owed, by queue and skills, and in all."""

    _accounts: dict[AccountName, Account] = field(default_factory=dict)

    def behind(
        self, name: AccountName, shares: Mapping[str, int], interval_ms: int, tolerance_percent: int, now_ms: int
    ) -> list[str]:
        """The contractors who are owed more than the tolerance, the most first; ties fall to the name."""
        account = self._account(name, sum(shares.values()), interval_ms, now_ms)
        centre = self._account(CENTRE, HUNDRED, interval_ms, now_ms)
        whole, here, everywhere = account.whole, account.owed, centre.owed
        least = tolerance_percent * whole
        late = []
        for contractor in shares:
            owed = HUNDRED * here.get(contractor, 0) + CENTRE_COUNTS * whole * everywhere.get(contractor, 0)
            if owed > least:
                late.append((-owed, contractor))
        return [contractor for _, contractor in sorted(late)]

    def book(
        self, name: AccountName, shares: Mapping[str, int], interval_ms: int, contractor: str, now_ms: int, *, by: int
    ) -> None:
        """A contact went to this contractor (`by` -1: it came back unanswered). Nothing, where none agrees now."""
        if not shares:
            return
        account = self._account(name, sum(shares.values()), interval_ms, now_ms)
        centre = self._account(CENTRE, HUNDRED, interval_ms, now_ms)
        for one, share in shares.items():
            account.owed[one] = account.owed.get(one, 0) + by * share
            centre.owed[one] = centre.owed.get(one, 0) + by * (share * HUNDRED // account.whole)
        for books in (account, centre):
            books.owed[contractor] = books.owed.get(contractor, 0) - by * books.whole
            books.given[contractor] = books.given.get(contractor, 0) + by

    def owed(self, name: AccountName) -> Mapping[str, int]:
        """Hundredths of a contact that each contractor is behind (or ahead: below 0)."""
        account = self._accounts.get(name)
        return {one: HUNDRED * owed // account.whole for one, owed in account.owed.items()} if account else {}

    def accounts(self) -> Iterable[tuple[AccountName, Account]]:
        return sorted(self._accounts.items())

    def restore(self, name: AccountName, account: Account) -> None:
        """As an earlier life left it."""
        self._accounts[name] = account

    def _account(self, name: AccountName, whole: int, interval_ms: int, now_ms: int) -> Account:
        since_ms = now_ms - now_ms % interval_ms
        account = self._accounts.get(name)
        if account is None or account.whole != whole:
            # other shares were agreed: what was owed by the old ones is not owed by the new
            if len(self._accounts) >= ACCOUNTS:
                del self._accounts[min(self._accounts, key=lambda one: (one == CENTRE, self._accounts[one].since_ms))]
            account = self._accounts[name] = Account(since_ms, whole)
        elif account.since_ms < since_ms:
            account.since_ms = since_ms
            account.given.clear()
            limit = account.whole * (CARRIED_BY_CENTRE if name == CENTRE else CARRIED)
            account.owed = {one: max(-limit, min(limit, owed)) for one, owed in account.owed.items()}
        return account
