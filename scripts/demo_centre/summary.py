"""How it went: as a line of facts for programs, and in words for whoever watched. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from demo_centre.account import Written
from demo_centre.compare import Inside, Outside, Verdict, dispositions
from ivr_engine.board import FORMULA

MOST_SHOWN = 20
"""Differences in words; all of them are in the JSON."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One run. `offered` counts every call that reached 120, the viewer's own (`yours`) among them."""

    seed: int
    rate: float
    seconds: float
    offered: int
    yours: int
    dispositions: dict[str, int]
    judged: int
    """Contacts that joined a queue and were answered or left: the denominator of the formula."""
    within_promise: int
    formula: str
    longest_wait_seconds: float
    transfers: dict[str, int]
    refusals: int
    """Offers that a counsellor's phone declined or let ring, as the phones saw it."""
    talks_compared: int
    largest_gap_seconds: float
    lost: list[str]
    differences: list[str]

    @property
    def agrees(self) -> bool:
        return not self.lost and not self.differences and self.offered == sum(self.dispositions.values())

    @property
    def status(self) -> int:
        """The exit status: 0 if nobody was lost and all accounts agree."""
        return 0 if self.agrees else 1

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "agrees": self.agrees}


def summarise(
    seed: int, rate: float, seconds: float, outside: Outside, inside: Inside, written: Written, verdict: Verdict
) -> Summary:
    ended = [contact for contact in written.contacts if contact.disposition]
    yours = sum(contact.caller in inside.own_phones for contact in ended)
    queued = [contact for contact in ended if contact.queued_at_ms is not None]
    refusals = Counter(phone.ended_by for phone in outside.agents if phone.answered_at is None)
    return Summary(
        seed=seed,
        rate=rate,
        seconds=round(seconds, 1),
        offered=len(outside.citizens) + yours,
        yours=yours,
        dispositions=dict(dispositions(ended).most_common()),
        judged=len(queued),
        within_promise=sum(contact.within_promise for contact in queued),
        formula=FORMULA,
        longest_wait_seconds=round(max((contact.wait_ms or 0 for contact in queued), default=0) / 1_000, 1),
        transfers=dict(written.transfers.most_common()),
        refusals=refusals.total(),
        talks_compared=verdict.talks_compared,
        largest_gap_seconds=round(verdict.largest_gap_seconds, 3),
        lost=verdict.lost,
        differences=verdict.differences,
    )


def in_words(summary: Summary) -> str:
    """A dozen lines for a terminal or a log."""
    total = sum(summary.dispositions.values())
    share = f"{summary.within_promise / summary.judged:.1%}" if summary.judged else "–"
    ended = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in summary.dispositions.items()) or "none"
    transfers = ", ".join(f"{name} {count}" for name, count in summary.transfers.items()) or "none"
    mark = "=" if summary.offered == total else "≠"
    lines = [
        (
            "offered",
            f"{summary.offered} calls in {summary.seconds:g} s (seed {summary.seed}, {summary.rate:g} a second)",
        ),
        ("ended", f"{ended}: {total} {mark} offered"),
        (
            "within 15 s",
            f"{share} of {summary.formula} ({summary.within_promise} of {summary.judged} that joined a queue)",
        ),
        ("longest wait", f"{summary.longest_wait_seconds:.1f} s"),
        ("refused", f"{summary.refusals} offers were declined, missed or withdrawn; each contact kept its place"),
        ("transfers", transfers),
        ("lost", f"{len(summary.lost)}" + (f": {', '.join(summary.lost[:MOST_SHOWN])}" if summary.lost else "")),
        ("accounts", _accounts(summary)),
    ]
    if summary.yours:
        lines.insert(1, ("yours", f"{summary.yours} of them"))
    words = [f"  {name:<14}{text}" for name, text in lines]
    words += [f"    {difference}" for difference in summary.differences[:MOST_SHOWN]]
    if len(summary.differences) > MOST_SHOWN:
        words.append(f"    and {len(summary.differences) - MOST_SHOWN} more (--json has them all)")
    return "\n".join(words)


def _accounts(summary: Summary) -> str:
    if summary.differences:
        return f"{len(summary.differences)} differences between phones, journal, metrics and board:"
    return (
        f"phones = journal = metrics = board; {summary.talks_compared} talks, of which the two accounts differ by"
        f" {summary.largest_gap_seconds:.2f} s at most"
    )
