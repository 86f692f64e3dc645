"""What each contractor should have got, and what it got: added up from the ledger's own notices.

The ledger decides only between idle agents who could all take the contact, so a contractor without anybody free is
offered nothing and nobody waits for it: `got` follows who is on duty, and what is owed is the ledger's to even out. A
booking that was taken back (nobody answered) counts where it was taken back.
"""

from dataclasses import dataclass, field
from itertools import product

from ivr_engine.core.notices import ContactEnded, ContactWaits, ContractorBooked
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.reports.question import ROWS, Dimension, Key, Question, ReportRefused, Told

OPEN = 50_000
"""Contacts at a time; see `service_level.OPEN`."""


@dataclass(slots=True)
class Share:
    """One contractor in one row. Hundredths of a contact, as the ledger counts."""

    target_hundredths: int = 0
    got: int = 0
    """Offers less those taken back."""
    back: int = 0
    """Of the offers, taken back."""
    owed_hundredths: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)
    """Queue and skills → what the ledger owed it after the last booking; below 0: it is ahead."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    key: Key
    contractor: str
    share: Share
    of: int
    """Contacts of all contractors in this row."""


@dataclass(frozen=True, slots=True)
class ContractorReport:
    question: Question
    rows: tuple[ShareRow, ...]
    total: tuple[ShareRow, ...]
    read_to_ms: int


class ContractorBook:
    """Takes what was told in order; `report` at the end."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._shares: dict[str, dict[str, int]] = {}
        self._skills: dict[ContactId, tuple[str, ...]] = {}
        self._rows: dict[Key, dict[str, Share]] = {}
        self._total: dict[str, Share] = {}

    def take(self, told: Told) -> None:
        """The next decision."""
        if told.configuration is not None:
            for queue in told.configuration.queues:
                self._shares[queue.id] = dict(queue.contractor_shares)
        for notice in told.notices:
            match notice:
                case ContactWaits():
                    if len(self._skills) >= OPEN:
                        del self._skills[next(iter(self._skills))]
                    self._skills[notice.contact] = notice.requirement
                case ContactEnded():
                    self._skills.pop(notice.contact, None)
                case ContractorBooked() if self._question.covers(told.at_ms):
                    self._booked(notice, told.at_ms)
                case _:
                    pass

    def report(self, now_ms: int) -> ContractorReport:
        """All rows, contractors by name within each."""
        rows = [row for key in sorted(self._rows) for row in self._rows_of(key, self._rows[key])]
        return ContractorReport(self._question, tuple(rows), tuple(self._rows_of((), self._total)), now_ms)

    def _rows_of(self, key: Key, shares: dict[str, Share]) -> list[ShareRow]:
        of = sum(share.got for share in shares.values())
        only = self._question.contractor
        return [ShareRow(key, name, shares[name], of) for name in sorted(shares) if only in ("", name)]

    def _booked(self, notice: ContractorBooked, at_ms: int) -> None:
        values: dict[Dimension, tuple[str | int, ...]] = {
            Dimension.QUEUE: (notice.queue,),
            Dimension.SKILL: self._skills.get(notice.contact) or ("",),
            Dimension.INTERVAL: (self._question.interval_of(at_ms),),
        }
        rows = [self._total]
        for key in product(*(values[one] for one in self._question.by)) if self._question.by else ():
            if key not in self._rows and len(self._rows) >= ROWS:
                raise ReportRefused(f"more than {ROWS} rows", "a longer interval, or a shorter time")
            rows.append(self._rows.setdefault(key, {}))
        targets = self._shares.get(notice.queue, {})
        whole = sum(targets.values()) or 1
        for row in rows:
            for contractor in {*targets, notice.contractor}:
                share = row.setdefault(contractor, Share())
                share.target_hundredths += round(100 * notice.by * targets.get(contractor, 0) / whole)
                share.owed_hundredths[notice.queue, notice.skills] = notice.owed.get(contractor, 0)
            booked = row[notice.contractor]
            booked.got += notice.by
            booked.back += notice.by < 0
