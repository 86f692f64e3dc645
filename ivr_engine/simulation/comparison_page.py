"""The comparison as Markdown tables and charts."""

from html import escape

from ivr_engine.simulation.comparison import (
    DAYS,
    FEWER,
    SEARCHED,
    SMALL_DESKS,
    Comparison,
    average,
    pairs,
    pooled_desks,
    values,
)

BASE = "app_queue_leastrecent"
LEVEL = ("service_level", "offered")
P99 = ("wait_seconds", "p99")
NAMES = {
    "default": "**default**",
    "default_with_shares": "**default**, contractors' shares",
    "promise_first": "promises first, coverage",
    "coverage": "coverage, oldest first",
    "longest_idle": "longest idle, oldest first",
    "fewest_skills": "fewest skills, oldest first",
    "pooled": "everybody can do everything",
    f"{BASE}_bound": "`app_queue`, contractors apart",
}
TITLES = {
    "ordinary": "Ordinary day",
    "surge": "Surge",
    "narrow": "Narrow cross-training",
    "missed_rings": "3 % missed rings",
    "contractors": "Three contractors",
}
COLOURS = {"default": "#1f6feb", BASE: "#f58518"}


def tables(kept: Comparison) -> str:
    """Each day's policies, then how many agents reach 91.2 %."""
    parts = []
    for day, title in TITLES.items():
        played = [policy for policy in DAYS[day] if values(kept, day, policy, *LEVEL)]
        if played:
            parts.append(f"### {title}\n\n{_day(kept, day, played)}")
    fewer = _fewer(kept)
    if fewer:
        parts.append(f"### How many agents reach 91.2 %\n\n{fewer}")
    searched = _searched(kept)
    if searched:
        parts.append(f"### Rosters that were searched\n\n{searched}")
    return "\n\n".join(parts)


