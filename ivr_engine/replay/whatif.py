"""Two ways in which one day came out, side by side: what a replay is asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from ivr_engine.core.configuration import ANSWER_PROMISE_MS
from ivr_engine.core.notices import ContactEnded
from ivr_engine.core.service_level import HEADLINE, Formula, Tally

QUANTILES = (50, 90, 99)
SHOWN = 10
"""Lines of a list in the table; JSON has all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the two."""

    name: str
    ended: Mapping[str, ContactEnded]
    keys: Mapping[str, str]
    """Empty where a journal was read: it keeps none."""


@dataclass(frozen=True, slots=True)
class Side:
    """The figures of one outcome. Levels and shares from 0 to 1; None where nobody was counted."""

    name: str
    contacts: int
    dispositions: dict[str, int]
    levels: dict[str, float | None]
    wait_ms: dict[str, int]
    """Quantiles of all who queued, answered or not, and the mean."""
    keys_mean: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed."""

    before: Side
    after: Side
    changed: dict[str, int]
    """`abandoned → answered`: how many contacts."""
    other_agent: int
    """Answered in both, by somebody else."""
    answered_by: dict[str, tuple[int, int]]
    """Agent: contacts answered before and after."""
    lost_ways: dict[str, int]
    threshold_ms: int

    def loss(self, formula: Formula = HEADLINE) -> float:
        """By how many points (of a hundred) the level is lower after; negative when it is higher. Nobody: 0."""
        before, after = self.before.levels[formula], self.after.levels[formula]
        return 0.0 if before is None or after is None else 100 * (before - after)


def compare(
    before: Outcome, after: Outcome, lost_ways: Mapping[str, int], threshold_ms: int = ANSWER_PROMISE_MS
) -> Comparison:
    """Contacts are matched by their identifiers; who is in one of the two only counts there."""
    changed: Counter[str] = Counter()
    other = 0
    agents: dict[str, list[int]] = {}
    for side, ended in enumerate((before.ended, after.ended)):
        for one in ended.values():
            if one.agent:
                agents.setdefault(one.agent, [0, 0])[side] += 1
    for contact, was in before.ended.items():
        now = after.ended.get(contact)
        if now is None:
            changed[f"{was.disposition} → not over"] += 1
        elif now.disposition is not was.disposition:
            changed[f"{was.disposition} → {now.disposition}"] += 1
        elif now.agent != was.agent:
            other += 1
    return Comparison(
        before=_side(before, threshold_ms),
        after=_side(after, threshold_ms),
        changed=dict(changed.most_common()),
        other_agent=other,
        answered_by={agent: (first, second) for agent, (first, second) in sorted(agents.items())},
        lost_ways=dict(lost_ways),
        threshold_ms=threshold_ms,
    )


def _side(outcome: Outcome, threshold_ms: int) -> Side:
    tally = Tally()
    for ended in outcome.ended.values():
        tally.count(ended, threshold_ms)
    waits = sorted(ended.wait_ms for ended in outcome.ended.values() if ended.wait_ms is not None)
    wait_ms = {f"p{quantile}": _quantile(waits, quantile) for quantile in QUANTILES}
    wait_ms["mean"] = sum(waits) // len(waits) if waits else 0
    pressed = [len(keys) for keys in outcome.keys.values()]
    return Side(
        name=outcome.name,
        contacts=len(outcome.ended),
        dispositions=dict(Counter(str(ended.disposition) for ended in outcome.ended.values()).most_common()),
        levels={str(formula): level for formula, level in tally.levels().items()},
        wait_ms=wait_ms,
        keys_mean=sum(pressed) / len(pressed) if pressed else None,
    )


def _quantile(ordered: list[int], percent: int) -> int:
    """The smallest value that `percent` of all do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Everything, as plain values."""
    return asdict(comparison)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────
def table(comparison: Comparison) -> str:
    """For people: one line a figure, before, after and the difference."""
    before, after = comparison.before, comparison.after
    lines = [f"{'':<34}{before.name[:16]:>17}{after.name[:16]:>17}{'change':>12}"]
    lines.append(_line("contacts", before.contacts, after.contacts))
    for disposition in sorted({*before.dispositions, *after.dispositions}):
        lines.append(
            _line(f"  {disposition}", before.dispositions.get(disposition, 0), after.dispositions.get(disposition, 0))
        )
    lines.append(f"service level within {comparison.threshold_ms / 1000:g} s of joining the queue")
    lines += [_line(f"  {name}", before.levels[name], after.levels[name], percent=True) for name in before.levels]
    lines.append("wait in queue, s")
    lines += [_line(f"  {name}", before.wait_ms[name] / 1000, after.wait_ms[name] / 1000) for name in before.wait_ms]
    if before.keys_mean is not None and after.keys_mean is not None:
        lines.append(_line("keys pressed, mean", before.keys_mean, after.keys_mean))
    lines.append(f"{'answered by another agent':<34}{comparison.other_agent:>34}")
    lines += _some("disposition changed", comparison.changed)
    lines += _some("no way any more (number → queue)", comparison.lost_ways)
    return "\n".join(lines) + "\n"


def _line(name: str, before: float | None, after: float | None, *, percent: bool = False) -> str:
    if before is None or after is None:
        return f"{name:<34}{_figure(before, percent):>17}{_figure(after, percent):>17}{'':>12}"
    scale, form = (
        (100, "+12.1f") if percent else (1, "+12d" if isinstance(after, int) and isinstance(before, int) else "+12.2f")
    )
    change = (after - before) * scale
    return f"{name:<34}{_figure(before, percent):>17}{_figure(after, percent):>17}{change:{form}}"


def _figure(value: float | None, percent: bool) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if percent else str(value) if isinstance(value, int) else f"{value:.2f}"


def _some(title: str, counted: Mapping[str, int]) -> Iterable[str]:
    if not counted:
        return
    yield title
    for name, count in list(counted.items())[:SHOWN]:
        yield f"  {name:<50}{count:>16}"
    if len(counted) > SHOWN:
        yield f"  … and {len(counted) - SHOWN} more"


# ── the chart ───────────────────────────────────────────────────────────────────────────────────────────────────────
_ROW, _BAR, _LEFT, _WIDE = 52, 18, 220, 480


def chart(comparison: Comparison) -> str:
    """The six formulas as pairs of bars: SVG, readable on light and dark."""
    levels = list(comparison.before.levels)
    height = 50 + _ROW * len(levels)
    total = _LEFT + _WIDE + 80
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{total}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-weight="bold">service level within {comparison.threshold_ms / 1000:g} s: '
        f'<tspan fill="#7a8699">{escape(comparison.before.name)}</tspan> → '
        f'<tspan fill="#1f6feb">{escape(comparison.after.name)}</tspan></text>',
    ]
    for index, name in enumerate(levels):
        top = 42 + index * _ROW
        parts.append(f'<text x="{_LEFT - 10}" y="{top + 23}" text-anchor="end">{escape(name)}</text>')
        pair = ((comparison.before, "#b6bfcc"), (comparison.after, "#1f6feb"))
        for bar, (side, colour) in enumerate(pair):
            level = side.levels[name]
            y, wide = top + bar * (_BAR + 2), _WIDE * (level or 0.0)
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{wide:.1f}" height="{_BAR}" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + wide + 6:.1f}" y="{y + 14}">{_figure(level, percent=True)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
