"""A roster for people: half hour by half hour as text, and drawn."""

from html import escape

from ivr_engine.simulation.staffing import Staffed

BAR = 60
COLOURS = ("#4c78a8", "#f58518", "#72b7b2", "#e45756", "#54a24b", "#b279a2", "#9d755d", "#bab0ac")
LEFT, WIDTH, HEIGHT, FOOT = 46, 768, 260, 40


def text(found: Staffed) -> str:
    """One line a half hour: each crew's positions, and all of them as a bar."""
    crews = list(found.roster)
    sums = [sum(found.roster[crew][half] for crew in crews) for half in range(48)]
    most = max(*sums, 1)
    lines = ["from  " + " ".join(f"{crew[:10]:>10}" for crew in crews)]
    for half, together in enumerate(sums):
        counts = " ".join(f"{found.roster[crew][half]:>10}" for crew in crews)
        lines.append(f"{_clock(half)} {counts}  {'#' * round(BAR * together / most)} {together}")
    lines.append("level " + " ".join(f"{100 * found.levels[crew]:>8.1f} %" for crew in crews))
    return "\n".join(lines) + "\n"


def svg(found: Staffed, title: str) -> str:
    """Positions over the day, crews upon each other."""
    crews = list(found.roster)
    most = max(*(sum(found.roster[crew][half] for crew in crews) for half in range(48)), 1)
    step = WIDTH / 48
    total = LEFT + WIDTH + 170
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {HEIGHT + FOOT + 40}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{total}" height="{HEIGHT + FOOT + 40}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    for half in range(48):
        top = 40.0 + HEIGHT
        for number, crew in enumerate(crews):
            high = HEIGHT * found.roster[crew][half] / most
            top -= high
            parts.append(
                f'<rect x="{LEFT + half * step:.1f}" y="{top:.1f}" width="{step - 1:.1f}" height="{high:.1f}" '
                f'fill="{COLOURS[number % len(COLOURS)]}"/>'
            )
        if half % 4 == 0:
            parts.append(f'<text x="{LEFT + half * step:.1f}" y="{HEIGHT + 58}">{_clock(half)}</text>')
    for share in (0.5, 1.0):
        parts.append(f'<text x="4" y="{44 + HEIGHT * (1 - share):.0f}">{most * share:.0f}</text>')
    for number, crew in enumerate(crews):
        y = 50 + 20 * number
        parts.append(f'<rect x="{LEFT + WIDTH + 14}" y="{y}" width="12" height="12" fill="{COLOURS[number % 8]}"/>')
        parts.append(f'<text x="{LEFT + WIDTH + 32}" y="{y + 11}">{escape(crew)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _clock(half: int) -> str:
    return f"{half // 2:02d}:{30 * (half % 2):02d}"
