"""How a simulated day came out: the fate of every citizen, and the figures made of it.

Every router is judged by the same fates: the core, the model of `app_queue`, a textbook's pool.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from ivr_engine.core.configuration import ANSWER_PROMISE_MS, SHORT_ABANDON_MS
from ivr_engine.core.service_level import Formula, Tally
from ivr_engine.simulation.day import SimulatedDay

QUANTILES = (50, 90, 99)


class Fate(NamedTuple):
    """One citizen's: answered or gone, exactly one of the two; neither only where the day ended before."""

    answered_ms: int | None
    agent: str
    abandoned_ms: int | None


@dataclass(frozen=True, slots=True)
class Played:
    """A day that is over. `fates` stand as the day's citizens do."""

    day: SimulatedDay
    policy: str
    fates: tuple[Fate, ...]
    worked_ms: int
    """What agents rang, talked and wrapped up, together."""
    duty_ms: int
    """What they were there for: spells, and talks that went on after one."""
    missed: int = 0
    """Phones that rang in vain."""
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1, None where nobody was counted."""

    contacts: int
    service_level: dict[str, float | None]
    asa_seconds: float | None
    """Mean wait of the answered."""
    wait_seconds: dict[str, float]
    """p50, p90, p99 and max, of everybody: who gave up waited, too."""
    abandoned: float
    occupancy: float
    by_class: dict[str, dict[str, float | None]]
    """Queue → contacts, offered (that formula's level), abandoned."""
    worst_class: str
    contractors: dict[str, float]
    """Contractor → share of the answered."""

    def json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def figures(played: Played, threshold_ms: int = ANSWER_PROMISE_MS) -> Figures:
    """Everything that is told of one day. A citizen whom the day left waiting counts as offered and not answered."""
    whole = Tally()
    tallies: dict[str, Tally] = {}
    waits: list[int] = []
    answer_waits = 0
    by_agent: Counter[str] = Counter()
    for citizen, fate in zip(played.day.citizens, played.fates, strict=True):
        tally = tallies.get(citizen.queue)
        if tally is None:
            tally = tallies[citizen.queue] = Tally()
        if fate.answered_ms is not None:
            wait_ms = fate.answered_ms - citizen.arrival_ms
            answer_waits += wait_ms
            by_agent[fate.agent] += 1
            within = wait_ms <= threshold_ms
            for one in (whole, tally):
                one.answered += 1
                one.answered_within += within
        else:
            gone_ms = fate.abandoned_ms
            wait_ms = (gone_ms - citizen.arrival_ms) if gone_ms is not None else citizen.patience_ms
            for one in (whole, tally):
                one.abandoned += 1
                one.abandoned_within += wait_ms <= threshold_ms
                one.short_abandons += wait_ms < SHORT_ABANDON_MS
        waits.append(wait_ms)
    waits.sort()
    levels = {name: tally.level(Formula.OFFERED) for name, tally in tallies.items()}
    contractor = {agent.id: agent.contractor for agent in played.day.agents}
    shares: Counter[str] = Counter()
    for agent, count in by_agent.items():
        shares[contractor.get(agent, "")] += count  # type: ignore[call-overload]
    return Figures(
        contacts=whole.offered,
        service_level={str(formula): level for formula, level in whole.levels().items()},
        asa_seconds=round(answer_waits / whole.answered / 1000, 3) if whole.answered else None,
        wait_seconds={
            **{f"p{percent}": quantile_ms(waits, percent) / 1000 for percent in QUANTILES},
            "max": waits[-1] / 1000 if waits else 0.0,
        },
        abandoned=whole.abandoned / whole.offered if whole.offered else 0.0,
        occupancy=played.worked_ms / played.duty_ms if played.duty_ms else 0.0,
        by_class={
            name: {
                "contacts": tally.offered,
                "offered": levels[name],
                "abandoned": tally.abandoned / tally.offered,
            }
            for name, tally in sorted(tallies.items())
        },
        worst_class=min(levels, key=lambda name: (levels[name] or 0.0, name), default=""),
        contractors={name: count / whole.answered for name, count in sorted(shares.items()) if name or len(shares) > 1},
    )


def quantile_ms(ordered: list[int], percent: int) -> int:
    """The smallest value that so many per cent of all do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0


def table(found: Figures) -> str:
    """For people: the figures of one day, the classes by how well they fared."""
    lines = [f"{'contacts':<40}{found.contacts:>12}"]
    lines.append("service level within 15 s of joining the queue")
    lines += [f"  {name:<38}{_percent(level):>12}" for name, level in found.service_level.items()]
    asa = "–" if found.asa_seconds is None else f"{found.asa_seconds:.1f} s"
    lines.append(f"{'mean wait of the answered':<40}{asa:>12}")
    lines += [f"{f'wait, {name}':<40}{f'{seconds:.1f} s':>12}" for name, seconds in found.wait_seconds.items()]
    lines.append(f"{'abandoned':<40}{_percent(found.abandoned):>12}")
    lines.append(f"{'occupancy':<40}{_percent(found.occupancy):>12}")
    lines += [f"{f'answered by {name}':<40}{_percent(share):>12}" for name, share in found.contractors.items()]
    lines.append(f"{'class':<20}{'contacts':>20}{'offered':>12}{'abandoned':>12}")
    by_level = sorted(found.by_class.items(), key=lambda pair: (pair[1]["offered"] or 0.0, pair[0]))
    for name, row in by_level:
        lines.append(f"  {name:<18}{row['contacts']:>20}{_percent(row['offered']):>12}{_percent(row['abandoned']):>12}")
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