def _day(kept: Comparison, day: str, played: list[str]) -> str:
    base = BASE if BASE in played else f"{BASE}_bound"
    lines = [
        "| policy | within 15 s, % | against `app_queue`, points | p99, s | longest, s | gave up, % "
        "| worst small desk, % | worst class, % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for policy in played:
        level, p99 = average(kept, day, policy, *LEVEL), average(kept, day, policy, *P99)
        gone, longest = average(kept, day, policy, "abandoned"), values(kept, day, policy, "wait_seconds", "max")
        desks = pooled_desks(kept, day, policy)
        desk = min(SMALL_DESKS, key=lambda name: desks[name])
        worst = min(desks, key=lambda name: desks[name])
        against = pairs(kept, day, policy, base, *LEVEL) if policy != base else None
        said = "" if against is None else f"{100 * against[0]:+.2f} ± {100 * against[1]:.2f}"
        lines.append(
            f"| {NAMES.get(policy, f'`{policy}`')} | {100 * (level or 0):.2f} | {said} | {p99:.1f} "
            f"| {max(longest.values()):.0f} | {100 * (gone or 0):.2f} "
            f"| {desk} {100 * desks[desk]:.1f} | {worst} {100 * desks[worst]:.1f} |"
        )
    small = [policy for policy in ("default", base) if policy in played]
    lines += ["", "| small desks | " + " | ".join(SMALL_DESKS) + " |", "|---|" + "---|" * len(SMALL_DESKS)]
    for policy in small:
        desks = pooled_desks(kept, day, policy)
        lines.append(
            f"| {NAMES.get(policy, f'`{policy}`')} | "
            + " | ".join(f"{100 * desks[one]:.1f}" for one in SMALL_DESKS)
            + " |"
        )
    if day == "contractors":
        lines += ["", "| share of the answered, % | " + " | ".join(_contractors(kept)) + " |", "|---|---|---|---|"]
        for policy in played:
            shares = [100 * (average(kept, day, policy, "contractors", one) or 0) for one in _contractors(kept)]
            lines.append(f"| {NAMES.get(policy, policy)} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
    return "\n".join(lines)


def _contractors(kept: Comparison) -> list[str]:
    return sorted(
        {name for key, told in kept.items() if key.startswith("contractors/") for name in told["contractors"]}
    )


def _fewer(kept: Comparison) -> str:
    lines = ["| scale of the Korean crew | staffed hours | **default**, % | `app_queue`, % |", "|---|---|---|---|"]
    found = False
    for scale in FEWER:
        day = "ordinary" if scale == 0.9 else f"ordinary@{scale:.2f}"
        hours = average(kept, day, "default", "staffed_hours") or average(kept, day, BASE, "staffed_hours")
        levels = [average(kept, day, policy, *LEVEL) for policy in ("default", BASE)]
        if hours is None:
            continue
        found = True
        said = " | ".join("" if level is None else f"{100 * level:.2f}" for level in levels)
        lines.append(f"| {scale:.2f} | {hours:.0f} | {said} |")
    return "\n".join(lines) if found else ""


ROSTERS = {
    "engine": "searched under the default",
    "app_queue": "searched under `app_queue`",
    "app_queue_with_desks": "searched under `app_queue`, small desks too",
}


def _searched(kept: Comparison) -> str:
    """What either side holds on each roster that was searched."""
    lines = [
        "| roster | staffed hours | policy | within 15 s, % | p99, s | worst small desk, % |",
        "|---|---|---|---|---|---|",
    ]
    for roster in SEARCHED:
        day = f"ordinary@{roster}"
        for policy in ("default", BASE):
            level, p99 = average(kept, day, policy, *LEVEL), average(kept, day, policy, *P99)
            if level is None or p99 is None:
                continue
            desks = pooled_desks(kept, day, policy)
            desk = min(SMALL_DESKS, key=lambda name: desks[name])
            hours = average(kept, day, policy, "staffed_hours")
            lines.append(
                f"| {ROSTERS[roster]} | {hours:.1f} | {NAMES.get(policy, f'`{policy}`')} | {100 * level:.2f} "
                f"| {p99:.1f} | {desk} {100 * desks[desk]:.1f} |"
            )
    return "\n".join(lines) if len(lines) > 2 else ""


def charts(kept: Comparison) -> dict[str, str]:
    """File name → SVG: the levels, the 99th percentiles and the small desks, default beside app_queue."""
    days = [day for day in TITLES if values(kept, day, "default", *LEVEL)]
    bases = {day: BASE if BASE in DAYS[day] else f"{BASE}_bound" for day in days}

    def two(day: str, *path: str, scale: float = 1.0) -> list[tuple[str, float]]:
        return [
            ("default", scale * (average(kept, day, "default", *path) or 0)),
            (BASE, scale * (average(kept, day, bases[day], *path) or 0)),
        ]

    levels = {TITLES[day]: two(day, *LEVEL, scale=100) for day in days}
    waits = {TITLES[day]: two(day, *P99) for day in days}
    desks = {}
    for day in ("ordinary", "surge"):
        if day in days:
            mine, theirs = pooled_desks(kept, day, "default"), pooled_desks(kept, day, BASE)
            for desk in SMALL_DESKS:
                desks[f"{desk}, {day}"] = [("default", 100 * mine[desk]), (BASE, 100 * theirs.get(desk, 0.0))]
    return {
        "routing_levels.svg": _bars("answered within 15 s of those offered, %", levels, 100),
        "routing_p99.svg": _bars(
            "99th percentile of the wait, s", waits, max(v for row in waits.values() for _, v in row)
        ),
        "routing_desks.svg": _bars("small desks: answered within 15 s of those offered, %", desks, 100),
    }


def _bars(title: str, groups: dict[str, list[tuple[str, float]]], most: float) -> str:
    left, wide, row = 210, 420, 46
    height = 66 + row * len(groups)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + wide + 80} {height}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{left + wide + 80}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-weight="bold">{escape(title)}</text>',
        f'<text x="12" y="42"><tspan fill="{COLOURS["default"]}">■ default</tspan> '
        f'<tspan fill="{COLOURS[BASE]}">■ app_queue, best tuned</tspan></text>',
    ]
    for index, (name, pair) in enumerate(groups.items()):
        top = 56 + index * row
        parts.append(f'<text x="{left - 10}" y="{top + 22}" text-anchor="end">{escape(name)}</text>')
        for bar, (policy, value) in enumerate(pair):
            y, long = top + 18 * bar, wide * value / most
            parts.append(f'<rect x="{left}" y="{y}" width="{long:.1f}" height="16" fill="{COLOURS[policy]}"/>')
            parts.append(f'<text x="{left + long + 6:.1f}" y="{y + 13}">{value:.1f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
