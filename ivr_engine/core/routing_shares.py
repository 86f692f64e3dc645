"""Contractors' shares: who is behind the agreed share of a desk, in this interval; asked only between idle agents.

The ledger counts what was offered and not what was wished for, so nobody ever waits for a quota: the contact goes to a
contractor who is behind *if* one of that contractor's agents is idle and fits, else to whoever is there. Who is within
the tolerance is not behind, so that the choice of agent stays free where shares are kept anyway. What an interval
leaves open is carried into the next, or small desks would never come out even.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CARRIED = 20
"""Contacts that an interval may leave to the next: a contractor whose agents were away for a day owes no week."""


@dataclass(slots=True)
class Account:
    """One desk's, in the interval that began at `since_ms`. Owed in parts of a contact, of which `whole` make one."""

    since_ms: int = 0
    whole: int = 100
    owed: dict[str, int] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """What each contractor is owed, by desk."""

    _accounts: dict[str, Account] = field(default_factory=dict)

    def behind(
        self, desk: str, shares: Mapping[str, int], interval_ms: int, tolerance_percent: int, now_ms: int
    ) -> list[str]:
        """The contractors who are owed more than the tolerance, the most first; ties fall to the name."""
        account = self._account(desk, shares, interval_ms, now_ms)
        owed, least = account.owed, tolerance_percent * account.whole // 100
        late = [(-owed.get(name, 0), name) for name in shares if owed.get(name, 0) > least]
        return [name for _, name in sorted(late)]

    def book(
        self, desk: str, shares: Mapping[str, int], interval_ms: int, contractor: str, now_ms: int, *, by: int
    ) -> None:
        """A contact went to this contractor (`by` -1: it came back unanswered). Nothing, where none agrees now."""
        if not shares:
            return
        account = self._account(desk, shares, interval_ms, now_ms)
        for name, share in shares.items():
            account.owed[name] = account.owed.get(name, 0) + by * share
        account.owed[contractor] = account.owed.get(contractor, 0) - by * account.whole
        account.given[contractor] = account.given.get(contractor, 0) + by

    def owed(self, desk: str) -> Mapping[str, int]:
        """Hundredths of a contact that each contractor is behind (or ahead: below 0)."""
        account = self._accounts.get(desk)
        return {name: 100 * owed // account.whole for name, owed in account.owed.items()} if account else {}

    def accounts(self) -> Iterable[tuple[str, Account]]:
        return sorted(self._accounts.items())

    def _account(self, desk: str, shares: Mapping[str, int], interval_ms: int, now_ms: int) -> Account:
        account = self._accounts.get(desk)
        since_ms = now_ms - now_ms % interval_ms
        whole = sum(shares.values())
        if account is None or account.whole != whole:
            # other shares were agreed: what was owed by the old ones is not owed by the new
            account = self._accounts[desk] = Account(since_ms, whole)
        elif account.since_ms != since_ms:
            account.since_ms = since_ms
            account.given.clear()
            limit = account.whole * CARRIED
            account.owed = {name: max(-limit, min(limit, owed)) for name, owed in account.owed.items()}
        return account
